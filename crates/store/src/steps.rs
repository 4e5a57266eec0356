//! Steps: the nodes of a run's graph, and every change of their state.
//!
//! A claim raises the step's epoch; every later write names the epoch that it was claimed with and is void
//! ([`Error::Lost`]) once somebody else has claimed the step. Rows are locked in the order of their ids, and parents
//! have smaller ids than their children; steps are locked before calls, calls before budgets, budgets before runs.

use std::{collections::BTreeMap, time::Duration};

use handbill_domain::{
    asset::Digest,
    fault::Failure,
    ids::{RunId, WorkspaceId},
    step::{Lane, StepState},
};
use sea_orm::FromQueryResult;
use serde_json::Value;

use crate::{
    Error, Store,
    error::unreadable,
    group,
    open::{list, row, rows},
};

mod again;
mod claim;
mod finish;
mod insert;

pub(crate) use again::{begin_again, cancel_some, failed, forgive, release_held, reopen, retry, stale};
pub(crate) use claim::{Claim, abandon};
pub use claim::{claim, claim_many, held_by};
pub use finish::{Counts, End, Finish, Finished, finish};
pub(crate) use finish::{count, unblock};
pub(crate) use insert::insert;

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
    /// Does it make something that is handed out? A run that made nothing of the kind has failed.
    pub makes: bool,
}

/// A step as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its ticket number.
    pub id: i64,
    /// Whose it is.
    pub workspace: WorkspaceId,
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
    /// How long it waited for providers that had no time for it, in milliseconds.
    pub waited_ms: i64,
    /// What the worker needs to know.
    pub spec: Value,
    /// What it gave.
    pub output: Option<Value>,
    /// Why it failed, or what it waits for.
    pub failure: Option<Failure>,
    /// Digest of the outputs that it was made of.
    pub inputs_digest: Option<Digest>,
    /// Digest of its output.
    pub output_digest: Option<Digest>,
    /// When it was claimed last, in milliseconds since 1970.
    pub started_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
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

/// Steps of a run after the one with this number, parents before children.
pub async fn page(
    store: &Store,
    workspace: &WorkspaceId,
    id: &RunId,
    after: i64,
    most: u32,
) -> Result<Vec<Step>, Error> {
    let sql = "SELECT * FROM steps WHERE workspace_id = $1 AND run_id = $2 AND id > $3 ORDER BY id LIMIT $4";
    let mut values = of(workspace, id);
    values.extend([after.into(), i64::from(most).into()]);
    let found: Vec<row::Model> = rows(&store.db, sql, values).await?;
    found.into_iter().map(row::Model::read).collect()
}

/// One step of a run by its key.
pub async fn find(store: &Store, workspace: &WorkspaceId, id: &RunId, key: &str) -> Result<Step, Error> {
    let mut values = of(workspace, id);
    values.push(key.into());
    let sql = "SELECT * FROM steps WHERE workspace_id = $1 AND run_id = $2 AND key = $3";
    let found: Option<row::Model> = row(&store.db, sql, values).await?;
    found.ok_or_else(|| Error::NotFound(format!("step {key} of run {id}")))?.read()
}

/// Outputs of the steps that a step needs and that succeeded, by key.
pub async fn inputs(
    store: &Store,
    workspace: &WorkspaceId,
    step: i64,
) -> Result<BTreeMap<String, Value>, Error> {
    let found = inputs_many(store, &[step]).await?.remove(&step).unwrap_or_default();
    let _ = workspace;
    Ok(found.into_iter().map(|(key, input)| (key, input.output)).collect())
}

/// What a step is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The parent's output.
    pub output: Value,
    /// Its digest.
    pub digest: Option<Digest>,
    /// When it was there, in milliseconds since 1970.
    pub ended_at: Option<i64>,
}

/// Outputs of the steps that these claimed steps need and that succeeded: step → parent's key → output.
pub async fn inputs_many(
    store: &Store,
    steps: &[i64],
) -> Result<BTreeMap<i64, BTreeMap<String, Input>>, Error> {
    #[derive(FromQueryResult)]
    struct Output {
        step_id: i64,
        key: String,
        output: String,
        output_digest: Option<String>,
        ended_at: Option<i64>,
    }
    let sql = "SELECT d.step_id, p.key, p.output, p.output_digest, p.ended_at FROM {rows(step bigint)} JOIN dependencies d ON d.step_id = v.step
               JOIN steps p ON p.id = d.needs_id WHERE p.state = 'succeeded' AND p.output IS NOT NULL";
    let values = vec![list(steps.iter().map(|step| serde_json::json!({ "step": step })))?];
    let mut all: BTreeMap<i64, BTreeMap<String, Input>> = BTreeMap::new();
    for found in rows::<Output>(&store.db, sql, values).await? {
        let output = serde_json::from_str(&found.output).map_err(unreadable)?;
        let digest = found.output_digest.map(|d| d.parse()).transpose().map_err(unreadable)?;
        let input = Input { output, digest, ended_at: found.ended_at };
        all.entry(found.step_id).or_default().insert(found.key, input);
    }
    Ok(all)
}

/// What the same step gave in other runs of the same campaign, the latest first; the last few of them.
pub async fn earlier(
    store: &Store,
    workspace: &WorkspaceId,
    campaign: &str,
    step: &Step,
) -> Result<Vec<Value>, Error> {
    #[derive(FromQueryResult)]
    struct Output {
        output: String,
    }
    let sql = "SELECT s.output FROM runs r JOIN steps s ON s.workspace_id = r.workspace_id AND s.run_id = r.id AND s.key = $3
               WHERE r.workspace_id = $1 AND r.campaign_id = $2 AND r.id <> $4 AND s.state = 'succeeded' AND s.output IS NOT NULL
               ORDER BY s.ended_at DESC, s.id DESC LIMIT 8";
    let values =
        vec![workspace.as_str().into(), campaign.into(), step.key.as_str().into(), step.run.as_str().into()];
    let found: Vec<Output> = rows(&store.db, sql, values).await?;
    found.iter().map(|one| serde_json::from_str(&one.output).map_err(unreadable)).collect()
}

/// The runs that some steps belong to.
pub async fn runs_of(store: &Store, steps: &[i64]) -> Result<BTreeMap<i64, RunId>, Error> {
    #[derive(FromQueryResult)]
    struct Of {
        id: i64,
        run_id: String,
    }
    let sql = "SELECT s.id, s.run_id FROM {rows(step bigint)} JOIN steps s ON s.id = v.step";
    let given = list(steps.iter().map(|step| serde_json::json!({ "step": step })))?;
    let found: Vec<Of> = rows(&store.db, sql, vec![given]).await?;
    Ok(found.into_iter().map(|of| (of.id, RunId::new(of.run_id))).collect())
}

/// Digest of what a step is made of. None: it needs nothing, or a parent is from a time before digests.
pub fn inputs_digest(inputs: &BTreeMap<String, Input>) -> Option<Digest> {
    let digests: Option<Vec<(&str, &str)>> =
        inputs.iter().map(|(key, input)| Some((key.as_str(), input.digest.as_ref()?.as_str()))).collect();
    digests.filter(|digests| !digests.is_empty()).map(|digests| Digest::of_json(&digests))
}

/// Steps of a run that can be claimed now.
pub async fn claimable(
    store: &Store,
    workspace: &WorkspaceId,
    id: &RunId,
) -> Result<Vec<(i64, Lane)>, Error> {
    let sql = "SELECT s.id, s.workspace_id, s.run_id, s.lane FROM steps s JOIN runs r ON r.workspace_id = s.workspace_id AND r.id = s.run_id
               WHERE s.workspace_id = $1 AND s.run_id = $2 AND r.state = 'running'
               AND (s.state = 'ready' OR (s.state = 'waiting' AND s.due_at <= {now})) ORDER BY s.id";
    let found = readied(rows(&store.db, sql, of(workspace, id)).await?)?;
    Ok(found.into_iter().map(|ready| (ready.step, ready.lane)).collect())
}

/// A step that can be claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// Its run.
    pub run: RunId,
    /// The step.
    pub step: i64,
    /// Its lane.
    pub lane: Lane,
}

#[derive(Debug, FromQueryResult)]
pub(crate) struct ReadyRow {
    pub(crate) id: i64,
    pub(crate) workspace_id: String,
    pub(crate) run_id: String,
    pub(crate) lane: String,
}

pub(crate) fn readied(found: Vec<ReadyRow>) -> Result<Vec<Ready>, Error> {
    let read = |row: ReadyRow| {
        Ok(Ready {
            workspace: WorkspaceId::new(row.workspace_id),
            run: RunId::new(row.run_id),
            step: row.id,
            lane: row.lane.parse().map_err(unreadable)?,
        })
    };
    found.into_iter().map(read).collect()
}

/// Does anything of this run happen, or will it at a known time? Else what is left of it waits for money or a person.
pub async fn is_moving(store: &Store, workspace: &WorkspaceId, id: &RunId) -> Result<bool, Error> {
    #[derive(FromQueryResult)]
    struct One {
        #[allow(dead_code, reason = "that there is a row is the answer")]
        one: i32,
    }
    let sql = "SELECT 1 AS one FROM steps WHERE workspace_id = $1 AND run_id = $2
               AND (state IN ('ready', 'running') OR (state = 'waiting' AND due_at IS NOT NULL)) LIMIT 1";
    Ok(row::<One>(&store.db, sql, of(workspace, id)).await?.is_some())
}

async fn end(store: &Store, workspace: &WorkspaceId, fence: Fence, end: End) -> Result<(), Error> {
    finish(store, Finish { workspace: workspace.clone(), fence, end, settled: vec![], made: None })
        .await
        .map(drop)
}

/// Ends a step well, and makes those ready that waited for it last: one transaction.
pub async fn complete(
    store: &Store,
    workspace: &WorkspaceId,
    fence: Fence,
    output: &Value,
) -> Result<(), Error> {
    end(store, workspace, fence, End::Succeeded { output: output.clone(), inputs: None }).await
}

/// Gives a step up, and makes those ready that waited for it last: they may do without it.
pub async fn fail(
    store: &Store,
    workspace: &WorkspaceId,
    fence: Fence,
    failure: &Failure,
) -> Result<(), Error> {
    end(store, workspace, fence, End::Failed(failure.clone())).await
}

/// Puts a step off because somebody was busy; it can be claimed again after `wait`.
pub async fn defer(
    store: &Store,
    workspace: &WorkspaceId,
    fence: Fence,
    wait: Duration,
    why: &Failure,
) -> Result<(), Error> {
    end(store, workspace, fence, End::Later { wait, why: Some(why.clone()), counts: Counts::Attempt }).await
}

/// Puts a step aside until money is there for an amount.
pub async fn hold(store: &Store, workspace: &WorkspaceId, fence: Fence, why: &Failure) -> Result<(), Error> {
    end(store, workspace, fence, End::Held { why: why.clone(), micros: i64::MAX / 4 }).await
}

/// Gives a step back untouched, as when the worker is asked to stop.
pub async fn release(store: &Store, workspace: &WorkspaceId, fence: Fence) -> Result<(), Error> {
    end(store, workspace, fence, End::Released).await
}

fn of(workspace: &WorkspaceId, id: &RunId) -> Vec<sea_orm::Value> {
    vec![workspace.as_str().into(), id.as_str().into()]
}

impl row::Model {
    fn read(self) -> Result<Step, Error> {
        let value =
            |text: Option<String>| text.map(|t| serde_json::from_str(&t)).transpose().map_err(unreadable);
        Ok(Step {
            id: self.id,
            workspace: WorkspaceId::new(self.workspace_id),
            run: RunId::new(self.run_id),
            key: self.key,
            lane: self.lane.parse().map_err(unreadable)?,
            state: self.state.parse().map_err(unreadable)?,
            revision: self.revision,
            epoch: self.epoch,
            attempts: self.attempts,
            crashes: self.crashes,
            waited_ms: self.waited_ms,
            spec: serde_json::from_str(&self.spec).map_err(unreadable)?,
            output: value(self.output)?,
            failure: self.failure.map(|t| serde_json::from_str(&t)).transpose().map_err(unreadable)?,
            inputs_digest: self.inputs_digest.map(|d| d.parse()).transpose().map_err(unreadable)?,
            output_digest: self.output_digest.map(|d| d.parse()).transpose().map_err(unreadable)?,
            started_at: self.started_at,
            ended_at: self.ended_at,
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
        pub needs_left: i32,
        pub makes: i32,
        #[sea_orm(column_type = "Text", nullable)]
        pub inputs_digest: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub output_digest: Option<String>,
        pub waited_ms: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
