//! Accounts.

use super::{proof, transactions as listing};
use crate::{
    error::ApiError,
    extract::{UrlPath, UrlQuery},
    parse::{self, PositionPage},
    state::App,
    views::{AccountView, NonceView, TransactionPage},
};
use axum::{Json, extract::State};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ProofQuery {
    /// Whether to add a proof that needs no trust in this node.
    #[serde(default)]
    proof: bool,
}

/// An account
#[utoipa::path(get, path = "/v1/accounts/{address}", tag = "accounts",
    params(("address" = String, Path, description = "Address of the account"), ProofQuery),
    responses((status = 200, description = "The account; one that nobody paid yet is empty",
        body = AccountView)))]
pub(super) async fn account(
    State(app): State<Arc<App>>,
    UrlPath(address): UrlPath<String>,
    UrlQuery(query): UrlQuery<ProofQuery>,
) -> Result<Json<AccountView>, ApiError> {
    let address = parse::address(&address)?;
    let account = app.backend.account(address).await;
    let stake = app.backend.delegator(address).await;
    let mut view = AccountView::new(address, &account, &stake, app.show());
    if query.proof {
        view.proof = Some(proof::account(&app, address).await?);
    }
    Ok(Json(view))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct NonceQuery {
    /// Whether to count transactions that wait in the mempool.
    #[serde(default)]
    pending: bool,
}

/// The nonce of an account's next transaction
#[utoipa::path(get, path = "/v1/accounts/{address}/nonce", tag = "accounts",
    params(("address" = String, Path, description = "Address of the account"), NonceQuery),
    responses((status = 200, description = "The nonce", body = NonceView)))]
pub(super) async fn nonce(
    State(app): State<Arc<App>>,
    UrlPath(address): UrlPath<String>,
    UrlQuery(query): UrlQuery<NonceQuery>,
) -> Result<Json<NonceView>, ApiError> {
    let address = parse::address(&address)?;
    let account = app.backend.account(address).await;
    let nonce = if query.pending { account.pending_nonce } else { account.nonce };
    Ok(Json(NonceView {
        address: address.to_string(),
        height: account.height.get(),
        nonce: nonce.get(),
        pending: query.pending,
    }))
}

/// Included transactions that concern an account, newest first
#[utoipa::path(get, path = "/v1/accounts/{address}/transactions", tag = "accounts",
    params(("address" = String, Path, description = "Address of the account"), PositionPage),
    responses((status = 200, description = "A page of transactions", body = TransactionPage)))]
pub(super) async fn transactions(
    State(app): State<Arc<App>>,
    UrlPath(address): UrlPath<String>,
    UrlQuery(page): UrlQuery<PositionPage>,
) -> Result<Json<TransactionPage>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let before = listing::before(&page)?;
    let address = parse::address(&address)?;
    let entries = app.backend.account_transactions(address, before, limit + 1).await;
    listing::listing(&app, entries, limit)
}
