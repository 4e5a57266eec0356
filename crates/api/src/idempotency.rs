//! `Idempotency-Key`: the same request is done once, and answered the same for 24 hours.

use std::time::Duration;

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::{self, BoxBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION},
    },
    middleware::Next,
    web::{self, Data},
};
use bytes::Bytes;
use handbill_domain::{Fault, asset::Digest, fault::NextAction, ids::WorkspaceId, problem::Problem as At};
use handbill_store::requests::{self, Answer, Claim, Request};

use crate::{Problem, State, access::Principal, carry::RequestId, take};

const NAME: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// A claim without an answer that is older was left by a process that died: no handler takes that long.
const PATIENCE: Duration = Duration::from_secs(90);

/// Does a request once, if its caller gave it a name.
pub(crate) async fn once(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(name) = request.headers().get(&NAME).cloned() else { return next.call(request).await };
    let (name, body) = match (plain(&name), body_of(&mut request).await) {
        (Some(name), Ok(body)) => (name, body),
        (None, _) => return Ok(request.error_response(unusable())),
        (_, Err(problem)) => return Ok(request.error_response(problem)),
    };
    let Some((state, workspace, claim)) = named(&request, name, &body) else {
        return next.call(request).await;
    };
    request.set_payload(Payload::from(body));
    match requests::claim(&state.store, &workspace, &claim, PATIENCE).await {
        Ok(Claim::Ours) => {}
        Ok(Claim::Done(answer)) => return Ok(request.into_response(replayed(answer))),
        Ok(Claim::UnderWay(id)) => return Ok(request.error_response(under_way(id))),
        Ok(Claim::Other) => return Ok(request.error_response(another())),
        Err(error) => return Ok(request.error_response(Problem::from(error))),
    }
    let mut answer = next.call(request).await;
    if let Ok(done) = answer {
        answer = keep(&state, &workspace, &claim, done).await;
    }
    if !answer.as_ref().is_ok_and(|answer| answer.status().is_success()) {
        // Nothing was done, so the name is free again.
        if let Err(error) = requests::give_up(&state.store, &workspace, &claim).await {
            tracing::warn!(%error, "a request's name stays taken for a while");
        }
    }
    answer
}

/// The claim of a request; none without a principal, which the gate does not let happen.
fn named(
    request: &ServiceRequest,
    name: String,
    body: &Bytes,
) -> Option<(Data<State>, WorkspaceId, Request)> {
    let state = request.app_data::<Data<State>>()?.clone();
    let extensions = request.extensions();
    let principal = extensions.get::<Principal>()?;
    let id = extensions.get::<RequestId>()?.0.clone();
    let asked = format!("{} {}\n{}", request.method(), request.uri(), Digest::of(body));
    let fingerprint = Digest::of(asked.as_bytes()).to_string();
    let claim = Request { caller: principal.key().to_owned(), name, fingerprint, id };
    Some((state, principal.workspace.clone(), claim))
}

async fn body_of(request: &mut ServiceRequest) -> Result<Bytes, Problem> {
    let payload = request.extract::<web::Payload>().await;
    let payload = payload.map_err(|error| Problem::of_error(Fault::Broken, &error))?;
    take::read(payload, take::MOST_JSON, take::PATIENCE).await
}

/// Keeps a good answer and gives it on.
async fn keep(
    state: &State,
    workspace: &WorkspaceId,
    claim: &Request,
    answer: ServiceResponse<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if !answer.status().is_success() {
        return Ok(answer);
    }
    let (request, answer) = answer.into_parts();
    let (head, sent) = answer.into_parts();
    let sent = body::to_bytes(sent).await.map_err(|error| Problem::of_error(Fault::Broken, &*error))?;
    let of = |name| {
        head.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok()).map(str::to_owned)
    };
    let kept = Answer {
        status: head.status().as_u16(),
        location: of(LOCATION),
        media_type: of(CONTENT_TYPE).unwrap_or_default(),
        body: String::from_utf8_lossy(&sent).into_owned(),
    };
    if let Err(error) = requests::keep(&state.store, workspace, claim, &kept).await {
        // It was done and is answered; asked again it is found under way, and later done again, which changes nothing.
        tracing::warn!(%error, "an answer is not kept");
    }
    Ok(ServiceResponse::new(request, head.set_body(BoxBody::new(sent))))
}

fn replayed(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    if let Some(location) = answer.location {
        response.insert_header((LOCATION, location));
    }
    response.insert_header((REPLAYED, "true")).content_type(answer.media_type).body(answer.body)
}

/// 1 to 255 visible characters, quoted or not.
fn plain(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?.trim();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let fits = (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| text.to_owned())
}

fn unusable() -> Problem {
    let at = At::at("", "`Idempotency-Key` should have 1 to 255 visible ASCII characters")
        .in_chinese("`Idempotency-Key` 应为 1 至 255 个可见 ASCII 字符", "");
    Problem::invalid(at.into()).code("idempotency_key_unusable")
}

fn another() -> Problem {
    Problem::new(
        Fault::Invalid,
        "this `Idempotency-Key` was used for another request",
        "该 `Idempotency-Key` 已用于另一个请求",
    )
    .code("idempotency_key_reused")
}

fn under_way(id: String) -> Problem {
    Problem::new(
        Fault::Conflict,
        format!("the same request is under way as {id}"),
        format!("相同的请求正在处理中（{id}）"),
    )
    .code("request_under_way")
    .next(NextAction::Wait)
    .about(id)
}
