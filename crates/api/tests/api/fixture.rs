//! Sends requests through the router.

use crate::node::Node;
use althing_api::{ApiConfig, router};
use althing_types::Version;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use serde_json::Value;
use std::{net::SocketAddr, sync::Arc};
use tower::ServiceExt as _;

pub const LOCAL: &str = "127.0.0.1:5000";
pub const REMOTE: &str = "203.0.113.9:5000";

pub struct Api {
    pub node: Arc<Node>,
    pub router: Router,
    pub from: SocketAddr,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The JSON of a success.
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.text());
        self.json()
    }

    /// Checks the status, the code and the shape of a failure; answers its detail.
    pub fn fails(self, status: u16, code: &str) -> Value {
        let body = self.json();
        assert_eq!(
            (self.status.as_u16(), body["code"].as_str().unwrap()),
            (status, code),
            "{body}"
        );
        assert_error_shape(&self);
        body["detail"].clone()
    }
}

pub fn assert_error_shape(answer: &Answer) {
    let body = answer.json();
    let object = body.as_object().unwrap();
    assert_eq!(object.len(), 3, "{body}");
    assert!(body["code"].as_str().is_some_and(|code| !code.is_empty()), "{body}");
    assert!(body["message"].as_str().is_some_and(|message| message.len() > 10), "{body}");
    assert!(object.contains_key("detail"), "{body}");
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
}

impl Api {
    pub fn new() -> Self {
        Self::with(ApiConfig::default())
    }

    pub fn with(config: ApiConfig) -> Self {
        Self::of(config, Node::new())
    }

    /// Of software that knows no later rules than these.
    pub fn older(config: ApiConfig, newest: Version) -> Self {
        Self::of(config, Node::older(newest))
    }

    fn of(config: ApiConfig, node: Arc<Node>) -> Self {
        let router = router(Arc::clone(&node) as Arc<dyn althing_api::Backend>, config);
        Self { node, router, from: LOCAL.parse().unwrap() }
    }

    pub fn remote(mut self) -> Self {
        self.from = REMOTE.parse().unwrap();
        self
    }

    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(ConnectInfo(self.from));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path, None, Vec::new())).await
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        let kind = Some("application/json");
        self.send(request(Method::POST, path, kind, body.to_string().into_bytes())).await
    }

    pub async fn post_bytes(&self, path: &str, body: Vec<u8>) -> Answer {
        self.send(request(Method::POST, path, Some("application/octet-stream"), body)).await
    }
}

pub fn request(method: Method, path: &str, kind: Option<&str>, body: Vec<u8>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(kind) = kind {
        request = request.header(header::CONTENT_TYPE, kind);
    }
    request.body(Body::from(body)).unwrap()
}
