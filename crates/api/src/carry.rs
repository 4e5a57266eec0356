//! Around every request: its id, the caller's language, and the headers that every answer carries.

use std::{
    process,
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

use actix_web::{
    Error, HttpMessage, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
        REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    },
    middleware::Next,
};
use handbill_domain::asset::Digest;
use tracing::Instrument;

use crate::{
    language::Language,
    problem::{Problem, Told},
};

const NAME: HeaderName = HeaderName::from_static("x-request-id");

/// What an answer carries unless its handler says otherwise.
const USUAL: [(HeaderName, &str); 5] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (CACHE_CONTROL, "no-store"),
];

/// The id of a request, as its handler finds it among the extensions.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

/// Gives a request its id and the answer the same; tells problems in the caller's language.
pub(crate) async fn carry(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = request.headers().get(&NAME).and_then(plain).unwrap_or_else(a_new_one);
    let told = Told { language: Language::of(request.headers()), request: id.clone() };
    request.extensions_mut().insert(RequestId(id.clone()));
    let span = tracing::info_span!("request", id = %id, method = %request.method(), path = request.path());
    match next.call(request).instrument(span).await {
        Ok(answer) => {
            let mut answer = in_our_words(answer.map_into_boxed_body(), told);
            dress(answer.headers_mut(), &id);
            Ok(answer)
        }
        Err(error) => Err(Late { problem: as_problem(&error).told(told), id }.into()),
    }
}

/// A problem whose request is gone, so that it answers for itself.
#[derive(Debug)]
struct Late {
    problem: Problem,
    id: String,
}

impl std::fmt::Display for Late {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.problem.fmt(out)
    }
}

impl ResponseError for Late {
    fn status_code(&self) -> actix_web::http::StatusCode {
        self.problem.status_code()
    }

    fn error_response(&self) -> actix_web::HttpResponse {
        let mut answer = self.problem.error_response();
        dress(answer.headers_mut(), &self.id);
        answer
    }
}

/// A problem is told anew, now that it is known to whom; what actix refused by itself becomes one.
fn in_our_words(answer: ServiceResponse, told: Told) -> ServiceResponse {
    let status = answer.status();
    if !status.is_client_error() && !status.is_server_error() {
        return answer;
    }
    let problem = answer.response().error().map(as_problem);
    let is_ours =
        answer.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/"));
    let problem = match problem {
        Some(problem) => problem,
        None if is_ours => return answer,
        None => Problem::of_status(status),
    };
    let (request, _) = answer.into_parts();
    ServiceResponse::new(request, problem.told(told).error_response())
}

fn as_problem(error: &Error) -> Problem {
    error.as_error::<Problem>().cloned().unwrap_or_else(|| {
        let status = error.as_response_error().status_code();
        if status.is_server_error() {
            tracing::error!(%error, "request failed");
        }
        Problem::of_status(status)
    })
}

fn dress(headers: &mut HeaderMap, id: &str) {
    for (name, value) in USUAL {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(NAME, value);
    }
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
