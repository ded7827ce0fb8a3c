//! Finalized blocks.

use crate::{
    error::{ApiError, ErrorCode},
    extract::{UrlPath, UrlQuery},
    parse::{self, HeightPage, OffsetPage},
    state::App,
    views::{
        BlockPage, BlockView, CertifiedView, FinalityView, HeaderView, ReceiptPage, ReceiptView,
        TransactionPage, TransactionStatusView, hex_of,
    },
};
use althing_types::Height;
use axum::{Json, extract::State};
use commonware_codec::Encode as _;
use serde_json::json;
use std::sync::Arc;

/// Blocks, newest first
#[utoipa::path(get, path = "/v1/blocks", tag = "blocks", params(HeightPage),
    responses((status = 200, description = "A page of blocks", body = BlockPage)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    UrlQuery(page): UrlQuery<HeightPage>,
) -> Result<Json<BlockPage>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let tip = app.backend.status().height;
    let mut at = match page.before {
        None => Some(tip),
        Some(before) => Height::new(before).previous().map(|height| height.min(tip)),
    };
    let mut blocks = Vec::new();
    let names = app.names().await;
    while let Some(height) = at
        && blocks.len() < limit
    {
        // A node that joined late lacks the oldest blocks.
        let Some(block) = app.backend.block(height).await else {
            at = None;
            break;
        };
        blocks.push(BlockView::of(&block, &block.hash(), &names, app.show()));
        at = height.previous();
    }
    let next = at.and_then(Height::next).map(Height::get);
    Ok(Json(BlockPage { blocks, next }))
}

/// A block, without its transactions
#[utoipa::path(get, path = "/v1/blocks/{id}", tag = "blocks",
    params(("id" = String, Path, description = "Height, hash or `latest`")),
    responses((status = 200, description = "The block", body = BlockView)))]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    UrlPath(id): UrlPath<String>,
) -> Result<Json<BlockView>, ApiError> {
    let height = parse::block_id(app.backend.as_ref(), &id).await?;
    let block = app.block(height).await?;
    let receipts = app.backend.receipts(height).await.unwrap_or_default();
    let view = BlockView::of(&block, &block.hash(), &app.names().await, app.show());
    Ok(Json(view.with_events(&receipts, app.show())))
}

/// The encoded header of a block, whose SHA-256 is the block's hash
#[utoipa::path(get, path = "/v1/blocks/{id}/header", tag = "blocks",
    params(("id" = String, Path, description = "Height, hash or `latest`")),
    responses((status = 200, description = "The header", body = HeaderView)))]
pub(super) async fn header(
    State(app): State<Arc<App>>,
    UrlPath(id): UrlPath<String>,
) -> Result<Json<HeaderView>, ApiError> {
    let height = parse::block_id(app.backend.as_ref(), &id).await?;
    let block = app.block(height).await?;
    Ok(Json(HeaderView {
        height: height.get(),
        hash: hex_of(&block.hash()),
        header: hex::encode(block.header.encode()),
    }))
}

/// The transactions of a block with their receipts, in order
#[utoipa::path(get, path = "/v1/blocks/{id}/transactions", tag = "blocks",
    params(("id" = String, Path, description = "Height, hash or `latest`"), OffsetPage),
    responses((status = 200, description = "A page of transactions", body = TransactionPage)))]
pub(super) async fn transactions(
    State(app): State<Arc<App>>,
    UrlPath(id): UrlPath<String>,
    UrlQuery(page): UrlQuery<OffsetPage>,
) -> Result<Json<TransactionPage>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let height = parse::block_id(app.backend.as_ref(), &id).await?;
    let block = app.block(height).await?;
    let receipts = app.receipts(height).await?;
    let offset = page.offset.unwrap_or(0);
    let hash = block.hash();
    let at = Some((&hash, block.header.timestamp.get()));
    let pairs = block.transactions.iter().zip(receipts.iter()).enumerate();
    let transactions = pairs
        .skip(offset)
        .take(limit)
        .map(|(index, (transaction, receipt))| {
            let place = (height, index as u32);
            TransactionStatusView::included(place, at, transaction, receipt, app.show())
        })
        .collect();
    let next = next_offset(offset, limit, block.transactions.len());
    Ok(Json(TransactionPage { transactions, next }))
}

/// The receipts of a block, in order
#[utoipa::path(get, path = "/v1/blocks/{id}/receipts", tag = "blocks",
    params(("id" = String, Path, description = "Height, hash or `latest`"), OffsetPage),
    responses((status = 200, description = "A page of receipts", body = ReceiptPage)))]
pub(super) async fn receipts(
    State(app): State<Arc<App>>,
    UrlPath(id): UrlPath<String>,
    UrlQuery(page): UrlQuery<OffsetPage>,
) -> Result<Json<ReceiptPage>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let height = parse::block_id(app.backend.as_ref(), &id).await?;
    let all = app.receipts(height).await?;
    let offset = page.offset.unwrap_or(0);
    let wanted = all.iter().skip(offset).take(limit);
    let receipts = wanted.map(|receipt| ReceiptView::new(receipt, app.show())).collect();
    let next = next_offset(offset, limit, all.len());
    Ok(Json(ReceiptPage { height: height.get(), receipts, next }))
}

fn next_offset(offset: usize, limit: usize, len: usize) -> Option<String> {
    let next = offset.saturating_add(limit);
    (next < len).then(|| next.to_string())
}

/// A block with its proof of finality, for nodes that follow the chain over HTTP
#[utoipa::path(get, path = "/v1/certified/{height}", tag = "blocks",
    params(("height" = String, Path, description = "Height, hash or `latest`")),
    responses((status = 200, description = "The block and its proof", body = CertifiedView)))]
pub(super) async fn certified(
    State(app): State<Arc<App>>,
    UrlPath(id): UrlPath<String>,
) -> Result<Json<CertifiedView>, ApiError> {
    let height = parse::block_id(app.backend.as_ref(), &id).await?;
    let block = app.block(height).await?;
    let finality = app.backend.finality(height).await.ok_or_else(|| {
        let message = "This node holds no certificate for this block yet: ask again.";
        ApiError::new(ErrorCode::ProofUnavailable, message).detail(json!({ "height": height }))
    })?;
    Ok(Json(CertifiedView {
        height: height.get(),
        hash: hex_of(&block.hash()),
        block: hex::encode(block.encode()),
        finality: FinalityView::from(&finality),
    }))
}
