//! `handbill render`: the inside of the processes in which pictures and videos are computed.

use std::{path::Path, process::ExitCode, sync::Arc};

use handbill_worker::{
    Runner,
    apart::{self, Apart},
};
use rustix::process::{Resource, Rlimit, Signal, getpid, getrlimit, kill_process, setrlimit};
use tokio::process::Command;

/// Where Linux has the program that runs, even when its file was replaced since.
const OURSELVES: &str = "/proc/self/exe";
/// Where Linux is told whom to end first when memory is short: those who compute, not those who pay.
const FIRST_TO_GO: (&str, &str) = ("/proc/self/oom_score_adj", "500");

/// Steps that compute run in processes of their own; each may take so many MB of memory (0: as many as it wants).
pub fn apart(here: Arc<dyn Runner>, memory_mb: u64) -> Apart {
    let program = if Path::new(OURSELVES).exists() { Ok(OURSELVES.into()) } else { std::env::current_exe() };
    let program = program.unwrap_or_else(|_| "handbill".into());
    let begin = move || {
        let mut command = Command::new(&program);
        command.arg0("handbill").arg("render");
        if memory_mb > 0 {
            command.args(["--memory", &memory_mb.to_string()]);
        }
        command
    };
    let limits = match memory_mb {
        0 => "its memory is not limited".to_owned(),
        most => format!("it may take {most} MB (worker.render_memory_mb)"),
    };
    Apart::new(here, Box::new(begin), limits)
}

/// Serves steps until standard input closes, and then ends at once, whatever is under way.
pub fn render(memory_mb: Option<u64>) -> ExitCode {
    if let Some(most) = memory_mb {
        limit(most);
    }
    // Only Linux has it, and there it may be forbidden: then memory is taken from whoever has most.
    let _ = std::fs::write(FIRST_TO_GO.0, FIRST_TO_GO.1);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let served = runtime.and_then(|runtime| {
        let served = runtime.block_on(apart::serve(Arc::new(crate::wiring::Steps)));
        runtime.shutdown_background();
        served
    });
    if let Err(error) = served {
        tracing::warn!(%error, "steps could not be served");
        return ExitCode::FAILURE;
    }
    // Threads that encode must not be torn down in the middle by an orderly exit; there is nothing to keep.
    let _ = kill_process(getpid(), Signal::KILL);
    ExitCode::SUCCESS
}

/// An allocation above the limit fails, and that ends the process.
fn limit(most_mb: u64) {
    let wanted = Some(most_mb.saturating_mul(1024 * 1024));
    let maximum = getrlimit(Resource::Data).maximum;
    let within = |most: u64| maximum.map_or(most, |maximum| most.min(maximum));
    if let Err(error) = setrlimit(Resource::Data, Rlimit { current: wanted.map(within), maximum }) {
        tracing::warn!(%error, "memory cannot be limited");
    }
}
