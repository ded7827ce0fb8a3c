//! When blocks are made. Consensus has no block time of its own; this wrapper around the
//! application waits before it builds and before it votes, outside the actor that owns the state,
//! so that finalized blocks are applied meanwhile.

use crate::{
    block::Block,
    chain::Chain,
    types::{BlockContext, Scheme},
};
use althing_types::{Header, Timestamp};
use commonware_consensus::{Application, Handoff, marshal::ancestry::Ancestry};
use commonware_cryptography::Digested;
use commonware_macros::select;
use commonware_runtime::{Clock, Spawner};
use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The most that a block's timestamp may lie after its parent's, in milliseconds. It bounds how
/// long a wrong clock of one leader can hold the others, and how fast the chain's time catches up
/// after the whole network was down.
pub const MAX_STEP_MS: u64 = 600_000;

/// The rules of time between a block and its parent.
#[derive(Clone, Copy, Debug)]
pub struct Tempo {
    /// When the chain starts: block 1 is not earlier.
    pub genesis: Timestamp,
    /// Shortest time between two blocks.
    pub busy_ms: u64,
    /// Time between two blocks when there is nothing to do.
    pub idle_ms: u64,
}

impl Tempo {
    /// The earliest legal timestamp of a child of `parent`.
    pub fn earliest(&self, parent: &Header) -> Timestamp {
        if parent.height.get() == 0 {
            return Timestamp::new(self.genesis.get().max(1));
        }
        Timestamp::new(parent.timestamp.get().saturating_add(self.busy_ms))
    }

    /// The latest legal timestamp of a child of `parent`. Block 1 may come any time after genesis.
    pub fn latest(&self, parent: &Header) -> Timestamp {
        if parent.height.get() == 0 {
            return Timestamp::new(u64::MAX);
        }
        Timestamp::new(parent.timestamp.get().saturating_add(self.busy_ms.max(MAX_STEP_MS)))
    }

    /// When to build a child of `parent` if no transaction waits.
    fn idle(&self, parent: &Header) -> Timestamp {
        let idle = parent.timestamp.get().saturating_add(self.idle_ms);
        Timestamp::new(idle.max(self.earliest(parent).get()))
    }

    /// The timestamp of a child of `parent` that is built now.
    pub fn stamp(&self, parent: &Header, now: Timestamp) -> Timestamp {
        let earliest = self.earliest(parent);
        now.clamp(earliest, self.latest(parent).max(earliest))
    }

    /// Whether a child's timestamp is legal.
    pub fn allows(&self, parent: &Header, child: Timestamp) -> bool {
        child >= self.earliest(parent) && child <= self.latest(parent)
    }
}

/// A runtime's clock as a timestamp.
pub fn now<E: Clock>(clock: &E) -> Timestamp {
    let since = clock.current().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::new(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

fn instant(timestamp: Timestamp) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(timestamp.get()))
}

async fn sleep_until<E: Clock>(clock: &E, timestamp: Timestamp) {
    match instant(timestamp) {
        Some(instant) if instant > clock.current() => clock.sleep_until(instant).await,
        Some(_) => {}
        None => futures::future::pending().await,
    }
}

/// Waits at the right places, and forwards everything else.
#[derive(Clone)]
pub struct Paced<A> {
    inner: A,
    chain: Arc<Chain>,
}

impl<A> Paced<A> {
    /// Wraps `inner`.
    pub const fn new(inner: A, chain: Arc<Chain>) -> Self {
        Self { inner, chain }
    }

    /// Waits until a child of `parent` should be built: not before the busy interval; then as soon
    /// as a transaction waits that no block of this branch holds; at the latest after the idle
    /// interval.
    async fn turn<E: Clock>(&self, clock: &E, parent: &Block) {
        let tempo = self.chain.tempo(&self.chain.params_after(&parent.hash()));
        sleep_until(clock, tempo.earliest(&parent.header)).await;
        let deadline = tempo.idle(&parent.header);
        loop {
            let arrival = self.chain.pool().arrival();
            if self.chain.has_work(&parent.hash()) || now(clock) >= deadline {
                return;
            }
            select! {
                _ = arrival => {},
                _ = sleep_until(clock, deadline) => return,
            }
        }
    }
}

impl<E, A> Application<E> for Paced<A>
where
    E: Clock + Spawner + Send + Sync + 'static,
    A: Application<E, SigningScheme = Scheme, Context = BlockContext, Block = Block, Input = ()>
        + Sync,
{
    type SigningScheme = Scheme;
    type Context = BlockContext;
    type Block = Block;
    type Input = ();

    async fn prepare(
        &mut self,
        context: (E, BlockContext),
        ancestry: impl Ancestry<Block>,
        input: (),
    ) -> Handoff<Digested<Block>> {
        self.inner.prepare(context, ancestry, input).await
    }

    async fn propose(
        &mut self,
        context: (E, BlockContext),
        ancestry: impl Ancestry<Block>,
        input: (),
    ) -> Option<Digested<Block>> {
        if let Some(parent) = ancestry.peek().map(|parent| parent.inner().clone()) {
            self.turn(&context.0, &parent).await;
        }
        self.inner.propose(context, ancestry, input).await
    }

    async fn verify(&mut self, context: (E, BlockContext), ancestry: impl Ancestry<Block>) -> bool {
        if let Some(block) = ancestry.peek().map(|block| block.inner().clone()) {
            // Beyond this bound the application refuses without delay. Block 1 has no bound of
            // its own, so nobody votes for it before its time has come: otherwise its leader
            // could put the whole chain off for ever.
            let bound = now(&context.0).get().saturating_add(MAX_STEP_MS);
            if block.header.timestamp.get() <= bound {
                sleep_until(&context.0, block.header.timestamp).await;
            } else if block.header.height.get() == 1 {
                return futures::future::pending().await;
            }
        }
        self.inner.verify(context, ancestry).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::{Height, SyncRange, hash};

    fn parent(height: u64, timestamp: u64) -> Header {
        let range = SyncRange { start: 0, end: 1 };
        let mut header = Header::genesis(hash::zero(), hash::zero(), range);
        header.height = Height::new(height);
        header.timestamp = Timestamp::new(timestamp);
        header
    }

    const TEMPO: Tempo = Tempo { genesis: Timestamp::new(5_000), busy_ms: 25, idle_ms: 1_000 };

    #[test]
    fn block_one_is_not_before_genesis_and_may_come_any_time_later() {
        let genesis = parent(0, 0);
        assert!(!TEMPO.allows(&genesis, Timestamp::new(4_999)));
        assert!(TEMPO.allows(&genesis, Timestamp::new(5_000)));
        assert!(TEMPO.allows(&genesis, Timestamp::new(u64::MAX)));
    }

    #[test]
    fn a_child_is_at_least_the_busy_interval_and_at_most_ten_minutes_later() {
        let parent = parent(7, 10_000);
        assert!(!TEMPO.allows(&parent, Timestamp::new(10_024)));
        assert!(TEMPO.allows(&parent, Timestamp::new(10_025)));
        assert!(TEMPO.allows(&parent, Timestamp::new(10_000 + MAX_STEP_MS)));
        assert!(!TEMPO.allows(&parent, Timestamp::new(10_001 + MAX_STEP_MS)));
    }

    #[test]
    fn a_stamp_is_always_legal_whatever_the_clock_says() {
        for height in [0, 1, 9] {
            let parent = parent(height, 20_000);
            for now in [0, 1, 19_999, 20_000, 20_030, u64::MAX] {
                let stamp = TEMPO.stamp(&parent, Timestamp::new(now));
                assert!(TEMPO.allows(&parent, stamp), "{height} {now}");
            }
        }
    }
}
