//! What a picture is about: its colours, and where to look.

use super::resize::glance;
use crate::{Canvas, Color};

/// The main colours with their shares, the largest first. Clear pixels do not count.
pub fn palette(picture: &Canvas, most: usize) -> Vec<(Color, f32)> {
    let scale = (72.0 / picture.width().max(picture.height()).max(1) as f32).min(1.0);
    let side = |n: u32| ((n as f32 * scale).round() as u32).max(1);
    let small = glance(picture, side(picture.width()), side(picture.height()));
    let points: Vec<[f32; 3]> = small
        .data()
        .as_chunks::<4>()
        .0
        .iter()
        .filter(|p| p[3] > 200)
        .map(|p| Color::rgb(p[0], p[1], p[2]).oklab())
        .collect();
    if points.is_empty() || most == 0 {
        return Vec::new();
    }
    let mut means = seeds(&points, most);
    let mut counts = vec![0usize; means.len()];
    for _ in 0..12 {
        let mut sums = vec![[0.0f32; 3]; means.len()];
        counts.fill(0);
        for point in &points {
            let n = nearest(&means, point);
            counts[n] += 1;
            sums[n].iter_mut().zip(point).for_each(|(s, p)| *s += p);
        }
        let before = means.clone();
        for ((mean, sum), count) in means.iter_mut().zip(&sums).zip(&counts).filter(|(_, count)| **count > 0)
        {
            *mean = sum.map(|s| s / *count as f32);
        }
        if means == before {
            break;
        }
    }
    let mut found: Vec<_> = means
        .iter()
        .zip(&counts)
        .filter(|(_, n)| **n > 0)
        .map(|(m, n)| (Color::from_oklab(*m), *n as f32 / points.len() as f32))
        .collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    found
}

/// Each next seed is the point farthest from those before.
fn seeds(points: &[[f32; 3]], most: usize) -> Vec<[f32; 3]> {
    let mut seeds = vec![points[points.len() / 2]];
    while seeds.len() < most {
        let far = points
            .iter()
            .map(|p| (square(p, &seeds[nearest(&seeds, p)]), p))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        match far {
            Some((gap, point)) if gap > 1e-4 => seeds.push(*point),
            _ => break,
        }
    }
    seeds
}

fn nearest(means: &[[f32; 3]], point: &[f32; 3]) -> usize {
    means
        .iter()
        .enumerate()
        .min_by(|a, b| square(a.1, point).total_cmp(&square(b.1, point)))
        .map_or(0, |(n, _)| n)
}

fn square(a: &[f32; 3], b: &[f32; 3]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

/// Where the interest of a scene lies, in shares of width and height: the middle of what differs in colour from the
/// picture as a whole and is not at its edge, drawn a little towards the middle of the picture.
pub fn focus(picture: &Canvas) -> (f32, f32) {
    focus_on(picture, None)
}

/// As [`focus`], with a product that may be in the picture: what has its colours counts more.
pub fn focus_on(picture: &Canvas, product: Option<&Canvas>) -> (f32, f32) {
    let (w, h) = (48u32, 48u32);
    // Greys and small parts are everywhere; only the product's own colours tell it.
    let own: Vec<[f32; 3]> = product
        .map(|p| palette(p, 5))
        .unwrap_or_default()
        .into_iter()
        .filter(|(c, share)| *share > 0.1 && c.chroma() > 0.025)
        .map(|(c, _)| c.oklab())
        .collect();
    let small = glance(picture, w, h);
    let lab: Vec<[f32; 3]> =
        small.data().as_chunks::<4>().0.iter().map(|p| Color::rgb(p[0], p[1], p[2]).oklab()).collect();
    let mean = [0, 1, 2].map(|c| lab.iter().map(|p| p[c]).sum::<f32>() / lab.len() as f32);
    let at = |x: u32, y: u32| &lab[(y * w + x) as usize];
    let (mut sum, mut sx, mut sy) = (1e-3, 0.5e-3, 0.5e-3);
    for y in 1..h - 1 {
        for x in 1..w - 1 {
            let edge = square(at(x - 1, y), at(x + 1, y)) + square(at(x, y - 1), at(x, y + 1));
            let other = square(at(x, y), &mean);
            let alike = own.iter().map(|c| (-square(at(x, y), c) / 0.003).exp()).fold(0.0, f32::max);
            // The middle counts more: photographers put there what matters.
            let (u, v) = (x as f32 / w as f32, y as f32 / h as f32);
            let middle = (1.0 - ((u - 0.5).powi(2) + (v - 0.5).powi(2)) * 2.2).max(0.1);
            let weight = (edge * 0.6 + other + alike * 0.12) * middle;
            (sum, sx, sy) = (sum + weight, sx + weight * u, sy + weight * v);
        }
    }
    let towards = |v: f32| 0.5 + (v - 0.5) * 0.9;
    (towards(sx / sum), towards(sy / sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_palette_names_the_colours_by_their_share() {
        let mut picture = Canvas::new(100, 100, Color::rgb(240, 230, 210));
        crate::shape::rect(&mut picture, 0.0, 0.0, 100.0, 30.0, 0.0, Color::rgb(30, 90, 60));
        let found = palette(&picture, 4);
        assert!(
            found[0].0.contrast(Color::rgb(240, 230, 210)) < 1.05 && (found[0].1 - 0.7).abs() < 0.05,
            "{found:?}"
        );
        assert!(found[1].0.contrast(Color::rgb(30, 90, 60)) < 1.05, "{found:?}");
    }

    #[test]
    fn the_focus_is_where_something_is() {
        let mut picture = Canvas::new(300, 200, Color::rgb(230, 230, 230));
        crate::shape::ellipse(&mut picture, (220.0, 20.0, 50.0, 50.0), Color::rgb(200, 30, 30));
        let (x, y) = focus(&picture);
        assert!(x > 0.65 && y < 0.4, "{x} {y}");
    }

    #[test]
    fn a_product_in_a_scene_draws_the_focus_to_it() {
        let mut scene = Canvas::new(300, 200, Color::rgb(225, 210, 190));
        crate::shape::ellipse(&mut scene, (210.0, 60.0, 70.0, 70.0), Color::rgb(255, 250, 235));
        crate::shape::rect(&mut scene, 60.0, 40.0, 40.0, 130.0, 8.0, Color::rgb(120, 160, 125));
        let product = Canvas::new(40, 130, Color::rgb(118, 158, 124));
        assert!(focus_on(&scene, Some(&product)).0 < focus(&scene).0);
    }
}
