//! The OpenAPI document: what utoipa reads from the handlers, the error that every route shares,
//! and the aliases.

use super::{aliases, described};
use crate::{
    bodies::{
        AdoptSpecBody, CreateTaskBody, ProposalBody, RegisterWorkerBody, TakeWorkBody,
        UpdateWorkerBody, VoteBody,
    },
    error::ErrorBody,
};
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
    components(schemas(
        ErrorBody,
        ProposalBody,
        VoteBody,
        AdoptSpecBody,
        CreateTaskBody,
        RegisterWorkerBody,
        UpdateWorkerBody,
        TakeWorkBody,
    )),
    tags(
        (name = "node", description = "The node itself"),
        (name = "chain", description = "Genesis, parameters, supply, epochs"),
        (name = "blocks", description = "Finalized blocks"),
        (name = "transactions", description = "Submitting and following transactions"),
        (name = "accounts", description = "Accounts and their proofs"),
        (name = "stake", description = "Validators, delegations, rewards"),
        (name = "governance", description = "Proposals, votes, parameters"),
        (name = "treasury", description = "Disbursements"),
        (name = "network", description = "The configuration of the network"),
        (name = "upgrade", description = "The version of the protocol"),
        (name = "safety", description = "The safety override"),
        (name = "compute", description = "Workers, tasks, and what they earn"),
        (name = "energy", description = "Meters, what they count, and the market"),
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
        add_aliases(paths);
        for (path, item) in paths {
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                finish(method, path, operation);
            }
        }
    }
    document
}

/// What every operation has: a name of its own, and the failure.
fn finish(method: &str, path: &str, operation: &mut Value) {
    operation["operationId"] = json!(name_of(method, path));
    operation["responses"]["default"] = json!({
        "description": "A failure; `code` says which.",
        "content": { "application/json": {
            "schema": { "$ref": "#/components/schemas/ErrorBody" },
        } },
    });
}

/// `get_v1_blocks_by_id`.
fn name_of(method: &str, path: &str) -> String {
    let parts = path.split(['/', '.']).filter(|part| !part.is_empty());
    parts.fold(method.to_owned(), |name, part| {
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(parameter) => format!("{name}_by_{parameter}"),
            None => format!("{name}_{part}"),
        }
    })
}

fn add_aliases(paths: &mut Map<String, Value>) {
    for alias in aliases::all() {
        let original = paths.get(alias.of).and_then(|item| item.get(alias.method));
        let Some(mut operation) = original.cloned() else { continue };
        operation["tags"] = json!(["aliases"]);
        operation["summary"] = json!(format!("The same as {}.", alias.of));
        paths.insert(alias.path.to_owned(), json!({ alias.method: operation }));
    }
}
