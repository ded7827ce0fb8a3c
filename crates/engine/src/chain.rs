//! What this node knows of the chain's tip: blocks that were executed but are not final, the last
//! finalized block, and the branches that lost.

use crate::{block::Block, metrics::Metrics, pace::Tempo, pool::SharedPool, types::Digest};
use althing_ledger::query;
use althing_state::{StateKey, StateValue, Write};
use althing_types::{
    Address, ChainParams, Event, Genesis, Hash, Header, Height, Nonce, Receipt, SyncRange,
    Timestamp,
    network::{GENESIS_SPEC, NetworkSpec},
};
use commonware_utils::sync::Mutex;
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};
use tokio::sync::watch;

/// How many abandoned headers are remembered.
const ABANDONED: usize = 256;

/// A finalized block with its outcome.
#[derive(Clone, Debug)]
pub struct FinalizedBlock {
    /// The block.
    pub block: Arc<althing_types::Block>,
    /// Its digest.
    pub hash: Hash,
    /// The outcomes of its transactions, in order; then the receipt of the block itself, if
    /// anything happened in it by itself.
    pub receipts: Arc<Vec<Receipt>>,
}

impl FinalizedBlock {
    /// The outcomes of the transactions, one each, in order.
    pub fn transaction_receipts(&self) -> &[Receipt] {
        split(&self.receipts, self.block.transactions.len()).0
    }

    /// What happened in the block by itself, after its transactions: rewards, jails, payments of
    /// what was unbonding. Empty for most blocks.
    pub fn block_events(&self) -> &[Event] {
        split(&self.receipts, self.block.transactions.len()).1
    }
}

/// The parameters that a block wrote, if it changed them.
fn params_in(writes: &[Write]) -> Option<ChainParams> {
    let value = written(writes, query::params_key())?;
    query::decode_params(value).ok()
}

/// What a block wrote under a key, if anything. `writes` are ordered by key.
pub(crate) fn written(writes: &[Write], key: StateKey) -> Option<&StateValue> {
    let index = writes.binary_search_by(|(found, _)| found.cmp(&key)).ok()?;
    writes[index].1.as_ref()
}

/// Receipts of `transactions` transactions, and the events of the block itself.
pub fn split(receipts: &[Receipt], transactions: usize) -> (&[Receipt], &[Event]) {
    let (own, rest) = receipts.split_at(transactions.min(receipts.len()));
    let block = rest.first().filter(|receipt| receipt.is_of_block());
    (own, block.map_or(&[], |receipt| &receipt.events))
}

/// The configuration of the network that this node runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its version.
    pub version: u64,
    /// What it says.
    pub spec: NetworkSpec,
}

/// The last finalized block whose state is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Its header.
    pub header: Header,
    /// Its digest.
    pub hash: Hash,
}

struct Branch {
    block: Block,
    receipts: Arc<Vec<Receipt>>,
    writes: Arc<Vec<Write>>,
    nonces: Arc<InFlight>,
    /// The parameters, if the block changed them.
    params: Option<Arc<ChainParams>>,
}

struct State {
    branches: HashMap<Digest, Branch>,
    /// The parameters after the tip.
    params: Arc<ChainParams>,
    spec: Arc<Applied>,
    abandoned: VecDeque<Header>,
}

/// Shared knowledge about the tip.
pub struct Chain {
    state: Mutex<State>,
    tip: watch::Sender<Tip>,
    log: watch::Sender<SyncRange>,
    /// The height of the applied state, once that is open.
    applied: watch::Sender<Option<Height>>,
    genesis_time: Timestamp,
    pool: Arc<SharedPool>,
    metrics: Arc<Metrics>,
}

/// For each sender with transactions in unfinalized blocks of a branch: its next nonce there.
pub type InFlight = HashMap<Address, Nonce>;

impl Chain {
    /// The chain of `genesis`, whose block is `tip`.
    ///
    /// # Panics
    /// If the genesis is illegal, which the ledger finds out before.
    pub fn new(genesis: &Genesis, tip: Tip, pool: Arc<SharedPool>, metrics: Arc<Metrics>) -> Self {
        let state = State {
            branches: HashMap::new(),
            params: Arc::new(genesis.params.clone()),
            spec: Arc::new(Applied {
                version: GENESIS_SPEC,
                spec: genesis.network_spec().expect("the ledger has checked the genesis"),
            }),
            abandoned: VecDeque::new(),
        };
        Self {
            state: Mutex::new(state),
            log: watch::Sender::new(tip.header.operations),
            applied: watch::Sender::new(None),
            tip: watch::Sender::new(tip),
            genesis_time: genesis.genesis_time,
            pool,
            metrics,
        }
    }

    /// The parameters after the last finalized block. Until the state is open, those of genesis.
    pub fn params(&self) -> Arc<ChainParams> {
        self.state.lock().params.clone()
    }

    /// The configuration of the network that this node runs.
    pub fn applied_spec(&self) -> Arc<Applied> {
        self.state.lock().spec.clone()
    }

    /// From now on this node runs another configuration of the network.
    pub(crate) fn apply_spec(&self, spec: Arc<Applied>) {
        self.state.lock().spec = spec;
    }

    /// The state is open, and `params` are in it. The caller lets no block be applied meanwhile.
    pub(crate) fn opened(&self, params: ChainParams) {
        self.follow(Arc::new(params));
        self.applied.send_replace(Some(self.tip().header.height));
    }

    /// These are the parameters after the tip.
    fn follow(&self, params: Arc<ChainParams>) {
        self.pool.with(|pool| pool.set_deposit(params.governance.deposit));
        self.state.lock().params = params;
    }

    /// The parameters that bind a child of `parent`: those of the tip, unless a block between them
    /// changed some.
    pub fn params_after(&self, parent: &Digest) -> Arc<ChainParams> {
        let state = self.state.lock();
        let mut cursor = *parent;
        while let Some(branch) = state.branches.get(&cursor) {
            if let Some(params) = &branch.params {
                return params.clone();
            }
            cursor = branch.block.header.parent;
        }
        state.params.clone()
    }

    /// The rules of time under `params`.
    pub const fn tempo(&self, params: &ChainParams) -> Tempo {
        Tempo {
            genesis: self.genesis_time,
            busy_ms: params.busy_interval_ms,
            idle_ms: params.idle_interval_ms,
        }
    }

    /// Resolves when the state is open and block `height` or a later one is applied to it. For one waiter, as
    /// [`watch_log`](Self::watch_log).
    pub(crate) async fn applied(&self, height: Height) {
        let mut applied = self.applied.subscribe();
        // The sender is this chain's own.
        let _ = applied.wait_for(|applied| applied.is_some_and(|at| at >= height)).await;
    }

    /// The transaction pool.
    pub fn pool(&self) -> &Arc<SharedPool> {
        &self.pool
    }

    /// The last finalized block whose state is applied.
    pub fn tip(&self) -> Tip {
        self.tip.borrow().clone()
    }

    /// Notified of every new tip.
    pub fn watch_tip(&self) -> watch::Receiver<Tip> {
        self.tip.subscribe()
    }

    /// Notified of what the state's log spans at every new tip. For one waiter: several that wait
    /// for one channel wake in random order, and a simulation must repeat itself.
    pub(crate) fn watch_log(&self) -> watch::Receiver<SyncRange> {
        self.log.subscribe()
    }

    /// Sets the tip without an outcome: at start, from what is on disk.
    pub fn resume(&self, tip: Tip) {
        self.advance(tip);
    }

    fn advance(&self, tip: Tip) {
        let height = tip.header.height;
        self.log.send_replace(tip.header.operations);
        self.tip.send_replace(tip);
        self.applied.send_if_modified(|applied| {
            let opened = applied.is_some();
            *applied = opened.then_some(height);
            opened
        });
    }

    /// Remembers a block that was executed.
    pub fn executed(&self, block: &Block, receipts: &Arc<Vec<Receipt>>, writes: &Arc<Vec<Write>>) {
        let mut nonces: InFlight = HashMap::with_capacity(block.transactions.len());
        for transaction in &block.transactions {
            let next = transaction.body().nonce.next().unwrap_or(transaction.body().nonce);
            let entry = nonces.entry(transaction.sender()).or_insert(next);
            *entry = next.max(*entry);
        }
        let branch = Branch {
            block: block.clone(),
            receipts: receipts.clone(),
            writes: writes.clone(),
            nonces: Arc::new(nonces),
            params: params_in(writes).map(Arc::new),
        };
        self.state.lock().branches.insert(block.hash(), branch);
    }

    /// The outcome of an executed block that is not yet applied.
    pub fn outcome(&self, digest: &Digest) -> Option<Arc<Vec<Receipt>>> {
        self.state.lock().branches.get(digest).map(|branch| branch.receipts.clone())
    }

    /// What unfinalized blocks from the tip to `parent` hold.
    pub fn in_flight(&self, parent: &Digest) -> InFlight {
        let state = self.state.lock();
        let mut merged = InFlight::new();
        let mut cursor = *parent;
        while let Some(branch) = state.branches.get(&cursor) {
            if merged.is_empty() {
                merged = (*branch.nonces).clone();
            } else {
                for (sender, nonce) in branch.nonces.iter() {
                    merged.entry(*sender).or_insert(*nonce);
                }
            }
            cursor = branch.block.header.parent;
        }
        merged
    }

    /// What the longest branch of unfinalized blocks holds.
    pub fn in_flight_here(&self) -> InFlight {
        let highest = {
            let state = self.state.lock();
            let headers = state.branches.iter().map(|(hash, branch)| (&branch.block.header, hash));
            headers.max_by_key(|(header, _)| (header.height, header.view)).map(|(_, hash)| *hash)
        };
        highest.map_or_else(InFlight::new, |hash| self.in_flight(&hash))
    }

    /// Whether a transaction waits that a child of `parent` could take.
    pub fn has_work(&self, parent: &Digest) -> bool {
        self.pool.has_ready(&self.in_flight(parent))
    }

    /// Moves the tip to a finalized block whose state is applied, and forgets the branches that
    /// lost. Returns the block with its outcome and its writes; `None` if it was not executed here.
    pub fn finalized(&self, block: &Block) -> Option<(FinalizedBlock, Arc<Vec<Write>>)> {
        let height = block.header.height;
        let (mine, lost) = self.state.lock().settle(block, height);
        self.metrics.abandoned(lost);
        let mine = mine?;
        if let Some(params) = mine.params {
            self.follow(params);
        }
        self.advance(Tip { header: block.header.clone(), hash: block.hash() });
        let (block, hash) = (block.inner().clone(), block.hash());
        Some((FinalizedBlock { block, hash, receipts: mine.receipts }, mine.writes))
    }

    /// The header of the tip or of an unfinalized block that led to this state root.
    pub fn with_root(&self, root: &Hash) -> Option<Header> {
        let tip = self.tip.borrow().header.clone();
        if tip.state_root == *root {
            return Some(tip);
        }
        let state = self.state.lock();
        let mut headers = state.branches.values().map(|branch| &branch.block.header);
        let found = headers.find(|header| header.state_root == *root).cloned();
        drop(state);
        // Between the two looks the block may have become the tip.
        found.or_else(|| {
            Some(self.tip()).map(|tip| tip.header).filter(|tip| tip.state_root == *root)
        })
    }

    /// Headers of competing proposals that were executed and abandoned, newest first.
    pub fn abandoned(&self) -> Vec<Header> {
        self.state.lock().abandoned.iter().rev().cloned().collect()
    }

    /// Unfinalized blocks that are held.
    pub fn speculative(&self) -> usize {
        self.state.lock().branches.len()
    }
}

impl State {
    fn settle(&mut self, block: &Block, height: Height) -> (Option<Branch>, usize) {
        let mine = self.branches.remove(&block.hash());
        let mut lost: Vec<Header> = Vec::new();
        self.branches.retain(|_, branch| {
            let keep = branch.block.header.height > height;
            if !keep {
                lost.push(branch.block.header.clone());
            }
            keep
        });
        lost.sort_by_key(|header| (header.height, header.epoch, header.view));
        let count = lost.len();
        self.abandoned.extend(lost);
        while self.abandoned.len() > ABANDONED {
            self.abandoned.pop_front();
        }
        (mine, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::{Amount, Code, Gas, hash::sha256};

    #[test]
    fn the_receipt_of_the_block_is_told_from_those_of_its_transactions() {
        let receipt = |name: &[u8]| Receipt {
            transaction: sha256(&[name]),
            code: Code::OK,
            gas_used: Gas::ZERO,
            fee: Amount::ZERO,
            events: Vec::new(),
        };
        let event = Event::Transferred {
            from: Address::default(),
            to: Address::default(),
            amount: Amount::new(1),
        };
        let mut receipts = vec![receipt(b"a"), receipt(b"b")];
        assert_eq!(split(&receipts, 2), (receipts.as_slice(), &[] as &[Event]));
        receipts.push(Receipt::of_block(vec![event.clone()]));
        let (own, events) = split(&receipts, 2);
        assert_eq!((own.len(), events), (2, std::slice::from_ref(&event)));
        assert_eq!(split(&receipts[2..], 0).1, [event]);
        assert_eq!(split(&[], 0), (&[] as &[Receipt], &[] as &[Event]));
    }
}
