//! What waits: tickets in lanes, leave to ask a provider, and words between processes. A ticket is only a hint that a
//! step may be ready; the database knows. All of it can be lost at any moment: losing every ticket costs a sweep of the
//! database, losing the limits costs a second of quiet.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod bell;
mod dispatch;
mod error;
mod fair;
pub mod limits;
mod local;
mod pool;
mod redis;
pub mod signals;
#[cfg(test)]
mod tests;
mod ticket;

pub use self::{
    bell::Bell,
    dispatch::{Dispatcher, Place, Room},
    error::Error,
    limits::Limits,
    local::Local,
    pool::{Job, Pool},
    redis::Redis,
    signals::Signals,
    ticket::{Class, Taken, Ticket},
};
