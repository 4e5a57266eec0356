//! Sound: speech read from WAV, a music bed of our own, and the mix of both at the loudness that platforms ask for.

mod loudness;
mod mix;
mod music;
mod speech;
mod stretch;
mod wav;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use loudness::limit;
pub use loudness::{Measured, measure};
pub use mix::mix;
pub use music::bed;
pub use speech::{Span, spoken};
pub use stretch::faster;
pub use wav::riff;

/// Samples per second of every sound in the house.
pub const RATE: usize = 48_000;

/// Stereo sound at [`RATE`]; both channels have the same length, full scale is 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sound {
    /// Left and right.
    pub channels: [Vec<f32>; 2],
}

impl Sound {
    /// Silence.
    pub fn silence(samples: usize) -> Self {
        Self { channels: [vec![0.0; samples], vec![0.0; samples]] }
    }

    /// Number of samples in each channel.
    pub fn len(&self) -> usize {
        self.channels[0].len()
    }

    /// Has it no samples?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.len() as f64 / RATE as f64
    }

    /// The louder of both channels at each sample.
    pub(crate) fn level(&self) -> impl Iterator<Item = f32> {
        self.channels[0].iter().zip(&self.channels[1]).map(|(l, r)| l.abs().max(r.abs()))
    }
}

/// What the music feels like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    /// Slow pads and soft plucks.
    Calm,
    /// Quick plucks in major.
    Bright,
    /// A steady beat.
    Driving,
    /// Soft keys and a warm bass.
    Warm,
    /// Chinese pentatonic, plucked like a zither.
    Elegant,
    /// Short notes that hop.
    Playful,
}

impl Mood {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Calm, Self::Bright, Self::Driving, Self::Warm, Self::Elegant, Self::Playful];
}
