//! What handlers give: JSON with its ETag.

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH, LOCATION},
    },
};
use handbill_domain::asset::Digest;
use serde::Serialize;

/// Something as it stands now.
#[derive(Debug)]
pub(crate) struct Shown<T>(pub(crate) T);

impl<T: Serialize> Responder for Shown<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let tag = format!("\"{}\"", &Digest::of(&body).as_str()[..32]);
        let mut answer = if knows(request, &tag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        // Kept by the caller alone, and asked about before each use.
        answer.insert_header((ETAG, tag.clone())).insert_header((CACHE_CONTROL, "private, no-cache"));
        if knows(request, &tag) {
            answer.finish()
        } else {
            answer.content_type("application/json").body(body)
        }
    }
}

/// Does the caller have the answer with this tag already?
pub(crate) fn knows(request: &HttpRequest, tag: &str) -> bool {
    let known = request.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    known.flat_map(|value| value.split(',')).any(|one| {
        let one = one.trim();
        one == "*" || one.trim_start_matches("W/") == tag
    })
}

/// Something that was made, or was there already.
#[derive(Debug)]
pub(crate) struct Created<T> {
    /// Where it is.
    pub(crate) at: String,
    /// Was it made now?
    pub(crate) new: bool,
    /// It.
    pub(crate) shown: T,
}

impl<T: Serialize> Responder for Created<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let status = if self.new { StatusCode::CREATED } else { StatusCode::OK };
        HttpResponse::build(status).insert_header((LOCATION, self.at)).json(self.shown)
    }
}

/// Something that goes on from here.
#[derive(Debug)]
pub(crate) struct Accepted<T>(pub(crate) T);

impl<T: Serialize> Responder for Accepted<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Accepted().json(self.0)
    }
}
