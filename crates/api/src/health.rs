//! Is the process alive, and can it work?

use std::time::Duration;

use actix_web::web::Data;
use handbill_domain::{Fault, step::Lane};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Problem, State, give::Shown, operation::Operation};

/// A probe does not wait longer for a part.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/healthz", ("is_alive", "Is the process alive?"), healthy).open().of_process(),
        Operation::get("/readyz", ("is_ready", "Can it work: are its database and queue there?"), ready)
            .open()
            .of_process(),
    ]
}

/// How a process stands.
#[derive(Serialize, JsonSchema)]
struct Health {
    /// `ok` or `ready`.
    status: &'static str,
}

async fn healthy() -> Shown<Health> {
    Shown(Health { status: "ok" })
}

async fn ready(state: Data<State>) -> Result<Shown<Health>, Problem> {
    let rows = tokio::time::timeout(PATIENCE, state.store.ping());
    let line = tokio::time::timeout(PATIENCE, state.dispatcher.depth(Lane::Model));
    let (rows, line) = tokio::join!(rows, line);
    let mut missing = Vec::new();
    if !matches!(rows, Ok(Ok(()))) {
        missing.push(("the database", "数据库"));
    }
    if !matches!(line, Ok(Ok(_))) {
        missing.push(("the queue", "队列"));
    }
    if missing.is_empty() {
        return Ok(Shown(Health { status: "ready" }));
    }
    let (en, zh): (Vec<_>, Vec<_>) = missing.into_iter().unzip();
    Err(Problem::new(
        Fault::Busy { retry_after: None },
        format!("{} cannot be reached", en.join(" and ")),
        format!("无法连接{}", zh.join("和")),
    ))
}
