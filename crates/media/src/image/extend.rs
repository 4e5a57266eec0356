//! Filling a box whose ratio a photo cannot reach without cutting its subject: the photo is fitted, the rest of the box goes
//! on as the photo ends, or in a soft, enlarged copy of what is beside the subject.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Subject, cover,
    resize::{Part, covered, grown, resized},
    shade::blur,
};
use crate::Canvas;

/// What fills the rest of a box where the crop that would fill it cuts the photo's subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Extend {
    /// The photo's edge where that is plain, else a blurred copy.
    #[default]
    Auto,
    /// The colour of the photo's edge.
    Color,
    /// A blurred, enlarged copy of what the photo shows beside its subject.
    Blur,
    /// Nothing: the photo is cropped.
    None,
}

/// How a photo fills a box.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fill {
    /// Cropped around this point.
    Crop((f32, f32)),
    /// This part of it in this place of the box: left, top, width, height.
    Fit(Part, (u32, u32, u32, u32)),
}

/// Room that is left around a subject, in shares of the photo.
const MARGIN: f64 = 0.03;
/// What a crop may take of a subject's box, in shares of the photo: its corners are rarely filled.
const SLACK: f64 = 0.015;

/// Fills a box with a photo: as [`cover`] does where its subject stays whole, else fitted and extended.
pub fn fill(
    photo: &Canvas,
    (width, height): (u32, u32),
    focus: (f32, f32),
    subject: Option<Subject>,
    extend: Extend,
) -> Canvas {
    match plan(photo.size(), (width, height), focus, subject, extend) {
        Fill::Crop(focus) => cover(photo, width, height, focus),
        Fill::Fit(part, place) => extended(photo, (width, height), part, place, subject, extend),
    }
}

/// The point around which a crop keeps the subject whole; `None` where no crop does.
pub(crate) fn crop_at(
    photo: &Canvas,
    to: (u32, u32),
    focus: (f32, f32),
    subject: Option<Subject>,
    extend: Extend,
) -> Option<(f32, f32)> {
    match plan(photo.size(), to, focus, subject, extend) {
        Fill::Crop(focus) => Some(focus),
        Fill::Fit(..) => None,
    }
}

fn plan(
    (wide, high): (u32, u32),
    (width, height): (u32, u32),
    focus: (f32, f32),
    subject: Option<Subject>,
    extend: Extend,
) -> Fill {
    let Some(subject) = subject.filter(|_| extend != Extend::None) else { return Fill::Crop(focus) };
    let (w, h) = (f64::from(wide), f64::from(high));
    let (left, top, part_w, part_h) = covered((wide, high), width, height, focus);
    let across = along((f64::from(subject.left), f64::from(subject.right)), left / w, part_w / w);
    let down = along((f64::from(subject.top), f64::from(subject.bottom)), top / h, part_h / h);
    let (Along::Stays(x) | Along::Cut(x, _)) = across;
    let (Along::Stays(y) | Along::Cut(y, _)) = down;
    match (across, down) {
        (Along::Cut(from, share), _) => {
            let scale = f64::from(width) / (share * w);
            let tall = ((h * scale).floor() as u32).clamp(1, height);
            let part_h = (f64::from(tall) / scale).min(h);
            let part = (from * w, (h - part_h) / 2.0, share * w, part_h);
            Fill::Fit(part, (0, (height - tall) / 2, width, tall))
        }
        (_, Along::Cut(from, share)) => {
            let scale = f64::from(height) / (share * h);
            let broad = ((w * scale).floor() as u32).clamp(1, width);
            let part_w = (f64::from(broad) / scale).min(w);
            let part = ((w - part_w) / 2.0, from * h, part_w, share * h);
            Fill::Fit(part, ((width - broad) / 2, 0, broad, height))
        }
        _ if (x, y) == (left / w, top / h) => Fill::Crop(focus),
        _ => Fill::Crop(((x + part_w / w / 2.0) as f32, (y + part_h / h / 2.0) as f32)),
    }
}

/// Where a crop begins along one side of the photo, all in shares of it.
#[derive(Clone, Copy)]
enum Along {
    /// Here the subject is in it.
    Stays(f64),
    /// It cannot hold the subject: what does begins here and is so long.
    Cut(f64, f64),
}

fn along((first, last): (f64, f64), from: f64, share: f64) -> Along {
    let (near, far) = (first + SLACK, last - SLACK);
    if near >= from && far <= from + share {
        Along::Stays(from)
    } else if far - near <= share {
        let room = (share - (last - first)).clamp(0.0, MARGIN * 2.0) / 2.0;
        let to = if near < from { first - room } else { last + room - share };
        Along::Stays(to.clamp(0.0, 1.0 - share))
    } else {
        let (a, b) = ((first - MARGIN).max(0.0), (last + MARGIN).min(1.0));
        Along::Cut(a, b - a)
    }
}

/// Two colours that are no further apart (0 to 255 for each part) are one plain edge.
const PLAIN: u8 = 15;
/// Share of an edge's pixels that must be near its middle.
const MOST: f32 = 0.94;

fn extended(
    photo: &Canvas,
    (width, height): (u32, u32),
    part: Part,
    (x, y, w, h): (u32, u32, u32, u32),
    subject: Option<Subject>,
    extend: Extend,
) -> Canvas {
    let mut fitted = resized(photo, w, h, part);
    let down = w == width;
    let lines = if down { h } else { w };
    let ends = [edge(&fitted, down, 0), edge(&fitted, down, lines - 1)];
    let plain = match extend {
        Extend::Color => true,
        Extend::Blur | Extend::None => false,
        Extend::Auto => ends.iter().all(|line| is_plain(line)),
    };
    // Room beside the subject, in px.
    let beside = subject.map_or((0.0, 0.0), |s| {
        let (start, size, of) =
            if down { (part.1, part.3, photo.height()) } else { (part.0, part.2, photo.width()) };
        let at = |v: f32| (f64::from(v) * f64::from(of) - start) / size * f64::from(lines);
        if down {
            (at(s.top), f64::from(lines) - at(s.bottom))
        } else {
            (at(s.left), f64::from(lines) - at(s.right))
        }
    });
    let mut filled = if plain {
        Canvas::any(width, height)
    } else {
        let share = (beside.0 / f64::from(lines), beside.1 / f64::from(lines));
        soft(photo, (width, height), down, part, share)
    };
    if plain {
        let [first, last] = ends.map(|line| smooth(&line, if extend == Extend::Color { 1.0 } else { 0.12 }));
        let middle = (if down { y + h / 2 } else { x + w / 2 }) as usize;
        let pixels = filled.data_mut().as_chunks_mut::<4>().0;
        for (n, pixel) in pixels.iter_mut().enumerate() {
            let (column, row) = (n % width as usize, n / width as usize);
            let (at, step) = if down { (column, row) } else { (row, column) };
            *pixel = if step < middle { first[at] } else { last[at] };
        }
    }
    // The seam is as soft as there is room beside the subject.
    let wish = f64::from(width.min(height)) * if plain { 0.03 } else { 0.09 };
    let seams = (beside.0 - 1.0, beside.1 - 1.0);
    fade_out(&mut fitted, down, (seams.0.clamp(0.0, wish), seams.1.clamp(0.0, wish)));
    filled.over(&fitted, x as i32, y as i32, 1.0);
    filled
}

/// A row (for what is extended up and down) or a column of a picture.
fn edge(picture: &Canvas, down: bool, at: u32) -> Vec<[u8; 4]> {
    if down {
        (0..picture.width()).map(|x| picture.pixel(x, at)).collect()
    } else {
        (0..picture.height()).map(|y| picture.pixel(at, y)).collect()
    }
}

/// Does an edge have one colour, but for grain and a lamp's slow fall?
fn is_plain(line: &[[u8; 4]]) -> bool {
    let soft = smooth(line, 0.3);
    let near = |(p, q): &(&[u8; 4], &[u8; 4])| p.iter().zip(*q).all(|(a, b)| a.abs_diff(*b) <= PLAIN);
    let alike = line.iter().zip(&soft).filter(near).count();
    let span = |c: usize| {
        let (least, most) = soft.iter().fold((255, 0), |(a, b), p| (p[c].min(a), p[c].max(b)));
        most - least.min(most)
    };
    alike as f32 >= line.len() as f32 * MOST && (0..4).all(|c| span(c) <= 3 * PLAIN)
}

/// Each pixel the mean of those around it, over this share of the line.
fn smooth(line: &[[u8; 4]], share: f32) -> Vec<[u8; 4]> {
    let reach = ((line.len() as f32 * share).round() as usize).max(1);
    let mut sums = vec![[0u32; 4]];
    for p in line {
        let mut sum = sums[sums.len() - 1];
        sum.iter_mut().zip(p).for_each(|(s, c)| *s += u32::from(*c));
        sums.push(sum);
    }
    let mean = |n: usize| {
        let (from, to) = (n.saturating_sub(reach), (n + reach + 1).min(line.len()));
        let count = (to - from) as u32;
        std::array::from_fn(|c| ((sums[to][c] - sums[from][c] + count / 2) / count) as u8)
    };
    (0..line.len()).map(mean).collect()
}

/// What the photo shows beside its subject, mirrored at its edges and enlarged to the box's, without any detail: made small,
/// because nothing of it is seen. The subject itself is not in it, it would be seen as a ghost.
fn soft(photo: &Canvas, (width, height): (u32, u32), down: bool, part: Part, beside: (f64, f64)) -> Canvas {
    const STEP: f64 = 8.0;
    let small = |n: u32| (f64::from(n) / STEP).ceil().max(1.0) as u32;
    let (length, across) = if down { (height, width) } else { (width, height) };
    let (length, across) = (small(length).max(3), small(across));
    let (shown, size) = if down { (part.3, part.2) } else { (part.2, part.3) };
    let middle = (f64::from(across) * shown / size).round().clamp(1.0, f64::from(length) - 2.0) as u32;
    let first = (length - middle) / 2;
    let strip = |from: f64, share: f64, long: u32| {
        let (wide, high) = if down { (across, long) } else { (long, across) };
        let part = if down {
            (part.0, part.1 + part.3 * from, part.2, part.3 * share)
        } else {
            (part.0 + part.2 * from, part.1, part.2 * share, part.3)
        };
        resized(photo, wide, high, part)
    };
    let share = |beside: f64| (beside * 0.85).clamp(0.03, 0.5);
    let (before, after) = (share(beside.0), share(beside.1));
    let pieces = [
        (0, mirrored(strip(0.0, before, first.max(1)), down)),
        (first, strip(0.0, 1.0, middle)),
        (first + middle, mirrored(strip(1.0 - after, after, (length - first - middle).max(1)), down)),
    ];
    let (wide, high) = if down { (across, length) } else { (length, across) };
    let mut copy = Canvas::new(wide, high, crate::Color::CLEAR);
    for (at, piece) in pieces {
        let (x, y) = if down { (0, at) } else { (at, 0) };
        copy.over(&piece, x as i32, y as i32, 1.0);
    }
    let radius = (f64::from(width.min(height)) * 0.06).max(f64::from(width.max(height)) * 0.02);
    blur(&mut copy, (radius / STEP) as f32);
    grown(&copy, width, height)
}

/// Turned upside down, or left to right.
fn mirrored(mut picture: Canvas, down: bool) -> Canvas {
    let width = picture.width() as usize;
    let pixels = picture.data_mut().as_chunks_mut::<4>().0;
    if down {
        // A half turn, and each row back.
        pixels.reverse();
    }
    pixels.chunks_exact_mut(width).for_each(<[_]>::reverse);
    picture
}

/// Lets a picture's first and last rows (or columns) fade out over so many px.
fn fade_out(picture: &mut Canvas, down: bool, (first, last): (f64, f64)) {
    let (w, h) = (picture.width() as usize, picture.height() as usize);
    let lines = if down { h } else { w };
    let cover: Vec<u32> = (0..lines)
        .map(|n| {
            let at = |n: usize, over: f64| {
                let t = ((n as f64 + 0.5) / over.max(0.5)).min(1.0);
                t * t * (3.0 - 2.0 * t)
            };
            (at(n, first).min(at(lines - 1 - n, last)) * 255.0).round() as u32
        })
        .collect();
    for (n, pixel) in picture.data_mut().as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let cover = cover[if down { n / w } else { n % w }];
        if cover < 255 {
            pixel.iter_mut().for_each(|c| *c = crate::canvas::div255(u32::from(*c) * cover) as u8);
        }
    }
}

#[cfg(test)]
mod tests;
