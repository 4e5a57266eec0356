//! Why a run could not be driven to its end. That a step failed is no such reason: it is part of the outcome.

use handbill_domain::Fault;

/// Why a run could not be driven to its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Rows or files.
    #[error(transparent)]
    Store(#[from] handbill_store::Error),
    /// The line of tickets.
    #[error(transparent)]
    Queue(#[from] handbill_queue::Error),
    /// This process has not what the run was ordered with; another one may.
    #[error("it cannot be worked on here: {0}")]
    Elsewhere(String),
    /// Somebody asked us to stop; the run goes on when it is asked for again.
    #[error("stopped before the end")]
    Stopped,
    /// What was kept cannot be read by this build, or a part of the engine broke.
    #[error("{0}")]
    Broken(String),
}

impl Error {
    /// Its kind.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Store(error) => error.fault(),
            Self::Queue(error) => error.fault(),
            Self::Stopped | Self::Elsewhere(_) => Fault::Conflict,
            Self::Broken(_) => Fault::Broken,
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Broken(error.to_string())
    }
}
