//! The trait of all lines of tickets, and how a worker waits in one.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use handbill_domain::{ids::WorkspaceId, step::Lane};
use tokio::time::{self, Instant};

use crate::{Bell, Class, Error, Taken, Ticket};

/// A bell may be missed (pub/sub promises nothing), so a waiting worker looks this often even when nothing rings.
pub(crate) const LOOK: Duration = Duration::from_secs(1);

/// Where tickets wait for workers.
///
/// Interactive tickets come before bulk tickets, but one pick in eight is for bulk. Inside a class the workspaces take
/// turns (start-time fair queueing), and inside a workspace the oldest step comes first, so that runs that began end.
#[async_trait]
pub trait Dispatcher: Send + Sync {
    /// Adds interactive tickets; one that waits already is not added again.
    async fn push(&self, lane: Lane, tickets: &[Ticket]) -> Result<(), Error> {
        self.push_as(lane, Class::Interactive, tickets).await
    }

    /// Adds tickets of a class; one that waits already is not added again, but one that waits as bulk becomes
    /// interactive when it is pushed so.
    async fn push_as(&self, lane: Lane, class: Class, tickets: &[Ticket]) -> Result<(), Error>;

    /// Takes the next ticket of any class, and waits up to `wait` for one.
    async fn pop(&self, lane: Lane, wait: Duration) -> Result<Option<Ticket>, Error> {
        let taken = self.pop_some(lane, Room { slots: 1, bulk: 1 }, wait).await?;
        Ok(taken.into_iter().next().map(|taken| taken.ticket))
    }

    /// Takes what there is, as much as there is room for, and waits up to `wait` for the first. Dropping the future in
    /// the middle may lose tickets, which the next sweep of the database brings back.
    async fn pop_some(&self, lane: Lane, room: Room, wait: Duration) -> Result<Vec<Taken>, Error> {
        let until = Instant::now() + wait;
        let taken = self.take(lane, room).await?;
        if !taken.is_empty() || wait.is_zero() || room.slots == 0 {
            return Ok(taken);
        }
        let bell = self.bell(lane);
        // One of a process listens for all: who gets something lets the next one look.
        let Ok(_turn) = time::timeout_at(until, bell.turn(room.bulk > 0)).await else {
            return Ok(Vec::new());
        };
        loop {
            // Listen first, look then: a ticket that comes in between rings.
            let rung = bell.rung();
            let taken = self.take(lane, room).await?;
            if !taken.is_empty() || Instant::now() >= until {
                return Ok(taken);
            }
            let _ = time::timeout_at(until.min(Instant::now() + LOOK), rung).await;
        }
    }

    /// Takes what there is now, as much as there is room for.
    async fn take(&self, lane: Lane, room: Room) -> Result<Vec<Taken>, Error>;

    /// Rings when tickets come into a class of this lane that was empty.
    fn bell(&self, lane: Lane) -> Arc<Bell>;

    /// Is this line known to this process alone? Then every process has to fill its own.
    fn is_local(&self) -> bool {
        false
    }

    /// Takes a ticket out of the line. `false`: it was not there.
    async fn remove(&self, lane: Lane, ticket: &Ticket) -> Result<bool, Error>;

    /// How many wait.
    async fn depth(&self, lane: Lane) -> Result<u64, Error>;

    /// How many wait in each of these places, asked at once: by this a feeder knows where to bring more.
    async fn waiting(&self, places: &[Place]) -> Result<Vec<u64>, Error>;
}

/// Where the tickets of one workspace and class wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// In this lane.
    pub lane: Lane,
    /// In this class.
    pub class: Class,
    /// Whose.
    pub workspace: WorkspaceId,
}

/// How many tickets a worker can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// How many in all.
    pub slots: usize,
    /// How many of them may be bulk.
    pub bulk: usize,
}
