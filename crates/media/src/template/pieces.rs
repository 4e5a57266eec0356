//! What is drawn besides stacks of text: product, logo, framed photos, the lines at the foot.

use super::{
    Halign, Placed, Shape, Valign,
    compose::Board,
    contrast::{READABLE, Under},
};
use crate::{
    Canvas, Color, Error,
    color::ratio,
    image::{blur, contain, cover, focus, ground_shadow},
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
            framed(&mut board.canvas, photo, rect, radius, focus(photo));
            board.note("product", rect);
        }
        return;
    };
    let rect = scene.min_fill.map_or(rect, |fill| filling(board.frame, rect, fill));
    let small = contain(&cut.canvas, rect.2.max(1.0) as u32, rect.3.max(1.0) as u32);
    let (w, h) = (small.width() as f32, small.height() as f32);
    let (x, y) = align_in(rect, (w, h), halign, valign, scene.locale.is_right_to_left());
    let (x, y) = (x.round(), y.round());
    if shadow {
        let ground = Under::of(&board.canvas, (x, y + h * 0.9, w, h * 0.1));
        // On a dark ground a shadow is hardly seen; it needs more strength, and the ground's own hue.
        let strength = if ground.light < 0.2 { 1.0 } else { 0.85 };
        let tint = scene.palette.text.mix(Color::BLACK, 0.55);
        ground_shadow(&mut board.canvas, cut, (x, y, w, h), tint, strength);
    }
    board.canvas.over(&small, x as i32, y as i32, 1.0);
    board.note("product", (x, y, w, h));
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
    focus: (f32, f32),
) {
    let (width, height) = (w.round().max(1.0) as u32, h.round().max(1.0) as u32);
    let mut filled = cover(photo, width, height, focus);
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
    let Some(picture) = picture.map(trimmed) else { return wordmark(board, rect, (halign, valign)) };
    let small = contain(&picture, rect.2.max(1.0) as u32, rect.3.max(1.0) as u32);
    let size = (small.width() as f32, small.height() as f32);
    let (x, y) = align_in(rect, size, halign, valign, mirrored);
    let (x, y) = (x.round(), y.round());
    let place = (x, y, size.0, size.1);
    let under = Under::of(&board.canvas, place);
    let own = darkest_and_lightest(&small);
    // A logo needs less contrast than text (WCAG excepts it), but it must be seen: all of its parts.
    let seen = own.iter().map(|l| ratio(*l, under.dark).min(ratio(*l, under.light))).fold(f32::MAX, f32::min);
    let drawn = if seen >= 2.2 || crate::image::encode::is_opaque(&small) {
        small
    } else {
        let (ink, contrast) = board.ink(under);
        if contrast < 3.0 {
            veil(
                &mut board.canvas,
                place,
                board.unit * 2.0,
                ink.contrast(Color::WHITE) > ink.contrast(Color::BLACK),
                0.6,
            );
        }
        one_colour(&small, ink)
    };
    board.canvas.over(&drawn, x as i32, y as i32, 1.0);
    board.note("logo", place);
    Ok(())
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
    let room = Room { width: rect.2, height: rect.3, min: 6.0, max: (rect.3 * 0.92).max(6.0), lines: 1 };
    let mut block = named(text::fit(board.fonts, scene.brand, &style, &room), board.template, "logo")?;
    let (x, y) = align_in(rect, (block.width, block.height), halign, valign, scene.locale.is_right_to_left());
    let place = (x, y, block.width, block.height);
    let (ink, contrast) = board.ink(Under::of(&board.canvas, place));
    block.color = ink;
    block.draw(&mut board.canvas, x, y);
    board.boxes.push(Placed {
        name: "logo".into(),
        rect: place,
        lines: vec![scene.brand.into()],
        text_size: Some(block.size),
        contrast: Some(contrast),
    });
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

/// Without its clear margins: the template gives the clear space.
fn trimmed(logo: &Canvas) -> Canvas {
    crate::image::bounds(logo, 8)
        .map_or_else(|| logo.clone(), |(x, y, w, h)| logo.crop(x as i32, y as i32, w, h))
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

/// A soft cloud of light (or darkness) under something that could not be read otherwise.
pub(super) fn veil(canvas: &mut Canvas, (x, y, w, h): Rect, soft: f32, light: bool, alpha: f32) {
    let margin = (soft * 3.0).ceil();
    let mut cloud = Canvas::new((w + margin * 4.0) as u32 + 1, (h + margin * 4.0) as u32 + 1, Color::CLEAR);
    let color = if light { Color::WHITE } else { Color::rgb(8, 10, 12) };
    shape::rect(&mut cloud, margin, margin, w + margin * 2.0, h + margin * 2.0, margin, color.alpha(alpha));
    blur(&mut cloud, soft * 1.4);
    canvas.over(&cloud, (x - margin * 2.0).round() as i32, (y - margin * 2.0).round() as i32, 1.0);
}

/// What stands at the foot of a design: the label that a model made it, and the lines of the law. Everything else
/// moves up for it.
pub(super) struct Footer {
    label: Option<TextBlock>,
    legal: Option<TextBlock>,
    /// Room that it takes, in px.
    pub(super) height: f32,
}

/// GB 45438-2025 asks for 5 % of the short side as glyph height; Chinese glyphs fill about 0.9 of the em, so 6 %.
const LABEL: f32 = 6.0;

impl Footer {
    pub(super) fn plan(board: &Board<'_>) -> Result<Self, Error> {
        let scene = board.scene;
        let (left, right) = board.column;
        let style =
            TextStyle { weight: 500, locale: Some(scene.locale.clone()), ..TextStyle::new(Family::Body) };
        let label = match scene.ai_label {
            Some(words) => {
                let size = (board.unit * LABEL).max(10.0);
                Some(text::layout(board.fonts, words, &TextStyle { size, ..style.clone() }, board.frame.2)?)
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
                veil(&mut board.canvas, place, board.unit, light, 0.8);
                under = Under::of(&board.canvas, place);
            }
            let (ink, contrast) = board.ink(under);
            // The law's lines are quiet where they can afford it.
            let quiet = ink.alpha(0.72);
            block.color = if name == "legal" && contrast > 9.0 { quiet } else { ink };
            block.draw(&mut board.canvas, x, y);
            let lines = block.texts().into_iter().map(str::to_owned).collect();
            board.boxes.push(Placed {
                name: name.into(),
                rect: place,
                lines,
                text_size: Some(block.size),
                contrast: Some(contrast),
            });
        }
        if self.height == 0.0 && !board.scene.legal.is_empty() && board.scene.required_background.is_none() {
            board.omitted.push("legal".into());
        }
        Ok(())
    }
}
