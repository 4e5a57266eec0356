//! A cut-out that is drawn at any place and size, to parts of a px.

use fast_image_resize as fir;

use super::{
    kernel::Filter,
    plane::{Grid, Scratch, Target, Window, Yuva, lay_exact, lay_sampled},
};
use crate::{Canvas, Color, Error};

/// A cut-out, scaled once.
#[derive(Debug)]
pub(crate) struct Sprite {
    planes: Yuva,
    /// Middle and height of what is meant by the cut-out's place (its shadow is not).
    middle: (f64, f64),
    subject_height: f64,
}

/// Where a sprite is drawn: its middle in px of the frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) scale: f64,
    pub(crate) opacity: f64,
}

impl Sprite {
    /// A finished picture as it is.
    pub(crate) fn of(picture: &Canvas) -> Self {
        let (w, h) = (f64::from(picture.width()), f64::from(picture.height()));
        Self { planes: Yuva::of(picture), middle: (w / 2.0, h / 2.0), subject_height: h }
    }

    /// What is not transparent of a picture, `height` px tall, with a shadow on the ground where wanted.
    pub(crate) fn subject(picture: &Canvas, height: f64, shadow: bool) -> Result<Self, Error> {
        let (x, y, w, h) = opaque_box(picture).unwrap_or((0, 0, picture.width(), picture.height()));
        let scale = height / f64::from(h);
        let size = ((f64::from(w) * scale).round().max(1.0) as u32, height.round().max(1.0) as u32);
        let cut = picture.crop(x as i32, y as i32, w, h);
        let scaled = scaled(&cut, size.0, size.1)?;
        if !shadow {
            return Ok(Self::of(&scaled));
        }
        let (side, below) = (size.0 / 3, size.1 / 7);
        let mut stage = Canvas::new(size.0 + 2 * side, size.1 + below, Color::CLEAR);
        cast_shadow(&mut stage, &scaled, side);
        stage.over(&scaled, side as i32, 0, 1.0);
        let middle = (f64::from(stage.width()) / 2.0, f64::from(size.1) / 2.0);
        Ok(Self { planes: Yuva::of(&stage), middle, subject_height: f64::from(size.1) })
    }

    /// Height of the cut-out itself at scale 1, in px.
    pub(crate) fn subject_height(&self) -> f64 {
        self.subject_height
    }

    /// Draws plane `c` inside `clip` (in samples of that plane).
    pub(crate) fn draw(
        &self,
        c: usize,
        place: Place,
        filter: Filter,
        clip: Window,
        target: &mut Target<'_>,
        scratch: &mut Scratch,
    ) {
        let k = (place.opacity * 256.0).round().clamp(0.0, 256.0) as u16;
        if k == 0 || place.scale <= 0.0 {
            return;
        }
        let sub = if c == 0 { 1.0 } else { 2.0 };
        let (left, top) = (place.x - self.middle.0 * place.scale, place.y - self.middle.1 * place.scale);
        let planes = self.planes.planes(c);
        let even = |v: f64| v.rem_euclid(2.0) < 1e-6;
        if (place.scale - 1.0).abs() < 1e-9 && even(left) && even(top) {
            let (x, y) = ((left / sub).round() as i64, (top / sub).round() as i64);
            return lay_exact(planes, x, y, target, clip, k);
        }
        let span = |from: f64, length: usize, low: usize, extent: usize| {
            let first = ((from / sub).floor() - 1.0).max(low as f64) as usize;
            let last = (((from + length as f64 * place.scale) / sub).ceil() + 1.0)
                .clamp(0.0, (low + extent) as f64) as usize;
            (first, last.saturating_sub(first))
        };
        let (x, width) = span(left, self.planes.width(), clip.x, clip.width);
        let (y, height) = span(top, self.planes.height(), clip.y, clip.height);
        if width == 0 || height == 0 {
            return;
        }
        let first = |at: usize, corner: f64| (sub * (at as f64 + 0.5) - corner) / place.scale / sub - 0.5;
        let step = 1.0 / place.scale;
        let grid = Grid { x: first(x, left), y: first(y, top), dx: step, dy: step };
        lay_sampled(planes, grid, filter, target, Window { x, y, width, height }, k, scratch);
    }
}

/// The smallest box around what is not transparent.
pub(crate) fn opaque_box(picture: &Canvas) -> Option<(u32, u32, u32, u32)> {
    let (mut left, mut top, mut right, mut bottom) = (u32::MAX, u32::MAX, 0, 0);
    for (x, y) in seen(picture, 8) {
        (left, right) = (left.min(x), right.max(x));
        (top, bottom) = (top.min(y), bottom.max(y));
    }
    (left <= right).then(|| (left, top, right - left + 1, bottom - top + 1))
}

/// The places whose alpha is above a limit.
fn seen(picture: &Canvas, above: u8) -> impl Iterator<Item = (u32, u32)> {
    let width = picture.width();
    let pixels = picture.data().as_chunks::<4>().0.iter().enumerate();
    pixels.filter(move |(_, p)| p[3] > above).map(move |(n, _)| (n as u32 % width, n as u32 / width))
}

/// Scales a picture.
pub(crate) fn scaled(picture: &Canvas, width: u32, height: u32) -> Result<Canvas, Error> {
    let broken = |reason: String| Error::Encode { format: "scaled picture", reason };
    let (width, height) = (width.max(1), height.max(1));
    let source =
        fir::images::ImageRef::new(picture.width(), picture.height(), picture.data(), fir::PixelType::U8x4)
            .map_err(|e| broken(e.to_string()))?;
    let mut scaled = fir::images::Image::new(width, height, fir::PixelType::U8x4);
    let filter = fir::ResizeAlg::Convolution(fir::FilterType::Lanczos3);
    let options = fir::ResizeOptions::new().resize_alg(filter).use_alpha(false);
    fir::Resizer::new().resize(&source, &mut scaled, &options).map_err(|e| broken(e.to_string()))?;
    // Lanczos may leave a colour brighter than its alpha allows.
    let mut data = scaled.into_vec();
    for [r, g, b, a] in data.as_chunks_mut::<4>().0 {
        (*r, *g, *b) = ((*r).min(*a), (*g).min(*a), (*b).min(*a));
    }
    Canvas::from_premultiplied(width, height, data).ok_or_else(|| broken("size".into()))
}

/// A contact shadow below the foot of the cut-out: narrow and dark where it stands, wide and faint around.
fn cast_shadow(stage: &mut Canvas, cut: &Canvas, side: u32) {
    let foot = foot(cut);
    let middle = f64::from(side) + (foot.0 + foot.1) / 2.0;
    let half = (foot.1 - foot.0) / 2.0;
    let ground = f64::from(cut.height()) - f64::from(cut.height()) * 0.012;
    let h = f64::from(cut.height());
    let width = stage.width() as usize;
    for (n, pixel) in stage.data_mut().as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let (dx, dy) = ((n % width) as f64 - middle, (n / width) as f64 - ground);
        let blob =
            |wide: f64, high: f64, dark: f64| dark * (-(dx / wide).powi(4) - (dy / high).powi(2)).exp();
        let dark = blob(half * 1.02, h * 0.012, 0.5) + blob(half * 1.22, h * 0.04, 0.28);
        *pixel = Color::rgb(18, 14, 10).alpha(dark.min(0.72) as f32).premultiplied();
    }
}

/// Left and right end of the lowest tenth of a cut-out.
fn foot(cut: &Canvas) -> (f64, f64) {
    let from = cut.height() - (cut.height() / 10).max(1);
    let (mut left, mut right) = (cut.width(), 0);
    for (x, _) in seen(cut, 128).filter(|(_, y)| *y >= from) {
        (left, right) = (left.min(x), right.max(x + 1));
    }
    if left < right { (f64::from(left), f64::from(right)) } else { (0.0, f64::from(cut.width())) }
}
