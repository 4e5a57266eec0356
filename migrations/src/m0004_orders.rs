//! What is ordered through the API: files that were sent, plans, orders.

use crate::Change;

/// This change.
pub(crate) const CHANGE: Change = Change { name: "m0004_orders", up: UP, down: DOWN };

const UP: &[&str] = &[
    "CREATE TABLE uploads (workspace_id text NOT NULL, digest text NOT NULL, media_type text NOT NULL, bytes bigint NOT NULL,
       width integer, height integer, at bigint NOT NULL, PRIMARY KEY (workspace_id, digest))",
    "CREATE TABLE plans (workspace_id text NOT NULL, id text NOT NULL, run_id text, rehearsal integer NOT NULL, shown text NOT NULL,
       ordering text, created_at bigint NOT NULL, expires_at bigint NOT NULL, PRIMARY KEY (workspace_id, id))",
    "CREATE INDEX plans_by_end ON plans (expires_at)",
    "CREATE TABLE orders (workspace_id text NOT NULL, run_id text NOT NULL, plan_id text NOT NULL, metadata text NOT NULL,
       callback_url text, rehearsal integer NOT NULL, at bigint NOT NULL, PRIMARY KEY (workspace_id, run_id))",
    "CREATE INDEX runs_by_time ON runs (workspace_id, created_at, id)",
];

const DOWN: &[&str] =
    &["DROP INDEX runs_by_time", "DROP TABLE orders", "DROP TABLE plans", "DROP TABLE uploads"];
