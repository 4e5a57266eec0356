//! From the journal to the provider and back: leave to ask, the request, the job, what nobody heard of.

use std::{
    sync::{
        PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use handbill_domain::{Fault, model::PriceUnit};
use handbill_providers::{
    Error as ModelError,
    ask::{Found, JobHandle, Model, Polled, Reply, Submission, Usage},
};
use handbill_queue::limits::{self, Pass, Why};
use handbill_store::{
    calls::{self, Begun, KeptReply, NewCall, Noted},
    steps::Counts,
};
use tokio::time::{self, Instant};

use super::{Call, Counter, Flight, LOOK, ambiguous, is_busy, journal, persist, unreadable};
use crate::models::Kinded;

/// Looks at a job that fail in a row before the step is put off; the job stays known.
const MISSES: u32 = 5;
/// A job that is done so soon is waited for where we are.
const SOON: Duration = Duration::from_millis(100);
/// But not longer than this in all.
const HERE: Duration = Duration::from_secs(1);
/// How long a job may keep its place among those in flight while nobody looks after it.
const FORGOTTEN: Duration = Duration::from_secs(600);
/// A reply of so many bytes of text is kept in its row.
const SHORT: usize = 32 * 1024;

impl Counter {
    /// Sends a request that is in the journal, and keeps what comes back.
    pub(super) async fn send<K: Kinded>(
        &self,
        model: &dyn Model<K>,
        call: &Call<'_>,
        ask: &K::Ask,
        tokens: u64,
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
            Ok(Submission::Replied(reply)) => {
                if let (Some(pass), Some(usage)) = (pass, model.usage(ask, &reply)) {
                    // What was allowed to be long and is not leaves room for others.
                    pass.used(self::tokens(&usage));
                }
                self.keep(call, reply).await
            }
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
                let error = self.heed(call, error).await;
                self.give_up(call, &error).await?;
                Err(error)
            }
        }
    }

    /// Notes a job, and waits for it.
    pub(super) async fn accept<K: Kinded>(
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
    pub(super) async fn enter(&self, call: &Call<'_>, tokens: u64) -> Result<Option<Pass>, ModelError> {
        if call.rehearsed {
            return Ok(None);
        }
        let limits = &self.crew.engine.limits;
        let provider = || call.entry.provider.clone();
        match limits.enter_within(&call.account, &call.key, tokens, HERE).await {
            Ok(limits::Entry::Go(pass)) => Ok(Some(pass)),
            Ok(limits::Entry::Wait(wait)) => {
                self.limited.store(true, Ordering::Relaxed);
                if wait.why == Why::Blocked {
                    self.slowed.store(true, Ordering::Relaxed);
                }
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

    /// What a 429 says is for everybody who asks this account. Tells what to make of the error.
    pub(super) async fn heed(&self, call: &Call<'_>, error: ModelError) -> ModelError {
        let ModelError::RateLimited { provider, retry_after } = error else { return error };
        let wait = retry_after.filter(|wait| !wait.is_zero()).unwrap_or_else(|| self.breath());
        self.slowed.store(true, Ordering::Relaxed);
        if let Err(error) = self.crew.engine.limits.block(&call.account.id, wait).await {
            tracing::warn!(%error, account = %call.account.id, "others were not told of a 429");
        }
        ModelError::RateLimited { provider, retry_after: Some(wait) }
    }

    /// How long a provider that does not say so itself is left alone: as long again as the step waited for it so far.
    fn breath(&self) -> Duration {
        let first = Duration::from_millis(self.crew.engine.settings.backoff_ms.max(1));
        self.waited.min(LOOK).max(first)
    }

    /// How long the step waited so far for providers that had no time for it.
    pub(crate) fn waited(&self) -> Duration {
        self.waited
    }

    /// As what it is counted that somebody who is busy is asked again after so long.
    pub(crate) fn counts(&self, retry_after: Option<Duration>) -> Counts {
        let set = |what: &AtomicBool| what.load(Ordering::Relaxed);
        match retry_after {
            Some(_) if set(&self.slowed) => Counts::Patience,
            // Our own turn comes for certain.
            Some(_) if set(&self.limited) => Counts::Nothing,
            _ => Counts::Attempt,
        }
    }

    /// The same where it waits for what became of its questions.
    pub(crate) fn counts_parked(&self) -> Counts {
        if self.seeking.load(Ordering::Relaxed) { Counts::Patience } else { Counts::Nothing }
    }

    /// A request that an earlier process sent, and whose answer nobody saw.
    pub(super) async fn seek<K: Kinded>(
        &self,
        model: &dyn Model<K>,
        call: &Call<'_>,
        new: &NewCall,
        (ask, tokens): (&K::Ask, u64),
        since: Duration,
        flight: Flight<'_>,
    ) -> Result<Reply, ModelError> {
        if let Some(reply) = self.look_up(model, call, since, flight).await? {
            return Ok(reply);
        }
        // It never arrived: it is sent as if for the first time.
        let flight = self.take_off().await;
        match self.begin(new).await? {
            Begun::Send => self.send(model, call, ask, tokens, flight).await,
            Begun::OverCeiling => Err(self.too_dear(call, new)),
            Begun::Canceled => self.ended(flight).await,
            other => Err(ambiguous(call.entry, &format!("it was not sent again: {other:?}"))),
        }
    }

    /// A ceiling is in the way: the step is to be held until there is money for this call.
    pub(super) fn too_dear(&self, call: &Call<'_>, new: &NewCall) -> ModelError {
        *self.over_ceiling.lock().unwrap_or_else(PoisonError::into_inner) = Some(new.reserved_micros);
        let reason = format!("a ceiling leaves no {} for {}", call.price, call.entry.id);
        ModelError::QuotaExhausted { provider: "this run".into(), reason }
    }

    /// A person ended the run: whoever waits here is dropped.
    pub(super) async fn ended<T>(&self, flight: Flight<'_>) -> T {
        drop(flight);
        self.run.canceled.request();
        std::future::pending().await
    }

    /// Asks the provider what became of a request, or waits until it tells. `None`: it never arrived, and the journal
    /// says so.
    pub(super) async fn look_up<K: Kinded>(
        &self,
        model: &dyn Model<K>,
        call: &Call<'_>,
        since: Duration,
        flight: Flight<'_>,
    ) -> Result<Option<Reply>, ModelError> {
        let found = match model.find(&call.key).await {
            Ok(found) => found,
            Err(error) if is_busy(&error) || matches!(error, ModelError::Ambiguous { .. }) => {
                return self.look_later(call, error, model.tells_within(), flight).await;
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

    /// The provider has no time to say what became of a request: it is asked again later, as long as the step is patient
    /// or the provider may still tell by itself.
    async fn look_later<T>(
        &self,
        call: &Call<'_>,
        error: ModelError,
        tells_within: Option<Duration>,
        flight: Flight<'_>,
    ) -> Result<T, ModelError> {
        let error = self.heed(call, error).await;
        let asked_for = if let Fault::Busy { retry_after } = error.fault() { retry_after } else { None };
        let wait = asked_for.unwrap_or(Duration::ZERO).max(self.breath());
        let patience = self.crew.engine.settings.patience().max(tells_within.unwrap_or_default());
        if self.waited + wait < patience {
            drop(flight);
            self.seeking.store(true, Ordering::Relaxed);
            return self.park(wait).await;
        }
        let reason = format!("nobody saw the answer, and the provider could not be asked for it: {error}");
        let error = ambiguous(call.entry, &reason);
        self.give_up(call, &error).await?;
        Err(error)
    }

    /// Waits without a slot: the step is put off until then, and asks again.
    pub(super) async fn park<T>(&self, wait: Duration) -> T {
        let due = Instant::now() + wait;
        self.asks.send_modify(|asks| {
            asks.parked += 1;
            asks.due = Some(asks.due.map_or(due, |before| before.min(due)));
        });
        std::future::pending().await
    }

    /// Looks at a job until it is done. The job is in the journal, so giving up here loses nothing. A job that takes
    /// longer is looked at again by whoever claims the step then.
    pub(super) async fn wait<K: Kinded>(
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
                Err(error @ ModelError::RateLimited { .. }) => {
                    if let Some(pass) = pass {
                        pass.park(FORGOTTEN);
                    }
                    return Err(self.heed(call, error).await);
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
    pub(super) async fn keep(&self, call: &Call<'_>, reply: Reply) -> Result<Reply, ModelError> {
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

    pub(super) async fn fetch(&self, kept: &KeptReply) -> Result<Reply, ModelError> {
        let body = match (&kept.text, &kept.body) {
            (Some(text), _) => Bytes::from(text.clone()),
            (None, Some(body)) => self.store().files().get(body).await.map_err(journal)?,
            (None, None) => Bytes::new(),
        };
        Ok(Reply { status: kept.status, media_type: kept.media_type.clone(), body })
    }
}

/// Tokens of question and answer, as limits count them.
pub(super) fn tokens(usage: &Usage) -> u64 {
    let counted = [
        PriceUnit::InputToken,
        PriceUnit::CachedToken,
        PriceUnit::OutputToken,
        PriceUnit::ImageInputToken,
        PriceUnit::ImageOutputToken,
    ];
    counted.into_iter().map(|unit| usage.count(unit)).sum()
}
