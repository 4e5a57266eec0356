//! WebP: the packet stands in an `XMP ` chunk at the end; a simple file becomes an extended one (`VP8X`) for it.

use std::ops::Range;

use crate::{Error, xmp};

const XMP_FLAG: u8 = 0b0000_0100;
const ALPHA_FLAG: u8 = 0b0001_0000;

const fn malformed(what: &'static str) -> Error {
    Error::Malformed { kind: "WebP", what }
}

/// The packet, where there is one.
pub(crate) fn xmp(bytes: &[u8]) -> Result<Option<&[u8]>, Error> {
    Ok(chunks(bytes)?.into_iter().find(|c| c.kind == *b"XMP ").map(|c| &bytes[c.body]))
}

/// The file with this packet in the place of ours, if there was one.
pub(crate) fn with_xmp(bytes: &[u8], packet: &[u8]) -> Result<Vec<u8>, Error> {
    if xmp(bytes)?.is_some_and(|old| !xmp::is_ours(old)) {
        return Err(Error::Occupied("the WebP"));
    }
    let chunks = chunks(bytes)?;
    let first = chunks.first().ok_or(malformed("it is empty"))?;
    let mut out = b"RIFF\0\0\0\0WEBP".to_vec();
    if first.kind != *b"VP8X" {
        write(&mut out, *b"VP8X", &extended_header(first.kind, &bytes[first.body.clone()])?)?;
    }
    for chunk in chunks.iter().filter(|c| c.kind != *b"XMP ") {
        let mut body = bytes[chunk.body.clone()].to_vec();
        if chunk.kind == *b"VP8X" {
            *body.first_mut().ok_or(malformed("its header is empty"))? |= XMP_FLAG;
        }
        write(&mut out, chunk.kind, &body)?;
    }
    write(&mut out, *b"XMP ", packet)?;
    let size = u32::try_from(out.len() - 8).map_err(|_| malformed("it is too large"))?;
    out[4..8].copy_from_slice(&size.to_le_bytes());
    Ok(out)
}

/// The `VP8X` body for a picture that had none: flags, three bytes for nothing, width and height less one in 24 bits.
fn extended_header(kind: [u8; 4], body: &[u8]) -> Result<[u8; 10], Error> {
    let cut = || malformed("its picture is cut short");
    let (width, height, alpha) = match &kind {
        b"VP8 " => {
            let frame = body.get(..10).filter(|f| f[3..6] == [0x9D, 0x01, 0x2A]).ok_or_else(cut)?;
            let side = |at: usize| u32::from(u16::from_le_bytes([frame[at], frame[at + 1]]) & 0x3FFF);
            (side(6), side(8), false)
        }
        b"VP8L" => {
            let frame = body.get(..5).filter(|f| f[0] == 0x2F).ok_or_else(cut)?;
            let bits = u32::from_le_bytes([frame[1], frame[2], frame[3], frame[4]]);
            ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bits >> 28 & 1 == 1)
        }
        _ => return Err(malformed("its first chunk is no picture")),
    };
    let less_one = |side: u32| side.checked_sub(1).map(u32::to_le_bytes).ok_or_else(cut);
    let ([w0, w1, w2, _], [h0, h1, h2, _]) = (less_one(width)?, less_one(height)?);
    let flags = XMP_FLAG | if alpha { ALPHA_FLAG } else { 0 };
    Ok([flags, 0, 0, 0, w0, w1, w2, h0, h1, h2])
}

fn write(out: &mut Vec<u8>, kind: [u8; 4], body: &[u8]) -> Result<(), Error> {
    let length = u32::try_from(body.len()).map_err(|_| malformed("a chunk is too long"))?;
    out.extend_from_slice(&kind);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(body);
    if body.len() % 2 == 1 {
        out.push(0);
    }
    Ok(())
}

struct Chunk {
    kind: [u8; 4],
    body: Range<usize>,
}

fn chunks(bytes: &[u8]) -> Result<Vec<Chunk>, Error> {
    let head = bytes
        .get(..12)
        .filter(|h| h[..4] == *b"RIFF" && h[8..] == *b"WEBP")
        .ok_or(malformed("it is no RIFF file"))?;
    let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
    let end = (size + 8).min(bytes.len());
    if size + 8 > bytes.len() {
        return Err(malformed("it is cut short"));
    }
    let mut chunks = Vec::new();
    let mut at = 12;
    while at < end {
        let head = bytes.get(at..at + 8).ok_or(malformed("a chunk is cut short"))?;
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        if at + 8 + length > end {
            return Err(malformed("a chunk is cut short"));
        }
        chunks.push(Chunk { kind: [head[0], head[1], head[2], head[3]], body: at + 8..at + 8 + length });
        at += 8 + length + length % 2;
    }
    Ok(chunks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::a_webp;

    #[test]
    fn a_simple_picture_becomes_an_extended_one_of_the_same_size() {
        for lossless in [false, true] {
            let plain = a_webp(lossless);
            let out = with_xmp(&plain, b"<x/>?").unwrap();
            assert_eq!(out[12..16], *b"VP8X");
            let flags = if lossless { XMP_FLAG | ALPHA_FLAG } else { XMP_FLAG };
            assert_eq!(out[20..30], [flags, 0, 0, 0, 2, 0, 0, 1, 0, 0]);
            // The picture's own chunk follows, byte for byte.
            assert_eq!(out[30..30 + plain.len() - 12], plain[12..]);
            assert_eq!(out.len() % 2, 0);
            assert_eq!(u32::from_le_bytes(out[4..8].try_into().unwrap()) as usize, out.len() - 8);
            assert_eq!(xmp(&out).unwrap(), Some(&b"<x/>?"[..]));
        }
    }
}
