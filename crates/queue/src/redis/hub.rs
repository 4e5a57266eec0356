//! What Redis tells us without being asked: bells, controls and progress, over one connection of their own.

use std::{collections::BTreeSet, future::pending, sync::Arc, time::Duration};

use futures_util::StreamExt;
use handbill_domain::{
    ids::{RunId, WorkspaceId},
    step::Lane,
};
use redis::{Msg, RedisResult, aio::PubSubSink};
use tokio::{
    sync::{mpsc, oneshot},
    task::AbortHandle,
    time,
};

use super::wire::{ANSWER, Wire};
use crate::{
    Bell,
    local::number,
    signals::{Channels, Control, Progress},
};

/// The channel of all bells; the message is the lane.
pub(super) const BELL: &str = "bell";
/// The channel of what workers are told.
pub(super) const CONTROL: &str = "control";
/// A connection that carried nothing for so long is asked whether it lives.
const PROBE: Duration = Duration::from_secs(10);
/// Between two tries to connect.
const AGAIN: Duration = Duration::from_millis(250);

/// Listens for as long as it lives.
pub(super) struct Hub {
    pub(super) heard: Arc<Heard>,
    wishes: mpsc::UnboundedSender<Wish>,
    task: AbortHandle,
}

/// Who in this process is told.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) bells: [Arc<Bell>; 3],
    pub(super) channels: Channels,
}

/// A topic that somebody wants to hear, and who is told when it is heard.
struct Wish {
    topic: String,
    done: oneshot::Sender<()>,
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Hub {
    pub(super) fn open(wire: Arc<Wire>) -> Self {
        let heard = Arc::new(Heard::default());
        let (wishes, wanted) = mpsc::unbounded_channel();
        let task = tokio::spawn(listen(wire, heard.clone(), wanted)).abort_handle();
        Self { heard, wishes, task }
    }

    /// Hears a topic from now on. `false`: not yet, but as soon as Redis is there.
    pub(super) async fn hear(&self, topic: String) -> bool {
        let (done, heard) = oneshot::channel();
        self.wishes.send(Wish { topic, done }).is_ok()
            && matches!(time::timeout(ANSWER, heard).await, Ok(Ok(())))
    }
}

/// The channel of a run's progress.
pub(super) fn progress(wire: &Wire, workspace: &WorkspaceId, run: &RunId) -> String {
    wire.topic(&format!("progress:{workspace}:{run}"))
}

async fn listen(wire: Arc<Wire>, heard: Arc<Heard>, mut wanted: mpsc::UnboundedReceiver<Wish>) {
    let mut was_there = true;
    loop {
        let mut session = Session { wire: &wire, heard: &heard, topics: BTreeSet::new() };
        let ended = session.run(&mut wanted).await;
        if !session.topics.is_empty() {
            was_there = true;
        }
        if was_there {
            was_there = false;
            let why = ended.err().map(|e| e.to_string()).unwrap_or_default();
            tracing::warn!(error = why, "redis tells nothing; workers look every second until it does");
        }
        time::sleep(AGAIN).await;
    }
}

/// One connection, from its first topic to its end.
struct Session<'a> {
    wire: &'a Wire,
    heard: &'a Heard,
    topics: BTreeSet<String>,
}

impl Session<'_> {
    async fn run(&mut self, wanted: &mut mpsc::UnboundedReceiver<Wish>) -> RedisResult<()> {
        let (mut sink, mut messages) = in_time(self.wire.client.get_async_pubsub()).await?.split();
        let mut first = vec![self.wire.topic(BELL), self.wire.topic(CONTROL)];
        let watched = self.heard.channels.watched();
        first.extend(watched.iter().map(|(workspace, run)| progress(self.wire, workspace, run)));
        for topic in first {
            self.subscribe(&mut sink, topic).await?;
        }
        // Whatever rang while nobody listened.
        for bell in &self.heard.bells {
            bell.ring();
        }
        loop {
            tokio::select! {
                message = time::timeout(PROBE, messages.next()) => match message {
                    Ok(Some(message)) => self.told(&mut sink, &message).await?,
                    Ok(None) => return Ok(()),
                    Err(_) => in_time(sink.ping::<redis::Value>()).await.map(drop)?,
                },
                wish = wish(wanted) => {
                    self.subscribe(&mut sink, wish.topic).await?;
                    let _ = wish.done.send(());
                }
            }
        }
    }

    async fn subscribe(&mut self, sink: &mut PubSubSink, topic: String) -> RedisResult<()> {
        if !self.topics.contains(&topic) {
            in_time(sink.subscribe(&topic)).await?;
            self.topics.insert(topic);
        }
        Ok(())
    }

    async fn told(&mut self, sink: &mut PubSubSink, message: &Msg) -> RedisResult<()> {
        let topic = message.get_channel_name();
        let body = message.get_payload_bytes();
        if topic == self.wire.topic(BELL) {
            let lane = std::str::from_utf8(body).ok().and_then(|lane| lane.parse::<Lane>().ok());
            match lane {
                Some(lane) => self.heard.bells[number(lane)].ring(),
                None => tracing::warn!(topic, "a bell of no lane"),
            }
        } else if topic == self.wire.topic(CONTROL) {
            match serde_json::from_slice::<Control>(body) {
                Ok(control) => self.heard.channels.tell(&control),
                Err(error) => tracing::warn!(%error, topic, "a control that nobody understands"),
            }
        } else {
            match serde_json::from_slice::<Progress>(body) {
                Ok(progress) if self.heard.channels.show(&progress) => {}
                Ok(_) => {
                    in_time(sink.unsubscribe(topic)).await?;
                    self.topics.remove(topic);
                }
                Err(error) => tracing::warn!(%error, topic, "a progress that nobody understands"),
            }
        }
        Ok(())
    }
}

/// The next wish. Who makes wishes owns the task that reads them, so their channel does not end before the task.
async fn wish(wanted: &mut mpsc::UnboundedReceiver<Wish>) -> Wish {
    match wanted.recv().await {
        Some(wish) => wish,
        None => pending().await,
    }
}

async fn in_time<T>(asked: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    match time::timeout(ANSWER, asked).await {
        Ok(answer) => answer,
        Err(_) => Err((redis::ErrorKind::Io, "no answer in time").into()),
    }
}
