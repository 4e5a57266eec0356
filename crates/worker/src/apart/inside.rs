//! The inside of a process that computes: steps come in, files and results go out.

use std::{io, os::fd::AsFd, panic::AssertUnwindSafe, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt;
use handbill_domain::{asset::Digest, model::Role};
use handbill_pipeline::{Asked, Context, Desk, Error as StepError, prompts::Prompts};
use handbill_providers::{
    Error as ModelError,
    ask::{ImageAnswer, ImageAsk, SpeechAnswer, SpeechAsk, TextAnswer, TextAsk, VideoAnswer, VideoAsk},
};
use tokio::{
    net::unix::pipe,
    sync::{Mutex, mpsc, oneshot},
};

use super::wire::{Said, Told, Work, hear, say};
use crate::{Runner, attempt};

/// A message with its bytes.
type Parcel<T> = (T, Bytes);

/// Serves steps until standard input closes. What runs then is not waited for: whoever wanted it is gone.
pub async fn serve(runner: Arc<dyn Runner>) -> io::Result<()> {
    let (told, mut work) = mpsc::unbounded_channel::<Parcel<Told>>();
    let (out, mut said) = mpsc::unbounded_channel::<Parcel<Said>>();
    let (closed, ends) = oneshot::channel::<io::Error>();
    let mut from = pipe::Receiver::from_owned_fd(io::stdin().as_fd().try_clone_to_owned()?)?;
    let mut to = pipe::Sender::from_owned_fd(io::stdout().as_fd().try_clone_to_owned()?)?;
    tokio::spawn(async move {
        loop {
            match hear::<Told>(&mut from).await {
                Ok((message, body)) => drop(told.send((message, body.into()))),
                Err(error) => break drop(closed.send(error)),
            }
        }
    });
    tokio::spawn(async move {
        while let Some((message, body)) = said.recv().await {
            if say(&mut to, &message, &body).await.is_err() {
                break;
            }
        }
    });
    let prompts = Prompts::default();
    let serving = async {
        while let Some((Told::Work(order), _)) = work.recv().await {
            let counter = Counter { out: &out, answers: Mutex::new(&mut work) };
            let result = run(&*runner, *order, &prompts, &counter).await;
            let _ = out.send((result, Bytes::new()));
        }
    };
    tokio::select! {
        () = serving => Ok(()),
        error = ends => match error {
            Ok(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
            _ => Ok(()),
        },
    }
}

async fn run(runner: &dyn Runner, work: Work, prompts: &Prompts, counter: &Counter<'_>) -> Said {
    let ctx = Context {
        brief: &work.brief,
        brief_files: &work.brief_files,
        seed: work.seed,
        step: &work.step,
        outputs: &work.outputs,
        prompts,
        templates: &work.templates,
        producer: &work.producer,
        desk: counter,
    };
    match AssertUnwindSafe(runner.run(&ctx)).catch_unwind().await {
        Ok(Ok(output)) => Said::Done(Box::new(output)),
        Ok(Err(error)) => Said::Failed(error.into()),
        Err(panic) => Said::Failed(StepError::Broken(attempt::panicked(&*panic).message).into()),
    }
}

/// The desk of a step that computes: files, and nobody to ask.
struct Counter<'a> {
    out: &'a mpsc::UnboundedSender<Parcel<Said>>,
    /// One question at a time.
    answers: Mutex<&'a mut mpsc::UnboundedReceiver<Parcel<Told>>>,
}

impl Counter<'_> {
    async fn ask(&self, question: Said, body: Bytes) -> Result<Parcel<Told>, StepError> {
        let mut answers = self.answers.lock().await;
        let gone = || StepError::Files("whoever keeps the files is gone".into());
        self.out.send((question, body)).map_err(|_| gone())?;
        answers.recv().await.ok_or_else(gone)
    }
}

fn nobody<T>(role: Role) -> Result<Asked<T>, ModelError> {
    let reason = format!("who computes does not ask the {}", role.as_str());
    Err(ModelError::Rejected { provider: "media".into(), reason })
}

fn strange() -> StepError {
    StepError::Broken("an answer to another question".into())
}

#[async_trait]
impl Desk for Counter<'_> {
    async fn text(&self, role: Role, _: &TextAsk) -> Result<Asked<TextAnswer>, ModelError> {
        nobody(role)
    }

    async fn image(&self, role: Role, _: &ImageAsk) -> Result<Asked<ImageAnswer>, ModelError> {
        nobody(role)
    }

    async fn video(&self, role: Role, _: &VideoAsk) -> Result<Asked<VideoAnswer>, ModelError> {
        nobody(role)
    }

    async fn speech(&self, role: Role, _: &SpeechAsk) -> Result<Asked<SpeechAnswer>, ModelError> {
        nobody(role)
    }

    async fn put(&self, bytes: Bytes) -> Result<Digest, StepError> {
        match self.ask(Said::Put, bytes).await? {
            (Told::Kept(kept), _) => kept.map_err(StepError::Files),
            _ => Err(strange()),
        }
    }

    async fn get(&self, digest: &Digest) -> Result<Bytes, StepError> {
        match self.ask(Said::Get(digest.clone()), Bytes::new()).await? {
            (Told::File(None), bytes) => Ok(bytes),
            (Told::File(Some(why)), _) => Err(StepError::Files(why)),
            _ => Err(strange()),
        }
    }

    fn progress(&self, done: f32, what: &str) {
        // Nobody hears it any more when we are about to end.
        let _ = self.out.send((Said::Progress(done, what.to_owned()), Bytes::new()));
    }
}
