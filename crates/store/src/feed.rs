//! What a feeder asks: who leads, what is ready, what is due, what is left over. It serves every workspace.

use std::time::Duration;

use handbill_domain::{
    ids::{RunId, WorkspaceId},
    step::Lane,
};
use sea_orm::FromQueryResult;

use crate::{
    Error, Store,
    open::{is_sqlite, now, row, rows, run},
    plans, requests, runs,
    steps::{Ready, ReadyRow, readied},
};

/// Makes a session the leader, or keeps it so. `false`: somebody else is, and was heard of lately.
pub async fn lead(store: &Store, name: &str, session: &str, lease: Duration) -> Result<bool, Error> {
    let sql = "INSERT INTO leaders (name, session_id, until_ms) VALUES ($1, $2, {now} + $3)
               ON CONFLICT (name) DO UPDATE SET session_id = $2, until_ms = {now} + $3
               WHERE leaders.session_id = $2 OR leaders.until_ms < {now}
                 OR EXISTS (SELECT 1 FROM sessions s WHERE s.id = leaders.session_id AND s.ended_at IS NOT NULL)";
    let lease = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX / 2);
    Ok(run(&store.db, sql, vec![name.into(), session.into(), lease.into()]).await?.rows_affected() == 1)
}

/// Does somebody lead, so that runs go on which nobody drives by themselves?
pub async fn is_led(store: &Store, name: &str) -> Result<bool, Error> {
    #[derive(FromQueryResult)]
    struct One {
        #[allow(dead_code, reason = "that there is a row is the answer")]
        one: i32,
    }
    let sql = "SELECT 1 AS one FROM leaders l WHERE name = $1 AND until_ms >= {now}
               AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.id = l.session_id AND s.ended_at IS NOT NULL)";
    Ok(row::<One>(&store.db, sql, vec![name.into()]).await?.is_some())
}

/// A workspace's runs of one class that may have something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Thousands that nobody waits for?
    pub bulk: bool,
}

/// Who has running runs.
pub async fn lines(store: &Store) -> Result<Vec<Line>, Error> {
    #[derive(FromQueryResult)]
    struct Row {
        workspace_id: String,
        class: String,
    }
    let sql = "SELECT DISTINCT workspace_id, class FROM runs WHERE state = 'running' ORDER BY 1, 2";
    let found: Vec<Row> = rows(&store.db, sql, vec![]).await?;
    let line = |row: Row| Line { workspace: WorkspaceId::new(row.workspace_id), bulk: row.class == "bulk" };
    Ok(found.into_iter().map(line).collect())
}

/// The first ready steps of a line in a lane, oldest runs first.
pub async fn ready(store: &Store, line: &Line, lane: Lane, most: usize) -> Result<Vec<Ready>, Error> {
    let sql = if is_sqlite(&store.db) {
        "SELECT s.id, s.workspace_id, s.run_id, s.lane FROM (SELECT id FROM runs WHERE state = 'running' AND workspace_id = $1 AND class = $2
           ORDER BY created_at, id) r
         CROSS JOIN steps s INDEXED BY steps_ready ON s.workspace_id = $1 AND s.run_id = r.id AND s.lane = $3 WHERE s.state = 'ready' LIMIT $4"
    } else {
        "SELECT s.id, s.workspace_id, s.run_id, s.lane FROM (SELECT id FROM runs WHERE state = 'running' AND workspace_id = $1 AND class = $2
           ORDER BY created_at, id) r
         CROSS JOIN LATERAL (SELECT t.id, t.workspace_id, t.run_id, t.lane FROM steps t WHERE t.workspace_id = $1 AND t.run_id = r.id AND t.lane = $3
           AND t.state = 'ready' ORDER BY t.id LIMIT $4) s LIMIT $4"
    };
    let class = if line.bulk { "bulk" } else { "interactive" };
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let values = vec![line.workspace.as_str().into(), class.into(), lane.as_str().into(), most.into()];
    readied(rows::<ReadyRow>(&store.db, sql, values).await?)
}

/// Waiting steps whose time has come, and how long until the next one.
pub async fn due(store: &Store, most: usize) -> Result<(Vec<(Ready, bool)>, Option<Duration>), Error> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        workspace_id: String,
        run_id: String,
        lane: String,
        class: String,
    }
    let sql = "SELECT s.id, s.workspace_id, s.run_id, s.lane, r.class FROM steps s
               JOIN runs r ON r.workspace_id = s.workspace_id AND r.id = s.run_id
               WHERE s.state = 'waiting' AND s.due_at <= $2 AND r.state = 'running' ORDER BY s.due_at LIMIT $1";
    let time = now(&store.db).await?;
    let values = vec![i64::try_from(most).unwrap_or(i64::MAX).into(), time.into()];
    let mut due = Vec::new();
    for found in rows::<Row>(&store.db, sql, values).await? {
        let row = ReadyRow {
            id: found.id,
            workspace_id: found.workspace_id,
            run_id: found.run_id,
            lane: found.lane,
        };
        due.extend(readied(vec![row])?.into_iter().map(|ready| (ready, found.class == "bulk")));
    }
    #[derive(FromQueryResult)]
    struct Next {
        next: Option<i64>,
    }
    let sql = "SELECT MIN(due_at) AS next FROM steps WHERE state = 'waiting' AND due_at > $1";
    let next: Option<Next> = row(&store.db, sql, vec![time.into()]).await?;
    let next = next.and_then(|n| n.next).map(|at| Duration::from_millis((at - time).unsigned_abs()));
    Ok((due, next))
}

/// Ends what is left of runs that were canceled by somebody who did not live to do it.
pub async fn sweep(store: &Store) -> Result<(), Error> {
    #[derive(FromQueryResult)]
    struct Row {
        workspace_id: String,
        id: String,
    }
    let sql = "SELECT r.workspace_id, r.id FROM runs r WHERE r.state = 'canceled' AND r.open > 0 AND EXISTS (
                 SELECT 1 FROM steps s WHERE s.workspace_id = r.workspace_id AND s.run_id = r.id AND s.state IN ('blocked', 'ready', 'waiting'))
               ORDER BY r.workspace_id, r.id LIMIT 100";
    for found in rows::<Row>(&store.db, sql, vec![]).await? {
        runs::sweep_canceled(store, &WorkspaceId::new(found.workspace_id), &RunId::new(found.id)).await?;
    }
    Ok(())
}

/// Forgets answers and plans that are too old. They count as gone before: it is not urgent.
pub async fn forget(store: &Store) -> Result<(), Error> {
    requests::sweep(store).await?;
    plans::sweep(store).await?;
    Ok(())
}

/// Steps to claim without tickets, as when Redis is away: the next of every line, in turn.
pub async fn anything(store: &Store, lane: Lane, most: usize) -> Result<Vec<(Ready, bool)>, Error> {
    let mut found: Vec<(Ready, bool)> =
        due(store, most).await?.0.into_iter().filter(|(ready, _)| ready.lane == lane).collect();
    let lines = lines(store).await?;
    let each = most.div_ceil(lines.len().max(1)).max(1);
    for line in lines {
        found.extend(ready(store, &line, lane, each).await?.into_iter().map(|r| (r, line.bulk)));
    }
    found.sort_by_key(|(_, bulk)| *bulk);
    found.truncate(most);
    Ok(found)
}
