//! `handbill migrate`: brings the database to this build's schema. Opening does it too; this does only it.

use handbill_store::Store;

use crate::{console::Console, ending::Ending, language::said, settings::Settings, wiring};

/// Opens the store once.
pub async fn migrate(settings: &Settings, console: &Console) -> Result<(), Ending> {
    let store: Store = wiring::store(settings).await?;
    store.ping().await.map_err(anyhow::Error::from)?;
    console.answer(&said!(console.language, "the database is up to date", "数据库已是最新结构"));
    Ok(())
}
