//! What an operation takes and gives, told by the types of its handler: nothing of it is written twice.

use actix_web::{HttpRequest, HttpResponse, web};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::{
    Problem,
    access::Principal,
    give::{Accepted, Created, Shown},
    take::{Body, Query},
};

/// One operation's part of the OpenAPI document, while it is gathered.
pub(crate) struct Docs {
    pub(crate) schemas: SchemaGenerator,
    pub(crate) parameters: Vec<Value>,
    pub(crate) body: Option<Value>,
    pub(crate) answers: Map<String, Value>,
}

impl Docs {
    pub(crate) fn new(schemas: SchemaGenerator) -> Self {
        Self { schemas, parameters: Vec::new(), body: None, answers: Map::new() }
    }

    fn json<T: JsonSchema>(&mut self) -> Value {
        json!({ "application/json": { "schema": self.schemas.subschema_for::<T>() } })
    }

    /// An answer with some bytes.
    pub(crate) fn bytes(&mut self, status: u16, description: &str, media_type: &str) {
        let content = json!({ media_type: {} });
        self.answers.insert(status.to_string(), json!({ "description": description, "content": content }));
    }
}

/// What a handler's argument takes from a request.
pub(crate) trait Takes {
    /// Tells it; most take nothing that the caller must know of.
    fn describe(_: &mut Docs) {}
}

impl<T> Takes for web::Data<T> {}
impl Takes for HttpRequest {}
impl Takes for Principal {}
/// The names stand in the path itself.
impl<T> Takes for web::Path<T> {}

impl<T: JsonSchema> Takes for Body<T> {
    fn describe(docs: &mut Docs) {
        let content = docs.json::<T>();
        docs.body = Some(json!({ "required": true, "content": content }));
    }
}

impl<T: JsonSchema> Takes for Query<T> {
    fn describe(docs: &mut Docs) {
        let mut schema = T::json_schema(&mut docs.schemas).to_value();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let Some(properties) = schema["properties"].as_object_mut() else { return };
        for (name, schema) in properties {
            let about = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            docs.parameters.push(json!({
                "name": name, "in": "query", "required": required.contains(&json!(name)),
                "description": about.unwrap_or_default(), "schema": schema,
            }));
        }
    }
}

macro_rules! takes {
    ($($name:ident)*) => {
        impl<$($name: Takes),*> Takes for ($($name,)*) {
            #[allow(unused_variables, reason = "nothing is taken by no arguments")]
            fn describe(docs: &mut Docs) { $($name::describe(docs);)* }
        }
    };
}

takes!();
takes!(A);
takes!(A B);
takes!(A B C);
takes!(A B C D);
takes!(A B C D E);

/// What a handler gives back when all is well.
pub(crate) trait Gives {
    /// Tells it.
    fn describe(docs: &mut Docs);
}

impl<T: Gives> Gives for Result<T, Problem> {
    fn describe(docs: &mut Docs) {
        T::describe(docs);
    }
}

impl<T: JsonSchema> Gives for Shown<T> {
    fn describe(docs: &mut Docs) {
        let content = docs.json::<T>();
        let headers = json!({ "ETag": { "description": "Changes with the answer; send it back as `If-None-Match`.", "schema": { "type": "string" } } });
        docs.answers.insert(
            "200".into(),
            json!({ "description": "As it stands.", "headers": headers, "content": content }),
        );
    }
}

impl<T: JsonSchema> Gives for Created<T> {
    fn describe(docs: &mut Docs) {
        let content = docs.json::<T>();
        let headers =
            json!({ "Location": { "description": "Where it is.", "schema": { "type": "string" } } });
        docs.answers.insert(
            "201".into(),
            json!({ "description": "It was made.", "headers": headers, "content": content.clone() }),
        );
        docs.answers.insert(
            "200".into(),
            json!({ "description": "It was there already.", "headers": headers, "content": content }),
        );
    }
}

impl<T: JsonSchema> Gives for Accepted<T> {
    fn describe(docs: &mut Docs) {
        let content = docs.json::<T>();
        docs.answers
            .insert("202".into(), json!({ "description": "It goes on from here.", "content": content }));
    }
}

/// Text for other programs.
impl Gives for HttpResponse {
    fn describe(docs: &mut Docs) {
        docs.bytes(200, "As text.", "text/plain");
    }
}
