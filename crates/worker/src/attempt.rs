//! One attempt of a claimed step, and what follows from it.

use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use handbill_domain::{
    Fault,
    asset::Digest,
    fault::{Billed, Failure, NextAction},
    step::StepState,
};
use handbill_pipeline::{
    Context, Error as StepError,
    graph::{StepOutput, StepSpec},
};
use handbill_queue::Class;
use handbill_store::{
    steps::{self, Counts, End, Finish, Finished, Input, Step},
    versions::{Made, NewVersion},
};
use serde_json::Value;
use tracing::Instrument as _;

use crate::{
    Error,
    crew::{Crew, Running},
    desk::Counter,
    event::Event,
};

/// Code of a step that waits for a provider's job.
const WORKING: &str = "provider_working";
/// How long a step waits whose worker died with it, while another one of these runs.
const SUSPECT: Duration = Duration::from_millis(250);

/// Outputs of the steps that a step needs.
pub(crate) type Given = BTreeMap<String, Input>;

/// One attempt. What goes wrong here is told in the log; the row still says what is to be done.
pub(crate) async fn attempt(crew: &Arc<Crew>, step: Step, given: Given, class: Class) {
    // A warning that comes from somewhere below says with this which step it is about.
    let span = tracing::warn_span!("step", run = %step.run, step = %step.key, id = step.id, epoch = step.epoch, attempt = step.attempts);
    one(crew, step, given, class).instrument(span).await;
}

async fn one(crew: &Arc<Crew>, step: Step, given: Given, class: Class) {
    let done = match crew.run(&step.workspace, &step.run).await {
        Ok(run) => Attempt { crew, run, step, class }.go(given).await,
        Err(Error::Elsewhere(why)) => {
            if crew.leave(&step.workspace, &step.run) {
                tracing::warn!("the run is left to other processes: {why}");
            }
            steps::release(&crew.engine.store, &step.workspace, step.fence()).await.map_err(Error::from)
        }
        Err(error) => {
            // Nobody has to wait for our lease because we could not read the run.
            let released = steps::release(&crew.engine.store, &step.workspace, step.fence()).await;
            released.map_err(Error::from).and(Err(error))
        }
    };
    if let Err(error) = done {
        tracing::warn!(%error, "a step could not be brought to its end now");
        crew.bell.notify_one();
    }
}

struct Attempt<'a> {
    crew: &'a Arc<Crew>,
    run: Arc<Running>,
    step: Step,
    class: Class,
}

impl Attempt<'_> {
    /// The run's seed; a step that is made anew has another one each time, or the same would come again. Of 32 bits,
    /// because some models take no larger one.
    fn seed(&self) -> u64 {
        let seed = self.run.inputs.seed;
        match self.step.revision {
            0 => seed,
            revision => {
                let digest = Digest::of_json(&(seed, revision));
                u64::from_str_radix(&digest.as_str()[..8], 16).unwrap_or(seed)
            }
        }
    }

    async fn go(self, given: Given) -> Result<(), Error> {
        let (crew, engine) = (self.crew, &self.crew.engine);
        engine.points.at("step claimed").await;
        let spec: StepSpec = match serde_json::from_value(self.step.spec.clone()) {
            Ok(spec) => spec,
            Err(error) => {
                let end = End::Failed(broken(format!("the step cannot be read: {error}")));
                return self.end(end, vec![], None).await.map(drop);
            }
        };
        let _alone = if self.step.crashes == 0 {
            None
        } else if let Ok(alone) = crew.suspects.clone().try_acquire_owned() {
            Some(alone)
        } else {
            let end = End::Later { wait: SUSPECT, why: self.step.failure.clone(), counts: Counts::Nothing };
            return self.end(end, vec![], None).await.map(drop);
        };
        engine.meter.began(self.class, self.waited(&given));
        let inputs = steps::inputs_digest(&given);
        let mut outputs: BTreeMap<String, StepOutput> = BTreeMap::new();
        for (key, input) in given {
            outputs.insert(key, serde_json::from_value(input.output)?);
        }
        let desk = Counter::new(crew, &self.run, &self.step, &spec, self.is_last());
        let ctx = Context {
            brief: &self.run.inputs.brief,
            brief_files: &self.run.inputs.brief_files,
            seed: self.seed(),
            step: &spec,
            outputs: &outputs,
            prompts: &engine.prompts,
            templates: &engine.templates,
            producer: &engine.producer,
            desk: &desk,
        };
        if self.step.failure.as_ref().is_none_or(|why| why.code != WORKING) {
            self.tell(Event::StepStarted { step: spec.key.clone(), stage: spec.stage.clone() });
        }
        let begun = Instant::now();
        if let Some(kept) = self.made_before(&ctx).await {
            engine.meter.ended(&spec.kind, "kept", begun.elapsed());
            self.succeed(&spec, &kept, inputs, vec![]).await?;
            self.tell_finished(&spec, &kept, begun.elapsed(), true);
            return Ok(());
        }
        let result = tokio::select! {
            biased;
            result = AssertUnwindSafe(engine.runner.run(&ctx)).catch_unwind() => Some(result),
            () = desk.told_to_stop() => None,
            wait = desk.parked() => {
                engine.points.at("step parked").await;
                return self.wait(wait, &desk).await;
            }
        };
        engine.points.at("step ran").await;
        let settled = desk.take_settled();
        engine.meter.ended(&spec.kind, how(result.as_ref()), begun.elapsed());
        let done = match result {
            None if self.run.canceled.is_requested() => self.cancel(&spec, settled).await,
            None => self.end(End::Released, settled, None).await.map(drop),
            Some(Ok(Ok(output))) => {
                let written = self.succeed(&spec, &output, inputs, settled).await;
                if written.is_ok() {
                    self.tell_finished(&spec, &output, begun.elapsed(), false);
                }
                written
            }
            Some(Ok(Err(error @ StepError::Died(_)))) => self.crash(&spec, &error, settled).await,
            Some(Ok(Err(error))) => match desk.over_ceiling() {
                Some(micros) => self.hold(&spec, &error, micros, settled).await,
                None => self.fall_short(&spec, &error, &desk, settled).await,
            },
            Some(Err(panic)) => self.fail(&spec, panicked(&*panic), settled).await,
        };
        engine.points.at("step written").await;
        done
    }

    /// How long the step was ready before somebody took it. None: not for the first time.
    fn waited(&self, given: &Given) -> Option<Duration> {
        let ready = given.values().filter_map(|input| input.ended_at).max().unwrap_or(self.run.created_at);
        let taken = self.step.started_at.filter(|_| self.step.epoch == 1)?;
        Some(Duration::from_millis(u64::try_from(taken - ready).unwrap_or(0)))
    }

    /// Writes an end, and brings what became ready by it.
    async fn end(
        &self,
        end: End,
        settled: Vec<handbill_store::calls::Settled>,
        made: Option<Made>,
    ) -> Result<Finished, Error> {
        let crew = self.crew;
        let finish =
            Finish { workspace: self.step.workspace.clone(), fence: self.step.fence(), end, settled, made };
        let finished = steps::finish(&crew.engine.store, finish).await?;
        crew.bring(&finished.ready).await;
        if let Some(state) = finished.run_ended {
            crew.engine.points.at("run concluded").await;
            crew.forget(&self.run);
            tracing::info!(state = state.as_str(), "run ended");
            if let Some(watch) = &crew.engine.watch {
                let run = self.run.id.to_string();
                watch(&self.run.workspace, &self.run.id, &Event::RunEnded { run, state });
            }
            crew.bell.notify_one();
        }
        if matches!(finished.state, Some(StepState::Waiting | StepState::Ready))
            && self.class == Class::Interactive
        {
            // The feeder reckons with it from now on; a run may rest.
            crew.bell.notify_one();
        }
        Ok(finished)
    }

    async fn succeed(
        &self,
        spec: &StepSpec,
        output: &StepOutput,
        inputs: Option<Digest>,
        settled: Vec<handbill_store::calls::Settled>,
    ) -> Result<(), Error> {
        let value = serde_json::to_value(output)?;
        let made = self.made(spec, output, inputs.as_ref())?;
        self.end(End::Succeeded { output: value, inputs }, settled, made).await.map(drop)
    }

    fn tell_finished(&self, spec: &StepSpec, output: &StepOutput, took: Duration, kept: bool) {
        self.tell(Event::StepFinished {
            step: spec.key.clone(),
            stage: spec.stage.clone(),
            assets: output.assets.iter().map(|a| a.id.clone()).collect(),
            kept,
            ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        });
    }

    /// What an earlier run of the campaign made of the same, if all of it is still there. Who asks models is not looked
    /// for: their answers are kept one by one. Nor is what a person wants anew.
    async fn made_before(&self, ctx: &Context<'_>) -> Option<StepOutput> {
        let run = &self.run;
        let campaign = run.campaign.as_ref().filter(|_| run.has_works && self.step.revision == 0)?;
        if !ctx.step.calls.is_empty() {
            return None;
        }
        let store = &self.crew.engine.store;
        let earlier = steps::earlier(store, &run.workspace, campaign, &self.step).await;
        let earlier =
            earlier.inspect_err(|error| tracing::warn!(%error, "earlier runs were not looked at")).ok()?;
        let outputs =
            earlier.into_iter().filter_map(|value| serde_json::from_value::<StepOutput>(value).ok());
        let same = |output: &StepOutput| {
            output.made_of.as_ref().is_some_and(|made_of| made_of.is_still_so(ctx).unwrap_or(false))
        };
        let output = outputs.into_iter().find(same)?;
        for asset in &output.assets {
            // It is read: a file that is damaged is not taken over.
            ctx.desk.get(&asset.digest).await.ok()?;
        }
        Some(output)
    }

    /// The versions of the assets that a step made for its campaign.
    fn made(
        &self,
        spec: &StepSpec,
        output: &StepOutput,
        inputs: Option<&Digest>,
    ) -> Result<Option<Made>, Error> {
        let (Some(campaign), false) = (&self.run.campaign, output.assets.is_empty()) else { return Ok(None) };
        let brief = serde_json::to_value(&self.run.inputs.brief)?;
        let mut assets = Vec::with_capacity(output.assets.len());
        for asset in &output.assets {
            let how =
                (&spec.kind, &spec.params, self.run.inputs.seed, &asset.lineage.models, self.step.revision);
            let inputs = match (&output.made_of, &asset.lineage.prompt) {
                (Some(made_of), _) => crate::identity::digest(&(how, &made_of.digest))?,
                // A text is made of its prompt, which names all that was told.
                (None, Some(prompt)) => crate::identity::digest(&(how, prompt))?,
                (None, None) => {
                    let fields = asset.lineage.brief_fields.iter();
                    let fields: Vec<(&str, Option<&Value>)> =
                        fields.map(|f| (f.as_str(), brief.pointer(f))).collect();
                    crate::identity::digest(&(how, fields, inputs))?
                }
            };
            assets.push(NewVersion {
                asset: asset.id.clone(),
                digest: asset.digest.clone(),
                inputs,
                parents: asset.lineage.parents.clone(),
                shown: serde_json::to_value(asset)?,
            });
        }
        Ok(Some(Made {
            campaign: campaign.clone(),
            run: self.run.id.clone(),
            step: spec.key.clone(),
            revision: self.step.revision,
            assets,
        }))
    }

    /// Every question that is open is with a provider that works on it: the slot is for others until then.
    async fn wait(&self, wait: Duration, desk: &Counter) -> Result<(), Error> {
        let why = Failure {
            code: WORKING.into(),
            message: "a provider works on it".into(),
            billed: Billed::Maybe,
            next_action: NextAction::Wait,
        };
        let counts = desk.counts_parked();
        // Patience comes to an end: no wait is nothing.
        let least = if counts == Counts::Patience { self.crew.engine.settings.backoff_ms.max(1) } else { 0 };
        let wait = wait.max(Duration::from_millis(least));
        let end = End::Later { wait, why: Some(why), counts };
        self.end(end, desk.take_settled(), None).await.map(drop)
    }

    /// Only who is busy is asked again; everything else is final.
    async fn fall_short(
        &self,
        spec: &StepSpec,
        error: &StepError,
        desk: &Counter,
        settled: Vec<handbill_store::calls::Settled>,
    ) -> Result<(), Error> {
        let Fault::Busy { retry_after } = error.fault() else {
            return self.fail(spec, error.failure(), settled).await;
        };
        let settings = &self.crew.engine.settings;
        let attempts = u32::try_from(self.step.attempts).unwrap_or(0);
        let backoff = Duration::from_millis(settings.backoff_ms << attempts.min(10));
        let wait = retry_after.unwrap_or(Duration::ZERO).max(backoff);
        let patience = settings.patience();
        let counts = desk.counts(retry_after);
        let mut reason = error.failure();
        let given_up = match counts {
            Counts::Attempt => self.is_last() || retry_after.is_some_and(|asked| asked >= patience),
            Counts::Patience => desk.waited() + wait >= patience,
            Counts::Nothing | Counts::Crash => false,
        };
        if given_up {
            if counts == Counts::Patience {
                let all = (desk.waited() + wait).as_secs();
                reason.message += &format!(
                    "; the step would wait {all} s for it in all, and `worker.patience_s` allows {}",
                    patience.as_secs()
                );
            }
            return self.fail(spec, reason, settled).await;
        }
        let wait = wait.min(patience);
        self.end(End::Later { wait, why: Some(reason.clone()), counts }, settled, None).await?;
        let ms = u64::try_from(wait.as_millis()).ok();
        self.tell(Event::StepWaiting { step: spec.key.clone(), ms, reason });
        Ok(())
    }

    /// What computed a step died with it, and nothing else did: it is tried again, but not for ever.
    async fn crash(
        &self,
        spec: &StepSpec,
        error: &StepError,
        settled: Vec<handbill_store::calls::Settled>,
    ) -> Result<(), Error> {
        let settings = &self.crew.engine.settings;
        let reason = error.failure();
        tracing::warn!("{error}");
        if u32::try_from(self.step.crashes).unwrap_or(0) + 1 >= settings.crashes {
            return self.fail(spec, reason, settled).await;
        }
        let wait = Duration::from_millis(settings.backoff_ms);
        self.end(End::Later { wait, why: Some(reason.clone()), counts: Counts::Crash }, settled, None)
            .await?;
        let ms = u64::try_from(wait.as_millis()).ok();
        self.tell(Event::StepWaiting { step: spec.key.clone(), ms, reason });
        Ok(())
    }

    /// A step that a ceiling stops is not failed: it waits for money.
    async fn hold(
        &self,
        spec: &StepSpec,
        error: &StepError,
        micros: i64,
        settled: Vec<handbill_store::calls::Settled>,
    ) -> Result<(), Error> {
        let reason = Failure {
            code: "ceiling_reached".into(),
            message: error.to_string(),
            billed: Billed::No,
            next_action: NextAction::RaiseCeiling,
        };
        let end = End::Held { why: reason.clone(), micros };
        self.end(end, settled, None).await?;
        self.tell(Event::StepWaiting { step: spec.key.clone(), ms: None, reason });
        Ok(())
    }

    async fn cancel(
        &self,
        spec: &StepSpec,
        settled: Vec<handbill_store::calls::Settled>,
    ) -> Result<(), Error> {
        let failure = canceled();
        self.end(End::Canceled(failure.clone()), settled, None).await?;
        self.tell(Event::StepFailed { step: spec.key.clone(), stage: spec.stage.clone(), failure });
        Ok(())
    }

    async fn fail(
        &self,
        spec: &StepSpec,
        mut failure: Failure,
        settled: Vec<handbill_store::calls::Settled>,
    ) -> Result<(), Error> {
        // What rehearsal answered costs nothing, whatever is wrong with it.
        if !settled.is_empty() && settled.iter().all(|call| call.settlement.billed == Billed::No) {
            failure.billed = Billed::No;
        }
        self.end(End::Failed(failure.clone()), settled, None).await?;
        tracing::info!(code = %failure.code, "step failed: {}", failure.message);
        self.tell(Event::StepFailed { step: spec.key.clone(), stage: spec.stage.clone(), failure });
        Ok(())
    }

    fn is_last(&self) -> bool {
        u32::try_from(self.step.attempts).unwrap_or(0) + 1 >= self.crew.engine.settings.attempts
    }

    fn tell(&self, event: Event) {
        self.crew.tell(&self.run, event);
    }
}

/// How an attempt ended, as it is counted.
fn how<T, P>(result: Option<&Result<Result<T, StepError>, P>>) -> &'static str {
    match result {
        None => "stopped",
        Some(Ok(Ok(_))) => "succeeded",
        Some(Ok(Err(error))) if matches!(error.fault(), Fault::Busy { .. }) => "put_off",
        Some(Ok(Err(_)) | Err(_)) => "failed",
    }
}

pub(crate) fn canceled() -> Failure {
    Failure {
        code: "canceled".into(),
        message: "a person ended the run".into(),
        billed: Billed::No,
        next_action: NextAction::Wait,
    }
}

fn broken(message: String) -> Failure {
    Failure { code: "internal".into(), message, billed: Billed::No, next_action: NextAction::Report }
}

pub(crate) fn panicked(panic: &(dyn std::any::Any + Send)) -> Failure {
    let said = panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    broken(format!("the step panicked: {}", said.unwrap_or_default()))
}
