//! Signature checks, once per node: admission, gossip and block processing share one
//! [`Verifier`], and what one of them has verified the others skip.

use crate::recent::Recent;
use althing_types::{
    Authorization, Hash, SignedTransaction,
    keys::{PreparedItem, PreparedKey, verify_prepared},
};
use commonware_parallel::{Sequential, Strategy};
use core::{num::NonZeroUsize, ops::Range};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Signatures in one equation. Larger ones cost less per signature, up to here.
const BATCH: usize = 2_048;
/// Fewest signatures worth a task of their own.
const SHARE: NonZeroUsize = NonZeroUsize::new(256).expect("256 is not zero");
/// A batch that fails is split into so many parts.
const PARTS: usize = 4;
/// Batches up to this size are not split but checked one by one.
const SMALL: usize = 16;

/// Batches up to this size with a bad one in every part are checked one by one.
const CROWDED: usize = 512;

/// Sizes of the caches of a [`Verifier`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifierConfig {
    /// Decompressed public keys kept, about 260 bytes each.
    pub keys: usize,
    /// Hashes of verified transactions kept, about 40 bytes each.
    pub verified: usize,
}

impl Default for VerifierConfig {
    /// Up to about 140 MiB when full: enough for 450,000 active accounts.
    fn default() -> Self {
        Self { keys: 458_752, verified: 458_752 }
    }
}

/// Checks that transactions are authorised by the key of their sender. Shared through an `Arc`;
/// locks are held for look-ups only, never while signatures are checked.
#[derive(Debug)]
pub struct Verifier {
    keys: Mutex<Recent<[u8; 32], PreparedKey>>,
    verified: Mutex<Recent<Hash, ()>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Caches are valid after any panic: each insertion is one step.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new(VerifierConfig::default())
    }
}

impl Verifier {
    /// Empty caches.
    pub fn new(config: VerifierConfig) -> Self {
        Self {
            keys: Mutex::new(Recent::new(config.keys)),
            verified: Mutex::new(Recent::new(config.verified)),
        }
    }

    /// Whether the signature of the transaction with this hash was verified a short while ago.
    pub fn is_verified(&self, hash: &Hash) -> bool {
        lock(&self.verified).contains(hash)
    }

    /// For each transaction, whether its key belongs to its sender and its signature is good.
    ///
    /// Signatures that are not known yet are checked in batches. When a batch fails, its bad
    /// members are searched for by splitting it, so that one bad signature costs about as much as
    /// checking the batch once more.
    pub fn verify_all(
        &self,
        transactions: &[SignedTransaction],
        strategy: &impl Strategy,
    ) -> Vec<bool> {
        let mut good = self.known(transactions);
        let unknown: Vec<usize> = (0..good.len()).filter(|&index| !good[index]).collect();
        for (part, results) in self.run(transactions, &unknown, strategy, Self::search) {
            for (&index, result) in unknown[part].iter().zip(results) {
                good[index] = result;
            }
        }
        good
    }

    /// Whether every transaction of a block is authorised. Stops at the first batch that fails.
    pub fn verify_block(
        &self,
        transactions: &[SignedTransaction],
        strategy: &impl Strategy,
    ) -> bool {
        let good = self.known(transactions);
        let unknown: Vec<usize> = (0..good.len()).filter(|&index| !good[index]).collect();
        let all_or_nothing = |batch: &Batch<'_>, good: &mut [bool], range: Range<usize>| {
            good[range.clone()].fill(batch.holds(range));
        };
        self.run(transactions, &unknown, strategy, all_or_nothing)
            .iter()
            .all(|(_, results)| results.iter().all(|good| *good))
    }

    /// Checks one transaction; for many, [`Self::verify_all`] costs a third.
    pub fn verify(&self, transaction: &SignedTransaction) -> bool {
        let one = core::slice::from_ref(transaction);
        self.verify_block(one, &Sequential)
    }

    fn known(&self, transactions: &[SignedTransaction]) -> Vec<bool> {
        let verified = lock(&self.verified);
        transactions.iter().map(|tx| verified.contains(&tx.hash())).collect()
    }

    /// Checks the transactions at `unknown` with `check`, in parallel as `strategy` allows, and
    /// remembers the good ones. Returns the results of each part of `unknown`.
    fn run<C>(
        &self,
        transactions: &[SignedTransaction],
        unknown: &[usize],
        strategy: &impl Strategy,
        check: C,
    ) -> Vec<(Range<usize>, Vec<bool>)>
    where
        C: Fn(&Batch<'_>, &mut [bool], Range<usize>) + Sync,
    {
        if unknown.is_empty() {
            return Vec::new();
        }
        strategy.run_batches(unknown.len(), SHARE, 1, |batches| {
            batches.map_collect_vec(
                |ranges| ranges,
                |range| {
                    let mut results = Vec::with_capacity(range.len());
                    let pieces = range.len().div_ceil(BATCH).max(1);
                    for piece in unknown[range.clone()].chunks(range.len().div_ceil(pieces).max(1))
                    {
                        results.append(&mut self.check(transactions, piece, &check));
                    }
                    (range, results)
                },
            )
        })
    }

    fn check<C>(&self, transactions: &[SignedTransaction], piece: &[usize], check: &C) -> Vec<bool>
    where
        C: Fn(&Batch<'_>, &mut [bool], Range<usize>),
    {
        let members = || piece.iter().map(|&index| &transactions[index]);
        let batch = Batch::new(members(), &self.prepare(members()));
        let mut in_batch = vec![false; batch.items.len()];
        if !in_batch.is_empty() {
            check(&batch, &mut in_batch, 0..batch.items.len());
        }
        let mut results = batch.single;
        for (&position, &good) in batch.positions.iter().zip(&in_batch) {
            results[position] = good;
        }
        let mut verified = lock(&self.verified);
        for (tx, _) in members().zip(&results).filter(|(_, good)| **good) {
            verified.insert(tx.hash(), ());
        }
        results
    }

    /// The decompressed Ed25519 keys of `transactions`, from the cache where possible.
    fn prepare<'a>(
        &self,
        transactions: impl Iterator<Item = &'a SignedTransaction>,
    ) -> Vec<Option<PreparedKey>> {
        let wanted: Vec<_> = transactions.map(|tx| ed25519_key(tx)).collect();
        let mut found: Vec<Option<PreparedKey>> = {
            let mut keys = lock(&self.keys);
            wanted.iter().map(|key| keys.refresh((*key)?).cloned()).collect()
        };
        let mut fresh = Vec::new();
        for (slot, key) in found.iter_mut().zip(&wanted).filter(|(slot, _)| slot.is_none()) {
            *slot = key.and_then(PreparedKey::new);
            if let (Some(key), Some(prepared)) = (key, slot.as_ref()) {
                fresh.push((**key, prepared.clone()));
            }
        }
        if !fresh.is_empty() {
            let mut keys = lock(&self.keys);
            fresh.into_iter().for_each(|(key, prepared)| keys.insert(key, prepared));
        }
        found
    }

    fn search(batch: &Batch<'_>, good: &mut [bool], range: Range<usize>) {
        batch.search(good, range);
    }
}

fn ed25519_key(tx: &SignedTransaction) -> Option<&[u8; 32]> {
    match tx.authorization() {
        Authorization::Ed25519 { public_key, .. } => Some(public_key),
        _ => None,
    }
}

/// The members of a piece that one equation can cover, and the verdicts on the others.
struct Batch<'a> {
    items: Vec<PreparedItem<'a>>,
    /// Where in the piece each item is.
    positions: Vec<usize>,
    single: Vec<bool>,
}

impl<'a> Batch<'a> {
    fn new(
        members: impl Iterator<Item = &'a SignedTransaction>,
        keys: &[Option<PreparedKey>],
    ) -> Self {
        let mut batch = Self {
            items: Vec::with_capacity(keys.len()),
            positions: Vec::with_capacity(keys.len()),
            single: vec![false; keys.len()],
        };
        for (position, (tx, key)) in members.zip(keys).enumerate() {
            let Authorization::Ed25519 { signature, .. } = tx.authorization() else {
                batch.single[position] = tx.verify_signature().is_ok();
                continue;
            };
            if tx.authorization().address() != tx.sender() {
                continue;
            }
            let item = key
                .as_ref()
                .and_then(|key| PreparedItem::new(key.clone(), signature, tx.body_bytes()));
            if let Some(item) = item {
                batch.items.push(item);
                batch.positions.push(position);
            }
        }
        batch
    }

    fn holds(&self, range: Range<usize>) -> bool {
        match &self.items[range] {
            [one] => one.verify(),
            many => verify_prepared(many, &Sequential),
        }
    }

    /// Finds the good members of `range`.
    fn search(&self, good: &mut [bool], range: Range<usize>) {
        if self.holds(range.clone()) {
            good[range].fill(true);
        } else {
            self.split(good, range);
        }
    }

    /// Finds the good members of a range that holds a bad one.
    fn split(&self, good: &mut [bool], range: Range<usize>) {
        if range.len() <= SMALL {
            range.for_each(|index| good[index] = self.holds(index..index + 1));
            return;
        }
        let step = range.len().div_ceil(PARTS);
        let parts = range.clone().step_by(step).map(|start| start..(start + step).min(range.end));
        let mut bad = Vec::with_capacity(PARTS);
        for part in parts {
            // When all parts before were good, the last one must hold the bad one.
            let known_bad = part.end == range.end && bad.is_empty();
            if !known_bad && self.holds(part.clone()) {
                good[part].fill(true);
            } else {
                bad.push(part);
            }
        }
        // Bad ones everywhere: splitting further would only repeat work.
        let crowded = bad.len() == PARTS && range.len() <= CROWDED;
        for part in bad {
            if crowded {
                part.for_each(|index| good[index] = self.holds(index..index + 1));
            } else {
                self.split(good, part);
            }
        }
    }
}
