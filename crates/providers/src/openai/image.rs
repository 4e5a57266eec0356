//! `images/generations` and `images/edits`: pictures.
//!
//! Quirks: a picture comes as base64 or behind a link that lives for some hours. A link becomes a job handle, so that
//! it is kept before it is fetched: fetching again costs nothing, asking again does.

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use handbill_domain::model::{Entry, PriceUnit};
use handbill_net::{Answer, Part, Request};
use serde_json::{Map, Value, json};

use super::{
    OpenAi,
    dialect::{Edits, SizeForm},
    reply_of, trouble,
};
use crate::{
    Error,
    ask::{Image, ImageAnswer, ImageAsk, JobHandle, Model, Polled, Reply, Submission, Usage},
    usage::{Expected, nearest_size, parse_size},
};

/// Most bytes of an answer and of a picture: a 4K PNG in base64 has about 40 MB.
const LIMIT: usize = 64 * 1024 * 1024;
const SEEDS: u64 = 0x7fff_ffff;

#[async_trait]
impl Model<Image> for OpenAi {
    fn entry(&self) -> &Entry {
        &self.entry
    }

    async fn submit(&self, ask: &ImageAsk, key: &str) -> Result<Submission, Error> {
        let request = self.picture(ask)?.header("accept", "application/json").limit(LIMIT);
        let answer = self.send(request, key).await?;
        Ok(link(&answer).map_or_else(|| Submission::Replied(reply_of(answer)), Submission::Accepted))
    }

    async fn poll(&self, job: &JobHandle) -> Result<Polled, Error> {
        let file =
            self.account.fetch(&job.id, &["image/", "application/octet-stream", "binary/"], LIMIT).await;
        // Nothing is made anew by fetching, so whatever went wrong, it may be tried again.
        let file = file.map_err(|e| match trouble::unsent_or_cut(&self.entry.provider, &e) {
            Error::Ambiguous { provider, reason } | Error::Unreadable { provider, detail: reason } => {
                Error::Unavailable { provider, reason, retry_after: None }
            }
            other => other,
        })?;
        let mut value = job.detail.clone();
        value["data"] = json!([{"b64_json": STANDARD.encode(&file.bytes)}]);
        let body = Bytes::from(value.to_string());
        Ok(Polled::Replied(Reply { status: 200, media_type: "application/json".to_owned(), body }))
    }

    fn read(&self, ask: &ImageAsk, reply: &Reply) -> Result<ImageAnswer, Error> {
        let value = self.json_of(reply)?;
        let Some(data) = value.pointer("/data/0/b64_json").and_then(Value::as_str) else {
            let filtered =
                value.get("content_filter").and_then(Value::as_array).is_some_and(|f| !f.is_empty());
            return Err(if filtered {
                self.declined("the provider's filter kept the picture back")
            } else {
                self.unreadable("it holds no picture")
            });
        };
        // Some services send a data address.
        let data = data.split_once(";base64,").map_or(data, |(_, data)| data);
        let bytes = STANDARD.decode(data.trim()).map_err(|_| self.unreadable("its picture is no base64"))?;
        if !is_picture(&bytes) {
            return Err(self.unreadable("it is neither PNG, JPEG, WebP nor GIF"));
        }
        Ok(ImageAnswer { bytes: bytes.into(), usage: self.used(ask, &value) })
    }

    fn usage(&self, ask: &ImageAsk, reply: &Reply) -> Option<Usage> {
        Some(self.used(ask, &self.json_of(reply).ok()?))
    }
}

impl OpenAi {
    fn json_of(&self, reply: &Reply) -> Result<Value, Error> {
        let value: Value = serde_json::from_slice(&reply.body)
            .map_err(|e| self.unreadable(format!("it is no JSON: {e}")))?;
        let first = value.pointer("/data/0").filter(|first| first.get("error").is_some_and(|e| !e.is_null()));
        match self.hidden(&value).or_else(|| self.hidden(first?)) {
            Some(error) => Err(error),
            None => Ok(value),
        }
    }

    pub(super) fn picture(&self, ask: &ImageAsk) -> Result<Request, Error> {
        let dialect = &self.dialect.image;
        let mut body = Map::new();
        body.insert("model".to_owned(), json!(self.entry.model));
        body.insert("prompt".to_owned(), json!(ask.prompt));
        let size = nearest_size(ask.width, ask.height, &self.entry.abilities.sizes);
        match dialect.size {
            SizeForm::Pixels => body.insert("size".to_owned(), json!(size)),
            SizeForm::Ratio => body.insert("aspect_ratio".to_owned(), json!(ratio(&size))),
        };
        if self.entry.abilities.seed {
            body.insert("seed".to_owned(), json!(ask.seed & SEEDS));
        }
        body.extend(dialect.body.clone());
        body.extend(self.entry.extra.clone());
        let Some(source) = &ask.source else { return Ok(Request::post(&dialect.path, Value::Object(body))) };
        let media_type = media_type(source)
            .ok_or_else(|| self.no_edit("the given picture is neither PNG nor JPEG nor WebP"))?;
        match dialect.edits {
            Edits::Form if self.entry.abilities.edits => {
                Ok(Request::post_form(&dialect.edits_path, parts(&body, source, media_type)))
            }
            Edits::Body if self.entry.abilities.edits => {
                body.insert(
                    "image".to_owned(),
                    json!([format!("data:{media_type};base64,{}", STANDARD.encode(source))]),
                );
                Ok(Request::post(&dialect.path, Value::Object(body)))
            }
            _ => Err(self.no_edit("it cannot change a given picture")),
        }
    }

    fn no_edit(&self, reason: &str) -> Error {
        Error::Rejected {
            provider: self.entry.provider.clone(),
            reason: format!("{}: {reason}", self.entry.id),
        }
    }

    /// What the answer says it used, in the units that the entry is billed in; else what was expected.
    fn used(&self, ask: &ImageAsk, value: &Value) -> Usage {
        let expected = ask.expected(&self.entry);
        let count = |pointer: &str| value.pointer(pointer).and_then(Value::as_u64);
        let (Some(input), Some(output)) = (count("/usage/input_tokens"), count("/usage/output_tokens"))
        else {
            return expected;
        };
        let pictures = count("/usage/input_tokens_details/image_tokens").unwrap_or(0).min(input);
        let counts = vec![
            (PriceUnit::Image, 1),
            (PriceUnit::InputToken, input - pictures),
            (PriceUnit::ImageInputToken, pictures),
            (PriceUnit::ImageOutputToken, output),
        ];
        Usage { counts, variant: expected.variant, estimated: false }.as_billed_by(&self.entry)
    }
}

/// The link to a picture that is not in the answer itself.
fn link(answer: &Answer) -> Option<JobHandle> {
    let mut value: Value = serde_json::from_slice(&answer.body).ok()?;
    let first = value.pointer("/data/0")?;
    if first.get("b64_json").is_some_and(Value::is_string) {
        return None;
    }
    let id = first.get("url")?.as_str()?.to_owned();
    value.as_object_mut()?.remove("data");
    Some(JobHandle { id, detail: value })
}

/// The fields as parts of a form, the picture last.
fn parts(body: &Map<String, Value>, source: &Bytes, media_type: &str) -> Vec<Part> {
    // What the form of edits takes; it has no `moderation`.
    const FIELDS: [&str; 8] =
        ["model", "prompt", "size", "n", "quality", "background", "output_format", "input_fidelity"];
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut parts: Vec<_> =
        FIELDS.into_iter().filter_map(|name| Some(Part::text(name, text(body.get(name)?)))).collect();
    let name = format!("source.{}", media_type.trim_start_matches("image/"));
    parts.push(Part::file("image[]", name, media_type, source.clone()));
    parts
}

fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

fn is_picture(bytes: &[u8]) -> bool {
    media_type(bytes).is_some() || bytes.starts_with(b"GIF8")
}

/// `1024x1536` as `2:3`.
fn ratio(size: &str) -> String {
    fn common(a: u32, b: u32) -> u32 {
        if b == 0 { a.max(1) } else { common(b, a % b) }
    }
    parse_size(size).map_or_else(
        || size.to_owned(),
        |(width, height)| {
            let by = common(width, height);
            format!("{}:{}", width / by, height / by)
        },
    )
}
