//! Every answer carries `X-Request-Id`: the caller's, if it is short and plain, else ours. Log lines of the request carry it too.

use std::{
    process,
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
    middleware::Next,
};
use handbill_domain::asset::Digest;
use tracing::Instrument;

const NAME: HeaderName = HeaderName::from_static("x-request-id");

/// Gives a request its id and the answer the same.
pub(crate) async fn carry(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let id = request.headers().get(&NAME).and_then(plain).unwrap_or_else(a_new_one);
    let span = tracing::info_span!("request", id = %id, method = %request.method(), path = request.path());
    // Handlers, extractors and defaults answer their errors themselves, so an answer is what comes out here.
    let mut answer = next.call(request).instrument(span).await?;
    if let Ok(value) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(NAME, value);
    }
    Ok(answer)
}

/// At most 64 letters, digits, `-`, `_` or `.`: it goes into logs.
fn plain(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let fits = (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    fits.then(|| text.to_owned())
}

fn a_new_one() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seed = format!("{} {} {}", process::id(), now.as_nanos(), COUNT.fetch_add(1, Ordering::Relaxed));
    Digest::of(seed.as_bytes()).as_str()[..20].to_owned()
}
