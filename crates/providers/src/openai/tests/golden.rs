//! Our requests beside recordings of what the official SDKs send.

use serde_json::{Map, Value, json};

use super::*;
use crate::{
    ask::{Kind, Speech},
    scripted::Asked,
};

/// What an SDK sent, and what came to our server.
struct Pair {
    theirs: Value,
    ours: Asked,
}

async fn pair<K: Kind>(recording: &str, entry: Entry, ask: K::Ask) -> Pair
where
    OpenAi: Model<K>,
{
    let theirs: Value = serde_json::from_str(recording).unwrap();
    let server = Scripted::saying(vec![Line::json(200, "{}")]).await;
    Model::<K>::submit(&speak_to(&server, entry), &ask, "k1").await.unwrap();
    Pair { theirs: theirs["requests"][0].clone(), ours: server.asked().remove(0) }
}

impl Pair {
    /// Same method, path below the base address, key and media types.
    fn same_head(self) -> Self {
        let path = self.ours.path.strip_prefix("/v1").unwrap();
        assert!(
            self.theirs["path"].as_str().unwrap().ends_with(path),
            "{path} is not {}",
            self.theirs["path"]
        );
        assert_eq!(self.ours.method, self.theirs["method"]);
        for (name, theirs) in self.theirs["headers"].as_object().unwrap() {
            let ours = self.ours.header(name).unwrap_or_default();
            let kind = |value: &str| value.split(';').next().unwrap_or_default().to_owned();
            match name.as_str() {
                "accept-language" => {}
                "accept" if theirs == "*/*" => {}
                _ => assert_eq!(kind(ours), kind(theirs.as_str().unwrap()), "{name}"),
            }
        }
        self
    }

    /// Same body, but for fields that only they send, and for fields that only we send.
    fn same_body(self, theirs_only: &[&str], ours_only: &[&str]) {
        let object = |value: Value| -> Map<String, Value> { serde_json::from_value(value).unwrap() };
        let mut theirs = object(self.theirs["json"].clone());
        let mut ours = object(serde_json::from_slice(&self.ours.body).unwrap());
        theirs.retain(|name, value| !value.is_null() && !theirs_only.contains(&name.as_str()));
        for name in ours_only {
            assert!(ours.remove(*name).is_some(), "we send {name}");
        }
        for body in [&mut theirs, &mut ours] {
            if let Some(messages) = body.get_mut("messages").and_then(Value::as_array_mut) {
                messages.iter_mut().for_each(plain);
            }
        }
        assert_eq!(Value::Object(sorted(ours)), Value::Object(sorted(theirs)));
    }
}

/// Content as text, whether it came as text or as parts.
fn plain(message: &mut Value) {
    if let Some(parts) = message["content"].as_array() {
        let text: String = parts.iter().filter_map(|part| part["text"].as_str()).collect();
        message["content"] = json!(text);
    }
}

fn sorted(map: Map<String, Value>) -> Map<String, Value> {
    let mut fields: Vec<_> = map.into_iter().collect();
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    fields.into_iter().collect()
}

fn a_model(dialect: &str, model: &str, more: &str) -> Entry {
    an_entry(dialect, &format!("modality = 'text'\nmodel = '{model}'\n{more}"))
}

fn saying(system: &str, user: &str) -> TextAsk {
    TextAsk { system: system.to_owned(), user: user.to_owned(), ..an_ask() }
}

macro_rules! recording {
    ($name:literal) => {
        include_str!(concat!("../../../fixtures/golden/", $name, ".json"))
    };
}

#[tokio::test]
async fn openai_is_asked_for_json_by_schema_as_its_sdk_asks() {
    let entry = a_model("openai", "gpt-6-luna", "abilities = { json_schema = true, seed = true }");
    let pair = pair::<Text>(recording!("openai.chat_schema"), entry, an_ask()).await.same_head();
    pair.same_body(&["prompt_cache_key", "safety_identifier"], &[]);
}

#[tokio::test]
async fn openai_is_asked_for_a_stream_as_its_sdk_asks() {
    let entry = a_model("openai", "gpt-6-luna", "abilities = { json_schema = true, streaming = true }");
    let pair = pair::<Text>(recording!("openai.chat_stream"), entry, saying("", "hi")).await.same_head();
    pair.same_body(&[], &["max_completion_tokens", "response_format"]);
}

#[tokio::test]
async fn deepseek_is_asked_for_json_as_others_ask_and_told_the_schema() {
    let entry = a_model("deepseek", "deepseek-v4-flash", "abilities = { json_object = true }");
    let pair = pair::<Text>(recording!("deepseek.chat"), entry, saying("", "x")).await.same_head();
    let body: Value = serde_json::from_slice(&pair.ours.body).unwrap();
    assert!(body["messages"][0]["content"].as_str().unwrap().contains("\"headline\""), "{body}");
    pair.same_body(&["messages"], &["messages", "max_tokens"]);
}

#[tokio::test]
async fn ark_is_asked_as_its_sdk_asks() {
    let entry = a_model("ark", "doubao-seed-2-1-pro-260915", "extra = { thinking = { type = 'disabled' } }");
    let pair = pair::<Text>(recording!("ark.chat"), entry, saying("", "x")).await.same_head();
    pair.same_body(&["messages"], &["messages", "max_tokens"]);
}

#[tokio::test]
async fn zhipu_is_asked_as_its_sdk_asks() {
    let entry = a_model(
        "zhipu",
        "glm-5.3",
        "abilities = { json_object = true }\nextra = { thinking = { type = 'disabled' } }",
    );
    let pair = pair::<Text>(recording!("zai.chat"), entry, saying("", "x")).await.same_head();
    pair.same_body(&["messages"], &["messages", "max_tokens"]);
}

#[tokio::test]
async fn openrouter_is_asked_as_its_sdk_asks() {
    let entry = a_model("openrouter", "openai/gpt-6-luna", "abilities = { json_schema = true }");
    let pair = pair::<Text>(recording!("openrouter.chat"), entry, saying("", "x")).await.same_head();
    pair.same_body(&["models", "provider", "stream"], &["provider", "max_tokens", "response_format"]);
}

#[tokio::test]
async fn openai_is_asked_for_a_picture_as_its_sdk_asks() {
    let more = "abilities = { sizes = ['1024x1024', '1024x1536'] }\nextra = { quality = 'high', background = 'transparent' }";
    let entry = Entry {
        modality: handbill_domain::model::Modality::Image,
        ..a_model("openai", "gpt-image-2.5-flare", more)
    };
    pair::<Image>(recording!("openai.image_generate"), entry, a_picture())
        .await
        .same_head()
        .same_body(&[], &[]);
}

#[tokio::test]
async fn openai_is_asked_to_change_a_picture_as_its_sdk_asks() {
    let entry =
        a_model("openai", "gpt-image-2.5-flare", "abilities = { edits = true, sizes = ['1024x1024'] }");
    let ask = ImageAsk { prompt: "put on beach".to_owned(), source: Some(PNG.into()), ..a_picture() };
    let Pair { theirs, ours } = pair::<Image>(recording!("openai.image_edit"), entry, ask).await.same_head();
    let ours = String::from_utf8_lossy(&ours.body);
    for part in theirs["multipart"].as_array().unwrap() {
        let head = part["headers"][0].as_str().unwrap();
        // Their picture has another file name, and they send a second picture and a mask.
        let field = head.split("; filename").next().unwrap();
        if field.contains("\"mask\"") {
            continue;
        }
        assert!(ours.contains(field), "{field} is not in {ours}");
        if !head.contains("filename") {
            assert!(
                ours.contains(&format!("{head}\r\n\r\n{}\r\n", part["value"].as_str().unwrap())),
                "{head}"
            );
        }
    }
    assert!(
        ours.contains("name=\"image[]\"; filename=\"source.png\"\r\nContent-Type: image/png\r\n"),
        "{ours}"
    );
}

#[tokio::test]
async fn ark_is_asked_for_a_picture_as_its_sdk_asks() {
    let entry = a_model(
        "ark",
        "doubao-seedream-5-0",
        "abilities = { edits = true, seed = true, sizes = ['2048x2048'] }",
    );
    let ask = ImageAsk { prompt: "鞋".to_owned(), source: Some(PNG.into()), ..a_picture() };
    let pair = pair::<Image>(recording!("ark.image"), entry, ask).await.same_head();
    let body: Value = serde_json::from_slice(&pair.ours.body).unwrap();
    assert!(body["image"][0].as_str().unwrap().starts_with("data:image/png;base64,iVBOR"), "{body}");
    assert_eq!((&body["size"], &body["response_format"]), (&json!("2048x2048"), &json!("b64_json")));
    let other = ["image", "size", "response_format"];
    pair.same_body(&other, &other);
}

#[tokio::test]
async fn zhipu_and_openrouter_are_asked_for_a_picture_as_their_sdks_ask() {
    let zhipu = a_model("zhipu", "cogview-4-250304", "abilities = { sizes = ['1024x1024'] }");
    let ask = ImageAsk { prompt: "x".to_owned(), ..a_picture() };
    pair::<Image>(recording!("zai.image"), zhipu, ask.clone()).await.same_head().same_body(&[], &[]);
    let openrouter =
        a_model("openrouter", "bytedance-seed/seedream-4.5", "abilities = { sizes = ['1080x1920'] }");
    pair::<Image>(recording!("openrouter.image"), openrouter, ask).await.same_head().same_body(&[], &[]);
}

#[tokio::test]
async fn openai_is_asked_to_speak_as_its_sdk_asks() {
    let entry = a_model("openai", "gpt-4o-mini-tts", "");
    pair::<Speech>(recording!("openai.speech"), entry, a_speech()).await.same_head().same_body(&[], &[]);
}
