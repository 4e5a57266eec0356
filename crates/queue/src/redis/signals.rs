//! Words between processes, through Redis.

use async_trait::async_trait;
use handbill_domain::ids::{RunId, WorkspaceId};
use redis::cmd;
use serde::Serialize;

use super::{Redis, hub};
use crate::{
    Error, Signals,
    signals::{Control, Ear, Progress},
};

impl Redis {
    async fn publish(&self, topic: &str, message: &impl Serialize) -> Result<(), Error> {
        let body = serde_json::to_string(message).map_err(|e| Error::Unreadable(e.to_string()))?;
        let ask = async |mut redis| cmd("PUBLISH").arg(topic).arg(&body).query_async(&mut redis).await;
        let _: u64 = self.wire.call(ask).await?;
        Ok(())
    }
}

#[async_trait]
impl Signals for Redis {
    /// Without Redis, this process at least is told.
    async fn tell(&self, control: &Control) -> Result<(), Error> {
        let told = self.publish(&self.wire.topic(hub::CONTROL), control).await;
        if told.is_err() {
            self.hub.heard.channels.tell(control);
        }
        told
    }

    fn listen(&self) -> Ear<Control> {
        self.hub.heard.channels.listen()
    }

    async fn show(&self, progress: &Progress) -> Result<(), Error> {
        let topic = hub::progress(&self.wire, &progress.workspace, &progress.run);
        self.publish(&topic, progress).await
    }

    async fn watch(&self, workspace: &WorkspaceId, run: &RunId) -> Result<Ear<Progress>, Error> {
        let ear = self.hub.heard.channels.watch(workspace, run);
        if !self.hub.hear(hub::progress(&self.wire, workspace, run)).await {
            tracing::debug!(%run, "progress is heard when redis is back");
        }
        Ok(ear)
    }
}
