//! JSON Schemas of what callers send and get, made from the same code as the OpenAPI document.

use crate::routes::openapi;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const COMPONENTS: &str = "#/components/schemas/";

/// Schemas for files that people write, under short names.
const SHORT: &[(&str, &str)] = &[
    ("submit-proposal", "ProposalBody"),
    ("vote", "VoteBody"),
    ("adopt-spec", "AdoptSpecBody"),
    ("create-task", "CreateTaskBody"),
    ("register-worker", "RegisterWorkerBody"),
    ("update-worker", "UpdateWorkerBody"),
    ("take-work", "TakeWorkBody"),
    ("treasury-submit", "ProposalRequest"),
    ("treasury-queue", "TreasuryStep"),
    ("treasury-execute", "TreasuryStep"),
    ("treasury-rollback", "TreasuryRollback"),
    ("treasury-snapshot", "SnapshotView"),
];

/// Names of all schemas.
pub(crate) fn names() -> Vec<String> {
    let components = components().into_iter().map(|(name, _)| name);
    SHORT.iter().map(|(short, _)| (*short).to_owned()).chain(components).collect()
}

/// The schema of a name, with everything that it refers to.
pub(crate) fn schema(name: &str) -> Option<Value> {
    let component = SHORT.iter().find(|(short, _)| *short == name).map_or(name, |(_, of)| *of);
    let components = components();
    let mut schema = local(components.get(component)?);
    let mut defs = Map::new();
    let mut open = references(&schema);
    while let Some(next) = open.pop_first() {
        let Some(found) = components.get(&next).filter(|_| !defs.contains_key(&next)) else {
            continue;
        };
        let found = local(found);
        open.extend(references(&found));
        defs.insert(next, found);
    }
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["$id"] = json!(format!("/v1/schemas/{name}.json"));
    schema["title"] = json!(name);
    if !defs.is_empty() {
        schema["$defs"] = Value::Object(defs);
    }
    Some(schema)
}

/// The schemas of the OpenAPI document.
fn components() -> Map<String, Value> {
    let found = openapi().pointer("/components/schemas").and_then(Value::as_object);
    found.cloned().unwrap_or_default()
}

/// With references that lead into the same document.
fn local(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let each = fields.iter().map(|(name, value)| match value.as_str() {
                Some(text) if name == "$ref" => {
                    (name.clone(), json!(text.replace(COMPONENTS, "#/$defs/")))
                }
                _ => (name.clone(), local(value)),
            });
            Value::Object(each.collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(local).collect()),
        other => other.clone(),
    }
}

fn references(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                let named = fields.get("$ref").and_then(Value::as_str);
                found.extend(named.and_then(|text| text.strip_prefix("#/$defs/")).map(Into::into));
                open.extend(fields.values());
            }
            Value::Array(list) => open.extend(list),
            _ => {}
        }
    }
    found
}
