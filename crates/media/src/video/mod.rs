//! Short videos: a timeline as data, drawn by our own compositor straight in planar YUV, encoded while it is drawn.

mod able;
mod animate;
pub mod captions;
mod check;
mod compose;
mod easing;
mod encode;
mod kernel;
mod overlay;
mod plane;
mod poster;
mod probe;
mod render;
mod shot;
mod sprite;
#[cfg(test)]
mod tests;
pub mod timeline;
mod words;

use std::{collections::BTreeMap, sync::Arc};

pub use able::{Ffmpeg, ffmpeg};
pub use check::check;
pub use easing::Easing;
pub use encode::Quality;
pub(crate) use encode::{failed as ffmpeg_failed, quiet};
pub use probe::{Probe, probe};
pub use render::Film;
pub use timeline::Timeline;

use crate::{Canvas, Error, audio::Sound, text::Fonts};

/// The content behind the names of a timeline.
pub struct Assets {
    /// Pictures by name, decoded and upright.
    pub pictures: BTreeMap<String, Arc<Canvas>>,
    /// Sounds by name.
    pub sounds: BTreeMap<String, Arc<Sound>>,
    /// Fonts for the words.
    pub fonts: Arc<Fonts>,
}

impl Assets {
    pub(crate) fn picture(&self, name: &str) -> Result<&Canvas, Error> {
        let missing =
            || Error::Template { template: "timeline".into(), reason: format!("no picture `{name}`") };
        self.pictures.get(name).map(|p| &**p).ok_or_else(missing)
    }

    pub(crate) fn sound(&self, name: &str) -> Result<&Sound, Error> {
        let missing =
            || Error::Template { template: "timeline".into(), reason: format!("no sound `{name}`") };
        self.sounds.get(name).map(|s| &**s).ok_or_else(missing)
    }
}
