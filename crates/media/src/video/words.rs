//! Words as pictures: each line its own piece, so that lines can come in one after the other.

use handbill_domain::locale::Locale;

use super::{
    Assets,
    overlay::{Px, placed},
    timeline::{Align, Along, FontUse, Plate, Words},
};
use crate::{
    Canvas, Color, Error, shape,
    text::{self, Family, Room, TextBlock, TextStyle},
};

/// A piece of an overlay at rest.
pub(crate) struct Piece {
    pub(crate) picture: Canvas,
    /// Left edge in px of the frame.
    pub(crate) x: f64,
    /// Top edge.
    pub(crate) y: f64,
    pub(crate) line: usize,
    /// How far it rises when it comes in, in px.
    pub(crate) rise: f64,
}

/// Sets words into a box.
pub(crate) fn pieces(
    words: &Words,
    area: Px,
    align: Align,
    frame: (u32, u32),
    locale: &Locale,
    assets: &Assets,
) -> Result<Vec<Piece>, Error> {
    let short = f64::from(frame.0.min(frame.1));
    let style = TextStyle {
        weight: words.weight,
        line_height: words.line_height as f32,
        letter_spacing: words.letter_spacing as f32,
        color: words.color,
        align: match align.x {
            Along::Start => text::Align::Start,
            Along::Middle => text::Align::Center,
            Along::End => text::Align::End,
        },
        locale: Some(locale.clone()),
        strike: words.strike,
        ..TextStyle::new(match words.font {
            FontUse::Heading => Family::Heading,
            FontUse::Serif => Family::Serif,
            FontUse::Body => Family::Body,
        })
    };
    // A plate takes its padding from the box.
    let largest = words.size * short;
    let padding = words.plate.as_ref().map_or([0.0; 2], |p| p.padding.map(|v| v * largest));
    let room = Room {
        width: (area.w - 2.0 * padding[0]).max(1.0) as f32,
        height: (area.h - 2.0 * padding[1]).max(1.0) as f32,
        min: (words.min_size * short) as f32,
        max: largest as f32,
        lines: words.max_lines.map_or(8, |n| n as usize),
    };
    let block = text::fit(&assets.fonts, &words.text, &style, &room)?;
    let x = placed(align.x, area.x + padding[0], area.w - 2.0 * padding[0], f64::from(block.width));
    let y = placed(align.y, area.y + padding[1], area.h - 2.0 * padding[1], f64::from(block.height));
    if let Some(plate) = &words.plate {
        return Ok(vec![on_plate(&block, plate, x, y)]);
    }
    Ok((0..block.lines.len()).map(|n| line(&block, n, words.halo, x, y)).collect())
}

/// One line alone, with its halo.
fn line(block: &TextBlock, number: usize, halo: f64, x: f64, y: f64) -> Piece {
    let mut alone = block.clone();
    alone.lines = vec![block.lines[number].clone()];
    let tile = alone.tile();
    let rise = f64::from(block.size) * 0.9;
    if halo <= 0.0 || tile.canvas.width() == 0 {
        return Piece {
            picture: tile.canvas,
            x: x + f64::from(tile.x),
            y: y + f64::from(tile.y),
            line: number,
            rise,
        };
    }
    let reach = (f64::from(block.size) * 0.28).round().max(2.0) as u32;
    let mut picture = shadow_of(&tile.canvas, reach, halo);
    picture.over(&tile.canvas, reach as i32, reach as i32, 1.0);
    let corner = |at: f64, by: i32| at + f64::from(by) - f64::from(reach);
    Piece { picture, x: corner(x, tile.x), y: corner(y, tile.y), line: number, rise }
}

fn on_plate(block: &TextBlock, plate: &Plate, x: f64, y: f64) -> Piece {
    let size = f64::from(block.size);
    let [across, down] = plate.padding.map(|v| v * size);
    let (w, h) = (f64::from(block.width) + 2.0 * across, f64::from(block.height) + 2.0 * down);
    let (w, h) = (w.ceil(), h.ceil());
    let mut picture = Canvas::new(w as u32, h as u32, Color::CLEAR);
    let color = plate.color.alpha(plate.opacity as f32);
    shape::rect(&mut picture, 0.0, 0.0, w as f32, h as f32, (plate.radius * size) as f32, color);
    // Letters stand in the middle of a plate as the eye sees it, not as their em squares do.
    let (top, bottom) = block.optical();
    let shift = f64::from(block.height) / 2.0 - f64::from(top + bottom) / 2.0;
    block.draw(&mut picture, across as f32, (down + shift) as f32);
    Piece { picture, x: x - across, y: y - down, line: 0, rise: size * 0.9 }
}

/// A soft black copy of what is opaque, `reach` px larger on each side.
fn shadow_of(canvas: &Canvas, reach: u32, strength: f64) -> Canvas {
    let (w, h) = ((canvas.width() + 2 * reach) as usize, (canvas.height() + 2 * reach) as usize);
    let mut mask = vec![0f32; w * h];
    let width = canvas.width() as usize;
    for (n, pixel) in canvas.data().as_chunks::<4>().0.iter().enumerate() {
        mask[(n / width + reach as usize) * w + n % width + reach as usize] = f32::from(pixel[3]);
    }
    // Three box blurs are close to a Gaussian.
    let radius = (reach / 3).max(1) as usize;
    for _ in 0..3 {
        mask = blurred(&mask, w, h, radius);
    }
    let data = mask
        .iter()
        .flat_map(|a| [0, 0, 0, (a * 1.6 * strength as f32).min(255.0 * strength as f32) as u8])
        .collect();
    Canvas::from_premultiplied(w as u32, h as u32, data)
        .unwrap_or_else(|| Canvas::new(w as u32, h as u32, Color::CLEAR))
}

/// A box blur along rows and then along columns.
fn blurred(mask: &[f32], w: usize, h: usize, radius: usize) -> Vec<f32> {
    let pass = |source: &[f32], length: usize, lines: usize, step: usize, next: usize| {
        let mut out = vec![0f32; source.len()];
        let share = 1.0 / (2 * radius + 1) as f32;
        for line in 0..lines {
            let at = |i: usize| line * next + i * step;
            let mut sum: f32 = (0..radius.min(length)).map(|i| source[at(i)]).sum();
            for i in 0..length {
                sum += if i + radius < length { source[at(i + radius)] } else { 0.0 };
                sum -= if i > radius { source[at(i - radius - 1)] } else { 0.0 };
                out[at(i)] = sum * share;
            }
        }
        out
    };
    let rows = pass(mask, w, h, 1, w);
    pass(&rows, h, w, w, 1)
}
