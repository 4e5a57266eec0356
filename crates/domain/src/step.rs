//! A run and its steps: the states that they can be in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Steps remain.
    Running,
    /// A person stopped it for a while.
    Paused,
    /// Everything was made.
    Succeeded,
    /// Something was made, something failed.
    Partial,
    /// Nothing was made.
    Failed,
    /// A person ended it.
    Canceled,
}

/// How a step stands: `blocked → ready → running → (waiting) → succeeded | failed | canceled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Needs others first.
    Blocked,
    /// Can be taken.
    Ready,
    /// A worker has it.
    Running,
    /// Waits for a provider, a limit, money or a person; holds no worker.
    Waiting,
    /// Done.
    Succeeded,
    /// Given up.
    Failed,
    /// A person ended it.
    Canceled,
}

/// What kind of work a step is; each kind has its own workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Asks a model: waits much, computes little.
    Model,
    /// Computes pixels and sound.
    Media,
    /// Sends something out.
    Deliver,
}

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $name {
            /// The word that databases and messages use.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text { $($word => Ok(Self::$variant),)* _ => Err(format!(concat!("`{}` is no ", stringify!($name)), text)) }
            }
        }
    };
}

words!(RunState { Running = "running", Paused = "paused", Succeeded = "succeeded", Partial = "partial", Failed = "failed", Canceled = "canceled" });
words!(StepState { Blocked = "blocked", Ready = "ready", Running = "running", Waiting = "waiting", Succeeded = "succeeded", Failed = "failed", Canceled = "canceled" });
words!(Lane { Model = "model", Media = "media", Deliver = "deliver" });

impl StepState {
    /// Nothing more will happen to it.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Canceled)
    }
}
