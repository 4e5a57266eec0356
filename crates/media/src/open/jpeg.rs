//! JPEG by libjpeg-turbo: RGB, grey and CMYK.

use image::{ImageFormat, RgbaImage, metadata::Orientation};
use turbojpeg::{Colorspace, Decompressor, PixelFormat};

use super::{Limits, Picture, damaged, decode, finish_opaque, profile};
use crate::Canvas;

/// More scans than any camera or editor writes; each costs a pass over all pixels.
const SCANS: u32 = 200;

/// Opens it; a file that libjpeg-turbo does not like is given to a second, more patient decoder.
pub(super) fn open(bytes: &[u8], limits: &Limits) -> Result<Picture, crate::Error> {
    let mut decoder = Decompressor::new().map_err(|e| damaged(e.to_string()))?;
    let (icc, orientation) = (icc(bytes), orientation(bytes));
    let patient = || -> Result<Picture, crate::Error> {
        let (image, ..) = decode(bytes, ImageFormat::Jpeg, limits)?;
        finish_opaque(profile::to_srgb(image, icc.as_deref()), orientation)
    };
    let Ok(header) = decoder.read_header(bytes) else { return patient() };
    limits.allow(header.width as u32, header.height as u32)?;
    if !is_whole(bytes) {
        return Err(damaged("the JPEG ends before its last pixel"));
    }
    let inks = matches!(header.colorspace, Colorspace::CMYK | Colorspace::YCCK);
    let mut pixels = Canvas::any(header.width as u32, header.height as u32).into_data();
    let target = turbojpeg::Image {
        pixels: pixels.as_mut_slice(),
        width: header.width,
        pitch: header.width * 4,
        height: header.height,
        format: if inks { PixelFormat::CMYK } else { PixelFormat::RGBA },
    };
    let decoded = decoder.set_scan_limit(SCANS).and_then(|()| decoder.decompress(bytes, target));
    let straight = match decoded {
        Ok(()) if inks => {
            // Adobe writes CMYK upside down: 255 is no ink. Files without its marker mean what they say.
            if has_adobe_marker(bytes) {
                pixels.iter_mut().for_each(|ink| *ink = 255 - *ink);
            }
            rgba(&header, profile::from_cmyk(&pixels, icc.as_deref()))?
        }
        Ok(()) => {
            let picture = image::DynamicImage::ImageRgba8(rgba(&header, pixels)?);
            profile::to_srgb(picture, icc.as_deref())
        }
        Err(e) if inks || e.to_string().contains("scan") => return Err(damaged(e.to_string())),
        Err(_) => {
            drop(pixels);
            return patient();
        }
    };
    finish_opaque(straight, orientation)
}

fn rgba(header: &turbojpeg::DecompressHeader, pixels: Vec<u8>) -> Result<RgbaImage, crate::Error> {
    RgbaImage::from_raw(header.width as u32, header.height as u32, pixels)
        .ok_or_else(|| damaged("its size and its pixels differ"))
}

fn has_adobe_marker(jpeg: &[u8]) -> bool {
    segments(jpeg).any(|(marker, body)| marker == 0xEE && body.starts_with(b"Adobe"))
}

fn orientation(jpeg: &[u8]) -> Orientation {
    segments(jpeg)
        .filter(|(marker, _)| *marker == 0xE1)
        .find_map(|(_, body)| Orientation::from_exif_chunk(body.strip_prefix(b"Exif\0\0")?))
        .unwrap_or(Orientation::NoTransforms)
}

/// The ICC profile, put together from its numbered segments.
fn icc(jpeg: &[u8]) -> Option<Vec<u8>> {
    let mut parts: Vec<(u8, &[u8])> = segments(jpeg)
        .filter(|(marker, _)| *marker == 0xE2)
        .filter_map(|(_, body)| match body.strip_prefix(b"ICC_PROFILE\0")? {
            [number, _, part @ ..] => Some((*number, part)),
            _ => None,
        })
        .collect();
    parts.sort_by_key(|(number, _)| *number);
    (!parts.is_empty()).then(|| parts.into_iter().flat_map(|(_, part)| part).copied().collect())
}

/// Segments before the first scan: marker and body.
fn segments(jpeg: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut at = 2;
    std::iter::from_fn(move || {
        // Fill bytes may stand before a marker.
        while jpeg.get(at..at + 2) == Some(&[0xFF, 0xFF]) {
            at += 1;
        }
        let [0xFF, marker, high, low] = *jpeg.get(at..at + 4)? else { return None };
        if marker == 0xDA {
            return None;
        }
        let length = usize::from(u16::from_be_bytes([high, low])).max(2);
        let body = jpeg.get(at + 4..at + 2 + length)?;
        at += 2 + length;
        Some((marker, body))
    })
}

/// Does an end marker follow the last scan? (Decoders fill what is missing with grey and say nothing.)
fn is_whole(jpeg: &[u8]) -> bool {
    let last = |marker: u8| jpeg.windows(2).rposition(|w| w == [0xFF, marker]);
    matches!((last(0xD9), last(0xDA)), (Some(end), Some(scan)) if end > scan)
}
