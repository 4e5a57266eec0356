//! Durable runs: what is to be done, who does it, what was asked of whom, what it cost.
//!
//! Portable by choice: times are milliseconds since 1970 by the database's clock, money is integer micros, and JSON is
//! text, because `jsonb` would change the order of keys and with it the digests.

use sea_orm_migration::{prelude::*, schema::*};

/// This change.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 7] = ["runs", "sessions", "steps", "dependencies", "calls", "budgets", "ledger"];

#[async_trait::async_trait]
#[allow(elided_lifetimes_in_paths, reason = "the trait elides it, and the macro counts lifetimes")]
impl MigrationTrait for Migration {
    async fn up(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        for table in [runs(), sessions(), steps(), dependencies(), calls(), budgets(), ledger()] {
            schema.create_table(table).await?;
        }
        for index in indexes() {
            schema.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, schema: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            schema.drop_table(Table::drop().table(*table).to_owned()).await?;
        }
        Ok(())
    }
}

fn runs() -> TableCreateStatement {
    Table::create()
        .table("runs")
        .col(text("workspace_id"))
        .col(text("id"))
        .col(text("state"))
        .col(text("inputs"))
        .col(big_integer("created_at"))
        .col(big_integer_null("ended_at"))
        .primary_key(Index::create().col("workspace_id").col("id"))
        .to_owned()
}

/// A worker process that lives as long as its heartbeat. It serves every workspace, so it belongs to none.
fn sessions() -> TableCreateStatement {
    Table::create()
        .table("sessions")
        .col(text("id").primary_key())
        .col(big_integer("lease_ms"))
        .col(big_integer("started_at"))
        .col(big_integer("beat_at"))
        .col(big_integer_null("ended_at"))
        .to_owned()
}

fn steps() -> TableCreateStatement {
    Table::create()
        .table("steps")
        .col(big_pk_auto("id"))
        .col(text("workspace_id"))
        .col(text("run_id"))
        .col(text("key"))
        .col(text("kind"))
        .col(text("lane"))
        .col(text("state"))
        .col(integer("revision"))
        .col(big_integer("epoch"))
        .col(text_null("session_id"))
        .col(integer("attempts"))
        .col(integer("crashes"))
        .col(big_integer_null("due_at"))
        .col(text("spec"))
        .col(text_null("output"))
        .col(text_null("failure"))
        .col(big_integer_null("started_at"))
        .col(big_integer_null("ended_at"))
        .foreign_key(
            ForeignKey::create()
                .name("steps_run")
                .from("steps", ("workspace_id", "run_id"))
                .to("runs", ("workspace_id", "id"))
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn dependencies() -> TableCreateStatement {
    let of_step = |name: &'static str, column: &'static str| {
        ForeignKey::create()
            .name(name)
            .from("dependencies", column)
            .to("steps", "id")
            .on_delete(ForeignKeyAction::Cascade)
            .to_owned()
    };
    Table::create()
        .table("dependencies")
        .col(text("workspace_id"))
        .col(big_integer("step_id"))
        .col(big_integer("needs_id"))
        .primary_key(Index::create().col("step_id").col("needs_id"))
        .foreign_key(&mut of_step("dependencies_step", "step_id"))
        .foreign_key(&mut of_step("dependencies_needs", "needs_id"))
        .to_owned()
}

/// The journal: one row per paid request, written before it is sent.
fn calls() -> TableCreateStatement {
    Table::create()
        .table("calls")
        .col(text("workspace_id"))
        .col(text("key"))
        .col(text("run_id"))
        .col(big_integer("step_id"))
        .col(text("step_key"))
        .col(integer("revision"))
        .col(integer("sequence"))
        .col(text("role"))
        .col(text("provider"))
        .col(text("model"))
        .col(text("request"))
        .col(text("state"))
        .col(big_integer("epoch"))
        .col(integer("submits"))
        .col(text("currency"))
        .col(big_integer("price_micros"))
        .col(big_integer("reserved_micros"))
        .col(text_null("job"))
        .col(text_null("reply"))
        .col(text_null("failure"))
        .col(big_integer("created_at"))
        .col(big_integer("changed_at"))
        .primary_key(Index::create().col("workspace_id").col("key"))
        .foreign_key(
            ForeignKey::create()
                .name("calls_step")
                .from("calls", "step_id")
                .to("steps", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

/// What may be spent, by scope: `run` now; `campaign`, `key`, `workspace` take the same shape.
fn budgets() -> TableCreateStatement {
    Table::create()
        .table("budgets")
        .col(text("workspace_id"))
        .col(text("scope"))
        .col(text("scope_id"))
        .col(text("currency"))
        .col(big_integer_null("ceiling_micros"))
        .col(big_integer("reserved_micros"))
        .col(big_integer("spent_micros"))
        .primary_key(Index::create().col("workspace_id").col("scope").col("scope_id"))
        .to_owned()
}

/// What was paid, once per call. It outlives the run.
fn ledger() -> TableCreateStatement {
    Table::create()
        .table("ledger")
        .col(text("workspace_id"))
        .col(text("call_key"))
        .col(text("run_id"))
        .col(text("step_key"))
        .col(text("provider"))
        .col(text("model"))
        .col(text("currency"))
        .col(big_integer("list_micros"))
        .col(big_integer("spent_micros"))
        .col(text("billed"))
        .col(text("usage"))
        .col(big_integer("at"))
        .primary_key(Index::create().col("workspace_id").col("call_key"))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &'static str, table: &'static str, columns: &[&'static str]| {
        let mut index = Index::create().name(name).table(table).to_owned();
        for column in columns {
            index.col(*column);
        }
        index
    };
    vec![
        index("steps_by_key", "steps", &["workspace_id", "run_id", "key"]).unique().to_owned(),
        index("steps_by_state", "steps", &["state", "lane", "due_at"]),
        index("steps_by_session", "steps", &["session_id", "state"]),
        index("dependencies_by_need", "dependencies", &["needs_id"]),
        index("calls_by_step", "calls", &["step_id"]),
        index("calls_by_run", "calls", &["workspace_id", "run_id", "state"]),
        index("ledger_by_run", "ledger", &["workspace_id", "run_id"]),
    ]
}
