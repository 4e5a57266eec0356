//! The models we can ask: text, image, video, speech. One file per protocol, one line in the registry.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod ask;
mod error;

pub use error::Error;
