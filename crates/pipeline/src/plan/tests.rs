//! What a plan says about prices, ceilings, currencies and voices.

use handbill_domain::locale::Locale;
use handbill_providers::Catalog;

use super::*;
use crate::samples::spring_tea;

/// Every call costs the same.
struct Flat(i64);

impl Voices for Flat {
    fn voice(&self, _: Role, _: &Locale) -> Result<String, Problems> {
        Ok("plain".into())
    }

    fn writes(&self, _: Role, _: &Locale) -> Result<(), Problems> {
        Ok(())
    }
}

impl Prices for Flat {
    fn quote(&self, role: Role, _: &Usage) -> Result<Quote, Problems> {
        Ok(Quote { model: format!("test/{}", role.as_str()), cost: dollars(self.0) })
    }
}

fn dollars(amount_micros: i64) -> Money {
    Money { amount_micros, currency: Currency::Usd }
}

fn planned(ceiling: Option<Money>) -> Plan {
    plan(&Recipe::campaign().unwrap(), &spring_tea(), &Flat(10_000), ceiling.as_ref()).unwrap()
}

#[test]
fn a_plan_adds_up_its_lines() {
    let plan = planned(None);
    let low: i64 = plan.lines.iter().filter_map(|l| l.price.as_ref()).map(|p| p.low.amount_micros).sum();
    assert_eq!(plan.total[0].low, dollars(low));
    assert!(plan.total[0].high.amount_micros > low);
    assert!(plan.is_admitted());
}

#[test]
fn above_the_ceiling_the_plan_says_what_would_fit() {
    let whole = planned(None).total[0].high.amount_micros;
    let Admission::OverCeiling { fits: Some(fit) } = planned(Some(dollars(whole - 1))).admission else {
        panic!("admitted")
    };
    assert_eq!(fit.changes, [Change::Variants { from: 3, to: 2 }]);
    assert!(fit.total[0].high.amount_micros < whole);

    let Admission::OverCeiling { fits: Some(fit) } = planned(Some(dollars(whole / 6))).admission else {
        panic!("admitted")
    };
    assert!(fit.total[0].high.amount_micros <= whole / 6, "{fit:?}");
    assert!(fit.assets > 0);
    assert_eq!(planned(Some(dollars(1))).admission, Admission::OverCeiling { fits: None });
}

#[test]
fn a_ceiling_in_another_currency_is_a_problem() {
    let ceiling = Money { amount_micros: 1, currency: Currency::Cny };
    let problems = plan(&Recipe::campaign().unwrap(), &spring_tea(), &Flat(1), Some(&ceiling)).unwrap_err();
    assert_eq!(problems.0[0].pointer, "/ceiling/currency");
}

#[test]
fn models_paid_in_two_currencies_are_named_with_their_role_and_what_to_do() {
    let file = "[provider.x]\nprotocol = 'openai'\nbase_url = 'https://x.example'\n[[entry]]\nid = 'x/pictures'\nmodality = 'image'\n\
                provider = 'x'\nmodel = 'p'\nprice = [{ unit = 'image', micros = 200000, currency = 'CNY' }]\n[roles]\nillustrator = 'x/pictures'";
    let models = Models::new(Catalog::with_file(file).unwrap(), |_| None);
    for ceiling in [None, Some(dollars(50_000_000))] {
        let Problems(problems) =
            plan(&Recipe::campaign().unwrap(), &spring_tea(), &models, ceiling.as_ref()).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        let problem = problems[0].to_string();
        for word in
            ["/roles/illustrator", "`x/pictures`", "CNY", "`rehearsal/text` (writer)", "USD", "[[entry]]"]
        {
            assert!(problem.contains(word), "{word} is not in {problem}");
        }
    }
}

#[test]
fn the_plan_says_which_voice_speaks() {
    let models = Models::new(Catalog::builtin().unwrap(), |_| None);
    let plan = plan(&Recipe::campaign().unwrap(), &spring_tea(), &models, None).unwrap();
    let voices: Vec<_> =
        plan.lines.iter().filter(|l| l.kind == "speech").map(|l| l.voice.as_deref()).collect();
    assert!(!voices.is_empty() && voices.iter().all(|v| *v == Some("plain")), "{voices:?}");
}
