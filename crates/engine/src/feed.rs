//! Tells others what happened: a broadcast of events, which the slow may miss, and an ordered
//! stream of finalized blocks, which misses nothing.

use crate::{
    chain::{Chain, FinalizedBlock},
    outcomes::Outcomes,
    types::Marshal,
};
use althing_mempool::Dropped;
use althing_types::{Height, SignedTransaction};
use commonware_consensus::{marshal::Identifier, types::Height as ConsensusHeight};
use commonware_utils::sync::Mutex;
use std::{collections::VecDeque, sync::Arc};
use tokio::sync::{broadcast, mpsc};

/// Events that a slow subscriber may be behind before it misses some.
const BACKLOG: usize = 16_384;
/// Finalized blocks that are kept in memory.
const RECENT: usize = 32;
/// Transactions that those blocks may hold together.
const RECENT_TRANSACTIONS: usize = 200_000;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A block was finalized and its state applied.
    Finalized(FinalizedBlock),
    /// A transaction entered the mempool.
    Pending(SignedTransaction),
    /// A transaction left the mempool without being included.
    Dropped(Dropped),
}

/// Where events go. Cloning is cheap.
#[derive(Clone)]
pub struct Feed(Arc<Inner>);

struct Inner {
    events: broadcast::Sender<Event>,
    recent: Mutex<VecDeque<FinalizedBlock>>,
}

impl Default for Feed {
    fn default() -> Self {
        let (events, _) = broadcast::channel(BACKLOG);
        Self(Arc::new(Inner { events, recent: Mutex::default() }))
    }
}

impl Feed {
    /// Events from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.0.events.subscribe()
    }

    /// Whether anybody listens.
    pub fn is_heard(&self) -> bool {
        self.0.events.receiver_count() > 0
    }

    /// Sends an event to all who listen.
    pub fn send(&self, event: Event) {
        let _ = self.0.events.send(event);
    }

    /// Takes note of a finalized block.
    pub fn finalized(&self, block: FinalizedBlock) {
        let mut recent = self.0.recent.lock();
        recent.push_back(block.clone());
        let mut held: usize = recent.iter().map(|block| block.block.transactions.len()).sum();
        while recent.len() > RECENT || (held > RECENT_TRANSACTIONS && recent.len() > 1) {
            held -= recent.pop_front().map_or(0, |block| block.block.transactions.len());
        }
        drop(recent);
        self.send(Event::Finalized(block));
    }

    /// A block of the last few.
    pub fn recent(&self, height: Height) -> Option<FinalizedBlock> {
        let recent = self.0.recent.lock();
        recent.iter().find(|block| block.block.header.height == height).cloned()
    }
}

/// Reads a finalized block with its outcome, from memory or from disk.
pub async fn load(
    feed: &Feed,
    marshal: &Marshal,
    outcomes: &Outcomes,
    height: Height,
) -> Option<FinalizedBlock> {
    if let Some(block) = feed.recent(height) {
        return Some(block);
    }
    let block = marshal.get_block(Identifier::Height(ConsensusHeight::new(height.get()))).await?;
    let receipts = outcomes.get(height).await?;
    let (block, hash) = (block.inner().inner().clone(), block.inner().hash());
    Some(FinalizedBlock { block, hash, receipts })
}

/// Sends every finalized block from `from` on to `sink`, in order and without a gap, at the pace
/// of whoever reads it. Returns when nobody reads it any more, and when the node stops.
pub async fn deliver(
    from: Height,
    sink: mpsc::Sender<FinalizedBlock>,
    chain: Arc<Chain>,
    feed: Feed,
    marshal: Marshal,
    outcomes: Outcomes,
) {
    let mut tip = chain.watch_tip();
    let mut next = from.max(Height::new(1));
    loop {
        let known = tip.borrow_and_update().header.height;
        while next <= known {
            let Some(block) = load(&feed, &marshal, &outcomes, next).await else {
                // A node that stops has no answer. That is the end, not a gap.
                if outcomes.is_closed() || marshal.get_processed().await.is_none() {
                    return;
                }
                // A block that only state sync covered has no outcome here.
                tracing::warn!(height = %next, "no outcome is stored for a finalized block");
                next = next.next().unwrap_or(next);
                continue;
            };
            if sink.send(block).await.is_err() {
                return;
            }
            next = next.next().unwrap_or(next);
        }
        if tip.changed().await.is_err() {
            return;
        }
    }
}
