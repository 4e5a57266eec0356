//! A PostgreSQL and a Redis of our own: fresh folders, free ports, and PostgreSQL as safe as in production.

use std::{
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

pub struct Redis {
    process: Child,
    pub port: u16,
}

/// What a Redis says about itself.
#[derive(Clone, Copy)]
pub struct Used {
    /// Microseconds inside commands.
    pub commands: f64,
    /// Microseconds of processor time, sockets and all.
    pub processor: f64,
    /// Megabytes in use.
    pub memory: f64,
}

impl Redis {
    pub fn start(folder: &Path) -> Self {
        let port = a_port();
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
            .expect("redis-server");
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            thread::sleep(Duration::from_millis(25));
        }
        Self { process, port }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub fn flush(&self) {
        self.ask(&["FLUSHALL"]);
    }

    pub fn used(&self) -> Used {
        let info = self.ask(&["INFO", "all"]);
        let field = |name: &str| {
            let line = info.lines().find_map(|l| l.strip_prefix(name));
            line.and_then(|l| l.trim().parse::<f64>().ok()).unwrap_or(0.0)
        };
        let commands = info.lines().filter(|l| l.starts_with("cmdstat_") && !inside_a_script(l));
        let micros = |l: &str| l.split("usec=").nth(1).and_then(|t| t.split(',').next()?.parse::<f64>().ok());
        Used {
            commands: commands.filter_map(micros).sum(),
            processor: (field("used_cpu_user:") + field("used_cpu_sys:")) * 1e6,
            memory: field("used_memory:") / 1e6,
        }
    }

    fn ask(&self, words: &[&str]) -> String {
        ask(self.port, words)
    }
}

fn ask(port: u16, words: &[&str]) -> String {
    let output =
        Command::new("redis-cli").args(["-p", &port.to_string()]).args(words).output().expect("redis-cli");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Megabytes that the Redis at this port holds.
pub fn memory(port: u16) -> f64 {
    let info = ask(port, &["INFO", "memory"]);
    let line = info.lines().find_map(|l| l.strip_prefix("used_memory:"));
    line.and_then(|l| l.trim().parse::<f64>().ok()).unwrap_or(0.0) / 1e6
}

/// The time of a script holds the time of what it asks: those commands must not count twice. Nothing else asks them.
fn inside_a_script(line: &str) -> bool {
    let name = line["cmdstat_".len()..].split([':', '|']).next().unwrap_or_default();
    !matches!(name, "evalsha" | "eval" | "publish" | "zcard" | "ping" | "subscribe" | "info" | "script")
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub struct Postgres {
    bin: PathBuf,
    data: PathBuf,
    port: u16,
}

impl Postgres {
    pub fn start(folder: &Path) -> Self {
        let (bin, data, port) = (newest_bin(), folder.join("data"), a_port());
        std::fs::create_dir_all(folder).expect("a folder");
        if is_root() {
            quietly(Command::new("chown").arg("postgres").arg(folder));
        }
        let mut init = as_postgres(&bin.join("initdb"));
        quietly(init.args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "-D"]).arg(&data));
        // `fsync` and `synchronous_commit` stay on: what is promised is measured.
        let options = format!(
            "-p {port} -k {} -c listen_addresses=127.0.0.1 -c shared_buffers=512MB -c max_wal_size=4GB",
            folder.display()
        );
        let mut start = as_postgres(&bin.join("pg_ctl"));
        start.args(["-w", "-o", &options, "-l"]).arg(folder.join("log")).arg("-D").arg(&data).arg("start");
        quietly(&mut start);
        Self { bin, data, port }
    }

    /// A database that nobody used before.
    pub fn database(&self, name: &str) -> String {
        let mut create = Command::new(self.bin.join("createdb"));
        quietly(create.args(["-h", "127.0.0.1", "-U", "postgres", "-p", &self.port.to_string(), name]));
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut stop = as_postgres(&self.bin.join("pg_ctl"));
        let _ =
            stop.args(["-m", "immediate", "-D"]).arg(&self.data).arg("stop").stdout(Stdio::null()).status();
    }
}

pub fn a_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port()
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
