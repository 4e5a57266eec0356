//! WebP by libwebp.

use super::{Chroma, Luma, is_opaque, srgb, straight};
use crate::{Canvas, Error};

pub(super) fn encode(canvas: &Canvas, quality: u8, chroma: Chroma) -> Result<Vec<u8>, Error> {
    let opaque = is_opaque(canvas);
    let plain = match opaque {
        true => libwebp::encode(canvas.data(), (canvas.width(), canvas.height()), true, quality, chroma),
        false => {
            libwebp::encode(&straight(canvas), (canvas.width(), canvas.height()), false, quality, chroma)
        }
    };
    let plain = plain.ok_or_else(|| failed("libwebp refused the picture"))?;
    Ok(with_profile(&plain, canvas))
}

/// Its brightness over white, read back.
pub(super) fn luma(webp: &[u8]) -> Result<Luma, Error> {
    let (rgba, width, height) =
        libwebp::decode(webp).ok_or_else(|| failed("libwebp cannot read its own file"))?;
    Ok(Luma::of_straight(width, height, &rgba))
}

fn failed(reason: &str) -> Error {
    Error::Encode { format: "WebP", reason: reason.to_owned() }
}

/// Rebuilds the RIFF container with the sRGB profile in it.
fn with_profile(webp: &[u8], canvas: &Canvas) -> Vec<u8> {
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
    let all = [(b"VP8X".as_slice(), head.as_slice()), (b"ICCP".as_slice(), profile)].into_iter().chain(kept);
    let mut body = Vec::with_capacity(webp.len() + profile.len() + 40);
    body.extend(b"WEBP");
    for (name, chunk) in all {
        body.extend(name);
        body.extend((chunk.len() as u32).to_le_bytes());
        body.extend(chunk);
        body.extend(std::iter::repeat_n(0, chunk.len() % 2));
    }
    let mut out = Vec::with_capacity(body.len() + 8);
    out.extend(b"RIFF");
    out.extend((body.len() as u32).to_le_bytes());
    out.extend(body);
    out
}

/// libwebp is C: the only unsafe code for pictures is in here.
mod libwebp {
    #![allow(
        unsafe_code,
        reason = "libwebp has no safe interface with its own settings; every pointer lives within these functions"
    )]

    use libwebp_sys::{
        WEBP_ENCODER_ABI_VERSION, WebPConfig, WebPConfigInitInternal, WebPDecodeRGBAInto, WebPEncode,
        WebPGetInfo, WebPMemoryWrite, WebPMemoryWriter, WebPMemoryWriterClear, WebPMemoryWriterInit,
        WebPPicture, WebPPictureFree, WebPPictureImportRGBA, WebPPictureImportRGBX, WebPPictureInit,
        WebPPreset,
    };

    use super::Chroma;

    /// `pixels` are RGBA, `width × height`; of opaque ones the fourth byte is not looked at.
    pub(super) fn encode(
        pixels: &[u8],
        (width, height): (u32, u32),
        opaque: bool,
        quality: u8,
        chroma: Chroma,
    ) -> Option<Vec<u8>> {
        let stride = i32::try_from(width).ok()?.checked_mul(4)?;
        if pixels.len() != stride as usize * height as usize {
            return None;
        }
        // SAFETY: config, picture and writer are initialised by libwebp before use; `pixels` has `height` rows of `stride`
        // bytes and outlives the import, which copies it; the writer's memory is copied before it is freed, on every path.
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
            config.use_sharp_yuv = i32::from(chroma == Chroma::Full);
            // Sharp YUV starts from RGB, the plain conversion is done while importing.
            picture.use_argb = config.use_sharp_yuv;
            picture.width = i32::try_from(width).ok()?;
            picture.height = i32::try_from(height).ok()?;
            WebPMemoryWriterInit(&raw mut writer);
            picture.writer = Some(WebPMemoryWrite);
            picture.custom_ptr = (&raw mut writer).cast();
            let import = if opaque { WebPPictureImportRGBX } else { WebPPictureImportRGBA };
            let encoded = import(&raw mut picture, pixels.as_ptr(), stride) != 0
                && WebPEncode(&raw const config, &raw mut picture) != 0;
            let bytes = (encoded && !writer.mem.is_null())
                .then(|| std::slice::from_raw_parts(writer.mem, writer.size).to_vec());
            WebPPictureFree(&raw mut picture);
            WebPMemoryWriterClear(&raw mut writer);
            bytes
        }
    }

    /// RGBA, width and height.
    pub(super) fn decode(webp: &[u8]) -> Option<(Vec<u8>, usize, usize)> {
        let (mut width, mut height) = (0, 0);
        // SAFETY: both calls get the slice's own length; the output has the size that libwebp named and is told so.
        unsafe {
            if WebPGetInfo(webp.as_ptr(), webp.len(), &raw mut width, &raw mut height) == 0 {
                return None;
            }
            let (w, h) = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
            let mut rgba = vec![0u8; w * h * 4];
            let size = rgba.len();
            let done = WebPDecodeRGBAInto(webp.as_ptr(), webp.len(), rgba.as_mut_ptr(), size, width * 4);
            (!done.is_null()).then_some((rgba, w, h))
        }
    }
}
