//! The chain behind HTTP, against a node of a few routes.

use althing_types::{Hash, Height, hash::sha256};
use althing_worker::{Chain, ChainError, HttpChain, views::BeaconView};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

fn missing(code: &str) -> Response {
    let body = json!({ "code": code, "message": "it is not there", "detail": null });
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

async fn task(Path(number): Path<u64>) -> Response {
    if number != 7 {
        return missing("task_not_found");
    }
    let hash = hex::encode([1; 32]);
    let address = crate::setup::key().address();
    Json(json!({
        "task": 7, "state": "committed", "purpose": "paid", "requester": null, "price": "5",
        "shape": { "kind": "int8", "m": 256, "n": 256, "k": 256 }, "count": 2,
        "operands": { "type": "seed" }, "source": "", "attempt": 1, "something": "new",
        "assignment": {
            "device": { "worker": address, "device": 15 }, "seed_height": 9,
            "timely": { "height": 20, "time": 1 }, "deadline": { "height": 30, "time": 1 },
            "plant": hash, "seed_time": null
        },
        "result": { "root": hash, "digest": null, "seed": hash, "height": 12, "time": 3 },
        "reason": null
    }))
    .into_response()
}

async fn randomness(Path(height): Path<u64>) -> Response {
    if height >= 10 {
        return missing("randomness_not_found");
    }
    let value = sha256(&[&height.to_be_bytes()]);
    Json(BeaconView { height: Height::new(height), value }).into_response()
}

async fn status(State(height): State<Arc<AtomicU64>>) -> Json<Value> {
    let height = height.fetch_add(1, Ordering::Relaxed);
    Json(json!({
        "chain_id": "script-1", "genesis_hash": hex::encode([2; 32]), "height": height,
        "block_time_ms": height * 1_000, "network_height": height, "epoch": 0, "peers": 0,
        "mempool_transactions": 0, "ready": true
    }))
}

async fn node() -> String {
    let router = Router::new()
        .route("/v1/status", get(status))
        .route("/v1/compute/tasks/{number}", get(task))
        .route("/v1/compute/workers/{address}", get(async || missing("worker_not_found")))
        .route("/v1/randomness/{height}", get(randomness))
        .with_state(Arc::new(AtomicU64::new(5)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn records_are_read_and_what_is_not_there_is_none() {
    let chain = HttpChain::new(&node().await).unwrap();
    let task = chain.task(7).await.unwrap().unwrap();
    assert_eq!((task.count, task.result.unwrap().height), (2, Height::new(12)));
    let owner = task.of(crate::setup::key().address()).unwrap();
    assert_eq!((owner.device.device, owner.seed_height), (15, Height::new(9)));
    assert_eq!(chain.task(8).await.unwrap(), None);
    assert_eq!(chain.worker(crate::setup::key().address()).await.unwrap(), None);
    let known: Option<Hash> = chain.beacon(Height::new(9)).await.unwrap();
    assert_eq!(known, Some(sha256(&[&9u64.to_be_bytes()])));
    assert_eq!(chain.beacon(Height::new(10)).await.unwrap(), None);
    // A node without the route is no node that says that there is nothing.
    let params = chain.params().await.unwrap_err();
    assert!(!params.is_temporary(), "{params:?}");
}

#[tokio::test]
async fn the_next_block_is_waited_for_without_an_event_stream_too() {
    let chain = HttpChain::new(&node().await).unwrap();
    let tip = chain.next(Height::new(6)).await.unwrap();
    assert_eq!(tip.height, Height::new(7));
    let away = HttpChain::new("http://127.0.0.1:1").unwrap();
    assert!(matches!(away.tip().await, Err(ChainError::Away(_))));
    assert!(HttpChain::new("ftp://x").is_err());
}
