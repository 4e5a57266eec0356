//! Runs: frozen inputs and a graph of steps.

use handbill_domain::{
    ids::{RunId, WorkspaceId},
    money::Currency,
    step::RunState,
};
use serde_json::Value;

use crate::{
    Error, Store, budgets,
    error::unreadable,
    open::{row, run},
    steps::{self, NewStep},
};

/// What is needed to begin a run.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// Its id; the same inputs give the same id.
    pub id: RunId,
    /// What it was given, frozen.
    pub inputs: Value,
    /// Its graph, in any order.
    pub steps: Vec<NewStep>,
    /// Currency of its budget.
    pub currency: Currency,
    /// Most that it may spend, in micros; none: no limit.
    pub ceiling_micros: Option<i64>,
}

/// A run as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// How it stands.
    pub state: RunState,
    /// What it was given.
    pub inputs: Value,
    /// When it was accepted, in milliseconds since 1970.
    pub created_at: i64,
    /// When it ended.
    pub ended_at: Option<i64>,
}

/// Writes a run with all its steps, or nothing. `false`: it was there before, and was left alone.
pub async fn create(store: &Store, workspace: &WorkspaceId, new: &NewRun) -> Result<bool, Error> {
    let tx = store.begin().await?;
    let written = run(
        &tx,
        "INSERT INTO runs (workspace_id, id, state, inputs, created_at) VALUES ($1, $2, 'running', $3, {now})
         ON CONFLICT (workspace_id, id) DO NOTHING",
        vec![workspace.as_str().into(), new.id.as_str().into(), new.inputs.to_string().into()],
    )
    .await?;
    if written.rows_affected() == 0 {
        tx.rollback().await?;
        return Ok(false);
    }
    budgets::open(&tx, workspace, &new.id, new.currency, new.ceiling_micros).await?;
    steps::insert(&tx, workspace, &new.id, &new.steps).await?;
    tx.commit().await?;
    Ok(true)
}

/// Finds a run of this workspace.
pub async fn find(store: &Store, workspace: &WorkspaceId, id: &RunId) -> Result<Run, Error> {
    let sql = "SELECT * FROM runs WHERE workspace_id = $1 AND id = $2";
    let found: Option<row::Model> =
        row(&store.db, sql, vec![workspace.as_str().into(), id.as_str().into()]).await?;
    found.ok_or_else(|| Error::NotFound(format!("run {id}")))?.read()
}

/// Opens an ended run again for what failed, and sets its ceiling anew. What succeeded stays, except where it was made
/// without the output of a step that failed: that is made again. Nothing happens to a run that succeeded or was canceled.
pub async fn reopen(
    store: &Store,
    workspace: &WorkspaceId,
    id: &RunId,
    ceiling_micros: Option<i64>,
) -> Result<(), Error> {
    let tx = store.begin().await?;
    budgets::set_ceiling(&tx, workspace, id, ceiling_micros).await?;
    steps::release_held(&tx, workspace, id).await?;
    let opened = run(
        &tx,
        "UPDATE runs SET state = 'running', ended_at = NULL WHERE workspace_id = $1 AND id = $2 AND state IN ('partial', 'failed')",
        vec![workspace.as_str().into(), id.as_str().into()],
    )
    .await?;
    if opened.rows_affected() == 1 {
        steps::retry_failed(&tx, workspace, id).await?;
    }
    Ok(tx.commit().await?)
}

/// Ends a run whose steps have all ended. `false`: steps remain, or it had ended before.
pub async fn conclude(
    store: &Store,
    workspace: &WorkspaceId,
    id: &RunId,
    state: RunState,
) -> Result<bool, Error> {
    let done = run(
        &store.db,
        "UPDATE runs SET state = $3, ended_at = {now} WHERE workspace_id = $1 AND id = $2 AND state = 'running'
         AND NOT EXISTS (SELECT 1 FROM steps s WHERE s.workspace_id = $1 AND s.run_id = $2
                         AND s.state NOT IN ('succeeded', 'failed', 'canceled'))",
        vec![workspace.as_str().into(), id.as_str().into(), state.as_str().into()],
    )
    .await?;
    Ok(done.rows_affected() == 1)
}

impl row::Model {
    fn read(self) -> Result<Run, Error> {
        Ok(Run {
            id: RunId::new(self.id),
            state: self.state.parse().map_err(unreadable)?,
            inputs: serde_json::from_str(&self.inputs).map_err(unreadable)?,
            created_at: self.created_at,
            ended_at: self.ended_at,
        })
    }
}

/// The table, and nothing else.
pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "runs")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub workspace_id: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub id: String,
        #[sea_orm(column_type = "Text")]
        pub state: String,
        #[sea_orm(column_type = "Text")]
        pub inputs: String,
        pub created_at: i64,
        pub ended_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
