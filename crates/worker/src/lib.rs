//! Takes steps, runs them, and decides what a failure means. Keeps the journal of paid calls.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod apart;
mod attempt;
mod crew;
mod desk;
mod engine;
mod error;
mod event;
mod feed;
mod identity;
mod line;
mod meter;
mod models;
mod order;
mod outcome;
mod points;
mod session;
mod stop;
#[cfg(test)]
mod tests;

pub use engine::{Casting, Engine, Runner, Settings};
pub use error::Error;
pub use event::{Event, Listener, StageCount, Watch};
pub use meter::Meter;
pub use models::Models;
pub use order::{Inputs, Order};
pub use outcome::RunOutcome;
pub use stop::Stop;
