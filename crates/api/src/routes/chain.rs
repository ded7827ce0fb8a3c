//! What the chain is made of: genesis, parameters, supply, validators, epochs, faults.

use super::proof;
use crate::{
    backend::Evidence,
    error::{ApiError, ErrorCode},
    extract::{UrlPath, UrlQuery},
    parse,
    state::App,
    views::{
        BlockView, EpochView, EvidenceList, ForkList, SupplyView, ValidatorSetView, ValidatorView,
    },
};
use althing_types::{ChainParams, Epoch, ValidatorSet};
use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::IntoParams;

/// The genesis file
#[utoipa::path(get, path = "/v1/genesis", tag = "chain",
    responses((status = 200, description = "The file as it is", body = serde_json::Value)))]
pub(super) async fn genesis(State(app): State<Arc<App>>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], app.genesis_json.clone()).into_response()
}

/// The parameters in force
#[utoipa::path(get, path = "/v1/params", tag = "chain",
    responses((status = 200, description = "The parameters", body = serde_json::Value)))]
pub(super) async fn params(State(app): State<Arc<App>>) -> Json<ChainParams> {
    Json(app.backend.params().await)
}

/// How much money there is
#[utoipa::path(get, path = "/v1/supply", tag = "chain",
    responses((status = 200, description = "The supply", body = SupplyView)))]
pub(super) async fn supply(State(app): State<Arc<App>>) -> Json<SupplyView> {
    Json(SupplyView::new(app.backend.supply().await, app.show()))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EpochQuery {
    /// The epoch; the present one if left out.
    epoch: Option<u64>,
}

async fn set_of(app: &App, epoch: Epoch) -> Result<ValidatorSet, ApiError> {
    app.backend.validators(epoch).await.ok_or_else(|| {
        let message = format!("This node does not know the validators of epoch {epoch}.");
        ApiError::new(ErrorCode::EpochNotFound, message).detail(json!({ "epoch": epoch }))
    })
}

/// The validators of an epoch
#[utoipa::path(get, path = "/v1/validators", tag = "chain", params(EpochQuery),
    responses((status = 200, description = "The set", body = ValidatorSetView)))]
pub(super) async fn validators(
    State(app): State<Arc<App>>,
    UrlQuery(EpochQuery { epoch }): UrlQuery<EpochQuery>,
) -> Result<Json<ValidatorSetView>, ApiError> {
    let epoch = epoch.map_or(app.backend.status().epoch, Epoch::new);
    let set = set_of(&app, epoch).await?;
    let genesis = &app.backend.info().genesis;
    Ok(Json(ValidatorSetView::new(epoch.get(), &set, genesis, app.show())))
}

/// A validator of the present epoch
#[utoipa::path(get, path = "/v1/validators/{key}", tag = "chain",
    params(("key" = String, Path, description = "Validator key, 64 hex characters")),
    responses((status = 200, description = "The validator", body = ValidatorView)))]
pub(super) async fn validator(
    State(app): State<Arc<App>>,
    UrlPath(key): UrlPath<String>,
) -> Result<Json<ValidatorView>, ApiError> {
    let key = parse::validator(&key)?;
    let epoch = app.backend.status().epoch;
    let set = set_of(&app, epoch).await?;
    let genesis = &app.backend.info().genesis;
    let view = ValidatorSetView::new(epoch.get(), &set, genesis, app.show());
    let name = key.to_string();
    view.validators.into_iter().find(|entry| entry.key == name).map(Json).ok_or_else(|| {
        let message = "No validator of the present epoch has this key: see /v1/validators.";
        ApiError::new(ErrorCode::ValidatorNotFound, message).detail(json!({ "epoch": epoch }))
    })
}

/// An epoch, with the proof of who validates the next one
#[utoipa::path(get, path = "/v1/epochs/{epoch}", tag = "chain",
    params(("epoch" = u64, Path, description = "The epoch")),
    responses((status = 200, description = "The epoch", body = EpochView)))]
pub(super) async fn epoch(
    State(app): State<Arc<App>>,
    UrlPath(epoch): UrlPath<String>,
) -> Result<Json<EpochView>, ApiError> {
    let epoch = parse::epoch(&epoch)?;
    let set = set_of(&app, epoch).await?;
    let length = app.backend.info().genesis.params.epoch_length;
    let first = epoch.get().saturating_mul(length);
    let last = first.saturating_add(length - 1);
    let genesis = &app.backend.info().genesis;
    let view = ValidatorSetView::new(epoch.get(), &set, genesis, app.show());
    let complete = app.backend.status().height.get() >= last;
    let boundary = if complete { proof::boundary(&app, epoch).await } else { None };
    Ok(Json(EpochView {
        epoch: epoch.get(),
        first_height: first,
        last_height: last,
        complete,
        quorum: view.quorum,
        validators: view.validators,
        boundary: boundary.map(|boundary| boundary.as_ref().clone()),
    }))
}

/// Consensus faults that this node saw, with their evidence
#[utoipa::path(get, path = "/v1/evidence", tag = "chain",
    responses((status = 200, description = "The faults", body = EvidenceList)))]
pub(super) async fn evidence(State(app): State<Arc<App>>) -> Json<EvidenceList> {
    let evidence: Vec<Evidence> = app.backend.evidence().await;
    Json(EvidenceList { evidence })
}

/// Competing proposals that this node executed and abandoned, newest first
#[utoipa::path(get, path = "/v1/forks", tag = "chain",
    responses((status = 200, description = "The abandoned headers", body = ForkList)))]
pub(super) async fn forks(State(app): State<Arc<App>>) -> Json<ForkList> {
    let genesis = &app.backend.info().genesis;
    let headers = app.backend.forks().await;
    let forks = headers
        .iter()
        .map(|header| BlockView::new(header, &header.hash(), (0, 0), genesis, app.show()))
        .collect();
    Json(ForkList { abandoned_branches: app.backend.status().abandoned_branches, forks })
}
