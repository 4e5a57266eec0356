//! Taking steps, and taking them back from the dead.

use handbill_domain::{
    fault::{Billed, Failure, NextAction},
    ids::WorkspaceId,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;

use super::{Fence, Ready, Step, count, group, row, unblock};
use crate::{
    Error, Store, calls,
    error::unreadable,
    group::{Batch, Group, Groups},
    open::{is_sqlite, list, rows},
};

/// A step that a session wants.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) workspace: WorkspaceId,
    pub(crate) step: i64,
    pub(crate) session: String,
}

/// Takes a step for a worker session. `None`: somebody else was faster, or it cannot be taken.
pub async fn claim(
    store: &Store,
    workspace: &WorkspaceId,
    step: i64,
    session: &str,
) -> Result<Option<Step>, Error> {
    group::write(store, Claim { workspace: workspace.clone(), step, session: session.to_owned() }).await
}

/// Takes those of some steps that can be taken.
pub async fn claim_many(
    store: &Store,
    steps: &[(WorkspaceId, i64)],
    session: &str,
) -> Result<Vec<Step>, Error> {
    let given = list(steps.iter().map(|(w, step)| json!({ "workspace": w.as_str(), "step": step })))?;
    // The inner SELECT locks in the order of ids and passes over what somebody else has in hand. As an array it is
    // looked up first and for itself; as a table, PostgreSQL would read all steps beside it. The run is looked up for each
    // step, because joined it would be all running runs for each ticket.
    let (open, close) = if is_sqlite(&store.db) { ("IN (", ")") } else { ("= ANY(ARRAY(", "))") };
    let sql = format!(
        "UPDATE steps SET state = 'running', epoch = epoch + 1, session_id = $2, due_at = NULL, started_at = {{now}}
         WHERE id {open}
           SELECT s.id FROM {{rows(workspace text, step bigint)}} JOIN steps s ON s.id = v.step AND s.workspace_id = v.workspace
           WHERE (s.state = 'ready' OR (s.state = 'waiting' AND s.due_at <= {{now}} AND s.needs_left <= 0))
           AND (SELECT r.state FROM runs r WHERE r.workspace_id = s.workspace_id AND r.id = s.run_id) = 'running'
           AND EXISTS (SELECT 1 FROM sessions a WHERE a.id = $2 AND a.ended_at IS NULL)
           ORDER BY s.id {{skip s}}{close} RETURNING *"
    );
    let taken: Vec<row::Model> = rows(&store.db, &sql, vec![given, session.into()]).await?;
    taken.into_iter().map(row::Model::read).collect()
}

impl Batch for Claim {
    type Done = Option<Step>;

    async fn write(store: &Store, batch: &[Self]) -> Result<Vec<Result<Option<Step>, Error>>, Error> {
        let mut done: Vec<Result<Option<Step>, Error>> = batch.iter().map(|_| Ok(None)).collect();
        let mut sessions: Vec<&str> = batch.iter().map(|claim| claim.session.as_str()).collect();
        sessions.sort_unstable();
        sessions.dedup();
        for session in sessions {
            let ours: Vec<usize> = (0..batch.len()).filter(|n| batch[*n].session == session).collect();
            let steps: Vec<_> = ours.iter().map(|n| (batch[*n].workspace.clone(), batch[*n].step)).collect();
            for step in claim_many(store, &steps, session).await? {
                if let Some(n) =
                    ours.iter().find(|n| batch[**n].step == step.id && matches!(done[**n], Ok(None)))
                {
                    done[*n] = Ok(Some(step));
                }
            }
        }
        Ok(done)
    }

    fn group(groups: &Groups) -> &Group<Self> {
        &groups.claims
    }
}

/// The running steps of a session, as the database sees them.
pub async fn held_by(store: &Store, session: &str) -> Result<Vec<(WorkspaceId, Fence)>, Error> {
    #[derive(FromQueryResult)]
    struct Held {
        workspace_id: String,
        id: i64,
        epoch: i64,
    }
    let sql =
        "SELECT workspace_id, id, epoch FROM steps WHERE session_id = $1 AND state = 'running' ORDER BY id";
    let held: Vec<Held> = rows(&store.db, sql, vec![session.into()]).await?;
    let read = |h: Held| (WorkspaceId::new(h.workspace_id), Fence { step: h.id, epoch: h.epoch });
    Ok(held.into_iter().map(read).collect())
}

/// Gives the running steps of an ended session back. A step that its worker died with (`crashed`) is counted, and given
/// up when it happened `limit` times: it may well be the reason.
pub(crate) async fn abandon(
    db: &impl ConnectionTrait,
    session: &str,
    crashed: bool,
    limit: u32,
) -> Result<Vec<Ready>, Error> {
    #[derive(FromQueryResult)]
    struct Gone {
        id: i64,
        workspace_id: String,
        run_id: String,
        lane: String,
        state: String,
    }
    let failure = Failure {
        code: "crash_loop".into(),
        message: format!("its worker died {limit} times while running it"),
        billed: Billed::No,
        next_action: NextAction::Report,
    };
    let failure = serde_json::to_string(&failure).map_err(unreadable)?;
    let sql = "UPDATE steps SET session_id = NULL, crashes = crashes + $2,
                 state = CASE WHEN crashes + $2 >= $3 AND $2 > 0 THEN 'failed' ELSE 'ready' END,
                 failure = CASE WHEN crashes + $2 >= $3 AND $2 > 0 THEN $4 ELSE failure END,
                 ended_at = CASE WHEN crashes + $2 >= $3 AND $2 > 0 THEN {now} ELSE NULL END
               WHERE id IN (SELECT s.id FROM steps s WHERE s.session_id = $1 AND s.state = 'running' ORDER BY s.id {lock s})
               RETURNING id, workspace_id, run_id, lane, state";
    let limit = i32::try_from(limit).unwrap_or(i32::MAX);
    let values = vec![session.into(), i32::from(crashed).into(), limit.into(), failure.into()];
    let gone: Vec<Gone> = rows(db, sql, values).await?;
    let (failed, back): (Vec<_>, Vec<_>) = gone.into_iter().partition(|g| g.state == "failed");
    let mut ready = Vec::new();
    for g in back {
        ready.push(super::ReadyRow {
            id: g.id,
            workspace_id: g.workspace_id,
            run_id: g.run_id,
            lane: g.lane,
        });
    }
    let mut ready = super::readied(ready)?;
    if !failed.is_empty() {
        let ids: Vec<i64> = failed.iter().map(|g| g.id).collect();
        calls::abandon(db, &ids).await?;
        ready.extend(unblock(db, &ids).await?);
        let ended = failed.iter().map(|g| ((g.workspace_id.as_str(), g.run_id.as_str()), (false, false)));
        count(db, ended).await?;
    }
    Ok(ready)
}
