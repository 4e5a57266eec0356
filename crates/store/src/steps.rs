//! Steps: the nodes of a run's graph, and every change of their state.
//!
//! A claim raises the step's epoch; every later write names the epoch that it was claimed with and is void
//! ([`Error::Lost`]) once somebody else has claimed the step. Rows are locked in the order of their ids, and parents
//! have smaller ids than their children.

use std::{collections::BTreeMap, time::Duration};

use handbill_domain::{
    fault::Failure,
    ids::{RunId, WorkspaceId},
    step::{Lane, StepState},
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::Value;

use crate::{
    Error, Store,
    error::unreadable,
    open::{row, rows, run},
};

/// A step of a graph that is to be written.
#[derive(Clone, Debug)]
pub struct NewStep {
    /// Unique in the run.
    pub key: String,
    /// Which function runs it.
    pub kind: String,
    /// Which workers take it.
    pub lane: Lane,
    /// Keys of the steps that must have ended before it.
    pub needs: Vec<String>,
    /// What the worker needs to know.
    pub spec: Value,
}

/// A step as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its ticket number.
    pub id: i64,
    /// The run that it belongs to.
    pub run: RunId,
    /// Its name in the run.
    pub key: String,
    /// Which workers take it.
    pub lane: Lane,
    /// How it stands.
    pub state: StepState,
    /// Which making of the same thing this is; a regeneration raises it.
    pub revision: i32,
    /// How often it was claimed.
    pub epoch: i64,
    /// How often it was put off because somebody was busy.
    pub attempts: i32,
    /// How often its worker died with it.
    pub crashes: i32,
    /// What the worker needs to know.
    pub spec: Value,
    /// What it gave.
    pub output: Option<Value>,
    /// Why it failed, or what it waits for.
    pub failure: Option<Failure>,
}

/// The right to write about a step: void as soon as somebody else claims it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The step.
    pub step: i64,
    /// The epoch of the claim.
    pub epoch: i64,
}

impl Step {
    /// The right to write about it that its claim gave.
    pub fn fence(&self) -> Fence {
        Fence { step: self.id, epoch: self.epoch }
    }
}

/// All steps of a run, parents before children.
pub async fn all(store: &Store, workspace: &WorkspaceId, id: &RunId) -> Result<Vec<Step>, Error> {
    let sql = "SELECT * FROM steps WHERE workspace_id = $1 AND run_id = $2 ORDER BY id";
    let found: Vec<row::Model> = rows(&store.db, sql, of(workspace, id)).await?;
    found.into_iter().map(row::Model::read).collect()
}

/// Outputs of the steps that a step needs and that succeeded, by key.
pub async fn inputs(
    store: &Store,
    workspace: &WorkspaceId,
    step: i64,
) -> Result<BTreeMap<String, Value>, Error> {
    #[derive(FromQueryResult)]
    struct Output {
        key: String,
        output: String,
    }
    let sql = "SELECT p.key, p.output FROM dependencies d JOIN steps p ON p.id = d.needs_id
               WHERE d.workspace_id = $1 AND d.step_id = $2 AND p.state = 'succeeded' AND p.output IS NOT NULL";
    let found: Vec<Output> = rows(&store.db, sql, vec![workspace.as_str().into(), step.into()]).await?;
    found.into_iter().map(|o| Ok((o.key, serde_json::from_str(&o.output).map_err(unreadable)?))).collect()
}

/// Steps of a run that can be claimed now.
pub async fn claimable(
    store: &Store,
    workspace: &WorkspaceId,
    id: &RunId,
) -> Result<Vec<(i64, Lane)>, Error> {
    #[derive(FromQueryResult)]
    struct Ticket {
        id: i64,
        lane: String,
    }
    let sql =
        "SELECT s.id, s.lane FROM steps s JOIN runs r ON r.workspace_id = s.workspace_id AND r.id = s.run_id
               WHERE s.workspace_id = $1 AND s.run_id = $2 AND r.state = 'running'
               AND (s.state = 'ready' OR (s.state = 'waiting' AND s.due_at <= {now})) ORDER BY s.id";
    let found: Vec<Ticket> = rows(&store.db, sql, of(workspace, id)).await?;
    found.into_iter().map(|t| Ok((t.id, t.lane.parse().map_err(unreadable)?))).collect()
}

/// How much of a run is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Census {
    /// Steps that have not ended.
    pub open: i64,
    /// Of these, steps that somebody runs, or that can be taken now or at a known time.
    pub moving: i64,
    /// Steps that have ended.
    pub ended: i64,
}

/// How much of a run is left.
pub async fn census(store: &Store, workspace: &WorkspaceId, id: &RunId) -> Result<Census, Error> {
    let sql = "SELECT CAST(COALESCE(SUM(CASE WHEN state IN ('succeeded', 'failed', 'canceled') THEN 0 ELSE 1 END), 0) AS bigint) AS open,
                 CAST(COALESCE(SUM(CASE WHEN state IN ('ready', 'running') OR due_at IS NOT NULL THEN 1 ELSE 0 END), 0) AS bigint) AS moving,
                 CAST(COALESCE(SUM(CASE WHEN state IN ('succeeded', 'failed', 'canceled') THEN 1 ELSE 0 END), 0) AS bigint) AS ended
               FROM steps WHERE workspace_id = $1 AND run_id = $2";
    Ok(row(&store.db, sql, of(workspace, id)).await?.unwrap_or(Census { open: 0, moving: 0, ended: 0 }))
}

/// Takes a step for a worker session. `None`: somebody else was faster, or it cannot be taken.
pub async fn claim(
    store: &Store,
    workspace: &WorkspaceId,
    step: i64,
    session: &str,
) -> Result<Option<Step>, Error> {
    let sql = "UPDATE steps SET state = 'running', epoch = epoch + 1, session_id = $3, due_at = NULL, started_at = {now}
               WHERE workspace_id = $1 AND id = $2 AND (state = 'ready' OR (state = 'waiting' AND due_at <= {now}))
               AND EXISTS (SELECT 1 FROM runs r WHERE r.workspace_id = steps.workspace_id AND r.id = steps.run_id AND r.state = 'running')
               AND EXISTS (SELECT 1 FROM sessions a WHERE a.id = $3 AND a.ended_at IS NULL)
               RETURNING *";
    let values = vec![workspace.as_str().into(), step.into(), session.into()];
    let taken: Option<row::Model> = row(&store.db, sql, values).await?;
    taken.map(row::Model::read).transpose()
}

/// Ends a step well, and makes those ready that waited for it last: one transaction.
pub async fn complete(
    store: &Store,
    workspace: &WorkspaceId,
    fence: Fence,
    output: &Value,
) -> Result<(), Error> {
    end(store, workspace, fence, StepState::Succeeded, Some(output), None).await
}

/// Gives a step up, and makes those ready that waited for it last: they may do without it.
pub async fn fail(
    store: &Store,
    workspace: &WorkspaceId,
    fence: Fence,
    failure: &Failure,
) -> Result<(), Error> {
    end(store, workspace, fence, StepState::Failed, None, Some(failure)).await
}

async fn end(
    store: &Store,
    workspace: &WorkspaceId,
    fence: Fence,
    state: StepState,
    output: Option<&Value>,
    failure: Option<&Failure>,
) -> Result<(), Error> {
    let tx = store.begin().await?;
    let sql = "UPDATE steps SET state = $4, output = $5, failure = $6, session_id = NULL, ended_at = {now}
               WHERE workspace_id = $1 AND id = $2 AND epoch = $3 AND state = 'running'";
    let mut values = fenced(workspace, fence);
    values.push(state.as_str().into());
    values.push(output.map(Value::to_string).into());
    values.push(failure.map(json).transpose()?.into());
    held(run(&tx, sql, values).await?.rows_affected(), fence)?;
    unblock(&tx, workspace, fence.step).await?;
    Ok(tx.commit().await?)
}

/// Puts a step off because somebody was busy; it can be claimed again after `wait`.
pub async fn defer(
    store: &Store,
    workspace: &WorkspaceId,
    fence: Fence,
    wait: Duration,
    why: &Failure,
) -> Result<(), Error> {
    let sql = "UPDATE steps SET state = 'waiting', due_at = {now} + $4, attempts = attempts + 1, failure = $5, session_id = NULL
               WHERE workspace_id = $1 AND id = $2 AND epoch = $3 AND state = 'running'";
    let mut values = fenced(workspace, fence);
    values.push(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX / 2).into());
    values.push(json(why)?.into());
    held(run(&store.db, sql, values).await?.rows_affected(), fence)
}

/// Puts a step aside until money is there: [`retry_held`] makes it ready again.
pub async fn hold(store: &Store, workspace: &WorkspaceId, fence: Fence, why: &Failure) -> Result<(), Error> {
    let sql = "UPDATE steps SET state = 'waiting', due_at = NULL, failure = $4, session_id = NULL
               WHERE workspace_id = $1 AND id = $2 AND epoch = $3 AND state = 'running'";
    let mut values = fenced(workspace, fence);
    values.push(json(why)?.into());
    held(run(&store.db, sql, values).await?.rows_affected(), fence)
}

/// Gives a step back untouched, as when the worker is asked to stop.
pub async fn release(store: &Store, workspace: &WorkspaceId, fence: Fence) -> Result<(), Error> {
    let sql = "UPDATE steps SET state = 'ready', session_id = NULL
               WHERE workspace_id = $1 AND id = $2 AND epoch = $3 AND state = 'running'";
    held(run(&store.db, sql, fenced(workspace, fence)).await?.rows_affected(), fence)
}

/// Makes the steps of a run ready that were put aside for want of money.
pub async fn retry_held(store: &Store, workspace: &WorkspaceId, id: &RunId) -> Result<(), Error> {
    release_held(&store.db, workspace, id).await
}

pub(crate) async fn release_held(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    id: &RunId,
) -> Result<(), Error> {
    let sql = "UPDATE steps SET state = 'ready', failure = NULL
               WHERE workspace_id = $1 AND run_id = $2 AND state = 'waiting' AND due_at IS NULL";
    run(db, sql, of(workspace, id)).await?;
    Ok(())
}

/// Sets failed steps, and everything that was made after them, back to the beginning.
pub(crate) async fn retry_failed(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    id: &RunId,
) -> Result<(), Error> {
    let sql = "WITH RECURSIVE again(id) AS (
                 SELECT id FROM steps WHERE workspace_id = $1 AND run_id = $2 AND state = 'failed'
                 UNION SELECT d.step_id FROM dependencies d JOIN again a ON d.needs_id = a.id)
               UPDATE steps SET state = 'blocked', output = NULL, failure = NULL, attempts = 0, crashes = 0, ended_at = NULL
               WHERE id IN (SELECT id FROM again)";
    run(db, sql, of(workspace, id)).await?;
    let sql = format!(
        "UPDATE steps SET state = 'ready' WHERE workspace_id = $1 AND run_id = $2 AND state = 'blocked' AND {PARENTS_ENDED}"
    );
    run(db, &sql, of(workspace, id)).await?;
    Ok(())
}

/// Gives the running steps of a dead session back.
pub(crate) async fn abandon(db: &impl ConnectionTrait, session: &str) -> Result<u64, Error> {
    let sql = "UPDATE steps SET state = 'ready', session_id = NULL, crashes = crashes + 1
               WHERE id IN (SELECT id FROM steps WHERE session_id = $1 AND state = 'running' ORDER BY id {lock})";
    Ok(run(db, sql, vec![session.into()]).await?.rows_affected())
}

/// Locks a step that is still ours for the rest of the transaction.
pub(crate) async fn keep(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    fence: Fence,
) -> Result<(), Error> {
    let sql = "UPDATE steps SET epoch = epoch WHERE workspace_id = $1 AND id = $2 AND epoch = $3 AND state = 'running'";
    held(run(db, sql, fenced(workspace, fence)).await?.rows_affected(), fence)
}

pub(crate) async fn insert(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    id: &RunId,
    steps: &[NewStep],
) -> Result<(), Error> {
    #[derive(FromQueryResult)]
    struct Id {
        id: i64,
    }
    let mut ids: BTreeMap<&str, i64> = BTreeMap::new();
    for step in parents_first(steps)? {
        let state = if step.needs.is_empty() { StepState::Ready } else { StepState::Blocked };
        let sql = "INSERT INTO steps (workspace_id, run_id, key, kind, lane, state, revision, epoch, attempts, crashes, spec)
                   VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, 0, $7) RETURNING id";
        let mut values = of(workspace, id);
        values.extend(
            [step.key.as_str(), &step.kind, step.lane.as_str(), state.as_str()].map(sea_orm::Value::from),
        );
        values.push(step.spec.to_string().into());
        let Some(Id { id }) = row(db, sql, values).await? else {
            return Err(unreadable("no id for a new step"));
        };
        ids.insert(&step.key, id);
        for need in &step.needs {
            let values = vec![workspace.as_str().into(), id.into(), ids[need.as_str()].into()];
            let sql = "INSERT INTO dependencies (workspace_id, step_id, needs_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
            run(db, sql, values).await?;
        }
    }
    Ok(())
}

/// Orders a graph so that parents come first and steps without a reason to move keep their place.
fn parents_first(steps: &[NewStep]) -> Result<Vec<&NewStep>, Error> {
    let mut left: Vec<&NewStep> = steps.iter().collect();
    let mut known = std::collections::BTreeSet::new();
    for step in steps {
        if !known.insert(step.key.as_str()) {
            return Err(Error::Graph(format!("two steps are called {}", step.key)));
        }
    }
    if let Some((step, need)) = steps
        .iter()
        .flat_map(|s| s.needs.iter().map(move |n| (s, n)))
        .find(|(_, n)| !known.contains(n.as_str()))
    {
        return Err(Error::Graph(format!("{} needs {need}, which is no step", step.key)));
    }
    let mut placed = std::collections::BTreeSet::new();
    let mut order = Vec::with_capacity(steps.len());
    while !left.is_empty() {
        let before = order.len();
        left.retain(|step| {
            let free = step.needs.iter().all(|n| placed.contains(n.as_str()));
            if free {
                placed.insert(step.key.as_str());
                order.push(*step);
            }
            !free
        });
        if order.len() == before {
            return Err(Error::Graph(format!("{} waits for itself", left[0].key)));
        }
    }
    Ok(order)
}

const PARENTS_ENDED: &str = "NOT EXISTS (SELECT 1 FROM dependencies d JOIN steps p ON p.id = d.needs_id
    WHERE d.step_id = steps.id AND p.state NOT IN ('succeeded', 'failed', 'canceled'))";

/// Makes the children of a step ready whose parents have all ended. The children are locked first: of two parents
/// that end at the same moment, the second one then sees the first.
async fn unblock(db: &impl ConnectionTrait, workspace: &WorkspaceId, step: i64) -> Result<(), Error> {
    let values = || vec![workspace.as_str().into(), step.into()];
    let children = "SELECT d.step_id FROM dependencies d WHERE d.workspace_id = $1 AND d.needs_id = $2";
    let sql = format!("SELECT id FROM steps WHERE id IN ({children}) ORDER BY id {{lock}}");
    db.query_all_raw(crate::open::statement(db, &sql, values())).await?;
    let sql = format!(
        "UPDATE steps SET state = 'ready' WHERE id IN ({children}) AND state = 'blocked' AND {PARENTS_ENDED}"
    );
    run(db, &sql, values()).await?;
    Ok(())
}

fn of(workspace: &WorkspaceId, id: &RunId) -> Vec<sea_orm::Value> {
    vec![workspace.as_str().into(), id.as_str().into()]
}

fn fenced(workspace: &WorkspaceId, fence: Fence) -> Vec<sea_orm::Value> {
    vec![workspace.as_str().into(), fence.step.into(), fence.epoch.into()]
}

fn held(rows: u64, fence: Fence) -> Result<(), Error> {
    if rows == 1 { Ok(()) } else { Err(Error::Lost(format!("step {}", fence.step))) }
}

fn json(failure: &Failure) -> Result<String, Error> {
    serde_json::to_string(failure).map_err(unreadable)
}

impl row::Model {
    fn read(self) -> Result<Step, Error> {
        let value =
            |text: Option<String>| text.map(|t| serde_json::from_str(&t)).transpose().map_err(unreadable);
        Ok(Step {
            id: self.id,
            run: RunId::new(self.run_id),
            key: self.key,
            lane: self.lane.parse().map_err(unreadable)?,
            state: self.state.parse().map_err(unreadable)?,
            revision: self.revision,
            epoch: self.epoch,
            attempts: self.attempts,
            crashes: self.crashes,
            spec: serde_json::from_str(&self.spec).map_err(unreadable)?,
            output: value(self.output)?,
            failure: self.failure.map(|t| serde_json::from_str(&t)).transpose().map_err(unreadable)?,
        })
    }
}

/// The table, and nothing else.
pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "steps")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(column_type = "Text")]
        pub workspace_id: String,
        #[sea_orm(column_type = "Text")]
        pub run_id: String,
        #[sea_orm(column_type = "Text")]
        pub key: String,
        #[sea_orm(column_type = "Text")]
        pub kind: String,
        #[sea_orm(column_type = "Text")]
        pub lane: String,
        #[sea_orm(column_type = "Text")]
        pub state: String,
        pub revision: i32,
        pub epoch: i64,
        #[sea_orm(column_type = "Text", nullable)]
        pub session_id: Option<String>,
        pub attempts: i32,
        pub crashes: i32,
        pub due_at: Option<i64>,
        #[sea_orm(column_type = "Text")]
        pub spec: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub output: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub failure: Option<String>,
        pub started_at: Option<i64>,
        pub ended_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
