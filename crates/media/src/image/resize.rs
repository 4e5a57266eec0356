//! Sizes: to a size, filling a box, fitting into one.

mod kernel;

use std::cell::RefCell;

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer, images::Image, images::ImageRef,
};

use self::kernel::lanczos;

use crate::{Canvas, Color, canvas::is_opaque};

/// Left, top, width, height in px of a picture, not always whole ones.
pub(super) type Part = (f64, f64, f64, f64);

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
    let part = covered(source.size(), target.width(), target.height(), focus);
    let alpha = match nearer(source, (target.width(), target.height()), part) {
        Some((near, part)) => filter_into(&near, target, part, lanczos()),
        None => filter_into(source, target, part, lanczos()),
    };
    if alpha == Alpha::Some || opacity < 1.0 {
        target.ground(ground, opacity);
    }
}

/// A part (left, top, width, height in px) in exactly this size.
pub(crate) fn resize_part(source: &Canvas, part: (u32, u32, u32, u32), width: u32, height: u32) -> Canvas {
    let (x, y, w, h) = part;
    resized(source, width, height, (f64::from(x), f64::from(y), f64::from(w), f64::from(h)))
}

/// Fills the size; what is too much is cut off around a point of interest (shares of width and height, 0.5 is the middle).
pub fn cover(source: &Canvas, width: u32, height: u32, focus: (f32, f32)) -> Canvas {
    resized(source, width, height, covered(source.size(), width, height, focus))
}

/// Left, top, width, height of the part of a picture that fills a size.
pub(super) fn covered((wide, high): (u32, u32), width: u32, height: u32, focus: (f32, f32)) -> Part {
    let (w, h) = (f64::from(wide), f64::from(high));
    let scale = (f64::from(width) / w).max(f64::from(height) / h);
    let (part_w, part_h) = ((f64::from(width) / scale).min(w), (f64::from(height) / scale).min(h));
    let left = (f64::from(focus.0) * w - part_w / 2.0).clamp(0.0, w - part_w);
    let top = (f64::from(focus.1) * h - part_h / 2.0).clamp(0.0, h - part_h);
    (left, top, part_w, part_h)
}

/// As large as possible inside the size, at its own ratio.
pub fn contain(source: &Canvas, width: u32, height: u32) -> Canvas {
    let (width, height) = contained(source.size(), width, height);
    resize(source, width, height)
}

/// The size that [`contain`] gives to something of a size.
pub fn contained((wide, high): (u32, u32), width: u32, height: u32) -> (u32, u32) {
    let scale = (f64::from(width) / f64::from(wide)).min(f64::from(height) / f64::from(high));
    let of = |n: u32| ((f64::from(n) * scale).round() as u32).max(1);
    (of(wide), of(high))
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

pub(super) fn resized(source: &Canvas, width: u32, height: u32, part: Part) -> Canvas {
    match nearer(source, (width, height), part) {
        Some((near, part)) => filtered(&near, (width, height), part, lanczos()),
        None => filtered(source, (width, height), part, lanczos()),
    }
}

/// Times that a picture is still larger than its target when the last step begins: enough for its filter to see no
/// difference.
const NEAR: f64 = 3.0;

/// For what becomes much smaller: the part as whole pixels of a smaller picture, each the mean of a few, and where it lies
/// there. (The long filter would look at every pixel dozens of times.)
fn nearer(
    source: &Canvas,
    (width, height): (u32, u32),
    (left, top, part_w, part_h): Part,
) -> Option<(Canvas, Part)> {
    let times = (part_w / f64::from(width)).min(part_h / f64::from(height)) / NEAR;
    if times < 2.0 {
        return None;
    }
    let few = |from: f64, size: f64| {
        let first = from.floor();
        let whole = (from + size).ceil() - first;
        let count = (whole / times.floor()).ceil();
        (first, whole, count, whole / count)
    };
    let (x, w, wide, across) = few(left, part_w);
    let (y, h, high, down) = few(top, part_h);
    let near = filtered(source, (wide as u32, high as u32), (x, y, w, h), FilterType::Box);
    Some((near, ((left - x) / across, (top - y) / down, part_w / across, part_h / down)))
}

fn filtered(source: &Canvas, (width, height): (u32, u32), part: Part, filter: FilterType) -> Canvas {
    let mut target = Canvas::any(width.max(1), height.max(1));
    filter_into(source, &mut target, part, filter);
    target
}

/// Is anything of a picture see-through?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Alpha {
    None,
    Some,
}

/// Larger buffers are not kept between two pictures, in bytes.
const KEPT: usize = 10_000_000;

/// Writes every pixel of the target.
fn filter_into(
    source: &Canvas,
    target: &mut Canvas,
    (left, top, part_w, part_h): Part,
    filter: FilterType,
) -> Alpha {
    thread_local! {
        // It keeps the memory between its two passes.
        static RESIZER: RefCell<Resizer> = RefCell::new(Resizer::new());
    }
    let (width, height) = (target.width(), target.height());
    let whole = (left, top, part_w, part_h) == (0.0, 0.0, f64::from(width), f64::from(height));
    if whole && (source.width(), source.height()) == (width, height) {
        target.data_mut().copy_from_slice(source.data());
        return alpha(target);
    }
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(filter))
        .crop(left, top, part_w, part_h)
        .use_alpha(false);
    let from = ImageRef::new(source.width(), source.height(), source.data(), PixelType::U8x4);
    let to = Image::from_slice_u8(width, height, target.data_mut(), PixelType::U8x4);
    let done = RESIZER.with_borrow_mut(|resizer| {
        let done = match (from, to) {
            (Ok(from), Ok(mut to)) => resizer.resize(&from, &mut to, &options).is_ok(),
            _ => false,
        };
        if resizer.size_of_internal_buffers() > KEPT {
            resizer.reset_internal_buffers();
        }
        done
    });
    debug_assert!(done, "sizes are checked above");
    let alpha = alpha(target);
    // The filter may overshoot: a premultiplied colour is never more than its alpha. Photos have none to look after.
    if alpha == Alpha::Some {
        for [r, g, b, a] in target.data_mut().as_chunks_mut::<4>().0 {
            (*r, *g, *b) = ((*r).min(*a), (*g).min(*a), (*b).min(*a));
        }
    }
    alpha
}

fn alpha(canvas: &Canvas) -> Alpha {
    if is_opaque(canvas.data()) { Alpha::None } else { Alpha::Some }
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

    #[test]
    fn much_smaller_in_two_steps_looks_as_in_one() {
        let [primary, secondary, accent, background, text] =
            ["#1F4D3A", "#8FB09A", "#C8622D", "#F6F1E4", "#1C2A22"].map(|c| c.parse().unwrap());
        let palette = crate::template::Palette { primary, secondary, accent, background, text };
        let art = crate::draw::Art { style: crate::draw::Style::Geometric, palette, dark: true, seed: 4 };
        let picture = crate::draw::background(&art, 1500, 1100);
        for (width, height, focus) in [(150, 110, (0.5, 0.5)), (90, 160, (0.3, 0.6)), (211, 37, (0.7, 0.2))] {
            let part = covered(picture.size(), width, height, focus);
            assert!(nearer(&picture, (width, height), part).is_some());
            let one = filtered(&picture, (width, height), part, lanczos());
            let two = cover(&picture, width, height, focus);
            let far = one.data().iter().zip(two.data()).map(|(a, b)| u32::from(a.abs_diff(*b)));
            let (most, sum) = far.fold((0, 0), |(most, sum), d| (most.max(d), sum + d));
            assert!(most <= 12 && sum * 2 < one.data().len() as u32, "{most} {sum}");
            assert!(crate::image::encode::alike(&one, &two) > 0.995);
        }
    }
}
