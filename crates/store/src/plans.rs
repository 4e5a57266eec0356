//! Plans: what was shown to somebody before they ordered it, and what they ordered of it.

use std::time::Duration;

use handbill_domain::ids::{RunId, WorkspaceId};
use serde_json::Value;

use crate::{
    Error, Store,
    error::unreadable,
    open::{row, run},
    random::random,
};

/// How long a plan can be ordered: prices and models change.
const GOOD_FOR: Duration = Duration::from_secs(24 * 3600);

/// A plan that is to be kept.
#[derive(Clone, Debug)]
pub struct NewPlan {
    /// The run that it would be; none: it cannot be made.
    pub run: Option<RunId>,
    /// Does rehearsal serve every role of it, so that it can never cost anything?
    pub rehearsal: bool,
    /// What was shown.
    pub shown: Value,
    /// What is needed to order it; none: it cannot be made.
    pub order: Option<String>,
}

/// A plan as it was made.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its id.
    pub id: String,
    /// The plan.
    pub plan: NewPlan,
    /// When it was made, in milliseconds since 1970.
    pub created_at: i64,
    /// Until when it can be ordered.
    pub expires_at: i64,
    /// Can it still be ordered?
    pub is_good: bool,
}

/// Keeps a plan.
pub async fn create(store: &Store, workspace: &WorkspaceId, new: &NewPlan) -> Result<Plan, Error> {
    let id = random::<12>()?;
    let good_for = i64::try_from(GOOD_FOR.as_millis()).unwrap_or(i64::MAX / 2);
    let sql = format!(
        "INSERT INTO plans (workspace_id, id, run_id, rehearsal, shown, ordering, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, {{now}}, {{now}} + {good_for})"
    );
    let values = vec![
        workspace.as_str().into(),
        id.as_str().into(),
        new.run.as_ref().map(RunId::as_str).into(),
        i32::from(new.rehearsal).into(),
        new.shown.to_string().into(),
        new.order.clone().into(),
    ];
    run(&store.db, &sql, values).await?;
    find(store, workspace, &id).await
}

/// Finds a plan of this workspace.
pub async fn find(store: &Store, workspace: &WorkspaceId, id: &str) -> Result<Plan, Error> {
    let sql = "SELECT * FROM plans WHERE workspace_id = $1 AND id = $2";
    let found: Option<row::Model> = row(&store.db, sql, vec![workspace.as_str().into(), id.into()]).await?;
    let found = found.ok_or_else(|| Error::NotFound(format!("plan {id}")))?;
    let now = crate::open::now(&store.db).await?;
    Ok(Plan {
        id: found.id,
        plan: NewPlan {
            run: found.run_id.map(RunId::new),
            rehearsal: found.rehearsal != 0,
            shown: serde_json::from_str(&found.shown).map_err(unreadable)?,
            order: found.ordering,
        },
        created_at: found.created_at,
        expires_at: found.expires_at,
        is_good: now < found.expires_at,
    })
}

/// Forgets plans that can no longer be ordered, a day after that; of all workspaces.
pub async fn sweep(store: &Store) -> Result<u64, Error> {
    let sql = "DELETE FROM plans WHERE expires_at < {now} - 86400000";
    Ok(run(&store.db, sql, vec![]).await?.rows_affected())
}

/// The table, and nothing else.
pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "plans")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub workspace_id: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub id: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub run_id: Option<String>,
        pub rehearsal: i32,
        #[sea_orm(column_type = "Text")]
        pub shown: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub ordering: Option<String>,
        pub created_at: i64,
        pub expires_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
