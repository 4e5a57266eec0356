//! Many calls end well in one transaction: journal, budgets and ledger together.

use std::collections::BTreeMap;

use handbill_domain::ids::WorkspaceId;
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;

use super::Settlement;
use crate::{
    Error,
    budgets::{Book, Payers, PayersRow},
    ledger,
    open::{list, rows, run},
    steps::{Fence, Ready},
};

/// A call whose reply was read, with what it cost.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// By which right.
    pub fence: Fence,
    /// Its key.
    pub key: String,
    /// What it cost.
    pub settlement: Settlement,
}

#[derive(FromQueryResult)]
struct Open {
    key: String,
    step_key: String,
    provider: String,
    model: String,
    currency: String,
    reserved_micros: i64,
    #[sea_orm(nested)]
    payers: PayersRow,
}

/// Settles what is still under way by its fence; tells how many that were, and which steps got money from it.
pub(crate) async fn settle_many(
    db: &impl ConnectionTrait,
    settled: &[&Settled],
) -> Result<(usize, Vec<Ready>), Error> {
    if settled.is_empty() {
        return Ok((0, vec![]));
    }
    let given = settled.iter().map(|s| {
        json!({ "workspace": s.workspace.as_str(), "key": s.key, "step": s.fence.step, "epoch": s.fence.epoch })
    });
    let sql = "SELECT c.workspace_id, c.key, c.run_id, c.step_key, c.provider, c.model, c.currency, c.reserved_micros, r.campaign_id, r.key_id
               FROM calls c JOIN {rows(workspace text, key text, step bigint, epoch bigint)} ON c.workspace_id = v.workspace AND c.key = v.key
               JOIN runs r ON r.workspace_id = c.workspace_id AND r.id = c.run_id
               WHERE c.step_id = v.step AND c.epoch = v.epoch AND c.state IN ('sending', 'accepted', 'replied')
               ORDER BY c.workspace_id, c.key {lock c}";
    let open: Vec<Open> = rows(db, sql, vec![list(given)?]).await?;
    let cost: BTreeMap<(&str, &str), &Settlement> =
        settled.iter().map(|s| ((s.workspace.as_str(), s.key.as_str()), &s.settlement)).collect();
    let cost = |call: &Open| cost[&(call.payers.workspace_id.as_str(), call.key.as_str())];
    if open.is_empty() {
        return Ok((0, vec![]));
    }
    let prices = open.iter().map(
        |call| json!({ "workspace": call.payers.workspace_id, "key": call.key, "list": cost(call).list_micros }),
    );
    let sql = "UPDATE calls SET state = 'settled', reserved_micros = 0, price_micros = v.list, changed_at = {now}
               FROM {rows(workspace text, key text, list bigint)} WHERE calls.workspace_id = v.workspace AND calls.key = v.key";
    run(db, sql, vec![list(prices)?]).await?;

    let payers: Vec<Payers> = open.iter().map(|call| call.payers.read()).collect();
    let paid = || {
        open.iter().zip(&payers).filter(|(call, _)| call.reserved_micros != 0 || cost(call).spent_micros != 0)
    };
    let mut book = Book::open(db, paid().map(|(call, payers)| (payers, call.currency.as_str()))).await?;
    for (call, payers) in paid() {
        book.change(payers, &call.currency, -call.reserved_micros, cost(call).spent_micros);
    }
    let ready = book.close(db).await?;

    let lines = open.iter().map(|call| {
        let cost = cost(call);
        json!({ "workspace": call.payers.workspace_id, "key": call.key, "run": call.payers.run_id, "step": call.step_key,
                "provider": call.provider, "model": call.model, "currency": call.currency, "list": cost.list_micros,
                "spent": cost.spent_micros, "billed": ledger::billed(cost.billed), "usage": cost.usage.to_string() })
    });
    ledger::write_many(db, lines).await?;
    Ok((open.len(), ready))
}
