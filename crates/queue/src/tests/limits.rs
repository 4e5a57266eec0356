//! What all limits promise.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use super::*;
use crate::{
    Limits,
    limits::{Account, Entry, Pass, Wait, Why},
    redis::Timing,
};

/// Leases that a test can wait for.
pub(super) const QUICK: Timing =
    Timing { lease: Duration::from_millis(1000), beat: Duration::from_millis(100) };
const PATIENCE: Duration = Duration::from_secs(5);

fn an_account(id: &str) -> Account {
    Account { id: id.into(), ..Account::default() }
}

async fn go(limits: &dyn Limits, account: &Account, holder: &str) -> Pass {
    match limits.enter_within(account, holder, 0, PATIENCE).await.unwrap() {
        Entry::Go(pass) => pass,
        Entry::Wait(wait) => panic!("{wait:?}"),
    }
}

async fn refused(limits: &dyn Limits, account: &Account, holder: &str, tokens: u64) -> Wait {
    match limits.enter(account, holder, tokens).await.unwrap() {
        Entry::Wait(wait) => wait,
        Entry::Go(_) => panic!("{holder} was let in"),
    }
}

async fn keep_their_promises(limits: Arc<dyn Limits>) {
    no_more_than_so_many_at_once(&limits).await;
    one_holder_has_one_place(&*limits).await;
    a_job_keeps_its_place_while_nobody_waits_for_it(&*limits).await;
    requests_come_in_a_burst_and_then_at_their_rate(&*limits).await;
    tokens_are_counted_and_corrected(&*limits).await;
    an_account_that_said_429_is_left_alone(&*limits).await;
    nothing_allowed_is_nothing(&*limits).await;
}

async fn no_more_than_so_many_at_once(limits: &Arc<dyn Limits>) {
    let account = Account { at_once: Some(3), ..an_account("three") };
    let (inside, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let all: Vec<_> = (0..24)
        .map(|n| {
            let (limits, account, inside, most) =
                (limits.clone(), account.clone(), inside.clone(), most.clone());
            tokio::spawn(async move {
                let pass = go(&*limits, &account, &format!("call {n}")).await;
                most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(30)).await;
                inside.fetch_sub(1, Ordering::SeqCst);
                drop(pass);
            })
        })
        .collect();
    for one in all {
        one.await.unwrap();
    }
    assert_eq!(most.load(Ordering::SeqCst), 3, "three at once, and really three");
}

async fn one_holder_has_one_place(limits: &dyn Limits) {
    let account = Account { at_once: Some(2), ..an_account("two") };
    let (first, again) = (go(limits, &account, "a").await, go(limits, &account, "a").await);
    let other = go(limits, &account, "b").await;
    assert_eq!(refused(limits, &account, "c", 0).await.why, Why::AtOnce);
    drop(first);
    assert_eq!(refused(limits, &account, "c", 0).await.why, Why::AtOnce, "it is still held once");
    drop(again);
    drop((go(limits, &account, "c").await, other));
}

async fn a_job_keeps_its_place_while_nobody_waits_for_it(limits: &dyn Limits) {
    let account = Account { at_once: Some(1), ..an_account("jobs") };
    go(limits, &account, "job").await.park(Duration::from_millis(700));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(refused(limits, &account, "other", 0).await.why, Why::AtOnce);
    let back = limits.hold(&account, "job").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1300)).await;
    assert_eq!(refused(limits, &account, "other", 0).await.why, Why::AtOnce, "it is looked after again");
    // A job that runs takes its place even where there is none.
    let second = limits.hold(&account, "another job").await.unwrap();
    drop(back);
    tokio::time::sleep(SOON).await;
    assert_eq!(refused(limits, &account, "other", 0).await.why, Why::AtOnce);
    second.park(Duration::from_millis(400));
    let begun = Instant::now();
    drop(go(limits, &account, "other").await);
    assert!(
        begun.elapsed() > Duration::from_millis(200),
        "a parked place ends by itself: {:?}",
        begun.elapsed()
    );
}

async fn requests_come_in_a_burst_and_then_at_their_rate(limits: &dyn Limits) {
    // Six hundred in a minute: a hundred at once, then one in every 120 ms (501 in the rest of the minute).
    let account = Account { requests_per_minute: Some(600), ..an_account("fast") };
    let first = refused_after(limits, &account).await;
    assert!((100..=102).contains(&first.0) && first.1.why == Why::Requests, "{first:?}");
    assert!((1..=121).contains(&first.1.after.as_millis()), "{first:?}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let next = refused_after(limits, &account).await.0;
    assert!((3..=5).contains(&next), "{next} in half a second");
}

/// How many go until one is refused.
async fn refused_after(limits: &dyn Limits, account: &Account) -> (u32, Wait) {
    for n in 0.. {
        if let Entry::Wait(wait) = limits.enter(account, "x", 0).await.unwrap() {
            return (n, wait);
        }
    }
    unreachable!()
}

async fn tokens_are_counted_and_corrected(limits: &dyn Limits) {
    let account = Account { tokens_per_minute: Some(60_000), ..an_account("tokens") };
    let enter = async |tokens| match limits.enter_within(&account, "x", tokens, PATIENCE).await.unwrap() {
        Entry::Go(pass) => pass,
        Entry::Wait(wait) => panic!("{wait:?}"),
    };
    // More than the bucket holds goes when it is full, and is paid off afterwards: 50,000 of 833 in a second.
    let large = enter(50_000).await;
    let wait = refused(limits, &account, "y", 1000).await;
    assert_eq!(wait.why, Why::Tokens);
    assert!(wait.after > Duration::from_secs(30), "{wait:?}");
    // It used much less.
    large.used(10);
    tokio::time::sleep(SOON).await;
    drop(enter(1000).await);
}

async fn an_account_that_said_429_is_left_alone(limits: &dyn Limits) {
    let account = an_account("storm");
    limits.block("storm", Duration::from_millis(600)).await.unwrap();
    limits.block("storm", Duration::from_millis(10)).await.unwrap();
    let wait = refused(limits, &account, "x", 0).await;
    assert_eq!(wait.why, Why::Blocked);
    assert!(
        (300..=600).contains(&wait.after.as_millis()),
        "a shorter time does not end a longer one: {wait:?}"
    );
    drop(go(limits, &an_account("another"), "x").await);
    let begun = Instant::now();
    drop(go(limits, &account, "x").await);
    assert!(begun.elapsed() >= Duration::from_millis(300), "{:?}", begun.elapsed());
}

async fn nothing_allowed_is_nothing(limits: &dyn Limits) {
    let account = Account { requests_per_minute: Some(0), ..an_account("closed") };
    assert_eq!(refused(limits, &account, "x", 0).await.why, Why::Requests);
    let account = Account { at_once: Some(0), ..an_account("full") };
    assert_eq!(refused(limits, &account, "x", 0).await.why, Why::AtOnce);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_in_this_process_keep_their_promises() {
    keep_their_promises(here()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_in_redis_keep_their_promises() {
    let server = a_redis();
    // One that has known for long who is in flight.
    let () = server.ask(&["SET", "{test}:flights", "1"]).await;
    keep_their_promises(Arc::new(server.line().await.with_timing(QUICK))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_redis_begins_with_empty_buckets() {
    let server = a_redis();
    let limits = server.line().await.with_timing(QUICK);
    let account = Account { requests_per_minute: Some(600), ..an_account("fast") };
    assert_eq!(
        refused(&limits, &account, "x", 0).await.why,
        Why::Unsure,
        "who is in flight is not known yet"
    );
    drop(go(&limits, &account, "x").await);
    assert!(
        refused_after(&limits, &account).await.0 <= 2,
        "what was asked before the loss may have been a burst"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_set_back_costs_a_moment_and_not_an_hour() {
    let server = a_redis();
    let () = server.ask(&["SET", "{test}:flights", "9000000000000000"]).await;
    let limits = server.line().await.with_timing(QUICK);
    assert_eq!(refused(&limits, &an_account("a"), "x", 0).await.why, Why::Unsure);
    drop(go(&limits, &an_account("a"), "x").await);
}

/// Two processes fill an account, Redis forgets everything at any moment, and there is never one too many in flight.
#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_redis_never_lets_one_too_many_in() {
    let server = a_redis();
    let account = Account { at_once: Some(4), ..an_account("toy") };
    let (inside, most, served) =
        (Arc::<AtomicU32>::default(), Arc::<AtomicU32>::default(), Arc::<AtomicU32>::default());
    let mut workers = Vec::new();
    for process in 0..2 {
        let limits = Arc::new(server.line().await.with_timing(QUICK));
        for n in 0..6 {
            let (limits, account) = (limits.clone(), account.clone());
            let (inside, most, served) = (inside.clone(), most.clone(), served.clone());
            workers.push(tokio::spawn(async move {
                for call in 0.. {
                    let pass = go(&*limits, &account, &format!("{process} {n} {call}")).await;
                    most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(40 + 25 * n)).await;
                    inside.fetch_sub(1, Ordering::SeqCst);
                    served.fetch_add(1, Ordering::SeqCst);
                    drop(pass);
                }
            }));
        }
    }
    for pause in [700, 130, 900, 40, 800] {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        server.flush();
    }
    tokio::time::sleep(Duration::from_millis(600)).await;
    workers.iter().for_each(tokio::task::JoinHandle::abort);
    assert_eq!(most.load(Ordering::SeqCst), 4);
    assert!(served.load(Ordering::SeqCst) > 20, "{served:?} calls were served");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_nobody_is_asked_until_old_leases_are_over_and_then_a_share() {
    let mut server = a_redis();
    let limits = server.line().await.with_timing(QUICK).with_share(0.5);
    let account = Account { at_once: Some(4), requests_per_minute: Some(6000), ..an_account("toy") };
    let one = Account { at_once: Some(1), ..an_account("one") };
    let mine = go(&limits, &account, "mine").await;
    server.stop();
    let wait = refused(&limits, &account, "next", 0).await;
    assert_eq!(wait.why, Why::Unsure, "who else is in flight is not known");
    assert!(wait.after <= QUICK.lease);
    let next = go(&limits, &account, "next").await;
    assert_eq!(
        refused(&limits, &account, "third", 0).await.why,
        Why::AtOnce,
        "two of four, and what we had counts"
    );
    assert_eq!(refused(&limits, &one, "x", 0).await.why, Why::AtOnce, "half of one is none");
    limits.block("toy", Duration::from_secs(1)).await.unwrap_err();
    drop(mine);
    assert_eq!(
        refused(&limits, &account, "third", 0).await.why,
        Why::Blocked,
        "a 429 is heeded here all the same"
    );

    server.again();
    let back = Account { at_once: Some(1), ..an_account("toy") };
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let wait = refused(&limits, &back, "other", 0).await;
    assert_eq!(wait.why, Why::AtOnce, "what was let in meanwhile is known to the new redis");
    drop(next);
    drop(go(&limits, &back, "other").await);
}
