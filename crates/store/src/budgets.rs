//! Budgets: what may be spent, what is reserved for calls that are under way, what was spent. Every change is part of
//! the transaction of the call that causes it.

use handbill_domain::{
    ids::{RunId, WorkspaceId},
    money::Currency,
};
use sea_orm::ConnectionTrait;

use crate::{Error, open::run};

const RUN: &str = "run";

/// Opens the budget of a run.
pub(crate) async fn open(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    id: &RunId,
    currency: Currency,
    ceiling_micros: Option<i64>,
) -> Result<(), Error> {
    let sql = "INSERT INTO budgets (workspace_id, scope, scope_id, currency, ceiling_micros, reserved_micros, spent_micros)
               VALUES ($1, $2, $3, $4, $5, 0, 0)";
    let mut values = of(workspace, id);
    values.push(currency.code().into());
    values.push(ceiling_micros.into());
    run(db, sql, values).await?;
    Ok(())
}

/// Sets the ceiling of a run anew.
pub(crate) async fn set_ceiling(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    id: &RunId,
    ceiling_micros: Option<i64>,
) -> Result<(), Error> {
    let mut values = of(workspace, id);
    values.push(ceiling_micros.into());
    run(
        db,
        "UPDATE budgets SET ceiling_micros = $4 WHERE workspace_id = $1 AND scope = $2 AND scope_id = $3",
        values,
    )
    .await?;
    Ok(())
}

/// Reserves an amount if it fits under the ceiling together with all that is spent and reserved. `false`: it does not.
/// An amount of nothing always fits.
pub(crate) async fn reserve(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    id: &RunId,
    currency: Currency,
    micros: i64,
) -> Result<bool, Error> {
    let sql = "UPDATE budgets SET reserved_micros = reserved_micros + $4
               WHERE workspace_id = $1 AND scope = $2 AND scope_id = $3 AND currency = $5
               AND ($4 = 0 OR ceiling_micros IS NULL OR spent_micros + reserved_micros + $4 <= ceiling_micros)";
    let mut values = of(workspace, id);
    values.push(micros.into());
    values.push(currency.code().into());
    Ok(run(db, sql, values).await?.rows_affected() == 1)
}

/// Turns a reservation into what was really spent: less, or nothing.
pub(crate) async fn settle(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    id: &RunId,
    reserved_micros: i64,
    spent_micros: i64,
) -> Result<(), Error> {
    let sql = "UPDATE budgets SET reserved_micros = reserved_micros - $4, spent_micros = spent_micros + $5
               WHERE workspace_id = $1 AND scope = $2 AND scope_id = $3";
    let mut values = of(workspace, id);
    values.push(reserved_micros.into());
    values.push(spent_micros.into());
    run(db, sql, values).await?;
    Ok(())
}

fn of(workspace: &WorkspaceId, id: &RunId) -> Vec<sea_orm::Value> {
    vec![workspace.as_str().into(), RUN.into(), id.as_str().into()]
}

/// The table, and nothing else.
pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "budgets")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub workspace_id: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub scope: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub scope_id: String,
        #[sea_orm(column_type = "Text")]
        pub currency: String,
        pub ceiling_micros: Option<i64>,
        pub reserved_micros: i64,
        pub spent_micros: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
