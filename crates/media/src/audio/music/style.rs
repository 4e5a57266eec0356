//! What makes a mood: tempo, harmony and who plays which figure. Rows of sixteen steps are one bar of four beats:
//! `x` plays, `X` plays louder, digits are tones of the chord (4 and up: an octave higher), `.` rests.

use super::voice::Voice;
use crate::audio::Mood;

/// A chord: its root above the key, and its tones above the root, in semitones.
pub(super) type Chord = (i8, &'static [i8]);

/// The recipe of a mood.
pub(super) struct Style {
    /// Beats a minute; the composer bends it a little so that the last bar ends with the video.
    pub(super) bpm: f64,
    /// Key note (MIDI) before the seed moves it.
    pub(super) key: i8,
    /// Tones of the melody above the key.
    pub(super) scale: &'static [i8],
    /// Progressions to choose from; each chord lasts one bar.
    pub(super) progressions: &'static [&'static [Chord]],
    /// Loudness of the held chord; 0: none.
    pub(super) pad: f32,
    pub(super) figure: Figure,
    pub(super) bass: &'static str,
    pub(super) melody: Melody,
    pub(super) kick: &'static str,
    pub(super) shaker: &'static str,
    pub(super) snap: &'static str,
    /// How much room is heard, 0 to 1.
    pub(super) room: f32,
    /// How far notes may be from the beat, in seconds.
    pub(super) loose: f64,
}

/// Broken chords.
pub(super) struct Figure {
    pub(super) voice: Voice,
    pub(super) rows: &'static [&'static str],
    pub(super) octave: i8,
    pub(super) strength: f32,
}

/// A tune over them.
pub(super) struct Melody {
    pub(super) voice: Voice,
    pub(super) rows: &'static [&'static str],
    pub(super) octave: i8,
    pub(super) strength: f32,
    /// Chance of a grace note from the tone below.
    pub(super) grace: f64,
}

const MAJOR: &[i8] = &[0, 4, 7, 12];
const MINOR: &[i8] = &[0, 3, 7, 12];
const NINTH: &[i8] = &[0, 4, 7, 14];
const MAJOR_7: &[i8] = &[0, 4, 7, 11];
const MINOR_7: &[i8] = &[0, 3, 7, 10];
const OPEN: &[i8] = &[0, 7, 12, 14];
const SUS: &[i8] = &[0, 5, 7, 12];
const FIVE_TONES: &[i8] = &[0, 2, 4, 7, 9];

pub(super) fn of(mood: Mood) -> &'static Style {
    match mood {
        Mood::Calm => &CALM,
        Mood::Bright => &BRIGHT,
        Mood::Driving => &DRIVING,
        Mood::Warm => &WARM,
        Mood::Elegant => &ELEGANT,
        Mood::Playful => &PLAYFUL,
    }
}

static CALM: Style = Style {
    bpm: 72.0,
    key: 60,
    scale: FIVE_TONES,
    progressions: &[
        &[(0, NINTH), (-3, MINOR_7), (5, MAJOR_7), (7, SUS)],
        &[(0, NINTH), (5, MAJOR_7), (-3, MINOR_7), (5, NINTH)],
        &[(5, MAJOR_7), (0, NINTH), (2, MINOR_7), (7, SUS)],
    ],
    pad: 0.30,
    figure: Figure {
        voice: Voice::Keys,
        rows: &["0...1...2...3...", "0...2...1...3...", "0...1...3...2..."],
        octave: 0,
        strength: 0.42,
    },
    bass: "x...............",
    melody: Melody {
        voice: Voice::Mallet,
        rows: &["....x.....x.....", "........x...x...", "x.......x......."],
        octave: 12,
        strength: 0.26,
        grace: 0.0,
    },
    kick: "................",
    shaker: "................",
    snap: "................",
    room: 0.34,
    loose: 0.012,
};

static BRIGHT: Style = Style {
    bpm: 104.0,
    key: 62,
    scale: FIVE_TONES,
    progressions: &[
        &[(0, MAJOR), (7, MAJOR), (-3, MINOR), (5, MAJOR)],
        &[(0, NINTH), (-3, MINOR), (5, MAJOR), (7, SUS)],
        &[(5, NINTH), (0, MAJOR), (7, MAJOR), (-3, MINOR)],
    ],
    pad: 0.15,
    figure: Figure {
        voice: Voice::Pluck,
        rows: &["0.2.1.3.2.1.3.2.", "0.1.2.3.1.2.3.1.", "0.2.3.2.1.2.3.2."],
        octave: 0,
        strength: 0.42,
    },
    bass: "X.......x.....x.",
    melody: Melody {
        voice: Voice::Mallet,
        rows: &["x...x.x...x.x...", "..x.x...x...x.x.", "x.....x.x...x..."],
        octave: 12,
        strength: 0.30,
        grace: 0.1,
    },
    kick: "X.......x.......",
    shaker: "x.x.X.x.x.x.X.x.",
    snap: "....x.......x...",
    room: 0.20,
    loose: 0.006,
};

static DRIVING: Style = Style {
    bpm: 118.0,
    key: 57,
    scale: &[0, 3, 5, 7, 10],
    progressions: &[
        &[(0, MINOR), (-4, MAJOR), (3, MAJOR), (-2, MAJOR)],
        &[(0, MINOR), (3, MAJOR), (-2, MAJOR), (-4, MAJOR)],
        &[(0, MINOR_7), (0, MINOR), (-4, MAJOR_7), (-2, SUS)],
    ],
    pad: 0.20,
    figure: Figure {
        voice: Voice::Pluck,
        rows: &["0.20.3.20.20.3.2", "02.02.02.02.0232", "0.30.2.30.30.232"],
        octave: 12,
        strength: 0.30,
    },
    bass: "X.x.x.x.X.x.x.xx",
    melody: Melody {
        voice: Voice::Keys,
        rows: &["x.....x.....x...", "x...........x.x.", "....x.....x....."],
        octave: 12,
        strength: 0.26,
        grace: 0.0,
    },
    kick: "X...X...X...X...",
    shaker: "..x...x...x...x.",
    snap: "....X.......X...",
    room: 0.16,
    loose: 0.002,
};

static WARM: Style = Style {
    bpm: 84.0,
    key: 58,
    scale: FIVE_TONES,
    progressions: &[
        &[(0, MAJOR_7), (-3, MINOR_7), (2, MINOR_7), (7, SUS)],
        &[(0, MAJOR_7), (4, MINOR_7), (5, MAJOR_7), (7, SUS)],
        &[(5, MAJOR_7), (4, MINOR_7), (2, MINOR_7), (0, NINTH)],
    ],
    pad: 0.18,
    figure: Figure {
        voice: Voice::Keys,
        rows: &["0.....3...2...1.", "0...2.....3...2.", "0.....2...1.3..."],
        octave: 0,
        strength: 0.48,
    },
    bass: "X.....x...x.....",
    melody: Melody {
        voice: Voice::Pluck,
        rows: &["....x...x.x.....", "x...x.......x...", "..x.....x.....x."],
        octave: 12,
        strength: 0.30,
        grace: 0.12,
    },
    kick: "x.........x.....",
    shaker: "....x..x....x..x",
    snap: "................",
    room: 0.24,
    loose: 0.010,
};

static ELEGANT: Style = Style {
    bpm: 66.0,
    key: 62,
    scale: FIVE_TONES,
    progressions: &[
        &[(0, OPEN), (-3, OPEN), (-5, OPEN), (0, OPEN)],
        &[(0, OPEN), (7, &[0, 5, 7, 12]), (-3, OPEN), (-5, OPEN)],
        &[(-3, OPEN), (0, OPEN), (2, &[0, 5, 7, 12]), (-5, OPEN)],
    ],
    pad: 0.13,
    figure: Figure {
        voice: Voice::Zither,
        rows: &["0...1...2.......", "0...2...1...2...", "0.......1...2..."],
        octave: -12,
        strength: 0.40,
    },
    bass: "x...............",
    melody: Melody {
        voice: Voice::Zither,
        rows: &["x...x.xx....x...", "x.....x.x.x.....", "..x.x...x.......", "x...x...x.x.x..."],
        octave: 12,
        strength: 0.52,
        grace: 0.35,
    },
    kick: "................",
    shaker: "................",
    snap: "................",
    room: 0.36,
    loose: 0.014,
};

static PLAYFUL: Style = Style {
    bpm: 112.0,
    key: 60,
    scale: FIVE_TONES,
    progressions: &[
        &[(0, MAJOR), (5, MAJOR), (7, MAJOR), (0, MAJOR)],
        &[(0, MAJOR), (-3, MINOR), (2, MINOR), (7, MAJOR)],
        &[(0, MAJOR), (0, NINTH), (5, MAJOR), (7, MAJOR)],
    ],
    pad: 0.0,
    figure: Figure {
        voice: Voice::Pizzicato,
        rows: &["0...2...1...2...", "0...2.3.1...2...", "0..2..1...2.3..."],
        octave: 0,
        strength: 0.50,
    },
    bass: "X.......x.......",
    melody: Melody {
        voice: Voice::Mallet,
        rows: &["x.x...x.x.......", "..x.x.x...x.x...", "x...x.xx........", "x.x.x...x.x....."],
        octave: 12,
        strength: 0.36,
        grace: 0.2,
    },
    kick: "x.......x.......",
    shaker: "..x...x...x...x.",
    snap: "....X.......X...",
    room: 0.14,
    loose: 0.004,
};
