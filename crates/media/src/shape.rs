//! Plain shapes: rounded rectangles, discs, gradients, lines.

use tiny_skia::{
    FillRule, GradientStop, LinearGradient, Paint, PathBuilder, Point, RadialGradient, SpreadMode, Stroke,
    Transform,
};

use crate::{Canvas, Color};

/// A filled rectangle with rounded corners. All in px.
pub fn rect(canvas: &mut Canvas, x: f32, y: f32, width: f32, height: f32, radius: f32, color: Color) {
    // The short way for areas of whole px, as panels have.
    let whole = [x, y, width, height].iter().all(|n| n.fract() == 0.0 && n.abs() < 65_536.0);
    if whole && radius <= 0.0 && color.a == 255 && width > 0.0 && height > 0.0 {
        canvas.fill_part((x as i32, y as i32, width as u32, height as u32), color);
        return;
    }
    let paint = plain(color);
    if let (Some(path), Some(mut pixels)) = (rounded(x, y, width, height, radius), canvas.pixmap()) {
        pixels.fill_path(&path, &paint, FillRule::Winding, Transform::identity(), None);
    }
}

/// The outline of a rectangle with rounded corners, drawn inside its edge.
pub fn frame(
    canvas: &mut Canvas,
    (x, y, width, height): (f32, f32, f32, f32),
    radius: f32,
    thick: f32,
    color: Color,
) {
    let half = thick / 2.0;
    let path = rounded(x + half, y + half, width - thick, height - thick, (radius - half).max(0.0));
    if let (Some(path), Some(mut pixels)) = (path, canvas.pixmap()) {
        pixels.stroke_path(
            &path,
            &plain(color),
            &Stroke { width: thick, ..Stroke::default() },
            Transform::identity(),
            None,
        );
    }
}

/// A line through points, with round ends.
pub fn polyline(canvas: &mut Canvas, points: &[(f32, f32)], thick: f32, color: Color) {
    let mut path = PathBuilder::new();
    for (n, (x, y)) in points.iter().enumerate() {
        if n == 0 { path.move_to(*x, *y) } else { path.line_to(*x, *y) }
    }
    if let (Some(path), Some(mut pixels)) = (path.finish(), canvas.pixmap()) {
        let stroke = Stroke {
            width: thick,
            line_cap: tiny_skia::LineCap::Round,
            line_join: tiny_skia::LineJoin::Round,
            ..Stroke::default()
        };
        pixels.stroke_path(&path, &plain(color), &stroke, Transform::identity(), None);
    }
}

/// A filled ellipse.
pub fn ellipse(canvas: &mut Canvas, (x, y, width, height): (f32, f32, f32, f32), color: Color) {
    let path = tiny_skia::Rect::from_xywh(x, y, width, height).and_then(PathBuilder::from_oval);
    if let (Some(path), Some(mut pixels)) = (path, canvas.pixmap()) {
        pixels.fill_path(&path, &plain(color), FillRule::Winding, Transform::identity(), None);
    }
}

/// A rectangle filled with a gradient between two points of it, both in shares of its size.
pub fn gradient(
    canvas: &mut Canvas,
    (x, y, width, height): (f32, f32, f32, f32),
    from: (f32, f32),
    to: (f32, f32),
    stops: &[(f32, Color)],
) {
    if ramp(canvas, (x, y, width, height), from, to, stops) {
        return;
    }
    let at = |(u, v): (f32, f32)| Point::from_xy(x + u * width, y + v * height);
    let shader =
        LinearGradient::new(at(from), at(to), self::stops(stops), SpreadMode::Pad, Transform::identity());
    fill(canvas, (x, y, width, height), shader);
}

/// The short way for gradients that run along an edge of whole px, as scrims do: one colour for each row or column.
fn ramp(
    canvas: &mut Canvas,
    (x, y, width, height): (f32, f32, f32, f32),
    from: (f32, f32),
    to: (f32, f32),
    stops: &[(f32, Color)],
) -> bool {
    let whole = [x, y, width, height].iter().all(|n| n.fract() == 0.0) && width > 0.0 && height > 0.0;
    let down = from.0 == to.0;
    if !whole || down == (from.1 == to.1) || stops.is_empty() {
        return false;
    }
    let (start, end) = if down { (from.1, to.1) } else { (from.0, to.0) };
    let straight = |c: Color| [c.r, c.g, c.b, c.a].map(|c| f32::from(c) / 255.0);
    canvas.ramp((x as i32, y as i32, width as u32, height as u32), down, |at| {
        let t = ((at - start) / (end - start)).clamp(0.0, 1.0);
        let after = stops.iter().position(|(at, _)| *at >= t).unwrap_or(stops.len() - 1);
        let (upper, lower) = (stops[after], stops[after.saturating_sub(1)]);
        let k = if upper.0 > lower.0 { ((t - lower.0) / (upper.0 - lower.0)).clamp(0.0, 1.0) } else { 1.0 };
        let (a, b) = (straight(lower.1), straight(upper.1));
        std::array::from_fn(|c| a[c] + (b[c] - a[c]) * k)
    });
    true
}

/// A round glow that ends at `radius`.
pub fn glow(canvas: &mut Canvas, (x, y): (f32, f32), radius: f32, stops: &[(f32, Color)]) {
    let middle = Point::from_xy(x, y);
    let shader = RadialGradient::new(
        middle,
        0.0,
        middle,
        radius,
        self::stops(stops),
        SpreadMode::Pad,
        Transform::identity(),
    );
    fill(canvas, (x - radius, y - radius, radius * 2.0, radius * 2.0), shader);
}

fn fill(
    canvas: &mut Canvas,
    (x, y, width, height): (f32, f32, f32, f32),
    shader: Option<tiny_skia::Shader<'_>>,
) {
    let rect = tiny_skia::Rect::from_xywh(x, y, width, height);
    if let (Some(shader), Some(rect), Some(mut pixels)) = (shader, rect, canvas.pixmap()) {
        let paint = Paint { shader, ..Paint::default() };
        pixels.fill_rect(rect, &paint, Transform::identity(), None);
    }
}

fn stops(stops: &[(f32, Color)]) -> Vec<GradientStop> {
    stops.iter().map(|(at, color)| GradientStop::new(*at, skia(*color))).collect()
}

pub(crate) fn plain(color: Color) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(skia(color));
    paint.anti_alias = true;
    paint
}

pub(crate) fn skia(color: Color) -> tiny_skia::Color {
    tiny_skia::Color::from_rgba8(color.r, color.g, color.b, color.a)
}

fn rounded(x: f32, y: f32, width: f32, height: f32, radius: f32) -> Option<tiny_skia::Path> {
    let rect = tiny_skia::Rect::from_xywh(x, y, width, height)?;
    let r = radius.min(width / 2.0).min(height / 2.0);
    if r <= 0.0 {
        return Some(PathBuilder::from_rect(rect));
    }
    // Control points of a quarter circle.
    let k = r * 0.552_284_8;
    let (right, bottom) = (x + width, y + height);
    let mut path = PathBuilder::new();
    path.move_to(x + r, y);
    path.line_to(right - r, y);
    path.cubic_to(right - r + k, y, right, y + r - k, right, y + r);
    path.line_to(right, bottom - r);
    path.cubic_to(right, bottom - r + k, right - r + k, bottom, right - r, bottom);
    path.line_to(x + r, bottom);
    path.cubic_to(x + r - k, bottom, x, bottom - r + k, x, bottom - r);
    path.line_to(x, y + r);
    path.cubic_to(x, y + r - k, x + r - k, y, x + r, y);
    path.close();
    path.finish()
}
