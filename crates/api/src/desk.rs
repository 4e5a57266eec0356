//! The port to whoever plans and accepts orders. This crate knows no recipe and no model: `app` gives it a [`Desk`].

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use handbill_domain::{
    asset::Digest,
    brief::{Brief, BriefFiles},
    fault::NextAction,
    ids::{RunId, WorkspaceId},
    money::Money,
    problem::Problem as At,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Problem;

/// Who plans and accepts orders.
#[async_trait]
pub trait Desk: Send + Sync {
    /// Opens a file that somebody sent, and says what it is; what is no picture and no font is a problem.
    async fn look(&self, bytes: Bytes) -> Result<Look, Problem>;
    /// What a brief would make and cost, and what stands against it. Costs nothing.
    async fn plan(&self, draft: Draft) -> Result<Planned, Problem>;
    /// The files of what a run has made so far, `campaign.json` last.
    async fn pack(&self, workspace: &WorkspaceId, run: &RunId) -> Result<Vec<PackFile>, Problem>;
    /// Accepts an order that a plan gave: the run goes on from here.
    async fn order(&self, workspace: &WorkspaceId, order: &str, terms: Terms) -> Result<RunId, Problem>;
}

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// By its content, whatever its name says.
    pub media_type: String,
    /// Width and height in px, where it is a picture.
    pub size: Option<(u32, u32)>,
}

/// A file of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackFile {
    /// Path in the pack, with `/`.
    pub path: String,
    /// What is in it.
    pub content: Content,
}

/// What is in a file of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A kept file.
    Kept(Digest),
    /// A text.
    Text(String),
}

/// What is to be planned.
#[derive(Debug)]
pub struct Draft {
    /// The brief.
    pub brief: Brief,
    /// The blobs of the files that it names.
    pub digests: BriefFiles,
    /// Their bytes, by path in the brief.
    pub files: BTreeMap<String, Bytes>,
    /// The seed.
    pub seed: u64,
    /// Most that it may cost, beside the brief's own ceiling.
    pub max_cost: Option<Money>,
    /// Shall rehearsal serve every role, whatever models are in force?
    pub rehearsal: bool,
}

/// On which terms a run is accepted.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Most that may really be spent, in micros of the plan's currency.
    pub ceiling_micros: i64,
    /// The API key that pays.
    pub key: String,
}

/// A plan.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The run that it would be: the same brief, files, models and seed make the same run.
    pub run: Option<RunId>,
    /// What is shown of it.
    pub shown: Outline,
    /// What is needed to accept it; none: it cannot be made.
    pub order: Option<String>,
}

/// What a plan says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PlanOutline")]
pub struct Outline {
    /// The campaign.
    pub campaign: String,
    /// Name and version of the recipe: `campaign@1`.
    pub recipe: String,
    /// Role → catalogue id of the model that serves it.
    pub models: BTreeMap<String, String>,
    /// One line a step.
    pub steps: Vec<PlanStep>,
    /// The sum at list price, one range a currency; empty when no model is asked.
    pub price: Vec<PriceRange>,
    /// What of it is really spent; empty when rehearsal serves all.
    pub spends: Vec<PriceRange>,
    /// The most that it may cost: the lower of the brief's ceiling and `max_cost`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<Money>,
    /// Everything that stands against it.
    pub obstacles: Vec<Obstacle>,
    /// A smaller campaign that fits under the ceiling, where this one does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fits: Option<Smaller>,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanStep {
    /// Its key.
    pub step: String,
    /// Its kind: `copy`, `design`, `video`.
    pub kind: String,
    /// Its stage: `words`, `pictures`, `designs`, `videos`.
    pub stage: String,
    /// Where its work appears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<String>,
    /// In which language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// One-based variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<u64>,
    /// Ids of the assets that it makes.
    pub makes: Vec<String>,
    /// Who is asked, where it asks a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The voice that speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
    /// What it costs at list price, where it asks a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<PriceRange>,
}

/// From the price when all goes well to the price when every repair is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PriceRange {
    /// Each call is made once.
    pub low: Money,
    /// Each call is made as often as it may be.
    pub high: Money,
}

/// Something that stands against a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Obstacle {
    /// For programs: `over_ceiling`, `over_key_ceiling`, `over_workspace_ceiling`, `model_unfit`, `provider_key_missing`.
    pub code: String,
    /// The one thing to do next.
    pub next_action: NextAction,
    /// Where, and in words.
    #[serde(flatten)]
    #[schemars(with = "ObstacleText")]
    pub at: At,
}

#[derive(JsonSchema)]
#[allow(dead_code, reason = "the shape of a problem for the document")]
struct ObstacleText {
    /// JSON pointer: `/ceiling` of the plan, `/roles/writer` of the models.
    pointer: String,
    /// What stands against it.
    message: String,
    /// What to do about it.
    #[serde(default)]
    hint: Option<String>,
}

/// A smaller campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Smaller {
    /// What to change in the brief: `{"change": "variants", "from": 3, "to": 1}`.
    pub changes: Vec<serde_json::Map<String, serde_json::Value>>,
    /// What it costs then.
    pub price: Vec<PriceRange>,
    /// How many assets it still makes.
    pub assets: usize,
}
