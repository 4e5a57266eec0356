//! Copy: the texts of a placement. One per placement, locale and variant.

use std::collections::BTreeMap;

use handbill_checks::copy;
use handbill_domain::{
    asset::AssetKind,
    channel::{self, Placement},
    locale::Locale,
    words::{Outline, PlacementCopy, Strategy},
};
use handbill_providers::rehearsal::inputs::{CopyInputs, Told, ToldPlacement};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    outline::angle,
    write::{READ, Task, TextFile, value, write},
};
use crate::{Context, Error, graph::StepOutput};

#[derive(Deserialize)]
struct Params {
    placement: String,
    locale: Locale,
    variant: u32,
    strategy: String,
    outline: String,
}

/// What the model answers. Placement, locale, variant and angle are ours to say.
#[derive(Serialize, Deserialize)]
struct Answer {
    fields: BTreeMap<String, Vec<String>>,
}

/// Writes the copy of a placement.
pub(super) async fn run(ctx: &Context<'_>) -> Result<StepOutput, Error> {
    let Params { placement, locale, variant, strategy, outline } = ctx.params()?;
    let place = channel::placement(&placement)
        .ok_or_else(|| Error::Broken(format!("there is no placement `{placement}`")))?;
    let (strategy, outline): (Strategy, Outline) = (ctx.output(&strategy)?, ctx.output(&outline)?);
    let angle = angle(&strategy, variant)?;
    let told = ToldPlacement::of(place, &locale);
    let inputs = CopyInputs {
        brief: Told::of(ctx.brief, &locale),
        angle: angle.clone(),
        strategy,
        outline,
        variant,
        placement: told,
    };
    let whole = |answer: &Answer| PlacementCopy {
        placement: placement.clone(),
        locale: locale.clone(),
        variant,
        angle: angle.id.clone(),
        fields: answer.fields.clone(),
    };
    let task =
        Task { name: "copy", locale: &locale, inputs: &inputs, schema: schema(place), tokens: tokens(place) };
    let mut written = write(ctx, &task, |answer: &mut Answer| {
        for texts in answer.fields.values_mut() {
            texts.iter_mut().for_each(|text| *text = text.trim().to_owned());
        }
        answer.fields.retain(|_, texts| !texts.is_empty());
        copy::objections(&whole(answer), place, ctx.brief)
    })
    .await?;
    let copy = whole(&written.value);
    written.checks.extend(copy::undisclosed(&copy, place, ctx.brief, written.flags()));
    let text = serde_json::to_string_pretty(&copy).map_err(|e| Error::Broken(e.to_string()))? + "\n";
    let file = TextFile {
        kind: AssetKind::Copy,
        file: format!("copy/{locale}/{placement}.v{variant}.json"),
        media_type: "application/json",
        text,
        locale: &locale,
        placement: Some(placement.clone()),
        variant: Some(variant),
        brief_fields: READ,
    };
    Ok(StepOutput { value: value(&copy)?, assets: vec![written.asset(ctx, file).await?], ..written.output()? })
}

/// One property a field, so that a provider that enforces schemas enforces the field names too.
fn schema(placement: &Placement) -> Value {
    let mut fields = Map::new();
    for field in &placement.fields {
        let most = field.count.map_or(Some(1), |c| c.max);
        let mut texts = json!({ "type": "array", "items": { "type": "string" }, "description": field.note.clone().unwrap_or_else(|| field.key.clone()) });
        if let Some(most) = most {
            texts["maxItems"] = json!(most);
        }
        fields.insert(field.key.clone(), texts);
    }
    let required: Vec<&str> =
        placement.fields.iter().filter(|f| f.required).map(|f| f.key.as_str()).collect();
    json!({
        "type": "object",
        "properties": { "fields": { "type": "object", "properties": fields, "required": required, "additionalProperties": false } },
        "required": ["fields"],
        "additionalProperties": false
    })
}

/// Room for long fields, and not more than a page.
fn tokens(placement: &Placement) -> u32 {
    let long = placement.fields.iter().any(|f| f.target().is_none_or(|most| most > 400));
    if long { 4000 } else { 1500 }
}
