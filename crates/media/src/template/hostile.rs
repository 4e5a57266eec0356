//! The hostile pack: 60 strings that break layouts, in every template at twelve placements. Each picture keeps its promises
//! (no box for a character, nothing outside its room, nothing on other words, contrast measured on the pixels) or is refused
//! with the number of characters that fit, or with the characters that no font has.
//!
//! The normal tests lay out a share of the pack and paint a few; the whole pack is
//! `cargo test -p handbill-media --lib template::hostile -- --ignored --nocapture`.

use std::{collections::BTreeMap, sync::LazyLock};

use handbill_domain::{
    channel::{ImageSlot, Size, placement},
    locale::Locale,
    words::DesignWords,
};
use serde::Deserialize;

use super::{
    Composed, FactLine, Need, Palette, PriceTag, Scene, Template, built_in,
    compose::compose_with,
    placed::{Pen, Placed},
    sample,
};
use crate::{
    Canvas, Color, Error,
    color::ratio,
    draw,
    image::{Cutout, cut_out},
    text::{BrandFonts, Fonts},
};

#[derive(Deserialize)]
struct Hostile {
    name: String,
    locale: Locale,
    text: String,
    /// Not every machine has a font for it.
    #[serde(default)]
    rare: bool,
}

static TEXTS: LazyLock<Vec<Hostile>> =
    LazyLock::new(|| serde_json::from_str(include_str!("hostile/texts.json")).unwrap());

const PLACES: [(&str, &str, u32, u32); 12] = [
    ("taobao.item", "main", 800, 800),
    ("instagram.feed", "photo", 1080, 1350),
    ("xiaohongshu.note_image", "photo", 1242, 1660),
    ("pinterest.standard_pin", "pin", 1000, 1500),
    ("instagram.story", "story", 1080, 1920),
    ("wechat.moments_ad_image", "single", 800, 640),
    ("google_ads.pmax", "marketing_landscape", 1200, 628),
    ("youtube.video_upload", "thumbnail", 1280, 720),
    ("wechat.article", "cover_wide", 900, 383),
    ("amazon.aplus_basic", "image_text_overlay", 970, 300),
    ("google_ads.display_uploaded", "banner", 728, 90),
    ("google_ads.display_uploaded", "banner", 160, 600),
];

/// Least contrast of words with what is under them.
const READABLE: f32 = 4.5;

/// Everything that the pictures of the pack have in common.
struct Pack {
    fonts: Fonts,
    palette: Palette,
    product: Cutout,
    photo: Canvas,
    backgrounds: Vec<Canvas>,
    templates: Vec<&'static Template>,
}

/// One picture of the pack, by the numbers of its text, place and template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Case {
    text: usize,
    place: usize,
    template: usize,
}

/// What became of a picture.
#[derive(Debug)]
enum Ending {
    Made,
    /// Refused, and rightly so.
    Refused,
    /// What is wrong with it.
    Wrong(String),
}

impl Pack {
    fn new() -> Self {
        let [primary, secondary, accent, background, text] =
            ["#1F4D3A", "#8FB09A", "#C8622D", "#F6F1E4", "#1C2A22"].map(|c| c.parse().unwrap());
        let palette = Palette { primary, secondary, accent, background, text };
        let mut tin = Canvas::new(480, 640, Color::CLEAR);
        crate::shape::rect(&mut tin, 60.0, 60.0, 360.0, 520.0, 30.0, Color::rgb(31, 77, 58));
        crate::shape::rect(&mut tin, 120.0, 200.0, 240.0, 300.0, 8.0, Color::rgb(240, 232, 214));
        let art = |n: usize, dark, width, height| {
            let style = draw::Style::ALL[n % draw::Style::ALL.len()];
            draw::background(&draw::Art { style, palette, dark, seed: 20 + n as u64 }, width, height)
        };
        let backgrounds =
            PLACES.iter().enumerate().map(|(n, (_, _, w, h))| art(n, n % 4 == 3, *w, *h)).collect();
        Self {
            fonts: Fonts::load(&BrandFonts::default()).unwrap(),
            palette,
            product: cut_out(&tin).unwrap(),
            photo: art(2, false, 1200, 900),
            backgrounds,
            templates: built_in().iter().filter(|t| !t.suits.plain && t.suits.roles.is_empty()).collect(),
        }
    }

    fn cases(&self) -> impl Iterator<Item = Case> {
        let templates = self.templates.len();
        let places = (0..TEXTS.len()).flat_map(|text| (0..PLACES.len()).map(move |place| (text, place)));
        places
            .flat_map(move |(text, place)| (0..templates).map(move |template| Case { text, place, template }))
    }

    fn made(&self, case: Case, pen: Pen) -> Result<Composed, Error> {
        let hostile = &TEXTS[case.text];
        let (id, role, width, height) = PLACES[case.place];
        let slot = slot(id, role);
        let said = Said::of(hostile, (case.text + case.place + case.template) % 3);
        let scene = Scene {
            size: Size { width, height },
            safe_zone: slot.safe_zone.as_ref(),
            locale: &hostile.locale,
            words: &said.words,
            call_to_action: &said.button,
            offer: Some(&said.offer),
            price: Some(&said.price),
            facts: &said.facts,
            url: Some("https://tea.example.com/spring"),
            brand: &said.brand,
            palette: self.palette,
            background: Some(&self.backgrounds[case.place]),
            product: Some(&self.product),
            product_photo: None,
            photo: Some(&self.photo),
            logo: None,
            logo_wide: None,
            legal: &said.legal,
            ai_label: case.place.is_multiple_of(3).then_some("AI生成"),
            required_background: None,
            min_fill: None,
        };
        compose_with(self.templates[case.template], &scene, &self.fonts, pen)
    }

    /// Lays a picture out and says what is wrong with it.
    fn laid(&self, case: Case) -> Ending {
        match self.made(case, Pen::Lay) {
            Ok(made) => objection(case, &made).map_or(Ending::Made, Ending::Wrong),
            Err(error) => refusal(case, &error),
        }
    }

    /// Paints a picture, with and without its letters, and measures the contrast between the two.
    fn painted(&self, case: Case) -> Ending {
        let (made, mute) = match (self.made(case, Pen::Paint), self.made(case, Pen::Mute)) {
            (Ok(made), Ok(mute)) => (made, mute),
            (Err(error), _) | (_, Err(error)) => return refusal(case, &error),
        };
        let weak = made.boxes.iter().find_map(|placed| {
            let seen = seen_contrast(placed, &made.canvas, &mute.canvas)?;
            (seen < READABLE - 0.01).then(|| format!("contrast {seen:.2} of {placed:?}"))
        });
        objection(case, &made).or(weak).map_or(Ending::Made, Ending::Wrong)
    }

    fn name(&self, case: Case) -> String {
        let (_, _, w, h) = PLACES[case.place];
        format!("{} in {} at {w}×{h}", TEXTS[case.text].name, self.templates[case.template].name)
    }

    /// Runs many on all cores; panics with everything that is wrong. Gives the number that was refused.
    fn run(&self, cases: &[Case], look: impl Fn(&Self, Case) -> Ending + Sync) -> usize {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let endings = crate::press::run(cases.len(), cores, |n| look(self, cases[n]));
        let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut refused = 0;
        for (case, ending) in cases.iter().zip(endings) {
            match ending {
                Ending::Made => {}
                Ending::Refused => refused += 1,
                Ending::Wrong(why) => {
                    wrong.entry(self.name(*case)).or_default().push(why);
                }
            }
        }
        let shown: Vec<_> = wrong.iter().take(40).map(|(name, why)| format!("{name}: {}", why[0])).collect();
        assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), cases.len(), shown.join("\n"));
        refused
    }
}

fn slot(id: &str, role: &str) -> &'static ImageSlot {
    placement(id).unwrap().images.iter().find(|slot| slot.role == role).unwrap()
}

/// Words of a picture with a hostile one in some of them.
struct Said {
    words: DesignWords,
    button: String,
    offer: String,
    price: PriceTag,
    facts: Vec<FactLine>,
    brand: String,
    legal: Vec<String>,
}

impl Said {
    /// Turn 0: the headlines; 1: the small words; 2: all of them.
    fn of(hostile: &Hostile, turn: usize) -> Self {
        let sample = sample::brands().into_iter().next().unwrap();
        let zh: Locale = "zh-CN".parse().unwrap();
        let en: Locale = "en-US".parse().unwrap();
        let said = &sample.locales[if hostile.locale.is_chinese() { &zh } else { &en }];
        let text = &hostile.text;
        let or =
            |own: &str, turns: &[usize]| if turns.contains(&turn) { text.clone() } else { own.to_owned() };
        let words = &said.words;
        let (sign, amount, list) = said.price.clone();
        let facts = said.facts.iter().enumerate().map(|(n, (label, value))| FactLine {
            label: or(label, if n == 1 { &[2] } else { &[] }),
            value: or(value, if n % 2 == 0 { &[1, 2] } else { &[] }),
            is_number: n == 2,
            usual: (n > 1).then(|| or(value, if n == 3 { &[1, 2] } else { &[] })),
        });
        Self {
            words: DesignWords {
                headline: or(&words.headline, &[0, 2]),
                headline_short: or(&words.headline_short, &[0, 2]),
                subline: or(&words.subline, &[1, 2]),
                kicker: or(&words.kicker, &[1, 2]),
                quote: or(&words.quote, &[0, 2]),
                quote_source: or(&words.quote_source, &[1, 2]),
                bullets: words.bullets.iter().map(|b| or(b, &[1, 2])).collect(),
            },
            button: or(&said.button, &[2]),
            offer: or(&said.offer, &[2]),
            price: PriceTag { sign, amount, list },
            facts: facts.collect(),
            brand: or(&said.brand, &[2]),
            legal: vec![or(said.legal.first().map_or("Picture for illustration", String::as_str), &[1])],
        }
    }
}

/// What is wrong with a design: tofu, words outside their room or the canvas, words on words.
fn objection(case: Case, made: &Composed) -> Option<String> {
    let (_, _, width, height) = PLACES[case.place];
    let canvas = (0.0, 0.0, width as f32, height as f32);
    let inside = |(x, y, w, h): Rect, (rx, ry, rw, rh): Rect| {
        x >= rx - 1.0 && y >= ry - 1.0 && x + w <= rx + rw + 1.0 && y + h <= ry + rh + 1.0
    };
    let words: Vec<&Placed> = made.boxes.iter().filter(|b| b.text_size.is_some()).collect();
    words.iter().enumerate().find_map(|(n, placed)| {
        let other = words[n + 1..].iter().find(|other| overlap(placed.rect, other.rect));
        if placed.tofu > 0 {
            Some(format!("tofu in {placed:?}"))
        } else if !inside(placed.rect, canvas) {
            Some(format!("outside the canvas: {placed:?}"))
        } else if placed.room.is_some_and(|room| !inside(placed.rect, room)) {
            Some(format!("outside its room: {placed:?}"))
        } else {
            other.map(|other| format!("{} lies on {}", placed.name, other.name))
        }
    })
}

type Rect = (f32, f32, f32, f32);

fn overlap(a: Rect, b: Rect) -> bool {
    a.0 + 1.0 < b.0 + b.2 && b.0 + 1.0 < a.0 + a.2 && a.1 + 1.0 < b.1 + b.3 && b.1 + 1.0 < a.1 + a.3
}

/// A text that is too long must say how much fits; a missing glyph must be one of a rare character.
fn refusal(case: Case, error: &Error) -> Ending {
    let hostile = &TEXTS[case.text];
    match error {
        Error::TooLong { text, fits, .. } if *fits < text.chars().count() => Ending::Refused,
        Error::MissingGlyph { chars, .. }
            if hostile.rare && chars.iter().all(|c| hostile.text.contains(*c)) =>
        {
            Ending::Refused
        }
        error => Ending::Wrong(error.to_string()),
    }
}

/// The contrast of the letters of a text with the pixels that lie under them: of all pixels that are wholly letter, that
/// of the worst fiftieth. `None` where nothing of it is.
fn seen_contrast(placed: &Placed, painted: &Canvas, mute: &Canvas) -> Option<f32> {
    let ink = placed.ink?;
    let (x, y, w, h) = placed.rect;
    let rows = y.max(0.0) as u32..((y + h).ceil() as u32).min(painted.height());
    let mut seen = Vec::new();
    for y in rows {
        for x in x.max(0.0) as u32..((x + w).ceil() as u32).min(painted.width()) {
            let (shown, under) = (painted.pixel(x, y), mute.pixel(x, y));
            if shown == under {
                continue;
            }
            let mut letter = Canvas::from_premultiplied(1, 1, under.to_vec())?;
            letter.stencil(&[255], 1, 1, (0, 0), ink);
            let letter = letter.pixel(0, 0);
            // Soft edges and emoji have other colours.
            if (0..3).all(|c| shown[c].abs_diff(letter[c]) <= 12) {
                let light = |[r, g, b, _]: [u8; 4]| Color::rgb(r, g, b).luminance();
                seen.push(ratio(light(letter), light(under)));
            }
        }
    }
    let n = seen.len() / 50;
    (!seen.is_empty()).then(|| *seen.select_nth_unstable_by(n, f32::total_cmp).1)
}

/// A share of the pack in which every text, place and template is, and every text at every place.
fn share(pack: &Pack, every: usize) -> Vec<Case> {
    pack.cases().filter(|c| (c.template + c.text * 5 + c.place * 11).is_multiple_of(every)).collect()
}

#[test]
fn the_pack_is_whole() {
    let pack = Pack::new();
    assert_eq!((TEXTS.len(), PLACES.len()), (60, 12));
    assert!(pack.templates.len() >= 26, "{}", pack.templates.len());
    let names: std::collections::BTreeSet<_> = TEXTS.iter().map(|t| &t.name).collect();
    assert_eq!(names.len(), 60);
    assert!(
        pack.templates.iter().all(|t| !t.suits.needs.contains(&Need::Cutout) || pack.product.base.1 > 0.0)
    );
}

#[test]
fn hostile_words_never_leave_their_room_or_stand_as_boxes() {
    let pack = Pack::new();
    let cases = share(&pack, 8);
    let refused = pack.run(&cases, Pack::laid);
    assert!(refused * 2 < cases.len(), "{refused} of {} are refused", cases.len());
}

#[test]
fn hostile_words_can_be_read_on_the_pixels_under_them() {
    let pack = Pack::new();
    let cases = share(&pack, 13 * 4);
    assert!(cases.len() > 300, "{}", cases.len());
    pack.run(&cases, Pack::painted);
}

#[test]
fn there_is_a_design_for_every_hostile_headline_that_is_no_paragraph() {
    let pack = Pack::new();
    let short = |t: &&Hostile| t.text.chars().count() <= 40 && !t.rare;
    for (text, hostile) in TEXTS.iter().enumerate().filter(|(_, t)| short(t)) {
        for (place, at) in PLACES.iter().enumerate() {
            let taken = (0..pack.templates.len())
                .filter(|template| (text + place + template).is_multiple_of(3))
                .any(|template| matches!(pack.laid(Case { text, place, template }), Ending::Made));
            assert!(taken, "{} at {at:?}", hostile.name);
        }
    }
}

#[test]
fn a_character_that_no_font_has_is_named_before_anything_is_painted() {
    let pack = Pack::new();
    let text = TEXTS.iter().position(|t| t.name == "private-use").unwrap();
    let error = pack.made(Case { text, place: 0, template: 0 }, Pen::Paint).unwrap_err();
    assert!(matches!(&error, Error::MissingGlyph { chars, .. } if chars.contains(&'\u{E123}')), "{error}");
}

#[test]
#[ignore = "18,720 layouts: minutes"]
#[allow(clippy::print_stdout, reason = "its figures are its product")]
fn every_layout_of_the_pack_holds() {
    let pack = Pack::new();
    let cases: Vec<Case> = pack.cases().collect();
    let refused = pack.run(&cases, Pack::laid);
    println!("{} layouts, {refused} refused with how much fits", cases.len());
}

#[test]
#[ignore = "18,720 pictures, painted twice: a quarter of an hour of one core"]
#[allow(clippy::print_stdout, reason = "its figures are its product")]
fn the_whole_pack_holds_on_the_pixels() {
    let pack = Pack::new();
    // Every how many-th of them; all, if it is not said.
    let every = std::env::var("HANDBILL_PACK").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let cases = share(&pack, every);
    let refused = pack.run(&cases, Pack::painted);
    println!("{} pictures, {refused} refused with how much fits", cases.len());
}
