//! Where the law wants a label that people see, by market. The demands are data (`labels/markets.json`).

use std::sync::LazyLock;

use handbill_domain::{
    asset::AiOrigin,
    channel::{Confidence, Names, Placement, channel_of},
    locale::Locale,
};
use serde::Deserialize;

/// What one market demands to be seen on content that a model made.
#[derive(Clone, Debug, Deserialize)]
pub struct Demand {
    /// `cn`, `eu`, `us`, `in`, `kr`.
    pub market: String,
    /// On which content.
    pub when: When,
    /// For how much of a model's part.
    pub origins: Vec<AiOrigin>,
    /// The words.
    pub text: Names,
    /// Where and how large on pictures, where it is said.
    #[serde(default)]
    pub image: Option<Mark>,
    /// Where, how large and how long in videos, where it is said.
    #[serde(default)]
    pub video: Option<Mark>,
    /// The rule in words.
    #[serde(default)]
    pub note: Option<String>,
    /// Its sources.
    pub law: Vec<String>,
    /// How well it is known.
    pub confidence: Confidence,
}

/// On which content a label is demanded. Only people can say what looks real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// On all of it.
    Always,
    /// On what looks like real people, things, places or events.
    LooksReal,
    /// On people that a model made.
    SyntheticPerformer,
}

/// How a visible label is set.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Mark {
    /// Places that are accepted.
    #[serde(rename = "where")]
    pub places: Vec<String>,
    /// Least height of its letters, as a share of the short side.
    pub min_glyph_of_short_side: f32,
    /// Least time on screen in seconds.
    #[serde(default)]
    pub min_seconds: Option<f32>,
}

/// What the markets of a locale and a placement demand for content of this origin.
pub fn demands(origin: AiOrigin, locale: &Locale, placement: Option<&Placement>) -> Vec<&'static Demand> {
    let channel = placement.and_then(|p| channel_of(&p.id)).map(|c| c.region.as_str());
    let region = locale.market();
    let reaches = |d: &&Demand| region.as_deref() == Some(&d.market) || channel == Some(&d.market);
    all().iter().filter(|d| d.origins.contains(&origin)).filter(reaches).collect()
}

/// What must be seen on it in any case; `None` where no market demands a label of everything. What is demanded of some
/// content only is among [`demands`].
pub fn demanded(origin: AiOrigin, locale: &Locale, placement: Option<&Placement>) -> Option<&'static Demand> {
    demands(origin, locale, placement).into_iter().find(|d| d.when == When::Always)
}

/// The words that must be seen on it in any case, in the language of its locale.
pub fn visible_label(
    origin: AiOrigin,
    locale: &Locale,
    placement: Option<&Placement>,
) -> Option<&'static str> {
    Some(demanded(origin, locale, placement)?.text.for_language(locale.language()))
}

static DEMANDS: LazyLock<Result<Vec<Demand>, String>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../labels/markets.json")).map_err(|e| e.to_string()));

/// A test reads the file, so one that does not parse never leaves this repository.
fn all() -> &'static [Demand] {
    DEMANDS.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use handbill_domain::channel::placement;

    use super::*;

    #[test]
    fn the_demands_are_read_and_their_words_suffice() {
        assert_eq!(DEMANDS.as_ref().map(Vec::len), Ok(5));
        let cn = all().iter().find(|d| d.market == "cn").unwrap();
        for text in [&cn.text.zh, &cn.text.en] {
            let lower = text.to_lowercase();
            assert!(
                lower.contains("ai") && (lower.contains("生成") || lower.contains("generated")),
                "{text}"
            );
        }
        assert_eq!(cn.video.as_ref().unwrap().min_seconds, Some(2.0));
    }

    #[test]
    fn a_label_is_seen_where_the_market_of_locale_or_channel_demands_it() {
        let locale = |tag: &str| tag.parse::<Locale>().unwrap();
        let douyin = placement("douyin.video_post");
        let meta = placement("meta.reels");
        let table = [
            (AiOrigin::Generated, "zh-CN", None, Some("AI生成")),
            (AiOrigin::Composite, "zh-CN", meta, Some("AI生成")),
            (AiOrigin::Generated, "en-US", douyin, Some("AI-generated")),
            (AiOrigin::Generated, "en-IN", None, Some("AI-generated")),
            (AiOrigin::Generated, "en-US", meta, None),
            (AiOrigin::Generated, "zh-TW", None, None),
            (AiOrigin::Assisted, "zh-CN", douyin, None),
            (AiOrigin::None, "zh-CN", douyin, None),
        ];
        for (origin, tag, place, expected) in table {
            assert_eq!(visible_label(origin, &locale(tag), place), expected, "{origin:?} {tag}");
        }
        let eu = demands(AiOrigin::Generated, &locale("en-IE"), None);
        assert_eq!(eu.iter().map(|d| d.when).collect::<Vec<_>>(), [When::LooksReal]);
    }
}
