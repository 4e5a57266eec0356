//! Why a step failed.

use handbill_domain::{
    Fault,
    asset::CheckResult,
    fault::{Billed, Failure, NextAction},
};

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A model gave nothing.
    #[error(transparent)]
    Model(#[from] handbill_providers::Error),
    /// What was made may not be published, and repairing did not help.
    #[error("not publishable: {}", .0.iter().map(|c| c.message.as_str()).collect::<Vec<_>>().join("; "))]
    Unpublishable(Vec<CheckResult>),
    /// A step before it failed.
    #[error("{step} needs {needs}, which is not there")]
    Missing {
        /// The step.
        step: String,
        /// What it needs.
        needs: String,
    },
    /// A picture, font or sound cannot be used.
    #[error("{what}: {reason}")]
    Media {
        /// Which file or scene.
        what: String,
        /// Why not.
        reason: String,
        /// Is it the user's file (then they can mend it), or our own work?
        theirs: bool,
    },
    /// The process that computed it died.
    #[error("what computed it died: {0}")]
    Died(String),
    /// Files cannot be read or written just now.
    #[error("files: {0}")]
    Files(String),
    /// Our mistake.
    #[error("{0}")]
    Broken(String),
}

impl Error {
    /// Its kind.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Model(error) => error.fault(),
            Self::Unpublishable(_) => Fault::Refused,
            Self::Missing { .. } => Fault::Conflict,
            Self::Media { theirs: true, .. } => Fault::Invalid,
            Self::Files(_) => Fault::Busy { retry_after: None },
            Self::Media { .. } | Self::Died(_) | Self::Broken(_) => Fault::Broken,
        }
    }

    /// The failure as everyone sees it.
    pub fn failure(&self) -> Failure {
        let (code, billed, next_action) = match self {
            Self::Model(error) => (error.code(), error.billed(), error.next_action()),
            Self::Unpublishable(_) => ("not_publishable", Billed::Yes, NextAction::EditBrief),
            Self::Missing { .. } => ("parent_failed", Billed::No, NextAction::Retry),
            Self::Media { theirs: true, .. } => ("file_unusable", Billed::No, NextAction::EditBrief),
            Self::Media { .. } => ("media_failed", Billed::No, NextAction::Report),
            Self::Died(_) => ("render_died", Billed::No, NextAction::Retry),
            Self::Files(_) => ("files_unavailable", Billed::No, NextAction::Retry),
            Self::Broken(_) => ("internal", Billed::No, NextAction::Report),
        };
        Failure { code: code.into(), message: self.to_string(), billed, next_action }
    }
}
