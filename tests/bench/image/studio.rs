//! Reference work I by the studio: one hero and one logo become eight channel images, through the same calls as a campaign's.
//!
//! `bench-image MODE key=value…` with `MODE`: `sets` (compose and encode), `compose` (no file), `encode` (composed once, then
//! only encoded: the floor), `avif` (CPU seconds of one 1080 × 1080), `skus` (many sets, a line every hundred).
#![allow(clippy::print_stdout, reason = "it is a benchmark: its figures are its product")]

use std::{collections::HashMap, path::PathBuf, time::Instant};

use handbill_domain::{channel::Size, locale::Locale, words::DesignWords};
use handbill_media::{
    Canvas, Error,
    image::encode::{self, Chroma, Format},
    open, press,
    template::{self, Palette, Scene, Template},
    text::{BrandFonts, Fonts},
};

/// Largest first: the press likes it.
const SIZES: [(&str, u32, u32); 8] = [
    ("story", 1080, 1920),
    ("hd", 1920, 1080),
    ("pin", 1000, 1500),
    ("ig_portrait", 1080, 1350),
    ("ig_square", 1080, 1080),
    ("og", 1200, 628),
    ("mrec", 300, 250),
    ("leaderboard", 728, 90),
];
const JPEG_QUALITY: u8 = 85;
const WEBP_QUALITY: u8 = 80;

type Failure = Box<dyn std::error::Error>;

/// What a set is made of.
struct Work {
    hero: PathBuf,
    logo: PathBuf,
    out: PathBuf,
    formats: Vec<Format>,
    threads: usize,
    template: Template,
    fonts: Fonts,
    locale: Locale,
    palette: Palette,
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next().unwrap_or_else(|| "sets".into());
    let options: HashMap<String, String> =
        arguments.filter_map(|a| a.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned()))).collect();
    let text = |key: &str, otherwise: &str| options.get(key).cloned().unwrap_or_else(|| otherwise.to_owned());
    let count: usize = text("sets", "1").parse()?;
    let yaml = include_str!("template.yaml");
    let work = Work {
        hero: text("hero", "hero.jpg").into(),
        logo: text("logo", "logo.png").into(),
        out: text("out", "out").into(),
        formats: text("formats", "jpg,webp").split(',').filter_map(Format::from_ending).collect(),
        threads: text("threads", "1").parse()?,
        template: template::read(yaml).map_err(|problems| format!("{problems:?}"))?,
        fonts: Fonts::load(&BrandFonts::default())?,
        locale: "zh-CN".parse().map_err(|e| format!("{e:?}"))?,
        palette: Palette {
            primary: "#0B1220".parse()?,
            secondary: "#115E59".parse()?,
            accent: "#FACC15".parse()?,
            background: "#FFFFFF".parse()?,
            text: "#111827".parse()?,
        },
    };
    std::fs::create_dir_all(&work.out)?;
    match mode.as_str() {
        "sets" => (0..count).try_for_each(|_| work.set(0, true)),
        "compose" => (0..count).try_for_each(|_| work.set(0, false)),
        "encode" => work.floor(count),
        "avif" => work.avif(count),
        "skus" => work.skus(count),
        other => Err(format!("no mode {other}").into()),
    }
}

impl Work {
    /// One set, from the files on disk to the files on disk.
    fn set(&self, number: usize, write: bool) -> Result<(), Failure> {
        let limits = open::Limits::default();
        let hero = open::open(&std::fs::read(&self.hero)?, &limits)?.canvas;
        let logo = open::open(&std::fs::read(&self.logo)?, &limits)?.canvas;
        let made = press::run(SIZES.len(), self.threads, |n| -> Result<(), Error> {
            let canvas = self.compose(n, number, &hero, &logo)?;
            if write {
                self.encode(n, &canvas, true)?;
            }
            std::hint::black_box(&canvas);
            Ok(())
        });
        made.into_iter().collect::<Result<(), Error>>().map_err(Into::into)
    }

    fn compose(&self, size: usize, number: usize, hero: &Canvas, logo: &Canvas) -> Result<Canvas, Error> {
        let (_, width, height) = SIZES[size];
        // Each product of a catalogue has words of its own.
        let headline = match number {
            0 => "Summer Glow Serum 夏日焕亮精华".to_owned(),
            n => format!("Summer Glow Serum {n} 夏日焕亮精华"),
        };
        let words = DesignWords {
            headline,
            headline_short: "Summer Glow 夏日焕亮".into(),
            subline: String::new(),
            kicker: String::new(),
            quote: String::new(),
            quote_source: String::new(),
            bullets: Vec::new(),
        };
        let scene = Scene {
            size: Size { width, height },
            safe_zone: None,
            locale: &self.locale,
            words: &words,
            call_to_action: "Shop now 立即购买",
            offer: None,
            price: None,
            brand: "Glow",
            palette: self.palette,
            background: None,
            product: None,
            product_photo: None,
            photo: Some(hero),
            logo: Some(logo),
            logo_wide: None,
            facts: &[],
            url: None,
            legal: &[],
            ai_label: None,
            required_background: None,
            min_fill: None,
        };
        template::compose(&self.template, &scene, &self.fonts).map(|composed| composed.canvas)
    }

    /// JPEG 4:2:0 with its own Huffman tables, WebP with method 4: what the other engines are told.
    fn encode(&self, size: usize, canvas: &Canvas, write: bool) -> Result<(), Error> {
        for format in &self.formats {
            let quality = match format {
                Format::Webp => WEBP_QUALITY,
                Format::Avif => 60,
                _ => JPEG_QUALITY,
            };
            let bytes = encode::encode(canvas, *format, quality, Chroma::Half)?;
            if write {
                let path = self.out.join(format!("{}.{}", SIZES[size].0, format.ending()));
                let failed = |e: std::io::Error| Error::Encode { format: "file", reason: e.to_string() };
                std::fs::write(path, &bytes).map_err(failed)?;
            }
            std::hint::black_box(bytes);
        }
        Ok(())
    }

    fn composed(&self) -> Result<Vec<Canvas>, Failure> {
        let limits = open::Limits::default();
        let hero = open::open(&std::fs::read(&self.hero)?, &limits)?.canvas;
        let logo = open::open(&std::fs::read(&self.logo)?, &limits)?.canvas;
        (0..SIZES.len()).map(|n| self.compose(n, 0, &hero, &logo).map_err(Into::into)).collect()
    }

    fn floor(&self, count: usize) -> Result<(), Failure> {
        let canvases = self.composed()?;
        for _ in 0..count {
            for (n, canvas) in canvases.iter().enumerate() {
                self.encode(n, canvas, true)?;
            }
        }
        Ok(())
    }

    /// AVIF and WebP of the square at the qualities that look the same; the likeness is ours (SSIM of brightness).
    fn avif(&self, count: usize) -> Result<(), Failure> {
        let square = SIZES.iter().position(|(name, ..)| *name == "ig_square").ok_or("no square")?;
        let canvas = self.composed()?.swap_remove(square);
        let cpu = |format, quality| -> Result<(f64, usize, f32), Failure> {
            let mut bytes = Vec::new();
            let before = cpu_seconds();
            for _ in 0..count {
                bytes = encode::encode(&canvas, format, quality, Chroma::Half)?;
            }
            let spent = (cpu_seconds() - before) / count as f64;
            std::fs::write(self.out.join(format!("square.{}", format.ending())), &bytes)?;
            Ok((spent, bytes.len(), encode::likeness(&canvas, format, quality, Chroma::Half)?))
        };
        let webp = cpu(Format::Webp, WEBP_QUALITY)?;
        println!("webp q{WEBP_QUALITY}: {:.3} s, {} bytes, likeness {:.4}", webp.0, webp.1, webp.2);
        for quality in (40..=90).step_by(2) {
            if encode::likeness(&canvas, Format::Avif, quality, Chroma::Half)? >= webp.2 {
                let avif = cpu(Format::Avif, quality)?;
                println!("avif q{quality}: {:.3} s, {} bytes, likeness {:.4}", avif.0, avif.1, avif.2);
                println!(
                    "{{\"avif_cpu_s\": {:.4}, \"avif_bytes\": {}, \"webp_bytes\": {}}}",
                    avif.0, avif.1, webp.1
                );
                return Ok(());
            }
        }
        Err("no quality of AVIF is like this WebP".into())
    }

    fn skus(&self, count: usize) -> Result<(), Failure> {
        let (mut wall, mut cpu) = (Instant::now(), cpu_seconds());
        for n in 0..count {
            self.set(n + 1, true)?;
            if (n + 1) % 100 == 0 {
                let (now, spent) = (Instant::now(), cpu_seconds());
                println!(
                    "{{\"skus\": {}, \"wall_s\": {:.3}, \"cpu_s\": {:.3}, \"rss_mb\": {:.1}}}",
                    n + 1,
                    (now - wall).as_secs_f64(),
                    spent - cpu,
                    resident_mb()
                );
                (wall, cpu) = (now, spent);
            }
        }
        Ok(())
    }
}

/// Seconds of processor time of this process, threads that have ended among them (in steps of a hundredth).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    // User and system time are the 14th and 15th field; the name, which may hold spaces, ends the second.
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Anonymous memory of this process.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("RssAnon")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
