//! A small hall: eight combs that lose their highs and four all-passes a side (after Schroeder and Moorer; the
//! lengths are those of Jezar's public domain Freeverb, for 48 kHz).

use crate::audio::Sound;

const COMBS: [usize; 8] = [1215, 1293, 1390, 1476, 1548, 1623, 1695, 1760];
const ALL_PASSES: [usize; 4] = [605, 480, 371, 245];
/// The right side is this many samples longer, which makes it wide.
const SPREAD: usize = 25;

/// Adds the room that hears `sent` to `dry`; `share` 0 to 1.
pub(super) fn add(sent: &Sound, dry: &mut Sound, share: f32) {
    let mono: Vec<f32> = sent.channels[0].iter().zip(&sent.channels[1]).map(|(l, r)| (l + r) * 0.5).collect();
    for (side, out) in dry.channels.iter_mut().enumerate() {
        let own = &sent.channels[side];
        let mut combs = COMBS.map(|length| Comb::new(length + side * SPREAD));
        let mut all_passes = ALL_PASSES.map(|length| AllPass::new(length + side * SPREAD));
        for (i, x) in out.iter_mut().enumerate() {
            let input = (mono[i] * 0.7 + own[i] * 0.3) * 0.05;
            let wet = combs.iter_mut().map(|c| c.next(input)).sum::<f32>();
            *x += all_passes.iter_mut().fold(wet, |wet, a| a.next(wet)) * share * 4.0;
        }
    }
}

struct Comb {
    line: Vec<f32>,
    at: usize,
    dull: f32,
}

impl Comb {
    fn new(length: usize) -> Self {
        Self { line: vec![0.0; length], at: 0, dull: 0.0 }
    }

    fn next(&mut self, input: f32) -> f32 {
        let out = self.line[self.at];
        self.dull = out * 0.7 + self.dull * 0.3;
        self.line[self.at] = input + self.dull * 0.83;
        self.at = (self.at + 1) % self.line.len();
        out
    }
}

struct AllPass {
    line: Vec<f32>,
    at: usize,
}

impl AllPass {
    fn new(length: usize) -> Self {
        Self { line: vec![0.0; length], at: 0 }
    }

    fn next(&mut self, input: f32) -> f32 {
        let kept = self.line[self.at];
        self.line[self.at] = input + kept * 0.5;
        self.at = (self.at + 1) % self.line.len();
        kept - input
    }
}
