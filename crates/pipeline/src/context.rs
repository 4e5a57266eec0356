//! What a step has at hand: the brief, the outputs of earlier steps, and a desk to ask models and keep files at.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use handbill_domain::{
    asset::{Digest, Lineage},
    brief::{Brief, BriefFiles},
    model::Role,
    money::Money,
};
use handbill_providers::{
    Error as ModelError,
    ask::{ImageAnswer, ImageAsk, SpeechAnswer, SpeechAsk, TextAnswer, TextAsk, VideoAnswer, VideoAsk},
};
use serde::de::DeserializeOwned;

use crate::{
    Error,
    graph::{StepOutput, StepSpec},
    prompts::Prompts,
    templates::Templates,
};

/// What a step has at hand.
pub struct Context<'a> {
    /// The brief of the campaign.
    pub brief: &'a Brief,
    /// The blobs of the files that the brief names.
    pub brief_files: &'a BriefFiles,
    /// Seed of the run.
    pub seed: u64,
    /// The step itself.
    pub step: &'a StepSpec,
    /// Outputs of the steps that it needs, by key. A step that failed is absent.
    pub outputs: &'a BTreeMap<String, StepOutput>,
    /// Prompts in force.
    pub prompts: &'a Prompts,
    /// Image templates in force.
    pub templates: &'a Templates,
    /// Name or code of who makes the content, as files that a model had a part in say it: ASCII without spaces.
    pub producer: &'a str,
    /// Models and files.
    pub desk: &'a dyn Desk,
}

/// Where a step asks models and keeps files. The worker's desk writes every paid call into its journal before it
/// is sent and keeps the reply before it is read; a step that runs again gets the kept reply.
#[async_trait]
pub trait Desk: Send + Sync {
    /// Asks for words.
    async fn text(&self, role: Role, ask: &TextAsk) -> Result<Asked<TextAnswer>, ModelError>;
    /// Asks for a picture.
    async fn image(&self, role: Role, ask: &ImageAsk) -> Result<Asked<ImageAnswer>, ModelError>;
    /// Asks for a clip.
    async fn video(&self, role: Role, ask: &VideoAsk) -> Result<Asked<VideoAnswer>, ModelError>;
    /// Asks for speech.
    async fn speech(&self, role: Role, ask: &SpeechAsk) -> Result<Asked<SpeechAnswer>, ModelError>;
    /// Keeps a file.
    async fn put(&self, bytes: Bytes) -> Result<Digest, Error>;
    /// Fetches a file.
    async fn get(&self, digest: &Digest) -> Result<Bytes, Error>;
    /// Tells how far the step is, 0 to 1, and what it makes.
    fn progress(&self, done: f32, what: &str);
}

/// An answer, with who gave it and what it cost.
#[derive(Clone, Debug)]
pub struct Asked<T> {
    /// The answer.
    pub answer: T,
    /// Catalogue id of the model.
    pub model: String,
    /// Is it the local rehearsal (whose works are no model's)?
    pub rehearsed: bool,
    /// Cost at list price.
    pub cost: Money,
}

impl Context<'_> {
    /// The value that an earlier step gave, in its own type.
    pub fn output<T: DeserializeOwned>(&self, key: &str) -> Result<T, Error> {
        let output = self
            .outputs
            .get(key)
            .ok_or_else(|| Error::Missing { step: self.step.key.clone(), needs: key.to_owned() })?;
        serde_json::from_value(output.value.clone())
            .map_err(|e| Error::Broken(format!("output of {key}: {e}")))
    }

    /// The generative models that wrote the value of an earlier step; none where it was rehearsed.
    pub fn writers(&self, key: &str) -> &[String] {
        self.outputs.get(key).map(|output| output.models.as_slice()).unwrap_or_default()
    }

    /// What the step was told beside the brief, in its own type.
    pub fn params<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_value(self.step.params.clone())
            .map_err(|e| Error::Broken(format!("params of {}: {e}", self.step.key)))
    }

    /// A lineage that names this step, the seed and the steps that it read.
    pub fn lineage(&self) -> Lineage {
        Lineage {
            step: self.step.key.clone(),
            seed: self.seed,
            parents: self.step.needs.clone(),
            ..Lineage::default()
        }
    }
}
