//! PNG: the packet stands in an `iTXt` chunk with the keyword `XML:com.adobe.xmp`, right behind the header.

use std::ops::Range;

use crate::{Error, xmp};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Keyword, its end, not compressed, method 0, no language, no translated keyword.
const HEADER: &[u8] = b"XML:com.adobe.xmp\0\0\0\0\0";

const fn malformed(what: &'static str) -> Error {
    Error::Malformed { kind: "PNG", what }
}

/// The packet, where there is one.
pub(crate) fn xmp(bytes: &[u8]) -> Result<Option<&[u8]>, Error> {
    let found = chunks(bytes)?.into_iter().find(|c| c.is_xmp(bytes));
    Ok(found.map(|c| &bytes[c.body.start + HEADER.len()..c.body.end]))
}

/// The file with this packet in the place of ours, if there was one.
pub(crate) fn with_xmp(bytes: &[u8], packet: &[u8]) -> Result<Vec<u8>, Error> {
    if xmp(bytes)?.is_some_and(|old| !xmp::is_ours(old)) {
        return Err(Error::Occupied("the PNG"));
    }
    let mut out = Vec::with_capacity(bytes.len() + packet.len() + 40);
    out.extend_from_slice(SIGNATURE);
    for chunk in chunks(bytes)?.iter().filter(|c| !c.is_xmp(bytes)) {
        out.extend_from_slice(&bytes[chunk.whole.clone()]);
        if chunk.kind == *b"IHDR" {
            write(&mut out, *b"iTXt", &[HEADER, packet].concat())?;
        }
    }
    Ok(out)
}

pub(crate) fn write(out: &mut Vec<u8>, kind: [u8; 4], body: &[u8]) -> Result<(), Error> {
    let length = u32::try_from(body.len()).map_err(|_| malformed("the packet is too long for a chunk"))?;
    out.extend_from_slice(&length.to_be_bytes());
    let start = out.len();
    out.extend_from_slice(&kind);
    out.extend_from_slice(body);
    let sum = crc32(&out[start..]);
    out.extend_from_slice(&sum.to_be_bytes());
    Ok(())
}

struct Chunk {
    kind: [u8; 4],
    whole: Range<usize>,
    body: Range<usize>,
}

impl Chunk {
    fn is_xmp(&self, bytes: &[u8]) -> bool {
        self.kind == *b"iTXt" && bytes[self.body.clone()].starts_with(HEADER)
    }
}

fn chunks(bytes: &[u8]) -> Result<Vec<Chunk>, Error> {
    if !bytes.starts_with(SIGNATURE) {
        return Err(malformed("it does not start with the PNG signature"));
    }
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut at = SIGNATURE.len();
    while let Some(head) = bytes.get(at..at + 8) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let end = at + 12 + length;
        if end > bytes.len() {
            return Err(malformed("a chunk is cut short"));
        }
        let kind = [head[4], head[5], head[6], head[7]];
        if chunks.is_empty() && kind != *b"IHDR" {
            return Err(malformed("the header is missing"));
        }
        chunks.push(Chunk { kind, whole: at..end, body: at + 8..at + 8 + length });
        at = end;
        if kind == *b"IEND" {
            return Ok(chunks);
        }
    }
    Err(malformed("it does not end"))
}

/// ISO 3309, as PNG asks for. The files have few bytes to sum, so no table is kept.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 };
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::a_png;

    #[test]
    fn the_checksum_is_the_one_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b"IEND"), 0xAE42_6082);
    }

    #[test]
    fn the_packet_stands_behind_the_header_and_the_rest_is_unchanged() {
        let plain = a_png();
        let out = with_xmp(&plain, b"<x/>").unwrap();
        assert_eq!(out[..33], plain[..33]);
        let added = 12 + HEADER.len() + 4;
        assert_eq!(out[33 + added..], plain[33..]);
        assert_eq!(xmp(&out).unwrap(), Some(&b"<x/>"[..]));
    }
}
