//! Providers that have no time, and how long they are waited for.

use std::time::Duration;

use handbill_domain::{
    fault::Billed,
    ids::RunId,
    money::Currency,
    step::{RunState, StepState},
};
use handbill_store::{budgets, calls, ledger, runs};

use super::{
    scenarios::{ended, order, step, texts, until, workers},
    world::*,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_429_of_five_minutes_is_waited_for_by_all_who_ask_the_account() {
    let minutes = Duration::from_secs(300);
    let world = World::new(Temper::default().saying("text.1", 1, Says::Busy(Some(minutes))));
    let engine = world.engine().await;
    let crew = workers(&engine);
    let first = engine.submit(&here(), &order(1, texts(1))).await.unwrap();
    let waits = async |id: &RunId, key: &str| {
        until("it waits without a slot", async || {
            let step = step(&engine.store, id, key).await;
            let why = step.failure.map(|f| f.code);
            (step.state, why.as_deref(), step.attempts) == (StepState::Waiting, Some("rate_limited"), 0)
                && step.waited_ms > 290_000
        })
        .await;
    };
    waits(&first, "text.1").await;
    let second = engine.submit(&here(), &order(2, texts(3))).await.unwrap();
    for key in ["text.1", "text.2", "text.3"] {
        waits(&second, key).await;
    }
    assert!(world.bill().charges().is_empty(), "nobody else asks meanwhile");
    for id in [&first, &second] {
        assert!(engine.cancel(&here(), id).await.unwrap());
    }
    crew.go().await;
}

/// A request that got lost, and whose worker died.
async fn lost(temper: Temper) -> (World, RunId) {
    let world = World::new(temper.saying("text.1", 1, Says::Lost));
    let engine = world.engine().await;
    let id = engine.submit(&here(), &order(1, texts(1))).await.unwrap();
    let crew = workers(&engine);
    until("it is under way", async || {
        let standing = calls::standing(&engine.store, &here(), &id).await.unwrap();
        standing.iter().any(|s| s.state == "sending") && world.temper.says.lock().unwrap()[0].1 == 0
    })
    .await;
    crew.dies().await;
    (world, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_arrived_is_held_when_the_money_is_gone_meanwhile() {
    let (world, id) = lost(Temper { lookup: true, ..Temper::default() }).await;
    let engine = world.engine().await;
    let ceiling = async |most: Option<i64>| {
        let run = budgets::Scope::Run(id.clone());
        budgets::set_ceiling(&engine.store, &here(), &run, Currency::Usd, most).await.unwrap();
    };
    ceiling(Some(PLANNED - 1)).await;
    let crew = workers(&engine);
    until("it waits for money", async || {
        let step = step(&engine.store, &id, "text.1").await;
        step.state == StepState::Waiting && step.failure.is_some_and(|f| f.code == "ceiling_reached")
    })
    .await;
    assert!(world.bill().charges().is_empty());
    ceiling(None).await;
    assert_eq!(ended(&engine.store, &here(), &id).await, RunState::Succeeded);
    crew.go().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_arrived_is_not_sent_for_a_run_that_was_ended_meanwhile() {
    let (world, id) = lost(Temper { lookup: true, ..Temper::default() }).await;
    let mut engine = world.engine().await;
    let (asks, asked) = std::sync::mpsc::channel();
    let (goes_on, waits) = std::sync::mpsc::channel::<()>();
    let waits = std::sync::Mutex::new(waits);
    engine.points.dies_at = Some(std::sync::Arc::new(move |moment| {
        if moment == "call failed" {
            asks.send(()).unwrap();
            tokio::task::block_in_place(|| waits.lock().unwrap().recv().unwrap());
        }
        false
    }));
    let crew = workers(&engine);
    tokio::task::spawn_blocking(move || asked.recv().unwrap()).await.unwrap();
    // Past our own processes: the worker hears of it from the database alone.
    assert!(runs::cancel(&engine.store, &here(), &id).await.unwrap());
    goes_on.send(()).unwrap();
    assert_eq!(ended(&engine.store, &here(), &id).await, RunState::Canceled);
    until("its step ends", async || step(&engine.store, &id, "text.1").await.state.is_final()).await;
    assert_eq!(step(&engine.store, &id, "text.1").await.state, StepState::Canceled);
    assert!(world.bill().charges().is_empty());
    crew.go().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_cannot_be_looked_up_is_ambiguous_in_the_end() {
    let (world, id) = lost(Temper { mute: Some("503"), ..Temper::default() }).await;
    let mut engine = world.engine().await;
    engine.settings.patience_s = 1;
    let crew = workers(&engine);
    assert_eq!(ended(&engine.store, &here(), &id).await, RunState::Failed);
    let failure = step(&engine.store, &id, "text.1").await.failure.unwrap();
    assert_eq!((failure.code.as_str(), failure.billed), ("call_ambiguous", Billed::Maybe));
    assert!(failure.message.contains("could not be asked for it: toy failed: 503"), "{}", failure.message);
    let sums = ledger::sums(&engine.store, &here(), &id).await.unwrap();
    assert_eq!((sums.ambiguous_calls, sums.reserved.amount_micros), (1, 0));
    let looks = world.toy.runs.lock().unwrap()["text.1"];
    assert!((5..40).contains(&looks), "it is asked again, and less often each time: {looks}");
    crew.go().await;
}
