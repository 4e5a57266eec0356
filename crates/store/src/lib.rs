//! What we keep: rows in SQLite or PostgreSQL, files beside them. One file per table; every function takes the workspace.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod audit;
pub mod budgets;
pub mod calls;
mod error;
pub mod feed;
mod files;
mod group;
pub mod keys;
pub mod ledger;
mod open;
pub mod orders;
pub mod plans;
mod random;
pub mod requests;
pub mod runs;
pub mod secrets;
pub mod sessions;
pub mod steps;
#[cfg(test)]
mod tests;
pub mod uploads;
pub mod versions;
pub mod workspaces;

pub use error::Error;
pub use files::{Files, Place, S3};
pub use handbill_domain::ids::{RunId, WorkspaceId};
pub use open::{Settings, Store};
