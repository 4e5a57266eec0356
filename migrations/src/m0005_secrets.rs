//! Secrets that the processes of an installation share.

use sea_orm_migration::prelude::*;

use crate::all;

/// This change.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
#[allow(elided_lifetimes_in_paths, reason = "the trait elides it, and the macro counts lifetimes")]
impl MigrationTrait for Migration {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        all(schema, &["CREATE TABLE secrets (name text NOT NULL PRIMARY KEY, value text NOT NULL)"]).await
    }

    async fn down(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        all(schema, &["DROP TABLE secrets"]).await
    }
}
