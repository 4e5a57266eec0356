//! The closing card: brand, product, offer, price, what to do next.

use handbill_media::{
    Color,
    video::{
        Easing,
        timeline::{
            Align, Along, Area, Camera, Clip, Content, EntranceKind, FontUse, Overlay, Plate, Pose, Source, Subject,
            Transition, TransitionKind, View, Words,
        },
    },
};

use super::{
    frame::Shape,
    scenes::{Take, badge, entrance, ink, readable_on},
};

/// The card's ground in the brand's colour, with the product on it.
pub(super) fn clip(take: &Take<'_>) -> Clip {
    let script = take.script;
    let frame = &script.frame;
    let (x, y, _, h) = frame.card_product;
    let subjects = script.pictures.product.as_ref().map(|product| {
        let ratio = f64::from(product.width()) / f64::from(product.height().max(1));
        let height = frame.product_height(frame.card_product, ratio) * 0.94;
        let middle = |height: f64| if frame.shape == Shape::Tall { y + h / 2.0 - height / 2.0 } else { y };
        Subject {
            picture: "product".into(),
            from: Pose { x, y: middle(height * 0.97), height: height * 0.97 },
            to: Pose { x, y: middle(height), height },
            easing: Easing::Out,
            shadow: true,
            enter: Some(entrance(EntranceKind::Rise, 900, 150)),
        }
    });
    Clip {
        id: take.scene.id.clone(),
        start_ms: take.start,
        end_ms: take.end,
        source: Source::Still { picture: "card".into() },
        camera: Camera { from: View::default(), to: View { zoom: 1.05, ..View::default() }, easing: Easing::InOut },
        subjects: subjects.into_iter().collect(),
        transition: (take.number > 0).then(|| Transition { kind: TransitionKind::Crossfade, duration_ms: 500, easing: Easing::InOut }),
    }
}

/// The words, one line of thought below the other.
pub(super) fn words(take: &Take<'_>) -> Vec<Overlay> {
    let script = take.script;
    let (frame, closing) = (&script.frame, script.closing);
    let ground = script.palette.primary;
    let color = readable_on(ground, script.palette.dark);
    let soft = ground.mix(color, 0.82);
    let rows = rows(take, color, soft);
    // Rows share the height of the card by weight; what is not there takes none.
    let room: f64 = rows.iter().map(|r| r.height).sum();
    let unit = frame.card.h / room.max(0.01);
    let unit = unit.min(0.0115 * if frame.shape == Shape::Tall { 1.0 } else { 1.55 });
    let align = Align { x: frame.align.x, y: Along::Middle };
    let mut y = frame.card.y + (frame.card.h - room * unit) / 2.0;
    let mut out = Vec::new();
    for (n, row) in rows.into_iter().enumerate() {
        let height = row.height * unit;
        let area = Area { x: frame.card.x, y, w: frame.card.w, h: height * 0.88 };
        let kind = if row.pops { EntranceKind::Pop } else { EntranceKind::Rise };
        let easing = if row.pops { Easing::Back } else { Easing::Settle };
        let enter = super::scenes::entrance(kind, 650, 260 + n as u64 * 130);
        let mut overlay = take.overlay(row.name, row.content, area, enter);
        overlay.align = align;
        overlay.exit = None;
        if let Some(enter) = &mut overlay.enter {
            enter.easing = easing;
        }
        out.push(overlay);
        y += height;
    }
    let _ = closing;
    out
}

struct Row {
    name: &'static str,
    content: Content,
    /// Share of the card's height.
    height: f64,
    pops: bool,
}

fn rows(take: &Take<'_>, color: Color, soft: Color) -> Vec<Row> {
    let script = take.script;
    let closing = script.closing;
    let text = |name, words: Words, height| Row { name, content: Content::Text(words), height, pops: false };
    let line = |text: &str, size: f64, color| Words { size, min_size: 0.024, color, max_lines: Some(2), ..Words::of(text) };
    let mut rows = Vec::new();
    // A logo that cannot be seen on the ground gives way to the brand's name.
    let logo = script.pictures.logo.as_ref().filter(|l| ink(l).is_some_and(|ink| ink.contrast(script.palette.primary) >= 1.5));
    match logo {
        Some(_) => rows.push(Row { name: "logo", content: Content::Picture { picture: "logo".into() }, height: 9.0, pops: false }),
        None => rows.push(text("brand", Words { weight: 600, letter_spacing: 0.06, ..line(&closing.brand, 0.046, soft) }, 5.0)),
    }
    let title = if take.scene.headline.trim().is_empty() { &closing.product } else { &take.scene.headline };
    let title = Words { size: 0.098, min_size: 0.045, font: FontUse::Heading, weight: 700, line_height: 1.16, ..line(title, 0.098, color) };
    rows.push(text("title", title, 12.0));
    if let Some(offer) = &closing.offer {
        let words = match &closing.code {
            Some(code) => format!("{offer}\n{code}"),
            None => offer.clone(),
        };
        rows.push(text("offer", Words { line_height: 1.35, max_lines: Some(3), ..line(&words, 0.046, soft) }, if closing.code.is_some() { 8.5 } else { 5.5 }));
    }
    if let Some(price) = &closing.price {
        let price = Words { font: FontUse::Heading, weight: 700, max_lines: Some(1), ..line(price, 0.088, color) };
        rows.push(text("price", price, 6.5));
        if let Some(before) = &closing.list_price {
            rows.push(text("list-price", Words { strike: true, max_lines: Some(1), ..line(before, 0.04, soft) }, 3.2));
        }
    }
    rows.push(Row { name: "call", content: Content::Text(button(take)), height: 8.5, pops: true });
    if let Some(legal) = &closing.legal {
        rows.push(text("legal", line(legal, 0.026, soft), 3.4));
    }
    rows
}

fn button(take: &Take<'_>) -> Words {
    let script = take.script;
    let mut words = badge(script, &script.closing.call, 0.056);
    words.weight = 600;
    // On a ground of nearly the same colour the button is the ground's opposite.
    if script.palette.accent.contrast(script.palette.primary) < 1.6 {
        let ground = readable_on(script.palette.primary, script.palette.dark);
        words.color = script.palette.primary;
        words.plate = Some(Plate { color: ground, opacity: 1.0, padding: [0.9, 0.42], radius: 1.0 });
    } else if let Some(plate) = &mut words.plate {
        (plate.padding, plate.radius) = ([0.9, 0.42], 1.0);
    }
    words
}
