//! The schema, as the list of changes that made it. The same on SQLite and PostgreSQL; the truth in every environment.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, TransactionTrait},
};

mod m0001_runs;
mod m0002_engine;
mod m0003_keys;
mod m0004_orders;
mod m0005_secrets;
mod m0006_waits;

pub use sea_orm_migration::MigratorTrait;

/// Brings a database to the schema of this build, or back.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_runs::Migration),
            Box::new(m0002_engine::Migration),
            Box::new(m0003_keys::Migration),
            Box::new(m0004_orders::Migration),
            Box::new(m0005_secrets::Migration),
            Box::new(m0006_waits::Migration),
        ]
    }
}

/// All or nothing, and on one connection: another one of SQLite would not see at once that a table is gone.
async fn all(schema: &SchemaManager<'_>, changes: &[&str]) -> Result<(), DbErr> {
    let tx = schema.get_connection().begin().await?;
    for change in changes {
        tx.execute_unprepared(change).await?;
    }
    tx.commit().await
}
