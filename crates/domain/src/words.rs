//! The words of a campaign as they are written and approved: strategy, outline, copy, article, storyboard.
//! Each is the answer of one step and the input of later ones. Nothing later rewrites them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::locale::Locale;

/// What the campaign says to whom, and why they should believe it. One per locale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Strategy {
    /// What the audience wants or worries about, in one sentence.
    pub insight: String,
    /// The one message.
    pub message: String,
    /// Why to believe it.
    pub proofs: Vec<Proof>,
    /// One way in for each variant.
    pub angles: Vec<Angle>,
    /// How it sounds, in a few words.
    pub tone: String,
}

/// A reason to believe, tied to a fact of the brief.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Id of the fact.
    pub fact: String,
    /// The sentence.
    pub line: String,
}

/// A way into the message; variants differ by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Angle {
    /// Short id in lower case: `craft`, `moment`, `offer`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it promises.
    pub promise: String,
}

/// What is said in which order, before anything is written out. One per locale and variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outline {
    /// Id of the angle.
    pub angle: String,
    /// Opening lines to choose from, the best first.
    pub hooks: Vec<String>,
    /// Points to make, in order.
    pub points: Vec<Point>,
    /// The closing line with the call to action.
    pub close: String,
    /// The words that the pictures carry.
    pub design: DesignWords,
}

/// One point of an outline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Ids of the facts that it rests on.
    pub facts: Vec<String>,
    /// The point, in one sentence.
    pub line: String,
}

/// Words on a picture. A template shows those that it has a place for and that are not empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DesignWords {
    /// Up to about 12 Chinese characters or 6 English words.
    pub headline: String,
    /// A shorter headline for thin formats: up to about 8 Chinese characters or 4 English words.
    pub headline_short: String,
    /// One sentence below it.
    pub subline: String,
    /// A few words above the headline: what kind of thing this is.
    pub kicker: String,
    /// A fact set as a quotation.
    pub quote: String,
    /// Where the quoted fact is from, or what it is about.
    pub quote_source: String,
    /// Two to four short facts for a list.
    pub bullets: Vec<String>,
}

/// The texts of one placement in one locale and variant, by field key, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlacementCopy {
    /// Placement id.
    pub placement: String,
    /// In which language.
    pub locale: Locale,
    /// One-based variant.
    pub variant: u32,
    /// Id of the angle.
    pub angle: String,
    /// Field key → its texts (most fields have one).
    pub fields: BTreeMap<String, Vec<String>>,
}

/// A long text for the brand's own site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Article {
    /// The page's title.
    pub title: String,
    /// For search results.
    pub meta_description: String,
    /// Last part of the address: lower-case ASCII and hyphens.
    pub slug: String,
    /// The opening paragraph.
    pub lead: String,
    /// The body.
    pub sections: Vec<Section>,
    /// Questions and answers.
    pub faq: Vec<Question>,
}

/// A part of an article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// Its paragraphs.
    pub paragraphs: Vec<String>,
}

/// A question and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What people ask.
    pub question: String,
    /// What is true.
    pub answer: String,
}

/// A short video in scenes. One per locale and length.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Storyboard {
    /// The scenes in order.
    pub scenes: Vec<Scene>,
}

/// One scene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// Stable id, such as `hook`; a scene can be redone by it.
    pub id: String,
    /// Which section it belongs to: `hook`, `pain`, `reveal`, `selling_point`, `demo`, `trust`, `price`, `call_to_action`.
    pub section: String,
    /// How long it is planned, in seconds.
    pub seconds: f32,
    /// What the voice says.
    pub narration: String,
    /// What stands large on the picture; may be empty.
    pub headline: String,
    /// What is seen.
    pub picture: ScenePicture,
    /// What is to be seen, in words, for a picture or video model.
    pub visual: String,
}

/// Where a scene's picture comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScenePicture {
    /// The product cut out over a background of the campaign.
    Product,
    /// A photo of the product in use, where there is one; else as `product`.
    Lifestyle,
    /// A close part of the product photo.
    Detail,
    /// The campaign's background alone, for words.
    Background,
    /// The closing card: logo, offer, call to action.
    EndCard,
}

/// How the campaign looks. One per campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArtDirection {
    /// The mood in a few words.
    pub mood: String,
    /// One background for each variant.
    pub backgrounds: Vec<Background>,
    /// Mood of the music: `calm`, `bright`, `driving`, `warm`, `elegant`, `playful`.
    pub music: String,
}

/// A picture to stand behind product and words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Background {
    /// Kind of scene: `gradient`, `paper`, `bokeh`, `botanical`, `geometric`, `sweep`.
    pub style: String,
    /// The prompt for an image model: no text, no product, no logo in the picture.
    pub prompt: String,
}
