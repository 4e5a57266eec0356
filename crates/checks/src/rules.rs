//! Claim rules: what laws and platforms forbid or demand in a text. The rules are data (`rules/*.json`), each with its
//! source and with examples that a test holds it to. A drafting aid, not legal advice.

use handbill_domain::{
    asset::{CheckResult, Severity},
    channel::{Names, Placement, channel_of},
    locale::Locale,
};
use serde::Deserialize;

use crate::{
    finding::{Findings, Said, said},
    wording::repetition,
};

mod data;

use data::{Coded, Kind, Pattern, Rule, Scope, Trigger, data, rules};

/// Texts that belong together (one ad, one page), and what is known about where they go.
#[derive(Clone, Copy, Debug)]
pub struct Review<'a> {
    /// Field key (`headline`, or `headline[2]` where there are several) and text.
    pub texts: &'a [(&'a str, &'a str)],
    /// In which language, for which region.
    pub locale: &'a Locale,
    /// Market (`cn`, `us`, `eu`, `in`); `None`: those that the locale and the placement imply.
    pub market: Option<&'a str>,
    /// The product's category, as in the brief.
    pub category: &'a str,
    /// Where it appears; platform rules are only asked where it is known.
    pub placement: Option<&'a Placement>,
    /// What else is known about it.
    pub flags: &'a [Flag],
    /// Proof that is at hand; it clears warnings about claims that want proof.
    pub evidence: &'a [Evidence<'a>],
}

/// Circumstances that demand a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// A shopping link stands under an experience or a test.
    HasPurchaseLink,
    /// Somebody is paid for it.
    PaidPartnership,
    /// The product was a gift.
    Gifted,
    /// The author earns by the link.
    AffiliateLink,
    /// A model wrote the text that is published.
    AiGeneratedText,
    /// A model made pictures or sound.
    AiGeneratedMedia,
    /// It looks like real people, places or events that are not.
    DeepfakeLike,
    /// A person in it was made by a model.
    SyntheticPerformer,
}

/// A document that proves a claim.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// Id (`CN-DATA-001`) or category (`price_claim`) of the rules that it answers.
    pub rule: &'a str,
    /// Id of the document: test report, price log, consented review.
    pub document: &'a str,
}

/// Categories of warnings that a document can clear.
const PROVABLE: &[&str] =
    &["substantiation", "unsubstantiated_superlative", "price_claim", "fabricated_testimonial"];

/// What the rules object to, what blocks first. Each distinct wording is reported once per text.
pub fn review(review: &Review<'_>) -> Vec<CheckResult> {
    let markets = markets(review);
    let mut findings = Findings::in_language_of(review.locale);
    for rule in
        rules().iter().filter(|rule| rule.is_asked(review, &markets) && !rule.is_proved(review.evidence))
    {
        rule.ask(review, &mut findings);
    }
    findings.finish()
}

/// The market that is named, else those of the locale's region and of the placement's channel.
fn markets(review: &Review<'_>) -> Vec<String> {
    if let Some(market) = review.market {
        return vec![market.to_ascii_lowercase()];
    }
    let channel = review
        .placement
        .and_then(|p| channel_of(&p.id))
        .map(|c| c.region.as_str())
        .filter(|r| *r != "global");
    let region = review.locale.market();
    let mut markets: Vec<String> = region.into_iter().chain(channel.map(str::to_owned)).collect();
    markets.dedup();
    markets
}

impl Rule {
    /// Is it for this language, market, category and placement?
    fn is_asked(&self, review: &Review<'_>, markets: &[String]) -> bool {
        let has = |list: &[String], word: &str| list.iter().any(|w| w == word || w == "*");
        let sets = review.placement.map(|p| p.rule_sets.as_slice()).unwrap_or_default();
        let in_market =
            markets.iter().any(|m| has(&self.markets, m) || in_set(&format!("market_{m}"), &self.id))
                || self.markets.iter().any(|m| m == "*")
                || sets.iter().any(|set| in_set(set, &self.id));
        in_market && has(&self.langs, review.locale.language()) && self.applies_when.holds(review)
    }

    fn is_proved(&self, evidence: &[Evidence<'_>]) -> bool {
        let answers =
            |e: &Evidence<'_>| !e.document.is_empty() && (e.rule == self.id || e.rule == self.category);
        self.severity == Severity::Warn
            && PROVABLE.contains(&self.category.as_str())
            && evidence.iter().any(answers)
    }

    fn ask(&self, review: &Review<'_>, findings: &mut Findings<'_>) {
        let texts = || review.texts.iter().filter(|(key, _)| self.applies_when.takes_field(key));
        match &self.kind {
            Kind::Regex { pattern, exclude } => {
                for (key, text) in texts() {
                    for hit in hits(text, pattern, exclude) {
                        self.report(key, Some(&hit), findings);
                    }
                }
            }
            Kind::MustInclude { trigger, any_of } => {
                let said = review.texts.iter().map(|(_, text)| *text).collect::<Vec<_>>().join("\n");
                if trigger.holds(review) && !any_of.iter().any(|p| p.0.is_match(&said)) {
                    self.report("", None, findings);
                }
            }
            Kind::Count { pattern, check } => {
                let found: Vec<_> = texts()
                    .flat_map(|(key, text)| pattern.0.find_iter(text).map(move |m| (key, m)))
                    .collect();
                if let Some((key, hit)) = found.get(check.max) {
                    self.report(key, Some(hit.as_str()), findings);
                }
            }
            Kind::Check { check: Coded::RepeatedWordRun { min_run } } => {
                for (key, text) in texts() {
                    if let Some(repeated) = repetition(text, *min_run) {
                        self.report(key, Some(&repeated), findings);
                    }
                }
            }
        }
    }

    fn report(&self, place: &str, hit: Option<&str>, findings: &mut Findings<'_>) {
        let Names { zh, en } = &self.explanation;
        let message = match hit.map(str::trim) {
            Some(hit) if !hit.is_empty() => said!("“{hit}”：{zh}", "“{hit}”: {en}"),
            _ => Said { zh: zh.clone(), en: en.clone() },
        };
        let suggestion = Said { zh: self.suggestion.zh.clone(), en: self.suggestion.en.clone() };
        findings.note(&self.id, self.severity, place, message, Some(suggestion));
    }
}

impl Scope {
    fn holds(&self, review: &Review<'_>) -> bool {
        let categories = self.categories.as_ref().is_none_or(|list| is_kind_of(review.category, list));
        let excluded = self.exclude_categories.as_ref().is_some_and(|list| is_kind_of(review.category, list));
        let placements = self.placements.as_ref().is_none_or(|globs| is_at(review.placement, globs));
        categories && !excluded && placements
    }

    fn takes_field(&self, key: &str) -> bool {
        let base = key.split('[').next().unwrap_or(key);
        self.fields.as_ref().is_none_or(|globs| globs.iter().any(|g| matches_glob(g, base)))
    }
}

impl Trigger {
    fn holds(&self, review: &Review<'_>) -> bool {
        self.categories.as_ref().is_none_or(|list| is_kind_of(review.category, list))
            && self.placements.as_ref().is_none_or(|globs| is_at(review.placement, globs))
            && self.flags.as_ref().is_none_or(|flags| flags.iter().any(|f| review.flags.contains(f)))
    }
}

/// The distinct matches that no exclusion overlaps.
fn hits(text: &str, pattern: &Pattern, exclude: &[Pattern]) -> Vec<String> {
    let spared: Vec<_> = exclude.iter().flat_map(|p| p.0.find_iter(text)).map(|m| m.range()).collect();
    let mut found = Vec::new();
    for hit in pattern.0.find_iter(text) {
        let free = spared.iter().all(|s| hit.end() <= s.start || s.end <= hit.start());
        if free && !found.iter().any(|f| f == hit.as_str()) {
            found.push(hit.as_str().to_owned());
        }
    }
    found
}

/// `tea` is food: categories that briefs name are kinds of the categories that rules name.
fn is_kind_of(category: &str, list: &[String]) -> bool {
    let category = category.trim().to_lowercase().replace([' ', '-'], "_");
    let kinds = data().map(|d| &d.kinds);
    list.iter().any(|wanted| {
        *wanted == category || kinds.and_then(|k| k.get(wanted)).is_some_and(|k| k.contains(&category))
    })
}

fn is_at(placement: Option<&Placement>, globs: &[String]) -> bool {
    placement.is_some_and(|p| globs.iter().any(|g| matches_glob(g, &p.id)))
}

/// Is the rule in the set of this name?
fn in_set(set: &str, rule: &str) -> bool {
    data().and_then(|d| d.sets.get(set)).is_some_and(|globs| globs.iter().any(|g| matches_glob(g, rule)))
}

/// `*` stands for any run of letters.
fn matches_glob(glob: &str, text: &str) -> bool {
    match glob.split_once('*') {
        None => glob == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|tail| {
            tail.char_indices()
                .map(|(at, _)| at)
                .chain([tail.len()])
                .any(|at| matches_glob(rest, &tail[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use handbill_domain::channel::{placement, placement_ids};

    use super::{data::DATA, *};

    #[test]
    fn every_rule_file_is_read() {
        assert_eq!(DATA.as_ref().map(|d| d.rules.len()), Ok(78));
        let ids: std::collections::BTreeSet<_> = rules().iter().map(|r| &r.id).collect();
        assert_eq!(ids.len(), 78);
    }

    /// A review in which the rule is asked.
    fn of<'a>(rule: &'a Rule, texts: &'a [(&'a str, &'a str)], locale: &'a Locale) -> Review<'a> {
        let category =
            |list: &'a Option<Vec<String>>| list.as_ref().and_then(|l| l.first()).map(String::as_str);
        let at = |list: &Option<Vec<String>>| {
            list.as_ref()
                .map(|globs| placement_ids().find(|id| globs.iter().any(|g| matches_glob(g, id))).unwrap())
        };
        let (trigger_category, trigger_place, flags) = match &rule.kind {
            Kind::MustInclude { trigger, .. } => (
                category(&trigger.categories),
                at(&trigger.placements),
                trigger.flags.as_deref().unwrap_or_default(),
            ),
            _ => (None, None, &[][..]),
        };
        Review {
            texts,
            locale,
            market: rule.markets.iter().find(|m| *m != "*").map(String::as_str),
            category: category(&rule.applies_when.categories).or(trigger_category).unwrap_or("household"),
            placement: at(&rule.applies_when.placements).or(trigger_place).and_then(placement),
            flags,
            evidence: &[],
        }
    }

    #[test]
    fn every_rule_finds_its_hits_and_spares_its_misses() {
        let mut asked = 0;
        for rule in rules() {
            let language = rule.langs.first().map_or("en", |l| if l == "*" { "en" } else { l });
            let locale: Locale = language.parse().unwrap();
            let field = rule.applies_when.fields.as_ref().map_or("body", |f| f[0].as_str());
            for (examples, expected) in [(&rule.examples.hit, true), (&rule.examples.miss, false)] {
                for example in examples {
                    let texts = [(field, example.as_str())];
                    let found = review(&of(rule, &texts, &locale)).iter().any(|r| r.rule == rule.id);
                    assert_eq!(found, expected, "{} on “{example}”", rule.id);
                    asked += 1;
                }
            }
        }
        assert!(asked > 200, "{asked}");
    }

    fn a_review<'a>(texts: &'a [(&'a str, &'a str)], locale: &'a Locale) -> Review<'a> {
        Review {
            texts,
            locale,
            market: None,
            category: "household",
            placement: None,
            flags: &[],
            evidence: &[],
        }
    }

    fn ids(review: &Review<'_>) -> Vec<String> {
        super::review(review).into_iter().map(|r| r.rule).collect()
    }

    #[test]
    fn a_rule_is_asked_for_its_language_market_category_and_placement_only() {
        let zh_cn: Locale = "zh-CN".parse().unwrap();
        let zh_tw: Locale = "zh-TW".parse().unwrap();
        let en_us: Locale = "en-US".parse().unwrap();
        let en_ie: Locale = "en-IE".parse().unwrap();
        let best = [("title", "全网最好的茶")];
        assert_eq!(ids(&a_review(&best, &zh_cn)), ["CN-ABS-002"]);
        assert!(ids(&a_review(&best, &zh_tw)).is_empty());
        let on_douyin = Review { placement: placement("douyin.video_post"), ..a_review(&best, &zh_tw) };
        assert_eq!(ids(&on_douyin), ["CN-ABS-002"]);

        let healthy = [("title", "养胃小米粥")];
        assert!(ids(&a_review(&healthy, &zh_cn)).is_empty());
        for category in ["food", "tea", "Tea", "茶叶"] {
            assert_eq!(
                ids(&Review { category, ..a_review(&healthy, &zh_cn) }),
                ["CN-FOOD-001"],
                "{category}"
            );
        }

        let green = [("headline", "Eco-friendly bottle")];
        assert_eq!(ids(&a_review(&green, &en_us)), ["US-GREEN-001"]);
        assert_eq!(ids(&a_review(&green, &en_ie)), ["EU-GREEN-001"]);

        let shouted = [("headline", "Summer sale!"), ("description", "Buy a bottle today!")];
        let on_google = Review { placement: placement("google_ads.rsa"), ..a_review(&shouted, &en_us) };
        let mut found = ids(&on_google);
        found.sort();
        assert_eq!(found, ["GADS-PUNCT-002", "GADS-PUNCT-003"]);
    }

    #[test]
    fn a_finding_names_its_field_in_the_language_of_the_text() {
        let zh: Locale = "zh-CN".parse().unwrap();
        let found = review(&a_review(&[("headline[2]", "顶级面料")], &zh));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].place.as_deref(), Some("headline[2]"));
        assert!(found[0].message.starts_with("“顶级”："), "{}", found[0].message);
        let en: Locale = "en-US".parse().unwrap();
        let found = review(&a_review(&[("headline", "Last chance: the best cup")], &en));
        assert_eq!(found.len(), 2);
        assert!(found[0].message.contains("reasonable basis"), "{}", found[0].message);
    }

    #[test]
    fn evidence_clears_warnings_about_claims_but_never_a_block() {
        let en: Locale = "en-US".parse().unwrap();
        let texts = [("headline", "Was $49, now $39: eco-friendly, and no side effects")];
        let proof = [
            Evidence { rule: "price_claim", document: "price-log-7" },
            Evidence { rule: "US-HEALTH-001", document: "x" },
        ];
        let found = ids(&Review { evidence: &proof, ..a_review(&texts, &en) });
        assert_eq!(found, ["US-HEALTH-001", "US-GREEN-001"]);
    }

    #[test]
    fn a_statement_is_demanded_where_its_trigger_holds() {
        let zh: Locale = "zh-CN".parse().unwrap();
        let texts = [("text", "蛋白粉，每天两勺")];
        assert_eq!(ids(&Review { category: "health_food", ..a_review(&texts, &zh) }), ["CN-HF-001"]);
        assert_eq!(ids(&Review { flags: &[Flag::AiGeneratedText], ..a_review(&texts, &zh) }), ["CN-AI-001"]);
        assert!(ids(&Review { flags: &[Flag::PaidPartnership], ..a_review(&texts, &zh) }).is_empty());
        let note = Review {
            flags: &[Flag::PaidPartnership],
            placement: placement("xiaohongshu.note_image"),
            ..a_review(&texts, &zh)
        };
        assert_eq!(ids(&note), ["CN-ADMARK-001"]);
    }

    #[test]
    fn globs_stand_for_runs_of_letters() {
        assert!(matches_glob("instagram.*ad*", "instagram.feed_ad"));
        assert!(!matches_glob("instagram.*ad*", "instagram.reels"));
        assert!(matches_glob("CN-*", "CN-ABS-001") && !matches_glob("CN-", "CN-ABS-001"));
    }
}
