//! One clip, ready to be drawn: its still scaled once to the size that the camera needs, and its cut-outs.

use fast_image_resize as fir;
use image::RgbImage;

use super::{
    Assets,
    animate::{State, state},
    kernel::{Filter, MAX_STEP},
    plane::{Grid, Scratch, Target, Window, Yuv, sample, yuv_of},
    sprite::{Place, Sprite},
    timeline::{Camera, Clip, Pose, Source, Subject, View},
};
use crate::{Canvas, Error};

/// A clip, ready to be drawn at any moment of its time.
pub(crate) struct Shot {
    ground: Ground,
    subjects: Vec<Standing>,
    start_ms: f64,
    /// With the transition that follows, in which it goes on.
    length_ms: f64,
    size: (usize, usize),
}

enum Ground {
    Color([u8; 3]),
    Still(Box<Still>),
}

struct Standing {
    sprite: Sprite,
    subject: Subject,
}

impl Shot {
    /// Scales everything that the clip needs. `goes_on_ms`: how long it is seen after its end.
    pub(crate) fn new(
        clip: &Clip,
        assets: &Assets,
        size: (usize, usize),
        goes_on_ms: u64,
    ) -> Result<Self, Error> {
        let ground = match &clip.source {
            Source::Color { color } => Ground::Color(yuv_of(*color)),
            Source::Still { picture } => {
                Ground::Still(Box::new(Still::new(assets.picture(picture)?, &clip.camera, size)?))
            }
        };
        let subjects = clip
            .subjects
            .iter()
            .map(|subject| {
                let tallest = subject.from.height.max(subject.to.height) * size.1 as f64;
                let sprite = Sprite::subject(assets.picture(&subject.picture)?, tallest, subject.shadow)?;
                Ok(Standing { sprite, subject: subject.clone() })
            })
            .collect::<Result<_, Error>>()?;
        let length_ms = (clip.end_ms + goes_on_ms - clip.start_ms) as f64;
        Ok(Self { ground, subjects, start_ms: clip.start_ms as f64, length_ms, size })
    }

    /// Draws plane `c` as it is at `time`, moved by `offset` px of the frame.
    pub(crate) fn draw(
        &self,
        c: usize,
        time: f64,
        offset: (f64, f64),
        target: &mut Target<'_>,
        scratch: &mut Scratch,
    ) {
        let sub = if c == 0 { 1 } else { 2 };
        let Some(window) = shifted(self.size, offset, sub) else { return };
        let t = (time - self.start_ms) / self.length_ms;
        match &self.ground {
            Ground::Color(color) => {
                for y in window.y..window.y + window.height {
                    target.row(y, window.x, window.width).fill(color[c]);
                }
            }
            Ground::Still(still) => still.draw(c, t, offset, window, target, scratch),
        }
        for standing in &self.subjects {
            standing.draw(c, t, time - self.start_ms, (self.size, offset, window), target, scratch);
        }
    }
}

impl Standing {
    fn draw(
        &self,
        c: usize,
        t: f64,
        since_ms: f64,
        (size, offset, clip): ((usize, usize), (f64, f64), Window),
        target: &mut Target<'_>,
        scratch: &mut Scratch,
    ) {
        let Subject { from, to, easing, enter, .. } = &self.subject;
        let pose = between(*from, *to, easing.at(t));
        let height = pose.height * size.1 as f64;
        let State { dy, scale, opacity, .. } =
            state(enter.as_ref(), None, since_ms, f64::MAX, 0, height * 0.35);
        let place = Place {
            x: pose.x * size.0 as f64 + offset.0,
            y: pose.y * size.1 as f64 + offset.1 + dy,
            scale: height / self.sprite.subject_height() * scale,
            opacity,
        };
        self.sprite.draw(c, place, Filter::Bicubic, clip, target, scratch);
    }
}

fn between(a: Pose, b: Pose, t: f64) -> Pose {
    let mix = |a: f64, b: f64| a + (b - a) * t;
    // Growth by equal factors looks even.
    Pose { x: mix(a.x, b.x), y: mix(a.y, b.y), height: a.height * (b.height / a.height).powf(t) }
}

/// The part of the frame (in samples of a plane that has one for `sub` px) that a clip moved by `offset` covers.
fn shifted(size: (usize, usize), offset: (f64, f64), sub: usize) -> Option<Window> {
    let span = |length: usize, by: f64| {
        let length = length / sub;
        let from = (by / sub as f64).round().clamp(0.0, length as f64) as usize;
        let to = (length as f64 + by / sub as f64).round().clamp(0.0, length as f64) as usize;
        (from, to.saturating_sub(from))
    };
    let ((x, width), (y, height)) = (span(size.0, offset.0), span(size.1, offset.1));
    (width > 0 && height > 0).then_some(Window { x, y, width, height })
}

/// A still, scaled so that one sample is at most one px of the frame.
struct Still {
    planes: Yuv,
    path: Path,
    /// Corner of the planes in the picture, and their samples per px of the picture.
    left: f64,
    top: f64,
    scale: f64,
}

/// A camera move in px of the picture. Both ends lie inside the picture; as everything runs linearly between them,
/// so does every view on the way, without being pushed back anywhere.
struct Path {
    from: Seen,
    to: Seen,
    easing: super::Easing,
}

/// The middle of a view, and how many px of the picture one px of the frame shows.
#[derive(Clone, Copy)]
struct Seen {
    x: f64,
    y: f64,
    ratio: f64,
}

impl Path {
    fn new(camera: &Camera, picture: (f64, f64), frame: (f64, f64)) -> Self {
        let cover = (picture.0 / frame.0).min(picture.1 / frame.1);
        let seen = |view: View| {
            let ratio = cover / view.zoom;
            let inside = |at: f64, all: f64, seen: f64| {
                (at * all).clamp(seen / 2.0, (all - seen / 2.0).max(seen / 2.0))
            };
            Seen {
                x: inside(view.x, picture.0, frame.0 * ratio),
                y: inside(view.y, picture.1, frame.1 * ratio),
                ratio,
            }
        };
        Self { from: seen(camera.from), to: seen(camera.to), easing: camera.easing }
    }

    fn at(&self, t: f64) -> Seen {
        let k = self.easing.at(t);
        let mix = |a: f64, b: f64| a + (b - a) * k;
        Seen {
            x: mix(self.from.x, self.to.x),
            y: mix(self.from.y, self.to.y),
            ratio: mix(self.from.ratio, self.to.ratio),
        }
    }
}

impl Still {
    fn new(picture: &Canvas, camera: &Camera, size: (usize, usize)) -> Result<Self, Error> {
        let (pw, ph) = (f64::from(picture.width()), f64::from(picture.height()));
        let frame = (size.0 as f64, size.1 as f64);
        let path = Path::new(camera, (pw, ph), frame);
        let (near, wide) = (path.from.ratio.min(path.to.ratio), path.from.ratio.max(path.to.ratio));
        // A filter step above 1.5 would drop detail: for long zooms the widest view decides.
        let scale = (1.0 / near).min(MAX_STEP / wide * 0.98);
        let (mut left, mut top, mut right, mut bottom) = (pw, ph, 0.0f64, 0.0f64);
        for seen in [path.from, path.to] {
            let (hw, hh) = (frame.0 * seen.ratio / 2.0, frame.1 * seen.ratio / 2.0);
            (left, right) = (left.min(seen.x - hw), right.max(seen.x + hw));
            (top, bottom) = (top.min(seen.y - hh), bottom.max(seen.y + hh));
        }
        let margin = 3.0 / scale;
        (left, top) = ((left - margin).max(0.0), (top - margin).max(0.0));
        (right, bottom) = ((right + margin).min(pw), (bottom + margin).min(ph));
        let whole = |length: f64| ((length * scale) as u32 / 2 * 2).max(2);
        let (width, height) = (whole(right - left), whole(bottom - top));
        let crop = (left, top, f64::from(width) / scale, f64::from(height) / scale);
        let scaled = scale_rgb(picture, crop, width, height)?;
        let planes = Yuv::of(&scaled).map_err(|e| Error::Encode { format: "YUV", reason: e.to_string() })?;
        Ok(Self { planes, path, left, top, scale })
    }

    fn draw(
        &self,
        c: usize,
        t: f64,
        offset: (f64, f64),
        window: Window,
        target: &mut Target<'_>,
        scratch: &mut Scratch,
    ) {
        let sub = if c == 0 { 1.0 } else { 2.0 };
        let seen = self.path.at(t);
        let step = seen.ratio * self.scale;
        let (w, h) = (target.width as f64 * sub, target.height as f64 * sub);
        let first = |middle: f64, corner: f64, length: f64, from: usize, offset: f64| {
            let at = sub * (from as f64 + 0.5) - offset - length / 2.0;
            ((middle - corner) * self.scale + at * step) / sub - 0.5
        };
        let grid = Grid {
            x: first(seen.x, self.left, w, window.x, offset.0),
            y: first(seen.y, self.top, h, window.y, offset.1),
            dx: step,
            dy: step,
        };
        sample(&self.planes.0[c], grid, Filter::Bicubic, target, window, scratch);
    }
}

/// Cuts (x, y, width, height in px) and scales a picture; transparent parts become white.
fn scale_rgb(
    picture: &Canvas,
    crop: (f64, f64, f64, f64),
    width: u32,
    height: u32,
) -> Result<RgbImage, Error> {
    let broken = |reason: String| Error::Encode { format: "scaled picture", reason };
    let flat: Vec<u8> = picture
        .data()
        .as_chunks::<4>()
        .0
        .iter()
        .flat_map(|[r, g, b, a]| [r, g, b].map(|v| v.saturating_add(255 - a)))
        .collect();
    let source = fir::images::ImageRef::new(picture.width(), picture.height(), &flat, fir::PixelType::U8x3)
        .map_err(|e| broken(e.to_string()))?;
    let mut scaled = fir::images::Image::new(width, height, fir::PixelType::U8x3);
    let options = fir::ResizeOptions::new()
        .crop(crop.0, crop.1, crop.2, crop.3)
        .resize_alg(fir::ResizeAlg::Convolution(fir::FilterType::Lanczos3));
    fir::Resizer::new().resize(&source, &mut scaled, &options).map_err(|e| broken(e.to_string()))?;
    RgbImage::from_raw(width, height, scaled.into_vec()).ok_or_else(|| broken("size".into()))
}
