//! Waits until a transaction is settled.

use crate::{
    backend::{ChainEvent, TransactionStatus},
    error::ApiError,
    state::App,
};
use althing_types::Hash;
use std::time::Duration;
use tokio::sync::{
    OwnedSemaphorePermit,
    broadcast::{Receiver, error::RecvError},
};

/// Somebody who waits for one transaction.
pub(super) struct Waiter {
    hash: Hash,
    receiver: Receiver<ChainEvent>,
    _place: OwnedSemaphorePermit,
}

impl Waiter {
    /// Listens from now on.
    pub(super) fn new(app: &App, hash: Hash) -> Result<Self, ApiError> {
        Ok(Self { _place: app.subscribe()?, receiver: app.backend.events(), hash })
    }

    /// Its status once it is included or dropped; its status then, after `timeout`.
    pub(super) async fn settled(mut self, app: &App, timeout: Duration) -> TransactionStatus {
        match tokio::time::timeout(timeout, self.follow(app)).await {
            Ok(status) => status,
            Err(_) => app.backend.transaction(self.hash).await,
        }
    }

    async fn follow(&mut self, app: &App) -> TransactionStatus {
        loop {
            match self.receiver.recv().await {
                Ok(ChainEvent::Block { block, receipts, .. }) => {
                    // The receipts lie side by side, which makes this a fast scan.
                    let found = receipts.iter().position(|entry| entry.transaction == self.hash);
                    let Some(index) = found else { continue };
                    let Some(transaction) = block.transactions.get(index) else { continue };
                    return TransactionStatus::Included {
                        height: block.header.height,
                        index: index as u32,
                        transaction: transaction.clone(),
                        receipt: receipts[index].clone(),
                    };
                }
                Ok(ChainEvent::Dropped { transaction, reason })
                    if transaction.hash() == self.hash =>
                {
                    return TransactionStatus::Dropped(reason);
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => {
                    let status = app.backend.transaction(self.hash).await;
                    let settled = matches!(
                        status,
                        TransactionStatus::Included { .. } | TransactionStatus::Dropped(_)
                    );
                    if settled {
                        return status;
                    }
                }
                Err(RecvError::Closed) => return app.backend.transaction(self.hash).await,
            }
        }
    }
}
