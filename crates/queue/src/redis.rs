//! Lanes, limits and signals in Redis 7 (or Valkey). The scripts beside this file are the whole of what Redis does.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use handbill_domain::{ids::WorkspaceId, step::Lane};
use redis::{Script, cmd, pipe};

use crate::{Bell, Class, Dispatcher, Error, Place, Room, Taken, Ticket, local::number};

mod hub;
mod limits;
mod signals;
mod wire;

#[cfg(test)]
pub(crate) use self::limits::Timing;
use self::{hub::Hub, limits::Keeper, wire::Wire};

/// Lua takes some thousands of arguments at most.
const AT_ONCE: usize = 1000;

/// Lanes, limits and signals in Redis.
pub struct Redis {
    wire: Arc<Wire>,
    hub: Hub,
    keeper: Keeper,
    scripts: Scripts,
}

struct Scripts {
    push: Script,
    take: Script,
    remove: Script,
    depth: Script,
}

impl Redis {
    /// Prepares for the Redis at this address, and asks it for a sign of life. Every key begins with `prefix`, so that
    /// several installations can share one Redis.
    pub async fn open(url: &str, prefix: &str) -> Result<Self, Error> {
        let redis = Self::prepare(url, prefix)?;
        redis.ping().await?;
        Ok(redis)
    }

    /// The same without asking: a Redis that is away now is used as soon as it is there.
    pub fn prepare(url: &str, prefix: &str) -> Result<Self, Error> {
        let wire = Arc::new(Wire::new(url, prefix)?);
        Ok(Self {
            hub: Hub::open(wire.clone()),
            keeper: Keeper::open(wire.clone(), limits::Timing::default()),
            scripts: Scripts {
                push: Script::new(include_str!("redis/push.lua")),
                take: Script::new(include_str!("redis/take.lua")),
                remove: Script::new(include_str!("redis/remove.lua")),
                depth: Script::new(include_str!("redis/depth.lua")),
            },
            wire,
        })
    }

    /// Asks for a sign of life.
    pub async fn ping(&self) -> Result<(), Error> {
        self.wire.call(async |mut redis| cmd("PING").query_async(&mut redis).await).await
    }

    fn lane(&self, lane: Lane) -> String {
        self.wire.key(&format!("lane:{}", lane.as_str()))
    }

    async fn push_some(&self, lane: Lane, class: Class, tickets: &[Ticket]) -> Result<(), Error> {
        let mut by_workspace: BTreeMap<&WorkspaceId, Vec<i64>> = BTreeMap::new();
        for ticket in tickets {
            by_workspace.entry(&ticket.workspace).or_default().push(ticket.step);
        }
        let mut call = self.scripts.push.key(self.lane(lane));
        call.arg(self.wire.topic(hub::BELL)).arg(lane.as_str()).arg(letter(class));
        for (workspace, steps) in by_workspace {
            call.arg(workspace.as_str()).arg(steps.len()).arg(steps);
        }
        let _: u64 = self.wire.call(async |mut redis| call.invoke_async(&mut redis).await).await?;
        Ok(())
    }
}

#[async_trait]
impl Dispatcher for Redis {
    async fn push_as(&self, lane: Lane, class: Class, tickets: &[Ticket]) -> Result<(), Error> {
        for some in tickets.chunks(AT_ONCE) {
            self.push_some(lane, class, some).await?;
        }
        Ok(())
    }

    async fn take(&self, lane: Lane, room: Room) -> Result<Vec<Taken>, Error> {
        let mut call = self.scripts.take.key(self.lane(lane));
        call.arg(room.slots.min(AT_ONCE)).arg(room.bulk.min(AT_ONCE));
        let said: Vec<String> = self.wire.call(async |mut redis| call.invoke_async(&mut redis).await).await?;
        said.chunks(3).map(read).collect()
    }

    fn bell(&self, lane: Lane) -> Arc<Bell> {
        self.hub.heard.bells[number(lane)].clone()
    }

    async fn remove(&self, lane: Lane, ticket: &Ticket) -> Result<bool, Error> {
        let mut call = self.scripts.remove.key(self.lane(lane));
        call.arg(ticket.workspace.as_str()).arg(ticket.step);
        let gone: u64 = self.wire.call(async |mut redis| call.invoke_async(&mut redis).await).await?;
        Ok(gone > 0)
    }

    async fn depth(&self, lane: Lane) -> Result<u64, Error> {
        let call = self.scripts.depth.key(self.lane(lane));
        self.wire.call(async |mut redis| call.invoke_async(&mut redis).await).await
    }

    async fn waiting(&self, places: &[Place]) -> Result<Vec<u64>, Error> {
        let mut all = Vec::with_capacity(places.len());
        for some in places.chunks(AT_ONCE) {
            let mut asked = pipe();
            for Place { lane, class, workspace } in some {
                asked.cmd("ZCARD").arg(format!("{}.{}:{workspace}", self.lane(*lane), letter(*class)));
            }
            let counts: Vec<u64> =
                self.wire.call(async |mut redis| asked.query_async(&mut redis).await).await?;
            all.extend(counts);
        }
        Ok(all)
    }
}

/// A class as the keys name it.
fn letter(class: Class) -> &'static str {
    match class {
        Class::Interactive => "i",
        Class::Bulk => "b",
    }
}

/// Class, workspace and step, as `take.lua` gives them.
fn read(said: &[String]) -> Result<Taken, Error> {
    let unreadable = || Error::Unreadable(said.join(" "));
    let [class, workspace, step] = said else { return Err(unreadable()) };
    let class = if class == "b" { Class::Bulk } else { Class::Interactive };
    let step = step.parse().map_err(|_| unreadable())?;
    Ok(Taken { class, ticket: Ticket { workspace: WorkspaceId::new(workspace), step } })
}
