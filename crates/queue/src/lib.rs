//! What waits: tickets in lanes. A ticket is only a hint that a step may be ready; the database knows. Tickets may
//! arrive twice or never, and losing all of them costs a sweep of the database.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

use std::{fmt, str::FromStr, time::Duration};

use async_trait::async_trait;
use handbill_domain::{Fault, ids::WorkspaceId, step::Lane};

mod local;
mod redis;
#[cfg(test)]
mod tests;

pub use self::{local::Local, redis::Redis};

/// Where tickets wait for workers.
#[async_trait]
pub trait Dispatcher: Send + Sync {
    /// Adds tickets; one that waits already is not added again.
    async fn push(&self, lane: Lane, tickets: &[Ticket]) -> Result<(), Error>;
    /// Takes the ticket that waited longest, and waits up to `wait` for one.
    async fn pop(&self, lane: Lane, wait: Duration) -> Result<Option<Ticket>, Error>;
    /// Takes a ticket out of the line. `false`: it was not there.
    async fn remove(&self, lane: Lane, ticket: &Ticket) -> Result<bool, Error>;
    /// How many wait.
    async fn depth(&self, lane: Lane) -> Result<u64, Error>;
}

/// A step that may be ready.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// The step's number in the store.
    pub step: i64,
}

impl fmt::Display for Ticket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.step, self.workspace)
    }
}

impl FromStr for Ticket {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parts = text.split_once(':').and_then(|(step, workspace)| Some((step.parse().ok()?, workspace)));
        let (step, workspace) = parts.ok_or_else(|| Error::Unreadable(text.to_owned()))?;
        Ok(Self { workspace: WorkspaceId::new(workspace), step })
    }
}

/// Why the line cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Redis cannot be reached, or refused.
    #[error("redis: {0}")]
    Redis(#[from] ::redis::RedisError),
    /// Something in the line is no ticket.
    #[error("`{0}` is no ticket")]
    Unreadable(String),
}

impl Error {
    /// Its kind.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Redis(_) => Fault::Busy { retry_after: None },
            Self::Unreadable(_) => Fault::Broken,
        }
    }
}
