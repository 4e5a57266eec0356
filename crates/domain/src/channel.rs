//! Channels and their placements: what each place accepts. The numbers are data (`channels/*.json`), each with its source.

use std::{collections::BTreeMap, sync::LazyLock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A platform with its placements, as in one file of `channels/`.
#[derive(Clone, Debug, Deserialize)]
pub struct Channel {
    /// Short id: `google_ads`.
    pub id: String,
    /// Its name in both languages.
    pub name: Names,
    /// `global` or `cn`.
    pub region: String,
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
    /// How well the numbers are known: `official`, `official_mirror`, `secondary`, `memory`.
    pub confidence: String,
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
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
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
    /// Advice.
    #[serde(default)]
    pub note: Option<String>,
}

/// One video of a placement.
#[derive(Clone, Debug, Deserialize)]
pub struct VideoSlot {
    /// Accepted ratios, best first.
    pub ratios: Vec<String>,
    /// The sizes to make.
    #[serde(default)]
    pub recommended: Vec<Size>,
    /// Accepted and advised durations in seconds.
    pub duration_s: Duration,
    /// Largest accepted file in bytes.
    #[serde(default)]
    pub max_bytes: Option<u64>,
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

static CHANNELS: LazyLock<Result<Vec<Channel>, String>> =
    LazyLock::new(|| FILES.iter().map(|text| serde_json::from_str(text).map_err(|e| e.to_string())).collect());

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
}
