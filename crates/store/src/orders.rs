//! Orders: what a caller said about a run beside its brief. Written before the run, so that whoever ends it finds it.

use std::collections::BTreeMap;

use handbill_domain::ids::{RunId, WorkspaceId};
use serde_json::json;

use crate::{
    Error, Store,
    error::unreadable,
    open::{list, rows, run},
};

/// What a caller said about a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// The plan that was ordered.
    pub plan: String,
    /// The caller's own words, given back with everything that is told of the run.
    pub metadata: BTreeMap<String, String>,
    /// Where to tell that it ended.
    pub callback_url: Option<String>,
    /// Can it never cost anything?
    pub rehearsal: bool,
}

/// Keeps an order; a later one for the same run takes its place.
pub async fn put(store: &Store, workspace: &WorkspaceId, id: &RunId, order: &Order) -> Result<(), Error> {
    let sql = "INSERT INTO orders (workspace_id, run_id, plan_id, metadata, callback_url, rehearsal, at) VALUES ($1, $2, $3, $4, $5, $6, {now})
               ON CONFLICT (workspace_id, run_id) DO UPDATE SET plan_id = $3, metadata = $4, callback_url = $5, rehearsal = $6, at = {now}";
    let values = vec![
        workspace.as_str().into(),
        id.as_str().into(),
        order.plan.as_str().into(),
        serde_json::to_string(&order.metadata).map_err(unreadable)?.into(),
        order.callback_url.clone().into(),
        i32::from(order.rehearsal).into(),
    ];
    run(&store.db, sql, values).await?;
    Ok(())
}

/// The orders of some runs; a run that was not ordered through the API has none.
pub async fn of(
    store: &Store,
    workspace: &WorkspaceId,
    runs: impl IntoIterator<Item = &RunId>,
) -> Result<BTreeMap<RunId, Order>, Error> {
    let sql = "SELECT o.* FROM {rows(run text)} JOIN orders o ON o.run_id = v.run AND o.workspace_id = $2";
    let given = list(runs.into_iter().map(|run| json!({ "run": run })))?;
    let found: Vec<row::Model> = rows(&store.db, sql, vec![given, workspace.as_str().into()]).await?;
    let read = |row: row::Model| {
        let metadata = serde_json::from_str(&row.metadata).map_err(unreadable)?;
        let order = Order {
            plan: row.plan_id,
            metadata,
            callback_url: row.callback_url,
            rehearsal: row.rehearsal != 0,
        };
        Ok((RunId::new(row.run_id), order))
    };
    found.into_iter().map(read).collect()
}

/// The table, and nothing else.
pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "orders")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub workspace_id: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub run_id: String,
        #[sea_orm(column_type = "Text")]
        pub plan_id: String,
        #[sea_orm(column_type = "Text")]
        pub metadata: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub callback_url: Option<String>,
        pub rehearsal: i32,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
