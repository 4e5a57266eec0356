//! The line of tickets as the crew uses it: the shared one, and while that is away one of our own.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use handbill_domain::step::Lane;
use handbill_queue::{Bell, Class, Dispatcher, Error, Local, Place, Room, Taken, Ticket};
use tokio::time::Instant;

/// A line that does not answer is left alone for so long.
const QUIET: Duration = Duration::from_secs(1);

/// The shared line, with one of our own behind it.
pub(crate) struct Line {
    shared: Arc<dyn Dispatcher>,
    own: Local,
    quiet_until: Mutex<Option<Instant>>,
    away: AtomicBool,
}

impl Line {
    pub(crate) fn new(shared: Arc<dyn Dispatcher>) -> Self {
        Self { shared, own: Local::default(), quiet_until: Mutex::default(), away: AtomicBool::new(false) }
    }

    /// Is the shared line away, so that everybody has to look for work by themselves?
    pub(crate) fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    fn is_quiet(&self) -> bool {
        let until = *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }

    /// Notes whether the shared line answered. `None`: it did not.
    fn heard<T>(&self, answer: Result<T, Error>) -> Option<T> {
        match answer {
            Ok(answer) => {
                if self.away.swap(false, Ordering::Relaxed) {
                    tracing::info!("the line of tickets is back");
                }
                Some(answer)
            }
            Err(error) => {
                if !self.away.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "the line of tickets is away; steps are looked for in the database");
                }
                let until = Some(Instant::now() + QUIET);
                *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner) = until;
                None
            }
        }
    }
}

#[async_trait]
impl Dispatcher for Line {
    async fn push_as(&self, lane: Lane, class: Class, tickets: &[Ticket]) -> Result<(), Error> {
        if tickets.is_empty() {
            return Ok(());
        }
        if !self.is_quiet() && self.heard(self.shared.push_as(lane, class, tickets).await).is_some() {
            return Ok(());
        }
        self.own.push_as(lane, class, tickets).await?;
        self.shared.bell(lane).ring();
        Ok(())
    }

    async fn take(&self, lane: Lane, room: Room) -> Result<Vec<Taken>, Error> {
        // What came into our own line while the other was away goes first.
        let own = self.own.take(lane, room).await?;
        if !own.is_empty() || self.is_quiet() {
            return Ok(own);
        }
        Ok(self.heard(self.shared.take(lane, room).await).unwrap_or_default())
    }

    fn bell(&self, lane: Lane) -> Arc<Bell> {
        self.shared.bell(lane)
    }

    fn is_local(&self) -> bool {
        self.shared.is_local()
    }

    async fn remove(&self, lane: Lane, ticket: &Ticket) -> Result<bool, Error> {
        self.shared.remove(lane, ticket).await
    }

    async fn depth(&self, lane: Lane) -> Result<u64, Error> {
        self.shared.depth(lane).await
    }

    async fn waiting(&self, places: &[Place]) -> Result<Vec<u64>, Error> {
        if self.is_quiet() {
            return self.own.waiting(places).await;
        }
        match self.heard(self.shared.waiting(places).await) {
            Some(waiting) => Ok(waiting),
            None => self.own.waiting(places).await,
        }
    }
}
