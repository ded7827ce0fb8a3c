//! What an account has staked, what it waits for, and what it earned.

use super::validators::{EpochPage, no_index};
use crate::{
    error::ApiError,
    extract::{UrlPath, UrlQuery},
    parse,
    state::App,
    views::{DelegatorView, RewardPage, UnbondingPage},
};
use althing_types::Epoch;
use axum::{Json, extract::State};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// What an account delegates, from the newest finalized state
#[utoipa::path(get, path = "/v1/delegator/{address}/delegations", tag = "stake",
    params(("address" = String, Path, description = "Address of the account")),
    responses((status = 200, description = "Its delegations", body = DelegatorView)))]
pub(super) async fn delegations(
    State(app): State<Arc<App>>,
    UrlPath(address): UrlPath<String>,
) -> Result<Json<DelegatorView>, ApiError> {
    let address = parse::address(&address)?;
    let state = app.backend.delegator(address).await;
    Ok(Json(DelegatorView::new(address, &state, &app.names().await, app.show())))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EntryPage {
    /// Of what was paid, only entries with a lower number.
    before: Option<u64>,
    /// Paid entries wanted.
    limit: Option<usize>,
}

/// What an account waits for, from the newest finalized state, and what it was paid
#[utoipa::path(get, path = "/v1/delegator/{address}/unbonding", tag = "stake",
    params(("address" = String, Path, description = "Address of the account"), EntryPage),
    responses((status = 200, description = "Its entries", body = UnbondingPage)))]
pub(super) async fn unbonding(
    State(app): State<Arc<App>>,
    UrlPath(address): UrlPath<String>,
    UrlQuery(page): UrlQuery<EntryPage>,
) -> Result<Json<UnbondingPage>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let address = parse::address(&address)?;
    let state = app.backend.delegator(address).await;
    let mut paid = app.backend.paid_unbonding(address, page.before, limit + 1).await;
    let mut next = None;
    if let Some(paid) = &mut paid
        && paid.len() > limit
    {
        paid.truncate(limit);
        next = paid.last().map(|last| last.entry);
    }
    let names = app.names().await;
    Ok(Json(UnbondingPage::new(address, &state, (paid, next), &names, app.show())))
}

/// What an account earned, epoch by epoch, newest first
///
/// Rewards are credited to the delegation by themselves; there is nothing to claim. They are
/// computed from the history of the delegation, to within a few base units.
#[utoipa::path(get, path = "/v1/delegator/{address}/rewards", tag = "stake",
    params(("address" = String, Path, description = "Address of the account"), EpochPage),
    responses((status = 200, description = "A page of whole epochs", body = RewardPage)))]
pub(super) async fn rewards(
    State(app): State<Arc<App>>,
    UrlPath(address): UrlPath<String>,
    UrlQuery(page): UrlQuery<EpochPage>,
) -> Result<Json<RewardPage>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let address = parse::address(&address)?;
    let before = page.before.map(Epoch::new);
    let rewards = app.backend.rewards(address, before, limit).await.ok_or_else(no_index)?;
    // A page ends with a whole epoch. A full one may be the last; the next is empty then.
    let next = rewards.last().filter(|_| rewards.len() >= limit).map(|last| last.epoch.get());
    let names = app.names().await;
    Ok(Json(RewardPage::new(address, (&rewards, next), &names, app.show())))
}
