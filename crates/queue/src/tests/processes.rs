//! Two processes and one Redis. The second one is this test binary, started again.

use std::{
    collections::BTreeSet,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use handbill_domain::step::Lane;

use super::*;
use crate::{
    Class, Dispatcher, Limits,
    limits::{Account, Entry},
};

const COUNT: i64 = 400;
const URL: &str = "HANDBILL_TEST_REDIS";

fn another(test: &str, server: &Server) -> Child {
    let binary = std::env::current_exe().unwrap();
    Command::new(binary)
        .args(["--exact", &format!("tests::processes::{test}"), "--nocapture", "--ignored"])
        .env(URL, server.url())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

async fn drain(line: &Redis) -> BTreeSet<i64> {
    let mut got = BTreeSet::new();
    while let Some(ticket) = line.pop(Lane::Model, Duration::from_millis(800)).await.unwrap() {
        assert!(got.insert(ticket.step), "{ticket} came twice");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    got
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_the_tickets_and_none_is_given_twice() {
    let server = a_redis();
    let line = Arc::new(server.line().await);
    let other = another("a_second_process_takes_tickets", &server);
    server.heard_by(2).await;
    let mine = tokio::spawn({
        let line = line.clone();
        async move { drain(&line).await }
    });
    for some in (0..COUNT).collect::<Vec<_>>().chunks(50) {
        let tickets: Vec<_> = some.iter().map(|n| ticket(*n)).collect();
        line.push_as(Lane::Model, Class::Bulk, &tickets).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mine = mine.await.unwrap();
    let said = String::from_utf8(other.wait_with_output().unwrap().stdout).unwrap();
    let list = said.lines().find_map(|l| l.split_once("took:").map(|(_, list)| list)).expect("a list");
    let theirs: BTreeSet<i64> = list.split_whitespace().map(|n| n.parse().unwrap()).collect();
    assert!(mine.is_disjoint(&theirs));
    assert_eq!(mine.union(&theirs).count(), usize::try_from(COUNT).unwrap());
    assert!(mine.len() > 40 && theirs.len() > 40, "{} and {}", mine.len(), theirs.len());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the second process of another test"]
#[allow(clippy::print_stdout)]
async fn a_second_process_takes_tickets() {
    let Ok(url) = std::env::var(URL) else { return };
    let line = Redis::open(&url, "test").await.unwrap();
    let first = line.pop(Lane::Model, Duration::from_secs(20)).await.unwrap().unwrap();
    let mut got = drain(&line).await;
    got.insert(first.step);
    println!("took: {}", got.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_of_a_process_that_was_killed_is_free_after_its_lease() {
    let server = a_redis();
    let limits = server.line().await.with_timing(super::limits::QUICK);
    let mut other = another("a_second_process_holds_places", &server);
    let account = Account { id: "toy".into(), at_once: Some(2), ..Account::default() };
    for _ in 0..400 {
        let held: u64 = server.ask(&["ZCARD", "{test}:flight:toy"]).await;
        if held == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    // It lives longer than a lease, and keeps its places.
    for _ in 0..10 {
        assert!(matches!(limits.enter(&account, "mine", 0).await.unwrap(), Entry::Wait(_)));
        tokio::time::sleep(super::limits::QUICK.lease / 5).await;
    }
    other.kill().unwrap();
    other.wait().unwrap();
    let patience = super::limits::QUICK.lease * 2;
    assert!(matches!(limits.enter_within(&account, "mine", 0, patience).await.unwrap(), Entry::Go(_)));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the second process of another test"]
async fn a_second_process_holds_places() {
    let Ok(url) = std::env::var(URL) else { return };
    let limits = Redis::open(&url, "test").await.unwrap().with_timing(super::limits::QUICK);
    let account = Account { id: "toy".into(), at_once: Some(2), ..Account::default() };
    let enter =
        async |holder| limits.enter_within(&account, holder, 0, Duration::from_secs(10)).await.unwrap();
    let held = (enter("a").await, enter("b").await);
    tokio::time::sleep(Duration::from_secs(60)).await;
    drop(held);
}
