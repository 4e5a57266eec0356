//! What is drawn besides stacks of text: product, logo, framed photos, the lines at the foot.

use super::{
    Halign, Shape, Valign,
    compose::Board,
    contrast::{READABLE, Under},
    veil::Veil,
};
use crate::{
    Canvas, Color, Error,
    color::ratio,
    image::{
        Extend, Subject, contain, contained, fill, focus, ground_shadow, palette, resize, resize_part,
        subject,
    },
    shape,
    text::{self, Family, Room, TextBlock, TextStyle},
};

type Rect = (f32, f32, f32, f32);

/// Where something of this size stands in a box.
pub(super) fn align_in(
    (x, y, w, h): Rect,
    (width, height): (f32, f32),
    halign: Halign,
    valign: Valign,
    mirrored: bool,
) -> (f32, f32) {
    let left = match (halign, mirrored) {
        (Halign::Center, _) => x + (w - width) / 2.0,
        (Halign::Start, false) | (Halign::End, true) => x,
        (Halign::End, false) | (Halign::Start, true) => x + w - width,
    };
    let top = match valign {
        Valign::Top => y,
        Valign::Middle => y + (h - height) / 2.0,
        Valign::Bottom => y + h - height,
    };
    (left, top)
}

/// The product: cut out on the ground, or as a framed photo.
pub(super) fn product(board: &mut Board<'_>, rect: Rect, shadow: bool, halign: Halign, valign: Valign) {
    let scene = board.scene;
    let Some(cut) = scene.product else {
        if let Some(photo) = scene.product_photo.or(scene.photo) {
            let radius = board.unit * 2.5;
            if board.pen.paints() {
                let subject = (focus(photo), subject(photo), Extend::Auto);
                framed(&mut board.canvas, photo, rect, radius, subject);
            }
            board.note("product", rect);
        }
        return;
    };
    let rect = match scene.min_fill {
        Some(fill) => filling(board.frame, rect, fill),
        None => clear_of_words(board, &cut.canvas, rect, (halign, valign)),
    };
    let (wide, high) = contained(cut.canvas.size(), rect.2.max(1.0) as u32, rect.3.max(1.0) as u32);
    let (w, h) = (wide as f32, high as f32);
    let (x, y) = align_in(rect, (w, h), halign, valign, scene.locale.is_right_to_left());
    let (x, y) = (x.round(), y.round());
    board.note("product", (x, y, w, h));
    if !board.pen.paints() {
        return;
    }
    if shadow {
        let ground = Under::of(&board.canvas, (x, y + h * 0.9, w, h * 0.1));
        // On a dark ground a shadow is hardly seen; it needs more strength, and the ground's own hue.
        let strength = if ground.light < 0.2 { 1.0 } else { 0.85 };
        let tint = scene.palette.text.mix(Color::BLACK, 0.55);
        ground_shadow(&mut board.canvas, cut, (x, y, w, h), tint, strength);
    }
    board.canvas.over(&resize(&cut.canvas, wide, high), x as i32, y as i32, 1.0);
}

/// The part of an area in which the product stands clear of the words; the whole area where too little of it would be left.
fn clear_of_words(
    board: &Board<'_>,
    product: &Canvas,
    area: Rect,
    (halign, valign): (Halign, Valign),
) -> Rect {
    const LEAST: f32 = 0.55;
    let mirrored = board.scene.locale.is_right_to_left();
    let stands = |area: Rect| {
        let (w, h) = contained(product.size(), area.2.max(1.0) as u32, area.3.max(1.0) as u32);
        let (x, y) = align_in(area, (w as f32, h as f32), halign, valign, mirrored);
        (x, y, w as f32, h as f32)
    };
    let gap = board.unit * 2.0;
    let words = || board.words.iter().copied();
    let mut room = area;
    for _ in 0..4 {
        let at = stands(room);
        let Some((x, y, w, h)) = words().find(|word| touches(at, *word, -board.unit)) else { break };
        let (left, top, right, bottom) = (room.0, room.1, room.0 + room.2, room.1 + room.3);
        let parts = [
            (x + w + gap, top, right - x - w - gap, room.3),
            (left, top, x - gap - left, room.3),
            (left, y + h + gap, room.2, bottom - y - h - gap),
            (left, top, room.2, y - gap - top),
        ];
        let largest = parts
            .into_iter()
            .filter(|p| p.2 > 1.0 && p.3 > 1.0)
            .max_by(|a, b| stands(*a).3.total_cmp(&stands(*b).3));
        let Some(part) = largest else { return area };
        room = part;
    }
    let clear = words().all(|word| !touches(stands(room), word, -board.unit));
    if clear && stands(room).3 >= stands(area).3 * LEAST { room } else { area }
}

/// Do two lie on each other, with so much between them or more?
fn touches(a: Rect, b: Rect, between: f32) -> bool {
    a.0 < b.0 + b.2 + between
        && b.0 < a.0 + a.2 + between
        && a.1 < b.1 + b.3 + between
        && b.1 < a.1 + a.3 + between
}

/// The area, made larger around the frame's middle until its sides are the demanded share of the frame's.
fn filling((x, y, w, h): Rect, area: Rect, fill: f32) -> Rect {
    // A hair more than demanded: the cut-out's soft edge does not count for every platform.
    let (wide, high) = (area.2.max(w * (fill + 0.01).min(1.0)), area.3.max(h * (fill + 0.01).min(1.0)));
    (x + (w - wide) / 2.0, y + (h - high) / 2.0, wide, high)
}

/// A photo that fills a rectangle with rounded corners.
pub(super) fn framed(
    canvas: &mut Canvas,
    photo: &Canvas,
    (x, y, w, h): Rect,
    radius: f32,
    (focus, subject, extend): ((f32, f32), Option<Subject>, Extend),
) {
    let (width, height) = (w.round().max(1.0) as u32, h.round().max(1.0) as u32);
    let mut filled = fill(photo, (width, height), focus, subject, extend);
    if radius > 0.0 {
        let mut mask = Canvas::new(width, height, Color::CLEAR);
        shape::rect(&mut mask, 0.0, 0.0, w, h, radius, Color::WHITE);
        for (p, m) in filled.data_mut().as_chunks_mut::<4>().0.iter_mut().zip(mask.data().as_chunks::<4>().0)
        {
            for c in p {
                *c = crate::canvas::div255(u32::from(*c) * u32::from(m[3])) as u8;
            }
        }
    }
    canvas.over(&filled, x.round() as i32, y.round() as i32, 1.0);
}

/// The logo, whichever form fits better; without one, the brand's name.
pub(super) fn logo(
    board: &mut Board<'_>,
    rect: Rect,
    (halign, valign): (Halign, Valign),
) -> Result<(), Error> {
    let scene = board.scene;
    let mirrored = scene.locale.is_right_to_left();
    let wide_box = rect.2 / rect.3.max(1.0) > 1.8;
    let picture = if wide_box { scene.logo_wide.or(scene.logo) } else { scene.logo.or(scene.logo_wide) };
    let Some(picture) = picture else { return wordmark(board, rect, (halign, valign)) };
    // Without its clear margins: the template gives the clear space.
    let part = crate::image::bounds(picture, 8).unwrap_or((0, 0, picture.width(), picture.height()));
    let placed = |(_, _, w, h): Rect| {
        let (wide, high) = contained((part.2, part.3), w.max(1.0) as u32, h.max(1.0) as u32);
        let size = (wide as f32, high as f32);
        let (x, y) = align_in(rect, size, halign, valign, mirrored);
        (x.round(), y.round(), size.0, size.1)
    };
    let place = placed(rect);
    let drawn = |(_, _, w, h): Rect| resize_part(picture, part, w as u32, h as u32);
    if !board.pen.paints() {
        board.note("logo", place);
        return Ok(());
    }
    let under = Under::of(&board.canvas, place);
    let small = drawn(place);
    let own = darkest_and_lightest(&small);
    // A logo needs less contrast than text (WCAG excepts it), but it must be seen: all of its parts.
    let seen = |dark: f32, light: f32| {
        own.iter().map(|l| ratio(*l, dark).min(ratio(*l, light))).fold(f32::MAX, f32::min)
    };
    if seen(under.dark, under.light) >= SEEN || crate::image::encode::is_opaque(&small) {
        board.canvas.over(&small, place.0 as i32, place.1 as i32, 1.0);
    } else if many_coloured(&small) {
        // In one colour it would be a blob: it keeps its colours on a plate of its own.
        let grounds = [scene.palette.background, Color::WHITE, scene.palette.text, Color::BLACK];
        let best = |c: &Color| seen(c.luminance(), c.luminance());
        let plate = grounds
            .iter()
            .find(|c| best(c) >= SEEN)
            .or_else(|| grounds.iter().max_by(|a, b| best(a).total_cmp(&best(b))));
        let margin = (rect.3 * PLATE).min(rect.2 * PLATE);
        let (x, y, w, h) = placed((0.0, 0.0, rect.2 - margin * 2.0, rect.3 - margin * 2.0));
        // The whole plate stays in the logo's place, on the side to which it is aligned.
        let inward = |at: f32, size: f32, from: f32, room: f32| {
            at.clamp(from + margin, (from + room - margin - size).max(from + margin)).round()
        };
        let (x, y) = (inward(x, w, rect.0, rect.2), inward(y, h, rect.1, rect.3));
        let around = (x - margin, y - margin, w + margin * 2.0, h + margin * 2.0);
        let color = plate.copied().unwrap_or(Color::WHITE);
        shape::rect(&mut board.canvas, around.0, around.1, around.2, around.3, margin, color);
        board.canvas.over(&drawn((x, y, w, h)), x as i32, y as i32, 1.0);
        board.note("logo", around);
        return Ok(());
    } else {
        let (ink, contrast) = board.ink(under);
        if contrast < 3.0 {
            let light = ink.contrast(Color::WHITE) > ink.contrast(Color::BLACK);
            Veil::over(place, board.unit * 2.0, light).draw(&mut board.canvas, 0.6);
        }
        board.canvas.over(&one_colour(&small, ink), place.0 as i32, place.1 as i32, 1.0);
    }
    board.note("logo", place);
    Ok(())
}

/// Least contrast of every part of a logo with what is under it.
const SEEN: f32 = 2.2;
/// Space between a logo and the edge of its plate, in heights of its place.
const PLATE: f32 = 0.16;

/// Would it be no longer itself in one colour?
fn many_coloured(logo: &Canvas) -> bool {
    // A small picture of it has the same main colours.
    let small = contain(logo, 40, 40);
    let main: Vec<[f32; 3]> =
        palette(&small, 4).into_iter().filter(|(_, share)| *share > 0.1).map(|(c, _)| c.oklab()).collect();
    let far = |a: &[f32; 3], b: &[f32; 3]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>() > 0.02;
    main.iter().enumerate().any(|(n, a)| main[n + 1..].iter().any(|b| far(a, b)))
}

fn wordmark(board: &mut Board<'_>, rect: Rect, (halign, valign): (Halign, Valign)) -> Result<(), Error> {
    let scene = board.scene;
    if scene.brand.is_empty() {
        return Ok(());
    }
    let style = TextStyle {
        weight: 600,
        letter_spacing: 0.02,
        locale: Some(scene.locale.clone()),
        ..TextStyle::new(Family::Heading)
    };
    let room = Room { width: rect.2, height: rect.3, min: 6.0, max: (rect.3 * 0.8).max(6.0), lines: 1 };
    let mut block = named(text::fit(board.fonts, scene.brand, &style, &room), board.template, "logo")?;
    let (x, y) = align_in(rect, (block.width, block.height), halign, valign, scene.locale.is_right_to_left());
    let place = (x, y, block.width, block.height);
    let (mut ink, mut contrast) = board.ink(Under::of(&board.canvas, place));
    if contrast < READABLE {
        Veil::over(place, board.unit * 1.6, ink.luminance() < 0.4).draw(&mut board.canvas, 0.3);
        (ink, contrast) = board.ink(Under::of(&board.canvas, place));
    }
    block.color = ink;
    board.letter(&block, x, y);
    board.note_words("logo", place, &block, contrast);
    Ok(())
}

/// Puts the place's name into an error about a text.
pub(super) fn named(
    fitted: Result<TextBlock, Error>,
    template: &str,
    place: &str,
) -> Result<TextBlock, Error> {
    fitted.map_err(|e| match e {
        Error::TooLong { text, fits, .. } => {
            Error::TooLong { text, fits, place: format!("`{place}` of {template}") }
        }
        e => e,
    })
}

/// Luminances of the logo's darkest and lightest tenth.
fn darkest_and_lightest(logo: &Canvas) -> [f32; 2] {
    let mut all: Vec<f32> = logo
        .data()
        .as_chunks::<4>()
        .0
        .iter()
        .filter(|p| p[3] > 200)
        .step_by(7)
        .map(|p| Color::rgb(p[0], p[1], p[2]).luminance())
        .collect();
    all.sort_by(f32::total_cmp);
    let at = |share: f32| all.get((all.len() as f32 * share) as usize).copied().unwrap_or(0.5);
    [at(0.1), at(0.9)]
}

/// The same shape in one colour, as logos are reversed on dark grounds.
fn one_colour(logo: &Canvas, color: Color) -> Canvas {
    let mut out = logo.clone();
    for p in out.data_mut().as_chunks_mut::<4>().0 {
        *p = Color { a: p[3], ..color }.premultiplied();
    }
    out
}

/// What stands at the foot of a design: the label that a model made it, and the lines of the law. Everything else
/// moves up for it.
pub(super) struct Footer {
    label: Option<TextBlock>,
    legal: Option<TextBlock>,
    /// Room that it takes, in px.
    pub(super) height: f32,
}

/// GB 45438-2025 asks for 5 % of the short side as glyph height; Chinese glyphs fill about 0.9 of the em, so 6 %. Latin
/// capitals, which fill less, are set larger.
const LABEL: f32 = 6.0;

impl Footer {
    pub(super) fn plan(board: &Board<'_>) -> Result<Self, Error> {
        let scene = board.scene;
        let (left, right) = board.column;
        let style =
            TextStyle { weight: 500, locale: Some(scene.locale.clone()), ..TextStyle::new(Family::Body) };
        let label = match scene.ai_label {
            Some(words) => {
                let set = |size| {
                    text::layout(board.fonts, words, &TextStyle { size, ..style.clone() }, board.frame.2)
                };
                let block = set((board.unit * LABEL).max(10.0))?;
                let low = board.unit * LABEL * 0.9 / block.glyph_height();
                Some(if low > 1.001 { set(block.size * low)? } else { block })
            }
            None => None,
        };
        let thin = matches!(Shape::of(scene.size), Shape::Banner | Shape::Skyscraper)
            || scene.size.width.min(scene.size.height) < 400;
        let legal = match scene.legal.join("  ") {
            words if words.is_empty() || thin || scene.required_background.is_some() => None,
            words => {
                let taken = label.as_ref().map_or(0.0, |l| l.width + board.unit * 3.0);
                // On a phone the picture is as wide as the screen: 1.9 % of it are about 7 points.
                let size = (board.unit * 2.1).max(scene.size.width as f32 * 0.019).max(12.0);
                let room = Room {
                    width: right - left - taken,
                    height: size * 3.0,
                    min: size * 0.9,
                    max: size,
                    lines: 2,
                };
                Some(named(
                    text::fit(board.fonts, &words, &TextStyle { weight: 400, ..style }, &room),
                    board.template,
                    "legal",
                )?)
            }
        };
        let tallest = [&label, &legal].into_iter().flatten().map(|b| b.height).fold(0.0, f32::max);
        let height =
            if tallest > 0.0 { tallest + board.unit * if label.is_some() { 3.0 } else { 1.4 } } else { 0.0 };
        Ok(Self { label, legal, height })
    }

    pub(super) fn draw(self, board: &mut Board<'_>) -> Result<(), Error> {
        let (_, y, _, h) = board.frame;
        let (left, right) = board.column;
        let mirrored = board.scene.locale.is_right_to_left();
        let strip = (left, y + h - board.unit * 1.4, right - left, self.height);
        let has_label = self.label.is_some();
        let legal_at = if board.centred && !has_label { Halign::Center } else { Halign::Start };
        for (name, block, halign) in [("ai_label", self.label, Halign::End), ("legal", self.legal, legal_at)]
        {
            let Some(mut block) = block else { continue };
            let valign = if has_label { Valign::Middle } else { Valign::Top };
            let (x, y) = align_in(strip, (block.width, block.height), halign, valign, mirrored);
            let place = (x, y, block.width, block.height);
            let mut under = Under::of(&board.canvas, place);
            let (_, contrast) = board.ink(under);
            if contrast < READABLE {
                let light = (under.dark + under.light) / 2.0 > 0.4;
                Veil::over(place, board.unit, light).draw(&mut board.canvas, 0.8);
                under = Under::of(&board.canvas, place);
            }
            let (ink, contrast) = board.ink(under);
            // The law's lines are quiet where they can afford it.
            let quiet = ink.alpha(0.72);
            block.color = if name == "legal" && contrast > 9.0 { quiet } else { ink };
            board.letter(&block, x, y);
            board.note_words(name, place, &block, contrast);
        }
        if self.height == 0.0 && !board.scene.legal.is_empty() && board.scene.required_background.is_none() {
            board.omitted.push("legal".into());
        }
        Ok(())
    }
}
