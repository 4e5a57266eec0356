//! From what a model said to the JSON that it was asked for.

use serde_json::Value;

/// Most failed starts that are tried in one text: a babbling model is not worth more.
const TRIES: usize = 64;
/// Most objections that are told: more would drown the repair.
const OBJECTIONS: usize = 12;

/// The JSON object in a text, held against a schema; else what is wrong, each with its place.
pub(crate) fn answer_in(said: &str, schema: &Value) -> Result<Value, Vec<String>> {
    let value = object_in(said).map_err(|objection| vec![objection])?;
    let objections = objections(&value, schema);
    if objections.is_empty() { Ok(value) } else { Err(objections) }
}

/// The largest JSON object in a text: alone, in a code fence, after thoughts or between other words.
fn object_in(said: &str) -> Result<Value, String> {
    let text = after_thoughts(said.trim_start_matches('\u{feff}'));
    if text.trim().is_empty() {
        return Err("the answer is empty".to_owned());
    }
    let mut best: Option<(usize, Value)> = None;
    let mut trouble = None;
    let mut from = 0;
    for _ in 0..TRIES {
        let Some(start) = text[from..].find('{').map(|at| at + from) else { break };
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => {
                let length = values.byte_offset();
                from = start + length;
                if value.is_object() && best.as_ref().is_none_or(|(longest, _)| length > *longest) {
                    best = Some((length, value));
                }
            }
            Some(Err(error)) => {
                trouble.get_or_insert_with(|| error.to_string());
                from = start + 1;
            }
            None => break,
        }
    }
    match (best, trouble) {
        (Some((_, value)), _) => Ok(value),
        (None, Some(trouble)) => Err(format!("the answer is no valid JSON: {trouble}")),
        (None, None) => Err("the answer has no JSON object".to_owned()),
    }
}

/// What follows the model's thoughts, where it speaks them aloud.
fn after_thoughts(text: &str) -> &str {
    ["</think>", "</thinking>", "</thought>"]
        .iter()
        .fold(text, |rest, end| rest.rsplit_once(end).map_or(rest, |(_, after)| after))
}

fn objections(value: &Value, schema: &Value) -> Vec<String> {
    let validator = match jsonschema::validator_for(schema) {
        Ok(validator) => validator,
        Err(error) => return vec![format!("the schema itself is wrong: {}", error.masked())],
    };
    validator
        .iter_errors(value)
        .take(OBJECTIONS)
        .map(|error| {
            let place = error.instance_path().to_string();
            let place = if place.is_empty() { "/" } else { &place };
            format!("{place}: {}", shortened(&error.masked().to_string(), 200))
        })
        .collect()
}

/// The beginning of a text, with a sign that it goes on.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let text = text.trim();
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({"type": "object", "properties": {"title": {"type": "string", "maxLength": 5}, "n": {"type": "integer"}}, "required": ["title"], "additionalProperties": false})
    }

    #[test]
    fn the_object_is_found_wherever_the_model_puts_it() {
        let found = json!({"title": "茶{}"});
        for said in [
            r#"{"title":"茶{}"}"#,
            "\u{feff}\n {\"title\":\"茶{}\"} \n",
            "```json\n{\"title\": \"茶{}\"}\n```",
            "Sure! Here it is:\n{\"title\":\"茶{}\"}\nAnything else?",
            "<think>maybe {\"title\": \"no, this is the thought\"}</think>{\"title\":\"茶{}\"}",
            "use {braces} like {} and then {\"title\":\"茶{}\"}",
            "[{\"title\":\"茶{}\"}]",
        ] {
            assert_eq!(answer_in(said, &schema()).unwrap(), found, "{said}");
        }
    }

    #[test]
    fn what_is_no_object_is_objected_to() {
        for (said, objection) in [
            ("", "the answer is empty"),
            ("<think>hm</think>\n", "the answer is empty"),
            ("I cannot", "the answer has no JSON object"),
            ("[1,2]", "the answer has no JSON object"),
            ("{\"title\": \"cut o", "the answer is no valid JSON"),
        ] {
            let objections = answer_in(said, &schema()).unwrap_err();
            assert!(objections[0].starts_with(objection), "{said}: {objections:?}");
        }
    }

    #[test]
    fn every_objection_names_its_place_and_none_repeats_the_whole_answer() {
        let objections = answer_in(r#"{"title":"much too long","n":"x","more":1}"#, &schema()).unwrap_err();
        assert_eq!(objections.len(), 3);
        assert!(
            objections.iter().any(|o| o.starts_with("/title: ") && o.contains("longer than 5")),
            "{objections:?}"
        );
        assert!(objections.iter().any(|o| o.starts_with("/n: ")), "{objections:?}");
        assert!(objections.iter().any(|o| o.contains("more")), "{objections:?}");
    }

    #[test]
    fn a_babbling_model_costs_no_time() {
        let babble = "{\"a\":".repeat(20_000);
        let started = std::time::Instant::now();
        assert!(answer_in(&babble, &schema()).is_err());
        assert!(started.elapsed() < std::time::Duration::from_secs(2));
    }

    #[test]
    fn a_text_is_shortened_between_characters() {
        assert_eq!(shortened("春茶上市", 2), "春茶…");
        assert_eq!(shortened(" ok ", 2), "ok");
    }
}
