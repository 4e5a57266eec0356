//! Where in a recording someone speaks.

use std::ops::Range;

use super::{RATE, Sound};

/// A stretch of speech, in samples.
pub type Span = Range<usize>;

/// Frames of this length are judged: 10 ms.
const FRAME: usize = RATE / 100;
/// Silence shorter than this is part of the speech around it: the gap inside a word.
const GAP_FRAMES: usize = 7;
/// Sound shorter than this is a click.
const CLICK_FRAMES: usize = 4;

/// The stretches in which someone speaks, judged against the loudest part of the recording.
pub fn spoken(sound: &Sound) -> Vec<Span> {
    let level: Vec<f32> = sound.level().collect();
    let energy: Vec<f32> =
        level.chunks(FRAME).map(|f| (f.iter().map(|x| x * x).sum::<f32>() / f.len() as f32).sqrt()).collect();
    let loudest = energy.iter().copied().fold(0.0, f32::max);
    if loudest < 1e-3 {
        return Vec::new();
    }
    // 34 dB below the loudest frame: under every vowel, above breath and hiss.
    let threshold = loudest * 0.02;
    let mut spans: Vec<Span> = Vec::new();
    for (i, _) in energy.iter().enumerate().filter(|(_, e)| **e > threshold) {
        match spans.last_mut() {
            Some(last) if i - last.end <= GAP_FRAMES => last.end = i + 1,
            _ => spans.push(i..i + 1),
        }
    }
    spans.retain(|s| s.len() >= CLICK_FRAMES);
    spans.into_iter().map(|s| s.start * FRAME..(s.end * FRAME).min(sound.len())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_and_silence_is_not() {
        let mut sound = Sound::silence(RATE * 3);
        for channel in &mut sound.channels {
            for range in [RATE / 2..RATE, RATE * 2..RATE * 5 / 2] {
                for i in range {
                    channel[i] = (i as f32 * 0.03).sin() * 0.3;
                }
            }
            channel[RATE * 3 / 2] = 0.9;
        }
        let spans = spoken(&sound);
        assert_eq!(spans.len(), 2, "the click between is no speech: {spans:?}");
        assert!(spans[0].start.abs_diff(RATE / 2) <= FRAME && spans[1].end.abs_diff(RATE * 5 / 2) <= FRAME);
        assert!(spoken(&Sound::silence(RATE)).is_empty());
    }
}
