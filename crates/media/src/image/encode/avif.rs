//! AVIF: AV1 by libaom through FFmpeg, tuned for a single picture, one thread (the same bytes every time), in a container
//! of our own.
//!
//! Of the encoders that Debian 12's FFmpeg has, libaom in its mode for stills (`allintra`, `cpu-used 6`) made the smallest
//! files for its time; SVT-AV1 1.4 took as much for a third more bytes.

use ff::{Dictionary, Rational, codec, format, frame};
use ffmpeg_next as ff;
use yuv::{YuvConversionMode, YuvPlanarImageMut, YuvRange, YuvStandardMatrix};

use super::{Chroma, Luma, heif, is_opaque, straight};
use crate::{Canvas, Error, canvas::div255};

/// 0 is slowest. 6 is the last step that costs no bytes worth naming.
const SPEED: &str = "6";

/// The file, and the brightness that it shows, if that is asked for.
pub(super) fn encode(
    canvas: &Canvas,
    quality: u8,
    chroma: Chroma,
    look: bool,
) -> Result<(Vec<u8>, Option<Luma>), Error> {
    crate::video::quiet();
    let (width, height) = (canvas.width(), canvas.height());
    let opaque = is_opaque(canvas);
    let pixels;
    let source = match opaque {
        true => canvas.data(),
        false => {
            pixels = straight(canvas);
            &pixels
        }
    };
    let coded = code(&planes(source, width, height, chroma)?, quality)?;
    let alpha = (!opaque).then(|| code(&alphas(canvas), quality)).transpose()?;
    let shown = look.then(|| shown(&coded.data, canvas)).transpose()?;
    let alpha = alpha.as_ref().map(|coded| coded.item(1));
    let file = heif::file(width, height, &coded.item(3), alpha.as_ref());
    Ok((file, shown))
}

/// An AV1 picture, and what its container says of it.
struct Coded {
    data: Vec<u8>,
    config: [u8; 4],
}

impl Coded {
    fn item(&self, channels: u8) -> heif::Item<'_> {
        heif::Item { data: &self.data, config: self.config, channels }
    }
}

fn failed(reason: impl ToString) -> Error {
    Error::Encode { format: "AVIF", reason: reason.to_string() }
}

/// Y, U and V, full range, BT.601 as in JPEG.
fn planes(rgba: &[u8], width: u32, height: u32, chroma: Chroma) -> Result<frame::Video, Error> {
    let kind = if chroma == Chroma::Full { format::Pixel::YUV444P } else { format::Pixel::YUV420P };
    let mut picture = frame::Video::new(kind, width, height);
    let subsampling = match chroma {
        Chroma::Full => yuv::YuvChromaSubsampling::Yuv444,
        Chroma::Half => yuv::YuvChromaSubsampling::Yuv420,
    };
    let mut out = YuvPlanarImageMut::<u8>::alloc(width, height, subsampling);
    let convert = if chroma == Chroma::Full { yuv::rgba_to_yuv444 } else { yuv::rgba_to_yuv420 };
    convert(&mut out, rgba, width * 4, YuvRange::Full, YuvStandardMatrix::Bt601, YuvConversionMode::Balanced)
        .map_err(failed)?;
    let (cw, ch) = match chroma {
        Chroma::Full => (width, height),
        Chroma::Half => (width.div_ceil(2), height.div_ceil(2)),
    };
    put(&mut picture, 0, out.y_plane.borrow(), out.y_stride, (width, height));
    put(&mut picture, 1, out.u_plane.borrow(), out.u_stride, (cw, ch));
    put(&mut picture, 2, out.v_plane.borrow(), out.v_stride, (cw, ch));
    Ok(picture)
}

fn alphas(canvas: &Canvas) -> frame::Video {
    let (width, height) = (canvas.width(), canvas.height());
    let mut picture = frame::Video::new(format::Pixel::GRAY8, width, height);
    let alphas: Vec<u8> = canvas.data().as_chunks::<4>().0.iter().map(|p| p[3]).collect();
    put(&mut picture, 0, &alphas, width, (width, height));
    picture
}

fn put(picture: &mut frame::Video, plane: usize, data: &[u8], from_stride: u32, (width, height): (u32, u32)) {
    let stride = picture.stride(plane);
    let rows = picture.data_mut(plane).chunks_mut(stride).zip(data.chunks(from_stride as usize));
    for (to, from) in rows.take(height as usize) {
        let from = &from[..width as usize];
        to[..from.len()].copy_from_slice(from);
        // The encoder looks at whole blocks: what lies over the edge must not be chance.
        to[from.len()..].fill(from.last().copied().unwrap_or(0));
    }
}

fn code(picture: &frame::Video, quality: u8) -> Result<Coded, Error> {
    let aom = ff::encoder::find_by_name("libaom-av1")
        .ok_or(Error::NoEncoder { wanted: "libaom-av1", instead: None })?;
    let mut encoder = codec::Context::new_with_codec(aom).encoder().video().map_err(failed)?;
    encoder.set_width(picture.width());
    encoder.set_height(picture.height());
    encoder.set_format(picture.format());
    encoder.set_time_base(Rational(1, 1));
    encoder.set_gop(0);
    encoder.set_color_range(ff::color::Range::JPEG);
    if picture.format() != format::Pixel::GRAY8 {
        encoder.set_colorspace(ff::color::Space::SMPTE170M);
        encoder.set_color_primaries(ff::color::Primaries::BT709);
        encoder.set_color_transfer_characteristic(ff::color::TransferCharacteristic::IEC61966_2_1);
    }
    encoder.set_flags(codec::Flags::BITEXACT);
    encoder.set_threading(codec::threading::Config { count: 1, ..Default::default() });
    let mut options = Dictionary::new();
    options.set("usage", "allintra");
    options.set("still-picture", "1");
    options.set("cpu-used", SPEED);
    options.set("row-mt", "0");
    options.set("crf", &((100 - u32::from(quality.min(100))) * 63 / 100).to_string());
    options.set("b", "0");
    let mut encoder = encoder.open_with(options).map_err(failed)?;
    let mut picture = picture.clone();
    picture.set_pts(Some(0));
    encoder.send_frame(&picture).map_err(failed)?;
    encoder.send_eof().map_err(failed)?;
    let mut packet = codec::packet::Packet::empty();
    let mut data = Vec::new();
    while encoder.receive_packet(&mut packet).is_ok() {
        data.extend_from_slice(packet.data().unwrap_or_default());
    }
    let (data, [profile, tier]) = tidy(&data).ok_or_else(|| failed("libaom gave no picture"))?;
    // `av1C`: the last bits say monochrome, and whether colour is halved each way.
    let samples = match picture.format() {
        format::Pixel::GRAY8 => 0b1_1100,
        format::Pixel::YUV420P => 0b0_1100,
        _ => 0,
    };
    Ok(Coded { data, config: [0x81, profile, tier | samples, 0] })
}

/// Leaves out what only streams have, and reads from the sequence header what `av1C` repeats.
fn tidy(units: &[u8]) -> Option<(Vec<u8>, [u8; 2])> {
    const SEQUENCE: u8 = 1;
    const DELIMITER: u8 = 2;
    const PADDING: u8 = 15;
    let (mut kept, mut config, mut at) = (Vec::new(), None, 0);
    while let Some(head) = units.get(at) {
        let (kind, extended, sized) = (head >> 3 & 15, head >> 2 & 1, head >> 1 & 1);
        let mut body = at + 1 + usize::from(extended);
        let mut length = units.len().checked_sub(body)?;
        if sized == 1 {
            length = 0;
            for n in 0..8 {
                let byte = *units.get(body)?;
                body += 1;
                length |= usize::from(byte & 0x7F) << (7 * n);
                if byte & 0x80 == 0 {
                    break;
                }
            }
        }
        let end = body + length;
        let payload = units.get(body..end)?;
        if kind == SEQUENCE {
            config = profile_and_level(payload);
        }
        if kind != DELIMITER && kind != PADDING {
            kept.extend_from_slice(&units[at..end]);
        }
        at = end;
    }
    Some((kept, config?))
}

/// Profile, level and tier, from a sequence header of a still picture (AV1 specification, 5.5).
fn profile_and_level(sequence: &[u8]) -> Option<[u8; 2]> {
    let mut bits = Bits { data: sequence, at: 0 };
    let profile = bits.take(3)?;
    bits.take(1)?;
    let reduced = bits.take(1)? == 1;
    // Of the long form: no timing, no delay, one operating point, and its id; libaom writes no other still.
    if !reduced && bits.take(7)? != 0 {
        return None;
    }
    bits.take(if reduced { 0 } else { 12 })?;
    let level = bits.take(5)?;
    let tier = if !reduced && level > 7 { bits.take(1)? } else { 0 };
    Some([(profile << 5 | level) as u8, (tier << 7) as u8])
}

/// Its brightness over white, read back. The alphas are those of the canvas: theirs is a smooth picture.
fn shown(data: &[u8], canvas: &Canvas) -> Result<Luma, Error> {
    let codec = ff::decoder::find_by_name("libdav1d").or_else(|| ff::decoder::find(codec::Id::AV1));
    let codec = codec.ok_or_else(|| failed("this FFmpeg cannot read AV1"))?;
    let mut decoder = codec::Context::new_with_codec(codec);
    decoder.set_threading(codec::threading::Config { count: 1, ..Default::default() });
    let mut decoder = decoder.decoder().video().map_err(failed)?;
    decoder.send_packet(&codec::packet::Packet::copy(data)).map_err(failed)?;
    decoder.send_eof().map_err(failed)?;
    let mut picture = frame::Video::empty();
    decoder.receive_frame(&mut picture).map_err(failed)?;
    let (width, height) = (canvas.width() as usize, canvas.height() as usize);
    let rows = picture.data(0).chunks(picture.stride(0)).take(height);
    let mut luma: Vec<u8> = rows.flat_map(|row| &row[..width.min(row.len())]).copied().collect();
    for (y, [.., alpha]) in luma.iter_mut().zip(canvas.data().as_chunks::<4>().0) {
        *y = (div255(u32::from(*y) * u32::from(*alpha)) + 255 - u32::from(*alpha)) as u8;
    }
    Ok(Luma::new(width, height, luma))
}

struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.data.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }
}
