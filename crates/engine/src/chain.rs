//! What this node knows of the chain's tip: blocks that were executed but are not final, the last
//! finalized block, and the branches that lost.

use crate::{block::Block, metrics::Metrics, pool::SharedPool, types::Digest};
use althing_state::Write;
use althing_types::{Address, Event, Hash, Header, Height, Nonce, Receipt, SyncRange};
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

/// Receipts of `transactions` transactions, and the events of the block itself.
pub fn split(receipts: &[Receipt], transactions: usize) -> (&[Receipt], &[Event]) {
    let (own, rest) = receipts.split_at(transactions.min(receipts.len()));
    let block = rest.first().filter(|receipt| receipt.is_of_block());
    (own, block.map_or(&[], |receipt| &receipt.events))
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
}

#[derive(Default)]
struct State {
    branches: HashMap<Digest, Branch>,
    abandoned: VecDeque<Header>,
}

/// Shared knowledge about the tip.
pub struct Chain {
    state: Mutex<State>,
    tip: watch::Sender<Tip>,
    log: watch::Sender<SyncRange>,
    pool: Arc<SharedPool>,
    metrics: Arc<Metrics>,
}

/// For each sender with transactions in unfinalized blocks of a branch: its next nonce there.
pub type InFlight = HashMap<Address, Nonce>;

impl Chain {
    /// A chain whose last applied block is `tip`.
    pub fn new(tip: Tip, pool: Arc<SharedPool>, metrics: Arc<Metrics>) -> Self {
        let log = watch::Sender::new(tip.header.operations);
        Self { state: Mutex::default(), tip: watch::Sender::new(tip), log, pool, metrics }
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
        self.log.send_replace(tip.header.operations);
        self.tip.send_replace(tip);
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
