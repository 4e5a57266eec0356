//! The engine: drives runs until they end.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use handbill_domain::{
    ids::{RunId, WorkspaceId},
    step::Lane,
};
use handbill_pipeline::{
    Context, Error as StepError, graph::StepOutput, prompts::Prompts, templates::Templates,
};
use handbill_queue::Dispatcher;
use handbill_store::{Store, runs};
use serde::{Deserialize, Serialize};

use crate::{Error, Models, Order, RunOutcome, Stop, event::Listener, points::Points, shift};

/// Who runs a step: the pipeline, or a script in tests.
#[async_trait]
pub trait Runner: Send + Sync {
    /// Runs the step of this context once.
    async fn run(&self, ctx: &Context<'_>) -> Result<StepOutput, StepError>;
}

/// How many at once, how patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Steps at once that ask models: they mostly wait.
    pub model_workers: usize,
    /// Steps at once that compute: as many as there are cores.
    pub media_workers: usize,
    /// Steps at once that send something out.
    pub deliver_workers: usize,
    /// Attempts of a step that finds somebody busy.
    pub attempts: u32,
    /// First wait after somebody was busy, in milliseconds; it doubles with every attempt.
    pub backoff_ms: u64,
    /// Longest wait that a step accepts, in seconds; who asks for more is given up for now.
    pub patience_s: u64,
    /// How long a worker that shows no sign of life keeps its steps, in seconds. On the same machine a dead process
    /// is seen at once.
    pub lease_s: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            model_workers: 8,
            media_workers: std::thread::available_parallelism().map_or(2, usize::from),
            deliver_workers: 2,
            attempts: 5,
            backoff_ms: 1000,
            patience_s: 120,
            lease_s: 20,
        }
    }
}

impl Settings {
    pub(crate) fn workers(&self, lane: Lane) -> usize {
        match lane {
            Lane::Model => self.model_workers,
            Lane::Media => self.media_workers,
            Lane::Deliver => self.deliver_workers,
        }
        .max(1)
    }

    pub(crate) fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_s.max(1))
    }
}

/// Everything that running steps takes. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    /// Rows and files.
    pub store: Store,
    /// The line of tickets.
    pub dispatcher: Arc<dyn Dispatcher>,
    /// The models in force.
    pub models: Arc<dyn Models>,
    /// Who runs the steps.
    pub runner: Arc<dyn Runner>,
    /// The prompts in force.
    pub prompts: Arc<Prompts>,
    /// The image templates in force.
    pub templates: Arc<Templates>,
    /// Name or code of who makes the content, as labels say it: visible ASCII without spaces.
    pub producer: Arc<str>,
    /// How many at once, how patient.
    pub settings: Settings,
    /// Who is told what happens.
    pub listener: Listener,
    pub(crate) points: Points,
}

impl Engine {
    /// An engine with the usual settings that tells nobody.
    pub fn new(
        store: Store,
        dispatcher: Arc<dyn Dispatcher>,
        models: Arc<dyn Models>,
        runner: Arc<dyn Runner>,
    ) -> Self {
        Self {
            store,
            dispatcher,
            models,
            runner,
            prompts: Arc::default(),
            templates: Arc::default(),
            producer: "handbill".into(),
            settings: Settings::default(),
            listener: Arc::new(|_| {}),
            points: Points::default(),
        }
    }

    /// Accepts an order: writes the run with its steps, or finds it from before. A run that ended with failures is
    /// opened again for what failed; one that succeeded stays as it is. The ceiling is always the order's.
    pub async fn submit(&self, workspace: &WorkspaceId, order: &Order) -> Result<RunId, Error> {
        let new = order.as_run()?;
        if !runs::create(&self.store, workspace, &new).await? {
            runs::reopen(&self.store, workspace, &new.id, order.ceiling_micros).await?;
        }
        self.points.at("run accepted").await;
        Ok(new.id)
    }

    /// Drives a run until it ends, or rests for want of money, or a stop is asked for ([`Error::Stopped`]). Several
    /// engines may drive the same run; each step is run by one of them. Dropping the future is like dying: the run
    /// can be driven on at once.
    pub async fn run(&self, workspace: &WorkspaceId, id: &RunId, stop: &Stop) -> Result<RunOutcome, Error> {
        shift::run(self, workspace, id, stop).await
    }
}
