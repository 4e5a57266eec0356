//! Runs: ordered with the most that they may cost, looked at, and told what to do.

mod control;
mod steps;
mod view;

use std::collections::BTreeMap;

use actix_web::web::{Data, Path};
use handbill_domain::{
    Fault,
    fault::NextAction,
    ids::RunId,
    money::Money,
    problem::{Problem as At, Problems},
    step::RunState,
};
use handbill_store::{
    orders::{self, Order},
    plans::{self, Plan},
    runs::{self, Filter},
};
use schemars::JsonSchema;
use serde::Deserialize;

use self::view::RunView;
use crate::{
    Problem, State,
    access::{Permission, Principal},
    desk::{Outline, Terms},
    give::{Created, Shown},
    operation::Operation,
    page::{self, Page},
    take::{Body, Query},
    v1::plans::{against, outline},
};

pub(crate) use self::view::one as run_view;

pub(crate) fn operations() -> Vec<Operation> {
    let create_run = ("create_run", "Order a plan with the most that it may cost: the run goes on from here");
    let mut all = vec![
        Operation::post("/runs", create_run, create).needs(Permission::RunsWrite).once(),
        Operation::get("/runs", ("list_runs", "List runs, newest first"), list).needs(Permission::RunsRead),
        Operation::get("/runs/{run}", ("get_run", "How a run stands and what it cost"), one)
            .needs(Permission::RunsRead),
    ];
    all.extend(steps::operations());
    all.extend(control::operations());
    all
}

/// An order.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewRunRequest {
    /// The plan: `POST /api/v1/plans` gives it.
    plan_id: String,
    /// Most that the run may cost. Above it nothing starts, and no call leaves that could pass it.
    max_cost: Money,
    /// Your own words: given back with everything that is told of the run. At most 32 entries of 500 characters.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 32), with = "BTreeMap<String, Word>")]
    metadata: BTreeMap<String, String>,
    /// An `https` address, kept with the run for webhooks. None is sent yet: follow the run or its events.
    #[serde(default)]
    #[schemars(extend("maxLength" = 2048, "pattern" = "^https://[^\\s/@]+(/[^\\s]*)?$"))]
    callback_url: Option<String>,
}

/// A text of at most 500 characters.
#[derive(JsonSchema)]
#[schemars(transparent, inline)]
#[allow(dead_code, reason = "the shape of a text for the document")]
struct Word(#[schemars(length(max = 500))] String);

async fn create(
    state: Data<State>,
    who: Principal,
    Body(asked): Body<NewRunRequest>,
) -> Result<Created<RunView>, Problem> {
    let plan = plans::find(&state.store, &who.workspace, &asked.plan_id).await?;
    let outline = outline(&plan)?;
    let (run, order) = orderable(&plan, &outline, &who)?;
    fits(&outline, &asked.max_cost)?;
    let obstacles = against(&state.store, &who, &outline.spends).await?;
    if let Some(obstacle) = obstacles.into_iter().next() {
        return Err(over("the run may cost more than is left", "剩余额度不足", obstacle.at));
    }
    let before = runs::state(&state.store, &who.workspace, &run).await.ok();
    if before == Some(RunState::Canceled) {
        return Err(Problem::new(
            Fault::Conflict,
            format!("run {run} was canceled; plan it with another seed to order it anew"),
            format!("运行 {run} 已取消；如需重新制作，请换一个 seed 重新计划"),
        )
        .code("run_canceled")
        .next(NextAction::PlanAgain)
        .about(run.as_str()));
    }
    let kept = Order {
        plan: plan.id.clone(),
        metadata: asked.metadata,
        callback_url: asked.callback_url,
        rehearsal: plan.plan.rehearsal,
    };
    orders::put(&state.store, &who.workspace, &run, &kept).await?;
    let terms = Terms { ceiling_micros: asked.max_cost.amount_micros, key: who.key().to_owned() };
    let run = state.desk()?.order(&who.workspace, &order, terms).await?;
    let shown = view::one(&state.store, &who.workspace, &run).await?;
    Ok(Created { at: format!("/api/v1/runs/{run}"), new: before.is_none(), shown })
}

/// The run and the order of a plan that may start and has not grown old.
fn orderable(plan: &Plan, outline: &Outline, who: &Principal) -> Result<(RunId, String), Problem> {
    let id = &plan.id;
    if !plan.is_good {
        return Err(Problem::new(
            Fault::Conflict,
            format!("plan {id} is more than a day old"),
            format!("计划 {id} 已超过一天"),
        )
        .code("plan_expired")
        .next(NextAction::PlanAgain));
    }
    if who.is_rehearsal() && !plan.plan.rehearsal {
        return Err(spending());
    }
    match (&plan.plan.run, &plan.plan.order) {
        (Some(run), Some(order)) => Ok((run.clone(), order.clone())),
        _ => {
            let problems = outline.obstacles.iter().map(|obstacle| obstacle.at.clone()).collect();
            Err(Problem::new(Fault::Conflict, format!("plan {id} is blocked"), format!("计划 {id} 无法执行"))
                .code("plan_blocked")
                .next(NextAction::PlanAgain)
                .errors(Problems(problems)))
        }
    }
}

/// A rehearsal key never spends.
pub(super) fn spending() -> Problem {
    Problem::new(
        Fault::Forbidden,
        "a rehearsal key can never spend, and this may: use a live key, or plan with `rehearsal`",
        "彩排密钥不能产生花费，而此操作可能产生花费：请使用正式密钥，或以 `rehearsal` 计划",
    )
    .code("rehearsal_only")
}

/// Holds the most that it may cost against the plan's upper price.
fn fits(outline: &Outline, max_cost: &Money) -> Result<(), Problem> {
    for most in outline.price.iter().map(|range| &range.high) {
        if most.currency != max_cost.currency {
            let (paid, given) = (most.currency, max_cost.currency);
            let at = At::at("/max_cost/currency", format!("the plan is priced in {paid}, not in {given}"))
                .in_chinese(format!("该计划以 {paid} 计价，而不是 {given}"), "");
            return Err(Problem::invalid(at.into()));
        }
        if most.amount_micros > max_cost.amount_micros {
            let at = At::at(
                "/max_cost/amount_micros",
                format!("the plan may cost {most}, and at most {max_cost} is allowed"),
            )
            .in_chinese(format!("该计划可能花费 {most}，而上限为 {max_cost}"), "");
            return Err(over(
                "nothing was started: the plan may cost more",
                "尚未开始：该计划可能超出上限",
                at,
            ));
        }
    }
    if max_cost.amount_micros < 0 {
        let at = At::at("/max_cost/amount_micros", "should be at least 0").in_chinese("不应小于 0", "");
        return Err(Problem::invalid(at.into()));
    }
    Ok(())
}

fn over(en: &str, zh: &str, at: At) -> Problem {
    Problem::new(Fault::OverBudget, en, zh).code("over_ceiling").errors(at.into())
}

/// Which runs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RunQuery {
    /// Only those of this campaign.
    campaign: Option<String>,
    /// Only those that stand so.
    state: Option<RunState>,
    /// Entries of a page, 1 to 200.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

async fn list(
    state: Data<State>,
    who: Principal,
    Query(asked): Query<RunQuery>,
) -> Result<Shown<Page<RunView>>, Problem> {
    let limit = page::limit(asked.limit)?;
    let after = page::open_timed(asked.cursor.as_deref())?.map(|(at, id)| (at, RunId::new(id)));
    let filter = Filter { campaign: asked.campaign, state: asked.state, after };
    let found = runs::page(&state.store, &who.workspace, &filter, limit + 1).await?;
    let place = |run: &runs::Run| page::timed(run.created_at, run.id.as_str());
    let page = Page::of(found, limit, place, |run| run);
    let data = view::many(&state.store, &who.workspace, page.data).await?;
    Ok(Shown(Page { data, next_cursor: page.next_cursor }))
}

async fn one(state: Data<State>, who: Principal, run: Path<String>) -> Result<Shown<RunView>, Problem> {
    Ok(Shown(view::one(&state.store, &who.workspace, &RunId::new(run.into_inner())).await?))
}
