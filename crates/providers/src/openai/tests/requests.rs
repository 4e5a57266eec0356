//! What we send: by dialect, and held against OpenAI's own description where it is at hand.

use serde_json::{Value, json};

use super::*;
use crate::repair_of;

#[tokio::test]
async fn each_dialect_is_asked_in_its_own_words() {
    let mut bodies = Vec::new();
    for dialect in super::super::dialects() {
        let abilities =
            "json_schema = true, json_object = true, streaming = true, seed = true, output_tokens = 150";
        let body = mute(a_writer(dialect, abilities)).await.chat(&an_ask());
        let fields: Vec<_> = body
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .filter(|k| !matches!(*k, "model" | "messages"))
            .collect();
        let told = body["messages"][0]["content"].as_str().unwrap().contains("JSON Schema");
        bodies.push(format!(
            "{dialect}: {} | {} | told {told}",
            fields.join(" "),
            body["response_format"]["type"]
        ));
    }
    insta::assert_snapshot!(bodies.join("\n"));
}

#[tokio::test]
async fn no_more_tokens_are_asked_for_than_the_model_can_give() {
    let body = mute(a_writer("deepseek", "output_tokens = 150")).await.chat(&an_ask());
    assert_eq!(body["max_tokens"], 150);
}

#[tokio::test]
async fn a_schema_with_free_keys_is_sent_loose_and_told() {
    let ask =
        TextAsk { schema: json!({"type": "object", "additionalProperties": {"type": "string"}}), ..an_ask() };
    let body = mute(a_writer("openai", "json_schema = true")).await.chat(&ask);
    assert_eq!(body["response_format"]["json_schema"]["strict"], false);
    assert!(body["messages"][0]["content"].as_str().unwrap().contains("JSON Schema"));
}

#[tokio::test]
async fn a_repair_shows_the_model_its_answer_and_every_objection_and_happens_once() {
    let error = read(completion("{\"headline\": 7}").to_string()).await.unwrap_err();
    let repair = repair_of(&an_ask(), &error).unwrap();
    let body = mute(a_writer("openai", "json_schema = true")).await.chat(&repair);
    let messages = body["messages"].as_array().unwrap();
    assert_eq!(
        messages.iter().map(|m| m["role"].as_str().unwrap()).collect::<Vec<_>>(),
        ["system", "user", "assistant", "user"]
    );
    assert_eq!(messages[2]["content"], "{\"headline\": 7}");
    assert!(messages[3]["content"].as_str().unwrap().contains("\n- /headline: "), "{}", messages[3]);
    assert_eq!(repair_of(&repair, &error), None);
    assert_eq!(
        repair_of(&an_ask(), &Error::RateLimited { provider: "p".to_owned(), retry_after: None }),
        None
    );
}

#[tokio::test]
async fn an_idempotency_key_goes_where_there_is_a_place_for_it() {
    for (dialect, sent) in [("openai", Some("k1")), ("deepseek", None)] {
        let server = Scripted::saying(vec![Line::json(200, completion("{}").to_string())]).await;
        Model::<Text>::submit(&speak_to(&server, a_writer(dialect, "")), &an_ask(), "k1").await.unwrap();
        assert_eq!(server.asked()[0].header("idempotency-key"), sent, "{dialect}");
    }
}

#[tokio::test]
async fn a_picture_that_cannot_be_changed_is_said_before_anything_is_sent() {
    let server = Scripted::saying(vec![Line::json(200, "{}")]).await;
    let ask = ImageAsk { source: Some(PNG.into()), ..a_picture() };
    let no_picture = ImageAsk { source: Some(b"<svg/>"[..].into()), ..a_picture() };
    for (entry, ask) in
        [(a_painter("openai", "edits = false"), ask), (a_painter("openai", "edits = true"), no_picture)]
    {
        let error = Model::<Image>::submit(&speak_to(&server, entry), &ask, "k").await.unwrap_err();
        assert!(matches!(error, Error::Rejected { .. }), "{error}");
    }
    assert!(server.asked().is_empty());
}

/// `oneOf` of the document is read as `anyOf`: several of its branches overlap.
fn read_as_any_of(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(branches) = map.remove("oneOf") {
                map.insert("anyOf".to_owned(), branches);
            }
            map.values_mut().for_each(read_as_any_of);
        }
        Value::Array(items) => items.iter_mut().for_each(read_as_any_of),
        _ => {}
    }
}

#[tokio::test]
#[allow(clippy::print_stderr, reason = "a test that skips says so")]
async fn our_requests_are_valid_by_openais_own_description() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/specs/openai.openapi.2026-08-21.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: OpenAI's OpenAPI document is not beside this checkout");
        return;
    };
    let mut document: Value = serde_json::from_str(&text).unwrap();
    read_as_any_of(&mut document);
    let check = |name: &str, body: &Value| {
        let schema =
            json!({"$ref": format!("#/components/schemas/{name}"), "components": document["components"]});
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<_> =
            validator.iter_errors(body).map(|e| format!("{} {}", e.instance_path(), e.masked())).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}\n{body}");
    };
    for abilities in ["json_schema = true, seed = true", "json_object = true, streaming = true", ""] {
        let model = mute(a_writer("openai", abilities)).await;
        let error = Error::Malformed {
            provider: "p".to_owned(),
            said: "no".to_owned(),
            objections: vec!["/: no".to_owned()],
        };
        check("CreateChatCompletionRequest", &model.chat(&an_ask()));
        check("CreateChatCompletionRequest", &model.chat(&repair_of(&an_ask(), &error).unwrap()));
    }
    let server = Scripted::saying(vec![Line::json(200, "{}")]).await;
    let painter = speak_to(&server, a_painter("openai", "sizes = ['1024x1536']"));
    Model::<Image>::submit(&painter, &a_picture(), "k").await.unwrap();
    check("CreateImageRequest", &serde_json::from_slice(&server.asked()[0].body).unwrap());
    check("CreateSpeechRequest", &painter.speak(&a_speech()));
    let wrong = std::panic::catch_unwind(|| check("CreateSpeechRequest", &json!({"model": "m", "speed": 9})));
    assert!(wrong.is_err(), "a wrong request is found");
}
