//! JPEG: the packet stands in an APP1 segment before the picture (XMP part 3, 1.1.3).

use std::ops::Range;

use crate::{Error, xmp};

const SIGNATURE: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

const fn malformed(what: &'static str) -> Error {
    Error::Malformed { kind: "JPEG", what }
}

/// The packet, where there is one.
pub(crate) fn xmp(bytes: &[u8]) -> Result<Option<&[u8]>, Error> {
    let found = segments(bytes)?.into_iter().find(|s| s.is_xmp(bytes));
    Ok(found.map(|s| &bytes[s.body.start + SIGNATURE.len()..s.body.end]))
}

/// The file with this packet in the place of ours, if there was one: behind JFIF and Exif, as readers expect.
pub(crate) fn with_xmp(bytes: &[u8], packet: &[u8]) -> Result<Vec<u8>, Error> {
    let segments = segments(bytes)?;
    if xmp(bytes)?.is_some_and(|old| !xmp::is_ours(old)) {
        return Err(Error::Occupied("the JPEG"));
    }
    let length = u16::try_from(2 + SIGNATURE.len() + packet.len())
        .map_err(|_| malformed("the packet is too long for a segment"))?;
    let first =
        |s: &&Segment| s.marker == 0xE0 || (s.marker == 0xE1 && bytes[s.body.clone()].starts_with(b"Exif\0"));
    let at = segments.iter().take_while(first).last().map_or(2, |s| s.whole.end);

    let mut segment = vec![0xFF, 0xE1];
    segment.extend_from_slice(&length.to_be_bytes());
    segment.extend_from_slice(SIGNATURE);
    segment.extend_from_slice(packet);

    let (before, after): (Vec<&Segment>, _) =
        segments.iter().filter(|s| !s.is_xmp(bytes)).partition(|s| s.whole.end <= at);
    let rest = segments.last().map_or(2, |s| s.whole.end);
    let mut out = bytes[..2].to_vec();
    before.iter().for_each(|s| out.extend_from_slice(&bytes[s.whole.clone()]));
    out.extend(segment);
    after.iter().for_each(|s| out.extend_from_slice(&bytes[s.whole.clone()]));
    out.extend_from_slice(&bytes[rest..]);
    Ok(out)
}

/// A marker segment before the first scan.
struct Segment {
    marker: u8,
    whole: Range<usize>,
    body: Range<usize>,
}

impl Segment {
    fn is_xmp(&self, bytes: &[u8]) -> bool {
        self.marker == 0xE1 && bytes[self.body.clone()].starts_with(SIGNATURE)
    }
}

fn segments(bytes: &[u8]) -> Result<Vec<Segment>, Error> {
    if !bytes.starts_with(&[0xFF, 0xD8]) {
        return Err(malformed("it does not start with SOI"));
    }
    let mut segments = Vec::new();
    let mut at = 2;
    loop {
        let start = at;
        let (Some(0xFF), Some(&marker)) = (bytes.get(at), bytes.get(at + 1)) else {
            return Err(malformed("a marker is missing"));
        };
        if marker == 0xFF {
            // A fill byte.
            at += 1;
            continue;
        }
        if matches!(marker, 0xDA | 0xD9) {
            return Ok(segments);
        }
        let Some(size) = bytes.get(at + 2..at + 4) else { return Err(malformed("a segment is cut short")) };
        let size = usize::from(u16::from_be_bytes([size[0], size[1]]));
        let end = at + 2 + size;
        if size < 2 || end > bytes.len() {
            return Err(malformed("a segment is cut short"));
        }
        segments.push(Segment { marker, whole: start..end, body: at + 4..end });
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::a_jpeg;

    #[test]
    fn the_packet_stands_behind_jfif_and_the_rest_is_unchanged() {
        let plain = a_jpeg();
        let out = with_xmp(&plain, b"<x/>").unwrap();
        let added = 4 + SIGNATURE.len() + 4;
        assert_eq!(out[..20], plain[..20]);
        assert_eq!(out[20..24], [0xFF, 0xE1, 0, (added - 2) as u8]);
        assert_eq!(out[20 + added..], plain[20..]);
        assert_eq!(xmp(&out).unwrap(), Some(&b"<x/>"[..]));
    }

    #[test]
    fn a_foreign_packet_is_never_lost() {
        let foreign = with_xmp(&a_jpeg(), b"<x:xmpmeta x:xmptk=\"Studio\"/>").unwrap();
        assert!(matches!(with_xmp(&foreign, b"<x/>"), Err(Error::Occupied(_))));
    }
}
