//! A chain of one node, without consensus: blocks on the storage and the caches of a real node.

#![allow(dead_code, reason = "shared by benchmarks")]

#[path = "../../../ledger/benches/common/mod.rs"]
mod ledger;

pub(crate) use ledger::{Random, authorization, genesis, transfer};

use althing_engine::{
    exec::{self, Mode},
    node::BLOCKING_THREADS,
    readahead,
    storage::{self, Memory},
    types::{Dbs, Merkleized},
};
use althing_ledger::{BlockContext, Ledger};
use althing_state::{StateKey, StateValue, Write};
use althing_types::{Genesis, Height, SignedTransaction, SyncRange, Timestamp};
use commonware_glue::stateful::db::{DatabaseSet, Unmerkleized as _};
use commonware_parallel::Rayon;
use commonware_runtime::{
    Strategizer as _, Supervisor as _,
    tokio::{self as runtime, Context},
};
use std::{
    num::NonZeroUsize,
    sync::Arc,
    time::{Duration, Instant},
};

pub(crate) type State = Dbs<Context, Rayon>;

/// What a block took and did.
pub(crate) struct Done {
    /// What the mempool reads when it admits.
    pub(crate) admit: Duration,
    /// Reading for the block.
    pub(crate) read: Duration,
    /// Executing it.
    pub(crate) execute: Duration,
    /// The new root, and storing it.
    pub(crate) store: Duration,
    pub(crate) gas: u64,
    pub(crate) writes: Arc<Vec<Write>>,
}

/// The chain.
pub(crate) struct Node {
    pub(crate) genesis: Arc<Genesis>,
    pub(crate) state: State,
    /// The next nonce of each user.
    pub(crate) nonces: Vec<u64>,
    pub(crate) height: u64,
    ledger: Ledger,
    /// How far old records were read.
    reached: u64,
}

impl Node {
    /// Before its first block.
    pub(crate) async fn new(context: &Context, genesis: Genesis, users: usize) -> Self {
        let genesis = Arc::new(genesis);
        let ledger = Ledger::new(genesis.clone()).unwrap();
        let strategy = context.strategy(NonZeroUsize::new(2).unwrap());
        let config = storage::state(context, "bench", &Memory::node(), strategy).await.unwrap();
        let state =
            <State as DatabaseSet<Context>>::init(context.child("state"), config, None).await;
        Self { genesis, state, nonces: vec![0; users], height: 0, ledger, reached: 0 }
    }

    async fn commit(&self, merkleized: Merkleized<Context, Rayon>) {
        DatabaseSet::<Context>::apply(&self.state, merkleized).await;
        let barrier = DatabaseSet::<Context>::finalize(&self.state).await;
        assert!(barrier.durable().await);
    }

    /// Writes records past the ledger.
    pub(crate) async fn put(&self, records: impl IntoIterator<Item = (StateKey, StateValue)>) {
        let mut batch = DatabaseSet::<Context>::new_batches(&self.state).await;
        for (key, value) in records {
            batch = batch.write(key, Some(value));
        }
        self.commit(batch.merkleize().await.unwrap()).await;
    }

    /// What a node does while no block waits: it reads what transactions touch when it admits them, which
    /// is timed, and the old records that blocks will move.
    async fn prepare(&mut self, transactions: &[SignedTransaction]) -> Duration {
        let mut keys = Vec::new();
        for transaction in transactions {
            self.ledger.transaction_keys(transaction, &mut keys);
        }
        let start = Instant::now();
        for some in keys.chunks(500) {
            let references: Vec<_> = some.iter().collect();
            self.state.read().await.get_many(&references).await.unwrap();
        }
        let admit = start.elapsed();
        let log = {
            let database = self.state.read().await;
            SyncRange { start: *database.sync_boundary(), end: *database.bounds().end }
        };
        let cache = Memory::node().state_cache;
        self.reached = readahead::ahead(&self.state, &log, cache, self.reached).await;
        admit
    }

    /// Executes and stores a block of this time, in milliseconds. All transactions succeed.
    pub(crate) async fn block(&mut self, time: u64, transactions: Vec<SignedTransaction>) -> Done {
        self.height += 1;
        let height = Height::new(self.height);
        let context = BlockContext {
            height,
            epoch: height.epoch(self.genesis.params.epoch_length),
            timestamp: Timestamp::new(time),
            proposer: self.genesis.validators[0].key,
            view: althing_types::View::new(1),
            parent_view: althing_types::View::new(0),
            parent: althing_types::hash::zero(),
            reveal: althing_types::hash::zero(),
        };
        let admit = self.prepare(&transactions).await;
        let batch = DatabaseSet::<Context>::new_batches(&self.state).await;
        let start = Instant::now();
        let reads = exec::read::<Context, Rayon>(&self.ledger, &context, &transactions, batch);
        let reads = reads.await.unwrap();
        let read = start.elapsed();
        let executed = exec::execute(&self.ledger, context, transactions, Mode::Check, reads);
        let executed = executed.await.map_err(|error| format!("{error:?}")).unwrap();
        let execute = start.elapsed() - read;
        for receipt in executed.receipts.iter() {
            assert!(receipt.code.is_ok(), "{receipt:?}");
        }
        let (gas, writes) = (executed.gas_used.get(), Arc::clone(&executed.writes));
        let start = Instant::now();
        self.commit(executed.state).await;
        Done { admit, read, execute, store: start.elapsed(), gas, writes }
    }
}

/// A runtime like that of a node, on this folder.
pub(crate) fn runner(folder: &tempfile::TempDir) -> runtime::Runner {
    let settings = runtime::Config::new()
        .with_worker_threads(2)
        .with_max_blocking_threads(BLOCKING_THREADS)
        .with_storage_directory(folder.path());
    runtime::Runner::new(settings)
}
