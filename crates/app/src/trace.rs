//! The log on stderr: warnings by default, from processes that serve also what they do, more with `HANDBILL_LOG=debug` (as in `RUST_LOG`).

use std::io::{self, Write};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::console::Console;

/// Begins to log.
pub fn start(console: &Console, serves: bool) {
    let usual = if serves { "warn,handbill=info,handbill_api=info,handbill_worker=info" } else { "warn" };
    let filter = EnvFilter::try_from_env("HANDBILL_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Above(console.clone()))
        .with_ansi(console.is_watched())
        .without_time()
        .with_target(false);
    // A second start (in tests) keeps the first one's log.
    drop(if console.json { log.json().try_init() } else { log.try_init() });
}

/// Writes above the bars, not through them.
struct Above(Console);

impl<'a> MakeWriter<'a> for Above {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line(self.0.clone())
    }
}

struct Line(Console);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.bars().suspend(|| io::stderr().write_all(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
