//! The OpenAPI 3.1 document, made from the table of operations. Its schemas are those of the types that are read and
//! written (JSON Schema 2020-12, which OpenAPI 3.1 speaks).

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{
    docs::Docs,
    operation::{Access, Operation},
    problem::ProblemView,
};

const WHERE: &str = "/components/schemas";

fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.definitions_path = WHERE.into();
            settings.meta_schema = None;
        })
        .into_generator()
}

/// The schema by which a body is judged: that of the document, with a brief left to the house's own reader.
pub(crate) fn judging<T: JsonSchema>() -> Value {
    let mut generator = generator();
    let mut root = generator.subschema_for::<T>().to_value();
    let mut schemas = generator.take_definitions(true);
    if let Some(brief) = schemas.get_mut("Brief") {
        *brief = json!({ "type": "object" });
    }
    root["components"] = json!({ "schemas": schemas });
    root
}

/// The whole document.
pub fn document() -> Value {
    let mut schemas = generator();
    schemas.subschema_for::<ProblemView>();
    let mut paths: Map<String, Value> = Map::new();
    for operation in crate::operations() {
        let mut docs = Docs::new(schemas);
        (operation.describe)(&mut docs);
        let method = operation.method.as_str().to_lowercase();
        let path = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
        path[method] = shown(&operation, &mut docs);
        schemas = docs.schemas;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Handbill", "version": "1",
            "summary": "One product brief in, a whole marketing campaign out.",
            "description": include_str!("../openapi/about.md"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas.take_definitions(true),
            "securitySchemes": { "key": {
                "type": "http", "scheme": "bearer", "bearerFormat": "hb_<env>_<id>_<secret>",
                "description": "An API key of a workspace. `handbill keys create` makes one and shows it once.",
            } },
            "responses": { "Problem": {
                "description": "What went wrong, where, and what to do next.",
                "headers": { "X-Request-Id": { "description": "Leads us to the request in the log.", "schema": { "type": "string" } } },
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
            } },
        },
    })
}

fn shown(operation: &Operation, docs: &mut Docs) -> Value {
    let mut parameters = in_path(&operation.path);
    parameters.append(&mut docs.parameters);
    if operation.once {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false, "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
            "description": "A name of yours for this request. The same request with the same key is answered as before for 24 h, and does nothing; another request with it is refused (422).",
        }));
    }
    let mut answers = std::mem::take(&mut docs.answers);
    answers.insert("default".into(), json!({ "$ref": "#/components/responses/Problem" }));
    let mut shown = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [tag(&operation.path)],
        "parameters": parameters,
        "responses": answers,
    });
    if let Some(body) = docs.body.take() {
        shown["requestBody"] = body;
    }
    if let Access::Needs(permission) = operation.access {
        shown["security"] = json!([{ "key": [permission.as_str()] }]);
        shown["x-permission"] = json!(permission.as_str());
    }
    shown
}

/// The names in braces.
fn in_path(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| {
            let name = name.split(':').next().unwrap_or(name);
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
        })
        .collect()
}

/// The resource: `/api/v1/runs/{id}` → `runs`.
fn tag(path: &str) -> &str {
    path.strip_prefix("/api/v1/").map_or("process", |rest| rest.split('/').next().unwrap_or(rest))
}
