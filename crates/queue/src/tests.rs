//! Both implementations keep the same promises; Redis is a real one.

use std::{sync::Arc, time::Duration};

use handbill_domain::{Fault, ids::WorkspaceId};

use self::servers::Redis as Server;
use crate::{Local, Redis, Ticket};

mod fairness;
mod limits;
mod lines;
mod pools;
mod processes;
mod rates;
#[path = "../../../tests/servers/redis.rs"]
mod servers;
mod signals;
mod trouble;

/// Soon enough for a test to wait for nothing.
const SOON: Duration = Duration::from_millis(60);

fn of(workspace: &str, step: i64) -> Ticket {
    Ticket { workspace: WorkspaceId::new(workspace), step }
}

fn ticket(step: i64) -> Ticket {
    of("local", step)
}

fn here() -> Arc<Local> {
    Arc::default()
}

fn a_redis() -> Server {
    Server::start()
}

impl Server {
    async fn line(&self) -> Redis {
        Redis::open(&self.url(), "test").await.unwrap()
    }

    /// Speaks to it beside everybody else.
    async fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]).query_async(&mut connection).await.unwrap()
    }

    /// Everything that was asked since it began.
    async fn asked(&self) -> u64 {
        let info: String = self.ask(&["INFO", "stats"]).await;
        let line = info.lines().find_map(|line| line.strip_prefix("total_commands_processed:"));
        line.unwrap().trim().parse().unwrap()
    }

    /// Waits until so many processes listen to the bells.
    async fn heard_by(&self, listeners: u64) {
        for _ in 0..400 {
            let (_, count): (String, u64) = self.ask(&["PUBSUB", "NUMSUB", "test:bell"]).await;
            if count >= listeners {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("nobody listens");
    }
}

fn busy(fault: Fault) -> bool {
    matches!(fault, Fault::Busy { .. })
}

/// Chance that repeats: xorshift.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}
