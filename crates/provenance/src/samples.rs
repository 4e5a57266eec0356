//! The smallest files that are what they say: structure only, for tests.

use crate::{mp4::boxed, png};

/// SOI, JFIF, a comment, a scan header with two bytes of scan, EOI.
pub(crate) fn a_jpeg() -> Vec<u8> {
    let mut jpeg = vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 16];
    jpeg.extend(b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0");
    jpeg.extend([0xFF, 0xFE, 0, 6]);
    jpeg.extend(b"note");
    jpeg.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0x3F, 0, 0x55, 0xAA, 0xFF, 0xD9]);
    jpeg
}

/// Header, some data, end.
pub(crate) fn a_png() -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    png::write(&mut out, *b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]).unwrap();
    png::write(&mut out, *b"IDAT", &[0x78, 0x9C, 0x63, 0, 0, 0, 2, 0, 1]).unwrap();
    png::write(&mut out, *b"IEND", &[]).unwrap();
    out
}

/// A simple picture of 3 × 2 px: lossy, or lossless with transparency.
pub(crate) fn a_webp(lossless: bool) -> Vec<u8> {
    let (kind, body): (&[u8; 4], Vec<u8>) = match lossless {
        false => (b"VP8 ", vec![0x10, 0, 0, 0x9D, 0x01, 0x2A, 3, 0, 2, 0, 7, 7]),
        true => {
            let bits: u32 = 2 | 1 << 14 | 1 << 28;
            (b"VP8L", [&[0x2F], bits.to_le_bytes().as_slice(), &[9]].concat())
        }
    };
    let mut chunk = kind.to_vec();
    chunk.extend((body.len() as u32).to_le_bytes());
    chunk.extend(body);
    let mut out = b"RIFF".to_vec();
    out.extend((4 + chunk.len() as u32).to_le_bytes());
    out.extend(b"WEBP");
    out.extend(chunk);
    out
}

/// What stands in the sample video where frames would.
pub(crate) const FRAMES: &[u8] = b"these are the frames";

/// A track with one chunk, and the encoder's name as FFmpeg writes it; `moov` before the frames or behind them.
pub(crate) fn a_video(moov_first: bool) -> Vec<u8> {
    let head = boxed(*b"ftyp", b"isomiso2").unwrap();
    let frames = boxed(*b"mdat", FRAMES).unwrap();
    let moov_len = moov(0).len();
    let at = head.len() + 8 + if moov_first { moov_len } else { 0 };
    let moov = moov(at as u32);
    if moov_first { [head, moov, frames].concat() } else { [head, frames, moov].concat() }
}

fn moov(offset: u32) -> Vec<u8> {
    let nest = |kind: &[u8; 4], body: Vec<u8>| boxed(*kind, &body).unwrap();
    let table = [0u32.to_be_bytes(), 1u32.to_be_bytes(), offset.to_be_bytes()].concat();
    let track = nest(b"trak", nest(b"mdia", nest(b"minf", nest(b"stbl", nest(b"stco", table)))));
    let name = nest(b"data", [b"\0\0\0\x01\0\0\0\0".as_slice(), b"Lavf"].concat());
    let handler = [&[0; 8], b"mdirappl".as_slice(), &[0; 9]].concat();
    let list = nest(b"ilst", nest(b"\xA9too", name));
    let meta = nest(b"meta", [vec![0; 4], nest(b"hdlr", handler), list].concat());
    nest(b"moov", [track, nest(b"udta", meta)].concat())
}

/// Where the sample's chunk table says that the frames are.
pub(crate) fn chunk_offset(video: &[u8]) -> usize {
    let at = video.windows(4).position(|w| w == b"stco").unwrap() + 12;
    u32::from_be_bytes(video[at..at + 4].try_into().unwrap()) as usize
}
