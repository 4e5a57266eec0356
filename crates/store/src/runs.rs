//! Runs: frozen inputs and a graph of steps, and what a person may do with them.

use handbill_domain::{
    ids::{RunId, WorkspaceId},
    money::Currency,
    step::RunState,
};
use sea_orm::FromQueryResult;
use serde_json::Value;

use crate::{
    Error, Store,
    budgets::{self, Payers, Scope},
    error::unreadable,
    ledger,
    open::{row, rows, run},
    steps::{self, NewStep},
};

/// Steps that a cancellation ends in one transaction.
const SOME: i64 = 5000;

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
    /// The campaign that it is made for.
    pub campaign: Option<String>,
    /// The API key that ordered it.
    pub key: Option<String>,
    /// Is it one of thousands that nobody waits for?
    pub bulk: bool,
}

/// A run as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// How it stands.
    pub state: RunState,
    /// What it was given.
    pub inputs: Value,
    /// When it was accepted, in milliseconds since 1970.
    pub created_at: i64,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// The campaign that it is made for.
    pub campaign: Option<String>,
    /// The API key that ordered it.
    pub key: Option<String>,
    /// Is it one of thousands that nobody waits for?
    pub bulk: bool,
    /// Currency of its budget.
    pub currency: Currency,
    /// How far it is.
    pub tally: Tally,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All its steps.
    pub steps: i64,
    /// Steps that have not ended.
    pub open: i64,
    /// Steps that ended without success.
    pub failed: i64,
}

/// Writes a run with all its steps, or nothing. `false`: it was there before, and was left alone.
pub async fn create(store: &Store, workspace: &WorkspaceId, new: &NewRun) -> Result<bool, Error> {
    let tx = store.begin().await?;
    let steps = i64::try_from(new.steps.len()).map_err(unreadable)?;
    let state = if steps == 0 { RunState::Succeeded } else { RunState::Running };
    let written = run(
        &tx,
        "INSERT INTO runs (workspace_id, id, state, inputs, created_at, campaign_id, key_id, class, currency, total, open, failed, made)
         VALUES ($1, $2, $3, $4, {now}, $5, $6, $7, $8, $9, $9, 0, 0) ON CONFLICT (workspace_id, id) DO NOTHING",
        vec![
            workspace.as_str().into(),
            new.id.as_str().into(),
            state.as_str().into(),
            new.inputs.to_string().into(),
            new.campaign.clone().into(),
            new.key.clone().into(),
            (if new.bulk { "bulk" } else { "interactive" }).into(),
            new.currency.code().into(),
            steps.into(),
        ],
    )
    .await?;
    if written.rows_affected() == 0 {
        tx.rollback().await?;
        return Ok(false);
    }
    let payers = Payers {
        workspace: workspace.clone(),
        run: new.id.clone(),
        campaign: new.campaign.clone(),
        key: new.key.clone(),
    };
    steps::insert(&tx, workspace, &new.id, &new.steps).await?;
    budgets::open(&tx, &payers, new.currency, new.ceiling_micros).await?;
    tx.commit().await?;
    Ok(true)
}

/// Finds a run of this workspace.
pub async fn find(store: &Store, workspace: &WorkspaceId, id: &RunId) -> Result<Run, Error> {
    let sql = "SELECT * FROM runs WHERE workspace_id = $1 AND id = $2";
    let found: Option<row::Model> = row(&store.db, sql, of(workspace, id)).await?;
    found.ok_or_else(|| Error::NotFound(format!("run {id}")))?.read()
}

/// How a run stands, without its inputs.
pub async fn state(store: &Store, workspace: &WorkspaceId, id: &RunId) -> Result<RunState, Error> {
    #[derive(FromQueryResult)]
    struct State {
        state: String,
    }
    let sql = "SELECT state FROM runs WHERE workspace_id = $1 AND id = $2";
    let found: Option<State> = row(&store.db, sql, of(workspace, id)).await?;
    found.ok_or_else(|| Error::NotFound(format!("run {id}")))?.state.parse().map_err(unreadable)
}

/// Runs of a workspace, newest first; `campaign` narrows them.
pub async fn all(
    store: &Store,
    workspace: &WorkspaceId,
    campaign: Option<&str>,
    most: u64,
) -> Result<Vec<Run>, Error> {
    let sql = "SELECT * FROM runs WHERE workspace_id = $1 AND (campaign_id = $2 OR $2 = '') ORDER BY created_at DESC, id LIMIT $3";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let values = vec![workspace.as_str().into(), campaign.unwrap_or("").into(), most.into()];
    let found: Vec<row::Model> = rows(&store.db, sql, values).await?;
    found.into_iter().map(row::Model::read).collect()
}

/// Which runs of a workspace to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those of this campaign.
    pub campaign: Option<String>,
    /// Only those that stand so.
    pub state: Option<RunState>,
    /// Only those after this one, in the order of the list: when it was accepted, and its id.
    pub after: Option<(i64, RunId)>,
}

/// Runs of a workspace, newest first: a part of the list that stays right while runs come.
pub async fn page(
    store: &Store,
    workspace: &WorkspaceId,
    filter: &Filter,
    most: u32,
) -> Result<Vec<Run>, Error> {
    let sql = "SELECT * FROM runs WHERE workspace_id = $1 AND (campaign_id = $2 OR $2 = '') AND (state = $3 OR $3 = '')
               AND (created_at < $4 OR (created_at = $4 AND id > $5)) ORDER BY created_at DESC, id LIMIT $6";
    let (at, id) = filter.after.as_ref().map_or((i64::MAX, ""), |(at, id)| (*at, id.as_str()));
    let values = vec![
        workspace.as_str().into(),
        filter.campaign.as_deref().unwrap_or("").into(),
        filter.state.map_or("", RunState::as_str).into(),
        at.into(),
        id.into(),
        i64::from(most).into(),
    ];
    let found: Vec<row::Model> = rows(&store.db, sql, values).await?;
    found.into_iter().map(row::Model::read).collect()
}

/// A run that goes on, or that ended lately: what changes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lately {
    /// Its id.
    pub run: RunId,
    /// How it stands.
    pub state: RunState,
    /// How far it is.
    pub tally: Tally,
    /// When it ended.
    pub ended_at: Option<i64>,
}

/// Runs of a workspace that go on, and those that ended since a moment.
pub async fn lately(
    store: &Store,
    workspace: &WorkspaceId,
    since: Option<i64>,
) -> Result<Vec<Lately>, Error> {
    #[derive(FromQueryResult)]
    struct Row {
        id: String,
        state: String,
        total: i64,
        open: i64,
        failed: i64,
        ended_at: Option<i64>,
    }
    let sql = "SELECT id, state, total, open, failed, ended_at FROM runs WHERE workspace_id = $1
               AND (state IN ('running', 'paused') OR ended_at >= $2) ORDER BY created_at, id";
    let values = vec![workspace.as_str().into(), since.unwrap_or(i64::MAX).into()];
    let read = |row: Row| {
        Ok(Lately {
            run: RunId::new(row.id),
            state: row.state.parse().map_err(unreadable)?,
            tally: Tally { steps: row.total, open: row.open, failed: row.failed },
            ended_at: row.ended_at,
        })
    };
    rows::<Row>(&store.db, sql, values).await?.into_iter().map(read).collect()
}

/// Ids of the runs of a workspace with their campaigns, newest first.
pub async fn names(
    store: &Store,
    workspace: &WorkspaceId,
    most: u64,
) -> Result<Vec<(RunId, Option<String>)>, Error> {
    #[derive(FromQueryResult)]
    struct Name {
        id: String,
        campaign_id: Option<String>,
    }
    let sql =
        "SELECT id, campaign_id FROM runs WHERE workspace_id = $1 ORDER BY created_at DESC, id LIMIT $2";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let found: Vec<Name> = rows(&store.db, sql, vec![workspace.as_str().into(), most.into()]).await?;
    Ok(found.into_iter().map(|name| (RunId::new(name.id), name.campaign_id)).collect())
}

/// What is left to do for all workspaces together.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Backlog {
    /// `interactive` or `bulk`.
    pub class: String,
    /// Runs that go on.
    pub runs: i64,
    /// Their steps that have not ended.
    pub steps: i64,
}

/// What is left to do for all workspaces together, by class.
pub async fn backlog(store: &Store) -> Result<Vec<Backlog>, Error> {
    let sql = "SELECT class, COUNT(*) AS runs, CAST(SUM(open) AS bigint) AS steps FROM runs WHERE state = 'running' GROUP BY class ORDER BY class";
    rows(&store.db, sql, vec![]).await
}

/// Opens an ended run again for what failed, and sets its ceiling anew. What succeeded stays, except where it was made
/// without the output of a step that failed: that is made again. Nothing happens to a run that succeeded or was canceled.
pub async fn reopen(
    store: &Store,
    workspace: &WorkspaceId,
    id: &RunId,
    ceiling_micros: Option<i64>,
) -> Result<(), Error> {
    let found = find(store, workspace, id).await?;
    let tx = store.begin().await?;
    steps::release_held(&tx, workspace, id).await?;
    steps::forgive(&tx, workspace, id).await?;
    if matches!(found.state, RunState::Partial | RunState::Failed) {
        let roots = steps::failed(&tx, workspace, id).await?;
        steps::retry(&tx, workspace, id, &roots).await?;
    }
    budgets::raise(&tx, workspace, &Scope::Run(id.clone()), found.currency, ceiling_micros).await?;
    Ok(tx.commit().await?)
}

/// Tries failed steps again: one, or all of the run; with them what was made after them. [`Error::NotNow`]: nothing of
/// this failed, or a person ended the run.
pub async fn retry(
    store: &Store,
    workspace: &WorkspaceId,
    id: &RunId,
    step: Option<&str>,
) -> Result<(), Error> {
    let steps: Vec<String> = step.iter().map(|step| (*step).to_owned()).collect();
    retry_these(store, workspace, id, &steps).await
}

/// Tries some failed steps again; none named: all that failed.
pub async fn retry_these(
    store: &Store,
    workspace: &WorkspaceId,
    id: &RunId,
    these: &[String],
) -> Result<(), Error> {
    let found = find(store, workspace, id).await?;
    if found.state == RunState::Canceled {
        return Err(Error::NotNow(format!("run {id} was canceled")));
    }
    let tx = store.begin().await?;
    let mut roots = steps::failed(&tx, workspace, id).await?;
    if !these.is_empty() {
        let mut wanted = Vec::new();
        for key in these {
            let one = steps::find(store, workspace, id, key).await?;
            if !roots.contains(&one.id) {
                return Err(Error::NotNow(format!("nothing failed in {key}")));
            }
            wanted.push(one.id);
        }
        roots = wanted;
    }
    if roots.is_empty() {
        return Err(Error::NotNow(format!("nothing failed in {id}")));
    }
    steps::retry(&tx, workspace, id, &roots).await?;
    Ok(tx.commit().await?)
}

/// Makes one ended step anew, as its next revision: its questions are asked and paid again. What was made of it before
/// stays, and is stale.
pub async fn regenerate(store: &Store, workspace: &WorkspaceId, id: &RunId, step: &str) -> Result<(), Error> {
    if state(store, workspace, id).await? == RunState::Canceled {
        return Err(Error::NotNow(format!("run {id} was canceled")));
    }
    let tx = store.begin().await?;
    let one = steps::find(store, workspace, id, step).await?;
    if !steps::begin_again(&tx, workspace, one.id).await? {
        return Err(Error::NotNow(format!("step {step} has not ended")));
    }
    steps::reopen(&tx, workspace, id).await?;
    Ok(tx.commit().await?)
}

/// Makes again what is stale: what was made of outputs that have changed since, and what was made of that. Questions that
/// have not changed are not paid again. Tells how many steps are begun from.
pub async fn redo_stale(store: &Store, workspace: &WorkspaceId, id: &RunId) -> Result<usize, Error> {
    if state(store, workspace, id).await? == RunState::Canceled {
        return Err(Error::NotNow(format!("run {id} was canceled")));
    }
    let roots = steps::stale(store, workspace, id).await?;
    if !roots.is_empty() {
        let tx = store.begin().await?;
        steps::retry(&tx, workspace, id, &roots).await?;
        tx.commit().await?;
    }
    Ok(roots.len())
}

/// Begins no step of the run until it is resumed; what is under way ends. `false`: it was not running.
pub async fn pause(store: &Store, workspace: &WorkspaceId, id: &RunId) -> Result<bool, Error> {
    turn(store, workspace, id, "paused", "'running'").await
}

/// Goes on with a paused run. `false`: it was not paused.
pub async fn resume(store: &Store, workspace: &WorkspaceId, id: &RunId) -> Result<bool, Error> {
    turn(store, workspace, id, "running", "'paused'").await
}

/// Ends a run at once: from here on nothing of it begins and no request of it leaves. Steps that somebody has in hand end
/// as soon as their answers are here; what was or may have been billed is in the ledger. `false`: it had ended.
pub async fn cancel(store: &Store, workspace: &WorkspaceId, id: &RunId) -> Result<bool, Error> {
    let canceled = turn(store, workspace, id, "canceled", "'running', 'paused'").await?;
    sweep_canceled(store, workspace, id).await?;
    Ok(canceled)
}

/// Runs that a person ended and that somebody may still work on.
pub async fn canceled_lately(store: &Store) -> Result<Vec<(WorkspaceId, RunId)>, Error> {
    #[derive(FromQueryResult)]
    struct Row {
        workspace_id: String,
        id: String,
    }
    let sql = "SELECT workspace_id, id FROM runs WHERE state = 'canceled' AND open > 0 ORDER BY 1, 2";
    let found: Vec<Row> = rows(&store.db, sql, vec![]).await?;
    Ok(found.into_iter().map(|r| (WorkspaceId::new(r.workspace_id), RunId::new(r.id))).collect())
}

async fn turn(
    store: &Store,
    workspace: &WorkspaceId,
    id: &RunId,
    to: &str,
    from: &str,
) -> Result<bool, Error> {
    let sql = format!(
        "UPDATE runs SET state = $3, ended_at = CASE WHEN $3 = 'canceled' THEN {{now}} ELSE NULL END
         WHERE workspace_id = $1 AND id = $2 AND state IN ({from})"
    );
    let mut values = of(workspace, id);
    values.push(to.into());
    let turned = run(&store.db, &sql, values).await?.rows_affected() == 1;
    if !turned {
        state(store, workspace, id).await?;
    }
    Ok(turned)
}

/// Ends what is left of a canceled run.
pub(crate) async fn sweep_canceled(store: &Store, workspace: &WorkspaceId, id: &RunId) -> Result<(), Error> {
    loop {
        let tx = store.begin().await?;
        let ended = steps::cancel_some(&tx, workspace, id, SOME).await?;
        tx.commit().await?;
        if ended == 0 {
            return Ok(());
        }
    }
}

fn of(workspace: &WorkspaceId, id: &RunId) -> Vec<sea_orm::Value> {
    vec![workspace.as_str().into(), id.as_str().into()]
}

impl row::Model {
    fn read(self) -> Result<Run, Error> {
        Ok(Run {
            id: RunId::new(self.id),
            workspace: WorkspaceId::new(self.workspace_id),
            state: self.state.parse().map_err(unreadable)?,
            inputs: serde_json::from_str(&self.inputs).map_err(unreadable)?,
            created_at: self.created_at,
            ended_at: self.ended_at,
            campaign: self.campaign_id,
            key: self.key_id,
            bulk: self.class == "bulk",
            currency: ledger::currency(&self.currency)?,
            tally: Tally { steps: self.total, open: self.open, failed: self.failed },
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
        #[sea_orm(column_type = "Text", nullable)]
        pub campaign_id: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub key_id: Option<String>,
        #[sea_orm(column_type = "Text")]
        pub class: String,
        #[sea_orm(column_type = "Text")]
        pub currency: String,
        pub total: i64,
        pub open: i64,
        pub failed: i64,
        pub made: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
