//! Everything that can be said about a product in one locale, ready to be fitted into places: lines, sentences, tags.

use super::{
    super::inputs::{Told, ToldFact},
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
    /// The product without its brand.
    pub noun: String,
    /// The one message, as a line.
    pub message: Option<String>,
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
    pub bullets: Vec<Said>,
    /// Short lines for a picture, those of the lead first.
    pub heads: Vec<String>,
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
    /// Is it a number?
    pub is_number: bool,
    /// The text.
    pub text: String,
}

impl Said {
    /// About this fact.
    pub(super) fn about(fact: &ToldFact, text: String) -> Self {
        Self { fact: fact.id.clone(), label: fact.label.clone(), is_number: fact.is_number, text }
    }
}

impl Bank {
    /// What can be said for an angle. `turn` moves another fact to the front for each variant.
    pub(super) fn of(told: &Told, lead: Lead, turn: usize, dice: &Dice) -> Self {
        if told.locale.is_chinese() {
            zh::bank(told, lead, turn, dice)
        } else {
            en::bank(told, lead, turn, dice)
        }
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

/// Facts in the order for a variant: another one first each turn, and a lead that starts from how a thing is made
/// starts from words, not from a number.
pub(super) fn turned(
    facts: Vec<ToldFact>,
    lead: Lead,
    turn: usize,
    plain_number: impl Fn(&ToldFact) -> bool,
) -> Vec<ToldFact> {
    let late = |f: &ToldFact| {
        if matches!(lead, Lead::Craft | Lead::Question) { f.is_number } else { plain_number(f) }
    };
    let (after, mut first): (Vec<_>, Vec<_>) = facts.into_iter().partition(late);
    if !first.is_empty() {
        let by = turn % first.len();
        first.rotate_left(by);
    }
    first.extend(after);
    first
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
