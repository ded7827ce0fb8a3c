//! Extractors whose failures are [`ApiError`]s.

use crate::{error::ApiError, error::ErrorCode, state::App};
use axum::{
    body::{Body, to_bytes},
    extract::{
        FromRequest, FromRequestParts, Path, Query, Request,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, header, request::Parts},
};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::sync::Arc;

/// A parameter of the path.
pub(crate) struct UrlPath<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for UrlPath<T> {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Path::from_request_parts(parts, state).await.map(|Path(value)| Self(value)).map_err(
            |error: PathRejection| ApiError::new(ErrorCode::InvalidParameter, error.body_text()),
        )
    }
}

/// Parameters of the query.
pub(crate) struct UrlQuery<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for UrlQuery<T> {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Query::from_request_parts(parts, state).await.map(|Query(value)| Self(value)).map_err(
            |error: QueryRejection| ApiError::new(ErrorCode::InvalidParameter, error.body_text()),
        )
    }
}

/// How a body is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Binary,
}

/// A body of at most `max_body_bytes`, with its format.
pub(crate) struct SmallBody(pub(crate) Format, pub(crate) Bytes);

impl FromRequest<Arc<App>> for SmallBody {
    type Rejection = ApiError;
    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let format = format_of(request.headers())?;
        let body = read_body(request.into_body(), app.config.max_body_bytes).await?;
        Ok(Self(format, body))
    }
}

/// A binary body of at most `max_batch_bytes`.
pub(crate) struct BatchBody(pub(crate) Bytes);

impl FromRequest<Arc<App>> for BatchBody {
    type Rejection = ApiError;
    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        if format_of(request.headers())? != Format::Binary {
            return Err(unsupported("application/octet-stream"));
        }
        read_body(request.into_body(), app.config.max_batch_bytes).await.map(Self)
    }
}

/// A JSON body.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for JsonBody<T> {
    type Rejection = ApiError;
    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let SmallBody(format, body) = SmallBody::from_request(request, app).await?;
        if format != Format::Json {
            return Err(unsupported("application/json"));
        }
        json_from(&body).map(Self)
    }
}

/// Reads JSON from a body.
pub(crate) fn json_from<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        ApiError::new(ErrorCode::InvalidJson, format!("The body cannot be read: {error}."))
            .detail(json!({ "line": error.line(), "column": error.column() }))
    })
}

fn unsupported(expected: &str) -> ApiError {
    let message = format!("Send the body with content-type: {expected}.");
    ApiError::new(ErrorCode::UnsupportedMediaType, message)
}

fn format_of(headers: &HeaderMap) -> Result<Format, ApiError> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = value.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    match kind.to_ascii_lowercase().as_str() {
        "application/json" => Ok(Format::Json),
        "application/octet-stream" => Ok(Format::Binary),
        _ => Err(unsupported("application/json or application/octet-stream")),
    }
}

async fn read_body(body: Body, limit: usize) -> Result<Bytes, ApiError> {
    use std::error::Error as _;
    to_bytes(body, limit).await.map_err(|error| {
        let too_large = error.source().is_some_and(|source| {
            // The limit is the only failure that is not the connection's.
            source.to_string().contains("length limit")
        });
        if too_large {
            let message = format!("The body is larger than {limit} bytes.");
            ApiError::new(ErrorCode::PayloadTooLarge, message)
                .detail(json!({ "limit_bytes": limit }))
        } else {
            ApiError::new(ErrorCode::InvalidBody, "The body ended early.")
        }
    })
}
