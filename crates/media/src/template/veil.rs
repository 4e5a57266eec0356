//! A soft cloud of light or darkness under something that could not be read otherwise.

use super::contrast::Under;
use crate::{Canvas, Color, canvas::scaled};

type Rect = (f32, f32, f32, f32);

/// A cloud that is not drawn yet.
pub(super) struct Veil {
    left: i32,
    top: i32,
    /// How much of it is over each column and each row, 0 to 255; a pixel has the product.
    columns: Vec<u8>,
    rows: Vec<u8>,
    color: Color,
}

/// From where on it thins out, and where it ends: distances from what it is for, in softnesses.
const THINS: f32 = 0.8;
const ENDS: f32 = 6.4;

impl Veil {
    /// A cloud over a rectangle that thins out around it. `soft` in px.
    pub(super) fn over((x, y, w, h): Rect, soft: f32, light: bool) -> Self {
        let reach = (soft * ENDS).ceil();
        let (left, top) = ((x - reach).floor(), (y - reach).floor());
        let cover = |from: f32, size: f32, first: f32| -> Vec<u8> {
            let count = (size + reach * 2.0).ceil() as usize + 1;
            let away = |n: usize| {
                let at = first + n as f32 + 0.5;
                (from - at).max(at - from - size)
            };
            (0..count).map(|n| (eased((away(n) / soft - THINS) / (ENDS - THINS)) * 255.0) as u8).collect()
        };
        Self {
            left: left as i32,
            top: top as i32,
            columns: cover(x, w, left),
            rows: cover(y, h, top),
            color: if light { Color::WHITE } else { Color::rgb(8, 10, 12) },
        }
    }

    /// Draws it with an opacity.
    pub(super) fn draw(&self, canvas: &mut Canvas, alpha: f32) {
        canvas.tint(&self.columns, &self.thinned(alpha), (self.left, self.top), self.color);
    }

    /// What a text in a rectangle would have under it with this cloud between.
    pub(super) fn under(&self, canvas: &Canvas, rect: Rect, alpha: f32) -> Under {
        let rows = self.thinned(alpha);
        let at = |n: u32, first: i32, cover: &[u8]| {
            usize::try_from(n as i32 - first).ok().and_then(|n| cover.get(n).copied()).unwrap_or(0)
        };
        Under::through(canvas, rect, |x, y, [r, g, b]| {
            let row = u16::from(at(y, self.top, &rows));
            let cover = u16::from(scaled(at(x, self.left, &self.columns), row));
            let veiled = |c: u8, over: u8| scaled(over, cover) + scaled(c, 255 - cover);
            [veiled(r, self.color.r), veiled(g, self.color.g), veiled(b, self.color.b)]
        })
    }

    fn thinned(&self, alpha: f32) -> Vec<u8> {
        self.rows.iter().map(|row| (f32::from(*row) * alpha) as u8).collect()
    }
}

/// 1 before 0, 0 after 1, and no edge to be seen between.
fn eased(t: f32) -> f32 {
    let t = t.clamp(0.0, 1.0);
    1.0 - t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_foretold_of_a_cloud_is_what_is_seen_when_it_is_drawn() {
        let mut canvas = Canvas::new(200, 100, Color::rgb(200, 60, 30));
        crate::shape::rect(&mut canvas, 90.0, 0.0, 60.0, 100.0, 0.0, Color::rgb(20, 40, 90));
        let rect = (60.0, 40.0, 80.0, 20.0);
        for light in [true, false] {
            let veil = Veil::over(rect, 5.0, light);
            let foretold = veil.under(&canvas, rect, 0.6);
            let mut drawn = canvas.clone();
            veil.draw(&mut drawn, 0.6);
            assert_eq!(foretold, Under::of(&drawn, rect));
            assert_eq!(drawn.pixel(5, 50), canvas.pixel(5, 50), "far from it nothing is changed");
        }
    }

    #[test]
    fn a_cloud_has_no_edge() {
        let mut canvas = Canvas::new(400, 300, Color::BLACK);
        Veil::over((150.0, 120.0, 100.0, 60.0), 12.0, true).draw(&mut canvas, 0.8);
        for x in 0..199 {
            let (here, next) = (canvas.pixel(x, 150)[0], canvas.pixel(x + 1, 150)[0]);
            assert!(next + 1 >= here && next <= here + 8, "{x}: {here} {next}");
        }
        assert_eq!(canvas.pixel(200, 150)[0], 204);
    }
}
