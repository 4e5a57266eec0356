//! The migrated schema, and that our rows are exactly it.

use handbill_migrations::{Migrator, MigratorTrait};
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, FromQueryResult, Iterable};

use crate::{
    Store, budgets, calls, keys, ledger, open::rows, orders, plans, requests, runs, secrets, sessions, steps,
    uploads, versions, workspaces,
};

pub(super) async fn goes_up_down_and_up(store: &Store) {
    Migrator::down(&store.db, None).await.unwrap();
    assert!(columns(store, "runs").await.is_empty());
    Migrator::up(&store.db, None).await.unwrap();
    let all = u32::try_from(Migrator::migrations().len()).unwrap();
    Migrator::down(&store.db, Some(all - 1)).await.unwrap();
    assert!(columns(store, "versions").await.is_empty() && !columns(store, "runs").await.is_empty());
    Migrator::up(&store.db, None).await.unwrap();
    equals::<runs::row::Entity>(store, "runs").await;
    equals::<steps::row::Entity>(store, "steps").await;
    equals::<sessions::row::Entity>(store, "sessions").await;
    equals::<calls::row::Entity>(store, "calls").await;
    equals::<budgets::row::Entity>(store, "budgets").await;
    equals::<ledger::row::Entity>(store, "ledger").await;
    equals::<versions::row::Entity>(store, "versions").await;
    equals::<workspaces::row::Entity>(store, "workspaces").await;
    equals::<keys::row::Entity>(store, "keys").await;
    equals::<requests::row::Entity>(store, "requests").await;
    equals::<uploads::row::Entity>(store, "uploads").await;
    equals::<plans::row::Entity>(store, "plans").await;
    equals::<orders::row::Entity>(store, "orders").await;
    equals::<secrets::table::Entity>(store, "secrets").await;
}

async fn equals<E: EntityTrait>(store: &Store, table: &str) {
    let ours: Vec<(String, bool)> =
        E::Column::iter().map(|c| (sea_orm::IdenStatic::as_str(&c).to_owned(), c.def().is_null())).collect();
    let mut ours = ours;
    ours.sort();
    assert_eq!(columns(store, table).await, ours, "{table}");
}

/// Name and whether it may be null, in order of names.
async fn columns(store: &Store, table: &str) -> Vec<(String, bool)> {
    #[derive(FromQueryResult)]
    struct Column {
        name: String,
        nullable: i32,
    }
    let sql = match store.db.get_database_backend() {
        DbBackend::Sqlite => "SELECT name, CAST(1 - \"notnull\" AS integer) AS nullable FROM pragma_table_info($1) ORDER BY name",
        _ => {
            "SELECT CAST(column_name AS text) AS name, CASE is_nullable WHEN 'YES' THEN 1 ELSE 0 END AS nullable
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 ORDER BY 1"
        }
    };
    let mut found: Vec<_> = rows::<Column>(&store.db, sql, vec![table.into()])
        .await
        .unwrap()
        .into_iter()
        .map(|c| (c.name, c.nullable == 1))
        .collect();
    found.sort();
    found
}
