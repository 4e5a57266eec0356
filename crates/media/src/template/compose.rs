//! From a template and a scene to a picture, with the boxes that a proof needs.

use handbill_domain::{
    channel::{SafeZone, Size},
    locale::Locale,
    words::DesignWords,
};
use serde::Serialize;

use super::{
    Area, Halign, Layer, Need, Palette, Shape, Side, Template,
    contrast::{READABLE, Under},
    ornament, pieces, stack, table,
};
use crate::{
    Canvas, Color, Error,
    image::{Cutout, cover, focus_on},
    shape,
    text::Fonts,
};

/// Everything that a design shows. What is `None` or empty is left out.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// Size of the canvas.
    pub size: Size,
    /// What the platform's own controls will cover.
    pub safe_zone: Option<&'a SafeZone>,
    /// Language of the words.
    pub locale: &'a Locale,
    /// The words.
    pub words: &'a DesignWords,
    /// The call to action.
    pub call_to_action: &'a str,
    /// The offer.
    pub offer: Option<&'a str>,
    /// The price.
    pub price: Option<&'a PriceTag>,
    /// What is true about the product, the most important first.
    pub facts: &'a [FactLine],
    /// Where a code to scan leads.
    pub url: Option<&'a str>,
    /// The brand's name.
    pub brand: &'a str,
    /// The brand's colours.
    pub palette: Palette,
    /// The campaign's background picture.
    pub background: Option<&'a Canvas>,
    /// The product, cut out.
    pub product: Option<&'a Cutout>,
    /// The product's photo as it is: shown in a frame where there is no cut-out.
    pub product_photo: Option<&'a Canvas>,
    /// The product in use, or its world.
    pub photo: Option<&'a Canvas>,
    /// The logo, about square.
    pub logo: Option<&'a Canvas>,
    /// The wide logo.
    pub logo_wide: Option<&'a Canvas>,
    /// Lines that must be on the material.
    pub legal: &'a [String],
    /// The words of the label that says that a model made it.
    pub ai_label: Option<&'a str>,
    /// The background that the platform demands; clear for transparent.
    pub required_background: Option<Color>,
    /// Share of the frame that the product must fill, 0 to 1.
    pub min_fill: Option<f32>,
}

/// A price as it is written on a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceTag {
    /// The currency's sign: `¥`.
    pub sign: String,
    /// The amount: `268` or `34.50`.
    pub amount: String,
    /// The price before the offer, with its sign: `¥328`.
    pub list: Option<String>,
}

/// A fact as a design shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct FactLine {
    /// What it is about: `Net weight`.
    pub label: String,
    /// What is true, with its unit: `100 g`.
    pub value: String,
    /// Is it a number?
    #[serde(default)]
    pub is_number: bool,
}

impl Scene<'_> {
    /// Is it there to be shown?
    pub fn has(&self, need: Need) -> bool {
        match need {
            Need::Price => self.price.is_some(),
            Need::Offer => self.offer.is_some_and(|o| !o.trim().is_empty()),
            Need::Quote => !self.words.quote.trim().is_empty(),
            Need::Photo => self.photo.is_some(),
            Need::Bullets => self.words.bullets.len() >= 2,
            Need::Facts => self.facts.len() >= 3,
            Need::Figure => self.facts.iter().any(|f| f.is_number),
            Need::Url => self.url.is_some_and(|u| !u.trim().is_empty()),
            Need::Cutout => self.product.is_some(),
        }
    }
}

/// A finished design.
#[derive(Clone, Debug)]
pub struct Composed {
    /// The picture.
    pub canvas: Canvas,
    /// What stands where.
    pub boxes: Vec<Placed>,
    /// What the brief has and this layout has no place for.
    pub omitted: Vec<String>,
}

/// One thing on a finished design.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Placed {
    /// What it is: `headline`, `product`, `logo`.
    pub name: String,
    /// Left, top, width, height in px.
    pub rect: (f32, f32, f32, f32),
    /// Its lines, where it is a text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    /// Em in px, where it is a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_size: Option<f32>,
    /// Contrast with the pixels under it, where it is a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contrast: Option<f32>,
}

/// The canvas while it is drawn on.
pub(super) struct Board<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) fonts: &'a Fonts,
    pub(super) template: &'a str,
    pub(super) canvas: Canvas,
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
    /// Is the layout turned left to right?
    mirrored: bool,
}

/// Composes a design. An error when a text does not fit at its smallest size, or a character has no glyph.
pub fn compose(template: &Template, scene: &Scene<'_>, fonts: &Fonts) -> Result<Composed, Error> {
    let layout = template.layout(scene.size).ok_or_else(|| Error::Template {
        template: template.name.clone(),
        reason: "it has no layout".into(),
    })?;
    let (width, height) = (scene.size.width, scene.size.height);
    let mut board = Board {
        scene,
        fonts,
        template: &template.name,
        canvas: Canvas::new(width, height, scene.required_background.unwrap_or(scene.palette.background)),
        boxes: Vec::new(),
        omitted: Vec::new(),
        frame: safe_frame(scene),
        unit: width.min(height) as f32 / 100.0,
        column: (0.0, 0.0),
        centred: false,
        mirrored: scene.locale.is_right_to_left() != makes_room(&layout.layers, scene),
    };
    let layers = visible(&layout.layers, scene);
    board.column = board.words(&layers);
    let stacks =
        || layers.iter().filter_map(|l| if let Layer::Stack { align, .. } = l { Some(align) } else { None });
    board.centred = stacks().next().is_some() && stacks().all(|align| *align == Halign::Center);
    let footer = pieces::Footer::plan(&board)?;
    board.frame.3 -= footer.height;
    for layer in layers {
        board.draw(layer)?;
    }
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

/// Does the subject of a photo stand where the words would, so that they go to the other side?
fn makes_room(layers: &[Layer], scene: &Scene<'_>) -> bool {
    // In a banner words run over the whole width: turning it would only put the button first.
    let beside = Shape::of(scene.size) != Shape::Banner
        && layers.iter().any(|l| matches!(l, Layer::Scrim { side: Side::Start, .. }));
    let across = scene.photo.filter(|_| beside).map(|photo| subject(scene, photo).0);
    across.is_some_and(|x| if scene.locale.is_right_to_left() { x > 0.505 } else { x < 0.495 })
}

/// Where to look in a photo.
fn subject(scene: &Scene<'_>, photo: &Canvas) -> (f32, f32) {
    focus_on(photo, scene.product.map(|p| &p.canvas))
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
        let whole = (0.0, 0.0, self.canvas.width() as f32, self.canvas.height() as f32);
        match layer {
            Layer::Background { color, veil } => {
                let color = color.color(&palette, required);
                let (x, y, w, h) = whole;
                shape::rect(&mut self.canvas, x, y, w, h, 0.0, color);
                if let Some(picture) = self.scene.background {
                    let filled = cover(picture, self.canvas.width(), self.canvas.height(), (0.5, 0.5));
                    self.canvas.over(&filled, 0, 0, 1.0 - veil.clamp(0.0, 1.0));
                }
            }
            Layer::Photo { area, radius, bleed } => {
                let rect = area.map_or(whole, |a| if *bleed { self.bleed(a) } else { self.place(a) });
                if let Some(photo) = self.scene.photo.or(self.scene.background) {
                    pieces::framed(
                        &mut self.canvas,
                        photo,
                        rect,
                        radius * self.unit,
                        subject(self.scene, photo),
                    );
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
                ornament::draw(&mut self.canvas, *shape, rect, color, thick * self.unit);
            }
            Layer::Table { area, max, min, rows, color, valign } => {
                let rect = self.place(*area);
                table::draw(self, rect, (*max, *min), *rows, *color, *valign)?;
            }
            Layer::Qr { area, align } => table::code(self, self.place(*area), *align)?,
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

    /// An area in px; mirrored in right-to-left languages and where a photo's subject needs the room.
    fn place(&self, area: Area) -> (f32, f32, f32, f32) {
        let (x, y, w, h) = self.frame;
        let left = if self.mirrored { 1.0 - area.x - area.w } else { area.x };
        (x + left * w, y + area.y * h, area.w * w, area.h * h)
    }

    /// Left and right edge of the words. Where words stand on a photo, the foot stays on their side of it.
    fn words(&self, layers: &[&Layer]) -> (f32, f32) {
        let areas = layers.iter().filter_map(|l| {
            if let Layer::Stack { area, .. } | Layer::Logo { area, .. } | Layer::Table { area, .. } = l {
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
        let right = if near(x + w, fx + fw) { self.canvas.width() as f32 } else { x + w };
        let bottom = if near(y + h, fy + fh) { self.canvas.height() as f32 } else { y + h };
        (left, top, right - left, bottom - top)
    }

    fn scrim(&mut self, side: Side, reach: f32, color: Color, strength: f32) {
        let (w, h) = (self.canvas.width() as f32, self.canvas.height() as f32);
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

    pub(super) fn note(&mut self, name: &str, rect: (f32, f32, f32, f32)) {
        self.boxes.push(Placed {
            name: name.into(),
            rect,
            lines: Vec::new(),
            text_size: None,
            contrast: None,
        });
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
