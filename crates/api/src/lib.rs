//! HTTP in: health, discovery, jobs, and one way to say what went wrong. Members and live events join it as files of
//! their own.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_web::{App, HttpServer, middleware::from_fn, web};
use handbill_domain::{
    Fault,
    model::{Entry, Role},
};
use handbill_queue::{Dispatcher, Signals, signals::Control};
use handbill_store::Store;
use serde::{Deserialize, Serialize};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

mod access;
mod carry;
mod desk;
mod docs;
mod give;
mod health;
mod idempotency;
mod language;
mod links;
mod live;
mod metrics;
mod moment;
mod openapi;
mod operation;
mod page;
mod problem;
mod reference;
mod schema;
mod take;
#[cfg(test)]
mod tests;
mod v1;
mod zip;

pub use access::{Permission, Role as MemberRole};
pub use desk::{
    Content, Desk, Draft, Look, Obstacle, Outline, PackFile, PlanStep, Planned, PriceRange, Smaller, Terms,
};
pub use language::Said;
pub use metrics::Metrics;
pub use openapi::document;
pub use problem::Problem;

/// Where to listen, how patient to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Address and port. Only this machine can reach a loopback address; anything else is a decision.
    pub listen: SocketAddr,
}

impl Default for Settings {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8470)) }
    }
}

impl Settings {
    /// Opens the socket.
    pub fn bind(&self) -> io::Result<TcpListener> {
        TcpListener::bind(self.listen)
    }
}

/// Longest that requests under way are waited for when the server stops, in seconds.
const GRACE_S: u64 = 20;

/// What the handlers work with.
#[derive(Clone)]
pub struct State {
    /// Rows and files.
    pub store: Store,
    /// The line of tickets.
    pub dispatcher: Arc<dyn Dispatcher>,
    /// The catalogue of models.
    pub models: Vec<Entry>,
    /// Role → catalogue id of the model that serves it.
    pub roles: BTreeMap<Role, String>,
    /// What the workers of this process count; none: it has no workers.
    pub metrics: Option<Arc<dyn Metrics>>,
    /// Words to those who work; none: nobody listens, and they see it in the database.
    pub signals: Option<Arc<dyn Signals>>,
    /// Who plans and accepts orders; none: this process answers for its health alone.
    pub desk: Option<Arc<dyn Desk>>,
}

impl State {
    pub(crate) fn desk(&self) -> Result<&dyn Desk, Problem> {
        self.desk.as_deref().ok_or_else(|| {
            Problem::new(
                Fault::Busy { retry_after: None },
                "this process takes no orders: ask one that serves",
                "此进程不接受订单，请访问 `handbill serve`",
            )
        })
    }

    /// Tells those who work; whoever does not hear it sees it in the database.
    pub(crate) async fn tell(&self, control: Control) {
        if let Some(signals) = &self.signals
            && let Err(error) = signals.tell(&control).await
        {
            tracing::warn!(%error, "workers were not told");
        }
    }
}

/// Longest that a caller may take to send the head of a request.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);

/// Every operation.
pub(crate) fn operations() -> Vec<operation::Operation> {
    let mut all = health::operations();
    all.extend(metrics::operations());
    all.extend(reference::operations());
    all.extend(v1::operations().into_iter().map(|one| one.under("/api/v1")));
    all
}

/// The operations of a process: one without a desk answers for its health alone.
fn offered(state: &State) -> Vec<operation::Operation> {
    let mut all = operations();
    all.retain(|one| state.desk.is_some() || one.is_of_process);
    all
}

/// Serves until SIGINT or SIGTERM; then nothing new is taken and what is under way is finished.
pub async fn serve(listener: TcpListener, state: State) -> io::Result<()> {
    let address = listener.local_addr()?;
    let links = links::Links::open(&state.store).await.map_err(io::Error::other)?;
    let (stop, stopped) = watch::channel(false);
    let live = live::Live::new(state.store.clone(), stopped);
    drop(tokio::spawn(until_a_signal(stop)));
    tracing::info!(%address, "the api listens");
    let (state, links, live) = (web::Data::new(state), web::Data::new(links), web::Data::new(live));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .app_data(links.clone())
            .app_data(live.clone())
            .wrap(from_fn(carry::carry))
            .configure(|app| operation::mount(app, offered(&state)))
            .default_service(web::to(operation::no_route))
    })
    .client_request_timeout(HEAD_PATIENCE)
    .shutdown_timeout(GRACE_S)
    .listen(listener)?
    .run();
    server.await
}

/// Streams that would go on for ever end at the first signal; the server itself hears it too.
async fn until_a_signal(stop: watch::Sender<bool>) -> io::Result<()> {
    let (mut interrupts, mut ends) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupts.recv() => {}
        _ = ends.recv() => {}
        () = stop.closed() => {}
    }
    stop.send_replace(true);
    Ok(())
}
