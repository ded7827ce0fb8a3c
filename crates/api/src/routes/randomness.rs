//! The randomness of the chain.

use crate::{
    error::{ApiError, ErrorCode},
    extract::UrlPath,
    state::App,
    views::RandomnessView,
};
use althing_ledger::beacon::RING;
use althing_types::Height;
use axum::{Json, extract::State};
use serde_json::json;
use std::sync::Arc;

async fn of(app: &App, height: Height) -> Result<Json<RandomnessView>, ApiError> {
    let mark = app.randomness(height).await?.ok_or_else(|| {
        let message = format!(
            "There is no randomness of height {height}: it is not there yet, or lies more than {RING} heights back."
        );
        let detail = json!({ "height": height.get() });
        ApiError::new(ErrorCode::RandomnessNotFound, message).detail(detail)
    })?;
    Ok(Json(RandomnessView::from(mark)))
}

/// The randomness as of the newest block
#[utoipa::path(get, path = "/v1/randomness", tag = "chain",
    responses((status = 200, description = "The value", body = RandomnessView)))]
pub(super) async fn newest(State(app): State<Arc<App>>) -> Result<Json<RandomnessView>, ApiError> {
    of(&app, app.read(Vec::new()).await?.height).await
}

/// The randomness as of a block
#[utoipa::path(get, path = "/v1/randomness/{height}", tag = "chain",
    params(("height" = u64, Path, description = "Its height")),
    responses((status = 200, description = "The value", body = RandomnessView)))]
pub(super) async fn at(
    State(app): State<Arc<App>>,
    UrlPath(height): UrlPath<u64>,
) -> Result<Json<RandomnessView>, ApiError> {
    of(&app, Height::new(height)).await
}
