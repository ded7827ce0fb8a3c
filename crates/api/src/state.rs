//! What every handler shares.

use crate::{
    backend::Backend,
    config::ApiConfig,
    error::{ApiError, ErrorCode},
    metrics::Metrics,
    rate::Limiter,
    views::{FinalityView, Names, Show},
};
use althing_types::{Block, Epoch, Hash, Height, Receipt, ValidatorSet};
use std::sync::{Arc, Mutex};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) struct App {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) config: ApiConfig,
    pub(crate) metrics: Metrics,
    pub(crate) reads: Limiter,
    pub(crate) submits: Limiter,
    pub(crate) batched: Limiter,
    pub(crate) requests: Arc<Semaphore>,
    pub(crate) subscribers: Arc<Semaphore>,
    /// Boundary proofs of epochs 0, 1, 2 …; they never change once they exist.
    pub(crate) boundaries: Mutex<Vec<Arc<FinalityView>>>,
    pub(crate) genesis_json: String,
    /// Held while an audit runs.
    pub(crate) audits: tokio::sync::Mutex<()>,
}

impl App {
    pub(crate) fn new(backend: Arc<dyn Backend>, config: ApiConfig) -> Self {
        Self {
            metrics: Metrics::new(),
            reads: Limiter::new(config.read_quota),
            submits: Limiter::new(config.submit_quota),
            batched: Limiter::new(config.batch_quota),
            requests: Arc::new(Semaphore::new(config.max_concurrent)),
            subscribers: Arc::new(Semaphore::new(config.max_subscribers)),
            boundaries: Mutex::new(Vec::new()),
            audits: tokio::sync::Mutex::new(()),
            genesis_json: backend.info().genesis.to_json(),
            backend,
            config,
        }
    }

    /// How amounts and codes are written.
    pub(crate) fn show(&self) -> Show<'_> {
        Show { symbol: &self.backend.info().genesis.symbol, rules: &self.config.rules }
    }

    /// Names of validators: those that are registered, and those of the genesis file.
    pub(crate) async fn names(&self) -> Names {
        let genesis = self.backend.info().genesis.validators.iter();
        let mut names: Names = genesis.map(|v| (v.key, v.name.to_string())).collect();
        let list = self.backend.validator_list().await;
        names.extend(list.iter().map(|v| (v.key, v.details.name.to_string())));
        names
    }

    /// The validator set of an epoch.
    pub(crate) async fn set_of(&self, epoch: Epoch) -> Result<ValidatorSet, ApiError> {
        self.backend.validators(epoch).await.ok_or_else(|| {
            let message = format!("This node does not know the validators of epoch {epoch}.");
            ApiError::new(ErrorCode::EpochNotFound, message)
                .detail(serde_json::json!({ "epoch": epoch }))
        })
    }

    pub(crate) async fn block(&self, height: Height) -> Result<Arc<Block>, ApiError> {
        self.backend.block(height).await.ok_or_else(|| missing_block(height))
    }

    pub(crate) async fn receipts(&self, height: Height) -> Result<Arc<Vec<Receipt>>, ApiError> {
        self.backend.receipts(height).await.ok_or_else(|| missing_block(height))
    }

    /// A place among event streams and waiting submissions.
    pub(crate) fn subscribe(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        Arc::clone(&self.subscribers).try_acquire_owned().map_err(|_| {
            let message = "Too many event streams are open on this node: try again or use another.";
            ApiError::new(ErrorCode::TooManySubscribers, message)
        })
    }
}

fn missing_block(height: Height) -> ApiError {
    ApiError::new(ErrorCode::BlockNotFound, format!("This node has no block {height}."))
        .detail(serde_json::json!({ "height": height }))
}

pub(crate) fn missing_transaction(hash: &Hash) -> ApiError {
    let message = "This node knows no such transaction: it may not have arrived yet.";
    ApiError::new(ErrorCode::TransactionNotFound, message)
        .detail(serde_json::json!({ "hash": hex::encode(hash.as_ref()) }))
}
