//! Where boxes lie: in px, as left, top, width and height.

use handbill_domain::channel::{SafeZone, Size};

pub(super) type Rect = [f32; 4];

/// The part of the picture that the platform leaves free.
pub(super) fn free_of(zone: &SafeZone, size: Size) -> Rect {
    let (w, h) = (size.width as f32, size.height as f32);
    let (kx, ky) = (w / zone.frame.width.max(1) as f32, h / zone.frame.height.max(1) as f32);
    [zone.left * kx, zone.top * ky, w - (zone.left + zone.right) * kx, h - (zone.top + zone.bottom) * ky]
}

/// By how many px it leaves a room, on the worst side.
pub(super) fn beyond([x, y, w, h]: Rect, [rx, ry, rw, rh]: Rect) -> f64 {
    let sides = [rx - x, ry - y, x + w - rx - rw, y + h - ry - rh];
    f64::from(sides.into_iter().fold(0.0, f32::max))
}

/// How deep two lie in each other.
pub(super) fn depth([ax, ay, aw, ah]: Rect, [bx, by, bw, bh]: Rect) -> f64 {
    let across = (ax + aw).min(bx + bw) - ax.max(bx);
    let down = (ay + ah).min(by + bh) - ay.max(by);
    f64::from(across.min(down).max(0.0))
}

/// How far two stand apart.
pub(super) fn gap([ax, ay, aw, ah]: Rect, [bx, by, bw, bh]: Rect) -> f64 {
    let across = (bx - ax - aw).max(ax - bx - bw).max(0.0);
    let down = (by - ay - ah).max(ay - by - bh).max(0.0);
    f64::from(across.hypot(down))
}

pub(super) fn rounded(n: f64, digits: i32) -> f64 {
    let k = 10f64.powi(digits);
    (n * k).round() / k
}
