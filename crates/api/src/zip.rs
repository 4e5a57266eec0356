//! A ZIP as it is written: one file after the other, nothing of it kept but its list of contents. Files are stored as
//! they are, because pictures and videos do not get smaller. ZIP64 where a number needs it.

/// The largest number of the old fields.
const MOST: u64 = 0xffff_ffff;
/// Names are UTF-8.
const UTF8: u16 = 1 << 11;
/// 1 January 1980: the same pack is the same bytes.
const DATE: u16 = 33;
/// Version that knows ZIP64.
const VERSION: u16 = 45;

/// Writes one.
#[derive(Debug, Default)]
pub(crate) struct Zip {
    at: u64,
    contents: Vec<u8>,
    files: u64,
}

impl Zip {
    /// What stands before a file's bytes; the bytes follow as they are.
    pub(crate) fn file(&mut self, name: &str, bytes: &[u8]) -> Vec<u8> {
        let (sum, size, at) = (crc32fast::hash(bytes), bytes.len() as u64, self.at);
        let mut common = Vec::new();
        for short in [VERSION, UTF8, 0, 0, DATE] {
            common.extend(short.to_le_bytes());
        }
        common.extend(sum.to_le_bytes());
        let mut head = b"PK\x03\x04".to_vec();
        head.extend(&common);
        let extra = wide(&[size, size].map(|n| (n >= MOST).then_some(n)));
        [size, size].into_iter().for_each(|n| head.extend(narrow(n)));
        lengths(&mut head, name, &extra);
        head.extend(name.as_bytes());
        head.extend(&extra);

        let extra = wide(&[size, size, at].map(|n| (n >= MOST).then_some(n)));
        self.contents.extend(b"PK\x01\x02");
        self.contents.extend(VERSION.to_le_bytes());
        self.contents.extend(&common);
        [size, size].into_iter().for_each(|n| self.contents.extend(narrow(n)));
        lengths(&mut self.contents, name, &extra);
        // No comment, the first disk, no attributes.
        self.contents.extend([0; 10]);
        self.contents.extend(narrow(at));
        self.contents.extend(name.as_bytes());
        self.contents.extend(&extra);
        self.files += 1;
        self.at += head.len() as u64 + size;
        head
    }

    /// What stands at the end.
    pub(crate) fn end(self) -> Vec<u8> {
        let (at, length, files) = (self.at, self.contents.len() as u64, self.files);
        let mut end = self.contents;
        if at >= MOST || length >= MOST || files >= 0xffff {
            let here = at + length;
            end.extend(b"PK\x06\x06");
            end.extend(44_u64.to_le_bytes());
            [VERSION, VERSION].into_iter().for_each(|v| end.extend(v.to_le_bytes()));
            end.extend([0; 8]);
            [files, files, length, at].into_iter().for_each(|n| end.extend(n.to_le_bytes()));
            end.extend(b"PK\x06\x07\0\0\0\0");
            end.extend(here.to_le_bytes());
            end.extend(1_u32.to_le_bytes());
        }
        end.extend(b"PK\x05\x06\0\0\0\0");
        let files = u16::try_from(files).unwrap_or(u16::MAX);
        [files, files].into_iter().for_each(|n| end.extend(n.to_le_bytes()));
        [length, at].into_iter().for_each(|n| end.extend(narrow(n)));
        end.extend([0; 2]);
        end
    }
}

/// A number in an old field; one that does not fit stands in the extra field.
fn narrow(n: u64) -> [u8; 4] {
    u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes()
}

fn lengths(out: &mut Vec<u8>, name: &str, extra: &[u8]) {
    for length in [name.len(), extra.len()] {
        out.extend(u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
    }
}

/// The extra field of the numbers that are too large for the old ones.
fn wide(numbers: &[Option<u64>]) -> Vec<u8> {
    let large: Vec<u64> = numbers.iter().flatten().copied().collect();
    if large.is_empty() {
        return Vec::new();
    }
    let mut extra = 1_u16.to_le_bytes().to_vec();
    extra.extend(u16::try_from(large.len() * 8).unwrap_or(u16::MAX).to_le_bytes());
    large.into_iter().for_each(|n| extra.extend(n.to_le_bytes()));
    extra
}
