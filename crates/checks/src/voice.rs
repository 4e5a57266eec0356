//! What every text of a campaign is held to, whatever it is for: the brand's unwanted words, the claim rules, the facts.

use handbill_domain::{asset::CheckResult, brief::Brief, channel::Placement, locale::Locale};

use crate::{
    facts::Ledger,
    finding::{Findings, said},
    rules::{Review, review},
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
    let texts: Vec<(&str, &str)> =
        texts.iter().map(|(place, text)| (place.as_str(), text.as_ref())).collect();
    findings.extend(review(&Review {
        texts: &texts,
        locale,
        market: None,
        category: &brief.product.category,
        placement,
        flags: &[],
        evidence: &[],
    }));
    findings.finish()
}
