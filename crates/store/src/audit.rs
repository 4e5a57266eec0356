//! What must always hold, asked in SQL. An answer that is not empty is a broken promise.

use sea_orm::FromQueryResult;

use crate::{Error, Store, open::rows};

/// Each gives the names of rows that break a promise.
const PROMISES: &[(&str, &str)] = &[
    (
        "a run's counters are those of its steps",
        "SELECT r.id AS which FROM runs r WHERE
           r.open <> (SELECT COUNT(*) FROM steps s WHERE s.workspace_id = r.workspace_id AND s.run_id = r.id AND s.state NOT IN ('succeeded', 'failed', 'canceled'))
           OR r.failed <> (SELECT COUNT(*) FROM steps s WHERE s.workspace_id = r.workspace_id AND s.run_id = r.id AND s.state IN ('failed', 'canceled'))
           OR r.total <> (SELECT COUNT(*) FROM steps s WHERE s.workspace_id = r.workspace_id AND s.run_id = r.id)",
    ),
    (
        "a run whose steps have ended has ended",
        "SELECT r.id AS which FROM runs r WHERE (r.state IN ('running', 'paused') AND r.open = 0) OR (r.state IN ('succeeded', 'partial', 'failed') AND r.open > 0)",
    ),
    (
        "a step knows how many steps it waits for",
        "SELECT s.key AS which FROM steps s WHERE s.state <> 'canceled' AND s.needs_left <> (SELECT COUNT(*) FROM dependencies d JOIN steps p ON p.id = d.needs_id
           WHERE d.step_id = s.id AND p.state NOT IN ('succeeded', 'failed', 'canceled'))",
    ),
    (
        "no step begins before those that it needs have ended",
        "SELECT s.key AS which FROM dependencies d JOIN steps s ON s.id = d.step_id JOIN steps p ON p.id = d.needs_id
           WHERE p.revision = 0 AND ((s.state = 'ready' AND p.state NOT IN ('succeeded', 'failed', 'canceled'))
             OR (s.state = 'succeeded' AND p.ended_at IS NOT NULL AND s.started_at < p.ended_at))",
    ),
    (
        "a step that nobody has waits with nobody",
        "SELECT s.key AS which FROM steps s WHERE (s.state = 'running') <> (s.session_id IS NOT NULL)",
    ),
    (
        "what succeeded has an output, and nothing else has",
        "SELECT s.key AS which FROM steps s WHERE (s.state = 'succeeded') <> (s.output IS NOT NULL)",
    ),
    (
        "a run's budget has spent what the ledger says",
        "SELECT b.scope_id AS which FROM budgets b WHERE b.scope = 'run' AND b.spent_micros <>
           (SELECT COALESCE(SUM(l.spent_micros), 0) FROM ledger l WHERE l.workspace_id = b.workspace_id AND l.run_id = b.scope_id AND l.currency = b.currency)",
    ),
    (
        "a workspace's budget has spent what the ledger says",
        "SELECT b.scope_id AS which FROM budgets b WHERE b.scope = 'workspace' AND b.spent_micros <>
           (SELECT COALESCE(SUM(l.spent_micros), 0) FROM ledger l WHERE l.workspace_id = b.workspace_id AND l.currency = b.currency)",
    ),
    (
        "a campaign's budget has spent what the ledger says",
        "SELECT b.scope_id AS which FROM budgets b WHERE b.scope = 'campaign' AND b.spent_micros <>
           (SELECT COALESCE(SUM(l.spent_micros), 0) FROM ledger l WHERE l.workspace_id = b.workspace_id AND l.campaign_id = b.scope_id AND l.currency = b.currency)",
    ),
    (
        "a key's budget has spent what the ledger says",
        "SELECT b.scope_id AS which FROM budgets b WHERE b.scope = 'key' AND b.spent_micros <>
           (SELECT COALESCE(SUM(l.spent_micros), 0) FROM ledger l WHERE l.workspace_id = b.workspace_id AND l.key_id = b.scope_id AND l.currency = b.currency)",
    ),
    (
        "what is reserved is reserved for calls that are under way",
        "SELECT b.scope || ' ' || b.scope_id AS which FROM budgets b WHERE b.reserved_micros <> (SELECT COALESCE(SUM(c.reserved_micros), 0) FROM calls c
           JOIN runs r ON r.workspace_id = c.workspace_id AND r.id = c.run_id WHERE c.workspace_id = b.workspace_id AND c.currency = b.currency
           AND (b.scope = 'workspace' OR (b.scope = 'run' AND c.run_id = b.scope_id) OR (b.scope = 'campaign' AND r.campaign_id = b.scope_id)
             OR (b.scope = 'key' AND r.key_id = b.scope_id)))",
    ),
    (
        "only calls that are under way have money reserved",
        "SELECT c.key AS which FROM calls c WHERE c.state NOT IN ('sending', 'accepted', 'replied') AND c.reserved_micros <> 0",
    ),
    (
        "nothing is reserved when nothing runs",
        "SELECT c.key AS which FROM calls c JOIN steps s ON s.id = c.step_id WHERE s.state IN ('succeeded', 'failed', 'canceled') AND c.reserved_micros <> 0",
    ),
    (
        "no ceiling is passed",
        "SELECT b.scope || ' ' || b.scope_id AS which FROM budgets b WHERE b.ceiling_micros IS NOT NULL AND b.spent_micros + b.reserved_micros > b.ceiling_micros",
    ),
    (
        "every call that was settled has its line, and every line its call",
        "SELECT c.key AS which FROM calls c WHERE c.state = 'settled' AND NOT EXISTS (SELECT 1 FROM ledger l WHERE l.workspace_id = c.workspace_id AND l.call_key = c.key)
         UNION ALL SELECT l.call_key AS which FROM ledger l JOIN calls c ON c.workspace_id = l.workspace_id AND c.key = l.call_key WHERE c.state NOT IN ('settled', 'ambiguous', 'replied', 'accepted') AND l.billed = 'yes'",
    ),
];

/// The promises that are broken now, each with what breaks it. A ceiling that a person lowered below what was spent is
/// reported too.
pub async fn broken(store: &Store) -> Result<Vec<String>, Error> {
    #[derive(FromQueryResult)]
    struct Row {
        which: String,
    }
    let mut broken = Vec::new();
    for (promise, sql) in PROMISES {
        let found: Vec<Row> = rows(&store.db, sql, vec![]).await?;
        if let Some(first) = found.first() {
            broken.push(format!("{promise}: {} and {} more", first.which, found.len() - 1));
        }
    }
    Ok(broken)
}
