//! What went wrong, in nine words that the whole house shares.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The nine kinds of trouble. Exactly two places read them: `api` turns a fault into a status code,
/// `worker` turns it into "retry", "give up" or "ask a human". Think twice before adding a tenth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The caller sent something we cannot accept.
    Invalid,
    /// We do not know who is asking.
    Unauthorized,
    /// We know who is asking, and they may not.
    Forbidden,
    /// There is no such thing here.
    NotFound,
    /// It cannot be done in the present state.
    Conflict,
    /// A model, or our own rules, declined to make this content.
    Refused,
    /// The ceiling on spending is reached, or the provider's quota is used up.
    OverBudget,
    /// Try again later.
    Busy {
        /// How long the other side asked us to wait, where it said so.
        retry_after: Option<Duration>,
    },
    /// Our mistake, or a reply that we cannot read.
    Broken,
}

impl Fault {
    /// The word that answers and messages use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Refused => "refused",
            Self::OverBudget => "over_budget",
            Self::Busy { .. } => "busy",
            Self::Broken => "broken",
        }
    }
}

/// Was money spent on what failed?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Billed {
    /// Nothing was charged.
    #[default]
    No,
    /// The provider charged for it.
    Yes,
    /// The request left, and no answer came back: it may have been charged.
    Maybe,
}

/// What a person can do about a failure. Each failure names exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NextAction {
    /// Change the brief where the message points.
    EditBrief,
    /// Run the same command again; what is done is kept and not paid again.
    Retry,
    /// Wait, then run again.
    Wait,
    /// Add or correct the key: the provider's, or ours where a request was not let in.
    CheckKey,
    /// Top up the provider's account or raise the ceiling.
    RaiseCeiling,
    /// Choose another model for this role.
    ChangeModel,
    /// Look at the provider's console before paying again.
    CheckProvider,
    /// Install what `handbill doctor` names.
    RunDoctor,
    /// Change the request where the pointers point.
    FixRequest,
    /// Ask whoever owns the workspace for leave to do this.
    AskForAccess,
    /// Plan again: the plan is no longer what would be made.
    PlanAgain,
    /// Tell us: this is our mistake.
    Report,
}

/// A failure as everyone sees it: the same in the manifest, the CLI, the API and the dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Stable, for programs: `model_refused`, `copy_over_limit`, …
    pub code: String,
    /// For people, in English; names the thing.
    pub message: String,
    /// Whether it was billed.
    pub billed: Billed,
    /// The one thing to do next.
    pub next_action: NextAction,
}
