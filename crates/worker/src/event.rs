//! What happens in a run, as it happens: for progress bars and for programs that watch.

use std::sync::Arc;

use handbill_domain::{
    fault::Failure,
    ids::{RunId, WorkspaceId},
    model::Role,
    money::Money,
    step::RunState,
};
use serde::Serialize;

/// Who is told. Called from many tasks; it must not block.
pub type Listener = Arc<dyn Fn(Event) + Send + Sync>;

/// Who is told of all runs. Called from many tasks; it must not block.
pub type Watch = Arc<dyn Fn(&WorkspaceId, &RunId, &Event) + Send + Sync>;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run goes on from here.
    RunStarted {
        /// Its id.
        run: String,
        /// Stage → steps in it, in the order of the graph.
        stages: Vec<StageCount>,
    },
    /// A step was taken.
    StepStarted {
        /// Its key.
        step: String,
        /// Its stage.
        stage: String,
    },
    /// A step got further.
    StepProgress {
        /// Its key.
        step: String,
        /// From 0 to 1.
        done: f32,
        /// What it makes.
        what: String,
    },
    /// A step succeeded.
    StepFinished {
        /// Its key.
        step: String,
        /// Its stage.
        stage: String,
        /// Ids of the assets that it made.
        assets: Vec<String>,
        /// Was it taken over from an earlier run, which made it of the same? Then nothing was computed now.
        kept: bool,
        /// How long this attempt took, in milliseconds.
        ms: u64,
    },
    /// A step has to wait: somebody is busy, or money is short.
    StepWaiting {
        /// Its key.
        step: String,
        /// For how long, in milliseconds, where it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        ms: Option<u64>,
        /// Why.
        reason: Failure,
    },
    /// A step was given up.
    StepFailed {
        /// Its key.
        step: String,
        /// Its stage.
        stage: String,
        /// Why.
        failure: Failure,
    },
    /// A model answered.
    CallMade {
        /// The step that asked.
        step: String,
        /// As whom.
        role: Role,
        /// Who was asked.
        provider: String,
        /// Catalogue id of the model.
        model: String,
        /// Cost at list price.
        cost: Money,
        /// Was the answer kept from before? Then nothing was paid now.
        kept: bool,
        /// Did the local rehearsal answer? Then nothing is paid at all.
        rehearsed: bool,
    },
    /// A person paused the run; it waits until a person resumes it.
    RunPaused {
        /// Its id.
        run: String,
    },
    /// A person resumed the run.
    RunResumed {
        /// Its id.
        run: String,
    },
    /// The run ended, or rests until there is money.
    RunEnded {
        /// Its id.
        run: String,
        /// How.
        state: RunState,
    },
}

/// How much there is to do in a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StageCount {
    /// The stage.
    pub stage: String,
    /// Steps in it.
    pub steps: usize,
    /// Of these, steps that had ended well before.
    pub done: usize,
}
