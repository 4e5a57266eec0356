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
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error, Store,
    budgets::{Book, PayersRow},
    error::unreadable,
    group, ledger,
    open::{row, run},
    steps::{Fence, Ready},
};

mod abandon;
mod begin;
mod note;
mod settle;
mod webhook;

pub(crate) use abandon::abandon;
pub(crate) use begin::Begin;
pub(crate) use note::Note;
pub use note::Noted;
pub use settle::Settled;
pub(crate) use settle::settle_many;
pub use webhook::{Resolution, Webhook, resolved_by_webhook};

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
    /// May the answer of an equal question of an earlier run of the same campaign be taken?
    pub reuse: bool,
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
    /// An earlier run of the campaign asked the same: read this; nothing is paid.
    Reused {
        /// The reply.
        reply: KeptReply,
    },
    /// It may have been sent, and nobody saw the answer. Look it up, or wait for the provider to tell, or give it up.
    Unknown {
        /// How long ago it was sent, in milliseconds.
        since_ms: i64,
    },
    /// It may have been billed, and cannot be sent again.
    Ambiguous,
    /// The ceiling does not allow it now.
    OverCeiling,
    /// The run was canceled: nothing is sent any more.
    Canceled,
}

/// Where a reply is kept: a short text in the row itself, anything else in the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptReply {
    /// Status of the reply.
    pub status: u16,
    /// Media type of the body.
    pub media_type: String,
    /// The body, in the files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Digest>,
    /// The body itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
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
    let new = new.clone();
    group::write(store, Begin { workspace: workspace.clone(), fence, new }).await
}

/// Notes the provider's job, before anybody polls it.
pub async fn accepted(
    store: &Store,
    workspace: &WorkspaceId,
    fence: Fence,
    key: &str,
    job: &Value,
) -> Result<Noted, Error> {
    let note = Note {
        workspace: workspace.clone(),
        fence,
        key: key.to_owned(),
        job: Some(job.clone()),
        reply: None,
    };
    group::write(store, note).await
}

/// Notes where the reply is kept, before anybody reads it.
pub async fn replied(
    store: &Store,
    workspace: &WorkspaceId,
    fence: Fence,
    key: &str,
    reply: &KeptReply,
) -> Result<Noted, Error> {
    let note = Note {
        workspace: workspace.clone(),
        fence,
        key: key.to_owned(),
        job: None,
        reply: Some(reply.clone()),
    };
    group::write(store, note).await
}

/// Ends a call whose reply is kept: the reservation becomes what was spent, and the ledger gets its line. A step that
/// ends at once can hand its settlements to [`crate::steps::finish`] instead.
pub async fn settle(
    store: &Store,
    workspace: &WorkspaceId,
    fence: Fence,
    key: &str,
    settlement: &Settlement,
) -> Result<(), Error> {
    let tx = store.begin().await?;
    let one =
        Settled { workspace: workspace.clone(), fence, key: key.to_owned(), settlement: settlement.clone() };
    let (done, _) = settle_many(&tx, &[&one]).await?;
    if done == 0 {
        return Err(Error::Lost(format!("call {key}")));
    }
    Ok(tx.commit().await?)
}

/// The same for many; what is not under way by its fence any more is passed over. Tells which steps got money from it.
pub async fn settle_all(store: &Store, settled: &[Settled]) -> Result<Vec<Ready>, Error> {
    let tx = store.begin().await?;
    let (_, ready) = settle_many(&tx, &settled.iter().collect::<Vec<_>>()).await?;
    tx.commit().await?;
    Ok(ready)
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
    let sql = "UPDATE calls SET state = $3, reserved_micros = 0, failure = $4, changed_at = {now} WHERE workspace_id = $1 AND key = $2";
    run(&tx, sql, vec![workspace.as_str().into(), key.into(), state.into(), failure.into()]).await?;
    give_back(&tx, workspace, &call, settlement.spent_micros).await?;
    if settlement.billed != Billed::No {
        ledger::write(&tx, workspace, &call, settlement).await?;
    } else {
        ledger::clear(&tx, workspace, &call).await?;
    }
    Ok(tx.commit().await?)
}

/// Turns the reservation of a call into what was spent.
async fn give_back(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    call: &row::Model,
    spent_micros: i64,
) -> Result<(), Error> {
    let sql = "SELECT workspace_id, id AS run_id, campaign_id, key_id FROM runs WHERE workspace_id = $1 AND id = $2";
    let values = vec![workspace.as_str().into(), call.run_id.as_str().into()];
    let payers: PayersRow =
        row(db, sql, values).await?.ok_or_else(|| Error::NotFound(format!("run {}", call.run_id)))?;
    let payers = payers.read();
    let mut book = Book::open(db, [(&payers, call.currency.as_str())]).await?;
    book.change(&payers, &call.currency, -call.reserved_micros, spent_micros);
    book.close(db).await.map(drop)
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

/// How the calls of a run stand.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Standing {
    /// `sending`, `accepted`, `replied`, `settled`, `failed` or `ambiguous`.
    pub state: String,
    /// How many.
    pub calls: i64,
    /// Submits that these calls took.
    pub submits: i64,
    /// Reserved for them.
    pub reserved_micros: i64,
}

/// How the calls of a run stand.
pub async fn standing(store: &Store, workspace: &WorkspaceId, id: &RunId) -> Result<Vec<Standing>, Error> {
    let sql = "SELECT state, COUNT(*) AS calls, CAST(SUM(submits) AS bigint) AS submits, CAST(SUM(reserved_micros) AS bigint) AS reserved_micros
               FROM calls WHERE workspace_id = $1 AND run_id = $2 GROUP BY state ORDER BY state";
    crate::open::rows(&store.db, sql, vec![workspace.as_str().into(), id.as_str().into()]).await
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
        #[sea_orm(column_type = "Text", nullable)]
        pub job_id: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
