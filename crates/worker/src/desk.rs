//! The desk at which a step asks models. Every paid request is in the journal before it leaves, every job before it is
//! polled, every reply before it is read; so a step may die at any moment and be run again.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
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
        Found, Image, ImageAnswer, ImageAsk, JobHandle, Model, Polled, Reply, Speech, SpeechAnswer,
        SpeechAsk, Submission, Text, TextAnswer, TextAsk, Usage, Video, VideoAnswer, VideoAsk,
    },
    usage::Expected,
};
use handbill_queue::limits::{self, Account, Pass};
use handbill_store::{
    Store,
    calls::{self, Begun, KeptReply, NewCall, Noted, Settled, Settlement},
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

/// Looks at a job that fail in a row before the step is put off; the job stays known.
const MISSES: u32 = 5;
/// Tries to write something down that must not be lost, with half a second, one, two, … between them.
const WRITES: u32 = 6;
/// A job that is done so soon is waited for where we are.
const SOON: Duration = Duration::from_millis(100);
/// But not longer than this in all.
const HERE: Duration = Duration::from_secs(1);
/// Longest time between two looks at a job.
const LOOK: Duration = Duration::from_secs(60);
/// How long a job may keep its place among those in flight while nobody looks after it.
const FORGOTTEN: Duration = Duration::from_secs(600);
/// A reply of so many bytes of text is kept in its row.
const SHORT: usize = 32 * 1024;
/// Bytes in a token, about; for limits only.
const TOKEN: usize = 4;

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
    /// Did a limit or a 429 stand in the way?
    limited: AtomicBool,
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
            limited: AtomicBool::new(false),
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

    /// Did a provider say when it can be asked again?
    pub(crate) fn was_limited(&self) -> bool {
        self.limited.load(Ordering::Relaxed)
    }

    /// Calls whose replies were read and that are not written yet.
    pub(crate) fn take_settled(&self) -> Vec<Settled> {
        std::mem::take(&mut self.settled.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn store(&self) -> &Store {
        &self.crew.engine.store
    }

    fn models(&self) -> &dyn Models {
        &*self.crew.engine.models
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
        let tokens = ask_size(ask) / TOKEN;
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
                (self.seek(&*model, &call, &new, ask, since, flight).await?, None)
            }
            Begun::Ambiguous => {
                return Err(ambiguous(
                    entry,
                    "an earlier process sent it and did not live to see the answer",
                ));
            }
            Begun::OverCeiling => {
                *self.over_ceiling.lock().unwrap_or_else(PoisonError::into_inner) = Some(new.reserved_micros);
                let reason = format!("a ceiling leaves no {} for {}", call.price, entry.id);
                return Err(ModelError::QuotaExhausted { provider: "this run".into(), reason });
            }
            Begun::Canceled => {
                drop(flight);
                self.run.canceled.request();
                return std::future::pending().await;
            }
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
            (Err(error), None) => Err(self.refused(&call, error).await?),
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

    /// Sends a request that is in the journal, and keeps what comes back.
    async fn send<K: Kinded>(
        &self,
        model: &dyn Model<K>,
        call: &Call<'_>,
        ask: &K::Ask,
        tokens: usize,
        flight: Flight<'_>,
    ) -> Result<Reply, ModelError> {
        let pass = match self.enter(call, tokens).await {
            Ok(pass) => pass,
            Err(error) => {
                // It never left: nothing is owed, and it may be sent another time.
                self.give_up(call, &error).await?;
                return Err(error);
            }
        };
        let submitted = model.submit(ask, &call.key).await;
        self.at("call sent").await;
        match submitted {
            Ok(Submission::Replied(reply)) => self.keep(call, reply).await,
            Ok(Submission::Accepted(job)) => self.accept(model, call, job, pass, flight).await,
            Err(ModelError::Ambiguous { provider, reason }) if call.repeatable && !self.last => {
                // The row stays `sending`: the next attempt sends the same key again.
                Err(ModelError::Unavailable { provider, reason, retry_after: None })
            }
            Err(ModelError::Ambiguous { .. }) if !call.repeatable => {
                drop(pass);
                self.look_up(model, call, Duration::ZERO, flight).await?.ok_or_else(|| {
                    // It is known not to have arrived, so the row says `failed` and it may be sent again.
                    ModelError::Unavailable {
                        provider: call.entry.provider.clone(),
                        reason: "the request did not arrive".into(),
                        retry_after: None,
                    }
                })
            }
            Err(error) => {
                self.heed(call, &error).await;
                self.give_up(call, &error).await?;
                Err(error)
            }
        }
    }

    /// Notes a job, and waits for it.
    async fn accept<K: Kinded>(
        &self,
        model: &dyn Model<K>,
        call: &Call<'_>,
        job: JobHandle,
        pass: Option<Pass>,
        flight: Flight<'_>,
    ) -> Result<Reply, ModelError> {
        let note = serde_json::to_value(&job).map_err(|e| unreadable(call.entry, &e))?;
        let noted =
            persist(|| calls::accepted(self.store(), &self.run.workspace, self.fence, &call.key, &note))
                .await?;
        self.at("job noted").await;
        drop(flight);
        match noted {
            Noted::Done => self.wait(model, call, &job, pass).await,
            Noted::Before(reply) => self.fetch(&reply).await,
        }
    }

    /// Leave to ask the account, within a short time.
    async fn enter(&self, call: &Call<'_>, tokens: usize) -> Result<Option<Pass>, ModelError> {
        if call.rehearsed {
            return Ok(None);
        }
        let limits = &self.crew.engine.limits;
        let provider = || call.entry.provider.clone();
        match limits.enter_within(&call.account, &call.key, tokens as u64, HERE).await {
            Ok(limits::Entry::Go(pass)) => Ok(Some(pass)),
            Ok(limits::Entry::Wait(wait)) => {
                self.limited.store(true, Ordering::Relaxed);
                Err(ModelError::RateLimited { provider: provider(), retry_after: Some(wait.after.max(SOON)) })
            }
            // Who cannot tell how many are under way sends none.
            Err(error) => {
                self.limited.store(true, Ordering::Relaxed);
                let retry_after = Some(Duration::from_secs(1));
                Err(ModelError::Unavailable { provider: provider(), reason: error.to_string(), retry_after })
            }
        }
    }

    /// What a 429 says is for everybody who asks this account.
    async fn heed(&self, call: &Call<'_>, error: &ModelError) {
        let ModelError::RateLimited { retry_after: Some(wait), .. } = error else { return };
        self.limited.store(true, Ordering::Relaxed);
        if let Err(error) = self.crew.engine.limits.block(&call.account.id, *wait).await {
            tracing::warn!(%error, account = %call.account.id, "others were not told of a 429");
        }
    }

    /// A request that an earlier process sent, and whose answer nobody saw.
    async fn seek<K: Kinded>(
        &self,
        model: &dyn Model<K>,
        call: &Call<'_>,
        new: &NewCall,
        ask: &K::Ask,
        since: Duration,
        flight: Flight<'_>,
    ) -> Result<Reply, ModelError> {
        if let Some(reply) = self.look_up(model, call, since, flight).await? {
            return Ok(reply);
        }
        // It never arrived: it is sent as if for the first time.
        let flight = self.take_off().await;
        match self.begin(new).await? {
            Begun::Send => self.send(model, call, ask, 0, flight).await,
            other => Err(ambiguous(call.entry, &format!("it was not sent again: {other:?}"))),
        }
    }

    /// Asks the provider what became of a request, or waits until it tells. `None`: it never arrived, and the journal
    /// says so.
    async fn look_up<K: Kinded>(
        &self,
        model: &dyn Model<K>,
        call: &Call<'_>,
        since: Duration,
        flight: Flight<'_>,
    ) -> Result<Option<Reply>, ModelError> {
        let found = match model.find(&call.key).await {
            Ok(found) => found,
            Err(error) if is_busy(&error) || matches!(error, ModelError::Ambiguous { .. }) => {
                drop(flight);
                return self.park(Duration::from_secs(2)).await;
            }
            Err(error) => return Err(error),
        };
        self.at("call looked up").await;
        match found {
            Found::There(Submission::Replied(reply)) => self.keep(call, reply).await.map(Some),
            Found::There(Submission::Accepted(job)) => {
                self.accept(model, call, job, None, flight).await.map(Some)
            }
            Found::Nothing => {
                let error = ModelError::Unavailable {
                    provider: call.entry.provider.clone(),
                    reason: "the request did not arrive".into(),
                    retry_after: None,
                };
                self.give_up(call, &error).await?;
                Ok(None)
            }
            Found::CannotTell => match model.tells_within() {
                Some(patience) if since < patience => {
                    drop(flight);
                    self.park(patience - since).await
                }
                _ => {
                    let error =
                        ambiguous(call.entry, "nobody saw the answer, and the provider cannot be asked");
                    self.give_up(call, &error).await?;
                    Err(error)
                }
            },
        }
    }

    /// Waits without a slot: the step is put off until then, and asks again.
    async fn park<T>(&self, wait: Duration) -> T {
        let due = Instant::now() + wait;
        self.asks.send_modify(|asks| {
            asks.parked += 1;
            asks.due = Some(asks.due.map_or(due, |before| before.min(due)));
        });
        std::future::pending().await
    }

    /// Looks at a job until it is done. The job is in the journal, so giving up here loses nothing. A job that takes
    /// longer is looked at again by whoever claims the step then.
    async fn wait<K: Kinded>(
        &self,
        model: &dyn Model<K>,
        call: &Call<'_>,
        job: &JobHandle,
        pass: Option<Pass>,
    ) -> Result<Reply, ModelError> {
        let begun = Instant::now();
        let mut misses = 0;
        loop {
            let wait = match model.poll(job).await {
                Ok(Polled::Replied(reply)) => return self.keep(call, reply).await,
                Ok(Polled::Pending { after_ms }) => {
                    misses = 0;
                    Duration::from_millis(after_ms.max(20)).min(LOOK)
                }
                // A look costs nothing, so a look without an answer may be repeated.
                Err(ModelError::Ambiguous { provider, reason }) if misses >= MISSES => {
                    return Err(ModelError::Unavailable { provider, reason, retry_after: None });
                }
                Err(error)
                    if misses < MISSES
                        && (matches!(error, ModelError::Ambiguous { .. }) || is_busy(&error)) =>
                {
                    misses += 1;
                    let asked_for =
                        if let Fault::Busy { retry_after } = error.fault() { retry_after } else { None };
                    time::sleep(asked_for.unwrap_or(Duration::from_millis(500 << misses)).min(LOOK)).await;
                    continue;
                }
                Err(error) => return Err(error),
            };
            if wait > SOON || begun.elapsed() > HERE {
                if let Some(pass) = pass {
                    pass.park(FORGOTTEN);
                }
                return self.park(wait).await;
            }
            time::sleep(wait).await;
        }
    }

    /// Stores a reply before anybody reads it, and gives back the one that is in force.
    async fn keep(&self, call: &Call<'_>, reply: Reply) -> Result<Reply, ModelError> {
        let (status, media_type) = (reply.status, reply.media_type.clone());
        let short =
            (reply.body.len() <= SHORT).then(|| String::from_utf8(reply.body.to_vec()).ok()).flatten();
        let kept = match short {
            Some(text) => KeptReply { status, media_type, body: None, text: Some(text) },
            None => {
                let body = persist(|| self.store().files().put(reply.body.clone())).await?;
                KeptReply { status, media_type, body: Some(body), text: None }
            }
        };
        self.at("reply filed").await;
        let noted =
            persist(|| calls::replied(self.store(), &self.run.workspace, self.fence, &call.key, &kept))
                .await?;
        self.at("reply noted").await;
        match noted {
            Noted::Done => Ok(reply),
            Noted::Before(kept) => self.fetch(&kept).await,
        }
    }

    async fn fetch(&self, kept: &KeptReply) -> Result<Reply, ModelError> {
        let body = match (&kept.text, &kept.body) {
            (Some(text), _) => Bytes::from(text.clone()),
            (None, Some(body)) => self.store().files().get(body).await.map_err(journal)?,
            (None, None) => Bytes::new(),
        };
        Ok(Reply { status: kept.status, media_type: kept.media_type.clone(), body })
    }

    /// Enters what an answer cost; it is written with the step's end, or before its next question.
    fn settle(&self, call: &Call<'_>, usage: &Usage) -> Money {
        let cost = self.models().price(call.entry, usage, self.run.currency).unwrap_or_else(|error| {
            // It is paid already: the estimate is nearer to the truth than nothing.
            tracing::warn!(model = %call.entry.id, %error, "the answer's use has no price; the planned price is entered");
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

    /// Ends a call whose reply holds no answer.
    async fn refused(&self, call: &Call<'_>, error: ModelError) -> Result<ModelError, ModelError> {
        if error.billed() == Billed::Yes {
            self.enter_cost(call, &call.price, Billed::Yes, &Usage { estimated: true, ..Usage::default() });
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
        self.at("call failed").await;
        Ok(())
    }

    /// The most that the plan foresaw for one call of this role; a call that it did not foresee is priced by itself.
    fn most(&self, role: Role, entry: &Entry, ask: &impl Expected) -> Result<Money, ModelError> {
        let planned = self
            .spec
            .calls
            .iter()
            .filter(|c| c.role == role)
            .map(|c| self.models().price(entry, &c.usage, self.run.currency));
        let most = planned.collect::<Result<Vec<_>, _>>()?.into_iter().max_by_key(|p| p.amount_micros);
        most.map_or_else(|| self.models().price(entry, &ask.expected(entry), self.run.currency), Ok)
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

fn ask_size(ask: &impl serde::Serialize) -> usize {
    serde_json::to_string(ask).map_or(0, |text| text.len())
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
