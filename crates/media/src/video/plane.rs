//! Planes of samples, and pictures as planes: what the compositor works on.

use image::RgbImage;

use crate::{Canvas, Color};

use super::kernel::{Filter, Program, filter_row, lay_over, mix_rows};

/// Samples before and after each row, so that filters may read past the edge.
const PAD: usize = 32;

/// One plane of 8-bit samples with padded rows.
#[derive(Clone, Debug)]
pub(crate) struct Plane {
    data: Vec<u8>,
    stride: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
    beyond: Beyond,
}

/// What lies outside a plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beyond {
    /// The edge goes on: for pictures that fill the frame.
    Edge,
    /// Nothing: for cut-outs.
    Nothing,
}

/// Where the samples of an output lie in a plane: the first at (`x`, `y`), the next `dx`, `dy` on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) dx: f64,
    pub(crate) dy: f64,
}

impl Plane {
    /// From rows of `width` samples at `stride`.
    pub(crate) fn new(source: &[u8], stride: usize, width: usize, height: usize, beyond: Beyond) -> Self {
        let padded = (width + 2 * PAD).next_multiple_of(64);
        let mut data = vec![0; padded * height];
        for (row, from) in data.chunks_exact_mut(padded).zip(source.chunks(stride)) {
            row[PAD..PAD + width].copy_from_slice(&from[..width]);
            if beyond == Beyond::Edge && width > 0 {
                row[..PAD].fill(from[0]);
                row[PAD + width..].fill(from[width - 1]);
            }
        }
        Self { data, stride: padded, width, height, beyond }
    }

    /// One row without its padding.
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        &self.data[y * self.stride + PAD..][..self.width]
    }

    fn padded_row(&self, y: i64) -> Option<&[u8]> {
        let inside = (0..self.height as i64).contains(&y);
        let y = match self.beyond {
            Beyond::Nothing if !inside => return None,
            _ => y.clamp(0, self.height as i64 - 1) as usize,
        };
        Some(&self.data[y * self.stride..(y + 1) * self.stride])
    }
}

/// Room for one row between the vertical and the horizontal filter, kept between frames.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    mixed: Vec<u8>,
    nothing: Vec<u8>,
    color: Vec<u8>,
    alpha: Vec<u8>,
}

/// A rectangle of an output plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// A plane of the frame that is being made.
pub(crate) struct Target<'a> {
    pub(crate) data: &'a mut [u8],
    pub(crate) stride: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl Target<'_> {
    pub(crate) fn row(&mut self, y: usize, x: usize, width: usize) -> &mut [u8] {
        &mut self.data[y * self.stride + x..][..width]
    }
}

/// Fills `window` of the target with the plane, sampled at `grid` (counted from the window's corner).
pub(crate) fn sample(
    plane: &Plane,
    grid: Grid,
    filter: Filter,
    target: &mut Target<'_>,
    window: Window,
    scratch: &mut Scratch,
) {
    let program = Program::new(filter, window.width, grid.x, grid.dx, plane.width, PAD);
    scratch.nothing.resize(plane.stride, 0);
    scratch.mixed.resize(plane.stride, 0);
    for j in 0..window.height {
        mix(plane, &program, filter, grid.y + j as f64 * grid.dy, &mut scratch.mixed, &scratch.nothing);
        filter_row(&program, &scratch.mixed, target.row(window.y + j, window.x, window.width));
    }
}

/// Lays a cut-out (colour multiplied by alpha, and alpha) over `window` of the target; `k` of 256 fades it.
pub(crate) fn lay_sampled(
    planes: (&Plane, &Plane),
    grid: Grid,
    filter: Filter,
    target: &mut Target<'_>,
    window: Window,
    k: u16,
    scratch: &mut Scratch,
) {
    let (color, alpha) = planes;
    let program = Program::new(filter, window.width, grid.x, grid.dx, color.width, PAD);
    let Scratch { mixed, nothing, color: c, alpha: a } = scratch;
    nothing.resize(color.stride, 0);
    mixed.resize(color.stride, 0);
    c.resize(window.width, 0);
    a.resize(window.width, 0);
    for j in 0..window.height {
        let y = grid.y + j as f64 * grid.dy;
        mix(alpha, &program, filter, y, mixed, nothing);
        filter_row(&program, mixed, a);
        mix(color, &program, filter, y, mixed, nothing);
        filter_row(&program, mixed, c);
        lay_over(target.row(window.y + j, window.x, window.width), c, a, k);
    }
}

/// The same for a cut-out that lies exactly on the target's samples, `x`, `y` being its corner there.
pub(crate) fn lay_exact(
    planes: (&Plane, &Plane),
    x: i64,
    y: i64,
    target: &mut Target<'_>,
    clip: Window,
    k: u16,
) {
    let (color, alpha) = planes;
    let left = x.max(clip.x as i64);
    let right = (x + color.width as i64).min((clip.x + clip.width) as i64);
    if left >= right {
        return;
    }
    let (from, len) = ((left - x) as usize, (right - left) as usize);
    for j in y.max(clip.y as i64)..(y + color.height as i64).min((clip.y + clip.height) as i64) {
        let source = (j - y) as usize;
        let (c, a) = (&color.row(source)[from..from + len], &alpha.row(source)[from..from + len]);
        lay_over(target.row(j as usize, left as usize, len), c, a, k);
    }
}

fn mix(plane: &Plane, program: &Program, filter: Filter, y: f64, mixed: &mut [u8], nothing: &[u8]) {
    let top = y.floor();
    let rows = [-1, 0, 1, 2].map(|k| {
        let row = plane.padded_row(top as i64 + k).unwrap_or(&nothing[..plane.stride]);
        &row[program.reads.clone()]
    });
    mix_rows(rows, filter.weights(y - top), &mut mixed[program.reads.clone()]);
}

/// An opaque picture as Y, U, V (4:2:0, BT.709, limited range).
#[derive(Clone, Debug)]
pub(crate) struct Yuv(pub(crate) [Plane; 3]);

impl Yuv {
    /// From RGB with even width and height.
    pub(crate) fn of(picture: &RgbImage) -> Result<Self, yuv::YuvError> {
        let (w, h) = picture.dimensions();
        let mut out = yuv::YuvPlanarImageMut::<u8>::alloc(w, h, yuv::YuvChromaSubsampling::Yuv420);
        let (range, matrix) = (yuv::YuvRange::Limited, yuv::YuvStandardMatrix::Bt709);
        yuv::rgb_to_yuv420(&mut out, picture, w * 3, range, matrix, yuv::YuvConversionMode::Balanced)?;
        let (w, h) = (w as usize, h as usize);
        let plane = |data: &[u8], stride: u32, w, h| Plane::new(data, stride as usize, w, h, Beyond::Edge);
        Ok(Self([
            plane(out.y_plane.borrow(), out.y_stride, w, h),
            plane(out.u_plane.borrow(), out.u_stride, w / 2, h / 2),
            plane(out.v_plane.borrow(), out.v_stride, w / 2, h / 2),
        ]))
    }
}

/// A cut-out as Y, U, V multiplied by alpha, with alpha at both resolutions.
#[derive(Clone, Debug)]
pub(crate) struct Yuva {
    color: [Plane; 3],
    alpha: [Plane; 2],
}

impl Yuva {
    /// From RGBA multiplied by alpha. Odd sizes get an empty column or row.
    pub(crate) fn of(picture: &Canvas) -> Self {
        let (w0, h0) = (picture.width() as usize, picture.height() as usize);
        let (w, h) = (w0.next_multiple_of(2), h0.next_multiple_of(2));
        let mut premultiplied = vec![[0f32; 4]; w * h];
        for (y, row) in picture.data().chunks_exact(4 * w0.max(1)).enumerate() {
            for (to, from) in premultiplied[y * w..].iter_mut().zip(row.as_chunks::<4>().0) {
                *to = from.map(f32::from);
            }
        }
        let (mut luma, mut alpha) = (vec![0; w * h], vec![0; w * h]);
        for (i, p) in premultiplied.iter().enumerate() {
            luma[i] = to_luma(*p);
            alpha[i] = p[3] as u8;
        }
        let (cw, ch) = (w / 2, h / 2);
        let mut chroma = [vec![0; cw * ch], vec![0; cw * ch], vec![0; cw * ch]];
        for y in 0..ch {
            for x in 0..cw {
                let four = [0, 1, w, w + 1].map(|o| premultiplied[2 * y * w + 2 * x + o]);
                let mean: [f32; 4] = std::array::from_fn(|c| four.iter().map(|p| p[c]).sum::<f32>() / 4.0);
                let (u, v) = to_chroma(mean);
                for (plane, value) in chroma.iter_mut().zip([u, v, (mean[3] + 0.5) as u8]) {
                    plane[y * cw + x] = value;
                }
            }
        }
        let plane = |data: &[u8], w, h| Plane::new(data, w, w, h, Beyond::Nothing);
        Self {
            color: [plane(&luma, w, h), plane(&chroma[0], cw, ch), plane(&chroma[1], cw, ch)],
            alpha: [plane(&alpha, w, h), plane(&chroma[2], cw, ch)],
        }
    }

    /// Colour and alpha of plane `c` (0 is luma).
    pub(crate) fn planes(&self, c: usize) -> (&Plane, &Plane) {
        (&self.color[c], &self.alpha[c.min(1)])
    }

    /// Width of the luma plane.
    pub(crate) fn width(&self) -> usize {
        self.color[0].width
    }

    /// Height of the luma plane.
    pub(crate) fn height(&self) -> usize {
        self.color[0].height
    }
}

/// A colour as Y, U, V samples.
pub(crate) fn yuv_of(color: Color) -> [u8; 3] {
    let p = [f32::from(color.r), f32::from(color.g), f32::from(color.b), 255.0];
    let (u, v) = to_chroma(p);
    [to_luma(p), u, v]
}

fn gray([r, g, b, _]: [f32; 4]) -> f32 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn to_luma(p: [f32; 4]) -> u8 {
    (16.0 * p[3] / 255.0 + gray(p) * 219.0 / 255.0 + 0.5) as u8
}

fn to_chroma(p: [f32; 4]) -> (u8, u8) {
    let (zero, y) = (128.0 * p[3] / 255.0 + 0.5, gray(p));
    let part = |value: f32, range: f32| (zero + (value - y) / range * 224.0 / 255.0) as u8;
    (part(p[2], 1.8556), part(p[0], 1.5748))
}
