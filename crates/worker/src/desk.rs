//! The desk at which a step asks models. Every paid request is in the journal before it leaves, every job before it is
//! polled, every reply before it is read; so a step may die at any moment and be run again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use handbill_domain::{
    Fault,
    asset::Digest,
    fault::{Billed, Failure},
    model::{Entry, Role},
    money::Money,
};
use handbill_pipeline::{Asked, Desk, Error as StepError, graph::StepSpec};
use handbill_providers::{
    Error as ModelError,
    ask::{
        Image, ImageAnswer, ImageAsk, Speech, SpeechAnswer, SpeechAsk, Text, TextAnswer, TextAsk, Usage,
        Video, VideoAnswer, VideoAsk,
    },
    usage::Expected,
};
use handbill_queue::limits::Account;
use handbill_store::{
    Store,
    calls::{self, Begun, NewCall, Settled, Settlement},
    steps::{Fence, Step},
};
use serde_json::Value;
use tokio::{
    sync::watch,
    time::{self, Instant},
};

use crate::{
    crew::{Crew, Running},
    event::Event,
    identity,
    models::{Kinded, Models},
};

/// Longest time between two looks at a job.
const LOOK: Duration = Duration::from_secs(60);
/// Tries to write something down that must not be lost, with half a second, one, two, … between them.
const WRITES: u32 = 8;
/// Bytes in a token, about; for limits only.
const TOKEN: u64 = 4;

mod send;

/// The desk of one attempt of one step.
pub(crate) struct Counter {
    crew: Arc<Crew>,
    run: Arc<Running>,
    spec: StepSpec,
    fence: Fence,
    revision: i32,
    /// Is this the last attempt? Then what is uncertain is called so, and not tried again.
    last: bool,
    /// Requests that have left and whose answer is not kept yet.
    flights: watch::Sender<u32>,
    /// Questions at the desk, and how many of them wait for a provider's job.
    asks: watch::Sender<Asks>,
    /// What a request would have needed that was held back by a ceiling.
    over_ceiling: Mutex<Option<i64>>,
    /// How long the step waited so far for providers that had no time for it.
    waited: Duration,
    /// Did a limit or a 429 stand in the way?
    limited: AtomicBool,
    /// Was it a 429, of this step or of another one that asks the same account?
    slowed: AtomicBool,
    /// Does a provider have no time to say what became of a question?
    seeking: AtomicBool,
    /// Calls whose replies were read, to be written with the step's end.
    settled: Mutex<Vec<Settled>>,
    /// How often each question was asked.
    asked: Mutex<HashMap<Digest, i32>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Asks {
    open: u32,
    parked: u32,
    due: Option<Instant>,
}

/// What is known of a call while it is made.
struct Call<'a> {
    key: String,
    role: Role,
    entry: &'a Entry,
    account: Account,
    price: Money,
    rehearsed: bool,
    repeatable: bool,
}

impl Counter {
    pub(crate) fn new(
        crew: &Arc<Crew>,
        run: &Arc<Running>,
        step: &Step,
        spec: &StepSpec,
        last: bool,
    ) -> Self {
        Self {
            crew: crew.clone(),
            run: run.clone(),
            spec: spec.clone(),
            fence: step.fence(),
            revision: step.revision,
            last,
            flights: watch::Sender::new(0),
            asks: watch::Sender::new(Asks::default()),
            over_ceiling: Mutex::default(),
            waited: Duration::from_millis(u64::try_from(step.waited_ms).unwrap_or(0)),
            limited: AtomicBool::new(false),
            slowed: AtomicBool::new(false),
            seeking: AtomicBool::new(false),
            settled: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    /// Ends when nobody may be asked any more and every answer that was under way is kept.
    pub(crate) async fn told_to_stop(&self) {
        tokio::select! {
            () = self.crew.stop.requested() => {}
            () = self.run.canceled.requested() => {}
        }
        // The channel is ours, so it cannot close.
        let _ = self.flights.subscribe().wait_for(|n| *n == 0).await;
    }

    /// Ends when everything that was asked waits for jobs of providers; tells how long.
    pub(crate) async fn parked(&self) -> Duration {
        let mut asks = self.asks.subscribe();
        let all = |asks: &Asks| asks.open > 0 && asks.open == asks.parked;
        loop {
            let _ = asks.wait_for(all).await;
            // Another question may be about to be asked.
            time::sleep(Duration::from_millis(20)).await;
            let now = *asks.borrow();
            if all(&now) {
                let due = now.due.map(|due| due.saturating_duration_since(Instant::now()));
                return due.unwrap_or(LOOK);
            }
        }
    }

    /// What a ceiling held back, if it did.
    pub(crate) fn over_ceiling(&self) -> Option<i64> {
        *self.over_ceiling.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls whose replies were read and that are not written yet.
    pub(crate) fn take_settled(&self) -> Vec<Settled> {
        std::mem::take(&mut self.settled.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn store(&self) -> &Store {
        &self.crew.engine.store
    }

    fn models(&self) -> &dyn Models {
        &*self.run.models
    }

    async fn at(&self, moment: &'static str) {
        self.crew.engine.points.at(moment).await;
    }

    async fn ask<K: Kinded>(&self, role: Role, ask: &K::Ask) -> Result<Asked<K::Answer>, ModelError> {
        self.asks.send_modify(|asks| asks.open += 1);
        let _open = Open(&self.asks);
        let model = K::model(self.models(), role)?;
        let entry = model.entry();
        let rehearsed = self.models().is_rehearsal(entry);
        let repeatable = rehearsed || entry.abilities.idempotency;
        let price = self.most(role, entry, ask)?;
        let request = identity::digest(ask).map_err(|e| unreadable(entry, &e))?;
        let sequence = self.sequence(entry, &request);
        let place =
            (self.run.workspace.as_str(), self.run.id.as_str(), &self.spec.key, self.revision, sequence);
        let key = identity::digest(&(place, &entry.provider, &entry.id, &entry.model, &request))
            .map_err(|e| unreadable(entry, &e))?;
        let account = self.models().account(entry);
        let call = Call { key: key.as_str().to_owned(), role, entry, account, price, rehearsed, repeatable };
        let new = NewCall {
            key: call.key.clone(),
            run: self.run.id.clone(),
            step: self.spec.key.clone(),
            revision: self.revision,
            sequence,
            role: role.as_str().to_owned(),
            provider: entry.provider.clone(),
            model: entry.id.clone(),
            request,
            price_micros: call.price.amount_micros,
            reserved_micros: if rehearsed { 0 } else { call.price.amount_micros },
            currency: self.run.currency,
            repeatable,
            reuse: self.run.has_past && self.revision == 0,
        };
        self.write_settled().await?;
        let flight = self.take_off().await;
        let begun = self.begin(&new).await?;
        self.at("call begun").await;
        let tokens = send::tokens(&ask.expected(entry)).max(ask_size(ask) / TOKEN);
        let (reply, settled) = match begun {
            Begun::Send => (self.send(&*model, &call, ask, tokens, flight).await?, None),
            Begun::Poll(job) => {
                drop(flight);
                let job = serde_json::from_value(job).map_err(|e| unreadable(entry, &e))?;
                let pass = self.crew.engine.limits.hold(&call.account, &call.key).await.ok();
                (self.wait(&*model, &call, &job, pass).await?, None)
            }
            Begun::Kept { reply, settled } => (self.fetch(&reply).await?, Some(settled)),
            Begun::Reused { reply } => (self.fetch(&reply).await?, Some(Some(0))),
            Begun::Unknown { since_ms } => {
                let since = Duration::from_millis(since_ms.unsigned_abs());
                (self.seek(&*model, &call, &new, (ask, tokens), since, flight).await?, None)
            }
            Begun::Ambiguous => {
                return Err(ambiguous(
                    entry,
                    "an earlier process sent it and did not live to see the answer",
                ));
            }
            Begun::OverCeiling => return Err(self.too_dear(&call, &new)),
            Begun::Canceled => return self.ended(flight).await,
        };
        let kept = settled.is_some();
        let cost = match (model.read(ask, &reply), settled.flatten()) {
            (Ok(answer), Some(micros)) => {
                Ok((answer, Money { amount_micros: micros, currency: self.run.currency }))
            }
            (Err(error), Some(_)) => Err(error),
            (Ok(answer), None) => {
                let cost = self.settle(&call, K::usage(&answer));
                Ok((answer, cost))
            }
            (Err(error), None) => Err(self.refused(&call, error, model.usage(ask, &reply)).await?),
        };
        let (answer, cost) = cost?;
        self.tell(&call, &cost, kept);
        Ok(Asked { answer, model: entry.id.clone(), rehearsed, cost })
    }

    async fn begin(&self, new: &NewCall) -> Result<Begun, ModelError> {
        calls::begin(self.store(), &self.run.workspace, self.fence, new).await.map_err(journal)
    }

    /// Waits for the right to send. After a stop was asked for nobody gets it, and whoever waits here can be dropped.
    async fn take_off(&self) -> Flight<'_> {
        self.flights.send_modify(|n| *n += 1);
        let flight = Flight(&self.flights);
        if self.crew.stop.is_requested() || self.run.canceled.is_requested() {
            drop(flight);
            return std::future::pending().await;
        }
        flight
    }

    /// Enters what an answer cost; it is written with the step's end, or before its next question.
    fn settle(&self, call: &Call<'_>, usage: &Usage) -> Money {
        let cost = self.models().price(call.entry, usage, self.run.currency).unwrap_or_else(|error| {
            // It is paid already: the estimate is nearer to the truth than nothing.
            tracing::warn!(model = %call.entry.id, %error, "the answer's use has no price; what was reserved is entered");
            call.price.clone()
        });
        self.enter_cost(call, &cost, Billed::Yes, usage);
        cost
    }

    fn enter_cost(&self, call: &Call<'_>, cost: &Money, billed: Billed, usage: &Usage) {
        let settled = Settled {
            workspace: self.run.workspace.clone(),
            fence: self.fence,
            key: call.key.clone(),
            settlement: settlement(call, cost, billed, usage),
        };
        self.settled.lock().unwrap_or_else(PoisonError::into_inner).push(settled);
    }

    /// Writes what was entered, so that what is not used of a reservation is free for the next question.
    async fn write_settled(&self) -> Result<(), ModelError> {
        let settled = self.take_settled();
        if !settled.is_empty() {
            let ready = persist(|| calls::settle_all(self.store(), &settled)).await?;
            self.at("call settled").await;
            self.crew.bring(&ready).await;
        }
        Ok(())
    }

    /// Ends a call whose reply holds no answer. What the reply says that it used is entered, else all that was reserved.
    async fn refused(
        &self,
        call: &Call<'_>,
        error: ModelError,
        used: Option<Usage>,
    ) -> Result<ModelError, ModelError> {
        if error.billed() == Billed::Yes {
            match used {
                Some(used) => {
                    self.settle(call, &used);
                }
                None => {
                    let unknown = Usage { estimated: true, ..Usage::default() };
                    self.enter_cost(call, &call.price, Billed::Yes, &unknown);
                }
            }
        } else {
            self.give_up(call, &error).await?;
        }
        Ok(error)
    }

    async fn give_up(&self, call: &Call<'_>, error: &ModelError) -> Result<(), ModelError> {
        let (code, billed, next_action) = (error.code().into(), error.billed(), error.next_action());
        let failure = Failure { code, message: error.to_string(), billed, next_action };
        let mut settlement =
            settlement(call, &call.price, billed, &Usage { estimated: true, ..Usage::default() });
        if billed != Billed::Yes {
            settlement.spent_micros = 0;
        }
        persist(|| {
            calls::failed(self.store(), &self.run.workspace, self.fence, &call.key, &failure, &settlement)
        })
        .await?;
        self.crew.engine.meter.failed(&call.entry.provider, billed);
        self.at("call failed").await;
        Ok(())
    }

    /// The most that this call can cost: its answer may be as long as it is allowed to be. Not less than the plan
    /// foresaw for one call of this role.
    fn most(&self, role: Role, entry: &Entry, ask: &impl Expected) -> Result<Money, ModelError> {
        let mut most = self.models().price(entry, &ask.expected(entry), self.run.currency)?;
        for call in self.spec.calls.iter().filter(|call| call.role == role) {
            let planned = self.models().price(entry, &call.usage, self.run.currency)?;
            if planned.amount_micros > most.amount_micros {
                most = planned;
            }
        }
        Ok(most)
    }

    /// How many equal questions came before. Questions that differ have different keys anyway, so the count does not
    /// depend on the order in which a step asks them.
    fn sequence(&self, entry: &Entry, request: &Digest) -> i32 {
        let question = Digest::of(format!("{} {request}", entry.id).as_bytes());
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let count = asked.entry(question).or_insert(0);
        *count += 1;
        *count - 1
    }

    fn tell(&self, call: &Call<'_>, cost: &Money, kept: bool) {
        self.crew.tell(
            &self.run,
            Event::CallMade {
                step: self.spec.key.clone(),
                role: call.role,
                provider: call.entry.provider.clone(),
                model: call.entry.id.clone(),
                cost: cost.clone(),
                kept,
                rehearsed: call.rehearsed,
            },
        );
    }
}

#[async_trait]
impl Desk for Counter {
    async fn text(&self, role: Role, ask: &TextAsk) -> Result<Asked<TextAnswer>, ModelError> {
        self.ask::<Text>(role, ask).await
    }

    async fn image(&self, role: Role, ask: &ImageAsk) -> Result<Asked<ImageAnswer>, ModelError> {
        self.ask::<Image>(role, ask).await
    }

    async fn video(&self, role: Role, ask: &VideoAsk) -> Result<Asked<VideoAnswer>, ModelError> {
        self.ask::<Video>(role, ask).await
    }

    async fn speech(&self, role: Role, ask: &SpeechAsk) -> Result<Asked<SpeechAnswer>, ModelError> {
        self.ask::<Speech>(role, ask).await
    }

    async fn put(&self, bytes: Bytes) -> Result<Digest, StepError> {
        self.store().files().put(bytes).await.map_err(|e| StepError::Files(e.to_string()))
    }

    async fn get(&self, digest: &Digest) -> Result<Bytes, StepError> {
        self.store().files().get(digest).await.map_err(|e| StepError::Files(e.to_string()))
    }

    fn progress(&self, done: f32, what: &str) {
        let event = Event::StepProgress { step: self.spec.key.clone(), done, what: what.to_owned() };
        self.crew.tell(&self.run, event);
    }
}

/// A question at the desk; it is gone when dropped.
struct Open<'a>(&'a watch::Sender<Asks>);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|asks| asks.open -= 1);
    }
}

fn ask_size(ask: &impl serde::Serialize) -> u64 {
    serde_json::to_string(ask).map_or(0, |text| text.len() as u64)
}

/// A request under way; it lands when dropped.
struct Flight<'a>(&'a watch::Sender<u32>);

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|n| *n -= 1);
    }
}

/// Writes something down that must not be lost; a database that is busy for a moment does not lose it.
async fn persist<T, F: Future<Output = Result<T, handbill_store::Error>>>(
    write: impl Fn() -> F,
) -> Result<T, ModelError> {
    let mut tries = 0;
    loop {
        match write().await {
            Err(error) if tries < WRITES && matches!(error.fault(), Fault::Busy { .. }) => {
                tracing::warn!(%error, "the journal is busy");
                time::sleep(Duration::from_millis(500 << tries)).await;
                tries += 1;
            }
            done => return done.map_err(journal),
        }
    }
}

fn settlement(call: &Call<'_>, cost: &Money, billed: Billed, usage: &Usage) -> Settlement {
    Settlement {
        list_micros: cost.amount_micros,
        spent_micros: if call.rehearsed { 0 } else { cost.amount_micros },
        billed: if call.rehearsed { Billed::No } else { billed },
        usage: serde_json::to_value(usage).unwrap_or(Value::Null),
    }
}

fn is_busy(error: &ModelError) -> bool {
    matches!(error.fault(), Fault::Busy { .. })
}

fn journal(error: handbill_store::Error) -> ModelError {
    ModelError::Unavailable {
        provider: "the call journal".into(),
        reason: error.to_string(),
        retry_after: None,
    }
}

fn unreadable(entry: &Entry, error: &serde_json::Error) -> ModelError {
    ModelError::Rejected {
        provider: entry.provider.clone(),
        reason: format!("the request is not JSON: {error}"),
    }
}

fn ambiguous(entry: &Entry, reason: &str) -> ModelError {
    ModelError::Ambiguous { provider: entry.provider.clone(), reason: reason.to_owned() }
}
