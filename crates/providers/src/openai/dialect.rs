//! The small differences between services that speak OpenAI's protocol, as data (`dialects.toml`).

use std::{collections::BTreeMap, sync::OnceLock};

use serde::Deserialize;
use serde_json::{Map, Value};

/// How one service speaks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Dialect {
    pub(super) max_tokens: String,
    pub(super) schema: Option<SchemaForm>,
    pub(super) stream_usage: bool,
    pub(super) idempotency: bool,
    pub(super) body: Map<String, Value>,
    pub(super) declined: Vec<String>,
    pub(super) no_quota: Vec<String>,
    pub(super) busy: Vec<String>,
    pub(super) image: ImageDialect,
    pub(super) speech: SpeechDialect,
}

/// How a JSON schema is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SchemaForm {
    JsonSchema,
    JsonObjectSchema,
}

/// Pictures.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ImageDialect {
    pub(super) path: String,
    pub(super) edits_path: String,
    pub(super) edits: Edits,
    pub(super) size: SizeForm,
    pub(super) body: Map<String, Value>,
}

/// How a picture to start from is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Edits {
    Form,
    Body,
    None,
}

/// How a size is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SizeForm {
    Pixels,
    Ratio,
}

/// Speech.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SpeechDialect {
    pub(super) path: String,
    pub(super) body: Map<String, Value>,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            max_tokens: "max_completion_tokens".to_owned(),
            schema: None,
            stream_usage: false,
            idempotency: false,
            body: Map::new(),
            declined: Vec::new(),
            no_quota: Vec::new(),
            busy: Vec::new(),
            image: ImageDialect::default(),
            speech: SpeechDialect::default(),
        }
    }
}

impl Default for ImageDialect {
    fn default() -> Self {
        Self {
            path: "/images/generations".to_owned(),
            edits_path: "/images/edits".to_owned(),
            edits: Edits::None,
            size: SizeForm::Pixels,
            body: Map::new(),
        }
    }
}

impl Default for SpeechDialect {
    fn default() -> Self {
        Self { path: "/audio/speech".to_owned(), body: Map::new() }
    }
}

/// The dialect of this name; the documented protocol for none.
pub(super) fn named(name: Option<&str>) -> Option<Dialect> {
    all().get(name.unwrap_or("openai")).cloned()
}

/// Names of all dialects.
pub(super) fn names() -> Vec<&'static str> {
    all().keys().map(String::as_str).collect()
}

fn all() -> &'static BTreeMap<String, Dialect> {
    static ALL: OnceLock<BTreeMap<String, Dialect>> = OnceLock::new();
    // The file is part of the program; a test reads every table of it.
    ALL.get_or_init(|| toml::from_str(include_str!("dialects.toml")).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_is_read() {
        let read: Result<BTreeMap<String, Dialect>, _> = toml::from_str(include_str!("dialects.toml"));
        assert_eq!(read.unwrap().len(), 10);
        assert_eq!(names().len(), 10);
        assert_eq!(named(None).unwrap().max_tokens, "max_completion_tokens");
        assert!(named(Some("klingon")).is_none());
    }
}
