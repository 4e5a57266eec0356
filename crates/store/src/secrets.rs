//! Secrets of the installation that all its processes share: made once, by whoever needs one first.

use sea_orm::FromQueryResult;

use crate::{
    Error, Store,
    open::{row, run},
    random::random,
};

/// 256 random bits with a name, as hex digits: the same for every process, for ever.
pub async fn shared(store: &Store, name: &str) -> Result<String, Error> {
    #[derive(FromQueryResult)]
    struct Value {
        value: String,
    }
    let sql = "INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    let found = || row::<Value>(&store.db, "SELECT value FROM secrets WHERE name = $1", vec![name.into()]);
    if let Some(there) = found().await? {
        return Ok(there.value);
    }
    run(&store.db, sql, vec![name.into(), random::<32>()?.into()]).await?;
    let there = found().await?.ok_or_else(|| Error::NotFound(format!("secret {name}")))?;
    Ok(there.value)
}

/// The table, and nothing else.
#[cfg(test)]
pub(crate) mod table {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "secrets")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub name: String,
        #[sea_orm(column_type = "Text")]
        pub value: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
