//! The files behind signed links: whole or in parts.

use std::ops::RangeInclusive;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, ETAG, IF_RANGE, RANGE},
    },
    web::{Data, Path},
};
use bytes::Bytes;
use handbill_domain::{Fault, asset::Digest, fault::NextAction};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    Problem, State,
    docs::{Docs, Gives},
    give::knows,
    links::{Linked, Links, escaped},
    operation::Operation,
    take::Query,
};

pub(crate) fn operations() -> Vec<Operation> {
    let download = ("download", "Fetch a file by its signed link, whole or in parts (`Range`)");
    vec![Operation::get("/downloads/{digest}/{name}", download, fetch).open()]
}

/// What makes a link good.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Signed {
    /// Media type of the file.
    r#type: String,
    /// Until when it is good, in seconds since 1970.
    expires: u64,
    /// Over all of it.
    signature: String,
}

/// The bytes of a file.
struct File(HttpResponse);

impl Gives for File {
    fn describe(docs: &mut Docs) {
        docs.bytes(200, "The file.", "application/octet-stream");
        docs.bytes(206, "A part of the file.", "application/octet-stream");
    }
}

impl actix_web::Responder for File {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.0
    }
}

async fn fetch(
    state: Data<State>,
    links: Data<Links>,
    request: HttpRequest,
    path: Path<(String, String)>,
    Query(signed): Query<Signed>,
) -> Result<File, Problem> {
    let (digest, name) = path.into_inner();
    let digest: Digest = digest.parse().map_err(|_| stale())?;
    let linked = Linked { digest, name, media_type: signed.r#type };
    if !links.knows(&linked, signed.expires, &signed.signature) {
        return Err(stale());
    }
    let tag = format!("\"{}\"", linked.digest);
    if knows(&request, &tag) {
        return Ok(File(HttpResponse::NotModified().insert_header((ETAG, tag)).finish()));
    }
    let bytes = state.store.files().get(&linked.digest).await?;
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((ETAG, tag.as_str()))
        .insert_header((ACCEPT_RANGES, "bytes"))
        .insert_header((CACHE_CONTROL, "private, max-age=900, immutable"))
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename*=UTF-8''{}", escaped(&linked.name)),
        ))
        .content_type(linked.media_type.as_str());
    match part(&request, bytes.len(), &tag)? {
        None => Ok(File(answer.body(bytes))),
        Some(range) => {
            let (first, last) = (*range.start(), *range.end());
            answer
                .status(StatusCode::PARTIAL_CONTENT)
                .insert_header((CONTENT_RANGE, format!("bytes {first}-{last}/{}", bytes.len())));
            let part: Bytes = bytes.slice(range);
            Ok(File(answer.body(part)))
        }
    }
}

fn stale() -> Problem {
    Problem::new(
        Fault::Forbidden,
        "the link is not ours or is no longer good: list the assets again for a new one",
        "链接无效或已过期：请重新获取内容列表以得到新链接",
    )
    .code("link_expired")
    .next(NextAction::Retry)
}

/// The part that is asked for. Several parts at once, and parts of another version, are answered with the whole.
fn part(request: &HttpRequest, length: usize, tag: &str) -> Result<Option<RangeInclusive<usize>>, Problem> {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let Some(asked) = text(RANGE).and_then(|range| range.trim().strip_prefix("bytes=")) else {
        return Ok(None);
    };
    if text(IF_RANGE).is_some_and(|known| known != tag) || asked.contains(',') {
        return Ok(None);
    }
    let Some((first, last)) = asked.split_once('-') else { return Ok(None) };
    let number = |text: &str| text.parse::<usize>();
    let range = match (first, last) {
        ("", last) => number(last).map(|n| length.saturating_sub(n)..=length.saturating_sub(1)),
        (first, "") => number(first).map(|first| first..=length.saturating_sub(1)),
        (first, last) => {
            number(first).and_then(|first| Ok(first..=number(last)?.min(length.saturating_sub(1))))
        }
    };
    match range {
        Ok(range) if !range.is_empty() && *range.end() < length => Ok(Some(range)),
        Ok(_) => Err(Problem::new(
            Fault::Invalid,
            format!("the file has {length} bytes"),
            format!("该文件只有 {length} 字节"),
        )
        .status(StatusCode::RANGE_NOT_SATISFIABLE)
        .code("range_not_satisfiable")),
        // What is no range is as if it were not there (RFC 9110).
        Err(_) => Ok(None),
    }
}
