//! What a person may do with a run: the database first, then whoever works on it.

use actix_web::web::{Data, Path};
use handbill_domain::{
    Fault,
    ids::RunId,
    money::Money,
    problem::{Problem as At, nearest},
    step::{RunState, StepState},
};
use handbill_queue::signals::Control;
use handbill_store::{
    calls, keys, ledger, orders, runs,
    steps::{self, Step},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    spending,
    steps::makes,
    view::{self, RunView},
};
use crate::{
    Problem, State,
    access::{Permission, Principal},
    give::Accepted,
    operation::Operation,
    take::Body,
};

pub(crate) fn operations() -> Vec<Operation> {
    let cancel_run = (
        "cancel_run",
        "End a run: nothing more of it begins or is asked for. With `preview` it only tells what would be lost",
    );
    let pause_run = ("pause_run", "Begin nothing more of a run until it is resumed");
    let resume_run = ("resume_run", "Go on with a paused run");
    let retry_run = ("retry_run", "Try failed steps again, some or all; what was paid for is not paid again");
    let regenerate =
        ("regenerate", "Make one asset or step anew, and pay for it anew; what was made of it becomes stale");
    let redo_stale =
        ("redo_stale", "Make again what is stale; questions that have not changed are not paid again");
    [
        Operation::post("/runs/{run}/cancel", cancel_run, cancel),
        Operation::post("/runs/{run}/pause", pause_run, pause),
        Operation::post("/runs/{run}/resume", resume_run, resume),
        Operation::post("/runs/{run}/retry", retry_run, retry),
        Operation::post("/runs/{run}/regenerate", regenerate, make_anew),
        Operation::post("/runs/{run}/redo", redo_stale, redo),
    ]
    .into_iter()
    .map(|operation| operation.needs(Permission::RunsWrite).once())
    .collect()
}

/// How to end a run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CancelRequest {
    /// Only tell what would be lost.
    #[serde(default)]
    preview: bool,
}

/// What a cancellation loses and what it leaves.
#[derive(Debug, Serialize, JsonSchema)]
struct Cancellation {
    /// The run as it stands now.
    run: RunView,
    /// Was it only asked what would be?
    preview: bool,
    /// Steps that are not made.
    steps_lost: usize,
    /// Assets that are not made.
    assets_lost: Vec<String>,
    /// Steps whose work stays.
    steps_kept: usize,
    /// Calls that were sent and not answered: they are billed, and their answers are kept.
    calls_under_way: i64,
    /// What was spent so far.
    spent: Money,
}

async fn cancel(
    state: Data<State>,
    who: Principal,
    run: Path<String>,
    Body(asked): Body<CancelRequest>,
) -> Result<Accepted<Cancellation>, Problem> {
    let (store, id) = (&state.store, RunId::new(run.into_inner()));
    let now = runs::state(store, &who.workspace, &id).await?;
    if !matches!(now, RunState::Running | RunState::Paused | RunState::Canceled) {
        return Err(not_now(&id, now, "there is nothing left to cancel", "没有可以取消的内容"));
    }
    if !asked.preview {
        runs::cancel(store, &who.workspace, &id).await?;
        state.tell(Control::Cancel { workspace: who.workspace.clone(), run: id.clone() }).await;
    }
    let all = steps::all(store, &who.workspace, &id).await?;
    let lost = |step: &&Step| step.state != StepState::Succeeded;
    let open = calls::standing(store, &who.workspace, &id).await?;
    let open = open.iter().filter(|call| matches!(call.state.as_str(), "sending" | "accepted"));
    Ok(Accepted(Cancellation {
        run: view::one(store, &who.workspace, &id).await?,
        preview: asked.preview,
        steps_lost: all.iter().filter(lost).count(),
        assets_lost: all.iter().filter(lost).flat_map(makes).collect(),
        steps_kept: all.iter().filter(|step| !lost(step)).count(),
        calls_under_way: open.map(|call| call.calls).sum(),
        spent: ledger::sums(store, &who.workspace, &id).await?.spent,
    }))
}

async fn pause(state: Data<State>, who: Principal, run: Path<String>) -> Result<Accepted<RunView>, Problem> {
    let id = RunId::new(run.into_inner());
    let paused = runs::pause(&state.store, &who.workspace, &id).await?;
    let now = runs::state(&state.store, &who.workspace, &id).await?;
    if !paused && now != RunState::Paused {
        return Err(not_now(&id, now, "only a running one can be paused", "只有进行中的运行可以暂停"));
    }
    state.tell(Control::Pause { workspace: who.workspace.clone(), run: id.clone() }).await;
    Ok(Accepted(view::one(&state.store, &who.workspace, &id).await?))
}

async fn resume(state: Data<State>, who: Principal, run: Path<String>) -> Result<Accepted<RunView>, Problem> {
    let id = RunId::new(run.into_inner());
    may_spend(&state, &who, &id).await?;
    let resumed = runs::resume(&state.store, &who.workspace, &id).await?;
    let now = runs::state(&state.store, &who.workspace, &id).await?;
    if !resumed && now != RunState::Running {
        return Err(not_now(&id, now, "only a paused one can be resumed", "只有已暂停的运行可以继续"));
    }
    state.tell(Control::Resume { workspace: who.workspace.clone(), run: id.clone() }).await;
    Ok(Accepted(view::one(&state.store, &who.workspace, &id).await?))
}

/// What to try again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RetryRequest {
    /// Keys of failed steps; none: all that failed.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    steps: Vec<String>,
}

async fn retry(
    state: Data<State>,
    who: Principal,
    run: Path<String>,
    Body(asked): Body<RetryRequest>,
) -> Result<Accepted<RunView>, Problem> {
    let id = RunId::new(run.into_inner());
    may_spend(&state, &who, &id).await?;
    let all = steps::all(&state.store, &who.workspace, &id).await?;
    let mut problems = handbill_domain::problem::Problems::default();
    for (n, key) in asked.steps.iter().enumerate() {
        match all.iter().find(|step| step.key == *key) {
            None => problems.push(no_step(format!("/steps/{n}"), key, &all)),
            Some(step) if step.state != StepState::Failed => problems.push(
                At::at(format!("/steps/{n}"), format!("{key} has not failed"))
                    .in_chinese(format!("{key} 没有失败"), ""),
            ),
            Some(_) => {}
        }
    }
    problems.or(()).map_err(Problem::invalid)?;
    if !all.iter().any(|step| step.state == StepState::Failed) {
        let now = runs::state(&state.store, &who.workspace, &id).await?;
        return Err(not_now(&id, now, "nothing of it failed", "没有失败的内容"));
    }
    runs::retry_these(&state.store, &who.workspace, &id, &asked.steps).await?;
    go_on(&state, &who, &id).await
}

/// What to make anew: a step, or the step that makes an asset.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
enum RegenerateRequest {
    /// By the asset.
    Asset {
        /// Its id in the campaign.
        asset: String,
    },
    /// By the step.
    Step {
        /// Its key.
        step: String,
    },
}

async fn make_anew(
    state: Data<State>,
    who: Principal,
    run: Path<String>,
    Body(asked): Body<RegenerateRequest>,
) -> Result<Accepted<RunView>, Problem> {
    let id = RunId::new(run.into_inner());
    may_spend(&state, &who, &id).await?;
    let all = steps::all(&state.store, &who.workspace, &id).await?;
    let step = match &asked {
        RegenerateRequest::Step { step } => all
            .iter()
            .find(|one| one.key == *step)
            .ok_or_else(|| Problem::invalid(no_step("/step".into(), step, &all).into()))?,
        RegenerateRequest::Asset { asset } => {
            all.iter().find(|one| makes(one).contains(asset)).ok_or_else(|| {
                let at = At::at("/asset", format!("no step of this run makes `{asset}`"));
                Problem::invalid(at.in_chinese(format!("此运行不制作 `{asset}`"), "").into())
            })?
        }
    };
    if !matches!(step.state, StepState::Succeeded | StepState::Failed) {
        let now = runs::state(&state.store, &who.workspace, &id).await?;
        return Err(not_now(&id, now, "the step is still being made", "该步骤尚未完成"));
    }
    runs::regenerate(&state.store, &who.workspace, &id, &step.key).await?;
    go_on(&state, &who, &id).await
}

async fn redo(state: Data<State>, who: Principal, run: Path<String>) -> Result<Accepted<RunView>, Problem> {
    let id = RunId::new(run.into_inner());
    may_spend(&state, &who, &id).await?;
    runs::redo_stale(&state.store, &who.workspace, &id).await?;
    go_on(&state, &who, &id).await
}

/// Calls who works: something became ready.
async fn go_on(state: &State, who: &Principal, id: &RunId) -> Result<Accepted<RunView>, Problem> {
    state.tell(Control::Ready).await;
    Ok(Accepted(view::one(&state.store, &who.workspace, id).await?))
}

/// A rehearsal key keeps its hands off runs that may spend: they are paid by whoever ordered them. A canceled run stays
/// as it is.
async fn may_spend(state: &State, who: &Principal, id: &RunId) -> Result<(), Problem> {
    let run = runs::find(&state.store, &who.workspace, id).await?;
    if run.state == RunState::Canceled {
        return Err(not_now(id, run.state, "order it anew with another seed", "如需重新制作，请换一个 seed")
            .code("run_canceled"));
    }
    if !who.is_rehearsal() {
        return Ok(());
    }
    let rehearsed =
        orders::of(&state.store, &who.workspace, [id]).await?.remove(id).is_some_and(|o| o.rehearsal);
    let payer = match &run.key {
        Some(key) => keys::find(&state.store, &who.workspace, key).await.is_ok_and(|key| key.rehearsal),
        None => false,
    };
    if rehearsed || payer { Ok(()) } else { Err(spending()) }
}

fn no_step(pointer: String, key: &str, all: &[Step]) -> At {
    let at = At::at(pointer, format!("the run has no step `{key}`"))
        .in_chinese(format!("此运行没有步骤 `{key}`"), "");
    match nearest(key, all.iter().map(|step| step.key.as_str())) {
        Some(meant) => at.hint(format!("did you mean `{meant}`?")),
        None => at,
    }
}

fn not_now(id: &RunId, state: RunState, en: &str, zh: &str) -> Problem {
    let state = state.as_str();
    Problem::new(
        Fault::Conflict,
        format!("run {id} is {state}: {en}"),
        format!("运行 {id} 的状态为 {state}：{zh}"),
    )
    .code("not_in_this_state")
    .about(id.as_str())
    .next(handbill_domain::fault::NextAction::FixRequest)
}
