//! Renders small films and reads them back.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Assets, Film, Quality, check, probe,
    timeline::{Clip, Music, Source, Timeline, Transition, TransitionKind, *},
};
use crate::{
    Canvas, Color, Error,
    audio::Mood,
    shape,
    text::{BrandFonts, Fonts},
};

/// A picture with fine detail, so that every wrong sample shows.
fn a_picture(w: u32, h: u32) -> Canvas {
    let mut canvas = Canvas::new(w, h, Color::rgb(200, 190, 170));
    for i in 0..40 {
        let (x, y) = ((i * 97 % w) as f32, (i * 61 % h) as f32);
        shape::ellipse(
            &mut canvas,
            (x, y, 30.0, 22.0),
            Color::rgb((i * 40 % 255) as u8, 90, (i * 17 % 255) as u8),
        );
    }
    canvas
}

fn assets() -> Assets {
    let mut product = Canvas::new(60, 100, Color::CLEAR);
    shape::rect(&mut product, 5.0, 5.0, 50.0, 90.0, 8.0, Color::rgb(30, 90, 60));
    let pictures = BTreeMap::from([
        ("scene".to_owned(), Arc::new(a_picture(400, 500))),
        ("product".to_owned(), Arc::new(product)),
    ]);
    Assets {
        pictures,
        sounds: BTreeMap::new(),
        fonts: Arc::new(Fonts::load(&BrandFonts::default()).unwrap()),
    }
}

fn a_clip(id: &str, start_ms: u64, end_ms: u64) -> Clip {
    Clip {
        id: id.into(),
        start_ms,
        end_ms,
        source: Source::Still { picture: "scene".into() },
        camera: Camera { to: View { zoom: 1.2, x: 0.6, y: 0.4 }, ..Camera::default() },
        subjects: vec![Subject {
            picture: "product".into(),
            from: Pose { x: 0.5, y: 0.6, height: 0.4 },
            to: Pose { x: 0.52, y: 0.6, height: 0.44 },
            easing: super::Easing::InOut,
            shadow: true,
            enter: None,
        }],
        transition: None,
    }
}

fn a_timeline() -> Timeline {
    let second = Clip {
        transition: Some(Transition {
            kind: TransitionKind::Crossfade,
            duration_ms: 400,
            easing: super::Easing::InOut,
        }),
        ..a_clip("two", 1000, 2000)
    };
    let headline = Overlay {
        id: "headline".into(),
        start_ms: 100,
        end_ms: 1900,
        content: Content::Text(Words { size: 0.12, weight: 700, ..Words::of("春茶 Fresh") }),
        area: Area { x: 0.1, y: 0.05, w: 0.8, h: 0.2 },
        align: Align::default(),
        enter: Some(Entrance {
            kind: EntranceKind::Reveal,
            duration_ms: 400,
            delay_ms: 0,
            stagger_ms: 80,
            easing: super::Easing::Settle,
        }),
        exit: None,
        opacity: 1.0,
    };
    Timeline {
        version: 1,
        size: handbill_domain::channel::Size { width: 216, height: 384 },
        fps: Rate { num: 30, den: 1 },
        duration_ms: 2000,
        locale: "zh-CN".parse().unwrap(),
        tracks: Tracks {
            video: vec![a_clip("one", 0, 1000), second],
            overlay: vec![headline],
            captions: None,
            narration: Vec::new(),
            music: Some(Music { mood: Mood::Bright, seed: 1, gain_db: 0.0, duck_db: -10.0 }),
            loudness: Loudness::default(),
        },
    }
}

#[test]
fn a_film_is_whole_as_ordered_and_the_same_twice() {
    let (timeline, assets) = (a_timeline(), assets());
    let folder = tempfile::tempdir().unwrap();
    let film = Film::new(&timeline, &assets).unwrap();
    let mut seen = 0;
    let paths = ["one.mp4", "two.mp4"].map(|name| folder.path().join(name));
    for path in &paths {
        film.render(Quality::default(), path, |done, all| {
            seen += 1;
            done <= all
        })
        .unwrap();
    }
    assert_eq!(seen, 120, "progress is heard for each frame");
    let probe = probe(&paths[0]).unwrap();
    assert_eq!((probe.frames, probe.fps, probe.size.width, probe.size.height), (60, 30.0, 216, 384));
    assert_eq!((probe.video_codec.as_str(), probe.audio_codec.as_deref()), ("h264", Some("aac")));
    assert!(probe.faststart && (probe.seconds - 2.0).abs() < 0.05, "{probe:?}");
    assert!((probe.lufs.unwrap() + 14.0).abs() < 1.0 && probe.true_peak_db.unwrap() <= -1.0, "{probe:?}");
    assert!(
        std::fs::read(&paths[0]).unwrap() == std::fs::read(&paths[1]).unwrap(),
        "same inputs, same bytes"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
}

#[test]
fn a_canceled_render_leaves_nothing() {
    let (timeline, assets) = (a_timeline(), assets());
    let folder = tempfile::tempdir().unwrap();
    let film = Film::new(&timeline, &assets).unwrap();
    let error =
        film.render(Quality::default(), &folder.path().join("a.mp4"), |done, _| done < 10).unwrap_err();
    assert!(matches!(error, Error::Canceled), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn every_problem_of_a_timeline_is_told_at_once_with_its_path() {
    let mut timeline = a_timeline();
    timeline.size.width = 217;
    timeline.tracks.video[1].start_ms = 1100;
    timeline.tracks.video[0].camera.to.zoom = 0.5;
    timeline.tracks.video[0].source = Source::Still { picture: "scenes".into() };
    timeline.tracks.video[1].subjects[0].picture = "nothing".into();
    timeline.tracks.overlay[0].area.w = 1.5;
    timeline.tracks.loudness.lufs = 3.0;
    let problems = check(&timeline, &assets()).unwrap_err().0;
    let pointers: Vec<_> = problems.iter().map(|p| p.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/size/w",
            "/tracks/video/0/source/picture",
            "/tracks/video/0/camera/to/zoom",
            "/tracks/video/1/start_ms",
            "/tracks/video/1/subjects/0/picture",
            "/tracks/overlay/0/area",
            "/tracks/loudness/lufs",
        ]
    );
    assert_eq!(problems[1].hint.as_deref(), Some("did you mean `scene`?"));
}

#[test]
fn a_timeline_is_read_from_json_as_it_was_written() {
    let timeline = a_timeline();
    let text = serde_json::to_string(&timeline).unwrap();
    assert_eq!(serde_json::from_str::<Timeline>(&text).unwrap(), timeline);
    assert!(serde_json::from_str::<Timeline>(&text.replacen("duration_ms", "duration", 1)).is_err());
}

#[test]
fn words_that_do_not_fit_or_have_no_glyph_are_found_before_a_frame_is_drawn() {
    let assets = assets();
    let with = |text: &str| {
        let mut timeline = a_timeline();
        timeline.tracks.overlay[0].content =
            Content::Text(Words { size: 0.12, min_size: 0.1, max_lines: Some(1), ..Words::of(text) });
        Film::new(&timeline, &assets).err()
    };
    assert!(matches!(with("a headline that is far too long for its line"), Some(Error::TooLong { .. })));
    assert!(matches!(with("\u{10FFFD}"), Some(Error::MissingGlyph { .. })));
}

/// Where a bright edge lies in a row, to parts of a px: where the brightness passes the middle.
fn edge(row: &[f64]) -> f64 {
    let at = row.windows(2).position(|w| w[0] < 128.0 && w[1] >= 128.0).unwrap();
    at as f64 + (128.0 - row[at]) / (row[at + 1] - row[at])
}

#[test]
fn a_camera_move_is_smooth_to_a_tenth_of_a_px() {
    // A soft edge across a picture of the frame's own height: a slow pan moves it by parts of a px each frame.
    let (w, h) = (600u32, 384u32);
    let mut picture = Canvas::new(w, h, Color::BLACK);
    for (n, pixel) in (0u32..).zip(picture.data_mut().as_chunks_mut::<4>().0) {
        let x = f64::from(n % w) - 300.0;
        let v = (255.0 / (1.0 + (-x / 3.0).exp())) as u8;
        *pixel = [v, v, v, 255];
    }
    let mut assets = assets();
    assets.pictures.insert("edge".into(), Arc::new(picture));
    let mut timeline = a_timeline();
    timeline.tracks = Tracks::default();
    let camera = Camera {
        from: View { zoom: 1.0, x: 0.46, y: 0.5 },
        to: View { zoom: 1.0, x: 0.54, y: 0.5 },
        easing: super::Easing::Linear,
    };
    timeline.tracks.video = vec![Clip {
        source: Source::Still { picture: "edge".into() },
        subjects: Vec::new(),
        camera,
        ..a_clip("one", 0, 2000)
    }];
    let film = Film::new(&timeline, &assets).unwrap();
    let places: Vec<f64> = (0..60)
        .map(|n| {
            let frame = film.frame(n).unwrap();
            let row: Vec<f64> = (0..216).map(|x| f64::from(frame.pixel(x, 190)[1])).collect();
            edge(&row)
        })
        .collect();
    let step = (0.46 - 0.54) * 600.0 / 60.0;
    for (n, place) in places.iter().enumerate() {
        let ideal = places[0] + step * n as f64;
        assert!((place - ideal).abs() < 0.1, "frame {n}: {place:.3} instead of {ideal:.3}");
    }
}

#[test]
fn a_poster_is_neither_black_nor_in_a_transition() {
    let mut timeline = a_timeline();
    timeline.tracks.video[0].source = Source::Color { color: Color::BLACK };
    timeline.tracks.video[0].subjects.clear();
    let assets = assets();
    let poster = Film::new(&timeline, &assets).unwrap().poster().unwrap();
    let light: u64 =
        poster.data().as_chunks::<4>().0.iter().map(|p| u64::from(p[1])).sum::<u64>() / (216 * 384);
    assert!(light > 100, "{light}");
}

#[test]
fn every_transition_starts_with_the_old_clip_and_ends_with_the_new_one() {
    let assets = assets();
    let kinds = [
        TransitionKind::Crossfade,
        TransitionKind::Dip { color: Color::WHITE },
        TransitionKind::Slide { towards: Direction::Left },
        TransitionKind::Push { towards: Direction::Up },
        TransitionKind::Wipe { towards: Direction::Right },
        TransitionKind::Wipe { towards: Direction::Up },
    ];
    for kind in kinds {
        let mut timeline = a_timeline();
        timeline.tracks = Tracks::default();
        let flat = |id, from, to, color| Clip {
            source: Source::Color { color },
            subjects: Vec::new(),
            ..a_clip(id, from, to)
        };
        let transition =
            Some(Transition { kind: kind.clone(), duration_ms: 500, easing: super::Easing::Linear });
        timeline.tracks.video = vec![
            flat("one", 0, 1000, Color::rgb(200, 30, 30)),
            Clip { transition, ..flat("two", 1000, 2000, Color::rgb(30, 30, 200)) },
        ];
        let film = Film::new(&timeline, &assets).unwrap();
        let red = |n: u64, x: u32, y: u32| film.frame(n).unwrap().pixel(x, y)[0];
        for (x, y) in [(2, 2), (108, 190), (213, 381)] {
            assert!(red(30, x, y) > 180, "{kind:?} begins with the old clip");
            assert!(red(45, x, y) < 50, "{kind:?} ends with the new clip");
        }
        let middle: Vec<_> =
            (0..216).step_by(8).flat_map(|x| (0..384).step_by(8).map(move |y| (x, y))).collect();
        let frame = film.frame(37).unwrap();
        let mixed = middle.iter().filter(|(x, y)| frame.pixel(*x, *y)[2] > 60).count();
        assert!(mixed > middle.len() / 4, "{kind:?} is under way in its middle");
    }
}
