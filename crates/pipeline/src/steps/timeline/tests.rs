use std::{collections::BTreeMap, sync::Arc};

use handbill_domain::words::Scene;
use handbill_media::{
    text::{BrandFonts, Fonts},
    video::{Assets, Film, timeline::Area},
};

use super::*;
use crate::steps::label::Seen;

const SEEN: Seen = Seen { glyph: 0.05, text: "AI生成", em: 0.06, seconds: 2.0 };

/// One scene of five seconds on a grey ground.
fn films(ratio: &str, seen: &Seen, look: impl Fn(&Film<'_>, &Film<'_>, Area, Size)) {
    let storyboard = Storyboard {
        scenes: vec![Scene {
            id: "hook".into(),
            section: "hook".into(),
            seconds: 5.0,
            narration: String::new(),
            headline: "明前龙井".into(),
            picture: ScenePicture::Background,
            visual: String::new(),
        }],
    };
    let size = size_of(ratio).unwrap();
    let grey = Color::rgb(120, 128, 124);
    let pictures = Pictures { backgrounds: vec![Arc::new(Canvas::new(64, 64, grey))], ..Pictures::default() };
    let brand = template::Palette {
        primary: grey,
        secondary: grey,
        accent: grey,
        background: Color::WHITE,
        text: Color::BLACK,
    };
    let script = Script {
        storyboard: &storyboard,
        pace: &Pace { scenes: vec![(0, 5000)], lead_ms: 0, speed: 1.0 },
        locale: &"zh-CN".parse().unwrap(),
        frame: Frame::labelled(size, Zone::default(), Some(seen.em)),
        pictures: &pictures,
        closing: &Closing::default(),
        palette: Palette::of(brand),
        voices: &[],
        mood: Mood::Calm,
        seed: 1,
        lufs: -14.0,
    };
    let assets = Assets {
        pictures: BTreeMap::from([(background(0), Arc::clone(&pictures.backgrounds[0]))]),
        sounds: BTreeMap::new(),
        fonts: Arc::new(Fonts::load(&BrandFonts::default()).unwrap()),
    };
    let (labelled, plain) = (write(&script, &[], Some(seen)), write(&script, &[], None));
    let film = |timeline| Film::new(timeline, &assets).unwrap();
    look(&film(&labelled), &film(&plain), script.frame.label.unwrap(), size);
}

/// Height of the white letters in a box, in px.
fn letters_in(canvas: &Canvas, area: Area, size: Size) -> u32 {
    let span = |from: f64, length: f64, all: u32| {
        (from * f64::from(all)) as u32..((from + length) * f64::from(all)) as u32
    };
    let (xs, ys) = (span(area.x, area.w, size.width), span(area.y, area.h, size.height));
    let white = |y: &u32| xs.clone().any(|x| canvas.pixel(x, *y)[..3].iter().all(|v| *v > 200));
    let rows: Vec<u32> = ys.filter(white).collect();
    rows.last().map_or(0, |last| last - rows[0] + 1)
}

/// The left half em of the white letters in a box of a frame whose short side is 1080 px.
fn first_letter(canvas: &Canvas, area: Area, size: Size) -> Area {
    let (w, step) = (f64::from(size.width), 1.0 / f64::from(size.width));
    let column = |n: u32| Area { x: area.x + f64::from(n) * step, w: step * 1.01, ..area };
    let columns = (area.w * w) as u32;
    let first = (0..columns).find(|n| letters_in(canvas, column(*n), size) > 0).unwrap();
    Area { w: 36.0 * step, ..column(first) }
}

#[test]
fn a_label_is_read_from_the_first_frame_for_as_long_as_the_law_wants() {
    for ratio in ["9:16", "1:1", "16:9"] {
        films(ratio, &SEEN, |labelled, plain, area, size| {
            let at = |film: &Film<'_>, second: f64| film.frame((second * 30.0) as u64).unwrap();
            for second in [0.0, 1.0, 2.0] {
                let height = letters_in(&at(labelled, second), area, size);
                // GB 45438-2025, 5.4: at least 5 % of the short side.
                assert!((54..70).contains(&height), "{ratio} at {second} s: {height} px");
                assert_eq!(letters_in(&at(plain, second), area, size), 0, "{ratio} at {second} s");
            }
            assert!(at(labelled, 3.5) == at(plain, 3.5), "{ratio}: it goes");
        });
    }
}

#[test]
fn the_longest_label_has_room_and_may_stay_to_the_end() {
    let long = Seen { text: "AI-generated", em: 0.07, seconds: 60.0, ..SEEN };
    for ratio in ["9:16", "4:5", "1:1", "16:9"] {
        films(ratio, &long, |labelled, _, area, size| {
            let last = labelled.frame(149).unwrap();
            let capital = letters_in(&last, first_letter(&last, area, size), size);
            assert!((54..60).contains(&capital), "{ratio}: {capital} px");
        });
    }
}
