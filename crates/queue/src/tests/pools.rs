//! Hands of a worker, and how many of them bulk may hold.

use std::{sync::Arc, time::Instant};

use handbill_domain::step::Lane;

use super::*;
use crate::{Class, Dispatcher, Job, Place, Pool, Room};

const LONG: Duration = Duration::from_secs(10);

fn tickets(workspace: &str, steps: std::ops::Range<i64>) -> Vec<Ticket> {
    steps.map(|step| of(workspace, step)).collect()
}

async fn a_pool_keeps_its_promises(line: Arc<dyn Dispatcher>) {
    let pool = Arc::new(Pool::new(line.clone(), Lane::Media, 8));
    line.push_as(Lane::Media, Class::Bulk, &tickets("night", 0..100)).await.unwrap();
    let mut bulk: Vec<Job> = pool.take(LONG).await.unwrap();
    assert_eq!(bulk.len(), 6, "bulk holds three hands of four");
    assert_eq!(pool.free(), Room { slots: 2, bulk: 0 });
    assert!(pool.take(SOON).await.unwrap().is_empty(), "and no more");

    // Somebody comes while bulk waits and holds all that it may.
    let waiting = tokio::spawn({
        let pool = pool.clone();
        async move { pool.take(LONG).await.unwrap() }
    });
    tokio::time::sleep(SOON).await;
    let begun = Instant::now();
    line.push(Lane::Media, &tickets("day", 0..5)).await.unwrap();
    let day = waiting.await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    assert_eq!(day.iter().map(|job| job.class).collect::<Vec<_>>(), [Class::Interactive; 2]);
    assert_eq!(pool.free(), Room { slots: 0, bulk: 0 });

    // A hand that becomes free is used at once.
    let waiting = tokio::spawn({
        let pool = pool.clone();
        async move { pool.take(LONG).await.unwrap() }
    });
    tokio::time::sleep(SOON).await;
    let begun = Instant::now();
    drop(bulk.pop());
    let next = waiting.await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    assert_eq!((next.len(), next[0].class), (1, Class::Interactive));

    drop((day, next, bulk));
    assert_eq!(pool.free(), Room { slots: 8, bulk: 6 }, "every hand comes back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_in_this_process_leaves_room_for_who_waits() {
    a_pool_keeps_its_promises(here()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_on_redis_leaves_room_for_who_waits() {
    let server = a_redis();
    a_pool_keeps_its_promises(Arc::new(server.line().await)).await;
}

#[tokio::test]
async fn bulk_never_holds_more_than_its_part_of_any_pool() {
    for seed in 0..40 {
        let mut dice = Dice::new(seed);
        let size = 1 + usize::try_from(dice.below(12)).unwrap();
        let most = (size * 3 / 4).max(1);
        let line = here();
        let pool = Pool::new(line.clone(), Lane::Model, size);
        let mut held: Vec<Job> = Vec::new();
        for step in 0..300 {
            let class = if dice.below(3) == 0 { Class::Interactive } else { Class::Bulk };
            line.push_as(Lane::Model, class, &[of("a", step)]).await.unwrap();
            held.extend(pool.take(Duration::ZERO).await.unwrap());
            let bulk = held.iter().filter(|job| job.class == Class::Bulk).count();
            assert!(bulk <= most && held.len() <= size, "seed {seed}: {bulk} of {size}");
            if !held.is_empty() && dice.below(2) == 0 {
                held.swap_remove(usize::try_from(dice.below(held.len() as u64)).unwrap());
            }
        }
        let held = held.len();
        assert_eq!(pool.free().slots, size - held, "seed {seed}");
    }
}

#[tokio::test]
async fn a_look_that_is_dropped_gives_the_hands_back() {
    struct Slow(Local);
    #[async_trait::async_trait]
    impl Dispatcher for Slow {
        async fn push_as(&self, _: Lane, _: Class, _: &[Ticket]) -> Result<(), crate::Error> {
            Ok(())
        }
        async fn take(&self, _: Lane, _: Room) -> Result<Vec<crate::Taken>, crate::Error> {
            std::future::pending().await
        }
        fn bell(&self, lane: Lane) -> Arc<crate::Bell> {
            self.0.bell(lane)
        }
        async fn remove(&self, _: Lane, _: &Ticket) -> Result<bool, crate::Error> {
            Ok(false)
        }
        async fn depth(&self, _: Lane) -> Result<u64, crate::Error> {
            Ok(0)
        }
        async fn waiting(&self, _: &[Place]) -> Result<Vec<u64>, crate::Error> {
            Ok(vec![])
        }
    }
    let pool = Pool::new(Arc::new(Slow(Local::default())), Lane::Model, 4);
    assert!(tokio::time::timeout(SOON, pool.take(LONG)).await.is_err());
    assert_eq!(pool.free(), Room { slots: 4, bulk: 3 });
}
