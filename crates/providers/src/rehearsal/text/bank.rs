//! Everything that can be said about a product in one locale, ready to be fitted into places: lines, sentences, tags.

use super::{
    super::inputs::Told,
    angle::Lead,
    dice::Dice,
    {en, zh},
};

/// What can be said, the best first. Lines have no full stop at the end, sentences do.
#[derive(Clone, Debug, Default)]
pub(super) struct Bank {
    /// Is it Chinese?
    pub chinese: bool,
    /// The product's name.
    pub product: String,
    /// The brand's name.
    pub brand: String,
    /// The product without its brand.
    pub noun: String,
    /// Opening sentences.
    pub hooks: Vec<String>,
    /// One sentence or two about each fact.
    pub body: Vec<Said>,
    /// Numbers that have no benefit, in one sentence.
    pub numbers: Option<String>,
    /// Short lines.
    pub lines: Vec<String>,
    /// Lines of two parts, for titles.
    pub titles: Vec<String>,
    /// Facts as short phrases, for lists.
    pub specs: Vec<Said>,
    /// Facts for a list with what the buyer has of them.
    pub bullets: Vec<String>,
    /// The offer.
    pub offer: Option<String>,
    /// The price.
    pub price: Option<String>,
    /// Closing sentences with the call to action.
    pub closes: Vec<String>,
    /// Topics without `#`.
    pub tags: Vec<String>,
}

/// A text and the fact that it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// Id of the fact.
    pub fact: String,
    /// What the fact is about.
    pub label: String,
    /// The text.
    pub text: String,
}

impl Bank {
    /// What can be said for an angle. `turn` moves another fact to the front for each variant.
    pub(super) fn of(told: &Told, lead: Lead, turn: usize, dice: &Dice) -> Self {
        if told.locale.is_chinese() { zh::bank(told, lead, turn, dice) } else { en::bank(told, lead, turn, dice) }
    }

    /// What stands between two sentences.
    pub(super) fn gap(&self) -> &'static str {
        if self.chinese { "" } else { " " }
    }

    /// All that can be said about facts, then numbers.
    pub(super) fn sentences(&self) -> Vec<String> {
        self.body.iter().map(|said| said.text.clone()).chain(self.numbers.clone()).collect()
    }
}

/// Facts in the order for a variant: those with words and benefits before bare numbers, another one first each turn.
pub(super) fn turned<T: Clone>(mut items: Vec<T>, turn: usize) -> Vec<T> {
    if !items.is_empty() {
        let by = turn % items.len();
        items.rotate_left(by);
    }
    items
}

/// Keeps the first of lines that say the same.
pub(super) fn distinct(lines: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    lines.into_iter().filter(|line| !line.is_empty() && seen.insert(plain(line))).collect()
}

/// Letters and digits only, in lower case.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
