//! What a Redis says about itself.

use crate::redis::{Redis, ask};

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
    pub fn used(&self) -> Used {
        let info = ask(self.port(), &["INFO", "all"]);
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
