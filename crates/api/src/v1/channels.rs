//! Which channels and placements there are.

use actix_web::web::{Json, Path, ServiceConfig};
use handbill_domain::{
    Fault,
    channel::{Channel, Names, channels},
};
use serde::Serialize;

use crate::problem::{Problem, readable};

pub(crate) fn routes(app: &mut ServiceConfig) {
    app.service(readable("/channels", list)).service(readable("/channels/{id}", one));
}

#[derive(Serialize)]
struct List {
    channels: Vec<View>,
}

#[derive(Serialize)]
struct View {
    id: &'static str,
    name: &'static Names,
    region: &'static str,
    placements: Vec<PlacementView>,
}

#[derive(Serialize)]
struct PlacementView {
    id: &'static str,
    name: &'static Names,
    kind: &'static str,
    texts: usize,
    images: usize,
    videos: usize,
}

async fn list() -> Json<List> {
    Json(List { channels: channels().iter().map(show).collect() })
}

async fn one(id: Path<String>) -> Result<Json<View>, Problem> {
    let found = channels().iter().find(|c| c.id == *id);
    found
        .map(|c| Json(show(c)))
        .ok_or_else(|| Problem::new(Fault::NotFound, format!("there is no channel {id}")))
}

fn show(channel: &'static Channel) -> View {
    let placements = channel.placements.iter().map(|p| PlacementView {
        id: &p.id,
        name: &p.name,
        kind: &p.kind,
        texts: p.fields.len(),
        images: p.images.len(),
        videos: p.videos.len(),
    });
    View { id: &channel.id, name: &channel.name, region: &channel.region, placements: placements.collect() }
}
