//! Texts and buttons below each other: they shrink together until they fit, give up what may be given up,
//! and choose colours that can be read on the pixels under them.

use super::{
    Halign, Item, Mark, Paint, Say, Shape, Valign,
    compose::Board,
    contrast::{READABLE, Under},
    pieces::{align_in, named},
    say::{drop_rank, item_name, listed, said, says},
    set::place,
    veil::Veil,
};
use crate::{
    Error,
    text::{self, Align, Room, TextBlock, TextStyle},
};

/// Something laid out, not yet placed.
pub(super) struct Made {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) width: f32,
    pub(super) height: f32,
    pub(super) gap: f32,
    pub(super) color: Paint,
}

#[allow(clippy::large_enum_variant, reason = "a stack has a handful of pieces, and a price is one of them")]
pub(super) enum Kind {
    Text(TextBlock, Option<Paint>),
    /// Words, space beside them, radius.
    Button(TextBlock, f32),
    Tag(TextBlock, f32, f32),
    List(Vec<TextBlock>, Mark),
    Price {
        sign: TextBlock,
        amount: TextBlock,
        list: Option<TextBlock>,
    },
    Rule,
}

/// Smaller than this nobody reads it, in px.
const LEGIBLE: f32 = 9.0;
/// Each side of a button beside its words, in em.
const SIDE: f32 = 1.15;
/// A list's words stand this far from their marks' left edge, in em.
pub(super) const INDENT: f32 = 1.75;
/// Space between the lines of a list, in em.
pub(super) const BETWEEN: f32 = 0.72;
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
    let rect = on_its_seal(board, clear_of_logo(board, rect));
    let made = fit(board, name, rect, halign, items)?;
    let height: f32 = made.iter().map(|m| m.gap + m.height).sum();
    let width = made.iter().map(|m| m.width).fold(0.0, f32::max);
    let mirrored = board.scene.locale.is_right_to_left();
    let (left, top) = align_in(rect, (width, height), halign, valign, mirrored);
    make_readable(board, (left, top, width, height), &made);
    let mut y = top;
    board.room = Some(rect);
    for one in made {
        y += one.gap;
        let (x, _) =
            align_in((left, y, width, one.height), (one.width, one.height), halign, Valign::Top, mirrored);
        let step = one.height;
        place(board, one, x, y)?;
        y += step;
    }
    board.room = None;
    Ok(())
}

/// The part of a room that leaves a logo above it its clear space, as far as a quarter of the room can give it.
fn clear_of_logo(board: &Board<'_>, rect: (f32, f32, f32, f32)) -> (f32, f32, f32, f32) {
    let (x, y, w, h) = rect;
    let Some(logo) = board.boxes.iter().find(|b| b.name == "logo").map(|b| b.rect) else { return rect };
    let beside = logo.0 >= x + w || logo.0 + logo.2 <= x;
    let above = logo.1 + logo.3 / 2.0 < y;
    if beside || !above {
        return rect;
    }
    let due = logo.1 + logo.3 + (logo.3 * 0.4).min(board.unit * 3.0);
    let given = (due - y).clamp(0.0, h / 4.0);
    (x, y + given, w, h - given)
}

/// Width and height of what stands on a seal, in its diameters: the corners stay on it.
const ON_SEAL: (f32, f32) = (0.78, 0.6);

/// The part of a room that lies on the seal under its middle: a seal is round, and smaller where a safe zone takes room.
fn on_its_seal(board: &Board<'_>, rect: (f32, f32, f32, f32)) -> (f32, f32, f32, f32) {
    let (x, y) = (rect.0 + rect.2 / 2.0, rect.1 + rect.3 / 2.0);
    let seals = board.boxes.iter().filter(|b| b.name == "seal").map(|b| b.rect);
    let mut under = seals.filter(|(sx, sy, w, h)| (*sx..sx + w).contains(&x) && (*sy..sy + h).contains(&y));
    let Some((sx, sy, sw, sh)) = under.next() else { return rect };
    let (w, h) = (rect.2.min(sw.min(sh) * ON_SEAL.0), rect.3.min(sw.min(sh) * ON_SEAL.1));
    (sx + (sw - w) / 2.0, sy + (sh - h) / 2.0, w, h)
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
    // Sizes of banners are those of strips of 90 px; a deep one has room for smaller letters.
    let deep = Shape::of(board.scene.size) == Shape::Banner && board.scene.size.height >= 200;
    let least = if deep { 0.6 } else { 1.0 };
    let sizes = |min: f32, max: f32| {
        let min = (min * unit * least).max(LEGIBLE);
        (min, (max * unit * scale).max(min))
    };
    match item {
        Item::Text {
            say, family, weight, max, min, lines, line_height, spacing, color, gap, marker, ..
        } => {
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
                kind: Kind::Text(fitted, *marker),
            })
        }
        Item::Tag { max, min, color, radius, gap, .. } => {
            let (min, max) = sizes(*min, *max);
            let words = said(board, item).unwrap_or_default();
            let style = TextStyle { letter_spacing: 0.02, ..base(text::Family::Body, 600) };
            // The pill's two sides take 1.5 em.
            let wide =
                text::layout(board.fonts, &words, &TextStyle { size: 100.0, ..style.clone() }, f32::MAX)?;
            let size = max.min(rect.2 / (wide.width / 100.0 + 1.5));
            if size < min {
                let all = words.chars().count() as f32;
                let fits = ((rect.2 / min - 1.5) * 100.0 / wide.width * all).max(0.0) as usize;
                return Err(Error::TooLong {
                    text: words,
                    place: format!("`{name}` of {}", board.template),
                    fits,
                });
            }
            let words = text::layout(board.fonts, &words, &TextStyle { size, ..style }, f32::MAX)?;
            let tall = size * 1.95;
            Ok(Made {
                name,
                width: words.width + size * 1.5,
                height: tall,
                gap: gap * unit * scale,
                color: *color,
                kind: Kind::Tag(words, size * 0.75, (radius * unit).min(tall / 2.0)),
            })
        }
        Item::List { mark, max, min, most, color, gap, .. } => {
            let (min, max) = sizes(*min, *max);
            let style = TextStyle { line_height: 1.3, ..base(text::Family::Body, 500) };
            let style = TextStyle { align: Align::Start, ..style };
            let fitted = |size: f32| -> Result<Vec<TextBlock>, Error> {
                let room = Room { width: rect.2 - size * INDENT, height: rect.3, min, max: size, lines: 2 };
                let lines = listed(board).into_iter().take(*most);
                lines
                    .map(|l| named(text::fit(board.fonts, &l, &style, &room), board.template, name))
                    .collect()
            };
            let size = fitted(max)?.iter().map(|b| b.size).fold(max, f32::min);
            let blocks = fitted(size)?;
            let width = blocks.iter().map(|b| b.width).fold(0.0, f32::max) + size * INDENT;
            let tall = |b: &TextBlock| b.optical().1 - b.optical().0;
            let gaps = blocks.len().saturating_sub(1) as f32 * size * BETWEEN;
            Ok(Made {
                name,
                width,
                height: blocks.iter().map(tall).sum::<f32>() + gaps,
                gap: gap * unit * scale,
                color: *color,
                kind: Kind::List(blocks, *mark),
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
        let old = TextStyle { strike: true, ..style(text::Family::Body, 500, list_size(size)) };
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

/// Puts a soft veil under the texts that stand on the picture itself, if neither dark nor light can be read there.
fn make_readable(board: &mut Board<'_>, rect: (f32, f32, f32, f32), made: &[Made]) {
    let texts = made.iter().any(|m| matches!(m.kind, Kind::Text(..) | Kind::List(..) | Kind::Price { .. }));
    if !texts || !board.pen.paints() {
        return;
    }
    let under = Under::of(&board.canvas, rect);
    if board.ink(under).1 >= READABLE {
        return;
    }
    let light = (under.dark + under.light) / 2.0 > 0.35;
    let veil = Veil::over(rect, board.unit * 3.0, light);
    let alpha = |step: usize| 0.2 + step as f32 * 0.09;
    let carries = |step: &usize| board.ink(veil.under(&board.canvas, rect, alpha(*step))).1 >= READABLE;
    let step = (1..8).find(carries).unwrap_or(8);
    veil.draw(&mut board.canvas, alpha(step));
}

/// The size of a list price beside a price: small, but beside a small price still to be read.
fn list_size(price: f32) -> f32 {
    (price * 0.27).max((price * 0.6).min(11.0)).max(LEGIBLE)
}
