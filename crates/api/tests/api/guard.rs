//! Limits, admin rights, unknown routes, panics, CORS.

use crate::{
    chain,
    fixture::{Api, REMOTE, request},
};
use althing_api::{ApiConfig, ErrorCode, Quota};
use axum::http::{HeaderValue, Method};
use serde_json::json;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn unknown_routes_and_methods_are_errors_like_others() {
    let api = Api::new();
    for path in ["/v2/status", "/v1", "/v1/", "/v1/blocks/", "/v1/blocks/1/2", "/%00", "//"] {
        let answer = api.get(path).await;
        let code = answer.json()["code"].as_str().unwrap().to_owned();
        assert!(code == "route_not_found" || code == "invalid_parameter", "{path}: {code}");
        let status = answer.status.as_u16();
        answer.fails(status, &code);
    }
    assert_eq!(api.get("/nowhere").await.fails(404, "route_not_found")["path"], "/nowhere");
    for (method, path) in [
        (Method::DELETE, "/v1/status"),
        (Method::PUT, "/v1/transactions"),
        (Method::PATCH, "/v1/peers"),
        (Method::POST, "/"),
        (Method::POST, "/tx/abc"),
    ] {
        let answer = api.send(request(method.clone(), path, None, vec![])).await;
        assert!(answer.headers.contains_key("allow"), "{path}");
        assert_eq!(answer.fails(405, "method_not_allowed")["method"], method.as_str());
    }
}

#[tokio::test]
async fn a_panic_becomes_an_error_and_the_next_request_is_served() {
    let api = Api::new();
    api.node.panics.store(true, Ordering::Relaxed);
    api.get("/v1/evidence").await.fails(500, "internal");
    api.node.panics.store(false, Ordering::Relaxed);
    api.get("/v1/evidence").await.ok();
}

#[tokio::test]
async fn an_address_has_a_quota_and_this_machine_has_none() {
    let config = ApiConfig {
        read_quota: Quota { per_minute: 1, burst: 3 },
        submit_quota: Quota { per_minute: 1, burst: 1 },
        ..ApiConfig::default()
    };
    let api = Api::with(config).remote();
    for _ in 0..3 {
        api.get("/v1/status").await.ok();
    }
    let refused = api.get("/v1/status").await;
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(refused.fails(429, "rate_limited")["quota"], "read");
    api.get("/v1/health/live").await.ok();
    api.get("/health").await.ok();
    let body = json!({ "address": chain::address(1) });
    api.post_json("/v1/faucet", &body).await.ok();
    let detail = api.post_json("/v1/faucet", &body).await.fails(429, "rate_limited");
    assert_eq!(detail["quota"], "submit");
    let local = Api { from: "127.0.0.1:1".parse().unwrap(), ..api };
    for _ in 0..10 {
        local.get("/v1/status").await.ok();
    }
    let other = Api { from: "203.0.113.10:1".parse().unwrap(), ..local };
    other.get("/v1/status").await.ok();
}

#[tokio::test]
async fn only_a_trusted_proxy_speaks_for_others() {
    let proxy = REMOTE.parse::<std::net::SocketAddr>().unwrap().ip();
    let config = ApiConfig {
        read_quota: Quota { per_minute: 1, burst: 1 },
        trusted_proxies: vec![proxy],
        ..ApiConfig::default()
    };
    let api = Api::with(config).remote();
    let via = async |api: &Api, client: &str| {
        let mut request = request(Method::GET, "/v1/status", None, vec![]);
        request.headers_mut().insert("x-forwarded-for", HeaderValue::from_str(client).unwrap());
        api.send(request).await
    };
    via(&api, "198.51.100.1").await.ok();
    via(&api, "198.51.100.1").await.fails(429, "rate_limited");
    via(&api, "198.51.100.2").await.ok();
    // What a client prepends is not believed.
    via(&api, "127.0.0.1, 198.51.100.2").await.fails(429, "rate_limited");
    let direct = Api { from: "203.0.113.77:1".parse().unwrap(), ..api };
    via(&direct, "198.51.100.8").await.ok();
    via(&direct, "198.51.100.9").await.fails(429, "rate_limited");
}

#[tokio::test]
async fn too_many_requests_at_once_are_refused() {
    let api = Api::with(ApiConfig { max_concurrent: 1, ..ApiConfig::default() });
    let bytes = chain::transfer(10, 0).bytes().to_vec();
    let waiting = api.post_bytes("/v1/transactions?wait=finalized&timeout_ms=200", bytes);
    let second = async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        api.get("/v1/health/live").await.ok();
        let refused = api.get("/v1/status").await;
        assert!(refused.headers.contains_key("retry-after"));
        refused.fails(503, "overloaded");
    };
    let (answer, ()) = tokio::join!(waiting, second);
    answer.ok();
    api.get("/v1/status").await.ok();
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_ended() {
    let config =
        ApiConfig { request_timeout: std::time::Duration::from_millis(30), ..ApiConfig::default() };
    let api = Api::with(config);
    let bytes = chain::transfer(10, 0).bytes().to_vec();
    api.post_bytes("/v1/transactions?wait=finalized", bytes).await.fails(504, "timeout");
}

fn command(method: Method, path: &str, body: &str) -> axum::http::Request<axum::body::Body> {
    let kind = (!body.is_empty()).then_some("application/json");
    request(method, path, kind, body.as_bytes().to_vec())
}

#[tokio::test]
async fn peer_commands_reach_the_node() {
    let api = Api::new();
    let key = chain::validator_key();
    let peers = api.get("/v1/peers").await.ok();
    assert_eq!((&peers["connected"], &peers["peers"][0]["score"]), (&1.into(), &90.into()));
    let add = json!({ "key": key, "endpoint": "node.example:9000" });
    assert_eq!(api.post_json("/v1/peers", &add).await.ok()["status"], "ok");
    let ban = format!("/v1/peers/{key}/ban");
    api.post_json(&ban, &json!({ "seconds": 60 })).await.ok();
    api.post_json(&ban, &json!({})).await.ok();
    api.send(command(Method::DELETE, &ban, "")).await.ok();
    api.send(command(Method::DELETE, &format!("/v1/peers/{key}"), "")).await.ok();
    let expected =
        ["add node.example:9000", "ban Some(60)", "ban Some(3600)", "ban None", "remove"];
    assert_eq!(*api.node.commands.lock().unwrap(), expected);
    for endpoint in ["", "node.example", ":9000", "node:0", "node:70000"] {
        let add = json!({ "key": key, "endpoint": endpoint });
        api.post_json("/v1/peers", &add).await.fails(400, "invalid_parameter");
    }
    api.post_json(&ban, &json!({ "seconds": 0 })).await.fails(400, "invalid_parameter");
    api.post_json("/v1/peers/xx/ban", &json!({})).await.fails(400, "invalid_parameter");
    let stranger = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let path = format!("/v1/peers/{stranger}");
    api.send(command(Method::DELETE, &path, "")).await.fails(404, "unknown_peer");
}

#[tokio::test]
async fn peer_commands_are_for_this_machine_or_the_token() {
    let token = Some("secret".to_owned());
    let api = Api::with(ApiConfig { admin_token: token.clone(), ..ApiConfig::default() });
    let path = format!("/v1/peers/{}/ban", chain::validator_key());
    let send = async |api: &Api, header: Option<(&'static str, &'static str)>| {
        let mut request = command(Method::DELETE, &path, "");
        if let Some((name, value)) = header {
            request.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        api.send(request).await
    };
    send(&api, None).await.ok();
    // A web page on this machine, and a proxy on it, are not the operator.
    send(&api, Some(("origin", "http://evil.example"))).await.fails(403, "admin_forbidden");
    send(&api, Some(("x-forwarded-for", "127.0.0.1"))).await.fails(403, "admin_forbidden");
    let remote = api.remote();
    send(&remote, None).await.fails(403, "admin_forbidden");
    send(&remote, Some(("authorization", "Bearer wrong"))).await.fails(403, "admin_forbidden");
    send(&remote, Some(("authorization", "secret"))).await.fails(403, "admin_forbidden");
    send(&remote, Some(("authorization", "Bearer secret"))).await.ok();
    let tokenless = Api::new().remote();
    send(&tokenless, Some(("authorization", "Bearer "))).await.fails(403, "admin_forbidden");
    let off = Api::with(ApiConfig { admin: false, admin_token: token, ..ApiConfig::default() });
    send(&off, None).await.fails(403, "admin_forbidden");
    send(&off, Some(("authorization", "Bearer secret"))).await.fails(403, "admin_forbidden");
}

#[tokio::test]
async fn browsers_may_read_from_the_origins_of_the_configuration() {
    let ask = async |api: &Api, origin: &'static str| {
        let mut request = request(Method::GET, "/v1/status", None, vec![]);
        request.headers_mut().insert("origin", HeaderValue::from_static(origin));
        let answer = api.send(request).await;
        answer.headers.get("access-control-allow-origin").cloned()
    };
    let open = Api::new();
    assert_eq!(ask(&open, "https://a.example").await.unwrap(), "*");
    let config =
        ApiConfig { cors_origins: vec!["https://a.example".to_owned()], ..ApiConfig::default() };
    let closed = Api::with(config);
    assert_eq!(ask(&closed, "https://a.example").await.unwrap(), "https://a.example");
    assert_eq!(ask(&closed, "https://b.example").await, None);
    let mut preflight = request(Method::OPTIONS, "/v1/transactions", None, vec![]);
    let headers = preflight.headers_mut();
    headers.insert("origin", HeaderValue::from_static("https://a.example"));
    headers.insert("access-control-request-method", HeaderValue::from_static("POST"));
    let answer = closed.send(preflight).await;
    let methods = answer.headers["access-control-allow-methods"].to_str().unwrap().to_owned();
    assert!(methods.contains("POST") && !methods.contains("DELETE"), "{methods}");
}

#[test]
fn codes_of_errors_are_distinct_and_documented() {
    let docs = include_str!("../../../../docs/api.md");
    let mut names: Vec<&str> = ErrorCode::ALL.iter().map(|code| code.name()).collect();
    for code in ErrorCode::ALL {
        let row = format!("| `{}` | {} |", code.name(), code.status().as_u16());
        assert!(docs.contains(&row), "docs/api.md lacks the row {row}");
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ErrorCode::ALL.len());
}
