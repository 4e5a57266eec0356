//! A plan as it is shown: its outline, what each placement gets in each language, and how what it makes stands now.

use std::collections::BTreeMap;

use handbill_domain::ids::WorkspaceId;
use handbill_store::{
    Store, plans, runs,
    versions::{self, Currency},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Problem, desk::Outline, moment::Moment};

/// A plan.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Plan")]
pub(crate) struct PlanView {
    /// Its id, as `POST /api/v1/runs` takes it.
    id: String,
    /// The run that it would be; absent when it cannot be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
    /// May it start?
    admission: Admission,
    /// Does rehearsal serve every role, so that it costs nothing?
    rehearsal: bool,
    #[serde(flatten)]
    outline: Outline,
    /// What each placement gets in each language.
    deliveries: Vec<Delivery>,
    /// How what it makes stands now.
    assets: Counts,
    created_at: Moment,
    /// Until when it can be ordered.
    expires_at: Moment,
}

/// The decision about a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Admission {
    /// It may start.
    Admitted,
    /// Something stands against it: see `obstacles`.
    Blocked,
}

/// What a placement gets in a language.
#[derive(Debug, Serialize, JsonSchema)]
struct Delivery {
    /// Its id; absent for what serves the whole campaign, such as videos and articles.
    #[serde(skip_serializing_if = "Option::is_none")]
    placement: Option<String>,
    /// In which language.
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    /// What is made for it.
    assets: Vec<PlannedAsset>,
}

/// An asset that a plan makes.
#[derive(Debug, Serialize, JsonSchema)]
struct PlannedAsset {
    /// Its id in the campaign.
    id: String,
    /// How it stands now.
    currency: Stand,
}

/// How an asset stands before a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Stand {
    /// It is there, made of the same.
    Current,
    /// It is there, made for an earlier order; the run keeps it where it does not show what changed.
    Stale,
    /// It is not there.
    Missing,
}

/// How many assets stand how.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Counts {
    /// All that the plan makes.
    total: usize,
    current: usize,
    stale: usize,
    missing: usize,
}

pub(crate) async fn show(
    store: &Store,
    workspace: &WorkspaceId,
    kept: plans::Plan,
    outline: Outline,
) -> Result<PlanView, Problem> {
    let stand = stands(store, workspace, &kept, &outline.campaign).await?;
    let mut counts = Counts::default();
    let mut deliveries: Vec<Delivery> = Vec::new();
    for step in outline.steps.iter().filter(|step| !step.makes.is_empty()) {
        let assets = step.makes.iter().map(|id| {
            let currency = stand.get(id).copied().unwrap_or(Stand::Missing);
            counts.total += 1;
            match currency {
                Stand::Current => counts.current += 1,
                Stand::Stale => counts.stale += 1,
                Stand::Missing => counts.missing += 1,
            }
            PlannedAsset { id: id.clone(), currency }
        });
        let assets: Vec<PlannedAsset> = assets.collect();
        match deliveries.iter_mut().find(|d| d.placement == step.placement && d.locale == step.locale) {
            Some(delivery) => delivery.assets.extend(assets),
            None => deliveries.push(Delivery {
                placement: step.placement.clone(),
                locale: step.locale.clone(),
                assets,
            }),
        }
    }
    let admission = if kept.plan.order.is_some() { Admission::Admitted } else { Admission::Blocked };
    Ok(PlanView {
        id: kept.id,
        run: kept.plan.run.map(|run| run.to_string()),
        admission,
        rehearsal: kept.plan.rehearsal,
        outline,
        deliveries,
        assets: counts,
        created_at: Moment(kept.created_at),
        expires_at: Moment(kept.expires_at),
    })
}

/// How the campaign's assets stand towards this plan. What the same run made is what it says; what another one made is
/// at best usable.
async fn stands(
    store: &Store,
    workspace: &WorkspaceId,
    kept: &plans::Plan,
    campaign: &str,
) -> Result<BTreeMap<String, Stand>, Problem> {
    let latest = runs::all(store, workspace, Some(campaign), 1).await?.pop();
    let same = latest.is_some_and(|latest| Some(&latest.id) == kept.plan.run.as_ref());
    let stand = versions::currency(store, workspace, campaign).await?;
    let known = stand.into_iter().filter_map(|(id, currency)| match currency {
        Currency::Current if same => Some((id, Stand::Current)),
        Currency::Current | Currency::Stale => Some((id, Stand::Stale)),
        Currency::Missing | Currency::Blocked => None,
    });
    Ok(known.collect())
}
