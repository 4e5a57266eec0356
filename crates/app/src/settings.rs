//! Settings: what is compiled in ← `handbill.toml` ← the environment. The default file names every setting, so whatever
//! it does not name is a mistake; each is told with its place and the nearest name.

mod layers;

use std::path::{Path, PathBuf};

use figment::{Figment, providers::Serialized};
use handbill_domain::problem::{Problem, Problems};
use handbill_store::{Place, S3};
use handbill_worker::Settings as Worker;
use serde::Deserialize;

use crate::{ending::Ending, language::Language};

/// Every setting with its default and what it means.
pub const DEFAULT: &str = include_str!("../settings.default.toml");
/// The user's own file.
const FILE: &str = "handbill.toml";

/// The settings in force.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folder of everything that is kept.
    pub data: PathBuf,
    /// Language of messages; none: as the environment asks for.
    pub language: Option<Language>,
    /// Rows and files.
    pub store: handbill_store::Settings,
    /// The line of tickets.
    pub queue: Queue,
    /// How many at once, how patient.
    pub worker: Worker,
    /// Where to listen.
    pub api: handbill_api::Settings,
    /// Recipe, prompts and templates.
    pub pipeline: Pipeline,
    /// Models file.
    pub models: Option<PathBuf>,
}

/// The line of tickets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Address of Redis; empty: in this process.
    pub redis: String,
    /// First part of every key.
    pub prefix: String,
}

/// Recipe, prompts and templates.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// A recipe file; empty: ours.
    pub recipe: String,
    /// A folder of prompts; empty: ours.
    pub prompts: String,
    /// A folder of image templates; empty: ours.
    pub templates: String,
    /// Who makes the content, as labels inside files say it.
    pub producer: String,
}

/// The settings as they are written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    data: String,
    language: String,
    store: Store,
    queue: Queue,
    worker: Worker,
    api: handbill_api::Settings,
    pipeline: Pipeline,
    models: Models,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Store {
    rows: String,
    files: String,
    s3: Bucket,
}

/// What a bucket needs besides its name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bucket {
    endpoint: String,
    region: String,
    virtual_hosted: bool,
    access_key: String,
    secret_key: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Models {
    file: String,
}

impl Settings {
    /// Reads the settings of this folder and environment.
    pub fn read(file: Option<&Path>) -> Result<Self, Ending> {
        let path = file.unwrap_or(Path::new(FILE));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && file.is_none() => String::new(),
            Err(error) => {
                let name = path.display();
                return Err(Ending::refused(
                    format!("cannot read the settings in {name}: {error}"),
                    format!("无法读取设置文件 {name}：{error}"),
                ));
            }
        };
        let environment = std::env::vars().filter(|(name, _)| name.starts_with(layers::PREFIX));
        let shown = if text.is_empty() { Path::new("HANDBILL_…") } else { path };
        Self::of(path, &text, environment)
            .map_err(|problems| Ending::Problems { file: shown.to_owned(), problems })
    }

    /// Puts the layers over each other and checks the result.
    fn of(
        path: &Path,
        file: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Problems> {
        let layers = layers::read(path, file, environment)?;
        let figment = Figment::from(Serialized::defaults(layers::defaults()))
            .merge(Serialized::defaults(&layers.file))
            .merge(Serialized::defaults(&layers.environment));
        let written: Written = figment.extract().map_err(|errors| {
            Problems(
                errors
                    .into_iter()
                    .map(|error| layers.place(&error.path.join("."), &error.kind.to_string()))
                    .collect(),
            )
        })?;
        let mut problems = Problems::default();
        let settings = written.checked(&mut |key, message: &str| problems.push(layers.place(key, message)));
        problems.or(settings)
    }
}

impl Store {
    /// Where the files are, if that is said.
    fn place(self, wrong: &mut dyn FnMut(&str, &str)) -> Option<Place> {
        if !self.files.contains("://") {
            return (!self.files.is_empty()).then(|| Place::Folder(PathBuf::from(self.files)));
        }
        let bucket = S3::at(&self.files).map_err(|message| wrong("store.files", &message)).ok()?;
        let Bucket { endpoint, region, virtual_hosted, access_key, secret_key } = self.s3;
        let bucket = S3 { endpoint, region, virtual_hosted, access_key, secret_key, ..bucket };
        bucket.checked_endpoint().unwrap_or_else(|message| wrong("store.s3.endpoint", &message));
        if bucket.access_key.is_empty() != bucket.secret_key.is_empty() {
            wrong("store.s3.secret_key", "access_key and secret_key belong together");
        }
        Some(Place::S3(bucket))
    }
}

impl Written {
    /// The settings as they are used; `wrong` is told what cannot be.
    fn checked(self, wrong: &mut dyn FnMut(&str, &str)) -> Settings {
        let language = match self.language.as_str() {
            "auto" => None,
            "en" => Some(Language::En),
            "zh" => Some(Language::Zh),
            _ => {
                wrong("language", "should be \"auto\", \"en\" or \"zh\"");
                None
            }
        };
        if self.data.trim().is_empty() {
            wrong("data", "names no folder");
        }
        let known_rows = ["sqlite://", "postgres://", "postgresql://"];
        if !self.store.rows.is_empty() && !known_rows.iter().any(|scheme| self.store.rows.starts_with(scheme))
        {
            wrong("store.rows", "should begin with sqlite:// or postgres://");
        }
        let known_queues = ["redis://", "rediss://", "unix://"];
        if !self.queue.redis.is_empty()
            && !known_queues.iter().any(|scheme| self.queue.redis.starts_with(scheme))
        {
            wrong("queue.redis", "should begin with redis://");
        }
        let producer = &self.pipeline.producer;
        if producer.is_empty() || !producer.bytes().all(|b| b.is_ascii_graphic()) {
            wrong("pipeline.producer", "should be letters, digits and signs of ASCII, without spaces");
        }
        let counts = [
            ("worker.model_workers", self.worker.model_workers),
            ("worker.media_workers", self.worker.media_workers),
            ("worker.deliver_workers", self.worker.deliver_workers),
        ];
        for (key, count) in counts {
            if count > 1024 || (count == 0 && key != "worker.media_workers") {
                wrong(key, "should be 1 to 1024");
            }
        }
        if !(1..=100).contains(&self.worker.attempts) {
            wrong("worker.attempts", "should be 1 to 100");
        }
        if !(1..=3600).contains(&self.worker.lease_s) {
            wrong("worker.lease_s", "should be 1 to 3600");
        }
        let mut worker = self.worker;
        if worker.media_workers == 0 {
            worker.media_workers = Worker::default().media_workers;
        }
        let data = PathBuf::from(self.data);
        let mut store = handbill_store::Settings::embedded(&data);
        if !self.store.rows.is_empty() {
            store.rows.clone_from(&self.store.rows);
        }
        if let Some(files) = self.store.place(wrong) {
            store.files = files;
        }
        let models = Some(self.models.file).filter(|file| !file.is_empty()).map(PathBuf::from);
        Settings {
            data,
            language,
            store,
            queue: self.queue,
            worker,
            api: self.api,
            pipeline: self.pipeline,
            models,
        }
    }
}

/// A problem of a setting, with the place that it was read from.
impl layers::Layers {
    fn place(&self, key: &str, message: &str) -> Problem {
        let pointer = format!("/{}", key.replace('.', "/"));
        match (self.variable(key), self.line(key)) {
            (Some(name), _) => Problem::at(pointer, format!("{name} in the environment: {message}")),
            (None, Some(line)) => Problem::at(pointer, message).line(line),
            (None, None) => Problem::at(pointer, message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, environment: &[(&str, &str)]) -> Result<Settings, Problems> {
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::of(Path::new(FILE), file, environment)
    }

    fn problems(file: &str, environment: &[(&str, &str)]) -> Vec<String> {
        read(file, environment).unwrap_err().0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_defaults_are_the_parts_own_defaults() {
        let settings = read("", &[]).unwrap();
        assert_eq!(settings.worker, Worker::default());
        assert_eq!(settings.api, handbill_api::Settings::default());
        assert_eq!(settings.store, handbill_store::Settings::embedded("data"));
        assert!(settings.queue.redis.is_empty() && settings.language.is_none());
    }

    #[test]
    fn the_environment_is_stronger_than_the_file_and_the_file_than_the_defaults() {
        let file =
            "data = \"elsewhere\"\n[worker]\nattempts = 7\nlease_s = 9\n[queue]\nredis = \"redis://a\"";
        let settings = read(
            file,
            &[
                ("HANDBILL_WORKER__ATTEMPTS", "3"),
                ("HANDBILL_QUEUE__PREFIX", "007"),
                ("HANDBILL_LOG", "debug"),
            ],
        )
        .unwrap();
        assert_eq!((settings.worker.attempts, settings.worker.lease_s), (3, 9));
        assert_eq!((settings.queue.redis.as_str(), settings.queue.prefix.as_str()), ("redis://a", "007"));
        assert_eq!(settings.store, handbill_store::Settings::embedded("elsewhere"));
    }

    #[test]
    fn a_wrong_setting_is_named_with_its_place_and_the_nearest_name() {
        assert_eq!(
            problems("[worker]\n\natempts = 3", &[]),
            [
                "line 3, /worker/atempts: there is no setting `worker.atempts` (did you mean `worker.attempts`?)"
            ]
        );
        assert_eq!(
            problems("[quue]\nredis = \"\"", &[]),
            ["line 1, /quue: there is no setting `quue` (did you mean `queue`?)"]
        );
        assert_eq!(
            problems("", &[("HANDBILL_WORKER__ATEMPTS", "3")]),
            [
                "/worker/atempts: HANDBILL_WORKER__ATEMPTS in the environment: there is no setting `worker.atempts` (did you mean HANDBILL_WORKER__ATTEMPTS?)"
            ]
        );
        let typed = problems("[worker]\nattempts = \"many\"", &[]);
        assert!(typed[0].starts_with("line 2, /worker/attempts: ") && typed[0].contains("many"), "{typed:?}");
        let typed = problems("", &[("HANDBILL_WORKER__LEASE_S", "soon")]);
        assert!(
            typed[0].starts_with("/worker/lease_s: HANDBILL_WORKER__LEASE_S in the environment: "),
            "{typed:?}"
        );
        assert_eq!(
            problems("\n[store]\nrows = \"mysql://x\"", &[]),
            ["line 3, /store/rows: should begin with sqlite:// or postgres://"]
        );
        assert_eq!(
            problems("[store]\nfiles = \"s3://Tea\"\n[store.s3]\nendpoint = \"minio\"", &[]),
            [
                "line 2, /store/files: should be s3://bucket or s3://bucket/prefix; the name of a bucket has small letters, digits, dots and hyphens"
            ]
        );
        assert_eq!(
            problems(
                "[store]\nfiles = \"s3://tea\"\n[store.s3]\nendpoint = \"minio:9000\"\naccess_key = \"k\"",
                &[]
            ),
            [
                "line 4, /store/s3/endpoint: should be an address such as https://s3.example.com",
                "/store/s3/secret_key: access_key and secret_key belong together",
            ]
        );
        let syntax = problems("data = \n", &[]);
        assert!(syntax[0].starts_with("line 1, /: ") && syntax[0].contains("TOML"), "{syntax:?}");
    }

    #[test]
    fn several_wrong_settings_are_told_at_once() {
        assert_eq!(
            problems("dta = 1\nlanguage = \"fr\"\n[worker]\nx = 1", &[("HANDBILL_Y", "1")]).len(),
            3,
            "unknown names first"
        );
        assert_eq!(problems("language = \"fr\"\n[worker]\nattempts = 0\nmodel_workers = 0", &[]).len(), 3);
    }
}
