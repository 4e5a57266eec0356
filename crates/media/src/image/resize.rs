//! Sizes: to a size, filling a box, fitting into one.

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer, images::Image, images::ImageRef,
};

use crate::{Canvas, Color, canvas::is_opaque};

/// Exactly this size.
pub fn resize(source: &Canvas, width: u32, height: u32) -> Canvas {
    resized(source, width, height, (0.0, 0.0, f64::from(source.width()), f64::from(source.height())))
}

/// Fills a canvas as [`cover`] does, drawn over one colour with an opacity: without a canvas in between.
pub(crate) fn cover_onto(
    source: &Canvas,
    target: &mut Canvas,
    focus: (f32, f32),
    ground: Color,
    opacity: f32,
) {
    let part = covered(source, target.width(), target.height(), focus);
    filter_into(source, target, part, FilterType::Lanczos3);
    target.ground(ground, opacity);
}

/// Fills the size; what is too much is cut off around a point of interest (shares of width and height, 0.5 is the middle).
pub fn cover(source: &Canvas, width: u32, height: u32, focus: (f32, f32)) -> Canvas {
    resized(source, width, height, covered(source, width, height, focus))
}

/// Left, top, width, height of the part of a picture that fills a size.
fn covered(source: &Canvas, width: u32, height: u32, focus: (f32, f32)) -> (f64, f64, f64, f64) {
    let (w, h) = (f64::from(source.width()), f64::from(source.height()));
    let scale = (f64::from(width) / w).max(f64::from(height) / h);
    let (part_w, part_h) = ((f64::from(width) / scale).min(w), (f64::from(height) / scale).min(h));
    let left = (f64::from(focus.0) * w - part_w / 2.0).clamp(0.0, w - part_w);
    let top = (f64::from(focus.1) * h - part_h / 2.0).clamp(0.0, h - part_h);
    (left, top, part_w, part_h)
}

/// As large as possible inside the size, at its own ratio.
pub fn contain(source: &Canvas, width: u32, height: u32) -> Canvas {
    let (width, height) = contained(source, width, height);
    resize(source, width, height)
}

/// The size that [`contain`] gives.
pub fn contained(source: &Canvas, width: u32, height: u32) -> (u32, u32) {
    let scale =
        (f64::from(width) / f64::from(source.width())).min(f64::from(height) / f64::from(source.height()));
    let of = |n: u32| ((f64::from(n) * scale).round() as u32).max(1);
    (of(source.width()), of(source.height()))
}

/// A rough little picture, for looking at colours: made from every so many pixels, so it costs nothing. Its sides are
/// exactly these.
pub(crate) fn glance(source: &Canvas, width: u32, height: u32) -> Canvas {
    // Four samples each way for every pixel are plenty for a mean.
    let (w, h) = (source.width().min(width * 4).max(1), source.height().min(height * 4).max(1));
    if (w, h) == (source.width(), source.height()) {
        return resize(source, width, height);
    }
    let middle = |n: u32, of: u32, from: u32| {
        ((2 * u64::from(n) + 1) * u64::from(from) / (2 * u64::from(of))) as usize
    };
    let columns: Vec<usize> = (0..w).map(|x| middle(x, w, source.width()) * 4).collect();
    let mut few = Vec::with_capacity(w as usize * h as usize * 4);
    for y in 0..h {
        let row = &source.data()[middle(y, h, source.height()) * source.width() as usize * 4..];
        columns.iter().for_each(|at| few.extend_from_slice(&row[*at..at + 4]));
    }
    let few = Canvas::from_premultiplied(w, h, few).unwrap_or_default();
    resize(&few, width, height)
}

/// Smaller, each pixel the mean of those that it stands for.
pub(crate) fn shrunk(source: &Canvas, width: u32, height: u32) -> Canvas {
    let whole = (0.0, 0.0, f64::from(source.width()), f64::from(source.height()));
    filtered(source, (width, height), whole, FilterType::Box)
}

/// Larger, straight from pixel to pixel: for what has no detail.
pub(crate) fn grown(source: &Canvas, width: u32, height: u32) -> Canvas {
    let whole = (0.0, 0.0, f64::from(source.width()), f64::from(source.height()));
    filtered(source, (width, height), whole, FilterType::Bilinear)
}

fn resized(source: &Canvas, width: u32, height: u32, part: (f64, f64, f64, f64)) -> Canvas {
    filtered(source, (width, height), part, FilterType::Lanczos3)
}

fn filtered(
    source: &Canvas,
    (width, height): (u32, u32),
    part: (f64, f64, f64, f64),
    filter: FilterType,
) -> Canvas {
    let mut target = Canvas::new(width.max(1), height.max(1), Color::CLEAR);
    filter_into(source, &mut target, part, filter);
    target
}

fn filter_into(
    source: &Canvas,
    target: &mut Canvas,
    (left, top, part_w, part_h): (f64, f64, f64, f64),
    filter: FilterType,
) {
    let (width, height) = (target.width(), target.height());
    let whole = (left, top, part_w, part_h) == (0.0, 0.0, f64::from(width), f64::from(height));
    if whole && (source.width(), source.height()) == (width, height) {
        target.data_mut().copy_from_slice(source.data());
        return;
    }
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(filter))
        .crop(left, top, part_w, part_h)
        .use_alpha(false);
    let from = ImageRef::new(source.width(), source.height(), source.data(), PixelType::U8x4);
    let to = Image::from_slice_u8(width, height, target.data_mut(), PixelType::U8x4);
    let done = match (from, to) {
        (Ok(from), Ok(mut to)) => Resizer::new().resize(&from, &mut to, &options).is_ok(),
        _ => false,
    };
    debug_assert!(done, "sizes are checked above");
    // The filter may overshoot: a premultiplied colour is never more than its alpha. Photos have none to look after.
    if !is_opaque(target.data()) {
        for [r, g, b, a] in target.data_mut().as_chunks_mut::<4>().0 {
            (*r, *g, *b) = ((*r).min(*a), (*g).min(*a), (*b).min(*a));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crop_keeps_its_point_of_interest() {
        let mut wide = Canvas::new(300, 100, Color::BLACK);
        crate::shape::rect(&mut wide, 250.0, 0.0, 50.0, 100.0, 0.0, Color::WHITE);
        assert_eq!(cover(&wide, 50, 50, (0.9, 0.5)).pixel(45, 25), [255; 4]);
        assert_eq!(cover(&wide, 50, 50, (0.2, 0.5)).pixel(45, 25), [0, 0, 0, 255]);
    }

    #[test]
    fn an_uncovered_edge_gets_no_dark_rim() {
        let mut cut = Canvas::new(64, 64, Color::CLEAR);
        crate::shape::rect(&mut cut, 16.0, 16.0, 32.0, 32.0, 0.0, Color::WHITE);
        let small = resize(&cut, 24, 24);
        assert!(
            small.data().as_chunks::<4>().0.iter().all(|p| p[0] == p[3]),
            "white stays white at every alpha"
        );
    }

    #[test]
    fn contain_keeps_the_ratio() {
        let made = contain(&Canvas::new(400, 100, Color::BLACK), 200, 200);
        assert_eq!((made.width(), made.height()), (200, 50));
    }
}
