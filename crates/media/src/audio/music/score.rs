//! Composes: bars of chords, figures and a tune that repeats and varies, with an introduction and an end.

use super::{
    style::{Chord, Style},
    voice::{Note, Voice},
};

/// A die that falls the same way for the same seed (SplitMix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0 to 1.
    pub(super) fn share(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[(self.roll() % from.len() as u64) as usize]
    }
}

/// One performance that is being written down.
struct Sheet<'a> {
    style: &'a Style,
    dice: Dice,
    key: i8,
    step: f64,
    notes: Vec<Note>,
}

/// Which parts play in a bar.
struct Parts {
    figure: bool,
    bass: bool,
    melody: bool,
    drums: bool,
}

/// Writes the notes for this many seconds.
pub(super) fn compose(style: &Style, seed: u64, seconds: f64) -> Vec<Note> {
    let mut dice = Dice(seed);
    let key = style.key + (dice.roll() % 5) as i8 - 2;
    let bar = 240.0 / style.bpm;
    let bars = ((seconds / bar).round() as usize).max(2);
    // The tempo bends so that the last bar, in which the last chord rings, ends with the picture.
    let step = seconds / bars as f64 / 16.0;
    let chords = *dice.pick(style.progressions);
    let tune = [*dice.pick(style.melody.rows), *dice.pick(style.melody.rows)];
    let mut sheet = Sheet { style, dice, key, step, notes: Vec::new() };
    let intro = if bars > 8 { 2 } else { 1 };
    let mut pitch = style.scale.len() as i32;
    for number in 0..bars - 1 {
        // The bar before the last leads home.
        let chord = if number == bars - 2 { chords[chords.len() - 1] } else { chords[number % chords.len()] };
        let parts = Parts {
            figure: true,
            bass: number >= intro.min(bars - 2),
            melody: number >= intro,
            drums: number >= intro && number + 2 < bars,
        };
        pitch = sheet.bar(number, chord, &parts, tune[usize::from(number % 4 == 3)], pitch);
    }
    sheet.end(bars - 1);
    sheet.notes
}

impl Sheet<'_> {
    /// Writes one bar and gives back where the tune is.
    fn bar(&mut self, number: usize, chord: Chord, parts: &Parts, tune: &str, pitch: i32) -> i32 {
        let style = self.style;
        if style.pad > 0.0 {
            self.pad(number, chord, 16.0);
        }
        if parts.figure {
            let row = *self.dice.pick(style.figure.rows);
            self.figure(number, chord, row);
        }
        if parts.bass {
            self.row(number, style.bass, |step, strength| {
                let pitch = f64::from(chord.0) - 24.0;
                (Voice::Bass, pitch, strength * 0.62, if step == 0 { 0.9 } else { 0.45 }, 0.0)
            });
        }
        if parts.drums {
            for (voice, row, strength, pan) in [
                (Voice::Kick, style.kick, 0.75, 0.0),
                (Voice::Shaker, style.shaker, 0.12, 0.35),
                (Voice::Snap, style.snap, 0.18, -0.15),
            ] {
                self.row(number, row, |_, louder| (voice, 0.0, louder * strength, 0.2, pan));
            }
        }
        if parts.melody { self.melody(number, chord, tune, pitch) } else { pitch }
    }

    fn pad(&mut self, number: usize, chord: Chord, steps: f64) {
        let (at, length) = (self.at(number, 0), self.step * steps + 0.35);
        for (n, tone) in chord.1.iter().take(4).enumerate() {
            let pitch = f64::from(self.key) + f64::from(chord.0 + tone) - 12.0;
            let pan = [-0.5, 0.5, -0.2, 0.25][n % 4];
            self.notes.push(Note {
                at,
                length,
                pitch,
                strength: self.style.pad,
                pan,
                voice: Voice::Pad,
                seed: self.dice.roll(),
            });
        }
    }

    fn figure(&mut self, number: usize, chord: Chord, row: &str) {
        let Style { figure, loose, .. } = self.style;
        for (step, tone) in row.chars().enumerate().filter_map(|(i, c)| Some((i, c.to_digit(10)? as usize))) {
            let pitch = f64::from(self.key + chord.0 + chord.1[tone % chord.1.len()] + figure.octave);
            let accent = if step % 8 == 0 { 1.0 } else { 0.78 };
            let strength = figure.strength * accent * self.human();
            let at = self.at(number, step) + self.dice.share() * loose;
            let pan = if tone % 2 == 0 { -0.28 } else { 0.28 };
            self.notes.push(Note {
                at,
                length: self.step * 7.0,
                pitch,
                strength,
                pan,
                voice: figure.voice,
                seed: self.dice.roll(),
            });
        }
    }

    fn row(&mut self, number: usize, row: &str, note: impl Fn(usize, f32) -> (Voice, f64, f32, f64, f32)) {
        for (step, mark) in row.chars().enumerate().filter(|(_, c)| *c != '.') {
            let (voice, pitch, strength, length, pan) = note(step, if mark == 'X' { 1.0 } else { 0.72 });
            let strength = strength * self.human();
            let at = self.at(number, step) + self.dice.share() * self.style.loose * 0.5;
            let pitch = f64::from(self.key) + pitch;
            self.notes.push(Note { at, length, pitch, strength, pan, voice, seed: self.dice.roll() });
        }
    }

    /// A tune walks over the scale in small steps and rests on tones of the chord on the beat.
    fn melody(&mut self, number: usize, chord: Chord, row: &str, mut place: i32) -> i32 {
        let style = self.style;
        let size = style.scale.len() as i32;
        for (step, _) in row.chars().enumerate().filter(|(_, c)| *c == 'x') {
            place += *self.dice.pick(&[-2, -1, -1, 0, 1, 1, 2]);
            place = place.clamp(size / 2, size * 2 - 1);
            let tone = |place: i32| {
                f64::from(style.scale[place.rem_euclid(size) as usize])
                    + 12.0 * f64::from(place.div_euclid(size) - 1)
            };
            if step % 8 == 0 {
                let fits = |p: &i32| {
                    chord.1.iter().any(|t| (f64::from(chord.0 + t) - tone(*p)).rem_euclid(12.0) < 0.5)
                };
                place = (0..3).flat_map(|d| [place - d, place + d]).find(fits).unwrap_or(place);
            }
            let pitch = f64::from(self.key + style.melody.octave) + tone(place);
            let strength = style.melody.strength * self.human();
            let at = self.at(number, step) + self.dice.share() * style.loose;
            let graced = self.dice.share() < style.melody.grace;
            let mut note = Note {
                at,
                length: self.step * 10.0,
                pitch,
                strength,
                pan: 0.12,
                voice: style.melody.voice,
                seed: self.dice.roll(),
            };
            if graced {
                let before = Note {
                    pitch: f64::from(self.key + style.melody.octave) + tone(place - 1),
                    strength: strength * 0.55,
                    length: 0.3,
                    ..note.clone()
                };
                self.notes.push(before);
                note.at += 0.085;
            }
            self.notes.push(note);
        }
        place
    }

    /// The last chord, strummed and left to ring.
    fn end(&mut self, number: usize) {
        let home =
            *self.style.progressions[0].iter().find(|c| c.0 == 0).unwrap_or(&self.style.progressions[0][0]);
        if self.style.pad > 0.0 {
            self.pad(number, home, 14.0);
        }
        let at = self.at(number, 0);
        for (n, tone) in [-12, 0, home.1[1], home.1[2], 12].into_iter().enumerate() {
            let pitch = f64::from(self.key + tone) + f64::from(self.style.figure.octave.max(-12));
            let note = Note {
                at: at + n as f64 * 0.055,
                length: self.step * 16.0,
                pitch,
                strength: self.style.figure.strength * 0.95,
                pan: n as f32 * 0.2 - 0.4,
                voice: self.style.figure.voice,
                seed: self.dice.roll(),
            };
            self.notes.push(note);
        }
        let pitch = f64::from(self.key) - 24.0;
        self.notes.push(Note {
            at,
            length: 1.6,
            pitch,
            strength: 0.6,
            pan: 0.0,
            voice: Voice::Bass,
            seed: 1,
        });
        if self.style.kick.contains('X') {
            self.notes.push(Note {
                at,
                length: 0.3,
                pitch: 0.0,
                strength: 0.6,
                pan: 0.0,
                voice: Voice::Kick,
                seed: 1,
            });
        }
    }

    fn at(&self, bar: usize, step: usize) -> f64 {
        (bar * 16 + step) as f64 * self.step
    }

    fn human(&mut self) -> f32 {
        0.86 + 0.28 * self.dice.share() as f32
    }
}
