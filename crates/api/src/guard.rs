//! What stands before every handler: metrics, panics, quotas, concurrency, time.

use crate::{
    config::ApiConfig,
    error::{ApiError, ErrorCode},
    rate::{self, canonical},
    state::App,
};
use axum::{
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use futures::FutureExt as _;
use std::{
    net::{IpAddr, SocketAddr},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Who sent a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client {
    /// The address that quotas count, after trusted proxies.
    pub(crate) address: IpAddr,
    /// Whether a program on this machine called, without a proxy and not from a web page.
    pub(crate) local: bool,
}

/// Browsers may read everything, from the origins of the configuration.
pub(crate) fn cors(config: &ApiConfig) -> CorsLayer {
    let origins: Vec<HeaderValue> =
        config.cors_origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    let origin = if config.cors_origins.is_empty() {
        AllowOrigin::from(Any)
    } else {
        AllowOrigin::list(origins)
    };
    CorsLayer::new()
        .allow_origin(origin)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE, header::ACCEPT, LAST_EVENT_ID])
        .expose_headers([header::RETRY_AFTER])
        .max_age(Duration::from_secs(3_600))
}

/// Counts and times every answer, and turns a panic into one.
pub(crate) async fn observe(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let client = client(&app.config, &request);
    request.extensions_mut().insert(client);
    app.metrics.in_flight.inc();
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    app.metrics.in_flight.dec();
    let response = answer.unwrap_or_else(|_| {
        tracing::error!(%method, ?route, "a handler of the API panicked");
        let message = "The node failed to answer this request; its log says why.";
        ApiError::new(ErrorCode::Internal, message).into_response()
    });
    let route = route.as_ref().map_or("other", MatchedPath::as_str);
    app.metrics.answered(route, &method, response.status().as_u16(), started.elapsed());
    response
}

/// Refuses what exceeds a quota or the node's capacity, and ends what takes too long.
pub(crate) async fn protect(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    // Probes of a supervisor are answered whatever happens.
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if route.starts_with("/v1/health")
        || matches!(route, "/health" | "/healthz" | "/metrics/health")
    {
        return next.run(request).await;
    }
    if let Err(refused) = check_quota(&app, &request) {
        return refused.into_response();
    }
    let Ok(_permit) = Arc::clone(&app.requests).try_acquire_owned() else {
        let message = "This node serves too many requests at the moment: try again or use another.";
        return ApiError::new(ErrorCode::Overloaded, message).into_response();
    };
    match tokio::time::timeout(app.config.request_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let seconds = app.config.request_timeout.as_secs_f64();
            let message = format!("The request took longer than {seconds} s.");
            ApiError::new(ErrorCode::Timeout, message).into_response()
        }
    }
}

fn check_quota(app: &App, request: &Request) -> Result<(), ApiError> {
    let client = request.extensions().get::<Client>().copied();
    let address = client.map_or(rate::UNKNOWN, |client| client.address);
    match *request.method() {
        Method::POST | Method::DELETE => take(app, address, ("submit", &app.submits), 1),
        _ => take(app, address, ("read", &app.reads), 1),
    }
}

/// Takes the transactions of a batch from the client's quota.
pub(crate) fn check_transactions(app: &App, client: Client, count: usize) -> Result<(), ApiError> {
    take(app, client.address, ("batch", &app.batched), count)
}

fn take(
    app: &App,
    address: IpAddr,
    (name, limiter): (&'static str, &rate::Limiter),
    count: usize,
) -> Result<(), ApiError> {
    if app.config.loopback_unlimited && address.is_loopback() {
        return Ok(());
    }
    limiter.check(address, count).map_err(|wait| {
        app.metrics.limited(name);
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let message = format!("Too many requests from {address}: wait {seconds} s.");
        ApiError::new(ErrorCode::RateLimited, message)
            .detail(serde_json::json!({ "quota": name, "retry_after_seconds": seconds }))
            .retry_after(seconds)
    })
}

fn client(config: &ApiConfig, request: &Request) -> Client {
    let socket = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let Some(ConnectInfo(socket)) = socket else {
        return Client { address: rate::UNKNOWN, local: false };
    };
    let socket = canonical(socket.ip());
    let headers = request.headers();
    let forwarded = headers.contains_key(FORWARDED);
    let address = if forwarded && config.trusted_proxies.contains(&socket) {
        forwarded_for(config, headers).unwrap_or(socket)
    } else {
        socket
    };
    // A web page can make a browser on this machine call; it cannot hide its origin.
    let local = socket.is_loopback() && !forwarded && !headers.contains_key(header::ORIGIN);
    Client { address, local }
}

/// The last address of the chain that no trusted proxy has.
fn forwarded_for(config: &ApiConfig, headers: &HeaderMap) -> Option<IpAddr> {
    headers
        .get_all(FORWARDED)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|part| part.trim().parse().ok())
        .map(canonical)
        .collect::<Vec<IpAddr>>()
        .into_iter()
        .rev()
        .find(|address| !config.trusted_proxies.contains(address))
}
