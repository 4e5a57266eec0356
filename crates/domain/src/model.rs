//! The models that can be asked: what each can do, what it costs. The entries are data (`catalog/*.toml`).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{locale::Locale, money::Currency};

/// A job that a recipe gives to a model. `--models` says which entry serves which role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Drafts and classifies, cheaply.
    Drafter,
    /// Writes what is published.
    Writer,
    /// Decides how it looks.
    ArtDirector,
    /// Makes pictures.
    Illustrator,
    /// Makes moving pictures.
    Filmer,
    /// Speaks.
    Speaker,
    /// Judges.
    Judge,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 7] = [
        Self::Drafter,
        Self::Writer,
        Self::ArtDirector,
        Self::Illustrator,
        Self::Filmer,
        Self::Speaker,
        Self::Judge,
    ];

    /// Its name in files: `art_director`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Drafter => "drafter",
            Self::Writer => "writer",
            Self::ArtDirector => "art_director",
            Self::Illustrator => "illustrator",
            Self::Filmer => "filmer",
            Self::Speaker => "speaker",
            Self::Judge => "judge",
        }
    }

    /// What an entry must be able to make to serve it.
    pub fn modality(self) -> Modality {
        match self {
            Self::Drafter | Self::Writer | Self::ArtDirector | Self::Judge => Modality::Text,
            Self::Illustrator => Modality::Image,
            Self::Filmer => Modality::Video,
            Self::Speaker => Modality::Speech,
        }
    }
}

/// What a model makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Modality {
    /// Text.
    Text,
    /// Still pictures.
    Image,
    /// Moving pictures.
    Video,
    /// Speech.
    Speech,
}

/// One model of one provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Our id: `openai/gpt-6-luna`.
    pub id: String,
    /// What it makes.
    pub modality: Modality,
    /// Who serves it; names a `[provider.<name>]` of the same file.
    pub provider: String,
    /// The provider's own name for it.
    pub model: String,
    /// What it can do.
    #[serde(default)]
    pub abilities: Abilities,
    /// What it costs. Without prices it cannot be planned, and so not be asked.
    #[serde(default)]
    pub price: Vec<PriceRow>,
    /// Day after which the provider no longer serves it, `2027-03-01`.
    #[serde(default)]
    pub deprecation_date: Option<String>,
    /// Entry whose list price a local model stands in for (`rehearsal` only): shown, never spent.
    #[serde(default)]
    pub stands_in_for: Option<String>,
    /// Fields of the request that this model wants beside those of its protocol: `quality = "medium"`.
    #[serde(default)]
    pub extra: serde_json::Map<String, serde_json::Value>,
}

/// Whom to ask, and how they speak.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Name of the protocol's adapter: `openai`, `rehearsal`.
    pub protocol: String,
    /// Name of the protocol's dialect, a table of small differences; none: the protocol as documented.
    #[serde(default)]
    pub dialect: Option<String>,
    /// Where it is: `https://api.openai.com/v1`. None: this machine's own process.
    #[serde(default)]
    pub base_url: Option<String>,
    /// Name of the environment variable that holds the key; none: it takes no key.
    #[serde(default)]
    pub key_env: Option<String>,
    /// May it be on this machine or a private network? Off: the SSRF guard refuses such addresses.
    #[serde(default)]
    pub local: bool,
    /// Longest wait for a whole answer, in seconds, however steadily it trickles in; none: 600, and 1,800 from a local
    /// server.
    #[serde(default)]
    pub answer_within_s: Option<u64>,
    /// Requests and jobs at once that the account allows; none: as many as there are workers. Like the rates below it
    /// depends on the account, so that the catalogue has none: take it from the provider's console.
    #[serde(default)]
    pub at_once: Option<u32>,
    /// Requests in any minute that the account allows.
    #[serde(default)]
    pub requests_per_minute: Option<u32>,
    /// Tokens in any minute that the account allows, those of questions and answers together.
    #[serde(default)]
    pub tokens_per_minute: Option<u32>,
}

impl Provider {
    /// What its account allows, by the keys of the file.
    pub fn limits(&self) -> [(&'static str, Option<u32>); 3] {
        [
            ("at_once", self.at_once),
            ("requests_per_minute", self.requests_per_minute),
            ("tokens_per_minute", self.tokens_per_minute),
        ]
    }
}

/// What a model can do. What is not said, it cannot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Abilities {
    /// Tokens of input and output together.
    pub context_tokens: Option<u32>,
    /// Tokens of one answer.
    pub output_tokens: Option<u32>,
    /// Answers in a given JSON Schema, enforced by the provider.
    pub json_schema: bool,
    /// Answers in JSON, without a schema.
    pub json_object: bool,
    /// Sends its answer as it is made.
    pub streaming: bool,
    /// Takes a seed.
    pub seed: bool,
    /// Picture sizes that it makes, `1024x1536`; empty: any.
    pub sizes: Vec<String>,
    /// Tokens that a picture takes, by size or `quality/size`: for the plan, where pictures are billed by token.
    pub image_tokens: BTreeMap<String, u64>,
    /// Can change a given picture.
    pub edits: bool,
    /// Languages or locales that it writes, `zh-CN`, `en`; empty: any.
    pub languages: Vec<String>,
    /// Voices by language: `zh = ["…"]`.
    pub voices: BTreeMap<String, Vec<String>>,
    /// Gives the time of each word.
    pub word_times: bool,
    /// Lengths of clips in seconds that it makes.
    pub clip_seconds: Vec<u32>,
    /// Honours an idempotency key.
    pub idempotency: bool,
}

impl Abilities {
    /// Does it write this locale?
    pub fn writes(&self, locale: &Locale) -> bool {
        let named = |name: &String| name == locale.as_str() || name == locale.language();
        self.languages.is_empty() || self.languages.iter().any(named)
    }
}

/// The price of one unit of use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceRow {
    /// What is counted.
    pub unit: PriceUnit,
    /// Millionths of the currency for `per` units.
    pub micros: i64,
    /// For how many units `micros` is the price: 1000000 for "per million tokens".
    #[serde(default = "one")]
    pub per: u64,
    /// The currency of `micros`.
    #[serde(default)]
    pub currency: Currency,
    /// Row applies from this many input tokens on (long-context prices); the row with the largest `above` that
    /// is below the call's input counts.
    #[serde(default)]
    pub above: u64,
    /// Row applies to this size (`1024x1536`) or quality (`high`) or both (`high/1024x1536`) only.
    #[serde(default)]
    pub variant: Option<String>,
}

fn one() -> u64 {
    1
}

/// The catalogue that is compiled in: name and text of each file, one per provider.
pub const CATALOG: [(&str, &str); 9] = [
    ("rehearsal.toml", include_str!("../catalog/rehearsal.toml")),
    ("openai.toml", include_str!("../catalog/openai.toml")),
    ("deepseek.toml", include_str!("../catalog/deepseek.toml")),
    ("dashscope.toml", include_str!("../catalog/dashscope.toml")),
    ("ark.toml", include_str!("../catalog/ark.toml")),
    ("zhipu.toml", include_str!("../catalog/zhipu.toml")),
    ("moonshot.toml", include_str!("../catalog/moonshot.toml")),
    ("openrouter.toml", include_str!("../catalog/openrouter.toml")),
    ("local.toml", include_str!("../catalog/local.toml")),
];

impl PriceUnit {
    /// Its name in files: `input_token`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InputToken => "input_token",
            Self::CachedToken => "cached_token",
            Self::OutputToken => "output_token",
            Self::ImageInputToken => "image_input_token",
            Self::ImageOutputToken => "image_output_token",
            Self::Image => "image",
            Self::VideoSecond => "video_second",
            Self::Character => "character",
            Self::AudioSecond => "audio_second",
            Self::Request => "request",
        }
    }
}

/// What providers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PriceUnit {
    /// Tokens that we send and that were not cached.
    InputToken,
    /// Tokens that we send and that the provider had cached; without a row of their own they cost as `input_token`.
    CachedToken,
    /// Tokens of the answer, thinking included.
    OutputToken,
    /// Tokens of a picture that we send; without a row of their own they cost as `input_token`.
    ImageInputToken,
    /// Tokens of a picture that we get.
    ImageOutputToken,
    /// Pictures.
    Image,
    /// Seconds of video.
    VideoSecond,
    /// Characters of speech.
    Character,
    /// Seconds of speech.
    AudioSecond,
    /// Requests.
    Request,
}
