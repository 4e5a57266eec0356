//! A storyboard becomes a timeline: who stands where and when in each ratio, inside the safe zones of the placements.

mod card;
mod focus;
mod frame;
mod scenes;

use std::sync::Arc;

use handbill_domain::{
    channel::Size,
    locale::Locale,
    words::{Scene, ScenePicture, Storyboard},
};
use handbill_media::{
    Canvas, Color,
    audio::{Mood, Sound, faster},
    template,
    video::{
        captions::{Said, cues},
        timeline::{
            Align, Along, Captions, Content, Cue, EntranceKind, Loudness, Music, Narration, Overlay, Plate,
            Rate, Timeline, Tracks, Words,
        },
    },
};

use self::frame::LABEL_PADDING;
pub(crate) use self::{
    focus::interest,
    frame::{Frame, Zone, size_of},
    scenes::{background, inset},
};
use super::{label::Seen, pacing::Pace};

/// What the pictures are made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pictures {
    /// The product alone; absent when no photo could be cut out.
    pub(crate) product: Option<Arc<Canvas>>,
    /// The best product photo as it is, where it cannot be cut out.
    pub(crate) photo: Option<Arc<Canvas>>,
    /// Photos of the product in use.
    pub(crate) lifestyle: Vec<Arc<Canvas>>,
    /// Close-ups.
    pub(crate) detail: Vec<Arc<Canvas>>,
    /// Backgrounds of the campaign.
    pub(crate) backgrounds: Vec<Arc<Canvas>>,
    /// The logo.
    pub(crate) logo: Option<Arc<Canvas>>,
}

/// The words of the closing card.
#[derive(Clone, Debug, Default)]
pub(crate) struct Closing {
    pub(crate) brand: String,
    pub(crate) product: String,
    pub(crate) offer: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) price: Option<String>,
    pub(crate) list_price: Option<String>,
    pub(crate) message: String,
    pub(crate) call: String,
    pub(crate) legal: Option<String>,
}

/// Colours of the brand, as a video uses them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Palette {
    pub(crate) primary: Color,
    pub(crate) secondary: Color,
    pub(crate) accent: Color,
    pub(crate) light: Color,
    pub(crate) dark: Color,
}

impl Palette {
    pub(crate) fn of(brand: template::Palette) -> Self {
        // What words stand on must be dark enough for white ones, whatever the brand calls its text colour.
        let dark =
            if brand.text.contrast(Color::WHITE) >= 9.0 { brand.text } else { brand.primary.lightness(0.22) };
        let template::Palette { primary, secondary, accent, background: light, .. } = brand;
        Self { primary, secondary, accent, light, dark }
    }
}

/// A recording and what it says.
#[derive(Clone, Debug)]
pub(crate) struct Voice {
    /// Id of the scene.
    pub(crate) scene: String,
    /// As it was recorded.
    pub(crate) sound: Arc<Sound>,
    /// Word, from, to in seconds, where the speaker told.
    pub(crate) words: Vec<(String, f64, f64)>,
}

/// Everything that a timeline is made from.
pub(crate) struct Script<'a> {
    pub(crate) storyboard: &'a Storyboard,
    pub(crate) pace: &'a Pace,
    pub(crate) locale: &'a Locale,
    pub(crate) frame: Frame,
    pub(crate) pictures: &'a Pictures,
    pub(crate) closing: &'a Closing,
    pub(crate) palette: Palette,
    pub(crate) voices: &'a [Voice],
    pub(crate) mood: Mood,
    pub(crate) seed: u64,
    pub(crate) lufs: f64,
}

/// Thirty frames a second: what every platform takes.
const FPS: Rate = Rate { num: 30, den: 1 };

/// Writes the timeline, with these captions burned, and with a label that says how it was made where one must be seen.
pub(crate) fn write(script: &Script<'_>, cues: &[Cue], seen: Option<&Seen>) -> Timeline {
    let (video, mut overlay) = scenes::write(script);
    overlay.extend(seen.and_then(|seen| label(script, seen)));
    let narration = narration(script);
    let Size { width, height } = script.frame.size;
    Timeline {
        version: 1,
        size: Size { width, height },
        fps: FPS,
        duration_ms: script.pace.scenes.last().map_or(0, |s| s.1),
        locale: script.locale.clone(),
        tracks: Tracks {
            video,
            overlay,
            captions: captions(script, cues),
            narration,
            music: Some(Music { mood: script.mood, seed: script.seed, gain_db: -4.0, duck_db: -11.0 }),
            loudness: Loudness { lufs: script.lufs, ..Loudness::default() },
        },
    }
}

/// How long the label stays after the time that is demanded, its going included.
const LINGERS_MS: u64 = 700;

/// It is there from the first frame on, over everything else.
fn label(script: &Script<'_>, seen: &Seen) -> Option<Overlay> {
    let end = script.pace.scenes.last()?.1;
    let demanded = (seen.seconds * 1000.0) as u64 + LINGERS_MS;
    let plate = Plate { color: script.palette.dark, opacity: 0.62, padding: LABEL_PADDING, radius: 0.3 };
    let words = Words {
        size: seen.em,
        min_size: seen.em,
        line_height: 1.0,
        max_lines: Some(1),
        plate: Some(plate),
        ..Words::of(seen.text)
    };
    Some(Overlay {
        id: "label".into(),
        start_ms: 0,
        end_ms: demanded.min(end),
        content: Content::Text(words),
        area: script.frame.label?,
        align: Align { x: script.frame.label_side, y: Along::Middle },
        enter: None,
        exit: (demanded < end).then(|| scenes::entrance(EntranceKind::Fade, 300, 0)),
        opacity: 1.0,
    })
}

/// Does the headline of its scene say what a caption says?
fn is_shown_large(script: &Script<'_>, cue: &Cue) -> bool {
    let spans = script.storyboard.scenes.iter().zip(&script.pace.scenes);
    let scene = spans
        .filter(|(_, span)| cue.start_ms >= span.0 && cue.start_ms < span.1)
        .map(|(scene, _)| scene)
        .next();
    let large = scene.and_then(|s| headline(s, script.locale)).map(|h| letters(&h)).unwrap_or_default();
    large.contains(&letters(&cue.lines.concat()))
}

/// When the speech of a scene starts.
fn speech_start(script: &Script<'_>, scene: &str) -> Option<u64> {
    let number = script.storyboard.scenes.iter().position(|s| s.id == scene)?;
    Some(script.pace.scenes.get(number)?.0 + script.pace.lead_ms)
}

fn narration(script: &Script<'_>) -> Vec<Narration> {
    let clip = |voice: &Voice| {
        Some(Narration {
            sound: voice.scene.clone(),
            start_ms: speech_start(script, &voice.scene)?,
            speed: script.pace.speed,
        })
    };
    script.voices.iter().filter_map(clip).collect()
}

/// Captions of the whole narration.
pub(crate) fn all_cues(script: &Script<'_>) -> Vec<Cue> {
    let end = script.pace.scenes.last().map_or(0, |s| s.1);
    let speed = script.pace.speed;
    let heard: Vec<(&Voice, Sound)> = script.voices.iter().map(|v| (v, faster(&v.sound, speed))).collect();
    let told: Vec<Vec<_>> = heard
        .iter()
        .map(|(v, _)| v.words.iter().map(|(w, a, b)| (w.clone(), a / speed, b / speed)).collect())
        .collect();
    let said: Vec<Said<'_>> = heard
        .iter()
        .zip(&told)
        .filter_map(|((voice, sound), words)| {
            let scene = script.storyboard.scenes.iter().find(|s| s.id == voice.scene)?;
            Some(Said { text: &scene.narration, start_ms: speech_start(script, &voice.scene)?, sound, words })
        })
        .collect();
    let mut cues = cues(&said, script.locale);
    for cue in &mut cues {
        cue.end_ms = cue.end_ms.min(end);
    }
    cues.retain(|c| c.end_ms > c.start_ms);
    cues
}

/// The large words of a scene: its headline, else its narration where that is short enough to be one.
pub(crate) fn headline(scene: &Scene, locale: &Locale) -> Option<String> {
    // Words that have the frame to themselves may be a whole sentence.
    let most = match (locale.is_chinese(), scene.picture == ScenePicture::Background) {
        (true, false) => 18,
        (true, true) => 30,
        (false, false) => 46,
        (false, true) => 90,
    };
    let own = scene.headline.trim();
    let text = if own.is_empty() {
        Some(scene.narration.trim()).filter(|n| n.chars().count() <= most)?
    } else {
        own
    };
    let text = text.trim_end_matches(['。', '，', '.', ',', '；', ';']);
    (!text.is_empty()).then(|| text.to_owned())
}

/// Letters and digits alone, to compare what is said with what is shown.
pub(crate) fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Burned captions: not on the closing card, which is words already, and not where the headline says the same.
fn captions(script: &Script<'_>, all: &[Cue]) -> Option<Captions> {
    let cards: Vec<(u64, u64)> = script
        .storyboard
        .scenes
        .iter()
        .zip(&script.pace.scenes)
        .filter(|(scene, _)| scene.picture == ScenePicture::EndCard)
        .map(|(_, span)| *span)
        .collect();
    let mut cues: Vec<Cue> = all
        .iter()
        .filter(|c| !cards.iter().any(|(from, to)| c.start_ms >= *from && c.start_ms < *to))
        .cloned()
        .collect();
    cues.retain(|cue| !is_shown_large(script, cue));
    for cue in &mut cues {
        let next_card = cards.iter().map(|c| c.0).filter(|from| *from > cue.start_ms).min();
        cue.end_ms = cue.end_ms.min(next_card.unwrap_or(u64::MAX));
    }
    if cues.is_empty() {
        return None;
    }
    let style = Words {
        size: script.frame.caption_size(script.locale),
        min_size: 0.022,
        weight: 600,
        line_height: 1.25,
        max_lines: Some(2),
        plate: Some(Plate { color: script.palette.dark, opacity: 0.78, padding: [0.55, 0.34], radius: 0.42 }),
        ..Words::of(String::new())
    };
    Some(Captions { cues, style, area: script.frame.captions })
}

#[cfg(test)]
mod tests;
