//! The pool itself: what it holds, and how a transaction is admitted.

use crate::{
    Account, DropReason, Dropped, Fate, Origin, PoolConfig, Rejection, Stats,
    forward::ForwardLog,
    queue::{HeadKey, Item, Sender, TailKey},
    recent::Recent,
    slab::{Chain, Entry, List, Slab},
};
use ahash::RandomState;
use althing_types::{
    Address, Amount, GasPrice, Hash, Height, Nonce, Payload, SignedTransaction, Transaction,
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, btree_map},
};

/// The most that including a transaction surely costs its sender: fee and amount, and `deposit` if
/// it proposes something. `None` if the sum does not fit 128 bits, which no balance covers.
fn max_cost(tx: &Transaction, deposit: Amount) -> Option<u128> {
    let spent = match &tx.payload {
        Payload::Transfer(transfer) => transfer.amount,
        Payload::Stake(stake) => stake.amount,
        Payload::Delegate(delegate) => delegate.amount,
        Payload::SubmitProposal(_) => deposit,
        _ => Amount::ZERO,
    };
    tx.max_fee().checked_add(spent).ok().map(Amount::units)
}

/// What admission did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inserted {
    /// The transaction whose place it took.
    pub replaced: Option<Hash>,
    /// Whether it could enter the next block. If not, it waits for a missing nonce.
    pub ready: bool,
    /// What had to leave for it: the replaced one and those evicted from a full pool.
    pub dropped: Vec<Dropped>,
}

/// Transactions that wait for inclusion. See the crate's documentation for the rules.
///
/// Nothing here blocks, reads a clock or depends on the iteration order of a hash map: the same
/// calls give the same answers.
#[derive(Debug)]
pub struct Pool {
    pub(crate) config: PoolConfig,
    /// What a proposal costs its sender besides its fee.
    deposit: Amount,
    pub(crate) slab: Slab,
    pub(crate) index: HashMap<Hash, u32, RandomState>,
    pub(crate) senders: Vec<Option<Sender>>,
    free_senders: Vec<u32>,
    pub(crate) addresses: HashMap<Address, u32, RandomState>,
    pub(crate) heads: BTreeMap<HeadKey, u32>,
    pub(crate) tails: BTreeMap<TailKey, u32>,
    pub(crate) ages: List,
    pub(crate) untils: BTreeMap<u64, List>,
    pub(crate) included: Recent<Hash, Height>,
    dropped: Recent<Hash, DropReason>,
    pub(crate) forward: ForwardLog,
    /// Drops that happened where no answer could carry them.
    pub(crate) overdue: Vec<Dropped>,
    bytes: usize,
    ready: usize,
    local: usize,
    arrivals: u64,
    turns: u64,
    clock_ms: u64,
}

/// Where an admitted transaction goes.
struct Place {
    sender: Option<u32>,
    account: Account,
    /// Position in the queue; `Ok` if it takes the place of the one there.
    at: Result<usize, usize>,
}

impl Pool {
    /// An empty pool.
    pub fn new(config: PoolConfig) -> Self {
        let expected = config.max_transactions.min(1 << 20);
        Self {
            included: Recent::new(config.recent),
            dropped: Recent::new(config.recent / 4),
            config,
            deposit: Amount::ZERO,
            slab: Slab::default(),
            index: HashMap::with_capacity_and_hasher(expected, RandomState::default()),
            senders: Vec::new(),
            free_senders: Vec::new(),
            addresses: HashMap::with_capacity_and_hasher(expected, RandomState::default()),
            heads: BTreeMap::new(),
            tails: BTreeMap::new(),
            ages: List::EMPTY,
            untils: BTreeMap::new(),
            forward: ForwardLog::default(),
            overdue: Vec::new(),
            bytes: 0,
            ready: 0,
            local: 0,
            arrivals: 0,
            turns: 0,
            clock_ms: 0,
        }
    }

    /// Says what a proposal costs besides its fee, from now on: a parameter of the chain. Nothing
    /// until it is said; what waits already keeps its cost.
    pub const fn set_deposit(&mut self, deposit: Amount) {
        self.deposit = deposit;
    }

    /// Admits a transaction whose signature and form were checked.
    ///
    /// `account` is the sender at the last finalized block, `height` the height of that block,
    /// `now_ms` any clock in milliseconds. Of two answers about an account the pool believes the
    /// one with the higher nonce.
    ///
    /// # Errors
    /// [`Rejection`]; the pool is then as before, except that an account that moved on was noted.
    pub fn insert(
        &mut self,
        tx: SignedTransaction,
        account: Account,
        origin: Origin,
        height: Height,
        now_ms: u64,
    ) -> Result<Inserted, Rejection> {
        self.check_known(&tx, height)?;
        let cost = max_cost(tx.body(), self.deposit);
        let place = self.place(&tx, account)?;
        let old = self.check_sender(&tx, cost, &place)?;
        let cost = cost.unwrap_or(u128::MAX);
        let victims = self.make_room(&tx, place.sender, old.as_ref())?;

        self.clock_ms = self.clock_ms.max(now_ms);
        let price = tx.body().gas_price;
        let mut dropped = Vec::new();
        for id in victims {
            dropped.push(self.drop_entry(id, DropReason::Evicted { price }));
        }
        let sender = match place.sender {
            Some(sender) => sender,
            None => self.add_sender(tx.sender(), place.account),
        };
        let replaced = old.map(|old| self.slab.entry(old.id).tx.hash());
        if let Some(old) = old {
            let reason = DropReason::Replaced { by: tx.hash() };
            dropped.push(self.forget(old.id, reason));
        }
        let nonce = tx.body().nonce.get();
        let item = self.store(tx, cost, sender, origin);
        let queue = self.sender_mut(sender);
        match place.at {
            Ok(index) => {
                queue.replace(index, item);
            }
            Err(index) => queue.insert(index, item),
        }
        let ready = queue.ready > 0 && queue.queue[queue.ready - 1].nonce >= nonce;
        self.reindex(sender);
        Ok(Inserted { replaced, ready, dropped })
    }

    fn check_known(&self, tx: &SignedTransaction, height: Height) -> Result<(), Rejection> {
        let hash = tx.hash();
        if self.index.contains_key(&hash) {
            return Err(Rejection::AlreadyPending);
        }
        if let Some(&height) = self.included.get(&hash) {
            return Err(Rejection::AlreadyIncluded { height });
        }
        let bytes = tx.bytes().len();
        let max = self.config.max_bytes.min(self.config.max_sender_bytes);
        if bytes > max {
            return Err(Rejection::TooLarge { bytes, max });
        }
        let (valid_until, next) = (tx.body().valid_until, height.next().unwrap_or(height));
        if valid_until < next {
            return Err(Rejection::Expired { valid_until, next });
        }
        Ok(())
    }

    /// Finds the sender, believes the newer account, and finds the position of the nonce.
    fn place(&mut self, tx: &SignedTransaction, account: Account) -> Result<Place, Rejection> {
        let nonce = tx.body().nonce;
        let mut place = Place { sender: None, account, at: Err(0) };
        let mut next_free = account.nonce;
        if let Some(&sender) = self.addresses.get(&tx.sender()) {
            let known = self.sender(sender).account;
            if account.nonce > known.nonce || account.nonce == known.nonce && account != known {
                let mut stale = Vec::new();
                self.set_account(sender, account, &mut stale);
                self.overdue.append(&mut stale);
                self.reindex(sender);
            }
            // An account that moved on may have emptied the queue.
            if let Some(&sender) = self.addresses.get(&tx.sender()) {
                let queue = self.sender(sender);
                next_free = queue.next_free();
                place = Place {
                    sender: Some(sender),
                    account: queue.account,
                    at: queue.find(nonce.get()),
                };
            }
        }
        let expected = place.account.nonce;
        if nonce < expected {
            return Err(Rejection::NonceTooLow { expected, found: nonce });
        }
        // The last nonce is unusable: no account can count past it.
        let ahead = nonce.get().saturating_sub(next_free.get());
        if ahead > self.config.max_nonce_gap || nonce.next().is_none() {
            let max = self.config.max_nonce_gap;
            return Err(Rejection::NonceTooHigh { expected: next_free, found: nonce, max });
        }
        Ok(place)
    }

    /// The bounds of one sender; returns the item that would be replaced.
    fn check_sender(
        &self,
        tx: &SignedTransaction,
        cost: Option<u128>,
        place: &Place,
    ) -> Result<Option<Item>, Rejection> {
        let queue = place.sender.map(|sender| self.sender(sender));
        let old = match (queue, place.at) {
            (Some(queue), Ok(index)) => Some(queue.queue[index]),
            _ => None,
        };
        if let Some(old) = &old {
            self.check_replacement(tx, old)?;
        }
        let count = queue.map_or(0, |queue| queue.queue.len());
        let bytes = queue.map_or(0, |queue| queue.bytes);
        let freed = old.as_ref().map_or(0, |old| old.bytes as usize);
        let max_count = self.config.max_sender_transactions;
        let max_bytes = self.config.max_sender_bytes;
        if old.is_none() && count >= max_count || bytes - freed + tx.bytes().len() > max_bytes {
            return Err(Rejection::SenderFull { count, bytes, max_count, max_bytes });
        }
        let expected = queue.map_or(place.account.nonce, Sender::next_free);
        if old.is_none() && tx.body().nonce != expected {
            let gapped = count - queue.map_or(0, |queue| queue.run);
            let max = self.config.max_sender_gapped;
            if gapped >= max {
                return Err(Rejection::TooManyGapped { count: gapped, expected, max });
            }
            let waiting = self.index.len() - self.ready;
            if waiting >= self.config.max_waiting {
                return Err(Rejection::TooManyWaiting { count: waiting, expected });
            }
        }
        let others = queue.map_or(0, |queue| queue.total_cost) - old.map_or(0, |old| old.cost);
        let needed = cost.and_then(|cost| cost.checked_add(others)).unwrap_or(u128::MAX);
        let balance = place.account.balance;
        if cost.is_none() || needed > balance.units() {
            return Err(Rejection::InsufficientFunds { needed: Amount::new(needed), balance });
        }
        Ok(old)
    }

    fn check_replacement(&self, tx: &SignedTransaction, old: &Item) -> Result<(), Rejection> {
        let found = tx.body().gas_price;
        let raise = (u128::from(old.price) * u128::from(self.config.replacement_percent))
            .div_ceil(100)
            .max(1);
        let needed = u128::from(old.price) + raise;
        if u128::from(found.get()) >= needed {
            return Ok(());
        }
        Err(Rejection::ReplacementUnderpriced {
            nonce: tx.body().nonce,
            current: GasPrice::new(old.price),
            needed: GasPrice::new(u64::try_from(needed).unwrap_or(u64::MAX)),
            found,
        })
    }

    fn store(&mut self, tx: SignedTransaction, cost: u128, sender: u32, origin: Origin) -> Item {
        let arrival = self.arrivals;
        self.arrivals += 1;
        let local = origin == Origin::Local;
        let (hash, bytes) = (tx.hash(), tx.bytes().len());
        let body = tx.body();
        let (nonce, price, gas) = (body.nonce.get(), body.gas_price.get(), body.gas_limit.get());
        let until = body.valid_until.get();
        let id = self.slab.add(Entry::new(tx, sender, nonce, arrival, self.clock_ms, local));
        self.slab.push_back(Chain::Age, &mut self.ages, id);
        let list = self.untils.entry(until).or_insert(List::EMPTY);
        self.slab.push_back(Chain::Until, list, id);
        self.index.insert(hash, id);
        self.bytes += bytes;
        self.local += usize::from(local);
        let bytes = u32::try_from(bytes).expect("a transaction is at most 64 KiB");
        Item { cost, nonce, price, gas, arrival, id, bytes, announced: false }
    }

    /// Takes a transaction out of everything but its sender's queue.
    pub(crate) fn unstore(&mut self, id: u32) -> Entry {
        self.slab.unlink(Chain::Age, &mut self.ages, id);
        let until = self.slab.entry(id).tx.body().valid_until.get();
        if let btree_map::Entry::Occupied(mut list) = self.untils.entry(until) {
            self.slab.unlink(Chain::Until, list.get_mut(), id);
            if list.get().first().is_none() {
                list.remove();
            }
        }
        let entry = self.slab.take(id);
        self.index.remove(&entry.tx.hash());
        self.bytes -= entry.tx.bytes().len();
        self.local -= usize::from(entry.local);
        entry
    }

    /// Like `unstore`, and remembers why.
    pub(crate) fn forget(&mut self, id: u32, reason: DropReason) -> Dropped {
        let entry = self.unstore(id);
        self.dropped.insert(entry.tx.hash(), reason.clone());
        Dropped { transaction: entry.tx, reason }
    }

    /// Takes a transaction out altogether.
    pub(crate) fn drop_entry(&mut self, id: u32, reason: DropReason) -> Dropped {
        let entry = self.slab.entry(id);
        let (sender, nonce) = (entry.sender, entry.nonce);
        let queue = self.sender_mut(sender);
        if let Ok(index) = queue.find(nonce) {
            queue.remove(index);
        }
        let dropped = self.forget(id, reason);
        self.reindex(sender);
        dropped
    }

    pub(crate) fn sender(&self, id: u32) -> &Sender {
        self.senders[id as usize].as_ref().expect("indices hold ids of live senders only")
    }

    pub(crate) fn sender_mut(&mut self, id: u32) -> &mut Sender {
        self.senders[id as usize].as_mut().expect("indices hold ids of live senders only")
    }

    fn add_sender(&mut self, address: Address, account: Account) -> u32 {
        let sender = Sender::new(address, account);
        let id = match self.free_senders.pop() {
            Some(id) => {
                self.senders[id as usize] = Some(sender);
                id
            }
            None => {
                self.senders.push(Some(sender));
                u32::try_from(self.senders.len() - 1).expect("senders are no more than entries")
            }
        };
        self.addresses.insert(address, id);
        id
    }

    /// Brings heads, tails and sums up to date with a sender's queue; forgets a sender that has
    /// nothing left.
    pub(crate) fn reindex(&mut self, id: u32) {
        let sender =
            self.senders[id as usize].as_mut().expect("indices hold ids of live senders only");
        sender.dirty = false;
        self.ready = self.ready - sender.counted_ready + sender.ready;
        sender.counted_ready = sender.ready;

        let first = sender.queue.front().filter(|_| sender.ready > 0);
        if first.map(|item| item.arrival) != sender.head.map(|(_, arrival)| arrival) {
            if let Some((key, _)) = sender.head.take() {
                self.heads.remove(&key);
            }
            if let Some(item) = first {
                let key = (Reverse(item.price), self.turns);
                self.turns += 1;
                sender.head = Some((key, item.arrival));
                self.heads.insert(key, id);
            }
        }
        let is_ready = sender.ready == sender.queue.len();
        let tail = sender.queue.back().map(|item| (item.price, is_ready, Reverse(item.arrival)));
        if tail != sender.tail {
            if let Some(key) = std::mem::replace(&mut sender.tail, tail) {
                self.tails.remove(&key);
            }
            if let Some(key) = tail {
                self.tails.insert(key, id);
            }
        }
        self.forward.announce(sender, &self.slab);
        if sender.queue.is_empty() {
            self.addresses.remove(&sender.address);
            self.senders[id as usize] = None;
            self.free_senders.push(id);
        }
        self.forward.compact(self.local, &self.slab);
    }

    /// Takes out a transaction that turned out to be against the rules, for example when a block
    /// was built. `None` if it is not here.
    pub fn discard(
        &mut self,
        hash: &Hash,
        code: &'static str,
        message: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Option<Dropped> {
        let id = *self.index.get(hash)?;
        Some(self.drop_entry(id, DropReason::Invalid { code, message: message.into() }))
    }

    /// The transaction with this hash.
    pub fn get(&self, hash: &Hash) -> Option<&SignedTransaction> {
        self.index.get(hash).map(|&id| &self.slab.entry(id).tx)
    }

    /// Whether a transaction with this hash is here.
    pub fn contains(&self, hash: &Hash) -> bool {
        self.index.contains_key(hash)
    }

    /// Whether this node needs no copy of the transaction: it is here or left a short while ago.
    pub fn seen(&self, hash: &Hash) -> bool {
        self.contains(hash) || self.included.contains(hash) || self.dropped.contains(hash)
    }

    /// What became of a transaction that left a short while ago.
    pub fn fate(&self, hash: &Hash) -> Option<Fate> {
        if let Some(&height) = self.included.get(hash) {
            return Some(Fate::Included(height));
        }
        self.dropped.get(hash).cloned().map(Fate::Dropped)
    }

    /// An account as the pool knows it; `None` if the account has nothing here.
    pub fn account(&self, address: &Address) -> Option<Account> {
        self.addresses.get(address).map(|&id| self.sender(id).account)
    }

    /// The next nonce of an account after everything here that waits without a gap; `None` if the
    /// account has nothing here.
    pub fn pending_nonce(&self, address: &Address) -> Option<Nonce> {
        self.addresses.get(address).map(|&id| self.sender(id).next_free())
    }

    /// Everything of one sender, in nonce order.
    pub fn of_sender(&self, address: &Address) -> Vec<SignedTransaction> {
        let Some(&id) = self.addresses.get(address) else { return Vec::new() };
        self.sender(id).queue.iter().map(|item| self.slab.entry(item.id).tx.clone()).collect()
    }

    /// The gas price that a transaction must exceed to be admitted: that of the first one to be
    /// evicted. `None` while there is room.
    pub fn floor(&self) -> Option<GasPrice> {
        let full = self.index.len() >= self.config.max_transactions
            || self.bytes.saturating_add(1) > self.config.max_bytes;
        let (&(price, ..), _) = self.tails.first_key_value()?;
        full.then_some(GasPrice::new(price))
    }

    /// Counts.
    pub fn stats(&self) -> Stats {
        Stats {
            transactions: self.index.len(),
            bytes: self.bytes,
            ready: self.ready,
            waiting: self.index.len() - self.ready,
            senders: self.addresses.len(),
            local: self.local,
        }
    }

    /// Moves the pool's clock forward and returns it.
    pub(crate) fn tick(&mut self, now_ms: u64) -> u64 {
        self.clock_ms = self.clock_ms.max(now_ms);
        self.clock_ms
    }
}
