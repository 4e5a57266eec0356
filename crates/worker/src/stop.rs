//! A request to stop in good order.

use tokio::sync::watch;

/// A request to stop in good order. Clones hear of it together.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// Asks for it: no step is begun and no request is sent any more; answers under way are waited for and kept.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    /// Was it asked for?
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is asked for.
    pub async fn requested(&self) {
        // We hold the sender, so the channel cannot close.
        let _ = self.0.subscribe().wait_for(|stop| *stop).await;
    }
}
