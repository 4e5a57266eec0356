//! `audio/speech`: speech as WAV.

use async_trait::async_trait;
use handbill_domain::model::{Entry, PriceUnit};
use handbill_net::Request;
use serde_json::{Map, Value, json};

use super::{OpenAi, reply_of};
use crate::{
    Error,
    ask::{Model, Reply, Speech, SpeechAnswer, SpeechAsk, Submission, Usage},
    usage::{Expected, tokens},
};

/// Ten minutes of 48 kHz stereo.
const LIMIT: usize = 128 * 1024 * 1024;
/// Lengths from here on mean "not known yet".
const UNTOLD: usize = 0x7fff_0000;

#[async_trait]
impl Model<Speech> for OpenAi {
    fn entry(&self) -> &Entry {
        &self.entry
    }

    async fn submit(&self, ask: &SpeechAsk, key: &str) -> Result<Submission, Error> {
        let request = Request::post(&self.dialect.speech.path, self.speak(ask))
            .header("accept", "application/octet-stream")
            .limit(LIMIT);
        Ok(Submission::Replied(reply_of(self.send(request, key).await?)))
    }

    fn read(&self, ask: &SpeechAsk, reply: &Reply) -> Result<SpeechAnswer, Error> {
        if let Some(error) =
            serde_json::from_slice(&reply.body).ok().and_then(|value: Value| self.hidden(&value))
        {
            return Err(error);
        }
        let seconds = seconds(&reply.body).ok_or_else(|| self.unreadable("it is no WAV"))?;
        Ok(SpeechAnswer { bytes: reply.body.clone(), words: Vec::new(), usage: self.spoken(ask, seconds) })
    }

    fn usage(&self, ask: &SpeechAsk, reply: &Reply) -> Option<Usage> {
        seconds(&reply.body).map(|seconds| self.spoken(ask, seconds))
    }
}

impl OpenAi {
    pub(super) fn speak(&self, ask: &SpeechAsk) -> Value {
        let mut body = Map::new();
        body.insert("model".to_owned(), json!(self.entry.model));
        body.insert("input".to_owned(), json!(ask.text));
        body.insert("voice".to_owned(), json!(ask.voice));
        if !ask.instructions.is_empty() {
            body.insert("instructions".to_owned(), json!(ask.instructions));
        }
        body.insert("response_format".to_owned(), json!("wav"));
        if (ask.speed - 1.0).abs() > 0.005 {
            body.insert(
                "speed".to_owned(),
                json!((f64::from(ask.speed.clamp(0.25, 4.0)) * 100.0).round() / 100.0),
            );
        }
        body.extend(self.dialect.speech.body.clone());
        body.extend(self.entry.extra.clone());
        Value::Object(body)
    }

    fn spoken(&self, ask: &SpeechAsk, seconds: f64) -> Usage {
        let counts = vec![
            (PriceUnit::Character, ask.text.chars().count() as u64),
            (PriceUnit::InputToken, tokens(&ask.text) + tokens(&ask.instructions)),
            (PriceUnit::AudioSecond, seconds.ceil() as u64),
        ];
        // Characters and seconds are what was really used; the service does not tell its tokens.
        let usage = Usage { counts, variant: ask.expected(&self.entry).variant, estimated: false }
            .as_billed_by(&self.entry);
        Usage { estimated: usage.count(PriceUnit::InputToken) > 0, ..usage }
    }
}

/// Length of a WAV file; `None` for what is no WAV or was cut off. A file that was written while it was spoken says a
/// length of 0 or of 2 to 4 GiB: then what is there counts.
fn seconds(bytes: &[u8]) -> Option<f64> {
    if bytes.len() < 12 || &bytes[..4] != b"RIFF" || &bytes[8..12] != b"WAVE" {
        return None;
    }
    let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let (mut at, mut rate) = (12, 0);
    loop {
        let (name, length) = (bytes.get(at..at + 4)?, number(at + 4)? as usize);
        let body = at + 8;
        match name {
            b"fmt " => rate = number(body + 8)?,
            b"data" => {
                let there = bytes.len() - body;
                let length = if length == 0 || length >= UNTOLD { there } else { length };
                let whole = rate > 0 && there > 0 && length <= there;
                return whole.then(|| length as f64 / f64::from(rate));
            }
            _ => {}
        }
        at = body.checked_add(length)?.checked_add(length % 2)?;
    }
}
