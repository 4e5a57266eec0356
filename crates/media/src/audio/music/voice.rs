//! The players: each makes one note from its pitch, strength and length.

use super::score::Dice;
use crate::audio::{RATE, Sound};

/// One note.
#[derive(Clone, Debug)]
pub(super) struct Note {
    /// When, in seconds.
    pub(super) at: f64,
    /// How long it is held, in seconds.
    pub(super) length: f64,
    /// MIDI number; parts are allowed.
    pub(super) pitch: f64,
    pub(super) strength: f32,
    /// -1 left to 1 right.
    pub(super) pan: f32,
    pub(super) voice: Voice,
    /// For what is random in a sound.
    pub(super) seed: u64,
}

/// Who plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voice {
    /// Soft guitar-like string.
    Pluck,
    /// Bright long string that slides into its tone, as on a guzheng.
    Zither,
    /// Short damped string.
    Pizzicato,
    /// Electric piano.
    Keys,
    /// Marimba.
    Mallet,
    /// Held strings.
    Pad,
    Bass,
    Kick,
    Shaker,
    Snap,
}

impl Voice {
    /// How much of it goes into the room.
    fn sent(self) -> f32 {
        match self {
            Self::Bass | Self::Kick => 0.02,
            Self::Shaker => 0.25,
            Self::Pluck | Self::Keys | Self::Pizzicato => 0.55,
            Self::Snap => 0.7,
            Self::Mallet | Self::Pad => 0.8,
            Self::Zither => 0.9,
        }
    }
}

/// Plays a note into the dry sound and into what the room hears.
pub(super) fn play(note: &Note, dry: &mut Sound, sent: &mut Sound) {
    let hertz = 440.0 * ((note.pitch - 69.0) / 12.0).exp2();
    let wave = match note.voice {
        Voice::Pluck => string(hertz, 2.2, 0.42, 0.0, note.seed),
        Voice::Zither => string(hertz, 3.2, 0.62, 0.5, note.seed),
        Voice::Pizzicato => string(hertz, 0.5, 0.35, 0.0, note.seed),
        Voice::Keys => partials(
            hertz,
            &[(1.0, 1.0, 1.6), (2.0, 0.32, 0.9), (3.0, 0.10, 0.5), (7.0, 0.06, 0.09)],
            note.length.max(1.2),
        ),
        Voice::Mallet => partials(hertz, &[(1.0, 1.0, 0.55), (3.98, 0.30, 0.12), (9.2, 0.10, 0.05)], 1.0),
        Voice::Bass => partials(
            hertz,
            &[(1.0, 1.0, note.length), (2.0, 0.38, note.length * 0.6), (3.0, 0.12, note.length * 0.35)],
            note.length * 1.8,
        ),
        Voice::Pad => pad(hertz, note.length, note.seed),
        Voice::Kick => kick(),
        Voice::Shaker => noise(0.055, 0.014, 0.86, note.seed),
        Voice::Snap => snap(note.seed),
    };
    let from = (note.at * RATE as f64) as usize;
    let angle = (note.pan + 1.0) * std::f32::consts::FRAC_PI_4;
    for (c, gain) in [angle.cos(), angle.sin()].into_iter().enumerate() {
        let gain = gain * note.strength;
        let part = |to: &mut [f32], gain: f32| to.iter_mut().zip(&wave).for_each(|(x, w)| *x += w * gain);
        if let Some(to) = dry.channels[c].get_mut(from..) {
            part(to, gain);
        }
        if let Some(to) = sent.channels[c].get_mut(from..) {
            part(to, gain * note.voice.sent());
        }
    }
}

/// A plucked string (Karplus and Strong): noise that runs round in a delay as long as the period and gets duller.
/// `bright` 0 to 1; `bend` semitones it starts below its tone.
fn string(hertz: f64, seconds: f64, bright: f32, bend: f64, seed: u64) -> Vec<f32> {
    let mut dice = Dice(seed);
    let period = RATE as f64 / hertz;
    let size = period.ceil() as usize * 2 + 4;
    let mut line = vec![0f32; size];
    // A soft finger: the noise is smoothed before it starts, more for dull strings.
    let (mut smooth, soft) = (0.0, 0.25 + 0.7 * bright);
    for x in line.iter_mut().take(period as usize + 1) {
        smooth += (dice.share() as f32 * 2.0 - 1.0 - smooth) * soft;
        *x = smooth;
    }
    let mean = line.iter().take(period as usize + 1).sum::<f32>() / (period as f32 + 1.0);
    line.iter_mut().take(period as usize + 1).for_each(|x| *x -= mean);
    // Gain per round so that the note is 60 dB down after its time; high notes fade sooner anyway.
    let round = 10f64.powf(-3.0 * period / RATE as f64 / seconds) as f32;
    let length = (seconds * 0.8 * RATE as f64) as usize;
    let mut out = Vec::with_capacity(length);
    let (mut write, mut last) = (period as usize + 1, 0f32);
    let blend = 0.5 + 0.36 * bright;
    for i in 0..length {
        let t = i as f64 / RATE as f64;
        let slide = if bend > 0.0 { (-bend / 12.0 * (-t / 0.035).exp()).exp2() } else { 1.0 };
        // Vibrato of a few cents once the tone stands, on strings that bend at all.
        let shake = if bend > 0.0 && t > 0.25 {
            1.0 + 0.0022 * ((t - 0.25) * 5.2 * std::f64::consts::TAU).sin() * (t - 0.25).min(1.0)
        } else {
            1.0
        };
        let delay = period / slide / shake - f64::from(1.0 - blend);
        let read = write as f64 + size as f64 - delay;
        let (whole, part) = (read.floor(), (read - read.floor()) as f32);
        let at = |k: usize| line[(whole as usize + k) % size];
        let now = at(0) + (at(1) - at(0)) * part;
        let next = (now * blend + last * (1.0 - blend)) * round;
        last = now;
        line[write % size] = next;
        write = (write + 1) % size;
        out.push(now);
    }
    let peak = out.iter().take(RATE / 20).fold(1e-3f32, |m, x| m.max(x.abs()));
    fade_end(&mut out);
    out.iter_mut().for_each(|x| *x *= 0.8 / peak);
    out
}

/// Sines with their own decay: (multiple of the pitch, strength, seconds to a third).
fn partials(hertz: f64, list: &[(f64, f64, f64)], seconds: f64) -> Vec<f32> {
    let length = (seconds * RATE as f64) as usize;
    let mut out = vec![0f32; length];
    for (multiple, strength, decay) in list.iter().filter(|p| p.0 * hertz < 12_000.0) {
        // A rotating pointer that shrinks: cheaper than a sine a sample.
        let turn = std::f64::consts::TAU * hertz * multiple / RATE as f64;
        let shrink = (-1.0 / (decay * RATE as f64)).exp();
        let (c, s) = (turn.cos() * shrink, turn.sin() * shrink);
        let (mut x, mut y) = (*strength, 0.0);
        for o in &mut out {
            (x, y) = (x * c - y * s, x * s + y * c);
            *o += y as f32;
        }
    }
    let attack = RATE / 400;
    out.iter_mut().take(attack).enumerate().for_each(|(i, x)| *x *= i as f32 / attack as f32);
    fade_end(&mut out);
    out.iter_mut().for_each(|x| *x *= 0.6);
    out
}

/// Three soft saws, a little apart, that swell and fade.
fn pad(hertz: f64, seconds: f64, seed: u64) -> Vec<f32> {
    let table: Vec<f32> = (0..1024)
        .map(|i| {
            let angle = std::f32::consts::TAU * i as f32 / 1024.0;
            (1..=7).map(|n| (angle * n as f32).sin() / (n as f32).powf(1.7)).sum::<f32>() * 0.5
        })
        .collect();
    let mut dice = Dice(seed);
    let length = (seconds * RATE as f64) as usize;
    let mut out = vec![0f32; length];
    for cents in [-5.0, 0.0, 6.0] {
        let step = hertz * (cents / 1200.0f64).exp2() / RATE as f64 * 1024.0;
        let mut at = dice.share() * 1024.0;
        for o in &mut out {
            let whole = at as usize;
            let (a, b) = (table[whole & 1023], table[(whole + 1) & 1023]);
            *o += (a + (b - a) * (at - whole as f64) as f32) * 0.33;
            at += step;
            if at >= 1024.0 {
                at -= 1024.0;
            }
        }
    }
    let (swell, fade) = ((0.45 * RATE as f64) as usize, (0.5 * RATE as f64) as usize);
    for (i, x) in out.iter_mut().enumerate() {
        let up = (i as f32 / swell as f32).min(1.0);
        let down = ((length - i) as f32 / fade as f32).min(1.0);
        *x *= (up * std::f32::consts::FRAC_PI_2).sin() * (down * std::f32::consts::FRAC_PI_2).sin();
    }
    out
}

fn kick() -> Vec<f32> {
    let length = RATE * 28 / 100;
    let mut phase = 0f64;
    (0..length)
        .map(|i| {
            let t = i as f64 / RATE as f64;
            phase += (46.0 + 90.0 * (-t / 0.028).exp()) / RATE as f64;
            let soft = (t / 0.002).min(1.0);
            ((phase * std::f64::consts::TAU).sin() * (-t / 0.085).exp() * soft) as f32
        })
        .collect()
}

/// A burst of noise: seconds, decay in seconds, how much of its low part is taken out.
fn noise(seconds: f64, decay: f64, thin: f32, seed: u64) -> Vec<f32> {
    let mut dice = Dice(seed);
    let mut low = 0f32;
    (0..(seconds * RATE as f64) as usize)
        .map(|i| {
            let t = i as f64 / RATE as f64;
            let white = dice.share() as f32 * 2.0 - 1.0;
            low += (white - low) * (1.0 - thin * 0.6);
            let soft = (t / 0.004).min(1.0);
            (white - low) * ((-t / decay).exp() * soft) as f32
        })
        .collect()
}

/// Fingers: two short bursts close together through a resonance.
fn snap(seed: u64) -> Vec<f32> {
    let raw = noise(0.16, 0.03, 0.3, seed);
    let (mut a, mut b) = (0f32, 0f32);
    let tune = 2.0 * (std::f32::consts::PI * 1750.0 / RATE as f32).sin();
    raw.iter()
        .enumerate()
        .map(|(i, x)| {
            let x = x + i.checked_sub(RATE / 90).map_or(0.0, |j| raw[j] * 0.8);
            a += tune * b;
            b += tune * (x - a - 0.35 * b);
            b
        })
        .collect()
}

fn fade_end(out: &mut [f32]) {
    let (length, fade) = (out.len(), RATE / 50);
    out.iter_mut().rev().take(fade.min(length)).enumerate().for_each(|(i, x)| *x *= i as f32 / fade as f32);
}
