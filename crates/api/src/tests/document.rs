//! The OpenAPI document.

use std::collections::BTreeSet;

use super::*;

#[test]
fn every_operation_is_described_once_and_every_reference_leads_somewhere() {
    let document = document();
    let mut names = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(names.insert(id.to_owned()), "{id} is there twice");
            assert!(operation["summary"].as_str().unwrap().len() > 10, "{id}");
            let good =
                operation["responses"].as_object().unwrap().keys().any(|status| status.starts_with('2'));
            assert!(good && operation["responses"]["default"].is_object(), "{method} {path}");
        }
    }
    assert_eq!(names.len(), operations().len());
    let mut references = Vec::new();
    gather(&document, &mut references);
    assert!(references.len() > 30);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

fn gather(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                found.push(reference.clone());
            }
            members.values().for_each(|member| gather(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, found)),
        _ => {}
    }
}

#[test]
fn a_protected_operation_names_its_permission() {
    let document = document();
    for operation in operations() {
        let shown = &document["paths"][&operation.path][operation.method.as_str().to_lowercase()];
        match operation.access {
            operation::Access::Open => assert!(shown["security"].is_null(), "{}", operation.id),
            operation::Access::Needs(permission) => {
                assert_eq!(shown["security"][0]["key"][0], permission.as_str(), "{}", operation.id);
            }
        }
    }
}

#[test]
fn every_schema_is_json_schema_as_openapi_3_1_speaks_it() {
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let mut schema = schema.clone();
        schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
    }
}

#[test]
fn the_committed_document_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/handbill.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let fresh = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    assert!(committed == fresh, "run: handbill openapi > crates/api/openapi/handbill.json");
}
