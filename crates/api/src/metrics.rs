//! Numbers for Prometheus, in its text format.

use std::{fmt::Write, time::Duration};

use actix_web::{HttpResponse, web::Data};
use handbill_domain::step::Lane;
use handbill_store::runs;

use crate::{State, operation::Operation};

/// Nobody who scrapes waits longer for a part.
const PATIENCE: Duration = Duration::from_secs(2);
const CLASSES: [&str; 2] = ["interactive", "bulk"];
const LANES: [Lane; 3] = [Lane::Model, Lane::Media, Lane::Deliver];

/// What is counted elsewhere in this process.
pub trait Metrics: Send + Sync {
    /// It, in the text format of Prometheus.
    fn text(&self) -> String;
}

pub(crate) fn operations() -> Vec<Operation> {
    vec![Operation::get("/metrics", ("metrics", "Numbers for Prometheus"), metrics).open().of_process()]
}

/// What cannot be measured now is left out: a missing number is a better alarm than a wrong one.
async fn metrics(state: Data<State>) -> HttpResponse {
    let mut out = state.metrics.as_ref().map(|metrics| metrics.text()).unwrap_or_default();
    family(&mut out, "handbill_queue_depth", "Tickets that wait in a lane; the rest waits in the database.");
    for lane in LANES {
        if let Ok(Ok(depth)) = tokio::time::timeout(PATIENCE, state.dispatcher.depth(lane)).await {
            line(&mut out, "handbill_queue_depth", ("lane", lane.as_str()), depth);
        }
    }
    if let Ok(Ok(backlog)) = tokio::time::timeout(PATIENCE, runs::backlog(&state.store)).await {
        family(&mut out, "handbill_running_runs", "Runs that go on, of all processes.");
        let of = |class: &str| backlog.iter().find(|found| found.class == class);
        for class in CLASSES {
            let runs = of(class).map_or(0, |found| found.runs.unsigned_abs());
            line(&mut out, "handbill_running_runs", ("class", class), runs);
        }
        family(&mut out, "handbill_open_steps", "Steps of running runs that have not ended.");
        for class in CLASSES {
            let steps = of(class).map_or(0, |found| found.steps.unsigned_abs());
            line(&mut out, "handbill_open_steps", ("class", class), steps);
        }
    }
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(out)
}

// Writing into a string cannot fail.
fn family(out: &mut String, name: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
}

fn line(out: &mut String, name: &str, (label, value): (&str, &str), number: u64) {
    let _ = writeln!(out, "{name}{{{label}=\"{value}\"}} {number}");
}
