//! Pages for people, and the document for programs. Everything is in the binary: the pages load
//! nothing from elsewhere.

use super::document;
use crate::state::App;
use axum::{
    Router,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use std::sync::Arc;

const EXPLORER: &str = include_str!("../pages/explorer.html");
const DOCS: &str = include_str!("../pages/docs.html");
/// The pages hold their own scripts and styles and talk to this node only.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
                      connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(async || page(EXPLORER)))
        .route("/v1/docs", get(async || page(DOCS)))
        .route("/docs", get(async || page(DOCS)))
}

fn page(html: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, html).into_response()
}

/// This document
#[utoipa::path(get, path = "/v1/openapi.json", tag = "node",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)))]
pub(super) async fn openapi_json() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document::text()).into_response()
}
