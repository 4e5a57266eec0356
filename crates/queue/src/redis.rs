//! Lanes in Redis 7 (or Valkey): one sorted set per lane, so that a ticket is in it at most once and the score orders them.

use std::time::Duration;

use async_trait::async_trait;
use handbill_domain::step::Lane;
use redis::{
    AsyncCommands, Client, Script,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use tokio::time;

use crate::{Dispatcher, Error, Ticket};

/// Longest wait for any answer. A Redis that hangs must not hang a worker.
const ANSWER: Duration = Duration::from_secs(3);
/// A blocking pop would hold up everybody else on the shared connection, so a waiting worker looks this often.
const LOOK: Duration = Duration::from_millis(25);

/// KEYS: lane, counter. ARGV: tickets.
const PUSH: &str = "
for _, ticket in ipairs(ARGV) do
  if not redis.call('ZSCORE', KEYS[1], ticket) then
    redis.call('ZADD', KEYS[1], redis.call('INCR', KEYS[2]), ticket)
  end
end
return redis.call('ZCARD', KEYS[1])";

/// Lanes in Redis.
pub struct Redis {
    connection: ConnectionManager,
    prefix: String,
    push: Script,
}

impl Redis {
    /// Connects. Every key begins with `prefix`, so that several installations can share one Redis.
    pub async fn open(url: &str, prefix: &str) -> Result<Self, Error> {
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(ANSWER))
            .set_connection_timeout(Some(ANSWER))
            .set_number_of_retries(2);
        let connection = ConnectionManager::new_with_config(Client::open(url)?, config).await?;
        Ok(Self { connection, prefix: prefix.to_owned(), push: Script::new(PUSH) })
    }

    /// The lane's key; the braces keep all keys of a prefix on one node of a cluster.
    fn key(&self, name: &str) -> String {
        format!("{{{}}}:lane:{name}", self.prefix)
    }
}

#[async_trait]
impl Dispatcher for Redis {
    async fn push(&self, lane: Lane, tickets: &[Ticket]) -> Result<(), Error> {
        // Lua takes some thousands of arguments at most.
        for some in tickets.chunks(1000) {
            let mut call = self.push.key(self.key(lane.as_str()));
            call.key(self.key("count"));
            for ticket in some {
                call.arg(ticket.to_string());
            }
            let _: u64 = call.invoke_async(&mut self.connection.clone()).await?;
        }
        Ok(())
    }

    async fn pop(&self, lane: Lane, wait: Duration) -> Result<Option<Ticket>, Error> {
        let until = time::Instant::now() + wait;
        loop {
            let taken: Vec<(String, f64)> =
                self.connection.clone().zpopmin(self.key(lane.as_str()), 1).await?;
            if let Some((ticket, _)) = taken.into_iter().next() {
                return ticket.parse().map(Some);
            }
            if time::Instant::now() + LOOK > until {
                return Ok(None);
            }
            time::sleep(LOOK).await;
        }
    }

    async fn remove(&self, lane: Lane, ticket: &Ticket) -> Result<bool, Error> {
        let gone: u64 = self.connection.clone().zrem(self.key(lane.as_str()), ticket.to_string()).await?;
        Ok(gone > 0)
    }

    async fn depth(&self, lane: Lane) -> Result<u64, Error> {
        Ok(self.connection.clone().zcard(self.key(lane.as_str())).await?)
    }
}
