//! `handbill serve`: the API, over the same rows, files and models as every other command.

use std::path::Path;

use handbill_api::State;

use crate::{console::Console, ending::Ending, language::said, settings::Settings, wiring};

/// Serves until somebody stops it.
pub async fn serve(models: Option<&Path>, settings: &Settings, console: &Console) -> Result<(), Ending> {
    let models = wiring::models(models, settings)?;
    let catalog = models.catalog();
    let state = State {
        store: wiring::store(settings).await?,
        dispatcher: wiring::dispatcher(settings).await?,
        models: catalog.entries().cloned().collect(),
        roles: catalog.roles().clone(),
    };
    let address = settings.api.listen;
    let listener = settings.api.bind().map_err(|error| {
        Ending::refused(
            format!("cannot listen on {address}: {error}; name another address: HANDBILL_API__LISTEN=127.0.0.1:8471"),
            format!("无法监听 {address}：{error}；请换一个地址：HANDBILL_API__LISTEN=127.0.0.1:8471"),
        )
    })?;
    console.tell(&said!(console.language, "listening on http://{address}", "正在监听 http://{address}"));
    Ok(handbill_api::serve(listener, state).await.map_err(anyhow::Error::from)?)
}
