//! The arithmetic of rates, over many patterns of asking.

use super::Dice;
use crate::limits::Rate;

const MINUTE: f64 = 60e6;

#[test]
fn no_minute_has_more_than_the_limit_and_a_patient_one_gets_all_of_it() {
    for limit in [1, 2, 3, 5, 6, 7, 12, 59, 60, 61, 500, 3333] {
        for seed in 0..6 {
            let mut dice = Dice::new(seed + u64::from(limit) * 100);
            let (rate, mut full_at, mut now) = (Rate::per_minute(limit), 0.0, 0.0);
            let mut taken: Vec<f64> = Vec::new();
            while now < 5.0 * MINUTE {
                match rate.take(full_at, now, 1.0) {
                    Ok(next) => {
                        full_at = next;
                        taken.push(now);
                    }
                    // Sometimes at once, sometimes late.
                    Err(wait) => {
                        now += wait.as_secs_f64() * 1e6 + if seed == 0 { 0.0 } else { pause(&mut dice) }
                    }
                }
            }
            for (i, begin) in taken.iter().enumerate() {
                let in_minute = taken[i..].iter().take_while(|t| **t < begin + MINUTE - 1.0).count();
                assert!(in_minute <= limit as usize, "{in_minute} of {limit} in a minute, seed {seed}");
            }
            if seed == 0 {
                assert!(
                    taken.len() >= 5 * limit as usize * 5 / 6,
                    "{} of {limit} in five minutes",
                    taken.len()
                );
            }
        }
    }
}

#[allow(clippy::cast_precision_loss)]
fn pause(dice: &mut Dice) -> f64 {
    if dice.below(4) == 0 { dice.below(20_000_000) as f64 } else { 0.0 }
}

#[test]
fn what_is_larger_than_the_bucket_goes_when_it_is_full_and_is_paid_off() {
    let rate = Rate::per_minute(600);
    assert!(rate.take(1.0, 0.0, 1000.0).is_err(), "not quite full");
    let full_at = rate.take(0.0, 0.0, 1000.0).unwrap();
    assert!(full_at > 1.9 * MINUTE);
    assert!(rate.take(full_at, MINUTE, 1.0).is_err());
    assert!(rate.take(full_at, full_at, 1.0).is_ok());
    let empty = rate.empty(5.0);
    assert!(rate.take(empty, 5.0, 1.0).is_err() && rate.take(empty, 5.0 + rate.each, 1.0).is_ok());
}
