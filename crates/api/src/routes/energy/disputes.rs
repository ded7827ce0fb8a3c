//! Disputes about readings and sales.

use super::{cut, index};
use crate::{
    backend::{DisputeQuery, DisputeRow},
    error::{ApiError, ErrorCode},
    extract::{UrlPath, UrlQuery},
    parse,
    routes::{compute::name, validators::no_index},
    state::App,
    views::{EnergyDisputePage, EnergyDisputeView, KnownDispute},
};
use althing_ledger::energy::query as energy;
use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct DisputesQuery {
    /// Only those that are `open`, or that ended so: `upheld`, `dismissed` or `lapsed`.
    state: Option<String>,
    /// Only those about this provider.
    provider: Option<String>,
    /// `next` of the page before: only those with a lower number.
    before: Option<u64>,
    /// Entries wanted.
    limit: Option<usize>,
}

/// Disputes about energy, newest first
#[utoipa::path(get, path = "/v1/energy/disputes", tag = "energy", params(DisputesQuery),
    responses((status = 200, description = "A page of them", body = EnergyDisputePage)))]
pub(in crate::routes) async fn list(
    State(app): State<Arc<App>>,
    UrlQuery(page): UrlQuery<DisputesQuery>,
) -> Result<Json<EnergyDisputePage>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let state = match page.state.as_deref() {
        Some("open") => Some(None),
        other => name("state", other)?.map(Some),
    };
    let provider = super::account(&page.provider)?;
    let filter = DisputeQuery { state, provider, before: page.before };
    let found = index(&app)?.disputes(filter, limit + 1).await;
    let mut disputes = found.ok_or_else(no_index)?;
    let more = cut(&mut disputes, limit);
    let open = disputes.iter().filter(|dispute| dispute.ended.is_none());
    let keys = open.map(|dispute| energy::dispute_key(dispute.number));
    let records = app.read(keys.collect()).await?;
    let view = |dispute: &DisputeRow| {
        let key = energy::dispute_key(dispute.number);
        let record = records.get(key, energy::decode_dispute);
        let (number, record) = (dispute.number, record.as_ref());
        EnergyDisputeView::new(&KnownDispute { number, record, history: Some(dispute) }, app.show())
    };
    Ok(Json(EnergyDisputePage {
        height: records.height.get(),
        disputes: disputes.iter().filter_map(view).collect(),
        next: disputes.last().filter(|_| more).map(|last| last.number),
    }))
}

/// A dispute about energy, with its votes and what it holds back
///
/// Also one that has ended: then it comes from the index.
#[utoipa::path(get, path = "/v1/energy/disputes/{number}", tag = "energy",
    params(("number" = u64, Path, description = "Its number")),
    responses((status = 200, description = "The dispute", body = EnergyDisputeView)))]
pub(in crate::routes) async fn one(
    State(app): State<Arc<App>>,
    UrlPath(number): UrlPath<u64>,
) -> Result<Json<EnergyDisputeView>, ApiError> {
    let key = energy::dispute_key(number);
    let record = app.read(vec![key]).await?.get(key, energy::decode_dispute);
    let (mut history, mut votes) = (None, Vec::new());
    if let Some(index) = app.backend.energy() {
        history = index.dispute(number).await.flatten();
        votes = index.votes(number).await.unwrap_or_default();
    }
    let known = KnownDispute { number, record: record.as_ref(), history: history.as_ref() };
    let view = EnergyDisputeView::new(&known, app.show()).ok_or_else(|| {
        let message =
            format!("There is no dispute {number}; a node without an index forgets ended ones.");
        ApiError::new(ErrorCode::EnergyDisputeNotFound, message)
            .detail(json!({ "dispute": number }))
    })?;
    let set = match &record {
        Some(record) => {
            let key = energy::oracle_set_key(record.oracles);
            let set = app.read(vec![key]).await?.get(key, energy::decode_oracle_set);
            Some(set.unwrap_or_default())
        }
        None => None,
    };
    Ok(Json(view.whole(record.as_ref().zip(set.as_ref()), &votes)))
}
