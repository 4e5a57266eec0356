//! What becomes of the calls of a step that a person ended: said honestly.

use handbill_domain::{fault::Billed, ids::WorkspaceId};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::{Value, json};

use super::{Settlement, give_back, row};
use crate::{
    Error, ledger,
    open::{list, rows, run},
};

/// Ends the open calls of these steps: one that was answered is paid, one that may have arrived may be billed.
pub(crate) async fn abandon(db: &impl ConnectionTrait, steps: &[i64]) -> Result<(), Error> {
    #[derive(FromQueryResult)]
    struct Of {
        workspace_id: String,
        key: String,
    }
    let sql = "SELECT c.workspace_id, c.key FROM calls c WHERE c.step_id IN (SELECT v.step FROM {rows(step bigint)})
               AND c.state IN ('sending', 'accepted', 'replied') ORDER BY c.workspace_id, c.key {lock c}";
    let steps = list(steps.iter().map(|step| json!({ "step": step })))?;
    for Of { workspace_id, key } in rows::<Of>(db, sql, vec![steps]).await? {
        let workspace = WorkspaceId::new(workspace_id);
        let Some(call) = super::load(db, &workspace, &key).await? else { continue };
        end(db, &workspace, &call).await?;
    }
    Ok(())
}

async fn end(db: &impl ConnectionTrait, workspace: &WorkspaceId, call: &row::Model) -> Result<(), Error> {
    let free = call.reserved_micros == 0;
    let answered = call.state == "replied";
    let (state, spent_micros, billed) = match (answered, free) {
        (true, true) => ("settled", 0, Billed::No),
        (true, false) => ("settled", call.reserved_micros, Billed::Yes),
        (false, true) => ("failed", 0, Billed::No),
        (false, false) => ("ambiguous", 0, Billed::Maybe),
    };
    let failure = (!answered).then_some(r#"{"code":"canceled"}"#);
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
    Ok(())
}
