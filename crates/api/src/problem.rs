//! One way to say what went wrong: `application/problem+json` (RFC 9457), in English or Chinese. The only place that
//! turns a [`Fault`] into a status.

use std::{fmt, time::Duration};

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{ALLOW, CONTENT_LANGUAGE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
};
use handbill_domain::{Fault, fault::NextAction, problem::Problems};
use schemars::JsonSchema;
use serde::Serialize;

use crate::language::{Language, Said};

/// Why a request got no answer.
#[derive(Clone, Debug)]
pub struct Problem(Box<Inside>);

#[derive(Clone, Debug)]
struct Inside {
    status: StatusCode,
    fault: Fault,
    code: &'static str,
    detail: Said,
    next_action: NextAction,
    errors: Problems,
    resource: Option<String>,
    allow: Option<String>,
    told: Told,
}

/// Whom a problem is told: their language, and the id of their request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) language: Language,
    pub(crate) request: String,
}

impl Problem {
    /// A problem of this kind, in both languages.
    pub fn new(fault: Fault, en: impl Into<String>, zh: impl Into<String>) -> Self {
        let (status, next_action) = match fault {
            Fault::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, NextAction::FixRequest),
            Fault::Unauthorized => (StatusCode::UNAUTHORIZED, NextAction::CheckKey),
            Fault::Forbidden => (StatusCode::FORBIDDEN, NextAction::AskForAccess),
            Fault::NotFound => (StatusCode::NOT_FOUND, NextAction::FixRequest),
            Fault::Conflict => (StatusCode::CONFLICT, NextAction::Retry),
            Fault::Refused => (StatusCode::UNPROCESSABLE_ENTITY, NextAction::EditBrief),
            Fault::OverBudget => (StatusCode::PAYMENT_REQUIRED, NextAction::RaiseCeiling),
            Fault::Busy { .. } => (StatusCode::SERVICE_UNAVAILABLE, NextAction::Wait),
            Fault::Broken => (StatusCode::INTERNAL_SERVER_ERROR, NextAction::Report),
        };
        Self(Box::new(Inside {
            status,
            fault,
            code: fault.as_str(),
            detail: Said::new(en, zh),
            next_action,
            errors: Problems::default(),
            resource: None,
            allow: None,
            told: Told::default(),
        }))
    }

    /// What was sent is wrong in these places; all of them at once.
    pub fn invalid(errors: Problems) -> Self {
        let count = errors.0.len();
        let en = if count == 1 {
            "the request has a problem".to_owned()
        } else {
            format!("the request has {count} problems")
        };
        let mut problem = Self::new(Fault::Invalid, en, format!("请求有 {count} 个问题"));
        problem.0.errors = errors;
        problem
    }

    /// Its own name for programs, where the fault's word says too little.
    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.0.code = code;
        self
    }

    /// What to do next, where it is not what the fault suggests.
    #[must_use]
    pub fn next(mut self, action: NextAction) -> Self {
        self.0.next_action = action;
        self
    }

    /// Where exactly.
    #[must_use]
    pub fn errors(mut self, errors: Problems) -> Self {
        self.0.errors = errors;
        self
    }

    /// What it is about: the id of a run that is there already, or of the request that is still under way.
    #[must_use]
    pub fn about(mut self, id: impl Into<String>) -> Self {
        self.0.resource = Some(id.into());
        self
    }

    /// A status that HTTP knows better than the house.
    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    /// The methods that would be right.
    pub(crate) fn allow(mut self, methods: String) -> Self {
        self.0.allow = Some(methods);
        self
    }

    pub(crate) fn told(mut self, told: Told) -> Self {
        self.0.told = told;
        self
    }

    fn retry_after_s(&self) -> Option<u64> {
        match self.0.fault {
            Fault::Busy { retry_after } => Some(retry_after.map_or(1, |wait| wait.as_secs().max(1))),
            _ => None,
        }
    }

    fn shown(&self) -> ProblemView {
        let language = self.0.told.language;
        let (en, zh) = title(self.0.fault);
        let errors = self.0.errors.0.iter().map(|error| {
            let zh = error.zh.as_ref().filter(|_| language == Language::Zh);
            ErrorView {
                pointer: error.pointer.clone(),
                detail: zh.map_or(&error.message, |zh| &zh.message).clone(),
                hint: zh.map_or(&error.hint, |zh| &zh.hint).clone(),
            }
        });
        ProblemView {
            kind: format!("/problems/{}", self.0.code),
            title: Said::new(en, zh).in_language(language).to_owned(),
            status: self.0.status.as_u16(),
            code: self.0.code.to_owned(),
            fault: self.0.fault.as_str().to_owned(),
            detail: self.0.detail.in_language(language).to_owned(),
            next_action: self.0.next_action,
            errors: errors.collect(),
            resource: self.0.resource.clone(),
            request_id: self.0.told.request.clone(),
        }
    }
}

/// The kind in words, always the same.
fn title(fault: Fault) -> (&'static str, &'static str) {
    match fault {
        Fault::Invalid => ("The request cannot be accepted", "无法接受该请求"),
        Fault::Unauthorized => ("Who is asking is not known", "无法确认请求方身份"),
        Fault::Forbidden => ("Who is asking may not do this", "请求方没有此权限"),
        Fault::NotFound => ("There is no such thing here", "没有找到所请求的内容"),
        Fault::Conflict => ("It cannot be done in the present state", "当前状态下无法执行"),
        Fault::Refused => ("This content is not made", "不制作此内容"),
        Fault::OverBudget => ("The ceiling on spending is reached", "已达到费用上限"),
        Fault::Busy { .. } => ("Try again later", "请稍后再试"),
        Fault::Broken => ("This is our mistake", "这是我们的问题"),
    }
}

/// A problem as it is sent: `application/problem+json`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct ProblemView {
    /// Stable name of the kind of problem, as a relative reference: `/problems/not_found`.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words, always the same.
    title: String,
    /// HTTP status.
    status: u16,
    /// For programs: `run_not_found`. Stable.
    code: String,
    /// One of nine words: `invalid`, `unauthorized`, `forbidden`, `not_found`, `conflict`, `refused`, `over_budget`,
    /// `busy`, `broken`.
    fault: String,
    /// This time, in words.
    detail: String,
    /// The one thing to do next.
    next_action: NextAction,
    /// Everything that is wrong, at once; empty where nothing can be pointed at.
    errors: Vec<ErrorView>,
    /// Id of what it is about: a run that is there already, a request that is still under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    /// Leads us to the request in the log; also in `X-Request-Id`.
    request_id: String,
}

/// One thing that is wrong with a request.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ProblemError")]
pub(crate) struct ErrorView {
    /// JSON pointer (RFC 6901) into the body; below `/query` into the query.
    pointer: String,
    /// What is wrong.
    detail: String,
    /// What to write instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.0.code, self.0.detail.in_language(Language::En))
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.0.status);
        if let Some(seconds) = self.retry_after_s() {
            answer.insert_header((RETRY_AFTER, seconds));
        }
        if let Some(methods) = &self.0.allow {
            answer.insert_header((ALLOW, methods.as_str()));
        }
        if self.0.status == StatusCode::UNAUTHORIZED {
            answer.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        answer.insert_header((CONTENT_LANGUAGE, self.0.told.language.tag()));
        // `json` would name the wrong media type.
        answer
            .content_type("application/problem+json")
            .body(serde_json::to_vec(&self.shown()).unwrap_or_default())
    }
}

impl From<handbill_store::Error> for Problem {
    fn from(error: handbill_store::Error) -> Self {
        use handbill_store::Error;
        let fault = error.fault();
        match &error {
            Error::NotFound(what) => {
                Self::new(fault, format!("there is no {what}"), format!("没有{}", in_chinese(what)))
            }
            Error::NotNow(why) => Self::new(fault, why, format!("当前状态下无法执行：{why}")),
            _ => Self::of_error(fault, &error),
        }
    }
}

impl From<handbill_queue::Error> for Problem {
    fn from(error: handbill_queue::Error) -> Self {
        Self::of_error(error.fault(), &error)
    }
}

/// `run 0197…` as a reader of Chinese says it.
fn in_chinese(what: &str) -> String {
    let names =
        [("run ", "运行 "), ("step ", "步骤 "), ("file ", "文件 "), ("plan ", "计划 "), (" of ", "，属于 ")];
    names.iter().fold(what.to_owned(), |text, (en, zh)| text.replace(en, zh))
}

impl Problem {
    /// What is not the caller's doing is logged here and not told: it may name hosts and tables.
    pub(crate) fn of_error(fault: Fault, error: &dyn std::error::Error) -> Self {
        if matches!(fault, Fault::Broken | Fault::Busy { .. }) {
            tracing::error!(%error, "request failed");
            return Self::new(
                fault,
                "the request id leads us to the cause in the log",
                "凭请求编号可在日志中查到原因",
            );
        }
        Self::new(fault, error.to_string(), error.to_string())
    }

    /// What actix answers by itself, in our words.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let detail = status.canonical_reason().unwrap_or("HTTP error");
        let fault = match status {
            StatusCode::NOT_FOUND => Fault::NotFound,
            status if status.is_client_error() => Fault::Invalid,
            StatusCode::SERVICE_UNAVAILABLE => Fault::Busy { retry_after: None },
            _ => Fault::Broken,
        };
        Self::new(fault, detail.to_lowercase(), format!("HTTP {}", status.as_u16())).status(status)
    }

    /// It took too long.
    pub(crate) fn too_slow(limit: Duration) -> Self {
        let seconds = limit.as_secs();
        Self::new(
            Fault::Busy { retry_after: None },
            format!("there was no answer within {seconds} s"),
            format!("{seconds} 秒内没有完成"),
        )
        .code("too_slow")
        .next(NextAction::Retry)
    }
}
