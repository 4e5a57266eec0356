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
    /// What is asked for does not fit to how things stand.
    #[error("{0}")]
    NotNow(String),
    /// The machine gives no random numbers.
    #[error("no random numbers: {0}")]
    Random(String),
    /// A row that this build cannot read.
    #[error("unreadable row: {0}")]
    Unreadable(String),
}

impl Error {
    /// Did two transactions stand in each other's way? Then the same again is right.
    pub(crate) fn is_collision(&self) -> bool {
        let Self::Rows(error) = self else { return false };
        let text = error.to_string();
        ["deadlock detected", "could not serialize", "database is locked", "database table is locked"]
            .iter()
            .any(|said| text.contains(said))
    }

    /// Is the database away?
    pub(crate) fn is_connection(&self) -> bool {
        matches!(self, Self::Rows(DbErr::Conn(_) | DbErr::ConnectionAcquire(_)))
    }

    /// The same for another who waited for it.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Rows(error) => Self::Rows(DbErr::Custom(error.to_string())),
            Self::Files(text) => Self::Files(text.clone()),
            Self::NotFound(text) => Self::NotFound(text.clone()),
            Self::Lost(text) => Self::Lost(text.clone()),
            Self::Graph(text) => Self::Graph(text.clone()),
            Self::NotNow(text) => Self::NotNow(text.clone()),
            Self::Random(text) => Self::Random(text.clone()),
            Self::Unreadable(text) => Self::Unreadable(text.clone()),
        }
    }

    /// Its kind.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Rows(_) | Self::Files(_) => Fault::Busy { retry_after: None },
            Self::NotFound(_) => Fault::NotFound,
            Self::Lost(_) | Self::NotNow(_) => Fault::Conflict,
            Self::Graph(_) => Fault::Invalid,
            Self::Unreadable(_) | Self::Random(_) => Fault::Broken,
        }
    }
}

/// A row's word that this build does not know.
pub(crate) fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::Unreadable(error.to_string())
}
