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
        let since = [
            m0002_engine::CHANGE,
            m0003_keys::CHANGE,
            m0004_orders::CHANGE,
            m0005_secrets::CHANGE,
            m0006_waits::CHANGE,
        ];
        let mut all: Vec<Box<dyn MigrationTrait>> = vec![Box::new(m0001_runs::Migration)];
        all.extend(since.map(|change| Box::new(change) as Box<dyn MigrationTrait>));
        all
    }
}

/// A change of the schema, in statements that both databases understand.
struct Change {
    /// Under which it is noted that it was made.
    name: &'static str,
    up: &'static [&'static str],
    down: &'static [&'static str],
}

impl MigrationName for Change {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
#[allow(elided_lifetimes_in_paths, reason = "the trait elides it, and the macro counts lifetimes")]
impl MigrationTrait for Change {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        all(schema, self.up).await
    }

    async fn down(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        all(schema, self.down).await
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
