//! What a campaign is made of, and where each piece came from.

use std::{collections::BTreeMap, fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{brief::Brief, fault::Failure, locale::Locale, money::Money, proof::Proof};

/// BLAKE3 of some bytes, as 64 hex digits: the name of a blob.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

impl Digest {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes).to_hex().to_string())
    }

    /// Of a value's JSON. Fields are written in declaration order, so equal values have equal digests.
    pub fn of_json(value: &impl Serialize) -> Self {
        Self::of(serde_json::to_string(value).unwrap_or_default().as_bytes())
    }

    /// The 64 hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() == 64 && hex {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("`{text}` is not a BLAKE3 digest"))
        }
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What an asset is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssetKind {
    /// Texts of a placement.
    Copy,
    /// A long text.
    Article,
    /// A picture.
    Image,
    /// A video.
    Video,
    /// The still that stands for a video.
    Poster,
    /// Captions as a file.
    Captions,
    /// Speech or music.
    Audio,
}

/// How much of an asset a generative model made. `rehearsal` is not one: what it makes is `none`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AiOrigin {
    /// Nothing.
    #[default]
    None,
    /// A model helped with words or choices; the pixels and sounds are not a model's.
    Assisted,
    /// Parts are a model's, parts are photographs.
    Composite,
    /// All of it.
    Generated,
}

/// A finished piece of a campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Asset {
    /// Stable and readable: `image.xiaohongshu.note_image.photo.zh-CN.v1`.
    pub id: String,
    /// What it is.
    pub kind: AssetKind,
    /// Placement, where it is for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<String>,
    /// Role of the picture in the placement (`cover`), or length tier of a video (`15s`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// In which language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// One-based variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<u32>,
    /// Path in the pack, with `/`.
    pub file: String,
    /// Media type.
    pub media_type: String,
    /// Width in px.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Height in px.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Length in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<f64>,
    /// Size of the file.
    pub bytes: u64,
    /// BLAKE3 of the file.
    pub digest: Digest,
    /// Where it came from.
    pub lineage: Lineage,
    /// How much of it a model made.
    pub ai_origin: AiOrigin,
    /// What it cost, at list price.
    pub cost: Money,
    /// What the checks said.
    #[serde(default)]
    pub checks: Vec<CheckResult>,
    /// What was measured on it, where it is a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
}

/// Where an asset came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lineage {
    /// Key of the step that made it.
    pub step: String,
    /// Digest of the rendered prompt, where a model was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Digest>,
    /// Catalogue ids of the models that were asked, for it or for what it was made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// The voice that speaks in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
    /// Seed.
    pub seed: u64,
    /// Ids of the assets and steps that it was made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<String>,
    /// JSON pointers of the brief's fields that it used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub brief_fields: Vec<String>,
}

/// What one check said about an asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckResult {
    /// Id of the rule: `length`, `CN-ABS-001`, `file_size`.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// What was found, in the asset's language.
    pub message: String,
    /// What to do, in the asset's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// Field or place that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// To know.
    Info,
    /// To look at before publishing.
    Warn,
    /// Must not be published so.
    Block,
}

/// `campaign.json`: everything in the pack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// Version of this schema: 1.
    pub handbill: u32,
    /// Id of the run: the same inputs give the same id.
    pub run: String,
    /// How the run ended.
    pub state: crate::step::RunState,
    /// The brief, as it was read.
    pub brief: Brief,
    /// The seed.
    pub seed: u64,
    /// Role → catalogue id of the model that served it.
    pub models: BTreeMap<String, String>,
    /// Every asset, ordered by id.
    pub assets: Vec<Asset>,
    /// Every step that failed.
    pub failures: Vec<FailedStep>,
    /// What it cost.
    pub cost: Cost,
}

impl Manifest {
    /// The JSON Schema of `campaign.json`.
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }
}

/// A step that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailedStep {
    /// Its key.
    pub step: String,
    /// Ids of the assets that are missing for it.
    pub missing: Vec<String>,
    /// Why, and what to do.
    #[serde(flatten)]
    pub failure: Failure,
}

/// The price of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// What the plan said.
    pub planned: Money,
    /// What the calls cost at list price.
    pub list: Money,
    /// What was really spent: zero for rehearsal.
    pub spent: Money,
    /// Calls that may have been billed and are not in `spent`.
    pub ambiguous_calls: u32,
}
