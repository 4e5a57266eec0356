//! What a run would make and cost, computed for free before anything is spent; and what would fit under a ceiling.

use std::collections::{BTreeMap, BTreeSet};

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
    casting::{Voices, cast, voice_of},
    graph::{Graph, StepSpec, graph},
    recipe::Recipe,
};

/// Who tells list prices: the models in force with their price rows.
pub trait Prices: Voices {
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
    /// The voice that speaks, where it asks a speaker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
    /// What it costs, where it asks a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Range>,
}

/// From the price when all goes well to the price when every repair is needed. Calls that use more than such calls
/// usually do are held to the ceiling where they are made: each reserves the most that it can cost.
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
    let priced = Priced::new(&cast(graph(recipe, brief)?, prices)?, prices)?;
    priced.one_currency(ceiling.map(|ceiling| ceiling.currency))?;
    let admission = match ceiling {
        Some(ceiling) if !priced.fits(ceiling) => {
            Admission::OverCeiling { fits: Search { recipe, prices, ceiling }.smaller(brief) }
        }
        _ => Admission::Admitted,
    };
    let Priced { recipe, lines, total, .. } = priced;
    Ok(Plan { recipe, lines, total, ceiling: ceiling.cloned(), admission })
}

/// A graph with its prices.
struct Priced {
    recipe: String,
    lines: Vec<Line>,
    total: Vec<Range>,
    /// Who is paid in what.
    payees: BTreeMap<Role, (String, Currency)>,
}

impl Priced {
    fn new(graph: &Graph, prices: &dyn Prices) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut priced = Self {
            recipe: graph.recipe.clone(),
            lines: Vec::new(),
            total: Vec::new(),
            payees: BTreeMap::new(),
        };
        for step in &graph.steps {
            match line(step, prices, &mut priced.payees) {
                Ok(line) => priced.add(line)?,
                // The same unknown price would be said once for each step.
                Err(more) => problems.push_new(more),
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

    /// A run has one currency, because we know no exchange rates: that of the ceiling, else that of the first role.
    fn one_currency(&self, ceiling: Option<Currency>) -> Result<(), Problems> {
        let mut problems = Problems::default();
        let Some((_, paid)) = self.payees.values().next() else { return Ok(()) };
        let same = self.payees.values().all(|(_, currency)| currency == paid);
        if let Some(ceiling) = ceiling.filter(|ceiling| same && ceiling != paid) {
            problems.push(
                Problem::at(
                    "/ceiling/currency",
                    format!("the ceiling is in {ceiling}, and the models are paid in {paid}"),
                )
                .hint(format!("give the ceiling in {paid}"))
                .in_chinese(
                    format!("上限的货币是 {ceiling}，而模型以 {paid} 计费"),
                    format!("请用 {paid} 填写上限"),
                ),
            );
            return problems.or(());
        }
        // Without a ceiling to go by, the first role decides.
        let wanted = ceiling.unwrap_or(*paid);
        let holder = match self.payees.iter().find(|(_, (_, currency))| *currency == wanted) {
            Some((role, (model, _))) => {
                (format!("`{model}` ({})", role.as_str()), format!("`{model}`（{}）", role.as_str()))
            }
            None => ("the ceiling".to_owned(), "上限".to_owned()),
        };
        for (role, (model, currency)) in self.payees.iter().filter(|(_, (_, currency))| *currency != wanted) {
            let role = role.as_str();
            problems.push(
                Problem::at(
                    format!("/roles/{role}"),
                    format!("`{model}` is paid in {currency}, and {} in {wanted}", holder.0),
                )
                .hint(format!(
                    "a run has one currency: choose a model for {role} that is paid in {wanted}, or write an [[entry]] \
                     of your own for it with its price in {wanted}"
                ))
                .in_chinese(
                    format!("`{model}` 以 {currency} 计费，而{}是 {wanted}", holder.1),
                    format!("一次运行只用一种货币：请为 {role} 选用以 {wanted} 计费的模型，或自写一个 [[entry]] 并用 {wanted} 标价"),
                ),
            );
        }
        problems.or(())
    }

    fn fits(&self, ceiling: &Money) -> bool {
        self.total.iter().all(|sum| {
            sum.high.currency == ceiling.currency && sum.high.amount_micros <= ceiling.amount_micros
        })
    }
}

fn line(
    step: &StepSpec,
    prices: &dyn Prices,
    payees: &mut BTreeMap<Role, (String, Currency)>,
) -> Result<Line, Problems> {
    let mut models = BTreeSet::new();
    let mut price: Option<Range> = None;
    for call in &step.calls {
        let Quote { model, cost: low } = prices.quote(call.role, &call.usage)?;
        payees.insert(call.role, (model.clone(), low.currency));
        models.insert(model);
        let micros = low.amount_micros.checked_mul(i64::from(call.at_most));
        let amount_micros = micros.ok_or_else(|| too_much(&step.key))?;
        let call = Range { high: Money { amount_micros, currency: low.currency }, low };
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
        voice: voice_of(step).map(str::to_owned),
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
        let graph = cast(graph(self.recipe, &brief).ok()?, self.prices).ok()?;
        let priced = Priced::new(&graph, self.prices).ok()?;
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
mod tests;
