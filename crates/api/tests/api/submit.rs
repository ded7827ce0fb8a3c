//! What can be submitted.

use crate::{
    chain,
    fixture::{Api, request},
    node::rejection,
};
use althing_api::{ApiConfig, backend::ChainEvent};
use althing_types::SignedTransaction;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use std::{sync::atomic::Ordering, time::Duration};

fn batch(transactions: &[SignedTransaction]) -> Vec<u8> {
    let mut body = Vec::new();
    for transaction in transactions {
        push(&mut body, transaction.bytes());
    }
    body
}

fn push(body: &mut Vec<u8>, bytes: &[u8]) {
    body.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    body.extend_from_slice(bytes);
}

#[tokio::test]
async fn a_transaction_is_taken_in_binary_in_hex_and_as_fields() {
    let api = Api::new();
    let binary = api.post_bytes("/v1/transactions", chain::transfer(10, 0).bytes().to_vec()).await;
    assert_eq!(binary.status, StatusCode::ACCEPTED);
    let expected =
        json!({ "hash": hex::encode(chain::transfer(10, 0).hash()), "status": "pending" });
    assert_eq!(binary.json(), expected);
    let hex = json!({ "transaction": hex::encode(chain::transfer(10, 1).bytes()) });
    api.post_json("/v1/transactions", &hex).await.ok();
    let signed = chain::transfer(10, 2);
    let mut fields = serde_json::to_value(signed.body()).unwrap();
    let authorization = althing_api::views::AuthorizationJson::from(signed.authorization());
    fields["authorization"] = serde_json::to_value(authorization).unwrap();
    api.post_json("/v1/transactions", &fields).await.ok();
    let taken = api.node.pending.lock().unwrap().clone();
    assert_eq!(taken[2..], [chain::transfer(10, 0), chain::transfer(10, 1), signed]);
}

#[tokio::test]
async fn what_the_api_shows_can_be_submitted_again() {
    let api = Api::new();
    let path = format!("/v1/transactions/{}", hex::encode(chain::transfer(1, 7).hash()));
    let shown = api.get(&path).await.ok()["transaction"].clone();
    let answer = api.post_json("/v1/transactions", &shown).await.ok();
    assert_eq!(answer["hash"], shown["hash"]);
}

#[tokio::test]
async fn every_scheme_of_signatures_survives_the_json_form() {
    use althing_types::{KeyScheme, SecretKey};
    for scheme in KeyScheme::ALL {
        let api = Api::new();
        let key = SecretKey::from_seed(scheme, [5; 32]).unwrap();
        let mut body = chain::unsigned(1, 0, 1_000_000_000);
        body.sender = key.address();
        let signed = body.sign(&key).unwrap();
        let mut fields = serde_json::to_value(signed.body()).unwrap();
        let authorization = althing_api::views::AuthorizationJson::from(signed.authorization());
        fields["authorization"] = serde_json::to_value(authorization).unwrap();
        assert_eq!(fields["authorization"]["scheme"], scheme.name());
        let answer = api.post_json("/v1/transactions", &fields).await.ok();
        assert_eq!(answer["hash"], hex::encode(signed.hash()));
    }
}

#[tokio::test]
async fn a_refusal_has_the_code_of_the_node() {
    let api = Api::new();
    let bytes = chain::transfer(10, 0).bytes().to_vec();
    api.post_bytes("/v1/transactions", bytes.clone()).await.ok();
    let detail =
        api.post_bytes("/v1/transactions", bytes.clone()).await.fails(409, "already_pending");
    assert_eq!(detail["hash"], hex::encode(chain::transfer(10, 0).hash()));
    let mut forged = bytes;
    let last = forged.len() - 1;
    forged[last] ^= 1;
    api.post_bytes("/v1/transactions", forged).await.fails(422, "bad_signature");
}

#[tokio::test]
async fn malformed_submissions_are_named() {
    let api = Api::new();
    let path = "/v1/transactions";
    api.post_bytes(path, vec![]).await.fails(400, "invalid_transaction");
    api.post_bytes(path, vec![7; 100]).await.fails(400, "invalid_transaction");
    api.post_bytes(path, vec![1; 70_000]).await.fails(400, "invalid_transaction");
    api.post_bytes(path, vec![1; 256 * 1024 + 1]).await.fails(413, "payload_too_large");
    api.post_json(path, &json!({ "transaction": "zz" })).await.fails(400, "invalid_json");
    api.post_json(path, &json!({ "transaction": 3 })).await.fails(400, "invalid_json");
    api.post_json(path, &json!({ "transaction": "00" })).await.fails(400, "invalid_transaction");
    api.post_json(path, &json!([1])).await.fails(400, "invalid_json");
    let unsigned = serde_json::to_value(chain::unsigned(1, 1, 1)).unwrap();
    api.post_json(path, &unsigned).await.fails(400, "invalid_json");
    let broken = request(Method::POST, path, Some("application/json"), b"{\"a\"".to_vec());
    api.send(broken).await.fails(400, "invalid_json");
    let kind = Some("text/plain");
    api.send(request(Method::POST, path, kind, vec![])).await.fails(415, "unsupported_media_type");
    api.send(request(Method::POST, path, None, vec![])).await.fails(415, "unsupported_media_type");
    api.post_bytes("/v1/transactions?wait=forever", vec![]).await.fails(400, "invalid_parameter");
}

#[tokio::test]
async fn a_memo_beyond_the_format_is_refused_in_json_too() {
    let api = Api::new();
    let signed = chain::transfer(10, 2);
    let mut fields = serde_json::to_value(signed.body()).unwrap();
    let authorization = althing_api::views::AuthorizationJson::from(signed.authorization());
    fields["authorization"] = serde_json::to_value(authorization).unwrap();
    fields["memo"] = json!("x".repeat(257));
    api.post_json("/v1/transactions", &fields).await.fails(400, "invalid_transaction");
}

#[tokio::test]
async fn a_submission_can_wait_for_its_receipt() {
    let api = Api::new();
    api.node.instant.store(true, Ordering::Relaxed);
    let bytes = chain::transfer(10, 0).bytes().to_vec();
    let answer = api.post_bytes("/v1/transactions?wait=finalized", bytes).await;
    assert_eq!(answer.status, StatusCode::OK);
    let status = answer.json();
    assert_eq!((&status["status"], &status["height"]), (&"finalized".into(), &25.into()));
    assert_eq!(status["receipt"]["success"], true);
    assert_eq!(status["block_hash"], api.get("/v1/blocks/25").await.ok()["hash"]);
    let failing = chain::transfer(99, 5).bytes().to_vec();
    let status = api.post_bytes("/tx/send?wait=included", failing).await.ok();
    assert_eq!(
        (&status["status"], &status["receipt"]["success"]),
        (&"finalized".into(), &false.into())
    );
}

#[tokio::test]
async fn a_wait_ends_with_its_timeout_or_when_the_transaction_is_dropped() {
    let api = Api::new();
    let bytes = chain::transfer(10, 0).bytes().to_vec();
    let answer = api.post_bytes("/v1/transactions?wait=finalized&timeout_ms=20", bytes).await;
    assert_eq!(
        (answer.status, answer.json()["status"].as_str()),
        (StatusCode::ACCEPTED, Some("pending"))
    );
    let transaction = chain::transfer(10, 1);
    let drop_later = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let reason = rejection("replaced");
        api.node
            .events
            .send(ChainEvent::Dropped { transaction: transaction.clone(), reason })
            .unwrap();
    };
    let submit = api.post_bytes("/v1/transactions?wait=finalized", transaction.bytes().to_vec());
    let (answer, ()) = tokio::join!(submit, drop_later);
    let status = answer.ok();
    assert_eq!(
        (&status["status"], &status["reason"]["code"]),
        (&"dropped".into(), &"replaced".into())
    );
}

#[tokio::test]
async fn a_wait_survives_missed_events() {
    let api = Api::new();
    let transaction = chain::transfer(10, 0);
    let flood = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        api.node.finalize(vec![transaction.clone()], true);
        for nonce in 0..200 {
            let transaction = chain::transfer(11, nonce);
            api.node.events.send(ChainEvent::Pending { transaction }).unwrap();
        }
    };
    let submit = api.post_bytes("/v1/transactions?wait=finalized", transaction.bytes().to_vec());
    let (answer, ()) = tokio::join!(submit, flood);
    assert_eq!(answer.ok()["status"], "finalized");
}

#[tokio::test]
async fn a_batch_answers_only_for_what_it_refuses() {
    let api = Api::new();
    let mut body = batch(&[chain::transfer(10, 0), chain::transfer(10, 1), chain::transfer(10, 0)]);
    push(&mut body, &[9; 40]);
    push(&mut body, &[]);
    let mut forged = chain::transfer(10, 2).bytes().to_vec();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    push(&mut body, &forged);
    push(&mut body, chain::transfer(10, 3).bytes());
    let answer = api.post_bytes("/v1/transactions/batch", body).await.ok();
    assert_eq!(answer["accepted"], 3);
    let rejected = answer["rejected"].as_array().unwrap();
    let seen: Vec<(u64, &str)> = rejected
        .iter()
        .map(|entry| (entry["index"].as_u64().unwrap(), entry["code"].as_str().unwrap()))
        .collect();
    let expected = [
        (2, "already_pending"),
        (3, "invalid_transaction"),
        (4, "invalid_transaction"),
        (5, "bad_signature"),
    ];
    assert_eq!(seen, expected);
    assert_eq!(rejected[0]["hash"], hex::encode(chain::transfer(10, 0).hash()));
    assert_eq!(rejected[1]["hash"], Value::Null);
    assert_eq!(api.node.pending.lock().unwrap().len(), 2 + 3);
}

#[tokio::test]
async fn a_batch_that_is_cut_off_submits_nothing() {
    let api = Api::new();
    let path = "/v1/transactions/batch";
    let body = batch(&[chain::transfer(10, 0), chain::transfer(10, 1)]);
    let first = batch(&[chain::transfer(10, 0)]).len();
    for end in 1..body.len() {
        let answer = api.post_bytes(path, body[..end].to_vec()).await;
        if end == first {
            assert_eq!(answer.ok()["accepted"], 1);
            api.node.pending.lock().unwrap().clear();
        } else {
            answer.fails(400, "invalid_batch");
            assert!(!api.node.pending.lock().unwrap().contains(&chain::transfer(10, 0)));
        }
    }
    assert_eq!(api.post_bytes(path, vec![]).await.ok(), json!({ "accepted": 0, "rejected": [] }));
    api.post_bytes(path, vec![255; 8]).await.fails(400, "invalid_batch");
    api.post_json(path, &json!([])).await.fails(415, "unsupported_media_type");
}

#[tokio::test]
async fn batches_are_bounded_in_number_and_bytes() {
    let config =
        ApiConfig { max_batch_transactions: 3, max_batch_bytes: 2_000, ..ApiConfig::default() };
    let api = Api::with(config);
    let transactions: Vec<_> = (0..4).map(|nonce| chain::transfer(10, nonce)).collect();
    let answer = api.post_bytes("/v1/transactions/batch", batch(&transactions)).await;
    assert_eq!(answer.fails(400, "invalid_batch")["limit"], 3);
    let answer = api.post_bytes("/v1/transactions/batch", vec![0; 2_001]).await;
    assert_eq!(answer.fails(413, "payload_too_large")["limit_bytes"], 2_000);
    assert_eq!(
        api.post_bytes("/v1/transactions/batch", batch(&transactions[..3])).await.ok()["accepted"],
        3
    );
}

#[tokio::test]
async fn transactions_of_batches_have_a_quota_of_their_own() {
    let quota = althing_api::Quota { per_minute: 60, burst: 5 };
    let api = Api::with(ApiConfig { batch_quota: quota, ..ApiConfig::default() }).remote();
    let send = async |from: u64, count: u64| {
        let transactions: Vec<_> = (from..from + count).map(|n| chain::transfer(10, n)).collect();
        api.post_bytes("/v1/transactions/batch", batch(&transactions)).await
    };
    assert_eq!(send(0, 4).await.ok()["accepted"], 4);
    let refused = send(10, 4).await;
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(refused.fails(429, "rate_limited")["quota"], "batch");
    send(20, 6).await.fails(429, "rate_limited");
    assert_eq!(send(30, 1).await.ok()["accepted"], 1);
}

#[tokio::test]
async fn a_dry_run_needs_no_signature_and_keeps_nothing() {
    let api = Api::new();
    let path = "/v1/transactions/simulate";
    let unsigned = serde_json::to_value(chain::unsigned(1, 1, 1)).unwrap();
    let good = api.post_json(path, &unsigned).await.ok();
    assert_eq!((&good["valid"], &good["receipt"]["gas_used"]), (&true.into(), &21_000.into()));
    let poor = api.post_bytes(path, chain::transfer(98, 0).bytes().to_vec()).await.ok();
    assert_eq!(
        (&poor["valid"], &poor["reason"]["code"]),
        (&false.into(), &"insufficient_funds".into())
    );
    assert!(poor.get("receipt").is_none());
    assert_eq!(api.node.pending.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn the_faucet_knows_who_asks() {
    let api = Api::new().remote();
    let request = json!({ "address": chain::address(7) });
    let answer = api.post_json("/v1/faucet", &request).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.json()["status"], "pending");
    assert_eq!(*api.node.commands.lock().unwrap(), ["faucet 203.0.113.9"]);
    let again = json!({ "address": chain::address(0) });
    api.post_json("/v1/faucet", &again).await.fails(429, "faucet_cooldown");
    api.post_json("/v1/faucet", &json!({ "address": "x" })).await.fails(400, "invalid_parameter");
    api.post_json("/v1/faucet", &json!({ "to": "x" })).await.fails(400, "invalid_json");
}

#[tokio::test]
async fn a_batch_of_many_thousand_is_answered_item_by_item() {
    // Signatures of another body: the node refuses each, and the answer names each.
    let authorization = chain::transfer(10, 0).authorization().clone();
    let forged =
        |nonce| SignedTransaction::new(chain::unsigned(10, nonce, 1), authorization.clone());
    let transactions: Vec<_> = (1..=15_000).map(forged).collect();
    let api = Api::new();
    let answer = api.post_bytes("/v1/transactions/batch", batch(&transactions)).await.ok();
    assert_eq!(answer["accepted"], 0);
    let rejected = answer["rejected"].as_array().unwrap();
    assert_eq!(rejected.len(), 15_000);
    assert_eq!(rejected[14_999]["hash"], hex::encode(transactions[14_999].hash()));
}
