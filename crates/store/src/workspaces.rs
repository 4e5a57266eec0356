//! Workspaces: the tenants. Everything else that is kept belongs to one.

use handbill_domain::ids::WorkspaceId;
use sea_orm::ConnectionTrait;

use crate::{
    Error, Store,
    open::{row, rows, run},
};

/// A workspace as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its id, which is its name in lower case.
    pub id: WorkspaceId,
    /// When it was made, in milliseconds since 1970.
    pub created_at: i64,
}

/// Makes a workspace. `false`: it was there.
pub async fn create(store: &Store, id: &WorkspaceId) -> Result<bool, Error> {
    let sql = "INSERT INTO workspaces (id, created_at) VALUES ($1, {now}) ON CONFLICT DO NOTHING";
    Ok(run(&store.db, sql, vec![id.as_str().into()]).await?.rows_affected() == 1)
}

/// All workspaces in the order of their ids. For whoever owns the machine, never for a tenant.
pub async fn all(store: &Store) -> Result<Vec<Workspace>, Error> {
    let found: Vec<row::Model> = rows(&store.db, "SELECT * FROM workspaces ORDER BY id", vec![]).await?;
    let read = |row: row::Model| Workspace { id: WorkspaceId::new(row.id), created_at: row.created_at };
    Ok(found.into_iter().map(read).collect())
}

/// Fails where there is no such workspace.
pub(crate) async fn must_exist(db: &impl ConnectionTrait, id: &WorkspaceId) -> Result<(), Error> {
    let sql = "SELECT * FROM workspaces WHERE id = $1";
    let found: Option<row::Model> = row(db, sql, vec![id.as_str().into()]).await?;
    found.map(drop).ok_or_else(|| Error::NotFound(format!("workspace {id}")))
}

/// The table, and nothing else.
pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "workspaces")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub id: String,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
