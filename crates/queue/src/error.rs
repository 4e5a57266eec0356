//! Why the queue cannot be used.

use std::time::Duration;

use handbill_domain::Fault;

/// Why the queue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Redis cannot be reached, or refused.
    #[error("redis: {0}")]
    Redis(#[from] ::redis::RedisError),
    /// Redis did not answer in time; whether it did what it was asked is not known.
    #[error("redis did not answer within {} ms", .0.as_millis())]
    Silent(Duration),
    /// Redis failed a moment ago and is left alone for so long.
    #[error("redis failed, and is asked again in {} ms", .0.as_millis())]
    Resting(Duration),
    /// Something in the line is no ticket, or a message that nobody understands.
    #[error("`{0}` cannot be read")]
    Unreadable(String),
}

impl Error {
    /// Its kind.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Redis(_) | Self::Silent(_) => Fault::Busy { retry_after: None },
            Self::Resting(left) => Fault::Busy { retry_after: Some(*left) },
            Self::Unreadable(_) => Fault::Broken,
        }
    }
}
