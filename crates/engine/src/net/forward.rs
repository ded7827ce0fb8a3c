//! Sends the transactions that clients gave to this node to the coming leaders.
//!
//! A transaction goes to the leader of the next view at once; a small batch also to the one after,
//! in case the next one has just proposed. What is still not in a block a few views later goes to a
//! later leader. What came from a peer is never sent on: its first node takes care of it, so
//! nothing circles. Of a backlog no more than a quarter goes to one leader, and nothing twice
//! before this node had its own turn.

use super::{
    leaders::{Position, Schedule},
    peers::PeerTable,
    wire,
};
use crate::{
    chain::{Chain, InFlight},
    pool::SharedPool,
    types::PublicKey,
};
use althing_types::{Hash, SignedTransaction, ValidatorKey, View};
use bytes::Bytes;
use commonware_macros::select;
use commonware_p2p::{Recipients, Sender};
use commonware_runtime::{Clock, Handle, Spawner};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::sync::{mpsc, watch};
use tracing::trace;

/// Shortest time between two messages with fresh transactions: bounds messages a second.
const GAP: Duration = Duration::from_millis(10);
/// Longest sleep.
const NAP: Duration = Duration::from_secs(5);
/// Batches up to this size go to two leaders.
const SMALL: usize = 8 * 1024;
/// Bytes of fresh transactions that go to one leader without being asked for.
const UNASKED: usize = wire::MAX_BODIES;
/// Most transactions in one message.
const COUNT: usize = 1_024;
/// Transactions that may always go to one leader.
const SHARE: usize = 1_024;
/// The part of the backlog that goes to one leader.
const PARTS: usize = 4;
/// Fewest views after which a transaction that is in no block goes to a later leader.
const PATIENCE: u64 = 2;
/// More than so many local transactions are a backlog. Those that one leader and this node have
/// wait then until both had a turn again: others would only hold one more copy.
const BACKLOG: usize = SHARE * PARTS;
/// Most views that a transaction waits then.
const LONGEST: u64 = 16;
/// Transactions of its own clients that keep a node busy for its next turn.
const BUSY: usize = 1_024;
/// Most views until the own turn that a busy node waits for.
const SOON: u64 = 8;
/// How far ahead a leader that can be reached is searched for.
const HORIZON: u64 = 8;
/// Bytes that flow at a steady rate, at most those of half a second at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    level: u64,
    rate: u64,
    burst: u64,
    filled: SystemTime,
}

impl Bucket {
    pub(super) const fn new(rate: u64, now: SystemTime) -> Self {
        let burst = rate / 2;
        Self { level: burst, rate, burst, filled: now }
    }

    /// From now on another rate.
    pub(super) fn adapt(&mut self, rate: u64) {
        (self.rate, self.burst) = (rate, rate / 2);
        self.level = self.level.min(self.burst);
    }

    /// Takes `bytes`, if that many are there.
    pub(super) fn take(&mut self, bytes: usize, now: SystemTime) -> bool {
        let elapsed = now.duration_since(self.filled).unwrap_or_default();
        let gained = u128::from(self.rate) * elapsed.as_micros() / 1_000_000;
        if gained > 0 {
            self.level = self.burst.min(self.level.saturating_add(gained as u64));
            self.filled = now;
        }
        match self.level.checked_sub(bytes as u64) {
            Some(rest) => {
                self.level = rest;
                true
            }
            None => false,
        }
    }
}

/// A peer asks for transactions.
pub(super) type Wanted = (PublicKey, Vec<Hash>);

const fn common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Sends transactions to the coming leaders.
pub struct Forwarder<E, X> {
    context: E,
    pool: Arc<SharedPool>,
    chain: Arc<Chain>,
    schedule: Schedule,
    positions: watch::Receiver<Position>,
    sender: X,
    table: PeerTable,
    wanted: mpsc::Receiver<Wanted>,
    /// The cursor in the pool's log of local transactions: one for all peers.
    cursor: ValidatorKey,
    position: Position,
    in_flight: InFlight,
    /// Transactions and bytes sent at this position.
    spent: (usize, usize),
    /// What was sent, by the position at which it is looked at again.
    sent: BTreeMap<Position, Vec<SignedTransaction>>,
    buckets: BTreeMap<PublicKey, Bucket>,
    next: SystemTime,
}

impl<E, X> Forwarder<E, X>
where
    E: Clock + Spawner,
    X: Sender<PublicKey = PublicKey>,
{
    /// A forwarder for the pool of `chain`.
    pub(super) fn new(
        context: E,
        chain: Arc<Chain>,
        schedule: Schedule,
        positions: watch::Receiver<Position>,
        sender: X,
        table: PeerTable,
        wanted: mpsc::Receiver<Wanted>,
    ) -> Self {
        let next = context.current();
        let position = *positions.borrow();
        Self {
            context,
            pool: chain.pool().clone(),
            chain,
            schedule,
            position,
            positions,
            sender,
            cursor: ValidatorKey::from_public_key(table.local()),
            table,
            wanted,
            in_flight: InFlight::new(),
            spent: (0, 0),
            sent: BTreeMap::new(),
            buckets: BTreeMap::new(),
            next,
        }
    }

    /// Runs it.
    pub fn start(mut self) -> Handle<()> {
        let context = self.context.child("run");
        context.spawn(move |_| async move { self.run().await })
    }

    async fn run(&mut self) {
        let pool = self.pool.clone();
        loop {
            let arrival = pool.arrival();
            let wait = self.step();
            select! {
                () = arrival => {},
                moved = self.positions.changed() => if moved.is_err() { return },
                wanted = self.wanted.recv() => {
                    let Some((peer, hashes)) = wanted else { return };
                    self.serve(&peer, &hashes);
                },
                () = self.context.sleep(wait) => {},
            }
        }
    }

    /// Sends what can be sent now. Returns after how long there may be more to do.
    fn step(&mut self) -> Duration {
        let position = *self.positions.borrow_and_update();
        if position != self.position {
            self.position = position;
            self.spent = (0, 0);
            self.in_flight = self.chain.in_flight_here();
            self.repeat();
        }
        let now = self.context.current();
        if let Ok(wait) = self.next.duration_since(now)
            && !wait.is_zero()
        {
            return wait;
        }
        let local = self.pool.stats().local;
        let share = SHARE.max(local / PARTS).saturating_sub(self.spent.0);
        let Some((first, second)) = self.targets() else { return NAP };
        if local == 0 || share == 0 || (first.is_none() && second.is_none()) {
            return NAP;
        }
        if self.keeps(local, first.as_ref()) {
            return NAP;
        }
        let cursor = self.cursor;
        let batch = self
            .pool
            .with(|pool| pool.unforwarded(&cursor, share.min(COUNT), wire::MAX_BODIES - 4 * COUNT));
        if batch.is_empty() {
            return NAP;
        }
        self.next = now + GAP;
        let (waiting, batch) = self.split(batch);
        self.keep(waiting, self.patience());
        if !batch.is_empty() {
            self.send_fresh(batch, first, second);
        }
        GAP
    }

    /// Whether the backlog stays here until the next view: on its own turn a node keeps what is
    /// more than a few; and a busy node gives nothing to a busy leader if its own turn is near.
    fn keeps(&self, local: usize, first: Option<&PublicKey>) -> bool {
        let Some(first) = first else { return local > SMALL / 64 };
        let (epoch, view) = self.position;
        let mine = |step| {
            let view = View::new(view.get().saturating_add(step));
            self.schedule.leader(epoch, view).as_ref() == Some(self.table.local())
        };
        local >= BUSY && self.table.backlog(first) >= BUSY as u64 && (1..=SOON).any(mine)
    }

    /// The leaders of the next two views, `None` for this node itself; others in their stead if
    /// they cannot be reached. `None` if nobody can.
    fn targets(&self) -> Option<(Option<PublicKey>, Option<PublicKey>)> {
        let (epoch, view) = self.position;
        let now = super::stamp(&self.context);
        let mut found = Vec::with_capacity(2);
        for step in 1..=HORIZON {
            let view = View::new(view.get().saturating_add(step));
            let leader = self.schedule.leader(epoch, view)?;
            if leader == *self.table.local() {
                found.push(None);
            } else if self.table.is_reachable(&leader, now) {
                found.push(Some(leader));
            }
            if found.len() == 2 {
                break;
            }
        }
        let mut found = found.into_iter();
        Some((found.next()?, found.next().flatten()))
    }

    /// Parts what is in a block that is not final from what is in none.
    fn split(
        &self,
        batch: Vec<SignedTransaction>,
    ) -> (Vec<SignedTransaction>, Vec<SignedTransaction>) {
        batch.into_iter().partition(|transaction| {
            let next = self.in_flight.get(&transaction.sender());
            next.is_some_and(|next| transaction.body().nonce < *next)
        })
    }

    /// After how many views what was sent is looked at again: a number without a common divisor
    /// with the number of leaders, so that each leader has its turn to get it.
    fn patience(&self) -> u64 {
        let leaders = (self.schedule.leaders(self.position.0) as u64).max(1);
        let mut views = PATIENCE;
        if self.pool.stats().local > BACKLOG {
            views = (leaders + PATIENCE).min(LONGEST);
        }
        while common_divisor(views, leaders) > 1 {
            views += 1;
        }
        views
    }

    /// Looks at transactions again after so many views.
    fn keep(&mut self, transactions: Vec<SignedTransaction>, views: u64) {
        if transactions.is_empty() {
            return;
        }
        let (epoch, view) = self.position;
        let due = (epoch, View::new(view.get().saturating_add(views)));
        self.sent.entry(due).or_default().extend(transactions);
    }

    fn send_fresh(
        &mut self,
        batch: Vec<SignedTransaction>,
        first: Option<PublicKey>,
        second: Option<PublicKey>,
    ) {
        let bytes: usize = batch.iter().map(wire::size_of).sum();
        let unasked = self.spent.1 + bytes <= UNASKED || bytes <= SMALL;
        self.spent.0 += batch.len();
        self.spent.1 += bytes;
        let mut reached = false;
        if unasked {
            let message = wire::bodies(&batch);
            let second = second.filter(|_| bytes <= SMALL);
            for target in first.into_iter().chain(second) {
                reached |= self.send(&target, message.clone());
            }
        } else if let Some(target) = first {
            reached = self.offer(&target, &batch);
        }
        if reached {
            self.table.metrics().forwarded(batch.len());
        }
        self.keep(batch, if reached { self.patience() } else { 1 });
    }

    /// Sends what is still in no block to a later leader: a few at once, many by their hashes.
    fn repeat(&mut self) {
        let later = self.sent.split_off(&(self.position.0, View::new(self.position.1.get() + 1)));
        let due = std::mem::replace(&mut self.sent, later);
        let mut open = Vec::new();
        for batch in due.into_values() {
            let here = self.pool.with(|pool| -> Vec<SignedTransaction> {
                batch.into_iter().filter(|tx| pool.contains(&tx.hash())).collect()
            });
            let (waiting, rest) = self.split(here);
            self.keep(waiting, self.patience());
            open.extend(rest);
        }
        if open.is_empty() {
            return;
        }
        let Some(first) = self.targets().and_then(|(first, second)| first.or(second)) else {
            self.keep(open, 1);
            return;
        };
        if open.len() > wire::MAX_HASHES {
            let rest = open.split_off(wire::MAX_HASHES);
            self.keep(rest, 1);
        }
        trace!(count = open.len(), leader = %first, "sending transactions again");
        let bytes: usize = open.iter().map(wire::size_of).sum();
        let reached = if bytes <= SMALL {
            self.send(&first, wire::bodies(&open))
        } else {
            self.offer(&first, &open)
        };
        if reached {
            self.table.metrics().repeated(open.len());
        }
        self.keep(open, if reached { self.patience() } else { 1 });
    }

    fn offer(&mut self, target: &PublicKey, transactions: &[SignedTransaction]) -> bool {
        let hashes: Vec<Hash> = transactions.iter().map(SignedTransaction::hash).collect();
        hashes.chunks(wire::MAX_HASHES).all(|hashes| self.send(target, wire::inventory(hashes)))
    }

    /// Gives a peer the transactions that it asked for, as far as they are here and its share
    /// reaches.
    fn serve(&mut self, peer: &PublicKey, hashes: &[Hash]) {
        let found: Vec<SignedTransaction> = self
            .pool
            .with(|pool| hashes.iter().filter_map(|hash| pool.get(hash).cloned()).collect());
        let mut rest = found.as_slice();
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take(COUNT).take_while(|transaction| {
                bytes += wire::size_of(transaction);
                bytes <= wire::MAX_BODIES
            });
            let (batch, later) = rest.split_at(fits.count().max(1));
            if !self.send(peer, wire::bodies(batch)) {
                return;
            }
            rest = later;
        }
    }

    /// Sends a message, if the peer's share of bytes and the network allow it.
    fn send(&mut self, target: &PublicKey, message: Bytes) -> bool {
        let now = self.context.current();
        // Half of what the configuration lets a peer send, so that no honest node is a flood.
        let rate = self.chain.applied_spec().spec.limits.gossip_bytes_per_second / 2;
        let bucket = self.buckets.entry(target.clone()).or_insert_with(|| Bucket::new(rate, now));
        bucket.adapt(rate);
        let size = message.len();
        let accepted = bucket.take(size, now)
            && !self.sender.send(Recipients::One(target.clone()), message, false).is_empty();
        if accepted {
            self.table.metrics().message_out(size, 1);
        }
        accepted
    }
}
