//! Following transactions.

use super::proof;
use crate::{
    backend::{TransactionRef, TransactionStatus},
    error::{ApiError, ErrorCode},
    extract::{UrlPath, UrlQuery},
    parse::{self, PositionPage},
    state::{App, missing_transaction},
    views::{ReceiptView, TransactionBundle, TransactionPage, TransactionStatusView},
};
use althing_types::{Hash, Height, Receipt, SignedTransaction};
use axum::{Json, extract::State};
use serde_json::json;
use std::sync::Arc;

/// Newest included transactions
#[utoipa::path(get, path = "/v1/transactions", tag = "transactions", params(PositionPage),
    responses((status = 200, description = "A page, newest first", body = TransactionPage)))]
pub(super) async fn recent(
    State(app): State<Arc<App>>,
    UrlQuery(page): UrlQuery<PositionPage>,
) -> Result<Json<TransactionPage>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let before = before(&page)?;
    let entries = app.backend.recent_transactions(before, limit + 1).await;
    listing(&app, entries, limit)
}

pub(super) fn before(page: &PositionPage) -> Result<Option<(Height, u32)>, ApiError> {
    page.before.as_deref().map(|text| parse::position("before", text)).transpose()
}

/// A page from up to `limit + 1` entries; the one too many says that there is a next page.
pub(super) fn listing(
    app: &App,
    entries: Option<Vec<TransactionRef>>,
    limit: usize,
) -> Result<Json<TransactionPage>, ApiError> {
    let Some(mut entries) = entries else {
        let message = "This node keeps no index: start it with the index on, or use another.";
        return Err(ApiError::new(ErrorCode::IndexDisabled, message));
    };
    let more = entries.len() > limit;
    entries.truncate(limit);
    let last = entries.last().filter(|_| more);
    let next = last.map(|entry| format!("{}-{}", entry.height, entry.index));
    let show = app.show();
    let transactions = entries.iter().map(|entry| TransactionStatusView::listed(entry, show));
    Ok(Json(TransactionPage { transactions: transactions.collect(), next }))
}

/// The view of an included transaction with the hash and time of its block.
pub(super) async fn included(
    app: &App,
    (height, index): (Height, u32),
    transaction: &SignedTransaction,
    receipt: &Receipt,
) -> TransactionStatusView {
    let block = app.backend.block(height).await;
    let at = block.map(|block| (block.hash(), block.header.timestamp.get()));
    let at = at.as_ref().map(|(hash, time)| (hash, *time));
    TransactionStatusView::included((height, index), at, transaction, receipt, app.show())
}

/// Where a transaction is
#[utoipa::path(get, path = "/v1/transactions/{hash}", tag = "transactions",
    params(("hash" = String, Path, description = "Hash of the transaction")),
    responses((status = 200, description = "Its status; `unknown` if nobody here has heard of it",
        body = TransactionStatusView)))]
pub(super) async fn status(
    State(app): State<Arc<App>>,
    UrlPath(hash): UrlPath<String>,
) -> Result<Json<TransactionStatusView>, ApiError> {
    let hash = parse::hash(&hash)?;
    Ok(Json(match app.backend.transaction(hash).await {
        TransactionStatus::Unknown => TransactionStatusView::unknown(&hash),
        TransactionStatus::Pending(transaction) => {
            TransactionStatusView::pending(&transaction, app.show())
        }
        TransactionStatus::Dropped(reason) => TransactionStatusView::dropped(&hash, reason),
        TransactionStatus::Included { height, index, transaction, receipt } => {
            included(&app, (height, index), &transaction, &receipt).await
        }
    }))
}

type Included = ((Height, u32), SignedTransaction, Receipt);

async fn find_included(app: &App, hash: Hash) -> Result<Included, ApiError> {
    match app.backend.transaction(hash).await {
        TransactionStatus::Included { height, index, transaction, receipt } => {
            Ok(((height, index), transaction, receipt))
        }
        TransactionStatus::Unknown => Err(missing_transaction(&hash)),
        TransactionStatus::Pending(_) => Err(not_finalized(
            "The transaction waits in the mempool: ask again after the next block.",
            json!({ "status": "pending" }),
        )),
        TransactionStatus::Dropped(reason) => Err(not_finalized(
            "The transaction was dropped and will not be included: send a new one.",
            json!({ "status": "dropped", "reason": reason }),
        )),
    }
}

fn not_finalized(message: &str, detail: serde_json::Value) -> ApiError {
    ApiError::new(ErrorCode::NotFinalized, message).detail(detail)
}

/// The receipt of an included transaction
#[utoipa::path(get, path = "/v1/transactions/{hash}/receipt", tag = "transactions",
    params(("hash" = String, Path, description = "Hash of the transaction")),
    responses((status = 200, description = "Its receipt", body = ReceiptView)))]
pub(super) async fn receipt(
    State(app): State<Arc<App>>,
    UrlPath(hash): UrlPath<String>,
) -> Result<Json<ReceiptView>, ApiError> {
    let (_, _, receipt) = find_included(&app, parse::hash(&hash)?).await?;
    Ok(Json(ReceiptView::new(&receipt, app.show())))
}

/// A proof that a transaction was included, with its receipt, that needs no trust in this node
#[utoipa::path(get, path = "/v1/transactions/{hash}/proof", tag = "transactions",
    params(("hash" = String, Path, description = "Hash of the transaction")),
    responses((status = 200, description = "What `althing verify` reads",
        body = TransactionBundle)))]
pub(super) async fn proof(
    State(app): State<Arc<App>>,
    UrlPath(hash): UrlPath<String>,
) -> Result<Json<TransactionBundle>, ApiError> {
    let (at, transaction, receipt) = find_included(&app, parse::hash(&hash)?).await?;
    proof::transaction(&app, at, &transaction, &receipt).await.map(Json)
}
