//! One table says everything about an operation: method, path, name, who may, what it takes and gives. The router, the
//! gate, the answer to a wrong method and the OpenAPI document are all made from it, so none of them can be forgotten.

use std::{collections::BTreeMap, time::Duration};

use actix_web::{
    FromRequest, Handler, HttpMessage, HttpRequest, Responder, Route,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    guard,
    http::{Method, StatusCode},
    middleware::{Next, from_fn},
    web,
};
use handbill_domain::{Fault, fault::NextAction};

use crate::{
    Problem,
    access::{Permission, admit},
    docs::{Docs, Gives, Takes},
    idempotency,
};

/// Longest that a handler works on an answer; what is streamed may go on longer.
const LIMIT: Duration = Duration::from_secs(60);

/// Who may ask for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody: health and discovery.
    Open,
    /// Whoever has this permission.
    Needs(Permission),
}

/// An operation of the API.
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// Stable name, as clients call it: `list_runs`.
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) access: Access,
    pub(crate) describe: fn(&mut Docs),
    /// Does it take an `Idempotency-Key`?
    pub(crate) once: bool,
    /// Is it about the process itself, whatever it does?
    pub(crate) is_of_process: bool,
    limit: Duration,
    route: Route,
}

/// An operation of which nobody has said yet who may.
pub(crate) struct Undeclared(Operation);

impl Undeclared {
    /// Everybody may.
    pub(crate) fn open(mut self) -> Operation {
        self.0.access = Access::Open;
        self.0
    }

    /// Who has this permission may.
    pub(crate) fn needs(mut self, permission: Permission) -> Operation {
        self.0.access = Access::Needs(permission);
        self.0
    }
}

impl Operation {
    /// Reads something.
    pub(crate) fn get<F, Args>(path: &str, (id, summary): (&'static str, &'static str), f: F) -> Undeclared
    where
        F: Handler<Args>,
        Args: FromRequest + Takes + 'static,
        F::Output: Responder + Gives + 'static,
    {
        Self::of(Method::GET, path, (id, summary), f)
    }

    /// Creates or does something.
    pub(crate) fn post<F, Args>(path: &str, (id, summary): (&'static str, &'static str), f: F) -> Undeclared
    where
        F: Handler<Args>,
        Args: FromRequest + Takes + 'static,
        F::Output: Responder + Gives + 'static,
    {
        Self::of(Method::POST, path, (id, summary), f)
    }

    fn of<F, Args>(
        method: Method,
        path: &str,
        (id, summary): (&'static str, &'static str),
        f: F,
    ) -> Undeclared
    where
        F: Handler<Args>,
        Args: FromRequest + Takes + 'static,
        F::Output: Responder + Gives + 'static,
    {
        Undeclared(Self {
            method,
            path: path.to_owned(),
            id,
            summary,
            access: Access::Open,
            describe: |docs| {
                Args::describe(docs);
                F::Output::describe(docs);
            },
            once: false,
            is_of_process: false,
            limit: LIMIT,
            route: web::route().to(f),
        })
    }

    /// It takes an `Idempotency-Key`: the same request again gives the same answer and does nothing.
    pub(crate) fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// It is about the process itself, whatever that does.
    pub(crate) fn of_process(mut self) -> Self {
        self.is_of_process = true;
        self
    }

    /// It may take longer than others.
    pub(crate) fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Below a prefix.
    pub(crate) fn under(mut self, prefix: &str) -> Self {
        self.path.insert_str(0, prefix);
        self
    }

    fn into_route(self) -> Route {
        let (access, once, limit) = (self.access, self.once, self.limit);
        let wanted = self.method;
        // What can be got can be asked for without its body.
        let method = guard::fn_guard(move |context| match &context.head().method {
            &Method::HEAD => wanted == Method::GET,
            asked => *asked == wanted,
        });
        let gate = move |request, next| gate(access, once, limit, request, next);
        self.route.wrap(from_fn(gate)).guard(method)
    }
}

/// Lets in who may, and waits so long.
async fn gate(
    access: Access,
    once: bool,
    limit: Duration,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if let Access::Needs(permission) = access {
        match admit(&request, permission).await {
            Ok(principal) => drop(request.extensions_mut().insert(principal)),
            Err(problem) => return Ok(request.error_response(problem)),
        }
    }
    let answer =
        async { if once { idempotency::once(request, next).await } else { next.call(request).await } };
    match tokio::time::timeout(limit, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(Problem::too_slow(limit).into()),
    }
}

/// Puts operations into an app: one resource a path, which tells the methods that it takes to who uses another.
pub(crate) fn mount(app: &mut web::ServiceConfig, operations: Vec<Operation>) {
    let mut paths: BTreeMap<String, Vec<Operation>> = BTreeMap::new();
    for operation in operations {
        paths.entry(operation.path.clone()).or_default().push(operation);
    }
    for (path, operations) in paths {
        let mut methods: Vec<&str> = operations.iter().map(|o| o.method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        let allow = methods.join(", ");
        let mut resource = web::resource(path.as_str());
        for operation in operations {
            resource = resource.route(operation.into_route());
        }
        let wrong = move |request: HttpRequest| {
            let allow = allow.clone();
            async move { Err::<web::Bytes, _>(wrong_method(&request, allow)) }
        };
        app.service(resource.default_service(web::to(wrong)));
    }
}

fn wrong_method(request: &HttpRequest, allow: String) -> Problem {
    let (path, method) = (request.path(), request.method());
    Problem::new(
        Fault::Invalid,
        format!("{path} takes {allow}, not {method}"),
        format!("{path} 支持 {allow}，不支持 {method}"),
    )
    .status(StatusCode::METHOD_NOT_ALLOWED)
    .code("method_not_allowed")
    .next(NextAction::FixRequest)
    .allow(allow)
}

/// What answers where nothing else does.
pub(crate) async fn no_route(request: HttpRequest) -> Result<web::Bytes, Problem> {
    let path = request.path();
    Err(Problem::new(Fault::NotFound, format!("there is no {path}"), format!("没有 {path}")))
}
