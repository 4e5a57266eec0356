//! Is the process alive, and can it work?

use std::time::Duration;

use actix_web::web::{Data, Json, ServiceConfig};
use handbill_domain::{Fault, step::Lane};
use serde::Serialize;

use crate::{
    State,
    problem::{Problem, readable},
};

/// A probe does not wait longer for a part.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) fn routes(app: &mut ServiceConfig) {
    app.service(readable("/healthz", healthy)).service(readable("/readyz", ready));
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

async fn healthy() -> Json<Health> {
    Json(Health { status: "ok" })
}

async fn ready(state: Data<State>) -> Result<Json<Health>, Problem> {
    let rows = tokio::time::timeout(PATIENCE, state.store.ping());
    let line = tokio::time::timeout(PATIENCE, state.dispatcher.depth(Lane::Model));
    let (rows, line) = tokio::join!(rows, line);
    let mut missing = Vec::new();
    if !matches!(rows, Ok(Ok(()))) {
        missing.push("the database");
    }
    if !matches!(line, Ok(Ok(_))) {
        missing.push("the queue");
    }
    if missing.is_empty() {
        return Ok(Json(Health { status: "ready" }));
    }
    Err(Problem::new(
        Fault::Busy { retry_after: None },
        format!("{} cannot be reached", missing.join(" and ")),
    ))
}
