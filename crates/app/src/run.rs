//! Drives a run to its end, or to a good stop when somebody asks for one.

use handbill_domain::ids::{RunId, WorkspaceId};
use handbill_worker::{Engine, Error, RunOutcome, Stop};
use tokio::signal::unix::{SignalKind, signal};

use crate::{console::Console, ending::Ending, language::said};

/// Exit code of a process that was interrupted: 128 + SIGINT.
const INTERRUPTED: i32 = 130;

/// Drives a run. The first SIGINT or SIGTERM stops it in good order, the second at once: everything that counts is on
/// disk at any moment, so the next run goes on from there.
pub async fn drive(
    engine: &Engine,
    workspace: &WorkspaceId,
    run: &RunId,
    console: &Console,
) -> Result<RunOutcome, Ending> {
    let stop = Stop::default();
    // It listens until the process ends: the pack is still to be written, and a second signal ends that too.
    drop(tokio::spawn(listen(stop.clone(), console.clone())));
    match engine.run(workspace, run, &stop).await {
        Ok(outcome) => Ok(outcome),
        Err(Error::Stopped) => Err(Ending::Interrupted),
        Err(error) => Err(anyhow::Error::from(error).into()),
    }
}

/// Asks for a stop at the first signal, and ends the process at the second.
pub async fn listen(stop: Stop, console: Console) -> std::io::Result<()> {
    let (mut interrupts, mut ends) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupts.recv() => {}
        _ = ends.recv() => {}
    }
    stop.request();
    console.tell(&said!(
        console.language,
        "stopping: waiting for answers that are under way (once more to stop at once)",
        "正在停止：等待已发出的请求返回（再按一次立即停止）"
    ));
    tokio::select! {
        _ = interrupts.recv() => {}
        _ = ends.recv() => {}
    }
    std::process::exit(INTERRUPTED)
}
