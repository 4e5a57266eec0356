//! A PostgreSQL of our own: Debian's binaries, a fresh folder, a free port.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

pub(super) struct Server {
    pub(super) url: String,
    bin: PathBuf,
    data: PathBuf,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        as_postgres(&self.bin.join("pg_ctl"))
            .args(["-m", "immediate", "-D"])
            .arg(&self.data)
            .arg("stop")
            .status()
            .unwrap();
    }
}

pub(super) fn a_postgres() -> Server {
    let bin = newest_bin();
    let folder = tempfile::tempdir().unwrap();
    if is_root() {
        assert!(Command::new("chown").arg("postgres").arg(folder.path()).status().unwrap().success());
    }
    let data = folder.path().join("data");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    quietly(
        as_postgres(&bin.join("initdb"))
            .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync", "-D"])
            .arg(&data),
    );
    let options =
        format!("-p {port} -k {} -c listen_addresses=127.0.0.1 -c fsync=off", folder.path().display());
    let log = folder.path().join("log");
    quietly(
        as_postgres(&bin.join("pg_ctl"))
            .args(["-w", "-o", &options, "-l"])
            .arg(log)
            .arg("-D")
            .arg(&data)
            .arg("start"),
    );
    Server { url: format!("postgres://postgres@127.0.0.1:{port}/postgres"), bin, data, _folder: folder }
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
