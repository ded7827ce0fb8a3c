//! Submitting transactions: one, many, as a dry run, and from the faucet.

mod batch;
mod wait;

pub(super) use batch::{__path_batch, batch};

use super::transactions::included;
use crate::{
    backend::TransactionStatus,
    error::{ApiError, ErrorCode},
    extract::{JsonBody, SmallBody, UrlQuery},
    guard::Client,
    parse,
    state::App,
    views::{SimulationView, TransactionStatusView},
};
use axum::{Extension, Json, extract::State, http::StatusCode};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};
use utoipa::{IntoParams, ToSchema};

/// What a submission waits for. A block is final as soon as it is known, so both are the same.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum WaitFor {
    Finalized,
    Included,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SubmitQuery {
    /// Wait until the transaction is in a finalized block, or dropped, and answer with its receipt.
    #[param(inline)]
    wait: Option<WaitFor>,
    /// Longest wait in milliseconds; the node has a limit of its own.
    timeout_ms: Option<u64>,
}

/// A transaction in JSON: encoded, or as an object with the fields of the view of a transaction.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes a body that is read in two steps")]
pub(super) struct TransactionBody {
    /// The encoded signed transaction, hex. If it is here, the other fields are not looked at.
    transaction: Option<String>,
    /// The chain it is for.
    chain_id: Option<String>,
    /// The account that pays and acts.
    sender: Option<String>,
    /// Transactions of the sender that were included before this one.
    nonce: Option<u64>,
    /// The most gas it may use.
    gas_limit: Option<u64>,
    /// What the sender pays for one gas, in base units.
    gas_price: Option<u64>,
    /// The last height at which it may be included.
    valid_until: Option<u64>,
    /// Free text, at most 256 bytes.
    memo: Option<String>,
    /// What it asks for: `type` and the fields of that message.
    payload: Option<serde_json::Value>,
    /// Who signed it, and the signature. A dry run needs none.
    authorization: Option<crate::views::AuthorizationJson>,
}

type Accepted = (StatusCode, Json<TransactionStatusView>);

/// Submits a signed transaction
///
/// As `application/octet-stream` the body is the encoded transaction.
#[utoipa::path(post, path = "/v1/transactions", tag = "transactions", params(SubmitQuery),
    request_body(content((TransactionBody = "application/json"),
        (String = "application/octet-stream"))),
    responses(
        (status = 200, description = "With `wait`: it is settled", body = TransactionStatusView),
        (status = 202, description = "It waits in the mempool", body = TransactionStatusView)))]
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    UrlQuery(query): UrlQuery<SubmitQuery>,
    SmallBody(format, body): SmallBody,
) -> Result<Accepted, ApiError> {
    let transaction = parse::signed(format, body)?;
    let hash = transaction.hash();
    // Listen before submitting, so that nothing is missed.
    let waiter = query.wait.map(|_| wait::Waiter::new(&app, hash)).transpose()?;
    let mut answers = app.backend.submit(vec![transaction]).await;
    let answer = answers.pop().unwrap_or_else(|| Err(batch::unanswered()));
    app.metrics.submitted(usize::from(answer.is_ok()), usize::from(answer.is_err()));
    answer.map_err(|rejection| {
        ApiError::rejected(rejection).detail(serde_json::json!({ "hash": hex::encode(hash) }))
    })?;
    let pending = TransactionStatusView {
        status: "pending".to_owned(),
        ..TransactionStatusView::unknown(&hash)
    };
    let Some(waiter) = waiter else { return Ok((StatusCode::ACCEPTED, Json(pending))) };
    let wanted = query.timeout_ms.map_or(app.config.wait_timeout, Duration::from_millis);
    let settled = waiter.settled(&app, wanted.min(app.config.wait_timeout)).await;
    Ok(match settled {
        TransactionStatus::Included { height, index, transaction, receipt } => {
            let view = included(&app, (height, index), &transaction, &receipt).await;
            (StatusCode::OK, Json(view))
        }
        TransactionStatus::Dropped(reason) => {
            (StatusCode::OK, Json(TransactionStatusView::dropped(&hash, reason)))
        }
        TransactionStatus::Pending(_) | TransactionStatus::Unknown => {
            (StatusCode::ACCEPTED, Json(pending))
        }
    })
}

/// Executes a transaction on the newest state and keeps nothing
///
/// The signature may be missing or wrong.
#[utoipa::path(post, path = "/v1/transactions/simulate", tag = "transactions",
    request_body(content((TransactionBody = "application/json"),
        (String = "application/octet-stream"))),
    responses((status = 200, description = "What would happen", body = SimulationView)))]
pub(super) async fn simulate(
    State(app): State<Arc<App>>,
    SmallBody(format, body): SmallBody,
) -> Result<Json<SimulationView>, ApiError> {
    let transaction = parse::maybe_signed(format, body)?;
    let simulation = app.backend.simulate(transaction).await;
    Ok(Json(SimulationView::new(simulation, app.show())))
}

/// Who wants test money.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FaucetRequest {
    /// The account to pay to.
    address: String,
}

/// Gives an account test money, on networks that have a faucet
#[utoipa::path(post, path = "/v1/faucet", tag = "transactions", request_body = FaucetRequest,
    responses((status = 202, description = "The payment waits in the mempool",
        body = TransactionStatusView)))]
pub(super) async fn faucet(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Client>,
    JsonBody(request): JsonBody<FaucetRequest>,
) -> Result<Accepted, ApiError> {
    let address = parse::address(&request.address)?;
    let answer = app.backend.faucet(address, client.address).await;
    let hash = answer.map_err(ApiError::rejected)?;
    let view = TransactionStatusView {
        status: "pending".to_owned(),
        ..TransactionStatusView::unknown(&hash)
    };
    Ok((StatusCode::ACCEPTED, Json(view)))
}

pub(super) fn bad_batch(message: String) -> ApiError {
    ApiError::new(ErrorCode::InvalidBatch, message)
}
