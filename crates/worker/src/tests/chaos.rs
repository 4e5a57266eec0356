//! Everything at once, by a seeded dice: workers in processes of their own are killed, stopped beyond their lease and
//! woken again; Redis forgets everything, or is killed and comes back with what it wrote down; PostgreSQL crashes; tickets
//! come thrice. Where the database has a clock of its own, those of the workers are ten minutes fast and ten minutes slow.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use handbill_domain::{
    ids::{RunId, WorkspaceId},
    step::RunState,
};
use handbill_queue::Ticket;
use handbill_store::{Store, runs, steps};

use super::{
    conformance::{MANY, holds},
    postgres::Postgres,
    redis::Redis,
    s3::Bucket,
    scenarios::LANES,
    world::*,
};
use crate::{Engine, Stop};

/// How many workers are killed.
const KILLS: u32 = 16;
const RUNS: u64 = 8;

fn temper() -> Temper {
    Temper { keyed: true, jobs: true, job_ms: 150, slow: Duration::from_millis(60), ..Temper::default() }
}

struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// How wrong the clock of each worker is, in seconds.
const CLOCKS: [&str; 2] = ["+600", "-600"];
/// A clock that is wrong is wrong by at least this.
const WRONG_S: u64 = 500;

/// libfaketime, loaded into a process, sets its clock wrong.
const FAKETIME: &str = "/usr/$LIB/faketime/libfaketimeMT.so.1";

/// With its clock set so wrong, if it has one of its own.
fn a_worker(world: &World, clock: &str) -> Child {
    let (url, prefix) = world.redis.clone().unwrap_or_default();
    let mut worker = Command::new(std::env::current_exe().unwrap());
    // SQLite has no clock but the worker's.
    if world.rows.is_some() {
        worker.env("LD_PRELOAD", FAKETIME).env("FAKETIME", clock).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        worker.env("HANDBILL_TEST_NOW", now().to_string());
    }
    worker
        .args(["--exact", "tests::chaos::a_worker_in_a_process_of_its_own", "--ignored"])
        .env("HANDBILL_TEST_FOLDER", &world.folder)
        .env("HANDBILL_TEST_ROWS", world.rows.as_deref().unwrap_or_default())
        .env("HANDBILL_TEST_REDIS", url)
        .env("HANDBILL_TEST_PREFIX", prefix)
        .env("HANDBILL_TEST_BUCKET", world.bucket.as_deref().unwrap_or_default())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Seconds since 1970, as the clock of this process says.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn patient(mut engine: Engine) -> Engine {
    engine.settings.lease_s = 1;
    engine.settings.attempts = 50;
    engine.settings.crashes = 1000;
    engine.settings.model_workers = 4;
    engine
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the tests below run it as a process of its own"]
async fn a_worker_in_a_process_of_its_own() {
    let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let Some(folder) = var("HANDBILL_TEST_FOLDER") else { return };
    let mut world = World::at(Path::new(&folder), temper());
    world.rows = var("HANDBILL_TEST_ROWS");
    world.redis = var("HANDBILL_TEST_REDIS").zip(var("HANDBILL_TEST_PREFIX"));
    world.bucket = var("HANDBILL_TEST_BUCKET");
    if let Some(now_there) = var("HANDBILL_TEST_NOW") {
        assert!(now().abs_diff(now_there.parse().unwrap()) > WRONG_S, "the clock is right");
    }
    patient(world.engine().await).serve(&LANES, &Stop::default()).await.unwrap();
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

async fn open(store: &Store, orders: &[(WorkspaceId, RunId)]) -> usize {
    let mut open = 0;
    for (workspace, id) in orders {
        // A database that just crashed answers at the next look.
        let state = runs::state(store, workspace, id).await.unwrap_or(RunState::Running);
        open += usize::from(state == RunState::Running);
    }
    open
}

async fn chaos(world: World, mut redis: Option<&mut Redis>, postgres: Option<&Postgres>) {
    let mut dice = Dice(0x2545_F491_4F6C_DD1D);
    let engine = world.engine().await;
    let mut orders = Vec::new();
    let submit = async |orders: &mut Vec<(WorkspaceId, RunId)>| {
        for workspace in workspaces() {
            let mut order = an_order(a_graph());
            order.inputs.seed = orders.len() as u64;
            if let Ok(id) = engine.submit(&workspace, &order).await {
                orders.push((workspace, id));
            }
        }
    };
    for _ in 0..RUNS {
        submit(&mut orders).await;
    }
    let mut crew = CLOCKS.map(|clock| a_worker(&world, clock));
    let (mut kills, mut sleeps) = (0, 0);
    let begun = Instant::now();
    while kills < KILLS || sleeps < 1 {
        assert!(begun.elapsed() < Duration::from_secs(90), "{kills} kills");
        tokio::time::sleep(Duration::from_millis(100 + dice.throw(250))).await;
        if open(&engine.store, &orders).await < 6 {
            submit(&mut orders).await;
        }
        let one = usize::try_from(dice.throw(2)).unwrap();
        match dice.throw(8) {
            0 => {
                if let Some(redis) = &redis {
                    redis.flush();
                }
            }
            1 if sleeps < 2 => {
                signal(&crew[one], "-STOP");
                tokio::time::sleep(Duration::from_millis(1600)).await;
                signal(&crew[one], "-CONT");
                sleeps += 1;
            }
            2 if kills == 5 || kills == 11 => {
                if let Some(postgres) = postgres {
                    postgres.crash();
                }
            }
            3 if kills == 8 => {
                if let Some(redis) = &mut redis {
                    redis.stop();
                    tokio::time::sleep(Duration::from_secs(3)).await;
                    redis.again();
                }
            }
            4 => {
                for (workspace, id) in orders.iter().rev().take(4) {
                    for step in steps::all(&engine.store, workspace, id).await.unwrap_or_default() {
                        let tickets = vec![Ticket { workspace: workspace.clone(), step: step.id }; 3];
                        let _ = engine.dispatcher.push(step.lane, &tickets).await;
                    }
                }
            }
            _ => {
                crew[one].kill().unwrap();
                crew[one].wait().unwrap();
                crew[one] = a_worker(&world, CLOCKS[one]);
                kills += 1;
            }
        }
    }
    let quiet = Instant::now();
    while open(&engine.store, &orders).await > 0 {
        assert!(quiet.elapsed() < Duration::from_secs(60), "the runs do not end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("{} runs, {kills} kills, {:.0} s", orders.len(), begun.elapsed().as_secs_f64());
    for mut child in crew {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    for (workspace, id) in &orders {
        assert_eq!(runs::state(&engine.store, workspace, id).await.unwrap(), RunState::Succeeded);
    }
    assert_eq!(world.bill().charges().len(), orders.len() * usize::try_from(CALLS).unwrap());
    holds(&world, "chaos").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chaos_on_sqlite_leaves_everything_done_and_paid_once() {
    chaos(World::new(temper()), None, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chaos_on_postgres_redis_and_a_bucket_leaves_everything_done_and_paid_once() {
    let (postgres, mut redis) = (Postgres::start(MANY), Redis::with_a_memory());
    let bucket = Bucket::start();
    let world = World {
        rows: Some(postgres.database("chaos")),
        redis: Some((redis.url(), redis.another())),
        bucket: Some(bucket.endpoint()),
        ..World::new(temper())
    };
    chaos(world, Some(&mut redis), Some(&postgres)).await;
}
