//! Everything that is wrong with a timeline, before a frame is drawn.

use handbill_domain::problem::{Problem, Problems, nearest};

use super::{
    Assets,
    timeline::{Area, Camera, Clip, Content, Cue, Overlay, Pose, Source, Timeline, View, Words},
};

/// The longest video that we make.
const LONGEST_MS: u64 = 10 * 60 * 1000;

/// Every problem with its path. Text that does not fit or has no glyph is found when it is set, also before drawing.
pub fn check(timeline: &Timeline, assets: &Assets) -> Result<(), Problems> {
    let mut list = List { problems: Vec::new(), assets };
    list.frame(timeline);
    list.clips(&timeline.tracks.video, timeline.duration_ms);
    for (i, overlay) in timeline.tracks.overlay.iter().enumerate() {
        list.overlay(&format!("/tracks/overlay/{i}"), overlay, timeline.duration_ms);
    }
    if let Some(captions) = &timeline.tracks.captions {
        list.area("/tracks/captions/area", captions.area);
        list.words("/tracks/captions/style", &captions.style, false);
        list.cues(&captions.cues, timeline.duration_ms);
    }
    list.sound(timeline);
    if list.problems.is_empty() { Ok(()) } else { Err(Problems(list.problems)) }
}

struct List<'a> {
    problems: Vec<Problem>,
    assets: &'a Assets,
}

impl List<'_> {
    fn wrong(&mut self, path: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Problem::at(path, message).hint(hint));
    }

    fn frame(&mut self, timeline: &Timeline) {
        if timeline.version != 1 {
            self.wrong("/version", format!("version {} is not known", timeline.version), "write 1");
        }
        for (name, length) in [("w", timeline.size.width), ("h", timeline.size.height)] {
            if length % 2 != 0 || !(64..=4096).contains(&length) {
                self.wrong(
                    &format!("/size/{name}"),
                    format!("{length} px cannot be encoded"),
                    "an even number from 64 to 4096",
                );
            }
        }
        let fps = f64::from(timeline.fps.num) / f64::from(timeline.fps.den.max(1));
        if timeline.fps.den == 0 || !(10.0..=60.0).contains(&fps) {
            self.wrong(
                "/fps",
                format!("{}/{} frames a second", timeline.fps.num, timeline.fps.den),
                "10 to 60, such as {num: 30, den: 1}",
            );
        }
        if !(500..=LONGEST_MS).contains(&timeline.duration_ms) {
            self.wrong(
                "/duration_ms",
                format!("{} ms", timeline.duration_ms),
                format!("500 to {LONGEST_MS}"),
            );
        }
    }

    fn clips(&mut self, clips: &[Clip], duration: u64) {
        let mut at = 0;
        for (i, clip) in clips.iter().enumerate() {
            let path = format!("/tracks/video/{i}");
            if clip.start_ms != at {
                let message = format!(
                    "clip `{}` starts at {} ms, but {at} ms is where the clip before ends",
                    clip.id, clip.start_ms
                );
                self.wrong(&format!("{path}/start_ms"), message, format!("write {at}"));
            }
            if clip.end_ms <= clip.start_ms {
                self.wrong(&format!("{path}/end_ms"), "a clip must end after it starts", "a later time");
            }
            self.clip(&path, clip, i == 0);
            at = clip.end_ms;
        }
        if at != duration {
            self.wrong(
                "/tracks/video",
                format!("the clips end at {at} ms"),
                format!("the last clip must end with the video, at {duration} ms"),
            );
        }
    }

    fn clip(&mut self, path: &str, clip: &Clip, first: bool) {
        if let Source::Still { picture } = &clip.source {
            self.picture(&format!("{path}/source/picture"), picture);
        }
        let Camera { from, to, .. } = clip.camera;
        for (name, view) in [("from", from), ("to", to)] {
            self.view(&format!("{path}/camera/{name}"), view);
        }
        for (i, subject) in clip.subjects.iter().enumerate() {
            let path = format!("{path}/subjects/{i}");
            self.picture(&format!("{path}/picture"), &subject.picture);
            for (name, Pose { x, y, height }) in [("from", subject.from), ("to", subject.to)] {
                let near = |v: f64| (-1.0..=2.0).contains(&v);
                if !(near(x) && near(y) && (0.01..=2.0).contains(&height)) {
                    self.wrong(
                        &format!("{path}/{name}"),
                        format!("x {x}, y {y}, height {height}"),
                        "x and y from -1 to 2, height from 0.01 to 2",
                    );
                }
            }
            if subject.to.height > subject.from.height * 1.4 || subject.from.height > subject.to.height * 1.4
            {
                self.wrong(
                    &format!("{path}/to/height"),
                    "a cut-out may grow or shrink by 40 % in one clip",
                    "a smaller change",
                );
            }
        }
        if let Some(transition) = &clip.transition {
            let path = format!("{path}/transition");
            if first {
                self.wrong(&path, "the first clip has nothing to come from", "remove it");
            }
            if transition.duration_ms == 0
                || transition.duration_ms > clip.end_ms.saturating_sub(clip.start_ms)
            {
                self.wrong(
                    &format!("{path}/duration_ms"),
                    format!("{} ms", transition.duration_ms),
                    "more than 0 and not longer than its clip",
                );
            }
        }
    }

    fn view(&mut self, path: &str, view: View) {
        if !(1.0..=4.0).contains(&view.zoom) {
            self.wrong(
                &format!("{path}/zoom"),
                format!("{} leaves the picture or its sharpness", view.zoom),
                "1 to 4",
            );
        }
        for (name, v) in [("x", view.x), ("y", view.y)] {
            if !(0.0..=1.0).contains(&v) {
                self.wrong(&format!("{path}/{name}"), format!("{v} is outside the picture"), "0 to 1");
            }
        }
    }

    fn overlay(&mut self, path: &str, overlay: &Overlay, duration: u64) {
        if overlay.end_ms <= overlay.start_ms || overlay.end_ms > duration {
            let message =
                format!("`{}` is shown from {} to {} ms", overlay.id, overlay.start_ms, overlay.end_ms);
            self.wrong(&format!("{path}/end_ms"), message, format!("after its start, at most {duration}"));
        }
        if !(0.0..=1.0).contains(&overlay.opacity) {
            self.wrong(&format!("{path}/opacity"), overlay.opacity.to_string(), "0 to 1");
        }
        self.area(&format!("{path}/area"), overlay.area);
        match &overlay.content {
            Content::Picture { picture } => self.picture(&format!("{path}/content/picture"), picture),
            Content::Text(words) => self.words(&format!("{path}/content"), words, true),
            Content::Panel { .. } | Content::Scrim { .. } => {}
        }
    }

    fn area(&mut self, path: &str, area: Area) {
        let inside = |from: f64, length: f64| from >= -1e-6 && length > 0.0 && from + length <= 1.0 + 1e-6;
        if !(inside(area.x, area.w) && inside(area.y, area.h)) {
            self.wrong(
                path,
                format!("x {} w {}, y {} h {}", area.x, area.w, area.y, area.h),
                "a box inside the frame, in shares of it",
            );
        }
    }

    fn words(&mut self, path: &str, words: &Words, needs_text: bool) {
        if needs_text && words.text.trim().is_empty() {
            self.wrong(&format!("{path}/text"), "there are no words", "write some, or remove the overlay");
        }
        if !(0.01..=0.5).contains(&words.min_size) || words.size < words.min_size || words.size > 0.6 {
            self.wrong(
                &format!("{path}/size"),
                format!("size {} with a smallest size of {}", words.size, words.min_size),
                "0.01 to 0.6, not below min_size",
            );
        }
        if !(100..=900).contains(&words.weight) {
            self.wrong(&format!("{path}/weight"), words.weight.to_string(), "100 to 900");
        }
    }

    fn cues(&mut self, cues: &[Cue], duration: u64) {
        let mut at = 0;
        for (i, cue) in cues.iter().enumerate() {
            let path = format!("/tracks/captions/cues/{i}");
            if cue.start_ms < at || cue.end_ms <= cue.start_ms || cue.end_ms > duration {
                let message = format!(
                    "shown from {} to {} ms, the caption before ends at {at}",
                    cue.start_ms, cue.end_ms
                );
                self.wrong(&path, message, "captions follow each other inside the video");
            }
            if cue.lines.is_empty() || cue.lines.len() > 2 || cue.lines.iter().any(|l| l.trim().is_empty()) {
                self.wrong(
                    &format!("{path}/lines"),
                    format!("{} lines", cue.lines.len()),
                    "one or two lines with words",
                );
            }
            at = cue.end_ms;
        }
    }

    fn sound(&mut self, timeline: &Timeline) {
        for (i, clip) in timeline.tracks.narration.iter().enumerate() {
            let path = format!("/tracks/narration/{i}");
            if !self.assets.sounds.contains_key(&clip.sound) {
                let known = nearest(&clip.sound, self.assets.sounds.keys().map(String::as_str));
                self.wrong(
                    &format!("{path}/sound"),
                    format!("there is no sound `{}`", clip.sound),
                    meant(known),
                );
            }
            if !(1.0..=1.15).contains(&clip.speed) {
                self.wrong(&format!("{path}/speed"), clip.speed.to_string(), "1 to 1.15");
            }
            if clip.start_ms >= timeline.duration_ms {
                self.wrong(
                    &format!("{path}/start_ms"),
                    format!("{} ms is after the end", clip.start_ms),
                    "an earlier time",
                );
            }
        }
        let loudness = timeline.tracks.loudness;
        if !(-36.0..=-8.0).contains(&loudness.lufs) {
            self.wrong("/tracks/loudness/lufs", format!("{} LUFS", loudness.lufs), "-36 to -8, usually -14");
        }
        if !(-9.0..=-0.5).contains(&loudness.true_peak_db) {
            self.wrong(
                "/tracks/loudness/true_peak_db",
                format!("{} dBTP", loudness.true_peak_db),
                "-9 to -0.5, usually -1",
            );
        }
    }

    fn picture(&mut self, path: &str, name: &str) {
        if !self.assets.pictures.contains_key(name) {
            let known = nearest(name, self.assets.pictures.keys().map(String::as_str));
            self.wrong(path, format!("there is no picture `{name}`"), meant(known));
        }
    }
}

fn meant(known: Option<&str>) -> String {
    known
        .map_or_else(|| "hand it over with the timeline".to_owned(), |name| format!("did you mean `{name}`?"))
}
