//! Against a real llama.cpp server with a random model (`tests/llama`): valid answers or typed errors, nothing else.

use serde_json::json;

use super::*;
use crate::{contract, repair_of};

/// Asks once and repairs once, as the worker does.
async fn ask_json(model: &OpenAi, ask: &TextAsk) -> Result<TextAnswer, Error> {
    let answer = once(model, ask).await;
    match answer.as_ref().err().and_then(|error| repair_of(ask, error)) {
        Some(repair) => once(model, &repair).await,
        None => answer,
    }
}

async fn once(model: &OpenAi, ask: &TextAsk) -> Result<TextAnswer, Error> {
    let Submission::Replied(reply) = Model::<Text>::submit(model, ask, "k").await? else {
        panic!("no job was expected")
    };
    Model::<Text>::read(model, ask, &reply)
}

#[tokio::test]
#[ignore = "wants a llama.cpp server: see tests/llama/README.md"]
#[allow(clippy::print_stderr, reason = "says what the server answered")]
async fn a_random_model_on_a_real_server_gives_valid_answers_or_typed_errors() {
    let base_url =
        std::env::var("HANDBILL_TEST_LLAMA").expect("HANDBILL_TEST_LLAMA is the server's address with /v1");
    let schema = json!({"type": "object", "properties": {"headline": {"type": "string", "maxLength": 12}, "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2}}, "required": ["headline", "tags"], "additionalProperties": false});
    let mut tally = std::collections::BTreeMap::new();
    for dialect in ["llama_cpp", "vllm", "ollama", "openai"] {
        for abilities in [
            "",
            "json_object = true",
            "json_schema = true",
            "json_schema = true, streaming = true, seed = true",
        ] {
            let provider = Provider {
                protocol: "openai".to_owned(),
                dialect: Some(dialect.to_owned()),
                base_url: Some(base_url.clone()),
                key_env: None,
                local: true,
                answer_within_s: None,
                at_once: None,
                requests_per_minute: None,
                tokens_per_minute: None,
            };
            let model =
                OpenAi::of(Account::at(dialect, &provider, None).unwrap(), a_writer(dialect, abilities))
                    .unwrap();
            for seed in 0..5 {
                let ask = TextAsk {
                    schema: schema.clone(),
                    seed,
                    max_output_tokens: [8, 400][seed as usize % 2],
                    ..an_ask()
                };
                let outcome = tokio::time::timeout(Duration::from_secs(60), ask_json(&model, &ask))
                    .await
                    .expect("it ends");
                let word = match outcome {
                    Ok(answer) => {
                        assert!(jsonschema::is_valid(&schema, &answer.value), "{}", answer.value);
                        assert!(!answer.usage.estimated);
                        "valid"
                    }
                    Err(error) => {
                        contract::speaks_well(&error);
                        error.code()
                    }
                };
                *tally.entry(format!("{dialect} [{abilities}] {word}")).or_insert(0) += 1;
            }
        }
    }
    eprintln!("{tally:#?}");
    assert!(
        tally.keys().any(|key| key.ends_with("valid")),
        "an enforced schema gives valid answers even from nonsense"
    );
    assert!(tally.keys().any(|key| key.ends_with("unreadable")), "and without one, nonsense is an error");
}
