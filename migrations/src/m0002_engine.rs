//! Many workers for all runs: counters instead of a census, shared ceilings, a leader, versions of assets.
//!
//! Indexes on steps are partial: a million ended steps weigh nothing in the search for the next one.

use crate::Change;

/// This change.
pub(crate) const CHANGE: Change = Change { name: "m0002_engine", up: UP, down: DOWN };

const UP: &[&str] = &[
    // Who ordered a run, and how far it is.
    "ALTER TABLE runs ADD COLUMN campaign_id text",
    "ALTER TABLE runs ADD COLUMN key_id text",
    "ALTER TABLE runs ADD COLUMN class text NOT NULL DEFAULT 'interactive'",
    "ALTER TABLE runs ADD COLUMN currency text NOT NULL DEFAULT 'USD'",
    "ALTER TABLE runs ADD COLUMN total bigint NOT NULL DEFAULT 0",
    "ALTER TABLE runs ADD COLUMN open bigint NOT NULL DEFAULT 0",
    "ALTER TABLE runs ADD COLUMN failed bigint NOT NULL DEFAULT 0",
    "ALTER TABLE runs ADD COLUMN made bigint NOT NULL DEFAULT 0",
    "UPDATE runs SET currency = COALESCE((SELECT b.currency FROM budgets b WHERE b.workspace_id = runs.workspace_id
       AND b.scope = 'run' AND b.scope_id = runs.id), 'USD'),
       total = (SELECT COUNT(*) FROM steps s WHERE s.workspace_id = runs.workspace_id AND s.run_id = runs.id),
       open = (SELECT COUNT(*) FROM steps s WHERE s.workspace_id = runs.workspace_id AND s.run_id = runs.id
               AND s.state NOT IN ('succeeded', 'failed', 'canceled')),
       failed = (SELECT COUNT(*) FROM steps s WHERE s.workspace_id = runs.workspace_id AND s.run_id = runs.id
                 AND s.state IN ('failed', 'canceled'))",
    // What a step waits for, and from what it was made.
    "ALTER TABLE steps ADD COLUMN needs_left integer NOT NULL DEFAULT 0",
    "ALTER TABLE steps ADD COLUMN makes integer NOT NULL DEFAULT 0",
    "ALTER TABLE steps ADD COLUMN inputs_digest text",
    "ALTER TABLE steps ADD COLUMN output_digest text",
    "UPDATE steps SET needs_left = (SELECT COUNT(*) FROM dependencies d JOIN steps p ON p.id = d.needs_id
       WHERE d.step_id = steps.id AND p.state NOT IN ('succeeded', 'failed', 'canceled'))",
    "UPDATE steps SET makes = CASE WHEN spec LIKE '%\"makes\":[]%' THEN 0 ELSE 1 END",
    "UPDATE runs SET made = (SELECT COUNT(*) FROM steps s WHERE s.workspace_id = runs.workspace_id AND s.run_id = runs.id
       AND s.state = 'succeeded' AND s.makes = 1)",
    "DROP INDEX steps_by_state",
    "DROP INDEX steps_by_session",
    "CREATE INDEX steps_ready ON steps (workspace_id, run_id, lane, id) WHERE state = 'ready'",
    "CREATE INDEX steps_due ON steps (due_at) WHERE state = 'waiting'",
    "CREATE INDEX steps_held_by ON steps (session_id) WHERE state = 'running'",
    "CREATE INDEX runs_by_state ON runs (state, workspace_id)",
    "CREATE INDEX runs_by_campaign ON runs (workspace_id, campaign_id)",
    // A provider's job by its id; an equal request of an earlier run.
    "ALTER TABLE calls ADD COLUMN job_id text",
    "CREATE INDEX calls_by_job ON calls (provider, job_id)",
    "CREATE INDEX calls_by_request ON calls (workspace_id, request)",
    // One budget a scope and currency.
    "CREATE TABLE budgets_now (workspace_id text NOT NULL, scope text NOT NULL, scope_id text NOT NULL, currency text NOT NULL,
       ceiling_micros bigint, reserved_micros bigint NOT NULL, spent_micros bigint NOT NULL, held integer NOT NULL,
       PRIMARY KEY (workspace_id, scope, scope_id, currency))",
    "INSERT INTO budgets_now SELECT workspace_id, scope, scope_id, currency, ceiling_micros, reserved_micros, spent_micros, 1 FROM budgets",
    "INSERT INTO budgets_now SELECT workspace_id, 'workspace', workspace_id, currency, NULL, SUM(reserved_micros), SUM(spent_micros), 0
       FROM budgets WHERE scope = 'run' GROUP BY workspace_id, currency",
    "DROP TABLE budgets",
    "ALTER TABLE budgets_now RENAME TO budgets",
    "ALTER TABLE ledger ADD COLUMN campaign_id text",
    "ALTER TABLE ledger ADD COLUMN key_id text",
    "CREATE INDEX ledger_by_time ON ledger (workspace_id, at)",
    "CREATE TABLE leaders (name text NOT NULL PRIMARY KEY, session_id text NOT NULL, until_ms bigint NOT NULL)",
    // What campaigns have.
    "CREATE TABLE versions (workspace_id text NOT NULL, campaign_id text NOT NULL, asset_id text NOT NULL, version integer NOT NULL,
       run_id text NOT NULL, step_key text NOT NULL, revision integer NOT NULL, inputs_digest text NOT NULL, digest text NOT NULL,
       parents text NOT NULL, asset text NOT NULL, at bigint NOT NULL, PRIMARY KEY (workspace_id, campaign_id, asset_id, version))",
];

const DOWN: &[&str] = &[
    "DROP TABLE versions",
    "DROP TABLE leaders",
    "DROP INDEX ledger_by_time",
    "ALTER TABLE ledger DROP COLUMN key_id",
    "ALTER TABLE ledger DROP COLUMN campaign_id",
    "CREATE TABLE budgets_before (workspace_id text NOT NULL, scope text NOT NULL, scope_id text NOT NULL, currency text NOT NULL,
       ceiling_micros bigint, reserved_micros bigint NOT NULL, spent_micros bigint NOT NULL, PRIMARY KEY (workspace_id, scope, scope_id))",
    "INSERT INTO budgets_before SELECT workspace_id, scope, scope_id, currency, ceiling_micros, reserved_micros, spent_micros
       FROM budgets WHERE scope = 'run'",
    "DROP TABLE budgets",
    "ALTER TABLE budgets_before RENAME TO budgets",
    "DROP INDEX calls_by_request",
    "DROP INDEX calls_by_job",
    "ALTER TABLE calls DROP COLUMN job_id",
    "DROP INDEX runs_by_campaign",
    "DROP INDEX runs_by_state",
    "DROP INDEX steps_held_by",
    "DROP INDEX steps_due",
    "DROP INDEX steps_ready",
    "CREATE INDEX steps_by_session ON steps (session_id, state)",
    "CREATE INDEX steps_by_state ON steps (state, lane, due_at)",
    "ALTER TABLE steps DROP COLUMN output_digest",
    "ALTER TABLE steps DROP COLUMN inputs_digest",
    "ALTER TABLE steps DROP COLUMN makes",
    "ALTER TABLE steps DROP COLUMN needs_left",
    "ALTER TABLE runs DROP COLUMN made",
    "ALTER TABLE runs DROP COLUMN failed",
    "ALTER TABLE runs DROP COLUMN open",
    "ALTER TABLE runs DROP COLUMN total",
    "ALTER TABLE runs DROP COLUMN currency",
    "ALTER TABLE runs DROP COLUMN class",
    "ALTER TABLE runs DROP COLUMN key_id",
    "ALTER TABLE runs DROP COLUMN campaign_id",
];
