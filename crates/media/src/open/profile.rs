//! Through a picture's own ICC profile to sRGB, a band of rows at a time. A profile that cannot be read counts as none.

use std::sync::Arc;

use image::{DynamicImage, RgbaImage};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformExecutor, TransformOptions};

use crate::canvas::div255;

/// Pixels converted at a time.
const BAND: usize = 1 << 15;

/// Straight sRGB, 8 bits.
pub(super) fn to_srgb(image: DynamicImage, profile: Option<&[u8]>) -> RgbaImage {
    let source = profile.and_then(|p| ColorProfile::new_from_slice(p).ok());
    let Some(source) = source.filter(|p| matches!(p.color_space, DataColorSpace::Rgb | DataColorSpace::Gray))
    else {
        return image.into_rgba8();
    };
    let deep = image.color().bytes_per_pixel() > image.color().channel_count();
    match deep {
        true => from_16(image, &source),
        false => from_8(image.into_rgba8(), &source),
    }
}

/// The pixels of CMYK inks (255 is all ink), through their profile or, without one, as if they were pure.
pub(super) fn from_cmyk(inks: &[u8], profile: Option<&[u8]>) -> Vec<u8> {
    let transform = profile.and_then(|p| ColorProfile::new_from_slice(p).ok()).and_then(|source| {
        let cmyk = source.color_space == DataColorSpace::Cmyk;
        let srgb = ColorProfile::new_srgb();
        let made = source.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgba, options());
        made.ok().filter(|_| cmyk)
    });
    let mut rgba = vec![255u8; inks.len()];
    for (inks, out) in inks.chunks(BAND * 4).zip(rgba.chunks_mut(BAND * 4)) {
        if transform.as_ref().is_some_and(|t| t.transform(inks, out).is_ok()) {
            out.as_chunks_mut::<4>().0.iter_mut().for_each(|p| p[3] = 255);
            continue;
        }
        for (out, [c, m, y, k]) in out.as_chunks_mut::<4>().0.iter_mut().zip(inks.as_chunks::<4>().0) {
            let light = |ink: &u8| div255(u32::from(255 - ink) * u32::from(255 - k)) as u8;
            *out = [light(c), light(m), light(y), 255];
        }
    }
    rgba
}

fn options() -> TransformOptions {
    TransformOptions::default()
}

fn from_8(mut rgba: RgbaImage, source: &ColorProfile) -> RgbaImage {
    let srgb = ColorProfile::new_srgb();
    let Ok(to) = (match source.color_space {
        DataColorSpace::Gray => {
            source.create_transform_8bit(Layout::GrayAlpha, &srgb, Layout::Rgba, options())
        }
        _ => source.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgba, options()),
    }) else {
        return rgba;
    };
    let gray = source.color_space == DataColorSpace::Gray;
    if !gray && is_srgb(&to) {
        return rgba;
    }
    let mut before = Vec::with_capacity(BAND * 4);
    for band in rgba.as_flat_samples_mut().as_mut_slice().chunks_mut(BAND * 4) {
        before.clear();
        match gray {
            true => before.extend(band.as_chunks::<4>().0.iter().flat_map(|p| [p[0], p[3]])),
            false => before.extend_from_slice(band),
        }
        if to.transform(&before, band).is_err() {
            break;
        }
    }
    rgba
}

/// In 16 bits to the end, so that dark tones keep their steps.
fn from_16(image: DynamicImage, source: &ColorProfile) -> RgbaImage {
    let (width, height) = (image.width(), image.height());
    let srgb = ColorProfile::new_srgb();
    let gray = source.color_space == DataColorSpace::Gray;
    let layout = if gray { Layout::GrayAlpha } else { Layout::Rgba };
    let Ok(to) = source.create_transform_16bit(layout, &srgb, Layout::Rgba, options()) else {
        return image.into_rgba8();
    };
    let deep = image.into_rgba16();
    let mut out = vec![0u8; width as usize * height as usize * 4];
    let (mut before, mut after) = (Vec::with_capacity(BAND * 4), vec![0u16; BAND * 4]);
    for (band, out) in deep.as_raw().chunks(BAND * 4).zip(out.chunks_mut(BAND * 4)) {
        before.clear();
        match gray {
            true => before.extend(band.as_chunks::<4>().0.iter().flat_map(|p| [p[0], p[3]])),
            false => before.extend_from_slice(band),
        }
        let after = &mut after[..band.len()];
        if to.transform(&before, after).is_err() {
            after.copy_from_slice(band);
        }
        for (to, from) in out.iter_mut().zip(after.iter()) {
            *to = ((u32::from(*from) * 255 + 32_767) / 65_535) as u8;
        }
    }
    RgbaImage::from_raw(width, height, out).unwrap_or_else(|| RgbaImage::new(width, height))
}

/// Does the transform leave colours as they are? Most profiles are sRGB under one name or another.
fn is_srgb(to: &Arc<dyn TransformExecutor<u8> + Send + Sync>) -> bool {
    let probe: Vec<u8> = (0..=4u8)
        .flat_map(|r| (0..=4u8).flat_map(move |g| (0..=4u8).flat_map(move |b| [r, g, b, 4].map(|c| c * 63))))
        .collect();
    let mut out = vec![0u8; probe.len()];
    let same = |(a, b): (&u8, &u8)| a.abs_diff(*b) <= 1;
    to.transform(&probe, &mut out).is_ok() && probe.iter().zip(&out).all(same)
}
