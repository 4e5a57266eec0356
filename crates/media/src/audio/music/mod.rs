//! A music bed of our own for any length: composed from a mood and a seed, played by small synthesisers. It has a
//! beginning and an end and no loop point, and there is no licence to ask for.

mod reverb;
mod score;
mod style;
mod voice;

use super::{Mood, RATE, Sound};

/// Composes and plays a bed of exactly `samples` samples.
pub fn bed(mood: Mood, seed: u64, samples: usize) -> Sound {
    let style = style::of(mood);
    let seconds = samples as f64 / RATE as f64;
    let notes = score::compose(style, seed ^ ((mood as u64) << 56), seconds);
    let mut dry = Sound::silence(samples);
    let mut sent = Sound::silence(samples);
    for note in &notes {
        voice::play(note, &mut dry, &mut sent);
    }
    reverb::add(&sent, &mut dry, style.room);
    finish(&mut dry);
    dry
}

/// Takes out what is below hearing, levels, and lets the end fade to nothing.
fn finish(sound: &mut Sound) {
    let samples = sound.len();
    let fade_in = (RATE / 50).min(samples);
    let fade_out = (RATE * 3 / 2).min(samples / 3).max(1);
    for channel in &mut sound.channels {
        let keep = (-std::f32::consts::TAU * 28.0 / RATE as f32).exp();
        let (mut low, mut before) = (0.0, 0.0);
        for (i, x) in channel.iter_mut().enumerate() {
            low = keep * (low + *x - before);
            before = *x;
            let coming = (i as f32 / fade_in as f32).min(1.0);
            let going = ((samples - i) as f32 / fade_out as f32).min(1.0);
            *x = low * coming * going * going * (3.0 - 2.0 * going);
        }
    }
    let peak = sound.level().fold(0.0, f32::max);
    if peak > 0.0 {
        sound.channels.iter_mut().flatten().for_each(|x| *x *= 0.7 / peak);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::measure;

    #[test]
    fn every_mood_plays_at_any_length_without_clipping_and_ends_in_silence() {
        for mood in Mood::ALL {
            for seconds in [5, 15, 31] {
                let sound = bed(mood, 7, RATE * seconds);
                assert_eq!(sound.len(), RATE * seconds);
                let peak = sound.level().fold(0.0, f32::max);
                assert!(peak > 0.3 && peak < 0.95, "{mood:?} peaks at {peak}");
                let end = sound.level().skip(RATE * seconds - RATE / 50).fold(0.0, f32::max);
                assert!(end < 0.02, "{mood:?} ends at {end}");
                let lufs = measure(&sound).unwrap().lufs;
                assert!((-36.0..-8.0).contains(&lufs), "{mood:?} has {lufs} LUFS");
                // Some sound in every second but the last two: a bed has no holes.
                for second in 1..seconds - 2 {
                    let part = sound.level().skip(second * RATE).take(RATE).fold(0.0, f32::max);
                    assert!(part > 0.02, "{mood:?} is silent in second {second}");
                }
            }
        }
    }

    #[test]
    fn the_same_seed_plays_the_same_and_another_plays_something_else() {
        let one = bed(Mood::Elegant, 1, RATE * 6);
        assert_eq!(one, bed(Mood::Elegant, 1, RATE * 6));
        assert_ne!(one, bed(Mood::Elegant, 2, RATE * 6));
    }

    #[test]
    fn no_bar_is_a_copy_of_the_bar_four_before() {
        let sound = bed(Mood::Bright, 3, RATE * 30);
        let bar = RATE * 240 / 104;
        let part = |n: usize| &sound.channels[0][n * bar..(n + 1) * bar];
        let (a, b) = (part(3), part(7));
        let dot: f32 = a.iter().zip(b).map(|(x, y)| x * y).sum();
        let power = |p: &[f32]| p.iter().map(|x| x * x).sum::<f32>();
        assert!(dot / (power(a) * power(b)).sqrt() < 0.9);
    }
}
