//! The closing card: brand, offer, price and what to do next, with the product.

use handbill_media::{
    Color, image,
    video::{
        Easing,
        timeline::{
            Align, Along, Area, Camera, Clip, Content, EntranceKind, FontUse, Overlay, Plate, Pose, Source,
            Subject, Transition, TransitionKind, View, Words,
        },
    },
};

use super::{
    frame::Shape,
    letters,
    scenes::{Take, badge, entrance, ink, readable_on},
};

/// The card's ground in the brand's colour, with the product on it.
pub(super) fn clip(take: &Take<'_>) -> Clip {
    Clip {
        id: take.scene.id.clone(),
        start_ms: take.start,
        end_ms: take.end,
        source: Source::Still { picture: "card".into() },
        camera: Camera {
            from: View::default(),
            to: View { zoom: 1.05, ..View::default() },
            easing: Easing::InOut,
        },
        subjects: product(take),
        transition: (take.number > 0).then_some(Transition {
            kind: TransitionKind::Crossfade,
            duration_ms: 500,
            easing: Easing::InOut,
        }),
    }
}

fn product(take: &Take<'_>) -> Vec<Subject> {
    let frame = &take.script.frame;
    let Some(product) = &take.script.pictures.product else { return Vec::new() };
    let (x, mut y, width, mut room) = frame.card_product;
    if frame.shape == Shape::Tall {
        // The product takes all that the words leave, down to where it still shows.
        let foot = y + room / 2.0;
        room = (foot - lay_out(take).1 - 0.03).max(0.1);
        y = foot - room / 2.0;
    }
    let ratio = f64::from(product.width()) / f64::from(product.height().max(1));
    let height = frame.product_height((x, y, width, room), ratio) * 0.95;
    let middle = |height: f64| if frame.shape == Shape::Tall { y + room / 2.0 - height / 2.0 } else { y };
    let wide = f64::from(frame.size.width) / f64::from(frame.size.height);
    let disc = (height * ratio / wide * 1.45).max(height * 0.8);
    let round = |size: f64| Pose { x, y: middle(height) + height * 0.04, height: size };
    let pose = |height: f64| Pose { x, y: middle(height), height };
    let subject = |picture: &str, from, to, shadow, enter| Subject {
        picture: picture.into(),
        from,
        to,
        easing: Easing::Out,
        shadow,
        enter: Some(enter),
    };
    vec![
        subject(
            "card-disc",
            round(disc * 0.97),
            round(disc * 1.03),
            false,
            entrance(EntranceKind::Pop, 800, 100),
        ),
        subject("product", pose(height * 0.96), pose(height), true, entrance(EntranceKind::Rise, 900, 200)),
    ]
}

/// The words, one thought below the other.
pub(super) fn words(take: &Take<'_>) -> Vec<Overlay> {
    let align = Align { x: take.script.frame.align.x, y: Along::Middle };
    let mut out = Vec::new();
    for (n, (row, area)) in lay_out(take).0.into_iter().enumerate() {
        let (kind, easing) =
            if row.pops { (EntranceKind::Pop, Easing::Back) } else { (EntranceKind::Rise, Easing::Settle) };
        let delay = 260 + n as u64 * 120;
        for (name, content, area, align) in row.pieces(take, area, align) {
            let mut overlay = take.overlay(name, content, area, entrance(kind, 650, delay));
            overlay.align = align;
            overlay.exit = None;
            if let Some(enter) = &mut overlay.enter {
                enter.easing = easing;
            }
            out.push(overlay);
        }
    }
    out
}

/// A line of the card.
struct Row {
    what: What,
    /// Share of the card's height.
    height: f64,
    pops: bool,
}

enum What {
    /// The logo, on a light tile where it would vanish on the ground.
    Logo {
        tile: Option<Color>,
    },
    Words(&'static str, Words),
    /// The price, and beside it the one before.
    Price(Words, Option<Words>),
}

/// Rows with their boxes, and where they end.
fn lay_out(take: &Take<'_>) -> (Vec<(Row, Area)>, f64) {
    let frame = &take.script.frame;
    let rows = rows(take);
    let total: f64 = rows.iter().map(|r| r.height).sum();
    let most = if frame.shape == Shape::Tall { 0.0108 } else { 0.0165 };
    let unit = (frame.card.h / total.max(0.01)).min(most);
    let spare = if frame.shape == Shape::Tall { 0.0 } else { (frame.card.h - total * unit) / 2.0 };
    let mut y = frame.card.y + spare;
    let mut out = Vec::new();
    for row in rows {
        let height = row.height * unit;
        out.push((row, Area { x: frame.card.x, y, w: frame.card.w, h: 0.0 }));
        if let Some((row, area)) = out.last_mut() {
            area.h = row.height * unit * 0.87;
        }
        y += height;
    }
    (out, y)
}

impl Row {
    fn pieces(self, take: &Take<'_>, area: Area, align: Align) -> Vec<(&'static str, Content, Area, Align)> {
        match self.what {
            What::Words(name, words) => vec![(name, Content::Text(words), area, align)],
            What::Logo { tile } => logo(take, tile, area, align),
            What::Price(price, before) => prices(take, price, before, area, align),
        }
    }
}

fn logo(
    take: &Take<'_>,
    tile: Option<Color>,
    area: Area,
    align: Align,
) -> Vec<(&'static str, Content, Area, Align)> {
    let picture = || Content::Picture { picture: "logo".into() };
    let Some(color) = tile else { return vec![("logo", picture(), area, align)] };
    let canvas = take.script.pictures.logo.as_deref();
    let ratio = canvas
        .and_then(|c| image::bounds(c, 8))
        .map_or(1.0, |(_, _, w, h)| f64::from(w) / f64::from(h.max(1)));
    let size = take.script.frame.size;
    let px = f64::from(size.height) / f64::from(size.width);
    let (high, wide) = (area.h * 0.74, area.h * 0.74 * ratio);
    let pad = area.h * 0.13;
    let width = ((wide + 2.0 * pad) * px).min(area.w);
    let x = match align.x {
        Along::Start => area.x,
        Along::Middle => area.x + (area.w - width) / 2.0,
        Along::End => area.x + area.w - width,
    };
    let inner = Area { x: x + pad * px, y: area.y + pad, w: width - 2.0 * pad * px, h: high };
    let short = f64::from(size.width.min(size.height));
    let radius = area.h * f64::from(size.height) / short * 0.22;
    vec![
        ("logo-tile", Content::Panel { color, radius }, Area { x, w: width, ..area }, align),
        ("logo", picture(), inner, Align::default()),
    ]
}

fn prices(
    take: &Take<'_>,
    price: Words,
    before: Option<Words>,
    area: Area,
    align: Align,
) -> Vec<(&'static str, Content, Area, Align)> {
    let Some(before) = before else { return vec![("price", Content::Text(price), area, align)] };
    let size = take.script.frame.size;
    let short = f64::from(size.width.min(size.height)) / f64::from(size.width);
    // Digits are about 0.62 em wide.
    let width = |words: &Words| words.text.chars().count() as f64 * words.size * short * 0.64;
    let (first, gap, second) = (width(&price), 0.03 * short, width(&before));
    let x = if align.x == Along::Middle { area.x + (area.w - first - gap - second) / 2.0 } else { area.x };
    let start = Align { x: Along::Start, y: Along::Middle };
    let left = Area { x, w: (first + gap).min(area.w), ..area };
    let right =
        Area { x: x + first + gap, y: area.y + area.h * 0.1, w: second.max(0.05) + gap, h: area.h * 0.9 };
    vec![("price", Content::Text(price), left, start), ("list-price", Content::Text(before), right, start)]
}

fn rows(take: &Take<'_>) -> Vec<Row> {
    let script = take.script;
    let (closing, ground) = (script.closing, script.palette.primary);
    let color = readable_on(ground, script.palette.dark);
    let soft = ground.mix(color, 0.84);
    let row = |name, words: Words, height| Row { what: What::Words(name, words), height, pops: false };
    let line = |text: &str, size: f64, color| Words {
        size,
        min_size: 0.022,
        color,
        max_lines: Some(2),
        ..Words::of(text)
    };
    let mut rows = Vec::new();
    match script.pictures.logo.as_deref().and_then(ink) {
        Some(ink) => {
            let tile = (ink.contrast(ground) < 2.2).then_some(script.palette.light);
            rows.push(Row { what: What::Logo { tile }, height: 8.0, pops: false });
        }
        None => rows.push(row(
            "brand",
            Words { weight: 600, letter_spacing: 0.06, ..line(&closing.brand, 0.046, soft) },
            5.0,
        )),
    }
    let title =
        Words { font: FontUse::Heading, weight: 700, line_height: 1.16, ..line(&title(take), 0.09, color) };
    rows.push(row("title", title, 11.5));
    if let Some(offer) = &closing.offer {
        rows.push(row("offer", Words { max_lines: Some(3), ..line(offer, 0.046, soft) }, 5.0));
    }
    if let Some(code) = &closing.code {
        let chip = Plate { color, opacity: 0.14, padding: [0.6, 0.3], radius: 0.4 };
        rows.push(row(
            "code",
            Words {
                weight: 600,
                letter_spacing: 0.08,
                plate: Some(chip),
                max_lines: Some(1),
                ..line(code, 0.038, color)
            },
            5.2,
        ));
    }
    if let Some(price) = &closing.price {
        let price =
            Words { font: FontUse::Heading, weight: 700, max_lines: Some(1), ..line(price, 0.092, color) };
        let before = closing.list_price.as_ref().map(|text| Words {
            strike: true,
            max_lines: Some(1),
            ..line(text, 0.046, soft)
        });
        rows.push(Row { what: What::Price(price, before), height: 7.0, pops: false });
    }
    rows.push(Row { what: What::Words("call", button(take)), height: 8.5, pops: true });
    if let Some(legal) = &closing.legal {
        let size = take.script.frame.size;
        let short = f64::from(size.width.min(size.height));
        let em = if script.locale.is_chinese() { 1.0 } else { 0.54 };
        let width = legal.chars().count() as f64 * em * 0.026 * short;
        let lines = (width / (script.frame.card.w * f64::from(size.width))).ceil().clamp(1.0, 4.0);
        let words = Words { min_size: 0.016, max_lines: Some(4), ..line(legal, 0.026, soft) };
        rows.push(row("legal", words, 1.0 + 2.0 * lines));
    }
    rows
}

/// The headline, unless it only says what the button says; then the message of the campaign, else the product's name.
fn title(take: &Take<'_>) -> String {
    let closing = take.script.closing;
    let (own, call) = (take.scene.headline.trim(), letters(&closing.call));
    let most = if take.script.locale.is_chinese() { 18 } else { 48 };
    let title = if !own.is_empty() && !letters(own).contains(&call) {
        own
    } else if closing.message.chars().count() <= most {
        &closing.message
    } else {
        &closing.product
    };
    if take.script.locale.is_chinese() { title.replace(['，', '；'], "\n") } else { title.to_owned() }
}

fn button(take: &Take<'_>) -> Words {
    let script = take.script;
    let mut words = badge(script, &script.closing.call, 0.056);
    words.weight = 600;
    let shape = |color| Plate { color, opacity: 1.0, padding: [0.9, 0.42], radius: 1.0 };
    // On a ground of nearly the same colour the button is the ground's opposite.
    if script.palette.accent.contrast(script.palette.primary) < 1.6 {
        let ground = readable_on(script.palette.primary, script.palette.dark);
        words.color = script.palette.primary;
        words.plate = Some(shape(ground));
    } else {
        words.plate = Some(shape(script.palette.accent));
    }
    words
}
