//! The transactions of one sender in nonce order, and which of them are ready.
//!
//! `run` counts the leading transactions without a missing nonce, `ready` those of them that the
//! balance covers. Both change by as much as an operation changes them: nothing here scans.

use crate::Account;
use althing_types::{Address, Nonce};
use std::{cmp::Reverse, collections::VecDeque};

/// Order of senders that can be served: highest price first, then whose turn came first.
pub(crate) type HeadKey = (Reverse<u64>, u64);

/// Order of eviction: lowest price first, those that cannot be included first, newest first.
pub(crate) type TailKey = (u64, bool, Reverse<u64>);

/// What ordering needs to know about one transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    pub(crate) cost: u128,
    pub(crate) nonce: u64,
    pub(crate) price: u64,
    pub(crate) gas: u64,
    pub(crate) arrival: u64,
    pub(crate) id: u32,
    pub(crate) bytes: u32,
    pub(crate) announced: bool,
}

/// One sender with at least one transaction.
#[derive(Debug)]
pub(crate) struct Sender {
    pub(crate) address: Address,
    pub(crate) account: Account,
    pub(crate) queue: VecDeque<Item>,
    pub(crate) run: usize,
    pub(crate) ready: usize,
    ready_cost: u128,
    pub(crate) total_cost: u128,
    pub(crate) bytes: usize,
    /// Place among the heads, and the arrival of the transaction that has it.
    pub(crate) head: Option<(HeadKey, u64)>,
    /// Place among the tails.
    pub(crate) tail: Option<TailKey>,
    /// What the pool's sum of ready transactions holds for this sender.
    pub(crate) counted_ready: usize,
    /// Ready transactions below this nonce were offered for forwarding.
    pub(crate) announced: u64,
    /// Whether the indices must be brought up to date.
    pub(crate) dirty: bool,
}

impl Sender {
    pub(crate) const fn new(address: Address, account: Account) -> Self {
        Self {
            address,
            account,
            queue: VecDeque::new(),
            run: 0,
            ready: 0,
            ready_cost: 0,
            total_cost: 0,
            bytes: 0,
            head: None,
            tail: None,
            counted_ready: 0,
            announced: 0,
            dirty: false,
        }
    }

    /// Where `nonce` is, or where it would have to be inserted.
    pub(crate) fn find(&self, nonce: u64) -> Result<usize, usize> {
        // Usually the queue has no gap, or the nonce lies behind everything.
        let Some(first) = self.queue.front() else { return Err(0) };
        if let Some(offset) = nonce.checked_sub(first.nonce) {
            let index = usize::try_from(offset).unwrap_or(usize::MAX);
            if self.queue.get(index).is_some_and(|item| item.nonce == nonce) {
                return Ok(index);
            }
        }
        match self.queue.back() {
            Some(last) if last.nonce < nonce => Err(self.queue.len()),
            _ => self.queue.binary_search_by_key(&nonce, |item| item.nonce),
        }
    }

    /// The first nonce that is missing.
    pub(crate) fn next_free(&self) -> Nonce {
        self.account.nonce.checked_add(self.run as u64).unwrap_or(Nonce::new(u64::MAX))
    }

    /// Brings `run` and `ready` up to date after the queue or the account changed.
    pub(crate) fn settle(&mut self) {
        let first = self.account.nonce.get();
        while let Some(item) = self.queue.get(self.run) {
            if item.nonce.checked_sub(first) != Some(self.run as u64) {
                break;
            }
            self.run += 1;
        }
        let balance = self.account.balance.units();
        while self.ready_cost > balance {
            self.ready -= 1;
            self.ready_cost -= self.queue[self.ready].cost;
        }
        while self.ready < self.run {
            let cost = self.queue[self.ready].cost;
            match self.ready_cost.checked_add(cost) {
                Some(sum) if sum <= balance => self.ready_cost = sum,
                _ => break,
            }
            self.ready += 1;
        }
    }

    /// Adds at `index`, where `find` wants it. The caller has checked that the costs add up to at
    /// most the balance.
    pub(crate) fn insert(&mut self, index: usize, item: Item) {
        debug_assert!(index >= self.run, "a run has no gap to fill");
        self.total_cost += item.cost;
        self.bytes += item.bytes as usize;
        self.announced = self.announced.min(item.nonce);
        if index == self.queue.len() {
            self.queue.push_back(item);
        } else {
            self.queue.insert(index, item);
        }
        self.settle();
    }

    /// Puts `item` in the place of the one at `index`, which it returns.
    pub(crate) fn replace(&mut self, index: usize, item: Item) -> Item {
        let old = std::mem::replace(&mut self.queue[index], item);
        self.announced = self.announced.min(item.nonce);
        self.total_cost = self.total_cost - old.cost + item.cost;
        self.bytes = self.bytes - old.bytes as usize + item.bytes as usize;
        if index < self.ready {
            self.ready_cost = self.ready_cost - old.cost + item.cost;
        }
        self.settle();
        old
    }

    /// Takes out the one at `index`; what follows it waits.
    pub(crate) fn remove(&mut self, index: usize) -> Option<Item> {
        if index < self.run {
            for item in self.queue.range(index..self.ready.max(index)) {
                self.ready_cost -= item.cost;
            }
            self.ready = self.ready.min(index);
            self.run = index;
        }
        let item = self.queue.remove(index)?;
        self.forget(&item);
        Some(item)
    }

    /// Takes out the first one if its nonce is below `nonce`, and says that nonce was used.
    pub(crate) fn pop_below(&mut self, nonce: u64) -> Option<Item> {
        if self.queue.front()?.nonce >= nonce {
            return None;
        }
        let item = self.queue.pop_front()?;
        self.run = self.run.saturating_sub(1);
        if self.ready > 0 {
            self.ready -= 1;
            self.ready_cost -= item.cost;
        }
        self.forget(&item);
        Some(item)
    }

    fn forget(&mut self, item: &Item) {
        self.total_cost -= item.cost;
        self.bytes -= item.bytes as usize;
    }
}
