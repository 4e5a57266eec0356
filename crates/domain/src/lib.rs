//! The words and the rules of Handbill: no I/O, no async.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod asset;
pub mod brief;
pub mod channel;
pub mod fault;
pub mod ids;
pub mod locale;
pub mod model;
pub mod money;
pub mod problem;
pub mod proof;
pub mod step;
pub mod text;
pub mod words;

pub use fault::Fault;
