//! API keys: `hb_<env>_<id>_<secret>`. The secret is 256 random bits, so a fast hash of it is enough (slow hashes are
//! for passwords, which people choose). The key itself is shown once and never kept.

use handbill_domain::{
    ids::WorkspaceId,
    money::{Currency, Money},
};
use sea_orm::FromQueryResult;

use crate::{
    Error, Store,
    budgets::{self, Scope},
    error::unreadable,
    ledger,
    open::{row, rows, run},
    random::random,
    workspaces,
};

/// Environments in a key's text.
const LIVE: &str = "live";
const REHEARSAL: &str = "rehearsal";
/// What a key is as long as it is good for something.
const GOOD: &str = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > {now})";
/// How exactly the last use is known, in milliseconds: not every request writes.
const EXACTLY: i64 = 60_000;

/// A key that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// For people: what it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Can it never spend?
    pub rehearsal: bool,
    /// Most that all its runs together may spend; none: no limit of its own.
    pub ceiling: Option<Money>,
    /// For how long it is good, in milliseconds; none: until it is revoked.
    pub lives_ms: Option<i64>,
}

/// A key as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its id, which is part of its text.
    pub id: String,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// For people: what it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Can it never spend?
    pub rehearsal: bool,
    /// Most that all its runs together may spend.
    pub ceiling: Option<Money>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// When it stops being good.
    pub expires_at: Option<i64>,
    /// When it was used last, to the minute.
    pub used_at: Option<i64>,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
}

/// Makes a key and gives its text, which nobody can ask for again. Its ceiling holds from its first call on: a ceiling in
/// one currency means nothing in another, so it forbids spending there, and a rehearsal key may spend nowhere.
pub async fn create(store: &Store, workspace: &WorkspaceId, new: &NewKey) -> Result<(Key, String), Error> {
    let (id, secret) = (random::<6>()?, random::<32>()?);
    let env = if new.rehearsal { REHEARSAL } else { LIVE };
    let text = format!("hb_{env}_{id}_{secret}");
    let tx = store.begin().await?;
    workspaces::must_exist(&tx, workspace).await?;
    let sql = "INSERT INTO keys (workspace_id, id, name, env, hash, scopes, ceiling_micros, currency, created_at, expires_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, {now}, {now} + CAST($9 AS bigint))";
    let values = vec![
        workspace.as_str().into(),
        id.as_str().into(),
        new.name.as_str().into(),
        env.into(),
        hash(&text).as_str().into(),
        new.scopes.join(" ").into(),
        new.ceiling.as_ref().map(|ceiling| ceiling.amount_micros).into(),
        new.ceiling.as_ref().map(|ceiling| ceiling.currency.code()).into(),
        new.lives_ms.into(),
    ];
    run(&tx, sql, values).await?;
    if new.rehearsal || new.ceiling.is_some() {
        for currency in Currency::ALL {
            let same = new.ceiling.as_ref().filter(|ceiling| ceiling.currency == currency && !new.rehearsal);
            let most = same.map_or(0, |ceiling| ceiling.amount_micros);
            budgets::raise(&tx, workspace, &Scope::Key(id.clone()), currency, Some(most)).await?;
        }
    }
    tx.commit().await?;
    Ok((find(store, workspace, &id).await?, text))
}

/// The key that somebody shows us. None: it is not known, was revoked or has expired. It is the only question that
/// does not know the workspace yet: the answer names it.
pub async fn authenticate(store: &Store, text: &str) -> Result<Option<Key>, Error> {
    let mut parts = text.splitn(4, '_');
    let (Some("hb"), Some(_), Some(id), Some(_)) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Ok(None);
    };
    #[derive(FromQueryResult)]
    struct Shown {
        #[sea_orm(nested)]
        key: row::Model,
        now: i64,
    }
    let sql = format!("SELECT keys.*, {{now}} AS now FROM keys WHERE id = $1 AND {GOOD}");
    let Some(Shown { key: found, now }) = row(&store.db, &sql, vec![id.into()]).await? else {
        return Ok(None);
    };
    // Hashes of this type are compared in constant time.
    if blake3::Hash::from_hex(&found.hash).map_err(unreadable)? != blake3::hash(text.as_bytes()) {
        return Ok(None);
    }
    // Not every use is worth a write.
    if found.used_at.is_none_or(|at| at < now - EXACTLY) {
        run(&store.db, "UPDATE keys SET used_at = {now} WHERE id = $1", vec![id.into()]).await?;
    }
    found.read().map(Some)
}

/// Finds a key of this workspace.
pub async fn find(store: &Store, workspace: &WorkspaceId, id: &str) -> Result<Key, Error> {
    let sql = "SELECT * FROM keys WHERE workspace_id = $1 AND id = $2";
    let found: Option<row::Model> = row(&store.db, sql, vec![workspace.as_str().into(), id.into()]).await?;
    found.ok_or_else(|| Error::NotFound(format!("key {id}")))?.read()
}

/// Is a key still good for something?
pub async fn is_good(store: &Store, workspace: &WorkspaceId, id: &str) -> Result<bool, Error> {
    let sql = format!("SELECT * FROM keys WHERE workspace_id = $1 AND id = $2 AND {GOOD}");
    let values = vec![workspace.as_str().into(), id.into()];
    Ok(row::<row::Model>(&store.db, &sql, values).await?.is_some())
}

/// All keys of a workspace, newest first, those that are no longer good too.
pub async fn all(store: &Store, workspace: &WorkspaceId) -> Result<Vec<Key>, Error> {
    let sql = "SELECT * FROM keys WHERE workspace_id = $1 ORDER BY created_at DESC, id";
    let found: Vec<row::Model> = rows(&store.db, sql, vec![workspace.as_str().into()]).await?;
    found.into_iter().map(row::Model::read).collect()
}

/// Makes a key good for nothing, from the next request on. `false`: it was revoked before.
pub async fn revoke(store: &Store, workspace: &WorkspaceId, id: &str) -> Result<bool, Error> {
    let sql = "UPDATE keys SET revoked_at = {now} WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL";
    let revoked = run(&store.db, sql, vec![workspace.as_str().into(), id.into()]).await?.rows_affected() == 1;
    if !revoked {
        find(store, workspace, id).await?;
    }
    Ok(revoked)
}

/// Does any workspace have a key? Else nobody can use the API yet.
pub async fn any(store: &Store) -> Result<bool, Error> {
    #[derive(FromQueryResult)]
    struct Id {
        #[allow(dead_code, reason = "that there is a row is the answer")]
        id: String,
    }
    let sql = format!("SELECT id FROM keys WHERE {GOOD} LIMIT 1");
    Ok(row::<Id>(&store.db, &sql, vec![]).await?.is_some())
}

fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

impl row::Model {
    fn read(self) -> Result<Key, Error> {
        let currency = self.currency.as_deref().map(ledger::currency).transpose()?;
        let ceiling = self.ceiling_micros.zip(currency);
        Ok(Key {
            id: self.id,
            workspace: WorkspaceId::new(self.workspace_id),
            name: self.name,
            scopes: self.scopes.split_whitespace().map(str::to_owned).collect(),
            rehearsal: self.env == REHEARSAL,
            ceiling: ceiling.map(|(amount_micros, currency)| Money { amount_micros, currency }),
            created_at: self.created_at,
            expires_at: self.expires_at,
            used_at: self.used_at,
            revoked_at: self.revoked_at,
        })
    }
}

/// The table, and nothing else.
pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "keys")]
    pub struct Model {
        #[sea_orm(column_type = "Text")]
        pub workspace_id: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub id: String,
        #[sea_orm(column_type = "Text")]
        pub name: String,
        #[sea_orm(column_type = "Text")]
        pub env: String,
        #[sea_orm(column_type = "Text")]
        pub hash: String,
        #[sea_orm(column_type = "Text")]
        pub scopes: String,
        pub ceiling_micros: Option<i64>,
        #[sea_orm(column_type = "Text", nullable)]
        pub currency: Option<String>,
        pub created_at: i64,
        pub expires_at: Option<i64>,
        pub used_at: Option<i64>,
        pub revoked_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
