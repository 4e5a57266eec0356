//! A recipe: which steps a run has, as data. Users can write their own.

use std::collections::BTreeMap;

use handbill_domain::{
    model::{PriceUnit, Role},
    problem::{Problem, Problems, nearest},
    step::Lane,
};
use serde::{Deserialize, Serialize};

/// A versioned list of steps that fits on one screen. One that was read has known kinds, and needs that stand above.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Version of this schema: 1.
    pub handbill: u32,
    /// Short name.
    pub name: String,
    /// Raised when the steps change.
    pub version: u32,
    /// Ratios of videos when nobody names one.
    pub video_ratios: Vec<String>,
    /// The steps; each needs only steps above it.
    pub steps: Vec<StepRule>,
}

/// How one kind of step is spread over a brief.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRule {
    /// Which function runs it.
    pub kind: String,
    /// Stage for progress bars.
    pub stage: String,
    /// Which workers take it.
    pub lane: Lane,
    /// Who is asked, where it asks a model.
    #[serde(default)]
    pub role: Option<Role>,
    /// What it is made for each of, in the order of its key.
    #[serde(default)]
    pub each: Vec<Dimension>,
    /// Deliverables that ask for it; empty: any.
    #[serde(default, rename = "for")]
    pub deliverables: Vec<Deliverable>,
    /// Parameter name → kind of step that it reads.
    #[serde(default)]
    pub needs: BTreeMap<String, String>,
    /// First parts of the ids of the assets that it makes.
    #[serde(default)]
    pub makes: Vec<String>,
    /// What one call will probably use.
    #[serde(default)]
    pub usage: BTreeMap<PriceUnit, u64>,
    /// What one call will probably use for each second of video.
    #[serde(default)]
    pub usage_per_second: BTreeMap<PriceUnit, u64>,
    /// How often a model is asked at most.
    #[serde(default = "one")]
    pub tries: u32,
}

fn one() -> u32 {
    1
}

/// What steps are spread over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// The brief's placements.
    Placement,
    /// The pictures of a placement, at each size.
    Slot,
    /// The brief's locales.
    Locale,
    /// The variants, from 1.
    Variant,
    /// The shapes of background that pictures and videos need.
    Shape,
    /// The lengths of videos in seconds.
    Tier,
    /// The ratios of videos.
    Ratio,
}

/// What a brief can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deliverable {
    /// Texts of placements.
    Copy,
    /// Pictures of placements.
    Images,
    /// Articles.
    Article,
    /// Videos.
    Videos,
}

impl Recipe {
    /// The recipe that ships with Handbill.
    pub fn campaign() -> Result<Self, Problems> {
        Self::read(include_str!("../recipes/campaign.yaml"))
    }

    /// Reads a recipe (YAML) and checks that its steps can follow each other.
    pub fn read(text: &str) -> Result<Self, Problems> {
        let recipe: Self =
            serde_saphyr::from_str(text).map_err(|e| Problems(vec![Problem::at("", e.to_string())]))?;
        let mut problems = Problems::default();
        if recipe.handbill != 1 {
            problems.push(
                Problem::at("/handbill", format!("recipes of version {} are not known", recipe.handbill))
                    .hint("write 1"),
            );
        }
        for (n, rule) in recipe.steps.iter().enumerate() {
            recipe.check(n, rule, &mut problems);
        }
        problems.or(recipe)
    }

    fn check(&self, n: usize, rule: &StepRule, problems: &mut Problems) {
        if !crate::steps::KINDS.contains(&rule.kind.as_str()) {
            let problem =
                Problem::at(format!("/steps/{n}/kind"), format!("there is no step `{}`", rule.kind));
            let hint = nearest(&rule.kind, crate::steps::KINDS.iter().copied());
            problems.push(match hint {
                Some(kind) => problem.hint(format!("write {kind}")),
                None => problem.hint(format!("write one of {}", crate::steps::KINDS.join(", "))),
            });
        }
        for (name, kind) in &rule.needs {
            if !self.steps[..n].iter().any(|above| above.kind == *kind) {
                problems.push(Problem::at(
                    format!("/steps/{n}/needs/{name}"),
                    format!("no step `{kind}` stands above `{}`", rule.kind),
                ));
            }
        }
        if self.steps[..n].iter().any(|above| above.kind == rule.kind) {
            problems.push(Problem::at(format!("/steps/{n}/kind"), format!("`{}` is there twice", rule.kind)));
        }
        if rule.each.contains(&Dimension::Slot) && !rule.each.contains(&Dimension::Placement) {
            problems.push(
                Problem::at(format!("/steps/{n}/each"), "a slot belongs to a placement")
                    .hint("add placement before slot"),
            );
        }
        if rule.role.is_none() && !(rule.usage.is_empty() && rule.usage_per_second.is_empty()) {
            problems.push(
                Problem::at(format!("/steps/{n}/usage"), "nobody is asked, so nothing is used")
                    .hint("add a role"),
            );
        }
        if rule.tries == 0 {
            problems.push(
                Problem::at(format!("/steps/{n}/tries"), "a step is tried at least once").hint("write 1"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recipe_that_ships_is_sound() {
        assert_eq!(Recipe::campaign().unwrap().steps.len(), 10);
    }

    #[test]
    fn a_recipe_says_all_its_problems() {
        let text = include_str!("../recipes/campaign.yaml")
            .replace("kind: outline,", "kind: outlines,")
            .replace("each: [placement, slot, locale, variant]", "each: [slot, locale, variant]");
        let problems = Recipe::read(&text).unwrap_err().to_string();
        assert!(problems.contains("there is no step `outlines` (write outline)"), "{problems}");
        assert!(problems.contains("no step `outline` stands above `copy`"), "{problems}");
        assert!(problems.contains("a slot belongs to a placement"), "{problems}");
    }
}
