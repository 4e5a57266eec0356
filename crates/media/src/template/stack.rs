//! Texts and buttons below each other: they shrink together until they fit, give up what may be given up,
//! and choose colours that can be read on the pixels under them.

use super::{
    Halign, Item, Paint, Placed, Say, Valign,
    compose::Board,
    contrast::{READABLE, Under},
    pieces::{align_in, named, veil},
};
use crate::{
    Color, Error, shape,
    text::{self, Align, Room, TextBlock, TextStyle},
};

/// Something laid out, not yet placed.
struct Made {
    name: &'static str,
    kind: Kind,
    width: f32,
    height: f32,
    gap: f32,
    color: Paint,
}

#[allow(clippy::large_enum_variant, reason = "a stack has a handful of pieces, and a price is one of them")]
enum Kind {
    Text(TextBlock),
    Button(TextBlock, f32),
    Price { sign: TextBlock, amount: TextBlock, list: Option<TextBlock> },
    Rule,
}

/// Smaller than this nobody reads it, in px.
const LEGIBLE: f32 = 9.0;
/// Each side of a button beside its words, in em.
const SIDE: f32 = 1.15;
/// Steps of shrinking.
const STEPS: u32 = 14;

/// Draws a stack in its box.
pub(super) fn draw(
    board: &mut Board<'_>,
    name: &str,
    rect: (f32, f32, f32, f32),
    (halign, valign): (Halign, Valign),
    items: &[Item],
) -> Result<(), Error> {
    let made = fit(board, name, rect, halign, items)?;
    let height: f32 = made.iter().map(|m| m.gap + m.height).sum();
    let width = made.iter().map(|m| m.width).fold(0.0, f32::max);
    let mirrored = board.scene.locale.is_right_to_left();
    let (left, top) = align_in(rect, (width, height), halign, valign, mirrored);
    make_readable(board, (left, top, width, height), &made);
    let mut y = top;
    for one in made {
        y += one.gap;
        let (x, _) =
            align_in((left, y, width, one.height), (one.width, one.height), halign, Valign::Top, mirrored);
        let step = one.height;
        place(board, one, x, y);
        y += step;
    }
    Ok(())
}

/// Lays everything out, smaller and smaller, then without what may be dropped, until it fits.
fn fit(
    board: &mut Board<'_>,
    name: &str,
    rect: (f32, f32, f32, f32),
    halign: Halign,
    items: &[Item],
) -> Result<Vec<Made>, Error> {
    let mut kept: Vec<&Item> = items.iter().filter(|item| says(board, item)).collect();
    let mut last = None;
    loop {
        for step in 0..=STEPS {
            let scale = 1.0 - step as f32 / STEPS as f32 * 0.55;
            match lay_out(board, rect, halign, &kept, scale) {
                Ok(made) if made.iter().map(|m| m.gap + m.height).sum::<f32>() <= rect.3 + 0.5 => {
                    return Ok(made);
                }
                Ok(_) => {}
                Err(e @ Error::TooLong { .. }) => last = Some(e),
                Err(e) => return Err(e),
            }
        }
        let Some((n, _)) = kept
            .iter()
            .enumerate()
            .filter_map(|(n, i)| Some((n, drop_rank(i)?)))
            .min_by_key(|(_, rank)| *rank)
        else {
            let text = kept.iter().find_map(|i| said(board, i)).unwrap_or_default();
            let unknown = Error::TooLong { text, place: "its box".into(), fits: 0 };
            return named(Err(last.unwrap_or(unknown)), board.template, name).map(|_| Vec::new());
        };
        board.omitted.push(item_name(kept[n]).to_owned());
        kept.remove(n);
    }
}

fn lay_out(
    board: &Board<'_>,
    rect: (f32, f32, f32, f32),
    halign: Halign,
    items: &[&Item],
    scale: f32,
) -> Result<Vec<Made>, Error> {
    let mut made = Vec::new();
    for item in items {
        let mut one = lay_out_one(board, rect, halign, item, scale)?;
        if made.is_empty() {
            one.gap = 0.0;
        }
        made.push(one);
    }
    Ok(made)
}

fn lay_out_one(
    board: &Board<'_>,
    rect: (f32, f32, f32, f32),
    halign: Halign,
    item: &Item,
    scale: f32,
) -> Result<Made, Error> {
    let unit = board.unit;
    let name = item_name(item);
    let align = match halign {
        Halign::Start => Align::Start,
        Halign::Center => Align::Center,
        Halign::End => Align::End,
    };
    let base = |family, weight| TextStyle {
        weight,
        align,
        locale: Some(board.scene.locale.clone()),
        ..TextStyle::new(family)
    };
    let sizes = |min: f32, max: f32| {
        let min = (min * unit).max(LEGIBLE);
        (min, (max * unit * scale).max(min))
    };
    match item {
        Item::Text { say, family, weight, max, min, lines, line_height, spacing, color, gap, .. } => {
            let (min, max) = sizes(*min, *max);
            let words = said(board, item).unwrap_or_default();
            let chinese = board.scene.locale.is_chinese();
            // Chinese wants more air between lines and less between characters.
            let line_height = if chinese { line_height + 0.1 } else { *line_height };
            let style = TextStyle {
                line_height,
                letter_spacing: if chinese { spacing * 0.5 } else { *spacing },
                ..base(*family, *weight)
            };
            let room = Room { width: rect.2, height: rect.3, min, max, lines: *lines };
            let fitted = match named(text::fit(board.fonts, &words, &style, &room), board.template, name) {
                Err(Error::TooLong { .. })
                    if *say == Say::Headline && !board.scene.words.headline_short.is_empty() =>
                {
                    named(
                        text::fit(board.fonts, &board.scene.words.headline_short, &style, &room),
                        board.template,
                        name,
                    )?
                }
                fitted => fitted?,
            };
            let (top, bottom) = fitted.optical();
            Ok(Made {
                name,
                width: fitted.width,
                height: bottom - top,
                gap: gap * unit * scale,
                color: *color,
                kind: Kind::Text(fitted),
            })
        }
        Item::Button { max, min, color, gap, .. } => {
            let (min, max) = sizes(*min, *max);
            let style = base(text::Family::Body, 600);
            // Letters and the pill's two sides share the width.
            let wide = text::layout(
                board.fonts,
                board.scene.call_to_action,
                &TextStyle { size: 100.0, ..style.clone() },
                f32::MAX,
            )?
            .width
                / 100.0;
            let size = max.min(rect.2 / (wide + SIDE * 2.0));
            if size < min {
                let fits = (rect.2 / min - SIDE * 2.0).max(0.0) / wide
                    * board.scene.call_to_action.chars().count() as f32;
                return Err(Error::TooLong {
                    text: board.scene.call_to_action.to_owned(),
                    place: format!("`button` of {}", board.template),
                    fits: fits as usize,
                });
            }
            let words = text::layout(
                board.fonts,
                board.scene.call_to_action,
                &TextStyle { size, ..style },
                f32::MAX,
            )?;
            let (pad, tall) = (size * SIDE, size * 2.5);
            Ok(Made {
                name,
                width: words.width + pad * 2.0,
                height: tall,
                gap: gap * unit * scale,
                color: *color,
                kind: Kind::Button(words, pad),
            })
        }
        Item::Price { max, min, color, gap } => {
            let (min, max) = sizes(*min, *max);
            price(board, rect.2, (min, max)).map(|(kind, width, height)| Made {
                name,
                width,
                height,
                gap: gap * unit * scale,
                color: *color,
                kind,
            })
        }
        Item::Rule { length, thick, color, gap } => Ok(Made {
            name,
            width: length * unit,
            height: (thick * unit).max(1.0),
            gap: gap * unit * scale,
            color: *color,
            kind: Kind::Rule,
        }),
    }
}

/// Large figures, a small sign at their top, the old price beside them.
fn price(board: &Board<'_>, width: f32, (min, max): (f32, f32)) -> Result<(Kind, f32, f32), Error> {
    let tag = board.scene.price.cloned().unwrap_or_else(|| super::PriceTag {
        sign: String::new(),
        amount: String::new(),
        list: None,
    });
    let style = |family, weight, size| TextStyle {
        weight,
        size,
        tabular: false,
        locale: Some(board.scene.locale.clone()),
        ..TextStyle::new(family)
    };
    let at = |size: f32| -> Result<(Kind, f32, f32), Error> {
        let wide = f32::MAX / 4.0;
        let amount = text::layout(
            board.fonts,
            &tag.amount,
            &TextStyle { letter_spacing: -0.02, ..style(text::Family::Heading, 700, size) },
            wide,
        )?;
        let sign =
            text::layout(board.fonts, &tag.sign, &style(text::Family::Heading, 600, size * 0.46), wide)?;
        let old = TextStyle { strike: true, ..style(text::Family::Body, 500, (size * 0.27).max(LEGIBLE)) };
        let list = tag.list.as_ref().map(|list| text::layout(board.fonts, list, &old, wide)).transpose()?;
        let width =
            sign.width + size * 0.06 + amount.width + list.as_ref().map_or(0.0, |l| size * 0.22 + l.width);
        let (top, bottom) = amount.optical();
        Ok((Kind::Price { sign, amount, list }, width, bottom - top))
    };
    let mut size = max;
    loop {
        let made = at(size)?;
        if made.1 <= width {
            return Ok(made);
        }
        if size <= min {
            return Err(Error::TooLong {
                text: format!("{}{}", tag.sign, tag.amount),
                place: format!("`price` of {}", board.template),
                fits: 0,
            });
        }
        size = (size * 0.94).max(min);
    }
}

/// The colours of a button and its words: white words where the brand's colour, or one a shade deeper, carries them.
fn pill(wanted: Color, dark: Color) -> (Color, Color) {
    let [l, ..] = wanted.oklab();
    let deeper = (0..=10)
        .map(|step| if step == 0 { wanted } else { wanted.lightness(l - step as f32 * 0.01) })
        .find(|c| c.contrast(Color::WHITE) >= READABLE);
    match deeper {
        Some(pill) => (pill, Color::WHITE),
        None if dark.contrast(wanted) >= READABLE => (wanted, dark),
        None => (wanted, Color::BLACK),
    }
}

/// Puts a soft veil under the texts that stand on the picture itself, if neither dark nor light can be read there.
fn make_readable(board: &mut Board<'_>, rect: (f32, f32, f32, f32), made: &[Made]) {
    let texts = made.iter().any(|m| matches!(m.kind, Kind::Text(_) | Kind::Price { .. }));
    if !texts {
        return;
    }
    let under = Under::of(&board.canvas, rect);
    if board.ink(under).1 >= READABLE {
        return;
    }
    let light = (under.dark + under.light) / 2.0 > 0.35;
    for step in 1..=8 {
        let before = board.canvas.clone();
        veil(&mut board.canvas, rect, board.unit * 3.0, light, 0.2 + step as f32 * 0.09);
        if board.ink(Under::of(&board.canvas, rect)).1 >= READABLE || step == 8 {
            return;
        }
        board.canvas = before;
    }
}

fn place(board: &mut Board<'_>, made: Made, x: f32, y: f32) {
    let rect = (x, y, made.width, made.height);
    let scene = board.scene;
    let wanted = made.color.color(&scene.palette, scene.required_background);
    let choose = |board: &Board<'_>| {
        let under = Under::of(&board.canvas, rect);
        let color = if made.color.is_ink() { None } else { under.readable(wanted) };
        color.map_or_else(|| board.ink(under), |c| (c, under.with(c)))
    };
    let (mut color, mut contrast) = choose(board);
    let stands_on_picture = matches!(made.kind, Kind::Text(_) | Kind::Price { .. });
    for _ in 0..6 {
        if contrast >= READABLE || !stands_on_picture {
            break;
        }
        veil(&mut board.canvas, rect, board.unit * 1.6, color.luminance() < 0.4, 0.3);
        (color, contrast) = choose(board);
    }
    let under = Under::of(&board.canvas, rect);
    match made.kind {
        Kind::Rule => {
            shape::rect(&mut board.canvas, x, y, made.width, made.height, made.height / 2.0, wanted);
        }
        Kind::Text(mut block) => {
            block.color = color;
            block.draw(&mut board.canvas, x, y - block.optical().0);
            note(board, made.name, rect, &block, contrast);
        }
        Kind::Button(mut block, pad) => {
            let (pill, words) = pill(wanted, scene.palette.text);
            shape::rect(&mut board.canvas, x, y, made.width, made.height, made.height / 2.0, pill);
            block.color = words;
            let (top, bottom) = block.optical();
            block.draw(&mut board.canvas, x + pad, y + (made.height - (bottom - top)) / 2.0 - top);
            note(board, made.name, rect, &block, words.contrast(pill));
        }
        Kind::Price { mut sign, mut amount, mut list } => {
            let size = amount.size;
            let (top, bottom) = amount.optical();
            let baseline = y - top + (amount.lines.first().map_or(bottom, |l| l.baseline));
            (sign.color, amount.color) = (color, color);
            sign.draw(&mut board.canvas, x, y - sign.optical().0);
            let left = x + sign.width + size * 0.06;
            amount.draw(&mut board.canvas, left, y - top);
            if let Some(list) = &mut list {
                let own = list.lines.first().map_or(0.0, |l| l.baseline);
                list.color = board.ink(under).0.alpha(0.78);
                list.draw(&mut board.canvas, left + amount.width + size * 0.22, baseline - own);
            }
            note(board, made.name, rect, &amount, contrast);
        }
    }
}

fn note(board: &mut Board<'_>, name: &str, rect: (f32, f32, f32, f32), block: &TextBlock, contrast: f32) {
    let lines = block.texts().into_iter().map(str::to_owned).collect();
    board.boxes.push(Placed {
        name: name.into(),
        rect,
        lines,
        text_size: Some(block.size),
        contrast: Some(contrast),
    });
}

/// Has this piece something to say?
fn says(board: &Board<'_>, item: &Item) -> bool {
    match item {
        Item::Text { .. } => said(board, item).is_some(),
        Item::Price { .. } => board.scene.price.is_some(),
        Item::Button { .. } => !board.scene.call_to_action.trim().is_empty(),
        Item::Rule { .. } => true,
    }
}

/// The words of a text.
fn said(board: &Board<'_>, item: &Item) -> Option<String> {
    let Item::Text { say, caps, .. } = item else { return None };
    let (scene, words) = (board.scene, board.scene.words);
    let text = match say {
        Say::Headline => words.headline.clone(),
        Say::HeadlineShort if words.headline_short.is_empty() => words.headline.clone(),
        Say::HeadlineShort => words.headline_short.clone(),
        Say::Subline => words.subline.clone(),
        Say::Kicker => words.kicker.clone(),
        Say::Quote if words.quote.is_empty() => words.headline.clone(),
        Say::Quote => words.quote.clone(),
        Say::QuoteSource => words.quote_source.clone(),
        Say::Bullets => words.bullets.iter().take(3).cloned().collect::<Vec<_>>().join("\n"),
        Say::Offer => scene.offer.unwrap_or_default().to_owned(),
        Say::Brand => scene.brand.to_owned(),
        Say::QuoteMark => "“".to_owned(),
    };
    let text = text.trim();
    (!text.is_empty()).then(|| if *caps { text.to_uppercase() } else { text.to_owned() })
}

fn drop_rank(item: &Item) -> Option<u8> {
    match item {
        Item::Text { drop, .. } | Item::Button { drop, .. } => *drop,
        Item::Rule { .. } => Some(0),
        Item::Price { .. } => None,
    }
}

fn item_name(item: &Item) -> &'static str {
    match item {
        Item::Text { say, .. } => match say {
            Say::Headline | Say::HeadlineShort => "headline",
            Say::Subline => "subline",
            Say::Kicker => "kicker",
            Say::Quote => "quote",
            Say::QuoteSource => "quote_source",
            Say::Bullets => "bullets",
            Say::Offer => "offer",
            Say::Brand => "brand",
            Say::QuoteMark => "quote_mark",
        },
        Item::Price { .. } => "price",
        Item::Button { .. } => "button",
        Item::Rule { .. } => "rule",
    }
}
