//! An engine with all its workers in this process, or in another one.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use handbill_domain::{
    ids::{RunId, WorkspaceId},
    step::{Lane, RunState},
};
use handbill_queue::{Local, Redis};
use handbill_store::Store;
use handbill_worker::{Engine, Order, Settings, Stop};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    task::JoinHandle,
};

use crate::toy::{Catalogue, Toy};

const LANES: [Lane; 3] = [Lane::Model, Lane::Media, Lane::Deliver];

/// Where a world keeps its rows, tickets and files.
#[derive(Clone)]
pub struct Place {
    pub rows: String,
    pub redis: Option<String>,
    pub files: PathBuf,
    pub lease_s: u64,
    pub workers: usize,
}

/// An engine and the steps that it ran.
pub struct Crew {
    pub engine: Engine,
    pub toy: Arc<Toy>,
    work: Option<(Stop, JoinHandle<()>)>,
}

impl Crew {
    /// Opens the engine; nobody works yet.
    pub async fn open(place: &Place) -> Self {
        let embedded = handbill_store::Settings::embedded(&place.files);
        let settings = handbill_store::Settings { rows: place.rows.clone(), ..embedded };
        let store = Store::open(&settings).await.expect("the store");
        let toy = Arc::<Toy>::default();
        let models = Arc::new(Catalogue::default());
        let mut engine = match &place.redis {
            None => {
                let local = Arc::new(Local::default());
                let mut engine = Engine::new(store, local.clone(), models, toy.clone());
                engine.limits = local.clone();
                engine.signals = Some(local);
                engine
            }
            Some(url) => {
                let redis = Arc::new(Redis::open(url, "bench").await.expect("redis"));
                let mut engine = Engine::new(store, redis.clone(), models, toy.clone());
                engine.limits = redis.clone();
                engine.signals = Some(redis);
                engine
            }
        };
        let workers = place.workers;
        engine.settings = Settings {
            model_workers: workers,
            media_workers: workers,
            lease_s: place.lease_s,
            ..Settings::default()
        };
        Self { engine, toy, work: None }
    }

    /// Lets the workers begin.
    pub fn begin(&mut self) {
        let (engine, stop) = (self.engine.clone(), Stop::default());
        let ends = stop.clone();
        let task = tokio::spawn(async move {
            if let Err(error) = engine.serve(&LANES, &ends).await {
                eprintln!("the workers ended: {error}");
            }
        });
        self.work = Some((stop, task));
    }

    /// Sends them away in the middle of their work.
    pub fn abort(mut self) {
        if let Some((_, task)) = self.work.take() {
            task.abort();
        }
    }

    /// Lets them rest until they begin again.
    pub async fn rest(&mut self) {
        if let Some((stop, task)) = self.work.take() {
            stop.request();
            let _ = tokio::time::timeout(Duration::from_secs(20), task).await;
        }
    }

    pub async fn submit(&self, workspace: &WorkspaceId, order: &Order) -> RunId {
        self.engine.submit(workspace, order).await.expect("the order is accepted")
    }

    /// Waits until all these runs have succeeded.
    pub async fn done(&self, workspace: &WorkspaceId, runs: &[RunId]) {
        let until = Instant::now() + Duration::from_secs(1800);
        for run in runs {
            loop {
                match handbill_store::runs::state(&self.engine.store, workspace, run).await.expect("a run") {
                    RunState::Succeeded => break,
                    RunState::Running => tokio::time::sleep(Duration::from_millis(10)).await,
                    other => panic!("a run ended as {}", other.as_str()),
                }
                assert!(Instant::now() < until, "the runs do not end");
            }
        }
    }
}

/// A worker in a process of its own.
pub struct Other {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Other {
    pub fn start(place: &Place) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--worker", &place.rows, place.redis.as_deref().unwrap_or_default()])
            .arg(&place.files)
            .arg(place.lease_s.to_string())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("a second process");
        let said = BufReader::new(child.stdout.take().expect("its output")).lines();
        Self { child, said }
    }

    /// Waits until it has begun so many steps.
    pub async fn has_begun(&mut self, steps: usize) {
        while let Some(line) = self.said.next_line().await.expect("its output") {
            if line.trim().parse::<usize>().is_ok_and(|n| n >= steps) {
                return;
            }
        }
        panic!("the second process ended");
    }

    /// kill -9.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it lives");
    }
}

/// What a second process does until it is killed: work, and say how many steps it began.
pub async fn work(rows: &str, redis: &str, files: &Path, lease_s: u64) {
    let redis = (!redis.is_empty()).then(|| redis.to_owned());
    let place = Place { rows: rows.to_owned(), redis, files: files.to_owned(), lease_s, workers: 16 };
    let mut crew = Crew::open(&place).await;
    crew.toy.slow.store(true, Ordering::Relaxed);
    crew.begin();
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        println!("{}", crew.toy.begun.lock().expect("no panic").len());
    }
}
