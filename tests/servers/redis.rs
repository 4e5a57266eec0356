//! A Redis of our own: Debian's binary, a fresh folder, a free port. Several tests take this file in by its path.
#![allow(dead_code, reason = "each user takes a part of it")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test without its server has failed")]

use std::{
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

pub(crate) struct Redis {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
    /// Does it write down what it is told?
    remembers: bool,
    /// The last name that was given out.
    names: AtomicU32,
}

impl Redis {
    pub(crate) fn start() -> Self {
        Self::new(false)
    }

    /// One that comes back with what it knew: it writes an append-only file.
    pub(crate) fn with_a_memory() -> Self {
        Self::new(true)
    }

    fn new(remembers: bool) -> Self {
        let own = tempfile::tempdir().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let process = spawn(port, own.path(), remembers);
        Self { process, port, folder: own, remembers, names: AtomicU32::new(0) }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// A name that nobody had before.
    pub(crate) fn another(&self) -> String {
        format!("t{}", self.names.fetch_add(1, Ordering::Relaxed))
    }

    /// Forgets everything.
    pub(crate) fn flush(&self) {
        assert_eq!(ask(self.port, &["FLUSHALL"]).trim(), "OK");
    }

    /// Goes away, as by `kill -9`.
    pub(crate) fn stop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Comes back: empty, or with what it wrote down.
    pub(crate) fn again(&mut self) {
        self.process = spawn(self.port, self.folder.path(), self.remembers);
    }

    /// Sends its process a signal, as `-STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.process.id().to_string()]).status();
        assert!(sent.is_ok_and(|s| s.success()), "{name}");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What the Redis at this port says to a command.
pub(crate) fn ask(port: u16, words: &[&str]) -> String {
    let said = Command::new("redis-cli").args(["-p", &port.to_string()]).args(words).output();
    String::from_utf8_lossy(&said.expect("redis-cli, which set-up installs").stdout).into_owned()
}

fn spawn(port: u16, folder: &Path, remembers: bool) -> Child {
    let port_word = port.to_string();
    let remembers = if remembers { "yes" } else { "no" };
    let words =
        ["--port", &port_word, "--bind", "127.0.0.1", "--save", "", "--appendonly", remembers, "--dir"];
    let mut command = Command::new("redis-server");
    command.args(words).arg(folder).stdout(Stdio::null());
    let mut child = command.spawn().expect("redis-server, which set-up installs");
    for _ in 0..200 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return child;
        }
        thread::sleep(Duration::from_millis(25));
    }
    let _ = child.kill();
    let _ = child.wait();
    panic!("redis-server did not start");
}
