//! The one place where a picture from outside becomes pixels. Limits come before pixels; every result is upright sRGB.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, metadata::Orientation};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use crate::{Canvas, Error, canvas::div255};

/// What we accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// An opened picture: upright, sRGB, 8 bits, premultiplied.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Its pixels.
    pub canvas: Canvas,
    /// Is some of it see-through?
    pub transparent: bool,
}

/// Opens a PNG, JPEG, WebP, GIF, TIFF or BMP whatever its name says. Of an animation, the first frame.
///
/// Turned by its EXIF orientation, converted from its ICC profile (or from CMYK) to sRGB, narrowed to 8 bits.
pub fn open(bytes: &[u8], limits: &Limits) -> Result<Picture, Error> {
    if bytes.len() > limits.bytes {
        let mb = |n: usize| format!("{:.1} MB", n as f64 / 1e6);
        return Err(Error::TooLarge { what: "file", actual: mb(bytes.len()), limit: mb(limits.bytes) });
    }
    let format = image::guess_format(bytes)
        .map_err(|_| Error::Unsupported("this file format (not PNG, JPEG, WebP, GIF, TIFF or BMP)".into()))?;
    let frames = frames(bytes, format);
    if frames > limits.frames {
        return Err(Error::TooLarge {
            what: "animation",
            actual: format!("{frames} frames"),
            limit: format!("{} frames", limits.frames),
        });
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut bounds = image::Limits::default();
    // 16 bit RGBA, twice: once decoded, once turned.
    bounds.max_alloc = Some(limits.pixels * 16);
    reader.limits(bounds);
    let mut decoder = reader.into_decoder().map_err(explain)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > limits.pixels {
        let mp = |n: u64| format!("{:.1} megapixels", n as f64 / 1e6);
        return Err(Error::TooLarge {
            what: "picture",
            actual: format!("{width} × {height}, {}", mp(pixels)),
            limit: mp(limits.pixels),
        });
    }
    if pixels == 0 {
        return Err(Error::Corrupt { what: "picture", reason: "it has no pixels".into() });
    }
    let profile = decoder.icc_profile().ok().flatten();
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    if format == ImageFormat::Jpeg && !is_whole_jpeg(bytes) {
        return Err(Error::Corrupt { what: "picture", reason: "the JPEG ends before its last pixel".into() });
    }
    let straight =
        match (format == ImageFormat::Jpeg).then(|| cmyk(bytes, profile.as_deref())).transpose()?.flatten() {
            Some(rgba) => DynamicImage::ImageRgba8(rgba),
            None => DynamicImage::from_decoder(decoder)
                .map_err(explain)
                .map(|image| to_srgb(image, profile.as_deref()))?,
        };
    let mut upright = straight;
    upright.apply_orientation(orientation);
    let rgba = upright.into_rgba8();
    let (width, height) = rgba.dimensions();
    let mut data = rgba.into_raw();
    let mut transparent = false;
    for pixel in data.as_chunks_mut::<4>().0 {
        let alpha = u32::from(pixel[3]);
        if alpha < 255 {
            transparent = true;
            for c in &mut pixel[..3] {
                *c = div255(u32::from(*c) * alpha) as u8;
            }
        }
    }
    let canvas = Canvas::from_premultiplied(width, height, data)
        .ok_or_else(|| Error::Corrupt { what: "picture", reason: "its size and its pixels differ".into() })?;
    Ok(Picture { canvas, transparent })
}

/// Through the picture's own profile to sRGB; a profile that cannot be read counts as none.
fn to_srgb(image: DynamicImage, profile: Option<&[u8]>) -> DynamicImage {
    let Some(source) = profile.and_then(|p| ColorProfile::new_from_slice(p).ok()) else {
        return DynamicImage::ImageRgba8(image.into_rgba8());
    };
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    let (width, height) = (image.width(), image.height());
    let mut out = vec![0u8; width as usize * height as usize * 4];
    let done = match source.color_space {
        DataColorSpace::Gray => source
            .create_transform_8bit(Layout::GrayAlpha, &srgb, Layout::Rgba, options)
            .and_then(|t| t.transform(image.to_luma_alpha8().as_raw(), &mut out)),
        DataColorSpace::Rgb => source
            .create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgba, options)
            .and_then(|t| t.transform(image.to_rgba8().as_raw(), &mut out)),
        _ => return DynamicImage::ImageRgba8(image.into_rgba8()),
    };
    match (done, image::RgbaImage::from_raw(width, height, out)) {
        (Ok(()), Some(converted)) => DynamicImage::ImageRgba8(converted),
        _ => DynamicImage::ImageRgba8(image.into_rgba8()),
    }
}

/// The pixels of a CMYK JPEG as sRGB; `None` for other JPEGs.
fn cmyk(bytes: &[u8], profile: Option<&[u8]>) -> Result<Option<image::RgbaImage>, Error> {
    let corrupt = |e: turbojpeg::Error| Error::Corrupt { what: "picture", reason: e.to_string() };
    let mut decoder = turbojpeg::Decompressor::new().map_err(corrupt)?;
    let header = decoder.read_header(bytes).map_err(corrupt)?;
    if !matches!(header.colorspace, turbojpeg::Colorspace::CMYK | turbojpeg::Colorspace::YCCK) {
        return Ok(None);
    }
    let (width, height) = (header.width, header.height);
    let mut inks = vec![0u8; width * height * 4];
    let target = turbojpeg::Image {
        pixels: inks.as_mut_slice(),
        width,
        pitch: width * 4,
        height,
        format: turbojpeg::PixelFormat::CMYK,
    };
    decoder.decompress(bytes, target).map_err(corrupt)?;
    // Adobe writes CMYK upside down: 255 is no ink. Files without its marker mean what they say.
    if !has_adobe_marker(bytes) {
        inks.iter_mut().for_each(|ink| *ink = 255 - *ink);
    }
    let mut rgba = vec![255u8; width * height * 4];
    let through_profile = profile
        .and_then(|p| ColorProfile::new_from_slice(p).ok())
        .filter(|p| p.color_space == DataColorSpace::Cmyk)
        .and_then(|source| {
            let upright: Vec<u8> = inks.iter().map(|ink| 255 - ink).collect();
            let transform = source
                .create_transform_8bit(
                    Layout::Rgba,
                    &ColorProfile::new_srgb(),
                    Layout::Rgb,
                    TransformOptions::default(),
                )
                .ok()?;
            let mut rgb = vec![0u8; width * height * 3];
            transform.transform(&upright, &mut rgb).ok()?;
            Some(rgb)
        });
    match through_profile {
        Some(rgb) => {
            for (to, from) in rgba.as_chunks_mut::<4>().0.iter_mut().zip(rgb.as_chunks::<3>().0) {
                to[..3].copy_from_slice(from);
            }
        }
        None => {
            for (to, [c, m, y, k]) in rgba.as_chunks_mut::<4>().0.iter_mut().zip(inks.as_chunks::<4>().0) {
                for (to, ink) in to.iter_mut().zip([c, m, y]) {
                    *to = div255(u32::from(*ink) * u32::from(*k)) as u8;
                }
            }
        }
    }
    Ok(image::RgbaImage::from_raw(width as u32, height as u32, rgba))
}

fn has_adobe_marker(jpeg: &[u8]) -> bool {
    segments(jpeg).any(|(marker, body)| marker == 0xEE && body.starts_with(b"Adobe"))
}

/// Segments before the first scan: marker and body.
fn segments(jpeg: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut at = 2;
    std::iter::from_fn(move || {
        let [0xFF, marker, high, low] = *jpeg.get(at..at + 4)? else { return None };
        if marker == 0xDA {
            return None;
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        let body = jpeg.get(at + 4..at + 2 + length.max(2))?;
        at += 2 + length;
        Some((marker, body))
    })
}

/// Does an end marker follow the last scan? (Decoders fill what is missing with grey and say nothing.)
fn is_whole_jpeg(jpeg: &[u8]) -> bool {
    let last = |marker: u8| jpeg.windows(2).rposition(|w| w == [0xFF, marker]);
    matches!((last(0xD9), last(0xDA)), (Some(end), Some(scan)) if end > scan)
}

/// Counts the frames without decoding them.
fn frames(bytes: &[u8], format: ImageFormat) -> u32 {
    match format {
        ImageFormat::Png => bytes
            .windows(12)
            .take(4096)
            .find(|w| w.starts_with(b"acTL"))
            .map_or(1, |w| u32::from_be_bytes([w[4], w[5], w[6], w[7]])),
        ImageFormat::WebP => bytes.windows(4).filter(|w| w == b"ANMF").count().max(1) as u32,
        ImageFormat::Gif => gif_frames(bytes).max(1),
        _ => 1,
    }
}

fn gif_frames(bytes: &[u8]) -> u32 {
    let table = |flags: u8| if flags & 0x80 != 0 { 3usize << ((flags & 7) + 1) } else { 0 };
    let mut at = 13 + bytes.get(10).map_or(0, |flags| table(*flags));
    let mut count = 0;
    loop {
        match bytes.get(at) {
            Some(0x21) => at += 2,
            Some(0x2C) => {
                count += 1;
                at += 11 + bytes.get(at + 9).map_or(0, |flags| table(*flags));
            }
            _ => return count,
        }
        while let Some(length) = bytes.get(at) {
            at += 1 + usize::from(*length);
            if *length == 0 {
                break;
            }
        }
    }
}

fn explain(error: image::ImageError) -> Error {
    match error {
        image::ImageError::Unsupported(e) => Error::Unsupported(e.to_string()),
        image::ImageError::Limits(e) => {
            Error::TooLarge { what: "picture", actual: e.to_string(), limit: "50 megapixels".into() }
        }
        e => Error::Corrupt { what: "picture", reason: e.to_string() },
    }
}

#[cfg(test)]
mod tests;
