//! The ledger: what was paid, once per call, and where a run's budget stands.

use handbill_domain::{
    fault::Billed,
    ids::{RunId, WorkspaceId},
    money::{Currency, Money},
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::{Value, json};

use crate::{
    Error, Store, budgets,
    calls::{self, Settlement},
    error::unreadable,
    open::{list, row, rows, run},
};

/// Where the money of a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
    /// What the calls cost at list price.
    pub list: Money,
    /// What was really spent.
    pub spent: Money,
    /// What is reserved for calls that are under way.
    pub reserved: Money,
    /// Most that may be spent.
    pub ceiling: Option<Money>,
    /// Calls that may have been billed; they are in none of the sums.
    pub ambiguous_calls: u32,
}

/// Where the money of a run is.
pub async fn sums(store: &Store, workspace: &WorkspaceId, id: &RunId) -> Result<Sums, Error> {
    #[derive(FromQueryResult)]
    struct Paid {
        list: i64,
        maybe: i64,
    }
    let of = || vec![workspace.as_str().into(), id.as_str().into()];
    let sql =
        "SELECT * FROM budgets WHERE workspace_id = $1 AND scope = 'run' AND scope_id = $2 ORDER BY currency";
    let budget: Option<budgets::row::Model> = row(&store.db, sql, of()).await?;
    let budget = budget.ok_or_else(|| Error::NotFound(format!("run {id}")))?;
    let sql = "SELECT CAST(COALESCE(SUM(CASE WHEN billed = 'maybe' THEN 0 ELSE list_micros END), 0) AS bigint) AS list,
                      CAST(COALESCE(SUM(CASE WHEN billed = 'maybe' THEN 1 ELSE 0 END), 0) AS bigint) AS maybe
               FROM ledger WHERE workspace_id = $1 AND run_id = $2";
    let paid: Paid = row(&store.db, sql, of()).await?.unwrap_or(Paid { list: 0, maybe: 0 });
    let currency = currency(&budget.currency)?;
    let money = |amount_micros| Money { amount_micros, currency };
    Ok(Sums {
        list: money(paid.list),
        spent: money(budget.spent_micros),
        reserved: money(budget.reserved_micros),
        ceiling: budget.ceiling_micros.map(money),
        ambiguous_calls: u32::try_from(paid.maybe).map_err(unreadable)?,
    })
}

/// Writes a call's line: a call that is written twice keeps its first line, unless that was uncertain.
pub(crate) async fn write(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    call: &calls::row::Model,
    settlement: &Settlement,
) -> Result<(), Error> {
    let line = json!({ "workspace": workspace.as_str(), "key": call.key, "run": call.run_id, "step": call.step_key,
        "provider": call.provider, "model": call.model, "currency": call.currency, "list": settlement.list_micros,
        "spent": settlement.spent_micros, "billed": billed(settlement.billed), "usage": settlement.usage.to_string() });
    write_many(db, [line]).await
}

/// A call that was uncertain was not billed: its line says so.
pub(crate) async fn clear(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    call: &calls::row::Model,
) -> Result<(), Error> {
    let sql = "UPDATE ledger SET billed = 'no', list_micros = 0, spent_micros = 0, at = {now}
               WHERE workspace_id = $1 AND call_key = $2 AND billed = 'maybe'";
    run(db, sql, vec![workspace.as_str().into(), call.key.as_str().into()]).await?;
    Ok(())
}

/// Writes many lines.
pub(crate) async fn write_many(
    db: &impl ConnectionTrait,
    lines: impl IntoIterator<Item = Value>,
) -> Result<(), Error> {
    let sql = "INSERT INTO ledger (workspace_id, call_key, run_id, step_key, provider, model, currency, list_micros, spent_micros, billed, usage, at, campaign_id, key_id)
               SELECT v.workspace, v.key, v.run, v.step, v.provider, v.model, v.currency, v.list, v.spent, v.billed, v.usage, {now}, r.campaign_id, r.key_id
               FROM {rows(workspace text, key text, run text, step text, provider text, model text, currency text, list bigint, spent bigint, billed text, usage text)}
               LEFT JOIN runs r ON r.workspace_id = v.workspace AND r.id = v.run WHERE true
               ON CONFLICT (workspace_id, call_key) DO UPDATE SET list_micros = excluded.list_micros, spent_micros = excluded.spent_micros,
                 billed = excluded.billed, usage = excluded.usage, at = excluded.at WHERE ledger.billed = 'maybe'";
    run(db, sql, vec![list(lines)?]).await?;
    Ok(())
}

/// The word in the table.
pub(crate) fn billed(billed: Billed) -> &'static str {
    match billed {
        Billed::No => "no",
        Billed::Yes => "yes",
        Billed::Maybe => "maybe",
    }
}

/// A line as it stands.
#[derive(Clone, Debug, PartialEq, FromQueryResult, serde::Serialize)]
pub struct Line {
    /// Key of the call.
    pub call_key: String,
    /// The run that paid.
    pub run_id: String,
    /// The step that asked.
    pub step_key: String,
    /// Who was asked.
    pub provider: String,
    /// Catalogue id of the model.
    pub model: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Cost at list price.
    pub list_micros: i64,
    /// What was really spent.
    pub spent_micros: i64,
    /// `no`, `yes` or `maybe`.
    pub billed: String,
    /// Milliseconds since 1970.
    pub at: i64,
    /// Campaign of the run.
    pub campaign_id: Option<String>,
    /// API key that ordered the run.
    pub key_id: Option<String>,
}

/// Lines of a workspace, newest first; `run` narrows them to one run.
pub async fn lines(
    store: &Store,
    workspace: &WorkspaceId,
    run: Option<&RunId>,
    most: u64,
) -> Result<Vec<Line>, Error> {
    let sql = "SELECT * FROM ledger WHERE workspace_id = $1 AND (run_id = $2 OR $2 = '') ORDER BY at DESC, call_key LIMIT $3";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let values = vec![workspace.as_str().into(), run.map_or("", RunId::as_str).into(), most.into()];
    rows(&store.db, sql, values).await
}

/// A part of the same list: lines after the one of this time and call.
pub async fn page(
    store: &Store,
    workspace: &WorkspaceId,
    run: Option<&RunId>,
    after: Option<(i64, &str)>,
    most: u32,
) -> Result<Vec<Line>, Error> {
    let sql = "SELECT * FROM ledger WHERE workspace_id = $1 AND (run_id = $2 OR $2 = '') AND (at < $3 OR (at = $3 AND call_key > $4))
               ORDER BY at DESC, call_key LIMIT $5";
    let (at, key) = after.unwrap_or((i64::MAX, ""));
    let of_run = run.map_or("", RunId::as_str);
    let values =
        vec![workspace.as_str().into(), of_run.into(), at.into(), key.into(), i64::from(most).into()];
    rows(&store.db, sql, values).await
}

/// What the calls of one run to one model came to.
#[derive(Clone, Debug, PartialEq, FromQueryResult, serde::Serialize)]
pub struct Total {
    /// The run that paid.
    pub run_id: String,
    /// Its campaign.
    pub campaign_id: Option<String>,
    /// Who was asked.
    pub provider: String,
    /// Catalogue id of the model.
    pub model: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Lines; one a call.
    pub calls: i64,
    /// Of these, calls that the local rehearsal answered: never billed.
    pub rehearsed: i64,
    /// Of these, calls that may have been billed; they are in neither sum.
    pub ambiguous: i64,
    /// What the others cost at list price.
    pub list_micros: i64,
    /// What was really spent.
    pub spent_micros: i64,
    /// What the ambiguous ones would have cost at most.
    pub ambiguous_micros: i64,
}

/// Totals of a workspace by run and model, newest runs first; `run` narrows them to one run.
pub async fn totals(
    store: &Store,
    workspace: &WorkspaceId,
    run: Option<&RunId>,
) -> Result<Vec<Total>, Error> {
    let sql = "SELECT run_id, campaign_id, provider, model, currency, COUNT(*) AS calls,
                 CAST(SUM(CASE WHEN billed = 'no' THEN 1 ELSE 0 END) AS bigint) AS rehearsed,
                 CAST(SUM(CASE WHEN billed = 'maybe' THEN 1 ELSE 0 END) AS bigint) AS ambiguous,
                 CAST(SUM(CASE WHEN billed = 'maybe' THEN 0 ELSE list_micros END) AS bigint) AS list_micros,
                 CAST(SUM(CASE WHEN billed = 'maybe' THEN 0 ELSE spent_micros END) AS bigint) AS spent_micros,
                 CAST(SUM(CASE WHEN billed = 'maybe' THEN list_micros ELSE 0 END) AS bigint) AS ambiguous_micros
               FROM ledger l WHERE workspace_id = $1 AND (run_id = $2 OR $2 = '') GROUP BY run_id, campaign_id, provider, model, currency
               ORDER BY (SELECT MAX(n.at) FROM ledger n WHERE n.workspace_id = $1 AND n.run_id = l.run_id) DESC, run_id, provider, model, currency";
    rows(&store.db, sql, vec![workspace.as_str().into(), run.map_or("", RunId::as_str).into()]).await
}

/// Reads an ISO 4217 code.
pub fn currency(code: &str) -> Result<Currency, Error> {
    serde_json::from_value(code.into()).map_err(unreadable)
}

/// The table, and nothing else.
#[cfg(test)]
pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ledger")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub workspace_id: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub call_key: String,
        #[sea_orm(column_type = "Text")]
        pub run_id: String,
        #[sea_orm(column_type = "Text")]
        pub step_key: String,
        #[sea_orm(column_type = "Text")]
        pub provider: String,
        #[sea_orm(column_type = "Text")]
        pub model: String,
        #[sea_orm(column_type = "Text")]
        pub currency: String,
        pub list_micros: i64,
        pub spent_micros: i64,
        #[sea_orm(column_type = "Text")]
        pub billed: String,
        #[sea_orm(column_type = "Text")]
        pub usage: String,
        pub at: i64,
        #[sea_orm(column_type = "Text", nullable)]
        pub campaign_id: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub key_id: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
