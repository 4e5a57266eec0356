//! Facts in rows, and codes to scan.

use super::{
    FactLine, Halign, Paint, Valign,
    compose::Board,
    contrast::Under,
    pieces::{align_in, named},
};
use crate::{
    Color, Error, shape,
    text::{self, Family, Room, TextBlock, TextStyle},
};

type Rect = (f32, f32, f32, f32);

/// The column of labels, of the table's width.
const LABELS: f32 = 0.3;
/// Space above and below a row, in em.
const PAD: f32 = 0.62;
/// Values longer than this are left to other designs where there are enough short ones, in halves of an em.
const LONG: usize = 36;

struct Row {
    label: TextBlock,
    value: TextBlock,
    height: f32,
    /// From its top to the first baseline, which both share.
    baseline: f32,
}

/// Draws the facts as a table: letters as large, and as many rows, as fit.
pub(super) fn draw(
    board: &mut Board<'_>,
    rect: Rect,
    (max, min): (f32, f32),
    most: usize,
    lines: Paint,
    valign: Valign,
) -> Result<(), Error> {
    let facts = chosen(board.scene.facts, most);
    let mut rows = largest(board, &facts, rect.3, (max, min), |facts, size| {
        facts.iter().map(|fact| row(board, fact, rect.2, size)).collect()
    })?;
    let more = spare(&rows, rect.3);
    for row in &mut rows {
        (row.height, row.baseline) = (row.height + more, row.baseline + more / 2.0);
    }
    let height: f32 = rows.iter().map(|r| r.height).sum();
    let mirrored = board.scene.locale.is_right_to_left();
    let (x, mut y) = align_in(rect, (rect.2, height), Halign::Start, valign, mirrored);
    let under = Under::of(&board.canvas, (x, y, rect.2, height));
    let (ink, contrast) = board.ink(under);
    let line = lines.color(&board.scene.palette, board.scene.required_background);
    let thick = (board.unit * 0.16).max(1.0);
    let last = rows.len() - 1;
    for (n, mut row) in rows.into_iter().enumerate() {
        let [at, label_at] = [&row.value, &row.label].map(|block| y + row.baseline - first_baseline(block));
        let columns = [(x, row.label.width), (x + rect.2 * LABELS, row.value.width)];
        let [label_x, value_x] =
            columns.map(|(left, width)| if mirrored { x * 2.0 + rect.2 - left - width } else { left });
        row.label.color = if contrast > 9.0 { ink.alpha(0.72) } else { ink };
        row.value.color = ink;
        board.letter(&row.label, label_x, label_at);
        board.letter(&row.value, value_x, at);
        for (name, block, left, top) in
            [("label", &row.label, label_x, label_at), ("fact", &row.value, value_x, at)]
        {
            board.note_words(name, (left, top, block.width, block.height), block, contrast);
        }
        y += row.height;
        if n != last {
            shape::rect(&mut board.canvas, x, (y - thick / 2.0).round(), rect.2, thick, 0.0, line);
        }
    }
    Ok(())
}

/// A row of a table.
pub(super) trait Tall {
    /// Its height in px.
    fn height(&self) -> f32;
}

impl Tall for Row {
    fn height(&self) -> f32 {
        self.height
    }
}

/// What each of a few rows may be higher: they take the room that is there, up to half as much again.
pub(super) fn spare<R: Tall>(rows: &[R], room: f32) -> f32 {
    let tall: f32 = rows.iter().map(R::height).sum();
    (room - tall).min(tall * 0.5).max(0.0) / rows.len().max(1) as f32
}

/// As many facts as fit into a height, in letters as large as fit: `set` makes the rows of some facts in letters of a size.
pub(super) fn largest<R: Tall>(
    board: &Board<'_>,
    facts: &[&FactLine],
    height: f32,
    (max, min): (f32, f32),
    set: impl Fn(&[&FactLine], f32) -> Result<Vec<R>, Error>,
) -> Result<Vec<R>, Error> {
    let (min, max) = (min * board.unit, (max * board.unit).max(min * board.unit));
    for count in (1..=facts.len()).rev() {
        for step in 0..=8 {
            match set(&facts[..count], max + (min - max) * step as f32 / 8.0) {
                Ok(rows) if rows.iter().map(R::height).sum::<f32>() <= height => return Ok(rows),
                Ok(_) | Err(Error::TooLong { .. }) => {}
                Err(e) => return Err(e),
            }
        }
    }
    let text = facts.first().map(|f| f.value.clone()).unwrap_or_default();
    Err(Error::TooLong { text, fits: 0, place: format!("`table` of {}", board.template) })
}

/// Short facts first come, first served; long ones only where there are too few.
fn chosen(facts: &[FactLine], most: usize) -> Vec<&FactLine> {
    let long =
        |fact: &&FactLine| fact.value.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>() > LONG;
    let short: Vec<&FactLine> = facts.iter().filter(|f| !long(f)).collect();
    let mut chosen = if short.len() >= 3.min(most) { short } else { facts.iter().collect() };
    chosen.truncate(most.max(1));
    chosen
}

fn row(board: &Board<'_>, fact: &FactLine, width: f32, size: f32) -> Result<Row, Error> {
    let style = |weight, size| TextStyle {
        weight,
        size,
        line_height: 1.28,
        locale: Some(board.scene.locale.clone()),
        ..TextStyle::new(Family::Body)
    };
    let fit = |words: &str, weight, size: f32, width: f32, lines| {
        let room = Room { width, height: size * 4.0, min: size * 0.999, max: size, lines };
        named(text::fit(board.fonts, words, &style(weight, size), &room), board.template, "table")
    };
    let label = fit(&fact.label, 400, size * 0.86, width * (LABELS - 0.03), 2)?;
    let words = fact.value.trim();
    let mut letters = words.chars();
    let value: String = letters.next().map(|c| c.to_uppercase().chain(letters).collect()).unwrap_or_default();
    let value = fit(&value, 600, size, width * (1.0 - LABELS), 2)?;
    // Either may have two lines: above and below the first baseline there is room for both.
    let reach = |block: &TextBlock| {
        let (top, bottom) = block.optical();
        (first_baseline(block) - top, bottom - first_baseline(block))
    };
    let ((up, down), (up_too, down_too)) = (reach(&label), reach(&value));
    let (up, down) = (up.max(up_too), down.max(down_too));
    Ok(Row { height: up + down + size * PAD * 2.0, baseline: up + size * PAD, label, value })
}

fn first_baseline(block: &TextBlock) -> f32 {
    block.lines.first().map_or(0.0, |line| line.baseline)
}

/// Smallest module of a code that a phone reads from a screen, in px.
const MODULE: f32 = 3.0;
/// Clear modules around a code (ISO/IEC 18004).
const QUIET: i32 = 4;

/// Draws a code that leads to the scene's address. Left out, and said so, where its modules would be too small.
pub(super) fn code(board: &mut Board<'_>, rect: Rect, align: Halign) -> Result<(), Error> {
    let Some(url) = board.scene.url.map(str::trim).filter(|u| !u.is_empty()) else { return Ok(()) };
    let made = qrcodegen::QrCode::encode_text(url, qrcodegen::QrCodeEcc::Medium);
    let side = rect.2.min(rect.3);
    let module = made.as_ref().map(|code| (side / (code.size() + QUIET * 2) as f32).floor()).unwrap_or(0.0);
    let (Ok(code), true) = (made, module >= MODULE) else {
        board.omitted.push("qr".into());
        return Ok(());
    };
    let side = module * (code.size() + QUIET * 2) as f32;
    let (x, y) = align_in(rect, (side, side), align, Valign::Middle, board.scene.locale.is_right_to_left());
    let (x, y) = (x.round(), y.round());
    shape::rect(&mut board.canvas, x, y, side, side, module * 1.5, Color::WHITE);
    let ink = board.scene.palette.text;
    let ink = if ink.contrast(Color::WHITE) >= 7.0 { ink } else { Color::BLACK };
    for row in 0..code.size() {
        for column in 0..code.size() {
            if code.get_module(column, row) {
                let (left, top) = (x + (column + QUIET) as f32 * module, y + (row + QUIET) as f32 * module);
                shape::rect(&mut board.canvas, left, top, module, module, 0.0, ink);
            }
        }
    }
    board.note("qr", (x, y, side, side));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_facts_make_the_table() {
        let fact = |value: &str| FactLine { value: value.into(), ..FactLine::default() };
        let long = "a sentence that is much too long to stand in a table beside its label";
        let facts = [fact("1"), fact(long), fact("2"), fact("3")];
        let values = |most| chosen(&facts, most).into_iter().map(|f| f.value.as_str()).collect::<Vec<_>>();
        assert_eq!(values(5), ["1", "2", "3"]);
        assert_eq!(values(2), ["1", "2"]);
        assert_eq!(chosen(&facts[..2], 5).len(), 2, "a long fact is better than none");
    }
}
