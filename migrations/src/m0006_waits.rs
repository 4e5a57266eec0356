//! How long a step waited for providers that had no time for it.

use sea_orm_migration::prelude::*;

use crate::all;

/// This change.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
#[allow(elided_lifetimes_in_paths, reason = "the trait elides it, and the macro counts lifetimes")]
impl MigrationTrait for Migration {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        all(schema, &["ALTER TABLE steps ADD COLUMN waited_ms bigint NOT NULL DEFAULT 0"]).await
    }

    async fn down(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        all(schema, &["ALTER TABLE steps DROP COLUMN waited_ms"]).await
    }
}
