//! Both implementations keep the same promises; Redis is a real one.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use handbill_domain::{Fault, ids::WorkspaceId};

use crate::{Local, Redis, Ticket};

mod fairness;
mod limits;
mod lines;
mod pools;
mod processes;
mod rates;
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

/// A Redis of our own: a fresh folder, a free port.
struct Server {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Server {
    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    async fn line(&self) -> Redis {
        Redis::open(&self.url(), "test").await.unwrap()
    }

    fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    fn start_again(&mut self) {
        self.process = start(self.port, self.folder.path());
    }

    fn signal(&self, name: &str) {
        assert!(
            Command::new("kill").args([name, &self.process.id().to_string()]).status().unwrap().success()
        );
    }

    /// Speaks to it beside everybody else.
    async fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]).query_async(&mut connection).await.unwrap()
    }

    async fn flush(&self) {
        let () = self.ask(&["FLUSHALL"]).await;
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

fn a_redis() -> Server {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    Server { process: start(port, folder.path()), port, folder }
}

fn start(port: u16, folder: &std::path::Path) -> Child {
    let process = Command::new("redis-server")
        .args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
        ])
        .arg(folder)
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server, which set-up installs");
    let up = || TcpStream::connect(("127.0.0.1", port)).is_ok();
    for _ in 0..200 {
        if up() {
            break;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    assert!(up(), "redis-server did not start");
    process
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
