//! Brief → plan → steps → assets.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod casting;
mod context;
mod error;
pub mod graph;
pub mod pack;
pub mod plan;
pub mod prompts;
pub mod recipe;
#[cfg(test)]
mod samples;
pub mod steps;
pub mod templates;

pub use context::{Asked, Context, Desk};
pub use error::Error;
