//! Files: JPEG, PNG, WebP and AVIF in sRGB, with nothing of the source's metadata: the smallest that looks the same and
//! keeps the byte limit. The same picture is the same file.

mod avif;
mod heif;
mod jpeg;
mod likeness;
mod png;
mod quantise;
mod webp;

use std::sync::LazyLock;

use moxcms::ColorProfile;

use self::likeness::Luma;
pub use self::png::png;
use crate::{Canvas, Color, Error, canvas::div255};

/// A format that we write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP, lossy.
    Webp,
    /// AVIF, lossy.
    Avif,
}

impl Format {
    /// By the ending that channel data uses: `jpg`, `png`, `webp`, `avif`.
    pub fn from_ending(ending: &str) -> Option<Self> {
        match ending.to_ascii_lowercase().as_str() {
            "jpg" | "jpeg" => Some(Self::Jpeg),
            "png" => Some(Self::Png),
            "webp" => Some(Self::Webp),
            "avif" => Some(Self::Avif),
            _ => None,
        }
    }

    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Avif => "avif",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Avif => "image/avif",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Webp => "WebP",
            Self::Avif => "AVIF",
        }
    }

    /// Qualities between which the search looks: below the first it shows, above the last only bytes grow. Each format
    /// has a scale of its own.
    fn range(self) -> (u8, u8) {
        match self {
            Self::Jpeg => (72, 92),
            Self::Webp => (72, 92),
            Self::Avif => (55, 85),
            Self::Png => (100, 100),
        }
    }
}

/// How finely colour is kept beside brightness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chroma {
    /// For every pixel (4:4:4): coloured letters keep their edges. WebP cannot; there the half that it has is made with
    /// care (sharp YUV).
    Full,
    /// For every second pixel each way (4:2:0): photos.
    Half,
}

/// A finished file.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its format.
    pub format: Format,
    /// Its quality, 1 to 100; 100 for a lossless PNG.
    pub quality: u8,
    /// Structural similarity with the picture, 0 to 1.
    pub likeness: f32,
}

/// Likeness from which people do not tell the file from the picture beside it.
pub const ALIKE: f32 = 0.985;
/// Under a byte limit, first with all colour samples down to here.
const FAIR: u8 = 45;
/// Under a byte limit, at last with half the colour samples down to here.
const LAST: u8 = 8;

/// The smallest file of this format that looks like the picture ([`ALIKE`]) and is not larger than `max_bytes`. Where both
/// cannot be had, the bytes win: the best file under the limit. JPEG has no transparency: what is clear becomes white.
pub fn best(canvas: &Canvas, format: Format, max_bytes: Option<u64>) -> Result<Encoded, Error> {
    let most = max_bytes.map_or(usize::MAX, |n| n as usize);
    if format == Format::Png {
        return png::within(canvas, most);
    }
    let picture = Luma::of(canvas);
    let tried = |quality: u8, chroma: Chroma| -> Result<Encoded, Error> {
        let (bytes, shown) = encoded(canvas, format, quality, chroma, true)?;
        let likeness = shown.map_or(0.0, |shown| picture.likeness(&shown));
        Ok(Encoded { bytes, format, quality, likeness })
    };
    let (lowest, highest) = format.range();
    let alike = first(lowest, highest, |quality| {
        tried(quality, Chroma::Full)
            .map(|file| (file.likeness >= ALIKE || quality == highest).then_some(file))
    })?;
    let Some(alike) = alike else { return Err(too_large(canvas, format, 0, most)) };
    if alike.bytes.len() <= most {
        return Ok(alike);
    }
    let mut least = alike.bytes.len();
    for (chroma, low, high) in [
        (Chroma::Full, FAIR, alike.quality - 1),
        (Chroma::Half, FAIR, alike.quality - 1),
        (Chroma::Half, LAST, FAIR - 1),
    ] {
        // The largest quality that fits, searched from above.
        let fitting = first(0, high - low, |down| {
            let (bytes, _) = encoded(canvas, format, high - down, chroma, false)?;
            least = least.min(bytes.len());
            Ok((bytes.len() <= most).then_some(high - down))
        })?;
        if let Some(quality) = fitting {
            return tried(quality, chroma);
        }
    }
    Err(too_large(canvas, format, least, most))
}

/// A file with settings of one's own. Quality 1 to 100; PNG is lossless at every quality.
pub fn encode(canvas: &Canvas, format: Format, quality: u8, chroma: Chroma) -> Result<Vec<u8>, Error> {
    encoded(canvas, format, quality, chroma, false).map(|(bytes, _)| bytes)
}

/// How like the picture a file with these settings is: structural similarity of their brightness, 0 to 1.
pub fn likeness(canvas: &Canvas, format: Format, quality: u8, chroma: Chroma) -> Result<f32, Error> {
    let (_, shown) = encoded(canvas, format, quality, chroma, true)?;
    Ok(shown.map_or(1.0, |shown| Luma::of(canvas).likeness(&shown)))
}

/// How alike two pictures of one size are: structural similarity of their brightness, 0 to 1.
pub fn alike(a: &Canvas, b: &Canvas) -> f32 {
    Luma::of(a).likeness(&Luma::of(b))
}

/// A JPEG with all colour samples, over a ground for what is clear. Quality 1 to 100.
pub fn jpeg(canvas: &Canvas, quality: u8, ground: Color) -> Result<Vec<u8>, Error> {
    jpeg::encode(canvas, quality, Chroma::Full, ground)
}

/// A lossy WebP with its alpha channel, if it needs one. Quality 1 to 100.
pub fn webp(canvas: &Canvas, quality: u8) -> Result<Vec<u8>, Error> {
    webp::encode(canvas, quality, Chroma::Full)
}

/// Is nothing of it clear?
pub fn is_opaque(canvas: &Canvas) -> bool {
    crate::canvas::is_opaque(canvas.data())
}

/// The file, and how bright its pixels are when it is read back, if that is asked for.
fn encoded(
    canvas: &Canvas,
    format: Format,
    quality: u8,
    chroma: Chroma,
    look: bool,
) -> Result<(Vec<u8>, Option<Luma>), Error> {
    match format {
        Format::Jpeg => {
            let bytes = jpeg::encode(canvas, quality, chroma, Color::WHITE)?;
            let shown = look.then(|| jpeg::luma(&bytes)).transpose()?;
            Ok((bytes, shown))
        }
        Format::Webp => {
            let bytes = webp::encode(canvas, quality, chroma)?;
            let shown = look.then(|| webp::luma(&bytes)).transpose()?;
            Ok((bytes, shown))
        }
        Format::Avif => avif::encode(canvas, quality, chroma, look),
        Format::Png => png(canvas).map(|bytes| (bytes, None)),
    }
}

/// The first number of `low..=high` for which there is an answer, where every later one has one too.
fn first<T>(
    low: u8,
    high: u8,
    mut answer: impl FnMut(u8) -> Result<Option<T>, Error>,
) -> Result<Option<T>, Error> {
    let (mut low, mut high) = (i32::from(low), i32::from(high));
    let mut found = None;
    while low <= high {
        let middle = (low + high) / 2;
        match answer(middle as u8)? {
            Some(yes) => (found, high) = (Some(yes), middle - 1),
            None => low = middle + 1,
        }
    }
    Ok(found)
}

fn too_large(canvas: &Canvas, format: Format, bytes: usize, most: usize) -> Error {
    let (width, height) = (canvas.width(), canvas.height());
    Error::Encode {
        format: format.name(),
        reason: format!("{width} × {height} takes {bytes} bytes, and {most} are allowed"),
    }
}

/// RGB over a ground.
fn opaque(canvas: &Canvas, ground: Color) -> Vec<u8> {
    let ground = [ground.r, ground.g, ground.b];
    let mut out = Vec::with_capacity(canvas.data().len() / 4 * 3);
    for [r, g, b, a] in canvas.data().as_chunks::<4>().0 {
        let rest = u32::from(255 - *a);
        out.extend(
            [r, g, b]
                .into_iter()
                .zip(ground)
                .map(|(c, under)| (u32::from(*c) + div255(u32::from(under) * rest)).min(255) as u8),
        );
    }
    out
}

/// RGBA, not premultiplied.
fn straight(canvas: &Canvas) -> Vec<u8> {
    let mut out = canvas.data().to_vec();
    for [r, g, b, a] in out.as_chunks_mut::<4>().0.iter_mut().filter(|p| p[3] < 255) {
        let alpha = u32::from(*a).max(1);
        for c in [r, g, b] {
            *c = ((u32::from(*c) * 255 + alpha / 2) / alpha).min(255) as u8;
        }
    }
    out
}

/// The sRGB profile. Its header would hold the second in which it was written; ours holds the same day always, so that
/// the same picture is the same file.
fn srgb() -> &'static [u8] {
    const DATE: std::ops::Range<usize> = 24..36;
    static PROFILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut profile = ColorProfile::new_srgb().encode().unwrap_or_default();
        if let Some(date) = profile.get_mut(DATE) {
            // Year, month, day, hour, minute, second.
            date.copy_from_slice(&[0x07, 0xEA, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
        }
        profile
    });
    &PROFILE
}

#[cfg(test)]
mod tests;
