//! The fact ledger: every number that the brief knows, and which numbers of a text it does not.

use handbill_domain::{
    asset::{CheckResult, Severity},
    brief::{Brief, Fact, FactValue, Price},
    locale::Locale,
    text::Localized,
};

use crate::{
    finding::{Findings, said},
    numbers::{self, Found, Meaning, micros_of},
    units,
};

const MICRO: i128 = 1_000_000;

/// Every number that a brief vouches for. Make it once for many texts.
#[derive(Clone, Debug)]
pub struct Ledger {
    known: Vec<Meaning>,
    /// Numbers of facts that state no unit: any unit suits them.
    unitless: Vec<i128>,
}

impl Ledger {
    /// Reads all that the brief says, in every locale. What follows by arithmetic is known too: what is saved between the
    /// list price and the price, in money and in percent.
    pub fn of(brief: &Brief) -> Self {
        let mut ledger = Self { known: Vec::new(), unitless: Vec::new() };
        for text in texts(brief) {
            ledger.learn(text);
        }
        for fact in &brief.product.facts {
            ledger.learn_fact(fact);
        }
        let prices = [&brief.product.price, &brief.product.list_price];
        for price in prices.into_iter().flatten() {
            ledger.known.extend(money(price));
        }
        if let [Some(now), Some(before)] = prices {
            ledger.learn_saving(now, before);
        }
        ledger
    }

    fn learn(&mut self, text: &str) {
        for found in numbers::find(text) {
            // A day also vouches for its year and its month.
            if let Meaning::Date { year, month, .. } = found.meaning {
                self.known.push(Meaning::Month(month));
                self.known
                    .extend(year.map(|y| Meaning::Amount { micros: i128::from(y) * MICRO, base: None }));
            }
            self.known.push(found.meaning);
        }
    }

    fn learn_fact(&mut self, fact: &Fact) {
        let FactValue::Number(number) = &fact.value else { return };
        let Some(micros) = micros_of(&number.to_string()) else { return };
        let spellings = fact.unit.as_ref().map(Localized::texts).unwrap_or_default();
        for unit in &spellings {
            self.learn(&format!("{number} {unit}"));
        }
        let labels: Vec<&str> = fact.label.texts();
        let in_label = labels
            .iter()
            .filter_map(|l| l.rsplit(['(', '（']).next())
            .filter_map(|u| units::named(u.trim_end_matches([')', '）'])));
        let mut named = false;
        for unit in in_label {
            named = true;
            self.known.push(Meaning::Amount {
                micros: micros * i128::from(unit.micros) / MICRO,
                base: Some(unit.base),
            });
        }
        if spellings.is_empty() && !named {
            self.unitless.push(micros);
        }
        self.known.push(Meaning::Amount { micros, base: None });
    }

    fn learn_saving(&mut self, now: &Price, before: &Price) {
        let (Some(less), Some(more)) = (micros_of(&now.amount), micros_of(&before.amount)) else { return };
        if now.currency != before.currency || less >= more {
            return;
        }
        self.known.push(Meaning::Amount { micros: more - less, base: Some(now.currency.code()) });
        // A percentage is stated rounded down, never more than is saved.
        let percent = (more - less) * 100 / more;
        self.known.push(Meaning::Amount { micros: percent * MICRO, base: Some("%") });
    }

    /// The numbers of a text that the ledger does not vouch for, as they are written.
    pub fn unknown(&self, text: &str) -> Vec<String> {
        self.missing(text).into_iter().map(|found| found.text).collect()
    }

    /// Objects to each number of a text that the brief does not state. A bare small number or a time of day is only
    /// something to look at; everything else must go.
    pub fn objections(&self, place: &str, text: &str, locale: &Locale) -> Vec<CheckResult> {
        let mut findings = Findings::in_language_of(locale);
        let mut told: Vec<String> = Vec::new();
        for Found { text: number, meaning, .. } in self.missing(text) {
            if told.contains(&number) {
                continue;
            }
            findings.note(
                "fact",
                severity(&meaning),
                place,
                said!(
                    "“{number}”不在需求单中，无法核实",
                    "“{number}” is not in the brief, so nobody can vouch for it"
                ),
                Some(said!(
                    "删去，或改用需求单写明的数字",
                    "remove it, or use a number that the brief states"
                )),
            );
            told.push(number);
        }
        findings.finish()
    }

    fn missing(&self, text: &str) -> Vec<Found> {
        numbers::find(text).into_iter().filter(|found| !self.vouches_for(&found.meaning)).collect()
    }

    fn vouches_for(&self, said: &Meaning) -> bool {
        let same = |known: &Meaning| match (said, known) {
            (Meaning::Amount { micros, base }, Meaning::Amount { micros: m, base: b }) => {
                // A sign may be a dash: `-18 °C`, `2-3 days`. Whoever knows the one knows the other.
                micros.abs() == m.abs() && (base == b || base.is_none())
            }
            (Meaning::Date { year, month, day }, Meaning::Date { year: y, month: m, day: d }) => {
                month == m && day == d && (year == y || year.is_none() || y.is_none())
            }
            (said, known) => said == known,
        };
        let any_unit = matches!(said, Meaning::Amount { micros, .. } if self.unitless.iter().any(|known| known.abs() == micros.abs()));
        any_unit || self.known.iter().any(same)
    }
}

fn severity(meaning: &Meaning) -> Severity {
    match meaning {
        Meaning::Clock(..) => Severity::Warn,
        Meaning::Amount { micros, base: None }
            if *micros % MICRO == 0 && (1..=12).contains(&(*micros / MICRO)) =>
        {
            Severity::Warn
        }
        _ => Severity::Block,
    }
}

fn money(price: &Price) -> Option<Meaning> {
    Some(Meaning::Amount { micros: micros_of(&price.amount)?, base: Some(price.currency.code()) })
}

/// Everything that the brief says in words.
fn texts(brief: &Brief) -> Vec<&str> {
    let Brief { product, brand, .. } = brief;
    let mut texts: Vec<&str> = vec![brief.campaign.as_str()];
    let localized = [&product.name, &brand.name, &brief.audience, &brief.key_message, &brief.call_to_action];
    texts.extend(localized.into_iter().chain(&brand.legal_lines).flat_map(Localized::texts));
    texts.extend(brief.url.as_deref().into_iter().chain(product.sku.as_deref()));
    if let Some(offer) = &brief.offer {
        texts.extend(offer.text.texts());
        texts.extend(offer.code.as_deref().into_iter().chain(offer.until.as_deref()));
    }
    for fact in &product.facts {
        texts.extend(fact.label.texts());
        texts.extend(fact.benefit.iter().flat_map(Localized::texts));
        texts.extend(fact.source.as_deref());
        if let FactValue::Words(words) = &fact.value {
            texts.extend(words.texts());
        }
    }
    texts.extend(product.photos.iter().filter_map(|p| p.alt.as_ref()).flat_map(Localized::texts));
    texts.extend(brand.voice.wanted.iter().map(String::as_str));
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::a_brief;

    #[test]
    fn numbers_of_the_brief_are_known_in_any_unit_and_language() {
        let ledger = Ledger::of(&a_brief());
        for text in [
            "净含量100克，80℃冲泡，2026年4月5日前8折",
            "100 g of tea, brewed at 80 °C, 20% off until April 5",
            "0.1 kg, ¥268.00 instead of 328元, 立减60元",
            "一百克，八折，四月尝鲜，每盒12袋",
            "Use code SPRING20 at https://tea.example/spring-2026",
            "Save 18% with us",
            "HB-LJ100",
            "保鲜18个月，也就是一年半",
        ] {
            assert_eq!(ledger.unknown(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn numbers_that_the_brief_does_not_state_are_named() {
        let ledger = Ledger::of(&a_brief());
        let table: &[(&str, &[&str])] = &[
            ("净含量200克", &["200克"]),
            ("100 ml of tea", &["100 ml"]),
            ("海拔八百米的茶园，十二道工序", &["八百米", "十二道"]),
            ("Picked by 12 hours of hand work", &["12 hours"]),
            ("98%的人回购", &["98%"]),
            ("Now $25", &["$25"]),
            ("原价399元", &["399元"]),
            ("7折，until April 6", &["7折", "April 6"]),
            ("Loved by 10,000 people", &["10,000 people"]),
            ("0糖", &["0"]),
        ];
        for (text, expected) in table {
            assert_eq!(ledger.unknown(text), *expected, "{text}");
        }
    }

    #[test]
    fn a_wrong_amount_blocks_and_a_bare_small_number_is_only_shown() {
        let ledger = Ledger::of(&a_brief());
        let zh = "zh-CN".parse().unwrap();
        let found = ledger.objections("title", "净含量200克，200克，泡3次", &zh);
        let told: Vec<_> = found.iter().map(|r| (r.message.as_str(), r.severity)).collect();
        assert_eq!(
            told,
            [
                ("“200克”不在需求单中，无法核实", Severity::Block),
                ("“3”不在需求单中，无法核实", Severity::Warn)
            ]
        );
        assert_eq!(found[0].place.as_deref(), Some("title"));
    }
}
