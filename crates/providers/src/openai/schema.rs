//! How the wanted JSON is asked for: enforced by the service where it can, told in the prompt where it cannot.

use handbill_domain::model::Abilities;
use serde_json::{Map, Value, json};

use super::dialect::{Dialect, SchemaForm};

/// Keywords that strict mode does not take; our own check holds the answer against them all the same.
const LOOSE: [&str; 16] = [
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "multipleOf",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "default",
    "$schema",
];

/// How the answer's form is asked for.
pub(super) struct Form {
    /// The field `response_format`.
    pub(super) response_format: Option<Value>,
    /// Does the prompt have to tell the schema?
    pub(super) told: bool,
}

/// The best form that this model and this service can do.
pub(super) fn form(dialect: &Dialect, abilities: &Abilities, task: &str, schema: &Value) -> Form {
    match dialect.schema {
        Some(SchemaForm::JsonSchema) if abilities.json_schema => {
            let strict = strict(schema);
            let told = strict.is_none();
            let (strict, schema) = strict.map_or_else(|| (false, schema.clone()), |schema| (true, schema));
            let format = json!({"type": "json_schema", "json_schema": {"name": name(task), "strict": strict, "schema": schema}});
            Form { response_format: Some(format), told }
        }
        Some(SchemaForm::JsonObjectSchema) if abilities.json_schema => {
            Form { response_format: Some(json!({"type": "json_object", "schema": schema})), told: true }
        }
        _ if abilities.json_object => {
            Form { response_format: Some(json!({"type": "json_object"})), told: true }
        }
        _ => Form { response_format: None, told: true },
    }
}

/// What the prompt says about the form.
pub(super) fn telling(schema: &Value) -> String {
    format!(
        "Answer with one JSON object that is valid against the following JSON Schema, and with nothing else: \
         no code fence, no words before or after it.\n{schema}"
    )
}

/// At most 64 letters, digits, `_` and `-`.
fn name(task: &str) -> String {
    let name: String = task
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' })
        .take(64)
        .collect();
    if name.is_empty() { "answer".to_owned() } else { name }
}

/// The schema in the subset of strict mode; `None` when it says something that the subset cannot: an object with free
/// or optional keys.
fn strict(schema: &Value) -> Option<Value> {
    match schema {
        Value::Object(map) => strict_object(map).map(Value::Object),
        Value::Array(items) => items.iter().map(strict).collect::<Option<_>>().map(Value::Array),
        other => Some(other.clone()),
    }
}

fn strict_object(map: &Map<String, Value>) -> Option<Map<String, Value>> {
    if map.contains_key("patternProperties")
        || map.contains_key("not")
        || map.contains_key("allOf")
        || map.contains_key("oneOf")
    {
        return None;
    }
    if map.get("type").is_some_and(|t| t == "object") {
        let names: Vec<_> = map.get("properties")?.as_object()?.keys().collect();
        let required = map.get("required").and_then(Value::as_array)?;
        let all = names.iter().all(|name| required.iter().any(|r| r == name.as_str()));
        if !all || map.get("additionalProperties") != Some(&Value::Bool(false)) {
            return None;
        }
    }
    let mut kept = Map::new();
    for (key, value) in map {
        // Names of properties and definitions are not keywords.
        let value = if matches!(key.as_str(), "properties" | "$defs" | "definitions") {
            let named = value.as_object()?.iter().map(|(name, schema)| Some((name.clone(), strict(schema)?)));
            Value::Object(named.collect::<Option<_>>()?)
        } else if LOOSE.contains(&key.as_str()) {
            continue;
        } else if matches!(key.as_str(), "enum" | "const" | "required") {
            value.clone()
        } else {
            strict(value)?
        };
        kept.insert(key.clone(), value);
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_schema_is_sent_strict_without_the_keywords_that_strict_mode_refuses() {
        let schema = json!({"$schema": "x", "type": "object", "additionalProperties": false, "required": ["pattern", "list"],
            "properties": {"pattern": {"type": "string", "maxLength": 9}, "list": {"type": "array", "maxItems": 3, "items": {"$ref": "#/$defs/a"}}},
            "$defs": {"a": {"enum": ["default", 1]}}});
        let expected = json!({"type": "object", "additionalProperties": false, "required": ["pattern", "list"],
            "properties": {"pattern": {"type": "string"}, "list": {"type": "array", "items": {"$ref": "#/$defs/a"}}},
            "$defs": {"a": {"enum": ["default", 1]}}});
        assert_eq!(strict(&schema), Some(expected));
    }

    #[test]
    fn a_schema_with_free_or_optional_keys_cannot_be_strict() {
        for schema in [
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            json!({"type": "object", "properties": {"a": {}}, "required": [], "additionalProperties": false}),
            json!({"type": "object", "properties": {"a": {}}, "required": ["a"]}),
            json!({"type": "array", "items": {"type": "object"}}),
        ] {
            assert_eq!(strict(&schema), None, "{schema}");
        }
    }

    #[test]
    fn a_name_has_only_letters_that_the_service_takes() {
        assert_eq!(name("copy.zh-CN/文案"), "copy_zh-CN___");
        assert_eq!(name(""), "answer");
    }
}
