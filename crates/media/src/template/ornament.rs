//! Ornaments: shapes that give a design its character, drawn from an area and a colour alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tiny_skia::{FillRule, PathBuilder, Stroke, Transform};

use crate::{Canvas, Color, shape};

type Rect = (f32, f32, f32, f32);

/// Shapes beyond the plain rectangle and disc.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ornament {
    /// A doorway with a round top.
    Arch,
    /// The outline of a circle.
    Ring,
    /// The outline of the area.
    Frame,
    /// The outline of the area with hollowed corners, as on labels and invitations.
    Label,
    /// A voucher with its stub at the right (at the left where the layout is turned): half round bites and a perforation
    /// between.
    Ticket,
    /// A voucher with its stub at the foot.
    Voucher,
    /// A seal with a scalloped edge.
    Seal,
    /// A field with a slanting right edge.
    Slant,
    /// Rays from the middle.
    Rays,
    /// A grid of dots.
    Dots,
    /// Corner marks, as a viewfinder has.
    Corners,
    /// Two flat waves.
    Waves,
}

/// Draws an ornament. Lines are `thick` px. One that has a left and a right is `mirrored` with its layout.
pub(super) fn draw(
    canvas: &mut Canvas,
    ornament: Ornament,
    rect: Rect,
    (color, thick): (Color, f32),
    mirrored: bool,
) {
    let (x, y, w, h) = rect;
    let thick = thick.max(1.0);
    match ornament {
        Ornament::Arch => fill(canvas, arch(rect), color),
        Ornament::Ring => {
            let side = w.min(h);
            let place = (x + (w - side) / 2.0, y + (h - side) / 2.0, side, side);
            shape::frame(canvas, place, side / 2.0, thick, color);
        }
        Ornament::Frame => shape::frame(canvas, rect, 0.0, thick, color),
        Ornament::Label => stroke(canvas, label(rect), color, thick),
        Ornament::Ticket => {
            ticket(canvas, rect, color, Cut::Across(if mirrored { 1.0 - STUB } else { STUB }))
        }
        Ornament::Voucher => ticket(canvas, rect, color, Cut::Down(STUB)),
        Ornament::Seal => {
            // A light rim: it may stand on a product of its own colour.
            let rim = w.min(h) * 0.014;
            fill(canvas, seal(rect), Color::WHITE);
            fill(canvas, seal((x + rim, y + rim, w - rim * 2.0, h - rim * 2.0)), color);
        }
        Ornament::Slant => {
            let lean = (w * 0.16).min(h * 0.3);
            let mut path = PathBuilder::new();
            let at = |from_start: f32| if mirrored { x + w - from_start } else { x + from_start };
            path.move_to(at(0.0), y);
            path.line_to(at(w), y);
            path.line_to(at(w - lean), y + h);
            path.line_to(at(0.0), y + h);
            path.close();
            fill(canvas, path, color);
        }
        Ornament::Rays => rays(canvas, rect, color),
        Ornament::Dots => dots(canvas, rect, color, thick),
        Ornament::Corners => corners(canvas, rect, color, thick),
        Ornament::Waves => waves(canvas, rect, color),
    }
}

fn fill(canvas: &mut Canvas, path: PathBuilder, color: Color) {
    if let (Some(path), Some(mut pixels)) = (path.finish(), canvas.pixmap()) {
        pixels.fill_path(&path, &shape::plain(color), FillRule::Winding, Transform::identity(), None);
    }
}

fn stroke(canvas: &mut Canvas, path: PathBuilder, color: Color, thick: f32) {
    if let (Some(path), Some(mut pixels)) = (path.finish(), canvas.pixmap()) {
        let line = Stroke { width: thick, ..Stroke::default() };
        pixels.stroke_path(&path, &shape::plain(color), &line, Transform::identity(), None);
    }
}

/// Control points of a quarter circle, in radii.
const QUARTER: f32 = 0.552_284_8;

fn arch((x, y, w, h): Rect) -> PathBuilder {
    let r = (w / 2.0).min(h);
    let k = r * QUARTER;
    let mut path = PathBuilder::new();
    path.move_to(x, y + h);
    path.line_to(x, y + r);
    path.cubic_to(x, y + r - k, x + w / 2.0 - k, y, x + w / 2.0, y);
    path.cubic_to(x + w / 2.0 + k, y, x + w, y + r - k, x + w, y + r);
    path.line_to(x + w, y + h);
    path.close();
    path
}

fn label((x, y, w, h): Rect) -> PathBuilder {
    let r = w.min(h) * 0.07;
    let (right, bottom, k) = (x + w, y + h, r * QUARTER);
    let mut path = PathBuilder::new();
    path.move_to(x + r, y);
    path.line_to(right - r, y);
    path.cubic_to(right - r, y + k, right - k, y + r, right, y + r);
    path.line_to(right, bottom - r);
    path.cubic_to(right - k, bottom - r, right - r, bottom - k, right - r, bottom);
    path.line_to(x + r, bottom);
    path.cubic_to(x + r, bottom - k, x + k, bottom - r, x, bottom - r);
    path.line_to(x, y + r);
    path.cubic_to(x + k, y + r, x + r, y + k, x + r, y);
    path.close();
    path
}

/// Where a voucher is perforated: at a share of its width, or of its height.
#[derive(Clone, Copy)]
enum Cut {
    Across(f32),
    Down(f32),
}

/// The share of a voucher before its stub.
const STUB: f32 = 0.68;

fn ticket(canvas: &mut Canvas, (x, y, w, h): Rect, color: Color, cut: Cut) {
    let bite = w.min(h) * 0.09;
    let margin = 2.0;
    let mut own =
        Canvas::new((w + margin * 2.0).ceil() as u32, (h + margin * 2.0).ceil() as u32, Color::CLEAR);
    shape::rect(&mut own, margin, margin, w, h, w.min(h) * 0.045, color);
    let mut holes = Canvas::new(own.width(), own.height(), Color::CLEAR);
    let across = if matches!(cut, Cut::Across(_)) { h } else { w };
    let mut hole = |side: f32, r: f32| {
        let (cx, cy) = match cut {
            Cut::Across(share) => (w * share, side),
            Cut::Down(share) => (side, h * share),
        };
        shape::ellipse(&mut holes, (margin + cx - r, margin + cy - r, r * 2.0, r * 2.0), Color::WHITE);
    };
    hole(0.0, bite);
    hole(across, bite);
    let gap = bite * 0.62;
    let mut at = bite + gap;
    while at < across - bite - gap * 0.5 {
        hole(at, bite * 0.11);
        at += gap;
    }
    for (p, hole) in own.data_mut().as_chunks_mut::<4>().0.iter_mut().zip(holes.data().as_chunks::<4>().0) {
        for c in p {
            *c = crate::canvas::div255(u32::from(*c) * (255 - u32::from(hole[3]))) as u8;
        }
    }
    canvas.over(&own, (x - margin).round() as i32, (y - margin).round() as i32, 1.0);
}

fn seal((x, y, w, h): Rect) -> PathBuilder {
    const SCALLOPS: usize = 24;
    let (cx, cy, r) = (x + w / 2.0, y + h / 2.0, w.min(h) / 2.0);
    let mut path = PathBuilder::new();
    for n in 0..=SCALLOPS * 8 {
        let turn = n as f32 / (SCALLOPS * 8) as f32 * std::f32::consts::TAU;
        let wave = 1.0 - 0.035 * (1.0 - (turn * SCALLOPS as f32).cos()) / 2.0 * 2.0;
        let (px, py) = (cx + r * wave * turn.cos(), cy + r * wave * turn.sin());
        if n == 0 { path.move_to(px, py) } else { path.line_to(px, py) }
    }
    path.close();
    path
}

fn rays(canvas: &mut Canvas, (x, y, w, h): Rect, color: Color) {
    const RAYS: usize = 20;
    let (cx, cy, far) = (x + w / 2.0, y + h / 2.0, w.hypot(h));
    let mut path = PathBuilder::new();
    for n in 0..RAYS {
        let at = |share: f32| {
            let turn = (n as f32 + share) / RAYS as f32 * std::f32::consts::TAU;
            (cx + far * turn.cos(), cy + far * turn.sin())
        };
        let (a, b) = (at(0.0), at(0.5));
        path.move_to(cx, cy);
        path.line_to(a.0, a.1);
        path.line_to(b.0, b.1);
        path.close();
    }
    let mut own = Canvas::new(w.ceil().max(1.0) as u32, h.ceil().max(1.0) as u32, Color::CLEAR);
    if let (Some(path), Some(mut pixels)) = (path.finish(), own.pixmap()) {
        let place = Transform::from_translate(-x, -y);
        pixels.fill_path(&path, &shape::plain(color), FillRule::Winding, place, None);
    }
    canvas.over(&own, x.round() as i32, y.round() as i32, 1.0);
}

fn dots(canvas: &mut Canvas, (x, y, w, h): Rect, color: Color, thick: f32) {
    let (step, d) = (thick * 5.0, thick * 1.6);
    let (columns, rows) = ((w / step).floor().max(1.0) as u32, (h / step).floor().max(1.0) as u32);
    for row in 0..rows {
        for column in 0..columns {
            let place = (x + column as f32 * step, y + row as f32 * step, d, d);
            shape::ellipse(canvas, place, color);
        }
    }
}

fn corners(canvas: &mut Canvas, (x, y, w, h): Rect, color: Color, thick: f32) {
    let arm = w.min(h) * 0.09;
    for (cx, cy, dx, dy) in
        [(x, y, 1.0, 1.0), (x + w, y, -1.0, 1.0), (x, y + h, 1.0, -1.0), (x + w, y + h, -1.0, -1.0f32)]
    {
        let mut path = PathBuilder::new();
        path.move_to(cx + arm * dx, cy);
        path.line_to(cx, cy);
        path.line_to(cx, cy + arm * dy);
        stroke(canvas, path, color, thick);
    }
}

fn waves(canvas: &mut Canvas, (x, y, w, h): Rect, color: Color) {
    for (top, swing, phase, share) in [(0.22, 0.16, 0.0, 0.5), (0.5, 0.13, 2.2, 1.0f32)] {
        let mut path = PathBuilder::new();
        path.move_to(x, y + h);
        for n in 0..=60 {
            let t = n as f32 / 60.0;
            let v = top + swing * (t * 4.4 + phase).sin();
            path.line_to(x + t * w, y + v * h);
        }
        path.line_to(x + w, y + h);
        path.close();
        fill(canvas, path, color.alpha(f32::from(color.a) / 255.0 * share));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ornament_draws_inside_its_area_only() {
        use Ornament::*;
        for ornament in [Arch, Ring, Frame, Label, Ticket, Voucher, Seal, Slant, Rays, Dots, Corners, Waves] {
            let mut canvas = Canvas::new(300, 200, Color::WHITE);
            draw(&mut canvas, ornament, (50.0, 50.0, 200.0, 100.0), (Color::BLACK, 2.0), false);
            let inked = |x: u32, y: u32| canvas.pixel(x, y) != [255; 4];
            let all = || (0..200).flat_map(|y| (0..300).map(move |x| (x, y)));
            assert!(all().any(|(x, y)| inked(x, y)), "{ornament:?}");
            let outside = |(x, y): &(u32, u32)| *x < 47 || *x > 253 || *y < 47 || *y > 153;
            assert!(!all().filter(outside).any(|(x, y)| inked(x, y)), "{ornament:?}");
        }
    }

    #[test]
    fn what_has_a_left_and_a_right_is_turned_with_its_layout() {
        use Ornament::*;
        for ornament in [Arch, Ring, Frame, Label, Ticket, Seal, Slant, Corners] {
            let [plain, turned] = [false, true].map(|mirrored| {
                let mut canvas = Canvas::new(300, 200, Color::WHITE);
                draw(&mut canvas, ornament, (50.0, 50.0, 200.0, 100.0), (Color::BLACK, 2.0), mirrored);
                canvas
            });
            let differing = (0..200)
                .flat_map(|y| (0..300).map(move |x| (x, y)))
                .filter(|(x, y)| plain.pixel(*x, *y)[0].abs_diff(turned.pixel(299 - x, *y)[0]) > 90)
                .count();
            assert_eq!(differing, 0, "{ornament:?}");
        }
    }
}
