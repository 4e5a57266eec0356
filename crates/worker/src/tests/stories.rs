//! How runs go.

use std::{sync::Arc, time::Duration};

use handbill_domain::{
    fault::{Billed, NextAction},
    step::RunState,
};

use super::world::*;
use crate::{Engine, Error, Event, Order, RunOutcome, Stop};

pub(super) async fn create(engine: &Engine, order: &Order) -> RunOutcome {
    let id = engine.submit(&here(), order).await.unwrap();
    let (workspace, stop) = (here(), Stop::default());
    tokio::time::timeout(Duration::from_secs(60), engine.run(&workspace, &id, &stop))
        .await
        .expect("an end")
        .unwrap()
}

fn keyed() -> Temper {
    Temper { keyed: true, ..Temper::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graph_runs_to_its_end_parents_before_children() {
    let world = World::new(Temper { jobs: true, ..Temper::default() });
    let outcome = create(&world.engine().await, &an_order(a_graph())).await;
    assert_eq!((outcome.state, outcome.outputs.len(), outcome.failures.len()), (RunState::Succeeded, 7, 0));
    let ended = world.toy.ended.lock().unwrap().clone();
    let place = |key: &str| ended.iter().position(|k| k == key).unwrap();
    assert_eq!(place("plan"), 0);
    assert!((1..=4).all(|n| place(&format!("text.{n}")) < place("page")));
    assert_eq!(world.bill().charges().len() as i64, CALLS, "equal questions of one step are two calls");
    assert_eq!(outcome.cost.spent.amount_micros, world.bill().total());
    assert_eq!(outcome.cost.list, outcome.cost.spent);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_in_which_steps_end_does_not_change_the_outcome() {
    let mut outcomes = Vec::new();
    let mut orders = Vec::new();
    for slow in ["text.1", "text.4"] {
        let mut world = World::new(keyed());
        let takes = [(slow.to_owned(), Duration::from_millis(120))].into();
        world.toy = Arc::new(Toy { takes, ..Toy::default() });
        outcomes.push(create(&world.engine().await, &an_order(a_graph())).await);
        orders.push(world.toy.ended.lock().unwrap().clone());
    }
    assert_ne!(orders[0], orders[1]);
    assert_eq!(outcomes[0], outcomes[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_run_is_not_run_again() {
    let world = World::new(keyed());
    let first = create(&world.engine().await, &an_order(a_graph())).await;
    let again = create(&world.engine().await, &an_order(a_graph())).await;
    assert_eq!(first, again);
    assert!(world.toy.runs.lock().unwrap().values().all(|n| *n == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_failed_step_loses_only_what_needs_it_and_a_second_command_makes_only_that() {
    let world = World::new(keyed().saying("text.3", 1, Says::Declined));
    let mut steps = a_graph();
    steps.push(a_step("gallery", "tolerant", &["picture", "text.3"], 0));
    let first = create(&world.engine().await, &an_order(steps.clone())).await;
    assert_eq!(first.state, RunState::Partial);
    let failures: Vec<_> =
        first.failures.iter().map(|f| (f.step.as_str(), f.failure.code.as_str(), f.missing.len())).collect();
    assert_eq!(failures, [("text.3", "model_declined", 1), ("page", "parent_failed", 1)]);
    assert_eq!(first.outputs["gallery"].value["of"].as_array().unwrap().len(), 1, "who can do without, does");

    let second = create(&world.engine().await, &an_order(steps)).await;
    assert_eq!((second.state, second.failures.len()), (RunState::Succeeded, 0));
    assert_eq!(
        second.outputs["gallery"].value["of"].as_array().unwrap().len(),
        2,
        "and is made again when it need not"
    );
    let runs = world.toy.runs.lock().unwrap().clone();
    let twice: Vec<_> = runs.iter().filter(|(_, n)| **n == 2).map(|(k, _)| k.as_str()).collect();
    assert_eq!(twice, ["gallery", "page", "text.3"]);
    assert_eq!(world.bill().most_for_one_key(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_provider_is_asked_again_and_a_declining_one_is_not() {
    let world = World::new(Temper::default().saying("text.1", 2, Says::Busy(None)).saying(
        "text.2",
        9,
        Says::Declined,
    ));
    let outcome = create(&world.engine().await, &an_order(a_graph())).await;
    let runs = world.toy.runs.lock().unwrap().clone();
    assert_eq!((runs["text.1"], runs["text.2"]), (3, 1));
    assert!(outcome.outputs.contains_key("text.1"));
    assert_eq!(outcome.failures[0].failure.next_action, NextAction::EditBrief);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_is_asked_again_not_before_it_said_and_not_for_ever() {
    let wait = Duration::from_millis(400);
    let world = World::new(Temper::default().saying("plan", 1, Says::Busy(Some(wait))).saying(
        "text.1",
        99,
        Says::Busy(None),
    ));
    let begun = std::time::Instant::now();
    let mut engine = world.engine().await;
    engine.settings.patience_s = 1;
    let outcome = create(&engine, &an_order(a_graph())).await;
    assert!(begun.elapsed() >= wait);
    let failure = &outcome.failures[0].failure;
    assert_eq!((failure.code.as_str(), failure.next_action), ("rate_limited", NextAction::Wait));
    assert!(failure.message.contains("`worker.patience_s` allows 1"), "{}", failure.message);
    let asked = world.toy.runs.lock().unwrap()["text.1"];
    assert!(
        (5..15).contains(&asked),
        "more often than there are attempts, and less often each time: {asked}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_asks_for_an_hour_is_given_up_for_now() {
    let world = World::new(Temper::default().saying("plan", 1, Says::Busy(Some(Duration::from_secs(3600)))));
    let outcome = create(&world.engine().await, &an_order(a_graph())).await;
    assert_eq!(
        (outcome.state, outcome.failures[0].failure.next_action),
        (RunState::Failed, NextAction::Wait)
    );
    assert!(outcome.failures[1..].iter().all(|f| f.failure.code == "parent_failed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_a_step_fails_that_step() {
    let world = World::new(keyed());
    let mut steps = a_graph();
    steps.push(a_step("broken", "panics", &[], 0));
    let outcome = create(&world.engine().await, &an_order(steps)).await;
    let failure = &outcome.failures[0].failure;
    assert_eq!(
        (outcome.state, outcome.outputs.len(), failure.code.as_str()),
        (RunState::Partial, 7, "internal")
    );
    assert!(failure.message.contains("the toy is broken"), "{}", failure.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_cannot_be_read_is_paid_once_and_not_asked_for_again() {
    let world = World::new(keyed().saying("text.1", 1, Says::Nonsense));
    for _ in 0..2 {
        let outcome = create(&world.engine().await, &an_order(a_graph())).await;
        let failure = &outcome.failures[0].failure;
        assert_eq!((failure.code.as_str(), failure.billed), ("answer_unreadable", Billed::Yes));
    }
    assert_eq!(world.bill().charges().len() as i64, CALLS);
    assert_eq!(world.bill().most_for_one_key(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_engines_on_one_run_run_every_step_once() {
    let mut world = World::new(Temper { slow: Duration::from_millis(10), ..Temper::default() });
    let takes = a_graph().into_iter().map(|s| (s.key, Duration::from_millis(30))).collect();
    world.toy = Arc::new(Toy { takes, ..Toy::default() });
    let (one, two) = (world.engine().await, world.engine().await);
    let order = an_order(a_graph());
    let (first, second) = tokio::join!(create(&one, &order), create(&two, &order));
    assert_eq!(first, second);
    assert_eq!(first.state, RunState::Succeeded);
    assert!(world.toy.runs.lock().unwrap().values().all(|n| *n == 1));
    assert_eq!(world.bill().most_for_one_key(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_the_answers_under_way_and_the_run_goes_on_later() {
    let world = World::new(Temper { slow: Duration::from_secs(1), ..Temper::default() });
    let engine = world.engine().await;
    let id = engine.submit(&here(), &an_order(a_graph())).await.unwrap();
    let (workspace, stop) = (here(), Stop::default());
    let (ended, ()) = tokio::join!(engine.run(&workspace, &id, &stop), async {
        while world.bill().charges().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stop.request();
    });
    assert!(matches!(ended, Err(Error::Stopped)));
    let paid = world.bill().charges().len();
    assert!((paid as i64) < CALLS, "{paid} calls");
    let outcome = create(&world.engine().await, &an_order(a_graph())).await;
    assert_eq!((outcome.state, outcome.cost.ambiguous_calls), (RunState::Succeeded, 0));
    assert_eq!((world.bill().charges().len() as i64, world.bill().most_for_one_key()), (CALLS, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_tell_the_story_of_a_run() {
    let world = World::new(keyed().saying("text.4", 1, Says::Declined));
    let mut engine = world.engine().await;
    let heard = Arc::new(std::sync::Mutex::new(Vec::new()));
    let ear = heard.clone();
    engine.listener = Arc::new(move |event| ear.lock().unwrap().push(event));
    create(&engine, &an_order(a_graph())).await;
    let heard = heard.lock().unwrap();
    let count = |wanted: fn(&Event) -> bool| heard.iter().filter(|e| wanted(e)).count();
    assert!(matches!(&heard[0], Event::RunStarted { stages, .. } if stages.len() == 2));
    assert!(matches!(heard.last(), Some(Event::RunEnded { state: RunState::Partial, .. })));
    assert_eq!(count(|e| matches!(e, Event::StepStarted { .. })), 7);
    assert_eq!(count(|e| matches!(e, Event::StepFinished { .. })), 5);
    assert_eq!(count(|e| matches!(e, Event::StepFailed { .. })), 2);
    assert_eq!(count(|e| matches!(e, Event::CallMade { kept: false, .. })), 5);
}

#[test]
fn the_same_inputs_are_the_same_run() {
    let order = an_order(a_graph());
    let mut other = order.inputs.clone();
    assert_eq!(order.inputs.run_id().unwrap(), other.run_id().unwrap());
    other.seed = 2;
    assert_ne!(order.inputs.run_id().unwrap(), other.run_id().unwrap());
    let mut other = order.inputs.clone();
    other.models.insert("writer".into(), "toy/two".into());
    assert_ne!(order.inputs.run_id().unwrap(), other.run_id().unwrap());
}
