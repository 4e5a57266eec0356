//! Live news of runs. One look at the database serves all who watch a workspace in this process: it asks now and then
//! which runs stand otherwise than before, and tells each as it stands, with the body that `GET /runs/{id}` has.
//!
//! An id of an event is the database's clock: it rises, for every process and for ever, so whoever comes back with one is
//! told everything that stands otherwise since, at least once. News are whole, so that hearing one twice does no harm.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use handbill_domain::ids::{RunId, WorkspaceId};
use handbill_store::{
    Store,
    runs::{self, Lately},
};
use tokio::sync::{broadcast, watch};

use crate::{Problem, v1::run_view};

/// How often the database is asked.
const EVERY: Duration = Duration::from_millis(500);
/// So much news waits for a slow listener; then it is told to begin anew.
const KEPT: usize = 1024;
/// What may have been written at a moment is in the database so much later at the latest, in milliseconds.
const LATE: i64 = 10_000;

/// A run that stands otherwise than before.
#[derive(Clone, Debug)]
pub(crate) struct News {
    pub(crate) id: i64,
    pub(crate) run: RunId,
    /// As `GET /runs/{id}` shows it.
    pub(crate) body: Arc<str>,
}

/// Who watches what in this process.
#[derive(Clone)]
pub(crate) struct Live {
    store: Store,
    stopped: watch::Receiver<bool>,
    rooms: Arc<Mutex<HashMap<WorkspaceId, Weak<broadcast::Sender<News>>>>>,
}

/// A seat in a workspace's room; while anybody has one, the database is asked.
pub(crate) struct Seat {
    pub(crate) news: broadcast::Receiver<News>,
    _room: Arc<broadcast::Sender<News>>,
}

impl Live {
    pub(crate) fn new(store: Store, stopped: watch::Receiver<bool>) -> Self {
        Self { store, stopped, rooms: Arc::default() }
    }

    /// Waits until the process is asked to stop.
    pub(crate) async fn stopped(&self) {
        let mut stopped = self.stopped.clone();
        // Whoever could tell is gone: that is a stop too.
        let _ = stopped.wait_for(|stop| *stop).await;
    }

    /// Takes a seat: news from now on.
    pub(crate) fn sit(&self, workspace: &WorkspaceId) -> Seat {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = rooms.get(workspace).and_then(Weak::upgrade) {
            return Seat { news: room.subscribe(), _room: room };
        }
        rooms.retain(|_, room| room.strong_count() > 0);
        let room = Arc::new(broadcast::Sender::new(KEPT));
        rooms.insert(workspace.clone(), Arc::downgrade(&room));
        tokio::spawn(look(self.store.clone(), workspace.clone(), Arc::downgrade(&room)));
        Seat { news: room.subscribe(), _room: room }
    }

    /// The database's clock.
    pub(crate) async fn now(&self) -> Result<i64, Problem> {
        Ok(self.store.clock().await?)
    }

    /// How everything stands that goes on, or that ended since a moment.
    pub(crate) async fn since(
        &self,
        workspace: &WorkspaceId,
        since: Option<i64>,
    ) -> Result<Vec<News>, Problem> {
        let now = self.now().await?;
        let mut news = Vec::new();
        for lately in runs::lately(&self.store, workspace, since.map(|at| at - LATE)).await? {
            news.extend(tell(&self.store, workspace, now, lately.run).await);
        }
        Ok(news)
    }
}

/// Asks for as long as anybody listens.
async fn look(store: Store, workspace: WorkspaceId, room: Weak<broadcast::Sender<News>>) {
    let mut known: BTreeMap<RunId, Lately> = BTreeMap::new();
    // The first look tells everything: what changed since whoever sat down first has looked is among it.
    let mut since = store.clock().await.ok();
    while let Some(room) = room.upgrade() {
        match stand(&store, &workspace, since).await {
            Ok((now, found)) => {
                for lately in found {
                    if known.get(&lately.run) == Some(&lately) {
                        continue;
                    }
                    if let Some(news) = tell(&store, &workspace, now, lately.run.clone()).await {
                        // Nobody listening is no error.
                        let _ = room.send(news);
                    }
                    known.insert(lately.run.clone(), lately);
                }
                known.retain(|_, one| one.ended_at.is_none_or(|at| at > now - 10 * LATE));
                since = Some(now);
            }
            Err(problem) => tracing::warn!(%problem, "no news for now"),
        }
        drop(room);
        tokio::time::sleep(EVERY).await;
    }
}

/// The clock, and what goes on or ended since a moment.
async fn stand(
    store: &Store,
    workspace: &WorkspaceId,
    since: Option<i64>,
) -> Result<(i64, Vec<Lately>), Problem> {
    let now = store.clock().await?;
    Ok((now, runs::lately(store, workspace, since.map(|at| at - LATE)).await?))
}

/// A run as it stands now; one that cannot be read now is told at the next look that finds it changed.
async fn tell(store: &Store, workspace: &WorkspaceId, id: i64, run: RunId) -> Option<News> {
    match run_view(store, workspace, &run).await {
        Ok(view) => Some(News { id, run, body: serde_json::to_string(&view).ok()?.into() }),
        Err(problem) => {
            tracing::warn!(%problem, %run, "news are lost");
            None
        }
    }
}
