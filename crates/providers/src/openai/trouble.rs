//! Tells refusals, limits, missing money and failures from each other.

use std::time::Duration;

use handbill_net::redact;
use serde_json::Value;

use super::{Dialect, OpenAi};
use crate::{Error, said::shortened};

/// Most characters of a provider's words in our errors.
const REASON: usize = 240;

/// Words in an error's code or type that mean: this content is declined.
const DECLINED: [&str; 8] = [
    "content_policy",
    "content_filter",
    "moderation_blocked",
    "image_generation_user_error",
    "policy_violation",
    "safety",
    "sensitive_content",
    "content_moderation",
];
/// Words that mean: no money or no quota.
const NO_QUOTA: [&str; 8] = [
    "insufficient_quota",
    "insufficient_balance",
    "insufficient balance",
    "billing_hard_limit",
    "billing_not_active",
    "insufficient credits",
    "exceeded your current quota",
    "quota_exceeded",
];
/// Words that mean: slow down.
const BUSY: [&str; 4] = ["rate_limit", "too_many_requests", "overloaded", "throttl"];
/// Words that mean: the key is not good.
const KEY: [&str; 4] = ["invalid_api_key", "invalidapikey", "authentication", "permission_denied"];

/// What a service says about an error, in any of the forms that they use.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    code: String,
    kind: String,
    message: String,
}

impl OpenAi {
    /// The error that a bad status and its body mean.
    pub(super) fn trouble(&self, status: u16, body: &[u8], retry_after: Option<Duration>) -> Error {
        let said = match serde_json::from_slice::<Value>(body) {
            Ok(value) => {
                said(&value).unwrap_or_else(|| Said { message: value.to_string(), ..Said::default() })
            }
            Err(_) => Said { message: String::from_utf8_lossy(body).into_owned(), ..Said::default() },
        };
        self.explain(status, &said, retry_after)
    }

    /// The error inside an answer that calls itself a success.
    pub(super) fn hidden(&self, value: &Value) -> Option<Error> {
        let said = said(value)?;
        // Some gateways write the status of the error into its code.
        let status = said.code.parse().ok().filter(|code| (400..600).contains(code)).unwrap_or(200);
        Some(self.explain(status, &said, None))
    }

    fn explain(&self, status: u16, said: &Said, retry_after: Option<Duration>) -> Error {
        let provider = self.entry.provider.clone();
        let reason = reason(status, said);
        match meaning(&self.dialect, status, said) {
            Meaning::Declined => Error::Declined { model: self.entry.id.clone(), reason },
            Meaning::NoQuota => Error::QuotaExhausted { provider, reason },
            Meaning::Busy => Error::RateLimited { provider, retry_after },
            Meaning::Key => Error::Unauthorized { provider, reason },
            Meaning::Failed => Error::Unavailable { provider, reason, retry_after },
            Meaning::Unknown => Error::Ambiguous { provider, reason },
            Meaning::Rejected => Error::Rejected { provider, reason },
        }
    }
}

/// A request that never left is safe to send again; one that left and has no whole answer is not.
pub(super) fn unsent_or_cut(provider: &str, error: &handbill_net::Error) -> Error {
    use handbill_net::Error as Net;
    let (provider, reason) = (provider.to_owned(), error.to_string());
    match error {
        Net::Address { .. } | Net::Blocked { .. } => Error::Rejected { provider, reason },
        Net::Unreached { .. } => Error::Unavailable { provider, reason, retry_after: None },
        Net::Cut { .. } => Error::Ambiguous { provider, reason },
        Net::TooLarge { .. } | Net::Unusable { .. } => Error::Unreadable { provider, detail: reason },
    }
}

enum Meaning {
    Declined,
    NoQuota,
    Busy,
    Key,
    Failed,
    Unknown,
    Rejected,
}

/// Codes before words, words before the status.
fn meaning(dialect: &Dialect, status: u16, said: &Said) -> Meaning {
    let coded = |codes: &[String]| codes.iter().any(|c| is_code(&said.code, c) || is_code(&said.kind, c));
    let names = format!("{} {}", said.code, said.kind).to_lowercase();
    let words = format!("{names} {}", said.message).to_lowercase();
    if coded(&dialect.declined) || DECLINED.iter().any(|w| names.contains(w)) {
        return Meaning::Declined;
    }
    if status == 402 || coded(&dialect.no_quota) || NO_QUOTA.iter().any(|w| words.contains(w)) {
        return Meaning::NoQuota;
    }
    if status == 429 || coded(&dialect.busy) || BUSY.iter().any(|w| names.contains(w)) {
        return Meaning::Busy;
    }
    if status == 403 && ["moderation", "flagged", "content policy"].iter().any(|w| words.contains(w)) {
        return Meaning::Declined;
    }
    match status {
        401 | 403 => Meaning::Key,
        _ if KEY.iter().any(|w| names.contains(w)) => Meaning::Key,
        // A gateway gave up waiting: the model behind it may have gone on.
        408 | 504 | 524 => Meaning::Unknown,
        200..=299 | 425 | 500..=599 => Meaning::Failed,
        _ => Meaning::Rejected,
    }
}

/// `RateLimitExceeded` is the code of `RateLimitExceeded.EndpointRPMExceeded` too.
fn is_code(code: &str, wanted: &str) -> bool {
    code.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Reads `{"error": {…}}`, `{"error": "…"}`, `{"object": "error", …}`, `{"code": "…", "message": "…"}`, `{"detail": …}`.
pub(super) fn said(value: &Value) -> Option<Said> {
    let text = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let of = |value: &Value| Said {
        code: text(value.get("code")),
        kind: text(value.get("type")),
        message: text(value.get("message")),
    };
    match value.get("error") {
        Some(error @ Value::Object(_)) => return Some(of(error)),
        Some(Value::String(message)) => return Some(Said { message: message.clone(), ..of(value) }),
        _ => {}
    }
    if value.get("choices").is_some() || value.get("data").is_some() {
        return None;
    }
    if value.get("message").is_some_and(Value::is_string) {
        return Some(of(value));
    }
    value.get("detail").map(|detail| Said {
        message: detail.as_str().map_or_else(|| detail.to_string(), str::to_owned),
        ..of(value)
    })
}

/// The provider's words, shortened and without anything that looks like a key.
fn reason(status: u16, said: &Said) -> String {
    let name = [&said.code, &said.kind].into_iter().find(|name| !name.is_empty());
    let message = shortened(&redact(&said.message), REASON);
    match (name, message.is_empty()) {
        (Some(name), false) => format!("{message} ({status}, {name})"),
        (Some(name), true) => format!("{name} ({status})"),
        (None, false) => format!("{message} ({status})"),
        (None, true) => format!("status {status}"),
    }
}
