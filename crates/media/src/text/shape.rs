//! From characters to glyphs: cleans a text, cuts it into pieces that can be broken between, shapes its lines.

use handbill_domain::locale::Locale;
use parley::{
    Alignment, BaseDirection, FontData, FontWeight, Layout, LineHeight, PositionedLayoutItem, StyleProperty,
    style::FontFamily,
};

use super::{
    Fonts, TextStyle,
    fonts::{Shaper, hint},
    wrap::Piece,
};
use crate::Error;

/// Texts are measured at this size and scaled; without hinting, widths are proportional to the size.
pub(super) const REFERENCE: f32 = 100.0;

/// Space between Chinese characters and Latin letters or figures, in em (CLREQ: a quarter).
const AUTOSPACE: f32 = 0.25;

/// Never at the start of a line.
const NOT_FIRST: &str = "，。！？；：、）》」』】〕〉”’…—％%℃°·,.!?;:)]}»›～ー々";
/// Never at the end of a line.
const NOT_LAST: &str = "（《「『【〔〈“‘([{«‹￥¥$€£#";
/// A line that ends here ends well.
const GOOD_END: &str = "，。！？；：、…—,.!?;:|·";
/// English words that want to stand before what follows.
const CLINGING: &[&str] =
    &["a", "an", "the", "of", "to", "in", "on", "at", "for", "and", "or", "with", "by", "from", "&"];

/// Glyphs of one font, placed relative to the start of the baseline of their line.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) font: FontData,
    pub(super) coords: Vec<i16>,
    pub(super) embolden: bool,
    pub(super) skew: Option<f32>,
    /// Glyph id, x, y.
    pub(super) glyphs: Vec<(u16, f32, f32)>,
}

/// A shaped line.
#[derive(Clone, Debug)]
pub(super) struct ShapedLine {
    pub(super) runs: Vec<Run>,
    pub(super) width: f32,
    pub(super) right_to_left: bool,
    /// Blank before the ink of its first letter, in px.
    pub(super) bearing: f32,
}

/// One space where there were several, no control characters, no space between Chinese and Latin (spacing sets it).
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let kept = |c: &char| *c == '\n' || !(c.is_control() || is_unwanted(*c));
    for line in text.replace('\t', " ").chars().filter(kept).collect::<String>().lines() {
        let line = line.split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
        let chars = with_joints(without_joiners(with_few_marks(&line)));
        if !out.is_empty() && !line.is_empty() {
            out.push('\n');
        }
        for (n, c) in chars.iter().enumerate() {
            let around = n.checked_sub(1).and_then(|b| chars.get(b)).zip(chars.get(n + 1));
            if !(*c == ' ' && around.is_some_and(|(a, b)| touches(*a, *b))) {
                out.push(*c);
            }
        }
    }
    out
}

/// No more marks above and below a letter than any language needs: a tower of them would stand on the lines around it.
fn with_few_marks(line: &str) -> Vec<char> {
    const MOST: usize = 2;
    let mut marks = 0;
    let few = |c: &char| {
        let is_mark = matches!(*c as u32, 0x300..=0x36F | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F);
        marks = if is_mark { marks + 1 } else { 0 };
        marks <= MOST
    };
    line.chars().filter(few).collect()
}

/// Joiners are for emoji and for scripts that join; between others they only keep fonts from being found.
fn without_joiners(chars: Vec<char>) -> Vec<char> {
    let plain = |c: Option<&char>| c.is_none_or(|c| is_han(*c) || c.is_ascii_alphanumeric() || is_joiner(*c));
    let kept = |(n, c): &(usize, &char)| {
        !is_joiner(**c) || !(plain(n.checked_sub(1).and_then(|n| chars.get(n))) || plain(chars.get(n + 1)))
    };
    chars.iter().enumerate().filter(kept).map(|(_, c)| *c).collect()
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}' | '\u{2060}')
}

/// Longer words, such as addresses and hashtags, may be broken at their joints.
const LONG_WORD: usize = 20;
/// A place where a long word may be broken.
pub(super) const JOINT: char = '\u{200B}';

/// Arrows, stars and the like: a row of them is no word.
fn is_symbol(c: char) -> bool {
    matches!(c as u32, 0xA7 | 0xA9 | 0xAE | 0xB6 | 0x2020..=0x2021 | 0x2122 | 0x2190..=0x23FF | 0x25A0..=0x27BF)
}

fn with_joints(chars: Vec<char>) -> Vec<char> {
    let mut out = Vec::with_capacity(chars.len());
    for (n, word) in chars.split(|c| *c == ' ').enumerate() {
        if n > 0 {
            out.push(' ');
        }
        let long = word.len() > LONG_WORD && word.iter().all(char::is_ascii);
        for (at, c) in word.iter().enumerate() {
            out.push(*c);
            let next = word.get(at + 1);
            let after_mark = "_/.-=&?+".contains(*c) && next.is_some_and(char::is_ascii_alphanumeric);
            let hump = c.is_ascii_lowercase() && next.is_some_and(char::is_ascii_uppercase);
            if (long && (after_mark || hump)) || (is_symbol(*c) && next.is_some_and(|c| is_symbol(*c))) {
                out.push(JOINT);
            }
        }
    }
    out
}

/// Marks that turn letters around against their own direction, and a byte order mark.
fn is_unwanted(c: char) -> bool {
    matches!(c, '\u{202D}' | '\u{202E}' | '\u{FEFF}')
}

/// Is it a Chinese character (or kana), not punctuation?
pub(super) fn is_han(c: char) -> bool {
    matches!(c as u32, 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF | 0x3040..=0x30FF | 0x3005..=0x3007)
}

/// Do these two want a little space between them?
fn touches(a: char, b: char) -> bool {
    let latin = |c: char| {
        c.is_ascii_alphanumeric()
            || (c.is_alphabetic() && !is_han(c) && (c as u32) < 0x2000)
            || matches!(c, '%' | '+' | '°' | '℃')
    };
    (is_han(a) && latin(b)) || (latin(a) && is_han(b))
}

/// An error that names every character of a text that no font has.
pub(super) fn covered(fonts: &Fonts, text: &str, style: &TextStyle) -> Result<(), Error> {
    fonts.with(|shaper| {
        text.lines().try_for_each(|line| {
            let mut layout = shaped(fonts, shaper, line, style, REFERENCE);
            layout.break_all_lines(None);
            missing(&layout, line)
        })
    })
}

/// Is there nothing of it to be seen?
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(is_invisible)
}

/// Cuts a clean text at every place where a line may end, and measures the pieces at the reference size.
pub(super) fn pieces(fonts: &Fonts, text: &str, style: &TextStyle) -> Result<Vec<Piece>, Error> {
    fonts.with(|shaper| {
        let mut all = Vec::new();
        let mut start = 0;
        for paragraph in text.split('\n') {
            let mut layout = shaped(fonts, shaper, paragraph, style, REFERENCE);
            missing(&layout, paragraph)?;
            let cut = cut(&mut layout, paragraph);
            all.extend(
                cut.into_iter().map(|p| Piece { bytes: p.bytes.start + start..p.bytes.end + start, ..p }),
            );
            if let Some(last) = all.last_mut() {
                last.hard = true;
            }
            start += paragraph.len() + 1;
        }
        if let Some(last) = all.last_mut() {
            last.hard = false;
        }
        Ok(all)
    })
}

fn cut(layout: &mut Layout<()>, text: &str) -> Vec<Piece> {
    layout.break_all_lines(Some(0.0));
    let mut pieces: Vec<Piece> = Vec::new();
    for line in layout.lines() {
        let bytes = line.text_range();
        let part = &text[bytes.clone()];
        if part.is_empty() {
            continue;
        }
        let word_end = line
            .runs()
            .last()
            .and_then(|r| r.get(r.len().saturating_sub(1)))
            .is_none_or(|c| c.next_logical().is_none_or(|next| next.is_word_boundary()));
        let piece = Piece {
            width: line.metrics().advance,
            hang: line.metrics().hanging_advance + blank_end(part) * REFERENCE,
            cost: end_cost(part, word_end),
            chars: part.chars().filter(|c| c.is_alphanumeric()).count(),
            hard: false,
            bytes,
        };
        if let Some(before) = pieces.last_mut()
            && (0.0..30.0).contains(&before.cost)
            && part.chars().next().is_some_and(|c| LEANING.contains(c))
        {
            before.cost += 12.0;
        }
        match pieces.last_mut().filter(|before| clings(&text[before.bytes.clone()], part)) {
            Some(before) => {
                before.bytes.end = piece.bytes.end;
                before.width += piece.width;
                before.hang = piece.hang;
                before.cost = piece.cost;
                before.chars += piece.chars;
            }
            None => pieces.push(piece),
        }
    }
    pieces
}

/// May no line end between these two, though the general rules allow it?
fn clings(before: &str, after: &str) -> bool {
    let (Some(last), Some(first)) = (before.trim_end().chars().last(), after.chars().next()) else {
        return false;
    };
    let number = last.is_ascii_digit();
    let unit = after.trim_end().chars().count() <= 6 && first.is_alphabetic() && first.is_lowercase();
    NOT_FIRST.contains(first)
        || NOT_LAST.contains(last)
        || (number && (is_han(first) || unit || first == '°'))
}

/// What a line end after this piece costs, in squared em.
fn end_cost(part: &str, word_end: bool) -> f32 {
    let word = part.trim_end();
    let Some(last) = word.chars().last() else { return 0.0 };
    // A space between Chinese words is a pause.
    if GOOD_END.contains(last) || (is_han(last) && word.len() < part.len()) {
        -6.0
    } else if CLINGING.contains(&word.to_lowercase().as_str()) {
        4.0
    } else if matches!(last, '-' | '‐' | '–' | '/' | JOINT) {
        24.0
    } else if is_han(last) && !word_end {
        40.0
    } else if last == '的' || last == '地' {
        9.0
    } else if is_han(last) {
        13.0
    } else {
        0.0
    }
}

/// May not begin a line if it can be helped: these lean on the word before them.
const LEANING: &str = "的地得了着过吗呢吧们里上下中后前时年月日个";

/// Blank half of a full-width mark at a line's end, in em: it hangs over the edge, so that lines look as long as they are.
fn blank_end(part: &str) -> f32 {
    let last = part.trim_end().chars().last();
    if last.is_some_and(|c| "，。、；：".contains(c)) { 0.5 } else { 0.0 }
}

/// Shapes one line at its final size.
pub(super) fn line(fonts: &Fonts, text: &str, style: &TextStyle, size: f32) -> Result<ShapedLine, Error> {
    fonts.with(|shaper| {
        let mut layout = shaped(fonts, shaper, text, style, size);
        layout.break_all_lines(None);
        layout.align(Alignment::Left, parley::AlignmentOptions::default());
        missing(&layout, text)?;
        let mut runs = Vec::new();
        let mut width = 0.0;
        if let Some(line) = layout.lines().next() {
            // The space after the last letter is no part of the line.
            width = line.metrics().advance
                - line.metrics().hanging_advance
                - (style.letter_spacing + blank_end(text)) * size;
            let baseline = line.metrics().baseline;
            for item in line.items() {
                let PositionedLayoutItem::GlyphRun(glyphs) = item else { continue };
                let run = glyphs.run();
                runs.push(Run {
                    font: run.font().clone(),
                    coords: run.normalized_coords().iter().map(|c| c.to_bits()).collect(),
                    embolden: run.synthesis().embolden(),
                    skew: run.synthesis().skew(),
                    // What has no glyph here is invisible: the others were refused above.
                    glyphs: glyphs
                        .positioned_glyphs()
                        .filter(|g| g.id != 0)
                        .map(|g| (g.id as u16, g.x, g.y - baseline))
                        .collect(),
                });
            }
        }
        let bearing = bearing(&runs, size);
        Ok(ShapedLine { runs, width: width.max(0.0), right_to_left: layout.is_rtl(), bearing })
    })
}

/// More than this is not the letter's side but a blank of its own, in em.
const SIDE: f32 = 0.12;

fn bearing(runs: &[Run], size: f32) -> f32 {
    let first = runs.first().and_then(|run| Some((run, run.glyphs.first()?.0)));
    let side = first.and_then(|(run, glyph)| {
        let font = swash::FontRef::from_index(run.font.data.as_ref(), run.font.index as usize)?;
        Some(font.glyph_metrics(&run.coords).scale(size).lsb(glyph))
    });
    side.unwrap_or(0.0).clamp(0.0, SIDE * size)
}

fn shaped(fonts: &Fonts, shaper: &mut Shaper, text: &str, style: &TextStyle, size: f32) -> Layout<()> {
    let locale = style.locale.as_ref();
    let language = locale.and_then(|l| parley::style::Language::parse(l.as_str()).ok());
    let Shaper { fonts: faces, layouts } = shaper;
    let mut builder = layouts.ranged_builder(faces, text, 1.0, false);
    builder.push_default(StyleProperty::FontSize(size));
    builder.push_default(StyleProperty::LineHeight(LineHeight::FontSizeRelative(1.0)));
    builder.push_default(StyleProperty::FontWeight(FontWeight::new(f32::from(style.weight))));
    builder.push_default(StyleProperty::Locale(language));
    builder.push_default(StyleProperty::LetterSpacing(style.letter_spacing * size));
    builder.push_default(fonts.stack(style.family, locale, false));
    if style.tabular {
        builder.push_default(StyleProperty::FontFeatures("\"tnum\" 1".into()));
    }
    let asian: FontFamily<'static> = fonts.stack(style.family, locale, true);
    for (range, kind) in special(text, locale) {
        match kind {
            Special::Gap => {
                builder.push(StyleProperty::LetterSpacing((style.letter_spacing + AUTOSPACE) * size), range)
            }
            Special::AsianMark => builder.push(StyleProperty::FontFamily(asian.clone()), range),
            Special::Capital => {
                builder.push(StyleProperty::LetterSpacing((style.letter_spacing + CAPITALS) * size), range)
            }
        }
    }
    if locale.is_some_and(Locale::is_right_to_left) {
        builder.set_base_direction(BaseDirection::Rtl);
    }
    builder.build(text)
}

/// More space between capitals that stand together, in em: their shapes were drawn to stand before small letters.
const CAPITALS: f32 = 0.045;

enum Special {
    /// A little space follows.
    Gap,
    /// A capital before another, in a word of capitals.
    Capital,
    /// A mark that Latin and Chinese fonts share, here with Chinese neighbours: set full width.
    AsianMark,
}

fn special(text: &str, locale: Option<&Locale>) -> Vec<(std::ops::Range<usize>, Special)> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let mut found = Vec::new();
    for (n, (at, c)) in chars.iter().enumerate() {
        let next = chars.get(n + 1).map(|(_, c)| *c);
        let range = *at..*at + c.len_utf8();
        if next.is_some_and(|next| touches(*c, next)) {
            found.push((range, Special::Gap));
        } else if among_capitals(&chars, n) {
            found.push((range, Special::Capital));
        } else if "“”‘’…—·".contains(*c) && locale.is_some_and(|l| matches!(l.language(), "zh" | "ja"))
        {
            let before = n.checked_sub(1).and_then(|b| chars.get(b)).map(|(_, c)| *c);
            if [before, next].into_iter().flatten().any(|c| is_han(c) || "，。！？；：、“”‘’…—".contains(c))
            {
                found.push((range, Special::AsianMark));
            }
        }
    }
    found
}

/// Is this a Latin capital with another behind it and a third beside them?
fn among_capitals(chars: &[(usize, char)], n: usize) -> bool {
    let capital = |at: Option<usize>| {
        let c = at.and_then(|at| chars.get(at)).map(|(_, c)| *c);
        c.is_some_and(|c| c.is_uppercase() && c < '\u{250}')
    };
    capital(Some(n)) && capital(Some(n + 1)) && (capital(Some(n + 2)) || capital(n.checked_sub(1)))
}

/// An error that names every character without a glyph.
fn missing(layout: &Layout<()>, text: &str) -> Result<(), Error> {
    let mut chars: Vec<char> = Vec::new();
    for run in layout.lines().flat_map(|line| line.runs().collect::<Vec<_>>()) {
        for cluster in run.clusters().filter(|c| c.glyphs().any(|g| g.id == 0)) {
            for c in text[cluster.text_range()].chars().filter(|c| !is_invisible(*c)) {
                if !chars.contains(&c) {
                    chars.push(c);
                }
            }
        }
    }
    let Some(first) = chars.first() else { return Ok(()) };
    Err(Error::MissingGlyph { font_hint: hint(*first).to_owned(), chars })
}

fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c as u32, 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFE00..=0xFE0F | 0xE_0000..=0xE_0FFF | 0xFEFF | 0xAD)
}
