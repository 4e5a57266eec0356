//! What must hold when things go wrong: clocks jump, databases go away, answers come late, steps are given up.

use std::time::Duration;

use handbill_domain::{
    fault::Billed,
    step::{RunState, StepState},
};
use serde_json::{Value, json};

use super::promises::{a_call, a_run, a_settlement, a_step, begin, claim, failure, here, sums};
use crate::{
    Error, Store, audit,
    calls::{self, Begun, KeptReply},
    ledger,
    open::run as execute,
    runs,
    sessions::{self, Watch},
    steps,
};

pub(super) async fn all(store: &Store) {
    who_is_silent_for_a_lease_of_our_own_time_is_dead(store).await;
    a_clock_that_jumps_and_a_database_that_was_away_kill_nobody(store).await;
    an_answer_that_comes_after_its_step_was_taken_over_is_kept(store).await;
    what_a_failed_step_had_under_way_is_in_the_ledger_and_a_retry_looks_at_the_job_again(store).await;
    a_child_that_waits_for_a_provider_does_not_begin_before_its_parent(store).await;
    a_paused_run_stays_paused_and_a_canceled_one_canceled(store).await;
    a_price_that_changed_while_a_request_was_away_needs_money_for_the_rest(store).await;
    assert_eq!(audit::broken(store).await.unwrap(), Vec::<String>::new());
}

/// One that ends within the test.
const SHORT: Duration = Duration::from_millis(400);
const MOMENT: Duration = Duration::from_millis(100);

async fn recover(store: &Store, watch: &mut Watch, own: &str) -> usize {
    sessions::recover(store, watch, own, 3).await.unwrap().unwrap().len()
}

async fn who_is_silent_for_a_lease_of_our_own_time_is_dead(store: &Store) {
    let (run, _session) = begin(store, &a_run("silent", vec![a_step("a", &[])])).await;
    let (mine, other) = (open(store, "watcher").await, open(store, "sleeper").await);
    claim(store, &run, &other, "a").await;
    let mut watch = Watch::default();
    recover(store, &mut watch, mine.id()).await;
    for _ in 0..3 {
        tokio::time::sleep(MOMENT).await;
        assert_eq!(recover(store, &mut watch, mine.id()).await, 0, "not yet");
    }
    let mut given_back = 0;
    for _ in 0..20 {
        tokio::time::sleep(MOMENT).await;
        given_back += recover(store, &mut watch, mine.id()).await;
    }
    assert_eq!(given_back, 1);
    assert!(matches!(sessions::beat(store, &other).await, Err(Error::Lost(_))));
    sessions::beat(store, &mine).await.expect("nobody buries himself, however long he was silent");
    sessions::close(store, &mine).await.unwrap();
}

async fn open(store: &Store, id: &str) -> sessions::Session {
    sessions::open(store, id, SHORT).await.unwrap()
}

async fn a_clock_that_jumps_and_a_database_that_was_away_kill_nobody(store: &Store) {
    let (run, _session) = begin(store, &a_run("jump", vec![a_step("a", &[])])).await;
    let other = open(store, "jumping").await;
    claim(store, &run, &other, "a").await;
    let mut watch = Watch::default();
    recover(store, &mut watch, "watcher").await;
    // Its last sign is an hour old now, or an hour ahead.
    for jump in [-3_600_000i64, 7_200_000] {
        let sql = "UPDATE sessions SET beat_at = beat_at + $1 WHERE id = 'jumping'";
        execute(&store.db, sql, vec![jump.into()]).await.unwrap();
        assert_eq!(recover(store, &mut watch, "watcher").await, 0, "a jump of {jump} ms");
    }
    // Nobody could see the database for longer than a lease; then everybody has a lease to be heard.
    tokio::time::sleep(SHORT * 2).await;
    assert_eq!(recover(store, &mut watch, "watcher").await, 0);
    sessions::beat(store, &other).await.unwrap();
    sessions::close(store, &other).await.unwrap();
}

fn told(text: &str) -> KeptReply {
    KeptReply { status: 200, media_type: "text/plain".into(), body: None, text: Some(text.into()) }
}

async fn an_answer_that_comes_after_its_step_was_taken_over_is_kept(store: &Store) {
    let (run, session) = begin(store, &a_run("late", vec![a_step("a", &[])])).await;
    let first = claim(store, &run, &session, "a").await.fence();
    let call = a_call("late", &run, 100, false);
    assert_eq!(calls::begin(store, &here(), first, &call).await.unwrap(), Begun::Send);
    steps::release(store, &here(), first).await.unwrap();
    let second = claim(store, &run, &session, "a").await.fence();
    let found = calls::begin(store, &here(), second, &call).await.unwrap();
    assert!(matches!(found, Begun::Unknown { .. }), "{found:?}");
    let noted = calls::replied(store, &here(), first, "late", &told("paid for")).await;
    assert!(matches!(noted, Err(Error::Lost(_))), "the step is somebody else's");
    let found = calls::begin(store, &here(), second, &call).await.unwrap();
    assert!(matches!(found, Begun::Kept { reply, .. } if reply == told("paid for")));
    calls::settle(store, &here(), second, "late", &a_settlement(100)).await.unwrap();
    steps::complete(store, &here(), second, &Value::Null).await.unwrap();
}

async fn what_a_failed_step_had_under_way_is_in_the_ledger_and_a_retry_looks_at_the_job_again(store: &Store) {
    let (run, session) = begin(store, &a_run("given up", vec![a_step("a", &[])])).await;
    let fence = claim(store, &run, &session, "a").await.fence();
    let job = a_call("job", &run, 100, false);
    assert_eq!(calls::begin(store, &here(), fence, &job).await.unwrap(), Begun::Send);
    calls::accepted(store, &here(), fence, "job", &json!({ "id": "j1" })).await.unwrap();
    steps::fail(store, &here(), fence, &failure()).await.unwrap();
    assert_eq!(sums(store, &run).await, (0, 0, 0, 1), "nothing is reserved, and one may be billed");
    let step = &steps::all(store, &here(), &run).await.unwrap()[0];
    assert_eq!(step.failure.as_ref().unwrap().billed, Billed::Maybe);

    runs::retry(store, &here(), &run, None).await.unwrap();
    let fence = claim(store, &run, &session, "a").await.fence();
    assert_eq!(calls::begin(store, &here(), fence, &job).await.unwrap(), Begun::Poll(json!({ "id": "j1" })));
    calls::replied(store, &here(), fence, "job", &told("done")).await.unwrap();
    calls::settle(store, &here(), fence, "job", &a_settlement(100)).await.unwrap();
    steps::complete(store, &here(), fence, &Value::Null).await.unwrap();
    let lines = ledger::lines(store, &here(), Some(&run), 10).await.unwrap();
    assert_eq!((lines.len(), lines[0].billed.as_str(), lines[0].spent_micros), (1, "yes", 100));
}

async fn a_child_that_waits_for_a_provider_does_not_begin_before_its_parent(store: &Store) {
    let new = a_run("patient", vec![a_step("a", &[]), a_step("b", &["a"])]);
    let (run, session) = begin(store, &new).await;
    let parent = claim(store, &run, &session, "a").await.fence();
    steps::complete(store, &here(), parent, &json!(1)).await.unwrap();
    let child = claim(store, &run, &session, "b").await;
    steps::defer(store, &here(), child.fence(), Duration::ZERO, &failure()).await.unwrap();
    runs::regenerate(store, &here(), &run, "a").await.unwrap();
    assert!(steps::claim(store, &here(), child.id, session.id()).await.unwrap().is_none());
    let parent = claim(store, &run, &session, "a").await.fence();
    steps::complete(store, &here(), parent, &json!(2)).await.unwrap();
    let child = claim(store, &run, &session, "b").await.fence();
    steps::complete(store, &here(), child, &json!(3)).await.unwrap();
    assert_eq!(runs::state(store, &here(), &run).await.unwrap(), RunState::Succeeded);
}

async fn a_paused_run_stays_paused_and_a_canceled_one_canceled(store: &Store) {
    let new = a_run("rest", vec![a_step("a", &[]), a_step("b", &["a"])]);
    let (run, session) = begin(store, &new).await;
    let fence = claim(store, &run, &session, "a").await.fence();
    steps::fail(store, &here(), fence, &failure()).await.unwrap();
    assert!(runs::pause(store, &here(), &run).await.unwrap());
    runs::retry(store, &here(), &run, None).await.unwrap();
    assert_eq!(runs::state(store, &here(), &run).await.unwrap(), RunState::Paused);
    let steps = steps::all(store, &here(), &run).await.unwrap();
    assert_eq!([steps[0].state, steps[1].state], [StepState::Ready, StepState::Blocked]);
    assert!(runs::cancel(store, &here(), &run).await.unwrap());
    assert!(matches!(runs::regenerate(store, &here(), &run, "a").await, Err(Error::NotNow(_))));
    assert_eq!(runs::state(store, &here(), &run).await.unwrap(), RunState::Canceled);
}

async fn a_price_that_changed_while_a_request_was_away_needs_money_for_the_rest(store: &Store) {
    let mut new = a_run("dearer", vec![a_step("a", &[])]);
    new.ceiling_micros = Some(450);
    let (run, session) = begin(store, &new).await;
    let mut fence = claim(store, &run, &session, "a").await.fence();
    let mut at = async |micros: i64| {
        let begun = calls::begin(store, &here(), fence, &a_call("d1", &run, micros, true)).await.unwrap();
        steps::release(store, &here(), fence).await.unwrap();
        fence = claim(store, &run, &session, "a").await.fence();
        (begun, sums(store, &run).await.2)
    };
    assert_eq!(at(300).await, (Begun::Send, 300));
    assert_eq!(at(500).await, (Begun::OverCeiling, 300), "there is money for 150 more, not for 200");
    assert_eq!(at(450).await, (Begun::Send, 450));
    assert_eq!(at(100).await, (Begun::Send, 100));
    assert_eq!(at(0).await, (Begun::Send, 0), "what costs nothing any more gives all of it back");
    steps::fail(store, &here(), fence, &failure()).await.unwrap();
}
