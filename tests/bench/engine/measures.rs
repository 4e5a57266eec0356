//! What is measured, one function each.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use handbill_domain::ids::{RunId, WorkspaceId};
use handbill_pipeline::graph::StepSpec;

use crate::{
    crew::{Crew, Other, Place},
    postgres::Postgres,
    redis::Redis,
    toy,
};

/// Steps in one run of the large ones.
const IN_A_RUN: usize = 1000;
/// A worker that gives no sign of life for so long is dead.
const LEASE: u64 = 5;

pub struct Bench<'a> {
    pub postgres: &'a Postgres,
    pub redis: &'a Redis,
    pub folder: PathBuf,
}

/// Steps per second, and what they cost Redis.
pub struct Pace {
    pub per_second: f64,
    /// Microseconds inside commands, for each step.
    pub redis_us: f64,
    /// Microseconds of Redis's processor, for each step.
    pub redis_cpu_us: f64,
    /// Most that Redis held, in megabytes.
    pub redis_mb: f64,
    pub seconds: f64,
    pub accepted_s: f64,
}

impl Bench<'_> {
    /// A world of its own on PostgreSQL and Redis.
    pub fn at_scale(&self, name: &str) -> Place {
        self.redis.flush();
        Place {
            rows: self.postgres.database(name),
            redis: Some(self.redis.url()),
            files: self.folder.join(name),
            lease_s: LEASE,
            workers: 64,
        }
    }

    /// A world of its own without a server.
    pub fn embedded(&self) -> Place {
        let files = self.folder.join("sqlite");
        Place {
            rows: format!("sqlite://{}/rows.db", files.display()),
            redis: None,
            files,
            lease_s: LEASE,
            workers: 64,
        }
    }

    /// Accepts runs, then measures how fast they are done.
    pub async fn pace(
        &self,
        place: &Place,
        runs: usize,
        bulk: bool,
        graph: impl Fn() -> Vec<StepSpec>,
    ) -> Pace {
        let (mut crew, here) = (Crew::open(place).await, WorkspaceId::default());
        // One run beforehand: connections are open, and it is known who is in flight.
        let warm = crew.submit(&here, &toy::an_order(u64::MAX, toy::a_graph(), false)).await;
        crew.begin();
        crew.done(&here, &[warm]).await;
        crew.rest().await;
        let accepting = Instant::now();
        let (mut ids, mut steps) = (Vec::new(), 0);
        for number in 0..runs {
            let order = toy::an_order(number as u64, graph(), bulk);
            steps += order.steps.len();
            ids.push(crew.submit(&here, &order).await);
        }
        let accepted_s = accepting.elapsed().as_secs_f64();
        let (before, watch) = (self.redis.used(), Watch::begin(self.redis.port()));
        let begun = Instant::now();
        crew.begin();
        crew.done(&here, &ids).await;
        let seconds = begun.elapsed().as_secs_f64();
        let after = self.redis.used();
        crew.rest().await;
        #[allow(clippy::cast_precision_loss)]
        let each = |total: f64| total / steps as f64;
        Pace {
            per_second: 1.0 / each(seconds),
            redis_us: each(after.commands - before.commands),
            redis_cpu_us: each(after.processor - before.processor),
            redis_mb: watch.end().max(after.memory),
            seconds,
            accepted_s,
        }
    }

    /// Runs of steps that do nothing.
    pub async fn nothing(&self, place: &Place, steps: usize, bulk: bool) -> Pace {
        let in_a_run = IN_A_RUN.min(steps);
        self.pace(place, steps.div_ceil(in_a_run), bulk, || toy::nothing(in_a_run)).await
    }

    /// p95 of the time from an order to its first step, in seconds, while bulk work is done.
    pub async fn interactive(&self, backlog: usize, orders: usize) -> f64 {
        let place = self.at_scale("interactive");
        let mut crew = Crew::open(&place).await;
        let (night, day) = (WorkspaceId::new("night"), WorkspaceId::new("day"));
        let mut ids: Vec<RunId> = Vec::new();
        for number in 0..backlog.div_ceil(IN_A_RUN) {
            ids.push(crew.submit(&night, &toy::an_order(number as u64, toy::nothing(IN_A_RUN), true)).await);
        }
        crew.begin();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut waits = Vec::new();
        for number in 0..orders {
            let name = format!("order {number}");
            let ordered = Instant::now();
            let run = crew
                .submit(&day, &toy::an_order(1_000_000 + number as u64, toy::a_timed(&name, 0), false))
                .await;
            crew.done(&day, &[run]).await;
            waits.push((crew.toy.begun.lock().expect("no panic")[&name][0] - ordered).as_secs_f64());
        }
        let left = backlog as u64 - crew.toy.ran.load(Ordering::Relaxed).min(backlog as u64);
        println!("  the backlog still had {left} steps when the last order was done");
        crew.rest().await;
        p95(waits)
    }

    /// p95 of the time from the end of a step to the beginning of the next one, in milliseconds, when nothing else happens.
    pub async fn hop(&self, length: usize) -> f64 {
        let place = self.at_scale("hop");
        let (mut crew, here) = (Crew::open(&place).await, WorkspaceId::default());
        crew.begin();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let run = crew.submit(&here, &toy::an_order(0, toy::a_chain(length), false)).await;
        crew.done(&here, &[run]).await;
        let begun = crew.toy.begun.lock().expect("no panic").clone();
        let ended = crew.toy.ended.lock().expect("no panic").clone();
        let waits = ended
            .values()
            .zip(begun.values().skip(1))
            .map(|(end, begin)| (begin[0] - *end).as_secs_f64() * 1e3);
        let waits = waits.collect();
        crew.rest().await;
        p95(waits)
    }

    /// From kill -9 of a worker on another machine until the last of its steps is begun again, in seconds.
    pub async fn recovery(&self) -> f64 {
        const STEPS: usize = 8;
        let place = self.at_scale("recovery");
        let (mut crew, here) = (Crew::open(&place).await, WorkspaceId::default());
        // Another folder is another machine: nobody sees that the process is gone, and only the lease tells.
        let mut other = Other::start(&Place { files: self.folder.join("another machine"), ..place.clone() });
        for number in 0..STEPS {
            let name = format!("step {number}");
            crew.submit(&here, &toy::an_order(number as u64, toy::a_timed(&name, 60_000), false)).await;
        }
        other.has_begun(STEPS).await;
        crew.begin();
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(crew.toy.begun.lock().expect("no panic").is_empty(), "steps of a living worker were taken");
        let killed = Instant::now();
        other.kill().await;
        while crew.toy.begun.lock().expect("no panic").len() < STEPS {
            assert!(killed.elapsed() < Duration::from_secs(120), "nobody takes over");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let took = killed.elapsed().as_secs_f64();
        crew.abort();
        took
    }
}

fn p95(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() * 95 / 100).min(values.len() - 1)]
}

/// Looks at Redis's memory while something happens.
struct Watch {
    over: Arc<AtomicBool>,
    most: std::thread::JoinHandle<f64>,
}

impl Watch {
    fn begin(port: u16) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let ends = over.clone();
        let most = std::thread::spawn(move || {
            let mut most = 0.0_f64;
            while !ends.load(Ordering::Relaxed) {
                most = most.max(crate::used::memory(port));
                std::thread::sleep(Duration::from_secs(1));
            }
            most
        });
        Self { over, most }
    }

    fn end(self) -> f64 {
        self.over.store(true, Ordering::Relaxed);
        self.most.join().unwrap_or(f64::NAN)
    }
}
