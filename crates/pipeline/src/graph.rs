//! A run as a graph of steps: what is made, in which order, by whom, at what price.

use handbill_domain::{asset::Asset, model::Role, step::Lane};
use handbill_providers::ask::Usage;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One node of a run's graph. Frozen when the run is accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepSpec {
    /// Unique in the run, readable and stable: `copy.xiaohongshu.note_image.zh-CN.v1`.
    pub key: String,
    /// Which function runs it: `copy`, `design`, `video`, …
    pub kind: String,
    /// Which workers take it.
    pub lane: Lane,
    /// Keys of the steps whose outputs it reads.
    pub needs: Vec<String>,
    /// What the function needs to know beside the brief.
    pub params: Value,
    /// Ids of the assets that it makes.
    pub makes: Vec<String>,
    /// The paid calls that it is planned to make.
    pub calls: Vec<PlannedCall>,
    /// Stage for progress bars: `words`, `pictures`, `designs`, `videos`.
    pub stage: String,
}

/// A paid call that a step is planned to make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedCall {
    /// Who is asked.
    pub role: Role,
    /// What it will probably use (at most, for the reservation).
    pub usage: Usage,
}

/// What a step gives back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepOutput {
    /// For the steps that need it.
    pub value: Value,
    /// Finished assets; their bytes were put into the files before.
    pub assets: Vec<Asset>,
}
