//! Who comes next, over many orders of events.

use std::collections::{BTreeMap, BTreeSet};

use handbill_domain::step::Lane;

use super::*;
use crate::{Class, Dispatcher, Room, Taken};

const ONE: Room = Room { slots: 1, bulk: 1 };

async fn fill(line: &dyn Dispatcher, class: Class, workspace: &str, steps: std::ops::Range<i64>) {
    let tickets: Vec<_> = steps.map(|step| of(workspace, step)).collect();
    line.push_as(Lane::Model, class, &tickets).await.unwrap();
}

async fn picks(line: &dyn Dispatcher, count: usize) -> Vec<Taken> {
    line.take(Lane::Model, Room { slots: count, bulk: count }).await.unwrap()
}

fn of_class(picked: &[Taken], class: Class) -> usize {
    picked.iter().filter(|t| t.class == class).count()
}

async fn is_fair(line: &dyn Dispatcher) {
    one_pick_in_eight_is_bulk(line).await;
    a_small_workspace_does_not_wait_behind_a_large_one(line).await;
    who_comes_back_at_once_has_had_its_turn(line).await;
    bulk_alone_gets_everything(line).await;
}

async fn one_pick_in_eight_is_bulk(line: &dyn Dispatcher) {
    fill(line, Class::Interactive, "a", 0..500).await;
    fill(line, Class::Bulk, "a", 1000..1500).await;
    // One at a time and many at once count the same.
    let mut picked = Vec::new();
    for count in [1, 1, 1, 5, 30, 2, 40] {
        picked.extend(picks(line, count).await);
    }
    for eight in picked.chunks(8) {
        assert_eq!(of_class(eight, Class::Bulk), 1, "{eight:?}");
    }
    // A worker without room for bulk takes nothing from its guarantee.
    let before = line.take(Lane::Model, Room { slots: 50, bulk: 0 }).await.unwrap();
    assert_eq!(of_class(&before, Class::Bulk), 0);
    assert_eq!(of_class(&picks(line, 8).await, Class::Bulk), 1);
    while !picks(line, 1000).await.is_empty() {}
}

async fn a_small_workspace_does_not_wait_behind_a_large_one(line: &dyn Dispatcher) {
    for class in [Class::Interactive, Class::Bulk] {
        for large in ["large", "larger", "zz"] {
            fill(line, class, large, 0..2000).await;
        }
        picks(line, 700).await;
        fill(line, class, "small", 5000..5001).await;
        let next = picks(line, 6).await;
        assert!(next.iter().any(|t| t.ticket == of("small", 5000)), "{next:?}");
        while !picks(line, 1000).await.is_empty() {}
    }
}

/// One ticket at a time must not be a way to the front.
async fn who_comes_back_at_once_has_had_its_turn(line: &dyn Dispatcher) {
    fill(line, Class::Interactive, "steady", 0..300).await;
    fill(line, Class::Interactive, "other", 0..300).await;
    let mut got = BTreeMap::<String, u32>::new();
    for step in 0..90 {
        fill(line, Class::Interactive, "again", step..step + 1).await;
        let picked = picks(line, 1).await.remove(0);
        *got.entry(picked.ticket.workspace.to_string()).or_default() += 1;
    }
    assert!(got.values().all(|n| (29..=31).contains(n)), "{got:?}");
    while !picks(line, 1000).await.is_empty() {}
}

async fn bulk_alone_gets_everything(line: &dyn Dispatcher) {
    fill(line, Class::Bulk, "a", 0..40).await;
    assert_eq!(of_class(&picks(line, 40).await, Class::Bulk), 40);
}

/// Between any two workspaces that both wait all the time, no stretch of picks gives one two more than the other.
async fn shares_are_equal(line: &dyn Dispatcher, seed: u64) {
    let mut dice = Dice::new(seed);
    let mut waiting: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    let mut lead: BTreeMap<(String, String), (i64, i64, i64)> = BTreeMap::new();
    let mut next = 0;
    for _ in 0..400 {
        if dice.below(3) == 0 {
            let workspace = format!("w{}", dice.below(6));
            let count = 1 + i64::try_from(dice.below(12)).unwrap();
            fill(line, Class::Interactive, &workspace, next..next + count).await;
            waiting.entry(workspace).or_default().extend(next..next + count);
            next += count;
        }
        let Some(picked) = line.take(Lane::Model, ONE).await.unwrap().pop() else {
            assert!(waiting.values().all(BTreeSet::is_empty), "seed {seed}: tickets wait and none is given");
            continue;
        };
        let served = picked.ticket.workspace.to_string();
        let before: Vec<String> =
            waiting.iter().filter(|(_, w)| !w.is_empty()).map(|(n, _)| n.clone()).collect();
        assert_eq!(
            waiting.get_mut(&served).unwrap().pop_first(),
            Some(picked.ticket.step),
            "seed {seed}: oldest first"
        );
        lead.retain(|(a, b), _| before.contains(a) && before.contains(b));
        for a in &before {
            for b in before.iter().filter(|b| a < *b) {
                let (now, low, high) = lead.entry((a.clone(), b.clone())).or_default();
                *now += i64::from(served == *a) - i64::from(served == *b);
                (*low, *high) = ((*low).min(*now), (*high).max(*now));
                assert!(*high - *low <= 2, "seed {seed}: {a} and {b} are {} apart", *high - *low);
            }
        }
    }
    while !picks(line, 1000).await.is_empty() {}
}

#[tokio::test]
async fn this_process_is_fair() {
    is_fair(&*here()).await;
    for seed in 0..60 {
        shares_are_equal(&*here(), seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_fair() {
    let server = a_redis();
    let line = server.line().await;
    is_fair(&line).await;
    for seed in 100..112 {
        server.flush();
        shares_are_equal(&line, seed).await;
    }
}

/// The scripts and the code beside them are two tellings of the same thing.
#[tokio::test(flavor = "multi_thread")]
async fn both_give_the_same_tickets_in_the_same_order() {
    let server = a_redis();
    let redis = server.line().await;
    for seed in 0..25 {
        server.flush();
        let local = Local::default();
        let mut dice = Dice::new(seed);
        for moment in 0..250 {
            let workspace = ["a", "b", "c:d", "茶", "z z"][usize::try_from(dice.below(5)).unwrap()];
            let class = if dice.below(2) == 0 { Class::Bulk } else { Class::Interactive };
            let step = i64::try_from(dice.below(60)).unwrap();
            let some = 1 + i64::try_from(dice.below(6)).unwrap();
            match dice.below(5) {
                0 | 1 => {
                    fill(&redis, class, workspace, step..step + some).await;
                    fill(&local, class, workspace, step..step + some).await;
                }
                2 => {
                    let out = of(workspace, step);
                    let gone = redis.remove(Lane::Model, &out).await.unwrap();
                    assert_eq!(gone, local.remove(Lane::Model, &out).await.unwrap(), "seed {seed}, {moment}");
                }
                _ => {
                    let slots = usize::try_from(dice.below(5)).unwrap();
                    let room = Room { slots, bulk: usize::try_from(dice.below(4)).unwrap() };
                    let taken = redis.take(Lane::Model, room).await.unwrap();
                    assert_eq!(taken, local.take(Lane::Model, room).await.unwrap(), "seed {seed}, {moment}");
                }
            }
            let depth = redis.depth(Lane::Model).await.unwrap();
            assert_eq!(depth, local.depth(Lane::Model).await.unwrap(), "seed {seed}, {moment}");
        }
    }
}
