//! Do the words of a design fit on a picture, and may they stand there?

use std::borrow::Cow;

use handbill_domain::{asset::CheckResult, brief::Brief, locale::Locale, words::DesignWords};
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    finding::{Findings, said},
    voice,
};

/// How much stands well on a picture, and how much a template can set at all: Chinese characters and English words.
struct Room {
    key: &'static str,
    zh: (usize, usize),
    en: (usize, usize),
}

const ROOMS: &[Room] = &[
    Room { key: "headline", zh: (12, 20), en: (6, 11) },
    Room { key: "headline_short", zh: (8, 12), en: (4, 7) },
    Room { key: "subline", zh: (26, 48), en: (14, 26) },
    Room { key: "kicker", zh: (12, 20), en: (6, 10) },
    Room { key: "quote", zh: (30, 56), en: (16, 30) },
    Room { key: "quote_source", zh: (16, 30), en: (9, 16) },
    Room { key: "bullets", zh: (12, 22), en: (6, 12) },
];

/// Everything that stands against the words of a design, what blocks first: what must be there, how much fits, and the
/// wording.
pub fn objections(words: &DesignWords, locale: &Locale, brief: &Brief) -> Vec<CheckResult> {
    let mut findings = Findings::in_language_of(locale);
    for (key, text) in [("headline", &words.headline), ("headline_short", &words.headline_short)] {
        if text.trim().is_empty() {
            findings.block(
                "required",
                key,
                said!("缺少画面标题", "the picture has no {key}"),
                said!("写上标题", "write it"),
            );
        }
    }
    let bullets = words.bullets.len();
    if bullets == 1 || bullets > 4 {
        findings.warn(
            "count",
            "bullets",
            said!("要点有 {bullets} 条", "there are {bullets} bullets"),
            said!("写 2 到 4 条", "write two to four"),
        );
    }
    let texts = texts(words);
    for (place, text) in &texts {
        room_objections(place, text, locale, &mut findings);
    }
    findings.extend(voice::objections(&texts, locale, None, brief));
    findings.finish()
}

fn room_objections(place: &str, text: &str, locale: &Locale, findings: &mut Findings<'_>) {
    let base = place.split('[').next().unwrap_or(place);
    let Some(room) = ROOMS.iter().find(|room| room.key == base) else { return };
    let (good, most) = if locale.is_chinese() { room.zh } else { room.en };
    let has = size(text, locale);
    let message = said!(
        "“{text}”占 {has} 个字，画面上宜在 {good} 个以内",
        "“{text}” is {has} words; about {good} stand well on a picture"
    );
    let suggestion = said!("缩短到 {good} 个字以内", "shorten it to {good} words");
    if has > most {
        findings.block("design_length", place, message, suggestion);
    } else if has > good {
        findings.warn("design_length", place, message, suggestion);
    }
}

/// Chinese by characters without punctuation, a Latin word in it as two; other languages by words.
fn size(text: &str, locale: &Locale) -> usize {
    if !locale.is_chinese() {
        return text.split_whitespace().filter(|w| w.chars().any(char::is_alphanumeric)).count();
    }
    text.unicode_words()
        .map(|word| if word.is_ascii() { word.len().div_ceil(2).min(3) } else { word.chars().count() })
        .sum()
}

fn texts(words: &DesignWords) -> Vec<voice::Placed<'_>> {
    let single = [
        ("headline", &words.headline),
        ("headline_short", &words.headline_short),
        ("subline", &words.subline),
        ("kicker", &words.kicker),
        ("quote", &words.quote),
        ("quote_source", &words.quote_source),
    ];
    let mut texts: Vec<voice::Placed<'_>> =
        single.map(|(key, text)| (key.to_owned(), Cow::from(text))).into();
    texts.extend(
        words.bullets.iter().enumerate().map(|(at, text)| (format!("bullets[{at}]"), Cow::from(text))),
    );
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::a_brief;

    fn a_design() -> DesignWords {
        DesignWords {
            headline: "一口春天，现在尝鲜".into(),
            headline_short: "一口春天".into(),
            subline: "清明前手采，新茶尝鲜八折".into(),
            kicker: "明前龙井".into(),
            quote: "清明前手采".into(),
            quote_source: "采摘".into(),
            bullets: vec!["净含量 100 克".into(), "80℃ 冲泡".into()],
        }
    }

    fn objected(change: impl FnOnce(&mut DesignWords)) -> Vec<String> {
        let mut design = a_design();
        change(&mut design);
        let found = objections(&design, &"zh-CN".parse().unwrap(), &a_brief());
        found.into_iter().map(|r| format!("{} {}", r.rule, r.place.unwrap_or_default())).collect()
    }

    #[test]
    fn words_that_fit_have_nothing_against_them() {
        assert_eq!(objected(|_| ()), Vec::<String>::new());
    }

    #[test]
    fn each_fault_of_a_design_is_named_with_its_place() {
        assert_eq!(objected(|d| d.headline_short.clear()), ["required headline_short"]);
        assert_eq!(
            objected(|d| d.headline = "清明前后山里的雾气慢慢散开来".into()),
            ["design_length headline"]
        );
        assert_eq!(objected(|d| d.bullets = vec!["80℃ 冲泡".into()]), ["count bullets"]);
        assert_eq!(objected(|d| d.bullets[1] = "90℃ 冲泡".into()), ["fact bullets[1]"]);
        assert_eq!(objected(|d| d.kicker = "顶级龙井".into()), ["CN-ABS-005 kicker"]);
        assert_eq!(objected(|d| d.subline = "限时秒杀".into()), ["unwanted_word subline"]);
    }

    #[test]
    fn english_is_counted_in_words() {
        let en = "en-US".parse().unwrap();
        let words = DesignWords {
            headline: "Cold water at the end of a very long day out there".into(),
            headline_short: "Cold all day".into(),
            ..DesignWords::default()
        };
        let found = objections(&words, &en, &a_brief());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].rule, "design_length");
    }
}
