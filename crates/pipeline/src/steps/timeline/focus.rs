//! What a photo is about.

use handbill_domain::channel::Size;
use handbill_media::{Canvas, Color, image};

/// Where a photo shows what it is about, for a crop of this shape: the part that differs most from the colours at the
/// left and right border.
pub(crate) fn interest(photo: &Canvas, size: Size) -> (f64, f64) {
    const N: u32 = 48;
    let small = image::resize(photo, N, N);
    let lab = |x: u32, y: u32| {
        let [r, g, b, _] = small.pixel(x, y);
        Color::rgb(r, g, b).oklab()
    };
    let apart = |a: [f32; 3], b: [f32; 3]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
    let mut weights = vec![0f64; (N * N) as usize];
    for y in 0..N {
        let (left, right) = (lab(1, y), lab(N - 2, y));
        for x in 0..N {
            weights[(y * N + x) as usize] = f64::from(apart(lab(x, y), left).min(apart(lab(x, y), right)));
        }
    }
    let shape = f64::from(size.width) / f64::from(size.height);
    let own = f64::from(photo.width()) / f64::from(photo.height().max(1));
    let span = |share: f64| ((f64::from(N) * share.min(1.0)).round() as u32).clamp(4, N);
    let (wide, high) = (span(shape / own), span(own / shape));
    let across: Vec<f64> = (0..N).map(|x| (0..N).map(|y| weights[(y * N + x) as usize]).sum()).collect();
    let down: Vec<f64> = (0..N).map(|y| (0..N).map(|x| weights[(y * N + x) as usize]).sum()).collect();
    (best_window(&across, wide as usize), best_window(&down, high as usize))
}

/// The middle of what weighs most within a window of this length, as a share of the whole.
fn best_window(weights: &[f64], length: usize) -> f64 {
    let sum = |from: usize| weights[from..from + length].iter().sum::<f64>();
    let from = (0..=weights.len() - length).max_by(|a, b| sum(*a).total_cmp(&sum(*b))).unwrap_or(0);
    let total = sum(from);
    if total < 1e-6 {
        return 0.5;
    }
    let middle = (from..from + length).map(|i| (i as f64 + 0.5) * weights[i]).sum::<f64>() / total;
    middle / weights.len() as f64
}
