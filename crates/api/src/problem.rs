//! One way to say what went wrong: `application/problem+json` (RFC 9457). The only place that turns a [`Fault`] into a status.

use std::fmt;

use actix_web::{
    HttpRequest, HttpResponse, Resource, Responder, ResponseError, guard,
    http::{
        StatusCode,
        header::{ALLOW, RETRY_AFTER},
    },
    web,
};
use handbill_domain::Fault;
use serde::Serialize;

/// Why a request got no answer.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// Stable name of the kind of problem, as a relative reference: `/problems/not_found`.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words, always the same.
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// For programs: `not_found`.
    code: &'static str,
    /// This time, in words.
    detail: String,
    #[serde(skip)]
    retry_after_s: Option<u64>,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(fault: Fault, detail: impl Into<String>) -> Self {
        let (status, code, title) = match fault {
            Fault::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request cannot be accepted"),
            Fault::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized", "Who is asking is not known"),
            Fault::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Who is asking may not do this"),
            Fault::NotFound => (StatusCode::NOT_FOUND, "not_found", "There is no such thing here"),
            Fault::Conflict => (StatusCode::CONFLICT, "conflict", "It cannot be done in the present state"),
            Fault::Refused => (StatusCode::UNPROCESSABLE_ENTITY, "refused", "This content is not made"),
            Fault::OverBudget => {
                (StatusCode::PAYMENT_REQUIRED, "over_budget", "The ceiling on spending is reached")
            }
            Fault::Busy { .. } => (StatusCode::SERVICE_UNAVAILABLE, "busy", "Try again later"),
            Fault::Broken => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "This is our mistake"),
        };
        let retry_after_s = match fault {
            Fault::Busy { retry_after } => Some(retry_after.map_or(1, |wait| wait.as_secs().max(1))),
            _ => None,
        };
        Self { retry_after_s, ..Self::of(status, code, title, detail.into()) }
    }

    /// A problem that HTTP itself knows and the house does not.
    fn of(status: StatusCode, code: &'static str, title: &'static str, detail: String) -> Self {
        Self {
            kind: format!("/problems/{code}"),
            title,
            status: status.as_u16(),
            code,
            detail,
            retry_after_s: None,
        }
    }

    fn bad_request(detail: impl fmt::Display) -> Self {
        Self::of(StatusCode::BAD_REQUEST, "bad_request", "The request cannot be read", detail.to_string())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.code, self.detail)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status_code());
        if let Some(seconds) = self.retry_after_s {
            answer.insert_header((RETRY_AFTER, seconds));
        }
        // `json` would name the wrong media type.
        answer.content_type("application/problem+json").body(serde_json::to_vec(self).unwrap_or_default())
    }
}

impl From<handbill_store::Error> for Problem {
    fn from(error: handbill_store::Error) -> Self {
        Self::of_error(error.fault(), &error)
    }
}

impl From<handbill_queue::Error> for Problem {
    fn from(error: handbill_queue::Error) -> Self {
        Self::of_error(error.fault(), &error)
    }
}

impl Problem {
    /// What is not the caller's doing is logged here and not told: it may name hosts and tables.
    fn of_error(fault: Fault, error: &dyn std::error::Error) -> Self {
        if matches!(fault, Fault::Broken | Fault::Busy { .. }) {
            tracing::error!(%error, "request failed");
            return Self::new(fault, "the request id leads us to the cause in the log");
        }
        Self::new(fault, error.to_string())
    }
}

/// Answers problems of paths, queries and bodies in the same way.
pub(crate) fn everywhere(app: &mut web::ServiceConfig) {
    app.app_data(web::JsonConfig::default().error_handler(|error, _| Problem::bad_request(error).into()))
        .app_data(web::QueryConfig::default().error_handler(|error, _| Problem::bad_request(error).into()))
        .app_data(web::PathConfig::default().error_handler(|error, _| Problem::bad_request(error).into()));
}

/// A resource that can only be read: `GET` and `HEAD` answer, every other method is told so.
pub(crate) fn readable<F, Args>(path: &str, handler: F) -> Resource
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let read = web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(handler);
    web::resource(path).route(read).default_service(web::to(wrong_method))
}

async fn wrong_method(request: HttpRequest) -> HttpResponse {
    let detail = format!("{} takes GET and HEAD, not {}", request.path(), request.method());
    let title = "The resource does not take this method";
    let mut answer =
        Problem::of(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", title, detail).error_response();
    answer.headers_mut().insert(ALLOW, actix_web::http::header::HeaderValue::from_static("GET, HEAD"));
    answer
}

/// What answers where nothing else does.
pub(crate) async fn no_route(request: HttpRequest) -> Result<HttpResponse, Problem> {
    Err(Problem::new(Fault::NotFound, format!("there is no {}", request.path())))
}
