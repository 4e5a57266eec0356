//! What handlers take: JSON bodies, queries, names in the path. Everything that is wrong with a body is told at once.

use std::{
    any::TypeId,
    collections::HashMap,
    future::{Future, Ready, ready},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{
        StatusCode,
        header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap},
    },
    web,
};
use bytes::Bytes;
use handbill_domain::{
    Fault,
    fault::NextAction,
    problem::{Problem as At, Problems},
};
use jsonschema::Validator;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Problem, openapi, schema};

/// Largest JSON body: a brief has at most 1 MB, and its order a little more.
pub(crate) const MOST_JSON: usize = 1 << 20;
/// Longest wait for the whole of a body.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Whole numbers below are exact as floats: 2⁵³.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A future of one thread, as actix has them.
pub(crate) type Local<T> = Pin<Box<dyn Future<Output = T>>>;

/// A JSON body that fits its schema.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned + JsonSchema + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Local<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = media_type(request.headers(), "application/json", |kind| {
            kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
        });
        let payload = web::Payload::from_request(request, payload);
        Box::pin(async move {
            kind?;
            let payload = payload.await.map_err(|error| Problem::of_error(Fault::Broken, &error))?;
            let bytes = read(payload, MOST_JSON, PATIENCE).await?;
            parse(&bytes).map(Self)
        })
    }
}

/// Reads a body to its end, or says why not.
pub(crate) async fn read(payload: web::Payload, most: usize, patience: Duration) -> Result<Bytes, Problem> {
    match tokio::time::timeout(patience, payload.to_bytes_limited(most)).await {
        Ok(Ok(Ok(bytes))) => Ok(bytes),
        Ok(Ok(Err(error))) => Err(unreadable(error.to_string())),
        Ok(Err(_)) => Err(too_large(most)),
        Err(_) => {
            let seconds = patience.as_secs();
            Err(Problem::new(
                Fault::Invalid,
                format!("the body was not here within {seconds} s"),
                format!("请求正文未在 {seconds} 秒内传完"),
            )
            .status(StatusCode::REQUEST_TIMEOUT)
            .code("body_too_slow")
            .next(NextAction::Retry))
        }
    }
}

fn too_large(most: usize) -> Problem {
    Problem::new(
        Fault::Invalid,
        format!("the body has more than {most} bytes"),
        format!("请求正文超过 {most} 字节"),
    )
    .status(StatusCode::PAYLOAD_TOO_LARGE)
    .code("payload_too_large")
}

fn unreadable(why: String) -> Problem {
    let zh = format!("无法读取请求：{why}");
    Problem::new(Fault::Invalid, why, zh).status(StatusCode::BAD_REQUEST).code("bad_request")
}

/// The media type of the body, if it is one that is taken; its parameters are left out.
pub(crate) fn media_type(
    headers: &HeaderMap,
    wanted: &str,
    fits: impl Fn(&str) -> bool,
) -> Result<String, Problem> {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let unfit = |en: String, zh: String| {
        Err(Problem::new(Fault::Invalid, en, zh)
            .status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
            .code("unsupported_media_type"))
    };
    // Nothing is unpacked, so a small body stays small.
    if let Some(encoding) = headers.get(CONTENT_ENCODING).filter(|value| *value != "identity") {
        let encoding = String::from_utf8_lossy(encoding.as_bytes());
        return unfit(
            format!("the body is encoded as {encoding}; send it plain"),
            format!("请求正文使用了 {encoding} 编码，请不压缩直接发送"),
        );
    }
    if fits(&kind) {
        return Ok(kind);
    }
    let named = if kind.is_empty() { "(none)" } else { &kind };
    unfit(format!("the body is {wanted}, not {named}"), format!("请求正文应为 {wanted}，而不是 {named}"))
}

/// Reads a value of a type with a schema.
pub(crate) fn parse<T: DeserializeOwned + JsonSchema + 'static>(bytes: &[u8]) -> Result<T, Problem> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        Problem::new(
            Fault::Invalid,
            format!("the body is no JSON that can be read: {error}"),
            format!("请求正文不是可读取的 JSON：{error}"),
        )
        .status(StatusCode::BAD_REQUEST)
        .code("malformed_json")
    })?;
    let problems: Problems =
        Problems(validator::<T>()?.iter_errors(&value).flat_map(|e| schema::told(&e)).collect());
    problems.or(()).map_err(Problem::invalid)?;
    // To JSON Schema `5.0` is an integer; to serde only `5` is one.
    let read = T::deserialize(&value).or_else(|_| T::deserialize(&whole(value)));
    // What the schema cannot say.
    read.map_err(|error| {
        let text = error.to_string();
        Problem::invalid(At::at("", &text).in_chinese(text, "").into())
    })
}

/// The same with whole numbers written without a fraction.
fn whole(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < EXACT => Value::from(float as i64),
            _ => Value::Number(number),
        },
        Value::Array(items) => items.into_iter().map(whole).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, whole(value))).collect(),
        other => other,
    }
}

/// The schema of a type, ready to judge. It is the one of the OpenAPI document, except that a brief is judged by the
/// house's own reader, which knows more than a schema can say.
fn validator<T: JsonSchema + 'static>() -> Result<Arc<Validator>, Problem> {
    static KNOWN: Mutex<Option<HashMap<TypeId, Arc<Validator>>>> = Mutex::new(None);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    if let Some(there) = known.get(&TypeId::of::<T>()) {
        return Ok(there.clone());
    }
    let made = jsonschema::validator_for(&openapi::judging::<T>());
    let made = Arc::new(made.map_err(|error| Problem::of_error(Fault::Broken, &error))?);
    known.insert(TypeId::of::<T>(), made.clone());
    Ok(made)
}

/// The part of the address after `?`. A parameter that nobody knows is a mistake.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned + JsonSchema + 'static> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = web::Query::<T>::from_query(request.query_string());
        ready(read.map(|query| Self(query.into_inner())).map_err(|error| {
            let text = match &error {
                actix_web::error::QueryPayloadError::Deserialize(inner) => inner.to_string(),
                other => other.to_string(),
            };
            let at = At::at("/query", &text).in_chinese(format!("查询参数有误：{text}"), "");
            Problem::invalid(at.into()).code("invalid_query")
        }))
    }
}
