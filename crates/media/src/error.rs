//! Why pixels or sound could not be made.

use handbill_domain::Fault;

/// Why a picture, a text or a sound could not be made. Lower case, names the thing and the limit.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is larger than we accept.
    #[error("{what} is {actual}, more than the limit of {limit}")]
    TooLarge {
        /// What was measured: `picture`, `file`, `animation`.
        what: &'static str,
        /// What it is: `120 megapixels`.
        actual: String,
        /// What it may be: `50 megapixels`.
        limit: String,
    },
    /// A format or a variant of one that we do not read or write.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// It is cut off or damaged.
    #[error("{what} is damaged: {reason}")]
    Corrupt {
        /// What was read.
        what: &'static str,
        /// What the decoder said.
        reason: String,
    },
    /// No installed font has these characters.
    #[error("no font has {}: install {font_hint}", .chars.iter().map(|c| format!("`{c}` (U+{:04X})", *c as u32)).collect::<Vec<_>>().join(", "))]
    MissingGlyph {
        /// The characters.
        chars: Vec<char>,
        /// The fonts that have them: `Noto Sans CJK (fonts-noto-cjk)`.
        font_hint: String,
    },
    /// A text does not fit its place even at the smallest size.
    #[error("`{text}` is too long for {place}: {fits} characters fit")]
    TooLong {
        /// The text.
        text: String,
        /// The place: a box of a template.
        place: String,
        /// How many of its characters fit.
        fits: usize,
    },
    /// A template or scene that does not hold together.
    #[error("template {template}: {reason}")]
    Template {
        /// Its name.
        template: String,
        /// What is wrong, with its path.
        reason: String,
    },
    /// An encoder failed, or nothing fits under the byte limit.
    #[error("cannot encode {format}: {reason}")]
    Encode {
        /// The format.
        format: &'static str,
        /// Why.
        reason: String,
    },
    /// A timeline that cannot be drawn; every problem has its path.
    #[error("timeline: {0}")]
    Timeline(handbill_domain::problem::Problems),
    /// FFmpeg was built without the encoder that we need.
    #[error("this FFmpeg has no {wanted}{}", .instead.map_or(": install an FFmpeg built with it (Debian and Ubuntu: apt install ffmpeg libavcodec-dev)".to_owned(), |name| format!("; it has {name}, but files made by it differ: install an FFmpeg built with {wanted}")))]
    NoEncoder {
        /// The encoder.
        wanted: &'static str,
        /// Another H.264 encoder that is there.
        instead: Option<&'static str>,
    },
    /// The caller stopped the work.
    #[error("canceled")]
    Canceled,
    /// FFmpeg failed.
    #[error("ffmpeg, {doing}: {reason}")]
    Ffmpeg {
        /// What it was doing.
        doing: &'static str,
        /// What it said.
        reason: String,
    },
}

impl Error {
    /// Its kind.
    pub fn fault(&self) -> Fault {
        match self {
            Self::TooLarge { .. }
            | Self::Unsupported(_)
            | Self::Corrupt { .. }
            | Self::MissingGlyph { .. }
            | Self::TooLong { .. }
            | Self::Template { .. }
            | Self::Timeline(_) => Fault::Invalid,
            Self::Canceled => Fault::Conflict,
            Self::Encode { .. } | Self::Ffmpeg { .. } | Self::NoEncoder { .. } => Fault::Broken,
        }
    }
}
