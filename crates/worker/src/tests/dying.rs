//! Dying at any moment, and going on.

use std::{
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use handbill_domain::step::RunState;
use tokio::sync::Notify;

use super::{stories::create, world::*};
use crate::{Engine, Order, RunOutcome, Stop};

const MOMENTS: [&str; 14] = [
    "run accepted",
    "step claimed",
    "call begun",
    "call sent",
    "job noted",
    "reply filed",
    "reply noted",
    "call settled",
    "call failed",
    "call looked up",
    "step parked",
    "step ran",
    "step written",
    "run concluded",
];

/// Lets the engine die at the n-th time that it comes to a moment. `None`: it never came there.
async fn die_at(mut engine: Engine, order: &Order, moment: &'static str, nth: u32) -> Option<RunOutcome> {
    let (count, dead) = (AtomicU32::new(0), Arc::new(Notify::new()));
    let bell = dead.clone();
    engine.points.dies_at = Some(Arc::new(move |name| {
        let dies = name == moment && count.fetch_add(1, Ordering::SeqCst) + 1 == nth;
        if dies {
            bell.notify_one();
        }
        dies
    }));
    tokio::select! {
        biased;
        () = dead.notified() => None,
        outcome = create(&engine, order) => Some(outcome),
    }
}

async fn undisturbed(temper: Temper) -> RunOutcome {
    create(&World::new(temper).engine().await, &an_order(a_graph())).await
}

/// Dies at every moment, at its first and at a later time, and goes on each time.
async fn sweep(
    place: &impl Fn() -> World,
    temper: Temper,
    times: &[u32],
    check: impl Fn(&World, &RunOutcome, &'static str),
) -> u32 {
    let order = an_order(a_graph());
    let mut deaths = 0;
    for moment in MOMENTS {
        for &nth in times {
            let world = World { temper: temper.clone(), ..place() };
            if die_at(world.engine().await, &order, moment, nth).await.is_none() {
                deaths += 1;
                let outcome = create(&world.engine().await, &order).await;
                check(&world, &outcome, moment);
                super::conformance::holds(&world, moment).await;
            }
        }
    }
    deaths
}

fn at_home() -> World {
    World::new(Temper::default())
}

/// The sweep on another back-end: with jobs, a provider that can be asked for what it got, and one 429.
pub(super) async fn everywhere(place: impl Fn() -> World) {
    let temper = || Temper { lookup: true, jobs: true, job_ms: 150, ..Temper::default() };
    let undisturbed = World { temper: temper(), ..place() };
    let expected = create(&undisturbed.engine().await, &an_order(a_graph())).await;
    let deaths = sweep(&place, temper(), &[2], |world, outcome, moment| {
        assert_eq!(*outcome, expected, "{moment}");
        assert_eq!(world.bill().most_for_one_key(), 1, "{moment}");
    })
    .await;
    assert!(deaths >= 8, "only {deaths} deaths");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_keys_a_death_at_any_moment_changes_nothing_and_pays_nothing_twice() {
    for jobs in [false, true] {
        let temper = Temper { keyed: true, jobs, ..Temper::default() };
        let expected = undisturbed(temper.clone()).await;
        let deaths = sweep(&at_home, temper, &[1, 3], |world, outcome, moment| {
            assert_eq!(*outcome, expected, "{moment}");
            assert_eq!(
                (world.bill().charges().len() as i64, world.bill().most_for_one_key()),
                (CALLS, 1),
                "{moment}"
            );
            assert_eq!(outcome.cost.spent.amount_micros, world.bill().total(), "{moment}");
        })
        .await;
        assert!(deaths >= 14, "only {deaths} deaths");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_a_death_between_sending_and_the_answer_is_called_ambiguous_and_nothing_is_paid_twice() {
    let expected = undisturbed(Temper::default()).await;
    let deaths = sweep(&at_home, Temper::default(), &[1, 3], |world, outcome, moment| {
        assert!(world.bill().most_for_one_key() <= 1, "{moment}");
        if outcome.cost.ambiguous_calls == 0 {
            assert_eq!(*outcome, expected, "{moment}");
        } else {
            assert!(outcome.failures.iter().any(|f| f.failure.code == "call_ambiguous"), "{moment}");
        }
        let in_the_window = matches!(moment, "call begun" | "call sent" | "reply filed");
        assert!(!in_the_window || outcome.cost.ambiguous_calls > 0, "{moment}");
    })
    .await;
    assert!(deaths >= 14, "only {deaths} deaths");
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_are_killed_at_random_moments_leave_the_same_outcome() {
    let expected = undisturbed(killable()).await;
    let world = World::new(killable());
    let (mut kills, mut dice) = (0, 0x2545_F491_4F6C_DD1D_u64);
    loop {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::dying::a_process_that_is_killed", "--ignored"])
            .env("HANDBILL_TEST_FOLDER", &world.folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        tokio::time::sleep(Duration::from_millis(100 + dice % 300)).await;
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        assert!(kills < 200, "no progress");
    }
    assert!(kills >= 3, "only {kills} kills");
    let outcome = create(&world.engine().await, &an_order(a_graph())).await;
    assert_eq!(outcome, expected);
    assert_eq!((world.bill().charges().len() as i64, world.bill().most_for_one_key()), (CALLS, 1));
}

fn killable() -> Temper {
    Temper { keyed: true, jobs: true, slow: Duration::from_millis(150), ..Temper::default() }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the test above runs it as a process of its own"]
async fn a_process_that_is_killed() {
    let Ok(folder) = std::env::var("HANDBILL_TEST_FOLDER") else { return };
    let mut world = World::at(folder.as_ref(), killable());
    let takes = a_graph().into_iter().map(|s| (s.key, Duration::from_millis(120))).collect();
    world.toy = Arc::new(Toy { takes, ..Toy::default() });
    create(&world.engine().await, &an_order(a_graph())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_slept_through_its_lease_writes_nothing_and_works_on() {
    let mut world = World::new(Temper { keyed: true, ..Temper::default() });
    let takes = [("picture".to_owned(), Duration::from_millis(600))].into();
    world.toy = Arc::new(Toy { takes, ..Toy::default() });
    let engine = world.engine().await;
    let order = an_order(a_graph());
    let id = engine.submit(&here(), &order).await.unwrap();
    let (workspace, stop) = (here(), Stop::default());
    let (outcome, ()) = tokio::join!(engine.run(&workspace, &id, &stop), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        // Another machine finds the lease overdue and gives the step away.
        handbill_store::sessions::bury_all(&engine.store, 3).await.unwrap();
    });
    let outcome = outcome.unwrap();
    assert_eq!((outcome.state, outcome.outputs.len()), (RunState::Succeeded, 7));
    assert_eq!(world.toy.runs.lock().unwrap()["picture"], 2, "the first one was void");
}
