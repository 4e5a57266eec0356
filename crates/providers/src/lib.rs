//! The models we can ask: text, image, video, speech. One file per protocol, one line in the registry.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod ask;
pub mod catalog;
mod error;
mod openai;
pub mod price;
mod registry;
pub mod rehearsal;
mod repair;
mod said;
mod sse;
pub mod usage;

#[cfg(test)]
mod contract;
#[cfg(test)]
#[path = "../../net/src/scripted.rs"]
mod scripted;

pub use catalog::Catalog;
pub use error::Error;
pub use registry::{Account, Models};
pub use repair::repair_of;
