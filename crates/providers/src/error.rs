//! Why a model gave us nothing.

use std::time::Duration;

use handbill_domain::{
    Fault,
    fault::{Billed, NextAction},
};

/// Why a model gave us nothing. The message is for people; the [`Fault`] is for the code.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The model, or its guard, declined to make this.
    #[error("{model} declined: {reason}")]
    Declined {
        /// Catalogue id.
        model: String,
        /// In the provider's words, shortened.
        reason: String,
    },
    /// Too many requests; waiting helps.
    #[error("{provider} asks us to slow down")]
    RateLimited {
        /// Provider's name.
        provider: String,
        /// As asked for.
        retry_after: Option<Duration>,
    },
    /// The account has no money or quota left; waiting does not help.
    #[error("the account at {provider} has no quota left: {reason}")]
    QuotaExhausted {
        /// Provider's name.
        provider: String,
        /// In the provider's words, shortened.
        reason: String,
    },
    /// The key is missing, wrong or may not do this.
    #[error("{provider} did not accept the key: {reason}")]
    Unauthorized {
        /// Provider's name.
        provider: String,
        /// In the provider's words, shortened.
        reason: String,
    },
    /// We asked for something that the provider does not take.
    #[error("{provider} did not accept the request: {reason}")]
    Rejected {
        /// Provider's name.
        provider: String,
        /// In the provider's words, shortened.
        reason: String,
    },
    /// The provider failed or could not be reached, and said or showed that nothing was made.
    #[error("{provider} failed: {reason}")]
    Unavailable {
        /// Provider's name.
        provider: String,
        /// What was seen.
        reason: String,
        /// As asked for.
        retry_after: Option<Duration>,
    },
    /// The request left and no answer came back: it may have been billed. Never sent again by itself.
    #[error("no answer from {provider} after the request was sent: {reason}")]
    Ambiguous {
        /// Provider's name.
        provider: String,
        /// What was seen.
        reason: String,
    },
    /// An answer came that we cannot use: not the promised shape, cut off, not a picture.
    #[error("the answer of {provider} cannot be used: {detail}")]
    Unreadable {
        /// Provider's name.
        provider: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The answer is whole, but not the JSON that was asked for. [`crate::repair_of`] makes the second try of it.
    #[error("the answer of {provider} is not what was asked for: {}", objections.join("; "))]
    Malformed {
        /// Provider's name.
        provider: String,
        /// What the model said.
        said: String,
        /// What is wrong with it, each with its place.
        objections: Vec<String>,
    },
    /// Nobody gave us a key for this provider.
    #[error("no key for {provider}: set {variable}")]
    NoKey {
        /// Provider's name.
        provider: String,
        /// The environment variable that holds the key.
        variable: String,
    },
    /// The catalogue does not know what this costs, so it cannot be planned.
    #[error("the price of {model} per {unit} is not known: add it to the entry")]
    Unpriced {
        /// Catalogue id.
        model: String,
        /// What is counted.
        unit: &'static str,
    },
}

impl Error {
    /// Its kind.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Declined { .. } => Fault::Refused,
            Self::RateLimited { retry_after, .. } | Self::Unavailable { retry_after, .. } => {
                Fault::Busy { retry_after: *retry_after }
            }
            Self::QuotaExhausted { .. } => Fault::OverBudget,
            Self::Unauthorized { .. } | Self::NoKey { .. } => Fault::Unauthorized,
            Self::Rejected { .. } | Self::Unpriced { .. } => Fault::Invalid,
            Self::Ambiguous { .. } | Self::Unreadable { .. } | Self::Malformed { .. } => Fault::Broken,
        }
    }

    /// Stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Declined { .. } => "model_declined",
            Self::RateLimited { .. } => "rate_limited",
            Self::QuotaExhausted { .. } => "quota_exhausted",
            Self::Unauthorized { .. } => "provider_unauthorized",
            Self::Rejected { .. } => "provider_rejected",
            Self::Unavailable { .. } => "provider_unavailable",
            Self::Ambiguous { .. } => "call_ambiguous",
            Self::Unreadable { .. } => "answer_unreadable",
            Self::Malformed { .. } => "answer_malformed",
            Self::NoKey { .. } => "key_missing",
            Self::Unpriced { .. } => "price_unknown",
        }
    }

    /// Was it paid for?
    pub fn billed(&self) -> Billed {
        match self {
            Self::Ambiguous { .. } => Billed::Maybe,
            Self::Unreadable { .. } | Self::Malformed { .. } => Billed::Yes,
            _ => Billed::No,
        }
    }

    /// What to do next.
    pub fn next_action(&self) -> NextAction {
        match self {
            Self::Declined { .. } => NextAction::EditBrief,
            Self::RateLimited { .. } => NextAction::Wait,
            Self::QuotaExhausted { .. } => NextAction::RaiseCeiling,
            Self::Unauthorized { .. } | Self::NoKey { .. } => NextAction::CheckKey,
            Self::Rejected { .. }
            | Self::Unreadable { .. }
            | Self::Malformed { .. }
            | Self::Unpriced { .. } => NextAction::ChangeModel,
            Self::Unavailable { .. } => NextAction::Retry,
            Self::Ambiguous { .. } => NextAction::CheckProvider,
        }
    }
}
