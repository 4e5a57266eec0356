//! Leave to ask a provider: how often, how much and how many at once an account may be asked.
//!
//! Rates are token buckets (the generic cell rate algorithm) that are never above the limit in any minute. Concurrency
//! is a set of leases: a holder that dies is forgotten after its lease. An account that answered 429 is left alone by
//! everybody until it said that it may be asked again.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{self, Instant};

use crate::Error;

pub(crate) mod local;
mod rate;

pub(crate) use self::rate::Rate;

/// Longest sleep between two tries of [`Limits::enter_within`] when it is not known what a place depends on.
const TRY: Duration = Duration::from_millis(100);

/// Leave to ask providers, shared by all who ask the same account.
#[async_trait]
pub trait Limits: Send + Sync {
    /// Asks for leave to send one request now. The same holder has one place however often it enters, so that a request
    /// that is sent again under its key is not counted as a second one in flight; its rate is.
    async fn enter(&self, account: &Account, holder: &str, tokens: u64) -> Result<Entry, Error>;

    /// States that something of this holder is under way at the provider already, as a job that is looked after again.
    /// It takes a place even when there is none, and nothing from the rates.
    async fn hold(&self, account: &Account, holder: &str) -> Result<Pass, Error>;

    /// Leaves the account alone for so long, as its 429 asked for. A shorter time does not end a longer one.
    async fn block(&self, account: &str, wait: Duration) -> Result<(), Error>;

    /// Asks for leave, and again until `patience` is over. Use it for short waits; longer ones are for the database.
    async fn enter_within(
        &self,
        account: &Account,
        holder: &str,
        tokens: u64,
        patience: Duration,
    ) -> Result<Entry, Error> {
        let until = Instant::now() + patience;
        loop {
            let entry = self.enter(account, holder, tokens).await?;
            let Entry::Wait(wait) = &entry else { return Ok(entry) };
            let next =
                Instant::now() + wait.after.min(if wait.why == Why::AtOnce { TRY } else { Duration::MAX });
            if next > until {
                return Ok(entry);
            }
            time::sleep_until(next).await;
        }
    }
}

/// An account at a provider and what it allows. What is none is not limited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Names the account among all: the provider and a digest of the key, never the key.
    pub id: String,
    /// Requests in any minute.
    pub requests_per_minute: Option<u32>,
    /// Tokens in any minute.
    pub tokens_per_minute: Option<u32>,
    /// Requests or jobs at once.
    pub at_once: Option<u32>,
}

/// The answer to who asks for leave.
#[derive(Debug)]
pub enum Entry {
    /// Go; keep the pass while the request is under way.
    Go(Pass),
    /// Not now.
    Wait(Wait),
}

/// Not now, because.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// When to ask again.
    pub after: Duration,
    /// What is in the way.
    pub why: Why,
}

/// What is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The provider said 429.
    Blocked,
    /// Too many requests in this minute.
    Requests,
    /// Too many tokens in this minute.
    Tokens,
    /// Too many at once.
    AtOnce,
    /// Who is in flight is not known yet, after what was known was lost.
    Unsure,
}

/// A place among the requests in flight. Dropping it gives the place back.
#[must_use = "dropping a pass gives the place back"]
pub struct Pass {
    end: Option<Box<dyn FnOnce(End) + Send + Sync>>,
}

/// How a pass ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The request is over; so many tokens were used, if that is known.
    Over(Option<u64>),
    /// The job goes on without anybody here, so long at most.
    Parked(Duration),
}

impl Pass {
    pub(crate) fn new(end: impl FnOnce(End) + Send + Sync + 'static) -> Self {
        Self { end: Some(Box::new(end)) }
    }

    /// Gives the place back and says how many tokens were really used, which corrects the rate.
    pub fn used(mut self, tokens: u64) {
        self.end(End::Over(Some(tokens)));
    }

    /// Keeps the place for a job that runs at the provider while nobody here waits for it, so long at most.
    /// [`Limits::hold`] takes it up again, under the same holder.
    pub fn park(mut self, at_most: Duration) {
        self.end(End::Parked(at_most));
    }

    fn end(&mut self, how: End) {
        if let Some(end) = self.end.take() {
            end(how);
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.end(End::Over(None));
    }
}

impl std::fmt::Debug for Pass {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Pass").finish_non_exhaustive()
    }
}

impl Account {
    pub(crate) fn rates(&self) -> [Option<Rate>; 2] {
        [self.requests_per_minute, self.tokens_per_minute].map(|limit| limit.map(Rate::per_minute))
    }

    /// The same account for one process among several that cannot speak to each other. What is less than one is none.
    pub(crate) fn share(&self, share: f64) -> Self {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between nothing and the limit"
        )]
        let part = |limit: u32| (f64::from(limit) * share.clamp(0.0, 1.0)).floor() as u32;
        Self {
            id: self.id.clone(),
            requests_per_minute: self.requests_per_minute.map(part),
            tokens_per_minute: self.tokens_per_minute.map(part),
            at_once: self.at_once.map(part),
        }
    }
}
