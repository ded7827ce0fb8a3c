//! The pool against a naive model of the same rules, over random operations.
#![allow(missing_docs, dead_code, clippy::unwrap_used)]

mod common;

use althing_mempool::{Account, Dropped, Limits, Origin, Pool, PoolConfig};
use althing_types::{Amount, Gas, Hash, Height, Nonce, SignedTransaction};
use common::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const SENDERS: u32 = 6;

fn config() -> PoolConfig {
    PoolConfig {
        max_transactions: 24,
        max_bytes: 3_600,
        max_sender_transactions: 8,
        max_sender_bytes: 1_200,
        max_sender_gapped: 4,
        max_nonce_gap: 6,
        max_waiting: 10,
        replacement_percent: 10,
        ttl_ms: 1_000,
        recent: 1_000_000,
    }
}

fn cost(tx: &SignedTransaction) -> u128 {
    let althing_types::Payload::Transfer(transfer) = &tx.body().payload else { unreachable!() };
    tx.body().max_fee().units() + transfer.amount.units()
}

#[derive(Clone, Debug)]
struct Kept {
    spec: Spec,
    tx: SignedTransaction,
    arrival: u64,
    received_ms: u64,
}

/// All rules, written for clarity: one list, scanned for every question.
struct Model {
    config: PoolConfig,
    kept: Vec<Kept>,
    accounts: Vec<Account>,
    included: BTreeSet<Hash>,
    height: u64,
    now_ms: u64,
    arrivals: u64,
}

impl Model {
    fn queue(&self, sender: u32) -> Vec<&Kept> {
        let mut queue: Vec<_> = self.kept.iter().filter(|k| k.spec.sender == sender).collect();
        queue.sort_by_key(|kept| kept.spec.nonce);
        queue
    }

    fn run(&self, sender: u32) -> Vec<&Kept> {
        let first = self.accounts[sender as usize].nonce.get();
        let mut queue = self.queue(sender);
        let run = queue.iter().zip(first..).take_while(|(k, n)| k.spec.nonce == *n).count();
        queue.truncate(run);
        queue
    }

    fn ready(&self, sender: u32) -> Vec<&Kept> {
        let mut left = self.accounts[sender as usize].balance.units();
        let mut run = self.run(sender);
        let fits = |kept: &&&Kept| match left.checked_sub(cost(&kept.tx)) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        };
        let ready = run.iter().take_while(fits).count();
        run.truncate(ready);
        run
    }

    fn all_ready(&self) -> usize {
        (0..SENDERS).map(|sender| self.ready(sender).len()).sum()
    }

    fn bytes<'a>(kept: impl IntoIterator<Item = &'a Kept>) -> usize {
        kept.into_iter().map(|kept| kept.tx.bytes().len()).sum()
    }

    /// The code of the rule that refuses, or the hashes that leave.
    fn insert(&mut self, spec: Spec) -> Result<BTreeSet<Hash>, &'static str> {
        let (tx, size) = (spec.build(), spec.build().bytes().len());
        let account = self.accounts[spec.sender as usize];
        if self.kept.iter().any(|kept| kept.tx == tx) {
            return Err("already_pending");
        }
        if self.included.contains(&tx.hash()) {
            return Err("already_included");
        }
        if spec.valid_until <= self.height {
            return Err("expired");
        }
        if spec.nonce < account.nonce.get() {
            return Err("nonce_too_low");
        }
        let run = self.run(spec.sender).len();
        let expected = account.nonce.get() + run as u64;
        if spec.nonce > expected + self.config.max_nonce_gap {
            return Err("nonce_too_high");
        }
        let queue = self.queue(spec.sender);
        let old = queue.iter().find(|kept| kept.spec.nonce == spec.nonce).map(|k| (*k).clone());
        if let Some(old) = &old
            && (spec.price * 100 < old.spec.price * 110 || spec.price == old.spec.price)
        {
            return Err("replacement_underpriced");
        }
        let others = queue.iter().filter(|kept| kept.spec.nonce != spec.nonce);
        let others: Vec<Kept> = others.map(|kept| (*kept).clone()).collect();
        if others.len() >= self.config.max_sender_transactions
            || Self::bytes(&others) + size > self.config.max_sender_bytes
        {
            return Err("sender_full");
        }
        if old.is_none() && spec.nonce != expected {
            if queue.len() - run >= self.config.max_sender_gapped {
                return Err("too_many_gapped");
            }
            if self.kept.len() - self.all_ready() >= self.config.max_waiting {
                return Err("too_many_waiting");
            }
        }
        let needed: u128 = others.iter().map(|kept| cost(&kept.tx)).sum::<u128>() + cost(&tx);
        if needed > account.balance.units() {
            return Err("insufficient_funds");
        }
        let mut left: BTreeSet<_> = self.evict(&tx, spec, old.as_ref())?;
        left.extend(old.map(|old| old.tx.hash()));
        self.kept.retain(|kept| !left.contains(&kept.tx.hash()));
        let (arrival, received_ms) = (self.arrivals, self.now_ms);
        self.arrivals += 1;
        self.kept.push(Kept { spec, tx, arrival, received_ms });
        Ok(left)
    }

    fn evict(
        &self,
        tx: &SignedTransaction,
        spec: Spec,
        old: Option<&Kept>,
    ) -> Result<BTreeSet<Hash>, &'static str> {
        let mut rest: Vec<Kept> = self.kept.clone();
        rest.retain(|kept| old.is_none_or(|old| kept.tx != old.tx));
        let mut left = BTreeSet::new();
        while rest.len() + 1 > self.config.max_transactions
            || Self::bytes(&rest) + tx.bytes().len() > self.config.max_bytes
        {
            let ready: BTreeSet<_> = (0..SENDERS)
                .flat_map(|sender| self.ready(sender).into_iter().map(|kept| kept.tx.hash()))
                .collect();
            let victim = rest
                .iter()
                .filter(|kept| kept.spec.sender != spec.sender)
                .filter(|kept| {
                    !rest.iter().any(|other| {
                        other.spec.sender == kept.spec.sender && other.spec.nonce > kept.spec.nonce
                    })
                })
                .min_by_key(|kept| {
                    let is_ready = ready.contains(&kept.tx.hash());
                    (kept.spec.price, is_ready, std::cmp::Reverse(kept.arrival))
                });
            let Some(victim) = victim.filter(|victim| victim.spec.price < spec.price) else {
                return Err("pool_full");
            };
            let hash = victim.tx.hash();
            left.insert(hash);
            rest.retain(|kept| kept.tx.hash() != hash);
        }
        Ok(left)
    }

    fn take(&mut self, leaves: impl Fn(&Kept) -> bool) -> BTreeSet<Hash> {
        let left = self.kept.iter().filter(|kept| leaves(kept)).map(|k| k.tx.hash()).collect();
        self.kept.retain(|kept| !leaves(kept));
        left
    }

    fn expire(&mut self) -> BTreeSet<Hash> {
        let (height, now, ttl) = (self.height, self.now_ms, self.config.ttl_ms);
        self.take(|kept| kept.spec.valid_until <= height || kept.received_ms + ttl <= now)
    }

    /// Includes what was chosen, and gives every sender `gift`.
    fn finalize(&mut self, chosen: &[SignedTransaction], balances: &[u128]) -> BTreeSet<Hash> {
        self.height += 1;
        for tx in chosen {
            let (sender, nonce) = names(std::slice::from_ref(tx))[0];
            self.included.insert(tx.hash());
            self.accounts[sender as usize].nonce = Nonce::new(nonce + 1);
            self.kept.retain(|kept| kept.tx != *tx);
        }
        for (account, balance) in self.accounts.iter_mut().zip(balances) {
            account.balance = Amount::new(*balance);
        }
        let accounts = self.accounts.clone();
        let mut left =
            self.take(|kept| kept.spec.nonce < accounts[kept.spec.sender as usize].nonce.get());
        left.extend(self.expire());
        left
    }
}

#[derive(Clone, Debug)]
enum Op {
    Insert { sender: u32, ahead: u64, behind: bool, price: u64, amount: u8, life: u64, memo: usize },
    Finalize { count: usize, foreign: Option<u32>, balances: Vec<u8> },
    Wait { ms: u64, blocks: u64 },
    Discard { which: usize },
}

fn op() -> impl Strategy<Value = Op> {
    let insert = (
        0..SENDERS,
        prop_oneof![6 => 0..4u64, 1 => 4..10u64],
        prop::bool::weighted(0.05),
        prop_oneof![1 => 90..130u64, 2 => (0..4u64).prop_map(|step| 100 + 5 * step)],
        any::<u8>(),
        prop_oneof![1 => 1..4u64, 4 => 4..200u64],
        prop_oneof![0..90usize, Just(0), Just(250)],
    )
        .prop_map(|(sender, ahead, behind, price, amount, life, memo)| Op::Insert {
            sender,
            ahead,
            behind,
            price,
            amount,
            life,
            memo,
        });
    let finalize = (
        0..6usize,
        prop::option::weighted(0.3, 0..SENDERS),
        prop::collection::vec(any::<u8>(), SENDERS as usize),
    )
        .prop_map(|(count, foreign, balances)| Op::Finalize { count, foreign, balances });
    prop_oneof![
        20 => insert,
        2 => finalize,
        1 => (0..400u64, 0..2u64).prop_map(|(ms, blocks)| Op::Wait { ms, blocks }),
        1 => (0..30usize).prop_map(|which| Op::Discard { which }),
    ]
}

fn hashes(dropped: &[Dropped]) -> BTreeSet<Hash> {
    dropped.iter().map(|dropped| dropped.transaction.hash()).collect()
}

/// From a few transfers' worth to plenty.
fn balance(step: u8) -> u128 {
    u128::from(step) * u128::from(GAS) * 20 + u128::from(GAS) * 100
}

fn step(pool: &mut Pool, model: &mut Model, op: Op) {
    match op {
        Op::Insert { sender, ahead, behind, price, amount, life, memo } => {
            let first = model.accounts[sender as usize].nonce.get();
            let nonce = if behind { first.saturating_sub(1) } else { first + ahead };
            let amount = u128::from(amount);
            let valid_until = model.height + life;
            let spec = Spec { sender, nonce, price, amount, valid_until, memo };
            let (account, height) = (model.accounts[sender as usize], Height::new(model.height));
            let origin = if amount % 2 == 0 { Origin::Local } else { Origin::Peer };
            let got = pool.insert(spec.build(), account, origin, height, model.now_ms);
            let want = model.insert(spec);
            assert_eq!(
                got.as_ref().map(|i| hashes(&i.dropped)).map_err(|e| e.code()),
                want,
                "{spec:?}: {got:?}"
            );
            if let Ok(inserted) = got {
                let ready = model.ready(sender).iter().any(|kept| kept.spec.nonce == nonce);
                assert_eq!(inserted.ready, ready, "{spec:?}");
            }
        }
        Op::Finalize { count, foreign, balances } => {
            let mut chosen = select(pool, count);
            if let Some(sender) = foreign
                && names(&chosen).iter().all(|(chosen, _)| *chosen != sender)
            {
                let nonce = model.accounts[sender as usize].nonce.get();
                chosen.push(Spec { amount: 1 << 40, ..Spec::new(sender, nonce, 7) }.build());
            }
            let balances: Vec<_> = balances.into_iter().map(balance).collect();
            let want = model.finalize(&chosen, &balances);
            let accounts = model.accounts.iter().enumerate();
            let accounts: Vec<_> = accounts.map(|(n, a)| (address(n as u32), *a)).collect();
            let height = Height::new(model.height);
            let got = pool.finalized(&chosen, height, model.now_ms, accounts);
            assert_eq!(hashes(&got), want);
        }
        Op::Wait { ms, blocks } => {
            model.now_ms += ms;
            model.height += blocks;
            let want = model.expire();
            assert_eq!(hashes(&pool.expire(Height::new(model.height), model.now_ms)), want);
        }
        Op::Discard { which } => {
            if let Some(kept) = model.kept.get(which).cloned() {
                model.kept.remove(which);
                assert!(pool.discard(&kept.tx.hash(), "test", "test").is_some());
            }
        }
    }
}

/// Membership, sums, bounds, readiness.
fn compare(pool: &Pool, model: &Model) {
    let stats = pool.stats();
    assert_eq!(stats.transactions, model.kept.len());
    assert_eq!(stats.bytes, Model::bytes(&model.kept));
    assert_eq!(stats.ready, model.all_ready());
    assert_eq!(stats.waiting, model.kept.len() - model.all_ready());
    assert!(stats.transactions <= model.config.max_transactions);
    assert!(stats.bytes <= model.config.max_bytes);
    let mut senders = 0;
    for sender in 0..SENDERS {
        let queue: Vec<_> = model.queue(sender).iter().map(|kept| kept.tx.clone()).collect();
        assert_eq!(pool.of_sender(&address(sender)), queue);
        assert!(queue.iter().all(|tx| pool.get(&tx.hash()) == Some(tx)));
        assert!(queue.len() <= model.config.max_sender_transactions);
        senders += usize::from(!queue.is_empty());
        let next = model.accounts[sender as usize].nonce.get() + model.run(sender).len() as u64;
        let next = (!queue.is_empty()).then_some(Nonce::new(next));
        assert_eq!(pool.pending_nonce(&address(sender)), next);
    }
    assert_eq!(stats.senders, senders);
    compare_selection(pool, model);
}

/// Everything ready is chosen, each time the best price on offer, first turns before others.
fn compare_selection(pool: &Pool, model: &Model) {
    let mut offers: BTreeMap<u32, Vec<&Kept>> =
        (0..SENDERS).map(|sender| (sender, model.ready(sender))).collect();
    let mut had = [0; SENDERS as usize];
    let chosen = select(pool, usize::MAX);
    assert_eq!(chosen.len(), model.all_ready());
    for (tx, (sender, _)) in chosen.iter().zip(names(&chosen)) {
        let best = offers.values().filter_map(|offer| offer.first()).map(|kept| kept.spec.price);
        assert_eq!(Some(tx.body().gas_price.get()), best.max());
        assert_eq!(offers[&sender].first().map(|kept| &kept.tx), Some(tx));
        if had[sender as usize] > 0 {
            let price = tx.body().gas_price.get();
            let waits = |(other, offer): (&u32, &Vec<&Kept>)| {
                had[*other as usize] == 0 && offer.first().is_some_and(|k| k.spec.price == price)
            };
            assert!(!offers.iter().any(waits), "a first turn waits behind a later one");
        }
        had[sender as usize] += 1;
        offers.get_mut(&sender).unwrap().remove(0);
    }
    let limits = Limits { bytes: 700, gas: Gas::new(GAS * 6), sender_count: 2, ..limits(5) };
    let base = |a| {
        (0..SENDERS)
            .find(|n| address(*n) == a)
            .map(|n| Nonce::new(model.accounts[n as usize].nonce.get() + u64::from(n % 3)))
    };
    let chosen = pool.select(&limits, &base);
    assert!(chosen.len() <= 5);
    assert!(chosen.iter().map(|tx| tx.bytes().len()).sum::<usize>() <= 700);
    for sender in 0..SENDERS {
        let picked = names(&chosen).into_iter().filter(|(s, _)| *s == sender);
        let first = base(address(sender)).unwrap().get();
        for ((_, nonce), want) in picked.zip(first..first + 2) {
            assert_eq!(nonce, want);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_pool_agrees_with_the_model(ops in prop::collection::vec(op(), 1..200)) {
        let mut pool = Pool::new(config());
        let mut model = Model {
            config: config(),
            kept: Vec::new(),
            accounts: vec![account(0, balance(200)); SENDERS as usize],
            included: BTreeSet::new(),
            height: 1,
            now_ms: 0,
            arrivals: 0,
        };
        for op in ops {
            step(&mut pool, &mut model, op);
            compare(&pool, &model);
        }
    }
}
