//! What stands where on a design: what a proof is made from.

use serde::Serialize;

use super::compose::Board;
use crate::{Color, text::TextBlock};

/// One thing on a finished design.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Placed {
    /// What it is: `headline`, `product`, `logo`.
    pub name: String,
    /// Left, top, width, height in px.
    pub rect: (f32, f32, f32, f32),
    /// The room that it had to stay in, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<(f32, f32, f32, f32)>,
    /// Its lines, where it is a text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    /// Em in px, where it is a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_size: Option<f32>,
    /// Height of a capital or a Chinese character in px, where it is a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub glyph_height: Option<f32>,
    /// Colour of its letters, where it is a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ink: Option<Color>,
    /// Contrast with the pixels under it, where it is a text that was painted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contrast: Option<f32>,
    /// Characters without a glyph. [`super::compose`] refuses them, so there are none.
    pub tofu: u32,
}

impl Board<'_> {
    /// Notes something without words.
    pub(super) fn note(&mut self, name: &str, rect: (f32, f32, f32, f32)) {
        self.boxes.push(Placed {
            name: name.into(),
            rect,
            room: None,
            lines: Vec::new(),
            text_size: None,
            glyph_height: None,
            ink: None,
            contrast: None,
            tofu: 0,
        });
    }

    /// Draws a text with its top left corner at a point, if letters are drawn at all.
    pub(super) fn letter(&mut self, block: &TextBlock, x: f32, y: f32) {
        if self.pen.letters() {
            block.draw(&mut self.canvas, x, y);
        }
    }

    /// Notes a text.
    pub(super) fn note_words(
        &mut self,
        name: &str,
        rect: (f32, f32, f32, f32),
        block: &TextBlock,
        contrast: f32,
    ) {
        self.boxes.push(Placed {
            name: name.into(),
            rect,
            room: self.room,
            lines: block.texts().into_iter().map(str::to_owned).collect(),
            text_size: Some(block.size),
            glyph_height: Some(block.glyph_height()),
            ink: Some(block.color),
            contrast: self.pen.paints().then_some(contrast),
            tofu: block.tofu(),
        });
    }
}

/// What is put on the canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pen {
    /// Everything.
    Paint,
    /// Everything but the letters: what lies under them.
    #[cfg(test)]
    Mute,
    /// Nothing: only where things stand.
    Lay,
}

impl Pen {
    pub(super) fn paints(self) -> bool {
        self != Self::Lay
    }

    pub(super) fn letters(self) -> bool {
        self == Self::Paint
    }
}
