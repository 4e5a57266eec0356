//! Plans: what a brief would make and cost, told for free before anything is spent.

mod ceilings;
mod view;

use std::collections::BTreeMap;

use actix_web::web::{Data, Path};
use bytes::Bytes;
use handbill_domain::{
    asset::Digest,
    brief::Brief,
    ids::WorkspaceId,
    money::Money,
    problem::{Problem as At, Problems, nearest},
};
use handbill_store::{
    plans::{self, NewPlan},
    uploads,
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Value, json};

use self::view::PlanView;
use crate::{
    Problem, State,
    access::{Permission, Principal},
    desk::{Draft, Outline},
    give::{Created, Shown},
    operation::Operation,
    take::Body,
};

pub(crate) use self::ceilings::against;

pub(crate) fn operations() -> Vec<Operation> {
    let create_plan = (
        "create_plan",
        "Plan a campaign: what it makes, by which model, at what price, and all that stands against it. Free",
    );
    vec![
        Operation::post("/plans", create_plan, create).needs(Permission::Plan).once(),
        Operation::get("/plans/{plan}", ("get_plan", "A plan as it was made"), one).needs(Permission::Plan),
    ]
}

/// A brief as JSON. Its own reader judges it, and tells everything that is wrong with it at once.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct AnyBrief(Value);

impl JsonSchema for AnyBrief {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Brief::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        Brief::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Brief::json_schema(generator)
    }
}

/// What is to be planned.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewPlanRequest {
    /// What the campaign is for, about and in. `handbill schema brief` prints its schema too.
    brief: AnyBrief,
    /// Path in the brief → digest of the file that was uploaded: `{"photos/tin.png": "9f2c…"}`.
    #[serde(default)]
    files: BTreeMap<String, Digest>,
    /// The same brief, files, models and seed make the same run.
    #[serde(default = "one_seed")]
    seed: u64,
    /// Most that it may cost; the brief's own ceiling counts too.
    #[serde(default)]
    max_cost: Option<Money>,
    /// Shall the local rehearsal serve every role? It costs nothing. A rehearsal key always rehearses.
    #[serde(default)]
    rehearsal: bool,
}

fn one_seed() -> u64 {
    1
}

async fn create(
    state: Data<State>,
    who: Principal,
    Body(asked): Body<NewPlanRequest>,
) -> Result<Created<PlanView>, Problem> {
    let brief = Brief::read(&asked.brief.0.to_string())
        .map_err(|problems| Problem::invalid(below_brief(problems)))?;
    let files = fetch(&state, &who.workspace, &brief, &asked.files).await?;
    let rehearsal = asked.rehearsal || who.is_rehearsal();
    let draft =
        Draft { brief, digests: asked.files, files, seed: asked.seed, max_cost: asked.max_cost, rehearsal };
    let mut planned = state.desk()?.plan(draft).await?;
    let more = against(&state.store, &who, &planned.shown.spends).await?;
    planned.shown.obstacles.extend(more);
    let new = NewPlan {
        order: planned.order.filter(|_| planned.shown.obstacles.is_empty()),
        run: planned.run,
        rehearsal,
        shown: json!(planned.shown),
    };
    let kept = plans::create(&state.store, &who.workspace, &new).await?;
    let at = format!("/api/v1/plans/{}", kept.id);
    let shown = view::show(&state.store, &who.workspace, kept, planned.shown).await?;
    Ok(Created { at, new: true, shown })
}

async fn one(state: Data<State>, who: Principal, id: Path<String>) -> Result<Shown<PlanView>, Problem> {
    let kept = plans::find(&state.store, &who.workspace, &id).await?;
    let outline = outline(&kept)?;
    Ok(Shown(view::show(&state.store, &who.workspace, kept, outline).await?))
}

/// What was shown of a plan when it was made.
pub(crate) fn outline(kept: &plans::Plan) -> Result<Outline, Problem> {
    serde_json::from_value(kept.plan.shown.clone())
        .map_err(|error| Problem::of_error(handbill_domain::Fault::Broken, &error))
}

/// A brief's problems stand below the brief's place in the request.
fn below_brief(mut problems: Problems) -> Problems {
    for problem in &mut problems.0 {
        problem.pointer.insert_str(0, "/brief");
        problem.line = None;
    }
    problems
}

/// The files that the brief names; those that are not there, and those that it does not name, are told at once.
async fn fetch(
    state: &State,
    workspace: &WorkspaceId,
    brief: &Brief,
    given: &BTreeMap<String, Digest>,
) -> Result<BTreeMap<String, Bytes>, Problem> {
    let known = uploads::known(&state.store, workspace, given.values()).await?;
    let named: Vec<(String, &str)> = brief.files();
    let mut problems = Problems::default();
    for (pointer, path) in &named {
        if !given.contains_key(*path) {
            problems.push(
                At::at(format!("/brief{pointer}"), format!("`files` has no `{path}`"))
                    .hint("upload it (POST /api/v1/files) and name its digest in `files`")
                    .in_chinese(
                        format!("`files` 中没有 `{path}`"),
                        "请先上传（POST /api/v1/files），再在 `files` 中写明其摘要",
                    ),
            );
        }
    }
    for (path, digest) in given {
        let place = format!("/files/{}", path.replace('~', "~0").replace('/', "~1"));
        if !named.iter().any(|(_, name)| name == path) {
            let problem = At::at(place, format!("the brief names no file `{path}`"))
                .in_chinese(format!("简报中没有用到文件 `{path}`"), "");
            problems.push(match nearest(path, named.iter().map(|(_, name)| *name)) {
                Some(meant) => problem.hint(format!("did you mean `{meant}`?")),
                None => problem,
            });
        } else if !known.contains(digest) {
            problems.push(
                At::at(place, format!("there is no file {digest} in this workspace"))
                    .hint("upload it (POST /api/v1/files)")
                    .in_chinese(format!("此工作区中没有文件 {digest}"), "请先上传（POST /api/v1/files）"),
            );
        }
    }
    problems.or(()).map_err(Problem::invalid)?;
    let mut files = BTreeMap::new();
    for (path, digest) in given {
        files.insert(path.clone(), state.store.files().get(digest).await?);
    }
    Ok(files)
}
