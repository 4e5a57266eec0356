use handbill_domain::words::DesignWords;

use super::*;
use crate::{
    Canvas, Color, draw,
    image::{Cutout, cut_out, resize},
    text::{BrandFonts, Fonts},
};

/// A brand with its pictures and words, for looking and for testing.
struct Sample {
    name: &'static str,
    palette: Palette,
    product: Cutout,
    photo: Option<Canvas>,
    logo: Option<Canvas>,
    logo_wide: Option<Canvas>,
    price: PriceTag,
    offer: &'static str,
    brand: &'static str,
    words: DesignWords,
    button: &'static str,
    locale: &'static str,
    legal: Vec<String>,
    facts: Vec<FactLine>,
}

fn facts(list: &[(&str, &str)]) -> Vec<FactLine> {
    let fact = |(label, value): &(&str, &str)| FactLine {
        label: (*label).into(),
        value: (*value).into(),
        is_number: value.starts_with(|c: char| c.is_ascii_digit()),
        usual: value.starts_with(|c: char| c.is_ascii_digit()).then(|| "12 h".to_owned()),
    };
    list.iter().map(fact).collect()
}

fn palette(colors: [&str; 5]) -> Palette {
    let [primary, secondary, accent, background, text] = colors.map(|c| c.parse().unwrap());
    Palette { primary, secondary, accent, background, text }
}

fn words(headline: &str, short: &str, subline: &str, kicker: &str, quote: &str, source: &str) -> DesignWords {
    let [headline, headline_short, subline, kicker, quote, quote_source] =
        [headline, short, subline, kicker, quote, source].map(str::to_owned);
    DesignWords {
        headline,
        headline_short,
        subline,
        kicker,
        quote,
        quote_source,
        bullets: vec!["600 m".into(), "100 g".into()],
    }
}

/// A drawn stand-in for a product: tests need no files.
fn a_tin() -> Cutout {
    let mut canvas = Canvas::new(480, 640, Color::CLEAR);
    crate::shape::rect(&mut canvas, 60.0, 60.0, 360.0, 520.0, 30.0, Color::rgb(31, 77, 58));
    crate::shape::rect(&mut canvas, 120.0, 200.0, 240.0, 300.0, 8.0, Color::rgb(240, 232, 214));
    cut_out(&canvas).unwrap()
}

fn tea(locale: &'static str) -> Sample {
    let zh = locale.starts_with("zh");
    Sample {
        name: if zh { "tea-zh" } else { "tea-en" },
        palette: palette(["#1F4D3A", "#8FB09A", "#C8622D", "#F6F1E4", "#1C2A22"]),
        product: a_tin(),
        photo: None,
        logo: None,
        logo_wide: None,
        price: PriceTag { sign: "¥".into(), amount: "268".into(), list: Some("¥328".into()) },
        offer: if zh { "新茶上市 首单立减60元" } else { "Spring launch: ¥60 off your first tin" },
        brand: if zh { "山前雾" } else { "Mistfore" },
        words: if zh {
            words(
                "一杯明前龙井，把春天留在桌上",
                "明前龙井，一口春天",
                "清明前手采一芽一叶，手工铁锅炒制，入口鲜爽，回甘清甜。",
                "山前雾 · 明前龙井",
                "清明前手采，一芽一叶。",
                "2026 春季采摘记录 · 浙江杭州海拔600米茶园",
            )
        } else {
            words(
                "Ten quiet minutes, picked before the rain",
                "Spring, picked before the rain",
                "Hand-picked before Qingming and pan-fired in small batches: a fresh first sip and a clean sweet finish.",
                "Pre-Rain Longjing",
                "Hand-picked before Qingming, one bud and one leaf.",
                "Picking record, spring 2026 · Hangzhou hills, 600 m",
            )
        },
        button: if zh { "立即品尝" } else { "Shop the new harvest" },
        locale,
        facts: if zh {
            facts(&[
                ("采摘", "清明前手采，一芽一叶"),
                ("产地", "浙江杭州的高山茶园"),
                ("海拔", "600 米"),
                ("工艺", "手工铁锅炒制"),
                ("净含量", "100 克"),
                ("冲泡水温", "80 ℃"),
            ])
        } else {
            facts(&[
                ("Picking", "hand-picked before Qingming, one bud and one leaf"),
                ("Origin", "a hillside garden in Hangzhou"),
                ("Altitude", "600 m"),
                ("Craft", "pan-fired by hand in small batches"),
                ("Net weight", "100 g"),
                ("Brewing temperature", "80°C"),
            ])
        },
        legal: vec![if zh {
            "图片仅供参考，请以实物为准".into()
        } else {
            "Picture for illustration; the tin you receive may differ slightly".into()
        }],
    }
}

fn bottle(locale: &'static str) -> Sample {
    let zh = locale.starts_with("zh");
    Sample {
        name: if zh { "bottle-zh" } else { "bottle-en" },
        palette: palette(["#3E5C50", "#A9BFA8", "#E0693A", "#F4F2EC", "#20302A"]),
        price: PriceTag { sign: "$".into(), amount: "34".into(), list: None },
        offer: if zh { "首单包邮" } else { "Free shipping this week" },
        brand: if zh { "蕨径" } else { "Fernway" },
        words: if zh {
            words(
                "早上放的冰，傍晚还在",
                "保冷24小时",
                "双层304不锈钢，750毫升，走一上午山路也够喝。",
                "750毫升保温瓶",
                "保冷24小时，早上放的冰，傍晚还在。",
                "检测报告 2026-031",
            )
        } else {
            words(
                "Ice at breakfast. Still ice at dusk.",
                "Cold for 24 hours",
                "Double-walled 18/8 steel, 750 ml, and a leak-proof cap that opens with one hand.",
                "Trail Bottle 750",
                "Ice from breakfast is still ice at dusk.",
                "Keeps cold for 24 hours · lab report 2026-031",
            )
        },
        button: if zh { "立即选购" } else { "Shop now" },
        legal: Vec::new(),
        facts: if zh {
            facts(&[
                ("材质", "双层 304 不锈钢"),
                ("容量", "750 毫升"),
                ("保冷", "24 小时"),
                ("重量", "380 克"),
            ])
        } else {
            facts(&[
                ("Material", "double-walled 18/8 steel"),
                ("Capacity", "750 ml"),
                ("Keeps cold", "24 h"),
                ("Weight", "380 g"),
            ])
        },
        ..tea(locale)
    }
}

fn background(sample: &Sample, style: draw::Style, size: Size) -> Canvas {
    draw::background(
        &draw::Art { style, palette: sample.palette, dark: false, seed: 20 },
        size.width,
        size.height,
    )
}

fn scene<'a>(
    sample: &'a Sample,
    background: &'a Canvas,
    locale: &'a handbill_domain::locale::Locale,
    size: Size,
) -> Scene<'a> {
    Scene {
        size,
        safe_zone: None,
        locale,
        words: &sample.words,
        call_to_action: sample.button,
        offer: Some(sample.offer),
        price: Some(&sample.price),
        facts: &sample.facts,
        url: Some("https://tea.example.com/spring"),
        brand: sample.brand,
        palette: sample.palette,
        background: Some(background),
        product: Some(&sample.product),
        product_photo: None,
        photo: sample.photo.as_ref(),
        logo: sample.logo.as_ref(),
        logo_wide: sample.logo_wide.as_ref(),
        legal: &sample.legal,
        ai_label: None,
        required_background: None,
        min_fill: None,
    }
}

const SIZES: [(u32, u32); 9] = [
    (1080, 1080),
    (1080, 1350),
    (1080, 1920),
    (1200, 628),
    (900, 383),
    (728, 90),
    (320, 50),
    (160, 600),
    (300, 600),
];

fn size((width, height): (u32, u32)) -> Size {
    Size { width, height }
}

#[test]
fn every_template_that_ships_is_read() {
    assert_eq!(TEMPLATES.as_ref().map(Vec::len), Ok(BUILT_IN.len()));
    let families: std::collections::BTreeMap<_, Vec<_>> =
        built_in().iter().fold(Default::default(), |mut all: std::collections::BTreeMap<_, Vec<_>>, t| {
            all.entry(t.purpose).or_default().push(&t.name);
            all
        });
    assert_eq!(families.len(), 7, "{families:?}");
    assert!(families.values().filter(|names| names.len() >= 3).count() >= 6, "{families:?}");
}

#[test]
fn every_template_fills_every_shape_in_both_languages_without_overflow_or_weak_contrast() {
    let fonts = Fonts::load(&BrandFonts::default()).unwrap();
    for sample in [tea("zh-CN"), bottle("en-US")] {
        let locale = sample.locale.parse().unwrap();
        for (n, wanted) in SIZES.into_iter().enumerate() {
            let art = background(&sample, draw::Style::ALL[n % 6], size(wanted));
            let shown = scene(&sample, &art, &locale, size(wanted));
            let suits = |t: &&Template| !t.suits.plain && t.suits.needs.iter().all(|need| shown.has(*need));
            for template in built_in().iter().filter(suits) {
                let made = compose(template, &shown, &fonts)
                    .unwrap_or_else(|e| panic!("{} {wanted:?} {}: {e}", template.name, sample.name));
                for placed in &made.boxes {
                    let (x, y, w, h) = placed.rect;
                    let inside = x >= -1.0
                        && y >= -1.0
                        && x + w <= wanted.0 as f32 + 1.0
                        && y + h <= wanted.1 as f32 + 1.0;
                    assert!(inside, "{} {wanted:?} {}: {placed:?}", template.name, sample.name);
                    assert!(
                        placed.contrast.is_none_or(|c| c >= 4.5),
                        "{} {wanted:?} {}: {placed:?}",
                        template.name,
                        sample.name
                    );
                }
                let texts: Vec<_> = made.boxes.iter().filter(|b| b.text_size.is_some()).collect();
                for (n, a) in texts.iter().enumerate() {
                    assert!(
                        texts[n + 1..].iter().all(|b| !overlap(a.rect, b.rect)),
                        "{} {wanted:?}: {} is overlapped",
                        template.name,
                        a.name
                    );
                }
            }
        }
    }
}

fn overlap(a: (f32, f32, f32, f32), b: (f32, f32, f32, f32)) -> bool {
    a.0 + 1.0 < b.0 + b.2 && b.0 + 1.0 < a.0 + a.2 && a.1 + 1.0 < b.1 + b.3 && b.1 + 1.0 < a.1 + a.3
}

#[test]
fn nothing_stands_where_the_platforms_controls_are() {
    let fonts = Fonts::load(&BrandFonts::default()).unwrap();
    let (sample, locale) = (tea("zh-CN"), "zh-CN".parse().unwrap());
    let story = size((1080, 1920));
    let art = background(&sample, draw::Style::Sweep, story);
    let zone = handbill_domain::channel::SafeZone {
        frame: story,
        top: 250.0,
        bottom: 340.0,
        left: 0.0,
        right: 120.0,
        note: None,
    };
    let label = "AI生成";
    for template in built_in().iter().filter(|t| !t.suits.plain) {
        let made = compose(
            template,
            &Scene { safe_zone: Some(&zone), ai_label: Some(label), ..scene(&sample, &art, &locale, story) },
            &fonts,
        )
        .unwrap();
        for placed in made.boxes.iter().filter(|b| b.name != "photo") {
            let (x, y, w, h) = placed.rect;
            assert!(y >= 249.0 && y + h <= 1581.0 && x + w <= 961.0, "{}: {placed:?}", template.name);
        }
        let label = made.boxes.iter().find(|b| b.name == "ai_label").unwrap();
        assert!(label.text_size.unwrap() >= 1080.0 * 0.06, "{label:?}");
    }
}

#[test]
fn the_products_pixels_are_its_own() {
    let fonts = Fonts::load(&BrandFonts::default()).unwrap();
    let (sample, locale) = (tea("en-US"), "en-US".parse().unwrap());
    let art = background(&sample, draw::Style::Paper, size((1080, 1080)));
    let made = compose(&built_in()[0], &scene(&sample, &art, &locale, size((1080, 1080))), &fonts).unwrap();
    let (x, y, w, h) = made.boxes.iter().find(|b| b.name == "product").unwrap().rect;
    let own = resize(&sample.product.canvas, w as u32, h as u32);
    for (px, py) in [(40, 60), (w as u32 / 2, h as u32 / 2), (w as u32 - 30, h as u32 - 60)] {
        assert_eq!(made.canvas.pixel(x as u32 + px, y as u32 + py), own.pixel(px, py));
    }
}

#[test]
fn a_marketplace_picture_has_its_background_and_fills_its_frame() {
    let fonts = Fonts::load(&BrandFonts::default()).unwrap();
    let (sample, locale) = (tea("en-US"), "en-US".parse().unwrap());
    let plain = built_in().iter().find(|t| t.suits.plain).unwrap();
    let art = Canvas::new(8, 8, Color::BLACK);
    let scene = Scene {
        required_background: Some(Color::WHITE),
        min_fill: Some(0.85),
        ..scene(&sample, &art, &locale, size((1000, 1000)))
    };
    let made = compose(plain, &scene, &fonts).unwrap();
    assert_eq!(made.canvas.pixel(3, 3), [255; 4]);
    assert_eq!(made.boxes.len(), 1);
    let (_, _, _, h) = made.boxes[0].rect;
    assert!(h >= 850.0, "{h}");
    let clear = compose(plain, &Scene { required_background: Some(Color::CLEAR), ..scene }, &fonts).unwrap();
    assert_eq!(clear.canvas.pixel(3, 3), [0; 4]);
}

#[test]
fn a_broken_template_is_told_everything_at_once() {
    let yaml = "name: Bad Name\ntitle: { en: x, zh: x }\nsuits: {}\nlayouts:\n  square:\n    layers:\n      - stack: { name: a, area: [0.5, 0, 0.7, 1], items: [] }\n";
    let problems = read(yaml).unwrap_err();
    let pointers: Vec<_> = problems.0.iter().map(|p| p.pointer.as_str()).collect();
    assert_eq!(pointers, ["/name", "/layouts/square/layers/0/area", "/layouts/square/layers/0/items"]);
    assert!(read("name: a\nlayouts: 3\n").is_err());
}

mod mixing;
mod places;

/// For every template: what it says that it does not read may change, and no pixel does.
#[test]
fn what_a_design_does_not_read_does_not_change_it() {
    let (ours, theirs) = (tea("en-US"), bottle("en-US"));
    let locale = "en-US".parse().unwrap();
    let fonts = Fonts::load(&BrandFonts::default()).unwrap();
    let others = PriceTag { sign: "$".into(), amount: "1,234.50".into(), list: Some("$9,999".into()) };
    let legal = ["Another line of the law that is much longer than the first one was".to_owned()];
    let photo = Canvas::new(90, 60, Color::rgb(120, 40, 20));
    let [logo, other_logo] =
        [Color::rgb(200, 30, 30), Color::rgb(20, 30, 200)].map(|c| Canvas::new(60, 60, c));
    let mut product = ours.product.clone();
    product.canvas = resize(&product.canvas, 200, 300);
    let mut unread = 0;
    for (template, (width, height)) in
        built_in().iter().flat_map(|t| [(360, 360), (480, 250)].map(|size| (t, size)))
    {
        let size = Size { width, height };
        let ground = background(&ours, draw::Style::ALL[0], size);
        let mut scene = scene(&ours, &ground, &locale, size);
        (scene.logo, scene.photo) = (Some(&logo), Some(&ground));
        let read = reads(template, &scene);
        let Ok(first) = compose(template, &scene, &fonts) else { continue };
        let changed: [(Read, Scene<'_>); 10] = [
            (Read::Product, Scene { product: Some(&product), ..scene }),
            (Read::Photo, Scene { photo: Some(&photo), ..scene }),
            (Read::Logo, Scene { logo: Some(&other_logo), ..scene }),
            (Read::Brand, Scene { brand: theirs.brand, ..scene }),
            (Read::Price, Scene { price: Some(&others), ..scene }),
            (Read::Offer, Scene { offer: Some(theirs.offer), ..scene }),
            (Read::CallToAction, Scene { call_to_action: theirs.button, ..scene }),
            (Read::Facts, Scene { facts: &theirs.facts, ..scene }),
            (Read::Url, Scene { url: Some("https://example.org/"), ..scene }),
            (Read::Legal, Scene { legal: &legal, ..scene }),
        ];
        for (what, scene) in changed.iter().filter(|(what, _)| !read.contains(what)) {
            let other = compose(template, scene, &fonts).unwrap();
            assert!(
                first.canvas == other.canvas,
                "{} {width}x{height} reads {what:?} and does not say so",
                template.name
            );
            unread += 1;
        }
    }
    assert!(unread > 100, "{unread}");
}
