//! The container of an AVIF: a handful of boxes around one or two AV1 pictures (ISO/IEC 23008-12 and AV1 Image File
//! Format). Ours is written here because it is small, needs no file to write to, and is the same on every machine.

/// A picture coded as AV1.
pub(super) struct Item<'a> {
    /// Its open bitstream units, without temporal delimiters.
    pub(super) data: &'a [u8],
    /// `av1C` without its box header.
    pub(super) config: [u8; 4],
    /// 3 for colours, 1 for alpha.
    pub(super) channels: u8,
}

/// The file.
pub(super) fn file(width: u32, height: u32, color: &Item<'_>, alpha: Option<&Item<'_>>) -> Vec<u8> {
    let items: Vec<(u16, &Item<'_>)> =
        [Some(color), alpha].into_iter().flatten().zip(1u16..).map(|(i, n)| (n, i)).collect();
    let head = bytes(b"ftyp", &[b"avif", &[0; 4], b"avif", b"mif1", b"miaf"]);
    // The places of the data depend on the length of what stands before, and that does not depend on the places.
    let before = head.len() + meta(width, height, &items, 0).len() + 8;
    let mut out = head;
    out.extend(meta(width, height, &items, before as u32));
    let data: Vec<&[u8]> = items.iter().map(|(_, item)| item.data).collect();
    out.extend(bytes(b"mdat", &data));
    out
}

fn meta(width: u32, height: u32, items: &[(u16, &Item<'_>)], first: u32) -> Vec<u8> {
    let handler = full(b"hdlr", 0, &[&[0; 4], b"pict", &[0; 13]]);
    let primary = full(b"pitm", 0, &[&1u16.to_be_bytes()]);
    let mut parts = vec![handler, primary, places(items, first), infos(items)];
    if items.len() > 1 {
        // The second item is an auxiliary picture of the first.
        let link = bytes(b"auxl", &[&2u16.to_be_bytes(), &1u16.to_be_bytes(), &1u16.to_be_bytes()]);
        parts.push(full(b"iref", 0, &[&link]));
    }
    parts.push(properties(width, height, items));
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    full(b"meta", 0, &parts)
}

/// Where the data of each item stands: 4-byte offsets and lengths.
fn places(items: &[(u16, &Item<'_>)], first: u32) -> Vec<u8> {
    let mut body = vec![0x44, 0];
    body.extend((items.len() as u16).to_be_bytes());
    let mut at = first;
    for (id, item) in items {
        body.extend(id.to_be_bytes());
        // Data reference 0 (this file), one extent.
        body.extend([0, 0, 0, 1]);
        body.extend(at.to_be_bytes());
        body.extend((item.data.len() as u32).to_be_bytes());
        at += item.data.len() as u32;
    }
    full(b"iloc", 0, &[&body])
}

fn infos(items: &[(u16, &Item<'_>)]) -> Vec<u8> {
    let mut body = (items.len() as u16).to_be_bytes().to_vec();
    for (id, item) in items {
        let name: &[u8] = if item.channels == 1 { b"Alpha\0" } else { b"Color\0" };
        body.extend(full(b"infe", 2, &[&id.to_be_bytes(), &[0, 0], b"av01", name]));
    }
    full(b"iinf", 0, &[&body])
}

/// Sizes, bits, decoder settings, colour space: once each, and which item has which.
fn properties(width: u32, height: u32, items: &[(u16, &Item<'_>)]) -> Vec<u8> {
    const ESSENTIAL: u8 = 0x80;
    let mut all = vec![full(b"ispe", 0, &[&width.to_be_bytes(), &height.to_be_bytes()])];
    let mut owners = Vec::new();
    for (id, item) in items {
        let mut own = vec![1u8];
        let mut add = |property: Vec<u8>, flag: u8| {
            all.push(property);
            own.push(all.len() as u8 | flag);
        };
        add(full(b"pixi", 0, &[&[item.channels], &vec![8; usize::from(item.channels)]]), 0);
        add(bytes(b"av1C", &[&item.config]), ESSENTIAL);
        match item.channels {
            1 => add(full(b"auxC", 0, &[b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"]), 0),
            // Primaries of BT.709, transfer of sRGB, matrix of BT.601, full range.
            _ => add(bytes(b"colr", &[b"nclx", &[0, 1, 0, 13, 0, 6, 0x80]]), 0),
        }
        owners.push((*id, own));
    }
    let mut links = (owners.len() as u32).to_be_bytes().to_vec();
    for (id, own) in owners {
        links.extend(id.to_be_bytes());
        links.push(own.len() as u8);
        links.extend(own);
    }
    let all: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
    bytes(b"iprp", &[&bytes(b"ipco", &all), &full(b"ipma", 0, &[&links])])
}

/// A box.
fn bytes(name: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|p| p.len()).sum();
    let mut out = (length as u32 + 8).to_be_bytes().to_vec();
    out.extend(name);
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// A box with a version and no flags.
fn full(name: &[u8; 4], version: u8, parts: &[&[u8]]) -> Vec<u8> {
    let head = [version, 0, 0, 0];
    let mut all: Vec<&[u8]> = vec![&head];
    all.extend(parts);
    bytes(name, &all)
}
