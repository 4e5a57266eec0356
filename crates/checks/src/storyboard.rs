//! Can a storyboard be spoken in its time, and may it be published?

use std::borrow::Cow;

use handbill_domain::{
    asset::CheckResult,
    brief::Brief,
    channel::TextUnit,
    locale::Locale,
    words::{Scene, ScenePicture, Storyboard},
};
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    finding::{Findings, said},
    meter::length,
    voice,
};

/// Chinese characters that a calm voice-over speaks in a second. Broadcast speech runs at 4 to 5.
const ZH_PER_SECOND: f64 = 4.6;
/// English syllables a second at about 160 words a minute, the pace of commercials.
const SYLLABLES_PER_SECOND: f64 = 4.2;
/// A breath after a sentence and a comma, in seconds.
const SENTENCE_PAUSE: f64 = 0.32;
const COMMA_PAUSE: f64 = 0.16;
/// How much faster than calm still sounds like a person.
const HURRY: f64 = 1.15;
/// How far the scenes together may miss the length that was asked for, in seconds.
const LENGTH_SLACK: f32 = 1.0;

/// The sections that a storyboard is made of.
const SECTIONS: &[&str] =
    &["hook", "pain", "reveal", "selling_point", "demo", "trust", "price", "call_to_action"];

/// Everything that stands against the storyboard of a video of `tier` seconds, what blocks first: scenes and their
/// lengths, narration that does not fit its scene, and the wording.
pub fn objections(board: &Storyboard, tier: u32, locale: &Locale, brief: &Brief) -> Vec<CheckResult> {
    let mut findings = Findings::in_language_of(locale);
    scene_objections(board, &mut findings);
    length_objections(board, tier, &mut findings);
    for (at, scene) in board.scenes.iter().enumerate() {
        pace_objections(
            &place(at, "narration"),
            &scene.narration,
            f64::from(scene.seconds),
            locale,
            &mut findings,
        );
    }
    findings.extend(voice::objections(&texts(board), locale, None, brief));
    findings.finish()
}

/// How long the large words of a scene may be, in letters as readers count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LargeWords {
    /// Of a headline over a picture.
    pub headline: u32,
    /// Of words that have the frame to themselves.
    pub statement: u32,
    /// Of one word, where it cannot be broken.
    pub word: u32,
}

impl LargeWords {
    /// The bound of a scene.
    pub fn most(&self, scene: &Scene) -> u32 {
        if scene.picture == ScenePicture::Background { self.statement } else { self.headline }
    }
}

/// What stands against the large words of a storyboard: those that no frame has room for.
pub fn large_words(board: &Storyboard, bounds: &LargeWords, locale: &Locale) -> Vec<CheckResult> {
    let mut findings = Findings::in_language_of(locale);
    for (at, scene) in board.scenes.iter().enumerate() {
        let headline = scene.headline.trim();
        let (has, most) = (length(headline, TextUnit::Graphemes), bounds.most(scene));
        if has > most {
            findings.block(
                "headline_length",
                &place(at, "headline"),
                said!(
                    "画面大字有 {has} 个字，最多 {most} 个",
                    "the large words have {has} characters, {most} fit"
                ),
                said!("缩短到 {most} 个字以内，或留空", "say it in {most} characters, or leave it empty"),
            );
        }
        let longest = headline
            .split_word_bounds()
            .filter(|word| !word.chars().any(is_han))
            .max_by_key(|word| length(word, TextUnit::Graphemes));
        if let Some(word) = longest.filter(|word| length(word, TextUnit::Graphemes) > bounds.word) {
            let most = bounds.word;
            findings.block(
                "headline_word",
                &place(at, "headline"),
                said!("“{word}”太长，一行放不下", "`{word}` is too long for one line"),
                said!("换成不超过 {most} 个字母的词", "use words of at most {most} letters"),
            );
        }
    }
    findings.finish()
}

/// How long a calm voice takes to say a text, in seconds: Chinese by characters, other words by syllables, numbers as they
/// are read out, and the breaths that punctuation asks for.
pub fn spoken_seconds(text: &str, locale: &Locale) -> f64 {
    let mut seconds = 0.0;
    for word in text.split_word_bounds() {
        seconds += word_seconds(word, locale);
    }
    // Nobody breathes after the last word.
    let last = text.trim_end().chars().next_back().map_or(0.0, pause_after);
    (seconds - last).max(0.0)
}

fn word_seconds(word: &str, locale: &Locale) -> f64 {
    let digits = word.chars().filter(char::is_ascii_digit).count() as f64;
    let han = word.chars().filter(|c| is_han(*c)).count() as f64;
    let pauses: f64 = word.chars().map(pause_after).sum();
    if digits > 0.0 {
        // 268 is 二百六十八: about 1.6 characters a digit; "two hundred sixty-eight": about 2 syllables a digit.
        let rate = if locale.is_chinese() { 1.6 / ZH_PER_SECOND } else { 2.0 / SYLLABLES_PER_SECOND };
        return digits * rate;
    }
    han / ZH_PER_SECOND + f64::from(syllables(word)) / SYLLABLES_PER_SECOND + pauses
}

fn is_han(c: char) -> bool {
    matches!(c as u32, 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

fn pause_after(c: char) -> f64 {
    match c {
        '。' | '！' | '？' | '.' | '!' | '?' | '…' | '\n' => SENTENCE_PAUSE,
        '，' | '、' | '；' | '：' | ',' | ';' | ':' | '—' | '–' => COMMA_PAUSE,
        _ => 0.0,
    }
}

/// Groups of vowels in a Latin word, without a silent last e; at least one.
fn syllables(word: &str) -> u32 {
    if !word.chars().any(|c| c.is_alphabetic() && !is_han(c)) {
        return 0;
    }
    let letters: Vec<char> = word.to_lowercase().chars().collect();
    let vowel = |c: &char| "aeiouyàáâäèéêëìíîïòóôöùúûü".contains(*c);
    let groups = letters
        .iter()
        .enumerate()
        .filter(|(at, c)| vowel(c) && (*at == 0 || !vowel(&letters[at - 1])))
        .count();
    let silent = letters.ends_with(&['e']) && !letters.ends_with(&['l', 'e']) && groups > 1;
    u32::try_from(groups - usize::from(silent)).unwrap_or(u32::MAX).max(1)
}

fn place(at: usize, part: &str) -> String {
    format!("scenes[{at}].{part}")
}

fn scene_objections(board: &Storyboard, findings: &mut Findings<'_>) {
    if board.scenes.is_empty() {
        findings.block(
            "scenes",
            "scenes",
            said!("没有镜头", "there are no scenes"),
            said!("写出镜头", "write the scenes"),
        );
    }
    for (at, scene) in board.scenes.iter().enumerate() {
        let (id, section) = (&scene.id, &scene.section);
        if id.trim().is_empty() || board.scenes[..at].iter().any(|s| s.id == *id) {
            findings.block(
                "scene_id",
                &place(at, "id"),
                said!("镜头编号“{id}”为空或重复", "the scene id `{id}` is empty or used twice"),
                said!("给每个镜头一个不同的编号", "give each scene an id of its own"),
            );
        }
        if !SECTIONS.contains(&section.as_str()) {
            let known = SECTIONS.join(", ");
            findings.block(
                "section",
                &place(at, "section"),
                said!("没有“{section}”这种段落", "there is no section `{section}`"),
                said!("从中选择：{known}", "choose one of {known}"),
            );
        }
        if scene.narration.trim().is_empty() && scene.headline.trim().is_empty() {
            findings.block(
                "empty",
                &place(at, "narration"),
                said!("这个镜头既没有旁白也没有字", "this scene says nothing, neither spoken nor written"),
                said!("写旁白或标题", "write a narration or a headline"),
            );
        }
    }
    let opens = board.scenes.first().map_or("hook", |s| s.section.as_str());
    if !matches!(opens, "hook" | "pain" | "reveal") {
        findings.warn(
            "opening",
            &place(0, "section"),
            said!("开头三秒没有钩子", "the first seconds have no hook"),
            said!("用钩子开场", "open with the hook"),
        );
    }
    if board.scenes.last().is_some_and(|s| s.section != "call_to_action") {
        findings.warn(
            "closing",
            &place(board.scenes.len() - 1, "section"),
            said!("结尾没有行动号召", "it does not end with the call to action"),
            said!("用行动号召收尾", "end with the call to action"),
        );
    }
}

fn length_objections(board: &Storyboard, tier: u32, findings: &mut Findings<'_>) {
    for (at, scene) in board.scenes.iter().enumerate() {
        let seconds = scene.seconds;
        if !(0.8..=20.0).contains(&seconds) {
            findings.block(
                "scene_length",
                &place(at, "seconds"),
                said!("镜头长 {seconds} 秒", "the scene is {seconds} s long"),
                said!("每个镜头 0.8 到 20 秒", "0.8 to 20 s suit a scene"),
            );
        }
    }
    let total: f32 = board.scenes.iter().map(|s| s.seconds).sum();
    let missed = (total - tier as f32).abs();
    if !board.scenes.is_empty() && (missed.is_nan() || missed > LENGTH_SLACK) {
        findings.block(
            "video_length",
            "scenes",
            said!(
                "镜头共 {total:.1} 秒，应为 {tier} 秒",
                "the scenes last {total:.1} s together instead of {tier} s"
            ),
            said!("调整各镜头时长", "change the seconds of the scenes"),
        );
    }
}

fn pace_objections(place: &str, narration: &str, seconds: f64, locale: &Locale, findings: &mut Findings<'_>) {
    let needs = spoken_seconds(narration, locale);
    let message = said!(
        "旁白约需 {needs:.1} 秒，镜头只有 {seconds:.1} 秒",
        "the narration takes about {needs:.1} s and the scene lasts {seconds:.1} s",
    );
    let share = (seconds / needs * 100.0).floor();
    let suggestion =
        said!("旁白缩到约 {share}%，或延长镜头", "cut the narration to about {share}% or lengthen the scene");
    if needs > seconds * HURRY {
        findings.block("narration_speed", place, message, suggestion);
    } else if needs > seconds {
        findings.warn("narration_speed", place, message, suggestion);
    }
}

/// What is heard and read, with its place. `visual` is an instruction, not a text of the video.
fn texts(board: &Storyboard) -> Vec<voice::Placed<'_>> {
    let of = |(at, scene): (usize, &'_ handbill_domain::words::Scene)| {
        [(place(at, "narration"), scene.narration.clone()), (place(at, "headline"), scene.headline.clone())]
    };
    board.scenes.iter().enumerate().flat_map(of).map(|(place, text)| (place, Cow::Owned(text))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::a_brief;

    fn scene(id: &str, section: &str, seconds: f32, narration: &str) -> Scene {
        Scene {
            id: id.into(),
            section: section.into(),
            seconds,
            narration: narration.into(),
            headline: "一口春天".into(),
            picture: ScenePicture::Product,
            visual: "茶园晨雾，镜头推近".into(),
        }
    }

    fn a_board() -> Storyboard {
        Storyboard {
            scenes: vec![
                scene("hook", "hook", 4.0, "春天的味道，藏在一杯茶里。"),
                scene("point", "selling_point", 7.0, "清明前手采，净含量一百克，用八十度的水慢慢冲开。"),
                scene("cta", "call_to_action", 4.0, "新茶尝鲜八折，现在就选。"),
            ],
        }
    }

    fn objected(change: impl FnOnce(&mut Storyboard)) -> Vec<String> {
        let mut board = a_board();
        change(&mut board);
        let found = objections(&board, 15, &"zh-CN".parse().unwrap(), &a_brief());
        found.into_iter().map(|r| format!("{} {}", r.rule, r.place.unwrap_or_default())).collect()
    }

    #[test]
    fn a_good_storyboard_has_nothing_against_it() {
        assert_eq!(objected(|_| ()), Vec::<String>::new());
    }

    #[test]
    fn each_fault_of_a_storyboard_is_named_with_its_place() {
        assert_eq!(
            objected(|b| b.scenes[1].seconds = 3.0),
            ["video_length scenes", "narration_speed scenes[1].narration"]
        );
        assert_eq!(objected(|b| b.scenes[1].id = "hook".into()), ["scene_id scenes[1].id"]);
        assert_eq!(objected(|b| b.scenes[1].section = "story".into()), ["section scenes[1].section"]);
        assert_eq!(
            objected(|b| b.scenes[0].narration = "全网最好的茶。".into()),
            ["CN-ABS-002 scenes[0].narration"]
        );
        assert_eq!(
            objected(|b| b.scenes[2].narration = "只要199元，现在就选。".into()),
            ["fact scenes[2].narration"]
        );
        assert_eq!(objected(|b| b.scenes[2].section = "price".into()), ["closing scenes[2].section"]);
        assert_eq!(objected(|b| b.scenes.clear()), ["scenes scenes"]);
        assert_eq!(
            objected(|b| b.scenes[0].seconds = f32::NAN),
            ["scene_length scenes[0].seconds", "video_length scenes"]
        );
    }

    #[test]
    fn large_words_that_no_frame_has_room_for_are_named_with_their_place() {
        let bounds = LargeWords { headline: 18, statement: 30, word: 22 };
        let said = |headline: &str, picture, locale: &str| {
            let mut board = a_board();
            board.scenes[1] = Scene { headline: headline.into(), picture, ..board.scenes[1].clone() };
            large_words(&board, &bounds, &locale.parse().unwrap())
        };
        let (product, alone) = (ScenePicture::Product, ScenePicture::Background);
        assert_eq!(said(&"茶".repeat(18), product, "zh-CN"), []);
        assert_eq!(said(&"茶".repeat(30), alone, "zh-CN"), []);
        let long = said(&"茶".repeat(19), product, "zh-CN");
        assert_eq!(
            (long[0].rule.as_str(), long[0].place.as_deref()),
            ("headline_length", Some("scenes[1].headline"))
        );
        assert!(
            long[0].message.contains("19") && long[0].suggestion.as_ref().unwrap().contains("18"),
            "{long:?}"
        );
        // One family is one letter to the eye, whatever it is made of.
        assert_eq!(said(&"👩‍👩‍👧".repeat(18), product, "en-US"), []);
        let word = said("Rindfleischetikettierungsgesetz", alone, "en-US");
        assert_eq!(
            word.iter().map(|r| r.rule.as_str()).collect::<Vec<_>>(),
            ["headline_length", "headline_word"]
        );
    }

    #[test]
    fn speech_is_timed_as_it_is_heard() {
        let zh = "zh-CN".parse().unwrap();
        let en = "en-US".parse().unwrap();
        let within = |text: &str, locale: &Locale, low: f64, high: f64| {
            let seconds = spoken_seconds(text, locale);
            assert!((low..=high).contains(&seconds), "{text}: {seconds}");
        };
        within("春天的味道，藏在一杯茶里。", &zh, 2.3, 3.0);
        within("Cold water at the end of a long day. That is all it does.", &en, 3.6, 5.2);
        within("268元", &zh, 1.0, 1.6);
        within("", &zh, 0.0, 0.0);
        assert!(spoken_seconds("24 hours", &en) > spoken_seconds("hours", &en));
    }
}
