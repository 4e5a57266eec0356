//! How fast is the engine? `make bench-engine` prints a line for each number and all of them as JSON in the last one,
//! beside BullMQ doing plain jobs on the same Redis. `--quick` does a fiftieth of the work.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

mod crew;
mod measures;
#[path = "../../servers/postgres.rs"]
mod postgres;
#[path = "../../servers/redis.rs"]
mod redis;
mod toy;
mod used;

use self::{measures::Bench, postgres::Postgres, redis::Redis};

/// `fsync` and `synchronous_commit` stay on: what is promised is measured.
const AS_IN_PRODUCTION: &str = "-c shared_buffers=512MB -c max_wal_size=4GB";

const HELP: &str =
    "bench-engine [--quick] [--only NAME,…] [--runs N] [--noop N] [--bulk N] [--backlog N] [--jobs N]
names: graph noop bulk interactive hop recovery sqlite bullmq";

/// How much of everything.
struct Sizes {
    /// Runs of the real graph, six steps each.
    runs: usize,
    /// Steps that do nothing.
    noop: usize,
    /// Steps of the bulk run.
    bulk: usize,
    /// Steps that interactive orders wait behind.
    backlog: usize,
    /// Jobs for BullMQ.
    jobs: usize,
    /// Interactive orders.
    orders: usize,
    /// Steps of the chain.
    hops: usize,
    only: Vec<String>,
}

impl Sizes {
    fn read(words: &[String]) -> Result<Self, String> {
        let mut sizes = Self {
            runs: 2000,
            noop: 50_000,
            bulk: 1_000_000,
            backlog: 100_000,
            jobs: 50_000,
            orders: 60,
            hops: 100,
            only: vec![],
        };
        if words.iter().any(|word| word == "--quick") {
            sizes = Self {
                runs: 200,
                noop: 5000,
                bulk: 20_000,
                backlog: 20_000,
                jobs: 10_000,
                orders: 20,
                hops: 40,
                ..sizes
            };
        }
        let mut words = words.iter().filter(|word| *word != "--quick");
        while let Some(word) = words.next() {
            let value = words.next().ok_or_else(|| HELP.to_owned())?;
            let size = || value.parse().map_err(|_| format!("`{value}` is no number"));
            match word.as_str() {
                "--only" => sizes.only = value.split(',').map(str::to_owned).collect(),
                "--runs" => sizes.runs = size()?,
                "--noop" => sizes.noop = size()?,
                "--bulk" => sizes.bulk = size()?,
                "--backlog" => sizes.backlog = size()?,
                "--jobs" => sizes.jobs = size()?,
                _ => return Err(HELP.to_owned()),
            }
        }
        Ok(sizes)
    }

    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

#[tokio::main]
async fn main() -> Result<(), String> {
    // Cargo says that this is a bench.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [first, rows, redis, files, lease] = words.as_slice()
        && first == "--worker"
    {
        let lease = lease.parse().map_err(|_| "no lease".to_owned())?;
        crew::work(rows, redis, Path::new(files), lease).await;
        return Ok(());
    }
    let sizes = Sizes::read(&words)?;
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let (postgres, redis) = (Postgres::start(AS_IN_PRODUCTION), Redis::start());
    let bench = Bench { postgres: &postgres, redis: &redis, folder: folder.path().to_owned() };
    let mut found = json!({});
    measure(&bench, &sizes, &mut found).await;
    if sizes.wants("bullmq") {
        redis.flush();
        found["bullmq_jobs_per_s"] = bullmq(&redis, &folder.path().join("bullmq"), sizes.jobs);
        tell(
            "bullmq",
            &format!("{} plain jobs/s with 64 at once, none of them kept", found["bullmq_jobs_per_s"]),
        );
    }
    println!("{found}");
    Ok(())
}

async fn measure(bench: &Bench<'_>, sizes: &Sizes, found: &mut Value) {
    if sizes.wants("graph") {
        let pace = bench.pace(&bench.at_scale("graph"), sizes.runs, false, toy::a_graph).await;
        found["graph_steps_per_s"] = rounded(pace.per_second);
        tell(
            "graph",
            &format!(
                "{:.0} steps/s of {} runs (plan → 4 → page, journal and budgets), accepted in {:.1} s",
                pace.per_second, sizes.runs, pace.accepted_s
            ),
        );
    }
    if sizes.wants("noop") {
        let pace = bench.nothing(&bench.at_scale("noop"), sizes.noop, false).await;
        found["noop_steps_per_s"] = rounded(pace.per_second);
        found["redis_us_per_step"] = rounded(pace.redis_us);
        found["redis_cpu_us_per_step"] = rounded(pace.redis_cpu_us);
        tell(
            "noop",
            &format!(
                "{:.0} steps/s; redis: {:.1} µs in commands, {:.1} µs of processor for each",
                pace.per_second, pace.redis_us, pace.redis_cpu_us
            ),
        );
    }
    if sizes.wants("bulk") {
        let pace = bench.nothing(&bench.at_scale("bulk"), sizes.bulk, true).await;
        #[allow(clippy::cast_precision_loss)]
        let million = pace.seconds * 1e6 / sizes.bulk as f64;
        found["bulk_1m_s"] = rounded(million);
        found["bulk_steps"] = json!(sizes.bulk);
        found["bulk_redis_mb"] = rounded(pace.redis_mb);
        tell(
            "bulk",
            &format!(
                "{} steps in {:.1} s (a million: {million:.0} s), redis {:.1} MB at most, accepted in {:.1} s",
                sizes.bulk, pace.seconds, pace.redis_mb, pace.accepted_s
            ),
        );
    }
    if sizes.wants("interactive") {
        let wait = bench.interactive(sizes.backlog, sizes.orders).await;
        found["interactive_p95_s"] = rounded(wait);
        tell(
            "interactive",
            &format!("first step after {wait:.3} s (p95) behind {} bulk steps", sizes.backlog),
        );
    }
    if sizes.wants("hop") {
        let hop = bench.hop(sizes.hops).await;
        found["hop_p95_ms"] = rounded(hop);
        tell("hop", &format!("{hop:.1} ms (p95) from a step to the next when nothing else happens"));
    }
    if sizes.wants("recovery") {
        let took = bench.recovery().await;
        found["recovery_s"] = rounded(took);
        tell(
            "recovery",
            &format!(
                "{took:.1} s from kill -9 of another machine's worker to its last step, with a lease of 5 s"
            ),
        );
    }
    if sizes.wants("sqlite") {
        let pace = bench.pace(&bench.embedded(), sizes.runs.div_ceil(4), false, toy::a_graph).await;
        found["sqlite_steps_per_s"] = rounded(pace.per_second);
        tell(
            "sqlite",
            &format!("{:.0} steps/s of the same graph in one process without servers", pace.per_second),
        );
    }
}

/// Installs BullMQ into a folder that is thrown away, and lets it work. Nothing: it could not be installed.
fn bullmq(redis: &Redis, folder: &Path, jobs: usize) -> Value {
    std::fs::create_dir_all(folder).expect("a folder");
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/bench/engine/bullmq.mjs");
    let install = Command::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "bullmq@6", "ioredis@5"])
        .current_dir(folder)
        .output();
    if !install.is_ok_and(|done| done.status.success()) {
        eprintln!("bullmq could not be installed (npm, and a way to its registry)");
        return Value::Null;
    }
    let sizes = [redis.port().to_string(), jobs.to_string(), "64".into()];
    let done = Command::new("node").arg(script).args(sizes).current_dir(folder).output().expect("node");
    let said = String::from_utf8_lossy(&done.stdout);
    said.trim().parse::<f64>().map_or(Value::Null, rounded)
}

fn tell(name: &str, text: &str) {
    println!("{name:<12} {text}");
}

/// Three digits behind the point are enough for everything here.
fn rounded(value: f64) -> Value {
    json!((value * 1000.0).round() / 1000.0)
}
