//! Where things stand: codes, comparisons, logos, labels, products.

use super::*;

#[test]
fn the_code_of_a_poster_leads_to_the_briefs_address() {
    let fonts = Fonts::load(&BrandFonts::default()).unwrap();
    let (sample, locale) = (tea("zh-CN"), "zh-CN".parse().unwrap());
    let poster = built_in().iter().find(|t| t.name == "announce-code").unwrap();
    for wanted in [(1080, 1080), (1080, 1440), (1080, 1920), (1280, 720)] {
        let art = background(&sample, draw::Style::Paper, size(wanted));
        let shown = scene(&sample, &art, &locale, size(wanted));
        let made = compose(poster, &shown, &fonts).unwrap();
        let (x, y, side, _) = made.boxes.iter().find(|b| b.name == "qr").unwrap().rect;
        let code = qrcodegen::QrCode::encode_text(shown.url.unwrap(), qrcodegen::QrCodeEcc::Medium).unwrap();
        let module = side / (code.size() + 8) as f32;
        assert!(module >= 3.0, "{wanted:?}: {module}");
        for (column, row) in (-4..code.size() + 4).flat_map(|c| (-4..code.size() + 4).map(move |r| (c, r))) {
            let at = |n: i32, from: f32| (from + (n as f32 + 4.5) * module) as u32;
            let pixel = made.canvas.pixel(at(column, x), at(row, y));
            let dark = u32::from(pixel[0]) + u32::from(pixel[1]) + u32::from(pixel[2]) < 384;
            assert_eq!(dark, code.get_module(column, row), "{wanted:?} {column} {row}");
        }
    }
}

#[test]
fn a_comparison_shows_what_is_usual_beside_the_product() {
    let fonts = Fonts::load(&BrandFonts::default()).unwrap();
    let (sample, locale) = (bottle("en-US"), "en-US".parse().unwrap());
    let art = background(&sample, draw::Style::Paper, size((1080, 1350)));
    let table = built_in().iter().find(|t| t.name == "spec-compare").unwrap();
    let made = compose(table, &scene(&sample, &art, &locale, size((1080, 1350))), &fonts).unwrap();
    let named = |name: &str| made.boxes.iter().filter(|b| b.name == name).collect::<Vec<_>>();
    let (own, usual) = (named("fact"), named("usual"));
    assert!(own.len() >= 2 && own.len() == usual.len(), "{} {}", own.len(), usual.len());
    let middle = |b: &Placed| b.rect.1 + b.rect.3 / 2.0;
    for (own, usual) in own.iter().zip(&usual) {
        assert!(own.rect.0 + own.rect.2 < usual.rect.0 && (middle(own) - middle(usual)).abs() < 1.0);
    }
    assert_eq!(named("heading").len(), 2, "the brand, and the word for what is usual");
}

/// A logo of two colours, neither of which shows on every ground.
fn a_many_coloured_logo() -> Canvas {
    let mut logo = Canvas::new(400, 120, Color::CLEAR);
    crate::shape::rect(&mut logo, 0.0, 0.0, 120.0, 120.0, 0.0, Color::rgb(20, 24, 40));
    crate::shape::rect(&mut logo, 140.0, 20.0, 250.0, 80.0, 0.0, Color::rgb(245, 200, 40));
    logo
}

#[test]
fn a_logo_of_many_colours_keeps_them_on_a_plate() {
    let fonts = Fonts::load(&BrandFonts::default()).unwrap();
    let (sample, locale) = (bottle("en-US"), "en-US".parse().unwrap());
    let mut busy = Canvas::new(1080, 1080, Color::rgb(30, 30, 40));
    for n in 0..18 {
        crate::shape::rect(&mut busy, n as f32 * 60.0, 0.0, 30.0, 1080.0, 0.0, Color::rgb(230, 190, 60));
    }
    let logo = a_many_coloured_logo();
    let template = built_in().iter().find(|t| t.name == "lifestyle").unwrap();
    let shown = Scene {
        photo: Some(&busy),
        logo: Some(&logo),
        logo_wide: Some(&logo),
        ..scene(&sample, &busy, &locale, size((1080, 1080)))
    };
    let made = compose(template, &shown, &fonts).unwrap();
    let (x, y, w, h) = made.boxes.iter().find(|b| b.name == "logo").unwrap().rect;
    let pixels = (y as u32..(y + h) as u32).flat_map(|v| (x as u32..(x + w) as u32).map(move |u| (u, v)));
    let seen: std::collections::BTreeSet<_> = pixels.map(|(u, v)| made.canvas.pixel(u, v)).collect();
    assert!(seen.contains(&[20, 24, 40, 255]) && seen.contains(&[245, 200, 40, 255]), "its own colours");
    let corner = made.canvas.pixel((x + w / 2.0) as u32, y as u32 + 2);
    assert_eq!(made.canvas.pixel((x + w / 2.0) as u32, (y + h) as u32 - 3), corner, "on a plain plate");
}

#[test]
fn letters_are_as_high_as_the_label_must_be_in_every_language() {
    let fonts = Fonts::load(&BrandFonts::default()).unwrap();
    for (sample, label) in [(tea("zh-CN"), "AI生成"), (bottle("en-US"), "AI-generated")] {
        let locale = sample.locale.parse().unwrap();
        let art = background(&sample, draw::Style::Paper, size((1080, 1350)));
        let shown = Scene { ai_label: Some(label), ..scene(&sample, &art, &locale, size((1080, 1350))) };
        let made = compose(&built_in()[0], &shown, &fonts).unwrap();
        let placed = made.boxes.iter().find(|b| b.name == "ai_label").unwrap();
        assert!(placed.glyph_height.unwrap() >= 1080.0 * 0.05, "{placed:?}");
    }
}

#[test]
fn a_layout_stands_where_the_picture_stands() {
    let fonts = Fonts::load(&BrandFonts::default()).unwrap();
    let sample = tea("zh-CN");
    let locale = sample.locale.parse().unwrap();
    for wanted in [(1080, 1350), (1200, 628), (728, 90)] {
        let art = background(&sample, draw::Style::ALL[1], size(wanted));
        let shown = scene(&sample, &art, &locale, size(wanted));
        for template in built_in().iter().filter(|t| !t.suits.plain) {
            let [laid, made] = [lay_out, compose].map(|way| way(template, &shown, &fonts).unwrap());
            let places = |made: &Composed| {
                made.boxes.iter().map(|b| (b.name.clone(), b.lines.clone())).collect::<Vec<_>>()
            };
            assert_eq!(places(&laid), places(&made), "{} {wanted:?}", template.name);
            for (a, b) in laid.boxes.iter().zip(&made.boxes).filter(|(a, _)| a.name != "logo") {
                assert_eq!(a.rect, b.rect, "{} {wanted:?} {}", template.name, a.name);
            }
        }
    }
}

#[test]
fn the_logo_has_room_around_it_and_no_product_stands_on_words() {
    let fonts = Fonts::load(&BrandFonts::default()).unwrap();
    let mut wrong = Vec::new();
    for (sample, brand) in [(tea("zh-CN"), "茶"), (bottle("en-US"), "Fernway")] {
        let sample = Sample { brand, ..sample };
        let locale = sample.locale.parse().unwrap();
        for wanted in SIZES {
            let art = Canvas::new(8, 8, sample.palette.background);
            let shown = scene(&sample, &art, &locale, size(wanted));
            for template in built_in().iter().filter(|t| !t.suits.plain && t.suits.roles.is_empty()) {
                let made = lay_out(template, &shown, &fonts).unwrap();
                let name = format!("{} {wanted:?} {brand}", template.name);
                let words: Vec<_> = made.boxes.iter().filter(|b| b.text_size.is_some()).collect();
                let gap = |a: (f32, f32, f32, f32), b: (f32, f32, f32, f32)| {
                    let across = (b.0 - a.0 - a.2).max(a.0 - b.0 - b.2).max(0.0);
                    let down = (b.1 - a.1 - a.3).max(a.1 - b.1 - b.3).max(0.0);
                    across.hypot(down)
                };
                let logo = made.boxes.iter().find(|b| b.name == "logo");
                for other in words.iter().filter(|b| b.name != "logo") {
                    if let Some(near) = logo.filter(|l| gap(l.rect, other.rect) < l.rect.3 * 0.15) {
                        let share = gap(near.rect, other.rect) / near.rect.3;
                        wrong.push(format!(
                            "{name}: {} is {share:.2} of its height from the logo",
                            other.name
                        ));
                    }
                }
                let Some(product) = made.boxes.iter().position(|b| b.name == "product") else { continue };
                let slack = wanted.0.min(wanted.1) as f32 * 0.015;
                for below in made.boxes[..product].iter().filter(|b| b.text_size.is_some()) {
                    let (a, b) = (made.boxes[product].rect, below.rect);
                    let across = (a.0 + a.2).min(b.0 + b.2) - a.0.max(b.0);
                    let down = (a.1 + a.3).min(b.1 + b.3) - a.1.max(b.1);
                    if across.min(down) > slack {
                        wrong.push(format!(
                            "{name}: {} is under the product by {:.0}",
                            below.name,
                            across.min(down)
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_design_paints_over_the_product() {
    let fonts = Fonts::load(&BrandFonts::default()).unwrap();
    let sample = bottle("en-US");
    let locale = sample.locale.parse().unwrap();
    let mut wrong = Vec::new();
    for wanted in [(540, 540), (540, 675), (540, 960), (600, 314), (728, 90), (160, 600)] {
        let art = background(&sample, draw::Style::ALL[0], size(wanted));
        let shown = scene(&sample, &art, &locale, size(wanted));
        for template in built_in().iter().filter(|t| !t.suits.plain && t.suits.roles.is_empty()) {
            let made = compose(template, &shown, &fonts).unwrap();
            let Some(at) = made.boxes.iter().position(|b| b.name == "product") else { continue };
            let whole = |(x, y, w, h): (f32, f32, f32, f32)| {
                (x.round() as i32, y.round() as i32, w.round() as u32, h.round() as u32)
            };
            let over: Vec<_> =
                made.boxes[at + 1..].iter().filter(|b| b.name != "photo").map(|b| whole(b.rect)).collect();
            let kept = crate::image::fidelity::kept(
                &sample.product,
                &made.canvas,
                whole(made.boxes[at].rect),
                &over,
            );
            if !kept.holds() {
                wrong.push(format!("{} {wanted:?}: {kept:?}", template.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
