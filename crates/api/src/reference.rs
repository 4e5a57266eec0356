//! `/docs`: the reference for readers, made from the OpenAPI document. One page without scripts, so it needs no network.

use std::fmt::Write;

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
};
use serde_json::Value;

use crate::{
    docs::{Docs, Gives},
    openapi,
    operation::Operation,
};

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/docs", ("read_docs", "The reference of this API, for readers"), page).open(),
        Operation::get("/openapi.json", ("get_openapi", "The OpenAPI 3.1 document of this API"), document)
            .open(),
    ]
}

/// A text of its own media type.
struct Text(&'static str, String);

impl Gives for Text {
    fn describe(docs: &mut Docs) {
        docs.bytes(200, "The text.", "*/*");
    }
}

impl actix_web::Responder for Text {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &actix_web::HttpRequest) -> HttpResponse {
        HttpResponse::Ok()
            .content_type(self.0)
            .insert_header((CACHE_CONTROL, "public, max-age=300"))
            .insert_header((
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
            ))
            .body(self.1)
    }
}

async fn document() -> Text {
    Text("application/json", openapi::document().to_string())
}

async fn page() -> Text {
    Text("text/html; charset=utf-8", render(&openapi::document()))
}

/// The page. Writing into a string cannot fail.
fn render(document: &Value) -> String {
    let text = |value: &Value| escaped(value.as_str().unwrap_or_default());
    let mut out = String::from(include_str!("../openapi/head.html"));
    let about = text(&document["info"]["description"]);
    let _ = writeln!(out, "<h1>Handbill API</h1>\n<pre class=\"about\">{about}</pre>\n<nav>");
    for (path, method, operation) in all(document) {
        let (id, method, path) = (text(&operation["operationId"]), method.to_uppercase(), escaped(path));
        let _ = writeln!(out, "<a href=\"#{id}\"><b>{method}</b> {path}</a>");
    }
    out.push_str("</nav>\n");
    for (path, method, operation) in all(document) {
        let id = text(&operation["operationId"]);
        let _ = writeln!(
            out,
            "<section id=\"{id}\"><h2><b>{}</b> {}</h2>\n<p>{} <code>{id}</code></p>",
            method.to_uppercase(),
            escaped(path),
            text(&operation["summary"])
        );
        let scope = operation["x-permission"].as_str().unwrap_or("none: open to everybody");
        let _ = writeln!(out, "<p>Scope: <code>{}</code></p>", escaped(scope));
        parameters(&mut out, &operation["parameters"]);
        if let Some(content) = operation["requestBody"]["content"].as_object() {
            let _ = writeln!(out, "<h3>Body</h3>{}", contents(content));
        }
        out.push_str("<h3>Answers</h3>");
        for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
            let shown = match answer["content"].as_object() {
                Some(content) => contents(content),
                None => "<a href=\"#schema-Problem\">Problem</a>".to_owned(),
            };
            let _ =
                writeln!(out, "<p><b>{}</b> {} {shown}</p>", escaped(status), text(&answer["description"]));
        }
        out.push_str("</section>\n");
    }
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        let name = escaped(name);
        let shown = escaped(&serde_json::to_string_pretty(schema).unwrap_or_default());
        let _ = writeln!(
            out,
            "<section id=\"schema-{name}\"><h2>{name}</h2><p>{}</p><pre>{}</pre></section>",
            text(&schema["description"]),
            linked(&shown)
        );
    }
    out.push_str("</main></body></html>\n");
    out
}

fn all(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

fn parameters(out: &mut String, parameters: &Value) {
    let Some(parameters) = parameters.as_array().filter(|all| !all.is_empty()) else { return };
    out.push_str("<table><tr><th>parameter</th><th>in</th><th></th></tr>");
    for one in parameters {
        let text = |name: &str| escaped(one[name].as_str().unwrap_or_default());
        let (name, place, about) = (text("name"), text("in"), text("description"));
        let _ = writeln!(out, "<tr><td><code>{name}</code></td><td>{place}</td><td>{about}</td></tr>");
    }
    out.push_str("</table>\n");
}

/// The media types of a body, each with the name of its schema.
fn contents(content: &serde_json::Map<String, Value>) -> String {
    let one = |(kind, body): (&String, &Value)| {
        let name = body["schema"]["$ref"].as_str().and_then(|path| path.rsplit('/').next());
        match name.map(escaped) {
            Some(name) => format!("<code>{}</code> <a href=\"#schema-{name}\">{name}</a>", escaped(kind)),
            None => format!("<code>{}</code>", escaped(kind)),
        }
    };
    content.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// References in a schema lead to what they name.
fn linked(shown: &str) -> String {
    let mut parts = shown.split("#/components/schemas/");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find("&quot;").unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        let _ = write!(out, "<a href=\"#schema-{name}\">{name}</a>{rest}");
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_shows_every_operation_and_every_link_leads_somewhere() {
        let document = openapi::document();
        let page = render(&document);
        for operation in crate::operations() {
            assert!(page.contains(&format!("<section id=\"{}\">", operation.id)), "{}", operation.id);
        }
        let links = page.split("href=\"#").skip(1).map(|part| part.split('"').next().unwrap());
        let links: std::collections::BTreeSet<&str> = links.collect();
        assert!(links.len() > 60, "{}", links.len());
        for link in links {
            assert!(page.contains(&format!("id=\"{link}\"")), "#{link} leads nowhere");
        }
        for outside in ["<script", "<link", "src=", "@import", "url("] {
            assert!(!page.contains(outside), "it fetches something: {outside}");
        }
    }
}
