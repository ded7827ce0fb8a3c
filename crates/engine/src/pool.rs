//! The transaction pool as the engine shares it: behind a lock, with a signal for arrivals, fed
//! with what finalized blocks did, and reporting what it drops.

use crate::{
    chain::{FinalizedBlock, InFlight},
    feed::{Event, Feed},
    metrics::Metrics,
};
use althing_ledger::{Invalid, query};
use althing_mempool::{
    Account, Dropped, Inserted, Limits, Origin, Pool, PoolConfig, Rejection, Stats, Verifier,
};
use althing_state::Write;
use althing_types::{
    Address, ChainParams, Hash, Height, Nonce, SignedTransaction, Timestamp,
    limits::MAX_BLOCK_TRANSACTIONS,
};
use commonware_parallel::Strategy;
use commonware_utils::sync::Mutex;
use std::{
    collections::HashSet,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};
use tokio::sync::Notify;

/// What became of a transaction that was to enter the pool.
#[derive(Clone, Debug)]
pub enum Admission {
    /// It was admitted or refused.
    Decided(Result<Inserted, Rejection>),
    /// Its sender's account must be looked up first.
    Stranger(SignedTransaction),
}

/// A pool that several tasks share.
pub struct SharedPool {
    pool: Mutex<Pool>,
    verifier: Arc<Verifier>,
    arrived: Notify,
    height: AtomicU64,
    feed: Feed,
    metrics: Arc<Metrics>,
}

impl SharedPool {
    /// An empty pool.
    pub fn new(
        config: PoolConfig,
        verifier: Arc<Verifier>,
        feed: Feed,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            pool: Mutex::new(Pool::new(config)),
            verifier,
            arrived: Notify::new(),
            height: AtomicU64::new(0),
            feed,
            metrics,
        }
    }

    /// Checks signatures, once per node.
    pub fn verifier(&self) -> &Arc<Verifier> {
        &self.verifier
    }

    /// Resolves when a transaction has arrived since this was called.
    pub fn arrival(&self) -> impl Future<Output = ()> + Send + '_ {
        let mut notified = Box::pin(self.arrived.notified());
        notified.as_mut().enable();
        notified
    }

    /// Runs `f` on the pool. It must be short.
    pub fn with<T>(&self, f: impl FnOnce(&mut Pool) -> T) -> T {
        f(&mut self.pool.lock())
    }

    /// Counts.
    pub fn stats(&self) -> Stats {
        self.pool.lock().stats()
    }

    /// Admits transactions whose signatures were verified, each with its sender's account and
    /// the height it was read at, or none if [`strangers`](Self::strangers) did not name the sender.
    /// What the pool knows of a sender counts first, because every finalized block keeps it current.
    /// One answer each, in order; a transaction comes back if its account is missing or was read
    /// before the last finalized block.
    pub fn insert(
        &self,
        transactions: Vec<(SignedTransaction, Option<(Account, Height)>)>,
        origin: Origin,
        now: Timestamp,
    ) -> Vec<Admission> {
        let heard = self.feed.is_heard();
        let mut answers = Vec::with_capacity(transactions.len());
        let mut entered = Vec::new();
        let stats = {
            let mut pool = self.pool.lock();
            let height = Height::new(self.height.load(Ordering::Relaxed));
            for (transaction, account) in transactions {
                let read = account.filter(|(_, read)| *read >= height).map(|(account, _)| account);
                let Some(account) = pool.account(&transaction.sender()).or(read) else {
                    answers.push(Admission::Stranger(transaction));
                    continue;
                };
                let copy = heard.then(|| transaction.clone());
                let answer = pool.insert(transaction, account, origin, height, now.get());
                if let (Ok(_), Some(copy)) = (&answer, copy) {
                    entered.push(copy);
                }
                answers.push(Admission::Decided(answer));
            }
            pool.stats()
        };
        self.metrics.mempool(stats.transactions, stats.bytes);
        entered.into_iter().for_each(|transaction| self.feed.send(Event::Pending(transaction)));
        let mut any = false;
        for answer in &answers {
            if let Admission::Decided(Ok(inserted)) = answer {
                any = true;
                self.announce(inserted.dropped.clone());
            }
        }
        if any {
            self.arrived.notify_waiters();
        }
        answers
    }

    /// The senders of `transactions` that the pool knows nothing about, without repetition.
    pub fn strangers(&self, transactions: &[SignedTransaction]) -> Vec<Address> {
        let pool = self.pool.lock();
        let mut seen = HashSet::new();
        let unknown = |address: &Address| pool.pending_nonce(address).is_none();
        let senders = transactions.iter().map(SignedTransaction::sender);
        senders.filter(|address| unknown(address) && seen.insert(*address)).collect()
    }

    /// Candidates for the block at `height` on a branch with these unfinalized transactions, within
    /// the limits of `params`.
    pub fn select(
        &self,
        in_flight: &InFlight,
        height: Height,
        params: &ChainParams,
    ) -> Vec<SignedTransaction> {
        let limits = Limits {
            bytes: usize::try_from(params.max_block_bytes).unwrap_or(usize::MAX),
            gas: params.block_gas_limit,
            count: MAX_BLOCK_TRANSACTIONS,
            sender_count: usize::MAX,
            height,
        };
        let nonces = |address: Address| -> Option<Nonce> { in_flight.get(&address).copied() };
        self.pool.lock().select(&limits, &nonces)
    }

    /// Whether a transaction waits that is not in flight.
    pub fn has_ready(&self, in_flight: &InFlight) -> bool {
        let pool = self.pool.lock();
        let ready = pool.stats().ready;
        if in_flight.is_empty() || ready == 0 {
            return ready > 0;
        }
        let limits = Limits {
            bytes: usize::MAX,
            gas: althing_types::Gas::new(u64::MAX),
            count: 1,
            sender_count: usize::MAX,
            height: Height::ZERO,
        };
        !pool.select(&limits, &|address| in_flight.get(&address).copied()).is_empty()
    }

    /// Takes out transactions that execution refused. Those whose predecessors are missing stay.
    pub fn refuse(&self, refused: &[(SignedTransaction, Invalid)]) {
        let mut dropped = Vec::new();
        {
            let mut pool = self.pool.lock();
            for (transaction, invalid) in refused {
                if matches!(invalid, Invalid::NonceTooHigh { .. }) {
                    continue;
                }
                let hash = transaction.hash();
                dropped.extend(pool.discard(&hash, invalid.code(), invalid.to_string()));
            }
        }
        self.announce(dropped);
    }

    /// Verifies the signatures of a block, those that are not known to be good, on `strategy`.
    pub async fn verify_block<S: Strategy>(
        &self,
        transactions: Vec<SignedTransaction>,
        strategy: S,
    ) -> bool {
        let verifier = self.verifier.clone();
        let started = Instant::now();
        let good = strategy
            .spawn(transactions.len(), move |strategy| {
                verifier.verify_block(&transactions, &strategy)
            })
            .await;
        self.metrics.verified(started.elapsed());
        good
    }

    /// Takes note of a finalized block. `writes` is what it left in the state, ordered by key.
    pub fn settle(&self, finalized: &FinalizedBlock, writes: &[Write], now: Timestamp) {
        let block = &finalized.block;
        let (dropped, stats) = {
            let mut pool = self.pool.lock();
            self.height.store(block.header.height.get(), Ordering::Relaxed);
            let accounts = accounts_after(&pool, writes);
            let dropped =
                pool.finalized(&block.transactions, block.header.height, now.get(), accounts);
            (dropped, pool.stats())
        };
        self.metrics.mempool(stats.transactions, stats.bytes);
        self.announce(dropped);
    }

    /// Where the chain stands, at start.
    pub fn resume(&self, height: Height) {
        self.height.store(height.get(), Ordering::Relaxed);
    }

    /// What became of a transaction that left a short while ago.
    pub fn fate(&self, hash: &Hash) -> Option<althing_mempool::Fate> {
        self.pool.lock().fate(hash)
    }

    fn announce(&self, dropped: Vec<Dropped>) {
        for dropped in dropped {
            self.feed.send(Event::Dropped(dropped));
        }
    }
}

/// The accounts that a block changed and that have transactions waiting, as the block left them.
/// `writes` are ordered by key: all accounts lie side by side. An account can change without a
/// transaction of its own: a transfer, a reward, the end of an unbonding.
fn accounts_after(pool: &Pool, writes: &[Write]) -> Vec<(Address, Account)> {
    let table = query::account_key(Address::default()).prefix();
    let first = writes.partition_point(|(key, _)| key.prefix() < table);
    let rest = &writes[first..];
    let of_accounts = &rest[..rest.partition_point(|(key, _)| key.prefix() == table)];
    let mut accounts = Vec::new();
    for (key, value) in of_accounts {
        let Some(Ok(address)) = key.get(1..).map(<[u8; 20]>::try_from) else { continue };
        let address = Address::new(address);
        if pool.pending_nonce(&address).is_none() {
            continue;
        }
        let account = value.as_ref().map(|value| query::decode_account(value));
        if let Some(Ok(account)) = account {
            let account = Account { nonce: account.nonce, balance: account.balance };
            accounts.push((address, account));
        }
    }
    accounts
}
