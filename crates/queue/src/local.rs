//! Everything in this process: no server, nothing to set up.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use handbill_domain::step::Lane;

use crate::{Bell, Class, Dispatcher, Error, Place, Room, Taken, Ticket, fair::Line, limits, signals};

/// Lanes, limits and signals in this process.
#[derive(Debug, Default)]
pub struct Local {
    lanes: [Waiting; 3],
    pub(crate) limits: limits::local::Accounts,
    pub(crate) signals: signals::Channels,
}

#[derive(Debug, Default)]
struct Waiting {
    line: Mutex<Line>,
    bell: Arc<Bell>,
}

impl Local {
    fn lane(&self, lane: Lane) -> &Waiting {
        &self.lanes[number(lane)]
    }
}

/// The place of a lane in lists of all of them.
pub(crate) fn number(lane: Lane) -> usize {
    match lane {
        Lane::Model => 0,
        Lane::Media => 1,
        Lane::Deliver => 2,
    }
}

impl Waiting {
    /// The line. It is whole after every change, so a panic elsewhere does not spoil it.
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Dispatcher for Local {
    async fn push_as(&self, lane: Lane, class: Class, tickets: &[Ticket]) -> Result<(), Error> {
        let lane = self.lane(lane);
        let wakes = lane.line().push(class, tickets);
        if wakes {
            lane.bell.ring();
        }
        Ok(())
    }

    async fn take(&self, lane: Lane, room: Room) -> Result<Vec<Taken>, Error> {
        Ok(self.lane(lane).line().take(room))
    }

    fn bell(&self, lane: Lane) -> Arc<Bell> {
        self.lane(lane).bell.clone()
    }

    fn is_local(&self) -> bool {
        true
    }

    async fn remove(&self, lane: Lane, ticket: &Ticket) -> Result<bool, Error> {
        Ok(self.lane(lane).line().remove(ticket))
    }

    async fn depth(&self, lane: Lane) -> Result<u64, Error> {
        Ok(self.lane(lane).line().depth() as u64)
    }

    async fn waiting(&self, places: &[Place]) -> Result<Vec<u64>, Error> {
        Ok(places.iter().map(|p| self.lane(p.lane).line().waiting(p.class, &p.workspace) as u64).collect())
    }
}
