use super::*;
use crate::open::{Limits, open};

fn noisy(width: u32, height: u32) -> Canvas {
    let mut seed = 7u32;
    let data = (0..width * height).flat_map(|_| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        [(seed >> 24) as u8, (seed >> 16) as u8, 90, 255]
    });
    Canvas::from_premultiplied(width, height, data.collect()).unwrap()
}

/// Soft colours with a hard edge, as photos have them.
fn photo(width: u32, height: u32) -> Canvas {
    let pixel = |n: u32| {
        let (x, y) = (n % width, n / width);
        let wave = |a: u32, b: u32| ((f64::from(x * a + y * b) / 90.0).sin() * 60.0 + 128.0) as u8;
        if (x / 60 + y / 60) % 5 == 0 { [30, 60, 40, 255] } else { [wave(1, 2), wave(2, 1), wave(3, 1), 255] }
    };
    Canvas::from_premultiplied(width, height, (0..width * height).flat_map(pixel).collect()).unwrap()
}

const LOSSY: [Format; 3] = [Format::Jpeg, Format::Webp, Format::Avif];

#[test]
fn each_format_is_read_back_as_it_was() {
    let mut canvas = Canvas::new(64, 48, Color::rgb(20, 120, 80));
    crate::shape::rect(&mut canvas, 0.0, 0.0, 32.0, 48.0, 0.0, Color::rgb(240, 230, 210));
    for format in [Format::Jpeg, Format::Png, Format::Webp] {
        let file = best(&canvas, format, None).unwrap();
        let back = open(&file.bytes, &Limits::default()).unwrap();
        assert!(!back.transparent);
        for (x, y) in [(8, 8), (56, 40)] {
            let (a, b) = (canvas.pixel(x, y), back.canvas.pixel(x, y));
            assert!(a.iter().zip(b).all(|(a, b)| a.abs_diff(b) < 6), "{format:?}: {a:?} {b:?}");
        }
    }
}

#[test]
fn transparency_survives_png_and_webp() {
    let canvas = Canvas::new(32, 32, Color::rgb(200, 0, 0).alpha(0.5));
    for format in [Format::Png, Format::Webp] {
        let back = open(&best(&canvas, format, None).unwrap().bytes, &Limits::default()).unwrap();
        assert!(back.transparent && back.canvas.pixel(9, 9)[3].abs_diff(128) < 3, "{format:?}");
    }
}

#[test]
fn the_smallest_file_that_looks_the_same_is_taken() {
    let canvas = photo(640, 640);
    for format in LOSSY {
        let file = best(&canvas, format, None).unwrap();
        let (lowest, highest) = format.range();
        assert!(
            file.likeness >= ALIKE || file.quality == highest,
            "{format:?} {} {}",
            file.quality,
            file.likeness
        );
        if file.quality > lowest {
            let (_, shown) = encoded(&canvas, format, file.quality - 1, Chroma::Full, true).unwrap();
            let less = Luma::of(&canvas).likeness(&shown.unwrap());
            assert!(less < ALIKE, "{format:?}: quality {} would have done ({less})", file.quality - 1);
        }
    }
}

#[test]
fn the_byte_limit_holds_with_the_best_quality_under_it() {
    let canvas = noisy(300, 300);
    for format in LOSSY {
        let free = best(&canvas, format, None).unwrap();
        let limit = free.bytes.len() as u64 * 7 / 10;
        let held = best(&canvas, format, Some(limit)).unwrap();
        assert!(held.bytes.len() as u64 <= limit && held.quality < free.quality, "{format:?}");
        let next = encode(&canvas, format, held.quality + 1, Chroma::Full).unwrap();
        assert!(next.len() as u64 > limit, "{format:?}: a better one would have fitted");
    }
}

#[test]
fn a_photo_is_never_too_large_for_a_logos_150_kb_or_a_moments_400_kb() {
    let canvas = noisy(640, 640);
    for format in [Format::Jpeg, Format::Png, Format::Webp, Format::Avif] {
        for limit in [150_000, 400_000] {
            let file = best(&canvas, format, Some(limit)).unwrap();
            assert!(file.bytes.len() as u64 <= limit, "{format:?}: {}", file.bytes.len());
        }
    }
}

#[test]
fn a_limit_that_cannot_hold_is_an_error_with_the_numbers() {
    let error = best(&noisy(300, 300), Format::Jpeg, Some(2_000)).unwrap_err();
    assert!(error.to_string().contains("2000"), "{error}");
}

#[test]
fn the_same_picture_is_the_same_file() {
    let canvas = photo(200, 160);
    for format in [Format::Jpeg, Format::Png, Format::Webp, Format::Avif] {
        assert_eq!(best(&canvas, format, None).unwrap().bytes, best(&canvas, format, None).unwrap().bytes);
    }
}

#[test]
fn a_flat_logo_gets_a_palette_and_keeps_every_pixel() {
    let mut logo = Canvas::new(512, 512, Color::CLEAR);
    crate::shape::ellipse(&mut logo, (20.0, 20.0, 470.0, 470.0), Color::rgb(17, 94, 89));
    let file = best(&logo, Format::Png, None).unwrap();
    assert_eq!(file.bytes[25], 3, "its colour type is a palette");
    assert!(file.bytes.len() < 12_000, "{}", file.bytes.len());
    let back = open(&file.bytes, &Limits::default()).unwrap().canvas;
    let off = back.data().iter().zip(logo.data()).filter(|(a, b)| a.abs_diff(**b) > 1).count();
    assert_eq!(off, 0);
}

#[test]
fn an_avif_is_a_picture_to_ffmpeg_and_is_smaller_than_webp_at_the_same_likeness() {
    let canvas = photo(640, 480);
    let webp = best(&canvas, Format::Webp, None).unwrap();
    let avif = best(&canvas, Format::Avif, None).unwrap();
    assert!(avif.likeness + 0.002 >= webp.likeness.min(ALIKE), "{} {}", avif.likeness, webp.likeness);
    assert!(avif.bytes.len() < webp.bytes.len(), "{} {}", avif.bytes.len(), webp.bytes.len());
    assert_eq!(&avif.bytes[4..12], b"ftypavif");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.avif");
    std::fs::write(&path, &avif.bytes).unwrap();
    let input = ffmpeg_next::format::input(&path).unwrap();
    let stream = input.streams().next().unwrap();
    assert_eq!(stream.parameters().id(), ffmpeg_next::codec::Id::AV1);
}
