//! The node behind the API: canned, with a few switches.

mod backend;

use crate::{
    chain::{self, Finalized},
    governed, worked,
};
use althing_api::backend::{ChainEvent, NodeInfo, Rejection, TransactionRef};
use althing_index::IndexedBlock;
use althing_ledger::versions::Releases;
use althing_state::{StateKey, StateValue};
use althing_types::{Genesis, Hash, Height, SignedTransaction, ValidatorKey, Version};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};
use tokio::sync::broadcast;

pub struct Node {
    info: NodeInfo,
    pub blocks: Mutex<Vec<Finalized>>,
    pub pending: Mutex<Vec<SignedTransaction>>,
    pub dropped: Mutex<Vec<(Hash, Rejection)>>,
    pub commands: Mutex<Vec<String>>,
    pub events: broadcast::Sender<ChainEvent>,
    pub indexed: AtomicBool,
    pub broken: AtomicBool,
    pub panics: AtomicBool,
    pub certified: AtomicBool,
    /// Whether a submitted transaction is finalized at once.
    pub instant: AtomicBool,
    /// Records that are other than the story left them.
    pub replaced: Mutex<BTreeMap<StateKey, StateValue>>,
    /// Calls of `finality`.
    pub finality_calls: AtomicUsize,
}

pub const TIP: u64 = 24;

impl Node {
    pub fn new() -> Arc<Self> {
        Self::knowing(Releases::default())
    }

    /// Of software that knows no later rules than these.
    pub fn older(newest: Version) -> Arc<Self> {
        Self::knowing(Releases::default().until(newest))
    }

    fn knowing(releases: Releases) -> Arc<Self> {
        let genesis: Genesis = chain::genesis();
        let info = NodeInfo {
            version: "0.1.0",
            commit: "abcdef0123",
            protocol: 1,
            releases,
            genesis_hash: genesis.hash(),
            genesis: Arc::new(genesis),
            started_at_ms: 1_700_000_000_000,
            validator: Some(chain::validator_key()),
        };
        let reason = Rejection { code: "expired".into(), message: "Too late.".into() };
        Arc::new(Self {
            info,
            blocks: Mutex::new(chain::chain(TIP)),
            pending: Mutex::new(vec![chain::transfer(50, 0), chain::transfer_at(51, 0, 3)]),
            dropped: Mutex::new(vec![(chain::transfer(60, 0).hash(), reason)]),
            commands: Mutex::new(Vec::new()),
            events: broadcast::channel(64).0,
            indexed: AtomicBool::new(true),
            broken: AtomicBool::new(false),
            panics: AtomicBool::new(false),
            certified: AtomicBool::new(true),
            instant: AtomicBool::new(false),
            replaced: Mutex::default(),
            finality_calls: AtomicUsize::new(0),
        })
    }

    fn at(&self, height: Height) -> Option<Finalized> {
        let blocks = self.blocks.lock().unwrap();
        usize::try_from(height.get()).ok().and_then(|height| blocks.get(height).cloned())
    }

    /// Finalizes a block and tells the world, unless `silent`.
    pub fn finalize(&self, transactions: Vec<SignedTransaction>, silent: bool) {
        let mut blocks = self.blocks.lock().unwrap();
        let next =
            chain::block_after(blocks.last().map(|entry| entry.block.as_ref()), transactions);
        blocks.push(next.clone());
        drop(blocks);
        if !silent {
            let Finalized { block, receipts } = next;
            let hash = block.hash();
            let _ = self.events.send(ChainEvent::Block { block, hash, receipts });
        }
    }

    /// Tells the world of a block that was made elsewhere.
    pub fn tell(&self, entry: IndexedBlock) {
        let IndexedBlock { block, hash, receipts } = entry;
        let _ = self.events.send(ChainEvent::Block { block, hash, receipts });
    }

    fn command(&self, text: String, key: ValidatorKey) -> Result<(), Rejection> {
        if key != chain::validator_key() {
            return Err(rejection("unknown_peer"));
        }
        self.commands.lock().unwrap().push(text);
        Ok(())
    }

    fn index(&self) -> Option<&'static governed::Governed> {
        self.indexed.load(Ordering::Relaxed).then(governed::world)
    }

    fn work(&self) -> Option<&'static worked::Worked> {
        self.indexed.load(Ordering::Relaxed).then(worked::world)
    }

    fn included(&self) -> Vec<TransactionRef> {
        let blocks = self.blocks.lock().unwrap();
        let mut entries = Vec::new();
        for Finalized { block, receipts } in blocks.iter() {
            for (index, pair) in block.transactions.iter().zip(receipts.iter()).enumerate() {
                entries.push(TransactionRef {
                    height: block.header.height,
                    index: index as u32,
                    time_ms: block.header.timestamp.get(),
                    transaction: pair.0.clone(),
                    receipt: pair.1.clone(),
                });
            }
        }
        entries.reverse();
        entries
    }

    fn page(&self, before: Option<(Height, u32)>, limit: usize) -> Option<Vec<TransactionRef>> {
        self.indexed.load(Ordering::Relaxed).then(|| {
            let older = |entry: &TransactionRef| {
                before.is_none_or(|before| (entry.height, entry.index) < before)
            };
            self.included().into_iter().filter(older).take(limit).collect()
        })
    }
}

pub fn rejection(code: &str) -> Rejection {
    Rejection { code: code.to_owned(), message: format!("Refused: {code}.") }
}
