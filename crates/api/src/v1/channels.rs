//! Which channels and placements there are.

use actix_web::web::Path;
use handbill_domain::{
    Fault,
    channel::{Channel, Names, channels},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Problem, give::Shown, operation::Operation};

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/channels", ("list_channels", "List channels with their placements"), list).open(),
        Operation::get("/channels/{channel}", ("get_channel", "One channel with its placements"), one).open(),
    ]
}

/// All channels.
#[derive(Serialize, JsonSchema)]
struct ChannelList {
    channels: Vec<ChannelView>,
}

/// A channel.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Channel")]
struct ChannelView {
    /// `douyin`.
    id: &'static str,
    /// For people.
    name: &'static Names,
    /// `cn`: Chinese locales only; `global`: every locale.
    region: &'static str,
    /// Where something can appear on it.
    placements: Vec<PlacementView>,
}

/// Where something appears.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Placement")]
struct PlacementView {
    /// As a brief names it: `douyin.feed`.
    id: &'static str,
    /// For people.
    name: &'static Names,
    /// `short_video`, `search`, …
    kind: &'static str,
    /// How many texts it asks for.
    texts: usize,
    /// How many kinds of pictures.
    images: usize,
    /// How many kinds of videos.
    videos: usize,
}

async fn list() -> Shown<ChannelList> {
    Shown(ChannelList { channels: channels().iter().map(show).collect() })
}

async fn one(id: Path<String>) -> Result<Shown<ChannelView>, Problem> {
    let found = channels().iter().find(|c| c.id == *id);
    found.map(|c| Shown(show(c))).ok_or_else(|| {
        Problem::new(Fault::NotFound, format!("there is no channel {id}"), format!("没有频道 {id}"))
    })
}

fn show(channel: &'static Channel) -> ChannelView {
    let placements = channel.placements.iter().map(|p| PlacementView {
        id: &p.id,
        name: &p.name,
        kind: &p.kind,
        texts: p.fields.len(),
        images: p.images.len(),
        videos: p.videos.len(),
    });
    ChannelView {
        id: &channel.id,
        name: &channel.name,
        region: &channel.region,
        placements: placements.collect(),
    }
}
