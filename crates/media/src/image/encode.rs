//! Files: JPEG, PNG and WebP in sRGB, with nothing of the source's metadata, as good as the byte limit allows.

use image::{ExtendedColorType, ImageEncoder, codecs::png};
use moxcms::ColorProfile;

use crate::{Canvas, Color, Error};

/// A format that we write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// JPEG, 4:4:4: letters keep their colour.
    Jpeg,
    /// PNG.
    Png,
    /// WebP, lossy.
    Webp,
}

impl Format {
    /// By the ending that channel data uses: `jpg`, `png`, `webp`.
    pub fn from_ending(ending: &str) -> Option<Self> {
        match ending.to_ascii_lowercase().as_str() {
            "jpg" | "jpeg" => Some(Self::Jpeg),
            "png" => Some(Self::Png),
            "webp" => Some(Self::Webp),
            _ => None,
        }
    }

    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }
}

/// A finished file.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its format.
    pub format: Format,
    /// Its quality, 1 to 100; 100 for PNG.
    pub quality: u8,
}

/// Below this, artefacts show around letters: rather an error than such a file.
const LEAST: u8 = 45;
/// Above this, bytes grow and nobody sees it.
const BEST: u8 = 92;

/// The best file of this format that is not larger than `max_bytes`. JPEG has no transparency: what is clear becomes white.
pub fn best(canvas: &Canvas, format: Format, max_bytes: Option<u64>) -> Result<Encoded, Error> {
    let most = max_bytes.map_or(usize::MAX, |n| n as usize);
    let name = match format {
        Format::Jpeg => "JPEG",
        Format::Webp => "WebP",
        Format::Png => "PNG",
    };
    let encode = |quality| match format {
        Format::Jpeg => jpeg(canvas, quality, Color::WHITE),
        Format::Webp => webp(canvas, quality),
        Format::Png => png(canvas),
    };
    let first = encode(BEST)?;
    if first.len() <= most {
        return Ok(Encoded { bytes: first, format, quality: if format == Format::Png { 100 } else { BEST } });
    }
    let too_large = |bytes: usize| Error::Encode {
        format: name,
        reason: format!(
            "{} × {} takes {bytes} bytes, and {most} are allowed",
            canvas.width(),
            canvas.height()
        ),
    };
    if format == Format::Png {
        return Err(too_large(first.len()));
    }
    let mut held = None;
    let (mut low, mut high) = (LEAST, BEST - 1);
    while low <= high {
        let quality = low + (high - low) / 2;
        let bytes = encode(quality)?;
        if bytes.len() <= most {
            held = Some(Encoded { bytes, format, quality });
            low = quality + 1;
        } else if quality == LEAST {
            return Err(too_large(bytes.len()));
        } else {
            high = quality - 1;
        }
    }
    held.ok_or_else(|| too_large(first.len()))
}

/// A JPEG with all colour samples, over a ground for what is clear. Quality 1 to 100.
pub fn jpeg(canvas: &Canvas, quality: u8, ground: Color) -> Result<Vec<u8>, Error> {
    let failed = |e: turbojpeg::Error| Error::Encode { format: "JPEG", reason: e.to_string() };
    let rgb = opaque(canvas, ground);
    let (width, height) = (canvas.width() as usize, canvas.height() as usize);
    let mut encoder = turbojpeg::Compressor::new().map_err(failed)?;
    encoder.set_quality(i32::from(quality)).map_err(failed)?;
    encoder.set_subsamp(turbojpeg::Subsamp::None).map_err(failed)?;
    encoder.set_optimize(true).map_err(failed)?;
    let image = turbojpeg::Image {
        pixels: rgb.as_slice(),
        width,
        pitch: width * 3,
        height,
        format: turbojpeg::PixelFormat::RGB,
    };
    let plain = encoder.compress_to_vec(image).map_err(failed)?;
    Ok(with_profile(&plain))
}

/// Puts the sRGB profile behind the file header (SOI and APP0).
fn with_profile(jpeg: &[u8]) -> Vec<u8> {
    let header = match jpeg {
        [0xFF, 0xD8, 0xFF, 0xE0, high, low, ..] => 4 + usize::from(u16::from_be_bytes([*high, *low])),
        _ => 2,
    };
    let profile = srgb();
    let mut out = Vec::with_capacity(jpeg.len() + profile.len() + 18);
    out.extend(&jpeg[..header]);
    if let Ok(length) = u16::try_from(profile.len() + 16) {
        out.extend([0xFF, 0xE2]);
        out.extend(length.to_be_bytes());
        out.extend(b"ICC_PROFILE\0\x01\x01");
        out.extend(&profile);
    }
    out.extend(&jpeg[header..]);
    out
}

/// A PNG; without an alpha channel when nothing is clear.
pub fn png(canvas: &Canvas) -> Result<Vec<u8>, Error> {
    let failed = |reason: String| Error::Encode { format: "PNG", reason };
    let mut out = Vec::new();
    let mut encoder =
        png::PngEncoder::new_with_quality(&mut out, png::CompressionType::Default, png::FilterType::Adaptive);
    encoder.set_icc_profile(srgb()).map_err(|e| failed(e.to_string()))?;
    let (pixels, kind) = match is_opaque(canvas) {
        true => (opaque(canvas, Color::WHITE), ExtendedColorType::Rgb8),
        false => (straight(canvas), ExtendedColorType::Rgba8),
    };
    encoder.write_image(&pixels, canvas.width(), canvas.height(), kind).map_err(|e| failed(e.to_string()))?;
    Ok(out)
}

/// A lossy WebP with its alpha channel, if it needs one. Quality 1 to 100.
pub fn webp(canvas: &Canvas, quality: u8) -> Result<Vec<u8>, Error> {
    let plain = libwebp::encode(canvas, quality)
        .ok_or_else(|| Error::Encode { format: "WebP", reason: "libwebp refused the picture".into() })?;
    Ok(with_profile_chunk(&plain, canvas))
}

/// Rebuilds the RIFF container with the sRGB profile in it.
fn with_profile_chunk(webp: &[u8], canvas: &Canvas) -> Vec<u8> {
    let mut chunks: Vec<(&[u8], &[u8])> = Vec::new();
    let mut at = 12;
    while let (Some(name), Some(length)) = (webp.get(at..at + 4), webp.get(at + 4..at + 8)) {
        let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
        let Some(body) = webp.get(at + 8..at + 8 + length) else { break };
        chunks.push((name, body));
        at += 8 + length + length % 2;
    }
    let profile = srgb();
    let alpha = chunks.iter().any(|(name, _)| *name == b"ALPH");
    let (w, h) = ((canvas.width() - 1).to_le_bytes(), (canvas.height() - 1).to_le_bytes());
    // Flags: profile 0x20, alpha 0x10.
    let head = [0x20 | if alpha { 0x10 } else { 0 }, 0, 0, 0, w[0], w[1], w[2], h[0], h[1], h[2]];
    let kept = chunks.into_iter().filter(|(name, _)| *name != b"VP8X");
    let all = [(b"VP8X".as_slice(), head.as_slice()), (b"ICCP".as_slice(), profile.as_slice())]
        .into_iter()
        .chain(kept);
    let mut body = b"WEBP".to_vec();
    for (name, chunk) in all {
        body.extend(name);
        body.extend((chunk.len() as u32).to_le_bytes());
        body.extend(chunk);
        body.extend(std::iter::repeat_n(0, chunk.len() % 2));
    }
    let mut out = b"RIFF".to_vec();
    out.extend((body.len() as u32).to_le_bytes());
    out.extend(body);
    out
}

/// Is nothing of it clear?
pub fn is_opaque(canvas: &Canvas) -> bool {
    canvas.data().as_chunks::<4>().0.iter().all(|p| p[3] == 255)
}

fn opaque(canvas: &Canvas, ground: Color) -> Vec<u8> {
    let ground = [ground.r, ground.g, ground.b];
    let mut out = Vec::with_capacity(canvas.data().len() / 4 * 3);
    for [r, g, b, a] in canvas.data().as_chunks::<4>().0 {
        let rest = u32::from(255 - *a);
        out.extend([r, g, b].into_iter().zip(ground).map(|(c, under)| {
            (u32::from(*c) + crate::canvas::div255(u32::from(under) * rest)).min(255) as u8
        }));
    }
    out
}

fn straight(canvas: &Canvas) -> Vec<u8> {
    let mut out = Vec::with_capacity(canvas.data().len());
    for [r, g, b, a] in canvas.data().as_chunks::<4>().0 {
        let alpha = u32::from(*a).max(1);
        out.extend([r, g, b].map(|c| ((u32::from(*c) * 255 + alpha / 2) / alpha).min(255) as u8));
        out.push(*a);
    }
    out
}

/// The sRGB profile. Its header would hold the second in which it was written; ours holds the same day always, so that
/// the same picture is the same file.
fn srgb() -> Vec<u8> {
    const DATE: std::ops::Range<usize> = 24..36;
    let mut profile = ColorProfile::new_srgb().encode().unwrap_or_default();
    if let Some(date) = profile.get_mut(DATE) {
        // Year, month, day, hour, minute, second.
        date.copy_from_slice(&[0x07, 0xEA, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    }
    profile
}

/// libwebp is C: the only unsafe code for pictures is in here.
mod libwebp {
    #![allow(
        unsafe_code,
        reason = "libwebp has no safe interface with its own settings; every pointer lives within this function"
    )]

    use libwebp_sys::{
        WEBP_ENCODER_ABI_VERSION, WebPConfig, WebPConfigInitInternal, WebPEncode, WebPMemoryWrite,
        WebPMemoryWriter, WebPMemoryWriterClear, WebPMemoryWriterInit, WebPPicture, WebPPictureFree,
        WebPPictureImportRGBA, WebPPictureInit, WebPPreset,
    };

    use crate::Canvas;

    pub(super) fn encode(canvas: &Canvas, quality: u8) -> Option<Vec<u8>> {
        let pixels = super::straight(canvas);
        let stride = i32::try_from(canvas.width()).ok()?.checked_mul(4)?;
        // SAFETY: config, picture and writer are initialised by libwebp before use; `pixels` outlives the import, which
        // copies it; the writer's memory is copied before it is freed, on every path.
        unsafe {
            let mut config: WebPConfig = std::mem::zeroed();
            let mut picture: WebPPicture = std::mem::zeroed();
            let mut writer: WebPMemoryWriter = std::mem::zeroed();
            let ready = WebPConfigInitInternal(
                &raw mut config,
                WebPPreset::WEBP_PRESET_DEFAULT,
                f32::from(quality),
                WEBP_ENCODER_ABI_VERSION as _,
            ) != 0;
            if !ready || !WebPPictureInit(&raw mut picture) {
                return None;
            }
            config.method = 4;
            config.use_sharp_yuv = 1;
            picture.width = i32::try_from(canvas.width()).ok()?;
            picture.height = i32::try_from(canvas.height()).ok()?;
            WebPMemoryWriterInit(&raw mut writer);
            picture.writer = Some(WebPMemoryWrite);
            picture.custom_ptr = (&raw mut writer).cast();
            let encoded = WebPPictureImportRGBA(&raw mut picture, pixels.as_ptr(), stride) != 0
                && WebPEncode(&raw const config, &raw mut picture) != 0;
            let bytes = (encoded && !writer.mem.is_null())
                .then(|| std::slice::from_raw_parts(writer.mem, writer.size).to_vec());
            WebPPictureFree(&raw mut picture);
            WebPMemoryWriterClear(&raw mut writer);
            bytes
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open::{Limits, open};

    fn noisy(width: u32, height: u32) -> Canvas {
        let mut seed = 7u32;
        let data = (0..width * height).flat_map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            [(seed >> 24) as u8, (seed >> 16) as u8, 90, 255]
        });
        Canvas::from_premultiplied(width, height, data.collect()).unwrap()
    }

    #[test]
    fn each_format_is_read_back_as_it_was() {
        let mut canvas = Canvas::new(64, 48, Color::rgb(20, 120, 80));
        crate::shape::rect(&mut canvas, 0.0, 0.0, 32.0, 48.0, 0.0, Color::rgb(240, 230, 210));
        for format in [Format::Jpeg, Format::Png, Format::Webp] {
            let file = best(&canvas, format, None).unwrap();
            let back = open(&file.bytes, &Limits::default()).unwrap();
            assert!(!back.transparent);
            for (x, y) in [(8, 8), (56, 40)] {
                let (a, b) = (canvas.pixel(x, y), back.canvas.pixel(x, y));
                assert!(a.iter().zip(b).all(|(a, b)| a.abs_diff(b) < 5), "{format:?}: {a:?} {b:?}");
            }
        }
    }

    #[test]
    fn transparency_survives_png_and_webp() {
        let canvas = Canvas::new(32, 32, Color::rgb(200, 0, 0).alpha(0.5));
        for format in [Format::Png, Format::Webp] {
            let back = open(&best(&canvas, format, None).unwrap().bytes, &Limits::default()).unwrap();
            assert!(back.transparent && back.canvas.pixel(9, 9)[3].abs_diff(128) < 3, "{format:?}");
        }
    }

    #[test]
    fn the_byte_limit_holds_with_the_best_quality_under_it() {
        let canvas = noisy(300, 300);
        for format in [Format::Jpeg, Format::Webp] {
            let free = best(&canvas, format, None).unwrap();
            let limit = free.bytes.len() as u64 * 7 / 10;
            let held = best(&canvas, format, Some(limit)).unwrap();
            assert!(held.bytes.len() as u64 <= limit && held.quality < free.quality, "{format:?}");
            let next = match format {
                Format::Jpeg => jpeg(&canvas, held.quality + 1, Color::WHITE).unwrap(),
                _ => webp(&canvas, held.quality + 1).unwrap(),
            };
            assert!(next.len() as u64 > limit, "{format:?}: a better one would have fitted");
        }
    }

    #[test]
    fn a_limit_that_cannot_hold_is_an_error_with_the_numbers() {
        let error = best(&noisy(300, 300), Format::Jpeg, Some(2_000)).unwrap_err();
        assert!(error.to_string().contains("2000"), "{error}");
    }
}
