//! What the chain is made of: genesis, parameters, supply, validators, epochs, faults.

use super::{peers::check_admin, proof};
use crate::{
    backend::Evidence,
    error::{ApiError, ErrorCode},
    extract::{UrlPath, UrlQuery},
    guard::Client,
    parse,
    state::App,
    views::{AuditView, BlockView, EpochView, EvidenceList, ForkList, MemberView, SupplyView},
};
use althing_types::ChainParams;
use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
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

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SupplyQuery {
    /// Whether to recompute it from every record of the state. The node stands still meanwhile, so
    /// this is for its operator, as peer commands are.
    #[serde(default)]
    audit: bool,
}

/// How much money there is, and where the part is that nobody can spend freely
#[utoipa::path(get, path = "/v1/supply", tag = "chain", params(SupplyQuery),
    responses((status = 200, description = "The supply", body = SupplyView)))]
pub(super) async fn supply(
    State(app): State<Arc<App>>,
    UrlQuery(query): UrlQuery<SupplyQuery>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Json<SupplyView>, ApiError> {
    if query.audit {
        check_admin(&app, client, &headers)?;
    }
    let (supply, stake) = (app.backend.supply().await, app.backend.stake().await);
    let mut view = SupplyView::new(supply, &stake, app.show());
    if query.audit {
        // One at a time: it reads the whole state.
        let _turn = app.audits.try_lock().map_err(|_| busy())?;
        let audit = app.backend.audit().await.ok_or_else(busy)?;
        view.audit = Some(AuditView::new(&audit, app.show()));
    }
    Ok(Json(view))
}

fn busy() -> ApiError {
    let message = "The state cannot be audited now: another audit runs, or the node is stopping.";
    ApiError::new(ErrorCode::Overloaded, message)
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
    let set = app.set_of(epoch).await?;
    let length = app.backend.info().genesis.params.epoch_length;
    let first = epoch.get().saturating_mul(length);
    let last = first.saturating_add(length - 1);
    let validators = MemberView::all(&set, &app.names().await, app.show());
    let complete = app.backend.status().height.get() >= last;
    let boundary = if complete { proof::boundary(&app, epoch).await } else { None };
    Ok(Json(EpochView {
        epoch: epoch.get(),
        first_height: first,
        last_height: last,
        complete,
        quorum: set.quorum(),
        validators,
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
    let names = app.names().await;
    let headers = app.backend.forks().await;
    let forks = headers
        .iter()
        .map(|header| BlockView::new(header, &header.hash(), (0, 0), &names, app.show()))
        .collect();
    Json(ForkList { abandoned_branches: app.backend.status().abandoned_branches, forks })
}
