//! HTTP out: the only place that makes an HTTP client.
//!
//! Every request has time-outs and a bounded body, goes to an address that was checked, and never through a proxy
//! that the environment names. A key is sent to its provider's host and is shown nowhere.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod client;
mod error;
mod fetch;
pub mod guard;
mod message;
mod resolver;
pub mod retry_after;
mod secret;

#[cfg(test)]
mod scripted;
#[cfg(test)]
mod tests;

pub use client::{Auth, Client, Timeouts};
pub use error::Error;
pub use fetch::{Fetched, Fetcher};
pub use guard::Guard;
pub use message::{Answer, Body, Part, Request};
pub use secret::{Secret, redact};
