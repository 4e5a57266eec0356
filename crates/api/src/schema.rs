//! What a JSON Schema objects to, in words: with its place, in both languages.

use handbill_domain::problem::Problem;
use jsonschema::{
    ValidationError,
    error::{TypeKind, ValidationErrorKind as Kind},
};
use serde_json::Value;

/// One problem for each thing that is wrong; each unknown or missing member has its own place.
pub(crate) fn told(error: &ValidationError<'_>) -> Vec<Problem> {
    let at = error.instance_path().to_string();
    let one = |en: String, zh: String| vec![Problem::at(at.clone(), en).in_chinese(zh, "")];
    match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => unexpected
            .iter()
            .map(|name| {
                Problem::at(format!("{at}/{}", escaped(name)), format!("there is no `{name}` here"))
                    .in_chinese(format!("这里没有 `{name}` 这一项"), "")
            })
            .collect(),
        Kind::Required { property } => {
            let name = text(property);
            let place = format!("{at}/{}", escaped(&name));
            vec![Problem::at(place, format!("`{name}` is missing")).in_chinese(format!("缺少 `{name}`"), "")]
        }
        Kind::Type { kind } => {
            let wanted = types(kind);
            one(format!("should be {}", wanted.join(" or ")), format!("类型应为 {}", wanted.join(" 或 ")))
        }
        Kind::Enum { options } => {
            let names: Vec<String> = options.as_array().into_iter().flatten().map(text).collect();
            one(
                format!("should be one of {}", names.join(", ")),
                format!("应为以下之一：{}", names.join("、")),
            )
        }
        Kind::Minimum { limit } => one(format!("should be at least {limit}"), format!("不应小于 {limit}")),
        Kind::Maximum { limit } => one(format!("should be at most {limit}"), format!("不应大于 {limit}")),
        Kind::MinLength { limit } => {
            one(format!("should have at least {limit} characters"), format!("至少 {limit} 个字符"))
        }
        Kind::MaxLength { limit } => {
            one(format!("should have at most {limit} characters"), format!("最多 {limit} 个字符"))
        }
        Kind::MinItems { limit } => {
            one(format!("should have at least {limit} entries"), format!("至少 {limit} 项"))
        }
        Kind::MaxItems { limit } | Kind::MaxProperties { limit } => {
            one(format!("should have at most {limit} entries"), format!("最多 {limit} 项"))
        }
        Kind::Pattern { pattern } => one(format!("should match {pattern}"), format!("格式应符合 {pattern}")),
        // What is left is rare; its own words are better than none.
        other => one(
            format!("does not fit its schema ({})", other.keyword()),
            format!("不符合格式要求（{}）", other.keyword()),
        ),
    }
}

fn types(kind: &TypeKind) -> Vec<String> {
    match kind {
        TypeKind::Single(one) => vec![one.to_string()],
        TypeKind::Multiple(many) => many.iter().map(|one| one.to_string()).collect(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A name as a part of a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
