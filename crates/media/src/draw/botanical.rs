//! Line-drawn twigs that grow in from two corners.

use tiny_skia::{FillRule, LineCap, PathBuilder, Stroke, Transform};

use super::{Tones, field::Noise};
use crate::{Canvas, Color, shape::plain};

/// Twigs from the lower right and the upper right corner; the left stays free for words.
pub(super) fn grow(canvas: &mut Canvas, tones: &Tones, noise: &Noise) {
    let (w, h) = (canvas.width() as f32, canvas.height() as f32);
    let short = w.min(h);
    let color = if tones.dark { tones.first.alpha(0.5) } else { tones.leaf.alpha(0.62) };
    // Root, direction, length in short sides. No two of them meet.
    let twigs = [
        ((w * 1.02, h * 0.36), -2.45, 0.5),
        ((w * 0.8, h * 1.03), -1.9, 0.44),
        ((w * 1.03, h * 0.66), -2.95, 0.26),
        ((w * -0.02, h * 0.95), -0.45, 0.3),
    ];
    for (n, ((x, y), angle, length)) in twigs.into_iter().enumerate() {
        let key = 10 + n as u64 * 50;
        let turn = (noise.at(key) - 0.5) * 0.35;
        let bend = (noise.at(key + 1) - 0.5) * 1.1;
        twig(
            canvas,
            &Twig {
                x,
                y,
                angle: angle + turn,
                bend,
                length: length * short * (0.85 + 0.3 * noise.at(key + 2)),
                key,
            },
            color,
            noise,
        );
    }
}

struct Twig {
    x: f32,
    y: f32,
    angle: f32,
    bend: f32,
    length: f32,
    key: u64,
}

impl Twig {
    /// A place on the stem and its direction, `t` from 0 (root) to 1 (tip).
    fn at(&self, t: f32) -> (f32, f32, f32) {
        let (mut x, mut y) = (self.x, self.y);
        let steps = 24;
        let mut angle = self.angle;
        for n in 0..steps {
            let s = n as f32 / steps as f32;
            if s >= t {
                break;
            }
            angle = self.angle + self.bend * s;
            x += angle.cos() * self.length / steps as f32;
            y += angle.sin() * self.length / steps as f32;
        }
        (x, y, angle)
    }
}

fn twig(canvas: &mut Canvas, twig: &Twig, color: Color, noise: &Noise) {
    let thin = (twig.length * 0.007).max(1.0);
    let mut stem = PathBuilder::new();
    stem.move_to(twig.x, twig.y);
    for n in 1..=24 {
        let (x, y, _) = twig.at(n as f32 / 24.0);
        stem.line_to(x, y);
    }
    stroke(canvas, stem, thin * 1.3, color);
    let pairs = 7;
    for n in 0..pairs {
        let t = 0.2 + 0.75 * n as f32 / pairs as f32;
        for (side, offset) in [(1.0, 0.0), (-1.0, 0.05)] {
            let (x, y, angle) = twig.at(t + offset);
            let jitter = (noise.at(twig.key + 7 + n * 2 + u64::from(side > 0.0)) - 0.5) * 0.3;
            let size = twig.length * 0.3 * (1.0 - (t - 0.45).abs() * 0.8);
            leaf(canvas, (x, y), angle + side * (0.75 + jitter), size, thin, color);
        }
    }
    let (x, y, angle) = twig.at(1.0);
    leaf(canvas, (x, y), angle, twig.length * 0.22, thin, color);
}

/// A leaf: a faint body, its outline, its midrib.
fn leaf(canvas: &mut Canvas, (x, y): (f32, f32), angle: f32, size: f32, thin: f32, color: Color) {
    let (c, s) = (angle.cos(), angle.sin());
    let at =
        |along: f32, aside: f32| (x + (c * along - s * aside) * size, y + (s * along + c * aside) * size);
    let outline = || {
        let mut path = PathBuilder::new();
        path.move_to(x, y);
        let ((ax, ay), (bx, by), (tx, ty)) = (at(0.25, 0.26), at(0.72, 0.22), at(1.0, 0.0));
        path.cubic_to(ax, ay, bx, by, tx, ty);
        let ((ax, ay), (bx, by)) = (at(0.72, -0.2), at(0.25, -0.24));
        path.cubic_to(ax, ay, bx, by, x, y);
        path.close();
        path
    };
    if let (Some(path), Some(mut pixels)) = (outline().finish(), canvas.pixmap()) {
        pixels.fill_path(
            &path,
            &plain(Color { a: color.a / 4, ..color }),
            FillRule::Winding,
            Transform::identity(),
            None,
        );
    }
    stroke(canvas, outline(), thin, color);
    let mut rib = PathBuilder::new();
    rib.move_to(x, y);
    let (ex, ey) = at(0.84, 0.0);
    rib.line_to(ex, ey);
    stroke(canvas, rib, thin * 0.7, color);
}

fn stroke(canvas: &mut Canvas, path: PathBuilder, width: f32, color: Color) {
    let style = Stroke { width, line_cap: LineCap::Round, ..Stroke::default() };
    if let (Some(path), Some(mut pixels)) = (path.finish(), canvas.pixmap()) {
        pixels.stroke_path(&path, &plain(color), &style, Transform::identity(), None);
    }
}
