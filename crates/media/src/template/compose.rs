//! From a template and a scene to a picture, with the boxes that a proof needs.

use super::{
    Area, Composed, Halign, Layer, Ornament, Scene, Shape, Side, Template, compare,
    contrast::{READABLE, Under},
    ornament, pieces,
    placed::{Pen, Placed},
    stack, table,
};
use crate::{
    Canvas, Color, Error,
    canvas::Blend,
    image::{self, Extend, Subject, cover_onto, focus_on},
    shape,
    text::Fonts,
};

/// The canvas while it is drawn on.
pub(super) struct Board<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) fonts: &'a Fonts,
    pub(super) template: &'a str,
    pub(super) pen: Pen,
    /// The picture; empty where only a layout is asked for.
    pub(super) canvas: Canvas,
    /// The one colour of the canvas that is not on it yet, as long as nothing else is.
    ground: Option<Color>,
    pub(super) boxes: Vec<Placed>,
    pub(super) omitted: Vec<String>,
    /// Left, top, width, height of the part that may be designed on, in px.
    pub(super) frame: (f32, f32, f32, f32),
    /// One per cent of the short side, in px.
    pub(super) unit: f32,
    /// Left and right edge of the words, in px: the lines at the foot keep to them.
    pub(super) column: (f32, f32),
    /// Do all words stand in the middle? Then those at the foot do, too.
    pub(super) centred: bool,
    /// The room of what is being placed, in px.
    pub(super) room: Option<(f32, f32, f32, f32)>,
    /// Where words stand that the product makes room for.
    pub(super) words: Vec<(f32, f32, f32, f32)>,
    /// Is the layout turned left to right?
    mirrored: bool,
    /// Where to look in the photo.
    subject: Option<(f32, f32)>,
    /// What must stay whole in it.
    whole: Option<Subject>,
}

/// Composes a design. An error when a text does not fit at its smallest size, or a character has no glyph: the latter
/// before anything is painted.
pub fn compose(template: &Template, scene: &Scene<'_>, fonts: &Fonts) -> Result<Composed, Error> {
    compose_with(template, scene, fonts, Pen::Paint)
}

/// Where everything would stand, without painting it: quick, with the same errors, an empty canvas and no contrast.
pub fn lay_out(template: &Template, scene: &Scene<'_>, fonts: &Fonts) -> Result<Composed, Error> {
    compose_with(template, scene, fonts, Pen::Lay)
}

/// Words are laid out before the product is placed, wherever it stands in the order of layers: it makes room for them.
pub(super) fn compose_with(
    template: &Template,
    scene: &Scene<'_>,
    fonts: &Fonts,
    pen: Pen,
) -> Result<Composed, Error> {
    let stands = scene.product.is_some() && scene.min_fill.is_none();
    let words = match template.layout(scene.size).filter(|_| stands) {
        Some(layout) if visible(&layout.layers, scene).iter().any(|l| matches!(l, Layer::Product { .. })) => {
            Some(words_of(&run(template, scene, fonts, Pen::Lay, None)?.boxes))
        }
        _ => None,
    };
    run(template, scene, fonts, pen, words)
}

/// Where words and the logo stand, but for those on a seal, which belongs on the product.
fn words_of(boxes: &[Placed]) -> Vec<(f32, f32, f32, f32)> {
    let on_seal = |(x, y, w, h): (f32, f32, f32, f32)| {
        let (middle_x, middle_y) = (x + w / 2.0, y + h / 2.0);
        boxes.iter().filter(|b| b.name == "seal").any(|b| {
            let (sx, sy, sw, sh) = b.rect;
            (sx..sx + sw).contains(&middle_x) && (sy..sy + sh).contains(&middle_y)
        })
    };
    let words = boxes.iter().filter(|b| b.text_size.is_some() || b.name == "logo" || b.name == "qr");
    words.map(|b| b.rect).filter(|rect| !on_seal(*rect)).collect()
}

fn run(
    template: &Template,
    scene: &Scene<'_>,
    fonts: &Fonts,
    pen: Pen,
    words: Option<Vec<(f32, f32, f32, f32)>>,
) -> Result<Composed, Error> {
    let layout = template.layout(scene.size).ok_or_else(|| Error::Template {
        template: template.name.clone(),
        reason: "it has no layout".into(),
    })?;
    scene.texts().try_for_each(|text| fonts.covers(text, scene.locale))?;
    let (width, height) = (scene.size.width, scene.size.height);
    let (wide, high) = if pen.paints() { (width, height) } else { (0, 0) };
    let layers = visible(&layout.layers, scene);
    let subject = scene.photo.or(scene.background).filter(|_| looks_at_photo(&layers));
    let subject = subject.map(|photo| focus_on(photo, scene.product.map(|p| &p.canvas)));
    let whole = scene.photo.or(scene.background).filter(|_| pen.paints() && shows_photo(&layers));
    let mut board = Board {
        scene,
        fonts,
        template: &template.name,
        pen,
        canvas: Canvas::new(wide, high, Color::CLEAR),
        ground: Some(scene.required_background.unwrap_or(scene.palette.background)),
        boxes: Vec::new(),
        omitted: Vec::new(),
        frame: safe_frame(scene),
        unit: width.min(height) as f32 / 100.0,
        column: (0.0, 0.0),
        centred: false,
        room: None,
        words: words.unwrap_or_default(),
        mirrored: scene.locale.is_right_to_left() != makes_room(&layers, scene, subject),
        subject,
        whole: whole.and_then(image::subject),
    };
    board.column = board.words(&layers);
    let stacks =
        || layers.iter().filter_map(|l| if let Layer::Stack { align, .. } = l { Some(align) } else { None });
    board.centred = stacks().next().is_some() && stacks().all(|align| *align == Halign::Center);
    let footer = pieces::Footer::plan(&board)?;
    board.frame.3 -= footer.height;
    for layer in layers {
        board.draw(layer)?;
    }
    board.settle();
    footer.draw(&mut board)?;
    Ok(Composed { canvas: board.canvas, boxes: board.boxes, omitted: board.omitted })
}

/// The layers that this scene has something for, in order.
pub(super) fn visible<'l>(layers: &'l [Layer], scene: &Scene<'_>) -> Vec<&'l Layer> {
    let chosen = |layer: &'l Layer| match layer {
        Layer::When { has, layers, otherwise } => {
            let all = has.iter().all(|need| scene.has(*need));
            visible(if all { layers } else { otherwise }, scene)
        }
        layer => vec![layer],
    };
    layers.iter().flat_map(chosen).collect()
}

/// Does anything depend on where the subject of the photo is?
fn looks_at_photo(layers: &[&Layer]) -> bool {
    shows_photo(layers) || layers.iter().any(|l| matches!(l, Layer::Scrim { side: Side::Start, .. }))
}

/// Is a photo among them, or among those that they blend?
fn shows_photo<'l>(layers: impl IntoIterator<Item = &'l &'l Layer>) -> bool {
    layers.into_iter().any(|l| match l {
        Layer::Photo { .. } => true,
        Layer::Blend { layers, .. } => any_photo(layers),
        _ => false,
    })
}

fn any_photo(layers: &[Layer]) -> bool {
    layers.iter().any(|l| match l {
        Layer::Photo { .. } => true,
        Layer::Blend { layers, .. } => any_photo(layers),
        Layer::When { layers, otherwise, .. } => any_photo(layers) || any_photo(otherwise),
        _ => false,
    })
}

/// Does the subject of a photo stand where the words would, so that they go to the other side?
fn makes_room(layers: &[&Layer], scene: &Scene<'_>, subject: Option<(f32, f32)>) -> bool {
    // In a banner words run over the whole width: turning it would only put the button first.
    let beside = scene.photo.is_some()
        && Shape::of(scene.size) != Shape::Banner
        && layers.iter().any(|l| matches!(l, Layer::Scrim { side: Side::Start, .. }));
    let across = subject.filter(|_| beside).map(|(x, _)| x);
    across.is_some_and(|x| if scene.locale.is_right_to_left() { x > 0.505 } else { x < 0.495 })
}

/// The canvas without what the platform's controls cover.
fn safe_frame(scene: &Scene<'_>) -> (f32, f32, f32, f32) {
    let (w, h) = (scene.size.width as f32, scene.size.height as f32);
    let Some(zone) = scene.safe_zone else { return (0.0, 0.0, w, h) };
    let (kx, ky) = (w / zone.frame.width.max(1) as f32, h / zone.frame.height.max(1) as f32);
    (zone.left * kx, zone.top * ky, w - (zone.left + zone.right) * kx, h - (zone.top + zone.bottom) * ky)
}

impl Board<'_> {
    fn draw(&mut self, layer: &Layer) -> Result<(), Error> {
        let (palette, required) = (self.scene.palette, self.scene.required_background);
        let whole = (0.0, 0.0, self.scene.size.width as f32, self.scene.size.height as f32);
        if !matches!(layer, Layer::Background { .. } | Layer::Photo { .. }) {
            self.settle();
        }
        match layer {
            Layer::Background { color, veil } => {
                let color = color.color(&palette, required);
                match self.ground {
                    Some(_) if color.a == 255 => self.ground = Some(color),
                    _ => {
                        self.settle();
                        let (x, y, w, h) = whole;
                        shape::rect(&mut self.canvas, x, y, w, h, 0.0, color);
                    }
                }
                if let Some(picture) = self.scene.background {
                    self.fill(picture, (0.5, 0.5), 1.0 - veil.clamp(0.0, 1.0), Extend::None);
                }
            }
            Layer::Photo { area, radius, bleed, extend } => {
                let rect = area.map_or(whole, |a| if *bleed { self.bleed(a) } else { self.place(a) });
                if let (Some(photo), Some(focus)) = (self.scene.photo.or(self.scene.background), self.subject)
                {
                    if rect == whole && *radius <= 0.0 {
                        self.fill(photo, focus, 1.0, *extend);
                    } else if self.pen.paints() {
                        self.settle();
                        let subject = (focus, self.whole, *extend);
                        pieces::framed(&mut self.canvas, photo, rect, radius * self.unit, subject);
                    }
                    self.note("photo", rect);
                }
            }
            Layer::Fade { area, side, color, strength, bleed } => {
                let rect = if *bleed { self.bleed(*area) } else { self.place(*area) };
                self.fade(rect, *side, 1.0, color.color(&palette, required), *strength);
            }
            Layer::Ornament { shape, area, color, thick, bleed } => {
                let rect = if *bleed { self.bleed(*area) } else { self.place(*area) };
                let color = color.color(&palette, required);
                let line = (color, thick * self.unit);
                ornament::draw(&mut self.canvas, *shape, rect, line, self.mirrored);
                if *shape == Ornament::Seal {
                    self.note("seal", rect);
                }
            }
            Layer::Table { area, max, min, rows, color, valign } => {
                let rect = self.place(*area);
                table::draw(self, rect, (*max, *min), *rows, *color, *valign)?;
            }
            Layer::Compare { area, max, min, rows, color, valign } => {
                let rect = self.place(*area);
                compare::draw(self, rect, (*max, *min), *rows, *color, *valign)?;
            }
            Layer::Qr { area, align } => table::code(self, self.place(*area), *align)?,
            Layer::Blend { mode, opacity, layers } => self.blend(layers, *mode, *opacity)?,
            // Chosen before anything is drawn.
            Layer::When { .. } => {}
            Layer::Scrim { side, reach, color, strength } => {
                self.scrim(*side, *reach, color.color(&palette, required), *strength)
            }
            Layer::Panel { area, color, radius, bleed } => {
                let (x, y, w, h) = if *bleed { self.bleed(*area) } else { self.place(*area) };
                shape::rect(
                    &mut self.canvas,
                    x,
                    y,
                    w,
                    h,
                    radius * self.unit,
                    color.color(&palette, required),
                );
            }
            Layer::Halo { area, color } => {
                let (x, y, w, h) = self.place(*area);
                let color = color.color(&palette, required);
                let at = |share: f32| color.alpha(f32::from(color.a) / 255.0 * share);
                let stops =
                    [(0.0, at(1.0)), (0.35, at(0.82)), (0.65, at(0.38)), (0.85, at(0.1)), (1.0, at(0.0))];
                shape::glow(&mut self.canvas, (x + w / 2.0, y + h / 2.0), w.max(h) / 2.0, &stops);
            }
            Layer::Disc { area, color } => {
                let (x, y, w, h) = self.place(*area);
                let side = w.min(h);
                shape::ellipse(
                    &mut self.canvas,
                    (x + (w - side) / 2.0, y + (h - side) / 2.0, side, side),
                    color.color(&palette, required),
                );
            }
            Layer::Product { area, shadow, align, valign } => {
                pieces::product(self, self.place(*area), *shadow, *align, *valign)
            }
            Layer::Stack { name, area, align, valign, items } => {
                stack::draw(self, name, self.place(*area), (*align, *valign), items)?
            }
            Layer::Logo { area, align, valign } => pieces::logo(self, self.place(*area), (*align, *valign))?,
        }
        Ok(())
    }

    /// Puts the ground's colour on the canvas, if nothing has covered it.
    fn settle(&mut self) {
        if let Some(color) = self.ground.take() {
            self.canvas.fill(color);
        }
    }

    /// A picture over the whole canvas.
    fn fill(&mut self, picture: &Canvas, focus: (f32, f32), opacity: f32, extend: Extend) {
        let size = self.canvas.size();
        let ground = self.ground.take();
        if !self.pen.paints() {
            return;
        }
        match (ground, image::crop_at(picture, size, focus, self.whole, extend)) {
            (Some(color), Some(focus)) => cover_onto(picture, &mut self.canvas, focus, color, opacity),
            (color, _) => {
                if let Some(color) = color {
                    self.canvas.fill(color);
                }
                let filled = image::fill(picture, size, focus, self.whole, extend);
                self.canvas.over(&filled, 0, 0, opacity);
            }
        }
    }

    /// Layers on a canvas of their own, blended with what is there.
    fn blend(&mut self, layers: &[Layer], mode: Blend, opacity: f32) -> Result<(), Error> {
        let (w, h) = self.canvas.size();
        let under = std::mem::replace(&mut self.canvas, Canvas::new(w, h, Color::CLEAR));
        let drawn = visible(layers, self.scene).into_iter().try_for_each(|layer| self.draw(layer));
        let top = std::mem::replace(&mut self.canvas, under);
        self.canvas.blend(&top, mode, opacity);
        drawn
    }

    /// An area in px; mirrored in right-to-left languages and where a photo's subject needs the room.
    fn place(&self, area: Area) -> (f32, f32, f32, f32) {
        let (x, y, w, h) = self.frame;
        let left = if self.mirrored { 1.0 - area.x - area.w } else { area.x };
        (x + left * w, y + area.y * h, area.w * w, area.h * h)
    }

    /// Left and right edge of the words. Where words stand on a photo, the foot stays on their side of it.
    fn words(&self, layers: &[&Layer]) -> (f32, f32) {
        let areas = layers.iter().filter_map(|l| {
            if let Layer::Stack { area, .. }
            | Layer::Logo { area, .. }
            | Layer::Table { area, .. }
            | Layer::Compare { area, .. } = l
            {
                Some(self.place(*area))
            } else {
                None
            }
        });
        let left = areas.map(|(x, ..)| x).fold(f32::MAX, f32::min);
        let (x, _, w, _) = self.frame;
        let margin = if left > x + w / 4.0 { w * 0.055 } else { left - x };
        let left = left.min(x + w * 0.64);
        // They stay on the field of colour that the words stand on.
        let fields = layers.iter().filter_map(|l| match l {
            Layer::Panel { area, .. } | Layer::Photo { area: Some(area), .. }
                if area.h > 0.6 && area.w < 0.8 =>
            {
                Some(self.place(*area))
            }
            _ => None,
        });
        let edges = fields.map(|(from, _, wide, _)| if from > left { from } else { from + wide });
        let right =
            edges.filter(|edge| *edge > left + w * 0.2).fold(x + w - margin + self.unit * 2.0, f32::min);
        (left, right - self.unit * 2.0)
    }

    /// An area whose edges on the frame's edges go on to the canvas's.
    fn bleed(&self, area: Area) -> (f32, f32, f32, f32) {
        let (x, y, w, h) = self.place(area);
        let (fx, fy, fw, fh) = self.frame;
        let near = |a: f32, b: f32| (a - b).abs() < 0.5;
        let left = if near(x, fx) { 0.0 } else { x };
        let top = if near(y, fy) { 0.0 } else { y };
        let right = if near(x + w, fx + fw) { self.scene.size.width as f32 } else { x + w };
        let bottom = if near(y + h, fy + fh) { self.scene.size.height as f32 } else { y + h };
        (left, top, right - left, bottom - top)
    }

    fn scrim(&mut self, side: Side, reach: f32, color: Color, strength: f32) {
        let (w, h) = (self.scene.size.width as f32, self.scene.size.height as f32);
        // Words keep their left edge when the layout is turned: there the scrim must still carry them.
        let reach = if self.mirrored && side == Side::Start { reach * 1.45 } else { reach };
        self.fade((0.0, 0.0, w, h), side, reach, color, strength);
    }

    fn fade(&mut self, rect: (f32, f32, f32, f32), side: Side, reach: f32, color: Color, strength: f32) {
        let left = ((0.0, 0.0), (reach, 0.0));
        let right = ((1.0, 0.0), (1.0 - reach, 0.0));
        let (from, to) = match (side, self.mirrored) {
            (Side::Start, false) | (Side::End, true) => left,
            (Side::Start, true) | (Side::End, false) => right,
            (Side::Top, _) => ((0.0, 0.0), (0.0, reach)),
            (Side::Bottom, _) => ((0.0, 1.0), (0.0, 1.0 - reach)),
        };
        // Eased, so that no edge is seen where it ends.
        let ease =
            [(0.0, 1.0), (0.25, 0.9), (0.45, 0.7), (0.62, 0.46), (0.78, 0.22), (0.9, 0.07), (1.0, 0.0)];
        let stops: Vec<_> = ease.iter().map(|(at, share)| (*at, color.alpha(strength * share))).collect();
        shape::gradient(&mut self.canvas, rect, from, to, &stops);
    }

    /// Dark or light: whichever can be read better there, and how well.
    pub(super) fn ink(&self, under: Under) -> (Color, f32) {
        let dark = self.scene.palette.text;
        let light = if self.scene.palette.background.luminance() > 0.8 {
            self.scene.palette.background
        } else {
            Color::WHITE
        };
        let [dark, light, white, black] =
            [dark, light, Color::WHITE, Color::BLACK].map(|c| (c, under.with(c)));
        let better = if dark.1 >= light.1 { dark } else { light };
        if better.1 >= READABLE {
            return better;
        }
        [better, white, black].into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(better)
    }
}
