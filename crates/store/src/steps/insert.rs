//! Writing a graph: a million steps in seconds.

use std::collections::{BTreeSet, HashMap, HashSet};

use handbill_domain::{
    ids::{RunId, WorkspaceId},
    step::StepState,
};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::NewStep;
use crate::{
    Error,
    open::{list, run},
};

/// Rows in one statement.
const SOME: usize = 2000;

pub(crate) async fn insert(
    db: &impl ConnectionTrait,
    workspace: &WorkspaceId,
    id: &RunId,
    steps: &[NewStep],
) -> Result<(), Error> {
    let ordered = parents_first(steps)?;
    let sql = "INSERT INTO steps (workspace_id, run_id, key, kind, lane, state, revision, epoch, attempts, crashes, spec, needs_left, makes)
               SELECT $2, $3, v.key, v.kind, v.lane, v.state, 0, 0, 0, 0, v.spec, v.needs, v.makes
               FROM {rows(n integer, key text, kind text, lane text, state text, spec text, needs integer, makes integer)} ORDER BY v.n";
    let needs = "INSERT INTO dependencies (workspace_id, step_id, needs_id) SELECT $2, s.id, p.id
               FROM {rows(key text, need text)} JOIN steps s ON s.workspace_id = $2 AND s.run_id = $3 AND s.key = v.key
               JOIN steps p ON p.workspace_id = $2 AND p.run_id = $3 AND p.key = v.need";
    let of = |values| vec![values, workspace.as_str().into(), id.as_str().into()];
    for some in ordered.chunks(SOME) {
        let given = some.iter().enumerate().map(|(n, step)| {
            let wanted: BTreeSet<&str> = step.needs.iter().map(String::as_str).collect();
            let state = if wanted.is_empty() { StepState::Ready } else { StepState::Blocked };
            json!({ "n": n, "key": step.key, "kind": step.kind, "lane": step.lane.as_str(), "state": state.as_str(),
                    "spec": step.spec.to_string(), "needs": wanted.len(), "makes": i32::from(step.makes) })
        });
        run(db, sql, of(list(given)?)).await?;
    }
    let edges: Vec<(&str, &str)> = ordered
        .iter()
        .flat_map(|step| {
            let wanted: BTreeSet<&str> = step.needs.iter().map(String::as_str).collect();
            wanted.into_iter().map(|need| (step.key.as_str(), need))
        })
        .collect();
    for some in edges.chunks(SOME) {
        let given = some.iter().map(|(key, need)| json!({ "key": key, "need": need }));
        run(db, needs, of(list(given)?)).await?;
    }
    Ok(())
}

/// Orders a graph so that parents come first and steps without a reason to move keep their place.
fn parents_first(steps: &[NewStep]) -> Result<Vec<&NewStep>, Error> {
    let mut known = HashMap::with_capacity(steps.len());
    for (n, step) in steps.iter().enumerate() {
        if known.insert(step.key.as_str(), n).is_some() {
            return Err(Error::Graph(format!("two steps are called {}", step.key)));
        }
    }
    for step in steps {
        if let Some(need) = step.needs.iter().find(|need| !known.contains_key(need.as_str())) {
            return Err(Error::Graph(format!("{} needs {need}, which is no step", step.key)));
        }
    }
    let mut left: Vec<&NewStep> = steps.iter().collect();
    let mut placed: HashSet<&str> = HashSet::with_capacity(steps.len());
    let mut order = Vec::with_capacity(steps.len());
    while !left.is_empty() {
        let before = order.len();
        left.retain(|step| {
            let free = step.needs.iter().all(|n| placed.contains(n.as_str()));
            if free {
                placed.insert(step.key.as_str());
                order.push(*step);
            }
            !free
        });
        if order.len() == before {
            return Err(Error::Graph(format!("{} waits for itself", left[0].key)));
        }
    }
    Ok(order)
}
