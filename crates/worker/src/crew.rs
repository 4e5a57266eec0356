//! A crew: the workers of this process, from taking over what others left until somebody asks them to stop. It serves
//! every run, or one.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use handbill_domain::{
    ids::{RunId, WorkspaceId},
    money::Currency,
    step::{Lane, RunState, StepState},
};
use handbill_pipeline::graph::StepSpec;
use handbill_queue::{Class, Dispatcher, Job, Local, Pool, Ticket, signals::Control};
use handbill_store::{
    runs, sessions,
    steps::{self, Ready, Step},
    versions,
};
use tokio::{
    sync::{Notify, Semaphore},
    task::JoinSet,
    time,
};

use crate::{
    Engine, Error, Models, RunOutcome, Stop, attempt,
    event::{Event, StageCount},
    feed,
    line::Line,
    order::{Frozen, Inputs},
    outcome,
    session::Living,
};

/// How long a worker rests when the database does not answer.
const REST: Duration = Duration::from_millis(300);
/// Longest wait for a ticket before a worker looks around.
const LOOK: Duration = Duration::from_secs(1);

/// Whom a crew serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Serves {
    /// Everybody, in these lanes.
    All(Vec<Lane>),
    /// One run.
    One(WorkspaceId, RunId),
}

pub(crate) struct Crew {
    pub(crate) engine: Engine,
    pub(crate) serves: Serves,
    pub(crate) line: Arc<Line>,
    pub(crate) living: Living,
    pub(crate) stop: Stop,
    /// Wakes the feeder.
    pub(crate) bell: Notify,
    /// Tickets taken since the feeder looked.
    pub(crate) taken: AtomicUsize,
    /// Is our one run paused?
    resting: AtomicBool,
    /// Set when there is nothing left to serve.
    pub(crate) over: Stop,
    /// A step whose worker died with it may be the reason, so one of these runs at a time.
    pub(crate) suspects: Arc<Semaphore>,
    runs: Mutex<HashMap<(WorkspaceId, RunId), Arc<Running>>>,
    /// Runs that this process has not the models for.
    strange: Mutex<HashSet<(WorkspaceId, RunId)>>,
    /// Claims that somebody here works on.
    at_work: Mutex<HashSet<(i64, i64)>>,
}

/// What the steps of a run share.
pub(crate) struct Running {
    pub(crate) workspace: WorkspaceId,
    pub(crate) id: RunId,
    pub(crate) inputs: Inputs,
    pub(crate) models: Arc<dyn Models>,
    /// When it was accepted.
    pub(crate) created_at: i64,
    pub(crate) currency: Currency,
    pub(crate) class: Class,
    pub(crate) campaign: Option<String>,
    /// Did the campaign have runs before? Then equal questions need not be paid again.
    pub(crate) has_past: bool,
    /// Did these make anything? Then what was made of the same need not be computed again.
    pub(crate) has_works: bool,
    /// Set when a person ended it.
    pub(crate) canceled: Stop,
}

impl Crew {
    async fn muster(engine: &Engine, serves: Serves, stop: &Stop) -> Result<Arc<Self>, Error> {
        // One run is served from a line of our own: nobody else's tickets are in it.
        let line: Arc<dyn Dispatcher> = match serves {
            Serves::All(_) => engine.dispatcher.clone(),
            Serves::One(..) => Arc::new(Local::default()),
        };
        Ok(Arc::new(Self {
            engine: engine.clone(),
            serves,
            line: Arc::new(Line::new(line)),
            living: Living::open(&engine.store, engine.settings.lease()).await?,
            stop: stop.clone(),
            bell: Notify::new(),
            taken: AtomicUsize::new(0),
            resting: AtomicBool::new(false),
            over: Stop::default(),
            suspects: Arc::new(Semaphore::new(1)),
            runs: Mutex::default(),
            strange: Mutex::default(),
            at_work: Mutex::default(),
        }))
    }

    /// Works until the feeder says that it is over, or until somebody asks to stop.
    async fn work(self: &Arc<Self>) -> Result<(), Error> {
        // Dropping the set aborts everything in it: a dropped crew leaves nobody at work.
        let mut crew = JoinSet::new();
        let beating = self.clone();
        let heart = crew.spawn(async move { beating.living.beat(&beating).await });
        let hearing = self.clone();
        let ear = crew.spawn(async move { hearing.hear().await });
        let lanes = match &self.serves {
            Serves::All(lanes) => lanes.clone(),
            Serves::One(..) => LANES.to_vec(),
        };
        for lane in lanes {
            let hands = self.clone();
            crew.spawn(async move { hands.serve(lane).await });
        }
        let ended = feed::feed(self).await;
        self.over.request();
        // Those that are under way end first, and they need the heart.
        while crew.len() > 2 {
            if crew.join_next().await.is_none() {
                break;
            }
        }
        heart.abort();
        ear.abort();
        while crew.join_next().await.is_some() {}
        sessions::close(&self.engine.store, &self.living.session()).await?;
        ended
    }

    /// The workers of one lane: tickets, claims, attempts.
    async fn serve(self: Arc<Self>, lane: Lane) {
        let pool = Pool::new(self.line.clone(), lane, self.engine.settings.workers(lane));
        let mut hands = JoinSet::new();
        loop {
            let jobs = tokio::select! {
                biased;
                () = self.over.requested() => break,
                () = self.stop.requested() => break,
                jobs = pool.take(LOOK) => jobs,
            };
            while hands.try_join_next().is_some() {}
            let begun = match jobs {
                Ok(jobs) if jobs.is_empty() => {
                    self.bell.notify_one();
                    continue;
                }
                Ok(jobs) => {
                    let taken = self.taken.fetch_add(jobs.len(), Ordering::Relaxed) + jobs.len();
                    if taken >= self.engine.settings.window / 4 {
                        self.bell.notify_one();
                    }
                    self.claim(jobs).await
                }
                Err(error) => Err(error.into()),
            };
            match begun {
                Ok(begun) => {
                    for (job, step, inputs) in begun {
                        let crew = self.clone();
                        let claim = (step.id, step.epoch);
                        crew.at_work().insert(claim);
                        hands.spawn(async move {
                            attempt::attempt(&crew, step, inputs, job.class).await;
                            crew.at_work().remove(&claim);
                            drop(job);
                        });
                    }
                }
                Err(error) => {
                    // The rows still say what is to be done; the next look finds it.
                    tracing::warn!(%error, lane = lane.as_str(), "no step could be claimed now");
                    time::sleep(REST).await;
                }
            }
        }
        while hands.join_next().await.is_some() {}
    }

    /// Claims what can be claimed of some tickets, with the outputs that the steps are made of.
    async fn claim(&self, jobs: Vec<Job>) -> Result<Vec<(Job, Step, attempt::Given)>, Error> {
        let store = &self.engine.store;
        let tickets: Vec<_> = jobs.iter().map(|j| (j.ticket.workspace.clone(), j.ticket.step)).collect();
        let tickets = self.without_strange(tickets).await?;
        let session = self.living.session();
        let claimed = steps::claim_many(store, &tickets, session.id()).await?;
        let needy = |step: &&Step| step.spec["needs"].as_array().is_some_and(|needs| !needs.is_empty());
        let needy: Vec<i64> = claimed.iter().filter(needy).map(|step| step.id).collect();
        let mut inputs = if needy.is_empty() {
            std::collections::BTreeMap::new()
        } else {
            steps::inputs_many(store, &needy).await?
        };
        let mut jobs: HashMap<i64, Job> = jobs.into_iter().map(|job| (job.ticket.step, job)).collect();
        let begun = claimed.into_iter().filter_map(|step| {
            let inputs = inputs.remove(&step.id).unwrap_or_default();
            Some((jobs.remove(&step.id)?, step, inputs))
        });
        Ok(begun.collect())
    }

    /// What the steps of a run share; it is read once.
    pub(crate) async fn run(&self, workspace: &WorkspaceId, id: &RunId) -> Result<Arc<Running>, Error> {
        let key = (workspace.clone(), id.clone());
        if let Some(run) = self.runs().get(&key) {
            return Ok(run.clone());
        }
        let store = &self.engine.store;
        let found = runs::find(store, workspace, id).await?;
        let frozen: Frozen = serde_json::from_value(found.inputs)?;
        let models = match &self.engine.casting {
            Some(casting) => casting(&frozen.inputs).map_err(Error::Elsewhere)?,
            None => self.engine.models.clone(),
        };
        let has_past = match &found.campaign {
            Some(campaign) => runs::all(store, workspace, Some(campaign), 2).await?.len() > 1,
            None => false,
        };
        let has_works = match &found.campaign {
            Some(campaign) if has_past => versions::has_some(store, workspace, campaign).await?,
            _ => false,
        };
        let run = Arc::new(Running {
            workspace: workspace.clone(),
            id: id.clone(),
            inputs: frozen.inputs,
            models,
            created_at: found.created_at,
            currency: found.currency,
            class: if found.bulk { Class::Bulk } else { Class::Interactive },
            campaign: found.campaign,
            has_past,
            has_works,
            canceled: Stop::default(),
        });
        Ok(self.runs().entry(key).or_insert(run).clone())
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<(WorkspaceId, RunId), Arc<Running>>> {
        // The map is whole after every change, so a panic elsewhere does not spoil it.
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes whether our one run is paused, and tells when that changed.
    pub(crate) fn rest(&self, id: &RunId, resting: bool) {
        if self.resting.swap(resting, Ordering::Relaxed) != resting {
            let run = id.to_string();
            (self.engine.listener)(if resting {
                Event::RunPaused { run }
            } else {
                Event::RunResumed { run }
            });
        }
    }

    fn strange(&self) -> MutexGuard<'_, HashSet<(WorkspaceId, RunId)>> {
        self.strange.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves a run to processes that have its models. `true`: for the first time.
    pub(crate) fn leave(&self, workspace: &WorkspaceId, id: &RunId) -> bool {
        self.strange().insert((workspace.clone(), id.clone()))
    }

    /// Is the run left to others?
    pub(crate) fn is_strange(&self, workspace: &WorkspaceId, id: &RunId) -> bool {
        self.strange().contains(&(workspace.clone(), id.clone()))
    }

    /// Tickets without those of runs that are left to others.
    async fn without_strange(
        &self,
        tickets: Vec<(WorkspaceId, i64)>,
    ) -> Result<Vec<(WorkspaceId, i64)>, Error> {
        if tickets.is_empty() || self.strange().is_empty() {
            return Ok(tickets);
        }
        let ids: Vec<i64> = tickets.iter().map(|(_, step)| *step).collect();
        let runs = steps::runs_of(&self.engine.store, &ids).await?;
        let ours = |(workspace, step): &(WorkspaceId, i64)| {
            runs.get(step).is_none_or(|run| !self.is_strange(workspace, run))
        };
        Ok(tickets.into_iter().filter(ours).collect())
    }

    fn at_work(&self) -> MutexGuard<'_, HashSet<(i64, i64)>> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives back what the database thinks that we have, and we do not know of: the answer to a claim, or to the end of a
    /// step, was lost on its way. `before` is what was unknown at the last look: one look may be too early.
    pub(crate) async fn find_mislaid(&self, before: &mut HashSet<(i64, i64)>) -> Result<(), Error> {
        let store = &self.engine.store;
        let mut unknown = HashSet::new();
        for (workspace, fence) in steps::held_by(store, self.living.session().id()).await? {
            let claim = (fence.step, fence.epoch);
            if self.at_work().contains(&claim) {
                continue;
            }
            if before.contains(&claim) {
                tracing::warn!(step = fence.step, "a step was mislaid; it is given back");
                steps::release(store, &workspace, fence).await?;
                self.bell.notify_one();
            } else {
                unknown.insert(claim);
            }
        }
        *before = unknown;
        Ok(())
    }

    /// Forgets a run that ended.
    pub(crate) fn forget(&self, run: &Running) {
        self.runs().remove(&(run.workspace.clone(), run.id.clone()));
    }

    /// Brings tickets of steps that just became ready. Those of runs that we do not know are left to the feeder.
    pub(crate) async fn bring(&self, ready: &[Ready]) {
        let mut lines: HashMap<(Lane, Class), Vec<Ticket>> = HashMap::new();
        let mut unknown = false;
        for step in ready {
            let of = (step.workspace.clone(), step.run.clone());
            if let Serves::One(workspace, id) = &self.serves
                && (workspace, id) != (&of.0, &of.1)
            {
                continue;
            }
            match self.runs().get(&of) {
                Some(run) => {
                    let ticket = Ticket { workspace: of.0, step: step.step };
                    lines.entry((step.lane, run.class)).or_default().push(ticket);
                }
                None => unknown = true,
            }
        }
        for ((lane, class), tickets) in lines {
            if let Err(error) = self.line.push_as(lane, class, &tickets).await {
                tracing::warn!(%error, "tickets were not taken");
            }
        }
        if unknown {
            self.bell.notify_one();
        }
    }

    /// Hears what people want while steps run.
    async fn hear(&self) {
        let Some(signals) = &self.engine.signals else { return std::future::pending().await };
        let mut ear = signals.listen();
        while let Some(control) = ear.next().await {
            if let Control::Cancel { workspace, run } = control {
                self.end(&workspace, &run);
            }
            self.bell.notify_one();
        }
        std::future::pending().await
    }

    fn end(&self, workspace: &WorkspaceId, run: &RunId) {
        if let Some(run) = self.runs().get(&(workspace.clone(), run.clone())) {
            run.canceled.request();
        }
    }

    /// Looks whether a person ended one of the runs that we work on, in case that nobody told.
    pub(crate) async fn look_for_ends(&self) -> Result<(), Error> {
        let known: HashSet<_> = self.runs().keys().cloned().collect();
        for (workspace, id) in runs::canceled_lately(&self.engine.store).await? {
            if known.contains(&(workspace.clone(), id.clone())) {
                self.end(&workspace, &id);
            }
        }
        Ok(())
    }

    pub(crate) fn tell(&self, run: &Running, event: Event) {
        if let Some(watch) = &self.engine.watch {
            watch(&run.workspace, &run.id, &event);
        }
        self.engine.meter.hear(&event);
        (self.engine.listener)(event);
    }
}

pub(crate) const LANES: [Lane; 3] = [Lane::Model, Lane::Media, Lane::Deliver];

/// Serves all runs until somebody asks to stop.
pub(crate) async fn serve(engine: &Engine, lanes: &[Lane], stop: &Stop) -> Result<(), Error> {
    let crew = Crew::muster(engine, Serves::All(lanes.to_vec()), stop).await?;
    match crew.work().await {
        Err(Error::Stopped) => Ok(()),
        other => other,
    }
}

/// Serves one run until it ends or rests.
pub(crate) async fn one(
    engine: &Engine,
    workspace: &WorkspaceId,
    id: &RunId,
    stop: &Stop,
) -> Result<RunOutcome, Error> {
    if runs::state(&engine.store, workspace, id).await? == RunState::Running {
        announce(engine, workspace, id).await?;
        let crew = Crew::muster(engine, Serves::One(workspace.clone(), id.clone()), stop).await?;
        crew.work().await?;
    } else {
        return outcome::outcome(&engine.store, workspace, id).await;
    }
    let outcome = outcome::outcome(&engine.store, workspace, id).await?;
    (engine.listener)(Event::RunEnded { run: id.to_string(), state: outcome.state });
    Ok(outcome)
}

async fn announce(engine: &Engine, workspace: &WorkspaceId, id: &RunId) -> Result<(), Error> {
    let mut stages: Vec<StageCount> = Vec::new();
    for step in steps::all(&engine.store, workspace, id).await? {
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
    (engine.listener)(Event::RunStarted { run: id.to_string(), stages });
    Ok(())
}
