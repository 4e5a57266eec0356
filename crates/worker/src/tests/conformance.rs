//! The same scenarios on every back-end, with real servers, and after each of them what must always hold.

use std::{future::Future, pin::Pin};

use handbill_store::{audit, ledger};

use super::{dying, postgres::Postgres, redis::Redis, s3::Bucket, scenarios, world::*};

/// Every engine of a test has connections of its own.
pub(super) const MANY: &str = "-c max_connections=200 -c shared_buffers=64MB";

type Scenario = fn(World) -> Pin<Box<dyn Future<Output = World>>>;

macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        [$((stringify!($name), (|world| Box::pin(scenarios::$name(world))) as Scenario)),*]
    };
}

const SCENARIOS: [(&str, Scenario); 16] = scenarios![
    everybody_is_served_and_every_ticket_may_come_thrice,
    a_step_that_waits_for_a_provider_gives_its_slot_back,
    a_canceled_run_sends_nothing_more,
    a_paused_run_begins_nothing_until_it_is_resumed,
    ceilings_of_workspace_key_and_campaign_hold_and_more_money_goes_on,
    a_step_made_anew_makes_what_was_made_of_it_stale,
    one_failed_step_is_tried_again_alone,
    a_step_that_kills_its_worker_three_times_is_given_up_and_the_others_go_on,
    a_storm_of_429_costs_no_attempt_and_the_limit_is_never_passed,
    a_provider_that_is_down_is_asked_again,
    a_webhook_may_come_twice_and_answers_what_nobody_heard,
    a_webhook_that_comes_before_the_answer_is_the_answer,
    a_webhook_that_never_comes_leaves_the_call_ambiguous,
    a_request_that_nobody_heard_of_is_looked_up,
    a_stop_with_two_hundred_calls_under_way_pays_nothing_twice,
    a_changed_brief_pays_only_for_what_it_changes,
];

/// What must hold after every scenario: SQL, and the provider's own bill.
pub(super) async fn holds(world: &World, what: &str) {
    let store = world.store().await;
    assert_eq!(audit::broken(&store).await.unwrap(), Vec::<String>::new(), "{what}");
    let charges = world.bill().charges();
    let mut lines = Vec::new();
    for workspace in workspaces() {
        lines.extend(ledger::lines(&store, &workspace, None, 1_000_000).await.unwrap());
    }
    let mut paid = 0;
    for line in &lines {
        let charged = charges.get(&line.call_key).copied().unwrap_or(0);
        match line.billed.as_str() {
            "yes" => {
                assert_eq!(charged, 1, "{what}: {} was paid", line.call_key);
                paid += line.spent_micros;
            }
            "maybe" => assert!(charged <= 1, "{what}: {} may have been paid", line.call_key),
            _ => {}
        }
    }
    for (key, charged) in &charges {
        assert_eq!(*charged, 1, "{what}: {key} is charged once");
        let line = lines.iter().find(|l| l.call_key == *key);
        assert!(line.is_some(), "{what}: {key} is on the bill and not in the ledger");
    }
    assert!(paid <= world.bill().total(), "{what}");
}

async fn all(place: impl Fn(&str) -> World) {
    for (name, scenario) in SCENARIOS {
        let begun = std::time::Instant::now();
        let world = scenario(place(name)).await;
        holds(&world, name).await;
        println!("{name}: {:.1} s", begun.elapsed().as_secs_f64());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_in_one_process() {
    all(|_| World::new(Temper::default())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_with_redis() {
    let redis = Redis::start();
    all(|_| on_redis(&redis)).await;
    dying::everywhere(|| on_redis(&redis)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_with_redis_and_a_bucket() {
    let (postgres, redis) = (Postgres::start(MANY), Redis::start());
    let bucket = Some(Bucket::start().endpoint());
    let rows = || Some(postgres.database(&redis.another()));
    let place = || World { rows: rows(), bucket: bucket.clone(), ..on_redis(&redis) };
    all(|_| place()).await;
    dying::everywhere(place).await;
}

/// All scenarios share one prefix: tickets that an earlier one left behind must do no harm.
fn on_redis(redis: &Redis) -> World {
    World { redis: Some((redis.url(), "shared".into())), ..World::new(Temper::default()) }
}

/// The clocks of workers may differ by ten minutes and by years: nobody asks them. What is decided by time is decided by
/// the database (`{now}`) or by Redis (`TIME`), each of them one clock for all; how long something takes is measured by
/// `Instant`, which nobody can set. So a worker whose clock is wrong has no way to act on it. The one exception makes an
/// id that nobody else has.
#[test]
fn no_decision_depends_on_the_clock_of_a_worker() {
    const CLOCKS: [&str; 5] = ["SystemTime", "UNIX_EPOCH", "chrono::", "OffsetDateTime", "CURRENT_TIMESTAMP"];
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut asks = Vec::new();
    let (mut scripts, mut timed) = (0, 0);
    for (path, text) in
        ["worker", "store", "queue"].iter().flat_map(|name| sources(&crates.join(name).join("src")))
    {
        if CLOCKS.iter().any(|clock| text.contains(clock)) {
            asks.push(path.file_name().unwrap().to_owned());
        }
        if path.extension().is_some_and(|ending| ending == "lua") {
            scripts += 1;
            // What is brought to a script is how long, never when: on this side there is no clock to bring a time from.
            timed += usize::from(text.contains("redis.call('TIME')"));
        }
    }
    assert!(scripts >= 7 && timed >= 4, "{timed} of {scripts} scripts ask Redis for the time");
    assert_eq!(asks, ["session.rs"]);
}

/// The files of a folder with their texts, tests left out.
fn sources(folder: &std::path::Path) -> Vec<(std::path::PathBuf, String)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            all.extend(sources(&path));
        } else if path.is_file() && !path.ends_with("tests.rs") {
            all.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    all
}
