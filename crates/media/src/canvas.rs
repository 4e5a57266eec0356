//! The canvas: premultiplied RGBA pixels that everything is drawn on.

mod blend;
mod spare;

use crate::Color;

pub use blend::Blend;

/// Pixels: RGBA, 8 bits each, premultiplied, rows from the top, without padding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Canvas {
    width: u32,
    height: u32,
    data: Vec<u8>,
}

/// A small canvas with the place where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Its pixels.
    pub canvas: Canvas,
    /// Left edge, relative to where the thing that it shows was asked to be.
    pub x: i32,
    /// Top edge, likewise.
    pub y: i32,
}

impl Canvas {
    /// A canvas of one colour.
    pub fn new(width: u32, height: u32, color: Color) -> Self {
        if color.a == 0 {
            // Clear memory costs nothing until it is written to.
            return Self { width, height, data: vec![0; width as usize * height as usize * 4] };
        }
        let mut canvas = Self::any(width, height);
        canvas.fill(color);
        canvas
    }

    /// A canvas with anything on it, for those who write every pixel.
    pub(crate) fn any(width: u32, height: u32) -> Self {
        Self { width, height, data: spare::take(width as usize * height as usize * 4) }
    }

    /// From premultiplied RGBA bytes; `None` when their number is not `4 × width × height`.
    pub fn from_premultiplied(width: u32, height: u32, data: Vec<u8>) -> Option<Self> {
        (data.len() == width as usize * height as usize * 4).then_some(Self { width, height, data })
    }

    /// Width in px.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in px.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Width and height in px.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The premultiplied RGBA bytes.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The premultiplied RGBA bytes, to change.
    pub fn data_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }

    /// The premultiplied RGBA bytes, for good.
    pub fn into_data(mut self) -> Vec<u8> {
        std::mem::take(&mut self.data)
    }

    /// One premultiplied pixel; outside it is nothing.
    pub fn pixel(&self, x: u32, y: u32) -> [u8; 4] {
        if x >= self.width || y >= self.height {
            return [0; 4];
        }
        let at = (y as usize * self.width as usize + x as usize) * 4;
        [self.data[at], self.data[at + 1], self.data[at + 2], self.data[at + 3]]
    }

    /// Draws another canvas over this one with its top left corner at `(x, y)`; what sticks out is cut off.
    pub fn over(&mut self, top: &Self, x: i32, y: i32, opacity: f32) {
        let opacity = (opacity.clamp(0.0, 1.0) * 255.0).round() as u32;
        let Some(part) = self.overlap(top.width, top.height, x, y) else { return };
        for row in 0..part.height {
            let from = ((part.from_y + row) * top.width as usize + part.from_x) * 4;
            let to = ((part.to_y + row) * self.width as usize + part.to_x) * 4;
            let n = part.width * 4;
            let (source, target) = (&top.data[from..from + n], &mut self.data[to..to + n]);
            over_row(source.as_chunks::<4>().0, target.as_chunks_mut::<4>().0, opacity);
        }
    }

    /// Draws a colour through a mask of coverage bytes (`width × height`) with its top left corner at `(x, y)`.
    pub fn stencil(&mut self, mask: &[u8], width: u32, height: u32, (x, y): (i32, i32), color: Color) {
        let Some(part) = self.overlap(width, height, x, y) else { return };
        let ink = color.premultiplied().map(u32::from);
        for row in 0..part.height {
            let from = (part.from_y + row) * width as usize + part.from_x;
            let to = ((part.to_y + row) * self.width as usize + part.to_x) * 4;
            let target = &mut self.data[to..to + part.width * 4];
            for (m, d) in mask[from..from + part.width].iter().zip(target.as_chunks_mut::<4>().0) {
                if *m > 0 {
                    blend(d, ink, u32::from(*m));
                }
            }
        }
    }

    /// Draws a ramp of colours over a part of whole px (left, top, width, height), from top to bottom or from left to right:
    /// one colour for each row or column. Colours are mixed before they are premultiplied.
    pub fn ramp(
        &mut self,
        (x, y, width, height): (i32, i32, u32, u32),
        down: bool,
        color: impl Fn(f32) -> [f32; 4],
    ) {
        let Some(part) = self.overlap(width, height, x, y) else { return };
        let (steps, first, count) =
            if down { (height, part.from_y, part.height) } else { (width, part.from_x, part.width) };
        let inks: Vec<[u8; 4]> = (first..first + count)
            .map(|n| {
                let [r, g, b, a] = color((n as f32 + 0.5) / steps as f32);
                [r * a, g * a, b * a, a].map(|c| (c * 255.0 + 0.5) as u8)
            })
            .collect();
        let stride = self.width as usize * 4;
        let rows = self.data.chunks_exact_mut(stride).skip(part.to_y).take(part.height);
        let rows = rows.map(|row| &mut row[part.to_x * 4..(part.to_x + part.width) * 4]);
        if down {
            for (row, ink) in rows.zip(inks).filter(|(_, ink)| ink[3] > 0) {
                let rest = u16::from(255 - ink[3]);
                // Eight pixels at a time: the compiler makes vectors of them.
                let inks: [u8; 32] = std::array::from_fn(|n| ink[n % 4]);
                let (runs, last) = row.as_chunks_mut::<32>();
                for run in runs {
                    run.iter_mut().zip(&inks).for_each(|(c, ink)| *c = ink + scaled(*c, rest));
                }
                last.iter_mut().zip(&inks).for_each(|(c, ink)| *c = ink + scaled(*c, rest));
            }
        } else {
            let rests: Vec<u16> = inks.iter().flat_map(|ink| [u16::from(255 - ink[3]); 4]).collect();
            for row in rows {
                let inks = inks.as_flattened().iter().zip(&rests);
                row.iter_mut().zip(inks).for_each(|(c, (ink, rest))| *c = ink + scaled(*c, *rest));
            }
        }
    }

    /// Draws an opaque colour with its top left corner at `(x, y)`, covering each pixel by the product of its column's and its
    /// row's cover (0 to 255).
    pub(crate) fn tint(&mut self, columns: &[u8], rows: &[u8], (x, y): (i32, i32), color: Color) {
        let Some(part) = self.overlap(columns.len() as u32, rows.len() as u32, x, y) else { return };
        let columns: Vec<u8> =
            columns[part.from_x..part.from_x + part.width].iter().flat_map(|c| [*c; 4]).collect();
        let ink = [color.r, color.g, color.b, 255];
        let stride = self.width as usize * 4;
        let lines = self.data.chunks_exact_mut(stride).skip(part.to_y).take(part.height);
        for (line, row) in lines.zip(&rows[part.from_y..]).filter(|(_, row)| **row > 0) {
            let line = &mut line[part.to_x * 4..(part.to_x + part.width) * 4];
            for (pixel, cover) in line.as_chunks_mut::<4>().0.iter_mut().zip(columns.as_chunks::<4>().0) {
                for (n, c) in pixel.iter_mut().enumerate() {
                    let cover = scaled(cover[n], u16::from(*row));
                    *c = scaled(ink[n], u16::from(cover)) + scaled(*c, u16::from(255 - cover));
                }
            }
        }
    }

    /// One colour everywhere.
    pub(crate) fn fill(&mut self, color: Color) {
        self.data.as_chunks_mut::<4>().0.fill(color.premultiplied());
    }

    /// One opaque colour on a part: left, top, width, height.
    pub(crate) fn fill_part(&mut self, (x, y, width, height): (i32, i32, u32, u32), color: Color) {
        let Some(part) = self.overlap(width, height, x, y) else { return };
        let rows = self.data.chunks_exact_mut(self.width as usize * 4).skip(part.to_y).take(part.height);
        for row in rows {
            row[part.to_x * 4..(part.to_x + part.width) * 4]
                .as_chunks_mut::<4>()
                .0
                .fill(color.premultiplied());
        }
    }

    /// Puts a colour under everything, as if this canvas had been drawn over it with an opacity.
    pub(crate) fn ground(&mut self, color: Color, opacity: f32) {
        let opacity = (opacity.clamp(0.0, 1.0) * 255.0).round() as u32;
        let under = color.premultiplied();
        for run in self.data.as_chunks_mut::<4>().0.chunks_mut(64) {
            if opacity == 255 && is_opaque(run.as_flattened()) {
                continue;
            }
            for p in run {
                let mut d = under;
                blend(&mut d, p.map(u32::from), opacity);
                *p = d;
            }
        }
    }

    /// The part of this canvas with its top left corner at `(x, y)`; what lies outside is clear.
    pub fn crop(&self, x: i32, y: i32, width: u32, height: u32) -> Self {
        let mut part = Self::new(width, height, Color::CLEAR);
        part.over(self, -x, -y, 1.0);
        part
    }

    /// For drawing shapes with `tiny-skia`.
    pub(crate) fn pixmap(&mut self) -> Option<tiny_skia::PixmapMut<'_>> {
        tiny_skia::PixmapMut::from_bytes(&mut self.data, self.width, self.height)
    }

    fn overlap(&self, width: u32, height: u32, x: i32, y: i32) -> Option<Overlap> {
        let span = |at: i32, len: u32, room: u32| {
            let (start, end) = (i64::from(at).max(0), (i64::from(at) + i64::from(len)).min(i64::from(room)));
            (start < end).then(|| ((start - i64::from(at)) as usize, start as usize, (end - start) as usize))
        };
        let (from_x, to_x, w) = span(x, width, self.width)?;
        let (from_y, to_y, h) = span(y, height, self.height)?;
        Some(Overlap { from_x, from_y, to_x, to_y, width: w, height: h })
    }
}

impl Drop for Canvas {
    fn drop(&mut self) {
        spare::give(std::mem::take(&mut self.data));
    }
}

struct Overlap {
    from_x: usize,
    from_y: usize,
    to_x: usize,
    to_y: usize,
    width: usize,
    height: usize,
}

/// A row over another. Most rows of most pictures are wholly opaque or wholly clear for long stretches.
fn over_row(source: &[[u8; 4]], target: &mut [[u8; 4]], opacity: u32) {
    for (source, target) in source.chunks(64).zip(target.chunks_mut(64)) {
        if opacity == 255 && is_opaque(source.as_flattened()) {
            target.copy_from_slice(source);
        } else if source.iter().fold(0, |all, p| all | u32::from_le_bytes(*p)) > 0 {
            for (s, d) in source.iter().zip(target) {
                blend(d, s.map(u32::from), opacity);
            }
        }
    }
}

/// Source over, premultiplied, with an opacity of 0 to 255.
#[inline]
fn blend(d: &mut [u8; 4], s: [u32; 4], opacity: u32) {
    let s = if opacity == 255 { s } else { s.map(|c| div255(c * opacity)) };
    let rest = 255 - s[3];
    for (d, s) in d.iter_mut().zip(s) {
        *d = (s + div255(u32::from(*d) * rest)).min(255) as u8;
    }
}

/// Is none of these RGBA pixels clear?
pub(crate) fn is_opaque(rgba: &[u8]) -> bool {
    rgba.as_chunks::<4>()
        .0
        .chunks(256)
        .all(|run| run.iter().fold(u32::MAX, |all, p| all & u32::from_le_bytes(*p)) >> 24 == 255)
}

/// `c · share / 255`, rounded. A premultiplied colour with it added never passes 255.
#[inline]
pub(crate) fn scaled(c: u8, share: u16) -> u8 {
    let x = u16::from(c) * share + 128;
    ((x + (x >> 8)) >> 8) as u8
}

/// `x / 255`, rounded, for products of two bytes.
#[inline]
pub(crate) fn div255(x: u32) -> u32 {
    let x = x + 128;
    (x + (x >> 8)) >> 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sticks_out_of_the_canvas_is_cut_off() {
        let mut canvas = Canvas::new(4, 4, Color::WHITE);
        canvas.over(&Canvas::new(4, 4, Color::BLACK), -2, 3, 1.0);
        assert_eq!(canvas.pixel(1, 3), [0, 0, 0, 255]);
        assert_eq!(canvas.pixel(2, 3), [255; 4]);
        canvas.over(&Canvas::new(4, 4, Color::BLACK), 90, -90, 1.0);
        assert_eq!(canvas.pixel(3, 0), [255; 4]);
    }

    #[test]
    fn a_ramp_is_the_gradient_that_the_drawing_library_makes() {
        let stops =
            [(0.0, Color::BLACK.alpha(0.9)), (0.4, Color::rgb(200, 30, 40).alpha(0.5)), (1.0, Color::CLEAR)];
        for (from, to) in [((0.0, 0.0), (0.0, 1.0)), ((1.0, 0.0), (0.3, 0.0))] {
            let mut canvas = Canvas::new(90, 70, Color::rgb(120, 180, 240));
            let mut slow = canvas.clone();
            crate::shape::gradient(&mut canvas, (0.0, 0.0, 90.0, 70.0), from, to, &stops);
            // Half a pixel off its grid, it takes the long way.
            crate::shape::gradient(&mut slow, (-0.5, -0.5, 91.0, 71.0), from, to, &stops);
            let far = canvas.data().iter().zip(slow.data()).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(far <= Some(6), "{from:?} {far:?}");
        }
    }

    #[test]
    fn half_black_over_white_is_the_middle_grey() {
        let mut canvas = Canvas::new(1, 1, Color::WHITE);
        canvas.stencil(&[128], 1, 1, (0, 0), Color::BLACK);
        assert_eq!(canvas.pixel(0, 0), [127, 127, 127, 255]);
    }
}
