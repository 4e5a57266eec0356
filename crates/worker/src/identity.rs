//! Names that follow from content: the same inputs give the same run, the same question in the same place the same call.

use handbill_domain::asset::Digest;
use serde::Serialize;
use serde_json::Value;

/// Digest of a value's JSON with sorted keys: the order in which somebody filled a map does not matter.
pub(crate) fn digest(value: &impl Serialize) -> Result<Digest, serde_json::Error> {
    Ok(Digest::of(sorted(serde_json::to_value(value)?).to_string().as_bytes()))
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_keys_does_not_matter_and_the_order_of_items_does() {
        let of = |text: &str| digest(&serde_json::from_str::<Value>(text).unwrap()).unwrap();
        assert_eq!(of(r#"{"a":[{"x":1,"y":2}],"b":3}"#), of(r#"{"b":3,"a":[{"y":2,"x":1}]}"#));
        assert_ne!(of("[1,2]"), of("[2,1]"));
    }
}
