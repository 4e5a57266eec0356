//! A text that may differ by locale.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::locale::Locale;

/// Either one text for every locale, or one per locale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Localized {
    /// The same everywhere.
    Same(String),
    /// By locale (`zh-CN`) or by language (`zh`).
    By(BTreeMap<Locale, String>),
}

impl Localized {
    /// The text for a locale: its own, else one of the same language, else none.
    pub fn get(&self, locale: &Locale) -> Option<&str> {
        match self {
            Self::Same(text) => Some(text),
            Self::By(texts) => texts
                .get(locale)
                .or_else(|| texts.iter().find(|(l, _)| l.language() == locale.language()).map(|(_, t)| t))
                .map(String::as_str),
        }
    }

    /// All texts in it.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Same(text) => vec![text],
            Self::By(texts) => texts.values().map(String::as_str).collect(),
        }
    }
}
