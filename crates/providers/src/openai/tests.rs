//! Against a scripted server: what we send in each dialect, and what we make of everything that comes back.

mod golden;
mod llama;
mod replies;
mod requests;

use std::time::Duration;

use handbill_domain::model::{Entry, Provider};
use handbill_net::Secret;
use serde_json::{Value, json};

use super::OpenAi;
use crate::{
    Account, Error,
    ask::{Image, ImageAnswer, ImageAsk, Model, Reply, SpeechAsk, Submission, Text, TextAnswer, TextAsk},
    scripted::{Line, Scripted},
};

const KEY: &str = "test-key";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n of a mountain";

fn an_entry(dialect: &str, text: &str) -> Entry {
    toml::from_str(&format!("id = '{dialect}/m'\nprovider = '{dialect}'\n{text}")).unwrap()
}

fn a_writer(dialect: &str, abilities: &str) -> Entry {
    let price = "price = [{ unit = 'input_token', micros = 2 }, { unit = 'output_token', micros = 4 }]";
    an_entry(dialect, &format!("modality = 'text'\nmodel = 'm'\nabilities = {{ {abilities} }}\n{price}"))
}

/// A model of this entry, served by the scripted server.
fn speak_to(server: &Scripted, entry: Entry) -> OpenAi {
    let provider = Provider {
        protocol: "openai".to_owned(),
        dialect: Some(entry.provider.clone()),
        base_url: Some(server.url("/v1")),
        key_env: None,
        local: true,
        answer_within_s: None,
        at_once: None,
        requests_per_minute: None,
        tokens_per_minute: None,
    };
    OpenAi::of(Account::at(&entry.provider, &provider, Some(Secret::new(KEY))).unwrap(), entry).unwrap()
}

/// A model that has nobody to speak to.
async fn mute(entry: Entry) -> OpenAi {
    speak_to(&Scripted::saying(vec![Line::Silence]).await, entry)
}

fn an_ask() -> TextAsk {
    TextAsk {
        task: "ad".to_owned(),
        system: "You write ads.".to_owned(),
        user: "headline?".to_owned(),
        schema: json!({"type": "object", "properties": {"headline": {"type": "string"}}, "required": ["headline"], "additionalProperties": false}),
        inputs: Value::Null,
        seed: 7,
        max_output_tokens: 200,
        repair: None,
    }
}

fn a_picture() -> ImageAsk {
    ImageAsk {
        prompt: "a red shoe".to_owned(),
        width: 1080,
        height: 1620,
        seed: 7,
        inputs: Value::Null,
        source: None,
    }
}

fn a_speech() -> SpeechAsk {
    SpeechAsk {
        text: "hello".to_owned(),
        locale: "en-US".to_owned(),
        voice: "alloy".to_owned(),
        instructions: "cheerful".to_owned(),
        speed: 1.1,
    }
}

/// A whole completion with this content.
fn completion(content: &str) -> Value {
    json!({"id": "c1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content, "refusal": null}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}})
}

fn reply(body: impl Into<String>) -> Reply {
    Reply { status: 200, media_type: "application/json".to_owned(), body: body.into().into() }
}

/// Asks for words with the server saying these lines.
async fn write(entry: Entry, line: Line) -> Result<TextAnswer, Error> {
    let server = Scripted::saying(vec![line]).await;
    let model = speak_to(&server, entry);
    match Model::<Text>::submit(&model, &an_ask(), "k1").await? {
        Submission::Replied(reply) => Model::<Text>::read(&model, &an_ask(), &reply),
        Submission::Accepted(job) => panic!("no job was expected: {job:?}"),
    }
}

/// Reads a reply as words.
async fn read(body: impl Into<String>) -> Result<TextAnswer, Error> {
    let model = mute(a_writer("openai", "json_schema = true")).await;
    Model::<Text>::read(&model, &an_ask(), &reply(body))
}

/// Reads a reply as a picture.
async fn see(entry: Entry, body: Value) -> Result<ImageAnswer, Error> {
    let model = mute(entry).await;
    Model::<Image>::read(&model, &a_picture(), &reply(body.to_string()))
}

fn seconds(n: u64) -> Option<Duration> {
    Some(Duration::from_secs(n))
}

fn a_painter(dialect: &str, abilities: &str) -> Entry {
    let price =
        "price = [{ unit = 'input_token', micros = 5 }, { unit = 'image_output_token', micros = 30 }]";
    let abilities = format!("abilities = {{ image_tokens = {{ '1024x1536' = 6 }}, {abilities} }}");
    an_entry(
        dialect,
        &format!("modality = 'image'\nmodel = 'm'\n{}\n{price}", abilities.replace(", }", " }")),
    )
}

/// A WAV of this many seconds: 8 kHz, 16 bit, mono, silent.
fn a_wav(seconds: u32) -> Vec<u8> {
    let data = vec![0u8; 16_000 * seconds as usize];
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36 + data.len() as u32).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(8_000u32.to_le_bytes());
    wav.extend(16_000u32.to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend((data.len() as u32).to_le_bytes());
    wav.extend(data);
    wav
}
