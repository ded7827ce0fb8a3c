//! Pages for people, and the document for programs. Everything is in the binary: the pages load
//! nothing from elsewhere.

use super::document;
use crate::state::App;
use althing_types::hash::sha256;
use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use std::sync::Arc;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// The explorer loads its scripts and its style from this node, and talks to this node only.
const EXPLORER_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                               connect-src 'self'; img-src data:; base-uri 'none'; \
                               form-action 'none'; frame-ancestors 'none'";
/// The page of the API holds its script and style itself.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; \
                           style-src 'unsafe-inline'; connect-src 'self'; img-src data:; \
                           base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file that is in the binary.
#[derive(Clone, Copy)]
struct File {
    kind: &'static str,
    policy: &'static str,
    text: &'static str,
}

const EXPLORER: File =
    File { kind: HTML, policy: EXPLORER_POLICY, text: include_str!("../pages/explorer.html") };
const STYLE: File =
    File { kind: CSS, policy: EXPLORER_POLICY, text: include_str!("../pages/explorer.css") };
const SCRIPT: File =
    File { kind: JAVASCRIPT, policy: EXPLORER_POLICY, text: include_str!("../pages/explorer.js") };
const PARTS: File = File { text: include_str!("../pages/explorer-parts.js"), ..SCRIPT };
const SECTIONS: File = File { text: include_str!("../pages/explorer-sections.js"), ..SCRIPT };
const DOCS: File =
    File { kind: HTML, policy: DOCS_POLICY, text: include_str!("../pages/docs.html") };

pub(super) fn router() -> Router<Arc<App>> {
    let files = [
        ("/", EXPLORER),
        ("/explorer.css", STYLE),
        ("/explorer.js", SCRIPT),
        ("/explorer-parts.js", PARTS),
        ("/explorer-sections.js", SECTIONS),
        ("/v1/docs", DOCS),
        ("/docs", DOCS),
    ];
    files.into_iter().fold(Router::new(), |router, (path, file)| {
        router.route(path, get(async move |headers: HeaderMap| serve(file, &headers)))
    })
}

/// A browser asks each time whether it has the newest, so that no page meets the script of another
/// version, and is told so without the file.
fn serve(file: File, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", sha256(&[file.text.as_bytes()]));
    let known = asked.get_all(header::IF_NONE_MATCH).iter();
    let known = known.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    // A proxy that compresses makes a tag weak.
    let fresh = known.map(str::trim).any(|one| one.strip_prefix("W/").unwrap_or(one) == tag);
    let headers = [
        (header::CONTENT_TYPE, file.kind.to_owned()),
        (header::CONTENT_SECURITY_POLICY, file.policy.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::ETAG, tag),
    ];
    if fresh {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, file.text).into_response()
}

/// This document
#[utoipa::path(get, path = "/v1/openapi.json", tag = "node",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)))]
pub(super) async fn openapi_json() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document::text()).into_response()
}
