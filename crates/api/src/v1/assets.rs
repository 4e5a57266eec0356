//! What was made: by run, by campaign, version by version; each with a link to its file.

use actix_web::web::{Data, Path};
use handbill_domain::{
    Fault,
    asset::{Asset, AssetKind},
    ids::{RunId, WorkspaceId},
};
use handbill_store::{
    runs,
    steps::{self, Step},
    versions::{self, Currency, Version},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::{
    Problem, State,
    access::{Permission, Principal},
    give::Shown,
    links::{Linked, Links},
    moment::Moment,
    operation::Operation,
    page::{self, Page},
    take::Query,
};

pub(crate) fn operations() -> Vec<Operation> {
    let of_run = ("list_run_assets", "List what a run made, with links to the files");
    let of_campaign =
        ("list_campaign_assets", "List what a campaign has now: the latest version of each asset");
    let versions = ("list_asset_versions", "List all versions of an asset, oldest first");
    vec![
        Operation::get("/runs/{run}/assets", of_run, by_run).needs(Permission::AssetsRead),
        Operation::get("/campaigns/{campaign}/assets", of_campaign, by_campaign)
            .needs(Permission::AssetsRead),
        Operation::get("/campaigns/{campaign}/assets/{asset}/versions", versions, of_asset)
            .needs(Permission::AssetsRead),
    ]
}

/// A finished asset of a run.
#[derive(Debug, Serialize, JsonSchema)]
struct RunAsset {
    #[serde(flatten)]
    asset: Asset,
    download: Download,
}

/// Where a file can be fetched without a key, for a quarter of an hour.
#[derive(Debug, Serialize, JsonSchema)]
struct Download {
    /// Path and query, relative to this server.
    url: String,
    /// Until when.
    expires_at: Moment,
}

/// A version of an asset. It never changes.
#[derive(Debug, Serialize, JsonSchema)]
struct AssetVersion {
    /// From one upwards.
    version: i32,
    /// The run that made it.
    run: String,
    /// In which revision of its step.
    revision: i32,
    created_at: Moment,
    /// Is it what the campaign's latest run asks for? Told of latest versions only.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<Standing>,
    #[serde(flatten)]
    asset: Asset,
    download: Download,
}

/// Is an asset what its campaign asks for now?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Standing {
    /// Yes.
    Current,
    /// It was made of something that has changed since; usable.
    Stale,
}

/// Which assets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AssetQuery {
    /// Only those of this kind.
    kind: Option<AssetKind>,
    /// Entries of a page, 1 to 200.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

async fn by_run(
    state: Data<State>,
    links: Data<Links>,
    who: Principal,
    run: Path<String>,
    Query(asked): Query<AssetQuery>,
) -> Result<Shown<Page<RunAsset>>, Problem> {
    let limit = page::limit(asked.limit)?;
    let after = page::open(asked.cursor.as_deref())?.unwrap_or_default();
    let run = RunId::new(run.into_inner());
    runs::state(&state.store, &who.workspace, &run).await?;
    let mut assets = Vec::new();
    for step in steps::all(&state.store, &who.workspace, &run).await? {
        assets.extend(made(&step)?);
    }
    assets.retain(|asset| asset.id > after && asked.kind.is_none_or(|kind| kind == asset.kind));
    assets.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Shown(Page::of(
        assets,
        limit,
        |asset| asset.id.clone(),
        |asset| RunAsset { download: download(&links, &asset), asset },
    )))
}

/// The assets of a step that succeeded.
fn made(step: &Step) -> Result<Vec<Asset>, Problem> {
    let assets = step.output.as_ref().map(|output| output["assets"].clone()).unwrap_or_default();
    let read: Result<Option<Vec<Asset>>, _> = serde_json::from_value(assets);
    Ok(read.map_err(|error| Problem::of_error(Fault::Broken, &error))?.unwrap_or_default())
}

fn download(links: &Links, asset: &Asset) -> Download {
    let name = asset.file.rsplit('/').next().unwrap_or(&asset.file).to_owned();
    let link = links.to(&Linked { digest: asset.digest.clone(), name, media_type: asset.media_type.clone() });
    Download { url: link.url, expires_at: Moment(link.expires_at) }
}

async fn by_campaign(
    state: Data<State>,
    links: Data<Links>,
    who: Principal,
    campaign: Path<String>,
    Query(asked): Query<AssetQuery>,
) -> Result<Shown<Page<AssetVersion>>, Problem> {
    let limit = page::limit(asked.limit)?;
    let after = page::open(asked.cursor.as_deref())?.unwrap_or_default();
    must_exist(&state, &who.workspace, &campaign).await?;
    let stand = versions::currency(&state.store, &who.workspace, &campaign).await?;
    let found = versions::latest(&state.store, &who.workspace, &campaign, &after, limit + 1).await?;
    let page = Page::of(found, limit, |version| version.asset.clone(), |version| version);
    let shown: Result<Vec<_>, _> =
        page.data.into_iter().map(|version| show(version, &links, &stand)).collect();
    let mut data = shown?;
    data.retain(|version| asked.kind.is_none_or(|kind| kind == version.asset.kind));
    Ok(Shown(Page { data, next_cursor: page.next_cursor }))
}

/// A campaign is there as soon as a run of it is.
async fn must_exist(state: &State, workspace: &WorkspaceId, campaign: &str) -> Result<(), Problem> {
    if runs::all(&state.store, workspace, Some(campaign), 1).await?.is_empty() {
        return Err(Problem::new(
            Fault::NotFound,
            format!("there is no campaign {campaign}"),
            format!("没有营销活动 {campaign}"),
        ));
    }
    Ok(())
}

async fn of_asset(
    state: Data<State>,
    links: Data<Links>,
    who: Principal,
    path: Path<(String, String)>,
) -> Result<Shown<Page<AssetVersion>>, Problem> {
    let (campaign, asset) = path.into_inner();
    let found = versions::of_asset(&state.store, &who.workspace, &campaign, &asset).await?;
    if found.is_empty() {
        return Err(Problem::new(
            Fault::NotFound,
            format!("campaign {campaign} has no asset {asset}"),
            format!("营销活动 {campaign} 没有内容 {asset}"),
        ));
    }
    let none = BTreeMap::new();
    let shown: Result<Vec<_>, _> = found.into_iter().map(|version| show(version, &links, &none)).collect();
    Ok(Shown(Page { data: shown?, next_cursor: None }))
}

fn show(
    version: Version,
    links: &Links,
    stand: &BTreeMap<String, Currency>,
) -> Result<AssetVersion, Problem> {
    let asset: Asset =
        serde_json::from_value(version.shown).map_err(|error| Problem::of_error(Fault::Broken, &error))?;
    let currency = match stand.get(&version.asset) {
        Some(Currency::Current) => Some(Standing::Current),
        Some(_) => Some(Standing::Stale),
        None => None,
    };
    Ok(AssetVersion {
        version: version.version,
        run: version.run,
        revision: version.revision,
        created_at: Moment(version.at),
        currency,
        download: download(links, &asset),
        asset,
    })
}
