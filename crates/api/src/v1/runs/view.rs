//! A run as it is shown.

use std::collections::BTreeMap;

use handbill_domain::{
    ids::{RunId, WorkspaceId},
    money::Money,
    step::RunState,
};
use handbill_store::{
    Store,
    ledger::{self, Sums},
    orders::{self, Order},
    runs::{self, Run},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Problem, moment::Moment};

/// A run: one execution of a recipe for a campaign, with its inputs frozen.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Run")]
pub(crate) struct RunView {
    /// Its id: the same brief, files, models and seed give the same.
    id: String,
    /// The campaign that it is made for.
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<String>,
    /// How it stands. `succeeded`, `partial`, `failed` and `canceled` are ends.
    state: RunState,
    /// How far it is.
    progress: Progress,
    /// Where its money is.
    cost: Cost,
    /// The plan that was ordered, where it was ordered through the API.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_id: Option<String>,
    /// Does rehearsal serve every role of it?
    rehearsal: bool,
    /// The caller's own words.
    metadata: BTreeMap<String, String>,
    /// Kept for webhooks; none is sent yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<String>,
    /// The key that pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    created_at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Moment>,
}

/// How far a run is, in steps.
#[derive(Debug, Serialize, JsonSchema)]
struct Progress {
    /// All.
    steps: i64,
    /// Those that have ended.
    ended: i64,
    /// Of these, those that ended without success.
    failed: i64,
}

/// Where the money of a run is.
#[derive(Debug, Serialize, JsonSchema)]
struct Cost {
    /// What its calls cost at list price.
    list: Money,
    /// What was really spent: nothing for rehearsal.
    spent: Money,
    /// What is reserved for calls that are under way.
    reserved: Money,
    /// Most that may be spent.
    #[serde(skip_serializing_if = "Option::is_none")]
    ceiling: Option<Money>,
    /// Calls that may have been billed; they are in none of the sums.
    ambiguous_calls: u32,
}

/// One run.
pub(crate) async fn one(store: &Store, workspace: &WorkspaceId, id: &RunId) -> Result<RunView, Problem> {
    let run = runs::find(store, workspace, id).await?;
    let order = orders::of(store, workspace, [id]).await?.remove(id).unwrap_or_default();
    let sums = ledger::sums(store, workspace, id).await?;
    Ok(show(run, order, sums))
}

/// A page of runs.
pub(crate) async fn many(
    store: &Store,
    workspace: &WorkspaceId,
    runs: Vec<Run>,
) -> Result<Vec<RunView>, Problem> {
    let mut orders = orders::of(store, workspace, runs.iter().map(|run| &run.id)).await?;
    let mut shown = Vec::with_capacity(runs.len());
    for run in runs {
        let order = orders.remove(&run.id).unwrap_or_default();
        let sums = ledger::sums(store, workspace, &run.id).await?;
        shown.push(show(run, order, sums));
    }
    Ok(shown)
}

fn show(run: Run, order: Order, sums: Sums) -> RunView {
    let tally = run.tally;
    RunView {
        id: run.id.to_string(),
        campaign: run.campaign,
        state: run.state,
        progress: Progress { steps: tally.steps, ended: tally.steps - tally.open, failed: tally.failed },
        cost: Cost {
            list: sums.list,
            spent: sums.spent,
            reserved: sums.reserved,
            ceiling: sums.ceiling,
            ambiguous_calls: sums.ambiguous_calls,
        },
        plan_id: Some(order.plan).filter(|plan| !plan.is_empty()),
        rehearsal: order.rehearsal,
        metadata: order.metadata,
        callback_url: order.callback_url,
        key_id: run.key,
        created_at: Moment(run.created_at),
        ended_at: run.ended_at.map(Moment),
    }
}
