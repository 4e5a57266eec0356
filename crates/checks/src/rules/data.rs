//! The rules as their files write them.

use std::{collections::BTreeMap, sync::LazyLock};

use handbill_domain::{asset::Severity, channel::Names};
use regex::Regex;
use serde::Deserialize;

use super::Flag;

/// One rule as it is asked.
#[derive(Deserialize)]
pub(super) struct Rule {
    pub id: String,
    pub langs: Vec<String>,
    pub markets: Vec<String>,
    pub category: String,
    pub severity: Severity,
    #[serde(default)]
    pub applies_when: Scope,
    #[serde(flatten)]
    pub kind: Kind,
    pub explanation: Names,
    pub suggestion: Names,
    #[cfg(test)]
    pub examples: Examples,
}

#[cfg(test)]
#[derive(Deserialize)]
pub(super) struct Examples {
    pub hit: Vec<String>,
    pub miss: Vec<String>,
}

/// What a rule looks for.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Kind {
    /// Every match that no exclusion overlaps.
    Regex {
        pattern: Pattern,
        #[serde(default)]
        exclude: Vec<Pattern>,
    },
    /// One of these must be somewhere in the texts.
    MustInclude { trigger: Trigger, any_of: Vec<Pattern> },
    /// No more than so many in all texts together.
    Count { pattern: Pattern, check: Limit },
    /// Something that no pattern can say.
    Check { check: Coded },
}

#[derive(Deserialize)]
pub(super) struct Limit {
    pub max: usize,
}

#[derive(Deserialize)]
#[serde(tag = "fn", rename_all = "snake_case")]
pub(super) enum Coded {
    /// A word so many times in a row, or a sentence twice.
    RepeatedWordRun { min_run: usize },
}

/// For whom a rule is. Lists that are absent do not narrow.
#[derive(Default, Deserialize)]
pub(super) struct Scope {
    pub categories: Option<Vec<String>>,
    pub exclude_categories: Option<Vec<String>>,
    pub placements: Option<Vec<String>>,
    pub fields: Option<Vec<String>>,
}

/// When a statement is demanded: all that are given must hold, of each list at least one.
#[derive(Deserialize)]
pub(super) struct Trigger {
    pub categories: Option<Vec<String>>,
    pub placements: Option<Vec<String>>,
    pub flags: Option<Vec<Flag>>,
}

/// A pattern, compiled when the rules are read.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Pattern(pub Regex);

impl TryFrom<String> for Pattern {
    type Error = regex::Error;

    fn try_from(text: String) -> Result<Self, regex::Error> {
        Regex::new(&text).map(Self)
    }
}

macro_rules! files {
    ($($name:literal),* $(,)?) => { &[$(include_str!(concat!("../../rules/", $name, ".json"))),*] };
}

/// One line a file.
const FILES: &[&str] = files![
    "amazon",
    "app_store",
    "china",
    "email",
    "european_union",
    "google_ads",
    "india",
    "meta",
    "tiktok",
    "united_states",
    "wechat_moments",
    "xiaohongshu",
];

pub(super) struct Data {
    pub rules: Vec<Rule>,
    /// Name of a set → ids or id patterns of its rules.
    pub sets: BTreeMap<String, Vec<String>>,
    /// Category of the rules → categories of briefs that are of its kind.
    pub kinds: BTreeMap<String, Vec<String>>,
}

pub(super) static DATA: LazyLock<Result<Data, String>> = LazyLock::new(|| {
    let mut rules = Vec::new();
    for text in FILES {
        let file: Vec<Rule> = serde_json::from_str(text).map_err(|e| e.to_string())?;
        rules.extend(file);
    }
    let sets = serde_json::from_str(include_str!("../../rules/sets.json")).map_err(|e| e.to_string())?;
    let kinds =
        serde_json::from_str(include_str!("../../rules/categories.json")).map_err(|e| e.to_string())?;
    Ok(Data { rules, sets, kinds })
});

/// A test reads every file, so a rule that does not parse never leaves this repository.
pub(super) fn data() -> Option<&'static Data> {
    DATA.as_ref().ok()
}

pub(super) fn rules() -> &'static [Rule] {
    data().map(|d| d.rules.as_slice()).unwrap_or_default()
}
