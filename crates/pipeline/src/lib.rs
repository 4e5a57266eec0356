//! Brief → plan → steps → assets.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod context;
mod error;
pub mod graph;
pub mod prompts;

pub use context::{Asked, Context, Desk};
pub use error::Error;
