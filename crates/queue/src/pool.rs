//! The workers of one lane in one process: as many tickets as there are free hands, and never all of them for bulk.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use handbill_domain::step::Lane;
use tokio::{
    sync::Notify,
    time::{self, Instant},
};

use crate::{Class, Dispatcher, Error, Room, Ticket, dispatch::LOOK};

/// The workers of one lane in one process. Ask with [`Pool::take`] from one task, and run every [`Job`] in its own.
pub struct Pool {
    dispatcher: Arc<dyn Dispatcher>,
    lane: Lane,
    hands: Arc<Hands>,
}

/// A ticket and the hand that is kept for it: dropping the job frees the hand.
#[derive(Debug)]
pub struct Job {
    /// The step that may be ready.
    pub ticket: Ticket,
    /// How urgent it was.
    pub class: Class,
    _hand: Hand,
}

#[derive(Debug)]
struct Hands {
    free: Mutex<Room>,
    freed: Notify,
}

#[derive(Debug)]
struct Hand {
    class: Class,
    hands: Arc<Hands>,
}

impl Pool {
    /// A pool of so many hands; at least one. Bulk holds three in four of them at most, but one if there is only one.
    pub fn new(dispatcher: Arc<dyn Dispatcher>, lane: Lane, size: usize) -> Self {
        let slots = size.max(1);
        let free = Room { slots, bulk: (slots * 3 / 4).max(1) };
        Self { dispatcher, lane, hands: Arc::new(Hands { free: Mutex::new(free), freed: Notify::new() }) }
    }

    /// How much can be begun now.
    pub fn free(&self) -> Room {
        *self.hands.free()
    }

    /// Waits up to `wait` for a free hand and a ticket, then takes as many tickets as there are free hands. Dropping
    /// the future in the middle may lose tickets, which the next sweep of the database brings back.
    pub async fn take(&self, wait: Duration) -> Result<Vec<Job>, Error> {
        let until = Instant::now() + wait;
        let bell = self.dispatcher.bell(self.lane);
        loop {
            // Listen first, look then: what comes in between rings.
            let (rung, freed) = (bell.rung(), self.hands.freed.notified());
            let jobs = self.look().await?;
            let now = Instant::now();
            if !jobs.is_empty() || now >= until {
                return Ok(jobs);
            }
            tokio::select! {
                () = rung => {}
                () = freed => {}
                () = time::sleep_until(until.min(now + LOOK)) => {}
            }
        }
    }

    async fn look(&self) -> Result<Vec<Job>, Error> {
        let kept = self.hands.keep_all();
        if kept.room.slots == 0 {
            return Ok(Vec::new());
        }
        let taken = self.dispatcher.take(self.lane, kept.room).await?;
        Ok(taken
            .into_iter()
            .map(|t| Job { ticket: t.ticket, class: t.class, _hand: kept.hand(t.class) })
            .collect())
    }
}

impl Hands {
    fn free(&self) -> MutexGuard<'_, Room> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps all free hands for a look; what it does not use goes back.
    fn keep_all(self: &Arc<Self>) -> Kept {
        let mut free = self.free();
        let room = Room { slots: free.slots, bulk: free.bulk.min(free.slots) };
        *free = Room { slots: 0, bulk: free.bulk - room.bulk };
        Kept { room, used: Mutex::new(Room { slots: 0, bulk: 0 }), hands: self.clone() }
    }
}

/// Hands that are kept while the line is looked at.
struct Kept {
    room: Room,
    used: Mutex<Room>,
    hands: Arc<Hands>,
}

impl Kept {
    fn hand(&self, class: Class) -> Hand {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.slots += 1;
        used.bulk += usize::from(class == Class::Bulk);
        Hand { class, hands: self.hands.clone() }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let used = *self.used.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.hands.free();
        free.slots += self.room.slots - used.slots;
        free.bulk += self.room.bulk - used.bulk;
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        let mut free = self.hands.free();
        free.slots += 1;
        free.bulk += usize::from(self.class == Class::Bulk);
        drop(free);
        self.hands.freed.notify_one();
    }
}
