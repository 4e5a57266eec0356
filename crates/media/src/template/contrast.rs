//! Can it be read? Measured on the pixels that lie under a text.

use crate::{Canvas, Color, color::ratio};

/// The least contrast of text with what is under it: 4.5 (WCAG 2 AA), and a little for letters that stand on the worst of it.
pub(super) const READABLE: f32 = 4.6;

/// Luminances under a text: nearly the darkest and nearly the lightest, so that a single speck does not decide.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Under {
    pub(super) dark: f32,
    pub(super) light: f32,
}

impl Under {
    /// Of a rectangle of the canvas. Clear pixels count as white.
    pub(super) fn of(canvas: &Canvas, rect: (f32, f32, f32, f32)) -> Self {
        Self::through(canvas, rect, |_, _, rgb| rgb)
    }

    /// Of a rectangle of the canvas, as its pixels would be: `seen_as` tells of each by its place and its colour.
    pub(super) fn through(
        canvas: &Canvas,
        (x, y, w, h): (f32, f32, f32, f32),
        seen_as: impl Fn(u32, u32, [u8; 3]) -> [u8; 3],
    ) -> Self {
        let (left, top) = (x.max(0.0) as u32, y.max(0.0) as u32);
        let (right, bottom) = (
            ((x + w).ceil().max(1.0) as u32).min(canvas.width()),
            ((y + h).ceil().max(1.0) as u32).min(canvas.height()),
        );
        let step = ((right.saturating_sub(left) * bottom.saturating_sub(top)) as f32 / 6000.0)
            .sqrt()
            .ceil()
            .max(1.0) as usize;
        let mut seen: Vec<f32> = Vec::with_capacity(8000);
        for y in (top..bottom).step_by(step) {
            for x in (left..right).step_by(step) {
                let [r, g, b, a] = canvas.pixel(x, y);
                let on_white = |c: u8| c.saturating_add(255 - a);
                let [r, g, b] = seen_as(x, y, [on_white(r), on_white(g), on_white(b)]);
                seen.push(Color::rgb(r, g, b).luminance());
            }
        }
        if seen.is_empty() {
            return Self { dark: 1.0, light: 1.0 };
        }
        let last = seen.len() - 1;
        let mut at =
            |share: f32| *seen.select_nth_unstable_by((last as f32 * share) as usize, f32::total_cmp).1;
        Self { dark: at(0.02), light: at(0.98) }
    }

    /// The contrast of a colour with the worst of what is under it.
    pub(super) fn with(self, color: Color) -> f32 {
        let l = color.luminance();
        // A colour between the extremes meets itself somewhere.
        if (self.dark..self.light).contains(&l) { 1.0 } else { ratio(l, self.dark).min(ratio(l, self.light)) }
    }

    /// The colour itself where it can be read, else the nearest lighter or darker one of its hue that can.
    pub(super) fn readable(self, color: Color) -> Option<Color> {
        if self.with(color) >= READABLE {
            return Some(color);
        }
        let from = color.oklab()[0];
        (1..=40)
            .map(|n| n as f32 / 40.0)
            .flat_map(|step| [from - step, from + step])
            .filter(|l| (0.0..=1.0).contains(l))
            .map(|l| color.lightness(l))
            .find(|c| self.with(*c) >= READABLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brand_colour_that_cannot_be_read_gets_a_readable_relative() {
        let canvas = Canvas::new(100, 100, Color::WHITE);
        let under = Under::of(&canvas, (0.0, 0.0, 100.0, 100.0));
        let gold = Color::rgb(212, 175, 90);
        assert!(under.with(gold) < READABLE);
        let dark_gold = under.readable(gold).unwrap();
        assert!(under.with(dark_gold) >= READABLE && dark_gold.r > dark_gold.b, "{dark_gold}");
        assert_eq!(under.readable(Color::BLACK), Some(Color::BLACK));
    }

    #[test]
    fn nothing_can_be_read_on_a_chessboard() {
        let mut canvas = Canvas::new(100, 100, Color::WHITE);
        crate::shape::rect(&mut canvas, 0.0, 0.0, 100.0, 50.0, 0.0, Color::BLACK);
        assert_eq!(Under::of(&canvas, (0.0, 0.0, 100.0, 100.0)).readable(Color::rgb(200, 30, 30)), None);
    }
}
