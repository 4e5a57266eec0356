//! The pixel contract: a product in a picture is the product of its photo, only smaller.
//!
//! [`kept`] is for pictures that we composed: the product's pixels, resized once in the same way, are there byte for byte.
//! [`fidelity`] is for pictures that a model or an encoder has touched: colour, detail, edges and outline may differ by what
//! compression does to them, and by no more.

use serde::Serialize;

use super::{Cutout, resize};
use crate::{Canvas, Color};

/// Where a product stands: left, top, width, height in px.
pub type Place = (i32, i32, u32, u32);

/// What [`kept`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// Pixels inside the product, two px from its edge, that were compared.
    pub compared: u32,
    /// Those that differ in any byte.
    pub differing: u32,
    /// Is it as wide as it is high in its photo, to the pixel?
    pub in_proportion: bool,
}

impl Kept {
    /// Is the contract kept?
    pub fn holds(&self) -> bool {
        self.compared > 0 && self.differing == 0 && self.in_proportion
    }
}

/// Compares a composed picture, before it is encoded, with the product that was placed in it. What stands over it on purpose
/// is not looked at.
pub fn kept(product: &Cutout, picture: &Canvas, (x, y, width, height): Place, over: &[Place]) -> Kept {
    let own = resize(&product.canvas, width, height);
    let inside = uncovered(eroded(&own, 2), (x, y, width, height), over);
    let (mut compared, mut differing) = (0, 0);
    for (n, _) in inside.iter().enumerate().filter(|(_, inside)| **inside) {
        let (dx, dy) = (n as u32 % width, n as u32 / width);
        compared += 1;
        let there = pixel(picture, x + dx as i32, y + dy as i32);
        differing += u32::from(there != Some(own.pixel(dx, dy)));
    }
    let (w, h) = (f64::from(product.canvas.width()), f64::from(product.canvas.height()));
    let due = f64::from(width) * h / w;
    Kept { compared, differing, in_proportion: (f64::from(height) - due).abs() <= (h / w).max(1.0) }
}

/// A way in which a product is no longer itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Its colours are turned or another shade.
    Color,
    /// A part of it shows something else: a letter, a mark.
    Detail,
    /// Its edges are not where they were.
    Edges,
    /// It is larger than it should be on some side.
    Outline,
    /// A part of it is missing.
    Mask,
}

impl Change {
    /// Its name in data: `color`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Color => "color",
            Self::Detail => "detail",
            Self::Edges => "edges",
            Self::Outline => "outline",
            Self::Mask => "mask",
        }
    }
}

/// What [`fidelity`] measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fidelity {
    /// Share of the product's pixels that are found again, 0 to 1.
    pub mask: f32,
    /// Mean distance of colours: 100 times that of Oklab, where 2 can just be seen.
    pub delta_e: f32,
    /// By how many degrees hues are turned.
    pub hue: f32,
    /// Share of edges that are found again, of the product's in the picture and the other way round; the smaller one.
    pub edges: f32,
    /// Share of the outline where the product goes on beyond it.
    pub beyond: f32,
    /// Parts that show something else: left, top, width, height in px of the picture.
    pub changed: Vec<Place>,
    /// What that means.
    pub changes: Vec<Change>,
}

impl Fidelity {
    /// Is it still the product?
    pub fn holds(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Least share of pixels found again.
const MASK: f32 = 0.97;
/// Most mean distance of colours.
const DELTA_E: f32 = 4.0;
/// Most turn of hues, in degrees.
const HUE: f32 = 6.0;
/// Least share of edges found again.
const EDGES: f32 = 0.86;
/// Most share of the outline where the product goes on.
const BEYOND: f32 = 0.1;

/// Compares a product with what stands near its place in a picture that somebody else has touched. What stands over it on
/// purpose is not looked at.
pub fn fidelity(product: &Cutout, picture: &Canvas, place: Place, over: &[Place]) -> Fidelity {
    let (x, y, width, height) = place;
    let own = resize(&product.canvas, width, height);
    let seen = Seen::new(&own, picture, place, over);
    let offset = seen.best_offset();
    let (mask, delta_e, hue) = seen.colours(offset);
    let edges = seen.edges(offset);
    let beyond = seen.beyond(offset);
    let changed: Vec<Place> = seen
        .changed(offset)
        .into_iter()
        .map(|(bx, by, side)| (x + offset.0 + bx, y + offset.1 + by, side, side))
        .collect();
    let verdicts = [
        (delta_e > DELTA_E || hue.abs() > HUE, Change::Color),
        (!changed.is_empty(), Change::Detail),
        (edges < EDGES, Change::Edges),
        (beyond > BEYOND, Change::Outline),
        (mask < MASK, Change::Mask),
    ];
    let changes = verdicts.into_iter().filter(|(is, _)| *is).map(|(_, change)| change).collect();
    Fidelity { mask, delta_e, hue, edges, beyond, changed, changes }
}

/// A pixel of the product and the picture's, in Oklab.
type Pair = ([f32; 3], [f32; 3]);

/// The product beside the part of the picture where it should be, both in Oklab.
struct Seen {
    width: i32,
    height: i32,
    /// Oklab of the product.
    own: Vec<[f32; 3]>,
    inside: Vec<bool>,
    alpha: Vec<u8>,
    /// How far around the product the picture is looked at.
    margin: i32,
    /// Oklab of the picture there; nothing beyond its edge.
    there: Vec<Option<[f32; 3]>>,
}

impl Seen {
    fn new(own: &Canvas, picture: &Canvas, place: Place, over: &[Place]) -> Self {
        let (x, y, ..) = place;
        let (width, height) = (own.width() as i32, own.height() as i32);
        let margin = (width.max(height) / 20).max(16);
        let around = (-margin..height + margin)
            .flat_map(|dy| (-margin..width + margin).map(move |dx| (dx, dy)))
            .map(|(dx, dy)| pixel(picture, x + dx, y + dy).map(lab));
        Self {
            width,
            height,
            own: own.data().as_chunks::<4>().0.iter().map(|p| lab(*p)).collect(),
            inside: uncovered(eroded(own, 2), place, over),
            alpha: own.data().as_chunks::<4>().0.iter().map(|p| p[3]).collect(),
            margin,
            there: around.collect(),
        }
    }

    fn is_inside(&self, x: i32, y: i32) -> bool {
        (0..self.width).contains(&x)
            && (0..self.height).contains(&y)
            && self.inside[(y * self.width + x) as usize]
    }

    fn own(&self, x: i32, y: i32) -> [f32; 3] {
        let (x, y) = (x.clamp(0, self.width - 1), y.clamp(0, self.height - 1));
        self.own[(y * self.width + x) as usize]
    }

    fn there(&self, x: i32, y: i32) -> Option<[f32; 3]> {
        let (w, h) = (self.width + 2 * self.margin, self.height + 2 * self.margin);
        let (x, y) = (x + self.margin, y + self.margin);
        ((0..w).contains(&x) && (0..h).contains(&y)).then(|| self.there[(y * w + x) as usize]).flatten()
    }

    fn points(&self, step: usize) -> impl Iterator<Item = (i32, i32)> {
        let all = (0..self.height)
            .step_by(step)
            .flat_map(move |y| (0..self.width).step_by(step).map(move |x| (x, y)));
        all.filter(|(x, y)| self.is_inside(*x, *y))
    }

    /// By how many px it stands beside its place, at most 4 each way.
    fn best_offset(&self) -> (i32, i32) {
        let step = ((self.width * self.height) as f32 / 20_000.0).sqrt().ceil().max(1.0) as usize;
        let cost = |(dx, dy): (i32, i32)| -> f32 {
            let differences = self.points(step).map(|(x, y)| {
                self.there(x + dx, y + dy).map_or(1.0, |p| distance(p, self.own(x, y)).min(0.3))
            });
            differences.sum()
        };
        let all = (-4..=4).flat_map(|dy| (-4..=4).map(move |dx| (dx, dy)));
        // Of equals, the nearest: a plain product looks the same a pixel further.
        let costs = all.map(|o| (cost(o) * (1.0 + 0.002 * (o.0.abs() + o.1.abs()) as f32), o));
        costs.min_by(|a, b| a.0.total_cmp(&b.0)).map_or((0, 0), |(_, offset)| offset)
    }

    /// Share found again, mean distance, turn of hues in degrees.
    fn colours(&self, (dx, dy): (i32, i32)) -> (f32, f32, f32) {
        let (mut count, mut found, mut sum, mut along, mut across) = (0u32, 0u32, 0.0f64, 0.0f64, 0.0f64);
        for (x, y) in self.points(1) {
            count += 1;
            let own = self.own(x, y);
            let Some(p) = self.there(x + dx, y + dy) else { continue };
            sum += f64::from(distance(p, own).min(0.5));
            // A pixel counts as found if it stands within a pixel of its place.
            let near = (-1..=1)
                .flat_map(|v| (-1..=1).map(move |u| (u, v)))
                .any(|(u, v)| self.there(x + dx + u, y + dy + v).is_some_and(|p| distance(p, own) < 0.08));
            found += u32::from(near);
            // Greys have no hue.
            if own[1].hypot(own[2]) > 0.03 {
                along += f64::from(own[1] * p[1] + own[2] * p[2]);
                across += f64::from(own[1] * p[2] - own[2] * p[1]);
            }
        }
        let n = f64::from(count.max(1));
        let hue = if along == 0.0 && across == 0.0 { 0.0 } else { across.atan2(along).to_degrees() };
        (found as f32 / n as f32, (sum / n * 100.0) as f32, hue as f32)
    }

    /// Brightness steps, across and down.
    fn edge(at: impl Fn(i32, i32) -> Option<[f32; 3]>, x: i32, y: i32) -> f32 {
        let light = |u: i32, v: i32| at(u, v).map(|p| p[0]);
        let step = |a: Option<f32>, b: Option<f32>| a.zip(b).map_or(0.0, |(a, b)| (a - b).abs());
        step(light(x - 1, y), light(x + 1, y)).hypot(step(light(x, y - 1), light(x, y + 1)))
    }

    fn edges(&self, (dx, dy): (i32, i32)) -> f32 {
        const STRONG: f32 = 0.12;
        let own = |x: i32, y: i32| Self::edge(|u, v| Some(self.own(u, v)), x, y);
        let there = |x: i32, y: i32| Self::edge(|u, v| self.there(u + dx, v + dy), x, y);
        let near = |x: i32, y: i32, edge: &dyn Fn(i32, i32) -> f32| {
            (-1..=1).any(|v| (-1..=1).any(|u| edge(x + u, y + v) > STRONG * 0.6))
        };
        let share = |of: &dyn Fn(i32, i32) -> f32, within: &dyn Fn(i32, i32) -> f32| {
            let (mut all, mut found) = (0u32, 0u32);
            for (x, y) in self.points(1).filter(|(x, y)| of(*x, *y) > STRONG) {
                all += 1;
                found += u32::from(near(x, y, within));
            }
            // A handful of edge pixels says nothing.
            if all < 40 { 1.0 } else { found as f32 / all as f32 }
        };
        share(&own, &there).min(share(&there, &own))
    }

    /// Where the product goes on beyond its outline: near outside it still looks like the product, and further it does not.
    fn beyond(&self, (dx, dy): (i32, i32)) -> f32 {
        let near = (self.width.min(self.height) as f32 * 0.007).max(2.5);
        let far = self.margin as f32 * 0.8;
        let alpha = |x: i32, y: i32| match (0..self.width).contains(&x) && (0..self.height).contains(&y) {
            true => f32::from(self.alpha[(y * self.width + x) as usize]),
            false => 0.0,
        };
        let (mut all, mut going_on) = (0u32, 0u32);
        for (x, y) in (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y))) {
            let is_rim = alpha(x, y) >= 128.0
                && [(1, 0), (-1, 0), (0, 1), (0, -1)].iter().any(|(u, v)| alpha(x + u, y + v) < 128.0);
            if !is_rim {
                continue;
            }
            // Outwards: down the slope of the alphas around.
            let reach = -3..=3i32;
            let (mut nx, mut ny) = (0.0f32, 0.0f32);
            for v in reach.clone() {
                for u in reach.clone() {
                    let a = alpha(x + u, y + v);
                    (nx, ny) = (nx - a * u as f32, ny - a * v as f32);
                }
            }
            let length = nx.hypot(ny);
            if length < 1.0 {
                continue;
            }
            let at = |d: f32| {
                ((x as f32 + nx / length * d).round() as i32, (y as f32 + ny / length * d).round() as i32)
            };
            let (inner, outer, away) = (at(-3.0), at(near), at(far));
            if !self.is_inside(inner.0, inner.1)
                || alpha(outer.0, outer.1) > 0.0
                || alpha(away.0, away.1) > 0.0
            {
                continue;
            }
            let own = self.own(inner.0, inner.1);
            let picture = |(x, y): (i32, i32)| self.there(x + dx, y + dy);
            let (Some(outer), Some(away)) = (picture(outer), picture(away)) else { continue };
            if distance(away, own) > 0.1 {
                all += 1;
                going_on += u32::from(distance(outer, own) < distance(outer, away) * 0.5);
            }
        }
        if all < 40 { 0.0 } else { going_on as f32 / all as f32 }
    }

    /// Blocks that show something else, with their side.
    fn changed(&self, offset: (i32, i32)) -> Vec<(i32, i32, u32)> {
        let side = (self.width.min(self.height) / 24).clamp(8, 24);
        let mut found = Vec::new();
        for y in (0..=self.height - side).step_by(side as usize / 2) {
            for x in (0..=self.width - side).step_by(side as usize / 2) {
                let here = || (y..y + side).flat_map(move |v| (x..x + side).map(move |u| (u, v)));
                let inside = here().filter(|(u, v)| self.is_inside(*u, *v)).count();
                if inside * 10 < (side * side * 9) as usize {
                    continue;
                }
                // The nearest of nine places: half a pixel is no other letter.
                let all = (-1..=1).flat_map(|v| (-1..=1).map(move |u| (u, v)));
                let unlike = all
                    .map(|(u, v)| self.unlike(here(), (offset.0 + u, offset.1 + v)))
                    .fold(f32::MAX, f32::min);
                if unlike > 1.0 {
                    found.push((x, y, side as u32));
                }
            }
        }
        found
    }

    /// How much a block differs: above 1 it shows something else. Brightness is compared after its mean is taken away, so
    /// that a shadow over all of it does not count as a detail.
    fn unlike(&self, block: impl Iterator<Item = (i32, i32)>, (dx, dy): (i32, i32)) -> f32 {
        let pairs: Vec<Pair> =
            block.filter_map(|(x, y)| Some((self.own(x, y), self.there(x + dx, y + dy)?))).collect();
        if pairs.is_empty() {
            return f32::MAX;
        }
        let n = pairs.len() as f32;
        let mean = |of: &dyn Fn(&Pair) -> f32| pairs.iter().map(of).sum::<f32>() / n;
        let (a, b) = (mean(&|p| p.0[0]), mean(&|p| p.1[0]));
        let own = mean(&|p| (p.0[0] - a).powi(2)).sqrt();
        let there = mean(&|p| (p.1[0] - b).powi(2)).sqrt();
        let rest = mean(&|p| ((p.0[0] - a) - (p.1[0] - b)).powi(2)).sqrt();
        // What is left beside what there was; noise and compression leave 0.02 to 0.03 on a plain ground.
        let shape = rest / (0.05 + 0.45 * own.max(there));
        let colour = mean(&|p| (p.0[1] - p.1[1]).hypot(p.0[2] - p.1[2])) / 0.08;
        shape.max(colour).max((a - b).abs() / 0.16)
    }
}

fn pixel(canvas: &Canvas, x: i32, y: i32) -> Option<[u8; 4]> {
    let inside = (0..canvas.width() as i32).contains(&x) && (0..canvas.height() as i32).contains(&y);
    inside.then(|| canvas.pixel(x as u32, y as u32))
}

fn lab([r, g, b, _]: [u8; 4]) -> [f32; 3] {
    Color::rgb(r, g, b).oklab()
}

fn distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
}

/// Without what lies under something else, and a little around it, where its shade may reach.
fn uncovered(mut inside: Vec<bool>, (x, y, width, _): Place, over: &[Place]) -> Vec<bool> {
    const AROUND: i32 = 3;
    for (n, inside) in inside.iter_mut().enumerate().filter(|(_, inside)| **inside) {
        let (px, py) = (x + (n as u32 % width.max(1)) as i32, y + (n as u32 / width.max(1)) as i32);
        let under = |(left, top, w, h): &Place| {
            (left - AROUND..left + *w as i32 + AROUND).contains(&px)
                && (top - AROUND..top + *h as i32 + AROUND).contains(&py)
        };
        *inside = !over.iter().any(under);
    }
    inside
}

/// Pixels whose neighbours up to `reach` px away are all opaque.
fn eroded(canvas: &Canvas, reach: usize) -> Vec<bool> {
    let (w, h) = (canvas.width() as usize, canvas.height() as usize);
    let opaque: Vec<bool> = canvas.data().as_chunks::<4>().0.iter().map(|p| p[3] == 255).collect();
    let run = |line: &dyn Fn(isize) -> bool, at: usize| {
        (at as isize - reach as isize..=at as isize + reach as isize).all(line)
    };
    let within = |n: isize, len: usize| n >= 0 && n < len as isize;
    let rows: Vec<bool> =
        (0..w * h).map(|n| run(&|x| within(x, w) && opaque[n / w * w + x as usize], n % w)).collect();
    (0..w * h).map(|n| run(&|y| within(y, h) && rows[y as usize * w + n % w], n / w)).collect()
}

#[cfg(test)]
mod tests;
