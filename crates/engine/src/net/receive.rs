//! Takes transactions from peers: each peer has a queue and a share of bytes of its own, and the
//! queues are served in turn, so that a flood of one does not delay the others.

use super::{
    admit::{Admit, Verdict},
    forward::{Bucket, Wanted},
    peers::{Offence, PeerTable},
    wire::{self, Kind},
};
use crate::{chain::Chain, pool::SharedPool, types::PublicKey};
use althing_types::{Hash, SignedTransaction};
use commonware_p2p::{Receiver, Recipients, Sender};
use commonware_runtime::{Clock, Handle, IoBuf, Spawner};
use commonware_utils::sync::Mutex;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::sync::{Notify, mpsc};
use tracing::debug;

/// Bytes a second of one peer that nobody takes for a flood, whatever the configuration says: a peer
/// that does not know a lower limit yet sends no more.
const PATIENCE: u64 = 12 * 1024 * 1024;
/// Bytes that one peer may have queued, and all together.
const QUEUE: usize = 3 * 1024 * 1024;
const QUEUES: usize = 48 * 1024 * 1024;
/// Messages that are worked on at the same time, of different peers.
const WORKERS: usize = 2;
/// Transactions that may be on their way here after they were asked for.
const ASKED: usize = 65_536;
/// After so long they are asked for again.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// Messages of all peers, served in turn.
#[derive(Default)]
struct Queues {
    state: Mutex<State>,
    more: Notify,
}

#[derive(Default)]
struct State {
    queues: BTreeMap<PublicKey, (VecDeque<IoBuf>, usize)>,
    /// Peers whose message is next, in turn. None of them is being worked on.
    turn: VecDeque<PublicKey>,
    busy: BTreeSet<PublicKey>,
    bytes: usize,
}

impl Queues {
    /// Adds a message, unless its sender or all together have too many.
    fn push(&self, peer: &PublicKey, message: IoBuf) -> bool {
        let size = message.len();
        let mut state = self.state.lock();
        let State { queues, turn, busy, bytes } = &mut *state;
        let (queue, held) = queues.entry(peer.clone()).or_default();
        if *held + size > QUEUE || *bytes + size > QUEUES {
            return false;
        }
        *held += size;
        *bytes += size;
        queue.push_back(message);
        if queue.len() == 1 && !busy.contains(peer) {
            turn.push_back(peer.clone());
        }
        drop(state);
        self.more.notify_one();
        true
    }

    /// The next message of the peer whose turn it is. Call [`Self::done`] afterwards.
    async fn pop(&self) -> (PublicKey, IoBuf) {
        loop {
            if let Some(found) = self.try_pop() {
                return found;
            }
            self.more.notified().await;
        }
    }

    fn try_pop(&self) -> Option<(PublicKey, IoBuf)> {
        let mut state = self.state.lock();
        let peer = state.turn.pop_front()?;
        let (queue, held) = state.queues.get_mut(&peer)?;
        let message = queue.pop_front()?;
        *held -= message.len();
        state.bytes -= message.len();
        state.busy.insert(peer.clone());
        Some((peer, message))
    }

    /// The message of this peer is dealt with.
    fn done(&self, peer: &PublicKey) {
        let mut state = self.state.lock();
        state.busy.remove(peer);
        match state.queues.get(peer) {
            Some((queue, _)) if !queue.is_empty() => {
                state.turn.push_back(peer.clone());
                drop(state);
                self.more.notify_one();
            }
            _ => {
                state.queues.remove(peer);
            }
        }
    }
}

/// Receives on the channel for transactions.
pub(super) struct Intake<E, X, A> {
    pub(super) context: E,
    pub(super) pool: Arc<SharedPool>,
    pub(super) chain: Arc<Chain>,
    pub(super) table: PeerTable,
    pub(super) sender: X,
    pub(super) wanted: mpsc::Sender<Wanted>,
    pub(super) admit: A,
}

impl<E, X, A> Intake<E, X, A>
where
    E: Clock + Spawner,
    X: Sender<PublicKey = PublicKey>,
    A: Admit,
{
    /// Runs it. The tasks that must not end.
    pub(super) fn start<R>(self, receiver: R) -> Vec<Handle<()>>
    where
        R: Receiver<PublicKey = PublicKey>,
    {
        let queues = Arc::new(Queues::default());
        let mut tasks = Vec::with_capacity(WORKERS + 1);
        for _ in 0..WORKERS {
            let worker = Worker {
                queues: queues.clone(),
                pool: self.pool.clone(),
                table: self.table.clone(),
                admit: self.admit.clone(),
            };
            tasks.push(self.context.child("admit").spawn(|context| worker.run(context)));
        }
        let context = self.context.child("receive");
        tasks.push(context.spawn(move |_| async move { self.run(receiver, &queues).await }));
        tasks
    }

    async fn run<R>(mut self, mut receiver: R, queues: &Queues)
    where
        R: Receiver<PublicKey = PublicKey>,
    {
        // What is taken of each peer, and what no honest peer sends more than.
        let mut buckets: BTreeMap<PublicKey, [Bucket; 2]> = BTreeMap::new();
        let mut asked: HashMap<Hash, SystemTime> = HashMap::new();
        while let Ok((peer, message)) = receiver.recv().await {
            let now = self.context.current();
            let stamp = super::stamp(&self.context);
            if self.table.is_banned(&peer, stamp) {
                continue;
            }
            self.table.metrics().message_in(message.len());
            // Twice what an honest peer sends.
            let rate = self.chain.applied_spec().spec.limits.gossip_bytes_per_second;
            let rates = [rate, rate.max(PATIENCE)];
            let both = buckets
                .entry(peer.clone())
                .or_insert_with(|| rates.map(|rate| Bucket::new(rate, now)));
            let mut fits = [false; 2];
            for ((bucket, rate), fits) in both.iter_mut().zip(rates).zip(&mut fits) {
                bucket.adapt(rate);
                *fits = bucket.take(message.len(), now);
            }
            match fits {
                [true, _] => {}
                [false, true] => continue,
                [false, false] => {
                    self.table.offend(&peer, Offence::Flood, stamp);
                    continue;
                }
            }
            match Kind::of(message.as_ref()) {
                Some(Kind::Bodies) => {
                    if !queues.push(&peer, message) {
                        self.table.offend(&peer, Offence::Flood, stamp);
                    }
                }
                Some(kind) => match wire::read_hashes(message) {
                    Ok(hashes) if kind == Kind::Inventory => self.ask(&peer, hashes, &mut asked),
                    // A full queue means that this peer asks faster than it can be served.
                    Ok(hashes) => drop(self.wanted.try_send((peer, hashes))),
                    Err(error) => self.malformed(&peer, &error),
                },
                None => self.malformed(&peer, &"an unknown kind of message"),
            }
        }
    }

    fn malformed(&self, peer: &PublicKey, error: &dyn std::fmt::Display) {
        debug!(%peer, %error, "a malformed message");
        self.table.offend(peer, Offence::Malformed, super::stamp(&self.context));
    }

    /// Asks for offered transactions that are not here and not on their way.
    fn ask(
        &mut self,
        peer: &PublicKey,
        mut hashes: Vec<Hash>,
        asked: &mut HashMap<Hash, SystemTime>,
    ) {
        let now = self.context.current();
        self.pool.with(|pool| hashes.retain(|hash| !pool.seen(hash)));
        if asked.len() + hashes.len() > ASKED {
            asked.retain(|_, until| *until > now);
        }
        hashes.retain(|hash| asked.get(hash).is_none_or(|until| *until <= now));
        hashes.truncate(ASKED.saturating_sub(asked.len()));
        if hashes.is_empty() {
            return;
        }
        let message = wire::request(&hashes);
        let size = message.len();
        if self.sender.send(Recipients::One(peer.clone()), message, false).is_empty() {
            return;
        }
        self.table.metrics().message_out(size, 1);
        asked.extend(hashes.into_iter().map(|hash| (hash, now + ASK_AGAIN)));
    }
}

struct Worker<A> {
    queues: Arc<Queues>,
    pool: Arc<SharedPool>,
    table: PeerTable,
    admit: A,
}

impl<A: Admit> Worker<A> {
    async fn run<E: Clock + Spawner>(self, context: E) {
        loop {
            let (peer, message) = self.queues.pop().await;
            self.work(&context, &peer, message).await;
            self.queues.done(&peer);
        }
    }

    async fn work<E: Clock + Spawner>(&self, context: &E, peer: &PublicKey, message: IoBuf) {
        let pool = self.pool.clone();
        // Decoding hashes every transaction: off the async threads.
        let decode = context.child("decode").shared(true).spawn(move |_| async move {
            let transactions = wire::read_bodies(message)?;
            let count = transactions.len();
            let fresh = pool.with(|pool| -> Vec<SignedTransaction> {
                transactions.into_iter().filter(|tx| !pool.seen(&tx.hash())).collect()
            });
            Ok::<_, commonware_codec::Error>((count, fresh))
        });
        let (count, fresh) = match decode.await {
            Ok(Ok(decoded)) => decoded,
            Ok(Err(error)) => {
                debug!(%peer, %error, "a malformed message of transactions");
                self.table.offend(peer, Offence::Malformed, super::stamp(context));
                return;
            }
            Err(_) => return,
        };
        let mut known = count - fresh.len();
        if !fresh.is_empty() {
            let verdicts = self.admit.admit(fresh).await;
            known += verdicts.iter().filter(|verdict| **verdict == Verdict::Known).count();
            if verdicts.contains(&Verdict::Forged) {
                debug!(%peer, "a transaction with a wrong signature");
                self.table.offend(peer, Offence::Forged, super::stamp(context));
            }
        }
        self.table.metrics().received(count, known);
    }
}
