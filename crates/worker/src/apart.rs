//! Steps that compute run apart, in processes of their own: what crashes there, or takes too much memory, takes one step
//! with it and no call that is being paid for.
//!
//! A process serves one step at a time, for as long as it lives: it is begun when it is needed, and kept. It holds nothing
//! that counts: files come and go through us. It ends when its step is dropped, and when we do, however we end: then its
//! input closes.

mod inside;
mod wire;

use std::{
    os::unix::process::ExitStatusExt,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use handbill_domain::step::Lane;
use handbill_pipeline::{Context, Error as StepError, graph::StepOutput};
use tokio::{
    io::BufReader,
    process::{Child, ChildStdin, ChildStdout, Command},
    time,
};

pub use inside::serve;
use wire::{Said, Told, hear, say};

use crate::Runner;

/// How long a process that closed its output may take to end.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Begins a process that [`serve`]s steps on its standard input and output.
pub type Begin = Box<dyn Fn() -> Command + Send + Sync>;

/// Runs steps of the lane `media` in processes of their own, all others here.
pub struct Apart {
    here: Arc<dyn Runner>,
    begin: Begin,
    /// What a process may need to know of one that died: its limits, for people.
    limits: String,
    idle: Mutex<Vec<Hand>>,
}

/// A process that waits for a step, or works on one.
struct Hand {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Apart {
    /// With a way to begin processes. `limits` tells people by what those are bound.
    pub fn new(here: Arc<dyn Runner>, begin: Begin, limits: impl Into<String>) -> Self {
        Self { here, begin, limits: limits.into(), idle: Mutex::default() }
    }

    /// One that waits, or a new one.
    fn hand(&self) -> Result<Hand, StepError> {
        while let Some(mut hand) = { self.idle().pop() } {
            if matches!(hand.process.try_wait(), Ok(None)) {
                return Ok(hand);
            }
        }
        let mut command = (self.begin)();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        // What a person types at the terminal is for us: we say what is to end.
        command.process_group(0);
        let failed = |why: String| StepError::Died(format!("it could not be begun: {why}"));
        let mut process = command.spawn().map_err(|error| failed(error.to_string()))?;
        let (to, from) = (process.stdin.take(), process.stdout.take());
        let (Some(to), Some(from)) = (to, from) else { return Err(failed("it has no pipes".into())) };
        Ok(Hand { process, to, from: BufReader::new(from) })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Hand>> {
        // The list is whole after every change, so a panic elsewhere does not spoil it.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Runner for Apart {
    async fn run(&self, ctx: &Context<'_>) -> Result<StepOutput, StepError> {
        if ctx.step.lane != Lane::Media {
            return self.here.run(ctx).await;
        }
        let mut hand = self.hand()?;
        // Dropped in here, the process is killed: a step that was canceled computes no more.
        match hand.work(ctx).await {
            Ok(result) => {
                self.idle().push(hand);
                result
            }
            Err(lost) => {
                let how = hand.end().await.map_or_else(|| lost.to_string(), told);
                Err(StepError::Died(format!("{how}; {}", self.limits)))
            }
        }
    }
}

impl Hand {
    /// One step, from its orders to its result. An error: the process is of no more use.
    async fn work(&mut self, ctx: &Context<'_>) -> std::io::Result<Result<StepOutput, StepError>> {
        say(&mut self.to, &Told::work(ctx), &[]).await?;
        loop {
            let (said, body) = hear::<Said>(&mut self.from).await?;
            match said {
                Said::Get(digest) => match ctx.desk.get(&digest).await {
                    Ok(bytes) => say(&mut self.to, &Told::File(None), &bytes).await?,
                    Err(error) => say(&mut self.to, &Told::File(Some(error.to_string())), &[]).await?,
                },
                Said::Put => {
                    let kept = ctx.desk.put(Bytes::from(body)).await.map_err(|error| error.to_string());
                    say(&mut self.to, &Told::Kept(kept), &[]).await?;
                }
                Said::Progress(done, what) => ctx.desk.progress(done, &what),
                Said::Done(output) => return Ok(Ok(*output)),
                Said::Failed(trouble) => return Ok(Err(trouble.into())),
            }
        }
    }

    /// How it ended by itself, if it did.
    async fn end(mut self) -> Option<ExitStatus> {
        time::timeout(LAST_WORDS, self.process.wait()).await.ok()?.ok()
    }
}

fn told(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("signal {signal}"),
        (None, Some(code)) => format!("exit code {code}"),
        (None, None) => status.to_string(),
    }
}
