//! Our own sign of life in the store, renewed for as long as we live.

use std::{
    collections::HashSet,
    process,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use handbill_domain::asset::Digest;
use handbill_store::{
    Error, Store,
    sessions::{self, Session},
};
use tokio::time;

use crate::crew::Crew;

/// The session in force. A worker that slept through its lease gets a new one; what it had is no longer its own.
pub(crate) struct Living(Mutex<Session>);

impl Living {
    pub(crate) async fn open(store: &Store, lease: Duration) -> Result<Self, Error> {
        Ok(Self(Mutex::new(sessions::open(store, &a_new_id(), lease).await?)))
    }

    pub(crate) fn session(&self) -> Session {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Beats for ever, and looks with each beat whether a person ended a run that we work on.
    pub(crate) async fn beat(&self, crew: &Crew) {
        let store = &crew.engine.store;
        let mut mislaid = HashSet::new();
        loop {
            let session = self.session();
            time::sleep(session.lease() / 4).await;
            match sessions::beat(store, &session).await {
                Ok(()) => {}
                Err(Error::Lost(_)) => match sessions::open(store, &a_new_id(), session.lease()).await {
                    Ok(next) => *self.0.lock().unwrap_or_else(PoisonError::into_inner) = next,
                    Err(error) => tracing::warn!(%error, "no new session yet"),
                },
                Err(error) => tracing::warn!(%error, "heartbeat missed"),
            }
            if let Err(error) = crew.look_for_ends().await {
                tracing::warn!(%error, "could not see which runs were ended");
            }
            if let Err(error) = crew.find_mislaid(&mut mislaid).await {
                tracing::warn!(%error, "could not see what was mislaid");
            }
        }
    }
}

/// An id that no other session has: process, time and a count.
fn a_new_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seed = format!("{} {} {}", process::id(), now.as_nanos(), COUNT.fetch_add(1, Ordering::Relaxed));
    Digest::of(seed.as_bytes()).as_str()[..24].to_owned()
}
