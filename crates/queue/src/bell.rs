//! The bell of a lane in this process.

use std::future::Future;

use tokio::sync::{Mutex, MutexGuard, Notify};

/// The bell of a lane in this process. It wakes who waits; what waits is looked up.
#[derive(Debug, Default)]
pub struct Bell {
    notify: Notify,
    turns: [Mutex<()>; 2],
}

impl Bell {
    /// Wakes everybody who waits.
    pub fn ring(&self) {
        self.notify.notify_waiters();
    }

    /// Ends at the next ring after this call, not after the first poll.
    pub fn rung(&self) -> impl Future<Output = ()> + '_ {
        self.notify.notified()
    }

    /// The turn to listen, for those who may take bulk and for those who may not: one who waits for less must not
    /// stand in the way of one who waits for more.
    pub(crate) async fn turn(&self, bulk: bool) -> MutexGuard<'_, ()> {
        self.turns[usize::from(bulk)].lock().await
    }
}
