//! A picture as a function of the place: computed in Oklab, dithered to bytes.

use crate::{Canvas, Color};

/// The picture's size and its randomness.
pub(super) struct Field {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) noise: Noise,
}

impl Field {
    /// Computes every pixel from its place (shares of width and height).
    pub(super) fn paint(&self, color: impl Fn(f32, f32) -> [f32; 3]) -> Canvas {
        let mut canvas = Canvas::new(self.width, self.height, Color::BLACK);
        let width = self.width as usize;
        for (n, pixel) in canvas.data_mut().as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let (x, y) = (n % width, n / width);
            let lab = color((x as f32 + 0.5) / self.width as f32, (y as f32 + 0.5) / self.height as f32);
            let linear = linear(lab);
            for (c, value) in linear.into_iter().enumerate() {
                // Triangular noise of one step hides where one byte ends and the next begins.
                let dither =
                    self.noise.hash(n as u64 * 6 + c as u64) - self.noise.hash(n as u64 * 6 + 3 + c as u64);
                pixel[c] = (encoded(value) + dither).round().clamp(0.0, 255.0) as u8;
            }
        }
        canvas
    }
}

/// Draws a share `t` of another Oklab colour in.
pub(super) fn mix(lab: &mut [f32; 3], other: &[f32; 3], t: f32) {
    for (a, b) in lab.iter_mut().zip(other) {
        *a += (b - *a) * t.clamp(0.0, 1.0);
    }
}

fn linear([lightness, a, b]: [f32; 3]) -> [f32; 3] {
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_4 * s,
        -0.004_196_086 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ]
}

/// Linear light as an sRGB value of 0 to 255, not rounded.
fn encoded(c: f32) -> f32 {
    let c = c.clamp(0.0, 1.0);
    255.0 * if c <= 0.003_130_8 { c * 12.92 } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 }
}

/// Randomness that depends on the seed and the place only.
pub(super) struct Noise(u64);

impl Noise {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The `n`th random number, 0 to 1.
    pub(super) fn at(&self, n: u64) -> f32 {
        self.hash(n.wrapping_mul(0x9E37_79B9).wrapping_add(0x1234_5678_9ABC))
    }

    /// 0 to 1 (SplitMix64).
    pub(super) fn hash(&self, n: u64) -> f32 {
        let mut z = self.0.wrapping_add(n.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Smooth noise, 0 to 1, with features of size one.
    pub(super) fn cloud(&self, x: f32, y: f32) -> f32 {
        let (cx, cy) = (x.floor(), y.floor());
        let ease = |t: f32| t * t * (3.0 - 2.0 * t);
        let (tx, ty) = (ease(x - cx), ease(y - cy));
        let corner = |dx: f32, dy: f32| {
            self.hash(
                ((cx + dx) as i64 as u64)
                    .wrapping_mul(0x1_0001)
                    .wrapping_add(((cy + dy) as i64 as u64) << 32),
            )
        };
        let top = corner(0.0, 0.0) * (1.0 - tx) + corner(1.0, 0.0) * tx;
        let bottom = corner(0.0, 1.0) * (1.0 - tx) + corner(1.0, 1.0) * tx;
        top * (1.0 - ty) + bottom * ty
    }
}
