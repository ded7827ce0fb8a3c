//! JSON Schemas.

use crate::{
    error::{ApiError, ErrorCode},
    extract::UrlPath,
    schemas,
};
use axum::Json;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Names of JSON Schemas.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct SchemaList {
    /// Each is served at `/v1/schemas/{name}.json`.
    schemas: Vec<String>,
}

/// Names of all JSON Schemas
#[utoipa::path(get, path = "/v1/schemas", tag = "node",
    responses((status = 200, description = "The names", body = SchemaList)))]
pub(super) async fn list() -> Json<SchemaList> {
    Json(SchemaList { schemas: schemas::names() })
}

/// A JSON Schema (2020-12), with everything that it refers to
#[utoipa::path(get, path = "/v1/schemas/{name}", tag = "node",
    params(("name" = String, Path, description = "Its name with `.json`")),
    responses((status = 200, description = "The schema", body = Value)))]
pub(super) async fn one(UrlPath(name): UrlPath<String>) -> Result<Json<Value>, ApiError> {
    let short = name.strip_suffix(".json").unwrap_or(&name);
    schemas::schema(short).map(Json).ok_or_else(|| {
        let message = "There is no such schema: /v1/schemas lists those that exist.";
        ApiError::new(ErrorCode::SchemaNotFound, message).detail(json!({ "name": short }))
    })
}
