//! One shared connection for questions, which never makes anybody wait long.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use redis::{
    Client, IntoConnectionInfo, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
    io::tcp::TcpSettings,
};
use tokio::time;

use crate::Error;

/// Longest wait for any answer. A Redis that hangs must not hang a worker.
pub(super) const ANSWER: Duration = Duration::from_secs(2);
/// A Redis that failed is not asked for so long: hundreds of workers need not each wait for the same silence.
const REST: Duration = Duration::from_millis(500);

pub(super) struct Wire {
    pub(super) client: Client,
    state: Mutex<State>,
    prefix: String,
}

struct State {
    /// Connects when it is first asked.
    connection: Option<ConnectionManager>,
    rests_until: Option<Instant>,
}

impl Wire {
    pub(super) fn new(url: &str, prefix: &str) -> Result<Self, Error> {
        let info = url.into_connection_info()?;
        let tcp = TcpSettings::default().set_nodelay(true);
        let client = Client::open(info.set_tcp_settings(tcp))?;
        let state = State { connection: None, rests_until: None };
        Ok(Self { client, state: Mutex::new(state), prefix: prefix.to_owned() })
    }

    /// A key; the braces keep all keys of a prefix on one node of a cluster.
    pub(super) fn key(&self, name: &str) -> String {
        format!("{{{}}}:{name}", self.prefix)
    }

    /// A channel.
    pub(super) fn topic(&self, name: &str) -> String {
        format!("{}:{name}", self.prefix)
    }

    /// Asks something, and gives up in time.
    pub(super) async fn call<T>(
        &self,
        ask: impl AsyncFnOnce(ConnectionManager) -> RedisResult<T>,
    ) -> Result<T, Error> {
        let connection = self.connection()?;
        match time::timeout(ANSWER, ask(connection)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                if error.is_timeout() || error.is_io_error() || error.is_unrecoverable_error() {
                    self.begin_anew();
                }
                Err(error.into())
            }
            Err(_) => {
                self.begin_anew();
                Err(Error::Silent(ANSWER))
            }
        }
    }

    fn connection(&self) -> Result<ConnectionManager, Error> {
        let mut state = self.state();
        let left = state.rests_until.map(|until| until.saturating_duration_since(Instant::now()));
        if let Some(left) = left.filter(|left| !left.is_zero()) {
            return Err(Error::Resting(left));
        }
        state.rests_until = None;
        if let Some(connection) = &state.connection {
            return Ok(connection.clone());
        }
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(ANSWER))
            .set_connection_timeout(Some(ANSWER))
            .set_number_of_retries(0);
        let connection = ConnectionManager::new_lazy_with_config(self.client.clone(), config)?;
        state.connection = Some(connection.clone());
        Ok(connection)
    }

    /// A connection that is silent may be dead without saying so, and one that failed remembers the failure.
    fn begin_anew(&self) {
        let mut state = self.state();
        state.connection = None;
        state.rests_until = Some(Instant::now() + REST);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
