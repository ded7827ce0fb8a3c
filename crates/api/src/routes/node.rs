//! The node itself: version, position, health, metrics, search.

use super::upgrade::warnings;
use crate::{
    backend::TransactionStatus,
    error::{ApiError, ErrorCode},
    extract::UrlQuery,
    parse,
    state::App,
    views::{Health, SearchHit, SearchResult, StatusView, VersionView, hex_of},
};
use althing_types::{Address, Hash, Height, amount::DECIMALS, hash};
use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::IntoParams;

/// What runs here, and for which chain
#[utoipa::path(get, path = "/v1/version", tag = "node",
    responses((status = 200, description = "The version", body = VersionView)))]
pub(super) async fn version(State(app): State<Arc<App>>) -> Json<VersionView> {
    let info = app.backend.info();
    Json(VersionView {
        version: info.version.to_owned(),
        commit: info.commit.to_owned(),
        protocol: info.protocol,
        chain_id: info.genesis.chain_id.to_string(),
        genesis_hash: hex_of(&info.genesis_hash),
        symbol: info.genesis.symbol.clone(),
        decimals: DECIMALS,
        address_prefix: info.genesis.address_prefix.clone(),
    })
}

/// Where the node stands
#[utoipa::path(get, path = "/v1/status", tag = "node",
    responses((status = 200, description = "The position of the node", body = StatusView)))]
pub(super) async fn status(State(app): State<Arc<App>>) -> Json<StatusView> {
    let info = app.backend.info();
    let status = app.backend.status();
    let height = status.height.get();
    let failing = app.backend.not_ready();
    Json(StatusView {
        chain_id: info.genesis.chain_id.to_string(),
        genesis_hash: hex_of(&info.genesis_hash),
        version: info.version.to_owned(),
        height,
        block_hash: status.block_hash.as_ref().map(hex_of),
        state_root: status.state_root.as_ref().map(hex_of),
        block_time_ms: status.block_time_ms,
        network_height: status.network_height.get().max(height),
        behind: status.network_height.get().saturating_sub(height),
        epoch: status.epoch.get(),
        view: status.view.get(),
        index_height: status.index_height.get(),
        peers: status.peers,
        mempool_transactions: status.mempool_transactions,
        mempool_bytes: status.mempool_bytes,
        abandoned_branches: status.abandoned_branches,
        validator: info.validator.map(|key| key.to_string()),
        started_at_ms: info.started_at_ms,
        ready: failing.is_empty(),
        failing,
    })
}

/// Whether the process turns
#[utoipa::path(get, path = "/v1/health/live", tag = "node",
    responses((status = 200, description = "It does", body = Health)))]
pub(super) async fn live(State(app): State<Arc<App>>) -> Json<Health> {
    Json(Health { status: "ok", warnings: warnings(&app).await })
}

/// Whether the node can serve: near the tip, fresh, connected
#[utoipa::path(get, path = "/v1/health/ready", tag = "node",
    responses((status = 200, description = "It can", body = Health)))]
pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<Json<Health>, ApiError> {
    let failing = app.backend.not_ready();
    if failing.is_empty() {
        return Ok(Json(Health { status: "ok", warnings: warnings(&app).await }));
    }
    let message = format!("Not ready: {}. Ask again or use another node.", failing.join(", "));
    Err(ApiError::new(ErrorCode::NotReady, message).detail(json!({ "failing": failing })))
}

/// Metrics of the node and of this API, for Prometheus
#[utoipa::path(get, path = "/metrics", tag = "node",
    responses((status = 200, description = "OpenMetrics text",
        content_type = "application/openmetrics-text", body = String)))]
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let text = app.metrics.text(&app.backend.metrics());
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchQuery {
    /// A height, the hash of a block or a transaction, an address or a validator key.
    q: String,
}

/// Finds what a text names
#[utoipa::path(get, path = "/v1/search", tag = "node", params(SearchQuery),
    responses((status = 200, description = "What it names; maybe nothing", body = SearchResult)))]
pub(super) async fn search(
    State(app): State<Arc<App>>,
    UrlQuery(SearchQuery { q }): UrlQuery<SearchQuery>,
) -> Result<Json<SearchResult>, ApiError> {
    const MAX_QUERY_BYTES: usize = 200;
    let query = q.trim().to_owned();
    if query.is_empty() || query.len() > MAX_QUERY_BYTES {
        let message = format!("q has 1 to {MAX_QUERY_BYTES} characters.");
        return Err(ApiError::parameter("q", message));
    }
    let mut results = Vec::new();
    if let Some(digest) = hash::parse(&query) {
        search_hash(&app, digest, &mut results).await;
    } else if let Ok(number) = query.parse() {
        let height = Height::new(number);
        if app.backend.block(height).await.is_some() {
            results.push(block_hit(height));
        }
    }
    if let Ok(address) = query.parse::<Address>() {
        results.push(hit("account", address.to_string(), "accounts"));
    }
    search_validators(&app, &query, &mut results).await;
    Ok(Json(SearchResult { query, results }))
}

async fn search_hash(app: &App, digest: Hash, results: &mut Vec<SearchHit>) {
    if let Some(height) = app.backend.height_of(digest).await {
        results.push(block_hit(height));
    }
    if !matches!(app.backend.transaction(digest).await, TransactionStatus::Unknown) {
        results.push(hit("transaction", hex_of(&digest), "transactions"));
    }
}

/// Finds validators by key and by name.
async fn search_validators(app: &App, query: &str, results: &mut Vec<SearchHit>) {
    let key = parse::validator(query).ok();
    let name = query.to_lowercase();
    for validator in app.backend.validator_list().await.iter() {
        if key == Some(validator.key) || validator.details.name.as_str().to_lowercase() == name {
            results.push(hit("validator", validator.key.to_string(), "validators"));
        }
    }
}

fn block_hit(height: Height) -> SearchHit {
    hit("block", height.to_string(), "blocks")
}

fn hit(kind: &'static str, id: String, collection: &str) -> SearchHit {
    SearchHit { kind, url: format!("/v1/{collection}/{id}"), id }
}
