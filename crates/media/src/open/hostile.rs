//! The hostile pack: pictures that were made to break us, and odd ones that are right. Made here, opened in a process of
//! their own, so that the memory that each takes can be measured.

use std::{io::Write, process::Command};

use image::{
    DynamicImage, ExtendedColorType, GrayAlphaImage, ImageEncoder, Rgb, RgbImage, Rgba, RgbaImage,
    codecs::{gif::GifEncoder, png::PngEncoder, webp::WebPEncoder},
};
use moxcms::ColorProfile;

use super::*;
use crate::{Color, image::encode};

/// What must come out.
enum Expected {
    /// Width, height, and some pixels (premultiplied) that may differ by the tolerance.
    Pixels(u32, u32, Vec<(u32, u32, [u8; 4])>, u8),
    TooLarge(&'static str),
    Corrupt,
    /// Its message has these words.
    Unsupported(&'static str),
}
use Expected::{Corrupt, Pixels, TooLarge, Unsupported};

type Case = (&'static str, Vec<u8>, Expected);

const RED: [u8; 4] = [220, 30, 30, 255];
const BLUE: [u8; 4] = [30, 30, 220, 255];

/// Left half red, right half blue, 40 × 20.
fn halves() -> RgbaImage {
    RgbaImage::from_fn(40, 20, |x, _| Rgba(if x < 20 { RED } else { BLUE }))
}

fn two_halves(tolerance: u8) -> Expected {
    Pixels(40, 20, vec![(5, 10, RED), (35, 10, BLUE)], tolerance)
}

fn canvas() -> Canvas {
    Canvas::from_premultiplied(40, 20, halves().into_raw()).unwrap()
}

fn jpeg() -> Vec<u8> {
    encode::jpeg(&canvas(), 95, Color::WHITE).unwrap()
}

fn png(image: &DynamicImage) -> Vec<u8> {
    let mut out = Vec::new();
    image.write_with_encoder(PngEncoder::new(&mut out)).unwrap();
    out
}

fn as_format(format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let rgb = DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(halves()).into_rgb8());
    rgb.write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn cut(bytes: Vec<u8>) -> Vec<u8> {
    bytes[..bytes.len() * 2 / 3].to_vec()
}

/// A JPEG segment behind the start marker.
fn with_segment(jpeg: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
    let mut out = jpeg[..2].to_vec();
    out.extend([0xFF, marker]);
    out.extend((body.len() as u16 + 2).to_be_bytes());
    out.extend(body);
    out.extend(&jpeg[2..]);
    out
}

fn exif(orientation: u8) -> Vec<u8> {
    let mut body = b"Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    body.extend([orientation, 0, 0, 0, 0, 0, 0]);
    with_segment(&jpeg(), 0xE1, &body)
}

/// Where the corners of the halves come to lie: red is on the left (1, 4), right (2, 3), top (5, 6), bottom (7, 8).
fn turned(orientation: u8) -> Expected {
    match orientation {
        1 | 4 => two_halves(8),
        2 | 3 => Pixels(40, 20, vec![(5, 10, BLUE), (35, 10, RED)], 8),
        5 | 6 => Pixels(20, 40, vec![(10, 5, RED), (10, 35, BLUE)], 8),
        _ => Pixels(20, 40, vec![(10, 5, BLUE), (10, 35, RED)], 8),
    }
}

fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = (body.len() as u32).to_be_bytes().to_vec();
    out.extend(name);
    out.extend(body);
    let crc = !out[4..].iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 })
    });
    out.extend(crc.to_be_bytes());
    out
}

/// A PNG that promises a size and has these chunks before its (missing) pixels.
fn promising_png(width: u32, height: u32, chunks: &[u8]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = [width.to_be_bytes(), height.to_be_bytes()].concat();
    head.extend([8, 2, 0, 0, 0]);
    out.extend(chunk(b"IHDR", &head));
    out.extend(chunks);
    out.extend(chunk(b"IDAT", b"\x78\x9c\x03\0\0\0\0\x01"));
    out
}

/// One bit a pixel, all white: a small file of many pixels.
fn huge_png(side: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&vec![0xFF; side.div_ceil(8) as usize * side as usize]).unwrap();
    writer.finish().unwrap();
    out
}

fn palette_png() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 40, 20);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Four);
    encoder.set_palette(vec![220, 30, 30, 30, 30, 220, 9, 9, 9]);
    encoder.set_trns(vec![255, 128]);
    let mut writer = encoder.write_header().unwrap();
    let row = [[0u8; 10], [0x11; 10]].concat();
    writer.write_image_data(&row.repeat(20)).unwrap();
    writer.finish().unwrap();
    out
}

/// An ICC profile that grows to 200 MB when it is unpacked.
fn profile_bomb() -> Vec<u8> {
    let stored = {
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, 20_000, 10_000);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_compression(png::Compression::Fast);
        encoder.write_header().unwrap().write_image_data(&vec![0; 200_000_000]).unwrap();
        let at = png.windows(4).position(|w| w == b"IDAT").unwrap();
        let length = u32::from_be_bytes(png[at - 4..at].try_into().unwrap()) as usize;
        png[at + 4..at + 4 + length].to_vec()
    };
    let mut body = b"bomb\0\0".to_vec();
    body.extend(stored);
    let good = png(&DynamicImage::ImageRgba8(halves()));
    [&good[..33], &chunk(b"iCCP", &body), &good[33..]].concat()
}

fn animated_gif(frames: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = GifEncoder::new(&mut out);
    for n in 0..frames {
        let shade = if n == 0 { RED } else { BLUE };
        encoder.encode_frame(image::Frame::new(RgbaImage::from_pixel(8, 8, Rgba(shade)))).unwrap();
    }
    drop(encoder);
    out
}

fn gif_bomb() -> Vec<u8> {
    let mut gif = animated_gif(1);
    gif[6..10].copy_from_slice(&[0xFF; 4]);
    gif
}

fn webp() -> Vec<u8> {
    let mut out = Vec::new();
    WebPEncoder::new_lossless(&mut out).encode(halves().as_raw(), 40, 20, ExtendedColorType::Rgba8).unwrap();
    out
}

/// A WebP container with a canvas size and the frames of an animation, each a copy of [`webp`].
fn animated_webp(frames: usize, width: u32, height: u32) -> Vec<u8> {
    let still = webp();
    let piece = |name: &[u8], body: &[u8]| {
        [name, &(body.len() as u32).to_le_bytes(), body, if body.len() % 2 == 1 { &[0] } else { &[] }]
            .concat()
    };
    let size = |n: u32| n.to_le_bytes()[..3].to_vec();
    let head = [vec![0x02, 0, 0, 0], size(width - 1), size(height - 1)].concat();
    let frame = [size(0), size(0), size(39), size(19), size(100), vec![0], still[12..].to_vec()].concat();
    let mut body = b"WEBP".to_vec();
    body.extend(piece(b"VP8X", &head));
    body.extend(piece(b"ANIM", &[0; 6]));
    (0..frames).for_each(|_| body.extend(piece(b"ANMF", &frame)));
    [b"RIFF".to_vec(), (body.len() as u32).to_le_bytes().to_vec(), body].concat()
}

fn tiff_bomb() -> Vec<u8> {
    let mut out = b"II\x2A\0\x08\0\0\0\x08\0".to_vec();
    // Width, height, bits, compression, photometric, strip offset, rows, bytes.
    for (tag, value) in [
        (256u16, 200_000u32),
        (257, 200_000),
        (258, 8),
        (259, 1),
        (262, 1),
        (273, 120),
        (278, 200_000),
        (279, 8),
    ] {
        out.extend(tag.to_le_bytes());
        out.extend(4u16.to_le_bytes());
        out.extend(1u32.to_le_bytes());
        out.extend(value.to_le_bytes());
    }
    out.extend([0; 32]);
    out
}

/// The last scan again and again: each pass costs as much as the picture.
fn scan_bomb() -> Vec<u8> {
    let canvas = canvas();
    let mut encoder = turbojpeg::Compressor::new().unwrap();
    encoder.set_progressive(true).unwrap();
    let image = turbojpeg::Image {
        pixels: canvas.data(),
        width: 40,
        pitch: 160,
        height: 20,
        format: turbojpeg::PixelFormat::RGBA,
    };
    let jpeg = encoder.compress_to_vec(image).unwrap();
    let scan = jpeg.windows(2).rposition(|w| w == [0xFF, 0xDA]).unwrap();
    let end = jpeg.len() - 2;
    [&jpeg[..end], &jpeg[scan..end].repeat(5000), &jpeg[end..]].concat()
}

fn huge_jpeg() -> Vec<u8> {
    let mut jpeg = jpeg();
    let at = jpeg.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    jpeg[at + 5..at + 9].copy_from_slice(&[0xFF, 0xDC, 0xFF, 0xDC]);
    jpeg
}

fn cmyk_jpeg() -> Vec<u8> {
    // Adobe's way: 255 is no ink. Red on the left, blue on the right.
    let inks: Vec<u8> =
        (0..800).flat_map(|n| if n % 40 < 20 { [255u8, 0, 0, 255] } else { [0, 0, 255, 255] }).collect();
    let mut encoder = turbojpeg::Compressor::new().unwrap();
    encoder.set_quality(95).unwrap();
    encoder.set_subsamp(turbojpeg::Subsamp::None).unwrap();
    let image = turbojpeg::Image {
        pixels: inks.as_slice(),
        width: 40,
        pitch: 160,
        height: 20,
        format: turbojpeg::PixelFormat::CMYK,
    };
    encoder.compress_to_vec(image).unwrap()
}

fn gray_jpeg() -> Vec<u8> {
    let mut out = Vec::new();
    let gray = image::GrayImage::from_pixel(30, 30, image::Luma([77]));
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 95).encode_image(&gray).unwrap();
    out
}

/// A colour of the profile, 16 bit, as PNG; the sRGB that it must become is given by the colour library itself.
fn wide(profile: &ColorProfile, rgb: [u16; 3]) -> (Vec<u8>, [u8; 4]) {
    let pixels = image::ImageBuffer::<Rgb<u16>, Vec<u16>>::from_pixel(16, 16, Rgb(rgb));
    let mut out = Vec::new();
    let mut encoder = PngEncoder::new(&mut out);
    encoder.set_icc_profile(profile.encode().unwrap()).unwrap();
    DynamicImage::ImageRgb16(pixels).write_with_encoder(encoder).unwrap();
    let to = profile
        .create_transform_16bit(
            moxcms::Layout::Rgb,
            &ColorProfile::new_srgb(),
            moxcms::Layout::Rgb,
            moxcms::TransformOptions::default(),
        )
        .unwrap();
    let mut srgb = [0u16; 3];
    to.transform(&rgb, &mut srgb).unwrap();
    let [r, g, b] = srgb.map(|c| (u32::from(c) * 255 / 65_535) as u8);
    (out, [r, g, b, 255])
}

fn svg(inner: &str) -> Vec<u8> {
    format!(r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="40" height="20">{inner}</svg>"#).into_bytes()
}

fn use_bomb() -> Vec<u8> {
    let mut inner = r##"<g id="a0"><rect width="1" height="1"/></g>"##.to_owned();
    for n in 1..30 {
        let uses = format!(r##"<use href="#a{}"/>"##, n - 1).repeat(10);
        inner.push_str(&format!(r##"<g id="a{n}">{uses}</g>"##));
    }
    svg(&inner)
}

fn pattern_bomb() -> Vec<u8> {
    let rect = r##"<rect width="9" height="9" fill="url(#p0)"/>"##;
    let mut inner =
        r##"<pattern id="p0" width="1" height="1"><rect width="1" height="1"/></pattern>"##.to_owned();
    for n in 1..30 {
        let filled = rect.replace("p0", &format!("p{}", n - 1)).repeat(8);
        inner.push_str(&format!(r##"<pattern id="p{n}" width="1" height="1">{filled}</pattern>"##));
    }
    inner.push_str(&rect.replace("p0", "p29"));
    svg(&inner)
}

const HALVES_SVG: &str =
    r##"<rect width="20" height="20" fill="#dc1e1e"/><rect x="20" width="20" height="20" fill="#1e1edc"/>"##;

fn cases() -> Vec<Case> {
    let rgba = || DynamicImage::ImageRgba8(halves());
    let shown = vec![(200, 500, RED), (1900, 500, BLUE)];
    let p3 = wide(&ColorProfile::new_display_p3(), [50_000, 20_000, 20_000]);
    let adobe = wide(&ColorProfile::new_adobe_rgb(), [20_000, 45_000, 30_000]);
    let bt2020 = wide(&ColorProfile::new_bt2020(), [30_000, 40_000, 20_000]);
    let rgba16 =
        image::ImageBuffer::<Rgba<u16>, Vec<u16>>::from_pixel(9, 9, Rgba([65_535, 32_768, 0, 32_768]));
    let gray_alpha = GrayAlphaImage::from_pixel(9, 9, image::LumaA([200, 128]));
    let mut list: Vec<Case> = vec![
        // Files that are no pictures.
        ("nothing", vec![], Corrupt),
        ("one byte", vec![0x89], Unsupported("file format")),
        ("zeros", vec![0; 4096], Unsupported("file format")),
        ("a program", b"MZ\x90\0 not a picture".to_vec(), Unsupported("file format")),
        ("a PDF", b"%PDF-1.7\n%".to_vec(), Unsupported("PDF")),
        ("an HEIC photo", b"\0\0\0\x18ftypheic\0\0\0\0".to_vec(), Unsupported("HEIC")),
        ("an HTML page", b"<!doctype html><html><body>hello</body></html>".to_vec(), Unsupported("file format")),
        ("only a PNG's signature", b"\x89PNG\r\n\x1a\n".to_vec(), Corrupt),
        ("only a JPEG's marker", vec![0xFF, 0xD8, 0xFF, 0xE0], Corrupt),
        // Bombs.
        ("PNG of 60 000 × 60 000", promising_png(60_000, 60_000, &[]), TooLarge("picture")),
        ("PNG of 4 294 967 295 px", promising_png(u32::MAX >> 1, 1, &[]), TooLarge("picture")),
        ("PNG without a pixel", promising_png(0, 10, &[]), Corrupt),
        ("APNG of 5000 frames", promising_png(9, 9, &chunk(b"acTL", &[0, 0, 19, 136, 0, 0, 0, 0])), TooLarge("animation")),
        ("PNG with a profile of 200 MB", profile_bomb(), two_halves(0)),
        ("a PNG of 8000 × 8000, 64 MP", huge_png(8000), TooLarge("picture")),
        ("a PNG of 7000 × 7000, 49 MP", huge_png(7000), Pixels(7000, 7000, vec![(6999, 6999, [255; 4])], 0)),
        ("GIF of 65 535 × 65 535", gif_bomb(), TooLarge("picture")),
        ("GIF of 61 frames", animated_gif(61), TooLarge("animation")),
        ("GIF of 60 frames", animated_gif(60), Pixels(8, 8, vec![(4, 4, RED)], 6)),
        ("WebP of 16 384 × 16 384", animated_webp(1, 16_384, 16_384), TooLarge("picture")),
        ("WebP of 100 frames", animated_webp(100, 40, 20), TooLarge("animation")),
        ("WebP of 3 frames", animated_webp(3, 40, 20), two_halves(1)),
        ("TIFF of 200 000 × 200 000", tiff_bomb(), TooLarge("picture")),
        ("JPEG of 65 500 × 65 500", huge_jpeg(), TooLarge("picture")),
        ("JPEG of 5000 scans", scan_bomb(), Corrupt),
        ("SVG that uses itself a billion times", use_bomb(), TooLarge("SVG")),
        ("SVG of patterns in patterns", pattern_bomb(), TooLarge("SVG")),
        (
            "SVG of entities in entities",
            br#"<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>"#.to_vec(),
            Unsupported("entities"),
        ),
        ("SVG of 100 000 × 1", br#"<svg xmlns="http://www.w3.org/2000/svg" width="100000" height="1"/>"#.to_vec(), Corrupt),
        ("SVG nested 5000 deep", svg(&format!("{}{}", "<g>".repeat(5000), "</g>".repeat(5000))), TooLarge("SVG")),
        // Cut off.
        ("half a PNG", cut(png(&rgba())), Corrupt),
        ("half a JPEG", cut(jpeg()), Corrupt),
        ("half a WebP", cut(webp()), Corrupt),
        ("half a GIF", cut(animated_gif(1)), Corrupt),
        ("half a TIFF", cut(as_format(ImageFormat::Tiff)), Corrupt),
        ("half a BMP", cut(as_format(ImageFormat::Bmp)), Corrupt),
        ("half an SVG", cut(svg(HALVES_SVG)), Corrupt),
        // Odd and right.
        ("PNG", png(&rgba()), two_halves(0)),
        ("JPEG", jpeg(), two_halves(8)),
        ("WebP", webp(), two_halves(0)),
        ("TIFF", as_format(ImageFormat::Tiff), two_halves(0)),
        ("BMP", as_format(ImageFormat::Bmp), two_halves(0)),
        ("GIF", animated_gif(1), Pixels(8, 8, vec![(4, 4, RED)], 6)),
        ("1 × 1", png(&DynamicImage::ImageRgb8(RgbImage::from_pixel(1, 1, Rgb([1, 2, 3])))), Pixels(1, 1, vec![(0, 0, [1, 2, 3, 255])], 0)),
        ("PNG with a palette and a clear colour", palette_png(), Pixels(40, 20, vec![(5, 5, RED), (30, 5, [15, 15, 110, 128])], 1)),
        ("PNG, 16 bit, half clear", png(&DynamicImage::ImageRgba16(rgba16)), Pixels(9, 9, vec![(4, 4, [128, 64, 0, 128])], 1)),
        ("PNG, grey with alpha", png(&DynamicImage::ImageLumaA8(gray_alpha)), Pixels(9, 9, vec![(4, 4, [100, 100, 100, 128])], 1)),
        ("JPEG, CMYK", cmyk_jpeg(), Pixels(40, 20, vec![(5, 10, [255, 0, 0, 255]), (35, 10, [0, 0, 255, 255])], 8)),
        ("JPEG, grey", gray_jpeg(), Pixels(30, 30, vec![(15, 15, [77, 77, 77, 255])], 2)),
        ("Display P3, 16 bit", p3.0, Pixels(16, 16, vec![(8, 8, p3.1)], 2)),
        ("Adobe RGB, 16 bit", adobe.0, Pixels(16, 16, vec![(8, 8, adobe.1)], 2)),
        ("BT.2020, 16 bit", bt2020.0, Pixels(16, 16, vec![(8, 8, bt2020.1)], 2)),
        ("JPEG with a profile that is none", with_segment(&jpeg(), 0xE2, b"ICC_PROFILE\0\x01\x01nonsense"), two_halves(8)),
        ("JPEG with EXIF that is none", with_segment(&jpeg(), 0xE1, b"Exif\0\0II\xFF\xFF\xFF"), two_halves(8)),
        ("JPEG with rubbish behind its end", [jpeg(), vec![7; 900]].concat(), two_halves(8)),
        ("SVG", svg(HALVES_SVG), Pixels(2048, 1024, shown.clone(), 0)),
        (
            "SVG with a document type and a comment",
            [b"<?xml version=\"1.0\"?><!-- made by hand -->\n<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/x.dtd\">".to_vec(), svg(HALVES_SVG)].concat(),
            Pixels(2048, 1024, shown, 0),
        ),
        // SVG that would do more than be a picture.
        ("SVG with a script", svg("<script>alert(1)</script>"), Unsupported("script")),
        ("SVG with a handler", svg(r#"<rect onload="alert(1)" width="9" height="9"/>"#), Unsupported("onload")),
        ("SVG that fetches a picture", svg(r#"<image href="http://example.com/x.png"/>"#), Unsupported("picture")),
        ("SVG that reads a file", svg(r#"<use xlink:href="file:///etc/passwd#a"/>"#), Unsupported("outside")),
        ("SVG that fetches a style", svg("<style>@import url(http://example.com/x.css)</style>"), Unsupported("outside")),
        ("SVG that fetches a paint", svg(r#"<rect fill="url(http://example.com/#a)" width="9" height="9"/>"#), Unsupported("outside")),
        ("SVG with a turbulent filter", svg(r##"<filter id="f"><feTurbulence numOctaves="9999"/></filter><rect filter="url(#f)" width="9" height="9"/>"##), Unsupported("feTurbulence")),
        ("SVG with letters", svg("<text>logo</text>"), Unsupported("outlines")),
    ];
    let names = ["EXIF 1", "EXIF 2", "EXIF 3", "EXIF 4", "EXIF 5", "EXIF 6", "EXIF 7", "EXIF 8"];
    list.extend(names.into_iter().zip(1..).map(|(name, n)| (name, exif(n), turned(n))));
    list.push(("EXIF 99", exif(99), two_halves(8)));
    list
}

fn status(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// MB that opening took at its peak, over what the process had before. `None` where the system does not tell.
fn peak_of(work: impl FnOnce()) -> Option<u64> {
    let reset = std::fs::File::options().write(true).open("/proc/self/clear_refs");
    reset.and_then(|mut file| file.write_all(b"5")).ok()?;
    let before = status("VmRSS")?;
    work();
    Some(status("VmHWM")?.saturating_sub(before) / 1024)
}

fn wrong(case: &Case) -> Option<String> {
    let (name, bytes, expected) = case;
    let mut result = None;
    let took = peak_of(|| result = Some(open(bytes, &Limits::default())));
    let result = result.unwrap();
    let pixels = result.as_ref().map_or(0, |p| u64::from(p.canvas.width()) * u64::from(p.canvas.height()));
    let allowed = 32 + pixels * 12 / 1_000_000;
    if took.is_some_and(|took| took > allowed) {
        return Some(format!("{name}: took {took:?} MB, {allowed} are allowed"));
    }
    let said = match (&result, expected) {
        (Ok(picture), Pixels(width, height, points, tolerance)) => {
            let canvas = &picture.canvas;
            let off = points.iter().find(|(x, y, want)| {
                canvas.pixel(*x, *y).iter().zip(want).any(|(a, b)| a.abs_diff(*b) > *tolerance)
            });
            return ((canvas.width(), canvas.height()) != (*width, *height) || off.is_some()).then(|| {
                let at = off.map(|(x, y, want)| (canvas.pixel(*x, *y), *want));
                format!("{name}: {} × {}, is and should be {at:?}", canvas.width(), canvas.height())
            });
        }
        (Err(Error::TooLarge { what, .. }), TooLarge(wanted)) if what == wanted => return None,
        (Err(Error::Corrupt { .. }), Corrupt) => return None,
        (Err(e @ Error::Unsupported(_)), Unsupported(words)) if e.to_string().contains(words) => return None,
        (Ok(_), _) => "it was opened".to_owned(),
        (Err(e), _) => e.to_string(),
    };
    Some(format!("{name}: {said}"))
}

/// Set in the process that opens the pack.
const CHILD: &str = "HANDBILL_HOSTILE_PACK";

#[test]
fn hostile_and_odd_pictures_give_right_pixels_or_a_typed_error_within_memory() {
    if std::env::var_os(CHILD).is_none() {
        let me = std::env::current_exe().unwrap();
        let name = "open::hostile::hostile_and_odd_pictures_give_right_pixels_or_a_typed_error_within_memory";
        let ran = Command::new(me).args(["--exact", name, "--nocapture"]).env(CHILD, "1").output().unwrap();
        let told = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success(), "{told}{}", String::from_utf8_lossy(&ran.stderr));
        assert!(told.contains("1 passed"), "the pack was not opened: {told}");
        return;
    }
    // Codecs keep tables of their own; they are not a picture's.
    open(&jpeg(), &Limits::default()).unwrap();
    let cases = cases();
    assert!(cases.len() >= 40, "{}", cases.len());
    let wrong: Vec<String> = cases.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
