//! Draws laid out text.

use swash::{
    FontRef,
    scale::{Render, ScaleContext, Source, StrikeWith, image::Content},
    zeno::{Angle, Cap, Format, Join, Stroke, Transform, Vector},
};

use super::{TextBlock, TextLine, shape::Run};
use crate::{Canvas, Color, Tile, image::bounds};

impl TextBlock {
    /// Draws it with the top left corner of its box at `(x, y)`.
    pub fn draw(&self, canvas: &mut Canvas, x: f32, y: f32) {
        let mut scaler = ScaleContext::new();
        if let Some((color, width)) = self.style.outline {
            for line in &self.lines {
                self.draw_line(canvas, &mut scaler, line, (x, y), color, Some(width * self.size * 2.0));
            }
        }
        for line in &self.lines {
            self.draw_line(canvas, &mut scaler, line, (x, y), self.color, None);
            if self.style.strike {
                self.strike(canvas, line, x, y);
            }
        }
    }

    /// Itself on a clear canvas just large enough for its ink, with the place of that canvas relative to its box.
    pub fn tile(&self) -> Tile {
        // Ascenders, descenders, slants and rims may leave the em square, but not by more than this.
        let margin = (self.size * 0.5).ceil() as i32 + 2;
        let width = self.width.ceil() as u32 + 2 * margin as u32;
        let height = self.height.ceil() as u32 + 2 * margin as u32;
        let mut canvas = Canvas::new(width, height, Color::CLEAR);
        self.draw(&mut canvas, margin as f32, margin as f32);
        match bounds(&canvas, 0) {
            Some((x, y, w, h)) => Tile {
                canvas: canvas.crop(x as i32, y as i32, w, h),
                x: x as i32 - margin,
                y: y as i32 - margin,
            },
            None => Tile { canvas: Canvas::new(0, 0, Color::CLEAR), x: 0, y: 0 },
        }
    }

    fn draw_line(
        &self,
        canvas: &mut Canvas,
        scaler: &mut ScaleContext,
        line: &TextLine,
        (x, y): (f32, f32),
        color: Color,
        rim: Option<f32>,
    ) {
        for run in &line.runs {
            self.draw_run(canvas, scaler, run, (x + line.x, y + line.baseline), color, rim);
        }
    }

    fn draw_run(
        &self,
        canvas: &mut Canvas,
        scaler: &mut ScaleContext,
        run: &Run,
        (x, y): (f32, f32),
        color: Color,
        rim: Option<f32>,
    ) {
        let Some(font) = FontRef::from_index(run.font.data.as_ref(), run.font.index as usize) else { return };
        let mut scaler =
            scaler.builder(font).size(self.size).hint(false).normalized_coords(run.coords.iter()).build();
        let sources = [Source::ColorOutline(0), Source::ColorBitmap(StrikeWith::BestFit), Source::Outline];
        let mut render = Render::new(if rim.is_some() { &sources[2..] } else { &sources });
        render.format(Format::Alpha);
        if let Some(width) = rim {
            let mut stroke = Stroke::new(width);
            stroke.join(Join::Round).cap(Cap::Round);
            render.style(stroke);
        }
        if run.embolden {
            render.embolden(self.size / 40.0);
        }
        if let Some(skew) = run.skew {
            render.transform(Some(Transform::skew(Angle::from_degrees(skew), Angle::from_degrees(0.0))));
        }
        for (id, dx, dy) in &run.glyphs {
            let (gx, gy) = (x + dx, y + dy);
            let (fx, fy) = (gx.floor(), gy.floor());
            render.offset(Vector::new(gx - fx, fy - gy));
            let Some(image) = render.render(&mut scaler, *id) else { continue };
            let at = (fx as i32 + image.placement.left, fy as i32 - image.placement.top);
            let (w, h) = (image.placement.width, image.placement.height);
            match image.content {
                Content::Mask => canvas.stencil(&image.data, w, h, at, color),
                Content::Color => {
                    if let Some(picture) = Canvas::from_premultiplied(w, h, premultiplied(&image.data)) {
                        canvas.over(&picture, at.0, at.1, f32::from(color.a) / 255.0);
                    }
                }
                Content::SubpixelMask => {}
            }
        }
    }

    fn strike(&self, canvas: &mut Canvas, line: &TextLine, x: f32, y: f32) {
        let thick = (self.size * 0.07).max(1.0);
        let middle = y + line.baseline - self.size * 0.34;
        let (left, right) = (x + line.x - self.size * 0.06, x + line.x + line.width + self.size * 0.06);
        crate::shape::rect(canvas, left, middle - thick / 2.0, right - left, thick, 0.0, self.color);
    }
}

fn premultiplied(straight: &[u8]) -> Vec<u8> {
    straight
        .as_chunks::<4>()
        .0
        .iter()
        .flat_map(|[r, g, b, a]| Color { r: *r, g: *g, b: *b, a: *a }.premultiplied())
        .collect()
}
