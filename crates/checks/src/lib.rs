//! May this be published? Text meters, channel limits, claim rules, the fact ledger, proof of finished files.
//!
//! Everything here answers with [`handbill_domain::asset::CheckResult`]s in the asset's language; an empty list means that
//! nothing is objected to. What must be repaired is what [`blocks`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod article;
pub mod copy;
pub mod design;
pub mod facts;
mod finding;
pub mod meter;
mod numbers;
pub mod proof;
pub mod rules;
pub mod storyboard;
mod units;
mod voice;
mod wording;

use handbill_domain::asset::{CheckResult, Severity};

pub use facts::Ledger;
pub use rules::{Evidence, Flag, Review, review};

/// Is there anything among these that must not be published?
pub fn blocks(results: &[CheckResult]) -> bool {
    results.iter().any(|result| result.severity == Severity::Block)
}

#[cfg(test)]
mod samples;
