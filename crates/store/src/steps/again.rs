//! Steps that are set back to the beginning, put on again, or ended by a person.

use handbill_domain::{
    ids::{RunId, WorkspaceId},
    step::StepState,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;

use super::{Step, count, of};
use crate::{
    Error, Store, calls,
    open::{list, rows, run},
};

#[derive(FromQueryResult)]
struct Id {
    id: i64,
}

/// Makes the steps of a run ready that were put aside for want of money.
pub(crate) async fn release_held(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    id: &RunId,
) -> Result<(), Error> {
    let sql = "UPDATE steps SET state = 'ready', failure = NULL WHERE id IN (
                 SELECT s.id FROM steps s WHERE s.workspace_id = $1 AND s.run_id = $2 AND s.state = 'waiting' AND s.due_at IS NULL
                 ORDER BY s.id {lock s})";
    run(db, sql, of(workspace, id)).await?;
    Ok(())
}

/// Forgets how often workers died with the steps of a run that have not ended: a person who orders it again after
/// killing its process three times has not found a step that kills.
pub(crate) async fn forgive(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    id: &RunId,
) -> Result<(), Error> {
    let sql = "UPDATE steps SET crashes = 0 WHERE id IN (
                 SELECT s.id FROM steps s WHERE s.workspace_id = $1 AND s.run_id = $2 AND s.crashes > 0
                 AND s.state IN ('blocked', 'ready', 'running', 'waiting') ORDER BY s.id {lock s})";
    run(db, sql, of(workspace, id)).await?;
    Ok(())
}

/// Sets steps, and everything that was made after them, back to the beginning. What nobody has begun or what is under
/// way is left alone. The journal stays: an unchanged question is not paid again.
pub(crate) async fn retry(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    id: &RunId,
    roots: &[i64],
) -> Result<(), Error> {
    let sql = "WITH RECURSIVE again(id) AS (
                 SELECT v.step FROM {rows(step bigint)}
                 UNION SELECT d.step_id FROM dependencies d JOIN again a ON d.needs_id = a.id)
               SELECT s.id FROM steps s WHERE s.workspace_id = $2 AND s.run_id = $3 AND s.id IN (SELECT id FROM again) ORDER BY s.id {lock s}";
    let given = list(roots.iter().map(|step| json!({ "step": step })))?;
    let values = vec![given, workspace.as_str().into(), id.as_str().into()];
    let again: Vec<i64> = rows::<Id>(db, sql, values).await?.into_iter().map(|found| found.id).collect();
    let given = || list(again.iter().map(|step| json!({ "step": step })));
    let sql = "UPDATE steps SET state = 'blocked', output = NULL, output_digest = NULL, inputs_digest = NULL, failure = NULL,
                 attempts = 0, crashes = 0, waited_ms = 0, ended_at = NULL, due_at = NULL
               WHERE id IN (SELECT v.step FROM {rows(step bigint)}) AND state IN ('succeeded', 'failed', 'canceled', 'ready')";
    run(db, sql, vec![given()?]).await?;
    let left = "(SELECT COUNT(*) FROM dependencies d JOIN steps p ON p.id = d.needs_id
                 WHERE d.step_id = steps.id AND p.state NOT IN ('succeeded', 'failed', 'canceled'))";
    let sql = format!(
        "UPDATE steps SET needs_left = {left}, state = CASE WHEN state = 'blocked' AND {left} = 0 THEN 'ready'
           WHEN state = 'waiting' AND {left} > 0 THEN 'blocked' ELSE state END
         WHERE id IN (SELECT v.step FROM {{rows(step bigint)}})"
    );
    run(db, &sql, vec![given()?]).await?;
    reopen(db, workspace, id).await
}

/// Opens a run again and counts it anew; a paused one stays paused. [`Error::NotNow`]: a person ended it.
pub(crate) async fn reopen(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    id: &RunId,
) -> Result<(), Error> {
    // Locked by a statement of its own: the next one then counts what others have written until here.
    #[derive(FromQueryResult)]
    struct State {
        state: String,
    }
    let sql = "SELECT r.state FROM runs r WHERE r.workspace_id = $1 AND r.id = $2 {lock r}";
    if rows::<State>(db, sql, of(workspace, id)).await?.iter().any(|r| r.state == "canceled") {
        return Err(Error::NotNow(format!("run {id} was canceled")));
    }
    let of_run = "(SELECT COUNT(*) FROM steps s WHERE s.workspace_id = $1 AND s.run_id = $2 AND s.state";
    let sql = format!(
        "UPDATE runs SET state = CASE WHEN state = 'paused' THEN state ELSE 'running' END, ended_at = NULL,
           open = {of_run} NOT IN ('succeeded', 'failed', 'canceled')), failed = {of_run} IN ('failed', 'canceled')),
           made = {of_run} = 'succeeded' AND s.makes = 1)
         WHERE workspace_id = $1 AND id = $2"
    );
    run(db, &sql, of(workspace, id)).await?;
    Ok(())
}

/// Ends some steps of a canceled run that nobody has in hand; tells how many.
pub(crate) async fn cancel_some(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    id: &RunId,
    most: i64,
) -> Result<usize, Error> {
    let sql = "UPDATE steps SET state = 'canceled', due_at = NULL, ended_at = {now} WHERE id IN (
                 SELECT s.id FROM steps s WHERE s.workspace_id = $1 AND s.run_id = $2 AND s.state IN ('blocked', 'ready', 'waiting')
                 ORDER BY s.id LIMIT $3 {lock s}) RETURNING id";
    let mut values = of(workspace, id);
    values.push(most.into());
    let ended: Vec<i64> = rows::<Id>(db, sql, values).await?.into_iter().map(|found| found.id).collect();
    if !ended.is_empty() {
        calls::abandon(db, &ended).await?;
        let run = (workspace.as_str(), id.as_str());
        count(db, ended.iter().map(|_| (run, (false, false)))).await?;
    }
    Ok(ended.len())
}

/// The failed steps of a run.
pub(crate) async fn failed(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    id: &RunId,
) -> Result<Vec<i64>, Error> {
    let sql = "SELECT id FROM steps WHERE workspace_id = $1 AND run_id = $2 AND state = 'failed' ORDER BY id";
    Ok(rows::<Id>(db, sql, of(workspace, id)).await?.into_iter().map(|found| found.id).collect())
}

/// Sets one ended step to its next revision; children that have not begun wait for it. `false`: it has not ended.
pub(crate) async fn begin_again(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    step: i64,
) -> Result<bool, Error> {
    let sql = "SELECT s.id FROM steps s WHERE s.id IN (SELECT d.step_id FROM dependencies d WHERE d.needs_id = $1) OR s.id = $1
               ORDER BY s.id {lock s}";
    rows::<Id>(db, sql, vec![step.into()]).await?;
    let sql = "UPDATE steps SET state = CASE WHEN needs_left > 0 THEN 'blocked' ELSE 'ready' END, revision = revision + 1, output = NULL,
                 output_digest = NULL, inputs_digest = NULL, failure = NULL, attempts = 0, crashes = 0, waited_ms = 0, ended_at = NULL, due_at = NULL
               WHERE workspace_id = $2 AND id = $1 AND state IN ('succeeded', 'failed')";
    if run(db, sql, vec![step.into(), workspace.as_str().into()]).await?.rows_affected() == 0 {
        return Ok(false);
    }
    let sql = "UPDATE steps SET needs_left = needs_left + 1, state = CASE WHEN state IN ('ready', 'waiting') THEN 'blocked' ELSE state END
               WHERE id IN (SELECT d.step_id FROM dependencies d WHERE d.needs_id = $1)";
    run(db, sql, vec![step.into()]).await?;
    Ok(true)
}

/// Steps that were made of outputs that have changed since.
pub(crate) async fn stale(store: &Store, workspace: &WorkspaceId, id: &RunId) -> Result<Vec<i64>, Error> {
    let all = super::all(store, workspace, id).await?;
    let made: Vec<&Step> = all.iter().filter(|s| s.state == StepState::Succeeded).collect();
    let ids: Vec<i64> = made.iter().map(|s| s.id).collect();
    let inputs = super::inputs_many(store, &ids).await?;
    let changed = |step: &&&Step| {
        let now = inputs.get(&step.id).map(super::inputs_digest).unwrap_or_default();
        step.inputs_digest.is_some() && step.inputs_digest != now
    };
    Ok(made.iter().filter(changed).map(|step| step.id).collect())
}
