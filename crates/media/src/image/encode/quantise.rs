//! A picture in few colours: boxes of colours cut at their middle, means moved to where the pixels are, and the error of
//! each pixel handed on to its neighbours.

use std::collections::HashMap;

/// A bin of the histogram: its pixels, and the sum of their colours.
struct Bin {
    count: f32,
    mean: [f32; 4],
}

/// Palette (straight RGBA) and indices of straight RGBA pixels, `width` to a row.
pub(super) fn quantise(pixels: &[u8], width: usize, colours: usize) -> (Vec<[u8; 4]>, Vec<u8>) {
    let bins = histogram(pixels);
    let mut means = cut(&bins, colours.clamp(2, 256));
    for _ in 0..3 {
        improve(&bins, &mut means);
    }
    let palette: Vec<[u8; 4]> =
        means.iter().map(|m| m.map(|c| c.round().clamp(0.0, 255.0) as u8)).map(tidy).collect();
    let indices = dither(pixels, width, &palette);
    (palette, indices)
}

/// Wholly clear has no colour.
fn tidy(pixel: [u8; 4]) -> [u8; 4] {
    if pixel[3] == 0 { [0; 4] } else { pixel }
}

fn key([r, g, b, a]: [u8; 4]) -> u32 {
    u32::from(r >> 2) << 18 | u32::from(g >> 2) << 12 | u32::from(b >> 2) << 6 | u32::from(a >> 2)
}

fn histogram(pixels: &[u8]) -> Vec<Bin> {
    let mut bins: HashMap<u32, (u32, [u64; 4])> = HashMap::new();
    for pixel in pixels.as_chunks::<4>().0.iter().map(|p| tidy(*p)) {
        let (count, sum) = bins.entry(key(pixel)).or_default();
        *count += 1;
        sum.iter_mut().zip(pixel).for_each(|(s, c)| *s += u64::from(c));
    }
    let mut sorted: Vec<(u32, (u32, [u64; 4]))> = bins.into_iter().collect();
    // A map has no order of its own, and the same picture shall be the same file.
    sorted.sort_unstable_by_key(|(key, _)| *key);
    let mean = |(count, sum): (u32, [u64; 4])| Bin {
        count: count as f32,
        mean: sum.map(|s| s as f32 / count as f32),
    };
    sorted.into_iter().map(|(_, bin)| mean(bin)).collect()
}

/// Cuts the box with the most spread along its longest axis until there are enough.
fn cut(bins: &[Bin], colours: usize) -> Vec<[f32; 4]> {
    let mut boxes: Vec<Vec<usize>> = vec![(0..bins.len()).collect()];
    let mut spreads = vec![spread(bins, &boxes[0])];
    while boxes.len() < colours {
        let most = spreads.iter().enumerate().max_by(|a, b| a.1.0.total_cmp(&b.1.0));
        let Some((n, (amount, axis, mean))) = most.map(|(n, s)| (n, *s)) else { break };
        if amount <= 0.0 {
            break;
        }
        let (low, high): (Vec<usize>, Vec<usize>) =
            boxes[n].iter().partition(|bin| bins[**bin].mean[axis] <= mean[axis]);
        if low.is_empty() || high.is_empty() {
            spreads[n].0 = 0.0;
            continue;
        }
        spreads[n] = spread(bins, &low);
        spreads.push(spread(bins, &high));
        boxes[n] = low;
        boxes.push(high);
    }
    spreads.into_iter().map(|(.., mean)| mean).collect()
}

/// Weighted variance along the longest axis, that axis, and the mean.
fn spread(bins: &[Bin], inside: &[usize]) -> (f32, usize, [f32; 4]) {
    let (mut count, mut sum, mut square) = (0.0f64, [0.0f64; 4], [0.0f64; 4]);
    for bin in inside.iter().map(|n| &bins[*n]) {
        count += f64::from(bin.count);
        for c in 0..4 {
            let v = f64::from(bin.mean[c]);
            sum[c] += v * f64::from(bin.count);
            square[c] += v * v * f64::from(bin.count);
        }
    }
    let mean = sum.map(|s| s / count.max(1.0));
    let variance = |c: usize| square[c] - mean[c] * mean[c] * count;
    let axis = (0..4).max_by(|a, b| variance(*a).total_cmp(&variance(*b))).unwrap_or(0);
    (variance(axis) as f32, axis, mean.map(|m| m as f32))
}

/// One step of k-means.
fn improve(bins: &[Bin], means: &mut [[f32; 4]]) {
    let mut sums = vec![([0.0f64; 4], 0.0f64); means.len()];
    for bin in bins {
        let n = nearest(means, bin.mean);
        sums[n].1 += f64::from(bin.count);
        sums[n].0.iter_mut().zip(bin.mean).for_each(|(s, c)| *s += f64::from(c * bin.count));
    }
    for (mean, (sum, count)) in means.iter_mut().zip(sums).filter(|(_, (_, count))| *count > 0.0) {
        *mean = sum.map(|s| (s / count) as f32);
    }
}

fn nearest(means: &[[f32; 4]], to: [f32; 4]) -> usize {
    let mut best = (f32::MAX, 0);
    for (n, mean) in means.iter().enumerate() {
        let d: f32 = mean.iter().zip(to).map(|(a, b)| (a - b) * (a - b)).sum();
        if d < best.0 {
            best = (d, n);
        }
    }
    best.1
}

/// Floyd and Steinberg, with three quarters of the error: all of it makes flat grounds restless.
fn dither(pixels: &[u8], width: usize, palette: &[[u8; 4]]) -> Vec<u8> {
    let means: Vec<[f32; 4]> = palette.iter().map(|p| p.map(f32::from)).collect();
    let mut known: HashMap<u32, u8> = HashMap::new();
    let width = width.max(1);
    let mut errors = [vec![[0.0f32; 4]; width + 2], vec![[0.0f32; 4]; width + 2]];
    let mut out = Vec::with_capacity(pixels.len() / 4);
    for row in pixels.as_chunks::<4>().0.chunks(width) {
        for (x, pixel) in row.iter().map(|p| tidy(*p)).enumerate() {
            let mut wanted = pixel.map(f32::from);
            wanted.iter_mut().zip(errors[0][x + 1]).for_each(|(c, e)| *c = (*c + e).clamp(0.0, 255.0));
            let rounded = wanted.map(|c| c as u8);
            let index = *known.entry(key(rounded)).or_insert_with(|| nearest(&means, wanted) as u8);
            out.push(index);
            if pixel[3] == 0 {
                continue;
            }
            for c in 0..4 {
                let error = (wanted[c] - means[usize::from(index)][c]) * 0.75 / 16.0;
                errors[0][x + 2][c] += error * 7.0;
                errors[1][x][c] += error * 3.0;
                errors[1][x + 1][c] += error * 5.0;
                errors[1][x + 2][c] += error;
            }
        }
        errors.swap(0, 1);
        errors[1].fill([0.0; 4]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_colours_stay_as_they_are() {
        let pixels: Vec<u8> =
            (0..100).flat_map(|n| if n % 3 == 0 { [200, 10, 10, 255] } else { [10, 10, 200, 128] }).collect();
        let (palette, indices) = quantise(&pixels, 10, 16);
        let back: Vec<u8> = indices.iter().flat_map(|n| palette[usize::from(*n)]).collect();
        assert_eq!(back, pixels);
    }

    #[test]
    fn a_gradient_keeps_its_brightness_everywhere() {
        let pixels: Vec<u8> = (0..64 * 64).flat_map(|n| [(n % 64 * 4) as u8, 90, 200, 255]).collect();
        let (palette, indices) = quantise(&pixels, 64, 16);
        assert!(palette.len() <= 16);
        for x in (4..60).step_by(8) {
            let column = |v: &dyn Fn(usize) -> u8| {
                (0..64 * 4).map(|n| f32::from(v(n / 4 * 64 + x + n % 4))).sum::<f32>() / 256.0
            };
            let (before, after) =
                (column(&|n| pixels[n * 4]), column(&|n| palette[usize::from(indices[n])][0]));
            assert!((before - after).abs() < 6.0, "{x}: {before} {after}");
        }
    }
}
