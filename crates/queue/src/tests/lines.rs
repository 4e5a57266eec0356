//! What every line of tickets promises.

use std::{sync::Arc, time::Instant};

use handbill_domain::step::Lane;

use super::*;
use crate::{Class, Dispatcher, Place, Room, Taken};

async fn keeps_its_promises(line: Arc<dyn Dispatcher>) {
    a_ticket_waits_once(&*line).await;
    lanes_are_apart_and_the_oldest_step_is_first(&*line).await;
    a_better_class_wins(&*line).await;
    everybody_who_waits_gets_one(&line).await;
    a_taker_gets_what_it_has_room_for(&*line).await;
    a_wait_ends_in_time(&*line).await;
}

async fn a_ticket_waits_once(line: &dyn Dispatcher) {
    line.push(Lane::Model, &[ticket(2), ticket(1), ticket(2), ticket(3)]).await.unwrap();
    line.push(Lane::Model, &[ticket(1)]).await.unwrap();
    assert_eq!(line.depth(Lane::Model).await.unwrap(), 3);
    let place = |lane, class, name: &str| Place { lane, class, workspace: WorkspaceId::new(name) };
    let ours = WorkspaceId::default();
    let asked = [
        place(Lane::Model, Class::Bulk, ours.as_str()),
        place(Lane::Model, Class::Interactive, ours.as_str()),
        place(Lane::Media, Class::Interactive, ours.as_str()),
        place(Lane::Model, Class::Interactive, "others"),
    ];
    assert_eq!(line.waiting(&asked).await.unwrap(), [0, 3, 0, 0]);
    assert_eq!(line.waiting(&[]).await.unwrap(), Vec::<u64>::new());
}

async fn lanes_are_apart_and_the_oldest_step_is_first(line: &dyn Dispatcher) {
    assert_eq!(line.pop(Lane::Media, SOON).await.unwrap(), None);
    assert!(line.remove(Lane::Model, &ticket(1)).await.unwrap());
    assert!(!line.remove(Lane::Model, &ticket(1)).await.unwrap());
    assert_eq!(line.pop(Lane::Model, SOON).await.unwrap(), Some(ticket(2)));
    assert_eq!(line.pop(Lane::Model, SOON).await.unwrap(), Some(ticket(3)));
    assert_eq!(line.pop(Lane::Model, SOON).await.unwrap(), None);
    line.push(Lane::Model, &[ticket(2)]).await.unwrap();
    assert_eq!(
        line.pop(Lane::Model, SOON).await.unwrap(),
        Some(ticket(2)),
        "one that was taken may come again"
    );
}

async fn a_better_class_wins(line: &dyn Dispatcher) {
    line.push_as(Lane::Model, Class::Bulk, &[ticket(1), ticket(2)]).await.unwrap();
    line.push_as(Lane::Model, Class::Interactive, &[ticket(2)]).await.unwrap();
    line.push_as(Lane::Model, Class::Bulk, &[ticket(2)]).await.unwrap();
    assert_eq!(line.depth(Lane::Model).await.unwrap(), 2);
    let taken = line.take(Lane::Model, Room { slots: 9, bulk: 9 }).await.unwrap();
    let expected = [(Class::Interactive, ticket(2)), (Class::Bulk, ticket(1))];
    assert_eq!(taken, expected.map(|(class, ticket)| Taken { class, ticket }));
}

async fn everybody_who_waits_gets_one(line: &Arc<dyn Dispatcher>) {
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let line = line.clone();
            tokio::spawn(
                async move { line.pop(Lane::Deliver, Duration::from_secs(10)).await.unwrap().unwrap() },
            )
        })
        .collect();
    tokio::time::sleep(SOON).await;
    let begun = Instant::now();
    line.push(Lane::Deliver, &(1..=4).map(ticket).collect::<Vec<_>>()).await.unwrap();
    let mut got = Vec::new();
    for popped in waiting {
        got.push(popped.await.unwrap().step);
    }
    got.sort_unstable();
    assert_eq!(got, [1, 2, 3, 4], "everybody who waits gets one, nobody the same");
    assert!(begun.elapsed() < Duration::from_millis(500), "they were rung: {:?}", begun.elapsed());
}

async fn a_taker_gets_what_it_has_room_for(line: &dyn Dispatcher) {
    line.push_as(Lane::Media, Class::Bulk, &(1..=9).map(ticket).collect::<Vec<_>>()).await.unwrap();
    let count = async |slots, bulk| line.take(Lane::Media, Room { slots, bulk }).await.unwrap().len();
    assert_eq!(count(3, 0).await, 0);
    assert_eq!(count(3, 2).await, 2);
    assert_eq!(count(0, 5).await, 0);
    assert_eq!(count(20, 20).await, 7);
    assert_eq!(line.depth(Lane::Media).await.unwrap(), 0);
}

async fn a_wait_ends_in_time(line: &dyn Dispatcher) {
    let begun = Instant::now();
    assert_eq!(line.pop(Lane::Media, Duration::from_millis(300)).await.unwrap(), None);
    assert!((290..1500).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_in_this_process_keep_their_promises() {
    keeps_its_promises(here()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_in_redis_keep_their_promises() {
    let server = a_redis();
    keeps_its_promises(Arc::new(server.line().await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_reaches_an_idle_worker_within_fifty_milliseconds_and_waiting_costs_nothing() {
    let server = a_redis();
    let (line, other) = (Arc::new(server.line().await), server.line().await);
    let (hops, mut arrived) = tokio::sync::mpsc::unbounded_channel();
    for _ in 0..8 {
        let (line, hops) = (line.clone(), hops.clone());
        tokio::spawn(async move {
            loop {
                if line.pop(Lane::Model, Duration::from_secs(5)).await.unwrap().is_some() {
                    hops.send(Instant::now()).unwrap();
                }
            }
        });
    }
    let mut took = Vec::new();
    for step in 0..40 {
        tokio::time::sleep(Duration::from_millis(15)).await;
        let begun = Instant::now();
        other.push(Lane::Model, &[ticket(step)]).await.unwrap();
        took.push(arrived.recv().await.unwrap() - begun);
    }
    took.sort_unstable();
    assert!(took[37] <= Duration::from_millis(50), "p95 of a hop: {:?}", took[37]);

    let before = server.asked().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let asked = server.asked().await - before;
    assert!(asked < 60, "eight idle workers asked {asked} things in three seconds");
}

#[test]
fn a_ticket_reads_what_it_writes() {
    assert_eq!(of("a:b", 7).to_string().parse::<Ticket>().unwrap(), of("a:b", 7));
    assert!("x".parse::<Ticket>().is_err());
    assert_eq!("bulk".parse::<Class>().unwrap(), Class::Bulk);
    assert!("urgent".parse::<Class>().is_err());
}
