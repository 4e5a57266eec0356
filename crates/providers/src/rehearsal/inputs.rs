//! What the prompts of text steps are rendered from. Remote models read the rendered prompt; rehearsal reads these.

use handbill_domain::{
    brief::{Brief, Fact, FactValue, Objective, Offer, Price},
    channel::{Placement, TextField, TextUnit},
    locale::Locale,
    text::Localized,
    words::{Angle, Outline, Strategy},
};
use serde::{Deserialize, Serialize};

/// A brief as it is told in one locale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Short name of the campaign, in ASCII.
    pub campaign: String,
    /// Locale of all texts.
    pub locale: Locale,
    /// Name of its language, in English: `Chinese (Simplified)`, `German`.
    pub language: String,
    /// The product's name.
    pub product: String,
    /// The brand's name.
    pub brand: String,
    /// Kind of product.
    pub category: String,
    /// What is true.
    pub facts: Vec<ToldFact>,
    /// What the campaign is for.
    pub objective: Objective,
    /// Whom it speaks to.
    pub audience: String,
    /// The one message.
    pub key_message: String,
    /// What people get.
    pub offer: Option<ToldOffer>,
    /// Has it a price?
    #[serde(default)]
    pub priced: bool,
    /// The price as it is written in this locale: `268元`, `$34`.
    pub price: Option<String>,
    /// The price before, written so.
    pub list_price: Option<String>,
    /// What people shall do.
    pub call_to_action: String,
    /// Where a click leads.
    pub url: Option<String>,
    /// How the brand sounds.
    pub tone: Option<String>,
    /// Words to prefer.
    pub wanted: Vec<String>,
    /// Words that must not appear.
    pub unwanted: Vec<String>,
    /// Legal lines.
    pub legal: Vec<String>,
    /// What the first product photo shows.
    pub photo: Option<String>,
}

/// A fact in one locale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldFact {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub label: String,
    /// What is true, with its unit: `100克`, `24 hours`.
    pub stated: String,
    /// Is it a number?
    pub is_number: bool,
    /// What the buyer has of it.
    pub benefit: Option<String>,
    /// What is usual instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<String>,
}

/// The offer in one locale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldOffer {
    /// The offer.
    pub text: String,
    /// Code to type in.
    pub code: Option<String>,
    /// Last day, `2026-04-05`.
    pub until: Option<String>,
}

/// A placement, for writers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToldPlacement {
    /// Its id.
    pub id: String,
    /// Its name in the writer's language.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Advice.
    pub notes: Vec<String>,
    /// Its texts.
    pub fields: Vec<ToldField>,
}

/// A text of a placement, for writers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToldField {
    /// Its key.
    pub key: String,
    /// Hard limit in `unit`s.
    pub max: Option<u32>,
    /// Shortest accepted.
    pub min: Option<u32>,
    /// The length to write for.
    pub target: Option<u32>,
    /// How lengths count.
    pub unit: TextUnit,
    /// How lengths count, in words.
    pub counted: String,
    /// At least so many texts.
    pub at_least: u32,
    /// At most so many.
    pub at_most: u32,
    /// Must it be there?
    pub required: bool,
    /// Advice.
    pub note: Option<String>,
}

/// For `strategy`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StrategyInputs {
    /// The brief.
    pub brief: Told,
    /// How many angles are needed.
    pub variants: u32,
}

/// For `outline`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutlineInputs {
    /// The brief.
    pub brief: Told,
    /// The strategy.
    pub strategy: Strategy,
    /// The angle of this variant.
    pub angle: Angle,
    /// One-based variant.
    pub variant: u32,
}

/// For `copy`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CopyInputs {
    /// The brief.
    pub brief: Told,
    /// The strategy.
    pub strategy: Strategy,
    /// The angle of this variant.
    pub angle: Angle,
    /// The outline.
    pub outline: Outline,
    /// One-based variant.
    pub variant: u32,
    /// Where it appears.
    pub placement: ToldPlacement,
}

/// For `article`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArticleInputs {
    /// The brief.
    pub brief: Told,
    /// The strategy.
    pub strategy: Strategy,
}

/// For `art_direction`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArtInputs {
    /// The brief.
    pub brief: Told,
    /// The strategy of the first locale.
    pub strategy: Strategy,
    /// How many backgrounds are needed.
    pub variants: u32,
    /// The brand's colours, the first the best known.
    pub palette: Vec<String>,
    /// Styles to choose from.
    pub styles: Vec<String>,
    /// Moods of music to choose from.
    pub music: Vec<String>,
}

/// For `storyboard`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoryboardInputs {
    /// The brief.
    pub brief: Told,
    /// The strategy.
    pub strategy: Strategy,
    /// The outline of the first variant.
    pub outline: Outline,
    /// Length in seconds.
    pub tier: u32,
    /// The scenes to fill, in order.
    pub sections: Vec<ToldSection>,
    /// Is there a photo of the product in use?
    pub has_lifestyle: bool,
    /// Most characters of a headline.
    pub headline_most: u32,
    /// Most characters of words that have the frame to themselves (`background`).
    pub statement_most: u32,
}

/// One scene to fill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToldSection {
    /// Stable id: `hook`, `selling_point_2`.
    pub id: String,
    /// Section.
    pub section: String,
    /// How long it is.
    pub seconds: f32,
    /// Most that can be said: Chinese characters without punctuation, or words.
    pub most: u32,
}

impl Told {
    /// A brief in one of its locales. What has no text in the locale is told in the brief's first locale: a name is
    /// better than none.
    pub fn of(brief: &Brief, locale: &Locale) -> Self {
        let say = |text: &Localized| spoken(text, locale, brief);
        let many = |texts: &[Localized]| texts.iter().map(say).collect();
        let facts = brief.product.facts.iter().map(|fact| ToldFact::of(fact, locale, brief)).collect();
        let offer = |offer: &Offer| ToldOffer {
            text: say(&offer.text),
            code: offer.code.clone(),
            until: offer.until.clone(),
        };
        Self {
            campaign: brief.campaign.clone(),
            language: language(locale),
            product: say(&brief.product.name),
            brand: say(&brief.brand.name),
            category: brief.product.category.clone(),
            facts,
            objective: brief.objective,
            audience: say(&brief.audience),
            key_message: say(&brief.key_message),
            offer: brief.offer.as_ref().map(offer),
            priced: brief.product.price.is_some(),
            price: brief.product.price.as_ref().map(|p| priced(p, locale)),
            list_price: brief.product.list_price.as_ref().map(|p| priced(p, locale)),
            call_to_action: say(&brief.call_to_action),
            url: brief.url.clone(),
            tone: brief.brand.voice.tone.as_ref().map(say),
            wanted: brief.brand.voice.wanted.clone(),
            unwanted: brief.brand.voice.unwanted.clone(),
            legal: many(&brief.brand.legal_lines),
            photo: brief.product.photos.first().and_then(|p| p.alt.as_ref()).map(say),
            locale: locale.clone(),
        }
    }

    /// A brief without what changes from sale to sale: amounts, codes, dates. What is settled once for a campaign is settled
    /// from this, so that a new price makes neither its message nor its pictures anew.
    pub fn lasting(brief: &Brief, locale: &Locale) -> Self {
        let told = Self::of(brief, locale);
        let offer = told.offer.map(|offer| ToldOffer { code: None, until: None, ..offer });
        Self { offer, price: None, list_price: None, ..told }
    }
}

fn spoken(text: &Localized, locale: &Locale, brief: &Brief) -> String {
    let first = || brief.locales.iter().find_map(|l| text.get(l));
    text.get(locale)
        .or_else(first)
        .or_else(|| text.texts().first().copied())
        .unwrap_or_default()
        .trim()
        .to_owned()
}

impl ToldFact {
    fn of(fact: &Fact, locale: &Locale, brief: &Brief) -> Self {
        let say = |text: &Localized| spoken(text, locale, brief);
        let stated = match (&fact.value, &fact.unit) {
            (FactValue::Words(words), None) => say(words),
            (FactValue::Words(words), Some(unit)) => joined(&say(words), &say(unit)),
            (FactValue::Number(number), None) => number.to_string(),
            (FactValue::Number(number), Some(unit)) => joined(&number.to_string(), &say(unit)),
        };
        Self {
            id: fact.id.clone(),
            label: say(&fact.label),
            stated,
            is_number: matches!(fact.value, FactValue::Number(_)),
            benefit: fact.benefit.as_ref().map(say).filter(|b| !b.is_empty()),
            usual: fact.usual.as_ref().map(say).filter(|u| !u.is_empty()),
        }
    }
}

/// `24 hours`, but `80°C` and `100克`.
fn joined(value: &str, unit: &str) -> String {
    let close = unit.starts_with(['%', '°', '℃', '℉']) || !unit.is_ascii();
    if close { format!("{value}{unit}") } else { format!("{value} {unit}") }
}

fn priced(price: &Price, locale: &Locale) -> String {
    let amount = price.written();
    match (price.currency.code(), locale.is_chinese()) {
        ("CNY", true) => format!("{amount}元"),
        ("CNY", false) => format!("¥{amount}"),
        ("USD", true) => format!("{amount}美元"),
        ("USD", false) => format!("${amount}"),
        ("EUR", true) => format!("{amount}欧元"),
        ("EUR", false) => format!("€{amount}"),
        (code, _) => format!("{code} {amount}"),
    }
}

/// The English name of a locale's language, for prompts that are written in English.
fn language(locale: &Locale) -> String {
    let name = match locale.language() {
        "zh" if locale.as_str().contains("Hant") || matches!(locale.region(), Some("TW" | "HK" | "MO")) => {
            "Chinese (Traditional)"
        }
        "zh" => "Chinese (Simplified)",
        "en" => "English",
        "de" => "German",
        "fr" => "French",
        "es" => "Spanish",
        "pt" => "Portuguese",
        "it" => "Italian",
        "nl" => "Dutch",
        "ja" => "Japanese",
        "ko" => "Korean",
        "ar" => "Arabic",
        "ru" => "Russian",
        "th" => "Thai",
        "vi" => "Vietnamese",
        "id" => "Indonesian",
        "ms" => "Malay",
        "tr" => "Turkish",
        "pl" => "Polish",
        "hi" => "Hindi",
        "he" => "Hebrew",
        other => return format!("the language `{other}`"),
    };
    name.to_owned()
}

fn counted(unit: TextUnit, chinese: bool) -> &'static str {
    match (unit, chinese) {
        (TextUnit::BytesUtf8, true) => "UTF-8 字节，一个汉字 3 字节",
        (TextUnit::BytesUtf8, false) => "UTF-8 bytes",
        (TextUnit::CharsAscii, true) => "半角英文字符",
        (TextUnit::CharsAscii, false) => "ASCII characters",
        (TextUnit::GoogleWidth | TextUnit::Cjk2 | TextUnit::XWeighted, true) => {
            "汉字和全角标点算 2，英文数字算 1"
        }
        (TextUnit::GoogleWidth | TextUnit::Cjk2 | TextUnit::XWeighted, false) => {
            "characters, wide ones count 2"
        }
        (TextUnit::Html, _) => "HTML",
        (TextUnit::Enum, true) => "从提示里给出的词中选一个",
        (TextUnit::Enum, false) => "one of the words in the note",
        (_, true) => "字，含标点",
        (_, false) => "characters with spaces",
    }
}

impl ToldPlacement {
    /// A placement for writers of a language.
    pub fn of(placement: &Placement, locale: &Locale) -> Self {
        Self {
            id: placement.id.clone(),
            name: placement.name.for_language(locale.language()).to_owned(),
            kind: placement.kind.clone(),
            notes: placement.notes.clone(),
            fields: placement.fields.iter().map(|field| ToldField::of(field, locale)).collect(),
        }
    }
}

impl ToldField {
    fn of(field: &TextField, locale: &Locale) -> Self {
        let (at_least, at_most) = match field.count {
            None => (1, 1),
            Some(count) => (count.min.max(u32::from(field.required)), count.max.unwrap_or(count.min.max(5))),
        };
        Self {
            key: field.key.clone(),
            max: field.max,
            min: field.min,
            target: field.target(),
            unit: field.unit,
            counted: counted(field.unit, locale.is_chinese()).to_owned(),
            at_least,
            at_most,
            required: field.required,
            note: field.note.clone(),
        }
    }

    /// How long a text is, never less than the platform counts.
    pub fn length(&self, text: &str) -> u32 {
        let wide = |text: &str| text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
        let length = match self.unit {
            TextUnit::Codepoints | TextUnit::Graphemes | TextUnit::Enum | TextUnit::Html => {
                text.chars().count()
            }
            TextUnit::Utf16 => text.encode_utf16().count(),
            TextUnit::BytesUtf8 => text.len(),
            TextUnit::CharsAscii => text.bytes().map(|b| if b.is_ascii() { 1 } else { 3 }).sum(),
            TextUnit::GoogleWidth | TextUnit::Cjk2 => wide(text),
            // A link weighs 23, however short it is.
            TextUnit::XWeighted => wide(text) + 23 * text.matches("://").count(),
        };
        u32::try_from(length).unwrap_or(u32::MAX)
    }
}
