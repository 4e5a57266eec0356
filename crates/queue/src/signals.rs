//! Words between processes: what a person wants of running work, and how far it is. Best effort: whoever was away
//! misses them, and the database knows everything that matters.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use handbill_domain::ids::{RunId, WorkspaceId};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::{Error, Local};

/// So many messages wait for a slow listener; then it misses the oldest.
const KEPT: usize = 1024;

/// Words between processes.
#[async_trait]
pub trait Signals: Send + Sync {
    /// Tells all workers.
    async fn tell(&self, control: &Control) -> Result<(), Error>;
    /// Hears what workers are told from now on, in this process and in others.
    fn listen(&self) -> Ear<Control>;
    /// Shows how far a run is to those who watch it.
    async fn show(&self, progress: &Progress) -> Result<(), Error>;
    /// Watches a run from now on.
    async fn watch(&self, workspace: &WorkspaceId, run: &RunId) -> Result<Ear<Progress>, Error>;
}

/// What workers are told. The database was told before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Control {
    /// End this run: begin no step and send no request of it.
    Cancel {
        /// Whose it is.
        workspace: WorkspaceId,
        /// The run.
        run: RunId,
    },
    /// Begin no step of this run until it is resumed.
    Pause {
        /// Whose it is.
        workspace: WorkspaceId,
        /// The run.
        run: RunId,
    },
    /// Go on with this run.
    Resume {
        /// Whose it is.
        workspace: WorkspaceId,
        /// The run.
        run: RunId,
    },
    /// Something became ready in the database: bring tickets now, not at the next sweep.
    Ready,
}

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// The run.
    pub run: RunId,
    /// What happened, in the words of whoever shows it.
    pub event: serde_json::Value,
}

/// Somebody who listens. Dropping it is going away.
#[derive(Debug)]
pub struct Ear<T>(broadcast::Receiver<T>);

impl<T: Clone> Ear<T> {
    /// The next message; those that came too fast are left out. `None`: nobody speaks any more.
    pub async fn next(&mut self) -> Option<T> {
        loop {
            match self.0.recv().await {
                Ok(message) => return Some(message),
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    tracing::debug!(missed, "too slow a listener")
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

/// Who listens in this process.
#[derive(Debug)]
pub(crate) struct Channels {
    control: broadcast::Sender<Control>,
    runs: Mutex<HashMap<(WorkspaceId, RunId), broadcast::Sender<Progress>>>,
}

impl Default for Channels {
    fn default() -> Self {
        Self { control: broadcast::Sender::new(KEPT), runs: Mutex::default() }
    }
}

impl Channels {
    pub(crate) fn tell(&self, control: &Control) {
        // Nobody listening is no error.
        let _ = self.control.send(control.clone());
    }

    pub(crate) fn listen(&self) -> Ear<Control> {
        Ear(self.control.subscribe())
    }

    /// Shows progress to those who watch here. `false`: nobody does.
    pub(crate) fn show(&self, progress: &Progress) -> bool {
        let key = (progress.workspace.clone(), progress.run.clone());
        let mut runs = self.runs();
        let heard = runs.get(&key).is_some_and(|run| run.send(progress.clone()).is_ok());
        if !heard {
            runs.remove(&key);
        }
        heard
    }

    pub(crate) fn watch(&self, workspace: &WorkspaceId, run: &RunId) -> Ear<Progress> {
        let mut runs = self.runs();
        runs.retain(|_, run| run.receiver_count() > 0);
        let key = (workspace.clone(), run.clone());
        Ear(runs.entry(key).or_insert_with(|| broadcast::Sender::new(KEPT)).subscribe())
    }

    /// The runs that somebody watches.
    pub(crate) fn watched(&self) -> Vec<(WorkspaceId, RunId)> {
        self.runs().iter().filter(|(_, run)| run.receiver_count() > 0).map(|(key, _)| key.clone()).collect()
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<(WorkspaceId, RunId), broadcast::Sender<Progress>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Signals for Local {
    async fn tell(&self, control: &Control) -> Result<(), Error> {
        self.signals.tell(control);
        Ok(())
    }

    fn listen(&self) -> Ear<Control> {
        self.signals.listen()
    }

    async fn show(&self, progress: &Progress) -> Result<(), Error> {
        self.signals.show(progress);
        Ok(())
    }

    async fn watch(&self, workspace: &WorkspaceId, run: &RunId) -> Result<Ear<Progress>, Error> {
        Ok(self.signals.watch(workspace, run))
    }
}
