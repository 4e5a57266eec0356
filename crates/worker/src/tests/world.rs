//! A small world: a graph, a runner, and a provider that writes its bill into a file, so that it outlives processes.

use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use handbill_domain::{
    ids::WorkspaceId,
    model::{Entry, PriceUnit, Role},
    money::{Currency, Money},
};
use handbill_pipeline::{Context, Error as StepError, graph::StepOutput};
use handbill_providers::{
    Error as ModelError,
    ask::{
        Found, Image, JobHandle, Model, Polled, Reply, Speech, Submission, Text, TextAnswer, TextAsk, Usage,
        Video,
    },
};
use handbill_queue::{Local, Redis, limits::Account};
use handbill_store::{Place, S3, Store};
use serde_json::{Value, json};

pub(super) use super::orders::*;
use super::s3;
use crate::{Engine, Models, Runner, Settings};

/// What one call costs: two tenths of a dollar. The plan foresees three.
pub(super) const COST: i64 = 200_000;
pub(super) const PLANNED: i64 = 300_000;
/// What a token of an answer would cost; a question allows ten of them.
pub(super) const TOKEN: i64 = 25_000;

/// How the provider behaves. It is the same for every process of a test.
#[derive(Clone, Default)]
pub(super) struct Temper {
    /// It honours idempotency keys.
    pub(super) keyed: bool,
    /// It is this machine's rehearsal.
    pub(super) rehearsal: bool,
    /// It gives jobs, not answers.
    pub(super) jobs: bool,
    /// How long an answer takes.
    pub(super) slow: Duration,
    /// How many times the usual price it reports for its answers; 0 and 1: the usual.
    pub(super) dear: u64,
    /// How long a job takes, and how long it says that it will.
    pub(super) job_ms: u64,
    /// It can be asked for a request by its key.
    pub(super) lookup: bool,
    /// It can be, but has no time for it, and says this.
    pub(super) mute: Option<&'static str>,
    /// It tells by webhook, within this time.
    pub(super) tells: Option<Duration>,
    /// It does not take more than this at once.
    pub(super) at_once: Option<u32>,
    /// How many are in flight, and how many were at most.
    pub(super) gauge: Arc<Gauge>,
    /// What it says to a question whose text contains the word, and how often.
    pub(super) says: Arc<Mutex<Vec<Saying>>>,
}

/// Requests in flight.
#[derive(Default)]
pub(super) struct Gauge {
    now: AtomicU32,
    pub(super) most: AtomicU32,
}

impl Gauge {
    fn enter(&self) -> Landing<'_> {
        self.most.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        Landing(self)
    }
}

struct Landing<'a>(&'a Gauge);

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Word, how often, what.
type Saying = (&'static str, u32, Says);

#[derive(Clone, Copy)]
pub(super) enum Says {
    Busy(Option<Duration>),
    Declined,
    Nonsense,
    Nothing,
    Broken,
    /// The question gets lost on its way, and nobody hears of it.
    Lost,
}

impl Temper {
    pub(super) fn saying(self, word: &'static str, times: u32, says: Says) -> Self {
        self.says.lock().unwrap().push((word, times, says));
        self
    }

    fn mood(&self, text: &str) -> Option<Says> {
        let mut says = self.says.lock().unwrap();
        let (_, times, said) = says.iter_mut().find(|(word, times, _)| *times > 0 && text.contains(word))?;
        *times -= 1;
        Some(*said)
    }
}

/// The provider and its bill.
pub(super) struct Provider {
    entry: Entry,
    temper: Temper,
    bill: Bill,
}

#[derive(Clone)]
pub(super) struct Bill(PathBuf);

impl Bill {
    pub(super) fn charges(&self) -> BTreeMap<String, u32> {
        let mut charges = BTreeMap::new();
        for key in std::fs::read_to_string(&self.0).unwrap_or_default().lines() {
            *charges.entry(key.to_owned()).or_default() += 1;
        }
        charges
    }

    /// Sum of everything that was charged.
    pub(super) fn total(&self) -> i64 {
        self.charges().values().map(|n| i64::from(*n) * COST).sum()
    }

    pub(super) fn most_for_one_key(&self) -> u32 {
        self.charges().values().copied().max().unwrap_or(0)
    }

    fn beside(&self, key: &str) -> PathBuf {
        let folder = self.0.with_extension("kept");
        std::fs::create_dir_all(&folder).unwrap();
        folder.join(handbill_domain::asset::Digest::of(key.as_bytes()).as_str())
    }

    /// What the provider made for a key, for those who look it up.
    fn keep(&self, key: &str, body: &str) {
        std::fs::write(self.beside(key), body).unwrap();
    }

    fn kept(&self, key: &str) -> Option<String> {
        std::fs::read_to_string(self.beside(key)).ok()
    }

    /// How long ago somebody looked at a job for the first time.
    fn first_look(&self, key: &str) -> Duration {
        let path = self.beside(key);
        if !path.exists() {
            std::fs::write(&path, "").unwrap();
        }
        path.metadata().unwrap().modified().unwrap().elapsed().unwrap_or_default()
    }

    fn charge(&self, key: &str) {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.0).unwrap();
        file.write_all(format!("{key}\n").as_bytes()).unwrap();
    }
}

#[async_trait]
impl Model<Text> for Provider {
    fn entry(&self) -> &Entry {
        &self.entry
    }

    async fn submit(&self, ask: &TextAsk, key: &str) -> Result<Submission, ModelError> {
        let provider = || self.entry.provider.clone();
        let _flight = self.temper.gauge.enter();
        let mut body = format!("answer to {}", ask.user);
        match self.temper.mood(&ask.user) {
            Some(Says::Busy(retry_after)) => {
                return Err(ModelError::RateLimited { provider: provider(), retry_after });
            }
            Some(Says::Declined) => {
                return Err(ModelError::Declined { model: self.entry.id.clone(), reason: "no".into() });
            }
            Some(Says::Nothing) => {
                self.bill.charge(key);
                return Err(ModelError::Ambiguous { provider: provider(), reason: "cut off".into() });
            }
            Some(Says::Broken) => {
                return Err(ModelError::Unavailable {
                    provider: provider(),
                    reason: "503".into(),
                    retry_after: None,
                });
            }
            Some(Says::Lost) => std::future::pending().await,
            Some(Says::Nonsense) => body = "nonsense".into(),
            None => {}
        }
        let known = self.temper.keyed && self.bill.charges().contains_key(key);
        if !known {
            self.bill.charge(key);
        }
        self.bill.keep(key, &body);
        tokio::time::sleep(self.temper.slow).await;
        if self.temper.jobs {
            return Ok(Submission::Accepted(JobHandle { id: body, detail: Value::Null }));
        }
        Ok(Submission::Replied(reply(body)))
    }

    async fn poll(&self, job: &JobHandle) -> Result<Polled, ModelError> {
        static LOOKS: AtomicU32 = AtomicU32::new(0);
        if self.temper.job_ms > 0 {
            let key = format!("job {}", job.id);
            let since = self.bill.first_look(&key);
            if since < Duration::from_millis(self.temper.job_ms) {
                return Ok(Polled::Pending { after_ms: self.temper.job_ms });
            }
        } else if LOOKS.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
            return Ok(Polled::Pending { after_ms: 1 });
        }
        Ok(Polled::Replied(reply(job.id.clone())))
    }

    async fn find(&self, key: &str) -> Result<Found, ModelError> {
        if let Some(reason) = self.temper.mute {
            let provider = self.entry.provider.clone();
            return Err(ModelError::Unavailable { provider, reason: reason.into(), retry_after: None });
        }
        if !self.temper.lookup {
            return Ok(Found::CannotTell);
        }
        Ok(match self.bill.kept(key) {
            Some(body) if self.temper.jobs => {
                Found::There(Submission::Accepted(JobHandle { id: body, detail: Value::Null }))
            }
            Some(body) => Found::There(Submission::Replied(reply(body))),
            None => Found::Nothing,
        })
    }

    fn tells_within(&self) -> Option<Duration> {
        self.temper.tells
    }

    fn read(&self, _: &TextAsk, reply: &Reply) -> Result<TextAnswer, ModelError> {
        if &reply.body[..] == b"nonsense" {
            return Err(ModelError::Unreadable {
                provider: self.entry.provider.clone(),
                detail: "nonsense".into(),
            });
        }
        let value = String::from_utf8(reply.body.to_vec()).unwrap().into();
        Ok(TextAnswer { value, usage: usage(2 * self.temper.dear.max(1)) })
    }
}

fn reply(body: String) -> Reply {
    Reply { status: 200, media_type: "text/plain".into(), body: Bytes::from(body) }
}

pub(super) fn usage(requests: u64) -> Usage {
    Usage { counts: vec![(PriceUnit::Request, requests)], ..Usage::default() }
}

pub(super) struct Catalogue(Arc<Provider>);

impl Models for Catalogue {
    fn text(&self, _: Role) -> Result<Arc<dyn Model<Text>>, ModelError> {
        Ok(self.0.clone())
    }

    fn image(&self, role: Role) -> Result<Arc<dyn Model<Image>>, ModelError> {
        Err(nobody(role))
    }

    fn video(&self, role: Role) -> Result<Arc<dyn Model<Video>>, ModelError> {
        Err(nobody(role))
    }

    fn speech(&self, role: Role) -> Result<Arc<dyn Model<Speech>>, ModelError> {
        Err(nobody(role))
    }

    fn price(&self, _: &Entry, usage: &Usage, currency: Currency) -> Result<Money, ModelError> {
        let of = |unit| i64::try_from(usage.count(unit)).unwrap();
        let amount_micros = of(PriceUnit::Request) * COST / 2 + of(PriceUnit::OutputToken) * TOKEN;
        Ok(Money { amount_micros, currency })
    }

    fn is_rehearsal(&self, _: &Entry) -> bool {
        self.0.temper.rehearsal
    }

    fn account(&self, _: &Entry) -> Account {
        Account { id: "toy".into(), at_once: self.0.temper.at_once, ..Account::default() }
    }
}

fn nobody(role: Role) -> ModelError {
    ModelError::Rejected { provider: "toy".into(), reason: format!("nobody is {}", role.as_str()) }
}

/// Runs toy steps: asks one question per planned call about itself and its parents, then keeps a file.
#[derive(Default)]
pub(super) struct Toy {
    /// How often each step was run, over all engines that share it.
    pub(super) runs: Arc<Mutex<BTreeMap<String, u32>>>,
    /// Steps that were run, in order of their ends.
    pub(super) ended: Arc<Mutex<Vec<String>>>,
    /// Step → how long it takes, beside its questions.
    pub(super) takes: BTreeMap<String, Duration>,
    /// Rings when a step runs that kills its worker.
    pub(super) killed: tokio::sync::Notify,
}

#[async_trait]
impl Runner for Toy {
    async fn run(&self, ctx: &Context<'_>) -> Result<StepOutput, StepError> {
        let key = &ctx.step.key;
        *self.runs.lock().unwrap().entry(key.clone()).or_default() += 1;
        assert!(ctx.step.kind != "panics", "the toy is broken");
        if ctx.step.kind == "kills" {
            self.killed.notify_one();
            std::future::pending::<()>().await;
        }
        let parents: Vec<Value> = if ctx.step.kind == "tolerant" {
            ctx.step.needs.iter().filter_map(|need| ctx.output(need).ok()).collect()
        } else {
            ctx.step.needs.iter().map(|need| ctx.output(need)).collect::<Result<_, _>>()?
        };
        ctx.desk.progress(0.5, "half");
        let question = question(key, ctx.seed, &parents);
        let asks = ctx.step.calls.iter().map(|call| ctx.desk.text(call.role, &question));
        let answers = futures_util::future::join_all(asks).await;
        tokio::time::sleep(self.takes.get(key).copied().unwrap_or_default()).await;
        let mut said = Vec::new();
        for answer in answers {
            said.push(answer?.answer.value);
        }
        let file = ctx.desk.put(Bytes::from(format!("{key} made of {parents:?}"))).await?;
        assert!(!ctx.desk.get(&file).await?.is_empty());
        self.ended.lock().unwrap().push(key.clone());
        Ok(StepOutput {
            value: json!({ "said": said, "of": parents, "file": file, "seed": ctx.seed }),
            ..StepOutput::default()
        })
    }
}

fn question(key: &str, seed: u64, parents: &[Value]) -> TextAsk {
    TextAsk {
        task: "toy".into(),
        system: String::new(),
        user: format!("{key} after {} parents", parents.len()),
        schema: json!({}),
        inputs: json!({ "parents": parents }),
        seed,
        max_output_tokens: 10,
        repair: None,
    }
}

/// Workspace, run and step → how often it succeeded.
type Successes = BTreeMap<(String, String, String), u32>;

/// One machine: a folder with a database, files and the provider's bill.
pub(super) struct World {
    pub(super) folder: PathBuf,
    pub(super) temper: Temper,
    pub(super) toy: Arc<Toy>,
    /// How often each step of each run succeeded, as its engines told.
    pub(super) succeeded: Arc<Mutex<Successes>>,
    /// A database elsewhere; else it is in the folder.
    pub(super) rows: Option<String>,
    /// A Redis and a prefix in it; else everything is in the process.
    pub(super) redis: Option<(String, String)>,
    /// The endpoint of a bucket for the files; else they are in the folder.
    pub(super) bucket: Option<String>,
    #[allow(dead_code, reason = "the folder goes when it is dropped")]
    pub(super) kept: Option<tempfile::TempDir>,
}

impl World {
    pub(super) fn new(temper: Temper) -> Self {
        let kept = tempfile::tempdir().unwrap();
        let folder = kept.path().to_owned();
        Self {
            folder,
            temper,
            toy: Arc::default(),
            succeeded: Arc::default(),
            rows: None,
            redis: None,
            bucket: None,
            kept: Some(kept),
        }
    }

    pub(super) fn at(folder: &Path, temper: Temper) -> Self {
        Self {
            folder: folder.to_owned(),
            temper,
            toy: Arc::default(),
            succeeded: Arc::default(),
            rows: None,
            redis: None,
            bucket: None,
            kept: None,
        }
    }

    pub(super) fn bill(&self) -> Bill {
        Bill(self.folder.join("bill"))
    }

    pub(super) async fn store(&self) -> Store {
        let mut settings = handbill_store::Settings::embedded(&self.folder);
        if let Some(rows) = &self.rows {
            settings.rows.clone_from(rows);
        }
        if let Some(endpoint) = &self.bucket {
            let [id, secret] = s3::KEY.map(String::from);
            let prefix = self.folder.file_name().unwrap().to_string_lossy().into_owned();
            let bucket =
                S3 { bucket: s3::BUCKET.into(), prefix, endpoint: endpoint.clone(), ..S3::default() };
            settings.files = Place::S3(S3 { access_key: id, secret_key: secret, ..bucket });
        }
        Store::open(&settings).await.unwrap()
    }

    /// A new process, as far as the database can tell.
    pub(super) async fn engine(&self) -> Engine {
        let store = self.store().await;
        let entry = json!({
            "id": "toy/one", "modality": "text", "provider": "toy", "model": "one", "abilities": { "idempotency": self.temper.keyed },
        });
        let entry: Entry = serde_json::from_value(entry).unwrap();
        let provider = Provider { entry, temper: self.temper.clone(), bill: self.bill() };
        let models = Arc::new(Catalogue(Arc::new(provider)));
        let mut engine = match &self.redis {
            None => {
                let local = Arc::new(Local::default());
                let engine = Engine::new(store, local.clone(), models, self.toy.clone());
                Engine { limits: local.clone(), signals: Some(local), ..engine }
            }
            Some((url, prefix)) => {
                let redis = Arc::new(Redis::open(url, prefix).await.unwrap());
                let engine = Engine::new(store, redis.clone(), models, self.toy.clone());
                Engine { limits: redis.clone(), signals: Some(redis), ..engine }
            }
        };
        let succeeded = self.succeeded.clone();
        engine.watch = Some(Arc::new(move |workspace, run, event| {
            if let crate::Event::StepFinished { step, .. } = event {
                let of = (workspace.to_string(), run.to_string(), step.clone());
                *succeeded.lock().unwrap().entry(of).or_default() += 1;
            }
        }));
        engine.settings =
            Settings { backoff_ms: 5, attempts: 4, lease_s: 2, crashes: 50, ..Settings::default() };
        engine
    }
}

pub(super) fn here() -> WorkspaceId {
    WorkspaceId::default()
}

/// The workspaces of all tests.
pub(super) fn workspaces() -> [WorkspaceId; 3] {
    [here(), WorkspaceId::new("second"), WorkspaceId::new("third")]
}
