//! The product beside what is usual: a table of three columns, where the product's own stands out.

use super::{
    FactLine, Halign, Paint, Valign,
    compose::Board,
    contrast::Under,
    pieces::{align_in, named},
    table::{Tall, largest, spare},
};
use crate::{
    Color, Error, shape,
    text::{self, Align, Family, Room, TextBlock, TextStyle},
};

type Rect = (f32, f32, f32, f32);

/// Columns of labels, of the product, of what is usual: left edge and width, in shares of the table's width.
const COLUMNS: [(f32, f32); 3] = [(0.0, 0.27), (0.3, 0.37), (0.705, 0.295)];
/// Space above and below a row, in em.
const PAD: f32 = 0.72;

struct Row {
    cells: [Option<TextBlock>; 3],
    height: f32,
}

impl Tall for Row {
    fn height(&self) -> f32 {
        self.height
    }
}

/// Draws the facts that say what is usual instead: letters as large, and as many rows, as fit.
pub(super) fn draw(
    board: &mut Board<'_>,
    rect: Rect,
    sizes: (f32, f32),
    most: usize,
    color: Paint,
    valign: Valign,
) -> Result<(), Error> {
    let facts: Vec<&FactLine> = board.scene.facts.iter().filter(|f| f.usual.is_some()).take(most).collect();
    let rows = largest(board, &facts, rect.3, sizes, |facts, size| rows(board, facts, rect.2, size))?;
    paint(board, rect, rows, color, valign);
    Ok(())
}

fn paint(board: &mut Board<'_>, rect: Rect, mut rows: Vec<Row>, color: Paint, valign: Valign) {
    let more = spare(&rows, rect.3);
    rows.iter_mut().for_each(|row| row.height += more);
    let height: f32 = rows.iter().map(|r| r.height).sum();
    let mirrored = board.scene.locale.is_right_to_left();
    let (x, top) = align_in(rect, (rect.2, height), Halign::Start, valign, mirrored);
    let palette = board.scene.palette;
    let column = |n: usize| {
        let (left, width) = COLUMNS[n];
        let left = if mirrored { 1.0 - left - width } else { left };
        (x + left * rect.2, width * rect.2)
    };
    let own = color.color(&palette, board.scene.required_background);
    let (left, width) = column(1);
    shape::rect(&mut board.canvas, left, top, width, height, board.unit * 2.2, own);
    let inks = [0, 1, 2].map(|n| {
        let (left, width) = column(n);
        // Within the round corners.
        let round = board.unit * 2.2;
        board.ink(Under::of(
            &board.canvas,
            (left + round, top + round, width - round * 2.0, height - round * 2.0),
        ))
    });
    let thick = (board.unit * 0.16).max(1.0);
    let mut y = top;
    let last = rows.len() - 1;
    board.room = Some(rect);
    for (n, row) in rows.into_iter().enumerate() {
        for (which, cell) in row.cells.into_iter().enumerate() {
            let Some(mut block) = cell else { continue };
            let (left, width) = column(which);
            let (ink, contrast) = inks[which];
            // What is ours stands out; the rest is quiet where it can afford it.
            block.color = if which != 1 && contrast > 9.0 { ink.alpha(0.72) } else { ink };
            let (above, below) = block.optical();
            let at_x = match (which, mirrored) {
                (0, false) => left,
                (0, true) => left + width - block.width,
                _ => left + (width - block.width) / 2.0,
            };
            let at_y = y + (row.height - (below - above)) / 2.0 - above;
            board.letter(&block, at_x, at_y);
            let name = ["label", "fact", "usual"][which];
            let name = if n == 0 { "heading" } else { name };
            board.note_words(name, (at_x, at_y + above, block.width, below - above), &block, contrast);
        }
        y += row.height;
        if n != last {
            for (which, (ink, _)) in inks.iter().enumerate() {
                let (left, width) = column(which);
                let inset = if which == 1 { board.unit * 2.2 } else { 0.0 };
                let line = (left + inset, (y - thick / 2.0).round(), width - inset * 2.0);
                let faint = Color { a: 40, ..*ink };
                shape::rect(&mut board.canvas, line.0, line.1, line.2, thick, 0.0, faint);
            }
        }
    }
    board.room = None;
}

/// The head with the brand and the word for what is usual, then a row for each fact.
fn rows(board: &Board<'_>, facts: &[&FactLine], width: f32, size: f32) -> Result<Vec<Row>, Error> {
    let zh = board.scene.locale.is_chinese();
    let usual = if zh { "常见同类" } else { "Usually" };
    let head = row(board, ["", board.scene.brand, usual], width, size * 0.92)?;
    let facts = facts.iter().map(|fact| {
        let cells = [fact.label.as_str(), &fact.value, fact.usual.as_deref().unwrap_or_default()];
        row(board, cells, width, size)
    });
    std::iter::once(Ok(head)).chain(facts).collect()
}

fn row(board: &Board<'_>, words: [&str; 3], width: f32, size: f32) -> Result<Row, Error> {
    let set = |n: usize| -> Result<Option<TextBlock>, Error> {
        if text::is_blank(words[n]) {
            return Ok(None);
        }
        let (weight, size) = [(400, size * 0.88), (700, size), (400, size * 0.92)][n];
        let style = TextStyle {
            weight,
            size,
            line_height: 1.25,
            align: if n == 0 { Align::Start } else { Align::Center },
            locale: Some(board.scene.locale.clone()),
            ..TextStyle::new(Family::Body)
        };
        let inset = if n == 1 { board.unit * 4.0 } else { 0.0 };
        let room = Room {
            width: width * COLUMNS[n].1 - inset,
            height: size * 4.5,
            min: size * 0.999,
            max: size,
            lines: 3,
        };
        named(text::fit(board.fonts, words[n], &style, &room), board.template, "table").map(Some)
    };
    let cells = [set(0)?, set(1)?, set(2)?];
    let tallest = cells.iter().flatten().map(ink_height).fold(size * 0.8, f32::max);
    Ok(Row { cells, height: tallest + size * PAD * 2.0 })
}

/// Height of the ink of a text.
fn ink_height(block: &TextBlock) -> f32 {
    let (top, bottom) = block.optical();
    bottom - top
}
