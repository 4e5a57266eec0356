//! A provider tells of its own accord what became of a request. Whether it is really the provider is decided before.

use handbill_domain::ids::WorkspaceId;
use serde_json::Value;

use super::{KeptReply, row};
use crate::{Error, Store, error::unreadable, open::run};

/// Which call a provider speaks of: by the key that was sent along, or by its own job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Webhook<'a> {
    /// Our key.
    Key(&'a str),
    /// The provider and its job.
    Job {
        /// Its name in the catalogue.
        provider: &'a str,
        /// The job's id.
        id: &'a str,
    },
}

/// What it says.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolution {
    /// It works on it: poll this job.
    Accepted(Value),
    /// It is done, well or badly: read this.
    Replied(KeptReply),
}

/// Notes what a provider said about a call, and wakes the step that waits for it. `false`: it was known before. May come
/// before the answer to the request, twice, or after the call was given up as ambiguous.
pub async fn resolved_by_webhook(
    store: &Store,
    workspace: &WorkspaceId,
    webhook: &Webhook<'_>,
    resolution: &Resolution,
) -> Result<bool, Error> {
    let (of, which, value) = match webhook {
        Webhook::Key(key) => ("key = $2", vec![(*key).into()], format!("call {key}")),
        Webhook::Job { provider, id } => {
            ("job_id = $2 AND provider = $3", vec![(*id).into(), (*provider).into()], format!("job {id}"))
        }
    };
    let values = || {
        let mut values: Vec<sea_orm::Value> = vec![workspace.as_str().into()];
        values.extend(which.clone());
        values
    };
    let tx = store.begin().await?;
    // Steps before calls, as everywhere.
    let sql = format!(
        "SELECT s.id FROM steps s WHERE s.id IN (SELECT step_id FROM calls WHERE workspace_id = $1 AND {of}) ORDER BY s.id {{lock}}"
    );
    crate::open::rows::<Id>(&tx, &sql, values()).await?;
    let sql = format!("SELECT * FROM calls WHERE workspace_id = $1 AND {of} ORDER BY key {{lock}}");
    let call: row::Model = row(&tx, &sql, values()).await?.ok_or(Error::NotFound(value))?;
    let news = match resolution {
        Resolution::Accepted(_) => matches!(call.state.as_str(), "sending" | "ambiguous"),
        Resolution::Replied(_) => matches!(call.state.as_str(), "sending" | "accepted" | "ambiguous"),
    };
    if !news {
        return Ok(false);
    }
    let (state, job, reply) = match resolution {
        Resolution::Accepted(job) => ("accepted", Some(job.to_string()), None),
        Resolution::Replied(reply) => {
            ("replied", None, Some(serde_json::to_string(reply).map_err(unreadable)?))
        }
    };
    let job_id = match resolution {
        Resolution::Accepted(job) => job["id"].as_str().map(str::to_owned),
        Resolution::Replied(_) => None,
    };
    let sql = "UPDATE calls SET state = $3, job = COALESCE($4, job), job_id = COALESCE($5, job_id), reply = COALESCE($6, reply), failure = NULL,
               changed_at = {now} WHERE workspace_id = $1 AND key = $2";
    let values = vec![
        workspace.as_str().into(),
        call.key.as_str().into(),
        state.into(),
        job.into(),
        job_id.into(),
        reply.into(),
    ];
    run(&tx, sql, values).await?;
    let sql = "UPDATE steps SET due_at = {now} WHERE id = $1 AND state = 'waiting' AND due_at IS NOT NULL";
    run(&tx, sql, vec![call.step_id.into()]).await?;
    tx.commit().await?;
    Ok(true)
}

#[derive(sea_orm::FromQueryResult)]
struct Id {
    #[allow(dead_code, reason = "the row is locked, not read")]
    id: i64,
}
