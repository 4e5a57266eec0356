//! Softness: blur, and the shadow that puts a product on the ground.

use super::{
    Cutout,
    resize::{grown, shrunk},
};
use crate::{Canvas, Color, shape};

/// Blurs by about this radius in px (three box blurs: nearly a Gaussian). A wide blur has no detail, so it is made on a
/// smaller picture.
pub fn blur(canvas: &mut Canvas, radius: f32) {
    let reach = (radius * 0.6).round() as u32;
    let (w, h) = (canvas.width(), canvas.height());
    if reach == 0 || w == 0 || h == 0 {
        return;
    }
    let step = (reach / WIDE).min(16);
    if step < 2 || w.min(h) < step * 8 {
        *canvas = boxes(std::mem::take(canvas), reach as usize);
        return;
    }
    let small = shrunk(canvas, w.div_ceil(step), h.div_ceil(step));
    let soft = boxes(small, (reach as f32 / step as f32).round() as usize);
    *canvas = grown(&soft, w, h);
}

/// From twice this reach on, a blur is made on a smaller picture, where its reach is still this.
const WIDE: u32 = 5;

fn boxes(canvas: Canvas, reach: usize) -> Canvas {
    let (w, h) = (canvas.width() as usize, canvas.height() as usize);
    let mut from = canvas.into_data();
    let mut to = vec![0u8; from.len()];
    for _ in 0..3 {
        box_rows(&from, &mut to, w, reach);
        box_columns(&to, &mut from, w, h, reach);
    }
    Canvas::from_premultiplied(w as u32, h as u32, from).unwrap_or_default()
}

/// The mean of a window from its sum: a multiplication by the inverse, in 24 bits.
fn mean(sum: u32, inverse: u32) -> u8 {
    ((u64::from(sum) * u64::from(inverse) + (1 << 23)) >> 24) as u8
}

fn inverse(reach: usize) -> u32 {
    (1 << 24) / (2 * reach as u32 + 1)
}

/// A running mean along each row; beyond its ends a row goes on as it ends.
fn box_rows(from: &[u8], to: &mut [u8], w: usize, reach: usize) {
    let inverse = inverse(reach);
    for (from, to) in from.chunks_exact(w * 4).zip(to.chunks_exact_mut(w * 4)) {
        let (from, to) = (from.as_chunks::<4>().0, to.as_chunks_mut::<4>().0);
        let at = |n: isize| from[n.clamp(0, w as isize - 1) as usize].map(u32::from);
        let mut sum = [0u32; 4];
        for n in -(reach as isize)..=reach as isize {
            let p = at(n);
            (0..4).for_each(|c| sum[c] += p[c]);
        }
        for (n, to) in to.iter_mut().enumerate() {
            *to = sum.map(|s| mean(s, inverse));
            let (next, last) = (at((n + reach + 1) as isize), at(n as isize - reach as isize));
            (0..4).for_each(|c| sum[c] = sum[c] + next[c] - last[c]);
        }
    }
}

/// The same down the columns, a whole row of sums at a time.
fn box_columns(from: &[u8], to: &mut [u8], w: usize, h: usize, reach: usize) {
    let inverse = inverse(reach);
    let row = |n: isize| &from[n.clamp(0, h as isize - 1) as usize * w * 4..][..w * 4];
    let mut sums = vec![0u32; w * 4];
    for n in -(reach as isize)..=reach as isize {
        sums.iter_mut().zip(row(n)).for_each(|(s, c)| *s += u32::from(*c));
    }
    for (n, to) in to.chunks_exact_mut(w * 4).enumerate() {
        let (next, last) = (row((n + reach + 1) as isize), row(n as isize - reach as isize));
        for (((to, sum), next), last) in to.iter_mut().zip(&mut sums).zip(next).zip(last) {
            *to = mean(*sum, inverse);
            *sum = *sum + u32::from(*next) - u32::from(*last);
        }
    }
}

/// Draws the shadow of a product that stands with its box at `(x, y, width, height)`: dark and narrow where it touches,
/// wide and faint around. `strength` 0 to 1.
pub fn ground_shadow(
    canvas: &mut Canvas,
    product: &Cutout,
    (x, y, width, height): (f32, f32, f32, f32),
    tint: Color,
    strength: f32,
) {
    let left = x + product.base.0 * width;
    let foot = (product.base.1 - product.base.0) * width;
    let ground = y + height;
    let size = foot.max(height * 0.2);
    // Width and height in shares of the foot, offset of the middle, blur, darkness.
    for (wide, high, drop, soft, dark) in [
        (1.55, 0.26, 0.012, 0.11, 0.26),
        (1.12, 0.13, -0.012, 0.045, 0.42),
        (0.98, 0.06, -0.022, 0.014, 0.55),
    ] {
        let (w, h, soft) = (foot * wide, size * high, (size * soft).max(1.0));
        let margin = (soft * 3.0).ceil();
        let mut shade =
            Canvas::new((w + margin * 2.0).ceil() as u32, (h + margin * 2.0).ceil() as u32, Color::CLEAR);
        shape::ellipse(&mut shade, (margin, margin, w, h), tint.alpha(dark * strength));
        blur(&mut shade, soft);
        let (cx, cy) = (left + foot / 2.0, ground + size * drop);
        canvas.over(
            &shade,
            (cx - w / 2.0 - margin).round() as i32,
            (cy - h / 2.0 - margin).round() as i32,
            1.0,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_blur_keeps_the_amount_of_ink_and_fades_without_a_step() {
        let ink = |c: &Canvas| c.data().as_chunks::<4>().0.iter().map(|p| u64::from(p[3])).sum::<u64>();
        let mut canvas = Canvas::new(600, 500, Color::CLEAR);
        shape::rect(&mut canvas, 200.0, 200.0, 200.0, 100.0, 0.0, Color::BLACK);
        let before = ink(&canvas);
        blur(&mut canvas, 40.0);
        assert!(ink(&canvas).abs_diff(before) * 30 < before, "{} {before}", ink(&canvas));
        for x in 100..300 {
            let (here, next) = (canvas.pixel(x, 250)[3], canvas.pixel(x + 1, 250)[3]);
            assert!(next + 1 >= here && next - here.min(next) <= 6, "{x}: {here} {next}");
        }
    }

    #[test]
    fn a_blur_keeps_the_amount_of_ink() {
        let ink = |c: &Canvas| c.data().as_chunks::<4>().0.iter().map(|p| u64::from(p[3])).sum::<u64>();
        let mut canvas = Canvas::new(100, 100, Color::CLEAR);
        shape::rect(&mut canvas, 40.0, 40.0, 20.0, 20.0, 0.0, Color::BLACK);
        let before = ink(&canvas);
        blur(&mut canvas, 8.0);
        assert!(ink(&canvas).abs_diff(before) * 50 < before, "{} {before}", ink(&canvas));
        assert!(canvas.pixel(50, 50)[3] < 255 && canvas.pixel(36, 50)[3] > 0);
    }
}
