//! Each scene's pictures and words.

use std::sync::Arc;

use handbill_domain::words::{Scene, ScenePicture};
use handbill_media::{
    Canvas, Color,
    video::{
        Easing,
        timeline::{
            Align, Along, Area, Camera, Clip, Content, Direction, Entrance, EntranceKind, FontUse, Overlay,
            Plate, Pose, Source, Subject, Transition, TransitionKind, View, Words,
        },
    },
};

use super::{Script, card, focus::interest, frame::Shape, headline};

/// Clips and overlays of all scenes.
pub(super) fn write(script: &Script<'_>) -> (Vec<Clip>, Vec<Overlay>) {
    let mut video = Vec::new();
    let mut overlay = Vec::new();
    for (number, (scene, span)) in script.storyboard.scenes.iter().zip(&script.pace.scenes).enumerate() {
        let take = Take { script, scene, number, start: span.0, end: span.1 };
        if scene.picture == ScenePicture::EndCard {
            video.push(card::clip(&take));
            overlay.extend(card::words(&take));
        } else {
            let seen = take.seen();
            overlay.extend(take.words(&seen));
            video.push(take.clip(seen));
        }
    }
    (video, overlay)
}

/// One scene with its time.
pub(super) struct Take<'a> {
    pub(super) script: &'a Script<'a>,
    pub(super) scene: &'a Scene,
    pub(super) number: usize,
    pub(super) start: u64,
    pub(super) end: u64,
}

/// What fills the frame of a scene.
pub(super) struct Seen {
    picture: String,
    canvas: Arc<Canvas>,
    /// A photo of something: words need a scrim, and the camera follows its focus.
    photo: bool,
    /// Does the product stand before it, and how close?
    product: Option<f64>,
    /// A photo that stands below the words.
    inset: Option<String>,
}

impl Seen {
    /// Is there nothing but the background?
    fn is_bare(&self) -> bool {
        !self.photo && self.product.is_none() && self.inset.is_none()
    }
}

/// The name of a photo that was cut for the box below the words.
pub(crate) fn inset(name: &str) -> String {
    format!("inset-{name}")
}

/// Names of pictures in the assets of a timeline.
pub(crate) fn background(number: usize) -> String {
    format!("background-{number}")
}

impl Take<'_> {
    fn seen(&self) -> Seen {
        let pictures = self.script.pictures;
        let nth = |all: &[Arc<Canvas>], name: &str| {
            let n = self.number % all.len().max(1);
            all.get(n).map(|canvas| self.photo(format!("{name}-{n}"), canvas))
        };
        let staged = |closer: f64| {
            let n = self.number % pictures.backgrounds.len().max(1);
            let canvas = pictures
                .backgrounds
                .get(n)
                .cloned()
                .unwrap_or_else(|| Arc::new(Canvas::new(16, 16, self.script.palette.light)));
            match (&pictures.product, &pictures.photo) {
                (None, Some(photo)) => self.photo("photo".into(), photo),
                (product, _) => Seen {
                    picture: background(n),
                    canvas,
                    photo: false,
                    product: product.as_ref().map(|_| closer),
                    inset: None,
                },
            }
        };
        match self.scene.picture {
            ScenePicture::Lifestyle => nth(&pictures.lifestyle, "lifestyle").unwrap_or_else(|| staged(1.0)),
            ScenePicture::Detail => nth(&pictures.detail, "detail").unwrap_or_else(|| staged(1.16)),
            ScenePicture::Background => Seen { product: None, ..staged(1.0) },
            ScenePicture::Product | ScenePicture::EndCard => staged(1.0),
        }
    }

    /// A photo fills the frame, or stands on the background below the words where a tall frame has room for both.
    fn photo(&self, name: String, photo: &Arc<Canvas>) -> Seen {
        let backgrounds = &self.script.pictures.backgrounds;
        let n = self.number % backgrounds.len().max(1);
        match (self.script.frame.photo, backgrounds.get(n)) {
            (Some(_), Some(ground)) => Seen {
                picture: background(n),
                canvas: Arc::clone(ground),
                photo: false,
                product: None,
                inset: Some(inset(&name)),
            },
            _ => Seen { picture: name, canvas: Arc::clone(photo), photo: true, product: None, inset: None },
        }
    }

    /// It grows downwards and sideways out of the frame: its upper edge stays.
    fn inset(&self, name: &str) -> Option<Subject> {
        let area = self.script.frame.photo?;
        let pose = |height: f64| Pose { x: 0.5, y: area.y + height / 2.0, height };
        let (near, far) = (pose(area.h * 1.10), pose(area.h * 1.01));
        let (from, to) = if self.number.is_multiple_of(2) { (far, near) } else { (near, far) };
        let enter = (self.number == 0).then(|| entrance(EntranceKind::Fade, 450, 0));
        Some(Subject { picture: name.to_owned(), from, to, easing: Easing::InOut, shadow: false, enter })
    }

    fn clip(&self, seen: Seen) -> Clip {
        let mut subjects = seen.product.and_then(|closer| self.product(closer)).unwrap_or_default();
        subjects.extend(seen.inset.as_deref().and_then(|name| self.inset(name)));
        Clip {
            id: self.scene.id.clone(),
            start_ms: self.start,
            end_ms: self.end,
            camera: self.camera(&seen),
            source: Source::Still { picture: seen.picture },
            subjects,
            transition: self.transition(),
        }
    }

    /// Backgrounds drift slowly behind the product; photos are approached or left, around what they show.
    fn camera(&self, seen: &Seen) -> Camera {
        let turn = if self.number.is_multiple_of(2) { 1.0 } else { -1.0 };
        let view = |zoom: f64, x: f64, y: f64| View { zoom, x: x.clamp(0.0, 1.0), y: y.clamp(0.0, 1.0) };
        let (mut from, mut to) = if seen.photo {
            let (x, y) = interest(&seen.canvas, self.script.frame.size);
            // Beside words, what the photo shows moves away from them.
            let x = match self.script.frame.shape {
                Shape::Tall => x,
                shape => {
                    x + if shape == Shape::Wide { 0.12 } else { 0.05 }
                        * if self.mirrored(seen) { 1.0 } else { -1.0 }
                }
            };
            (view(1.06, x - 0.006 * turn, y), view(1.16, x + 0.006 * turn, y))
        } else {
            (view(1.06, 0.5 - 0.05 * turn, 0.5), view(1.14, 0.5 + 0.05 * turn, 0.47))
        };
        if turn < 0.0 && seen.photo {
            std::mem::swap(&mut from, &mut to);
        }
        Camera { from, to, easing: Easing::InOut }
    }

    /// Do the words stand on the right? They do where a photo that fills the frame shows its thing on the left.
    fn mirrored(&self, seen: &Seen) -> bool {
        seen.photo
            && self.script.frame.shape != Shape::Tall
            && interest(&seen.canvas, self.script.frame.size).0 < 0.5
    }

    fn product(&self, closer: f64) -> Option<Vec<Subject>> {
        let product = self.script.pictures.product.as_ref()?;
        let frame = &self.script.frame;
        let (x, y, _, _) = frame.product;
        let ratio = f64::from(product.width()) / f64::from(product.height().max(1));
        let height = frame.product_height(frame.product, ratio) * 0.94;
        // Standing on the same ground however tall it is.
        let foot = y + frame.product.3 / 2.0;
        let middle = |height: f64| if frame.shape == Shape::Tall { foot - height / 2.0 } else { y };
        let turn = if self.number.is_multiple_of(2) { 1.0 } else { -1.0 };
        let (small, large) = (height * 0.95 * closer.min(1.06), height * closer.min(1.06));
        let drift = 0.012 * turn;
        let from = Pose { x: x - drift, y: middle(small), height: small };
        let to = Pose { x: x + drift, y: middle(large), height: large };
        // It comes in once; in later scenes it is there already.
        let enter = (self.number == 0 || self.before_had_none())
            .then(|| Entrance { easing: Easing::Settle, ..entrance(EntranceKind::Rise, 900, 60) });
        let round = |t: f64, size: f64| Pose { x: x - drift * t, y: to.y - to.height * 0.03, height: size };
        let wide = f64::from(frame.size.width) / f64::from(frame.size.height);
        let disc = (large * 0.86).max(large * ratio / wide * 1.5).min(frame.product.2 * wide * 1.12);
        let comes = |kind, delay, easing| {
            enter.as_ref().map(|e| Entrance { kind, delay_ms: delay, easing, ..e.clone() })
        };
        let behind = Subject {
            picture: "disc".into(),
            from: round(-1.0, disc * 0.98),
            to: round(1.0, disc * 1.02),
            easing: Easing::InOut,
            shadow: false,
            enter: comes(EntranceKind::Pop, 0, Easing::Settle),
        };
        let front =
            Subject { picture: "product".into(), from, to, easing: Easing::InOut, shadow: true, enter };
        Some(vec![behind, front])
    }

    fn before_had_none(&self) -> bool {
        let before = self.number.checked_sub(1).and_then(|n| self.script.storyboard.scenes.get(n));
        before.is_some_and(|s| matches!(s.picture, ScenePicture::Background | ScenePicture::Lifestyle))
    }

    /// Calm moods fade, lively ones move.
    pub(super) fn transition(&self) -> Option<Transition> {
        use handbill_media::audio::Mood;
        if self.number == 0 {
            return None;
        }
        let lively = matches!(self.script.mood, Mood::Bright | Mood::Driving | Mood::Playful);
        let kinds = if lively {
            [
                TransitionKind::Push { towards: Direction::Left },
                TransitionKind::Crossfade,
                TransitionKind::Slide { towards: Direction::Up },
            ]
        } else {
            [
                TransitionKind::Crossfade,
                TransitionKind::Wipe { towards: Direction::Right },
                TransitionKind::Crossfade,
            ]
        };
        let kind = kinds[(self.number - 1) % kinds.len()].clone();
        let duration_ms = if kind == TransitionKind::Crossfade { 550 } else { 700 };
        Some(Transition { kind, duration_ms, easing: Easing::InOut })
    }

    fn words(&self, seen: &Seen) -> Vec<Overlay> {
        let script = self.script;
        let frame = &script.frame;
        let mut out = Vec::new();
        let mirrored = self.mirrored(seen);
        let side = |area: Area| if mirrored { Area { x: 1.0 - area.x - area.w, ..area } } else { area };
        let text_area = match frame.shape {
            Shape::Tall => Area { x: 0.0, y: 0.0, w: 1.0, h: frame.headline.y + frame.headline.h },
            _ => Area { x: 0.0, y: 0.0, w: frame.headline.x + frame.headline.w, h: 1.0 },
        };
        let light = !seen.photo && tone(&seen.canvas, frame, text_area) > 0.36;
        if !light {
            let (area, towards) = match frame.shape {
                Shape::Tall => {
                    (Area { x: 0.0, y: 0.0, w: 1.0, h: (text_area.h * 1.5).min(0.62) }, Direction::Down)
                }
                _ if mirrored => {
                    (side(Area { x: 0.0, y: 0.0, w: (text_area.w * 1.45).min(1.0), h: 1.0 }), Direction::Left)
                }
                _ => (Area { x: 0.0, y: 0.0, w: (text_area.w * 1.45).min(1.0), h: 1.0 }, Direction::Right),
            };
            let color =
                Color::BLACK.mix(script.palette.dark, 0.6).alpha(if seen.photo { 0.72 } else { 0.42 });
            out.push(Overlay {
                exit: None,
                ..self.overlay(
                    "scrim",
                    Content::Scrim { color, towards },
                    area,
                    entrance(EntranceKind::Fade, 500, 0),
                )
            });
        }
        out.extend(self.logo(light));
        let (kind, stagger) = if self.number.is_multiple_of(2) {
            (EntranceKind::Reveal, 110)
        } else {
            (EntranceKind::Rise, 90)
        };
        if let Some(text) = headline(self.scene, script.locale) {
            let priced = self.scene.section == "price" && script.closing.price.is_some();
            let area = match frame.shape {
                _ if seen.is_bare() => frame.statement(),
                Shape::Square | Shape::Wide if priced => {
                    Area { h: frame.headline.h * 0.62, ..frame.headline }
                }
                _ => frame.headline,
            };
            let content = Content::Text(self.headline(&text, light, seen.is_bare()));
            let enter = Entrance {
                stagger_ms: stagger,
                ..entrance(kind, 750, if self.number == 0 { 150 } else { 380 })
            };
            out.push(Overlay { align: frame.align, ..self.overlay("headline", content, side(area), enter) });
        }
        if self.scene.section == "price" {
            out.extend(self.price());
        }
        out
    }

    fn headline(&self, text: &str, light: bool, alone: bool) -> Words {
        let script = self.script;
        let chinese = script.locale.is_chinese();
        let size = match (script.frame.shape, chinese) {
            (Shape::Tall, true) => 0.112,
            (Shape::Tall, false) => 0.098,
            (_, true) => 0.104,
            (_, false) => 0.096,
        };
        let (text, lines) = broken(text, chinese, script.frame.shape);
        // Words that have the frame to themselves are larger and may be longer.
        let (size, lines) = if alone { (size * 1.14, lines.max(4)) } else { (size, lines) };
        Words {
            size,
            min_size: 0.036,
            font: FontUse::Heading,
            weight: 700,
            color: if light { script.palette.dark } else { Color::WHITE },
            line_height: if chinese { 1.24 } else { 1.1 },
            letter_spacing: if chinese { 0.02 } else { -0.015 },
            max_lines: Some(lines),
            halo: if light { 0.0 } else { 0.35 },
            ..Words::of(text)
        }
    }

    fn logo(&self, light: bool) -> Option<Overlay> {
        let logo = self.script.pictures.logo.as_ref()?;
        let ground = if light { self.script.palette.light } else { self.script.palette.dark };
        // A logo that would vanish on this ground is left to the closing card.
        if ink(logo).is_none_or(|ink| ink.contrast(ground) < 1.8) {
            return None;
        }
        let align = Align {
            x: if self.script.frame.shape == Shape::Tall { Along::Middle } else { Along::Start },
            y: Along::Middle,
        };
        let enter = (self.number == 0).then(|| entrance(EntranceKind::Fade, 500, 0));
        let content = Content::Picture { picture: "logo".into() };
        let mut overlay =
            self.overlay("logo", content, self.script.frame.logo, entrance(EntranceKind::Fade, 400, 0));
        (overlay.align, overlay.enter, overlay.exit) = (align, enter, None);
        Some(overlay)
    }

    /// The price as a badge beside the product.
    fn price(&self) -> Vec<Overlay> {
        let script = self.script;
        let Some(price) = &script.closing.price else { return Vec::new() };
        let frame = &script.frame;
        let (_, y, _, h) = frame.product;
        let area = match frame.shape {
            Shape::Tall => Area { x: 0.52, y: y - h / 2.0 + 0.012, w: 0.40, h: 0.075 },
            _ => Area {
                x: frame.headline.x,
                y: frame.headline.y + frame.headline.h * 0.68,
                w: frame.headline.w * 0.8,
                h: frame.headline.h * 0.3,
            },
        };
        let align =
            Align { x: if frame.shape == Shape::Tall { Along::End } else { Along::Start }, y: Along::Middle };
        vec![Overlay {
            align,
            ..self.overlay(
                "price",
                Content::Text(badge(script, price, 0.085)),
                area,
                Entrance { easing: Easing::Back, ..entrance(EntranceKind::Pop, 520, 900) },
            )
        }]
    }

    pub(super) fn overlay(&self, name: &str, content: Content, area: Area, enter: Entrance) -> Overlay {
        Overlay {
            id: format!("{}-{name}", self.scene.id),
            start_ms: self.start,
            end_ms: self.end,
            content,
            area,
            align: Align::default(),
            enter: Some(enter),
            exit: Some(entrance(EntranceKind::Fade, 260, 0)),
            opacity: 1.0,
        }
    }
}

/// A Chinese headline breaks at its commas, which then go; and how many lines it may take.
fn broken(text: &str, chinese: bool, shape: Shape) -> (String, u32) {
    let most = if shape == Shape::Tall { 3 } else { 5 };
    if !chinese {
        return (text.to_owned(), most);
    }
    let parts: Vec<&str> = text.split(['，', '；', '。']).map(str::trim).filter(|p| !p.is_empty()).collect();
    if (2..=3).contains(&parts.len()) && parts.iter().all(|p| p.chars().count() <= 9) {
        return (parts.join("\n"), parts.len() as u32);
    }
    let lines = if text.chars().count() <= 5 { 1 } else { 2 };
    (text.to_owned(), if text.chars().count() > 18 { most } else { lines })
}

pub(super) fn entrance(kind: EntranceKind, duration_ms: u64, delay_ms: u64) -> Entrance {
    Entrance { kind, duration_ms, delay_ms, stagger_ms: 0, easing: Easing::Settle }
}

/// Words on a plate in the accent colour.
pub(super) fn badge(script: &Script<'_>, text: &str, size: f64) -> Words {
    let accent = script.palette.accent;
    Words {
        size,
        min_size: 0.03,
        font: FontUse::Heading,
        weight: 700,
        color: readable_on(accent, script.palette.dark),
        max_lines: Some(1),
        plate: Some(Plate { color: accent, opacity: 1.0, padding: [0.5, 0.26], radius: 0.9 }),
        ..Words::of(text)
    }
}

/// White where it can be read on a colour, else the dark of the brand.
pub(super) fn readable_on(ground: Color, dark: Color) -> Color {
    if ground.contrast(Color::WHITE) >= 3.6 || ground.contrast(Color::WHITE) >= ground.contrast(dark) {
        Color::WHITE
    } else {
        dark
    }
}

/// The middle colour of what is opaque.
pub(super) fn ink(logo: &Canvas) -> Option<Color> {
    let (mut sum, mut alpha) = ([0u64; 3], 0u64);
    for [r, g, b, a] in logo.data().as_chunks::<4>().0 {
        for (sum, value) in sum.iter_mut().zip([r, g, b]) {
            *sum += u64::from(*value);
        }
        alpha += u64::from(*a);
    }
    let [r, g, b] = sum.map(|v| (v * 255).checked_div(alpha).unwrap_or(0).min(255) as u8);
    (alpha > 0).then(|| Color::rgb(r, g, b))
}

/// Relative luminance of the part of a picture that lies under an area of the frame.
pub(super) fn tone(picture: &Canvas, frame: &super::Frame, area: Area) -> f32 {
    let (pw, ph) = (f64::from(picture.width()), f64::from(picture.height()));
    let (fw, fh) = (f64::from(frame.size.width), f64::from(frame.size.height));
    let cover = (pw / fw).min(ph / fh);
    let at = |along: f64, frame: f64, picture: f64| {
        ((picture - frame * cover) / 2.0 + along * frame * cover).clamp(0.0, picture - 1.0) as u32
    };
    let mut sum = 0.0;
    for j in 0..20 {
        for i in 0..20 {
            let (x, y) = (
                area.x + area.w * (f64::from(i) + 0.5) / 20.0,
                area.y + area.h * (f64::from(j) + 0.5) / 20.0,
            );
            let [r, g, b, _] = picture.pixel(at(x, fw, pw), at(y, fh, ph));
            sum += Color::rgb(r, g, b).luminance();
        }
    }
    sum / 400.0
}
