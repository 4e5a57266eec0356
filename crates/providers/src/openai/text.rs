//! `chat/completions`: words, as JSON.

use async_trait::async_trait;
use handbill_domain::model::{Entry, PriceUnit};
use handbill_net::Request;
use serde_json::{Map, Value, json};

use super::{OpenAi, reply_of, schema};
use crate::{
    Error,
    ask::{Model, Reply, Submission, Text, TextAnswer, TextAsk, Usage},
    said::answer_in,
    sse,
    usage::{Expected, tokens},
};

/// Most bytes of an answer: a stream takes about 300 for each token.
const LIMIT: usize = 64 * 1024 * 1024;
/// Seeds are sent in the range that every service takes.
const SEEDS: u64 = 0x7fff_ffff;

#[async_trait]
impl Model<Text> for OpenAi {
    fn entry(&self) -> &Entry {
        &self.entry
    }

    async fn submit(&self, ask: &TextAsk, key: &str) -> Result<Submission, Error> {
        let request = Request::post("/chat/completions", self.chat(ask))
            .header("accept", "application/json")
            .limit(LIMIT);
        Ok(Submission::Replied(reply_of(self.send(request, key).await?)))
    }

    fn read(&self, ask: &TextAsk, reply: &Reply) -> Result<TextAnswer, Error> {
        let said = self.said(reply)?;
        let usage = said.usage.unwrap_or_else(|| estimated(&self.entry, ask, &said.content));
        match said.finish.as_deref() {
            Some("content_filter" | "sensitive" | "safety" | "SAFETY" | "PROHIBITED_CONTENT") => {
                return Err(self.declined("the answer was stopped by the provider's filter"));
            }
            Some("length" | "max_tokens" | "MAX_TOKENS") => {
                return Err(self.unreadable(format!(
                    "it was cut off after {} tokens",
                    usage.count(PriceUnit::OutputToken)
                )));
            }
            Some(reason @ ("insufficient_system_resource" | "network_error" | "error" | "abort")) => {
                return Err(Error::Unavailable {
                    provider: self.entry.provider.clone(),
                    reason: format!("it stopped: {reason}"),
                    retry_after: None,
                });
            }
            // `stop`, `eos`, nothing and everything that services invent: what counts is the answer itself.
            _ => {}
        }
        if let Some(refusal) = said.refusal.filter(|_| said.content.trim().is_empty()) {
            return Err(self.declined(&refusal));
        }
        match answer_in(&said.content, &ask.schema) {
            Ok(value) => Ok(TextAnswer { value, usage }),
            Err(objections) => Err(Error::Malformed {
                provider: self.entry.provider.clone(),
                said: said.content,
                objections,
            }),
        }
    }

    fn usage(&self, ask: &TextAsk, reply: &Reply) -> Option<Usage> {
        let said = self.said(reply).ok()?;
        Some(said.usage.unwrap_or_else(|| estimated(&self.entry, ask, &said.content)))
    }
}

/// What a reply holds, streamed or not.
#[derive(Debug, Default)]
struct Said {
    content: String,
    refusal: Option<String>,
    finish: Option<String>,
    usage: Option<Usage>,
}

impl OpenAi {
    /// The body of the request.
    pub(super) fn chat(&self, ask: &TextAsk) -> Value {
        let abilities = &self.entry.abilities;
        let form = schema::form(&self.dialect, abilities, &ask.task, &ask.schema);
        let most = ask.max_output_tokens.min(abilities.output_tokens.unwrap_or(u32::MAX));
        let mut body = Map::new();
        body.insert("model".to_owned(), json!(self.entry.model));
        body.insert("messages".to_owned(), messages(ask, form.told));
        body.insert(self.dialect.max_tokens.clone(), json!(most));
        if let Some(format) = form.response_format {
            body.insert("response_format".to_owned(), format);
        }
        if abilities.seed {
            body.insert("seed".to_owned(), json!(ask.seed & SEEDS));
        }
        if abilities.streaming {
            body.insert("stream".to_owned(), json!(true));
            if self.dialect.stream_usage {
                body.insert("stream_options".to_owned(), json!({"include_usage": true}));
            }
        }
        body.extend(self.dialect.body.clone());
        body.extend(self.entry.extra.clone());
        Value::Object(body)
    }

    fn said(&self, reply: &Reply) -> Result<Said, Error> {
        let text = std::str::from_utf8(&reply.body).map_err(|_| self.unreadable("it is not UTF-8"))?;
        let streamed = reply.media_type == "text/event-stream" || text.trim_start().starts_with("data:");
        if streamed { self.streamed(text) } else { self.whole(text) }
    }

    fn whole(&self, text: &str) -> Result<Said, Error> {
        let value: Value =
            serde_json::from_str(text).map_err(|e| self.unreadable(format!("it is no JSON: {e}")))?;
        let mut said = Said::default();
        self.take(&mut said, &value)?;
        if value.pointer("/choices/0").is_none() {
            Err(self.unreadable("it has no choices"))
        } else {
            Ok(said)
        }
    }

    /// Puts the pieces of a stream together. A stream that ends before it says so is cut off.
    fn streamed(&self, text: &str) -> Result<Said, Error> {
        let mut said = Said::default();
        let mut done = false;
        for event in sse::events(text) {
            if event.trim() == "[DONE]" {
                done = true;
                continue;
            }
            let value: Value = serde_json::from_str(&event)
                .map_err(|e| self.unreadable(format!("a piece of the stream is no JSON: {e}")))?;
            self.take(&mut said, &value)?;
        }
        if done || said.finish.is_some() {
            Ok(said)
        } else {
            Err(self.unreadable("the stream ended in the middle"))
        }
    }

    /// Takes what one JSON object adds: a whole completion, or a piece of one.
    fn take(&self, said: &mut Said, value: &Value) -> Result<(), Error> {
        if let Some(error) = self.hidden(value) {
            return Err(error);
        }
        if let Some(usage) = value.get("usage").and_then(usage) {
            said.usage = Some(usage);
        }
        let Some(choice) = value.pointer("/choices/0") else { return Ok(()) };
        if let Some(error) = choice.get("error").filter(|e| !e.is_null()).and_then(|_| self.hidden(choice)) {
            return Err(error);
        }
        // Moonshot tells the usage of a stream in its last choice.
        if let Some(usage) = choice.get("usage").and_then(usage) {
            said.usage = Some(usage);
        }
        if let Some(finish) = choice.get("finish_reason").and_then(Value::as_str).filter(|f| !f.is_empty()) {
            said.finish = Some(finish.to_owned());
        }
        let message = choice.get("message").or_else(|| choice.get("delta")).unwrap_or(&Value::Null);
        said.content.push_str(&words(message.get("content")));
        if let Some(refusal) = message.get("refusal").and_then(Value::as_str).filter(|r| !r.is_empty()) {
            said.refusal.get_or_insert_default().push_str(refusal);
        }
        Ok(())
    }

    pub(super) fn declined(&self, reason: &str) -> Error {
        let reason = crate::said::shortened(&handbill_net::redact(reason), 240);
        Error::Declined { model: self.entry.id.clone(), reason }
    }
}

fn messages(ask: &TextAsk, told: bool) -> Value {
    let mut system = ask.system.clone();
    if told {
        system = format!("{system}\n\n{}", schema::telling(&ask.schema)).trim_start().to_owned();
    }
    let mut messages = Vec::new();
    if !system.is_empty() {
        messages.push(json!({"role": "system", "content": system}));
    }
    messages.push(json!({"role": "user", "content": ask.user}));
    if let Some(repair) = &ask.repair {
        let objections: String = repair.objections.iter().map(|o| format!("\n- {o}")).collect();
        let wish = format!(
            "This answer cannot be used:{objections}\nGive the whole answer again, with these points mended, as JSON only."
        );
        messages.push(json!({"role": "assistant", "content": if repair.said.trim().is_empty() { "…" } else { &repair.said }}));
        messages.push(json!({"role": "user", "content": wish}));
    }
    Value::Array(messages)
}

/// A string, or the texts of an array of parts.
fn words(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            parts.iter().filter_map(|p| p.get("text").and_then(Value::as_str)).collect()
        }
        _ => String::new(),
    }
}

/// Cached tokens stand in `prompt_tokens_details`, in `prompt_cache_hit_tokens` (DeepSeek) or beside the others
/// (Moonshot); they are part of `prompt_tokens` everywhere.
fn usage(value: &Value) -> Option<Usage> {
    let count = |pointer: &str| value.pointer(pointer).and_then(Value::as_u64);
    let prompt = count("/prompt_tokens").or_else(|| count("/input_tokens"))?;
    let output = count("/completion_tokens").or_else(|| count("/output_tokens"))?;
    let cached = ["/prompt_tokens_details/cached_tokens", "/prompt_cache_hit_tokens", "/cached_tokens"]
        .into_iter()
        .find_map(count);
    let cached = cached.unwrap_or(0).min(prompt);
    let counts = vec![
        (PriceUnit::InputToken, prompt - cached),
        (PriceUnit::CachedToken, cached),
        (PriceUnit::OutputToken, output),
    ];
    Some(Usage { counts, variant: None, estimated: false })
}

fn estimated(entry: &Entry, ask: &TextAsk, content: &str) -> Usage {
    let input = ask.expected(entry).count(PriceUnit::InputToken);
    Usage {
        counts: vec![(PriceUnit::InputToken, input), (PriceUnit::OutputToken, tokens(content))],
        variant: None,
        estimated: true,
    }
}
