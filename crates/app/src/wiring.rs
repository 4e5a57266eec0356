//! Puts the parts together as the settings say. The only place that knows which part stands behind which trait.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use async_trait::async_trait;
use bytes::Bytes;
use handbill_domain::{
    asset::Digest,
    problem::{Problem, Problems},
};
use handbill_pipeline::{
    Context, Error as StepError, graph::StepOutput, pack::Blobs, prompts::Prompts, recipe::Recipe, steps,
    templates::Templates,
};
use handbill_providers::{Catalog, Models};
use handbill_queue::Dispatcher;
use handbill_store::Store;
use handbill_worker::{Engine, Runner};

use crate::{
    ending::Ending,
    prices::Cast,
    settings::{Pipeline, Settings},
};

/// Opens rows and files.
pub async fn store(settings: &Settings) -> Result<Store, Ending> {
    let opened = Store::open(&settings.store).await;
    Ok(opened.with_context(|| format!("cannot open the store ({})", hidden(&settings.store.rows)))?)
}

/// The line of tickets: Redis where it is set, else this process.
pub async fn dispatcher(settings: &Settings) -> Result<Arc<dyn Dispatcher>, Ending> {
    let queue = &settings.queue;
    if queue.redis.is_empty() {
        return Ok(Arc::new(handbill_queue::Local::default()));
    }
    let redis = handbill_queue::Redis::open(&queue.redis, &queue.prefix).await;
    Ok(Arc::new(redis.with_context(|| format!("cannot reach {}", hidden(&queue.redis)))?))
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
        format!("the folder {folder} (setting `pipeline.{setting}`) has nothing of the kind {wanted} that differs from ours"),
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
    let dispatcher = dispatcher(settings).await?;
    let mut engine = Engine::new(store, dispatcher, Arc::new(Cast(models)), Arc::new(Steps));
    engine.prompts = Arc::new(own.prompts);
    engine.templates = Arc::new(own.templates);
    engine.producer = settings.pipeline.producer.as_str().into();
    engine.settings = settings.worker.clone();
    Ok(engine)
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
struct Steps;

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

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(hidden("postgres://me:secret@host/name"), "postgres://…@host/name");
        assert_eq!(hidden("sqlite://data/handbill.db"), "sqlite://data/handbill.db");
    }
}
