//! HTTP in: health, discovery, and one way to say what went wrong. It starts small; jobs, members and live events join it
//! as files of their own.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
};

use actix_web::{App, HttpServer, middleware::from_fn, web};
use handbill_domain::model::{Entry, Role};
use handbill_queue::Dispatcher;
use handbill_store::Store;
use serde::{Deserialize, Serialize};

mod health;
mod metrics;
mod problem;
mod request_id;
#[cfg(test)]
mod tests;
mod v1;

pub use metrics::Metrics;
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
}

/// Serves until SIGINT or SIGTERM; then nothing new is taken and what is under way is finished.
pub async fn serve(listener: TcpListener, state: State) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(%address, "the api listens");
    let state = web::Data::new(state);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .configure(problem::everywhere)
            .wrap(from_fn(request_id::carry))
            .configure(health::routes)
            .configure(metrics::routes)
            .service(web::scope("/api/v1").configure(v1::routes).default_service(web::to(problem::no_route)))
            .default_service(web::to(problem::no_route))
    })
    .shutdown_timeout(GRACE_S)
    .listen(listener)?
    .run();
    server.await
}
