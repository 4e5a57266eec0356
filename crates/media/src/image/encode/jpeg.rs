//! JPEG by libjpeg-turbo, with tables made for the picture and the sRGB profile.

use turbojpeg::{Compressor, Decompressor, PixelFormat, Subsamp};

use super::{Chroma, Luma, is_opaque, opaque, srgb};
use crate::{Canvas, Color, Error};

pub(super) fn encode(canvas: &Canvas, quality: u8, chroma: Chroma, ground: Color) -> Result<Vec<u8>, Error> {
    let (width, height) = (canvas.width() as usize, canvas.height() as usize);
    let flat;
    let (pixels, pitch, format) = match is_opaque(canvas) {
        true => (canvas.data(), width * 4, PixelFormat::RGBX),
        false => {
            flat = opaque(canvas, ground);
            (flat.as_slice(), width * 3, PixelFormat::RGB)
        }
    };
    let mut encoder = Compressor::new().map_err(failed)?;
    encoder.set_quality(i32::from(quality)).map_err(failed)?;
    let samples = if chroma == Chroma::Full { Subsamp::None } else { Subsamp::Sub2x2 };
    encoder.set_subsamp(samples).map_err(failed)?;
    encoder.set_optimize(true).map_err(failed)?;
    let image = turbojpeg::Image { pixels, width, pitch, height, format };
    let plain = encoder.compress_to_owned(image).map_err(failed)?;
    Ok(with_profile(&plain))
}

/// Its brightness, read back.
pub(super) fn luma(jpeg: &[u8]) -> Result<Luma, Error> {
    let mut decoder = Decompressor::new().map_err(failed)?;
    let header = decoder.read_header(jpeg).map_err(failed)?;
    let (width, height) = (header.width, header.height);
    let mut pixels = vec![0u8; width * height];
    let image = turbojpeg::Image {
        pixels: pixels.as_mut_slice(),
        width,
        pitch: width,
        height,
        format: PixelFormat::GRAY,
    };
    decoder.decompress(jpeg, image).map_err(failed)?;
    Ok(Luma::new(width, height, pixels))
}

fn failed(error: turbojpeg::Error) -> Error {
    Error::Encode { format: "JPEG", reason: error.to_string() }
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
        out.extend(profile);
    }
    out.extend(&jpeg[header..]);
    out
}
