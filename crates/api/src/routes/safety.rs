//! The safety override: who holds it, what waits for approvals, what holds until it is ratified.

use crate::{
    error::ApiError,
    state::App,
    views::{SafetyView, now},
};
use althing_ledger::{
    query,
    safety::{Changes, query as safety},
};
use axum::{Json, extract::State};
use std::sync::Arc;

/// Who holds the safety override and within which limits, calls that wait for approvals, and what
/// holds until it is ratified
#[utoipa::path(get, path = "/v1/safety", tag = "safety",
    responses((status = 200, description = "The override", body = SafetyView)))]
pub(super) async fn status(State(app): State<Arc<App>>) -> Result<Json<SafetyView>, ApiError> {
    let (held, changes) = (safety::safety_key(), safety::changes_key());
    let mut keys = vec![held, changes, query::params_key()];
    let mut records = app.read(keys.clone()).await?;
    let mut open = Vec::new();
    if let Some(listed) = records.get(held, safety::decode_safety)
        && !listed.open.is_empty()
    {
        // Once more, so that all is of one height.
        keys.extend(listed.open.iter().map(|call| safety::call_key(call.id)));
        records = app.read(keys).await?;
    }
    let held = records.get(held, safety::decode_safety);
    for call in held.iter().flat_map(|held| held.open.iter()) {
        let record = records.get(safety::call_key(call.id), safety::decode_call);
        // A call that began between the two reads comes with the next answer.
        open.extend(record.map(|record| (*call, record)));
    }
    let changes = records.get(changes, safety::decode_changes).unwrap_or_else(Changes::default);
    Ok(Json(SafetyView::new(
        now(records.height, app.backend.status().block_time_ms),
        held.as_ref().map(|held| (held, open.as_slice())),
        &changes,
        &records.params(&app).safety,
    )))
}
