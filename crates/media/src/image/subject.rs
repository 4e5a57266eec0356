//! The subject of a photo: the one thing in it that must not be cut.

use super::resize::glance;
use crate::{Canvas, Color};

/// Where the subject stands, in shares of the photo: left, top, right, bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Subject {
    /// Left edge.
    pub left: f32,
    /// Top edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Bottom edge.
    pub bottom: f32,
}

/// Pixels each way of the picture that is looked at.
const N: usize = 96;
/// How far (Oklab, squared) something is from all the edges beside it to stand out.
const APART: f32 = 0.011;
/// Shares of the photo between which something is a subject: less is a detail, more is a scene.
const SMALL: f32 = 0.02;
const LARGE: f32 = 0.62;

/// The largest thing that stands out from what its own row and column show at the photo's edges: a product before a sweep, a
/// cup on a table. `None` for a scene, in which nothing or everything stands out.
pub fn subject(photo: &Canvas) -> Option<Subject> {
    let small = glance(photo, N as u32, N as u32);
    let pixels = small.data().as_chunks::<4>().0;
    let lab: Vec<Option<[f32; 3]>> =
        pixels.iter().map(|p| (p[3] > 127).then(|| Color::rgb(p[0], p[1], p[2]).oklab())).collect();
    let apart = |a: usize, b: usize| match (lab[a], lab[b]) {
        (Some(a), Some(b)) => a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>(),
        (None, _) => 0.0,
        (Some(_), None) => 1.0,
    };
    let stands_out: Vec<bool> = (0..N * N)
        .map(|n| {
            let (x, y) = (n % N, n / N);
            let edges = [y * N, y * N + N - 1, x, (N - 1) * N + x];
            edges.into_iter().all(|edge| apart(n, edge) > APART)
        })
        .collect();
    let main = largest(stands_out)?;
    let share = main.len() as f32 / (N * N) as f32;
    let (xs, ys) = (main.iter().map(|n| n % N), main.iter().map(|n| n / N));
    let ends = |v: &mut dyn Iterator<Item = usize>| {
        let (first, last) = v.fold((N, 0), |(a, b), n| (a.min(n), b.max(n)));
        (first as f32 / N as f32, (last + 1) as f32 / N as f32)
    };
    let ((left, right), (top, bottom)) = (ends(&mut { xs }), ends(&mut { ys }));
    // A thing fills much of its box; a net of twigs or letters over the whole picture does not.
    let whole = share > (right - left) * (bottom - top) * 0.3;
    ((SMALL..LARGE).contains(&share) && whole).then_some(Subject { left, top, right, bottom })
}

/// The largest set of neighbours.
fn largest(mut open: Vec<bool>) -> Option<Vec<usize>> {
    let mut best = Vec::new();
    for start in 0..open.len() {
        if !std::mem::take(&mut open[start]) {
            continue;
        }
        let (mut found, mut seen) = (vec![start], 0);
        while let Some(&n) = found.get(seen) {
            seen += 1;
            let (x, y) = (n % N, n / N);
            let around = [
                (x > 0, n.wrapping_sub(1)),
                (x + 1 < N, n + 1),
                (y > 0, n.wrapping_sub(N)),
                (y + 1 < N, n + N),
            ];
            for (_, next) in around.into_iter().filter(|(inside, _)| *inside) {
                if std::mem::take(&mut open[next]) {
                    found.push(next);
                }
            }
        }
        if found.len() > best.len() {
            best = found;
        }
    }
    (!best.is_empty()).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_is_what_stands_out_and_no_detail_beside_it() {
        let mut photo = Canvas::new(400, 200, Color::rgb(214, 190, 160));
        crate::shape::rect(&mut photo, 60.0, 40.0, 120.0, 120.0, 8.0, Color::rgb(30, 90, 60));
        crate::shape::ellipse(&mut photo, (330.0, 150.0, 20.0, 20.0), Color::rgb(30, 90, 60));
        let found = subject(&photo).unwrap();
        let near = |a: f32, b: f32| (a - b).abs() < 0.02;
        assert!(near(found.left, 0.15) && near(found.right, 0.45), "{found:?}");
        assert!(near(found.top, 0.2) && near(found.bottom, 0.8), "{found:?}");
    }

    #[test]
    fn a_scene_has_no_subject() {
        let [primary, secondary, accent, background, text] =
            ["#1F4D3A", "#8FB09A", "#C8622D", "#F6F1E4", "#1C2A22"].map(|c| c.parse().unwrap());
        let palette = crate::template::Palette { primary, secondary, accent, background, text };
        for style in [crate::draw::Style::Paper, crate::draw::Style::Gradient] {
            let art = crate::draw::Art { style, palette, dark: false, seed: 4 };
            assert_eq!(subject(&crate::draw::background(&art, 400, 300)), None, "{style:?}");
        }
        assert_eq!(subject(&Canvas::new(300, 200, Color::WHITE)), None);
    }
}
