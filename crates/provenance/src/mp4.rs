//! MP4: the AIGC label is a key of `moov.udta.meta`, where players and checkers of the standard look; the packet stands
//! in a `uuid` box at the end. `moov` may grow in front of the frames, so the chunk offsets in it move along.

use std::ops::Range;

use crate::{Error, xmp};

/// The box type of XMP (XMP part 3, 1.2.7).
const XMP_UUID: [u8; 16] =
    [0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC];
const KEY: &str = "AIGC";

/// What FFmpeg calls the iTunes items that it writes by itself; as keys they keep these names.
const ITUNES: &[(&[u8; 4], &str)] = &[
    (b"\xA9too", "encoder"),
    (b"\xA9nam", "title"),
    (b"\xA9ART", "artist"),
    (b"\xA9cmt", "comment"),
    (b"\xA9day", "date"),
    (b"cprt", "copyright"),
    (b"desc", "description"),
];

const fn malformed(what: &'static str) -> Error {
    Error::Malformed { kind: "MP4", what }
}

/// The packet, where there is one.
pub(crate) fn xmp(bytes: &[u8]) -> Result<Option<&[u8]>, Error> {
    let found = boxes(bytes, 0..bytes.len())?.into_iter().find(|b| b.is_xmp(bytes));
    Ok(found.map(|b| &bytes[b.body.start + 16..b.body.end]))
}

/// The AIGC object among the video's own keys, where there is one.
pub(crate) fn aigc(bytes: &[u8]) -> Result<Option<String>, Error> {
    let moov = moov(&boxes(bytes, 0..bytes.len())?)?.body.clone();
    let inside = boxes(bytes, moov)?;
    let udta = inside.iter().find(|b| b.kind == *b"udta");
    let in_udta = udta.map(|udta| boxes(bytes, udta.body.clone())).transpose()?.unwrap_or_default();
    for meta in in_udta.iter().chain(&inside).filter(|b| b.kind == *b"meta") {
        let items = items(bytes, meta.body.clone())?.unwrap_or_default();
        if let Some((_, data)) = items.iter().find(|(key, _)| key == KEY) {
            return Ok(data.get(16..).map(|text| String::from_utf8_lossy(text).into_owned()));
        }
    }
    Ok(None)
}

/// The file with this label in the place of ours, if there was one.
pub(crate) fn with_label(bytes: &[u8], packet: &[u8], aigc: Option<&str>) -> Result<Vec<u8>, Error> {
    let boxes = boxes(bytes, 0..bytes.len())?;
    let moov = moov(&boxes)?;
    if boxes.iter().any(|b| b.kind == *b"moof") {
        return Err(malformed("it is fragmented"));
    }
    let frames_end = boxes.iter().filter(|b| b.kind == *b"mdat").map(|b| b.whole.end).max().unwrap_or(0);
    let old = boxes.iter().find(|b| b.is_xmp(bytes));
    if old.is_some_and(|b| {
        !xmp::is_ours(&bytes[b.body.clone()]) || b.whole.start < frames_end.max(moov.whole.end)
    }) {
        return Err(Error::Occupied("the MP4"));
    }

    let mut new = relabelled(bytes, moov, aigc)?;
    let grown = new.len() as i64 - moov.whole.len() as i64;
    let end = new.len();
    move_chunks(&mut new, 8..end, moov.whole.end as u64, grown)?;

    let mut out = bytes[..moov.whole.start].to_vec();
    out.extend(new);
    for kept in boxes.iter().filter(|b| b.whole.start >= moov.whole.end && !b.is_xmp(bytes)) {
        out.extend_from_slice(&bytes[kept.whole.clone()]);
    }
    out.extend(boxed(*b"uuid", &[&XMP_UUID, packet].concat())?);
    Ok(out)
}

/// `moov` with the key set, or taken away where there is no label.
fn relabelled(bytes: &[u8], moov: &Box, aigc: Option<&str>) -> Result<Vec<u8>, Error> {
    let inside = boxes(bytes, moov.body.clone())?;
    let udta = inside.iter().find(|b| b.kind == *b"udta");
    let in_udta = udta.map(|udta| boxes(bytes, udta.body.clone())).transpose()?.unwrap_or_default();
    let meta_in_udta = in_udta.iter().find(|b| b.kind == *b"meta");
    let known = meta_in_udta.map(|meta| items(bytes, meta.body.clone())).transpose()?;

    // Items that have no name as keys stay where they are, and ours get a `meta` beside `udta`.
    let beside = matches!(known, Some(None));
    let old = match beside {
        true => inside
            .iter()
            .find(|b| b.kind == *b"meta")
            .map(|meta| items(bytes, meta.body.clone()))
            .transpose()?,
        false => known,
    };
    let mut items = match old {
        Some(None) => return Err(Error::Occupied("the MP4")),
        old => old.flatten().unwrap_or_default(),
    };
    items.retain(|(key, _)| key != KEY);
    items.extend(aigc.map(|json| (KEY.to_owned(), text_item(json))));
    let meta = if items.is_empty() { Vec::new() } else { meta(&items)? };

    let mut body = Vec::new();
    for kept in inside.iter().filter(|b| b.kind != *b"udta" && !(beside && b.kind == *b"meta")) {
        body.extend_from_slice(&bytes[kept.whole.clone()]);
    }
    let mut user = Vec::new();
    for kept in in_udta.iter().filter(|b| beside || b.kind != *b"meta") {
        user.extend_from_slice(&bytes[kept.whole.clone()]);
    }
    if beside {
        body.extend(meta);
    } else {
        user.extend(meta);
    }
    if !user.is_empty() {
        body.extend(boxed(*b"udta", &user)?);
    }
    boxed(*b"moov", &body)
}

/// Name of a key, and its item's content: one `data` box.
type Item = (String, Vec<u8>);

/// The items of a `meta` box by key; `None` where some of them have no key.
fn items(bytes: &[u8], body: Range<usize>) -> Result<Option<Vec<Item>>, Error> {
    // Version and flags come first, except in QuickTime's own form.
    let plain = bytes.get(body.start + 4..body.start + 8) == Some(b"hdlr");
    let start = if plain { body.start } else { body.start + 4 };
    if start > body.end {
        return Err(malformed("its metadata is cut short"));
    }
    let inside = boxes(bytes, start..body.end)?;
    let keys = match inside.iter().find(|b| b.kind == *b"keys") {
        Some(keys) => Some(key_names(&bytes[keys.body.clone()])?),
        None => None,
    };
    let Some(list) = inside.iter().find(|b| b.kind == *b"ilst") else { return Ok(None) };
    let mut items = Vec::new();
    for item in boxes(bytes, list.body.clone())? {
        let name = match &keys {
            Some(keys) => {
                (u32::from_be_bytes(item.kind) as usize).checked_sub(1).and_then(|n| keys.get(n)).cloned()
            }
            None => ITUNES.iter().find(|(kind, _)| **kind == item.kind).map(|(_, name)| (*name).to_owned()),
        };
        let Some(name) = name else { return Ok(None) };
        items.push((name, bytes[item.body].to_vec()));
    }
    Ok(Some(items))
}

fn key_names(body: &[u8]) -> Result<Vec<String>, Error> {
    let list = body.get(8..).ok_or(malformed("its keys are cut short"))?;
    let named = |b: Box| String::from_utf8_lossy(&list[b.body]).into_owned();
    Ok(boxes(list, 0..list.len())?.into_iter().map(named).collect())
}

/// A `meta` box with named items, as QuickTime's metadata writes them.
fn meta(items: &[Item]) -> Result<Vec<u8>, Error> {
    let handler = [&[0; 8], b"mdta".as_slice(), &[0; 13]].concat();
    let mut keys = vec![0; 4];
    let mut list = Vec::new();
    keys.extend((items.len() as u32).to_be_bytes());
    for (number, (name, content)) in (1u32..).zip(items) {
        keys.extend(boxed(*b"mdta", name.as_bytes())?);
        list.extend(boxed(number.to_be_bytes(), content)?);
    }
    let body =
        [vec![0; 4], boxed(*b"hdlr", &handler)?, boxed(*b"keys", &keys)?, boxed(*b"ilst", &list)?].concat();
    boxed(*b"meta", &body)
}

/// A `data` box of UTF-8 text (type 1) for every country and language (0). The label is short and always fits.
fn text_item(text: &str) -> Vec<u8> {
    let mut item = ((16 + text.len()) as u32).to_be_bytes().to_vec();
    item.extend_from_slice(b"data\0\0\0\x01\0\0\0\0");
    item.extend_from_slice(text.as_bytes());
    item
}

/// Moves the offsets of chunks that lie behind `behind` by as much as `moov` has grown.
fn move_chunks(moov: &mut [u8], within: Range<usize>, behind: u64, grown: i64) -> Result<(), Error> {
    let lost = || malformed("its chunk offsets leave their range");
    for inner in boxes(moov, within)? {
        let wide = match &inner.kind {
            b"trak" | b"mdia" | b"minf" | b"stbl" => {
                move_chunks(moov, inner.body, behind, grown)?;
                continue;
            }
            b"stco" => 4,
            b"co64" => 8,
            _ => continue,
        };
        let table = moov
            .get_mut(inner.body)
            .and_then(|body| body.get_mut(8..))
            .ok_or(malformed("its chunk table is cut short"))?;
        for entry in table.chunks_exact_mut(wide) {
            let old = entry.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
            if old >= behind {
                let new = old
                    .checked_add_signed(grown)
                    .filter(|new| wide == 8 || u32::try_from(*new).is_ok())
                    .ok_or_else(lost)?;
                entry.copy_from_slice(&new.to_be_bytes()[8 - wide..]);
            }
        }
    }
    Ok(())
}

pub(crate) fn boxed(kind: [u8; 4], body: &[u8]) -> Result<Vec<u8>, Error> {
    let size = u32::try_from(8 + body.len()).map_err(|_| malformed("a box is too large"))?;
    Ok([&size.to_be_bytes(), &kind, body].concat())
}

struct Box {
    kind: [u8; 4],
    whole: Range<usize>,
    body: Range<usize>,
}

impl Box {
    fn is_xmp(&self, bytes: &[u8]) -> bool {
        self.kind == *b"uuid" && bytes[self.body.clone()].starts_with(&XMP_UUID)
    }
}

fn moov(boxes: &[Box]) -> Result<&Box, Error> {
    boxes.iter().find(|b| b.kind == *b"moov").ok_or(malformed("it has no moov"))
}

/// The boxes in a range, one behind the other.
fn boxes(bytes: &[u8], within: Range<usize>) -> Result<Vec<Box>, Error> {
    let cut = || malformed("a box is cut short");
    let mut boxes = Vec::new();
    let mut at = within.start;
    while at < within.end {
        // QuickTime ends a list of user data with four zero bytes.
        if within.end - at == 4 && bytes[at..within.end] == [0; 4] {
            break;
        }
        let head = bytes.get(at..at + 8).ok_or_else(cut)?;
        let kind = [head[4], head[5], head[6], head[7]];
        let (size, header) = match u32::from_be_bytes([head[0], head[1], head[2], head[3]]) {
            0 => return Err(malformed("a box has no end of its own")),
            1 => {
                let wide = bytes.get(at + 8..at + 16).ok_or_else(cut)?;
                let size = wide.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
                (usize::try_from(size).map_err(|_| cut())?, 16)
            }
            size => (size as usize, 8),
        };
        let end = at.checked_add(size).filter(|end| size >= header && *end <= within.end).ok_or_else(cut)?;
        boxes.push(Box { kind, whole: at..end, body: at + header..end });
        at = end;
    }
    Ok(boxes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{FRAMES, a_video, chunk_offset};

    const JSON: &str = r#"{"Label":"1"}"#;

    #[test]
    fn the_frames_are_found_where_the_offsets_say() {
        for moov_first in [true, false] {
            let plain = a_video(moov_first);
            let out = with_label(&plain, b"<x/>", Some(JSON)).unwrap();
            let at = chunk_offset(&out);
            assert_eq!(&out[at..at + FRAMES.len()], FRAMES, "moov first: {moov_first}");
            assert_eq!(moov_first, at > chunk_offset(&plain));
        }
    }

    #[test]
    fn the_label_is_a_key_beside_the_encoders_own() {
        let out = with_label(&a_video(true), b"<x/>", Some(JSON)).unwrap();
        assert_eq!(aigc(&out).unwrap().as_deref(), Some(JSON));
        assert!(out.windows(7).any(|w| w == b"encoder") && out.windows(4).any(|w| w == b"Lavf"));
        assert_eq!(xmp(&out).unwrap(), Some(&b"<x/>"[..]));
        let without = with_label(&a_video(true), b"<x/>", None).unwrap();
        assert_eq!(aigc(&without).unwrap(), None);
    }
}
