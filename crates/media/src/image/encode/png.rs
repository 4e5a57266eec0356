//! PNG: as few bits a pixel as the picture needs, filters tried against each other, and a palette where it is exact. Under
//! a byte limit that this does not keep, a palette of the picture's main colours.

use std::collections::HashMap;

use png::{BitDepth, ColorType, DeflateCompression, Filter, SrgbRenderingIntent};

use super::{Encoded, Format, is_opaque, likeness::Luma, quantise, straight, too_large};
use crate::{Canvas, Error};

/// A lossless PNG, made quickly: a palette where it is exact, no alpha channel where nothing is clear.
pub fn png(canvas: &Canvas) -> Result<Vec<u8>, Error> {
    let raw = Raw::of(canvas);
    let filter = if raw.indexed { Filter::NoFilter } else { Filter::Adaptive };
    raw.write(filter, DeflateCompression::Level(5))
}

/// The smallest lossless PNG; where it is larger than `most`, the best with a palette that is not.
pub(super) fn within(canvas: &Canvas, most: usize) -> Result<Encoded, Error> {
    let file = |bytes, quality, likeness| Encoded { bytes, format: Format::Png, quality, likeness };
    let lossless = smallest(&Raw::of(canvas))?;
    if lossless.len() <= most {
        return Ok(file(lossless, 100, 1.0));
    }
    let (pixels, picture) = (straight(canvas), Luma::of(canvas));
    let mut least = lossless.len();
    for colours in [256usize, 192, 128, 96, 64, 48, 32, 24, 16, 12, 8, 6, 4, 2] {
        let (palette, indices) = quantise::quantise(&pixels, canvas.width() as usize, colours);
        let shown: Vec<u8> = indices.iter().flat_map(|n| palette[usize::from(*n)]).collect();
        let likeness =
            picture.likeness(&Luma::of_straight(canvas.width() as usize, canvas.height() as usize, &shown));
        let bytes = smallest(&Raw::indexed((canvas.width(), canvas.height()), &palette, &indices))?;
        if bytes.len() <= most {
            return Ok(file(bytes, (colours * 99 / 256) as u8, likeness));
        }
        least = least.min(bytes.len());
    }
    Err(too_large(canvas, Format::Png, least, most))
}

fn smallest(raw: &Raw) -> Result<Vec<u8>, Error> {
    let filters: &[Filter] = match raw.indexed {
        true => &[Filter::NoFilter, Filter::Adaptive],
        false => &[Filter::Adaptive, Filter::MinEntropy, Filter::NoFilter],
    };
    // Which filter wins hardly depends on the level; the last step is the slow one.
    let mut sizes = Vec::new();
    for filter in filters {
        sizes.push((raw.write(*filter, DeflateCompression::Level(4))?.len(), *filter));
    }
    let winner = sizes.iter().min_by_key(|(size, _)| *size).map_or(Filter::Adaptive, |(_, filter)| *filter);
    raw.write(winner, DeflateCompression::Level(9))
}

/// Pixels as they go into the file.
struct Raw {
    width: u32,
    height: u32,
    color: ColorType,
    depth: BitDepth,
    palette: Vec<u8>,
    alphas: Vec<u8>,
    data: Vec<u8>,
    indexed: bool,
}

impl Raw {
    fn of(canvas: &Canvas) -> Self {
        let pixels = straight(canvas);
        let size = (canvas.width(), canvas.height());
        if let Some((palette, indices)) = exact(&pixels) {
            return Self::indexed(size, &palette, &indices);
        }
        let pixels = pixels.as_chunks::<4>().0;
        let opaque = is_opaque(canvas);
        let grey = pixels.iter().all(|p| p[0] == p[1] && p[1] == p[2]);
        let (color, data) = match (grey, opaque) {
            (true, true) => (ColorType::Grayscale, pixels.iter().map(|p| p[0]).collect()),
            (true, false) => (ColorType::GrayscaleAlpha, pixels.iter().flat_map(|p| [p[0], p[3]]).collect()),
            (false, true) => (ColorType::Rgb, pixels.iter().flat_map(|p| [p[0], p[1], p[2]]).collect()),
            (false, false) => (ColorType::Rgba, pixels.as_flattened().to_vec()),
        };
        Self {
            width: size.0,
            height: size.1,
            color,
            depth: BitDepth::Eight,
            palette: Vec::new(),
            alphas: Vec::new(),
            data,
            indexed: false,
        }
    }

    /// With 1, 2, 4 or 8 bits a pixel. Clear colours stand first, so that the list of alphas is short.
    fn indexed((width, height): (u32, u32), palette: &[[u8; 4]], indices: &[u8]) -> Self {
        let mut order: Vec<usize> = (0..palette.len()).collect();
        order.sort_by_key(|n| (palette[*n][3] == 255, *n));
        let mut place = vec![0u8; palette.len()];
        order.iter().enumerate().for_each(|(to, from)| place[*from] = to as u8);
        let sorted: Vec<[u8; 4]> = order.iter().map(|n| palette[*n]).collect();
        let (depth, bits) = match palette.len() {
            0..=2 => (BitDepth::One, 1),
            3..=4 => (BitDepth::Two, 2),
            5..=16 => (BitDepth::Four, 4),
            _ => (BitDepth::Eight, 8),
        };
        let per_byte = 8 / bits;
        let mut data = Vec::with_capacity(indices.len() / per_byte + height as usize);
        for row in indices.chunks(width.max(1) as usize) {
            data.extend(row.chunks(per_byte).map(|group| {
                group
                    .iter()
                    .enumerate()
                    .fold(0u8, |byte, (n, index)| byte | place[usize::from(*index)] << (8 - bits * (n + 1)))
            }));
        }
        Self {
            width,
            height,
            color: ColorType::Indexed,
            depth,
            palette: sorted.iter().flat_map(|p| [p[0], p[1], p[2]]).collect(),
            alphas: sorted.iter().map(|p| p[3]).take_while(|a| *a < 255).collect(),
            data,
            indexed: true,
        }
    }

    fn write(&self, filter: Filter, deflate: DeflateCompression) -> Result<Vec<u8>, Error> {
        let failed = |e: png::EncodingError| Error::Encode { format: "PNG", reason: e.to_string() };
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, self.width, self.height);
        encoder.set_color(self.color);
        encoder.set_depth(self.depth);
        if self.indexed {
            encoder.set_palette(self.palette.as_slice());
            if !self.alphas.is_empty() {
                encoder.set_trns(self.alphas.as_slice());
            }
        }
        // 13 bytes that say what the profile says.
        encoder.set_source_srgb(SrgbRenderingIntent::Perceptual);
        encoder.set_deflate_compression(deflate);
        encoder.set_filter(filter);
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(&self.data).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(out)
    }
}

/// All colours, if there are at most 256, and which one each pixel has.
fn exact(pixels: &[u8]) -> Option<(Vec<[u8; 4]>, Vec<u8>)> {
    let mut known: HashMap<[u8; 4], u8> = HashMap::new();
    let mut palette = Vec::new();
    let mut indices = Vec::with_capacity(pixels.len() / 4);
    let mut last = ([0u8; 4], 0u8);
    for pixel in pixels.as_chunks::<4>().0 {
        // What is wholly clear has no colour.
        let pixel = if pixel[3] == 0 { [0; 4] } else { *pixel };
        if palette.is_empty() || pixel != last.0 {
            let next = palette.len();
            let index = match known.get(&pixel) {
                Some(index) => *index,
                None if next == 256 => return None,
                None => {
                    known.insert(pixel, next as u8);
                    palette.push(pixel);
                    next as u8
                }
            };
            last = (pixel, index);
        }
        indices.push(last.1);
    }
    Some((palette, indices))
}
