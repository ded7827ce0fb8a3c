//! Bundles of proof. What they hold is fixed by `althing_client::verify`.

use crate::{
    backend::{Finality, StateProof},
    error::{ApiError, ErrorCode},
    extract::UrlPath,
    state::App,
    views::{AccountBundle, FinalityView, RecordBundle, SharedFinality, TransactionBundle, hex_of},
};
use althing_ledger::query;
use althing_state::StateKey;
use althing_types::{Address, Epoch, Hash, Height, Receipt, SignedTransaction, merkle};
use axum::{Json, extract::State};
use commonware_codec::Encode as _;
use std::sync::{Arc, PoisonError};

fn unavailable(what: &str) -> ApiError {
    let message = format!("{what}: ask again in a moment, or another node.");
    ApiError::new(ErrorCode::ProofUnavailable, message)
}

/// Leads from the last block of an epoch to a certificate. Kept, because every bundle of a later
/// epoch holds it.
pub(super) async fn boundary(app: &App, epoch: Epoch) -> Option<Arc<FinalityView>> {
    let position = usize::try_from(epoch.get()).ok()?;
    let kept = {
        let kept = app.boundaries.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(position).cloned()
    };
    if kept.is_some() {
        return kept;
    }
    let length = app.backend.info().genesis.params.epoch_length;
    let last = epoch.next()?.get().checked_mul(length)?.checked_sub(1)?;
    let finality = app.backend.finality(Height::new(last)).await?;
    let view = Arc::new(FinalityView::from(&finality));
    let mut kept = app.boundaries.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() == position {
        kept.push(Arc::clone(&view));
    }
    Some(view)
}

/// The boundaries of all epochs before that of the certificate.
async fn epochs(app: &App, finality: &Finality) -> Result<Vec<SharedFinality>, ApiError> {
    let Some(certified) = finality.headers.last() else {
        return Err(unavailable("There is no certificate of this block yet"));
    };
    let mut epochs = Vec::new();
    for epoch in 0..certified.epoch.get() {
        let Some(view) = boundary(app, Epoch::new(epoch)).await else {
            let what = format!("This node lacks the proof of the end of epoch {epoch}");
            return Err(unavailable(&what));
        };
        epochs.push(SharedFinality(view));
    }
    Ok(epochs)
}

async fn state(app: &App, key: StateKey) -> Result<StateProof, ApiError> {
    let proof = app.backend.state_proof(key).await;
    proof.ok_or_else(|| unavailable("There is no certified state to prove anything in yet"))
}

/// A record of the state with its proof
///
/// The key in hex; the READMEs of the modules of the ledger say which record stands where. A record
/// that is not there is proven not to be there.
#[utoipa::path(get, path = "/v1/state/{key}", tag = "chain",
    params(("key" = String, Path, description = "The key, 2 to 128 hex characters")),
    responses((status = 200, description = "What `althing verify` reads", body = RecordBundle)))]
pub(super) async fn record(
    State(app): State<Arc<App>>,
    UrlPath(key): UrlPath<String>,
) -> Result<Json<RecordBundle>, ApiError> {
    let key = hex::decode(&key).ok().and_then(|bytes| StateKey::from_bytes(&bytes));
    let key = key.ok_or_else(|| {
        let message =
            "A key of the state is 2 to 128 hex characters, the first two of which name its table.";
        ApiError::new(ErrorCode::InvalidParameter, message)
    })?;
    let proof = state(&app, key).await?;
    Ok(Json(RecordBundle {
        kind: "record",
        genesis_hash: hex_of(&app.backend.info().genesis_hash),
        key: key.to_string(),
        height: proof.height.get(),
        value: proof.value.as_ref().map(hex::encode),
        proof: hex::encode(&proof.proof),
        finality: FinalityView::from(&proof.finality),
        epochs: epochs(&app, &proof.finality).await?,
    }))
}

/// The proof of an account.
pub(super) async fn account(app: &App, address: Address) -> Result<AccountBundle, ApiError> {
    let proof = state(app, query::account_key(address)).await?;
    Ok(AccountBundle {
        kind: "account",
        genesis_hash: hex_of(&app.backend.info().genesis_hash),
        address: address.to_string(),
        height: proof.height.get(),
        value: proof.value.as_ref().map(hex::encode),
        proof: hex::encode(&proof.proof),
        finality: FinalityView::from(&proof.finality),
        epochs: epochs(app, &proof.finality).await?,
    })
}

/// The proof of an included transaction and its receipt.
pub(super) async fn transaction(
    app: &App,
    (height, index): (Height, u32),
    transaction: &SignedTransaction,
    receipt: &Receipt,
) -> Result<TransactionBundle, ApiError> {
    let finality = app
        .backend
        .finality(height)
        .await
        .ok_or_else(|| unavailable("There is no certificate of this block yet"))?;
    let block = app.block(height).await?;
    let receipts = app.receipts(height).await?;
    let hashes: Vec<Hash> = block.transactions.iter().map(SignedTransaction::hash).collect();
    let receipt_hashes: Vec<Hash> = receipts.iter().map(Receipt::hash).collect();
    let prove = |leaves: &[Hash]| {
        let proof = merkle::prove(leaves, index).map(|proof| hex::encode(proof.to_bytes()));
        proof.ok_or_else(|| unavailable("The block of this transaction is being written"))
    };
    Ok(TransactionBundle {
        kind: "transaction",
        genesis_hash: hex_of(&app.backend.info().genesis_hash),
        hash: hex_of(&transaction.hash()),
        height: height.get(),
        index,
        transaction: hex::encode(transaction.bytes()),
        receipt: hex::encode(receipt.encode()),
        transaction_proof: prove(&hashes)?,
        receipt_proof: prove(&receipt_hashes)?,
        finality: FinalityView::from(&finality),
        epochs: epochs(app, &finality).await?,
    })
}
