//! The pictures of a video: those of the material by name, and those that are drawn for it.

use super::*;

impl Cut {
    /// The contents behind the names that the timeline uses.
    pub(super) fn assets(&self, frame: &Frame) -> Assets {
        let mut pictures: BTreeMap<String, Arc<Canvas>> = BTreeMap::new();
        let mut name = |name: String, canvas: &Arc<Canvas>| pictures.insert(name, Arc::clone(canvas));
        let numbered = [
            ("lifestyle", &self.pictures.lifestyle),
            ("detail", &self.pictures.detail),
            ("background", &self.pictures.backgrounds),
        ];
        for (kind, all) in numbered {
            for (n, canvas) in all.iter().enumerate() {
                name(format!("{kind}-{n}"), canvas);
            }
        }
        for (kind, one) in [
            ("product", &self.pictures.product),
            ("photo", &self.pictures.photo),
            ("logo", &self.pictures.logo),
        ] {
            if let Some(canvas) = one {
                name(kind.to_owned(), canvas);
            }
        }
        for (photo, canvas) in self.photos() {
            if let Some(cut) = self.inset(canvas, frame) {
                name(timeline::inset(&photo), &Arc::new(cut));
            }
        }
        if self.pictures.backgrounds.is_empty() {
            name(timeline::background(0), &Arc::new(Canvas::new(16, 16, self.palette.light)));
        }
        name("card".to_owned(), &Arc::new(self.card(frame)));
        name("disc".to_owned(), &Arc::new(self.disc(self.palette.secondary, 0.30)));
        name("card-disc".to_owned(), &Arc::new(self.disc(self.palette.light, 0.13)));
        let sounds = self.voices.iter().map(|v| (v.scene.clone(), Arc::clone(&v.sound))).collect();
        Assets { pictures, sounds, fonts: Arc::clone(&self.fonts) }
    }

    /// Photos that fill a frame or a box of it, by name.
    fn photos(&self) -> impl Iterator<Item = (String, &Arc<Canvas>)> {
        let Pictures { lifestyle, detail, photo, .. } = &self.pictures;
        let lifestyle = lifestyle.iter().enumerate().map(|(n, canvas)| (format!("lifestyle-{n}"), canvas));
        let detail = detail.iter().enumerate().map(|(n, canvas)| (format!("detail-{n}"), canvas));
        lifestyle.chain(detail).chain(photo.iter().map(|canvas| ("photo".to_owned(), canvas)))
    }

    /// A photo cut to the box below the words, around what it shows.
    fn inset(&self, photo: &Canvas, frame: &Frame) -> Option<Canvas> {
        let area = frame.photo?;
        // A little larger than the box: it grows while it is seen, and must reach over the sides when it is smallest.
        let (w, h) = (f64::from(self.size.width) * 1.12, f64::from(self.size.height) * area.h * 1.11);
        let size = Size { width: w as u32, height: h as u32 };
        let (x, y) = timeline::interest(photo, size);
        Some(image::cover(photo, size.width, size.height, (x as f32, y as f32)))
    }

    /// The ground of the closing card: the brand's colour, lighter where the product stands, with a breath of the
    /// campaign's background in it.
    fn card(&self, frame: &Frame) -> Canvas {
        let (w, h) = (self.size.width, self.size.height);
        let primary = self.palette.primary;
        let mut card = match self.pictures.backgrounds.first() {
            Some(background) => image::cover(background, w, h, (0.5, 0.5)),
            None => Canvas::new(w, h, primary),
        };
        card.over(&Canvas::new(w, h, primary), 0, 0, 0.93);
        let (x, y, _, _) = frame.card_product;
        let place = (x as f32 * w as f32, y as f32 * h as f32);
        let light = primary.mix(self.palette.light, 0.30);
        shape::glow(
            &mut card,
            place,
            w.max(h) as f32 * 0.55,
            &[(0.0, light.alpha(0.75)), (0.45, light.alpha(0.28)), (1.0, light.alpha(0.0))],
        );
        card
    }

    /// A round field of colour that stands behind the product and moves a little against it.
    fn disc(&self, color: Color, strength: f32) -> Canvas {
        let size = 900.0f32;
        let mut disc = Canvas::new(size as u32, size as u32, Color::CLEAR);
        let inset = size * 0.055;
        shape::ellipse(
            &mut disc,
            (inset, inset, size - 2.0 * inset, size - 2.0 * inset),
            color.alpha(strength),
        );
        shape::frame(
            &mut disc,
            (2.0, 2.0, size - 4.0, size - 4.0),
            size / 2.0,
            3.0,
            color.alpha(strength * 1.3),
        );
        disc
    }
}
