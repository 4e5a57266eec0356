//! The scenarios. Each gets a fresh place, plays in it, and gives it back for inspection.

use std::{
    collections::BTreeMap,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use handbill_domain::{
    ids::{RunId, WorkspaceId},
    money::Currency,
    step::{Lane, RunState, StepState},
};
use handbill_pipeline::graph::StepSpec;
use handbill_queue::Ticket;
use handbill_store::{
    Store, budgets,
    calls::{self, KeptReply, Resolution, Webhook},
    ledger, runs, steps, versions,
};
use tokio::task::JoinHandle;

use super::world::*;
use crate::{Engine, Error, Order, Stop};

pub(super) const LANES: [Lane; 3] = [Lane::Model, Lane::Media, Lane::Deliver];
const SOON: Duration = Duration::from_millis(20);

/// Workers of a process.
pub(super) struct Workers(Stop, JoinHandle<Result<(), Error>>);

pub(super) fn workers(engine: &Engine) -> Workers {
    let (engine, stop) = (engine.clone(), Stop::default());
    let ends = stop.clone();
    Workers(stop, tokio::spawn(async move { engine.serve(&LANES, &ends).await }))
}

impl Workers {
    pub(super) async fn go(self) {
        self.0.request();
        self.1.await.unwrap().unwrap();
    }

    /// Nothing of this process happens any more, and its locks fall.
    pub(super) async fn dies(self) {
        self.1.abort();
        let _ = self.1.await;
    }
}

/// An order that no other scenario of this place makes.
pub(super) fn order(number: u64, steps: Vec<StepSpec>) -> Order {
    let mut order = an_order(steps);
    order.inputs.seed = number;
    order
}

pub(super) fn texts(count: usize) -> Vec<StepSpec> {
    (1..=count).map(|n| a_step(&format!("text.{n}"), "words", &[], 1)).collect()
}

pub(super) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(40);
    while !holds().await {
        assert!(Instant::now() < end, "{what}");
        tokio::time::sleep(SOON).await;
    }
}

pub(super) async fn ended(store: &Store, workspace: &WorkspaceId, id: &RunId) -> RunState {
    until("the run ends", async || {
        !matches!(runs::state(store, workspace, id).await.unwrap(), RunState::Running | RunState::Paused)
    })
    .await;
    runs::state(store, workspace, id).await.unwrap()
}

pub(super) async fn step(store: &Store, id: &RunId, key: &str) -> steps::Step {
    steps::find(store, &here(), id, key).await.unwrap()
}

pub(super) async fn everybody_is_served_and_every_ticket_may_come_thrice(mut world: World) -> World {
    world.temper.keyed = true;
    let (one, two) = (world.engine().await, world.engine().await);
    let mut orders = Vec::new();
    for workspace in workspaces() {
        for number in 0..3 {
            orders
                .push((workspace.clone(), one.submit(&workspace, &order(number, a_graph())).await.unwrap()));
        }
    }
    let serving = [workers(&one), workers(&two)];
    let mut dice = 7_u64;
    for _ in 0..3 {
        for (workspace, id) in &orders {
            let mut all = steps::all(&one.store, workspace, id).await.unwrap();
            all.sort_by_key(|step| {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (dice >> 33) ^ step.id.unsigned_abs()
            });
            for step in all {
                let ticket = Ticket { workspace: workspace.clone(), step: step.id };
                one.dispatcher.push(step.lane, &[ticket]).await.unwrap();
            }
        }
    }
    for (workspace, id) in &orders {
        assert_eq!(ended(&one.store, workspace, id).await, RunState::Succeeded);
    }
    for crew in serving {
        crew.go().await;
    }
    assert_eq!(world.bill().charges().len() as i64, CALLS * 9);
    let succeeded = world.succeeded.lock().unwrap().clone();
    assert_eq!(succeeded.len(), 9 * a_graph().len());
    assert!(succeeded.values().all(|n| *n == 1), "every step succeeded once: {succeeded:?}");
    world
}

pub(super) async fn a_step_that_waits_for_a_provider_gives_its_slot_back(mut world: World) -> World {
    world.temper = Temper { keyed: true, jobs: true, job_ms: 1500, ..Temper::default() };
    let mut engine = world.engine().await;
    engine.settings.model_workers = 1;
    let id = engine.submit(&here(), &order(1, texts(8))).await.unwrap();
    let begun = Instant::now();
    let crew = workers(&engine);
    until("all eight wait at the same time", async || {
        let all = steps::all(&engine.store, &here(), &id).await.unwrap();
        all.iter().filter(|s| s.state == StepState::Waiting).count() == 8
    })
    .await;
    assert_eq!(ended(&engine.store, &here(), &id).await, RunState::Succeeded);
    assert!(begun.elapsed() < Duration::from_millis(1500 * 7), "one after another");
    assert!(steps::all(&engine.store, &here(), &id).await.unwrap().iter().all(|s| s.attempts == 0));
    crew.go().await;
    world
}

pub(super) async fn a_canceled_run_sends_nothing_more(mut world: World) -> World {
    world.temper.slow = Duration::from_millis(300);
    let mut engine = world.engine().await;
    engine.settings.model_workers = 2;
    let other = world.engine().await;
    let id = engine.submit(&here(), &order(1, texts(12))).await.unwrap();
    let crew = workers(&engine);
    until("somebody is asked", async || !world.bill().charges().is_empty()).await;
    assert!(other.cancel(&here(), &id).await.unwrap());
    assert!(!other.cancel(&here(), &id).await.unwrap(), "once");
    let asked = world.bill().charges().len();
    until("all steps have ended", async || {
        runs::find(&engine.store, &here(), &id).await.unwrap().tally.open == 0
    })
    .await;
    // A request whose row was there before the run was canceled may still leave.
    assert!(world.bill().charges().len() <= asked.max(2), "{asked}");
    let run = runs::find(&engine.store, &here(), &id).await.unwrap();
    assert_eq!(run.state, RunState::Canceled);
    let sums = ledger::sums(&engine.store, &here(), &id).await.unwrap();
    assert_eq!(sums.reserved.amount_micros, 0);
    assert_eq!(sums.spent.amount_micros, world.bill().total(), "what was answered is paid, and said so");
    crew.go().await;
    world
}

pub(super) async fn a_paused_run_begins_nothing_until_it_is_resumed(mut world: World) -> World {
    world.temper.keyed = true;
    let engine = world.engine().await;
    let id = engine.submit(&here(), &order(1, a_graph())).await.unwrap();
    assert!(engine.pause(&here(), &id).await.unwrap());
    let crew = workers(&engine);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(world.bill().charges().is_empty());
    assert!(engine.resume(&here(), &id).await.unwrap());
    assert_eq!(ended(&engine.store, &here(), &id).await, RunState::Succeeded);
    crew.go().await;
    world
}

pub(super) async fn ceilings_of_workspace_key_and_campaign_hold_and_more_money_goes_on(
    mut world: World,
) -> World {
    world.temper = Temper { slow: Duration::from_millis(10), ..Temper::default() };
    let engine = world.engine().await;
    let scopes = [
        budgets::Scope::Workspace,
        budgets::Scope::Key("key-1".into()),
        budgets::Scope::Campaign("toy".into()),
    ];
    let crew = workers(&engine);
    let mut spent = 0;
    for (number, scope) in scopes.iter().enumerate() {
        let had: i64 = budgets::read(&engine.store, &here(), scope)
            .await
            .unwrap()
            .iter()
            .map(|b| b.spent.amount_micros)
            .sum();
        let most = had + 3 * COST + (PLANNED - COST);
        budgets::set_ceiling(&engine.store, &here(), scope, Currency::Usd, Some(most)).await.unwrap();
        let mut ids = Vec::new();
        for half in 0..2 {
            let mut order = order(10 * number as u64 + half, texts(4));
            order.key = Some("key-1".into());
            ids.push(engine.submit(&here(), &order).await.unwrap());
        }
        let stands = async || {
            let budget = budgets::read(&engine.store, &here(), scope).await.unwrap().remove(0);
            let sum = budget.spent.amount_micros + budget.reserved.amount_micros;
            assert!(sum <= most, "{scope:?}: {sum} is above {most}");
            budget.spent.amount_micros - had
        };
        until("three are paid", async || stands().await == 3 * COST).await;
        until("the others rest", async || {
            let mut resting = 0;
            for id in &ids {
                let all = steps::all(&engine.store, &here(), id).await.unwrap();
                let held = |s: &&steps::Step| s.failure.as_ref().is_some_and(|f| f.code == "ceiling_reached");
                resting += all.iter().filter(|s| s.state == StepState::Waiting).filter(held).count();
            }
            stands().await;
            resting == 5
        })
        .await;
        budgets::set_ceiling(&engine.store, &here(), scope, Currency::Usd, None).await.unwrap();
        for id in &ids {
            assert_eq!(ended(&engine.store, &here(), id).await, RunState::Succeeded);
        }
        spent += 8 * COST;
        assert_eq!(world.bill().total(), spent);
    }
    crew.go().await;
    world
}

pub(super) async fn a_step_made_anew_makes_what_was_made_of_it_stale(mut world: World) -> World {
    world.temper.keyed = true;
    let engine = world.engine().await;
    let crew = workers(&engine);
    let id = engine.submit(&here(), &order(1, a_graph())).await.unwrap();
    assert_eq!(ended(&engine.store, &here(), &id).await, RunState::Succeeded);
    let stand = async || versions::currency(&engine.store, &here(), "toy").await.unwrap();
    assert!(stand().await.values().all(|c| *c == versions::Currency::Current));
    let paid = world.bill().charges().len();
    engine.regenerate(&here(), &id, "text.1").await.unwrap();
    until("it is made again", async || {
        let one = step(&engine.store, &id, "text.1").await;
        (one.revision, one.state) == (1, StepState::Succeeded)
    })
    .await;
    assert_eq!(ended(&engine.store, &here(), &id).await, RunState::Succeeded);
    assert_eq!(world.bill().charges().len(), paid + 1, "it is paid anew, and nothing else is");
    assert_eq!(step(&engine.store, &id, "page").await.state, StepState::Succeeded, "what is stale is usable");
    let stale: Vec<String> = stand()
        .await
        .into_iter()
        .filter_map(|(id, c)| (c == versions::Currency::Stale).then_some(id))
        .collect();
    assert_eq!(stale, ["asset.page"], "only what was made of it");
    assert_eq!(engine.redo_stale(&here(), &id).await.unwrap(), 1);
    until("it is up to date", async || stand().await.values().all(|c| *c == versions::Currency::Current))
        .await;
    assert_eq!(world.bill().charges().len(), paid + 1, "putting it together costs nothing");
    engine.regenerate(&here(), &id, "picture").await.unwrap();
    until("it is put on again", async || step(&engine.store, &id, "picture").await.revision == 1).await;
    assert_eq!(ended(&engine.store, &here(), &id).await, RunState::Succeeded);
    assert_eq!(engine.redo_stale(&here(), &id).await.unwrap(), 0, "nothing is made of the picture");
    crew.go().await;
    world
}

pub(super) async fn one_failed_step_is_tried_again_alone(mut world: World) -> World {
    world.temper = Temper { keyed: true, ..Temper::default() }.saying("text.1", 1, Says::Declined).saying(
        "text.2",
        1,
        Says::Declined,
    );
    let engine = world.engine().await;
    let crew = workers(&engine);
    let id = engine.submit(&here(), &order(1, texts(4))).await.unwrap();
    assert_eq!(ended(&engine.store, &here(), &id).await, RunState::Partial);
    engine.retry(&here(), &id, Some("text.2")).await.unwrap();
    assert_eq!(ended(&engine.store, &here(), &id).await, RunState::Partial);
    assert_eq!(step(&engine.store, &id, "text.2").await.state, StepState::Succeeded);
    assert_eq!(step(&engine.store, &id, "text.1").await.state, StepState::Failed);
    assert!(engine.retry(&here(), &id, Some("text.2")).await.is_err(), "it has not failed");
    engine.retry(&here(), &id, None).await.unwrap();
    assert_eq!(ended(&engine.store, &here(), &id).await, RunState::Succeeded);
    crew.go().await;
    world
}

pub(super) async fn a_step_that_kills_its_worker_three_times_is_given_up_and_the_others_go_on(
    mut world: World,
) -> World {
    world.temper.keyed = true;
    let mut graph = a_graph();
    graph.push(a_step("poison", "kills", &[], 0));
    graph.push(a_step("after", "tolerant", &["poison"], 0));
    let id = world.engine().await.submit(&here(), &order(1, graph)).await.unwrap();
    for _ in 0..3 {
        let mut engine = world.engine().await;
        engine.settings.crashes = 3;
        let crew = workers(&engine);
        tokio::time::timeout(Duration::from_secs(20), world.toy.killed.notified()).await.unwrap();
        // Those that may be guilty too, but do not run now, are given back before.
        tokio::time::sleep(Duration::from_millis(200)).await;
        // Nothing of this process happens any more, and its locks fall.
        crew.1.abort();
        let _ = crew.1.await;
    }
    let mut engine = world.engine().await;
    engine.settings.crashes = 3;
    let crew = workers(&engine);
    assert_eq!(ended(&engine.store, &here(), &id).await, RunState::Partial);
    let poison = step(&engine.store, &id, "poison").await;
    assert_eq!(poison.failure.unwrap().code, "crash_loop");
    let all = steps::all(&engine.store, &here(), &id).await.unwrap();
    assert_eq!(all.iter().filter(|s| s.state == StepState::Succeeded).count(), 8, "the others went on");
    crew.go().await;
    world
}

pub(super) async fn a_storm_of_429_costs_no_attempt_and_the_limit_is_never_passed(mut world: World) -> World {
    world.temper =
        Temper { keyed: true, at_once: Some(3), slow: Duration::from_millis(15), ..Temper::default() }
            .saying("text", 25, Says::Busy(Some(Duration::from_millis(30))));
    let engines = [world.engine().await, world.engine().await];
    let id = engines[0].submit(&here(), &order(1, texts(20))).await.unwrap();
    let crews = engines.each_ref().map(workers);
    assert_eq!(ended(&engines[0].store, &here(), &id).await, RunState::Succeeded);
    let all = steps::all(&engines[0].store, &here(), &id).await.unwrap();
    assert!(all.iter().all(|s| s.attempts == 0), "{:?}", all.iter().map(|s| s.attempts).collect::<Vec<_>>());
    // Two processes that share nothing each keep to the limit by themselves.
    let share = if world.redis.is_some() { 3 } else { 6 };
    let most = world.temper.gauge.most.load(Ordering::SeqCst);
    assert!(most <= share, "{most} at once");
    for crew in crews {
        crew.go().await;
    }
    world
}

pub(super) async fn a_provider_that_is_down_is_asked_again(mut world: World) -> World {
    world.temper = Temper::default().saying("text.1", 2, Says::Broken).saying("text.2", 99, Says::Broken);
    let engine = world.engine().await;
    let id = engine.submit(&here(), &order(1, texts(3))).await.unwrap();
    let crew = workers(&engine);
    assert_eq!(ended(&engine.store, &here(), &id).await, RunState::Partial);
    assert_eq!(step(&engine.store, &id, "text.1").await.attempts, 2);
    assert_eq!(step(&engine.store, &id, "text.2").await.state, StepState::Failed);
    crew.go().await;
    world
}

fn told(text: &str) -> Resolution {
    let (media_type, text) = ("text/plain".into(), Some(text.to_owned()));
    Resolution::Replied(KeptReply { status: 200, media_type, body: None, text })
}

pub(super) async fn a_webhook_may_come_twice_and_answers_what_nobody_heard(mut world: World) -> World {
    world.temper = Temper { tells: Some(Duration::from_secs(30)), ..Temper::default() }.saying(
        "text.1",
        1,
        Says::Nothing,
    );
    let engine = world.engine().await;
    let id = engine.submit(&here(), &order(1, texts(1))).await.unwrap();
    let crew = workers(&engine);
    until("the step waits for it", async || {
        let waits = step(&engine.store, &id, "text.1").await.state == StepState::Waiting;
        waits && !world.bill().charges().is_empty()
    })
    .await;
    let key = world.bill().charges().into_keys().next().unwrap();
    let said = told("answer by post");
    let tell = async || {
        calls::resolved_by_webhook(&engine.store, &here(), &Webhook::Key(&key), &said).await.unwrap()
    };
    assert_eq!((tell().await, tell().await), (true, false));
    assert_eq!(ended(&engine.store, &here(), &id).await, RunState::Succeeded);
    assert!(!tell().await);
    let output = step(&engine.store, &id, "text.1").await.output.unwrap();
    assert_eq!(output["value"]["said"][0], "answer by post");
    let foreign = Webhook::Job { provider: "toy", id: "nobody's" };
    assert!(calls::resolved_by_webhook(&engine.store, &here(), &foreign, &said).await.is_err());
    crew.go().await;
    world
}

pub(super) async fn a_webhook_that_comes_before_the_answer_is_the_answer(mut world: World) -> World {
    world.temper = Temper { slow: Duration::from_millis(400), ..Temper::default() };
    let engine = world.engine().await;
    let id = engine.submit(&here(), &order(1, texts(1))).await.unwrap();
    let crew = workers(&engine);
    until("it is asked", async || !world.bill().charges().is_empty()).await;
    let key = world.bill().charges().into_keys().next().unwrap();
    let early = told("the early one");
    assert!(calls::resolved_by_webhook(&engine.store, &here(), &Webhook::Key(&key), &early).await.unwrap());
    assert_eq!(ended(&engine.store, &here(), &id).await, RunState::Succeeded);
    let output = step(&engine.store, &id, "text.1").await.output.unwrap();
    assert_eq!(output["value"]["said"][0], "the early one");
    crew.go().await;
    world
}

pub(super) async fn a_webhook_that_never_comes_leaves_the_call_ambiguous(mut world: World) -> World {
    world.temper = Temper { tells: Some(Duration::from_millis(400)), ..Temper::default() }.saying(
        "text.1",
        1,
        Says::Nothing,
    );
    let engine = world.engine().await;
    let id = engine.submit(&here(), &order(1, texts(2))).await.unwrap();
    let crew = workers(&engine);
    assert_eq!(ended(&engine.store, &here(), &id).await, RunState::Partial);
    let failure = step(&engine.store, &id, "text.1").await.failure.unwrap();
    assert_eq!(failure.code, "call_ambiguous");
    // It comes after all: a retry takes it, and nothing is paid again.
    let sums = ledger::sums(&engine.store, &here(), &id).await.unwrap();
    assert_eq!((sums.ambiguous_calls, sums.spent.amount_micros), (1, COST));
    let lines = ledger::lines(&engine.store, &here(), None, 10).await.unwrap();
    let key = lines.iter().find(|l| l.billed == "maybe").unwrap().call_key.clone();
    let late = told("late");
    assert!(calls::resolved_by_webhook(&engine.store, &here(), &Webhook::Key(&key), &late).await.unwrap());
    engine.retry(&here(), &id, None).await.unwrap();
    assert_eq!(ended(&engine.store, &here(), &id).await, RunState::Succeeded);
    let sums = ledger::sums(&engine.store, &here(), &id).await.unwrap();
    assert_eq!((sums.ambiguous_calls, sums.spent.amount_micros), (0, 2 * COST));
    crew.go().await;
    world
}

pub(super) async fn a_request_that_nobody_heard_of_is_looked_up(mut world: World) -> World {
    world.temper = Temper { lookup: true, slow: Duration::from_millis(400), ..Temper::default() };
    let engine = world.engine().await;
    let id = engine.submit(&here(), &order(1, texts(3))).await.unwrap();
    let crew = workers(&engine);
    until("all are asked", async || world.bill().charges().len() == 3).await;
    crew.1.abort();
    let _ = crew.1.await;
    let engine = world.engine().await;
    let crew = workers(&engine);
    assert_eq!(ended(&engine.store, &here(), &id).await, RunState::Succeeded);
    assert_eq!((world.bill().charges().len(), world.bill().most_for_one_key()), (3, 1));
    crew.go().await;
    world
}

pub(super) async fn a_stop_with_two_hundred_calls_under_way_pays_nothing_twice(mut world: World) -> World {
    world.temper = Temper { slow: Duration::from_secs(2), ..Temper::default() };
    let mut engine = world.engine().await;
    engine.settings.model_workers = 200;
    let id = engine.submit(&here(), &order(1, texts(200))).await.unwrap();
    let crew = workers(&engine);
    until("many are under way", async || world.bill().charges().len() >= 150).await;
    crew.go().await;
    let standing = calls::standing(&engine.store, &here(), &id).await.unwrap();
    assert!(standing.iter().all(|s| !matches!(s.state.as_str(), "sending" | "ambiguous")), "{standing:?}");
    world.temper.slow = Duration::ZERO;
    let engine = world.engine().await;
    let crew = workers(&engine);
    assert_eq!(ended(&engine.store, &here(), &id).await, RunState::Succeeded);
    assert_eq!((world.bill().charges().len(), world.bill().most_for_one_key()), (200, 1));
    crew.go().await;
    world
}

pub(super) async fn a_changed_brief_pays_only_for_what_it_changes(mut world: World) -> World {
    world.temper.keyed = true;
    let engine = world.engine().await;
    let crew = workers(&engine);
    let first = engine.submit(&here(), &order(1, texts(4))).await.unwrap();
    assert_eq!(ended(&engine.store, &here(), &first).await, RunState::Succeeded);
    let mut changed = order(1, texts(5));
    changed.inputs.models = BTreeMap::from([("writer".into(), "toy/another name".into())]);
    let second = engine.submit(&here(), &changed).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(ended(&engine.store, &here(), &second).await, RunState::Succeeded);
    assert_eq!(world.bill().charges().len(), 5, "four answers were there already");
    let sums = ledger::sums(&engine.store, &here(), &second).await.unwrap();
    assert_eq!(sums.spent.amount_micros, COST);
    crew.go().await;
    world
}
