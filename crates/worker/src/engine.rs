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
use handbill_queue::{Dispatcher, Limits, Local, Signals, signals::Control};
use handbill_store::{Store, runs};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Inputs, Models, Order, RunOutcome, Stop, crew,
    event::{Listener, Watch},
    meter::Meter,
    points::Points,
};

/// Who runs a step: the pipeline, or a script in tests.
#[async_trait]
pub trait Runner: Send + Sync {
    /// Runs the step of this context once.
    async fn run(&self, ctx: &Context<'_>) -> Result<StepOutput, StepError>;
}

/// Who serves the roles of a run that was ordered with these inputs; or why this process cannot work on it.
pub type Casting = Arc<dyn Fn(&Inputs) -> Result<Arc<dyn Models>, String> + Send + Sync>;

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
    /// How long a step waits in all for providers that have no time for it, in seconds; after that, or when a provider
    /// asks for as much at once, it is given up for now.
    pub patience_s: u64,
    /// How long a worker that shows no sign of life keeps its steps, in seconds. On the same machine a dead process
    /// is seen at once.
    pub lease_s: u64,
    /// Tickets of one workspace, class and lane that wait at once: the rest stays in the database.
    pub window: usize,
    /// How often the worker of a step may die with it before the step is given up.
    pub crashes: u32,
    /// Most memory of a process in which a step is computed, in MB; 0: no limit.
    pub render_memory_mb: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            model_workers: 8,
            media_workers: std::thread::available_parallelism().map_or(2, usize::from),
            deliver_workers: 2,
            attempts: 5,
            backoff_ms: 1000,
            patience_s: 3600,
            lease_s: 20,
            window: 1000,
            crashes: 3,
            render_memory_mb: 4096,
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

    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.patience_s)
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
    /// Who serves the runs of others; none: [`Engine::models`] serve all.
    pub casting: Option<Casting>,
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
    /// Leave to ask providers.
    pub limits: Arc<dyn Limits>,
    /// Words between processes; none: there is only this one.
    pub signals: Option<Arc<dyn Signals>>,
    /// Who is told what happens, where one run is served.
    pub listener: Listener,
    /// Who is told what happens in which run.
    pub watch: Option<Watch>,
    /// What is counted.
    pub meter: Arc<Meter>,
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
            casting: None,
            runner,
            prompts: Arc::default(),
            templates: Arc::default(),
            producer: "handbill".into(),
            settings: Settings::default(),
            limits: Arc::new(Local::default()),
            signals: None,
            listener: Arc::new(|_| {}),
            watch: None,
            meter: Arc::default(),
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
        self.call().await;
        Ok(new.id)
    }

    /// Drives a run until it ends, or rests for want of money (a pause is waited out), or a stop is asked for ([`Error::Stopped`]). Several
    /// engines may drive the same run; each step is run by one of them. Dropping the future is like dying: the run
    /// can be driven on at once.
    pub async fn run(&self, workspace: &WorkspaceId, id: &RunId, stop: &Stop) -> Result<RunOutcome, Error> {
        crew::one(self, workspace, id, stop).await
    }

    /// Serves the runs of all workspaces in these lanes until a stop is asked for: what is under way then is waited for,
    /// and kept.
    pub async fn serve(&self, lanes: &[Lane], stop: &Stop) -> Result<(), Error> {
        crew::serve(self, lanes, stop).await
    }

    /// What a run gave so far.
    pub async fn outcome(&self, workspace: &WorkspaceId, id: &RunId) -> Result<RunOutcome, Error> {
        crate::outcome::outcome(&self.store, workspace, id).await
    }

    /// Ends a run: the database first, then whoever works on it. From here on no request of it leaves; what was or may
    /// have been billed is in the ledger. `false`: it had ended.
    pub async fn cancel(&self, workspace: &WorkspaceId, id: &RunId) -> Result<bool, Error> {
        let canceled = runs::cancel(&self.store, workspace, id).await?;
        self.say(&Control::Cancel { workspace: workspace.clone(), run: id.clone() }).await;
        Ok(canceled)
    }

    /// Begins no step of a run until it is resumed. `false`: it was not running.
    pub async fn pause(&self, workspace: &WorkspaceId, id: &RunId) -> Result<bool, Error> {
        let paused = runs::pause(&self.store, workspace, id).await?;
        self.say(&Control::Pause { workspace: workspace.clone(), run: id.clone() }).await;
        Ok(paused)
    }

    /// Goes on with a paused run. `false`: it was not paused.
    pub async fn resume(&self, workspace: &WorkspaceId, id: &RunId) -> Result<bool, Error> {
        let resumed = runs::resume(&self.store, workspace, id).await?;
        self.say(&Control::Resume { workspace: workspace.clone(), run: id.clone() }).await;
        Ok(resumed)
    }

    /// Tries failed steps again, one or all; what was paid for is not paid again.
    pub async fn retry(&self, workspace: &WorkspaceId, id: &RunId, step: Option<&str>) -> Result<(), Error> {
        runs::retry(&self.store, workspace, id, step).await?;
        self.call().await;
        Ok(())
    }

    /// Makes one ended step anew, and pays for it anew; what was made of it before becomes stale.
    pub async fn regenerate(&self, workspace: &WorkspaceId, id: &RunId, step: &str) -> Result<(), Error> {
        runs::regenerate(&self.store, workspace, id, step).await?;
        self.call().await;
        Ok(())
    }

    /// Makes again what is stale; tells how many steps it begins from.
    pub async fn redo_stale(&self, workspace: &WorkspaceId, id: &RunId) -> Result<usize, Error> {
        let roots = runs::redo_stale(&self.store, workspace, id).await?;
        self.call().await;
        Ok(roots)
    }

    /// Is there a process that serves all runs? Else a run goes on only when somebody drives it.
    pub async fn is_served(&self) -> Result<bool, Error> {
        Ok(handbill_store::feed::is_led(&self.store, crate::feed::OFFICE).await?)
    }

    /// Calls the feeders: something became ready.
    pub async fn call(&self) {
        self.say(&Control::Ready).await;
    }

    /// Tells other processes; whoever does not hear it sees it in the database.
    async fn say(&self, control: &Control) {
        if let Some(signals) = &self.signals
            && let Err(error) = signals.tell(control).await
        {
            tracing::warn!(%error, "other processes were not told");
        }
    }
}
