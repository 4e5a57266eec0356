//! Providers that have no time, and how long they are waited for.

use std::time::Duration;

use handbill_domain::{ids::RunId, step::StepState};

use super::{
    scenarios::{order, step, texts, until, workers},
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
