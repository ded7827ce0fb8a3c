//! The OpenAPI document.

use crate::{
    chain,
    fixture::{Api, request},
    governed, metered,
};
use axum::http::Method;
use serde_json::Value;
use std::collections::BTreeSet;

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push((method.clone(), path.clone(), operation.clone()));
        }
    }
    all
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get("$ref") {
                found.insert(reference.clone());
            }
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn it_is_openapi_3_1_without_loose_ends() {
    let api = Api::new();
    let document = api.get("/v1/openapi.json").await.ok();
    assert_eq!(&document, althing_api::openapi());
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    for field in ["title", "version"] {
        assert!(document["info"][field].is_string());
    }
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 20, "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    let tags: BTreeSet<&str> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let at = format!("{method} {path}");
        assert!(matches!(method.as_str(), "get" | "post" | "delete"), "{at}");
        assert!(ids.insert(operation["operationId"].to_string()), "{at} has a second id");
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{at}");
        assert!(tags.contains(operation["tags"][0].as_str().unwrap()), "{at}");
        assert!(operation["responses"]["default"]["content"].is_object(), "{at}");
        assert!(operation["responses"].as_object().unwrap().len() > 1, "{at}");
        let declared: BTreeSet<&str> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| {
                assert_eq!(parameter["required"], true, "{at}");
                parameter["name"].as_str().unwrap()
            })
            .collect();
        let named: BTreeSet<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        assert_eq!(declared, named, "{at}");
    }
}

/// A path of energy, with whom and what its story is about; others as they are.
fn energy(path: &str) -> String {
    use metered::story::{GIVEN, MAKER, OPEN, ORACLES, SLOT, UNDECIDED, address, meter};
    let Some(rest) = path.strip_prefix("/v1/energy") else { return path.to_owned() };
    let maker = address(MAKER).to_string();
    let rest = rest
        .replace("batches/{number}", &format!("batches/{OPEN}"))
        .replace("certificates/{number}", &format!("certificates/{GIVEN}"))
        .replace("disputes/{number}", &format!("disputes/{UNDECIDED}"))
        .replace("oracles/{address}", &format!("oracles/{}", address(ORACLES[0])))
        .replace("{id}", &hex::encode(meter(b'A')))
        .replace("{key}", &metered::key(b'A').to_string())
        .replace("{address}", &maker)
        .replace("{grantor}", &maker)
        .replace("{account}", &maker);
    let query = if rest == "/market" { format!("?zone=NSW&slot={SLOT}") } else { String::new() };
    format!("/v1/energy{rest}{query}")
}

fn filled(path: &str) -> String {
    let worker = crate::worked::story::address(1).to_string();
    energy(path)
        .replace("workers/{address}", &format!("workers/{worker}"))
        .replace("{height}", "7")
        .replace("{id}", "7")
        .replace("{epoch}", "0")
        .replace("{number}", "3")
        .replace("{version}", "1")
        .replace("{voter}", &governed::world::ledger::network::validator_key(0).to_string())
        .replace("schemas/{name}", "schemas/vote.json")
        .replace("{name}", "staking.min_delegation")
        .replace("{key}", &chain::validator_key().to_string())
        .replace("{address}", &chain::address(1).to_string())
        .replace("{hash}", &hex::encode(chain::transfer(1, 7).hash()))
}

#[tokio::test]
async fn every_operation_is_served_and_answers_what_it_says() {
    let api = Api::new();
    for (method, path, operation) in operations(althing_api::openapi()) {
        if path.contains("/events") {
            continue;
        }
        let query = if path.ends_with("/search") { "?q=7" } else { "" };
        let url = format!("{}{query}", filled(&path));
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let reads = method == Method::GET;
        let answer = api.send(request(method, &url, None, vec![])).await;
        if reads {
            assert_eq!(answer.status, 200, "{url}: {}", answer.text());
            let kind = answer.headers["content-type"].to_str().unwrap().split(';').next().unwrap();
            assert!(operation["responses"]["200"]["content"].get(kind).is_some(), "{url}: {kind}");
            check_fields(&operation, &answer.body, &url);
        } else {
            assert!(
                !matches!(answer.status.as_u16(), 404 | 405 | 500..),
                "{url}: {}",
                answer.status
            );
        }
    }
}

/// Every field that the schema requires is in the answer, and every field of the answer is in the
/// schema.
fn check_fields(operation: &Value, body: &[u8], url: &str) {
    let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
    let Some(reference) = schema["$ref"].as_str() else { return };
    let schema = althing_api::openapi().pointer(reference.trim_start_matches('#')).unwrap();
    let answer: Value = serde_json::from_slice(body).unwrap();
    let answer = answer.as_object().unwrap();
    // What is made of another schema and fields of its own is a list of both.
    let parts: Vec<&Value> = match schema["allOf"].as_array() {
        Some(parts) => parts.iter().map(resolved).collect(),
        None => vec![schema],
    };
    for field in parts.iter().filter_map(|part| part["required"].as_array()).flatten() {
        assert!(answer.contains_key(field.as_str().unwrap()), "{url} lacks {field}");
    }
    for field in answer.keys() {
        assert!(
            parts.iter().any(|part| part["properties"].get(field).is_some()),
            "{url} has {field}, which is undocumented"
        );
    }
}

/// The schema that a reference leads to, or the schema itself.
fn resolved(schema: &'static Value) -> &'static Value {
    match schema["$ref"].as_str() {
        Some(reference) => {
            althing_api::openapi().pointer(reference.trim_start_matches('#')).unwrap()
        }
        None => schema,
    }
}

#[tokio::test]
async fn aliases_answer_like_what_they_stand_for() {
    let api = Api::new();
    for (alias, route) in [
        ("/chainTip", "/v1/status"),
        ("/block/7", "/v1/blocks/7"),
        ("/blocks?limit=3", "/v1/blocks?limit=3"),
        ("/estimateFee?bytes=900", "/v1/fees?bytes=900"),
        ("/validators", "/v1/validators"),
        ("/validators/leaderboard?limit=1", "/v1/validators?limit=1"),
        ("/validators/jailed", "/v1/validators/jailed"),
        ("/economics?block_time_ms=1000", "/v1/economics?block_time_ms=1000"),
        ("/peers", "/v1/peers"),
        ("/mempool", "/v1/mempool"),
        ("/version", "/v1/version"),
        ("/governance/params", "/v1/governance/params"),
        ("/governance/proposals?limit=2", "/v1/governance/proposals?limit=2"),
        ("/treasury/summary", "/v1/treasury/summary"),
        ("/healthz", "/v1/health/live"),
    ] {
        assert_eq!(api.get(alias).await.ok(), api.get(route).await.ok(), "{alias}");
    }
}

#[test]
fn the_guide_names_every_route() {
    let guide = include_str!("../../../../docs/api.md");
    for (method, path, operation) in operations(althing_api::openapi()) {
        let alias = operation["tags"][0] == "aliases";
        let row = if alias { path.clone() } else { format!("{} {path}", method.to_uppercase()) };
        assert!(guide.contains(&row), "docs/api.md does not name {row}");
    }
}
