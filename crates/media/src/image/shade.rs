//! Softness: blur, and the shadow that puts a product on the ground.

use super::Cutout;
use crate::{Canvas, Color, shape};

/// Blurs by about this radius in px (three box blurs: nearly a Gaussian).
pub fn blur(canvas: &mut Canvas, radius: f32) {
    let (w, h) = (canvas.width() as usize, canvas.height() as usize);
    let reach = (radius * 0.6).round() as usize;
    if reach == 0 || w == 0 || h == 0 {
        return;
    }
    let mut from = std::mem::take(canvas).into_data();
    let mut to = vec![0u8; from.len()];
    for _ in 0..3 {
        box_rows(&from, &mut to, w, h, reach);
        box_columns(&to, &mut from, w, h, reach);
    }
    *canvas = Canvas::from_premultiplied(w as u32, h as u32, from).unwrap_or_default();
}

fn box_rows(from: &[u8], to: &mut [u8], w: usize, h: usize, reach: usize) {
    for y in 0..h {
        let row = &from[y * w * 4..(y + 1) * w * 4];
        run(w, reach, |x, c| row[x * 4 + c], |x, c, v| to[(y * w + x) * 4 + c] = v);
    }
}

fn box_columns(from: &[u8], to: &mut [u8], w: usize, h: usize, reach: usize) {
    for x in 0..w {
        run(h, reach, |y, c| from[(y * w + x) * 4 + c], |y, c, v| to[(y * w + x) * 4 + c] = v);
    }
}

/// A running mean along one line; beyond its ends the line goes on as it ends.
fn run(length: usize, reach: usize, get: impl Fn(usize, usize) -> u8, mut put: impl FnMut(usize, usize, u8)) {
    let size = (2 * reach + 1) as u32;
    for c in 0..4 {
        let at = |n: isize| u32::from(get(n.clamp(0, length as isize - 1) as usize, c));
        let mut sum: u32 = (-(reach as isize)..=reach as isize).map(at).sum();
        for n in 0..length {
            put(n, c, ((sum + size / 2) / size) as u8);
            sum = sum + at((n + reach + 1) as isize) - at(n as isize - reach as isize);
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
