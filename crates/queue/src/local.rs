//! Lanes in this process.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use handbill_domain::step::Lane;
use tokio::{sync::Notify, time};

use crate::{Dispatcher, Error, Ticket};

/// Lanes in this process.
#[derive(Debug, Default)]
pub struct Local {
    model: Line,
    media: Line,
    deliver: Line,
}

#[derive(Debug, Default)]
struct Line {
    waiting: Mutex<Waiting>,
    bell: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    order: VecDeque<Ticket>,
    known: HashSet<Ticket>,
}

impl Local {
    fn line(&self, lane: Lane) -> &Line {
        match lane {
            Lane::Model => &self.model,
            Lane::Media => &self.media,
            Lane::Deliver => &self.deliver,
        }
    }
}

impl Line {
    /// The waiting tickets. They are whole after every change, so a panic elsewhere does not spoil them.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<Ticket> {
        let mut waiting = self.waiting();
        let ticket = waiting.order.pop_front()?;
        waiting.known.remove(&ticket);
        Some(ticket)
    }
}

#[async_trait]
impl Dispatcher for Local {
    async fn push(&self, lane: Lane, tickets: &[Ticket]) -> Result<(), Error> {
        let line = self.line(lane);
        for ticket in tickets {
            let mut waiting = line.waiting();
            if waiting.known.insert(ticket.clone()) {
                waiting.order.push_back(ticket.clone());
                drop(waiting);
                line.bell.notify_one();
                line.bell.notify_waiters();
            }
        }
        Ok(())
    }

    async fn pop(&self, lane: Lane, wait: Duration) -> Result<Option<Ticket>, Error> {
        let line = self.line(lane);
        let until = time::Instant::now() + wait;
        loop {
            // Listen first, look then: a ticket that comes in between rings.
            let rung = line.bell.notified();
            if let Some(ticket) = line.take() {
                return Ok(Some(ticket));
            }
            if time::timeout_at(until, rung).await.is_err() {
                return Ok(line.take());
            }
        }
    }

    async fn remove(&self, lane: Lane, ticket: &Ticket) -> Result<bool, Error> {
        let mut waiting = self.line(lane).waiting();
        let there = waiting.known.remove(ticket);
        waiting.order.retain(|t| t != ticket);
        Ok(there)
    }

    async fn depth(&self, lane: Lane) -> Result<u64, Error> {
        Ok(self.line(lane).waiting().order.len() as u64)
    }
}
