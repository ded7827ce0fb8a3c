//! Many transactions in one request. This is the path of load: nothing is written for a
//! transaction that is accepted, and signatures are verified together.

use super::bad_batch;
use crate::{
    backend::Rejection,
    error::{ApiError, ErrorCode},
    extract::BatchBody,
    guard::{self, Client},
    state::App,
    views::{BatchAnswer, BatchRejection, hex_of},
};
use althing_types::{Hash, SignedTransaction, limits::MAX_TRANSACTION_BYTES};
use axum::{Extension, Json, extract::State};
use bytes::{Buf as _, Bytes};
use serde_json::json;
use std::sync::Arc;

/// Bytes of the length before each transaction.
const LENGTH_BYTES: usize = 4;
/// Batches above this are decoded beside the server's own threads.
const INLINE_BYTES: usize = 32 * 1024;

/// A batch that was read: what is well-formed, where it stood, and what is not.
#[derive(Default)]
struct Decoded {
    transactions: Vec<SignedTransaction>,
    positions: Vec<usize>,
    rejected: Vec<BatchRejection>,
}

/// Submits many signed transactions
///
/// The body is a list of encoded transactions, each behind its length (4 bytes, big endian).
#[utoipa::path(post, path = "/v1/transactions/batch", tag = "transactions",
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 200, description = "How many were accepted, and which were not",
        body = BatchAnswer)))]
pub(crate) async fn batch(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Client>,
    BatchBody(body): BatchBody,
) -> Result<Json<BatchAnswer>, ApiError> {
    let limit = app.config.max_batch_transactions;
    let decoded = if body.len() > INLINE_BYTES {
        let task = tokio::task::spawn_blocking(move || decode(body, limit));
        task.await.map_err(|_| ApiError::new(ErrorCode::Internal, "The batch was not read."))??
    } else {
        decode(body, limit)?
    };
    let Decoded { transactions, positions, mut rejected } = decoded;
    guard::check_transactions(&app, client, transactions.len() + rejected.len())?;
    let hashes: Vec<Hash> = transactions.iter().map(SignedTransaction::hash).collect();
    let mut answers = app.backend.submit(transactions).await.into_iter();
    let mut accepted = 0;
    for (index, hash) in positions.into_iter().zip(&hashes) {
        match answers.next().unwrap_or_else(|| Err(unanswered())) {
            Ok(()) => accepted += 1,
            Err(Rejection { code, message }) => {
                rejected.push(BatchRejection { index, hash: Some(hex_of(hash)), code, message });
            }
        }
    }
    rejected.sort_by_key(|rejection| rejection.index);
    app.metrics.submitted(accepted, rejected.len());
    Ok(Json(BatchAnswer { accepted, rejected }))
}

/// Stands for an answer that the node owes.
pub(super) fn unanswered() -> Rejection {
    Rejection {
        code: "not_ready".to_owned(),
        message: "The node did not answer for this transaction: send it again.".to_owned(),
    }
}

fn decode(mut body: Bytes, limit: usize) -> Result<Decoded, ApiError> {
    let mut decoded = Decoded::default();
    let mut index = 0;
    while !body.is_empty() {
        if index == limit {
            let message = format!("A batch has at most {limit} transactions: send two batches.");
            return Err(bad_batch(message).detail(json!({ "limit": limit })));
        }
        if body.len() < LENGTH_BYTES {
            return Err(cut(index));
        }
        let length = body.get_u32() as usize;
        if length > body.len() {
            return Err(cut(index));
        }
        let bytes = body.split_to(length);
        match read(&bytes) {
            Ok(transaction) => {
                decoded.transactions.push(transaction);
                decoded.positions.push(index);
            }
            Err(message) => decoded.rejected.push(BatchRejection {
                index,
                hash: None,
                code: ErrorCode::InvalidTransaction.name().to_owned(),
                message,
            }),
        }
        index += 1;
    }
    Ok(decoded)
}

fn read(bytes: &[u8]) -> Result<SignedTransaction, String> {
    if bytes.len() > MAX_TRANSACTION_BYTES {
        return Err(format!("A transaction has at most {MAX_TRANSACTION_BYTES} bytes."));
    }
    // A copy of its own: one that waits for long must not keep the whole batch in memory.
    SignedTransaction::from_bytes(Bytes::copy_from_slice(bytes))
        .map_err(|error| format!("The bytes are no transaction: {error}."))
}

fn cut(index: usize) -> ApiError {
    let message = "The batch is cut off: each transaction stands behind its length, 4 bytes, big \
                   endian. Nothing was submitted.";
    bad_batch(message.to_owned()).detail(json!({ "index": index }))
}
