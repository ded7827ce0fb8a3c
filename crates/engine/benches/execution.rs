//! Prints what the execution of a block costs over states of several sizes: reads from the state
//! database, the ledger, and the new root, on the storage and the caches of a real node. Every
//! transfer pays an account drawn from the whole state. Before each block happens what a node does
//! while no block waits: it reads what its transactions touch when it admits them, and the old records
//! that blocks will move.
//!
//!     cargo bench -p althing-engine --bench execution [-- ACCOUNTS ...]
#![allow(clippy::unwrap_used, missing_docs, reason = "a program for developers")]
#![allow(clippy::disallowed_types, reason = "a benchmark reads the clock; the ledger does not")]

#[path = "../../ledger/benches/common/mod.rs"]
mod common;

use althing_engine::{
    exec::{self, Mode},
    node::BLOCKING_THREADS,
    readahead,
    storage::{self, Memory},
    types::{Dbs, Merkleized},
};
use althing_ledger::{Account, BlockContext, Ledger, query};
use althing_types::{Amount, Genesis, Height, Nonce, SignedTransaction, SyncRange, Timestamp};
use common::{Random, authorization, genesis, transfer};
use commonware_codec::Encode as _;
use commonware_glue::stateful::db::{DatabaseSet, Unmerkleized as _};
use commonware_parallel::Rayon;
use commonware_runtime::{
    Runner as _, Strategizer as _, Supervisor as _,
    tokio::{self as runtime, Context},
};
use std::{
    num::NonZeroUsize,
    sync::Arc,
    time::{Duration, Instant},
};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const SENDERS: usize = 200_000;
/// Transactions in a block, and how many such blocks are measured.
const BLOCKS: [(usize, usize); 3] = [(20_000, 24), (5_000, 60), (500, 240)];

type State = Dbs<Context, Rayon>;

/// A chain of one node, without consensus.
struct Bench {
    genesis: Arc<Genesis>,
    ledger: Ledger,
    state: State,
    accounts: usize,
    nonces: Vec<u64>,
    height: u64,
    /// How far old records were read.
    reached: u64,
    random: Random,
}

/// Medians, in nanoseconds for each transfer.
struct Cost {
    warm: u128,
    read: u128,
    execute: u128,
    apply: u128,
}

impl Bench {
    /// A state with so many accounts, each of which has a record.
    async fn new(context: &Context, accounts: usize) -> Self {
        let genesis = Arc::new(genesis(&[]));
        let ledger = Ledger::new(genesis.clone()).unwrap();
        let strategy = context.strategy(NonZeroUsize::new(2).unwrap());
        let config = storage::state(context, "bench", &Memory::node(), strategy).await.unwrap();
        let state =
            <State as DatabaseSet<Context>>::init(context.child("state"), config, None).await;
        let mut bench = Self {
            genesis,
            ledger,
            state,
            accounts,
            nonces: vec![0; SENDERS],
            height: 0,
            reached: 0,
            random: Random(0x9e37_79b9_7f4a_7c15),
        };
        bench.block(Vec::new()).await;
        bench.populate().await;
        bench
    }

    async fn commit(&self, merkleized: Merkleized<Context, Rayon>) {
        DatabaseSet::<Context>::apply(&self.state, merkleized).await;
        let barrier = DatabaseSet::<Context>::finalize(&self.state).await;
        assert!(barrier.durable().await);
    }

    async fn populate(&self) {
        let balance = Amount::from_tokens(1_000_000).unwrap();
        let rich = Account { nonce: Nonce::ZERO, balance, vesting: false };
        let value = althing_state::StateValue::new(rich.encode()).unwrap();
        let mut next = 0;
        while next < self.accounts {
            let until = self.accounts.min(next + 50_000);
            let mut batch = DatabaseSet::<Context>::new_batches(&self.state).await;
            for index in next..until {
                let key = query::account_key(authorization(index).address());
                batch = batch.write(key, Some(value.clone()));
            }
            self.commit(batch.merkleize().await.unwrap()).await;
            next = until;
        }
    }

    fn transfer(&mut self) -> SignedTransaction {
        let from = self.random.below(SENDERS);
        let to = authorization(self.random.below(self.accounts)).address();
        let nonce = self.nonces[from];
        self.nonces[from] += 1;
        transfer(&self.genesis, authorization(from), nonce, to)
    }

    /// What the mempool reads when it admits, reading for the block, executing, applying.
    async fn block(&mut self, transactions: Vec<SignedTransaction>) -> [Duration; 4] {
        self.height += 1;
        let height = Height::new(self.height);
        let context = BlockContext {
            height,
            epoch: height.epoch(self.genesis.params.epoch_length),
            timestamp: Timestamp::new(self.height),
            proposer: self.genesis.validators[0].key,
            view: althing_types::View::new(1),
            parent_view: althing_types::View::new(0),
            parent: althing_types::hash::zero(),
            reveal: althing_types::hash::zero(),
        };
        let mut keys = Vec::new();
        for transaction in &transactions {
            self.ledger.transaction_keys(transaction, &mut keys);
        }
        let start = Instant::now();
        for some in keys.chunks(500) {
            let references: Vec<_> = some.iter().collect();
            self.state.read().await.get_many(&references).await.unwrap();
        }
        let warm = start.elapsed();
        let log = {
            let database = self.state.read().await;
            SyncRange { start: *database.sync_boundary(), end: *database.bounds().end }
        };
        let cache = Memory::node().state_cache;
        self.reached = readahead::ahead(&self.state, &log, cache, self.reached).await;
        let batch = DatabaseSet::<Context>::new_batches(&self.state).await;
        let start = Instant::now();
        let reads = exec::read::<Context, Rayon>(&self.ledger, &context, &transactions, batch);
        let reads = reads.await.unwrap();
        let read = start.elapsed();
        let executed = exec::execute(&self.ledger, context, transactions, Mode::Check, reads);
        let executed = executed.await.map_err(|error| format!("{error:?}")).unwrap();
        let execute = start.elapsed() - read;
        assert!(executed.receipts.iter().all(|receipt| receipt.code.is_ok()));
        let start = Instant::now();
        self.commit(executed.state).await;
        [warm, read, execute, start.elapsed()]
    }

    async fn measure(&mut self, (size, blocks): (usize, usize)) -> Cost {
        let mut times = Vec::new();
        for _ in 0..blocks {
            let transactions = (0..size).map(|_| self.transfer()).collect();
            times.push(self.block(transactions).await);
        }
        let median = |column: usize| {
            let mut column: Vec<Duration> = times.iter().map(|row| row[column]).collect();
            column.sort_unstable();
            column[column.len() / 2].as_nanos() / size as u128
        };
        Cost { warm: median(0), read: median(1), execute: median(2), apply: median(3) }
    }
}

fn main() {
    let sizes: Vec<usize> =
        std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![SENDERS, 5_000_000] } else { sizes };
    println!("nanoseconds for each transfer, medians of many blocks\n");
    println!("accounts   block  admission    read  execute   total    apply  ratio");
    let mut first: Vec<u128> = Vec::new();
    for accounts in sizes {
        let folder = tempfile::tempdir().unwrap();
        let settings = runtime::Config::new()
            .with_worker_threads(2)
            .with_max_blocking_threads(BLOCKING_THREADS)
            .with_storage_directory(folder.path());
        let first = &mut first;
        runtime::Runner::new(settings).start(|context| async move {
            let mut bench = Bench::new(&context, accounts.max(SENDERS)).await;
            for (index, (size, blocks)) in BLOCKS.into_iter().enumerate() {
                let Cost { warm, read, execute, apply } = bench.measure((size, blocks)).await;
                let total = read + execute;
                if first.len() <= index {
                    first.push(total);
                }
                println!(
                    "{accounts:>8} {size:>7} {warm:>10} {read:>7} {execute:>8} {total:>7} {apply:>8} {:>6.2}",
                    total as f64 / first[index] as f64
                );
            }
        });
    }
}
