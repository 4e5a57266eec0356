//! The inner loops: sampling, blending and laying over rows of 8-bit samples.
//!
//! Each loop is written once in portable Rust that vectorises well and compiled a second time for AVX2; only the
//! horizontal filter has a hand-written form, because no compiler finds the byte shuffle. Weights have 7 bits, so a
//! position is exact to 1/128 of a sample.
#![allow(
    unsafe_code,
    reason = "the copies compiled for AVX2 may only be called after the processor was asked"
)]

/// Samples that a filter reads left of its window and right of it.
pub(crate) const TAPS: usize = 4;
const ONE: i32 = 128;

/// Weights of four neighbouring samples around a position between the second and the third.
pub(crate) type Weights = [i8; TAPS];

/// How values between samples are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    /// Two taps; never overshoots.
    Bilinear,
    /// Four taps (Catmull-Rom); keeps detail.
    Bicubic,
}

impl Filter {
    /// Weights at `f` (0 to 1) between the second and the third sample; they add up to 128.
    pub(crate) fn weights(self, f: f64) -> Weights {
        let exact = match self {
            Self::Bilinear => [0.0, 1.0 - f, f, 0.0],
            Self::Bicubic => [
                ((-0.5 * f + 1.0) * f - 0.5) * f,
                (1.5 * f - 2.5) * f * f + 1.0,
                ((-1.5 * f + 2.0) * f + 0.5) * f,
                (0.5 * f - 0.5) * f * f,
            ],
        };
        let mut whole = exact.map(|w| (w * f64::from(ONE)).round() as i32);
        let (main, other) = if f < 0.5 { (1, 2) } else { (2, 1) };
        whole[main] += ONE - whole.iter().sum::<i32>();
        // A weight of 128 does not fit into eight bits; one part in 128 goes to the neighbour.
        if whole[main] > 127 {
            whole[other] += whole[main] - 127;
            whole[main] = 127;
        }
        whole.map(|w| w as i8)
    }
}

/// What the horizontal filter does for eight outputs: from which byte it reads, the shuffles and the weights.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    from: usize,
    pick: [[u8; 16]; 2],
    weigh: [[i8; 16]; 2],
}

/// The horizontal filter for one row; the same for every row of a picture.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    blocks: Vec<Block>,
    width: usize,
    /// First and last byte of a row that are read.
    pub(crate) reads: std::ops::Range<usize>,
}

impl Program {
    /// For `width` outputs, the first at source position `x0`, each `dx` after the last. `pad` samples stand before
    /// and after the `source_width` samples of a row.
    pub(crate) fn new(
        filter: Filter,
        width: usize,
        x0: f64,
        dx: f64,
        source_width: usize,
        pad: usize,
    ) -> Self {
        // Sixteen bytes are read from one sample before the position on, and none beyond the padding.
        let (lowest, highest) = (1.0 - pad as f64, (source_width + pad) as f64 - 16.0);
        let place = |i: usize| {
            let x = (x0 + i.min(width.saturating_sub(1)) as f64 * dx).clamp(lowest, highest);
            (x.floor() as i64 - 1 + pad as i64, x - x.floor())
        };
        let blocks: Vec<Block> = (0..width.div_ceil(8))
            .map(|b| {
                let from = place(b * 8).0;
                let mut block = Block { from: from as usize, pick: [[0; 16]; 2], weigh: [[0; 16]; 2] };
                for k in 0..8 {
                    let (at, f) = place(b * 8 + k);
                    // Pictures are scaled beforehand so that a step is at most 1.5: eight outputs fit into 16 bytes.
                    let offset = (at - from).clamp(0, 12) as u8;
                    let w = filter.weights(f);
                    for half in 0..2 {
                        for j in 0..2 {
                            block.pick[half][2 * k + j] = offset + (2 * half + j) as u8;
                            block.weigh[half][2 * k + j] = w[2 * half + j];
                        }
                    }
                }
                block
            })
            .collect();
        let first = blocks.iter().map(|b| b.from).min().unwrap_or(0);
        let last = blocks.iter().map(|b| b.from + 16).max().unwrap_or(0);
        Self { blocks, width, reads: first..last }
    }
}

/// The farthest step between outputs that [`Program`] serves, in source samples.
pub(crate) const MAX_STEP: f64 = 1.5;

macro_rules! for_this_processor {
    ($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) $body:block) => {
        $(#[$doc])*
        pub(crate) fn $name($($arg: $type),*) {
            #[inline(always)]
            fn portable($($arg: $type),*) $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn wide($($arg: $type),*) { portable($($arg),*) }
                if std::arch::is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has AVX2, and the function needs nothing else.
                    return unsafe { wide($($arg),*) };
                }
            }
            portable($($arg),*);
        }
    };
}

for_this_processor! {
    /// Mixes four rows into one.
    fn mix_rows(rows: [&[u8]; 4], weights: Weights, out: &mut [u8]) {
        // The two inner weights are never negative, the two outer ones never positive: unsigned 16 bits hold all.
        let [w0, w1, w2, w3] = weights.map(|w| u16::from(w.unsigned_abs()));
        let n = out.len();
        let [a, b, c, d] = rows.map(|row| &row[..n]);
        if w0 == 0 && w3 == 0 {
            for i in 0..n {
                out[i] = ((u16::from(b[i]) * w1 + u16::from(c[i]) * w2 + 64) >> 7) as u8;
            }
            return;
        }
        for i in 0..n {
            let more = u16::from(b[i]) * w1 + u16::from(c[i]) * w2 + 64;
            let less = u16::from(a[i]) * w0 + u16::from(d[i]) * w3;
            out[i] = (more.saturating_sub(less) >> 7).min(255) as u8;
        }
    }
}

for_this_processor! {
    /// `under` fades to `over`: `k` of 256.
    fn crossfade(under: &mut [u8], over: &[u8], k: u16) {
        for (x, y) in under.iter_mut().zip(over) {
            *x = ((u32::from(*x) * u32::from(256 - k) + u32::from(*y) * u32::from(k) + 128) >> 8) as u8;
        }
    }
}

for_this_processor! {
    /// Lays a row with alpha over another. Colours are multiplied by alpha already; `k` of 256 fades the whole.
    fn lay_over(under: &mut [u8], color: &[u8], alpha: &[u8], k: u16) {
        for ((x, s), a) in under.iter_mut().zip(color).zip(alpha) {
            let a = (u16::from(*a) * k + 128) >> 8;
            let s = (u16::from(*s) * k + 128) >> 8;
            let rest = u16::from(*x) * (255 - a) + 128;
            *x = (s + ((rest + (rest >> 8)) >> 8)).min(255) as u8;
        }
    }
}

/// Filters one padded row into `out`.
pub(crate) fn filter_row(program: &Program, row: &[u8], out: &mut [u8]) {
    let out = &mut out[..program.width];
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, and the function needs nothing else.
        return unsafe { x86::filter_row(&program.blocks, row, out) };
    }
    filter_row_portable(&program.blocks, row, out);
}

fn filter_row_portable(blocks: &[Block], row: &[u8], out: &mut [u8]) {
    for (block, out) in blocks.iter().zip(out.chunks_mut(8)) {
        let window = &row[block.from..block.from + 16];
        for (k, x) in out.iter_mut().enumerate() {
            let mut sum = 64;
            for half in 0..2 {
                for j in 2 * k..2 * k + 2 {
                    sum +=
                        i32::from(window[usize::from(block.pick[half][j])]) * i32::from(block.weigh[half][j]);
                }
            }
            *x = (sum >> 7).clamp(0, 255) as u8;
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::Block;

    #[target_feature(enable = "avx2")]
    pub(super) fn filter_row(blocks: &[Block], row: &[u8], out: &mut [u8]) {
        let round = _mm_set1_epi16(64);
        for (block, out) in blocks.iter().zip(out.chunks_mut(8)) {
            let window = load(&row[block.from..block.from + 16]);
            let half = |h: usize| {
                let picked = _mm_shuffle_epi8(window, load(&block.pick[h]));
                _mm_maddubs_epi16(picked, load(bytes(&block.weigh[h])))
            };
            let sum = _mm_adds_epi16(_mm_adds_epi16(half(0), half(1)), round);
            let whole = _mm_srai_epi16::<7>(sum);
            let eight = _mm_cvtsi128_si64(_mm_packus_epi16(whole, whole)).to_le_bytes();
            match out.first_chunk_mut::<8>() {
                Some(all) => *all = eight,
                None => out.copy_from_slice(&eight[..out.len()]),
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn load(from: &[u8]) -> __m128i {
        debug_assert!(from.len() >= 16);
        // SAFETY: the slice has 16 bytes (all callers pass 16), and the load needs no alignment.
        unsafe { _mm_loadu_si128(from.as_ptr().cast()) }
    }

    #[inline]
    fn bytes(weights: &[i8; 16]) -> &[u8] {
        // SAFETY: i8 and u8 have the same size and alignment, and every bit pattern is valid for both.
        unsafe { std::slice::from_raw_parts(weights.as_ptr().cast(), weights.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up_to_one_everywhere() {
        for filter in [Filter::Bilinear, Filter::Bicubic] {
            for step in 0..=100 {
                let w = filter.weights(f64::from(step) / 100.0);
                assert_eq!(w.iter().map(|w| i32::from(*w)).sum::<i32>(), 128, "{filter:?} at {step}");
                assert!(w[1] >= 0 && w[2] >= 0 && w[0] <= 0 && w[3] <= 0, "{filter:?} at {step}: {w:?}");
            }
        }
    }

    #[test]
    fn both_forms_of_the_horizontal_filter_agree() {
        let row: Vec<u8> = (0..200u32).map(|i| (i * 7919 % 256) as u8).collect();
        for (x0, dx, width) in [(0.3, 1.13, 77), (-2.0, 0.8, 64), (10.5, 1.49, 90)] {
            let program = Program::new(Filter::Bicubic, width, x0, dx, 136, 32);
            let (mut one, mut two) = (vec![0; width], vec![0; width]);
            filter_row(&program, &row, &mut one);
            filter_row_portable(&program.blocks, &row, &mut two);
            assert_eq!(one, two);
        }
    }

    #[test]
    fn a_ramp_keeps_its_slope_at_every_sub_pixel_position() {
        let row: Vec<u8> = (0..200).collect();
        for tenth in 0..10 {
            let at = 20.0 + f64::from(tenth) / 10.0;
            let program = Program::new(Filter::Bicubic, 64, at, 1.0, 136, 32);
            let mut out = vec![0; 64];
            filter_row(&program, &row, &mut out);
            for (i, x) in out.iter().enumerate() {
                let want = at + i as f64 + 32.0;
                assert!((f64::from(*x) - want).abs() <= 0.6, "{x} is not {want}");
            }
        }
    }

    #[test]
    fn laying_over_with_full_alpha_covers_and_with_none_leaves() {
        let mut under = vec![10, 200, 77];
        lay_over(&mut under, &[99, 0, 50], &[255, 0, 0], 256);
        assert_eq!(under, [99, 200, 127], "colour without alpha is added");
        crossfade(&mut under, &[1, 2, 3], 256);
        assert_eq!(under, [1, 2, 3]);
    }
}
