//! What every handler shares.

use crate::{
    backend::Backend,
    config::ApiConfig,
    error::{ApiError, ErrorCode},
    metrics::Metrics,
    rate::Limiter,
    views::{FinalityView, Names, Show},
};
use althing_ledger::compute::query::ReportError;
use althing_types::{Block, Epoch, Hash, Height, Receipt, ValidatorSet, compute::DeviceId};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Refusals that are remembered; beyond that, all are looked up again.
const MOST_REFUSALS: usize = 1_024;

/// Why reports of devices were refused, by the device and the height at which it was attested. That
/// never changes.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<BTreeMap<(DeviceId, Height), ReportError>>);

impl Refusals {
    pub(crate) fn get(&self, of: (DeviceId, Height)) -> Option<ReportError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&of).copied()
    }

    pub(crate) fn keep(&self, of: (DeviceId, Height), error: ReportError) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_REFUSALS {
            known.clear();
        }
        known.insert(of, error);
    }
}

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
    pub(crate) refusals: Refusals,
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
            refusals: Refusals::default(),
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
