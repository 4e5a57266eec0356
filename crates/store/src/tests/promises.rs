//! What the store promises to the engine.

use std::time::Duration;

use bytes::Bytes;
use handbill_domain::{
    Fault,
    asset::Digest,
    fault::{Billed, Failure, NextAction},
    ids::{RunId, WorkspaceId},
    money::Currency,
    step::{Lane, RunState, StepState},
};
use serde_json::{Value, json};

use crate::{
    Error, Files, Store,
    calls::{self, Begun, KeptReply, NewCall, Settlement},
    feed, ledger,
    runs::{self, NewRun},
    sessions::{self, Session},
    steps::{self, NewStep, Step},
};

const LEASE: Duration = Duration::from_secs(60);

pub(super) async fn all(store: &Store) {
    a_run_is_written_once_and_whole(store).await;
    a_graph_that_cannot_run_is_refused(store).await;
    a_step_is_claimed_once_and_the_first_claim_is_void_after_the_second(store).await;
    parents_that_end_at_the_same_moment_free_their_child(store).await;
    another_workspace_sees_and_changes_nothing(store).await;
    a_dead_session_gives_its_steps_back_and_a_living_one_keeps_them(store).await;
    a_call_goes_through_its_states_and_is_paid_once(store).await;
    the_ledger_is_summed_by_run_and_model(store).await;
    what_is_left_to_do_and_who_does_it_is_known(store).await;
    a_call_found_unanswered_is_sent_again_only_where_that_is_free(store).await;
    many_calls_at_once_stay_under_the_ceiling(store).await;
    a_put_off_step_comes_back_when_its_time_has_come(store).await;
    files_are_kept_by_content_and_damage_is_seen(store).await;
}

fn here() -> WorkspaceId {
    WorkspaceId::default()
}

fn failure() -> Failure {
    Failure { code: "x".into(), message: "y".into(), billed: Billed::No, next_action: NextAction::Retry }
}

fn a_step(key: &str, needs: &[&str]) -> NewStep {
    let needs = needs.iter().map(|n| (*n).to_owned()).collect();
    NewStep {
        key: key.into(),
        kind: "toy".into(),
        lane: Lane::Model,
        needs,
        spec: json!({ "z": 1, "a": 2 }),
        makes: true,
    }
}

fn a_run(id: &str, steps: Vec<NewStep>) -> NewRun {
    NewRun {
        id: RunId::new(id),
        inputs: json!({ "b": "é", "a": [1] }),
        steps,
        currency: Currency::Usd,
        ceiling_micros: None,
        campaign: None,
        key: None,
        bulk: false,
    }
}

async fn begin(store: &Store, run: &NewRun) -> (RunId, Session) {
    assert!(runs::create(store, &here(), run).await.unwrap());
    (run.id.clone(), sessions::open(store, run.id.as_str(), LEASE).await.unwrap())
}

async fn claim(store: &Store, run: &RunId, session: &Session, key: &str) -> Step {
    let all = steps::all(store, &here(), run).await.unwrap();
    let id = all.iter().find(|s| s.key == key).unwrap().id;
    steps::claim(store, &here(), id, session.id()).await.unwrap().unwrap()
}

async fn a_run_is_written_once_and_whole(store: &Store) {
    let new = a_run("once", vec![a_step("b", &["a"]), a_step("a", &[])]);
    assert!(runs::create(store, &here(), &new).await.unwrap());
    assert!(!runs::create(store, &here(), &new).await.unwrap());
    let run = runs::find(store, &here(), &new.id).await.unwrap();
    assert_eq!(
        (run.state, run.inputs.to_string()),
        (RunState::Running, new.inputs.to_string()),
        "not even the order of keys changes"
    );
    let found = steps::all(store, &here(), &new.id).await.unwrap();
    let states: Vec<_> = found.iter().map(|s| (s.key.as_str(), s.state)).collect();
    assert_eq!(states, [("a", StepState::Ready), ("b", StepState::Blocked)]);
}

async fn a_graph_that_cannot_run_is_refused(store: &Store) {
    for (steps, why) in [
        (vec![a_step("a", &["b"]), a_step("b", &["a"])], "waits for itself"),
        (vec![a_step("a", &["c"])], "is no step"),
        (vec![a_step("a", &[]), a_step("a", &[])], "two steps"),
    ] {
        let new = a_run("impossible", steps);
        let error = runs::create(store, &here(), &new).await.unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        assert!(
            matches!(runs::find(store, &here(), &new.id).await, Err(Error::NotFound(_))),
            "nothing was written"
        );
    }
}

async fn a_step_is_claimed_once_and_the_first_claim_is_void_after_the_second(store: &Store) {
    let (run, session) = begin(store, &a_run("claims", vec![a_step("a", &[])])).await;
    let id = steps::claimable(store, &here(), &run).await.unwrap()[0].0;
    let claims = (0..8).map(|_| {
        let (store, session) = (store.clone(), session.clone());
        tokio::spawn(async move { steps::claim(&store, &here(), id, session.id()).await.unwrap() })
    });
    let mut won = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        won.extend(claim.await.unwrap());
    }
    assert_eq!((won.len(), won[0].epoch), (1, 1));
    steps::release(store, &here(), won[0].fence()).await.unwrap();
    let second = claim(store, &run, &session, "a").await;
    let late = steps::complete(store, &here(), won[0].fence(), &Value::Null).await.unwrap_err();
    assert_eq!(late.fault(), Fault::Conflict);
    steps::complete(store, &here(), second.fence(), &json!(1)).await.unwrap();
    assert!(steps::complete(store, &here(), second.fence(), &json!(2)).await.is_err(), "once");
    let ended = runs::find(store, &here(), &run).await.unwrap();
    assert_eq!((ended.state, ended.tally.open), (RunState::Succeeded, 0), "the last step ends the run");
}

async fn parents_that_end_at_the_same_moment_free_their_child(store: &Store) {
    let parents: Vec<String> = (0..6).map(|n| format!("p{n}")).collect();
    for round in 0..5 {
        let names: Vec<&str> = parents.iter().map(String::as_str).collect();
        let mut graph: Vec<_> = names.iter().map(|p| a_step(p, &[])).collect();
        graph.push(a_step("child", &names));
        let (run, session) = begin(store, &a_run(&format!("together{round}"), graph)).await;
        let mut ends = Vec::new();
        for parent in &parents {
            let (store, step) = (store.clone(), claim(store, &run, &session, parent).await);
            ends.push(tokio::spawn(async move {
                if step.key == "p3" {
                    steps::fail(&store, &here(), step.fence(), &failure()).await.unwrap();
                } else {
                    steps::complete(&store, &here(), step.fence(), &json!(step.key)).await.unwrap();
                }
            }));
        }
        for end in ends {
            end.await.unwrap();
        }
        let child = claim(store, &run, &session, "child").await;
        let inputs = steps::inputs(store, &here(), child.id).await.unwrap();
        assert_eq!(inputs.len(), 5, "the failed one is absent");
    }
}

async fn another_workspace_sees_and_changes_nothing(store: &Store) {
    let (run, session) = begin(store, &a_run("mine", vec![a_step("a", &[])])).await;
    let they = WorkspaceId::new("they");
    let step = steps::claimable(store, &here(), &run).await.unwrap()[0].0;
    assert!(matches!(runs::find(store, &they, &run).await, Err(Error::NotFound(_))));
    assert!(steps::all(store, &they, &run).await.unwrap().is_empty());
    assert!(steps::claim(store, &they, step, session.id()).await.unwrap().is_none());
    let claimed = claim(store, &run, &session, "a").await;
    assert!(steps::complete(store, &they, claimed.fence(), &Value::Null).await.is_err());
    assert!(calls::begin(store, &they, claimed.fence(), &a_call("foreign", &run, 1, false)).await.is_err());
    assert!(ledger::sums(store, &they, &run).await.is_err());
}

async fn a_dead_session_gives_its_steps_back_and_a_living_one_keeps_them(store: &Store) {
    sessions::recover(store, 3).await.unwrap();
    let (run, session) = begin(store, &a_run("sessions", vec![a_step("a", &[]), a_step("b", &[])])).await;
    let taken = claim(store, &run, &session, "a").await;
    assert_eq!(sessions::recover(store, 3).await.unwrap().unwrap(), [], "it lives");
    sessions::beat(store, &session).await.unwrap();
    let id = session.id().to_owned();
    drop(session);
    assert!(
        !sessions::recover(store, 3).await.unwrap().unwrap().is_empty(),
        "its lock fell: it is dead, long before its lease ends"
    );
    let back = steps::all(store, &here(), &run).await.unwrap();
    assert_eq!((back[0].state, back[0].crashes), (StepState::Ready, 1));
    assert!(steps::complete(store, &here(), taken.fence(), &Value::Null).await.is_err());
    assert!(steps::claim(store, &here(), back[1].id, &id).await.unwrap().is_none(), "the dead take nothing");

    let short = sessions::open(store, "short", Duration::from_millis(50)).await.unwrap();
    claim(store, &run, &short, "a").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let back = sessions::recover(store, 3).await.unwrap().unwrap();
    assert_eq!(back.len(), 1, "who is silent for longer than its lease is dead");
    assert!(matches!(sessions::beat(store, &short).await, Err(Error::Lost(_))));
}

fn a_call(key: &str, run: &RunId, micros: i64, repeatable: bool) -> NewCall {
    NewCall {
        key: key.into(),
        run: run.clone(),
        step: "a".into(),
        revision: 0,
        sequence: 0,
        role: "writer".into(),
        provider: "p".into(),
        model: "p/m".into(),
        request: Digest::of(b"question"),
        price_micros: micros,
        reserved_micros: micros,
        currency: Currency::Usd,
        repeatable,
        reuse: false,
    }
}

fn a_settlement(micros: i64) -> Settlement {
    Settlement { list_micros: micros, spent_micros: micros, billed: Billed::Yes, usage: json!({}) }
}

fn a_reply() -> KeptReply {
    KeptReply { status: 200, media_type: "text/plain".into(), body: Some(Digest::of(b"answer")), text: None }
}

async fn sums(store: &Store, run: &RunId) -> (i64, i64, i64, u32) {
    let sums = ledger::sums(store, &here(), run).await.unwrap();
    (sums.list.amount_micros, sums.spent.amount_micros, sums.reserved.amount_micros, sums.ambiguous_calls)
}

async fn a_call_goes_through_its_states_and_is_paid_once(store: &Store) {
    let (run, session) = begin(store, &a_run("call", vec![a_step("a", &[])])).await;
    let step = claim(store, &run, &session, "a").await;
    let (fence, call) = (step.fence(), a_call("k1", &run, 500, false));
    assert_eq!(calls::begin(store, &here(), fence, &call).await.unwrap(), Begun::Send);
    assert_eq!(sums(store, &run).await, (0, 0, 500, 0));
    calls::failed(
        store,
        &here(),
        fence,
        "k1",
        &failure(),
        &Settlement { billed: Billed::No, spent_micros: 0, ..a_settlement(500) },
    )
    .await
    .unwrap();
    assert_eq!(sums(store, &run).await, (0, 0, 0, 0), "nothing was made: nothing is owed");
    assert_eq!(
        calls::begin(store, &here(), fence, &call).await.unwrap(),
        Begun::Send,
        "and it may be sent again"
    );
    calls::accepted(store, &here(), fence, "k1", &json!({ "id": "job" })).await.unwrap();

    steps::release(store, &here(), fence).await.unwrap();
    let next = claim(store, &run, &session, "a").await.fence();
    assert_eq!(calls::begin(store, &here(), next, &call).await.unwrap(), Begun::Poll(json!({ "id": "job" })));
    let late = calls::replied(store, &here(), fence, "k1", &a_reply()).await.unwrap_err();
    assert!(matches!(late, Error::Lost(_)), "whoever lost the step writes nothing");
    calls::replied(store, &here(), next, "k1", &a_reply()).await.unwrap();
    assert_eq!(
        calls::begin(store, &here(), next, &call).await.unwrap(),
        Begun::Kept { reply: a_reply(), settled: None }
    );
    calls::settle(store, &here(), next, "k1", &a_settlement(300)).await.unwrap();
    assert!(calls::settle(store, &here(), next, "k1", &a_settlement(300)).await.is_err());
    assert_eq!(sums(store, &run).await, (300, 300, 0, 0));
    assert_eq!(
        calls::begin(store, &here(), next, &call).await.unwrap(),
        Begun::Kept { reply: a_reply(), settled: Some(300) }
    );
}

async fn the_ledger_is_summed_by_run_and_model(store: &Store) {
    let (run, session) = begin(store, &a_run("summed", vec![a_step("a", &[])])).await;
    let fence = claim(store, &run, &session, "a").await.fence();
    let bill = [("s1", Billed::Yes, 300), ("s2", Billed::No, 0), ("s3", Billed::Maybe, 0)];
    for (key, billed, spent_micros) in bill {
        calls::begin(store, &here(), fence, &a_call(key, &run, 500, false)).await.unwrap();
        let settlement = Settlement { billed, spent_micros, ..a_settlement(300) };
        if billed == Billed::Maybe {
            calls::failed(store, &here(), fence, key, &failure(), &settlement).await.unwrap();
        } else {
            calls::replied(store, &here(), fence, key, &a_reply()).await.unwrap();
            calls::settle(store, &here(), fence, key, &settlement).await.unwrap();
        }
    }
    let totals = ledger::totals(store, &here(), Some(&run)).await.unwrap();
    let [total] = &totals[..] else { panic!("{totals:?}") };
    assert_eq!((total.calls, total.rehearsed, total.ambiguous), (3, 1, 1));
    assert_eq!((total.list_micros, total.spent_micros, total.ambiguous_micros), (600, 300, 300));
    let all = ledger::totals(store, &here(), None).await.unwrap();
    assert!(all.contains(total) && all.len() > 1, "{all:?}");
    assert!(ledger::totals(store, &WorkspaceId::new("elsewhere"), None).await.unwrap().is_empty());
}

async fn what_is_left_to_do_and_who_does_it_is_known(store: &Store) {
    let (run, session) = begin(store, &a_run("left", vec![a_step("a", &[]), a_step("b", &["a"])])).await;
    let left = |backlog: Vec<runs::Backlog>| backlog.into_iter().find(|b| b.class == "interactive").unwrap();
    let before = left(runs::backlog(store).await.unwrap());
    let step = claim(store, &run, &session, "a").await;
    assert_eq!(
        steps::runs_of(store, &[step.id, -1]).await.unwrap().into_iter().collect::<Vec<_>>(),
        [(step.id, run.clone())]
    );
    steps::complete(store, &here(), step.fence(), &json!(1)).await.unwrap();
    let after = left(runs::backlog(store).await.unwrap());
    assert_eq!((after.runs, after.steps), (before.runs, before.steps - 1));
    assert!(runs::names(store, &here(), 1000).await.unwrap().contains(&(run, None)));

    assert!(!feed::is_led(store, "nobody").await.unwrap());
    assert!(feed::lead(store, "somebody", session.id(), LEASE).await.unwrap());
    assert!(feed::is_led(store, "somebody").await.unwrap());
    sessions::close(store, &session).await.unwrap();
    assert!(!feed::is_led(store, "somebody").await.unwrap(), "who went does not lead");
}

async fn a_call_found_unanswered_is_sent_again_only_where_that_is_free(store: &Store) {
    let (run, session) = begin(store, &a_run("unanswered", vec![a_step("a", &[])])).await;
    let first = claim(store, &run, &session, "a").await.fence();
    for (key, repeatable) in [("free", true), ("dear", false)] {
        calls::begin(store, &here(), first, &a_call(key, &run, 100, repeatable)).await.unwrap();
    }
    steps::release(store, &here(), first).await.unwrap();
    let second = claim(store, &run, &session, "a").await.fence();
    assert_eq!(
        calls::begin(store, &here(), second, &a_call("free", &run, 100, true)).await.unwrap(),
        Begun::Send
    );
    assert_eq!(sums(store, &run).await, (0, 0, 200, 0), "its price is reserved once");
    let dear = a_call("dear", &run, 100, false);
    let found = calls::begin(store, &here(), second, &dear).await.unwrap();
    assert!(matches!(found, Begun::Unknown { since_ms: 0..60_000 }), "{found:?}");
    let maybe = Settlement { billed: Billed::Maybe, spent_micros: 0, ..a_settlement(100) };
    calls::failed(store, &here(), second, "dear", &failure(), &maybe).await.unwrap();
    for _ in 0..2 {
        assert_eq!(calls::begin(store, &here(), second, &dear).await.unwrap(), Begun::Ambiguous);
    }
    assert_eq!(sums(store, &run).await, (0, 0, 100, 1));
}

async fn many_calls_at_once_stay_under_the_ceiling(store: &Store) {
    let mut new = a_run("ceiling", vec![a_step("a", &[])]);
    new.ceiling_micros = Some(450);
    let (run, session) = begin(store, &new).await;
    let fence = claim(store, &run, &session, "a").await.fence();
    let begun: Vec<_> = (0..12)
        .map(|n| {
            let (store, call) = (store.clone(), a_call(&format!("c{n}"), &run, 100, false));
            tokio::spawn(async move { calls::begin(&store, &here(), fence, &call).await.unwrap() })
        })
        .collect();
    let mut sent = 0;
    for begun in begun {
        match begun.await.unwrap() {
            Begun::Send => sent += 1,
            other => assert_eq!(other, Begun::OverCeiling),
        }
    }
    assert_eq!((sent, sums(store, &run).await.2), (4, 400));
    steps::hold(store, &here(), fence, &failure()).await.unwrap();
    assert!(!steps::is_moving(store, &here(), &run).await.unwrap());
    runs::reopen(store, &here(), &run, Some(1_000)).await.unwrap();
    assert_eq!(steps::claimable(store, &here(), &run).await.unwrap().len(), 1, "more money, and it goes on");
}

async fn a_put_off_step_comes_back_when_its_time_has_come(store: &Store) {
    let (run, session) = begin(store, &a_run("later", vec![a_step("a", &[])])).await;
    let fence = claim(store, &run, &session, "a").await.fence();
    steps::defer(store, &here(), fence, Duration::from_millis(300), &failure()).await.unwrap();
    assert!(steps::claimable(store, &here(), &run).await.unwrap().is_empty());
    assert!(steps::is_moving(store, &here(), &run).await.unwrap());
    assert!(steps::claim(store, &here(), fence.step, session.id()).await.unwrap().is_none());
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_eq!(claim(store, &run, &session, "a").await.attempts, 1);
}

async fn files_are_kept_by_content_and_damage_is_seen(store: &Store) {
    let folder = store.locks.parent().unwrap().join("files");
    kept_by_content(store.files(), |name, bytes| std::fs::write(folder.join(name), bytes).unwrap()).await;
}

/// `damage` puts other bytes where a blob is.
pub(super) async fn kept_by_content(files: &Files, damage: impl Fn(&str, &[u8])) {
    let picture = Bytes::from_static(b"picture");
    let digest = files.put(picture.clone()).await.unwrap();
    assert_eq!(files.put(picture.clone()).await.unwrap(), digest);
    assert_eq!(files.get(&digest).await.unwrap(), picture);
    assert!(matches!(files.get(&Digest::of(b"other")).await, Err(Error::NotFound(_))));
    let name = format!("blobs/{}/{digest}", &digest.as_str()[..2]);
    damage(&name, b"pixture");
    assert!(
        matches!(files.get(&digest).await, Err(Error::NotFound(_))),
        "what is damaged is as good as gone"
    );
    files.put(picture.clone()).await.unwrap();
    damage(&name, b"pict");
    files.put(picture.clone()).await.unwrap();
    assert_eq!(files.get(&digest).await.unwrap(), picture, "a file that was cut is written again");
}
