//! Why a request gave us nothing. What matters most is whether it had left this machine.

use handbill_domain::Fault;

/// Why a request gave us nothing. An answer with a bad status is not an error here: only its protocol can read it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address itself is not one that we ask: bad form, wrong scheme or port, too long.
    #[error("{place} cannot be asked: {reason}")]
    Address {
        /// What was to be asked, without its query.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The SSRF guard refused the host.
    #[error("{host} is not allowed: {reason}")]
    Blocked {
        /// The host.
        host: String,
        /// Which address, and why.
        reason: String,
    },
    /// No connection: nothing was sent, so asking again is safe.
    #[error("{host} could not be reached: {reason}")]
    Unreached {
        /// The host.
        host: String,
        /// What was seen.
        reason: String,
    },
    /// The request left and no whole answer came back: the other side may have done the work.
    #[error("{host} gave no whole answer: {reason}")]
    Cut {
        /// The host.
        host: String,
        /// What was seen.
        reason: String,
    },
    /// The answer is larger than the caller takes.
    #[error("{host} sent more than {limit} bytes")]
    TooLarge {
        /// The host.
        host: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// A fetch came to an answer that is not the thing: a bad status, a media type that was not asked for.
    #[error("{host} did not give the file: {reason}")]
    Unusable {
        /// The host.
        host: String,
        /// What came instead.
        reason: String,
    },
}

impl Error {
    /// Its kind.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Address { .. } => Fault::Invalid,
            Self::Blocked { .. } => Fault::Forbidden,
            Self::Unreached { .. } => Fault::Busy { retry_after: None },
            Self::Cut { .. } | Self::TooLarge { .. } | Self::Unusable { .. } => Fault::Broken,
        }
    }

    /// Did anything leave this machine?
    pub fn was_sent(&self) -> bool {
        matches!(self, Self::Cut { .. } | Self::TooLarge { .. } | Self::Unusable { .. })
    }
}
