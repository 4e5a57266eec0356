//! The call journal: a paid request is written here before it is sent, its job before it is polled, its reply before it
//! is read. Whoever comes after a crash finds out from the row what is left to do, and sends nothing twice.
//!
//! `sending → (accepted) → replied → settled`, or `failed` (nothing was made, may be sent again), or `ambiguous` (may have
//! been billed, is never sent again by itself).

use handbill_domain::{
    asset::Digest,
    fault::{Billed, Failure},
    ids::{RunId, WorkspaceId},
    money::Currency,
};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error, Store, budgets,
    error::unreadable,
    ledger,
    open::{row, run},
    steps::{self, Fence},
};

/// A request that is about to be sent.
#[derive(Clone, Debug)]
pub struct NewCall {
    /// Idempotency key: the same question in the same place has the same key, on any day in any process.
    pub key: String,
    /// The run that pays.
    pub run: RunId,
    /// The step that asks.
    pub step: String,
    /// Its revision.
    pub revision: i32,
    /// How many equal questions the step asked before this one.
    pub sequence: i32,
    /// Who asks: the role's name.
    pub role: String,
    /// Who is asked: the catalogue's names.
    pub provider: String,
    /// Catalogue id of the model.
    pub model: String,
    /// Digest of the request.
    pub request: Digest,
    /// What it will cost at most, at list price, in the run's currency.
    pub price_micros: i64,
    /// How much of that is real money: the price, or zero for a local model.
    pub reserved_micros: i64,
    /// The run's currency.
    pub currency: Currency,
    /// May it be sent again when nobody knows whether it arrived? True where the provider honours the key, and where
    /// it costs nothing.
    pub repeatable: bool,
}

/// What is to be done for a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Begun {
    /// Send it: the row is written, the money reserved.
    Send,
    /// It was accepted before: poll this job.
    Poll(Value),
    /// It was answered before: read this.
    Kept {
        /// The reply.
        reply: KeptReply,
        /// Its price at list and whether it is settled, else it has to be.
        settled: Option<i64>,
    },
    /// It may have been sent, and cannot be sent again.
    Ambiguous,
    /// The ceiling does not allow it now.
    OverCeiling,
}

/// Where a reply is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptReply {
    /// Status of the reply.
    pub status: u16,
    /// Media type of the body.
    pub media_type: String,
    /// The body, in the files.
    pub body: Digest,
}

/// What a call turned out to cost, in micros of the run's currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// At list price.
    pub list_micros: i64,
    /// Really.
    pub spent_micros: i64,
    /// Was it billed?
    pub billed: Billed,
    /// What was used, as the ledger shows it.
    pub usage: Value,
}

/// Looks a call up, or writes it and reserves its price: one transaction, by whoever has the step.
pub async fn begin(
    store: &Store,
    workspace: &WorkspaceId,
    fence: Fence,
    new: &NewCall,
) -> Result<Begun, Error> {
    let tx = store.begin().await?;
    steps::keep(&tx, workspace, fence).await?;
    let begun = match load(&tx, workspace, &new.key).await? {
        None => first(&tx, workspace, fence, new).await?,
        Some(call) => again(&tx, workspace, fence, new, call).await?,
    };
    tx.commit().await?;
    Ok(begun)
}

async fn first(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    fence: Fence,
    new: &NewCall,
) -> Result<Begun, Error> {
    if !budgets::reserve(db, workspace, &new.run, new.currency, new.reserved_micros).await? {
        return Ok(Begun::OverCeiling);
    }
    let sql = "INSERT INTO calls (workspace_id, key, run_id, step_id, step_key, revision, sequence, role, provider, model, request,
                                  state, epoch, submits, currency, price_micros, reserved_micros, created_at, changed_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'sending', $12, 1, $13, $14, $15, {now}, {now})";
    let values = vec![
        workspace.as_str().into(),
        new.key.as_str().into(),
        new.run.as_str().into(),
        fence.step.into(),
        new.step.as_str().into(),
        new.revision.into(),
        new.sequence.into(),
        new.role.as_str().into(),
        new.provider.as_str().into(),
        new.model.as_str().into(),
        new.request.as_str().into(),
        fence.epoch.into(),
        new.currency.code().into(),
        new.price_micros.into(),
        new.reserved_micros.into(),
    ];
    run(db, sql, values).await?;
    Ok(Begun::Send)
}

async fn again(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    fence: Fence,
    new: &NewCall,
    call: row::Model,
) -> Result<Begun, Error> {
    match call.state.as_str() {
        "failed" => {
            if !budgets::reserve(db, workspace, &new.run, new.currency, new.reserved_micros).await? {
                return Ok(Begun::OverCeiling);
            }
            resend(db, workspace, fence, new).await
        }
        "sending" if new.repeatable => resend(db, workspace, fence, new).await,
        "sending" => {
            let failure = r#"{"code":"call_ambiguous"}"#;
            change(
                db,
                workspace,
                &call,
                "state = 'ambiguous', reserved_micros = 0, failure = $4",
                vec![failure.into()],
            )
            .await?;
            budgets::settle(db, workspace, &new.run, call.reserved_micros, 0).await?;
            let maybe = Settlement {
                list_micros: call.price_micros,
                spent_micros: 0,
                billed: Billed::Maybe,
                usage: Value::Null,
            };
            ledger::write(db, workspace, &call, &maybe).await?;
            Ok(Begun::Ambiguous)
        }
        "accepted" => {
            change(db, workspace, &call, "epoch = $4", vec![fence.epoch.into()]).await?;
            Ok(Begun::Poll(json(call.job.as_deref())?))
        }
        "replied" | "settled" => {
            change(db, workspace, &call, "epoch = $4", vec![fence.epoch.into()]).await?;
            let settled = (call.state == "settled").then_some(call.price_micros);
            Ok(Begun::Kept { reply: json(call.reply.as_deref())?, settled })
        }
        "ambiguous" => Ok(Begun::Ambiguous),
        other => Err(unreadable(format!("call state `{other}`"))),
    }
}

async fn resend(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    fence: Fence,
    new: &NewCall,
) -> Result<Begun, Error> {
    let sql = "UPDATE calls SET state = 'sending', epoch = $3, submits = submits + 1, failure = NULL, price_micros = $4, reserved_micros = $5,
               changed_at = {now} WHERE workspace_id = $1 AND key = $2";
    let key = new.key.as_str().into();
    let values = vec![
        workspace.as_str().into(),
        key,
        fence.epoch.into(),
        new.price_micros.into(),
        new.reserved_micros.into(),
    ];
    run(db, sql, values).await?;
    Ok(Begun::Send)
}

/// Notes the provider's job, before anybody polls it.
pub async fn accepted(
    store: &Store,
    workspace: &WorkspaceId,
    fence: Fence,
    key: &str,
    job: &Value,
) -> Result<(), Error> {
    let tx = store.begin().await?;
    let call = mine(&tx, workspace, fence, key).await?;
    change(&tx, workspace, &call, "state = 'accepted', job = $4", vec![job.to_string().into()]).await?;
    Ok(tx.commit().await?)
}

/// Notes where the reply is kept, before anybody reads it.
pub async fn replied(
    store: &Store,
    workspace: &WorkspaceId,
    fence: Fence,
    key: &str,
    reply: &KeptReply,
) -> Result<(), Error> {
    let reply = serde_json::to_string(reply).map_err(unreadable)?;
    let tx = store.begin().await?;
    let call = mine(&tx, workspace, fence, key).await?;
    change(&tx, workspace, &call, "state = 'replied', reply = $4", vec![reply.into()]).await?;
    Ok(tx.commit().await?)
}

/// Ends a call whose reply is kept: the reservation becomes what was spent, and the ledger gets its line.
pub async fn settle(
    store: &Store,
    workspace: &WorkspaceId,
    fence: Fence,
    key: &str,
    settlement: &Settlement,
) -> Result<(), Error> {
    let tx = store.begin().await?;
    let call = mine(&tx, workspace, fence, key).await?;
    let set = "state = 'settled', reserved_micros = 0, price_micros = $4";
    change(&tx, workspace, &call, set, vec![settlement.list_micros.into()]).await?;
    budgets::settle(&tx, workspace, &RunId::new(&call.run_id), call.reserved_micros, settlement.spent_micros)
        .await?;
    ledger::write(&tx, workspace, &call, settlement).await?;
    Ok(tx.commit().await?)
}

/// Ends a call that gave nothing. Not billed: it may be sent again. Perhaps billed: it is not, and the ledger says so.
pub async fn failed(
    store: &Store,
    workspace: &WorkspaceId,
    fence: Fence,
    key: &str,
    failure: &Failure,
    settlement: &Settlement,
) -> Result<(), Error> {
    let state = if settlement.billed == Billed::No { "failed" } else { "ambiguous" };
    let failure = serde_json::to_string(failure).map_err(unreadable)?;
    let tx = store.begin().await?;
    let call = mine(&tx, workspace, fence, key).await?;
    let set = "state = $4, reserved_micros = 0, failure = $5";
    change(&tx, workspace, &call, set, vec![state.into(), failure.into()]).await?;
    budgets::settle(&tx, workspace, &RunId::new(&call.run_id), call.reserved_micros, settlement.spent_micros)
        .await?;
    if settlement.billed != Billed::No {
        ledger::write(&tx, workspace, &call, settlement).await?;
    }
    Ok(tx.commit().await?)
}

/// A call that is under way and that this claim of the step began or took over.
async fn mine(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    fence: Fence,
    key: &str,
) -> Result<row::Model, Error> {
    let call = load(db, workspace, key).await?.ok_or_else(|| Error::NotFound(format!("call {key}")))?;
    let under_way = matches!(call.state.as_str(), "sending" | "accepted" | "replied");
    if under_way && call.step_id == fence.step && call.epoch == fence.epoch {
        Ok(call)
    } else {
        Err(Error::Lost(format!("call {key}")))
    }
}

async fn load(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    key: &str,
) -> Result<Option<row::Model>, Error> {
    let sql = "SELECT * FROM calls WHERE workspace_id = $1 AND key = $2 {lock}";
    row(db, sql, vec![workspace.as_str().into(), key.into()]).await
}

/// Changes a call that is still as it was read.
async fn change(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    call: &row::Model,
    set: &str,
    more: Vec<sea_orm::Value>,
) -> Result<(), Error> {
    let sql = format!(
        "UPDATE calls SET {set}, changed_at = {{now}} WHERE workspace_id = $1 AND key = $2 AND epoch = $3"
    );
    let mut values = vec![workspace.as_str().into(), call.key.as_str().into(), call.epoch.into()];
    values.extend(more);
    match run(db, &sql, values).await?.rows_affected() {
        1 => Ok(()),
        _ => Err(Error::Lost(format!("call {}", call.key))),
    }
}

fn json<T: serde::de::DeserializeOwned>(text: Option<&str>) -> Result<T, Error> {
    serde_json::from_str(text.unwrap_or("null")).map_err(unreadable)
}

/// The table, and nothing else.
pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "calls")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub workspace_id: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub key: String,
        #[sea_orm(column_type = "Text")]
        pub run_id: String,
        pub step_id: i64,
        #[sea_orm(column_type = "Text")]
        pub step_key: String,
        pub revision: i32,
        pub sequence: i32,
        #[sea_orm(column_type = "Text")]
        pub role: String,
        #[sea_orm(column_type = "Text")]
        pub provider: String,
        #[sea_orm(column_type = "Text")]
        pub model: String,
        #[sea_orm(column_type = "Text")]
        pub request: String,
        #[sea_orm(column_type = "Text")]
        pub state: String,
        pub epoch: i64,
        pub submits: i32,
        #[sea_orm(column_type = "Text")]
        pub currency: String,
        pub price_micros: i64,
        pub reserved_micros: i64,
        #[sea_orm(column_type = "Text", nullable)]
        pub job: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub reply: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub failure: Option<String>,
        pub created_at: i64,
        pub changed_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
