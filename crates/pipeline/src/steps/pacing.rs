//! How long each scene is: as long as its speech needs, and together exactly as long as the video shall be.

/// What a scene asks for, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Wish {
    /// As planned in the storyboard.
    pub(crate) planned: f64,
    /// Its speech; 0 for none.
    pub(crate) speech: f64,
    /// The shortest that its pictures and words can be read in.
    pub(crate) shortest: f64,
}

/// When scenes start and end, and how they are spoken.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pace {
    /// Start and end of each scene in milliseconds.
    pub(crate) scenes: Vec<(u64, u64)>,
    /// How long after the start of its scene speech begins.
    pub(crate) lead_ms: u64,
    /// 1 to [`FASTEST`].
    pub(crate) speed: f64,
}

/// Speech this much faster still sounds like the same person.
pub(crate) const FASTEST: f64 = 1.15;
/// A video may be this much longer than its tier.
const TOLERANCE: f64 = 0.45;
/// Before and after the speech of a scene: comfortable, and the least.
const BREATHS: [(f64, f64); 3] = [(0.40, 0.45), (0.25, 0.25), (0.12, 0.10)];

/// Fits scenes into `total` seconds: first with calm breaths, then with shorter ones, then with faster speech, then
/// within the tolerance. `Err` is how many seconds too long the speech is even then.
pub(crate) fn pace(wishes: &[Wish], total: f64) -> Result<Pace, f64> {
    let needs = |(lead, breath): (f64, f64), speed: f64| -> Vec<f64> {
        let need = |w: &Wish| {
            if w.speech > 0.0 { (lead + w.speech / speed + breath).max(w.shortest) } else { w.shortest }
        };
        wishes.iter().map(need).collect()
    };
    for breath in BREATHS {
        let need = needs(breath, 1.0);
        if need.iter().sum::<f64>() <= total {
            return Ok(spread(wishes, &need, total, breath.0, 1.0));
        }
    }
    let least = BREATHS[BREATHS.len() - 1];
    for allowed in [total, total + TOLERANCE] {
        for step in 1..=15 {
            let speed = 1.0 + (FASTEST - 1.0) * f64::from(step) / 15.0;
            let need = needs(least, speed);
            let sum = need.iter().sum::<f64>();
            if sum <= allowed {
                return Ok(spread(wishes, &need, sum.max(total), least.0, speed));
            }
        }
    }
    Err(needs(least, FASTEST).iter().sum::<f64>() - total - TOLERANCE)
}

/// What is left over goes to the scenes that were planned longer than they need, in proportion.
fn spread(wishes: &[Wish], need: &[f64], total: f64, lead: f64, speed: f64) -> Pace {
    let spare = total - need.iter().sum::<f64>();
    let wanting: Vec<f64> = wishes.iter().zip(need).map(|(w, n)| (w.planned - n).max(0.0) + 0.05).collect();
    let all: f64 = wanting.iter().sum();
    let end = (total * 1000.0).round() as u64;
    let (mut at, mut from, mut scenes) = (0.0, 0, Vec::new());
    for (n, (need, wanting)) in need.iter().zip(&wanting).enumerate() {
        at += need + spare * wanting / all;
        let to = if n + 1 == wishes.len() { end } else { (at * 1000.0).round() as u64 };
        scenes.push((from, to));
        from = to;
    }
    Pace { scenes, lead_ms: (lead * 1000.0) as u64, speed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(planned: f64, speech: f64) -> Wish {
        Wish { planned, speech, shortest: 1.6 }
    }

    #[test]
    fn scenes_follow_their_speech_and_fill_the_tier_exactly() {
        let pace = pace(&[wish(3.0, 2.8), wish(3.5, 2.0), wish(5.0, 4.4), wish(3.5, 2.1)], 15.0).unwrap();
        assert_eq!(pace.speed, 1.0);
        assert_eq!(pace.scenes.last().unwrap().1, 15_000);
        for (scene, speech) in pace.scenes.iter().zip([2.8, 2.0, 4.4, 2.1]) {
            assert!(
                (scene.1 - scene.0) as f64 / 1000.0 >= speech + 0.5,
                "{scene:?} holds {speech} s of speech"
            );
        }
        assert!(pace.scenes.windows(2).all(|w| w[0].1 == w[1].0));
    }

    #[test]
    fn speech_that_is_a_little_too_long_is_spoken_faster_never_cut() {
        let pace = pace(&[wish(3.0, 4.4), wish(3.5, 4.0), wish(5.0, 4.6), wish(3.5, 2.9)], 15.0).unwrap();
        assert!(pace.speed > 1.0 && pace.speed <= FASTEST, "{}", pace.speed);
        assert!(pace.scenes.last().unwrap().1 <= 15_450);
        for (scene, speech) in pace.scenes.iter().zip([4.4, 4.0, 4.6, 2.9]) {
            assert!((scene.1 - scene.0) as f64 / 1000.0 >= speech / pace.speed + 0.2);
        }
    }

    #[test]
    fn speech_that_cannot_fit_says_by_how_much() {
        let over = pace(&[wish(3.0, 9.0), wish(3.5, 9.0)], 15.0).unwrap_err();
        assert!((over - (18.0 / FASTEST + 2.0 * 0.22 - 15.45)).abs() < 0.01, "{over}");
    }

    #[test]
    fn without_speech_scenes_are_as_planned() {
        let pace = pace(&[wish(3.0, 0.0), wish(6.0, 0.0), wish(6.0, 0.0)], 15.0).unwrap();
        assert!(pace.scenes[0].1.abs_diff(3000) < 120, "{:?}", pace.scenes);
    }
}
