use image::{ImageEncoder, codecs::png::PngEncoder};
use moxcms::ColorProfile;

use super::*;
use crate::{Color, image::encode};

/// Left half red, right half blue, 40 × 20.
fn two_colours() -> image::RgbImage {
    image::RgbImage::from_fn(40, 20, |x, _| {
        if x < 20 { image::Rgb([220, 30, 30]) } else { image::Rgb([30, 30, 220]) }
    })
}

fn png(image: &DynamicImage) -> Vec<u8> {
    let mut out = Vec::new();
    image.write_with_encoder(PngEncoder::new(&mut out)).unwrap();
    out
}

fn jpeg() -> Vec<u8> {
    let canvas =
        Canvas::from_premultiplied(40, 20, DynamicImage::ImageRgb8(two_colours()).into_rgba8().into_raw())
            .unwrap();
    encode::jpeg(&canvas, 95, Color::WHITE).unwrap()
}

/// Puts an EXIF segment with an orientation behind the start marker.
fn turned(orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let jpeg = jpeg();
    let mut out = jpeg[..2].to_vec();
    out.extend([0xFF, 0xE1]);
    out.extend((exif.len() as u16 + 2).to_be_bytes());
    out.extend(exif);
    out.extend(&jpeg[2..]);
    out
}

fn opened(bytes: &[u8]) -> Picture {
    open(bytes, &Limits::default()).unwrap()
}

#[test]
fn every_exif_orientation_ends_upright() {
    // Where the red half lies for orientations 1 to 8: left, right, right, left, top, top, bottom, bottom.
    let red = |picture: &Picture, x: u32, y: u32| picture.canvas.pixel(x, y)[0] > 150;
    for (orientation, (x, y)) in
        (1..=8).zip([(3, 10), (36, 10), (36, 10), (3, 10), (10, 3), (10, 3), (10, 36), (10, 36)])
    {
        let picture = opened(&turned(orientation));
        assert_eq!(
            (picture.canvas.width(), picture.canvas.height()),
            if orientation < 5 { (40, 20) } else { (20, 40) }
        );
        assert!(red(&picture, x, y), "orientation {orientation}");
    }
}

#[test]
fn a_transparent_png_is_premultiplied() {
    let image = image::RgbaImage::from_pixel(4, 4, image::Rgba([255, 0, 0, 128]));
    let picture = opened(&png(&DynamicImage::ImageRgba8(image)));
    assert!(picture.transparent);
    assert_eq!(picture.canvas.pixel(1, 1), [128, 0, 0, 128]);
}

#[test]
fn sixteen_bits_grey_and_palette_become_eight_bit_rgba() {
    let deep = image::ImageBuffer::from_pixel(3, 5, image::Rgb([65535u16, 32768, 0]));
    assert_eq!(opened(&png(&DynamicImage::ImageRgb16(deep))).canvas.pixel(0, 0), [255, 128, 0, 255]);
    let grey = image::GrayImage::from_pixel(3, 5, image::Luma([77]));
    assert_eq!(opened(&png(&DynamicImage::ImageLuma8(grey))).canvas.pixel(2, 4), [77, 77, 77, 255]);
    // A palette of one colour, written as BMP with 8 bits.
    let mut bmp = Vec::new();
    image::codecs::bmp::BmpEncoder::new(&mut bmp)
        .encode_with_palette(&[0; 9], 3, 3, image::ExtendedColorType::L8, Some(&[[10, 200, 30]; 256]))
        .unwrap();
    assert_eq!(opened(&bmp).canvas.pixel(1, 1), [10, 200, 30, 255]);
}

#[test]
fn a_cmyk_jpeg_has_its_colours() {
    // Cyan and magenta without black: blue. turbojpeg writes Adobe's inverted form with its marker.
    let inks = [0u8, 0, 255, 255].repeat(16 * 16);
    let image = turbojpeg::Image {
        pixels: inks.as_slice(),
        width: 16,
        pitch: 64,
        height: 16,
        format: turbojpeg::PixelFormat::CMYK,
    };
    let mut encoder = turbojpeg::Compressor::new().unwrap();
    encoder.set_quality(95).unwrap();
    let [r, g, b, a] = opened(&encoder.compress_to_vec(image).unwrap()).canvas.pixel(8, 8);
    assert!(r < 12 && g < 12 && b > 240 && a == 255, "{r} {g} {b}");
}

#[test]
fn a_wide_gamut_profile_is_converted_to_srgb() {
    let mut out = Vec::new();
    let mut encoder = PngEncoder::new(&mut out);
    encoder.set_icc_profile(ColorProfile::new_display_p3().encode().unwrap()).unwrap();
    encoder.write_image(&[0, 128, 0].repeat(4), 2, 2, image::ExtendedColorType::Rgb8).unwrap();
    let [r, g, _, _] = opened(&out).canvas.pixel(0, 0);
    assert!(r == 0 && g > 128, "P3 green is greener than sRGB can show: {r} {g}");
}

#[test]
fn what_is_cut_off_is_damaged() {
    for whole in [png(&DynamicImage::ImageRgb8(two_colours())), jpeg()] {
        let error = open(&whole[..whole.len() * 3 / 4], &Limits::default()).unwrap_err();
        assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    }
    assert!(matches!(open(b"MZ not a picture", &Limits::default()), Err(Error::Unsupported(_))));
    assert!(open(&[], &Limits::default()).is_err());
}

#[test]
fn a_bomb_is_refused_by_its_header_with_the_limit() {
    // A PNG header that promises 60 000 × 60 000 pixels.
    let mut bomb = png(&DynamicImage::ImageRgb8(two_colours()));
    bomb[16..24].copy_from_slice(&[0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60]);
    let crc = crc32(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&crc.to_be_bytes());
    let error = open(&bomb, &Limits::default()).unwrap_err();
    assert!(
        matches!(error, Error::TooLarge { what: "picture", .. }) && error.to_string().contains("50"),
        "{error}"
    );
    let error = open(&jpeg(), &Limits { bytes: 100, ..Limits::default() }).unwrap_err();
    assert!(matches!(error, Error::TooLarge { what: "file", .. }), "{error}");
}

#[test]
fn an_animation_gives_its_first_frame_and_a_long_one_is_refused() {
    let mut gif = Vec::new();
    {
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut gif);
        for n in 0..5u8 {
            encoder
                .encode_frame(image::Frame::new(image::RgbaImage::from_pixel(
                    8,
                    8,
                    image::Rgba([n * 50, 0, 0, 255]),
                )))
                .unwrap();
        }
    }
    assert_eq!(opened(&gif).canvas.pixel(0, 0)[0], 0);
    let error = open(&gif, &Limits { frames: 4, ..Limits::default() }).unwrap_err();
    assert!(matches!(error, Error::TooLarge { what: "animation", .. }), "{error}");
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 })
    })
}
