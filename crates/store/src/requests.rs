//! Requests that are to be done once (`Idempotency-Key`): claimed before they are done, answered again for a day.

use std::time::Duration;

use handbill_domain::ids::WorkspaceId;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Store,
    error::unreadable,
    open::{row, run},
};

/// How long an answer is kept.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// A request with a name that its caller gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asks; two callers may use the same name.
    pub caller: String,
    /// The caller's name for it.
    pub name: String,
    /// Digest of what is asked.
    pub fingerprint: String,
    /// Our id of it.
    pub id: String,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Header `Location`, where there was one.
    pub location: Option<String>,
    /// Media type of the body.
    pub media_type: String,
    /// The body.
    pub body: String,
}

/// What a claim found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is ours to do.
    Ours,
    /// The same was done before, with this answer.
    Done(Answer),
    /// The same is under way, as the request of this id.
    UnderWay(String),
    /// Something else was asked under this name.
    Other,
}

/// Claims a request. A claim that is older than `patience` without an answer was left by somebody who died; what it did,
/// it did in transactions, so it may be done again.
pub async fn claim(
    store: &Store,
    workspace: &WorkspaceId,
    request: &Request,
    patience: Duration,
) -> Result<Claim, Error> {
    let (kept, patience) = (millis(KEPT), millis(patience));
    let sql = format!(
        "INSERT INTO requests (workspace_id, caller, name, fingerprint, id, answer, at) VALUES ($1, $2, $3, $4, $5, NULL, {{now}})
         ON CONFLICT (workspace_id, caller, name) DO UPDATE SET fingerprint = $4, id = $5, answer = NULL, at = {{now}}
         WHERE requests.at < {{now}} - {kept}
           OR (requests.answer IS NULL AND requests.fingerprint = $4 AND requests.at < {{now}} - {patience})"
    );
    let mut values = of(workspace, request);
    values.extend([request.fingerprint.as_str().into(), request.id.as_str().into()]);
    if run(&store.db, &sql, values).await?.rows_affected() == 1 {
        return Ok(Claim::Ours);
    }
    let sql = "SELECT * FROM requests WHERE workspace_id = $1 AND caller = $2 AND name = $3";
    let found: Option<row::Model> = row(&store.db, sql, of(workspace, request)).await?;
    Ok(match found {
        // It was given up in this moment.
        None => Claim::UnderWay(request.id.clone()),
        Some(found) if found.fingerprint != request.fingerprint => Claim::Other,
        Some(row::Model { answer: Some(answer), .. }) => {
            Claim::Done(serde_json::from_str(&answer).map_err(unreadable)?)
        }
        Some(found) => Claim::UnderWay(found.id),
    })
}

/// Keeps the answer to a claimed request.
pub async fn keep(
    store: &Store,
    workspace: &WorkspaceId,
    request: &Request,
    answer: &Answer,
) -> Result<(), Error> {
    let sql =
        "UPDATE requests SET answer = $5 WHERE workspace_id = $1 AND caller = $2 AND name = $3 AND id = $4";
    let mut values = of(workspace, request);
    values.extend([request.id.as_str().into(), serde_json::to_string(answer).map_err(unreadable)?.into()]);
    run(&store.db, sql, values).await?;
    Ok(())
}

/// Gives a claim up: nothing was done.
pub async fn give_up(store: &Store, workspace: &WorkspaceId, request: &Request) -> Result<(), Error> {
    let sql = "DELETE FROM requests WHERE workspace_id = $1 AND caller = $2 AND name = $3 AND id = $4";
    let mut values = of(workspace, request);
    values.push(request.id.as_str().into());
    run(&store.db, sql, values).await?;
    Ok(())
}

/// Forgets what is too old, of all workspaces.
pub async fn sweep(store: &Store) -> Result<u64, Error> {
    let sql = format!("DELETE FROM requests WHERE at < {{now}} - {}", millis(KEPT));
    Ok(run(&store.db, &sql, vec![]).await?.rows_affected())
}

fn of(workspace: &WorkspaceId, request: &Request) -> Vec<sea_orm::Value> {
    vec![workspace.as_str().into(), request.caller.as_str().into(), request.name.as_str().into()]
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 2)
}

/// The table, and nothing else.
pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "requests")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub workspace_id: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub caller: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub name: String,
        #[sea_orm(column_type = "Text")]
        pub fingerprint: String,
        #[sea_orm(column_type = "Text")]
        pub id: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub answer: Option<String>,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
