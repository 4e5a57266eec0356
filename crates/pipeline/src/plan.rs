//! What a run would make and cost, computed for free before anything is spent; and what would fit under a ceiling.

use std::collections::BTreeSet;

use handbill_domain::{
    brief::Brief,
    model::Role,
    money::{Currency, Money},
    problem::{Problem, Problems},
};
use handbill_providers::{
    Models,
    ask::{ImageAsk, Usage},
    price,
    usage::Expected,
};
use serde::{Deserialize, Serialize};

use crate::{
    graph::{Graph, PlannedCall, StepSpec, graph},
    recipe::Recipe,
};

/// Who tells list prices: the models in force with their price rows.
pub trait Prices {
    /// What one call of this role costs at list price. A price that is not known is a problem, never zero.
    fn quote(&self, role: Role, usage: &Usage) -> Result<Quote, Problems>;
}

impl Prices for Models {
    /// At the price rows of the model that serves the role, or that rehearsal stands in for.
    fn quote(&self, role: Role, usage: &Usage) -> Result<Quote, Problems> {
        let entry = self.entry(role);
        let priced = self.catalog().priced_as(entry);
        let usage = match usage.variant.as_deref().and_then(size) {
            // What a picture uses depends on the sizes that the model makes.
            Some((width, height)) => picture(width, height).expected(priced),
            None => usage.clone().as_billed_by(priced),
        };
        let unknown = |e: handbill_providers::Error| {
            let problem = Problem::at(format!("/roles/{}", role.as_str()), e.to_string());
            Problems(vec![problem.hint("add its price rows to the catalogue, or choose another model")])
        };
        let cost = price::cost(priced, &usage).map_err(unknown)?;
        Ok(Quote { model: entry.id.clone(), cost })
    }
}

/// `1024x1536` as two numbers.
fn size(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.split_once('x')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

/// A picture as it will be asked for, with a prompt of ordinary length.
fn picture(width: u32, height: u32) -> ImageAsk {
    ImageAsk {
        prompt: "x".repeat(800),
        width,
        height,
        seed: 0,
        inputs: serde_json::Value::Null,
        source: None,
    }
}

/// The price of one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Catalogue id of the model that serves the role.
    pub model: String,
    /// List price.
    pub cost: Money,
}

/// What a run would make and cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Name and version of the recipe.
    pub recipe: String,
    /// One line a step.
    pub lines: Vec<Line>,
    /// The sum, one range a currency; empty when nothing is asked of a model.
    pub total: Vec<Range>,
    /// The most that it may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<Money>,
    /// May it start?
    pub admission: Admission,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Key of the step.
    pub step: String,
    /// Its kind.
    pub kind: String,
    /// Its stage.
    pub stage: String,
    /// Ids of the assets that it makes.
    pub makes: Vec<String>,
    /// Who is asked, where it asks a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What it costs, where it asks a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Range>,
}

/// From the price when all goes well to the price when every repair is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Each call is made once.
    pub low: Money,
    /// Each call is made as often as it may be.
    pub high: Money,
}

/// The decision about a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Admission {
    /// It may start: even with every repair it stays under the ceiling.
    Admitted,
    /// It would cost too much; nothing starts.
    OverCeiling {
        /// The smallest set of changes, in the order in which we would make them, that makes it fit; none: nothing does.
        fits: Option<Fit>,
    },
}

/// A smaller campaign that fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fit {
    /// What to change in the brief.
    pub changes: Vec<Change>,
    /// What it costs then.
    pub total: Vec<Range>,
    /// How many assets it still makes.
    pub assets: usize,
}

/// A change of the brief that saves money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// `/deliverables/variants`
    Variants {
        /// As asked.
        from: u32,
        /// As it fits.
        to: u32,
    },
    /// `/deliverables/videos`: without this length.
    WithoutTier {
        /// In seconds.
        seconds: u32,
    },
    /// `/deliverables/article`: without it.
    WithoutArticle,
    /// `/placements`: without this one.
    WithoutPlacement {
        /// Its id.
        placement: String,
    },
    /// `/locales`: without this one.
    WithoutLocale {
        /// Its tag.
        locale: String,
    },
}

impl Plan {
    /// May it start?
    pub fn is_admitted(&self) -> bool {
        self.admission == Admission::Admitted
    }

    /// How many assets it makes.
    pub fn assets(&self) -> usize {
        self.lines.iter().map(|line| line.makes.len()).sum()
    }
}

/// Plans a run: the graph of the recipe over the brief, priced, held against the ceiling.
pub fn plan(
    recipe: &Recipe,
    brief: &Brief,
    prices: &dyn Prices,
    ceiling: Option<&Money>,
) -> Result<Plan, Problems> {
    let priced = Priced::new(&graph(recipe, brief)?, prices)?;
    if let (Some(ceiling), [first, ..]) = (ceiling, priced.total.as_slice()) {
        same_currency(&priced.total, ceiling.currency, first.high.currency)?;
    }
    let admission = match ceiling {
        Some(ceiling) if !priced.fits(ceiling) => {
            Admission::OverCeiling { fits: Search { recipe, prices, ceiling }.smaller(brief) }
        }
        _ => Admission::Admitted,
    };
    let Priced { recipe, lines, total } = priced;
    Ok(Plan { recipe, lines, total, ceiling: ceiling.cloned(), admission })
}

/// A ceiling can only be held against prices in its own currency; we know no exchange rates.
fn same_currency(total: &[Range], ceiling: Currency, first: Currency) -> Result<(), Problems> {
    let problem = Problem::at(
        "/ceiling/currency",
        format!("the ceiling is in {ceiling}, and the models are paid in {}", names(total)),
    );
    match total {
        [_] if first == ceiling => Ok(()),
        [_] => Err(Problems(vec![problem.hint(format!("give the ceiling in {first}"))])),
        _ => Err(Problems(vec![
            problem.hint("choose models that are paid in one currency, and give the ceiling in it"),
        ])),
    }
}

fn names(total: &[Range]) -> String {
    total.iter().map(|range| range.low.currency.code()).collect::<Vec<_>>().join(" and ")
}

/// A graph with its prices.
struct Priced {
    recipe: String,
    lines: Vec<Line>,
    total: Vec<Range>,
}

impl Priced {
    fn new(graph: &Graph, prices: &dyn Prices) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut priced = Self { recipe: graph.recipe.clone(), lines: Vec::new(), total: Vec::new() };
        for step in &graph.steps {
            match line(step, prices) {
                Ok(line) => priced.add(line)?,
                // The same unknown price would be said once for each step.
                Err(more) => {
                    for problem in more.0 {
                        if !problems.0.contains(&problem) {
                            problems.push(problem);
                        }
                    }
                }
            }
        }
        problems.or(priced)
    }

    fn add(&mut self, line: Line) -> Result<(), Problems> {
        if let Some(price) = &line.price {
            match self.total.iter_mut().find(|sum| sum.low.currency == price.low.currency) {
                Some(sum) => *sum = plus(sum, price).ok_or_else(|| too_much(&line.step))?,
                None => self.total.push(price.clone()),
            }
        }
        self.lines.push(line);
        Ok(())
    }

    fn fits(&self, ceiling: &Money) -> bool {
        self.total.iter().all(|sum| {
            sum.high.currency == ceiling.currency && sum.high.amount_micros <= ceiling.amount_micros
        })
    }
}

fn line(step: &StepSpec, prices: &dyn Prices) -> Result<Line, Problems> {
    let mut models = BTreeSet::new();
    let mut price: Option<Range> = None;
    for PlannedCall { role, usage, at_most } in &step.calls {
        let Quote { model, cost } = prices.quote(*role, usage)?;
        models.insert(model);
        let high = cost.amount_micros.checked_mul(i64::from(*at_most)).ok_or_else(|| too_much(&step.key))?;
        let call = Range { high: Money { amount_micros: high, currency: cost.currency }, low: cost };
        price = Some(match &price {
            Some(sum) => plus(sum, &call).ok_or_else(|| too_much(&step.key))?,
            None => call,
        });
    }
    Ok(Line {
        step: step.key.clone(),
        kind: step.kind.clone(),
        stage: step.stage.clone(),
        makes: step.makes.clone(),
        model: (!models.is_empty()).then(|| models.into_iter().collect::<Vec<_>>().join(" + ")),
        price,
    })
}

fn plus(a: &Range, b: &Range) -> Option<Range> {
    Some(Range { low: a.low.plus(&b.low)?, high: a.high.plus(&b.high)? })
}

fn too_much(step: &str) -> Problems {
    let problem = Problem::at("", format!("the price of {step} cannot be added up"));
    Problems(vec![problem.hint("use models with prices in one currency for one step")])
}

/// Looks for the largest campaign under a ceiling.
struct Search<'a> {
    recipe: &'a Recipe,
    prices: &'a dyn Prices,
    ceiling: &'a Money,
}

impl Search<'_> {
    /// Makes one change after another until it fits, then takes back those that it can do without.
    fn smaller(&self, brief: &Brief) -> Option<Fit> {
        let all = changes(brief);
        let count = (1..=all.len()).find(|&n| self.priced(brief, &all[..n]).is_some())?;
        let mut kept = all[..count].to_vec();
        for n in (0..count.saturating_sub(1)).rev() {
            let mut fewer = kept.clone();
            fewer.remove(n);
            if self.priced(brief, &fewer).is_some() {
                kept = fewer;
            }
        }
        let priced = self.priced(brief, &kept)?;
        let assets = priced.lines.iter().map(|line| line.makes.len()).sum();
        Some(Fit { changes: last_of_each(kept), total: priced.total, assets })
    }

    /// The changed brief's price, if it fits and still makes something.
    fn priced(&self, brief: &Brief, changes: &[Change]) -> Option<Priced> {
        let mut brief = brief.clone();
        changes.iter().for_each(|change| change.apply(&mut brief));
        let priced = Priced::new(&graph(self.recipe, &brief).ok()?, self.prices).ok()?;
        (priced.fits(self.ceiling) && priced.lines.iter().any(|line| !line.makes.is_empty()))
            .then_some(priced)
    }
}

/// Everything that can be left out, the least missed first: variants, the longest videos, the article, then placements
/// and locales from the end of the brief's lists.
fn changes(brief: &Brief) -> Vec<Change> {
    let asked = &brief.deliverables;
    let mut tiers = asked.videos.clone();
    tiers.sort_unstable_by(|a, b| b.cmp(a));
    let mut all: Vec<Change> =
        (1..asked.variants).rev().map(|to| Change::Variants { from: asked.variants, to }).collect();
    all.extend(tiers.into_iter().map(|seconds| Change::WithoutTier { seconds }));
    all.extend(asked.article.then_some(Change::WithoutArticle));
    all.extend(
        brief.placements.iter().skip(1).rev().map(|p| Change::WithoutPlacement { placement: p.clone() }),
    );
    all.extend(brief.locales.iter().skip(1).rev().map(|l| Change::WithoutLocale { locale: l.to_string() }));
    all
}

/// `5 → 4` and `5 → 3` is `5 → 3`.
fn last_of_each(changes: Vec<Change>) -> Vec<Change> {
    let fewest = changes
        .iter()
        .filter_map(|c| if let Change::Variants { to, .. } = c { Some(*to) } else { None })
        .min();
    changes.into_iter().filter(|c| !matches!(c, Change::Variants { to, .. } if Some(*to) != fewest)).collect()
}

impl Change {
    /// Makes the change.
    pub fn apply(&self, brief: &mut Brief) {
        match self {
            Self::Variants { to, .. } => brief.deliverables.variants = brief.deliverables.variants.min(*to),
            Self::WithoutTier { seconds } => brief.deliverables.videos.retain(|s| s != seconds),
            Self::WithoutArticle => brief.deliverables.article = false,
            Self::WithoutPlacement { placement } => brief.placements.retain(|p| p != placement),
            Self::WithoutLocale { locale } => brief.locales.retain(|l| l.as_str() != locale),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::spring_tea;

    /// Every call costs the same.
    struct Flat(i64);

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
        let problems =
            plan(&Recipe::campaign().unwrap(), &spring_tea(), &Flat(1), Some(&ceiling)).unwrap_err();
        assert_eq!(problems.0[0].pointer, "/ceiling/currency");
    }
}
