//! The ledger: what was paid, once per call, and where a run's budget stands.

use handbill_domain::{
    fault::Billed,
    ids::{RunId, WorkspaceId},
    money::{Currency, Money},
};
use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::{
    Error, Store, budgets,
    calls::{self, Settlement},
    error::unreadable,
    open::{row, run},
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
    let sql = "SELECT * FROM budgets WHERE workspace_id = $1 AND scope = 'run' AND scope_id = $2";
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

/// Writes a call's line: a call that is written twice keeps its first line.
pub(crate) async fn write(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    call: &calls::row::Model,
    settlement: &Settlement,
) -> Result<(), Error> {
    let billed = match settlement.billed {
        Billed::No => "no",
        Billed::Yes => "yes",
        Billed::Maybe => "maybe",
    };
    let sql = "INSERT INTO ledger (workspace_id, call_key, run_id, step_key, provider, model, currency, list_micros, spent_micros, billed, usage, at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, {now}) ON CONFLICT (workspace_id, call_key) DO NOTHING";
    let mut values: Vec<sea_orm::Value> = vec![workspace.as_str().into()];
    values.extend(
        [&call.key, &call.run_id, &call.step_key, &call.provider, &call.model, &call.currency]
            .map(|t| t.as_str().into()),
    );
    values.extend([settlement.list_micros.into(), settlement.spent_micros.into(), billed.into()]);
    values.push(settlement.usage.to_string().into());
    run(db, sql, values).await?;
    Ok(())
}

/// Reads an ISO 4217 code.
pub(crate) fn currency(code: &str) -> Result<Currency, Error> {
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
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
