//! Puts the parts together as the settings say. The only place that knows which part stands behind which trait.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context as _;
use async_trait::async_trait;
use bytes::Bytes;
use handbill_domain::{
    asset::Digest,
    model::Role,
    problem::{Problem, Problems},
};
use handbill_pipeline::{
    Context, Error as StepError, graph::StepOutput, pack::Blobs, prompts::Prompts, recipe::Recipe, steps,
    templates::Templates,
};
use handbill_providers::{Catalog, Error as ModelError, Models};
use handbill_queue::{Dispatcher, Limits, Local, Redis, Signals};
use handbill_store::Store;
use handbill_worker::{Casting, Engine, Inputs, Runner};

use crate::{
    ending::Ending,
    ordered,
    prices::Cast,
    render,
    settings::{Pipeline, Settings},
};

/// Opens rows and files.
pub async fn store(settings: &Settings) -> Result<Store, Ending> {
    opened(Store::open(&settings.store).await, settings)
}

/// Opens rows, for those who look at no file.
pub async fn rows(settings: &Settings) -> Result<Store, Ending> {
    opened(Store::open_rows(&settings.store).await, settings)
}

fn opened(opened: Result<Store, handbill_store::Error>, settings: &Settings) -> Result<Store, Ending> {
    Ok(opened.with_context(|| format!("cannot open the store ({})", hidden(&settings.store.rows)))?)
}

/// Tickets, leave to ask providers, and words between processes: the same Redis where one is set, else this process.
pub struct Line {
    /// Tickets.
    pub dispatcher: Arc<dyn Dispatcher>,
    /// Leave to ask providers.
    pub limits: Arc<dyn Limits>,
    /// Words between processes.
    pub signals: Arc<dyn Signals>,
}

impl Line {
    fn of<T: Dispatcher + Limits + Signals + 'static>(part: T) -> Self {
        let part = Arc::new(part);
        Self { dispatcher: part.clone(), limits: part.clone(), signals: part }
    }

    /// As the settings say. A Redis that does not answer is a mistake of who set it.
    pub async fn open(settings: &Settings) -> Result<Self, Ending> {
        let queue = &settings.queue;
        if queue.redis.is_empty() {
            return Ok(Self::of(Local::default()));
        }
        let redis = Redis::open(&queue.redis, &queue.prefix).await;
        Ok(Self::of(redis.with_context(|| format!("cannot reach {}", hidden(&queue.redis)))?))
    }

    /// The same for who works on: a Redis that is away now is used as soon as it is there.
    pub async fn patient(settings: &Settings) -> Result<Self, Ending> {
        let queue = &settings.queue;
        if queue.redis.is_empty() {
            return Ok(Self::of(Local::default()));
        }
        let address = hidden(&queue.redis);
        let redis = Redis::prepare(&queue.redis, &queue.prefix);
        let redis = redis.with_context(|| format!("cannot use {address}"))?;
        if let Err(error) = redis.ping().await {
            tracing::warn!(%error, "{address} does not answer; steps are looked for in the database until it does");
        }
        Ok(Self::of(redis))
    }
}

/// The models in force: the catalogue, with the file that `--models` or the settings name over it.
pub fn models(file: Option<&Path>, settings: &Settings) -> Result<Models, Ending> {
    let Some(path) = file.or(settings.models.as_deref()) else {
        let catalog = Catalog::builtin()
            .map_err(|problems| anyhow::anyhow!("the catalogue that is compiled in: {problems}"))?;
        return Ok(Models::from_environment(catalog));
    };
    let text = read(path)?;
    let catalog =
        Catalog::with_file(&text).map_err(|problems| Ending::Problems { file: path.to_owned(), problems })?;
    Ok(Models::from_environment(catalog))
}

/// The recipe in force.
pub fn recipe(settings: &Settings) -> Result<Recipe, Ending> {
    let file = &settings.pipeline.recipe;
    if file.is_empty() {
        let ours = Recipe::campaign()
            .map_err(|problems| anyhow::anyhow!("the recipe that is compiled in: {problems}"))?;
        return Ok(ours);
    }
    let text = read(Path::new(file))?;
    Recipe::read(&text).map_err(|problems| Ending::Problems { file: file.into(), problems })
}

/// What the user may have of their own instead of ours.
pub struct Own {
    prompts: Prompts,
    templates: Templates,
    recipe: Option<Digest>,
    producer: String,
}

impl Own {
    /// As the settings say. A folder that is not there, or has nothing for us in it, is told.
    pub fn of(settings: &Settings) -> Result<Self, Ending> {
        let Pipeline { prompts, templates, recipe: file, .. } = &settings.pipeline;
        let recipe = if file.is_empty() { None } else { Some(Digest::of_json(&recipe(settings)?)) };
        let own = Self {
            prompts: over("prompts", prompts, Prompts::with_folder)?,
            templates: over("templates", templates, Templates::with_folder)?,
            recipe,
            producer: settings.pipeline.producer.clone(),
        };
        if !prompts.is_empty() && own.prompts.own().is_none() {
            return Err(nothing_in("prompts", prompts, "<step>/<language>.md"));
        }
        if !templates.is_empty() && own.templates.own().is_none() {
            return Err(nothing_in("templates", templates, "<name>/template.yaml"));
        }
        Ok(own)
    }

    /// What tells them from ours, by name, and who makes the content.
    pub fn digests(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let all = [
            ("prompts", self.prompts.own()),
            ("templates", self.templates.own()),
            ("recipe", self.recipe.as_ref()),
        ];
        let own = all.into_iter().filter_map(|(name, digest)| Some((name.to_owned(), digest?.to_string())));
        own.chain([("producer".to_owned(), self.producer.clone())])
    }
}

/// A folder over what ships; without one, what ships.
fn over<T: Default>(
    setting: &str,
    folder: &str,
    read: impl FnOnce(&Path) -> Result<T, Problems>,
) -> Result<T, Ending> {
    if folder.is_empty() {
        return Ok(T::default());
    }
    if !Path::new(folder).is_dir() {
        return Err(Ending::refused(
            format!("there is no folder {folder}, which the setting `pipeline.{setting}` names"),
            format!("设置 `pipeline.{setting}` 所指的文件夹 {folder} 不存在"),
        ));
    }
    read(Path::new(folder)).map_err(|problems| Ending::Problems { file: folder.into(), problems })
}

fn nothing_in(setting: &str, folder: &str, wanted: &str) -> Ending {
    Ending::refused(
        format!(
            "the folder {folder} (setting `pipeline.{setting}`) has nothing of the kind {wanted} that differs from ours"
        ),
        format!("文件夹 {folder}（设置 `pipeline.{setting}`）中没有与自带内容不同的 {wanted}"),
    )
}

/// The engine that drives runs.
pub async fn engine(
    store: Store,
    models: Arc<Models>,
    own: Own,
    settings: &Settings,
) -> Result<Engine, Ending> {
    Ok(assembled(store, models, own, Line::open(settings).await?, settings))
}

/// The engine that works on the runs of others.
pub async fn workers(
    store: Store,
    models: Arc<Models>,
    own: Own,
    settings: &Settings,
) -> Result<Engine, Ending> {
    let line = Line::patient(settings).await?;
    let ours: BTreeMap<String, String> = own.digests().collect();
    let mut engine = assembled(store, models.clone(), own, line, settings);
    engine.casting = Some(casting(models, ours));
    Ok(engine)
}

fn assembled(store: Store, models: Arc<Models>, own: Own, line: Line, settings: &Settings) -> Engine {
    let runner = Arc::new(render::apart(Arc::new(Steps), settings.worker.render_memory_mb));
    let mut engine = Engine::new(store, line.dispatcher, Arc::new(Cast(models)), runner);
    engine.limits = line.limits;
    engine.signals = Some(line.signals);
    engine.prompts = Arc::new(own.prompts);
    engine.templates = Arc::new(own.templates);
    engine.producer = settings.pipeline.producer.as_str().into();
    engine.settings = settings.worker.clone();
    engine
}

/// The models of a run are those that it was ordered with, never those that this process would choose: a rehearsed run
/// is not to be paid, and a paid one not rehearsed. A run whose models are not in our catalogue, or whose keys we do not
/// have, is left to others; so is one that was ordered with other prompts, templates or recipe of the user's own.
fn casting(ours: Arc<Models>, own: BTreeMap<String, String>) -> Casting {
    // Runs with the same models share the connections.
    let known: Mutex<BTreeMap<BTreeMap<String, String>, Arc<Models>>> = Mutex::default();
    Arc::new(move |inputs: &Inputs| {
        for name in ["prompts", "templates", "recipe", "producer"] {
            if inputs.made_with.get(name) != own.get(name) {
                return Err(format!("it was ordered with other {name} than the settings here name"));
            }
        }
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let models = match known.get(&inputs.models) {
            Some(models) => models.clone(),
            None => cast(&ours, &inputs.models)?,
        };
        known.insert(inputs.models.clone(), models.clone());
        same_places(models.catalog(), inputs.made_with.get(ordered::PLACES))?;
        Ok(Arc::new(Cast(models)))
    })
}

/// A model of the same name at another address is another model: it would be asked, and paid, a second time.
fn same_places(catalog: &Catalog, ordered: Option<&String>) -> Result<(), String> {
    match ordered {
        Some(ordered) if *ordered != ordered::places(catalog) => {
            Err("it was ordered with models at other addresses than the models file here names".to_owned())
        }
        _ => Ok(()),
    }
}

fn cast(ours: &Arc<Models>, ordered: &BTreeMap<String, String>) -> Result<Arc<Models>, String> {
    let role = |name: &str| Role::ALL.into_iter().find(|role| role.as_str() == name);
    let roles = ordered.iter().filter_map(|(name, id)| Some((role(name)?, id.as_str())));
    if roles.clone().all(|(role, id)| ours.catalog().serving(role).id == id) {
        return Ok(ours.clone());
    }
    let catalog = ours.catalog().recast(roles.clone());
    let catalog = catalog.map_err(|id| format!("it was ordered with {id}, which is not in our catalogue"))?;
    let models = Models::from_environment(catalog);
    let missing = models.missing(roles.map(|(role, _)| role));
    match missing.into_iter().find(|error| matches!(error, ModelError::NoKey { .. })) {
        Some(error) => Err(error.to_string()),
        None => Ok(Arc::new(models)),
    }
}

/// Reads a text file that somebody named.
pub fn read(path: &Path) -> Result<String, Ending> {
    let name = path.display();
    std::fs::read(path)
        .map_err(|error| {
            Ending::refused(format!("cannot read {name}: {error}"), format!("无法读取 {name}：{error}"))
        })
        .and_then(|bytes| {
            String::from_utf8(bytes).map_err(|error| Ending::Problems {
                file: path.to_owned(),
                problems: Problem::at(
                    "",
                    format!("is not UTF-8 text at byte {}", error.utf8_error().valid_up_to()),
                )
                .hint("save it as UTF-8")
                .in_chinese(
                    format!("第 {} 字节起不是 UTF-8 文本", error.utf8_error().valid_up_to()),
                    "请另存为 UTF-8 编码",
                )
                .into(),
            })
        })
}

/// An address without its password.
pub fn hidden(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://…@{place}"),
        _ => url.to_owned(),
    }
}

/// Steps are run by the pipeline.
pub struct Steps;

#[async_trait]
impl Runner for Steps {
    async fn run(&self, ctx: &Context<'_>) -> Result<StepOutput, StepError> {
        steps::run(ctx).await
    }
}

/// The pack's files come out of the store.
pub struct Kept(pub Store);

#[async_trait]
impl Blobs for Kept {
    async fn blob(&self, digest: &Digest) -> Result<Bytes, StepError> {
        self.0.files().get(digest).await.map_err(|error| StepError::Files(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> Arc<Models> {
        Arc::new(Models::new(Catalog::builtin().unwrap(), |_| None))
    }

    fn ordered(changed: &[(&str, &str)]) -> BTreeMap<String, String> {
        let ours = ours();
        let roles = ours.catalog().roles().iter().map(|(role, id)| (role.as_str().to_owned(), id.clone()));
        let changed = changed.iter().map(|(role, id)| ((*role).to_owned(), (*id).to_owned()));
        roles.chain(changed).collect()
    }

    #[test]
    fn a_run_is_made_with_the_models_that_it_was_ordered_with_or_left_to_others() {
        let paid = "openai/gpt-6-luna";
        assert!(ours().catalog().entry(paid).is_some());
        let here = Arc::new(Models::new(Catalog::builtin().unwrap(), |_| None));
        assert!(Arc::ptr_eq(&cast(&here, &ordered(&[])).unwrap(), &here));
        let unknown = cast(&here, &ordered(&[("writer", "moon/one")])).unwrap_err();
        assert!(unknown.contains("moon/one"), "{unknown}");
        let rehearsing = cast(
            &Arc::new(Models::new(here.catalog().recast([(Role::Writer, paid)]).unwrap(), |_| None)),
            &ordered(&[]),
        )
        .unwrap();
        assert!(rehearsing.is_rehearsal(Role::Writer), "a rehearsed run is not paid by a worker with models");
    }

    #[test]
    fn a_model_of_the_same_name_at_another_address_is_another_model() {
        let at = |host: &str| {
            let file = format!(
                "[provider.mine]\nprotocol = 'openai'\nbase_url = 'http://{host}/v1'\nlocal = true\n\n[[entry]]\nid = 'mine/one'\nmodality = 'text'\nprovider = 'mine'\nmodel = 'one'\nprice = [{{ unit = 'output_token', micros = 0 }}]\n\n[roles]\nwriter = 'mine/one'\n"
            );
            Catalog::with_file(&file).unwrap()
        };
        let ordered = ordered::places(&at("10.0.0.5:8000"));
        assert_eq!(same_places(&at("10.0.0.5:8000"), Some(&ordered)), Ok(()));
        assert!(same_places(&at("10.0.0.6:8000"), Some(&ordered)).unwrap_err().contains("other addresses"));
        assert_eq!(same_places(&at("10.0.0.6:8000"), None), Ok(()), "an order of before");
    }

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(hidden("postgres://me:secret@host/name"), "postgres://…@host/name");
        assert_eq!(hidden("sqlite://data/handbill.db"), "sqlite://data/handbill.db");
    }
}
