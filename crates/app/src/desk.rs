//! The API's desk: plans and accepts orders with the pipeline and the engine, as `create` does on the command line.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use handbill_api::{
    Content, Desk, Draft, Look, Obstacle, Outline, PackFile, PlanStep, Planned, PriceRange, Problem, Smaller,
    Terms,
};
use handbill_domain::{
    Fault,
    fault::NextAction,
    ids::{RunId, WorkspaceId},
    money::Money,
    problem::{Problem as At, Problems},
};
use handbill_pipeline::{
    casting::cast,
    graph::{Graph, StepSpec, graph},
    pack::{self, Pack},
    plan::{self, Admission, Plan, Range},
    recipe::Recipe,
};
use handbill_providers::{Catalog, Models};
use handbill_store::{
    runs::{self, Run},
    steps::{self, Step},
};
use handbill_worker::{Engine, Inputs, RunOutcome};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{ending::Ending, intake, ordered, planned, settings::Settings, wiring};

/// Who plans and accepts orders.
pub struct Front {
    models: Arc<Models>,
    rehearsal: Arc<Models>,
    recipe: Arc<Recipe>,
    own: BTreeMap<String, String>,
    engine: Engine,
}

/// What is needed to accept a plan: everything that a run is frozen with.
#[derive(Deserialize, Serialize)]
struct Frozen {
    inputs: Inputs,
    steps: Vec<StepSpec>,
    planned: Money,
}

impl Front {
    /// With the models and the recipe in force.
    pub fn open(
        models: Arc<Models>,
        own: BTreeMap<String, String>,
        engine: Engine,
        settings: &Settings,
    ) -> Result<Self, Ending> {
        let usual = Catalog::builtin()
            .map_err(|problems| anyhow::anyhow!("the catalogue that is compiled in: {problems}"))?;
        let roles = usual.roles().iter().map(|(role, id)| (*role, id.as_str()));
        let catalog = models.catalog().recast(roles);
        let catalog = catalog.map_err(|id| anyhow::anyhow!("the models file has taken {id} away"))?;
        Ok(Self {
            rehearsal: Arc::new(Models::from_environment(catalog)),
            models,
            recipe: Arc::new(wiring::recipe(settings)?),
            own,
            engine,
        })
    }
}

#[async_trait]
impl Desk for Front {
    async fn look(&self, bytes: Bytes) -> Result<Look, Problem> {
        apart(move || look(&bytes)).await?
    }

    async fn plan(&self, draft: Draft) -> Result<Planned, Problem> {
        let models = if draft.rehearsal { self.rehearsal.clone() } else { self.models.clone() };
        let (recipe, own) = (self.recipe.clone(), self.own.clone());
        apart(move || plan_of(draft, &models, &recipe, own)).await?
    }

    async fn pack(&self, workspace: &WorkspaceId, run: &RunId) -> Result<Vec<PackFile>, Problem> {
        let found = runs::find(&self.engine.store, workspace, run).await?;
        let steps = steps::all(&self.engine.store, workspace, run).await?;
        let outcome =
            self.engine.outcome(workspace, run).await.map_err(|error| failed(error.fault(), &error))?;
        apart(move || pack_of(&found, steps, outcome)).await?.map_err(|error| broken(&*error))
    }

    async fn order(&self, workspace: &WorkspaceId, order: &str, terms: Terms) -> Result<RunId, Problem> {
        let frozen: Frozen = serde_json::from_str(order).map_err(|error| broken(&error))?;
        let order = handbill_worker::Order {
            inputs: frozen.inputs,
            steps: frozen.steps,
            planned: frozen.planned,
            ceiling_micros: Some(terms.ceiling_micros),
            key: Some(terms.key),
            bulk: false,
        };
        self.engine.submit(workspace, &order).await.map_err(|error| failed(error.fault(), &error))
    }
}

/// Work that computes stays off the threads that answer.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| broken(&error))
}

fn broken(error: &dyn std::error::Error) -> Problem {
    failed(Fault::Broken, error)
}

/// The caller is not told more than its kind: it may name hosts and tables.
fn failed(fault: Fault, error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "an order failed");
    Problem::new(fault, "the request id leads us to the cause in the log", "凭请求编号可在日志中查到原因")
}

/// The files of what a run has made so far.
fn pack_of(run: &Run, steps: Vec<Step>, outcome: RunOutcome) -> anyhow::Result<Vec<PackFile>> {
    let inputs: Inputs = serde_json::from_value(run.inputs["inputs"].clone())?;
    let specs = steps.into_iter().map(|step| serde_json::from_value(step.spec));
    let pack = Pack::of(ordered::ended(inputs, specs.collect::<Result<_, _>>()?, outcome))?;
    let content = |content| match content {
        pack::Content::Kept(digest) => Content::Kept(digest),
        pack::Content::Text(text) => Content::Text(text),
    };
    Ok(pack::files(&pack)?
        .into_iter()
        .map(|(path, what)| PackFile { path, content: content(what) })
        .collect())
}

fn plan_of(
    draft: Draft,
    models: &Models,
    recipe: &Recipe,
    own: BTreeMap<String, String>,
) -> Result<Planned, Problem> {
    let Draft { brief, digests, files, seed, max_cost, .. } = draft;
    let mut problems = Problems::default();
    for (pointer, file) in brief.files() {
        if let Some(bytes) = files.get(file)
            && let Err(mut problem) = intake::judge(bytes, file, &pointer)
        {
            problem.pointer.insert_str(0, "/brief");
            problems.push(problem);
        }
    }
    problems.or(()).map_err(Problem::invalid)?;
    let uncast = graph(recipe, &brief).map_err(|mut problems| {
        problems.0.iter_mut().for_each(|problem| problem.pointer.insert_str(0, "/brief"));
        Problem::invalid(problems)
    })?;
    let ceiling = lower(ordered::ceiling_of(&brief), max_cost)?;
    let mut shown = Outline {
        campaign: brief.campaign.clone(),
        recipe: uncast.recipe.clone(),
        models: ordered::models(models.catalog()),
        ceiling: ceiling.clone(),
        ..Outline::default()
    };
    let both = cast(uncast, models)
        .and_then(|graph| Ok((plan::plan(recipe, &brief, models, ceiling.as_ref())?, graph)));
    let (plan, graph) = match both {
        Ok(both) => both,
        Err(problems) => {
            let unfit = |at: At| obstacle("model_unfit", NextAction::ChangeModel, at);
            shown.obstacles = problems.0.into_iter().map(unfit).collect();
            return Ok(Planned { run: None, shown, order: None });
        }
    };
    tell(&mut shown, &plan, &graph, models);
    let inputs = ordered::inputs(brief, digests, seed, models.catalog(), &graph, own.into_iter());
    let run = inputs.run_id().map_err(|error| broken(&error))?;
    let frozen = Frozen { inputs, steps: graph.steps, planned: ordered::reserved(&plan) };
    let order = serde_json::to_string(&frozen).map_err(|error| broken(&error))?;
    Ok(Planned { run: Some(run), order: Some(order).filter(|_| shown.obstacles.is_empty()), shown })
}

/// The lower of two ceilings; in two currencies neither is.
fn lower(of_brief: Option<Money>, asked: Option<Money>) -> Result<Option<Money>, Problem> {
    match (of_brief, asked) {
        (Some(brief), Some(asked)) if brief.currency != asked.currency => {
            let (there, here) = (brief.currency, asked.currency);
            let at = At::at(
                "/max_cost/currency",
                format!("the brief's ceiling is in {there}, and this in {here}"),
            )
            .hint("give both in one currency")
            .in_chinese(format!("简报中的上限是 {there}，而这里是 {here}"), "请使用同一种货币");
            Err(Problem::invalid(at.into()))
        }
        (Some(brief), Some(asked)) if asked.amount_micros < brief.amount_micros => Ok(Some(asked)),
        (brief, asked) => Ok(brief.or(asked)),
    }
}

/// Fills in what a plan says: steps, prices, and what stands against it.
fn tell(shown: &mut Outline, plan: &Plan, graph: &Graph, models: &Models) {
    let params = |key: &str| graph.steps.iter().find(|step| step.key == key).map(|step| &step.params);
    let lines = plan.lines.iter().map(|line| {
        let params = params(&line.step);
        let text = |name: &str| params.and_then(|params| params[name].as_str()).map(str::to_owned);
        PlanStep {
            step: line.step.clone(),
            kind: line.kind.clone(),
            stage: line.stage.clone(),
            placement: text("placement"),
            locale: text("locale"),
            variant: params.and_then(|params| params["variant"].as_u64()),
            makes: line.makes.clone(),
            model: line.model.clone(),
            voice: line.voice.clone(),
            price: line.price.as_ref().map(range),
        }
    });
    shown.steps = lines.collect();
    shown.price = plan.total.iter().map(range).collect();
    shown.spends = planned::spends(plan, models.catalog()).iter().map(range).collect();
    if let Admission::OverCeiling { fits } = &plan.admission {
        let price = planned::total(plan);
        let ceiling = plan.ceiling.as_ref().map(ToString::to_string).unwrap_or_default();
        let at = At::at("/ceiling", format!("this may cost {price}, and the ceiling is {ceiling}"))
            .in_chinese(format!("本次可能花费 {price}，而上限为 {ceiling}"), "");
        shown.obstacles.push(obstacle("over_ceiling", NextAction::RaiseCeiling, at));
        shown.fits = fits.as_ref().map(|fit| Smaller {
            changes: fit.changes.iter().filter_map(|change| as_object(json!(change))).collect(),
            price: fit.total.iter().map(range).collect(),
            assets: fit.assets,
        });
    }
    for error in models.missing(ordered::roles(graph)) {
        let text = error.to_string();
        let at = At::at("/roles", &text).in_chinese(format!("无法调用所选模型：{text}"), "");
        shown.obstacles.push(obstacle("provider_key_missing", NextAction::CheckKey, at));
    }
}

fn as_object(value: Value) -> Option<serde_json::Map<String, Value>> {
    if let Value::Object(object) = value { Some(object) } else { None }
}

fn obstacle(code: &str, next_action: NextAction, at: At) -> Obstacle {
    Obstacle { code: code.to_owned(), next_action, at }
}

fn range(range: &Range) -> PriceRange {
    PriceRange { low: range.low.clone(), high: range.high.clone() }
}

/// First bytes of the fonts that we read.
const FONTS: [(&[u8], &str); 4] =
    [(b"\0\x01\0\0", "font/ttf"), (b"true", "font/ttf"), (b"OTTO", "font/otf"), (b"ttcf", "font/collection")];

/// First bytes of the pictures that we read; an SVG is text.
const PICTURES: [(&[u8], &str); 7] = [
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"RIFF", "image/webp"),
    (b"GIF8", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"BM", "image/bmp"),
];

fn look(bytes: &Bytes) -> Result<Look, Problem> {
    let kind = |known: &[(&[u8], &'static str)]| {
        known.iter().find(|(first, _)| bytes.starts_with(first)).map(|(_, kind)| *kind)
    };
    let opened = match kind(&FONTS) {
        Some(font) => intake::load_font(bytes).map(|()| Look { media_type: font.to_owned(), size: None }),
        None => intake::picture(bytes).map(|canvas| Look {
            media_type: kind(&PICTURES).unwrap_or("image/svg+xml").to_owned(),
            size: Some((canvas.width(), canvas.height())),
        }),
    };
    opened.map_err(|error| {
        let at = At::at("", error.to_string())
            .hint("send a picture (PNG, JPEG, WebP, GIF, TIFF, BMP, SVG) or a font (TTF, OTF, TTC)")
            .in_chinese(
                format!("无法打开该文件：{error}"),
                "请发送图片（PNG、JPEG、WebP、GIF、TIFF、BMP、SVG）或字体（TTF、OTF、TTC）",
            );
        Problem::invalid(at.into()).code("file_unusable")
    })
}
