//! Live events: how everything stands, then what changes, as server-sent events.

use std::{collections::VecDeque, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::header::{CACHE_CONTROL, HeaderName},
    web::Data,
};
use bytes::Bytes;
use futures_util::stream::unfold;
use handbill_domain::ids::RunId;
use handbill_store::keys;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;

use crate::{
    Problem, State,
    access::{Permission, Principal},
    docs::{Docs, Gives},
    live::{Live, News, Seat},
    operation::Operation,
    take::Query,
};

/// A comment says that we are still there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Who was away for longer begins anew.
const REMEMBERED_MS: i64 = 24 * 3600 * 1000;
/// An id that is further ahead of the database's clock is none of ours.
const AHEAD_MS: i64 = 60_000;

pub(crate) fn operations() -> Vec<Operation> {
    let says = (
        "watch_events",
        "How all runs that go on stand, then every change, as server-sent events. `Last-Event-ID` goes on where a connection broke",
    );
    vec![Operation::get("/events", says, watch).needs(Permission::RunsRead)]
}

/// What to watch.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EventQuery {
    /// Only this run.
    run: Option<String>,
}

/// A stream that ends when the caller leaves, when the process stops, or when the key is no longer good.
struct Watching {
    seat: Seat,
    live: Live,
    state: Data<State>,
    who: Principal,
    only: Option<RunId>,
    ready: VecDeque<Bytes>,
    last: i64,
}

impl Gives for Watching {
    fn describe(docs: &mut Docs) {
        docs.bytes(
            200,
            "Events. `run`: a run stands otherwise; its data is the run as `get_run` shows it. `snapshot_end`: everything that \
             stands is told, what follows is new. `resync`: too much was missed; what follows is a whole snapshot.",
            "text/event-stream",
        );
    }
}

async fn watch(
    state: Data<State>,
    live: Data<Live>,
    who: Principal,
    request: HttpRequest,
    Query(asked): Query<EventQuery>,
) -> Result<Watching, Problem> {
    let only = asked.run.map(RunId::new);
    if let Some(run) = &only {
        handbill_store::runs::state(&state.store, &who.workspace, run).await?;
    }
    // First the seat and then the look, so that nothing falls between them.
    let seat = live.sit(&who.workspace);
    let last = request.headers().get(HeaderName::from_static("last-event-id"));
    let last: Option<i64> = last.and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let mut watching =
        Watching { seat, live: live.get_ref().clone(), state, who, only, ready: VecDeque::new(), last: 0 };
    watching.catch_up(last).await?;
    Ok(watching)
}

impl Watching {
    /// Tells how things stand: of all that goes on, or of what stands otherwise since an event.
    async fn catch_up(&mut self, last: Option<i64>) -> Result<(), Problem> {
        let now = self.live.now().await?;
        let known = last.filter(|last| (now - REMEMBERED_MS..=now + AHEAD_MS).contains(last));
        if last.is_some() && known.is_none() {
            self.ready.push_back(event("resync", now, "{}"));
        }
        let news = self.live.since(&self.who.workspace, known).await?;
        let mut alone = self.only.clone();
        for one in news {
            if alone.as_ref() == Some(&one.run) {
                alone = None;
            }
            self.take(one);
        }
        // One run that ended long ago is told too, so that who waits for it does not wait for ever.
        if let Some(run) = alone {
            let view = super::run_view(&self.state.store, &self.who.workspace, &run).await?;
            let body = serde_json::to_string(&view).unwrap_or_default();
            self.take(News { id: now, run, body: body.into() });
        }
        self.last = self.last.max(now);
        self.ready.push_back(event("snapshot_end", self.last, "{}"));
        Ok(())
    }

    fn take(&mut self, news: News) {
        if self.only.as_ref().is_none_or(|run| *run == news.run) {
            self.last = self.last.max(news.id);
            self.ready.push_back(event("run", self.last, &news.body));
        }
    }

    /// The next piece; none: it is over.
    async fn next(mut self) -> Option<(Result<Bytes, Problem>, Self)> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some((Ok(ready), self));
            }
            tokio::select! {
                () = self.live.stopped() => return None,
                () = tokio::time::sleep(KEEP_ALIVE) => {
                    if !keys::is_good(&self.state.store, &self.who.workspace, self.who.key()).await.ok()? {
                        return None;
                    }
                    self.ready.push_back(Bytes::from_static(b": still here\n\n"));
                }
                news = self.seat.news.recv() => match news {
                    Ok(news) => self.take(news),
                    Err(RecvError::Lagged(_)) => {
                        self.ready.push_back(event("resync", self.last, "{}"));
                        self.catch_up(None).await.ok()?;
                    }
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }
}

fn event(name: &str, id: i64, body: &str) -> Bytes {
    format!("event: {name}\nid: {id}\ndata: {body}\n\n").into()
}

impl Responder for Watching {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok()
            .content_type("text/event-stream")
            .insert_header((CACHE_CONTROL, "no-store"))
            // Proxies must not hold back what is small.
            .insert_header(("x-accel-buffering", "no"))
            .streaming(unfold(self, Self::next))
    }
}
