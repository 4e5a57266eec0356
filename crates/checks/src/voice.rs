//! What every text of a campaign is held to, whatever it is for: the brand's unwanted words, the claim rules, the facts.

use handbill_domain::{
    asset::{CheckResult, Severity},
    brief::Brief,
    channel::Placement,
    locale::Locale,
};

use crate::{
    facts::Ledger,
    finding::{Findings, said},
    rules::{Flag, Review, review},
    wording::says,
};

/// A text and where it stands.
pub(crate) type Placed<'a> = (String, std::borrow::Cow<'a, str>);

/// Objections to the wording of texts that belong together.
pub(crate) fn objections(
    texts: &[Placed<'_>],
    locale: &Locale,
    placement: Option<&Placement>,
    brief: &Brief,
) -> Vec<CheckResult> {
    let mut findings = Findings::in_language_of(locale);
    let ledger = Ledger::of(brief);
    for (place, text) in texts {
        for word in brief.brand.voice.unwanted.iter().filter(|word| says(text, word)) {
            findings.block(
                "unwanted_word",
                place,
                said!("出现品牌禁用词“{word}”", "“{word}” is a word that the brand does not use"),
                said!("换一种说法", "say it in other words"),
            );
        }
        findings.extend(ledger.objections(place, text, locale));
    }
    findings.extend(reviewed(texts, locale, placement, brief, &[]));
    findings.finish()
}

/// What the rules object to under these circumstances.
fn reviewed(
    texts: &[Placed<'_>],
    locale: &Locale,
    placement: Option<&Placement>,
    brief: &Brief,
    flags: &[Flag],
) -> Vec<CheckResult> {
    let texts: Vec<(&str, &str)> =
        texts.iter().map(|(place, text)| (place.as_str(), text.as_ref())).collect();
    review(&Review {
        texts: &texts,
        locale,
        market: None,
        category: &brief.product.category,
        placement,
        flags,
        evidence: &[],
    })
}

/// What has to be said because of how the texts came about (`CN-AI-001`: a model wrote them), and is not said in them.
/// To know, not to repair: where a platform has a switch for it (内容由AI生成), that is the place to say it.
pub(crate) fn undisclosed(
    texts: &[Placed<'_>],
    locale: &Locale,
    placement: Option<&Placement>,
    brief: &Brief,
    flags: &[Flag],
) -> Vec<CheckResult> {
    let without = reviewed(texts, locale, placement, brief, &[]);
    let mut found = reviewed(texts, locale, placement, brief, flags);
    found.retain(|result| !without.contains(result));
    found.iter_mut().for_each(|result| result.severity = result.severity.min(Severity::Warn));
    found
}
