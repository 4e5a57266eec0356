//! The product alone: by its transparency, or by taking away a plain background.

use crate::{Canvas, Color};

/// A product without its background, cropped to itself.
#[derive(Clone, Debug)]
pub struct Cutout {
    /// Its pixels; outside the product they are clear.
    pub canvas: Canvas,
    /// Left and right end of what touches the ground, in shares of the width.
    pub base: (f32, f32),
}

/// How far a border pixel may be from the border's middle colour for the background to count as plain, 0 to 255.
const PLAIN: f32 = 14.0;

/// Cuts out the product. `None` when the picture has neither transparency nor a plain background:
/// then it is a scene, and is shown as one.
pub fn cut_out(picture: &Canvas) -> Option<Cutout> {
    let clear = picture.data().as_chunks::<4>().0.iter().filter(|p| p[3] < 8).count();
    let share = clear as f32 / (picture.data().len() / 4).max(1) as f32;
    if share > 0.02 {
        return cropped(picture);
    }
    let background = plain_border(picture)?;
    let mut alone = picture.clone();
    take_away(&mut alone, background);
    let left = alone.data().as_chunks::<4>().0.iter().filter(|p| p[3] > 128).count() as f32
        / (picture.data().len() / 4) as f32;
    // Nearly nothing or nearly everything left: the background was not what it seemed.
    (0.01..0.97).contains(&left).then(|| cropped(&alone)).flatten()
}

/// The smallest rectangle (left, top, width, height) with every pixel that is more opaque than `alpha`.
pub fn bounds(canvas: &Canvas, alpha: u8) -> Option<(u32, u32, u32, u32)> {
    let width = canvas.width().max(1) as usize;
    let (mut left, mut right, mut top, mut bottom) = (u32::MAX, 0, u32::MAX, 0);
    for (y, row) in canvas.data().as_chunks::<4>().0.chunks(width).enumerate() {
        let shows = |p: &[u8; 4]| p[3] > alpha;
        let Some(first) = row.iter().position(shows) else { continue };
        let last = row.iter().rposition(shows).unwrap_or(first);
        (left, right) = (left.min(first as u32), right.max(last as u32));
        (top, bottom) = (top.min(y as u32), y as u32);
    }
    (left <= right).then(|| (left, top, right - left + 1, bottom - top + 1))
}

fn cropped(canvas: &Canvas) -> Option<Cutout> {
    let (left, top, w, h) = bounds(canvas, 24)?;
    let cut = canvas.crop(left as i32, top as i32, w, h);
    let foot = h - (h / 24).max(1);
    let touched = |x: &u32| (foot..h).any(|y| cut.pixel(*x, y)[3] > 128);
    let first = (0..w).find(touched).unwrap_or(0);
    let last = (0..w).rev().find(touched).unwrap_or(w - 1);
    Some(Cutout { base: (first as f32 / w as f32, (last + 1) as f32 / w as f32), canvas: cut })
}

/// The colour of the border, if it is one colour.
fn plain_border(canvas: &Canvas) -> Option<[u8; 3]> {
    let (w, h) = (canvas.width(), canvas.height());
    let edge = (0..w).flat_map(|x| [(x, 0), (x, h - 1)]).chain((0..h).flat_map(|y| [(0, y), (w - 1, y)]));
    let pixels: Vec<[u8; 4]> = edge.map(|(x, y)| canvas.pixel(x, y)).collect();
    let middle = [0, 1, 2].map(|c| {
        let mut values: Vec<u8> = pixels.iter().map(|p| p[c]).collect();
        values.sort_unstable();
        values[values.len() / 2]
    });
    let far = pixels.iter().filter(|p| distance(**p, middle) > PLAIN).count();
    (far * 20 < pixels.len()).then_some(middle)
}

/// Clears what is connected with the border and has its colour; pixels in between become partly clear.
fn take_away(canvas: &mut Canvas, background: [u8; 3]) {
    let (w, h) = (canvas.width() as usize, canvas.height() as usize);
    let mut outside = vec![false; w * h];
    let mut open: Vec<usize> = (0..w)
        .flat_map(|x| [x, (h - 1) * w + x])
        .chain((0..h).flat_map(|y| [y * w, y * w + w - 1]))
        .collect();
    let pixel = |canvas: &Canvas, n: usize| canvas.pixel((n % w) as u32, (n / w) as u32);
    while let Some(n) = open.pop() {
        if outside[n] || distance(pixel(canvas, n), background) > PLAIN {
            continue;
        }
        outside[n] = true;
        let (x, y) = (n % w, n / w);
        open.extend(
            [(x > 0, n.wrapping_sub(1)), (x + 1 < w, n + 1), (y > 0, n.wrapping_sub(w)), (y + 1 < h, n + w)]
                .iter()
                .filter(|(inside, _)| *inside)
                .map(|(_, n)| *n),
        );
    }
    let near_outside = |n: usize| {
        let (x, y) = (n % w, n / w);
        let around = (-1i32..=1).flat_map(|dy| (-1i32..=1).map(move |dx| (x as i32 + dx, y as i32 + dy)));
        around
            .filter(|(x, y)| (0..w as i32).contains(x) && (0..h as i32).contains(y))
            .any(|(x, y)| outside[y as usize * w + x as usize])
    };
    let alphas: Vec<u8> = (0..w * h)
        .map(|n| match outside[n] {
            true => 0,
            // On the rim the pixel is a mixture with the background: the more alike, the clearer.
            false if near_outside(n) => ((distance(pixel(canvas, n), background) - PLAIN * 0.5) / 60.0
                * 255.0)
                .clamp(90.0, 255.0) as u8,
            false => 255,
        })
        .collect();
    for (p, alpha) in canvas.data_mut().as_chunks_mut::<4>().0.iter_mut().zip(alphas) {
        *p = Color { r: p[0], g: p[1], b: p[2], a: alpha }.premultiplied();
    }
}

fn distance(p: [u8; 4], q: [u8; 3]) -> f32 {
    let d = |n: usize| f32::from(p[n]) - f32::from(q[n]);
    (d(0).powi(2) + d(1).powi(2) + d(2).powi(2)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_on_a_plain_background_is_cut_out() {
        let mut photo = Canvas::new(200, 200, Color::rgb(244, 244, 242));
        crate::shape::rect(&mut photo, 60.0, 40.0, 80.0, 120.0, 0.0, Color::rgb(30, 90, 60));
        let cut = cut_out(&photo).unwrap();
        assert_eq!((cut.canvas.width(), cut.canvas.height()), (80, 120));
        assert_eq!(cut.canvas.pixel(40, 60), [30, 90, 60, 255]);
        assert!(cut.base.0 < 0.03 && cut.base.1 > 0.97);
    }

    #[test]
    fn a_hole_in_the_product_stays_the_products() {
        let mut photo = Canvas::new(200, 200, Color::WHITE);
        crate::shape::rect(&mut photo, 40.0, 40.0, 120.0, 120.0, 0.0, Color::BLACK);
        crate::shape::rect(&mut photo, 80.0, 80.0, 40.0, 40.0, 0.0, Color::WHITE);
        assert_eq!(cut_out(&photo).unwrap().canvas.pixel(60, 60), [255; 4], "a white label is no background");
    }

    #[test]
    fn a_scene_is_not_cut_out() {
        let mut scene = Canvas::new(200, 200, Color::WHITE);
        crate::shape::gradient(
            &mut scene,
            (0.0, 0.0, 200.0, 200.0),
            (0.0, 0.0),
            (1.0, 1.0),
            &[(0.0, Color::BLACK), (1.0, Color::WHITE)],
        );
        assert!(cut_out(&scene).is_none());
    }
}
