//! What is sent and what comes back.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use serde_json::Value;

/// Most bytes of an answer, unless the caller says otherwise: 32 MiB holds a 4K PNG in base64.
pub const LIMIT: usize = 32 * 1024 * 1024;

/// One request to a provider.
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
    pub(crate) limit: usize,
}

/// What is sent.
#[derive(Clone, Debug)]
pub enum Body {
    /// Nothing.
    Empty,
    /// JSON.
    Json(Value),
    /// A form with files.
    Form(Vec<Part>),
}

/// One part of a form.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its field.
    pub name: &'static str,
    /// A file's name and media type; none: a plain value.
    pub file: Option<(String, String)>,
    /// Its bytes.
    pub bytes: Bytes,
}

impl Part {
    /// A plain value.
    pub fn text(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, file: None, bytes: Bytes::from(value.into()) }
    }

    /// A file.
    pub fn file(
        name: &'static str,
        file_name: impl Into<String>,
        media_type: impl Into<String>,
        bytes: Bytes,
    ) -> Self {
        Self { name, file: Some((file_name.into(), media_type.into())), bytes }
    }
}

impl Request {
    /// Fetches; `path` continues the base address and starts with `/`.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, Body::Empty)
    }

    /// Sends JSON.
    pub fn post(path: impl Into<String>, json: Value) -> Self {
        Self::new(Method::POST, path, Body::Json(json))
    }

    /// Sends a form with files.
    pub fn post_form(path: impl Into<String>, parts: Vec<Part>) -> Self {
        Self::new(Method::POST, path, Body::Form(parts))
    }

    fn new(method: Method, path: impl Into<String>, body: Body) -> Self {
        Self { method, path: path.into(), query: Vec::new(), headers: Vec::new(), body, limit: LIMIT }
    }

    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Adds a header (lower-case name).
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Takes an answer of at most this many bytes, counted after decompression.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }
}

/// What came back, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Media type in lower case, without parameters; empty when the answer does not say.
    pub media_type: String,
    /// The wait that the other side asks for.
    pub retry_after: Option<Duration>,
    /// The body. The key that was sent is masked in it, should the other side repeat it.
    pub body: Bytes,
}

impl Answer {
    /// Is the status 2xx?
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
