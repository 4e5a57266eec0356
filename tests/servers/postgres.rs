//! A PostgreSQL of our own: Debian's binaries, a fresh folder, a free port. Several tests take this file in by its path.
#![allow(dead_code, reason = "each user takes a part of it")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test without its server has failed")]

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

pub(crate) struct Postgres {
    bin: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
    options: String,
}

impl Postgres {
    /// In a folder that goes with it, with these options of `postgres`.
    pub(crate) fn start(options: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let options =
            format!("-p {port} -k {} -c listen_addresses=127.0.0.1 {options}", folder.path().display());
        if is_root() {
            quietly(Command::new("chown").arg("postgres").arg(folder.path()));
        }
        let server = Self { bin: newest_bin(), folder, port, options };
        let mut initdb = as_postgres(&server.bin.join("initdb"));
        initdb.args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"]);
        quietly(initdb.arg("-D").arg(server.data()));
        server.control("start");
        server
    }

    /// The address of a database.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes a database that nobody used before; its address.
    pub(crate) fn database(&self, name: &str) -> String {
        let mut create = Command::new(self.bin.join("createdb"));
        quietly(create.args(["-h", "127.0.0.1", "-U", "postgres", "-p", &self.port.to_string(), name]));
        self.url(name)
    }

    /// As when the power fails, and comes back.
    pub(crate) fn crash(&self) {
        self.be_away_for(std::time::Duration::ZERO);
    }

    /// Goes away, and comes back when the time has passed.
    pub(crate) fn be_away_for(&self, time: std::time::Duration) {
        self.control("stop");
        std::thread::sleep(time);
        self.control("start");
    }

    fn control(&self, what: &str) {
        let mut command = as_postgres(&self.bin.join("pg_ctl"));
        command
            .args(["-w", "-m", "immediate", "-o", &self.options, "-l"])
            .arg(self.folder.path().join("log"));
        quietly(command.arg("-D").arg(self.data()).arg(what));
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.control("stop");
    }
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
    Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n")
}

fn quietly(command: &mut Command) {
    let done = command.stdout(Stdio::null()).status();
    assert!(done.is_ok_and(|status| status.success()), "{command:?}");
}
