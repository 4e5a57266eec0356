//! What every template looked like when a person last looked: a small picture beside it. Compared by likeness, so that
//! another version of a font is no difference, and another layout is.
//!
//! `HANDBILL_GOLDEN=write cargo test -p handbill-media golden` writes them anew; look at them before they are kept.

use std::path::PathBuf;

use handbill_domain::{channel::Size, locale::Locale};

use super::{Template, built_in, sample};
use crate::{
    Canvas, Color,
    image::{
        encode::{alike, webp},
        resize,
    },
    open,
    text::{BrandFonts, Fonts},
};

/// In turn, so that the shapes are all there.
const SIZES: [(u32, u32); 4] = [(1080, 1350), (1080, 1080), (1200, 628), (1080, 1920)];
/// A fifth of the size shows the layout; letters that moved by a pixel do not show.
const SMALL: u32 = 5;
/// Another version of a font stays above it (0.97 and more), a headline at another size falls below.
const ALIKE: f32 = 0.93;
/// Most mean distance of colours, in hundredths of Oklab.
const COLOR: f32 = 1.5;

fn file(template: &Template) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("templates").join(&template.name).join("golden.webp")
}

fn picture(n: usize, template: &Template, fonts: &Fonts) -> Canvas {
    let (width, height) = SIZES[n % SIZES.len()];
    let locale: Locale = if n.is_multiple_of(2) { "zh-CN" } else { "en-US" }.parse().unwrap();
    let sample = sample::of(&template.name).unwrap();
    let made = sample.compose(template, &locale, Size { width, height }, fonts).unwrap();
    resize(&made.canvas, width / SMALL, height / SMALL)
}

/// Mean distance of colours.
fn colour(a: &Canvas, b: &Canvas) -> f32 {
    let lab = |p: &[u8; 4]| Color::rgb(p[0], p[1], p[2]).oklab();
    let pairs = a.data().as_chunks::<4>().0.iter().zip(b.data().as_chunks::<4>().0);
    let far = |(a, b): (&[u8; 4], &[u8; 4])| {
        lab(a).iter().zip(lab(b)).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
    };
    let all: Vec<f32> = pairs.map(far).collect();
    all.iter().sum::<f32>() / all.len().max(1) as f32 * 100.0
}

#[test]
fn every_template_looks_as_it_did() {
    let fonts = Fonts::load(&BrandFonts::default()).unwrap();
    let anew = std::env::var("HANDBILL_GOLDEN").is_ok_and(|v| v == "write");
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let found = crate::press::run(built_in().len(), cores, |n| {
        let template = &built_in()[n];
        let now = picture(n, template, &fonts);
        if anew {
            std::fs::write(file(template), webp(&now, 82).unwrap()).unwrap();
            return None;
        }
        let bytes = std::fs::read(file(template)).unwrap_or_else(|e| panic!("{}: {e}", template.name));
        let then = open::open(&bytes, &open::Limits::default()).unwrap().canvas;
        let (likeness, far) = (alike(&now, &then), colour(&now, &then));
        (likeness < ALIKE || far > COLOR)
            .then(|| format!("{}: likeness {likeness:.3}, colour {far:.2}", template.name))
    });
    let found: Vec<String> = found.into_iter().flatten().collect();
    assert!(found.is_empty(), "look at these, then write them anew:\n{}", found.join("\n"));
}

#[test]
fn another_layout_is_seen() {
    let fonts = Fonts::load(&BrandFonts::default()).unwrap();
    let template = &built_in()[0];
    let was = picture(0, template, &fonts);
    let mut other = template.clone();
    for layout in other.layouts.values_mut() {
        for layer in &mut layout.layers {
            if let super::Layer::Stack { area, .. } = layer {
                area.y += 0.04;
                area.h -= 0.04;
            }
        }
    }
    let now = picture(0, &other, &fonts);
    assert!(alike(&was, &now) < ALIKE, "{}", alike(&was, &now));
}
