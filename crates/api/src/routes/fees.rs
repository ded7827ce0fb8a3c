//! Waiting transactions, and what it costs to be included before them.

use crate::{
    error::ApiError,
    extract::UrlQuery,
    parse,
    state::App,
    views::{
        FeeEstimate, GasRuleView, GasSchedule, MempoolView, Percentiles, Prices, TransactionView,
    },
};
use althing_types::{GasPrice, limits::MAX_TRANSACTION_BYTES};
use axum::{Json, extract::State};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// Waiting transactions that the estimate looks at.
const SAMPLE: usize = 2_000;
/// Size of a transfer with an Ed25519 signature, about.
const TYPICAL_BYTES: u64 = 200;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MempoolQuery {
    /// Transactions wanted.
    limit: Option<usize>,
}

/// Waiting transactions, in the order in which they would be taken
#[utoipa::path(get, path = "/v1/mempool", tag = "mempool", params(MempoolQuery),
    responses((status = 200, description = "The first of them", body = MempoolView)))]
pub(super) async fn mempool(
    State(app): State<Arc<App>>,
    UrlQuery(query): UrlQuery<MempoolQuery>,
) -> Result<Json<MempoolView>, ApiError> {
    let limit = parse::limit(query.limit, &app.config)?;
    let waiting = app.backend.mempool(limit).await;
    let status = app.backend.status();
    let view = |transaction| TransactionView::new(transaction, app.show());
    Ok(Json(MempoolView {
        count: status.mempool_transactions,
        bytes: status.mempool_bytes,
        transactions: waiting.iter().map(view).collect(),
    }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FeeQuery {
    /// Size of the encoded transaction; that of a transfer if left out.
    bytes: Option<u64>,
}

/// What a transaction costs now
#[utoipa::path(get, path = "/v1/fees", tag = "mempool", params(FeeQuery),
    responses((status = 200, description = "Gas prices and fees", body = FeeEstimate)))]
pub(super) async fn estimate(
    State(app): State<Arc<App>>,
    UrlQuery(query): UrlQuery<FeeQuery>,
) -> Result<Json<FeeEstimate>, ApiError> {
    let bytes = size(query.bytes)?;
    let params = app.backend.params().await;
    let status = app.backend.status();
    let waiting = app.backend.mempool(SAMPLE).await;
    let floor = params.min_gas_price.get();
    let mut prices: Vec<u64> = waiting.iter().map(|t| t.body().gas_price.get()).collect();
    prices.sort_unstable();
    let mempool = percentiles(&prices);
    let gas: u64 = waiting
        .iter()
        .fold(0, |sum, transaction| sum.saturating_add(transaction.body().gas_limit.get()));
    let crowded = gas > params.block_gas_limit.get() || status.mempool_transactions > waiting.len();
    let gas_price = match mempool {
        Some(at) if crowded => Prices {
            slow: at.p10.max(floor),
            normal: at.p50.max(floor),
            // Overtakes nine of ten, and replaces one of the same price.
            fast: at.p90.max(floor).saturating_add(at.p90 / 10),
        },
        // Everything fits in the next block.
        _ => Prices { slow: floor, normal: floor, fast: floor },
    };
    Ok(Json(FeeEstimate {
        height: status.height.get(),
        min_gas_price: floor,
        gas_price,
        mempool,
        mempool_transactions: status.mempool_transactions,
        bytes,
        messages: messages(&app, bytes, GasPrice::new(gas_price.normal)),
    }))
}

/// Gas by message type
#[utoipa::path(get, path = "/v1/gas", tag = "mempool", params(FeeQuery),
    responses((status = 200, description = "The gas schedule", body = GasSchedule)))]
pub(super) async fn gas(
    State(app): State<Arc<App>>,
    UrlQuery(query): UrlQuery<FeeQuery>,
) -> Result<Json<GasSchedule>, ApiError> {
    let bytes = size(query.bytes)?;
    let price = app.backend.params().await.min_gas_price;
    Ok(Json(GasSchedule {
        min_gas_price: price.get(),
        bytes,
        messages: messages(&app, bytes, price),
    }))
}

fn size(bytes: Option<u64>) -> Result<u64, ApiError> {
    let bytes = bytes.unwrap_or(TYPICAL_BYTES);
    if bytes > MAX_TRANSACTION_BYTES as u64 {
        let message = format!("bytes is at most {MAX_TRANSACTION_BYTES}.");
        return Err(ApiError::parameter("bytes", message));
    }
    Ok(bytes)
}

fn messages(app: &App, bytes: u64, price: GasPrice) -> Vec<GasRuleView> {
    let view = |rule: &crate::config::GasRule| {
        let gas = rule.gas(bytes);
        let fee = price.cost(gas);
        GasRuleView {
            message_type: rule.message_type.to_owned(),
            base: rule.base.get(),
            included_bytes: rule.included_bytes,
            per_byte: rule.per_byte.get(),
            gas: gas.get(),
            fee: fee.to_string(),
            fee_display: app.show().amount(fee),
        }
    };
    app.config.rules.gas.iter().map(view).collect()
}

/// Of sorted prices.
fn percentiles(prices: &[u64]) -> Option<Percentiles> {
    let last = prices.len().checked_sub(1)?;
    let at = |percent: usize| prices[last * percent / 100];
    Some(Percentiles { p10: at(10), p50: at(50), p90: at(90) })
}
