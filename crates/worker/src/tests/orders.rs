//! What the toy world is asked for.

use std::collections::BTreeMap;

use handbill_domain::{
    model::Role,
    money::{Currency, Money},
    step::Lane,
};
use handbill_pipeline::graph::{PlannedCall, StepSpec};
use serde_json::{Value, json};

use super::world::{PLANNED, usage};
use crate::{Inputs, Order};

pub(super) fn a_step(key: &str, kind: &str, needs: &[&str], calls: usize) -> StepSpec {
    let call = PlannedCall { role: Role::Writer, usage: usage(3), at_most: 1 };
    StepSpec {
        key: key.into(),
        kind: kind.into(),
        lane: if calls > 0 { Lane::Model } else { Lane::Media },
        needs: needs.iter().map(|n| (*n).to_owned()).collect(),
        params: Value::Null,
        makes: vec![format!("asset.{key}")],
        calls: vec![call; calls],
        stage: kind.into(),
    }
}

/// plan → four texts → one page of all of them, and a picture of the plan. One text asks the same question twice.
pub(super) fn a_graph() -> Vec<StepSpec> {
    vec![
        a_step("page", "media", &["text.1", "text.2", "text.3", "text.4"], 0),
        a_step("plan", "words", &[], 1),
        a_step("text.1", "words", &["plan"], 1),
        a_step("text.2", "words", &["plan"], 2),
        a_step("text.3", "words", &["plan"], 1),
        a_step("text.4", "words", &["plan"], 1),
        a_step("picture", "media", &["plan"], 0),
    ]
}

/// The calls of [`a_graph`].
pub(super) const CALLS: i64 = 6;

pub(super) fn an_order(steps: Vec<StepSpec>) -> Order {
    let brief = json!({
        "handbill": 1, "campaign": "toy", "objective": "launch", "audience": "all", "key_message": "m", "call_to_action": "go",
        "product": { "name": "Toy", "category": "toys", "photos": [{ "file": "toy.png" }],
                     "facts": [{ "id": "one", "label": "Pieces", "value": 1 }] },
        "brand": { "name": "Brand", "colors": { "primary": "#112233" } },
        "locales": ["en-US"], "placements": ["google_ads.rsa"],
    });
    let inputs = Inputs {
        brief: serde_json::from_value(brief).unwrap(),
        brief_files: BTreeMap::new(),
        seed: u64::MAX,
        models: BTreeMap::from([("writer".into(), "toy/one".into())]),
        recipe: "toy 1".into(),
        made_with: BTreeMap::new(),
    };
    let planned = Money { amount_micros: PLANNED, currency: Currency::Usd };
    Order { inputs, steps, planned, ceiling_micros: None, key: None, bulk: false }
}
