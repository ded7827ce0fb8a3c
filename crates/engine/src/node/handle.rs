//! The handle of a running node. Cloning is cheap; every method works from any async runtime.

use super::{Context, Ending, NodeValidator};
use crate::{
    admit::Admitter,
    block::Block,
    chain::FinalizedBlock,
    duties::Errands,
    error::EngineError,
    evidence::Fault,
    feed::{self, Event},
    net::PeerTable,
    types::Dbs,
    votes::VoteCount,
};
use althing_ledger::Ledger;
use althing_mempool::{Fate, Stats};
use althing_types::{
    Address, Epoch, Hash, Header, Height, Nonce, SignedTransaction, ValidatorKey, ValidatorSet,
    View,
};
use commonware_consensus::{
    Heightable as _,
    marshal::Identifier,
    types::{Epocher as _, Height as ConsensusHeight},
};
use commonware_parallel::Rayon;
use commonware_runtime::Metrics as _;
use std::{collections::BTreeMap, future::Future, sync::Arc};
use tokio::sync::{broadcast, watch};

/// What the handle is made of.
pub(super) struct Parts {
    pub(super) genesis_block: Block,
    pub(super) context: Context,
    pub(super) runtime: tokio::runtime::Handle,
    pub(super) validator: NodeValidator,
    pub(super) database: Dbs<Context, Rayon>,
    pub(super) admitter: Admitter<Context, Rayon>,
    pub(super) table: PeerTable,
    pub(super) errands: Errands,
}

/// Where a node stands. Cheap to take.
#[derive(Clone, Debug)]
pub struct Status {
    /// The last finalized block whose state is applied.
    pub tip: Header,
    /// Its digest.
    pub tip_hash: Hash,
    /// Epoch and view of consensus.
    pub position: (Epoch, View),
    /// Counts of the mempool.
    pub mempool: Stats,
    /// Competing proposals that were executed and abandoned since start.
    pub abandoned_branches: u64,
    /// Whether the engine still runs.
    pub running: bool,
}

/// Handle of a running node.
#[derive(Clone)]
pub struct EngineHandle {
    pub(super) parts: Arc<Parts>,
    stop: watch::Sender<bool>,
    ending: watch::Receiver<Ending>,
}

impl EngineHandle {
    pub(super) fn new(
        parts: Parts,
        stop: watch::Sender<bool>,
        ending: watch::Receiver<Ending>,
    ) -> Self {
        Self { parts: Arc::new(parts), stop, ending }
    }

    /// Runs `work` on the engine's runtime, which its storage needs. `None` if the engine stops.
    pub(super) async fn on_engine<T, F>(&self, work: F) -> Option<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        self.parts.runtime.spawn(work).await.ok()
    }

    /// The state machine.
    pub fn ledger(&self) -> &Ledger {
        &self.parts.validator.ledger
    }

    /// Messages for the account of this node to send.
    pub fn errands(&self) -> &Errands {
        &self.parts.errands
    }

    /// Where the node stands.
    pub fn status(&self) -> Status {
        let validator = &self.parts.validator;
        let tip = validator.chain.tip();
        Status {
            tip: tip.header,
            tip_hash: tip.hash,
            position: validator.watch.position(),
            mempool: validator.pool.stats(),
            abandoned_branches: validator.metrics.abandoned_total(),
            running: self.ending.borrow().is_none(),
        }
    }

    /// Events from now on. Those who read too slowly miss some, and are told so.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.parts.validator.feed.subscribe()
    }

    /// Changes whenever a block is finalized and applied.
    pub fn watch_tip(&self) -> watch::Receiver<crate::chain::Tip> {
        self.parts.validator.chain.watch_tip()
    }

    /// A finalized block with its outcome.
    pub async fn finalized(&self, height: Height) -> Option<FinalizedBlock> {
        let validator = &self.parts.validator;
        let (feed, marshal, outcomes) =
            (validator.feed.clone(), validator.marshal.clone(), validator.outcomes.clone());
        self.on_engine(async move { feed::load(&feed, &marshal, &outcomes, height).await }).await?
    }

    /// A finalized block; height 0 is the genesis block.
    pub async fn block(&self, height: Height) -> Option<Arc<althing_types::Block>> {
        if height == Height::ZERO {
            return Some(self.parts.genesis_block.inner().clone());
        }
        if let Some(block) = self.parts.validator.feed.recent(height) {
            return Some(block.block);
        }
        let identifier = Identifier::Height(ConsensusHeight::new(height.get()));
        let block = self.parts.validator.marshal.get_block(identifier).await?;
        Some(block.inner().inner().clone())
    }

    /// Height of the finalized block with this digest.
    pub async fn height_of(&self, hash: Hash) -> Option<Height> {
        if hash == self.parts.genesis_block.hash() {
            return Some(Height::ZERO);
        }
        let block = self.parts.validator.marshal.get_block(Identifier::Digest(hash)).await?;
        let height = Height::new(block.height().get());
        let final_block = self.block(height).await?;
        (final_block.hash() == hash).then_some(height)
    }

    /// Receipts of a finalized block.
    pub async fn receipts(&self, height: Height) -> Option<Arc<Vec<althing_types::Receipt>>> {
        if let Some(block) = self.parts.validator.feed.recent(height) {
            return Some(block.receipts);
        }
        self.parts.validator.outcomes.get(height).await
    }

    /// How often validators signed the finalization certificates that this node stored since it
    /// started. Other nodes may have stored other certificates.
    pub fn observed_votes(&self) -> BTreeMap<ValidatorKey, VoteCount> {
        self.parts.validator.votes.counts()
    }

    /// The validators of an epoch that has begun, also of one that ended long ago.
    pub async fn validators_of(&self, epoch: Epoch) -> Option<Arc<ValidatorSet>> {
        if let Some(set) = self.validators(epoch) {
            return Some(set);
        }
        let header = self.epoch_header(epoch.previous()?).await?;
        header.next_validators.map(Arc::new)
    }

    /// The validators of an epoch that has begun; `None` also for those that ended long ago.
    pub fn validators(&self, epoch: Epoch) -> Option<Arc<ValidatorSet>> {
        self.parts.validator.sets.set(epoch)
    }

    /// The last height of an epoch.
    pub fn boundary(&self, epoch: Epoch) -> Option<Height> {
        let epocher = crate::assemble::epocher(self.ledger().genesis());
        let last = epocher.last(commonware_consensus::types::Epoch::new(epoch.get()))?;
        Some(Height::new(last.get()))
    }

    /// Competing proposals that were executed and abandoned, newest first.
    pub fn forks(&self) -> Vec<Header> {
        self.parts.validator.chain.abandoned()
    }

    /// Consensus faults that this node saw, newest first.
    pub fn faults(&self) -> Vec<Fault> {
        self.parts.validator.watch.faults()
    }

    /// A waiting transaction.
    pub fn pending(&self, hash: &Hash) -> Option<SignedTransaction> {
        self.parts.validator.pool.with(|pool| pool.get(hash).cloned())
    }

    /// What became of a transaction that left the mempool a short while ago.
    pub fn fate(&self, hash: &Hash) -> Option<Fate> {
        self.parts.validator.pool.fate(hash)
    }

    /// Waiting transactions, in the order in which they would be taken.
    pub fn mempool(&self, limit: usize) -> Vec<SignedTransaction> {
        self.parts.validator.pool.with(|pool| pool.ready(limit))
    }

    /// The nonce after everything of this account that waits without a gap, if anything does.
    pub fn pending_nonce(&self, address: &Address) -> Option<Nonce> {
        self.parts.validator.pool.with(|pool| pool.pending_nonce(address))
    }

    /// Prometheus text: the chain's metrics, then the runtime's.
    pub fn metrics(&self) -> String {
        let own = self.parts.validator.metrics.encode();
        let own = own.trim_end().trim_end_matches("# EOF");
        format!("{own}{}", self.parts.context.encode())
    }

    /// Stops the engine cleanly and waits until it has.
    ///
    /// # Errors
    /// Why it had stopped before, if it had failed.
    pub async fn shutdown(&self) -> Result<(), EngineError> {
        self.stop.send_replace(true);
        self.ended().await
    }

    /// Resolves when the engine has stopped.
    ///
    /// # Errors
    /// Why it stopped, if nobody asked it to.
    pub async fn ended(&self) -> Result<(), EngineError> {
        let mut ending = self.ending.clone();
        match ending.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or(Ok(())),
            Err(_) => Err(EngineError::Stopped("its thread is gone".to_owned())),
        }
    }
}
