//! What a provider gave, written down before anything is done with it: many at once.

use std::collections::BTreeMap;

use handbill_domain::ids::WorkspaceId;
use sea_orm::FromQueryResult;
use serde_json::{Value, json};

use super::KeptReply;
use crate::{
    Error, Store,
    error::unreadable,
    group::{Batch, Group, Groups},
    open::{list, rows, run},
    steps::Fence,
};

/// What is known of a call after a note.
#[derive(Clone, Debug, PartialEq)]
pub enum Noted {
    /// It is as noted.
    Done,
    /// The provider had told the answer elsewhere before: this is it.
    Before(KeptReply),
}

/// A job or a reply.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) workspace: WorkspaceId,
    pub(crate) fence: Fence,
    pub(crate) key: String,
    pub(crate) job: Option<Value>,
    pub(crate) reply: Option<KeptReply>,
}

#[derive(FromQueryResult)]
struct Found {
    workspace_id: String,
    key: String,
    step_id: i64,
    epoch: i64,
    state: String,
    reply: Option<String>,
}

impl Batch for Note {
    type Done = Noted;

    async fn write(store: &Store, batch: &[Self]) -> Result<Vec<Result<Noted, Error>>, Error> {
        let tx = store.begin().await?;
        let keys = batch.iter().map(|n| json!({ "workspace": n.workspace.as_str(), "key": n.key }));
        let sql = "SELECT c.workspace_id, c.key, c.step_id, c.epoch, c.state, c.reply FROM calls c
                   JOIN {rows(workspace text, key text)} ON c.workspace_id = v.workspace AND c.key = v.key
                   ORDER BY c.workspace_id, c.key {lock c}";
        let found: Vec<Found> = rows(&tx, sql, vec![list(keys)?]).await?;
        let found: BTreeMap<_, _> =
            found.iter().map(|f| ((f.workspace_id.as_str(), f.key.as_str()), f)).collect();
        let mut done = Vec::with_capacity(batch.len());
        let mut changes = Vec::new();
        for note in batch {
            let call = found.get(&(note.workspace.as_str(), note.key.as_str()));
            let ours = |f: &&&Found| f.step_id == note.fence.step;
            let call = call.filter(ours).map(|f| (f.state.as_str(), f.epoch == note.fence.epoch, f));
            done.push(match call {
                Some(("sending" | "accepted", true, _)) => {
                    changes.push(note.change()?);
                    Ok(Noted::Done)
                }
                // Somebody else has the step by now, and nobody has the answer: it is kept for who asks next.
                Some(("sending" | "accepted" | "ambiguous", false, _)) if note.reply.is_some() => {
                    changes.push(note.change()?);
                    Err(Error::Lost(format!("call {}", note.key)))
                }
                Some(("replied", true, call)) => match &call.reply {
                    Some(reply) => serde_json::from_str(reply).map(Noted::Before).map_err(unreadable),
                    None => Err(unreadable(format!("call {} has no reply", note.key))),
                },
                _ => Err(Error::Lost(format!("call {}", note.key))),
            });
        }
        if !changes.is_empty() {
            let sql = "UPDATE calls SET state = v.state, job = COALESCE(v.job, calls.job), job_id = COALESCE(v.job_id, calls.job_id),
                         reply = v.reply, changed_at = {now}
                       FROM {rows(workspace text, key text, state text, job text, job_id text, reply text)}
                       WHERE calls.workspace_id = v.workspace AND calls.key = v.key";
            run(&tx, sql, vec![list(changes)?]).await?;
        }
        tx.commit().await?;
        Ok(done)
    }

    fn group(groups: &Groups) -> &Group<Self> {
        &groups.notes
    }
}

impl Note {
    fn change(&self) -> Result<Value, Error> {
        let state = if self.reply.is_some() { "replied" } else { "accepted" };
        let reply = self.reply.as_ref().map(serde_json::to_string).transpose().map_err(unreadable)?;
        Ok(json!({ "workspace": self.workspace.as_str(), "key": self.key, "state": state, "reply": reply,
                   "job": self.job.as_ref().map(Value::to_string),
                   "job_id": self.job.as_ref().and_then(|job| job["id"].as_str()) }))
    }
}
