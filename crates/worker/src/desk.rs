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
    ids::{RunId, WorkspaceId},
    model::{Entry, Role},
    money::{Currency, Money},
};
use handbill_pipeline::{Asked, Desk, Error as StepError, graph::StepSpec};
use handbill_providers::{
    Error as ModelError,
    ask::{
        Image, ImageAnswer, ImageAsk, JobHandle, Model, Polled, Reply, Speech, SpeechAnswer, SpeechAsk,
        Submission, Text, TextAnswer, TextAsk, Usage, Video, VideoAnswer, VideoAsk,
    },
    usage::Expected,
};
use handbill_store::{
    Store,
    calls::{self, Begun, KeptReply, NewCall, Settlement},
    steps::Fence,
};
use serde_json::Value;
use tokio::{sync::watch, time};

use crate::{
    Stop,
    event::{Event, Listener},
    identity,
    models::{Kinded, Models},
    points::Points,
};

/// Looks at a job that fail in a row before the step is put off; the job stays known.
const MISSES: u32 = 5;
/// Tries to write something down that must not be lost, with half a second, one, two, … between them.
const WRITES: u32 = 6;

/// The desk of one attempt of one step.
pub(crate) struct Counter {
    pub(crate) store: Store,
    pub(crate) models: Arc<dyn Models>,
    pub(crate) workspace: WorkspaceId,
    pub(crate) run: RunId,
    pub(crate) spec: StepSpec,
    pub(crate) fence: Fence,
    pub(crate) revision: i32,
    pub(crate) currency: Currency,
    /// Is this the last attempt? Then what is uncertain is called so, and not tried again.
    pub(crate) last: bool,
    pub(crate) stop: Stop,
    pub(crate) listener: Listener,
    pub(crate) points: Points,
    /// Requests that have left and whose answer is not kept yet.
    pub(crate) flights: watch::Sender<u32>,
    /// Was a request held back by the ceiling?
    pub(crate) over_ceiling: AtomicBool,
    /// How often each question was asked.
    pub(crate) asked: Mutex<HashMap<Digest, i32>>,
}

/// What is known of a call while it is made.
struct Call<'a> {
    key: String,
    role: Role,
    entry: &'a Entry,
    price: Money,
    rehearsed: bool,
    repeatable: bool,
}

impl Counter {
    async fn ask<K: Kinded>(&self, role: Role, ask: &K::Ask) -> Result<Asked<K::Answer>, ModelError> {
        let model = K::model(&*self.models, role)?;
        let entry = model.entry();
        let rehearsed = self.models.is_rehearsal(entry);
        let repeatable = rehearsed || entry.abilities.idempotency;
        let price = self.most(role, entry, ask)?;
        let request = identity::digest(ask).map_err(|e| unreadable(entry, &e))?;
        let sequence = self.sequence(entry, &request);
        let place = (self.workspace.as_str(), self.run.as_str(), &self.spec.key, self.revision, sequence);
        let key = identity::digest(&(place, &entry.provider, &entry.id, &entry.model, &request))
            .map_err(|e| unreadable(entry, &e))?;
        let call = Call { key: key.as_str().to_owned(), role, entry, price, rehearsed, repeatable };
        let new = NewCall {
            key: call.key.clone(),
            run: self.run.clone(),
            step: self.spec.key.clone(),
            revision: self.revision,
            sequence,
            role: role.as_str().to_owned(),
            provider: entry.provider.clone(),
            model: entry.id.clone(),
            request,
            price_micros: call.price.amount_micros,
            reserved_micros: if rehearsed { 0 } else { call.price.amount_micros },
            currency: self.currency,
            repeatable,
        };
        let flight = self.take_off().await;
        let begun = calls::begin(&self.store, &self.workspace, self.fence, &new).await.map_err(journal)?;
        self.points.at("call begun").await;
        let (reply, settled) = match begun {
            Begun::Send => (self.send(&*model, &call, ask, flight).await?, None),
            Begun::Poll(job) => {
                drop(flight);
                let job = serde_json::from_value(job).map_err(|e| unreadable(entry, &e))?;
                (self.wait(&*model, &call, &job).await?, None)
            }
            Begun::Kept { reply, settled } => (self.fetch(&reply).await?, Some(settled)),
            Begun::Ambiguous => {
                return Err(ambiguous(
                    entry,
                    "an earlier process sent it and did not live to see the answer",
                ));
            }
            Begun::OverCeiling => {
                self.over_ceiling.store(true, Ordering::Relaxed);
                let reason = format!("the run's ceiling leaves no {} for {}", call.price, entry.id);
                return Err(ModelError::QuotaExhausted { provider: "this run".into(), reason });
            }
        };
        let kept = settled.is_some();
        let cost = match (model.read(ask, &reply), settled.flatten()) {
            (Ok(answer), Some(micros)) => {
                Ok((answer, Money { amount_micros: micros, currency: self.currency }))
            }
            (Err(error), Some(_)) => Err(error),
            (Ok(answer), None) => {
                let cost = self.settle(&call, K::usage(&answer)).await?;
                Ok((answer, cost))
            }
            (Err(error), None) => Err(self.refused(&call, error, model.usage(ask, &reply)).await?),
        };
        let (answer, cost) = cost?;
        self.tell(&call, &cost, kept);
        Ok(Asked { answer, model: entry.id.clone(), rehearsed, cost })
    }

    /// Waits for the right to send. After a stop was asked for nobody gets it, and whoever waits here can be dropped.
    async fn take_off(&self) -> Flight<'_> {
        self.flights.send_modify(|n| *n += 1);
        let flight = Flight(&self.flights);
        if self.stop.is_requested() {
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
        flight: Flight<'_>,
    ) -> Result<Reply, ModelError> {
        let submitted = model.submit(ask, &call.key).await;
        self.points.at("call sent").await;
        match submitted {
            Ok(Submission::Replied(reply)) => {
                self.keep(call, &reply).await?;
                Ok(reply)
            }
            Ok(Submission::Accepted(job)) => {
                let note = serde_json::to_value(&job).map_err(|e| unreadable(call.entry, &e))?;
                persist(|| calls::accepted(&self.store, &self.workspace, self.fence, &call.key, &note))
                    .await?;
                self.points.at("job noted").await;
                drop(flight);
                self.wait(model, call, &job).await
            }
            Err(ModelError::Ambiguous { provider, reason }) if call.repeatable && !self.last => {
                // The row stays `sending`: the next attempt sends the same key again.
                Err(ModelError::Unavailable { provider, reason, retry_after: None })
            }
            Err(error) => {
                self.give_up(call, &error).await?;
                Err(error)
            }
        }
    }

    /// Looks at a job until it is done. The job is in the journal, so giving up here loses nothing.
    async fn wait<K: Kinded>(
        &self,
        model: &dyn Model<K>,
        call: &Call<'_>,
        job: &JobHandle,
    ) -> Result<Reply, ModelError> {
        let mut misses = 0;
        loop {
            match model.poll(job).await {
                Ok(Polled::Replied(reply)) => {
                    self.keep(call, &reply).await?;
                    return Ok(reply);
                }
                Ok(Polled::Pending { after_ms }) => {
                    misses = 0;
                    time::sleep(Duration::from_millis(after_ms.clamp(20, 60_000))).await;
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
                    time::sleep(
                        asked_for
                            .unwrap_or(Duration::from_millis(500 << misses))
                            .min(Duration::from_secs(60)),
                    )
                    .await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Stores a reply before anybody reads it.
    async fn keep(&self, call: &Call<'_>, reply: &Reply) -> Result<(), ModelError> {
        let body = persist(|| self.store.files().put(reply.body.clone())).await?;
        let kept = KeptReply { status: reply.status, media_type: reply.media_type.clone(), body };
        self.points.at("reply filed").await;
        persist(|| calls::replied(&self.store, &self.workspace, self.fence, &call.key, &kept)).await?;
        self.points.at("reply noted").await;
        Ok(())
    }

    async fn fetch(&self, kept: &KeptReply) -> Result<Reply, ModelError> {
        let body = self.store.files().get(&kept.body).await.map_err(journal)?;
        Ok(Reply { status: kept.status, media_type: kept.media_type.clone(), body })
    }

    /// Enters what an answer cost.
    async fn settle(&self, call: &Call<'_>, usage: &Usage) -> Result<Money, ModelError> {
        let cost = self.models.price(call.entry, usage, self.currency).unwrap_or_else(|error| {
            // It is paid already: the estimate is nearer to the truth than nothing.
            tracing::warn!(model = %call.entry.id, %error, "the answer's use has no price; what was reserved is entered");
            call.price.clone()
        });
        self.enter(call, &cost, Billed::Yes, usage).await?;
        self.points.at("call settled").await;
        Ok(cost)
    }

    async fn enter(
        &self,
        call: &Call<'_>,
        cost: &Money,
        billed: Billed,
        usage: &Usage,
    ) -> Result<(), ModelError> {
        let settlement = settlement(call, cost, billed, usage);
        persist(|| calls::settle(&self.store, &self.workspace, self.fence, &call.key, &settlement)).await
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
                Some(used) => drop(self.settle(call, &used).await?),
                None => {
                    let unknown = Usage { estimated: true, ..Usage::default() };
                    self.enter(call, &call.price, Billed::Yes, &unknown).await?;
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
        persist(|| calls::failed(&self.store, &self.workspace, self.fence, &call.key, &failure, &settlement))
            .await?;
        self.points.at("call failed").await;
        Ok(())
    }

    /// The most that this call can cost: its answer may be as long as it is allowed to be. Not less than the plan
    /// foresaw for one call of this role.
    fn most(&self, role: Role, entry: &Entry, ask: &impl Expected) -> Result<Money, ModelError> {
        let mut most = self.models.price(entry, &ask.expected(entry), self.currency)?;
        for call in self.spec.calls.iter().filter(|call| call.role == role) {
            let planned = self.models.price(entry, &call.usage, self.currency)?;
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
        (self.listener)(Event::CallMade {
            step: self.spec.key.clone(),
            role: call.role,
            model: call.entry.id.clone(),
            cost: cost.clone(),
            kept,
            rehearsed: call.rehearsed,
        });
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
        self.store.files().put(bytes).await.map_err(|e| StepError::Files(e.to_string()))
    }

    async fn get(&self, digest: &Digest) -> Result<Bytes, StepError> {
        self.store.files().get(digest).await.map_err(|e| StepError::Files(e.to_string()))
    }

    fn progress(&self, done: f32, what: &str) {
        (self.listener)(Event::StepProgress { step: self.spec.key.clone(), done, what: what.to_owned() });
    }
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
