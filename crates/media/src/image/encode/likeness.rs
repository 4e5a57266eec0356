//! How alike two pictures are: structural similarity (SSIM) of their brightness.

use crate::{Canvas, canvas::div255};

/// Brightness of a picture, at half its size where it is large: people look from where they see all of it.
pub(super) struct Luma {
    width: usize,
    height: usize,
    data: Vec<u8>,
}

/// Side of the windows that are compared, and their distance.
const WINDOW: usize = 8;
const STEP: usize = 4;
/// From this short side on, pictures are compared at half their size.
const LARGE: usize = 600;

impl Luma {
    /// Of a canvas; what is clear counts as white.
    pub(super) fn of(canvas: &Canvas) -> Self {
        let pixel = |[r, g, b, a]: &[u8; 4]| {
            let white = u32::from(255 - a);
            brightness(u32::from(*r) + white, u32::from(*g) + white, u32::from(*b) + white)
        };
        let data = canvas.data().as_chunks::<4>().0.iter().map(pixel).collect();
        Self::new(canvas.width() as usize, canvas.height() as usize, data)
    }

    /// Of RGBA that is not premultiplied.
    pub(super) fn of_straight(width: usize, height: usize, rgba: &[u8]) -> Self {
        let pixel = |[r, g, b, a]: &[u8; 4]| {
            let (alpha, white) = (u32::from(*a), 255 - u32::from(*a));
            let over = |c: &u8| div255(u32::from(*c) * alpha) + white;
            if white == 0 {
                brightness(u32::from(*r), u32::from(*g), u32::from(*b))
            } else {
                brightness(over(r), over(g), over(b))
            }
        };
        Self::new(width, height, rgba.as_chunks::<4>().0.iter().map(pixel).collect())
    }

    /// From one byte a pixel.
    pub(super) fn new(width: usize, height: usize, data: Vec<u8>) -> Self {
        if width.min(height) < LARGE {
            return Self { width, height, data };
        }
        let (w, h) = (width / 2, height / 2);
        let mut half = Vec::with_capacity(w * h);
        for y in 0..h {
            let (upper, lower) = (&data[y * 2 * width..][..w * 2], &data[(y * 2 + 1) * width..][..w * 2]);
            let pairs = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
            let sum = |p: &[u8; 2]| u16::from(p[0]) + u16::from(p[1]);
            half.extend(pairs.map(|(a, b)| ((sum(a) + sum(b) + 2) / 4) as u8));
        }
        Self { width: w, height: h, data: half }
    }

    /// 1 is the same.
    pub(super) fn likeness(&self, other: &Self) -> f32 {
        if (self.width, self.height) != (other.width, other.height) {
            return 0.0;
        }
        let side = WINDOW.min(self.width).min(self.height);
        let (mut sum, mut windows) = (0.0f64, 0u32);
        for y in (0..=self.height - side).step_by(STEP) {
            for x in (0..=self.width - side).step_by(STEP) {
                sum += f64::from(self.window(other, x, y, side));
                windows += 1;
            }
        }
        (sum / f64::from(windows.max(1))) as f32
    }

    fn window(&self, other: &Self, x: usize, y: usize, side: usize) -> f32 {
        let (mut a, mut b, mut aa, mut bb, mut ab) = (0u32, 0u32, 0u32, 0u32, 0u32);
        for row in y..y + side {
            let at = row * self.width + x;
            for (p, q) in self.data[at..at + side].iter().zip(&other.data[at..at + side]) {
                let (p, q) = (u32::from(*p), u32::from(*q));
                (a, b, aa, bb, ab) = (a + p, b + q, aa + p * p, bb + q * q, ab + p * q);
            }
        }
        let n = (side * side) as f32;
        let (a, b) = (a as f32 / n, b as f32 / n);
        let (va, vb, cov) = (aa as f32 / n - a * a, bb as f32 / n - b * b, ab as f32 / n - a * b);
        // (0.01 · 255)² and (0.03 · 255)², as in the paper of Wang et al., 2004.
        let (c1, c2) = (6.5025, 58.5225);
        ((2.0 * a * b + c1) * (2.0 * cov + c2)) / ((a * a + b * b + c1) * (va + vb + c2))
    }
}

/// BT.601, full range, as JPEG has it.
fn brightness(r: u32, g: u32, b: u32) -> u8 {
    ((19_595 * r + 38_470 * g + 7_471 * b + 32_768) >> 16).min(255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripes(shift: usize) -> Luma {
        let data = (0..100 * 100).map(|n| if (n % 100 + shift) % 10 < 5 { 40 } else { 200 }).collect();
        Luma::new(100, 100, data)
    }

    #[test]
    fn the_same_is_one_and_what_moved_is_less() {
        assert!((stripes(0).likeness(&stripes(0)) - 1.0).abs() < 1e-6);
        assert!(stripes(0).likeness(&stripes(1)) < 0.9);
        assert!(stripes(0).likeness(&stripes(2)) < stripes(0).likeness(&stripes(1)));
    }

    #[test]
    fn pictures_of_different_sizes_are_not_alike() {
        assert_eq!(stripes(0).likeness(&Luma::new(10, 10, vec![0; 100])), 0.0);
    }
}
