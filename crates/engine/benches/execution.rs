//! Prints what the execution of a block costs over states of several sizes: reads from the state
//! database, the ledger, and the new root, on the storage and the caches of a real node. Every
//! transfer pays an account drawn from the whole state. Before each block happens what a node does
//! while no block waits: it reads what its transactions touch when it admits them, and the old records
//! that blocks will move.
//!
//!     cargo bench -p althing-engine --bench execution [-- ACCOUNTS ...]
#![allow(clippy::unwrap_used, missing_docs, reason = "a program for developers")]
#![allow(clippy::disallowed_types, reason = "a benchmark reads the clock; the ledger does not")]

mod common;

use althing_ledger::{Account, query};
use althing_types::{Amount, Nonce, SignedTransaction};
use common::{Done, Node, Random, authorization, genesis, runner, transfer};
use commonware_codec::Encode as _;
use commonware_runtime::{Runner as _, tokio::Context};
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const SENDERS: usize = 200_000;
/// Transactions in a block, and how many such blocks are measured.
const BLOCKS: [(usize, usize); 3] = [(20_000, 24), (5_000, 60), (500, 240)];

/// A chain whose accounts are all there.
struct Bench {
    node: Node,
    accounts: usize,
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
        let node = Node::new(context, genesis(&[]), SENDERS).await;
        let mut bench = Self { node, accounts, random: Random(0x9e37_79b9_7f4a_7c15) };
        bench.block(Vec::new()).await;
        bench.populate().await;
        bench
    }

    async fn populate(&self) {
        let balance = Amount::from_tokens(1_000_000).unwrap();
        let rich = Account { nonce: Nonce::ZERO, balance, vesting: false };
        let value = althing_state::StateValue::new(rich.encode()).unwrap();
        let mut next = 0;
        while next < self.accounts {
            let until = self.accounts.min(next + 50_000);
            let key = |index| query::account_key(authorization(index).address());
            self.node.put((next..until).map(|index| (key(index), value.clone()))).await;
            next = until;
        }
    }

    fn transfer(&mut self) -> SignedTransaction {
        let from = self.random.below(SENDERS);
        let to = authorization(self.random.below(self.accounts)).address();
        let nonce = self.node.nonces[from];
        self.node.nonces[from] += 1;
        transfer(&self.node.genesis, authorization(from), nonce, to)
    }

    /// What the mempool reads when it admits, reading for the block, executing, applying.
    async fn block(&mut self, transactions: Vec<SignedTransaction>) -> [Duration; 4] {
        let Done { admit, read, execute, store, .. } =
            self.node.block(self.node.height + 1, transactions).await;
        [admit, read, execute, store]
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
        let first = &mut first;
        runner(&folder).start(|context| async move {
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
