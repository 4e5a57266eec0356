//! Redis is away, for a while or for a minute, and comes back: empty, or with what it knew when it died. The bucket of the files
//! is away.

use std::{
    collections::BTreeMap,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use handbill_domain::{
    ids::{RunId, WorkspaceId},
    step::{Lane, RunState},
};
use handbill_queue::Ticket;
use handbill_store::{runs, steps};

use super::{
    conformance::{MANY, holds},
    orders::a_step,
    postgres::Postgres,
    redis::Redis,
    s3::Bucket,
    scenarios::{LANES, ended, order, texts, until, workers},
    world::*,
};
use crate::{Engine, Order};

/// How many the provider takes at once.
const AT_ONCE: u32 = 8;
/// What two processes may have under way while nobody can tell them of each other: a quarter of the limit each.
const ALONE: u32 = 4;

fn on(redis: &Redis, temper: Temper) -> World {
    World { redis: Some((redis.url(), redis.another())), ..World::new(temper) }
}

/// A provider that honours no key and cannot be asked: whatever is sent twice is paid twice.
fn strict() -> Temper {
    Temper { at_once: Some(AT_ONCE), slow: Duration::from_millis(150), ..Temper::default() }
}

fn pages(count: usize) -> Vec<handbill_pipeline::graph::StepSpec> {
    (1..=count).map(|n| a_step(&format!("page.{n}"), "media", &[], 0)).collect()
}

async fn submit(engine: &Engine, order: &Order) -> (WorkspaceId, RunId) {
    (here(), engine.submit(&here(), order).await.unwrap())
}

/// Two workers, one Redis that goes away in the middle of a run, for at least so long.
async fn redis_is_away_for(least: Duration) {
    let mut redis = Redis::start();
    let world = on(&redis, strict());
    let engines = [world.engine().await, world.engine().await];
    let crews = engines.each_ref().map(workers);
    let one = &engines[0];
    let charged = || world.bill().charges().len();
    let mut all = vec![submit(one, &order(1, texts(40))).await];
    until("some are asked", async || charged() >= 5).await;

    redis.stop();
    let began = Instant::now();
    // What was under way ends; from here on the gauge shows only what is sent without Redis.
    tokio::time::sleep(world.temper.slow * 4).await;
    world.temper.gauge.most.store(0, Ordering::SeqCst);
    // Steps that ask nobody go on at once, by SQL.
    let made = submit(one, &order(2, pages(6))).await;
    assert_eq!(ended(&one.store, &made.0, &made.1).await, RunState::Succeeded);
    // Those that ask wait until nobody can be under way any more with leave of the Redis that was, then keep to their share.
    all.push(submit(one, &order(3, texts(12))).await);
    for (workspace, id) in &all {
        assert_eq!(ended(&one.store, workspace, id).await, RunState::Succeeded);
    }
    let mut number = 4;
    while began.elapsed() < least {
        let (workspace, id) = submit(one, &order(number, texts(6))).await;
        assert_eq!(ended(&one.store, &workspace, &id).await, RunState::Succeeded);
        all.push((workspace, id));
        number += 1;
    }
    let most = world.temper.gauge.most.load(Ordering::SeqCst);
    assert!((1..=ALONE).contains(&most), "{most} at once while nobody could tell");

    redis.again();
    until("tickets come through Redis again", async || one.dispatcher.depth(Lane::Model).await.is_ok()).await;
    let (workspace, id) = submit(one, &order(number, texts(20))).await;
    assert_eq!(ended(&one.store, &workspace, &id).await, RunState::Succeeded);
    let most = world.temper.gauge.most.load(Ordering::SeqCst);
    assert!(most <= AT_ONCE, "{most} at once");
    all.push((workspace, id));
    for crew in crews {
        crew.go().await;
    }
    for (workspace, id) in &all {
        let steps = steps::all(&one.store, workspace, id).await.unwrap();
        assert!(steps.iter().all(|step| step.attempts == 0), "waiting for leave costs no attempt");
    }
    assert_eq!(world.bill().most_for_one_key(), 1);
    holds(&world, "Redis was away").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_runs_go_on_by_sql_and_limits_fail_closed() {
    redis_is_away_for(Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes more than a minute"]
async fn redis_may_be_away_for_a_minute() {
    redis_is_away_for(Duration::from_secs(60)).await;
}

/// Every ticket of a run, whatever has become of its step.
async fn push_all(engine: &Engine, (workspace, id): &(WorkspaceId, RunId)) {
    for step in steps::all(&engine.store, workspace, id).await.unwrap() {
        let ticket = Ticket { workspace: workspace.clone(), step: step.id };
        // A Redis that is just coming back hears the next one.
        let _ = engine.dispatcher.push(step.lane, &[ticket]).await;
    }
}

async fn tickets(engine: &Engine) -> u64 {
    let mut all = 0;
    for lane in LANES {
        all += engine.dispatcher.depth(lane).await.unwrap_or(0);
    }
    all
}

/// `kill -9` of a Redis that writes an append-only file: it comes back with tickets of steps that have ended since, or are
/// under way, and with passes of requests that have been answered.
#[tokio::test(flavor = "multi_thread")]
async fn what_redis_remembers_from_before_its_death_does_no_harm() {
    let mut redis = Redis::with_a_memory();
    let world = on(&redis, strict());
    let engines = [world.engine().await, world.engine().await];
    let one = &engines[0];
    let first = submit(one, &order(1, a_graph())).await;
    push_all(one, &first).await;
    let before = tickets(one).await;
    assert_eq!(before, 7);
    redis.stop();
    redis.again();
    until("it remembers", async || tickets(one).await == before).await;

    let crews = engines.each_ref().map(workers);
    assert_eq!(ended(&one.store, &first.0, &first.1).await, RunState::Succeeded);
    let second = submit(one, &order(2, texts(30))).await;
    let asked = world.bill().charges().len();
    until("some are under way", async || world.bill().charges().len() >= asked + 6).await;
    // Tickets of everything: what has ended, what is under way, what waits.
    push_all(one, &first).await;
    push_all(one, &second).await;
    redis.stop();
    redis.again();
    push_all(one, &second).await;
    assert_eq!(ended(&one.store, &second.0, &second.1).await, RunState::Succeeded);
    for crew in crews {
        crew.go().await;
    }
    let succeeded: BTreeMap<_, u32> = world.succeeded.lock().unwrap().clone();
    assert_eq!(succeeded.len(), a_graph().len() + 30);
    assert!(succeeded.values().all(|times| *times == 1), "every step succeeded once: {succeeded:?}");
    assert_eq!(world.bill().charges().len() as i64, CALLS + 30);
    let most = world.temper.gauge.most.load(Ordering::SeqCst);
    assert!(most <= AT_ONCE, "{most} at once");
    assert_eq!(runs::state(&one.store, &second.0, &second.1).await.unwrap(), RunState::Succeeded);
    holds(&world, "Redis remembered").await;
}

/// The lease is two seconds. When the database comes back every session is overdue, and every worker is alive and has answers in
/// its hands.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_longer_than_a_lease_takes_nobodys_work_away() {
    let postgres = Postgres::start(MANY);
    let world = World {
        rows: Some(postgres.database("away")),
        ..World::new(Temper { slow: Duration::from_secs(3), ..Temper::default() })
    };
    let engines = [world.engine().await, world.engine().await];
    let one = &engines[0];
    let (workspace, id) = submit(one, &order(1, texts(12))).await;
    let crews = engines.each_ref().map(workers);
    until("some are asked", async || world.bill().charges().len() >= 8).await;
    tokio::task::block_in_place(|| postgres.be_away_for(Duration::from_secs(5)));
    assert_eq!(ended(&one.store, &workspace, &id).await, RunState::Succeeded);
    for crew in crews {
        crew.go().await;
    }
    let steps = steps::all(&one.store, &workspace, &id).await.unwrap();
    assert!(steps.iter().all(|step| step.crashes == 0), "nobody died");
    assert_eq!((world.bill().charges().len(), world.bill().most_for_one_key()), (12, 1));
    holds(&world, "the database was away").await;
}

/// An answer that was paid for is in nobody's hands but the worker's until the bucket takes it: the worker holds it.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_away_loses_no_answer_and_pays_nothing_twice() {
    let bucket = Bucket::start();
    let world = World { bucket: Some(bucket.endpoint()), ..World::new(strict()) };
    let engine = world.engine().await;
    let crew = workers(&engine);
    let (workspace, id) = submit(&engine, &order(1, texts(12))).await;
    until("some are asked", async || world.bill().charges().len() >= 4).await;
    bucket.is_away(true);
    until("the bucket is asked in vain", async || bucket.refused() >= 12).await;
    assert_eq!(runs::state(&engine.store, &workspace, &id).await.unwrap(), RunState::Running);
    bucket.is_away(false);
    assert_eq!(ended(&engine.store, &workspace, &id).await, RunState::Succeeded);
    crew.go().await;
    assert_eq!((world.bill().charges().len(), world.bill().most_for_one_key()), (12, 1));
    assert!(bucket.names().iter().all(|name| name.contains("/blobs/")) && bucket.names().len() >= 12);
    holds(&world, "the bucket was away").await;
}
