//! What can be asked of a model, and how an adapter answers.
//!
//! An adapter never waits and never keeps anything: [`Model::submit`] sends one request and gives back the raw reply
//! or a job handle, [`Model::poll`] looks once, [`Model::read`] makes sense of a raw reply. Whoever calls can store
//! the handle before polling and the reply before reading, so nothing that was paid for is lost.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use handbill_domain::model::{Entry, PriceUnit};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Error, usage::Expected};

/// A kind of asking: what goes in, what comes out.
pub trait Kind: Send + Sync + 'static {
    /// What is asked.
    type Ask: Serialize + DeserializeOwned + Expected + Clone + Send + Sync;
    /// What comes back.
    type Answer: Clone + Send + Sync;
}

/// Asking for words.
#[derive(Debug)]
pub struct Text;
/// Asking for a picture.
#[derive(Debug)]
pub struct Image;
/// Asking for a clip.
#[derive(Debug)]
pub struct Video;
/// Asking for speech.
#[derive(Debug)]
pub struct Speech;

impl Kind for Text {
    type Ask = TextAsk;
    type Answer = TextAnswer;
}
impl Kind for Image {
    type Ask = ImageAsk;
    type Answer = ImageAnswer;
}
impl Kind for Video {
    type Ask = VideoAsk;
    type Answer = VideoAnswer;
}
impl Kind for Speech {
    type Ask = SpeechAsk;
    type Answer = SpeechAnswer;
}

/// One model behind one protocol.
#[async_trait]
pub trait Model<K: Kind>: Send + Sync {
    /// Its catalogue entry, with its abilities.
    fn entry(&self) -> &Entry;

    /// Sends the request once. `key` is the idempotency key, sent along where the protocol has a place for it.
    async fn submit(&self, ask: &K::Ask, key: &str) -> Result<Submission, Error>;

    /// Looks once how a job stands. Protocols without jobs never give a handle, so nobody calls this on them.
    async fn poll(&self, job: &JobHandle) -> Result<Polled, Error> {
        Err(Error::Unreadable {
            provider: self.entry().provider.clone(),
            detail: format!("job {} belongs to a protocol without jobs", job.id),
        })
    }

    /// Looks for a request that was sent under this key, and whose answer nobody saw. Most protocols cannot.
    async fn find(&self, _key: &str) -> Result<Found, Error> {
        Ok(Found::CannotTell)
    }

    /// Does the provider tell by webhook what became of a request? Then for how long it is worth waiting for that.
    fn tells_within(&self) -> Option<Duration> {
        None
    }

    /// Makes sense of a reply: the answer, or the refusal or error that hides in it.
    fn read(&self, ask: &K::Ask, reply: &Reply) -> Result<K::Answer, Error>;

    /// What a reply used, as far as it tells, even where the answer in it cannot be read: it was paid for all the same.
    fn usage(&self, _ask: &K::Ask, _reply: &Reply) -> Option<Usage> {
        None
    }
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submission {
    /// The reply is here.
    Replied(Reply),
    /// The provider works on it.
    Accepted(JobHandle),
}

/// What a provider knows of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It cannot be asked.
    CannotTell,
    /// It never got it: it may be sent again.
    Nothing,
    /// It got it, and this came of it.
    There(Submission),
}

/// How a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Polled {
    /// Not done; look again after this many milliseconds.
    Pending {
        /// Advice of the provider, else of the adapter.
        after_ms: u64,
    },
    /// Done, well or badly: `read` tells.
    Replied(Reply),
}

/// A provider's job, so that anyone can look for it later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobHandle {
    /// The provider's id.
    pub id: String,
    /// What else the protocol needs to find it.
    #[serde(default)]
    pub detail: Value,
}

/// A reply as it came, with what was fetched after it (a picture behind a link).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// HTTP status; 200 for local models.
    pub status: u16,
    /// Media type of the body.
    pub media_type: String,
    /// The body.
    #[serde(with = "wire")]
    pub body: Bytes,
}

/// A request for words. `inputs` is what the prompt was rendered from: remote models read the prompt, `rehearsal`
/// reads the inputs, and both are part of the call's identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextAsk {
    /// Name of the prompt: `strategy`, `copy`, …
    pub task: String,
    /// Who the model shall be.
    pub system: String,
    /// What it shall do.
    pub user: String,
    /// JSON Schema of the answer.
    pub schema: Value,
    /// Variables of the prompt.
    pub inputs: Value,
    /// Seed, for models that take one.
    pub seed: u64,
    /// Most tokens of the answer.
    pub max_output_tokens: u32,
    /// What was wrong with the last answer, and that answer itself, when this is a repair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<Repair>,
}

/// A second try.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repair {
    /// What the model said.
    pub said: String,
    /// What is wrong with it.
    pub objections: Vec<String>,
}

/// Words, as JSON that was held against the schema.
#[derive(Clone, Debug, PartialEq)]
pub struct TextAnswer {
    /// Valid against [`TextAsk::schema`].
    pub value: Value,
    /// What was used.
    pub usage: Usage,
}

/// A request for a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageAsk {
    /// What shall be seen.
    pub prompt: String,
    /// Wanted width in px; the answer has the model's nearest size.
    pub width: u32,
    /// Wanted height in px.
    pub height: u32,
    /// Seed.
    pub seed: u64,
    /// For `rehearsal`: style, palette (`#RRGGBB`), mood.
    pub inputs: Value,
    /// A picture to start from (PNG or JPEG), for models that edit.
    #[serde(default, with = "wire::option", skip_serializing_if = "Option::is_none")]
    pub source: Option<Bytes>,
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageAnswer {
    /// PNG, JPEG or WebP bytes.
    pub bytes: Bytes,
    /// What was used.
    pub usage: Usage,
}

/// A request for a clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VideoAsk {
    /// What shall be seen.
    pub prompt: String,
    /// Length in seconds.
    pub seconds: u32,
    /// `9:16`, `1:1`, `16:9`.
    pub ratio: String,
    /// First frame (PNG or JPEG).
    #[serde(default, with = "wire::option", skip_serializing_if = "Option::is_none")]
    pub first_frame: Option<Bytes>,
    /// Seed.
    pub seed: u64,
}

/// A clip.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoAnswer {
    /// MP4 bytes.
    pub bytes: Bytes,
    /// What was used.
    pub usage: Usage,
}

/// A request for speech.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpeechAsk {
    /// What is said.
    pub text: String,
    /// Locale of the text.
    pub locale: String,
    /// Voice, one of the model's.
    pub voice: String,
    /// How it is said.
    #[serde(default)]
    pub instructions: String,
    /// Speed, 1.0 is normal.
    pub speed: f32,
}

/// Speech.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeechAnswer {
    /// WAV bytes.
    pub bytes: Bytes,
    /// When each word is said, where the model tells.
    pub words: Vec<WordTime>,
    /// What was used.
    pub usage: Usage,
}

/// When a word is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WordTime {
    /// The word.
    pub word: String,
    /// From, in seconds.
    pub start: f64,
    /// To, in seconds.
    pub end: f64,
}

/// What a call used, in the units that providers count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Unit → how many.
    pub counts: Vec<(PriceUnit, u64)>,
    /// Size or quality, where the price depends on it.
    #[serde(default)]
    pub variant: Option<String>,
    /// The provider did not say; these are our own counts.
    #[serde(default)]
    pub estimated: bool,
}

mod wire {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &Bytes, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        STANDARD.decode(String::deserialize(from)?).map(Bytes::from).map_err(D::Error::custom)
    }

    pub(super) mod option {
        use bytes::Bytes;
        use serde::{Deserialize, Deserializer, Serializer};

        pub(in super::super) fn serialize<S: Serializer>(
            bytes: &Option<Bytes>,
            out: S,
        ) -> Result<S::Ok, S::Error> {
            match bytes {
                Some(bytes) => super::serialize(bytes, out),
                None => out.serialize_none(),
            }
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
            from: D,
        ) -> Result<Option<Bytes>, D::Error> {
            #[derive(Deserialize)]
            struct Wrapped(#[serde(with = "super")] Bytes);
            Ok(Option::<Wrapped>::deserialize(from)?.map(|w| w.0))
        }
    }
}
