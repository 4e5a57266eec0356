//! A short video as data: tracks of clips, words, captions and sound, in the usual terms of editors.
//!
//! Times are whole milliseconds, places are shares of the frame (0 to 1), sizes of text are shares of the frame's
//! shorter side. Pictures and sounds are named; their content is handed over beside the timeline ([`super::Assets`]).

use handbill_domain::{channel::Size, locale::Locale};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::overlay::*;
use super::easing::Easing;
use crate::color::Color;

mod overlay;

/// A whole video.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Timeline {
    /// Version of this schema: 1.
    pub version: u32,
    /// Width and height in px, both even.
    pub size: Size,
    /// Frames per second.
    pub fps: Rate,
    /// Length.
    pub duration_ms: u64,
    /// Language of the texts: decides fonts and line breaks.
    pub locale: Locale,
    /// What is seen and heard.
    pub tracks: Tracks,
}

/// A rate as a fraction: 30/1, 30000/1001.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Frames …
    pub num: u32,
    /// … in so many seconds.
    pub den: u32,
}

impl Timeline {
    /// How many frames it has.
    pub fn frames(&self) -> u64 {
        let (num, den) = (u64::from(self.fps.num), u64::from(self.fps.den.max(1)) * 1000);
        (self.duration_ms * num + den / 2) / den
    }

    /// When a frame is shown, in milliseconds.
    pub fn time_of(&self, frame: u64) -> f64 {
        frame as f64 * 1000.0 * f64::from(self.fps.den) / f64::from(self.fps.num.max(1))
    }
}

/// What is seen and heard, from the bottom up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tracks {
    /// Clips that fill the frame, one after the other without gaps.
    pub video: Vec<Clip>,
    /// Words, logo, badges and plates over them, the last on top.
    pub overlay: Vec<Overlay>,
    /// Burned captions.
    pub captions: Option<Captions>,
    /// Speech.
    pub narration: Vec<Narration>,
    /// The music bed.
    pub music: Option<Music>,
    /// How loud the whole is.
    pub loudness: Loudness,
}

/// A picture that fills the frame for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clip {
    /// Name for people and messages.
    pub id: String,
    /// From.
    pub start_ms: u64,
    /// To; the next clip starts here.
    pub end_ms: u64,
    /// What fills the frame.
    pub source: Source,
    /// How the camera moves over it.
    #[serde(default)]
    pub camera: Camera,
    /// Cut-outs that stand before it and move by themselves, which gives depth.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Subject>,
    /// How it takes over from the clip before, which goes on below meanwhile. Absent: a cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transition: Option<Transition>,
}

/// What fills the frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Source {
    /// A picture, cut to the frame.
    Still {
        /// Its name.
        picture: String,
    },
    /// One colour.
    Color {
        /// Colour.
        color: Color,
    },
}

/// A camera move over a still: from one view to another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Camera {
    /// First view.
    pub from: View,
    /// Last view.
    pub to: View,
    /// Course.
    pub easing: Easing,
}

/// What the camera sees of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct View {
    /// 1 covers the frame exactly, 1.2 is 20 % closer. 1 to 4.
    pub zoom: f64,
    /// Focal point in the picture, 0 (left) to 1; kept where the picture still covers the frame.
    pub x: f64,
    /// Focal point in the picture, 0 (top) to 1.
    pub y: f64,
}

impl Default for View {
    fn default() -> Self {
        Self { zoom: 1.0, x: 0.5, y: 0.5 }
    }
}

/// A cut-out before the picture of a clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Name of a picture with transparency.
    pub picture: String,
    /// Where it is first.
    pub from: Pose,
    /// Where it is last.
    pub to: Pose,
    /// Course.
    #[serde(default)]
    pub easing: Easing,
    /// A soft shadow on the ground below it.
    #[serde(default)]
    pub shadow: bool,
    /// How it comes in, at the start of the clip.
    #[serde(default)]
    pub enter: Option<Entrance>,
}

/// Where a cut-out stands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pose {
    /// Its middle, as a share of the frame's width.
    pub x: f64,
    /// Its middle, as a share of the frame's height.
    pub y: f64,
    /// Its height, as a share of the frame's height.
    pub height: f64,
}

/// How one clip gives way to the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// Which.
    pub kind: TransitionKind,
    /// How long, from the start of the new clip.
    pub duration_ms: u64,
    /// Course.
    #[serde(default)]
    pub easing: Easing,
}

/// A way from one clip to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "type", deny_unknown_fields)]
pub enum TransitionKind {
    /// One fades into the other.
    Crossfade,
    /// Through a colour.
    Dip {
        /// Colour.
        color: Color,
    },
    /// The new one moves in over the old one.
    Slide {
        /// Where it moves to.
        towards: Direction,
    },
    /// The new one pushes the old one out.
    Push {
        /// Where both move to.
        towards: Direction,
    },
    /// A soft edge runs over the frame and uncovers the new one.
    Wipe {
        /// Where the edge runs to.
        towards: Direction,
    },
}

/// A side of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// Upwards.
    Up,
    /// Downwards.
    Down,
}

/// Burned captions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Captions {
    /// What is shown when.
    pub cues: Vec<Cue>,
    /// How. `text` is ignored.
    pub style: Words,
    /// The box; captions stand at its lower edge.
    pub area: Area,
}

/// One caption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cue {
    /// From.
    pub start_ms: u64,
    /// To.
    pub end_ms: u64,
    /// One or two lines.
    pub lines: Vec<String>,
}

/// A piece of speech.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Narration {
    /// Name of a sound.
    pub sound: String,
    /// From.
    pub start_ms: u64,
    /// 1 is as spoken; 1 to 1.15 keeps pitch and clarity.
    #[serde(default = "overlay::one")]
    pub speed: f64,
}

/// The music bed, made for exactly this length.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Music {
    /// What it feels like.
    pub mood: crate::audio::Mood,
    /// The same seed gives the same music.
    pub seed: u64,
    /// Level below speech where nobody speaks, in dB.
    #[serde(default = "music_gain")]
    pub gain_db: f64,
    /// How much lower it goes under speech, in dB.
    #[serde(default = "duck")]
    pub duck_db: f64,
}

fn music_gain() -> f64 {
    -4.0
}

fn duck() -> f64 {
    -11.0
}

/// How loud the whole is (EBU R 128).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Loudness {
    /// Integrated, in LUFS.
    pub lufs: f64,
    /// Highest true peak, in dBTP.
    pub true_peak_db: f64,
}

impl Default for Loudness {
    /// What video platforms play at.
    fn default() -> Self {
        Self { lufs: -14.0, true_peak_db: -1.0 }
    }
}
