//! The network. Commands are for this machine, or for who knows the admin token.

use crate::{
    error::{ApiError, ErrorCode},
    extract::{JsonBody, UrlPath},
    guard::Client,
    parse,
    state::App,
    views::{Done, PeerList},
};
use althing_types::{hash::sha256, limits::MAX_ENDPOINT_BYTES};
use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, header},
};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// How long a ban lasts unless the caller says, in seconds.
const DEFAULT_BAN_SECONDS: u64 = 3_600;
/// Longest ban, in seconds: a year.
const MAX_BAN_SECONDS: u64 = 366 * 24 * 3_600;

/// Peers, connected or not
#[utoipa::path(get, path = "/v1/peers", tag = "peers",
    responses((status = 200, description = "The peers", body = PeerList)))]
pub(super) async fn list(State(app): State<Arc<App>>) -> Json<PeerList> {
    let peers = app.backend.peers().await;
    let connected = peers.iter().filter(|peer| peer.connected).count();
    Json(PeerList { connected, peers })
}

/// Whether the caller may do what is for the operator of this node.
pub(super) fn check_admin(app: &App, client: Client, headers: &HeaderMap) -> Result<(), ApiError> {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let token = match (&app.config.admin_token, given) {
        // Digests, so that the time of the comparison says nothing about the token.
        (Some(token), Some(given)) => sha256(&[token.as_bytes()]) == sha256(&[given.as_bytes()]),
        _ => false,
    };
    if app.config.admin && (client.local || token) {
        return Ok(());
    }
    let message = "This is for callers on the node's own machine, or with the admin token of its \
                   configuration in `authorization: Bearer`.";
    Err(ApiError::new(ErrorCode::AdminForbidden, message))
}

/// A peer to connect to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPeer {
    /// Its validator key, hex.
    key: String,
    /// Where it is reached, `host:port`.
    endpoint: String,
}

fn is_endpoint(text: &str) -> bool {
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    let port = port.and_then(|(_, port)| port.parse::<u16>().ok());
    text.len() <= MAX_ENDPOINT_BYTES && port.is_some_and(|port| port > 0)
}

/// Connects to a peer
#[utoipa::path(post, path = "/v1/peers", tag = "peers", request_body = NewPeer,
    responses((status = 200, description = "The node connects", body = Done)))]
pub(super) async fn add(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    JsonBody(peer): JsonBody<NewPeer>,
) -> Result<Json<Done>, ApiError> {
    check_admin(&app, client, &headers)?;
    let key = parse::validator(&peer.key)?;
    if !is_endpoint(&peer.endpoint) {
        return Err(ApiError::parameter("endpoint", "endpoint is host:port."));
    }
    let answer = app.backend.add_peer(key, peer.endpoint).await;
    answer.map(|()| Json(Done::OK)).map_err(ApiError::rejected)
}

/// Forgets a peer that was added
#[utoipa::path(delete, path = "/v1/peers/{key}", tag = "peers",
    params(("key" = String, Path, description = "Validator key, 64 hex characters")),
    responses((status = 200, description = "Forgotten", body = Done)))]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    UrlPath(key): UrlPath<String>,
) -> Result<Json<Done>, ApiError> {
    check_admin(&app, client, &headers)?;
    let answer = app.backend.remove_peer(parse::validator(&key)?).await;
    answer.map(|()| Json(Done::OK)).map_err(ApiError::rejected)
}

/// How long to shut a peer out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Ban {
    /// Seconds, 1 to 31622400; an hour if left out.
    #[serde(default)]
    seconds: Option<u64>,
}

/// Shuts a peer out
#[utoipa::path(post, path = "/v1/peers/{key}/ban", tag = "peers", request_body = Ban,
    params(("key" = String, Path, description = "Validator key, 64 hex characters")),
    responses((status = 200, description = "Shut out", body = Done)))]
pub(super) async fn ban(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    UrlPath(key): UrlPath<String>,
    JsonBody(ban): JsonBody<Ban>,
) -> Result<Json<Done>, ApiError> {
    check_admin(&app, client, &headers)?;
    let key = parse::validator(&key)?;
    let seconds = ban.seconds.unwrap_or(DEFAULT_BAN_SECONDS);
    if !(1..=MAX_BAN_SECONDS).contains(&seconds) {
        let message = format!("seconds is from 1 to {MAX_BAN_SECONDS}.");
        return Err(ApiError::parameter("seconds", message));
    }
    let answer = app.backend.ban(key, Some(seconds)).await;
    answer.map(|()| Json(Done::OK)).map_err(ApiError::rejected)
}

/// Lets a peer in again
#[utoipa::path(delete, path = "/v1/peers/{key}/ban", tag = "peers",
    params(("key" = String, Path, description = "Validator key, 64 hex characters")),
    responses((status = 200, description = "Let in", body = Done)))]
pub(super) async fn unban(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    UrlPath(key): UrlPath<String>,
) -> Result<Json<Done>, ApiError> {
    check_admin(&app, client, &headers)?;
    let answer = app.backend.ban(parse::validator(&key)?, None).await;
    answer.map(|()| Json(Done::OK)).map_err(ApiError::rejected)
}
