//! Why something could not be kept or found.

use handbill_domain::Fault;
use sea_orm::DbErr;

/// Why something could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached, or refused.
    #[error("database: {0}")]
    Rows(#[from] DbErr),
    /// The files cannot be read or written.
    #[error("files: {0}")]
    Files(String),
    /// It is not here, or belongs to another workspace.
    #[error("there is no {0}")]
    NotFound(String),
    /// Someone else took the work over; what we wanted to write is void.
    #[error("{0} was taken over by another worker")]
    Lost(String),
    /// A graph that cannot be run.
    #[error("graph: {0}")]
    Graph(String),
    /// A row that this build cannot read.
    #[error("unreadable row: {0}")]
    Unreadable(String),
}

impl Error {
    /// Its kind.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Rows(_) | Self::Files(_) => Fault::Busy { retry_after: None },
            Self::NotFound(_) => Fault::NotFound,
            Self::Lost(_) => Fault::Conflict,
            Self::Graph(_) => Fault::Invalid,
            Self::Unreadable(_) => Fault::Broken,
        }
    }
}

/// A row's word that this build does not know.
pub(crate) fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::Unreadable(error.to_string())
}
