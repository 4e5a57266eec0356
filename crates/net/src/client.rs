//! The client factory, and a client of one provider.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use reqwest::{
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
    multipart,
    redirect::Policy,
};
use url::Url;

use crate::{
    Error, Guard, Secret,
    guard::place,
    message::{Answer, Body, Part, Request},
    redact,
    resolver::{Checked, Lookup, Objection, System},
    retry_after,
};

const USER_AGENT: &str = concat!("handbill/", env!("CARGO_PKG_VERSION"));

/// How long we wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection, TLS included.
    pub connect: Duration,
    /// Between two pieces of the answer, and before its first.
    pub read: Duration,
    /// For everything.
    pub total: Duration,
}

impl Default for Timeouts {
    /// For models that think before they answer: 10 s, 180 s, 600 s.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            read: Duration::from_secs(180),
            total: Duration::from_secs(600),
        }
    }
}

/// How a provider wants its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// It takes none.
    None,
    /// `authorization: Bearer …`.
    Bearer(Secret),
    /// In a header of its own: `x-api-key`, `xi-api-key`, `x-goog-api-key`.
    Header(&'static str, Secret),
}

impl Auth {
    fn secret(&self) -> Option<&Secret> {
        match self {
            Self::None => None,
            Self::Bearer(secret) | Self::Header(_, secret) => Some(secret),
        }
    }

    /// The header that carries the key, marked so that no log of a library shows it.
    fn header(&self) -> Result<Option<(HeaderName, HeaderValue)>, Error> {
        let (name, text) = match self {
            Self::None => return Ok(None),
            Self::Bearer(secret) => (AUTHORIZATION, format!("Bearer {}", secret.expose())),
            Self::Header(name, secret) => (HeaderName::from_static(name), secret.expose().to_owned()),
        };
        let bad = |_| Error::Address {
            place: "the key".to_owned(),
            reason: "it has characters that no header can carry".to_owned(),
        };
        let mut value = HeaderValue::from_str(&text).map_err(bad)?;
        value.set_sensitive(true);
        Ok(Some((name, value)))
    }
}

/// A client of one provider: one base address, one key, and the key goes nowhere else. Follows no redirect.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    auth: Auth,
    timeouts: Timeouts,
}

impl fmt::Debug for Client {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "client of {}", place(&self.base))
    }
}

impl Client {
    /// A client of the provider at `base_url`. `local` providers may be on this machine or a private network, and may
    /// speak plain http; all others must be on the public internet and speak https.
    pub fn for_provider(base_url: &str, auth: Auth, local: bool, timeouts: Timeouts) -> Result<Self, Error> {
        Self::with_lookup(base_url, auth, local, timeouts, Arc::new(System))
    }

    pub(crate) fn with_lookup(
        base_url: &str,
        auth: Auth,
        local: bool,
        timeouts: Timeouts,
        lookup: Arc<dyn Lookup>,
    ) -> Result<Self, Error> {
        let base = Url::parse(base_url)
            .map_err(|e| Error::Address { place: redact(base_url), reason: e.to_string() })?;
        let refuse = |reason: &str| Err(Error::Address { place: place(&base), reason: reason.to_owned() });
        match base.scheme() {
            "https" => {}
            "http" if local => {}
            "http" => {
                return refuse(
                    "a key is not sent over plain http; write https, or say `local = true` for your own server",
                );
            }
            _ => return refuse("only https is spoken"),
        }
        if !base.username().is_empty()
            || base.password().is_some()
            || base.query().is_some()
            || base.fragment().is_some()
        {
            return refuse("a base address has no user name, password, query or fragment");
        }
        let guard = if local { Guard::local() } else { Guard::default() };
        guard.check_host(&base)?;
        auth.header()?;
        Ok(Self { http: build(guard, lookup, timeouts)?, base, auth, timeouts })
    }

    /// Name of the provider's host.
    pub fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// A text without the key.
    pub fn scrub(&self, text: &str) -> String {
        self.auth.secret().map_or_else(|| redact(text), |secret| secret.scrub(text))
    }

    /// Sends one request, once, and reads the whole answer, whatever its status.
    pub async fn send(&self, request: Request) -> Result<Answer, Error> {
        let url = self.address(&request)?;
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let value = HeaderValue::from_str(value).map_err(|_| Error::Address {
                place: place(&url),
                reason: format!("header {name} cannot be written"),
            })?;
            headers.insert(HeaderName::from_static(name), value);
        }
        headers.extend(self.auth.header()?);
        let builder = self
            .http
            .request(request.method.clone(), url.clone())
            .headers(headers)
            .timeout(self.timeouts.total);
        let builder = match request.body {
            Body::Empty => builder,
            Body::Json(value) => builder.json(&value),
            Body::Form(parts) => builder.multipart(form(parts, &url)?),
        };
        let started = Instant::now();
        let outcome = match builder.send().await {
            Ok(response) => read(response, request.limit, &url).await,
            Err(error) => Err(explain(error, &url)),
        };
        let (method, at, ms) = (&request.method, place(&url), started.elapsed().as_millis() as u64);
        match &outcome {
            Ok(answer) => {
                tracing::debug!(%method, at, ms, status = answer.status, bytes = answer.body.len(), "answered")
            }
            Err(error) => {
                tracing::debug!(%method, at, ms, error = %self.scrub(&error.to_string()), "not answered")
            }
        }
        outcome.map(|answer| self.without_key(answer))
    }

    /// The base address continued by the request's path. It cannot leave the base's host.
    fn address(&self, request: &Request) -> Result<Url, Error> {
        let mut url = self.base.clone();
        url.set_path(&format!(
            "{}/{}",
            self.base.path().trim_end_matches('/'),
            request.path.trim_start_matches('/')
        ));
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        if url.origin() != self.base.origin() {
            return Err(Error::Address {
                place: place(&url),
                reason: "it leaves the provider's host".to_owned(),
            });
        }
        Ok(url)
    }

    fn without_key(&self, mut answer: Answer) -> Answer {
        let Some(key) = self.auth.secret().map(Secret::expose).filter(|key| key.len() >= 4) else {
            return answer;
        };
        let textual = ["json", "text", "xml"].iter().any(|t| answer.media_type.contains(t))
            || answer.media_type.is_empty();
        if textual && answer.body.windows(key.len()).any(|w| w == key.as_bytes()) {
            answer.body = Bytes::from(String::from_utf8_lossy(&answer.body).replace(key, "[key]"));
        }
        answer
    }
}

/// The one place where an HTTP client is made: checked addresses, no proxy, no redirect, no retry of its own.
pub(crate) fn build(
    guard: Guard,
    lookup: Arc<dyn Lookup>,
    timeouts: Timeouts,
) -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .dns_resolver(Arc::new(Checked { guard, lookup }))
        .no_proxy()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(timeouts.connect)
        .read_timeout(timeouts.read)
        .pool_idle_timeout(Duration::from_secs(30))
        .build()
        .map_err(|e| Error::Address { place: "this machine's TLS".to_owned(), reason: causes(&e) })
}

/// Reads an answer to its end, or to the limit.
pub(crate) async fn read(response: reqwest::Response, limit: usize, url: &Url) -> Result<Answer, Error> {
    let status = response.status().as_u16();
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let retry_after = retry_after::from_headers(response.headers());
    let mut pieces = response.bytes_stream();
    let mut body = BytesMut::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|e| Error::Cut { host: host(url), reason: seen(&e) })?;
        if body.len() + piece.len() > limit {
            return Err(Error::TooLarge { host: host(url), limit });
        }
        body.extend_from_slice(&piece);
    }
    Ok(Answer { status, media_type, retry_after, body: body.freeze() })
}

/// Tells what never left from what may have been done.
pub(crate) fn explain(error: reqwest::Error, url: &Url) -> Error {
    if let Some(objection) = objection(&error) {
        return Error::Blocked { host: host(url), reason: objection };
    }
    if error.is_builder() {
        return Error::Address { place: place(url), reason: causes(&error) };
    }
    if error.is_connect() {
        return Error::Unreached { host: host(url), reason: seen(&error) };
    }
    Error::Cut { host: host(url), reason: seen(&error) }
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

fn objection(error: &reqwest::Error) -> Option<String> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(Objection(reason)) = error.downcast_ref() {
            return Some(reason.clone());
        }
        cause = error.source();
    }
    None
}

fn seen(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return if error.is_connect() { "no connection in time" } else { "no answer in time" }.to_owned();
    }
    causes(error)
}

/// The innermost cause, which says most; never the outer text, which holds the address with its query.
fn causes(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text =
        if std::ptr::addr_eq(cause, error) { "the request failed".to_owned() } else { cause.to_string() };
    redact(&text).chars().take(200).collect()
}

fn form(parts: Vec<Part>, url: &Url) -> Result<multipart::Form, Error> {
    parts.into_iter().try_fold(multipart::Form::new(), |form, Part { name, file, bytes }| {
        let length = bytes.len() as u64;
        let part = match file {
            None => multipart::Part::text(String::from_utf8_lossy(&bytes).into_owned()),
            Some((file_name, media_type)) => multipart::Part::stream_with_length(bytes, length)
                .file_name(file_name)
                .mime_str(&media_type)
                .map_err(|e| Error::Address {
                    place: place(url),
                    reason: format!("part {name}: {}", causes(&e)),
                })?,
        };
        Ok(form.part(name, part))
    })
}
