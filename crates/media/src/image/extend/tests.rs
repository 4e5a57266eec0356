use super::*;
use crate::{Color, image::subject, shape};

/// A sweep that gets lighter to the right, with a wide green thing.
fn sweep(width: u32, height: u32, thing: (f32, f32, f32, f32)) -> Canvas {
    let mut photo = Canvas::new(width, height, Color::WHITE);
    let ends = [(0.0, Color::rgb(226, 221, 212)), (1.0, Color::rgb(238, 234, 226))];
    let (w, h) = (width as f32, height as f32);
    shape::gradient(&mut photo, (0.0, 0.0, w, h), (0.0, 0.0), (1.0, 0.0), &ends);
    let (x, y, wide, high) = thing;
    shape::rect(&mut photo, x, y, wide, high, 0.0, Color::rgb(30, 90, 60));
    photo
}

/// A busy place with the same thing.
fn street(width: u32, height: u32, thing: (f32, f32, f32, f32)) -> Canvas {
    let mut photo = Canvas::new(width, height, Color::rgb(200, 190, 180));
    for n in 0..width.max(height) / 20 {
        let (x, y) = if width > height { (n as f32 * 20.0, 0.0) } else { (0.0, n as f32 * 20.0) };
        let (w, h) = if width > height { (10.0, height as f32) } else { (width as f32, 10.0) };
        shape::rect(&mut photo, x, y, w, h, 0.0, Color::rgb(150, 60, 40));
    }
    let (x, y, wide, high) = thing;
    shape::rect(&mut photo, x, y, wide, high, 0.0, Color::rgb(30, 90, 60));
    photo
}

fn green(p: [u8; 4]) -> bool {
    p[0] < 45 && p[1].abs_diff(90) < 12 && p[2] < 75
}

/// The box of all green: left, top, right, bottom.
fn of_green(canvas: &Canvas) -> (u32, u32, u32, u32) {
    let all = (0..canvas.height()).flat_map(|y| (0..canvas.width()).map(move |x| (x, y)));
    all.filter(|(x, y)| green(canvas.pixel(*x, *y)))
        .fold((u32::MAX, u32::MAX, 0, 0), |(l, t, r, b), (x, y)| {
            (l.min(x), t.min(y), r.max(x + 1), b.max(y + 1))
        })
}

const AUTO: Extend = Extend::Auto;
const MIDDLE: (f32, f32) = (0.5, 0.5);

#[test]
fn a_subject_that_a_crop_would_cut_stays_whole_and_in_proportion() {
    let wide = (800, 400, (160.0, 120.0, 480.0, 160.0), (270, 480));
    let tall = (400, 800, (120.0, 160.0, 160.0, 480.0), (480, 270));
    let banner = (400, 800, (120.0, 160.0, 160.0, 480.0), (728, 90));
    for (w, h, thing, size) in [wide, tall, banner] {
        // In the banner the soft copy of the street is green itself: there only the sweep can be measured.
        let street = (size.0 < size.1 * 8).then(|| street(w, h, thing));
        for photo in street.into_iter().chain([sweep(w, h, thing)]) {
            let found = subject(&photo).unwrap();
            let made = fill(&photo, size, MIDDLE, Some(found), AUTO);
            assert_eq!(made.size(), size);
            assert!(made.data().as_chunks::<4>().0.iter().all(|p| p[3] == 255), "nothing is see-through");
            let (l, t, r, b) = of_green(&made);
            let (is, was) = ((r - l) as f32 / (b - t) as f32, thing.2 / thing.3);
            let px = 2.5 / (r - l).min(b - t) as f32;
            assert!((is / was - 1.0).abs() < px, "{w} × {h} in {size:?}: {is} was {was}");
            assert!(l > 0 || t > 0, "not touching");
        }
    }
}

#[test]
fn a_plain_edge_goes_on_without_a_seam() {
    for (w, h, thing, size) in [
        (800, 400, (160.0, 120.0, 480.0, 160.0), (270, 480)),
        (400, 800, (120.0, 160.0, 160.0, 480.0), (480, 270)),
    ] {
        let photo = sweep(w, h, thing);
        let made = fill(&photo, size, MIDDLE, subject(&photo), AUTO);
        let apart = |a: [u8; 4], b: [u8; 4]| a.iter().zip(b).map(|(a, b)| a.abs_diff(b)).max().unwrap();
        let (l, t, r, b) = of_green(&made);
        let outside = |x: u32, y: u32| x + 6 < l || x > r + 6 || y + 6 < t || y > b + 6;
        for (x, y) in
            (1..size.1).flat_map(|y| (1..size.0).map(move |x| (x, y))).filter(|(x, y)| outside(*x, *y))
        {
            let here = made.pixel(x, y);
            if outside(x - 1, y - 1) {
                assert!(
                    apart(here, made.pixel(x - 1, y)) <= 2 && apart(here, made.pixel(x, y - 1)) <= 2,
                    "{x} {y}"
                );
            }
        }
    }
}

#[test]
fn a_busy_edge_goes_on_as_a_soft_copy() {
    let photo = street(800, 400, (160.0, 120.0, 480.0, 160.0));
    let found = subject(&photo);
    let made = fill(&photo, (270, 480), MIDDLE, found, AUTO);
    assert_eq!(made, fill(&photo, (270, 480), MIDDLE, found, Extend::Blur));
    assert_ne!(made, fill(&photo, (270, 480), MIDDLE, found, Extend::Color));
    // Far from the photo nothing is sharp, and it has the photo's colours.
    let row: Vec<_> = (0..270).map(|x| made.pixel(x, 20)).collect();
    assert!(row.windows(2).all(|p| p[0][0].abs_diff(p[1][0]) <= 6), "no stripes");
    assert!(row.iter().all(|p| p[0] > p[1] && p[1] >= p[2].saturating_sub(10)), "{:?}", row[0]);
}

#[test]
fn a_photo_whose_crop_reaches_is_cropped_as_ever() {
    let photo = street(800, 400, (420.0, 120.0, 120.0, 160.0));
    let found = subject(&photo);
    assert!(found.is_some());
    for size in [(270, 480), (400, 400), (600, 300)] {
        let focus = (0.6, 0.5);
        assert_eq!(fill(&photo, size, focus, found, AUTO), cover(&photo, size.0, size.1, focus));
    }
    let wide = street(800, 400, (160.0, 120.0, 480.0, 160.0));
    let cropped = fill(&wide, (270, 480), MIDDLE, subject(&wide), Extend::None);
    assert_eq!(cropped, cover(&wide, 270, 480, MIDDLE), "a template may ask for the crop");
}

#[test]
fn a_crop_moves_before_a_photo_is_extended() {
    let photo = street(800, 400, (40.0, 120.0, 140.0, 160.0));
    let made = fill(&photo, (270, 480), (0.6, 0.5), subject(&photo), AUTO);
    let (l, t, r, b) = of_green(&made);
    assert!(l > 0 && r < 270);
    assert!(((b - t) as f32 / (160.0 * 1.2) - 1.0).abs() < 0.03, "at the size of the crop");
}
