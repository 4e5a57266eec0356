//! `handbill create` and `handbill plan`: a brief in, a campaign (or what it would cost) out.

use std::{path::Path, sync::Arc, time::Instant};

use handbill_domain::{
    ids::WorkspaceId,
    model::Role,
    money::{Currency, Money},
    problem::{Problem, Problems},
    step::RunState,
};
use handbill_pipeline::{
    casting::cast,
    graph::{Graph, graph},
    pack::{self, Pack},
    plan::{self, Plan},
};
use handbill_providers::{Catalog, Models};
use handbill_worker::Inputs;
use serde_json::json;

use crate::{
    cli::Order,
    confirm::confirm,
    console::Console,
    ending::Ending,
    intake::Intake,
    language::said,
    money, ordered,
    out::Out,
    planned, progress, run,
    settings::Settings,
    summary,
    wiring::{self, Kept, Own},
};

/// Everything about an order that is known before it is begun.
struct Prepared {
    intake: Intake,
    models: Arc<Models>,
    graph: Graph,
    plan: Plan,
    own: Own,
}

impl Prepared {
    fn of(order: &Order, settings: &Settings) -> Result<Self, Ending> {
        let intake = Intake::read(&order.brief)?;
        let models = Arc::new(wiring::models(order.models.as_deref(), settings)?);
        let recipe = wiring::recipe(settings)?;
        let own = Own::of(settings)?;
        let wrong = |problems| Ending::Problems { file: order.brief.clone(), problems };
        let blamed = |problems| blame(problems, models.catalog(), order, settings);
        let graph = graph(&recipe, &intake.brief).map_err(wrong)?;
        let graph = cast(graph, models.as_ref()).map_err(blamed)?;
        let ceiling = ceiling(order, &intake)?;
        let plan = plan::plan(&recipe, &intake.brief, models.as_ref(), ceiling.as_ref()).map_err(blamed)?;
        Ok(Self { plan, graph, intake, models, own })
    }

    /// The plan for people.
    fn shown(&self, console: &Console) -> String {
        planned::show(&self.plan, &self.intake.brief, self.models.catalog(), console.language)
    }

    /// What decides the outcome, and so the run's id.
    fn inputs(&self, order: &Order) -> Inputs {
        let (brief, files) = (self.intake.brief.clone(), self.intake.digests());
        ordered::inputs(brief, files, order.seed, self.models.catalog(), &self.graph, self.own.digests())
    }

    /// Keys that are missing are told before anything is begun.
    fn check_keys(&self) -> Result<(), Ending> {
        let missing = self.models.missing(ordered::roles(&self.graph));
        if missing.is_empty() {
            return Ok(());
        }
        let lines = missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ");
        Err(Ending::refused(
            format!("the models cannot be asked:\n  {lines}"),
            format!("无法调用所选模型：\n  {lines}"),
        ))
    }
}

/// What is wrong with a role is the models file's fault, anything else the brief's.
fn blame(mut problems: Problems, catalog: &Catalog, order: &Order, settings: &Settings) -> Ending {
    let role = |problem: &Problem| {
        let name = problem.pointer.strip_prefix("/roles/")?;
        Role::ALL.into_iter().find(|role| role.as_str() == name)
    };
    let models = order.models.as_ref().or(settings.models.as_ref());
    let of_models = problems.0.iter().all(|problem| role(problem).is_some());
    if of_models {
        for problem in &mut problems.0 {
            problem.line = role(problem).and_then(|role| catalog.line_of(role));
        }
    }
    let file = models.filter(|_| of_models).unwrap_or(&order.brief).clone();
    Ending::Problems { file, problems }
}

/// The lower of the brief's ceiling and `--max-cost`.
fn ceiling(order: &Order, intake: &Intake) -> Result<Option<Money>, Ending> {
    let of_brief = ordered::ceiling_of(&intake.brief);
    let usual = of_brief.as_ref().map_or(Currency::Usd, |money| money.currency);
    let asked = order.max_cost.as_deref().map(|text| money::read(text, usual)).transpose()?;
    match (of_brief, asked) {
        (Some(brief), Some(asked)) if brief.currency != asked.currency => Err(Ending::Problems {
            file: order.brief.clone(),
            problems: Problem::at(
                "/ceiling/currency",
                format!("the ceiling is in {}, and --max-cost in {}", brief.currency, asked.currency),
            )
            .hint("give both in one currency")
            .in_chinese(
                format!("上限的货币是 {}，而 --max-cost 是 {}", brief.currency, asked.currency),
                "请使用同一种货币",
            )
            .into(),
        }),
        (Some(brief), Some(asked)) => {
            Ok(Some(if asked.amount_micros < brief.amount_micros { asked } else { brief }))
        }
        (brief, asked) => Ok(asked.or(brief)),
    }
}

/// `handbill plan`
pub fn plan(order: &Order, settings: &Settings, console: &Console) -> Result<(), Ending> {
    let prepared = Prepared::of(order, settings)?;
    console.note("plan", json!({ "plan": prepared.plan }));
    if !console.json {
        console.answer(&prepared.shown(console));
    }
    admitted(&prepared.plan, console)
}

/// `handbill create`
pub async fn create(order: &Order, settings: &Settings, console: &Console) -> Result<(), Ending> {
    let began = Instant::now();
    let prepared = Prepared::of(order, settings)?;
    console.note("plan", json!({ "plan": prepared.plan }));
    console.tell(&prepared.shown(console));
    admitted(&prepared.plan, console)?;
    prepared.check_keys()?;

    let inputs = prepared.inputs(order);
    let dir = order.out.clone().unwrap_or_else(|| Path::new("campaigns").join(&inputs.brief.campaign));
    let out = Out::of(dir, inputs.run_id().map_err(anyhow::Error::from)?).await?;
    greet(&out, console);
    confirm(&prepared.plan, prepared.models.catalog(), order.yes, console)?;

    let store = wiring::store(settings).await?;
    prepared.intake.keep(&store).await?;
    let mut engine = wiring::engine(store.clone(), prepared.models.clone(), prepared.own, settings).await?;
    engine.listener = progress::listener(console);
    let workspace = WorkspaceId::default();
    let order = handbill_worker::Order {
        inputs: inputs.clone(),
        steps: prepared.graph.steps.clone(),
        planned: ordered::reserved(&prepared.plan),
        ceiling_micros: prepared.plan.ceiling.as_ref().map(|ceiling| ceiling.amount_micros),
        key: None,
        bulk: false,
    };
    let id = engine.submit(&workspace, &order).await.map_err(anyhow::Error::from)?;
    let outcome = run::drive(&engine, &workspace, &id, console).await?;

    let state = outcome.state;
    if state == RunState::Paused {
        return Err(Ending::Paused(id));
    }
    let pack =
        Pack::of(ordered::ended(inputs, prepared.graph.steps, outcome)).map_err(anyhow::Error::from)?;
    out.begin().await?;
    let written = pack::write(&out.dir, &pack, &Kept(store)).await.map_err(anyhow::Error::from)?;
    out.end().await;
    console.note(
        "pack",
        json!({ "page": written.page, "written": written.written, "kept": written.kept, "state": state }),
    );
    summary::tell(&pack.manifest, &written, began.elapsed(), console);
    end_of(state, id)
}

/// How the command ends when its run ended so.
fn end_of(state: RunState, id: handbill_domain::ids::RunId) -> Result<(), Ending> {
    match state {
        RunState::Succeeded => Ok(()),
        RunState::Partial => Err(Ending::Partial),
        RunState::Failed => Err(Ending::Nothing),
        RunState::Canceled => Err(Ending::Canceled(id)),
        RunState::Paused | RunState::Running => Err(Ending::Interrupted),
    }
}

/// Goes on only with a plan that fits.
fn admitted(plan: &Plan, console: &Console) -> Result<(), Ending> {
    if plan.is_admitted() {
        return Ok(());
    }
    if !console.json {
        planned::refuse(plan, console);
    }
    Err(Ending::OverCeiling)
}

/// Says what is in the folder already.
fn greet(out: &Out, console: &Console) {
    let name = out.dir.display();
    if let Some(before) = &out.before {
        let (files, failures) = (before.assets.len(), before.failures.len());
        console.tell(&match failures {
            0 => said!(
                console.language,
                "{name} has all {files} files of this run already",
                "{name} 中已有本次运行的全部 {files} 个文件"
            ),
            _ => said!(
                console.language,
                "{name} has {files} files of this run already; {failures} failed steps are tried again",
                "{name} 中已有本次运行的 {files} 个文件；将重试 {failures} 个失败步骤"
            ),
        });
    }
}
