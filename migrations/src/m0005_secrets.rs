//! Secrets that the processes of an installation share.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

/// This change.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
#[allow(elided_lifetimes_in_paths, reason = "the trait elides it, and the macro counts lifetimes")]
impl MigrationTrait for Migration {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        let sql = "CREATE TABLE secrets (name text NOT NULL PRIMARY KEY, value text NOT NULL)";
        schema.get_connection().execute_unprepared(sql).await?;
        Ok(())
    }

    async fn down(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        schema.get_connection().execute_unprepared("DROP TABLE secrets").await?;
        Ok(())
    }
}
