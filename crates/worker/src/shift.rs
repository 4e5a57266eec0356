//! A shift: the workers of this process on one run, from taking over what others left to the run's end.

use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, atomic::AtomicBool, atomic::Ordering},
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use handbill_domain::{
    Fault,
    fault::{Billed, Failure, NextAction},
    ids::{RunId, WorkspaceId},
    money::Currency,
    step::{Lane, RunState, StepState},
};
use handbill_pipeline::{
    Context, Error as StepError,
    graph::{StepOutput, StepSpec},
};
use handbill_queue::Ticket;
use handbill_store::{
    runs, sessions,
    steps::{self, Step},
};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
    time,
};

use crate::{
    Engine, Error, RunOutcome, Stop,
    desk::Counter,
    event::{Event, StageCount},
    order::{Frozen, Inputs},
    outcome,
    session::Living,
};

/// How often the database is asked what is ready, beside the moments when we know: other processes do not ring us.
const SWEEP: Duration = Duration::from_millis(300);

struct Shift {
    engine: Engine,
    workspace: WorkspaceId,
    run: RunId,
    inputs: Inputs,
    currency: Currency,
    living: Living,
    stop: Stop,
    /// Rings when a step has changed its state.
    bell: Notify,
    /// Set when the run is over for this process.
    over: Stop,
}

pub(crate) async fn run(
    engine: &Engine,
    workspace: &WorkspaceId,
    id: &RunId,
    stop: &Stop,
) -> Result<RunOutcome, Error> {
    let found = runs::find(&engine.store, workspace, id).await?;
    if found.state != RunState::Running {
        return outcome::outcome(&engine.store, workspace, id).await;
    }
    let frozen: Frozen = serde_json::from_value(found.inputs)?;
    let shift = Arc::new(Shift {
        engine: engine.clone(),
        workspace: workspace.clone(),
        run: id.clone(),
        inputs: frozen.inputs,
        currency: frozen.planned.currency,
        living: Living::open(&engine.store, engine.settings.lease()).await?,
        stop: stop.clone(),
        bell: Notify::new(),
        over: Stop::default(),
    });
    shift.announce().await?;

    // Dropping the set aborts everything in it: a dropped run leaves nobody at work.
    let mut crew = JoinSet::new();
    let beating = shift.clone();
    let heart = crew.spawn(async move { beating.living.beat(&beating.engine.store).await });
    for lane in [Lane::Model, Lane::Media, Lane::Deliver] {
        for _ in 0..engine.settings.workers(lane) {
            let shift = shift.clone();
            crew.spawn(async move { shift.work(lane).await });
        }
    }
    let ended = shift.feed().await;
    shift.over.request();
    heart.abort();
    while crew.join_next().await.is_some() {}
    sessions::close(&engine.store, &shift.living.session()).await?;
    ended?;
    let outcome = outcome::outcome(&engine.store, workspace, id).await?;
    (engine.listener)(Event::RunEnded { run: id.to_string(), state: outcome.state });
    Ok(outcome)
}

impl Shift {
    async fn announce(&self) -> Result<(), Error> {
        let mut stages: Vec<StageCount> = Vec::new();
        for step in steps::all(&self.engine.store, &self.workspace, &self.run).await? {
            let spec: StepSpec = serde_json::from_value(step.spec)?;
            let done = usize::from(step.state == StepState::Succeeded);
            match stages.iter_mut().find(|s| s.stage == spec.stage) {
                Some(stage) => {
                    stage.steps += 1;
                    stage.done += done;
                }
                None => stages.push(StageCount { stage: spec.stage, steps: 1, done }),
            }
        }
        (self.engine.listener)(Event::RunStarted { run: self.run.to_string(), stages });
        Ok(())
    }

    /// Keeps the lanes filled until nothing is left to do.
    async fn feed(&self) -> Result<(), Error> {
        let store = &self.engine.store;
        let mut rested_at = None;
        loop {
            let rung = self.bell.notified();
            if self.stop.is_requested() {
                return Err(Error::Stopped);
            }
            sessions::recover(store).await?;
            for (step, lane) in steps::claimable(store, &self.workspace, &self.run).await? {
                self.engine
                    .dispatcher
                    .push(lane, &[Ticket { workspace: self.workspace.clone(), step }])
                    .await?;
            }
            let census = steps::census(store, &self.workspace, &self.run).await?;
            if census.open == 0 {
                let state = outcome::state(&steps::all(store, &self.workspace, &self.run).await?)?;
                runs::conclude(store, &self.workspace, &self.run, state).await?;
                self.engine.points.at("run concluded").await;
                return Ok(());
            }
            if census.moving == 0 {
                // What is left waits for money, or for a step that does. It is tried once more after whatever ended last.
                if rested_at.replace(census.ended) == Some(census.ended) {
                    return Ok(());
                }
                self.money_may_be_free().await?;
                continue;
            }
            tokio::select! {
                () = rung => {}
                () = time::sleep(SWEEP) => {}
                () = self.stop.requested() => {}
            }
        }
    }

    /// One worker of a lane: ticket, claim, run.
    async fn work(&self, lane: Lane) {
        loop {
            let ticket = tokio::select! {
                biased;
                () = self.over.requested() => return,
                () = self.stop.requested() => return,
                ticket = self.engine.dispatcher.pop(lane, Duration::from_secs(5)) => ticket,
            };
            let step = match ticket {
                Ok(None) => continue,
                Ok(Some(ticket)) if ticket.workspace == self.workspace => {
                    steps::claim(&self.engine.store, &self.workspace, ticket.step, self.living.session().id())
                        .await
                        .map_err(Error::from)
                }
                Ok(Some(other)) => Err(Error::Broken(format!("ticket {other} is not for this run"))),
                Err(error) => Err(error.into()),
            };
            let done = match step {
                Ok(None) => continue,
                Ok(Some(step)) => self.attempt(step).await,
                Err(error) => Err(error),
            };
            if let Err(error) = done {
                // The row still says what is to be done; the next sweep finds it.
                tracing::warn!(%error, lane = lane.as_str(), "a step could not be brought to its end now");
                time::sleep(SWEEP).await;
            }
            self.bell.notify_one();
        }
    }

    /// One attempt of a claimed step, and what follows from it.
    async fn attempt(&self, step: Step) -> Result<(), Error> {
        let engine = &self.engine;
        engine.points.at("step claimed").await;
        let spec: StepSpec = serde_json::from_value(step.spec.clone())?;
        let mut outputs: BTreeMap<String, StepOutput> = BTreeMap::new();
        for (key, output) in steps::inputs(&engine.store, &self.workspace, step.id).await? {
            outputs.insert(key, serde_json::from_value(output)?);
        }
        let desk = Counter {
            store: engine.store.clone(),
            models: engine.models.clone(),
            workspace: self.workspace.clone(),
            run: self.run.clone(),
            spec: spec.clone(),
            fence: step.fence(),
            revision: step.revision,
            currency: self.currency,
            last: self.is_last(&step),
            stop: self.stop.clone(),
            listener: engine.listener.clone(),
            points: engine.points.clone(),
            flights: watch::Sender::new(0),
            over_ceiling: AtomicBool::new(false),
            asked: Mutex::default(),
        };
        let ctx = Context {
            brief: &self.inputs.brief,
            brief_files: &self.inputs.brief_files,
            seed: self.inputs.seed,
            step: &spec,
            outputs: &outputs,
            prompts: &engine.prompts,
            templates: &engine.templates,
            producer: &engine.producer,
            desk: &desk,
        };
        (engine.listener)(Event::StepStarted { step: spec.key.clone(), stage: spec.stage.clone() });
        let begun = Instant::now();
        let result = tokio::select! {
            biased;
            result = AssertUnwindSafe(engine.runner.run(&ctx)).catch_unwind() => result,
            () = self.stopped_and_quiet(&desk) => return Ok(steps::release(&engine.store, &self.workspace, step.fence()).await?),
        };
        engine.points.at("step ran").await;
        let done = match result {
            Ok(Ok(output)) => self.succeed(&step, &spec, &output, begun.elapsed()).await,
            Ok(Err(error)) if desk.over_ceiling.load(Ordering::Relaxed) => {
                self.hold(&step, &spec, &error).await
            }
            Ok(Err(error)) => self.fall_short(&step, &spec, &error).await,
            Err(panic) => self.fail(&step, &spec, panicked(&*panic)).await,
        };
        engine.points.at("step written").await;
        done
    }

    /// Nobody is asked any more, and every answer that was under way is kept.
    async fn stopped_and_quiet(&self, desk: &Counter) {
        self.stop.requested().await;
        let _ = desk.flights.subscribe().wait_for(|n| *n == 0).await;
    }

    async fn succeed(
        &self,
        step: &Step,
        spec: &StepSpec,
        output: &StepOutput,
        took: Duration,
    ) -> Result<(), Error> {
        let value = serde_json::to_value(output)?;
        steps::complete(&self.engine.store, &self.workspace, step.fence(), &value).await?;
        (self.engine.listener)(Event::StepFinished {
            step: spec.key.clone(),
            stage: spec.stage.clone(),
            assets: output.assets.iter().map(|a| a.id.clone()).collect(),
            ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        });
        self.money_may_be_free().await
    }

    /// Only who is busy is asked again; everything else is final.
    async fn fall_short(&self, step: &Step, spec: &StepSpec, error: &StepError) -> Result<(), Error> {
        let Fault::Busy { retry_after } = error.fault() else {
            return self.fail(step, spec, error.failure()).await;
        };
        let settings = &self.engine.settings;
        let backoff =
            Duration::from_millis(settings.backoff_ms << u32::try_from(step.attempts).unwrap_or(0).min(10));
        let wait = retry_after.unwrap_or(Duration::ZERO).max(backoff);
        let too_long = retry_after.is_some_and(|asked| asked > Duration::from_secs(settings.patience_s));
        if self.is_last(step) || too_long {
            return self.fail(step, spec, error.failure()).await;
        }
        let wait = wait.min(Duration::from_secs(settings.patience_s));
        steps::defer(&self.engine.store, &self.workspace, step.fence(), wait, &error.failure()).await?;
        let ms = u64::try_from(wait.as_millis()).ok();
        (self.engine.listener)(Event::StepWaiting { step: spec.key.clone(), ms, reason: error.failure() });
        Ok(())
    }

    /// A step that the ceiling stops is not failed: it waits for money.
    async fn hold(&self, step: &Step, spec: &StepSpec, error: &StepError) -> Result<(), Error> {
        let code = "ceiling_reached".to_owned();
        let reason = Failure {
            code,
            message: error.to_string(),
            billed: Billed::No,
            next_action: NextAction::RaiseCeiling,
        };
        steps::hold(&self.engine.store, &self.workspace, step.fence(), &reason).await?;
        (self.engine.listener)(Event::StepWaiting { step: spec.key.clone(), ms: None, reason });
        Ok(())
    }

    async fn fail(&self, step: &Step, spec: &StepSpec, failure: Failure) -> Result<(), Error> {
        steps::fail(&self.engine.store, &self.workspace, step.fence(), &failure).await?;
        tracing::info!(run = %self.run, step = %spec.key, code = %failure.code, "step failed: {}", failure.message);
        (self.engine.listener)(Event::StepFailed {
            step: spec.key.clone(),
            stage: spec.stage.clone(),
            failure,
        });
        self.money_may_be_free().await
    }

    /// A step that ended has settled its calls, and those mostly cost less than was reserved.
    async fn money_may_be_free(&self) -> Result<(), Error> {
        Ok(steps::retry_held(&self.engine.store, &self.workspace, &self.run).await?)
    }

    fn is_last(&self, step: &Step) -> bool {
        u32::try_from(step.attempts).unwrap_or(0) + 1 >= self.engine.settings.attempts
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Failure {
    let said = panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    Failure {
        code: "internal".into(),
        message: format!("the step panicked: {}", said.unwrap_or_default()),
        billed: Billed::No,
        next_action: NextAction::Report,
    }
}
