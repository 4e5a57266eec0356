//! Background art, drawn from a brand's colours: six kinds, the same seed the same bytes. Calm where words will stand.

mod botanical;
mod field;

use std::str::FromStr;

use self::field::{Field, Noise};
use crate::{Canvas, Color, image::blur, shape, template::Palette};

/// Kinds of background.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// Soft clouds of colour.
    Gradient,
    /// Laid paper with light from the upper left.
    Paper,
    /// Out-of-focus lights.
    Bokeh,
    /// Line-drawn twigs that grow in from the corners.
    Botanical,
    /// Large quiet shapes.
    Geometric,
    /// A studio wall that runs into a floor.
    Sweep,
}

impl Style {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Gradient, Self::Paper, Self::Bokeh, Self::Botanical, Self::Geometric, Self::Sweep];

    /// Its name in data: `gradient`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gradient => "gradient",
            Self::Paper => "paper",
            Self::Bokeh => "bokeh",
            Self::Botanical => "botanical",
            Self::Geometric => "geometric",
            Self::Sweep => "sweep",
        }
    }
}

impl FromStr for Style {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|s| s.as_str() == text).ok_or_else(|| {
            format!(
                "`{text}` is not a kind of background: gradient, paper, bokeh, botanical, geometric or sweep"
            )
        })
    }
}

/// What shall be drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Art {
    /// Its kind.
    pub style: Style,
    /// The brand's colours.
    pub palette: Palette,
    /// Deep colours instead of light ones.
    pub dark: bool,
    /// The same seed gives the same picture.
    pub seed: u64,
}

/// Draws a background.
pub fn background(art: &Art, width: u32, height: u32) -> Canvas {
    let field = Field { width, height, noise: Noise::new(art.seed) };
    let tones = Tones::of(art);
    match art.style {
        Style::Gradient => gradient(&field, &tones),
        Style::Paper => paper(&field, &tones),
        Style::Bokeh => bokeh(&field, &tones),
        Style::Botanical => {
            let mut canvas = paper(&field, &tones);
            botanical::grow(&mut canvas, &tones, &field.noise);
            canvas
        }
        Style::Geometric => geometric(&field, &tones),
        Style::Sweep => sweep(&field, &tones),
    }
}

/// The colours of one picture: a ground that words can stand on, and what moves on it.
struct Tones {
    ground: Color,
    lit: Color,
    shade: Color,
    first: Color,
    second: Color,
    warm: Color,
    leaf: Color,
    dark: bool,
}

impl Tones {
    fn of(art: &Art) -> Self {
        let p = &art.palette;
        if art.dark {
            let ground = p.primary.lightness(0.29);
            return Self {
                ground,
                lit: p.primary.lightness(0.4),
                shade: p.primary.lightness(0.2),
                first: p.secondary.lightness(0.46),
                second: p.primary.lightness(0.36),
                warm: p.accent.lightness(0.52),
                leaf: p.secondary.lightness(0.5),
                dark: true,
            };
        }
        let ground = p.background.mix(p.secondary, 0.1);
        Self {
            ground,
            lit: p.background.mix(Color::WHITE, 0.6),
            shade: ground.mix(p.primary, 0.13),
            first: p.secondary.lightness(0.86),
            second: p.primary.lightness(0.84).mix(p.background, 0.35),
            warm: p.accent.lightness(0.89),
            leaf: p.secondary.mix(p.primary, 0.15).lightness(0.76),
            dark: false,
        }
    }
}

/// Clouds of colour, heavier towards the lower right, where the product stands.
fn gradient(field: &Field, tones: &Tones) -> Canvas {
    let noise = &field.noise;
    let colors = [tones.first, tones.second, tones.warm, tones.lit, tones.first, tones.second];
    let homes = [(0.9, 0.85), (0.25, 1.05), (1.02, 0.2), (0.12, 0.08), (0.62, 0.62), (0.0, 0.6)];
    let clouds: Vec<_> = colors
        .iter()
        .zip(homes)
        .enumerate()
        .map(|(n, (color, (x, y)))| {
            let n = n as u64 * 4;
            let place = (x + (noise.at(n) - 0.5) * 0.3, y + (noise.at(n + 1) - 0.5) * 0.3);
            (color.oklab(), place, 0.26 + noise.at(n + 2) * 0.22)
        })
        .collect();
    let ground = tones.ground.oklab();
    field.paint(|u, v| {
        let mut lab = ground;
        for (color, (x, y), size) in &clouds {
            let d = ((u - x).powi(2) + (v - y).powi(2)) / (size * size);
            field::mix(&mut lab, color, 0.85 * (-d).exp());
        }
        lab
    })
}

/// Fibres, a grain, and light that falls off.
fn paper(field: &Field, tones: &Tones) -> Canvas {
    let (lit, shade, ground) = (tones.lit.oklab(), tones.shade.oklab(), tones.ground.oklab());
    let ratio = field.width as f32 / field.height as f32;
    let noise = &field.noise;
    let depth = if tones.dark { 0.02 } else { 0.012 };
    field.paint(|u, v| {
        let mut lab = ground;
        let light =
            (1.0 - ((u - 0.22).powi(2) * ratio.min(1.4) + (v - 0.15).powi(2)).sqrt() * 1.1).clamp(0.0, 1.0);
        field::mix(&mut lab, &lit, light * 0.8);
        let corner = ((u - 0.45).powi(2) + (v - 0.4).powi(2)).sqrt();
        field::mix(&mut lab, &shade, (corner - 0.35).max(0.0) * 0.9);
        let (x, y) = (u * 9.0 * ratio, v * 9.0);
        lab[0] += (noise.cloud(x * 6.0, y * 14.0) - 0.5) * depth
            + (noise.cloud(x * 40.0, y * 40.0) - 0.5) * depth * 1.2;
        lab
    })
}

/// Lights that are out of focus, over a soft sky.
fn bokeh(field: &Field, tones: &Tones) -> Canvas {
    let noise = &field.noise;
    let (lit, ground, shade) = (tones.lit.oklab(), tones.ground.oklab(), tones.shade.oklab());
    let warm = tones.warm.oklab();
    let mut canvas = field.paint(|u, v| {
        let mut lab = ground;
        field::mix(&mut lab, &shade, (v * 0.9 + (1.0 - u) * 0.15).clamp(0.0, 1.0) * 0.7);
        let sun = (-((u - 0.85).powi(2) + (v - 0.12).powi(2)) / 0.16).exp();
        field::mix(&mut lab, &warm, sun * 0.55);
        field::mix(&mut lab, &lit, sun * sun * 0.8);
        lab
    });
    let short = field.width.min(field.height) as f32;
    // Three depths: the nearer the light, the larger and softer its disc.
    for (depth, (count, size, soft, alpha)) in
        [(10, 0.05, 0.006, 0.42), (9, 0.11, 0.014, 0.3), (5, 0.21, 0.03, 0.22)].into_iter().enumerate()
    {
        let mut lights = Canvas::new(field.width, field.height, Color::CLEAR);
        for n in 0..count {
            let key = 100 + depth as u64 * 200 + n * 5;
            // Around the edges and to the right: the upper left stays free for words.
            let x = noise.at(key).powf(0.55);
            let y = noise.at(key + 1) * (0.35 + 0.65 * x);
            let d = size * short * (0.6 + 0.8 * noise.at(key + 2));
            let color = [tones.lit, tones.warm, tones.first][(noise.at(key + 3) * 2.99) as usize];
            let alpha = alpha * (0.5 + 0.5 * noise.at(key + 4)) * if tones.dark { 0.7 } else { 1.0 };
            let place = (x * field.width as f32 - d / 2.0, y * field.height as f32 - d / 2.0, d, d);
            shape::ellipse(&mut lights, place, color.alpha(alpha));
        }
        blur(&mut lights, soft * short);
        canvas.over(&lights, 0, 0, 1.0);
    }
    canvas
}

/// An arch, a sun and a hill: large shapes in close tones.
fn geometric(field: &Field, tones: &Tones) -> Canvas {
    let (w, h) = (field.width as f32, field.height as f32);
    let short = w.min(h);
    let noise = &field.noise;
    let (ground, lit) = (tones.ground.oklab(), tones.lit.oklab());
    let mut canvas = field.paint(|u, v| {
        let mut lab = ground;
        field::mix(&mut lab, &lit, (1.0 - (u * 0.6 + v)).clamp(0.0, 1.0) * 0.5);
        lab
    });
    let tall = h > w * 1.1;
    let (cx, arch) = if tall {
        (w * (0.46 + 0.08 * noise.at(1)), w * 0.78)
    } else {
        (w * (0.7 + 0.06 * noise.at(1)), (h * 0.8).min(w * 0.46))
    };
    let top = if tall { h * 0.36 } else { h * 0.14 };
    shape::rect(&mut canvas, cx - arch / 2.0, top, arch, h * 1.5, arch / 2.0, tones.first);
    let inner = arch * 0.74;
    shape::rect(
        &mut canvas,
        cx - inner / 2.0,
        top + arch * 0.13,
        inner,
        h * 1.5,
        inner / 2.0,
        tones.first.mix(tones.lit, 0.45),
    );
    let sun = short * (0.13 + 0.05 * noise.at(2));
    let side = if noise.at(3) > 0.5 { -1.0 } else { 1.0 };
    shape::ellipse(
        &mut canvas,
        (cx + side * arch * 0.46 - sun / 2.0, top + arch * 0.02, sun, sun),
        tones.warm,
    );
    let hill = w * 1.7;
    shape::ellipse(&mut canvas, (w * (-0.5 + 0.2 * noise.at(4)), h * 0.86, hill, hill * 0.6), tones.second);
    shape::ellipse(
        &mut canvas,
        (w * (0.2 + 0.2 * noise.at(5)), h * 0.91, hill, hill * 0.6),
        tones.second.mix(tones.shade, 0.5),
    );
    canvas
}

/// A wall lit from above that runs into a floor without an edge.
fn sweep(field: &Field, tones: &Tones) -> Canvas {
    let (ground, lit, shade) = (tones.ground.oklab(), tones.lit.oklab(), tones.shade.oklab());
    let first = tones.first.oklab();
    let x = 0.56 + 0.16 * field.noise.at(1);
    let ratio = field.width as f32 / field.height as f32;
    field.paint(|u, v| {
        let mut lab = ground;
        field::mix(&mut lab, &first, 0.5);
        let spot = (-((u - x).powi(2) * ratio.clamp(0.6, 2.0) * 3.0 + (v - 0.42).powi(2) * 3.2)).exp();
        field::mix(&mut lab, &lit, spot * 0.85);
        field::mix(&mut lab, &shade, ((v - 0.1).abs() * 0.25 + (u - x).abs() * 0.25).clamp(0.0, 0.5));
        // The bend of the paper: a soft dark band, then the lit floor.
        let bend = (-((v - 0.72) / 0.1).powi(2)).exp();
        field::mix(&mut lab, &shade, bend * 0.34);
        let floor = ((v - 0.72) / 0.2).clamp(0.0, 1.0);
        let eased = floor * floor * (3.0 - 2.0 * floor);
        let near = (-((u - x).powi(2) * 3.0)).exp();
        field::mix(&mut lab, &lit, eased * (0.2 + 0.4 * near));
        field::mix(&mut lab, &shade, ((v - 0.93).max(0.0) * 3.0).min(0.3));
        lab
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn art(style: Style, seed: u64) -> Art {
        let color = |text: &str| text.parse().unwrap();
        let palette = Palette {
            primary: color("#1F4D3A"),
            secondary: color("#8FB09A"),
            accent: color("#C8622D"),
            background: color("#F6F1E4"),
            text: color("#1C2A22"),
        };
        Art { style, palette, dark: false, seed }
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
        for style in Style::ALL {
            let draw = |seed| background(&art(style, seed), 160, 120);
            assert_eq!(draw(7), draw(7), "{style:?}");
            assert_ne!(draw(7), draw(8), "{style:?}");
        }
    }

    #[test]
    fn soft_colour_has_no_bands() {
        for style in [Style::Gradient, Style::Sweep] {
            let canvas = background(&art(style, 3), 512, 512);
            // A band is a run of equal pixels along a row where the colour drifts.
            let row: Vec<[u8; 4]> = (0..512).map(|x| canvas.pixel(x, 200)).collect();
            let longest = row.chunk_by(|a, b| a == b).map(<[_]>::len).max().unwrap();
            assert!(longest < 24, "{style:?}: {longest}");
        }
    }

    #[test]
    fn words_can_be_read_where_they_will_stand() {
        for style in Style::ALL {
            for (dark, ink) in [(false, Color::rgb(0x1C, 0x2A, 0x22)), (true, Color::WHITE)] {
                let canvas = background(&Art { dark, ..art(style, 5) }, 400, 400);
                for (x, y) in [(40, 60), (120, 120), (160, 200)] {
                    let [r, g, b, _] = canvas.pixel(x, y);
                    assert!(Color::rgb(r, g, b).contrast(ink) > 4.5, "{style:?} {dark}");
                }
            }
        }
    }
}
