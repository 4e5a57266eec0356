//! How many frames an animation has, counted without decoding one.

use image::ImageFormat;

/// At least 1.
pub(super) fn count(bytes: &[u8], format: ImageFormat) -> u32 {
    let found = match format {
        ImageFormat::Png => png(bytes),
        ImageFormat::WebP => webp(bytes),
        ImageFormat::Gif => gif(bytes),
        _ => 1,
    };
    found.max(1)
}

/// The chunk `acTL` stands before the first pixels and says it.
fn png(bytes: &[u8]) -> u32 {
    let mut at = 8;
    while let Some(head) = bytes.get(at..at + 12) {
        match &head[4..8] {
            b"acTL" => return u32::from_be_bytes([head[8], head[9], head[10], head[11]]),
            b"IDAT" => return 1,
            _ => at += 12 + u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize,
        }
    }
    1
}

fn webp(bytes: &[u8]) -> u32 {
    let (mut at, mut frames) = (12, 0);
    while let Some(head) = bytes.get(at..at + 8) {
        frames += u32::from(head.starts_with(b"ANMF"));
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        at += 8 + length + length % 2;
    }
    frames
}

fn gif(bytes: &[u8]) -> u32 {
    let table = |flags: u8| if flags & 0x80 != 0 { 3usize << ((flags & 7) + 1) } else { 0 };
    let mut at = 13 + bytes.get(10).map_or(0, |flags| table(*flags));
    let mut frames = 0;
    loop {
        match bytes.get(at) {
            Some(0x21) => at += 2,
            Some(0x2C) => {
                frames += 1;
                at += 11 + bytes.get(at + 9).map_or(0, |flags| table(*flags));
            }
            _ => return frames,
        }
        while let Some(length) = bytes.get(at) {
            at += 1 + usize::from(*length);
            if *length == 0 {
                break;
            }
        }
    }
}
