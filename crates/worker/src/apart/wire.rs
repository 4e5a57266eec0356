//! What is said between us and a process that computes: a message in JSON and some bytes, each after its length.

use std::{collections::BTreeMap, io};

use handbill_domain::{
    asset::{CheckResult, Digest},
    brief::{Brief, BriefFiles},
};
use handbill_pipeline::{
    Context, Error as StepError,
    graph::{StepOutput, StepSpec},
    templates::Templates,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// What a process is told.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Told {
    /// A step to run.
    Work(Box<Work>),
    /// The file that it asked for, or why it is not there.
    File(Option<String>),
    /// The name of the file that it gave, or why it was not kept.
    Kept(Result<Digest, String>),
}

/// A step with all that it reads.
#[derive(Serialize, Deserialize)]
pub(super) struct Work {
    pub(super) brief: Brief,
    pub(super) brief_files: BriefFiles,
    pub(super) seed: u64,
    pub(super) step: StepSpec,
    pub(super) outputs: BTreeMap<String, StepOutput>,
    pub(super) templates: Templates,
    pub(super) producer: String,
}

impl Told {
    pub(super) fn work(ctx: &Context<'_>) -> Self {
        Self::Work(Box::new(Work {
            brief: ctx.brief.clone(),
            brief_files: ctx.brief_files.clone(),
            seed: ctx.seed,
            step: ctx.step.clone(),
            outputs: ctx.outputs.clone(),
            templates: ctx.templates.clone(),
            producer: ctx.producer.to_owned(),
        }))
    }
}

/// What a process says.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Said {
    /// It wants a file.
    Get(Digest),
    /// It gives a file to keep.
    Put,
    /// How far it is, 0 to 1, and with what.
    Progress(f32, String),
    /// What the step gave.
    Done(Box<StepOutput>),
    /// Why it gave nothing.
    Failed(Trouble),
}

/// A failure of a step, as it travels.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Trouble {
    Unpublishable(Vec<CheckResult>),
    Missing { step: String, needs: String },
    Media { what: String, reason: String, theirs: bool },
    Files(String),
    Broken(String),
}

impl From<StepError> for Trouble {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Unpublishable(checks) => Self::Unpublishable(checks),
            StepError::Missing { step, needs } => Self::Missing { step, needs },
            StepError::Media { what, reason, theirs } => Self::Media { what, reason, theirs },
            StepError::Files(why) => Self::Files(why),
            // Who computes asks no models and begins no processes.
            other @ (StepError::Model(_) | StepError::Died(_)) => Self::Broken(other.to_string()),
            StepError::Broken(why) => Self::Broken(why),
        }
    }
}

impl From<Trouble> for StepError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Unpublishable(checks) => Self::Unpublishable(checks),
            Trouble::Missing { step, needs } => Self::Missing { step, needs },
            Trouble::Media { what, reason, theirs } => Self::Media { what, reason, theirs },
            Trouble::Files(why) => Self::Files(why),
            Trouble::Broken(why) => Self::Broken(why),
        }
    }
}

/// Writes a message with the bytes that belong to it.
pub(super) async fn say<T: Serialize>(
    to: &mut (impl AsyncWrite + Unpin),
    message: &T,
    body: &[u8],
) -> io::Result<()> {
    let head = serde_json::to_vec(message)?;
    to.write_u64_le(head.len() as u64).await?;
    to.write_all(&head).await?;
    to.write_u64_le(body.len() as u64).await?;
    to.write_all(body).await?;
    to.flush().await
}

/// Reads one. An end between messages is an error like any other: whoever listens here is waiting.
pub(super) async fn hear<T: DeserializeOwned>(
    from: &mut (impl AsyncRead + Unpin),
) -> io::Result<(T, Vec<u8>)> {
    let head = piece(from).await?;
    let message = serde_json::from_slice(&head)?;
    Ok((message, piece(from).await?))
}

async fn piece(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let length = from.read_u64_le().await?;
    let mut bytes = Vec::new();
    // What is announced is not believed: memory grows with what comes.
    from.take(length).read_to_end(&mut bytes).await?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
