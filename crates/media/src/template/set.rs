//! Sets the pieces of a stack: colours that can be read where they stand, pills, marks, prices.

use super::{
    Mark,
    compose::Board,
    contrast::{READABLE, Under},
    stack::{BETWEEN, INDENT, Kind, Made},
    veil::Veil,
};
use crate::{
    Color, Error, shape,
    text::{self, TextBlock, TextStyle},
};

/// Draws one piece with its top left corner at `(x, y)`.
pub(super) fn place(board: &mut Board<'_>, made: Made, x: f32, y: f32) -> Result<(), Error> {
    let rect = (x, y, made.width, made.height);
    let scene = board.scene;
    let wanted = made.color.color(&scene.palette, scene.required_background);
    let choose = |board: &Board<'_>| {
        let under = Under::of(&board.canvas, rect);
        let color = if made.color.is_ink() { None } else { readable(under, wanted, scene.palette.primary) };
        color.map_or_else(|| board.ink(under), |c| (c, under.with(c)))
    };
    let (mut color, mut contrast) = choose(board);
    let stands_on_picture = matches!(made.kind, Kind::Text(..) | Kind::List(..) | Kind::Price { .. });
    for _ in 0..6 {
        if contrast >= READABLE || !stands_on_picture {
            break;
        }
        Veil::over(rect, board.unit * 1.6, color.luminance() < 0.4).draw(&mut board.canvas, 0.3);
        (color, contrast) = choose(board);
    }
    match made.kind {
        Kind::Rule => {
            shape::rect(&mut board.canvas, x, y, made.width, made.height, made.height / 2.0, wanted);
        }
        Kind::Text(mut block, marker) => {
            if let Some(marker) = marker {
                let ground = marker.color(&scene.palette, scene.required_background);
                mark_lines(board, &block, (x, y - block.optical().0), ground);
                (color, contrast) = choose(board);
            }
            block.color = color;
            board.letter(&block, x, y - block.optical().0);
            board.note_words(made.name, rect, &block, contrast);
        }
        Kind::Button(mut block, pad) => {
            let (pill, words) = pill(wanted, scene.palette.text);
            shape::rect(&mut board.canvas, x, y, made.width, made.height, made.height / 2.0, pill);
            block.color = words;
            let (top, bottom) = block.optical();
            board.letter(&block, x + pad, y + (made.height - (bottom - top)) / 2.0 - top);
            board.note_words(made.name, rect, &block, words.contrast(pill));
        }
        Kind::Tag(mut block, pad, radius) => {
            let (pill, words) = pill(wanted, scene.palette.text);
            shape::rect(&mut board.canvas, x, y, made.width, made.height, radius, pill);
            block.color = words;
            let (top, bottom) = block.optical();
            board.letter(&block, x + pad, y + (made.height - (bottom - top)) / 2.0 - top);
            board.note_words(made.name, rect, &block, words.contrast(pill));
        }
        Kind::List(blocks, mark) => {
            let (ink, contrast) = board.ink(Under::of(&board.canvas, rect));
            let mut y = y;
            for (n, mut block) in blocks.into_iter().enumerate() {
                let (top, bottom) = block.optical();
                bullet(board, (x, y, block.size), mark, n + 1, wanted)?;
                block.color = ink;
                let left = x + block.size * INDENT;
                board.letter(&block, left, y - top);
                board.note_words(made.name, (left, y, block.width, bottom - top), &block, contrast);
                y += bottom - top + block.size * BETWEEN;
            }
        }
        Kind::Price { mut sign, mut amount, mut list } => {
            let size = amount.size;
            let (quiet, stands_out) = board.ink(Under::of(&board.canvas, rect));
            let (top, bottom) = amount.optical();
            let baseline = y - top + (amount.lines.first().map_or(bottom, |l| l.baseline));
            (sign.color, amount.color) = (color, color);
            board.letter(&sign, x, y - sign.optical().0);
            let left = x + sign.width + size * 0.06;
            board.letter(&amount, left, y - top);
            if let Some(list) = &mut list {
                let own = list.lines.first().map_or(0.0, |l| l.baseline);
                list.color = if stands_out > 8.0 { quiet.alpha(0.78) } else { quiet };
                board.letter(list, left + amount.width + size * 0.22, baseline - own);
            }
            board.note_words(made.name, rect, &amount, contrast);
        }
    }
    Ok(())
}

/// The colour, or a relative that can be read: not a brown, where the brand's own colour can.
fn readable(under: Under, wanted: Color, primary: Color) -> Option<Color> {
    let found = under.readable(wanted)?;
    let brown = wanted.browns_at(found.oklab()[0]) && under.with(primary) >= READABLE;
    Some(if brown { primary } else { found })
}

/// A marker's stroke behind each line, a little wider than the words.
fn mark_lines(board: &mut Board<'_>, block: &TextBlock, (x, y): (f32, f32), color: Color) {
    let size = block.size;
    for line in &block.lines {
        let rect = (
            x + line.x - size * 0.16,
            y + line.baseline - size * 0.93,
            line.width + size * 0.32,
            size * 1.16,
        );
        shape::rect(&mut board.canvas, rect.0, rect.1, rect.2, rect.3, size * 0.08, color);
    }
}

/// The mark before a line of a list, on the height of its first line.
fn bullet(
    board: &mut Board<'_>,
    (x, y, size): (f32, f32, f32),
    mark: Mark,
    number: usize,
    color: Color,
) -> Result<(), Error> {
    let chinese = board.scene.locale.is_chinese();
    let middle = y + size * if chinese { 0.45 } else { 0.36 };
    let (d, dot) = (size * 1.12, size * 0.34);
    let (ground, ink) = pill(color, board.scene.palette.text);
    match mark {
        Mark::Dot => shape::ellipse(&mut board.canvas, (x + d * 0.3, middle - dot / 2.0, dot, dot), color),
        Mark::Tick => {
            shape::ellipse(&mut board.canvas, (x, middle - d / 2.0, d, d), ground);
            let at = |u: f32, v: f32| (x + d * u, middle - d / 2.0 + d * v);
            shape::polyline(
                &mut board.canvas,
                &[at(0.29, 0.52), at(0.44, 0.67), at(0.72, 0.36)],
                d * 0.1,
                ink,
            );
        }
        Mark::Number => {
            shape::ellipse(&mut board.canvas, (x, middle - d / 2.0, d, d), ground);
            let style =
                TextStyle { size: size * 0.7, weight: 600, color: ink, ..TextStyle::new(text::Family::Body) };
            let block = text::layout(board.fonts, &number.to_string(), &style, f32::MAX)?;
            let (top, bottom) = block.optical();
            board.letter(&block, x + (d - block.width) / 2.0, middle - (bottom - top) / 2.0 - top);
        }
    }
    Ok(())
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
