//! A desk for toys: every plan has one step that costs at most a dollar, and an order is a run of that step.

use bytes::Bytes;
use handbill_domain::{
    ids::RunId,
    money::{Currency, Money},
    problem::Problem as At,
    step::Lane,
};
use handbill_store::{
    runs::{self, NewRun},
    steps::NewStep,
};

use super::*;

pub(super) struct Toy(pub(super) Store);

fn dollars(dollars: i64) -> Money {
    Money { amount_micros: dollars * 1_000_000, currency: Currency::Usd }
}

#[async_trait]
impl Desk for Toy {
    async fn look(&self, bytes: Bytes) -> Result<Look, Problem> {
        if bytes.starts_with(b"PNG") {
            return Ok(Look { media_type: "image/png".into(), size: Some((4, 3)) });
        }
        Err(Problem::invalid(At::at("", "is no picture").into()).code("file_unusable"))
    }

    async fn plan(&self, draft: Draft) -> Result<Planned, Problem> {
        let range = PriceRange { low: dollars(0), high: dollars(1) };
        let step = PlanStep {
            step: "copy".into(),
            kind: "copy".into(),
            stage: "words".into(),
            placement: Some("meta.feed_image".into()),
            locale: Some("en-US".into()),
            variant: Some(1),
            makes: vec!["copy.meta".into()],
            model: Some("toy/one".into()),
            voice: None,
            price: Some(range.clone()),
        };
        let mut shown = Outline {
            campaign: draft.brief.campaign.clone(),
            recipe: "toy@1".into(),
            steps: vec![step],
            price: vec![range.clone()],
            spends: if draft.rehearsal { vec![] } else { vec![range] },
            ceiling: draft.max_cost.clone(),
            ..Outline::default()
        };
        if draft.max_cost.is_some_and(|most| most.amount_micros < 1_000_000) {
            shown.obstacles.push(Obstacle {
                code: "over_ceiling".into(),
                next_action: handbill_domain::fault::NextAction::RaiseCeiling,
                at: At::at("/ceiling", "too low"),
            });
        }
        let run = format!("run-{}-{}", draft.seed, draft.rehearsal);
        Ok(Planned { order: Some(run.clone()), run: Some(RunId::new(run)), shown })
    }

    async fn pack(&self, workspace: &WorkspaceId, run: &RunId) -> Result<Vec<PackFile>, Problem> {
        let steps = handbill_store::steps::all(&self.0, workspace, run).await?;
        let made = steps.iter().filter_map(|step| step.output.as_ref());
        let mut files: Vec<PackFile> = made
            .map(|output| output["assets"][0]["digest"].as_str().unwrap().parse().unwrap())
            .map(|digest| PackFile { path: "copy/春.md".into(), content: Content::Kept(digest) })
            .collect();
        files.push(PackFile { path: "campaign.json".into(), content: Content::Text("{}".into()) });
        Ok(files)
    }

    async fn order(&self, workspace: &WorkspaceId, order: &str, terms: Terms) -> Result<RunId, Problem> {
        let id = RunId::new(order);
        let step = NewStep {
            key: "copy".into(),
            kind: "copy".into(),
            lane: Lane::Model,
            needs: vec![],
            spec: json!({ "kind": "copy", "stage": "words", "makes": ["copy.meta"] }),
            makes: true,
        };
        let new = NewRun {
            id: id.clone(),
            inputs: json!({}),
            steps: vec![step],
            currency: Currency::Usd,
            ceiling_micros: Some(terms.ceiling_micros),
            campaign: Some("small".into()),
            key: Some(terms.key),
            bulk: false,
        };
        runs::create(&self.0, workspace, &new).await?;
        Ok(id)
    }
}

/// A plan for a good brief; its photo is not uploaded.
pub(super) fn a_plan_request() -> Value {
    json!({ "brief": {
        "handbill": 1, "campaign": "small",
        "product": {
            "name": "Trail Bottle", "category": "household",
            "facts": [
                { "id": "volume", "label": "Volume", "value": 750, "unit": "ml", "benefit": "enough for a morning" },
                { "id": "cold", "label": "Keeps cold", "value": 24, "unit": "hours", "benefit": "ice at dusk" },
                { "id": "cap", "label": "Cap", "value": "a leak-proof cap", "benefit": "a dry backpack" },
            ],
            "photos": [{ "file": "photos/bottle.png", "role": "product" }],
        },
        "brand": { "name": "Fernway", "colors": { "primary": "#3E5C50" } },
        "objective": "conversion", "audience": "Weekend hikers", "key_message": "Ice at the summit",
        "call_to_action": "Shop now", "locales": ["en-US"], "placements": ["meta.feed_image"],
        "deliverables": { "article": false },
    } })
}

/// Uploads its photo and plans it; `change` is made to the request before.
pub(super) async fn a_plan(server: &Server, key: &str, change: impl FnOnce(&mut Value)) -> Value {
    let upload = Call::new(server, "POST", "/api/v1/files").key(key).bytes("image/png", b"PNG".to_vec());
    let digest = upload.done().await.body["digest"].clone();
    let mut body = a_plan_request();
    body["files"] = json!({ "photos/bottle.png": digest });
    change(&mut body);
    Call::new(server, "POST", "/api/v1/plans").key(key).json(&body).done().await.with(201).body
}

/// An order of a plan for at most so many dollars.
pub(super) fn an_order(plan: &Value, most: i64) -> Value {
    json!({ "plan_id": plan["id"], "max_cost": dollars(most) })
}
