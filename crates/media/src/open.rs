//! The one place where a picture from outside becomes pixels. Limits come before pixels; every result is upright sRGB.

mod frames;
mod jpeg;
mod profile;
mod svg;

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, RgbaImage, metadata::Orientation};
use serde::{Deserialize, Serialize};

use crate::{
    Canvas, Error,
    canvas::{div255, is_opaque},
};

/// What we accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Largest file in bytes.
    pub bytes: usize,
    /// Most pixels of one frame.
    pub pixels: u64,
    /// Most frames of an animation.
    pub frames: u32,
}

impl Default for Limits {
    /// 25 MB, 50 megapixels, 60 frames.
    fn default() -> Self {
        Self { bytes: 25_000_000, pixels: 50_000_000, frames: 60 }
    }
}

impl Limits {
    /// Refuses a size before there is a pixel of it.
    fn allow(&self, width: u32, height: u32) -> Result<(), Error> {
        let pixels = u64::from(width) * u64::from(height);
        if pixels == 0 {
            return Err(damaged("it has no pixels"));
        }
        if pixels > self.pixels {
            let mp = |n: u64| format!("{:.1} megapixels", n as f64 / 1e6);
            return Err(Error::TooLarge {
                what: "picture",
                actual: format!("{width} × {height}, {}", mp(pixels)),
                limit: mp(self.pixels),
            });
        }
        Ok(())
    }
}

/// An opened picture: upright, sRGB, 8 bits, premultiplied.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Its pixels.
    pub canvas: Canvas,
    /// Is some of it see-through?
    pub transparent: bool,
}

/// Opens a PNG, JPEG, WebP, GIF, TIFF, BMP or SVG whatever its name says. Of an animation, the first frame.
///
/// Turned by its EXIF orientation, converted from its ICC profile (or from CMYK) to sRGB, narrowed to 8 bits. An SVG is
/// drawn with 2048 px on its long side; what it would fetch or run is refused.
pub fn open(bytes: &[u8], limits: &Limits) -> Result<Picture, Error> {
    if bytes.is_empty() {
        return Err(Error::Corrupt { what: "file", reason: "it is empty".into() });
    }
    if bytes.len() > limits.bytes {
        let mb = |n: usize| format!("{:.1} MB", n as f64 / 1e6);
        return Err(Error::TooLarge { what: "file", actual: mb(bytes.len()), limit: mb(limits.bytes) });
    }
    if let Some(text) = svg::source(bytes) {
        return svg::draw(text, limits).map(|canvas| Picture { canvas, transparent: true });
    }
    let format = image::guess_format(bytes)
        .ok()
        .filter(|format| READ.contains(format))
        .ok_or_else(|| Error::Unsupported(format!("{} (we read {ACCEPTED})", name_of(bytes))))?;
    let frames = frames::count(bytes, format);
    if frames > limits.frames {
        return Err(Error::TooLarge {
            what: "animation",
            actual: format!("{frames} frames"),
            limit: format!("{} frames", limits.frames),
        });
    }
    match format {
        ImageFormat::Jpeg => jpeg::open(bytes, limits),
        _ => decode(bytes, format, limits).and_then(|(image, profile, orientation)| {
            finish(profile::to_srgb(image, profile.as_deref()), orientation)
        }),
    }
}

const READ: [ImageFormat; 6] = [
    ImageFormat::Png,
    ImageFormat::Jpeg,
    ImageFormat::WebP,
    ImageFormat::Gif,
    ImageFormat::Tiff,
    ImageFormat::Bmp,
];
const ACCEPTED: &str = "PNG, JPEG, WebP, GIF, TIFF, BMP and SVG";

/// Bytes that a decoder may take besides pixels: for profiles, tables, rows.
const SPARE: u64 = 8_000_000;

/// The pixels that a PNG's header promises.
fn promised(bytes: &[u8], format: ImageFormat) -> Option<u64> {
    let side = |at: usize| Some(u64::from(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)));
    (format == ImageFormat::Png).then(|| Some(side(16)?.saturating_mul(side(20)?))).flatten()
}

/// Decodes with the limits set; the profile and the orientation are still to be applied.
fn decode(
    bytes: &[u8],
    format: ImageFormat,
    limits: &Limits,
) -> Result<(DynamicImage, Option<Vec<u8>>, Orientation), Error> {
    let explain = |error| explain(error, limits);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut bounds = image::Limits::default();
    // 16 bit RGBA, once decoded and once on its way; a PNG says its size so early that its profile is held to it too.
    let most = promised(bytes, format).unwrap_or(limits.pixels).min(limits.pixels);
    bounds.max_alloc = Some(most.saturating_mul(16).saturating_add(SPARE));
    reader.limits(bounds);
    let mut decoder = reader.into_decoder().map_err(explain)?;
    let (width, height) = decoder.dimensions();
    limits.allow(width, height)?;
    let profile = decoder.icc_profile().ok().flatten();
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).map_err(explain)?;
    Ok((image, profile, orientation))
}

/// Turns it upright and premultiplies.
fn finish(straight: RgbaImage, orientation: Orientation) -> Result<Picture, Error> {
    let transparent = !is_opaque(&straight);
    finish_with(straight, orientation, transparent)
}

/// Turns it upright; nothing of it is clear.
fn finish_opaque(straight: RgbaImage, orientation: Orientation) -> Result<Picture, Error> {
    finish_with(straight, orientation, false)
}

fn finish_with(straight: RgbaImage, orientation: Orientation, transparent: bool) -> Result<Picture, Error> {
    let upright = match orientation {
        Orientation::NoTransforms => straight,
        turn => {
            let mut image = DynamicImage::ImageRgba8(straight);
            image.apply_orientation(turn);
            image.into_rgba8()
        }
    };
    let (width, height) = upright.dimensions();
    let mut data = upright.into_raw();
    if transparent {
        for pixel in data.as_chunks_mut::<4>().0 {
            let alpha = u32::from(pixel[3]);
            for c in &mut pixel[..3] {
                *c = div255(u32::from(*c) * alpha) as u8;
            }
        }
    }
    let canvas = Canvas::from_premultiplied(width, height, data)
        .ok_or_else(|| damaged("its size and its pixels differ"))?;
    Ok(Picture { canvas, transparent })
}

/// What a file is that we do not read, as far as its first bytes tell.
fn name_of(bytes: &[u8]) -> &'static str {
    let brand = bytes.get(4..12).filter(|b| b.starts_with(b"ftyp")).map(|b| &b[4..]);
    match (bytes, brand) {
        (_, Some(b"heic" | b"heix" | b"mif1" | b"hevc")) => "an HEIC photo",
        (_, Some(b"avif" | b"avis")) => "an AVIF picture",
        (_, Some(_)) => "a video",
        ([b'%', b'P', b'D', b'F', ..], _) => "a PDF document",
        ([b'8', b'B', b'P', b'S', ..], _) => "a Photoshop document",
        ([b'%', b'!', ..], _) => "an EPS document",
        ([0x1F, 0x8B, ..], _) => "a compressed file",
        ([b'P', b'K', ..], _) => "a ZIP archive",
        _ => "this file format",
    }
}

fn damaged(reason: impl Into<String>) -> Error {
    Error::Corrupt { what: "picture", reason: reason.into() }
}

fn explain(error: image::ImageError, limits: &Limits) -> Error {
    match error {
        image::ImageError::Unsupported(e) => Error::Unsupported(e.to_string()),
        image::ImageError::Limits(e) => Error::TooLarge {
            what: "picture",
            actual: e.to_string(),
            limit: format!("{:.1} megapixels", limits.pixels as f64 / 1e6),
        },
        e => damaged(e.to_string()),
    }
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
