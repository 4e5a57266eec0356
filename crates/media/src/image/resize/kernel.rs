//! The filter of every resize: Lanczos with three lobes, read from a table (two sines for each of the weights of a resize took
//! a twentieth of it).

use std::{f64::consts::PI, sync::LazyLock};

use fast_image_resize::{Filter, FilterType};

const LOBES: usize = 3;
/// Steps of the table between two zeros. Between steps it is interpolated: the weights are right to six digits, and the
/// filter itself rounds them to four.
const STEPS: usize = 1024;

static TABLE: LazyLock<Vec<f64>> =
    LazyLock::new(|| (0..=LOBES * STEPS + 1).map(|n| weight(n as f64 / STEPS as f64)).collect());

/// Lanczos with three lobes.
pub(super) fn lanczos() -> FilterType {
    Filter::new("Lanczos3", looked_up, LOBES as f64).map_or(FilterType::Lanczos3, FilterType::Custom)
}

fn looked_up(x: f64) -> f64 {
    let at = x.abs() * STEPS as f64;
    let n = at as usize;
    match TABLE.get(n..n + 2) {
        Some([a, b]) if n < LOBES * STEPS => a + (b - a) * (at - n as f64),
        _ => 0.0,
    }
}

fn weight(x: f64) -> f64 {
    let sinc = |x: f64| if x == 0.0 { 1.0 } else { (x * PI).sin() / (x * PI) };
    if x < LOBES as f64 { sinc(x) * sinc(x / LOBES as f64) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_filter_to_six_digits() {
        for n in -40_000..=40_000 {
            let x = f64::from(n) / 10_007.0;
            assert!((looked_up(x) - weight(x.abs())).abs() < 1e-6, "{x}");
        }
    }
}
