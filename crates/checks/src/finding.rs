//! How a finding is written down: in the language of the asset that it is about.

use handbill_domain::{
    asset::{CheckResult, Severity},
    locale::Locale,
};

/// Findings about one asset.
pub(crate) struct Findings<'a> {
    locale: &'a Locale,
    found: Vec<CheckResult>,
}

/// The same sentence in the two languages of the house.
pub(crate) struct Said {
    pub zh: String,
    pub en: String,
}

/// Both languages of a sentence, formatted with the same values.
macro_rules! said {
    ($zh:literal, $en:literal $(,)?) => {
        $crate::finding::Said { zh: format!($zh), en: format!($en) }
    };
}
pub(crate) use said;

impl<'a> Findings<'a> {
    pub(crate) fn in_language_of(locale: &'a Locale) -> Self {
        Self { locale, found: Vec::new() }
    }

    /// Notes that the asset cannot be published so.
    pub(crate) fn block(&mut self, rule: &str, place: &str, message: Said, suggestion: Said) {
        self.note(rule, Severity::Block, place, message, Some(suggestion));
    }

    /// Notes something to look at.
    pub(crate) fn warn(&mut self, rule: &str, place: &str, message: Said, suggestion: Said) {
        self.note(rule, Severity::Warn, place, message, Some(suggestion));
    }

    pub(crate) fn note(
        &mut self,
        rule: &str,
        severity: Severity,
        place: &str,
        message: Said,
        suggestion: Option<Said>,
    ) {
        self.found.push(CheckResult {
            rule: rule.to_owned(),
            severity,
            message: self.choose(message),
            suggestion: suggestion.map(|s| self.choose(s)),
            place: (!place.is_empty()).then(|| place.to_owned()),
        });
    }

    /// Takes over findings that are already written in this language.
    pub(crate) fn extend(&mut self, more: Vec<CheckResult>) {
        self.found.extend(more);
    }

    /// The findings: what blocks first, otherwise in the order found.
    pub(crate) fn finish(mut self) -> Vec<CheckResult> {
        self.found.sort_by_key(|result| std::cmp::Reverse(result.severity));
        self.found
    }

    fn choose(&self, said: Said) -> String {
        if self.locale.is_chinese() { said.zh } else { said.en }
    }
}
