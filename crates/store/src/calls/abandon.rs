//! What becomes of the calls of a step that a person ended, or that is given up: said honestly.

use std::collections::BTreeMap;

use handbill_domain::{
    fault::{Billed, Failure},
    ids::WorkspaceId,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::{Value, json};

use super::{Settlement, give_back, row};
use crate::{
    Error,
    error::unreadable,
    ledger,
    open::{list, rows, run},
};

/// Ends the open calls of these steps: one that was answered is paid, one that may have arrived may be billed. A step that
/// failed says so too.
pub(crate) async fn abandon(db: &impl ConnectionTrait, steps: &[i64]) -> Result<(), Error> {
    #[derive(FromQueryResult)]
    struct Of {
        workspace_id: String,
        key: String,
        step_id: i64,
    }
    let sql = "SELECT c.workspace_id, c.key, c.step_id FROM calls c WHERE c.step_id IN (SELECT v.step FROM {rows(step bigint)})
               AND c.state IN ('sending', 'accepted', 'replied') ORDER BY c.workspace_id, c.key {lock c}";
    let steps = list(steps.iter().map(|step| json!({ "step": step })))?;
    let mut billed = BTreeMap::new();
    for Of { workspace_id, key, step_id } in rows::<Of>(db, sql, vec![steps]).await? {
        let workspace = WorkspaceId::new(workspace_id);
        let Some(call) = super::load(db, &workspace, &key).await? else { continue };
        match (end(db, &workspace, &call).await?, billed.get(&step_id)) {
            (Billed::No, _) | (Billed::Maybe, Some(Billed::Yes)) => {}
            (said, _) => drop(billed.insert(step_id, said)),
        }
    }
    say(db, &billed).await
}

/// Corrects failures that say that nothing was billed.
async fn say(db: &impl ConnectionTrait, billed: &BTreeMap<i64, Billed>) -> Result<(), Error> {
    #[derive(FromQueryResult)]
    struct Said {
        id: i64,
        failure: Option<String>,
    }
    let sql = "SELECT s.id, s.failure FROM steps s WHERE s.id IN (SELECT v.step FROM {rows(step bigint)}) AND s.state = 'failed' ORDER BY s.id";
    let steps = list(billed.keys().map(|step| json!({ "step": step })))?;
    for Said { id, failure } in rows::<Said>(db, sql, vec![steps]).await? {
        let Some(failure) = failure else { continue };
        let failure: Failure = serde_json::from_str(&failure).map_err(unreadable)?;
        if failure.billed == Billed::No {
            let failure = Failure { billed: billed[&id], ..failure };
            let text = serde_json::to_string(&failure).map_err(unreadable)?;
            run(db, "UPDATE steps SET failure = $2 WHERE id = $1", vec![id.into(), text.into()]).await?;
        }
    }
    Ok(())
}

async fn end(db: &impl ConnectionTrait, workspace: &WorkspaceId, call: &row::Model) -> Result<Billed, Error> {
    let free = call.reserved_micros == 0;
    let answered = call.state == "replied";
    let (state, spent_micros, billed) = match (answered, free) {
        (true, true) => ("settled", 0, Billed::No),
        (true, false) => ("settled", call.reserved_micros, Billed::Yes),
        (false, true) => ("failed", 0, Billed::No),
        (false, false) => ("ambiguous", 0, Billed::Maybe),
    };
    let failure = (!answered).then_some(r#"{"code":"given_up"}"#);
    let sql = "UPDATE calls SET state = $3, reserved_micros = 0, failure = $4, changed_at = {now} WHERE workspace_id = $1 AND key = $2";
    run(db, sql, vec![workspace.as_str().into(), call.key.as_str().into(), state.into(), failure.into()])
        .await?;
    give_back(db, workspace, call, spent_micros).await?;
    if answered || !free {
        let list_micros = call.price_micros;
        ledger::write(
            db,
            workspace,
            call,
            &Settlement { list_micros, spent_micros, billed, usage: Value::Null },
        )
        .await?;
    }
    Ok(billed)
}
