//! Files that somebody sent: which blobs a workspace may name in its briefs.

use std::collections::BTreeSet;

use handbill_domain::{asset::Digest, ids::WorkspaceId};
use sea_orm::FromQueryResult;
use serde_json::json;

use crate::{
    Error, Store,
    error::unreadable,
    open::{list, row, rows, run},
};

/// A file as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Digest of its bytes: its name.
    pub digest: Digest,
    /// By its content.
    pub media_type: String,
    /// Its size.
    pub bytes: i64,
    /// Width and height in px, where it is a picture.
    pub size: Option<(i32, i32)>,
    /// When it was sent, in milliseconds since 1970.
    pub at: i64,
}

/// Notes a file whose bytes are kept already. `false`: the workspace had it.
pub async fn create(store: &Store, workspace: &WorkspaceId, new: &Upload) -> Result<bool, Error> {
    let sql = "INSERT INTO uploads (workspace_id, digest, media_type, bytes, width, height, at) VALUES ($1, $2, $3, $4, $5, $6, {now})
               ON CONFLICT DO NOTHING";
    let values = vec![
        workspace.as_str().into(),
        new.digest.as_str().into(),
        new.media_type.as_str().into(),
        new.bytes.into(),
        new.size.map(|size| size.0).into(),
        new.size.map(|size| size.1).into(),
    ];
    Ok(run(&store.db, sql, values).await?.rows_affected() == 1)
}

/// Finds a file of this workspace.
pub async fn find(store: &Store, workspace: &WorkspaceId, digest: &Digest) -> Result<Upload, Error> {
    let sql = "SELECT * FROM uploads WHERE workspace_id = $1 AND digest = $2";
    let found: Option<row::Model> =
        row(&store.db, sql, vec![workspace.as_str().into(), digest.as_str().into()]).await?;
    let found = found.ok_or_else(|| Error::NotFound(format!("file {digest}")))?;
    Ok(Upload {
        digest: found.digest.parse().map_err(unreadable)?,
        media_type: found.media_type,
        bytes: found.bytes,
        size: found.width.zip(found.height),
        at: found.at,
    })
}

/// Those of some files that the workspace has.
pub async fn known(
    store: &Store,
    workspace: &WorkspaceId,
    digests: impl IntoIterator<Item = &Digest>,
) -> Result<BTreeSet<Digest>, Error> {
    #[derive(FromQueryResult)]
    struct Known {
        digest: String,
    }
    let sql = "SELECT u.digest FROM {rows(digest text)} JOIN uploads u ON u.digest = v.digest AND u.workspace_id = $2";
    let given = list(digests.into_iter().map(|digest| json!({ "digest": digest })))?;
    let found: Vec<Known> = rows(&store.db, sql, vec![given, workspace.as_str().into()]).await?;
    found.into_iter().map(|one| one.digest.parse().map_err(unreadable)).collect()
}

/// The table, and nothing else.
pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "uploads")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub workspace_id: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub digest: String,
        #[sea_orm(column_type = "Text")]
        pub media_type: String,
        pub bytes: i64,
        pub width: Option<i32>,
        pub height: Option<i32>,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
