use super::*;
use crate::{
    image::encode,
    open::{Limits, open},
    shape,
    text::{self, BrandFonts, Family, Fonts, TextStyle},
};

/// A product of the corpus: how large, what is drawn, and the words on its label.
struct Product {
    name: &'static str,
    size: (u32, u32),
    words: [&'static str; 2],
    draw: fn(&mut Canvas, f32, f32),
    label: Option<(Color, Color)>,
}

const fn c(r: u8, g: u8, b: u8) -> Color {
    Color::rgb(r, g, b)
}

const CORPUS: [Product; 7] = [
    Product {
        name: "bottle",
        size: (420, 1100),
        words: ["SERUM", "SERUN"],
        label: Some((c(245, 242, 236), c(40, 44, 50))),
        draw: |canvas, w, h| {
            shape::rect(canvas, w * 0.36, 0.0, w * 0.28, h * 0.2, 12.0, c(30, 30, 34));
            shape::rect(canvas, 0.0, h * 0.16, w, h * 0.84, 60.0, c(196, 120, 50));
            shape::rect(canvas, w * 0.08, h * 0.2, w * 0.07, h * 0.74, 14.0, c(226, 160, 96));
        },
    },
    Product {
        name: "box",
        size: (700, 860),
        words: ["明前龙井", "明前龙并"],
        label: Some((c(214, 190, 120), c(28, 60, 44))),
        draw: |canvas, w, h| {
            shape::rect(canvas, 0.0, 0.0, w, h, 6.0, c(36, 92, 66));
            (0..9).for_each(|n| {
                shape::rect(
                    canvas,
                    w * 0.1 * n as f32 + 20.0,
                    h * 0.82,
                    18.0,
                    h * 0.12,
                    0.0,
                    c(214, 190, 120),
                )
            });
        },
    },
    Product {
        name: "jar",
        size: (760, 620),
        words: ["HONEY", "MONEY"],
        label: Some((c(255, 250, 235), c(120, 60, 10))),
        draw: |canvas, w, h| {
            shape::rect(canvas, w * 0.08, 0.0, w * 0.84, h * 0.2, 20.0, c(90, 64, 40));
            shape::rect(canvas, 0.0, h * 0.18, w, h * 0.82, 90.0, c(222, 150, 30));
        },
    },
    Product {
        name: "tube",
        size: (330, 980),
        words: ["Glow 30", "Glow 80"],
        label: Some((c(232, 240, 246), c(20, 70, 140))),
        draw: |canvas, w, h| {
            shape::rect(canvas, w * 0.2, h * 0.85, w * 0.6, h * 0.15, 10.0, c(20, 70, 140));
            shape::rect(canvas, 0.0, 0.0, w, h * 0.87, 30.0, c(120, 170, 215));
        },
    },
    Product {
        name: "phone",
        size: (480, 960),
        words: ["12:45", "12:46"],
        label: Some((c(24, 40, 90), c(240, 240, 250))),
        draw: |canvas, w, h| {
            shape::rect(canvas, 0.0, 0.0, w, h, 56.0, c(22, 22, 26));
            shape::rect(canvas, 20.0, 20.0, w - 40.0, h - 40.0, 40.0, c(24, 40, 90));
            (0..4).for_each(|n| {
                shape::rect(canvas, 60.0 + n as f32 * 96.0, h * 0.8, 70.0, 70.0, 16.0, c(200, 90, 90))
            });
        },
    },
    Product {
        name: "plain red vase",
        size: (500, 800),
        words: ["", ""],
        label: None,
        draw: |canvas, w, h| {
            shape::ellipse(canvas, (0.0, h * 0.3, w, h * 0.7), c(176, 40, 44));
            shape::rect(canvas, w * 0.34, 0.0, w * 0.32, h * 0.5, 20.0, c(176, 40, 44));
        },
    },
    Product {
        name: "bag",
        size: (640, 900),
        words: ["ROAST", "BOAST"],
        label: Some((c(40, 30, 26), c(240, 226, 200))),
        draw: |canvas, w, h| {
            shape::rect(canvas, 0.0, 0.0, w, h, 24.0, c(128, 84, 60));
            shape::ellipse(canvas, (w * 0.3, h * 0.68, w * 0.4, w * 0.4), c(206, 150, 90));
        },
    },
];

impl Product {
    /// With its own words, or with one letter changed.
    fn cutout(&self, fonts: &Fonts, other: bool) -> Cutout {
        let (width, height) = self.size;
        let (w, h) = (width as f32, height as f32);
        let mut canvas = Canvas::new(width, height, Color::CLEAR);
        (self.draw)(&mut canvas, w, h);
        if let Some((ground, ink)) = self.label {
            shape::rect(&mut canvas, w * 0.08, h * 0.4, w * 0.84, h * 0.26, 8.0, ground);
            let style = TextStyle { weight: 700, size: w * 0.17, ..TextStyle::new(Family::Body) };
            let mut block = text::layout(fonts, self.words[usize::from(other)], &style, w).unwrap();
            block.color = ink;
            block.draw(&mut canvas, (w - block.width) / 2.0, h * 0.4 + (h * 0.26 - block.height) / 2.0);
        }
        Cutout { canvas, base: (0.0, 1.0) }
    }
}

/// Three grounds, 900 × 900: plain, graded, busy.
fn grounds() -> [Canvas; 3] {
    let mut graded = Canvas::new(900, 900, Color::WHITE);
    let stops = [(0.0, c(240, 226, 210)), (1.0, c(120, 150, 160))];
    shape::gradient(&mut graded, (0.0, 0.0, 900.0, 900.0), (0.0, 0.0), (1.0, 1.0), &stops);
    let mut busy = graded.clone();
    for n in 0..60u32 {
        let (x, y) = ((n * 197 % 900) as f32, (n * 331 % 900) as f32);
        shape::ellipse(
            &mut busy,
            (x - 40.0, y - 40.0, 80.0, 80.0),
            c((n * 37) as u8, 150, (n * 91) as u8).alpha(0.5),
        );
    }
    [Canvas::new(900, 900, c(236, 236, 232)), graded, busy]
}

/// The product on a ground, 640 px high; `wide` stretches it around its middle.
fn placed(product: &Cutout, ground: &Canvas, wide: f32) -> (Canvas, Place) {
    let small = crate::image::contain(&product.canvas, 640, 640);
    let (w, h) = (small.width(), small.height());
    let (x, y) = ((900 - w as i32) / 2, (900 - h as i32) / 2);
    let mut picture = ground.clone();
    let shown = match wide {
        1.0 => small,
        wide => resize(&product.canvas, (w as f32 * wide).round() as u32, h),
    };
    picture.over(&shown, x - (shown.width() as i32 - w as i32) / 2, y, 1.0);
    (picture, (x, y, w, h))
}

/// As a platform shows it: through a JPEG.
fn through_jpeg(picture: &Canvas) -> Canvas {
    open(&encode::jpeg(picture, 82, Color::WHITE).unwrap(), &Limits::default()).unwrap().canvas
}

/// Every hue turned by this many degrees.
fn turned(product: &Cutout, degrees: f32) -> Cutout {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let mut canvas = product.canvas.clone();
    for p in canvas.data_mut().as_chunks_mut::<4>().0.iter_mut().filter(|p| p[3] == 255) {
        let [l, a, b] = lab(*p);
        let color = Color::from_oklab([l, a * cos - b * sin, a * sin + b * cos]);
        *p = [color.r, color.g, color.b, 255];
    }
    Cutout { canvas, base: product.base }
}

#[test]
fn an_untouched_product_keeps_its_pixels_and_its_likeness() {
    let fonts = Fonts::load(&BrandFonts::default()).unwrap();
    for product in &CORPUS {
        let cut = product.cutout(&fonts, false);
        for (n, ground) in grounds().iter().enumerate() {
            let (picture, place) = placed(&cut, ground, 1.0);
            let exact = kept(&cut, &picture, place, &[]);
            assert!(exact.holds() && exact.compared > 10_000, "{} {n}: {exact:?}", product.name);
            let report = fidelity(&cut, &through_jpeg(&picture), place, &[]);
            assert!(report.holds(), "{} on ground {n}: {report:?}", product.name);
        }
    }
}

#[test]
fn a_changed_letter_a_turned_hue_and_a_stretch_are_caught() {
    let fonts = Fonts::load(&BrandFonts::default()).unwrap();
    let mut missed = Vec::new();
    for product in &CORPUS {
        let cut = product.cutout(&fonts, false);
        for (n, ground) in grounds().iter().enumerate() {
            let mut check = |what: &str, touched: &Cutout, wide: f32, expected: &[Change]| {
                let (picture, place) = placed(touched, ground, wide);
                if kept(&cut, &picture, place, &[]).holds() {
                    missed.push(format!("{} {n} {what}: its bytes count as kept", product.name));
                }
                let report = fidelity(&cut, &through_jpeg(&picture), place, &[]);
                if !expected.iter().any(|change| report.changes.contains(change)) {
                    missed.push(format!("{} {n} {what}: {report:?}", product.name));
                }
            };
            if product.label.is_some() {
                check("letter", &product.cutout(&fonts, true), 1.0, &[Change::Detail]);
            }
            check("hue", &turned(&cut, 15.0), 1.0, &[Change::Color]);
            // A stretch keeps some plain bytes, but never all: its outline moves.
            let stretched = [Change::Outline, Change::Edges, Change::Detail, Change::Mask];
            let (picture, place) = placed(&cut, ground, 1.03);
            let report = fidelity(&cut, &through_jpeg(&picture), place, &[]);
            if !stretched.iter().any(|change| report.changes.contains(change)) {
                missed.push(format!("{} {n} stretch: {report:?}", product.name));
            }
        }
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn a_product_out_of_proportion_does_not_hold_even_where_it_is_plain() {
    let cut = Cutout { canvas: Canvas::new(300, 600, c(176, 40, 44)), base: (0.0, 1.0) };
    let mut picture = Canvas::new(900, 900, Color::WHITE);
    picture.over(&Canvas::new(309, 600, c(176, 40, 44)), 100, 100, 1.0);
    let exact = kept(&cut, &picture, (100, 100, 309, 600), &[]);
    assert!(exact.differing == 0 && !exact.in_proportion && !exact.holds());
}
