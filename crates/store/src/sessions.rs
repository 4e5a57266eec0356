//! Worker sessions: one row per living process, kept alive by a heartbeat. A session serves every workspace, so it is the
//! one table whose functions take none.
//!
//! A session also holds a lock on a file of this machine. The kernel drops the lock when the process dies, however it
//! dies, so the next process of the same machine takes its work over at once and need not wait for the lease to end.

use std::{
    collections::BTreeMap,
    fs::File,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::{
    Error, Store,
    open::{is_sqlite, row, rows, run},
    steps::{self, Ready},
};

/// A living session. Dropping it is dying: others may take its steps.
#[derive(Clone, Debug)]
pub struct Session {
    id: String,
    lease: Duration,
    _lock: Arc<Lock>,
}

#[derive(Debug)]
struct Lock {
    _file: File,
}

impl Session {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How long it lives without a heartbeat. Beat at least three times in it.
    pub fn lease(&self) -> Duration {
        self.lease
    }
}

/// Begins a session under an id that nobody had before.
pub async fn open(store: &Store, id: &str, lease: Duration) -> Result<Session, Error> {
    let path = lock_file(store, id);
    let file = File::create(&path).map_err(|e| Error::Files(format!("{}: {e}", path.display())))?;
    file.try_lock().map_err(|e| Error::Files(format!("{}: {e}", path.display())))?;
    let sql = "INSERT INTO sessions (id, lease_ms, started_at, beat_at) VALUES ($1, $2, {now}, {now})";
    let lease_ms = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX / 2);
    run(&store.db, sql, vec![id.into(), lease_ms.into()]).await?;
    Ok(Session { id: id.to_owned(), lease, _lock: Arc::new(Lock { _file: file }) })
}

/// Says that the session lives. [`Error::Lost`]: it was declared dead, and its steps were given away.
pub async fn beat(store: &Store, session: &Session) -> Result<(), Error> {
    let sql = "UPDATE sessions SET beat_at = {now} WHERE id = $1 AND ended_at IS NULL";
    let alive = run(&store.db, sql, vec![session.id.as_str().into()]).await?.rows_affected() == 1;
    if alive { Ok(()) } else { Err(Error::Lost(format!("session {}", session.id))) }
}

/// Ends a session in good order; what it still had is given back.
pub async fn close(store: &Store, session: &Session) -> Result<(), Error> {
    bury(store, &session.id, None, None).await.map(drop)
}

/// What one process has seen of the others. A session is dead when its sign of life did not change for a lease of *our* time,
/// in which we saw the database all along. So no clock is compared with another: clocks may differ and jump, and after
/// a database was away everybody has a whole lease to be heard again.
#[derive(Debug, Default)]
pub struct Watch {
    seen: BTreeMap<String, Sign>,
    looked: Option<Instant>,
}

/// A sign of life.
#[derive(Clone, Copy, Debug)]
struct Sign {
    beat_at: i64,
    since: Instant,
}

/// A session that has not ended, or still has steps.
#[derive(FromQueryResult)]
struct Other {
    id: String,
    beat_at: i64,
    lease_ms: i64,
    ended: i32,
}

impl Watch {
    /// Looks at everybody's sign of life once, and keeps what it saw.
    pub async fn look(&mut self, store: &Store) -> Result<(), Error> {
        self.others(store).await.map(drop)
    }

    async fn others(&mut self, store: &Store) -> Result<Vec<Other>, Error> {
        // An ended session that still has steps: they were claimed in the moment when it was declared dead.
        let sql = "SELECT id, beat_at, lease_ms, 0 AS ended FROM sessions WHERE ended_at IS NULL
                   UNION ALL SELECT DISTINCT a.id, a.beat_at, a.lease_ms, 1 FROM steps s JOIN sessions a ON a.id = s.session_id
                     WHERE s.state = 'running' AND a.ended_at IS NOT NULL ORDER BY 1";
        let others: Vec<Other> = match rows(&store.db, sql, vec![]).await {
            Ok(others) => others,
            Err(error) => {
                *self = Self::default();
                return Err(error);
            }
        };
        let (now, before) = (Instant::now(), self.looked.replace(Instant::now()));
        let mut seen = BTreeMap::new();
        for Other { id, beat_at, lease_ms, .. } in &others {
            let lease = Duration::from_millis(u64::try_from(*lease_ms).unwrap_or(0));
            let watched = before.is_some_and(|before| now - before < lease);
            let same = self.seen.get(id).filter(|sign| watched && sign.beat_at == *beat_at);
            seen.insert(id.clone(), same.copied().unwrap_or(Sign { beat_at: *beat_at, since: now }));
        }
        self.seen = seen;
        Ok(others)
    }

    fn is_silent(&self, other: &Other) -> bool {
        let lease = Duration::from_millis(u64::try_from(other.lease_ms).unwrap_or(0));
        self.seen.get(&other.id).is_some_and(|sign| sign.since.elapsed() > lease)
    }
}

/// Finds dead sessions and gives their steps back; a step that its workers died with `limit` times is given up. Whoever
/// asks lives (`own`). One does it at a time; `None`: somebody else does it now.
pub async fn recover(
    store: &Store,
    watch: &mut Watch,
    own: &str,
    limit: u32,
) -> Result<Option<Vec<Ready>>, Error> {
    let mut given_back = Vec::new();
    for other in watch.others(store).await?.into_iter().filter(|other| other.id != own) {
        let gone = other.ended == 1 || died_here(store, &other.id);
        if gone || watch.is_silent(&other) {
            let silent_since = (!gone).then_some(other.beat_at);
            match bury(store, &other.id, Some(limit), silent_since).await? {
                Some(ready) => given_back.extend(ready),
                None => return Ok(None),
            }
        }
    }
    Ok(Some(given_back))
}

/// Declares every session dead, as when all the machines are known to be off.
pub async fn bury_all(store: &Store, limit: u32) -> Result<usize, Error> {
    #[derive(FromQueryResult)]
    struct Living {
        id: String,
    }
    let mut given_back = 0;
    let sql = "SELECT id FROM sessions WHERE ended_at IS NULL ORDER BY id";
    for session in rows::<Living>(&store.db, sql, vec![]).await? {
        given_back += bury(store, &session.id, Some(limit), None).await?.map_or(0, |ready| ready.len());
    }
    Ok(given_back)
}

/// One transaction: a session that is dead has no steps. One that is only silent is dead if its last sign is still the
/// same. `None`: another reconciler is at work.
async fn bury(
    store: &Store,
    id: &str,
    crash_limit: Option<u32>,
    last_sign: Option<i64>,
) -> Result<Option<Vec<Ready>>, Error> {
    let tx = store.begin().await?;
    if crash_limit.is_some() && !is_sqlite(&tx) && !alone(&tx).await? {
        return Ok(None);
    }
    let sql = "UPDATE sessions SET ended_at = COALESCE(ended_at, {now}) WHERE id = $1 AND (ended_at IS NOT NULL OR beat_at = COALESCE($2, beat_at))";
    if run(&tx, sql, vec![id.into(), last_sign.into()]).await?.rows_affected() == 0 {
        return Ok(Some(vec![]));
    }
    let given_back = steps::abandon(&tx, id, crash_limit.is_some(), crash_limit.unwrap_or(u32::MAX)).await?;
    tx.commit().await?;
    // A file that stays behind does no harm; the row says that the session ended.
    let _ = std::fs::remove_file(lock_file(store, id));
    Ok(Some(given_back))
}

/// Takes the lock of the reconcilers until the transaction ends.
async fn alone(db: &impl ConnectionTrait) -> Result<bool, Error> {
    #[derive(FromQueryResult)]
    struct Got {
        got: bool,
    }
    // Any number will do, as long as it is ours.
    let got: Option<Got> = row(db, "SELECT pg_try_advisory_xact_lock(7309218844) AS got", vec![]).await?;
    Ok(got.is_some_and(|g| g.got))
}

/// Did the session run on this machine, and is its process gone?
fn died_here(store: &Store, id: &str) -> bool {
    File::open(lock_file(store, id)).is_ok_and(|file| file.try_lock().is_ok())
}

fn lock_file(store: &Store, id: &str) -> PathBuf {
    store.locks.join(format!("{id}.lock"))
}

/// The table, and nothing else.
#[cfg(test)]
pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sessions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub id: String,
        pub lease_ms: i64,
        pub started_at: i64,
        pub beat_at: i64,
        pub ended_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
