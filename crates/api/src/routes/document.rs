//! The OpenAPI document: what utoipa reads from the handlers, the error that every route shares,
//! and the aliases.

use super::{aliases, described};
use crate::error::ErrorBody;
use serde_json::{Map, Value, json};
use std::sync::OnceLock;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Althing node API",
        description = "Amounts are strings of base units. Hashes, keys and encodings are lowercase \
                       hex. Times are milliseconds since the Unix epoch. Every failure is an \
                       ErrorBody.",
    ),
    components(schemas(ErrorBody)),
    tags(
        (name = "node", description = "The node itself"),
        (name = "chain", description = "Genesis, parameters, validators"),
        (name = "blocks", description = "Finalized blocks"),
        (name = "transactions", description = "Submitting and following transactions"),
        (name = "accounts", description = "Accounts and their proofs"),
        (name = "mempool", description = "Waiting transactions, gas and fees"),
        (name = "peers", description = "The network"),
        (name = "events", description = "What happens, as it happens"),
        (name = "aliases", description = "Other spellings of the routes above"),
    )
)]
struct Frame;

/// The document before its paths.
pub(super) fn frame() -> utoipa::openapi::OpenApi {
    Frame::openapi()
}

/// The OpenAPI 3.1 document of this API, generated from its handlers.
pub fn openapi() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(build)
}

/// The document as text.
pub(super) fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| openapi().to_string())
}

fn build() -> Value {
    // The document holds strings, numbers and lists only, which always serialize.
    let mut document = serde_json::to_value(described().to_openapi()).unwrap_or_default();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        for operation in paths.values_mut().filter_map(Value::as_object_mut).flat_map(operations) {
            let failure = json!({
                "description": "A failure; `code` says which.",
                "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/ErrorBody" },
                } },
            });
            if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
                responses.insert("default".to_owned(), failure);
            }
        }
        add_aliases(paths);
    }
    document
}

fn operations(item: &mut Map<String, Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    item.iter_mut()
        .filter(|(method, _)| matches!(method.as_str(), "get" | "post" | "delete"))
        .filter_map(|(_, operation)| operation.as_object_mut())
}

fn add_aliases(paths: &mut Map<String, Value>) {
    for alias in aliases::all() {
        let original = paths.get(alias.of).and_then(|item| item.get(alias.method));
        let Some(mut operation) = original.cloned() else { continue };
        let id: String =
            alias.path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        operation["operationId"] = json!(format!("alias{id}"));
        operation["tags"] = json!(["aliases"]);
        operation["summary"] = json!(format!("The same as {}.", alias.of));
        paths.insert(alias.path.to_owned(), json!({ alias.method: operation }));
    }
}
