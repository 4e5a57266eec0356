//! What campaigns have: versions of assets that never change, each with its lineage and the digest of the content that it
//! was made of.

use std::collections::{BTreeMap, BTreeSet};

use handbill_domain::{
    asset::Digest,
    ids::{RunId, WorkspaceId},
    step::StepState,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    Error, Store,
    error::unreadable,
    open::{list, row, rows, run},
    runs,
    steps::{self, Step},
};

/// What a step made.
#[derive(Clone, Debug)]
pub struct Made {
    /// For which campaign.
    pub campaign: String,
    /// In which run.
    pub run: RunId,
    /// By which step.
    pub step: String,
    /// In which revision.
    pub revision: i32,
    /// The finished assets.
    pub assets: Vec<NewVersion>,
}

/// A finished asset.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// Its id in the campaign.
    pub asset: String,
    /// Digest of its file.
    pub digest: Digest,
    /// Digest of the content that it was made of: values of the brief's fields, earlier outputs, how it is made.
    pub inputs: Digest,
    /// Ids of what it was made from.
    pub parents: Vec<String>,
    /// All of it, as the manifest shows it.
    pub shown: Value,
}

/// Writes what was made. An asset of the same bytes from the same content is the version that there is already.
pub(crate) async fn write<'m>(
    db: &impl ConnectionTrait,
    made: impl Iterator<Item = (&'m WorkspaceId, &'m Made)>,
) -> Result<(), Error> {
    let made: Vec<_> = made.collect();
    let versions: Vec<Value> = made
        .iter()
        .flat_map(|(workspace, made)| {
            made.assets.iter().map(|asset| {
                json!({ "workspace": workspace.as_str(), "campaign": made.campaign, "asset": asset.asset, "run": made.run.as_str(),
                        "step": made.step, "revision": made.revision, "inputs": asset.inputs, "digest": asset.digest,
                        "parents": json!(asset.parents).to_string(), "shown": asset.shown.to_string() })
            })
        })
        .collect();
    if versions.is_empty() {
        return Ok(());
    }
    let latest = "SELECT MAX(o.version) FROM versions o WHERE o.workspace_id = v.workspace AND o.campaign_id = v.campaign AND o.asset_id = v.asset";
    let sql = format!(
        "INSERT INTO versions (workspace_id, campaign_id, asset_id, version, run_id, step_key, revision, inputs_digest, digest, parents, asset, at)
         SELECT v.workspace, v.campaign, v.asset, COALESCE(({latest}), 0) + 1, v.run, v.step, v.revision, v.inputs, v.digest, v.parents, v.shown, {{now}}
         FROM {{rows(workspace text, campaign text, asset text, run text, step text, revision integer, inputs text, digest text, parents text, shown text)}}
         WHERE NOT EXISTS (SELECT 1 FROM versions l WHERE l.workspace_id = v.workspace AND l.campaign_id = v.campaign AND l.asset_id = v.asset
           AND l.digest = v.digest AND l.inputs_digest = v.inputs AND l.version = ({latest}))"
    );
    run(db, &sql, vec![list(versions)?]).await?;
    Ok(())
}

/// A version of an asset.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Version {
    /// Its id in the campaign.
    pub asset: String,
    /// From one upwards.
    pub version: i32,
    /// The run that made it.
    pub run: String,
    /// The step that made it.
    pub step: String,
    /// In which revision.
    pub revision: i32,
    /// Digest of all content that it was made of.
    pub inputs: Digest,
    /// Digest of its file.
    pub digest: Digest,
    /// Ids of what it was made from.
    pub parents: Vec<String>,
    /// All of it, as the manifest shows it.
    pub shown: Value,
    /// Milliseconds since 1970.
    pub at: i64,
}

/// All versions of a campaign's assets, in the order of their ids, oldest first.
pub async fn all(store: &Store, workspace: &WorkspaceId, campaign: &str) -> Result<Vec<Version>, Error> {
    let sql =
        "SELECT * FROM versions WHERE workspace_id = $1 AND campaign_id = $2 ORDER BY asset_id, version";
    let found: Vec<row::Model> =
        rows(&store.db, sql, vec![workspace.as_str().into(), campaign.into()]).await?;
    found.into_iter().map(row::Model::read).collect()
}

/// The latest version of each asset of a campaign after the asset of this id, in the order of their ids.
pub async fn latest(
    store: &Store,
    workspace: &WorkspaceId,
    campaign: &str,
    after: &str,
    most: u32,
) -> Result<Vec<Version>, Error> {
    let sql = "SELECT * FROM versions v WHERE v.workspace_id = $1 AND v.campaign_id = $2 AND v.asset_id > $3
               AND v.version = (SELECT MAX(o.version) FROM versions o WHERE o.workspace_id = $1 AND o.campaign_id = $2 AND o.asset_id = v.asset_id)
               ORDER BY v.asset_id LIMIT $4";
    let values = vec![workspace.as_str().into(), campaign.into(), after.into(), i64::from(most).into()];
    let found: Vec<row::Model> = rows(&store.db, sql, values).await?;
    found.into_iter().map(row::Model::read).collect()
}

/// All versions of one asset, oldest first; none: there is no such asset.
pub async fn of_asset(
    store: &Store,
    workspace: &WorkspaceId,
    campaign: &str,
    asset: &str,
) -> Result<Vec<Version>, Error> {
    let sql = "SELECT * FROM versions WHERE workspace_id = $1 AND campaign_id = $2 AND asset_id = $3 ORDER BY version";
    let values = vec![workspace.as_str().into(), campaign.into(), asset.into()];
    let found: Vec<row::Model> = rows(&store.db, sql, values).await?;
    found.into_iter().map(row::Model::read).collect()
}

impl row::Model {
    fn read(self) -> Result<Version, Error> {
        Ok(Version {
            asset: self.asset_id,
            version: self.version,
            run: self.run_id,
            step: self.step_key,
            revision: self.revision,
            inputs: self.inputs_digest.parse().map_err(unreadable)?,
            digest: self.digest.parse().map_err(unreadable)?,
            parents: serde_json::from_str(&self.parents).map_err(unreadable)?,
            shown: serde_json::from_str(&self.asset).map_err(unreadable)?,
            at: self.at,
        })
    }
}

/// Has anything been made for a campaign?
pub async fn has_some(store: &Store, workspace: &WorkspaceId, campaign: &str) -> Result<bool, Error> {
    #[derive(FromQueryResult)]
    struct One {
        #[allow(dead_code, reason = "that there is a row is the answer")]
        one: i32,
    }
    let sql = "SELECT 1 AS one FROM versions WHERE workspace_id = $1 AND campaign_id = $2 LIMIT 1";
    Ok(row::<One>(&store.db, sql, vec![workspace.as_str().into(), campaign.into()]).await?.is_some())
}

/// Is an asset what its campaign asks for now?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Currency {
    /// Yes.
    Current,
    /// It was made of something that has changed since; usable.
    Stale,
    /// It is not there yet.
    Missing,
    /// It is not there, and cannot be made before something else that failed.
    Blocked,
}

/// How the assets stand that the campaign's latest run makes, by id.
pub async fn currency(
    store: &Store,
    workspace: &WorkspaceId,
    campaign: &str,
) -> Result<BTreeMap<String, Currency>, Error> {
    let Some(run) = runs::all(store, workspace, Some(campaign), 1).await?.pop() else {
        return Ok(BTreeMap::new());
    };
    let all = steps::all(store, workspace, &run.id).await?;
    let needs = needs(store, workspace, &run.id).await?;
    let had: BTreeSet<String> =
        self::all(store, workspace, campaign).await?.into_iter().map(|version| version.asset).collect();
    let changed: BTreeSet<i64> = steps::stale(store, workspace, &run.id).await?.into_iter().collect();
    let (mut stale, mut failed) = (BTreeSet::new(), BTreeSet::new());
    let mut stand = BTreeMap::new();
    // Parents come first, so one pass is enough.
    for step in &all {
        let parents = needs.get(&step.id).map(Vec::as_slice).unwrap_or_default();
        let made = step.state == StepState::Succeeded;
        if changed.contains(&step.id) || !made || parents.iter().any(|p| stale.contains(p)) {
            stale.insert(step.id);
        }
        if matches!(step.state, StepState::Failed | StepState::Canceled) {
            failed.insert(step.id);
        }
        let blocked = parents.iter().any(|p| failed.contains(p));
        if blocked && !made {
            failed.insert(step.id);
        }
        for asset in makes(step) {
            let currency = match (made, had.contains(&asset)) {
                (true, _) if !stale.contains(&step.id) => Currency::Current,
                (true, _) | (false, true) => Currency::Stale,
                (false, false) if blocked => Currency::Blocked,
                (false, false) => Currency::Missing,
            };
            stand.insert(asset, currency);
        }
    }
    Ok(stand)
}

fn makes(step: &Step) -> Vec<String> {
    let ids = step.spec["makes"].as_array().map(Vec::as_slice).unwrap_or_default();
    ids.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect()
}

/// Step → steps that it needs.
async fn needs(store: &Store, workspace: &WorkspaceId, id: &RunId) -> Result<BTreeMap<i64, Vec<i64>>, Error> {
    #[derive(FromQueryResult)]
    struct Edge {
        step_id: i64,
        needs_id: i64,
    }
    let sql = "SELECT d.step_id, d.needs_id FROM dependencies d JOIN steps s ON s.id = d.step_id
               WHERE s.workspace_id = $1 AND s.run_id = $2 ORDER BY 1, 2";
    let mut needs: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    let values = vec![workspace.as_str().into(), id.as_str().into()];
    for edge in rows::<Edge>(&store.db, sql, values).await? {
        needs.entry(edge.step_id).or_default().push(edge.needs_id);
    }
    Ok(needs)
}

/// The table of versions, and nothing else.
pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "versions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub workspace_id: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub campaign_id: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub asset_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i32,
        #[sea_orm(column_type = "Text")]
        pub run_id: String,
        #[sea_orm(column_type = "Text")]
        pub step_key: String,
        pub revision: i32,
        #[sea_orm(column_type = "Text")]
        pub inputs_digest: String,
        #[sea_orm(column_type = "Text")]
        pub digest: String,
        #[sea_orm(column_type = "Text")]
        pub parents: String,
        #[sea_orm(column_type = "Text")]
        pub asset: String,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
