//! A Redis that forgets, hangs or goes away.

use std::{collections::BTreeSet, sync::Arc, time::Instant};

use handbill_domain::step::Lane;

use super::*;
use crate::{Class, Dispatcher, Room};

/// Asks until it works again, for a while.
async fn again<T>(mut ask: impl AsyncFnMut() -> Result<T, crate::Error>) -> T {
    let until = Instant::now() + Duration::from_secs(5);
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) => assert!(busy(error.fault()) && Instant::now() < until, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_lost_everything_takes_the_tickets_again() {
    let server = a_redis();
    let line = server.line().await;
    line.push(Lane::Model, &[ticket(1)]).await.unwrap();
    server.flush();
    let () = server.ask(&["SCRIPT", "FLUSH"]).await;
    assert_eq!(line.pop(Lane::Model, SOON).await.unwrap(), None);
    line.push(Lane::Model, &[ticket(1)]).await.unwrap();
    assert_eq!(line.pop(Lane::Model, SOON).await.unwrap(), Some(ticket(1)));
}

/// A feeder that brings everything again and again, takers, and somebody who wipes Redis at any moment, or a part of it.
#[tokio::test(flavor = "multi_thread")]
async fn wiped_at_any_moment_every_ticket_is_given_in_the_end() {
    for seed in 0..6 {
        let server = a_redis();
        let line = server.line().await;
        let mut dice = Dice::new(seed);
        let all: BTreeSet<Ticket> =
            (0..300).map(|n| of(["a", "b", "c"][n % 3], i64::try_from(n).unwrap())).collect();
        let mut left = all.clone();
        for _ in 0..400 {
            let some: Vec<_> = left.iter().filter(|_| dice.below(3) == 0).take(40).cloned().collect();
            let class = if dice.below(2) == 0 { Class::Bulk } else { Class::Interactive };
            line.push_as(Lane::Model, class, &some).await.unwrap();
            match dice.below(8) {
                0 => server.flush(),
                1 => {
                    let () = server.ask(&["SCRIPT", "FLUSH"]).await;
                }
                2 => {
                    // As an eviction would: any one key.
                    let key: Option<String> = server.ask(&["RANDOMKEY"]).await;
                    if let Some(key) = key {
                        let _: u64 = server.ask(&["DEL", &key]).await;
                    }
                }
                _ => {}
            }
            for taken in line.take(Lane::Model, Room { slots: 5, bulk: 4 }).await.unwrap() {
                assert!(all.contains(&taken.ticket), "{taken:?}");
                left.remove(&taken.ticket);
            }
        }
        assert!(left.is_empty(), "seed {seed}: {} tickets were never given", left.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_hangs_is_busy_and_does_not_hang_the_worker() {
    let server = a_redis();
    let line = server.line().await;
    server.signal("-STOP");
    let begun = Instant::now();
    let error = line.depth(Lane::Model).await.unwrap_err();
    assert!(busy(error.fault()), "{error}");
    let error = line.pop(Lane::Model, Duration::from_secs(60)).await.unwrap_err();
    assert!(busy(error.fault()), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    let begun = Instant::now();
    assert!(line.depth(Lane::Model).await.is_err());
    assert!(begun.elapsed() < SOON, "one that failed a moment ago is not waited for again");
    server.signal("-CONT");
    assert_eq!(again(async || line.depth(Lane::Model).await).await, 0, "and it is used again when it wakes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_restarts_is_used_again_and_rings_again() {
    let mut server = a_redis();
    let line = Arc::new(server.line().await);
    let begun = Instant::now();
    server.stop();
    let error = line.push(Lane::Model, &[ticket(1)]).await.unwrap_err();
    assert!(busy(error.fault()) && begun.elapsed() < Duration::from_secs(4), "{error}");
    server.again();
    again(async || line.push(Lane::Model, &[ticket(1)]).await).await;
    assert_eq!(line.pop(Lane::Model, SOON).await.unwrap(), Some(ticket(1)));

    // The bell is heard again as well.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let waiting = tokio::spawn({
        let line = line.clone();
        async move { line.pop(Lane::Model, Duration::from_secs(10)).await.unwrap() }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    line.push(Lane::Model, &[ticket(2)]).await.unwrap();
    assert_eq!(waiting.await.unwrap(), Some(ticket(2)));
    assert!(begun.elapsed() < Duration::from_millis(300), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_may_start_before_its_redis() {
    let mut server = a_redis();
    server.stop();
    assert!(busy(Redis::open(&server.url(), "test").await.err().unwrap().fault()));
    let line = Redis::prepare(&server.url(), "test").unwrap();
    assert!(line.push(Lane::Model, &[ticket(1)]).await.is_err());
    server.again();
    again(async || line.push(Lane::Model, &[ticket(1)]).await).await;
    assert_eq!(line.depth(Lane::Model).await.unwrap(), 1);
}

/// A subscription that died without a word costs a second at most.
#[tokio::test(flavor = "multi_thread")]
async fn a_bell_that_nobody_hears_is_made_good_by_looking() {
    let server = a_redis();
    let line = Arc::new(server.line().await);
    let waiting = tokio::spawn({
        let line = line.clone();
        async move { line.pop(Lane::Model, Duration::from_secs(10)).await.unwrap() }
    });
    tokio::time::sleep(SOON).await;
    // A ticket that is simply there, without anybody ringing.
    let _: u64 = server.ask(&["ZADD", "{test}:lane:model.i:local", "7", "7"]).await;
    let _: u64 = server.ask(&["ZADD", "{test}:lane:model.i", "0", "local"]).await;
    let got = tokio::time::timeout(Duration::from_millis(1500), waiting).await.expect("a look").unwrap();
    assert_eq!(got, Some(ticket(7)));
}
