//! Tickets: what waits in a lane.

use std::{fmt, str::FromStr};

use handbill_domain::ids::WorkspaceId;

use crate::Error;

/// A step that may be ready.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// The step's number in the store.
    pub step: i64,
}

/// How urgent a ticket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Somebody looks at it: goes first.
    Interactive,
    /// Thousands of them, overnight: seven picks of eight go to others while others wait, one is its own.
    Bulk,
}

/// A ticket that was taken out of a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// How urgent it was.
    pub class: Class,
    /// The ticket.
    pub ticket: Ticket,
}

impl Class {
    /// The word that databases and settings use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Bulk => "bulk",
        }
    }
}

impl FromStr for Class {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "interactive" => Ok(Self::Interactive),
            "bulk" => Ok(Self::Bulk),
            other => Err(Error::Unreadable(other.to_owned())),
        }
    }
}

impl fmt::Display for Ticket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.step, self.workspace)
    }
}

impl FromStr for Ticket {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parts = text.split_once(':').and_then(|(step, workspace)| Some((step.parse().ok()?, workspace)));
        let (step, workspace) = parts.ok_or_else(|| Error::Unreadable(text.to_owned()))?;
        Ok(Self { workspace: WorkspaceId::new(workspace), step })
    }
}
