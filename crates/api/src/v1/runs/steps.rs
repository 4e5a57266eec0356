//! The steps of a run.

use actix_web::web::{Data, Path};
use handbill_domain::{
    fault::Failure,
    ids::RunId,
    step::{Lane, StepState},
};
use handbill_store::{
    runs,
    steps::{self, Step},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Problem, State,
    access::{Permission, Principal},
    give::Shown,
    moment::Moment,
    operation::Operation,
    page::{self, Page},
    take::Query,
};

pub(crate) fn operations() -> Vec<Operation> {
    let list_steps = ("list_steps", "List the steps of a run, each after those that it needs");
    let get_step = ("get_step", "How one step stands, and why it failed");
    vec![
        Operation::get("/runs/{run}/steps", list_steps, list).needs(Permission::RunsRead),
        Operation::get("/runs/{run}/steps/{step}", get_step, one).needs(Permission::RunsRead),
    ]
}

/// A step: one node of a run's graph.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Step")]
struct StepView {
    /// Unique in the run and stable: `copy.xiaohongshu.note_image.zh-CN.v1`.
    key: String,
    /// What it does: `copy`, `design`, `video`.
    kind: String,
    /// `words`, `pictures`, `designs`, `videos`.
    stage: String,
    /// Which workers take it.
    lane: Lane,
    /// How it stands.
    state: StepState,
    /// Which making of the same thing this is.
    revision: i32,
    /// How often it was put off because somebody was busy.
    attempts: i32,
    /// Ids of the assets that it makes.
    makes: Vec<String>,
    /// Why it failed, or what it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Moment>,
}

/// Which steps.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StepQuery {
    /// Entries of a page, 1 to 200.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

async fn list(
    state: Data<State>,
    who: Principal,
    run: Path<String>,
    Query(asked): Query<StepQuery>,
) -> Result<Shown<Page<StepView>>, Problem> {
    let limit = page::limit(asked.limit)?;
    let after = page::open(asked.cursor.as_deref())?.map(|place| place.parse().map_err(|_| page::wrong()));
    let run = RunId::new(run.into_inner());
    runs::state(&state.store, &who.workspace, &run).await?;
    let found =
        steps::page(&state.store, &who.workspace, &run, after.transpose()?.unwrap_or(0), limit + 1).await?;
    Ok(Shown(Page::of(found, limit, |step| step.id.to_string(), show)))
}

async fn one(
    state: Data<State>,
    who: Principal,
    path: Path<(String, String)>,
) -> Result<Shown<StepView>, Problem> {
    let (run, key) = path.into_inner();
    Ok(Shown(show(steps::find(&state.store, &who.workspace, &RunId::new(run), &key).await?)))
}

fn show(step: Step) -> StepView {
    let text = |name: &str| step.spec[name].as_str().unwrap_or_default().to_owned();
    StepView {
        kind: text("kind"),
        stage: text("stage"),
        makes: makes(&step),
        key: step.key,
        lane: step.lane,
        state: step.state,
        revision: step.revision,
        attempts: step.attempts,
        failure: step.failure,
        started_at: step.started_at.map(Moment),
        ended_at: step.ended_at.map(Moment),
    }
}

/// Ids of the assets that a step makes.
pub(super) fn makes(step: &Step) -> Vec<String> {
    let ids = step.spec["makes"].as_array().map(Vec::as_slice).unwrap_or_default();
    ids.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect()
}
