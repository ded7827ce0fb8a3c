//! Finds transactions: in the mempool, among those that left it a short while ago, and in the
//! index.

use althing_api::backend::{Rejection, TransactionRef, TransactionStatus};
use althing_engine::node::EngineHandle;
use althing_index::{Index, IndexError, Position};
use althing_mempool::{DropReason, Fate};
use althing_types::{Block, Hash, Height, Receipt};
use std::sync::Arc;
use tracing::warn;

/// A reason for leaving the mempool, as the API tells it.
pub(super) fn rejection(reason: &DropReason) -> Rejection {
    Rejection { code: reason.code().to_owned(), message: reason.to_string() }
}

/// Runs a query of the index off the async threads; `None` if it fails.
pub(super) async fn ask<T: Send + 'static>(
    index: &Arc<Index>,
    query: impl FnOnce(&Index) -> Result<T, IndexError> + Send + 'static,
) -> Option<T> {
    let index = index.clone();
    match tokio::task::spawn_blocking(move || query(&index)).await {
        Ok(Ok(answer)) => Some(answer),
        Ok(Err(failure)) => {
            warn!(%failure, "a query of the index failed");
            None
        }
        Err(failure) => {
            warn!(%failure, "a query of the index failed");
            None
        }
    }
}

/// Where a transaction is.
pub(super) async fn transaction(
    engine: &EngineHandle,
    index: Option<&Arc<Index>>,
    hash: Hash,
) -> TransactionStatus {
    // Twice: it may be finalized between the look at the pool and the look at what left it.
    for _ in 0..2 {
        if let Some(pending) = engine.pending(&hash) {
            return TransactionStatus::Pending(pending);
        }
        match engine.fate(&hash) {
            Some(Fate::Included(height)) => {
                if let Some(found) = in_block(engine, height, hash).await {
                    return found;
                }
            }
            Some(Fate::Dropped(reason)) => return TransactionStatus::Dropped(rejection(&reason)),
            None => break,
        }
    }
    let Some(index) = index else { return TransactionStatus::Unknown };
    let position = ask(index, move |index| index.position(&hash)).await.flatten();
    let Some((height, _)) = position else { return TransactionStatus::Unknown };
    in_block(engine, height, hash).await.unwrap_or(TransactionStatus::Unknown)
}

async fn in_block(engine: &EngineHandle, height: Height, hash: Hash) -> Option<TransactionStatus> {
    let (block, receipts) = outcome(engine, height).await?;
    let place = block.transactions.iter().position(|transaction| transaction.hash() == hash)?;
    Some(TransactionStatus::Included {
        height,
        index: u32::try_from(place).ok()?,
        transaction: block.transactions.get(place)?.clone(),
        receipt: receipts.get(place)?.clone(),
    })
}

async fn outcome(engine: &EngineHandle, height: Height) -> Option<(Arc<Block>, Arc<Vec<Receipt>>)> {
    let block = engine.block(height).await?;
    let receipts = engine.receipts(height).await?;
    Some((block, receipts))
}

/// The transactions at these positions, in the same order. Those of one block are read together.
pub(super) async fn at(engine: &EngineHandle, positions: Vec<Position>) -> Vec<TransactionRef> {
    let mut found = Vec::with_capacity(positions.len());
    let mut open: Option<(Height, Arc<Block>, Arc<Vec<Receipt>>)> = None;
    for (height, index) in positions {
        if open.as_ref().is_none_or(|(held, ..)| *held != height) {
            open = outcome(engine, height).await.map(|(block, receipts)| (height, block, receipts));
        }
        let Some((_, block, receipts)) = &open else { continue };
        let place = usize::try_from(index).unwrap_or(usize::MAX);
        let (Some(transaction), Some(receipt)) =
            (block.transactions.get(place), receipts.get(place))
        else {
            continue;
        };
        found.push(TransactionRef {
            height,
            index,
            time_ms: block.header.timestamp.get(),
            transaction: transaction.clone(),
            receipt: receipt.clone(),
        });
    }
    found
}
