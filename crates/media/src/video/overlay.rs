//! What lies over the clips: rasterised once, then only moved and faded.

use super::{
    Assets,
    animate::{State, state},
    kernel::Filter,
    plane::{Scratch, Target, Window},
    sprite::{Place, Sprite, opaque_box, scaled},
    timeline::{Along, Area, Captions, Content, Direction, Entrance, EntranceKind, Overlay, Timeline, Words},
    words::{self, Piece},
};
use crate::{Canvas, Color, Error, shape};

/// An overlay, ready to be drawn.
pub(crate) struct Layer {
    start_ms: f64,
    end_ms: f64,
    enter: Option<Entrance>,
    exit: Option<Entrance>,
    opacity: f64,
    parts: Vec<Part>,
}

/// A piece of an overlay that moves by itself.
struct Part {
    sprite: Sprite,
    /// Its middle at rest, in px of the frame.
    middle: (f64, f64),
    /// Its box at rest.
    window: (f64, f64, f64, f64),
    line: usize,
    /// How far a rise goes.
    rise: f64,
}

impl Layer {
    /// Rasterises an overlay.
    pub(crate) fn new(overlay: &Overlay, timeline: &Timeline, assets: &Assets) -> Result<Self, Error> {
        let frame = (timeline.size.width, timeline.size.height);
        let area = px(overlay.area, frame);
        let pieces = match &overlay.content {
            Content::Text(text) => words::pieces(text, area, overlay.align, frame, &timeline.locale, assets)?,
            Content::Picture { picture } => vec![fitted(assets.picture(picture)?, area, overlay)?],
            Content::Panel { color, radius } => {
                vec![panel(*color, area, radius * f64::from(frame.0.min(frame.1)))]
            }
            Content::Scrim { color, towards } => vec![scrim(*color, area, *towards)],
        };
        Ok(Self {
            start_ms: overlay.start_ms as f64,
            end_ms: overlay.end_ms as f64,
            enter: overlay.enter.clone(),
            exit: overlay.exit.clone(),
            opacity: overlay.opacity,
            parts: pieces.into_iter().map(Part::new).collect(),
        })
    }

    /// Rasterises the captions.
    pub(crate) fn captions(
        captions: &Captions,
        timeline: &Timeline,
        assets: &Assets,
    ) -> Result<Vec<Self>, Error> {
        let frame = (timeline.size.width, timeline.size.height);
        let align = super::timeline::Align { x: Along::Middle, y: Along::End };
        let fade = Entrance {
            kind: EntranceKind::Fade,
            duration_ms: 90,
            delay_ms: 0,
            stagger_ms: 0,
            easing: super::Easing::Linear,
        };
        captions
            .cues
            .iter()
            .map(|cue| {
                let text = Words { text: cue.lines.join("\n"), ..captions.style.clone() };
                let pieces =
                    words::pieces(&text, px(captions.area, frame), align, frame, &timeline.locale, assets)?;
                Ok(Self {
                    start_ms: cue.start_ms as f64,
                    end_ms: cue.end_ms as f64,
                    enter: Some(fade.clone()),
                    exit: None,
                    opacity: 1.0,
                    parts: pieces.into_iter().map(Part::new).collect(),
                })
            })
            .collect()
    }

    /// Draws plane `c` as it is at `time`.
    pub(crate) fn draw(&self, c: usize, time: f64, target: &mut Target<'_>, scratch: &mut Scratch) {
        if time < self.start_ms || time >= self.end_ms {
            return;
        }
        let all = Window { x: 0, y: 0, width: target.width, height: target.height };
        for part in &self.parts {
            let (since, length) = (time - self.start_ms, self.end_ms - self.start_ms);
            let State { dy, scale, opacity, behind_window } =
                state(self.enter.as_ref(), self.exit.as_ref(), since, length, part.line, part.rise);
            let clip = if behind_window { part.window(c, target) } else { all };
            let place =
                Place { x: part.middle.0, y: part.middle.1 + dy, scale, opacity: opacity * self.opacity };
            part.sprite.draw(c, place, Filter::Bilinear, clip, target, scratch);
        }
    }
}

impl Part {
    fn new(piece: Piece) -> Self {
        // Whole even px at rest: chroma lies exactly, and nothing is blurred.
        let (x, y) = ((piece.x / 2.0).round() * 2.0, (piece.y / 2.0).round() * 2.0);
        let (w, h) = (f64::from(piece.picture.width()), f64::from(piece.picture.height()));
        Self {
            sprite: Sprite::of(&piece.picture),
            middle: (x + w / 2.0, y + h / 2.0),
            window: (x, y, w, h),
            line: piece.line,
            rise: piece.rise,
        }
    }

    fn window(&self, c: usize, target: &Target<'_>) -> Window {
        let sub = if c == 0 { 1.0 } else { 2.0 };
        let span = |from: f64, length: f64, all: usize| {
            let first = (from / sub).round().clamp(0.0, all as f64);
            let last = ((from + length) / sub).round().clamp(0.0, all as f64);
            (first as usize, (last - first) as usize)
        };
        let ((x, width), (y, height)) = (
            span(self.window.0, self.window.2, target.width),
            span(self.window.1, self.window.3, target.height),
        );
        Window { x, y, width, height }
    }
}

/// A box in px.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Px {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) w: f64,
    pub(crate) h: f64,
}

fn px(area: Area, frame: (u32, u32)) -> Px {
    let (w, h) = (f64::from(frame.0), f64::from(frame.1));
    Px { x: area.x * w, y: area.y * h, w: area.w * w, h: area.h * h }
}

/// Where something of a length begins in a span.
pub(crate) fn placed(along: Along, from: f64, span: f64, length: f64) -> f64 {
    match along {
        Along::Start => from,
        Along::Middle => from + (span - length) / 2.0,
        Along::End => from + span - length,
    }
}

fn fitted(picture: &Canvas, area: Px, overlay: &Overlay) -> Result<Piece, Error> {
    let (x, y, w, h) = opaque_box(picture).unwrap_or((0, 0, picture.width(), picture.height()));
    let cut = picture.crop(x as i32, y as i32, w, h);
    let scale = (area.w / f64::from(w)).min(area.h / f64::from(h));
    let size = ((f64::from(w) * scale).round(), (f64::from(h) * scale).round());
    let picture = scaled(&cut, size.0 as u32, size.1 as u32)?;
    let (x, y) =
        (placed(overlay.align.x, area.x, area.w, size.0), placed(overlay.align.y, area.y, area.h, size.1));
    Ok(Piece { picture, x, y, line: 0, rise: size.1 * 0.4 })
}

fn panel(color: Color, area: Px, radius: f64) -> Piece {
    let (w, h) = (area.w.round().max(2.0), area.h.round().max(2.0));
    let mut picture = Canvas::new(w as u32, h as u32, Color::CLEAR);
    shape::rect(&mut picture, 0.0, 0.0, w as f32, h as f32, radius as f32, color);
    Piece { picture, x: area.x, y: area.y, line: 0, rise: h * 0.4 }
}

/// Full at one edge, gone at the other; the course is a half cosine, so that neither end shows.
fn scrim(color: Color, area: Px, towards: Direction) -> Piece {
    let (w, h) = (area.w.round().max(2.0) as u32, area.h.round().max(2.0) as u32);
    let mut picture = Canvas::new(w, h, Color::CLEAR);
    for (n, pixel) in (0u32..).zip(picture.data_mut().as_chunks_mut::<4>().0) {
        let (x, y) = (n % w, n / w);
        let along = |at: u32, all: u32| (f64::from(at) + 0.5) / f64::from(all);
        let t = match towards {
            Direction::Down => along(y, h),
            Direction::Up => 1.0 - along(y, h),
            Direction::Right => along(x, w),
            Direction::Left => 1.0 - along(x, w),
        };
        let k = 0.5 + 0.5 * (std::f64::consts::PI * t).cos();
        // Up to one step of noise keeps the gradient from showing bands.
        let mixed = (x.wrapping_mul(0x9E37_79B9) ^ y.wrapping_mul(0x85EB_CA6B)).wrapping_mul(0xC2B2_AE35);
        let alpha = f64::from(color.a) * k + f64::from(mixed >> 24) / 255.0;
        *pixel = Color { a: alpha.min(255.0) as u8, ..color }.premultiplied();
    }
    Piece { picture, x: area.x, y: area.y, line: 0, rise: 0.0 }
}
