//! A PostgreSQL and a Redis of our own, on free ports.

use std::{
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

pub(super) struct Postgres {
    bin: PathBuf,
    data: PathBuf,
    port: u16,
    options: String,
    folder: tempfile::TempDir,
}

impl Postgres {
    pub(super) fn start() -> Self {
        let bin = newest_bin();
        let folder = tempfile::tempdir().unwrap();
        if is_root() {
            assert!(Command::new("chown").arg("postgres").arg(folder.path()).status().unwrap().success());
        }
        let (data, port) = (folder.path().join("data"), a_port());
        let dir = folder.path().display();
        let options = format!(
            "-p {port} -k {dir} -c listen_addresses=127.0.0.1 -c max_connections=200 -c shared_buffers=64MB"
        );
        quietly(
            as_postgres(&bin.join("initdb"))
                .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync", "-D"])
                .arg(&data),
        );
        let server = Self { bin, data, port, options, folder };
        server.control("start");
        server
    }

    /// A database of its own.
    pub(super) fn database(&self, name: &str) -> String {
        let port = self.port.to_string();
        quietly(as_postgres(&self.bin.join("createdb")).args([
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            "postgres",
            name,
        ]));
        format!("postgres://postgres@127.0.0.1:{port}/{name}")
    }

    /// As when the power fails, and comes back.
    pub(super) fn crash(&self) {
        self.control("stop");
        self.control("start");
    }

    fn control(&self, what: &str) {
        let log = self.folder.path().join("log");
        let mut command = as_postgres(&self.bin.join("pg_ctl"));
        command.args(["-w", "-m", "immediate", "-o", &self.options, "-l"]).arg(log).arg("-D").arg(&self.data);
        quietly(command.arg(what));
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.control("stop");
    }
}

pub(super) struct Redis {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
    /// Does it write down what it is told?
    remembers: bool,
    /// The last name that was given out.
    names: AtomicU32,
}

impl Redis {
    pub(super) fn start() -> Self {
        Self::new(false)
    }

    /// One that comes back with what it knew: it writes an append-only file.
    pub(super) fn with_a_memory() -> Self {
        Self::new(true)
    }

    fn new(remembers: bool) -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), a_port());
        let process = Self::spawn(port, folder.path(), remembers);
        Self { process, port, folder, remembers, names: AtomicU32::new(0) }
    }

    fn spawn(port: u16, folder: &Path, remembers: bool) -> Child {
        let mut child = Command::new("redis-server")
            .args([
                "--port",
                &port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                if remembers { "yes" } else { "no" },
                "--dir",
            ])
            .arg(folder)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server, which set-up installs");
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return child;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        let _ = child.kill();
        let _ = child.wait();
        panic!("redis-server did not start");
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// A name that nobody had before.
    pub(super) fn another(&self) -> String {
        format!("t{}", self.names.fetch_add(1, Ordering::Relaxed))
    }

    /// Forgets everything.
    pub(super) fn flush(&self) {
        quietly(Command::new("redis-cli").args(["-p", &self.port.to_string(), "FLUSHALL"]));
    }

    /// Goes away, as by `kill -9`.
    pub(super) fn stop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Comes back: empty, or with what it wrote down.
    pub(super) fn again(&mut self) {
        self.process = Self::spawn(self.port, self.folder.path(), self.remembers);
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

fn a_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn newest_bin() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL, which set-up installs");
    let newest = versions.filter_map(|v| v.ok()?.file_name().to_str()?.parse::<u32>().ok()).max();
    Path::new("/usr/lib/postgresql").join(newest.expect("a version of PostgreSQL").to_string()).join("bin")
}

/// PostgreSQL does not run as root.
fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program).current_dir("/");
    command
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().unwrap().stdout == b"0\n"
}

fn quietly(command: &mut Command) {
    assert!(command.stdout(Stdio::null()).status().unwrap().success(), "{command:?}");
}
