//! A run as a graph of steps: what is made, in which order, by whom, at what price.

use std::collections::{BTreeMap, BTreeSet};

use handbill_domain::{
    asset::Asset,
    brief::Brief,
    channel::{self, Channel, ImageSlot, Placement, Size},
    locale::Locale,
    model::{PriceUnit, Role},
    problem::{Problem, Problems},
    step::Lane,
};
use handbill_providers::ask::Usage;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    recipe::{Deliverable, Dimension, Recipe, StepRule},
    steps::content::MadeOf,
};

/// All steps of a run, each after those that it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Graph {
    /// Name and version of the recipe: `campaign@1`.
    pub recipe: String,
    /// The steps.
    pub steps: Vec<StepSpec>,
}

/// One node of a run's graph. Frozen when the run is accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepSpec {
    /// Unique in the run, readable and stable: `copy.xiaohongshu.note_image.zh-CN.v1`.
    pub key: String,
    /// Which function runs it: `copy`, `design`, `video`, …
    pub kind: String,
    /// Which workers take it.
    pub lane: Lane,
    /// Keys of the steps whose outputs it reads. It starts when all of them are final; one that failed is absent from
    /// its context, and the step itself knows whether it can do without.
    pub needs: Vec<String>,
    /// What the function needs to know beside the brief.
    pub params: Value,
    /// Ids of the assets that it makes.
    pub makes: Vec<String>,
    /// The paid calls that it is planned to make.
    pub calls: Vec<PlannedCall>,
    /// Stage for progress bars: `words`, `pictures`, `designs`, `videos`.
    pub stage: String,
}

/// A paid call that a step is planned to make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedCall {
    /// Who is asked.
    pub role: Role,
    /// What one call will probably use. It names every measure that can be estimated; the price rows of the model
    /// say which of them cost something.
    pub usage: Usage,
    /// How often it is made at most, repairs included.
    #[serde(default = "once")]
    pub at_most: u32,
}

fn once() -> u32 {
    1
}

/// What a step gives back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepOutput {
    /// For the steps that need it.
    pub value: Value,
    /// Finished assets; their bytes were put into the files before.
    pub assets: Vec<Asset>,
    /// Catalogue ids of the generative models that wrote the value; empty where it was rehearsed or computed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// What its pictures and videos were made of; none: it asked models, whose answers are kept call by call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_of: Option<MadeOf>,
}

/// The graph of a recipe over a brief. Steps that nothing of the brief's deliverables needs are left out.
///
/// A channel of the region `cn` takes the brief's Chinese locales only; a global channel takes every locale.
pub fn graph(recipe: &Recipe, brief: &Brief) -> Result<Graph, Problems> {
    let places = places(brief)?;
    let mut nodes: Vec<Node<'_>> = Vec::new();
    for rule in recipe.steps.iter().filter(|rule| asked_for(rule, brief)) {
        let spread = Spread { recipe, brief, places: &places };
        for at in spread.over(rule) {
            let node = Node::new(rule, at, &nodes);
            nodes.push(node);
        }
    }
    Ok(Graph { recipe: format!("{}@{}", recipe.name, recipe.version), steps: wanted(nodes) })
}

/// The locales of a brief that a channel takes.
pub fn locales_for<'b>(channel: &Channel, brief: &'b Brief) -> Vec<&'b Locale> {
    brief.locales.iter().filter(|locale| channel.region != "cn" || locale.is_chinese()).collect()
}

/// The class of background that suits a picture: `square`, `portrait`, `tall`, `landscape` or `banner`.
pub fn shape(size: Size) -> &'static str {
    match f64::from(size.width) / f64::from(size.height.max(1)) {
        r if r < 0.62 => "tall",
        r if r < 0.88 => "portrait",
        r if r < 1.18 => "square",
        r if r < 2.7 => "landscape",
        _ => "banner",
    }
}

/// The sizes that one slot asks for: its fixed sizes, else the advised one, else the smallest accepted, else 1080 px
/// on the short side of its first ratio.
pub fn sizes(slot: &ImageSlot) -> Vec<Size> {
    if !slot.fixed_sizes.is_empty() {
        return slot.fixed_sizes.clone();
    }
    let by_ratio = || slot.ratios.iter().find_map(|r| ratio(r)).map(|(w, h)| scaled(w, h, 1080.0));
    vec![slot.recommended.or(slot.min).or_else(by_ratio).unwrap_or(Size { width: 1080, height: 1080 })]
}

/// `16:9` as two numbers; none for `any`, `fixed` and ranges.
pub fn ratio(text: &str) -> Option<(f64, f64)> {
    let (w, h) = text.split_once(':')?;
    let (w, h) = (w.parse::<f64>().ok()?, h.parse::<f64>().ok()?);
    (w > 0.0 && h > 0.0).then_some((w, h))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded lengths of a few thousand px"
)]
fn scaled(w: f64, h: f64, short: f64) -> Size {
    let unit = short / w.min(h);
    Size { width: (w * unit).round() as u32, height: (h * unit).round() as u32 }
}

/// A placement of the brief with the locales that it takes.
struct Place<'b> {
    placement: &'static Placement,
    locales: Vec<&'b Locale>,
}

fn places(brief: &Brief) -> Result<Vec<Place<'_>>, Problems> {
    let mut problems = Problems::default();
    let mut places = Vec::new();
    for (n, id) in brief.placements.iter().enumerate() {
        let found = channel::channels()
            .iter()
            .find_map(|c| c.placements.iter().find(|p| p.id == *id).map(|p| (c, p)));
        let Some((channel, placement)) = found else {
            problems.push(Problem::at(format!("/placements/{n}"), format!("there is no placement `{id}`")));
            continue;
        };
        let locales = locales_for(channel, brief);
        if locales.is_empty() {
            let message = format!("`{id}` takes Chinese only, and the brief has no Chinese locale");
            problems.push(
                Problem::at(format!("/placements/{n}"), message)
                    .hint("add zh-CN to locales, or leave this placement out"),
            );
        }
        places.push(Place { placement, locales });
    }
    problems.or(places)
}

fn asked_for(rule: &StepRule, brief: &Brief) -> bool {
    let asked = |deliverable: &Deliverable| match deliverable {
        Deliverable::Copy => brief.deliverables.copy,
        Deliverable::Images => brief.deliverables.images,
        Deliverable::Article => brief.deliverables.article,
        Deliverable::Videos => !brief.deliverables.videos.is_empty(),
    };
    rule.deliverables.is_empty() || rule.deliverables.iter().any(asked)
}

/// Where a step stands: the values of its dimensions, and what follows from them.
#[derive(Clone, Debug, Default)]
struct At {
    /// Parts of the key, in the order of `each`.
    parts: Vec<String>,
    /// Values to agree on with others.
    values: BTreeMap<Dimension, String>,
    /// Values for the function.
    params: Map<String, Value>,
    /// Seconds of video.
    seconds: u64,
}

impl At {
    fn with(&self, dimension: Dimension, part: String, value: &str, params: &[(&str, Value)]) -> Self {
        let mut at = self.clone();
        if !part.is_empty() {
            at.parts.push(part);
        }
        at.values.insert(dimension, value.to_owned());
        at.params.extend(params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        at
    }
}

/// Spreads a rule over a brief.
struct Spread<'a> {
    recipe: &'a Recipe,
    brief: &'a Brief,
    places: &'a [Place<'a>],
}

impl Spread<'_> {
    fn over(&self, rule: &StepRule) -> Vec<At> {
        let mut all = vec![At::default()];
        for dimension in &rule.each {
            all = all.iter().flat_map(|at| self.along(*dimension, at, rule)).collect();
        }
        all
    }

    fn along(&self, dimension: Dimension, at: &At, rule: &StepRule) -> Vec<At> {
        let plain = |name: &'static str, values: Vec<String>| -> Vec<At> {
            values.iter().map(|v| at.with(dimension, v.clone(), v, &[(name, json!(v))])).collect()
        };
        match dimension {
            Dimension::Placement => {
                let takes = |p: &Placement| rule.each.contains(&Dimension::Slot) || !p.fields.is_empty();
                plain(
                    "placement",
                    self.places
                        .iter()
                        .filter(|p| takes(p.placement))
                        .map(|p| p.placement.id.clone())
                        .collect(),
                )
            }
            Dimension::Slot => self.place(at).map(|p| self.slots(p, at)).unwrap_or_default(),
            Dimension::Locale => {
                let locales =
                    self.place(at).map_or_else(|| self.brief.locales.iter().collect(), |p| p.locales.clone());
                plain("locale", locales.iter().map(ToString::to_string).collect())
            }
            Dimension::Variant => {
                let variant =
                    |n: u32| at.with(dimension, format!("v{n}"), &n.to_string(), &[("variant", json!(n))]);
                let most = if self.stands_alone(at) { 1 } else { self.brief.deliverables.variants };
                (1..=most).map(variant).collect()
            }
            Dimension::Shape => self
                .shapes()
                .iter()
                .map(|s| at.with(dimension, (*s).to_owned(), s, &[("ratio", json!(s))]))
                .collect(),
            Dimension::Tier => {
                let tier = |seconds: &u32| {
                    let tier = format!("{seconds}s");
                    let mut at = at.with(dimension, tier.clone(), &tier, &[("tier", json!(seconds))]);
                    at.seconds = u64::from(*seconds);
                    at
                };
                self.brief.deliverables.videos.iter().map(tier).collect()
            }
            Dimension::Ratio => {
                let framed = |text: &String| {
                    let mut at = at.with(dimension, text.replace(':', "x"), text, &[("ratio", json!(text))]);
                    at.values.insert(Dimension::Shape, video_shape(text).to_owned());
                    at
                };
                self.video_ratios().iter().map(framed).collect()
            }
        }
    }

    fn place(&self, at: &At) -> Option<&Place<'_>> {
        let id = at.values.get(&Dimension::Placement)?;
        self.places.iter().find(|p| p.placement.id == *id)
    }

    /// One for each slot and size. A slot that must be filled more than once (the cards of a carousel) gives that many,
    /// told apart by `card`.
    fn slots(&self, place: &Place<'_>, at: &At) -> Vec<At> {
        let mut all = Vec::new();
        for slot in place.placement.images.iter().filter(|slot| self.can_fill(slot)) {
            let sizes = sizes(slot);
            let cards = slot.count.map_or(1, |c| c.min.max(1));
            for (size, card) in sizes.iter().flat_map(|size| (1..=cards).map(move |card| (*size, card))) {
                let mut part = slot.role.clone();
                if sizes.len() > 1 {
                    part.push_str(&format!(".{}x{}", size.width, size.height));
                }
                if cards > 1 {
                    part.push_str(&format!(".{card}"));
                }
                let params = [
                    ("role", json!(slot.role)),
                    ("size", json!(size)),
                    ("template", Value::Null),
                    ("card", json!(card)),
                ];
                let mut next = at.with(Dimension::Slot, part.clone(), &part, &params);
                next.values.insert(Dimension::Shape, shape(size).to_owned());
                all.push(next);
            }
        }
        all
    }

    /// Shows this slot the logo or the product alone? Then there is one picture of it: variants would be the same.
    fn stands_alone(&self, at: &At) -> bool {
        let role = at.params.get("role").and_then(Value::as_str);
        let slots = self.place(at).map(|p| p.placement.images.iter()).into_iter().flatten();
        let alone = |slot: &ImageSlot| {
            slot.background.is_some()
                || handbill_media::template::built_in()
                    .iter()
                    .any(|t| t.suits.roles.iter().any(|r| slot.role.starts_with(r.as_str())))
        };
        slots.filter(|slot| Some(slot.role.as_str()) == role).any(alone)
    }

    /// A place for a logo is filled from the brand's logo, so without one only a place that must be filled is.
    fn can_fill(&self, slot: &ImageSlot) -> bool {
        let logo =
            matches!(slot.role.as_str(), "logo" | "company_logo" | "profile" | "landscape_logo" | "icon");
        let brand = &self.brief.brand;
        !logo || slot.required || brand.logo.is_some() || brand.logo_wide.is_some()
    }

    /// The brief's ratios, else the first that each video of the placements names, else the recipe's.
    fn video_ratios(&self) -> Vec<String> {
        if !self.brief.deliverables.video_ratios.is_empty() {
            return self.brief.deliverables.video_ratios.clone();
        }
        let slots = self.places.iter().flat_map(|p| &p.placement.videos);
        let mut ratios: Vec<String> = Vec::new();
        for first in slots.filter_map(|slot| slot.ratios.iter().find(|r| ratio(r).is_some())) {
            if !ratios.contains(first) {
                ratios.push(first.clone());
            }
        }
        if ratios.is_empty() { self.recipe.video_ratios.clone() } else { ratios }
    }

    fn shapes(&self) -> BTreeSet<&'static str> {
        let mut shapes = BTreeSet::new();
        if self.brief.deliverables.images {
            let slots =
                self.places.iter().flat_map(|p| &p.placement.images).filter(|slot| self.can_fill(slot));
            shapes.extend(slots.flat_map(sizes).map(shape));
        }
        if !self.brief.deliverables.videos.is_empty() {
            shapes.extend(self.video_ratios().iter().map(|r| video_shape(r)));
        }
        shapes
    }
}

fn video_shape(text: &str) -> &'static str {
    ratio(text).map_or("tall", |(w, h)| shape(scaled(w, h, 1080.0)))
}

/// A step with what is needed to link later ones to it.
struct Node<'r> {
    rule: &'r StepRule,
    values: BTreeMap<Dimension, String>,
    spec: StepSpec,
}

impl<'r> Node<'r> {
    fn new(rule: &'r StepRule, at: At, above: &[Node<'r>]) -> Self {
        let At { parts, values, mut params, seconds } = at;
        let named = |first: &str| {
            if parts.is_empty() { first.to_owned() } else { format!("{first}.{}", parts.join(".")) }
        };
        let mut needs = Vec::new();
        for (name, kind) in &rule.needs {
            let agrees = |n: &&Node<'_>| {
                n.values.iter().all(|(dimension, value)| values.get(dimension).is_none_or(|v| v == value))
            };
            let found: Vec<&Node<'_>> =
                above.iter().filter(|n| n.rule.kind == *kind).filter(agrees).collect();
            let keys: Vec<&str> = found.iter().map(|n| n.spec.key.as_str()).collect();
            needs.extend(keys.iter().map(|&key| key.to_owned()));
            // One step is meant where all that tells its kind apart is settled here; else all that agree are.
            let one = recipe_each(above, kind).iter().all(|dimension| values.contains_key(dimension));
            let value = if one { keys.first().map_or(Value::Null, |key| json!(key)) } else { json!(keys) };
            params.insert(name.clone(), value);
        }
        let calls = rule.role.map(|role| PlannedCall {
            role,
            usage: usage(rule, seconds, values.get(&Dimension::Shape)),
            at_most: rule.tries,
        });
        let spec = StepSpec {
            key: named(&rule.kind),
            kind: rule.kind.clone(),
            lane: rule.lane,
            needs,
            params: Value::Object(params),
            makes: rule.makes.iter().map(|first| named(first)).collect(),
            calls: calls.into_iter().collect(),
            stage: rule.stage.clone(),
        };
        Self { rule, values, spec }
    }
}

fn recipe_each<'n>(above: &'n [Node<'_>], kind: &str) -> &'n [Dimension] {
    above.iter().find(|n| n.rule.kind == kind).map_or(&[], |n| &n.rule.each)
}

fn usage(rule: &StepRule, seconds: u64, shape: Option<&String>) -> Usage {
    let mut counts: BTreeMap<PriceUnit, u64> = rule.usage.clone();
    for (unit, per_second) in &rule.usage_per_second {
        *counts.entry(*unit).or_default() += per_second * seconds;
    }
    let picture = counts.contains_key(&PriceUnit::Image);
    let variant = shape.filter(|_| picture).map(|shape| pictured(shape).to_owned());
    Usage { counts: counts.into_iter().collect(), variant, estimated: true }
}

/// The size to plan a background of a shape with.
fn pictured(shape: &str) -> &'static str {
    match shape {
        "tall" => "1024x1792",
        "portrait" => "1024x1280",
        "square" => "1024x1024",
        _ => "1792x1024",
    }
}

/// The steps that make assets, and all that these need.
fn wanted(nodes: Vec<Node<'_>>) -> Vec<StepSpec> {
    let mut keep: BTreeSet<String> = BTreeSet::new();
    for node in nodes.iter().rev() {
        if !node.spec.makes.is_empty() || keep.contains(&node.spec.key) {
            keep.insert(node.spec.key.clone());
            keep.extend(node.spec.needs.iter().cloned());
        }
    }
    nodes.into_iter().map(|n| n.spec).filter(|spec| keep.contains(&spec.key)).collect()
}

#[cfg(test)]
mod tests;
