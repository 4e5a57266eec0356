//! Text on pictures: shaped, broken into even lines, fitted into a box, and drawn.
//!
//! ```ignore
//! let fonts = Fonts::load(&BrandFonts::default())?;
//! let style = TextStyle { size: 64.0, weight: 700, ..TextStyle::new(Family::Heading) };
//! let block = text::fit(&fonts, "明前龙井，一口春天", &style, &Room { width: 900.0, height: 300.0, min: 28.0, max: 120.0, lines: 2 })?;
//! block.draw(&mut canvas, 60.0, 60.0);   // or block.tile() for a compositor
//! ```
//!
//! A character that no font has is an error ([`Error::MissingGlyph`]), never a box. A text that does not fit at its
//! smallest size is an error ([`Error::TooLong`]) that says how many characters fit, never an overflow.

mod fonts;
mod raster;
mod shape;
mod wrap;

use handbill_domain::locale::Locale;

pub use self::fonts::{BrandFonts, Fonts};
pub(crate) use self::shape::is_blank;
use crate::{Color, Error};

/// What a text is for; the fonts follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Headlines and prices: the brand's heading font, else Inter Display and Noto Sans CJK.
    Heading,
    /// Everything small: the brand's body font, else Inter and Noto Sans CJK.
    Body,
    /// Quiet, literary headlines: the brand's heading font, else Noto Serif Display and Noto Serif CJK.
    Serif,
}

/// Where lines stand within the widest one.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// Left, or right in right-to-left text.
    #[default]
    Start,
    /// In the middle.
    Center,
    /// Right, or left in right-to-left text.
    End,
}

/// How a text looks.
#[derive(Clone, Debug, PartialEq)]
pub struct TextStyle {
    /// What it is for.
    pub family: Family,
    /// 400 regular, 500 medium, 600 semi-bold, 700 bold.
    pub weight: u16,
    /// Em in px. [`fit`] chooses it.
    pub size: f32,
    /// Distance of baselines, in em.
    pub line_height: f32,
    /// Extra space between characters, in em.
    pub letter_spacing: f32,
    /// Colour of the letters.
    pub color: Color,
    /// Where lines stand within the widest one.
    pub align: Align,
    /// Language: chooses regional forms, punctuation and direction.
    pub locale: Option<Locale>,
    /// A line through the middle: an old price.
    pub strike: bool,
    /// Figures of equal width.
    pub tabular: bool,
    /// A rim around the letters: its colour and its width in em.
    pub outline: Option<(Color, f32)>,
}

impl TextStyle {
    /// Black, regular, 32 px, one and a quarter line height.
    pub fn new(family: Family) -> Self {
        Self {
            family,
            weight: 400,
            size: 32.0,
            line_height: 1.25,
            letter_spacing: 0.0,
            color: Color::BLACK,
            align: Align::Start,
            locale: None,
            strike: false,
            tabular: false,
            outline: None,
        }
    }
}

/// The room that [`fit`] fills. All in px.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// Width of the box.
    pub width: f32,
    /// Height of the box.
    pub height: f32,
    /// Smallest em.
    pub min: f32,
    /// Largest em.
    pub max: f32,
    /// Most lines.
    pub lines: usize,
}

/// A laid out text. Its box starts at the top of the first line's em square and ends at the bottom of the last one's.
#[derive(Clone, Debug)]
pub struct TextBlock {
    /// Em in px.
    pub size: f32,
    /// Width of the widest line.
    pub width: f32,
    /// Height from the top of the first em square to the bottom of the last.
    pub height: f32,
    /// Its lines from the top.
    pub lines: Vec<TextLine>,
    /// Colour of the letters; may be changed before drawing.
    pub color: Color,
    style: TextStyle,
    han: bool,
}

/// One line of a [`TextBlock`].
#[derive(Clone, Debug)]
pub struct TextLine {
    /// Its text.
    pub text: String,
    /// Left edge within the block.
    pub x: f32,
    /// Baseline within the block.
    pub baseline: f32,
    /// Width without trailing space.
    pub width: f32,
    runs: Vec<shape::Run>,
}

/// The baseline below the top of the em square, in em: puts capitals and Chinese characters in its middle.
const BASELINE: f32 = 0.87;

/// What it costs to be smaller, in squared em for the whole size: less than a line that ends inside a clause, where a
/// third of the size is enough to mend it.
const SMALLER: f32 = 24.0;
/// Sizes that are tried below the largest, each a twentieth of it smaller.
const SIZES: u32 = 14;

/// Lays a text out at the size of its style, in lines of at most `max_width` px. A word wider than that is broken.
pub fn layout(fonts: &Fonts, text: &str, style: &TextStyle, max_width: f32) -> Result<TextBlock, Error> {
    let text = shape::clean(text);
    let pieces = shape::pieces(fonts, &text, style)?;
    let width = max_width * shape::REFERENCE / style.size;
    let ranges = match wrap::lines(&pieces, width, usize::MAX, shape::REFERENCE) {
        Some(lines) => texts(&text, &pieces, &lines),
        None => texts_of_narrow(fonts, &text, style, width)?,
    };
    set(fonts, &ranges, style, style.size)
}

/// The largest size between `min` and `max` at which the text fits the room, in even lines.
pub fn fit(fonts: &Fonts, text: &str, style: &TextStyle, room: &Room) -> Result<TextBlock, Error> {
    let text = shape::clean(text);
    let pieces = shape::pieces(fonts, &text, style)?;
    let broken = |size: f32| {
        let lines = wrap::lines(&pieces, room.width * shape::REFERENCE / size, room.lines, shape::REFERENCE)?;
        (height(lines.len(), style, size) <= room.height + 0.01).then_some(lines)
    };
    if broken(room.min).is_none() {
        return Err(too_long(&text, &pieces, style, room));
    }
    // Sizes step by half a pixel.
    let (mut low, mut high) = (0u32, ((room.max - room.min).max(0.0) * 2.0).floor() as u32);
    let size = |step: u32| room.min + step as f32 / 2.0;
    while low < high {
        let middle = (low + high).div_ceil(2);
        if broken(size(middle)).is_some() { low = middle } else { high = middle - 1 }
    }
    // A little smaller, if lines then end where a reader pauses.
    let stumbles = |step: u32| {
        broken(size(step)).map(|lines| wrap::ends(&pieces, &lines) + (1.0 - size(step) / size(low)) * SMALLER)
    };
    let smaller =
        (0..SIZES).map(|n| ((size(low) * (1.0 - n as f32 * 0.05) - room.min) * 2.0).floor().max(0.0) as u32);
    low = smaller
        .filter_map(|step| Some((step, stumbles(step)?)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(low, |(step, _)| step);
    loop {
        let lines = broken(size(low)).map(|lines| texts(&text, &pieces, &lines)).unwrap_or_default();
        let block = set(fonts, &lines, style, size(low))?;
        // Shaped line by line the widths may differ by a hair from the sum of the pieces.
        if block.width <= room.width + 0.5 || low == 0 {
            return Ok(block);
        }
        low -= 1;
    }
}

impl TextBlock {
    /// Top and bottom of the ink as the eye takes it (cap height or Chinese characters; no descenders), within the block.
    pub fn optical(&self) -> (f32, f32) {
        let (above, below) = if self.han { (0.83, 0.07) } else { (0.727, 0.0) };
        let first = self.lines.first().map_or(0.0, |l| l.baseline);
        let last = self.lines.last().map_or(0.0, |l| l.baseline);
        (first - above * self.size, last + below * self.size)
    }

    /// Height of a capital or a Chinese character, in px.
    pub fn glyph_height(&self) -> f32 {
        self.size * if self.han { 0.9 } else { 0.727 }
    }

    /// Glyphs that are boxes: none, for a character without a glyph is refused.
    pub fn tofu(&self) -> u32 {
        let runs = self.lines.iter().flat_map(|line| &line.runs);
        runs.map(|run| run.glyphs.iter().filter(|(id, ..)| *id == 0).count() as u32).sum()
    }

    /// The lines' texts.
    pub fn texts(&self) -> Vec<&str> {
        self.lines.iter().map(|l| l.text.as_str()).collect()
    }
}

/// Height of a block: em squares, with the extra line height only between lines.
fn height(lines: usize, style: &TextStyle, size: f32) -> f32 {
    (lines.max(1) as f32 - 1.0).mul_add(style.line_height, 1.0) * size
}

fn texts(text: &str, pieces: &[wrap::Piece], lines: &[std::ops::Range<usize>]) -> Vec<String> {
    let of = |line: &std::ops::Range<usize>| {
        Some(
            text[pieces.get(line.start)?.bytes.start..pieces.get(line.end.checked_sub(1)?)?.bytes.end]
                .trim_matches(|c: char| c.is_whitespace() || c == shape::JOINT)
                .to_owned(),
        )
    };
    lines.iter().filter_map(of).collect()
}

/// Lines for a room narrower than a word: broken between any two characters.
fn texts_of_narrow(fonts: &Fonts, text: &str, style: &TextStyle, width: f32) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for c in paragraph.chars() {
            line.push(c);
            if line.chars().count() > 1 && shape::line(fonts, &line, style, shape::REFERENCE)?.width > width {
                line.pop();
                lines.push(line.trim().to_owned());
                line = c.to_string();
            }
        }
        lines.push(line.trim().to_owned());
    }
    Ok(lines)
}

fn set(fonts: &Fonts, lines: &[String], style: &TextStyle, size: f32) -> Result<TextBlock, Error> {
    let shaped = lines.iter().map(|l| shape::line(fonts, l, style, size)).collect::<Result<Vec<_>, _>>()?;
    let width = shaped.iter().map(|l| l.width).fold(0.0, f32::max);
    let place = |(n, (line, text)): (usize, (shape::ShapedLine, &String))| {
        let left = match (style.align, line.right_to_left) {
            // The ink stands on the edge: large letters and small ones below each other are seen to begin there.
            (Align::Start, false) | (Align::End, true) => -line.bearing,
            (Align::Center, _) => (width - line.width) / 2.0,
            (Align::End, false) | (Align::Start, true) => width - line.width,
        };
        let baseline = (n as f32).mul_add(style.line_height, BASELINE) * size;
        TextLine { text: text.clone(), x: left, baseline, width: line.width, runs: line.runs }
    };
    let placed: Vec<_> = shaped.into_iter().zip(lines).enumerate().map(place).collect();
    let han = lines.iter().flat_map(|l| l.chars()).any(shape::is_han);
    Ok(TextBlock {
        size,
        width,
        height: height(placed.len(), style, size),
        lines: placed,
        color: style.color,
        style: style.clone(),
        han,
    })
}

/// Counts how many characters would fit at the smallest size.
fn too_long(text: &str, pieces: &[wrap::Piece], style: &TextStyle, room: &Room) -> Error {
    let lines = (((room.height / room.min - 1.0) / style.line_height).floor() as usize + 1).min(room.lines);
    let width = room.width * shape::REFERENCE / room.min;
    let fit = (0..=pieces.len()).rev().find(|n| {
        room.height >= room.min && wrap::lines(&pieces[..*n], width, lines, shape::REFERENCE).is_some()
    });
    let bytes = fit.and_then(|n| pieces.get(n.checked_sub(1)?)).map_or(0, |p| p.bytes.end);
    Error::TooLong {
        text: text.to_owned(),
        place: "its box".into(),
        fits: text[..bytes].trim_end().chars().count(),
    }
}

#[cfg(test)]
mod tests;
