//! Channels and their placements: what each place accepts. The numbers are data (`channels/*.json`), each with its source.

use std::{collections::BTreeMap, sync::LazyLock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod shape;

pub use shape::Ratio;

/// A platform with its placements, as in one file of `channels/`.
#[derive(Clone, Debug, Deserialize)]
pub struct Channel {
    /// Short id: `google_ads`.
    pub id: String,
    /// Its name in both languages.
    pub name: Names,
    /// `global` or `cn`.
    pub region: String,
    /// Day on which its numbers were read.
    #[serde(default)]
    pub as_of: String,
    /// Where content can appear on it.
    pub placements: Vec<Placement>,
}

/// A name in the two languages of the house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Names {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

impl Names {
    /// The name for readers of a language: Chinese for `zh`, else English.
    pub fn for_language(&self, language: &str) -> &str {
        if language == "zh" { &self.zh } else { &self.en }
    }
}

/// Where something appears (`google_ads.rsa`), with its limits.
#[derive(Clone, Debug, Deserialize)]
pub struct Placement {
    /// `<channel>.<place>`.
    pub id: String,
    /// Its name in both languages.
    pub name: Names,
    /// `feed_image`, `short_video`, `search_text`, …
    pub kind: String,
    /// The texts it takes.
    pub fields: Vec<TextField>,
    /// The pictures it takes.
    pub images: Vec<ImageSlot>,
    /// The videos it takes.
    pub videos: Vec<VideoSlot>,
    /// Ids of rule sets in `checks/rules` that its texts must pass.
    #[serde(default)]
    pub rule_sets: Vec<String>,
    /// Advice for writers.
    #[serde(default)]
    pub notes: Vec<String>,
    /// How well the numbers are known, by the best source.
    pub confidence: Confidence,
    /// Where the numbers are from.
    #[serde(default)]
    pub source: Vec<Source>,
    /// How old the sources are, in words.
    #[serde(default)]
    pub as_of: String,
}

/// How well a number is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Read on the platform's own page.
    Official,
    /// The platform's own text, read on a mirror or in an answer of its API.
    OfficialMirror,
    /// Read on a third party's page.
    Secondary,
    /// Remembered only: check before relying on it.
    Memory,
}

/// A page that a placement's numbers are from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Source {
    /// Its address.
    pub url: String,
    /// Whose page it is.
    pub kind: Confidence,
    /// How old it is, in words.
    pub as_of: String,
}

/// One text of a placement.
#[derive(Clone, Debug, Deserialize)]
pub struct TextField {
    /// `headline`, `description`, …
    pub key: String,
    /// Its Chinese label.
    pub label_zh: String,
    /// Hard limit in `unit`s; `None`: the platform states none.
    pub max: Option<u32>,
    /// Shortest accepted, in `unit`s.
    #[serde(default)]
    pub min: Option<u32>,
    /// What is seen before "more", in `unit`s.
    #[serde(default)]
    pub recommended_max: Option<u32>,
    /// How `max` counts.
    pub unit: TextUnit,
    /// How many of it; `None`: exactly one.
    #[serde(default)]
    pub count: Option<Count>,
    /// Must it be there?
    pub required: bool,
    /// Advice for writers.
    #[serde(default)]
    pub note: Option<String>,
    /// Where this is less well known than the placement.
    #[serde(default)]
    pub confidence: Option<Confidence>,
}

impl TextField {
    /// The length to write for: what is seen, else what is allowed.
    pub fn target(&self) -> Option<u32> {
        match (self.recommended_max, self.max) {
            (Some(seen), Some(allowed)) => Some(seen.min(allowed)),
            (seen, allowed) => seen.or(allowed),
        }
    }
}

/// How a platform counts the length of a text. `checks::meter` does the counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TextUnit {
    /// Unicode scalar values.
    Codepoints,
    /// Extended grapheme clusters.
    Graphemes,
    /// UTF-16 code units.
    Utf16,
    /// UTF-8 bytes.
    BytesUtf8,
    /// ASCII characters, for addresses.
    CharsAscii,
    /// East Asian wide and fullwidth count two.
    GoogleWidth,
    /// Chinese and fullwidth count two, others one.
    Cjk2,
    /// twitter-text v3.
    XWeighted,
    /// HTML, no fixed limit.
    Html,
    /// One of a list of values.
    Enum,
}

/// How many of something a placement takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Count {
    /// At least.
    #[serde(default)]
    pub min: u32,
    /// At most.
    #[serde(default)]
    pub max: Option<u32>,
}

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Size {
    /// Width in px.
    #[serde(rename = "w")]
    pub width: u32,
    /// Height in px.
    #[serde(rename = "h")]
    pub height: u32,
}

/// Margins that the platform's own controls cover, in px of `frame`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SafeZone {
    /// The frame that the margins are measured in.
    pub frame: Size,
    /// From the top edge.
    #[serde(default)]
    pub top: f32,
    /// From the bottom edge.
    #[serde(default)]
    pub bottom: f32,
    /// From the left edge.
    #[serde(default)]
    pub left: f32,
    /// From the right edge.
    #[serde(default)]
    pub right: f32,
    /// Where the margins are from.
    #[serde(default)]
    pub note: Option<String>,
}

/// One picture of a placement.
#[derive(Clone, Debug, Deserialize)]
pub struct ImageSlot {
    /// `landscape`, `square`, `logo`, `cover`, …
    pub role: String,
    /// Accepted ratios: `1:1`, `1.91:1`, `fixed`, `any`.
    pub ratios: Vec<String>,
    /// The size to make.
    #[serde(default)]
    pub recommended: Option<Size>,
    /// Smallest accepted.
    #[serde(default)]
    pub min: Option<Size>,
    /// Largest accepted.
    #[serde(default)]
    pub max: Option<Size>,
    /// The sizes themselves, where the ratio is `fixed`.
    #[serde(default)]
    pub fixed_sizes: Vec<Size>,
    /// Largest accepted file in bytes.
    #[serde(default)]
    pub max_bytes: Option<u64>,
    /// Accepted file formats: `jpg`, `png`, `webp`, `gif`.
    pub formats: Vec<String>,
    /// How many of it.
    #[serde(default)]
    pub count: Option<Count>,
    /// Must it be there?
    pub required: bool,
    /// What the platform's controls cover.
    #[serde(default)]
    pub safe_zone: Option<SafeZone>,
    /// A background that the platform demands: `#FFFFFF` or `transparent`.
    #[serde(default)]
    pub background: Option<String>,
    /// Share of the frame that the product must fill, 0 to 1.
    #[serde(default)]
    pub min_fill: Option<f32>,
    /// Share by which a ratio may be missed, 0.01 for one percent.
    #[serde(default)]
    pub ratio_tolerance: Option<f32>,
    /// How wide it is shown, in the px of a phone's layout; where it is not said, as wide as the phone.
    #[serde(default)]
    pub shown_width: Option<u32>,
    /// Advice.
    #[serde(default)]
    pub note: Option<String>,
    /// Where this is less well known than the placement.
    #[serde(default)]
    pub confidence: Option<Confidence>,
}

/// One video of a placement.
#[derive(Clone, Debug, Deserialize)]
pub struct VideoSlot {
    /// Accepted ratios, best first.
    pub ratios: Vec<String>,
    /// The sizes to make.
    #[serde(default)]
    pub recommended: Vec<Size>,
    /// Smallest accepted, one for each ratio that has its own.
    #[serde(default)]
    pub min: Vec<Size>,
    /// Accepted and advised durations in seconds.
    pub duration_s: Duration,
    /// Largest accepted file in bytes.
    #[serde(default)]
    pub max_bytes: Option<u64>,
    /// Accepted containers: `mp4`, `mov`; `youtube_url` where it is taken from YouTube.
    #[serde(default)]
    pub formats: Vec<String>,
    /// Accepted codecs: `h264`, `h265`, `vp9`, `av1`; empty: none is stated.
    #[serde(default)]
    pub video_codecs: Vec<String>,
    /// Accepted frames per second.
    #[serde(default)]
    pub fps: Option<FrameRate>,
    /// Accepted sound.
    #[serde(default)]
    pub audio: Option<AudioSpec>,
    /// Accepted bitrates.
    #[serde(default)]
    pub bitrate_kbps: Option<Bitrates>,
    /// Must it be there?
    pub required: bool,
    /// What the platform's controls cover.
    #[serde(default)]
    pub safe_zone: Option<SafeZone>,
    /// Integrated loudness asked for, in LUFS.
    #[serde(default)]
    pub loudness_lufs: Option<f32>,
    /// Advice.
    #[serde(default)]
    pub note: Option<String>,
    /// Where this is less well known than the placement.
    #[serde(default)]
    pub confidence: Option<Confidence>,
}

/// Frames per second that a placement accepts.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct FrameRate {
    /// At least.
    #[serde(default)]
    pub min: Option<f32>,
    /// At most.
    #[serde(default)]
    pub max: Option<f32>,
}

/// Sound that a placement accepts. What is absent is not stated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AudioSpec {
    /// The codec, where there is one: `aac`, `aac_lc`.
    pub codec: Option<String>,
    /// The codecs, where there are several.
    pub codecs: Vec<String>,
    /// Exactly so many channels.
    pub channels: Option<u32>,
    /// At most so many channels.
    pub channels_max: Option<u32>,
    /// Least bitrate in kbit/s.
    pub kbps_min: Option<u32>,
    /// Highest bitrate in kbit/s.
    pub kbps_max: Option<u32>,
    /// Exactly this rate in Hz.
    pub sample_rate: Option<u32>,
    /// At most this rate in Hz.
    pub sample_rate_max: Option<u32>,
}

/// Bitrates in kbit/s that a placement accepts. What is absent is not stated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Bitrates {
    /// Least, picture and sound together.
    pub total_min: Option<u32>,
    /// Least of the picture.
    pub video_min: Option<u32>,
    /// Highest of the picture.
    pub video_max: Option<u32>,
    /// Highest peak of the picture.
    pub video_peak_max: Option<u32>,
    /// From and to for 1080 lines.
    pub video_1080p: Option<[u32; 2]>,
    /// From and to for 720 lines.
    pub video_720p: Option<[u32; 2]>,
    /// Of the sound.
    pub audio: Option<u32>,
    /// Highest of the sound.
    pub audio_max: Option<u32>,
}

/// A video's accepted length in seconds.
#[derive(Clone, Debug, Deserialize)]
pub struct Duration {
    /// At least.
    #[serde(default)]
    pub min: Option<f32>,
    /// At most.
    #[serde(default)]
    pub max: Option<f32>,
    /// From and to, as advised.
    #[serde(default)]
    pub recommended: Option<[f32; 2]>,
}

macro_rules! files {
    ($($name:literal),* $(,)?) => { &[$(include_str!(concat!("../channels/", $name, ".json"))),*] };
}

/// One line a channel.
const FILES: &[&str] = files![
    "amazon",
    "app_store",
    "bilibili",
    "douyin",
    "email",
    "etsy",
    "google_ads",
    "google_merchant",
    "instagram",
    "jd",
    "kuaishou",
    "linkedin",
    "meta",
    "pinterest",
    "shopify",
    "snapchat",
    "taobao",
    "tiktok",
    "web",
    "wechat",
    "weibo",
    "x",
    "xiaohongshu",
    "youtube",
];

static CHANNELS: LazyLock<Result<Vec<Channel>, String>> = LazyLock::new(|| {
    FILES.iter().map(|text| serde_json::from_str(text).map_err(|e| e.to_string())).collect()
});

static BY_ID: LazyLock<BTreeMap<&'static str, &'static Placement>> =
    LazyLock::new(|| channels().iter().flat_map(|c| &c.placements).map(|p| (p.id.as_str(), p)).collect());

/// All channels that ship with Handbill.
pub fn channels() -> &'static [Channel] {
    // A test reads every file, so a channel file that does not parse never leaves this repository.
    CHANNELS.as_deref().unwrap_or_default()
}

/// The placement with this id.
pub fn placement(id: &str) -> Option<&'static Placement> {
    BY_ID.get(id).copied()
}

/// The channel that a placement belongs to.
pub fn channel_of(placement_id: &str) -> Option<&'static Channel> {
    channels().iter().find(|channel| channel.placements.iter().any(|p| p.id == placement_id))
}

/// The channel with this id.
pub fn channel(id: &str) -> Option<&'static Channel> {
    channels().iter().find(|channel| channel.id == id)
}

/// All placement ids in alphabetical order.
pub fn placement_ids() -> impl Iterator<Item = &'static str> {
    BY_ID.keys().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_file_is_read_and_every_placement_found() {
        assert_eq!(CHANNELS.as_ref().map(Vec::len), Ok(FILES.len()));
        assert_eq!(placement_ids().count(), 58);
        assert_eq!(placement("google_ads.rsa").unwrap().fields[0].max, Some(30));
    }

    #[test]
    fn every_placement_knows_its_channel_and_its_sources() {
        for id in placement_ids() {
            assert_eq!(channel_of(id).unwrap().id, id.split('.').next().unwrap());
            let place = placement(id).unwrap();
            assert!(!place.source.is_empty() || place.confidence == Confidence::Memory, "{id}");
        }
        assert!(channel_of("google_ads.unknown").is_none());
        assert_eq!(channel("douyin").unwrap().region, "cn");
        let reels = &placement("meta.reels").unwrap().videos[0];
        assert_eq!(reels.fps.unwrap().max, Some(60.0));
        assert_eq!(reels.audio.as_ref().unwrap().sample_rate, Some(48_000));
        assert_eq!(placement("meta.stories").unwrap().images[0].ratio_tolerance, Some(0.01));
    }
}
