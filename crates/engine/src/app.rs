//! The chain's rules as the consensus stack wants them: build a block, check a block, and take
//! note of finalized ones.

use crate::{
    block::{Block, context_of, leader_of},
    chain::{Chain, Tip, written},
    exec::{self, ExecError, Executed, Mode},
    feed::Feed,
    metrics::Metrics,
    neighbours::Neighbours,
    outcomes::Outcomes,
    pace,
    pool::SharedPool,
    randomness::Randomness,
    types::{Batch, BlockContext, Dbs, Merkleized, Runtime, Scheme},
};
use althing_ledger::{BlockContext as LedgerContext, Ledger, Supply, compute, energy, query};
use althing_state::Write;
use althing_types::{
    Block as ChainBlock, Epoch, Header, Height, SignedTransaction, SyncRange, Timestamp,
    ValidatorSet, View,
};
use commonware_consensus::marshal::ancestry::Ancestry;
use commonware_glue::stateful::{
    Application, Finality, Input, Proposed,
    db::{DatabaseSet, Merkleized as _},
};
use commonware_parallel::Strategy;
use commonware_storage::qmdb::sync::Target;
use futures::StreamExt as _;
use std::{sync::Arc, time::Instant};
use tracing::{debug, error, warn};

/// Changes a block that this node has built, before anybody sees it.
pub type Forgery = Arc<dyn Fn(&mut ChainBlock) + Send + Sync>;

/// What all clones of the application share.
pub struct Shared {
    /// The state machine.
    pub ledger: Ledger,
    /// The genesis block.
    pub genesis: Block,
    /// Executed blocks and the tip.
    pub chain: Arc<Chain>,
    /// Checks signatures, and remembers which it has checked.
    pub pool: Arc<SharedPool>,
    /// What this node reveals in the blocks that it leads.
    pub randomness: Randomness,
    /// Receipts on disk.
    pub outcomes: Outcomes,
    /// Told of every finalized block.
    pub feed: Feed,
    /// Told which validators were chosen.
    pub neighbours: Neighbours,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Only simulations of dishonest leaders have one.
    pub forgery: Option<Forgery>,
}

/// The application. Cloning is cheap.
pub struct App<S> {
    shared: Arc<Shared>,
    strategy: S,
}

impl<S: Clone> Clone for App<S> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), strategy: self.strategy.clone() }
    }
}

impl<S: Strategy> App<S> {
    /// The application over `shared`; `strategy` spreads hashing and signatures over cores.
    pub const fn new(shared: Arc<Shared>, strategy: S) -> Self {
        Self { shared, strategy }
    }

    async fn build<E: Runtime>(
        &self,
        now: Timestamp,
        context: BlockContext,
        parent: &Block,
        batch: Batch<E, S>,
    ) -> Result<(Block, Merkleized<E, S>), ExecError> {
        let shared = &self.shared;
        let height = successor(parent)?;
        let params = exec::params::<E, S>(&shared.ledger, &batch).await?;
        let timestamp = shared.chain.tempo(&params).stamp(&parent.header, now);
        let epoch = Epoch::new(context.round.epoch().get());
        let leader = leader_of(&context);
        let view = View::new(context.round.view().get());
        let parent_view = View::new(context.parent.0.get());
        let reveal = shared.randomness.owed::<E, S>(&batch, &leader, epoch).await?;
        let ledger = LedgerContext {
            height,
            epoch,
            timestamp,
            proposer: leader,
            view,
            parent_view,
            parent: parent.hash(),
            reveal,
        };
        let in_flight = shared.chain.in_flight(&parent.hash());
        let candidates = shared.pool.select(&in_flight, height, &params);
        let reads = exec::read::<E, S>(&shared.ledger, &ledger, &candidates, batch).await?;
        let executed =
            exec::execute(&shared.ledger, ledger, candidates, Mode::Build, reads).await?;
        shared.pool.refuse(&executed.refused);
        let header = Header {
            height,
            epoch,
            view,
            leader,
            parent: parent.hash(),
            parent_view,
            timestamp,
            transactions_root: ChainBlock::transactions_root(&executed.transactions),
            receipts_root: exec::receipts_root(&executed.receipts),
            results_root: executed.results_root,
            reveal,
            gas_used: executed.gas_used,
            state_root: executed.state.root(),
            operations_root: executed.state.ops_root(),
            operations: range_of::<E, S>(&executed.state),
            next_validators: executed.next_validators,
        };
        let mut block = ChainBlock { header, transactions: executed.transactions };
        if let Some(forge) = &shared.forgery {
            forge(&mut block);
        }
        let block = Block::new(block)
            .ok_or_else(|| ExecError::Broken("built an illegal block".to_owned()))?;
        shared.chain.executed(&block, &executed.receipts, &executed.writes);
        Ok((block, executed.state))
    }

    async fn check<E: Runtime>(
        &self,
        context: &BlockContext,
        block: &Block,
        parent: Option<&Block>,
        batch: Batch<E, S>,
    ) -> Result<Merkleized<E, S>, ExecError> {
        let shared = &self.shared;
        let header = &block.header;
        if let Some(parent) = parent {
            self.check_header(context, header, parent)?;
            let params = exec::params::<E, S>(&shared.ledger, &batch).await?;
            if !shared.chain.tempo(&params).allows(&parent.header, header.timestamp) {
                return Err(ExecError::Invalid("the timestamp is out of bounds".to_owned()));
            }
        }
        let ledger = LedgerContext::of(header);
        let transactions: Vec<SignedTransaction> = block.transactions.clone();
        let reads = exec::read::<E, S>(&shared.ledger, &ledger, &transactions, batch);
        // Signatures of a finalized block were checked by the quorum that voted for it. Those of a
        // candidate are checked while the disk is read.
        let signed = async {
            match parent {
                Some(_) => {
                    shared.pool.verify_block(transactions.clone(), self.strategy.clone()).await
                }
                None => true,
            }
        };
        let (signed, reads) = futures::join!(signed, reads);
        if !signed {
            return Err(ExecError::Invalid("a signature is wrong".to_owned()));
        }
        let executed =
            exec::execute(&shared.ledger, ledger, transactions, Mode::Check, reads?).await?;
        check_outcome::<E, S>(header, &executed)?;
        shared.chain.executed(block, &executed.receipts, &executed.writes);
        Ok(executed.state)
    }

    /// What can be said about a header before execution.
    fn check_header(
        &self,
        context: &BlockContext,
        header: &Header,
        parent: &Block,
    ) -> Result<(), ExecError> {
        if context_of(header).as_ref() != Some(context) {
            return Err(ExecError::Invalid("the header is about another context".to_owned()));
        }
        if header.height != successor(parent)? || header.parent != parent.hash() {
            return Err(ExecError::Invalid("the header does not follow its parent".to_owned()));
        }
        if header.epoch != header.height.epoch(self.shared.ledger.genesis().params.epoch_length) {
            return Err(ExecError::Invalid("the height is of another epoch".to_owned()));
        }
        Ok(())
    }
}

fn successor(parent: &Block) -> Result<Height, ExecError> {
    let next = parent.header.height.next();
    next.ok_or_else(|| ExecError::Broken("the chain is at its last height".to_owned()))
}

fn range_of<E: Runtime, S: Strategy>(state: &Merkleized<E, S>) -> SyncRange {
    SyncRange { start: *state.sync_boundary(), end: *state.bounds().tip.size }
}

/// Whether execution led to what the header says.
fn check_outcome<E: Runtime, S: Strategy>(
    header: &Header,
    executed: &Executed<Merkleized<E, S>>,
) -> Result<(), ExecError> {
    let state = &executed.state;
    let fields = [
        ("receipts_root", exec::receipts_root(&executed.receipts) == header.receipts_root),
        ("results_root", executed.results_root == header.results_root),
        ("gas_used", executed.gas_used == header.gas_used),
        ("next_validators", executed.next_validators == header.next_validators),
        ("state_root", state.root() == header.state_root),
        ("operations_root", state.ops_root() == header.operations_root),
        ("operations", range_of::<E, S>(state) == header.operations),
    ];
    match fields.iter().find(|(_, equal)| !equal) {
        None => Ok(()),
        Some((field, _)) => {
            let height = header.height;
            Err(ExecError::Invalid(format!("{field} of height {height} differs from execution")))
        }
    }
}

/// What a validator dies of whose software does not know the rules of the next block: the sentence that
/// says so.
#[derive(Debug)]
pub struct Outdated(pub String);

/// Turns a failure that says nothing about the block into what the stack expects: nobody waits for
/// an overtaken state, and a broken one stops the node.
async fn settle<T>(result: Result<T, ExecError>, what: &str) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(ExecError::Invalid(reason)) => {
            warn!(reason, what, "a block is refused");
            None
        }
        Err(ExecError::Stale) => {
            debug!(what, "the state was overtaken");
            futures::future::pending().await
        }
        Err(ExecError::Outdated(sentence)) => {
            error!(what, "{sentence}");
            std::panic::panic_any(Outdated(sentence))
        }
        Err(ExecError::Broken(reason)) => panic!("{what}: {reason}"),
    }
}

impl<E: Runtime, S: Strategy> Application<E> for App<S> {
    type SigningScheme = Scheme;
    type Context = BlockContext;
    type Block = Block;
    type Databases = Dbs<E, S>;
    type Captured = ();
    type Provider = ();
    type Input = ();

    fn sync_targets(block: &Block) -> <Self::Databases as DatabaseSet<E>>::SyncTargets {
        let (root, range) = block.sync_target();
        Target::new(root, range)
    }

    async fn genesis(&mut self) -> Block {
        self.shared.genesis.clone()
    }

    async fn propose(
        &mut self,
        (runtime, context): (E, BlockContext),
        ancestry: impl Ancestry<Block>,
        batches: Batch<E, S>,
        _: Input<(), ()>,
    ) -> Option<Proposed<Self, E>> {
        let mut ancestry = Box::pin(ancestry);
        let parent = ancestry.next().await?;
        let started = Instant::now();
        let now = pace::now(&runtime);
        let built = self.build::<E>(now, context, parent.inner(), batches).await;
        let (block, merkleized) = settle(built, "building a block").await?;
        self.shared.metrics.built(started.elapsed());
        Some(Proposed { block, merkleized })
    }

    async fn process(
        &mut self,
        (_, context): (E, BlockContext),
        ancestry: impl Ancestry<Block>,
        batches: Batch<E, S>,
        finality: Finality,
    ) -> Option<Merkleized<E, S>> {
        let mut ancestry = Box::pin(ancestry);
        let block = ancestry.next().await?;
        let parent = match finality {
            Finality::Candidate => Some(ancestry.next().await?),
            Finality::Finalized => None,
        };
        let started = Instant::now();
        let parent = parent.as_ref().map(|parent| parent.inner());
        let checked = self.check::<E>(&context, block.inner(), parent, batches).await;
        let state = settle(checked, "checking a block").await?;
        self.shared.metrics.executed(started.elapsed());
        Some(state)
    }

    async fn capture(
        &mut self,
        _: (E, BlockContext),
        block: &Block,
        _: &Merkleized<E, S>,
        _: <Self::Databases as DatabaseSet<E>>::Readers,
    ) {
        let receipts = self.shared.chain.outcome(&block.hash());
        let receipts = receipts.expect("a block that is about to be applied was executed here");
        let (height, hash) = (block.header.height, block.hash());
        let durable = self.shared.outcomes.put(height, hash, receipts).await;
        durable.await.expect("the receipts of a finalized block reach the disk");
    }

    async fn finalized(
        &mut self,
        (runtime, _): (E, BlockContext),
        block: &Block,
        (): (),
        _: <Self::Databases as DatabaseSet<E>>::Readers,
    ) {
        let finalized = self.shared.chain.finalized(block);
        let (finalized, writes) = finalized.expect("a finalized block was executed here");
        let now = pace::now(&runtime);
        self.shared.metrics.finalized(&finalized, now);
        if let Some(supply) = supply_after(&writes) {
            self.shared.metrics.supply(&supply);
        }
        if let Some(sums) = sums_after(&writes) {
            self.shared.metrics.working(&sums);
        }
        if let Some(sums) = energy_after(&writes) {
            self.shared.metrics.metered(&sums);
        }
        if let Some((epoch, set)) = chosen_by(&finalized.block.header, &writes) {
            self.shared.neighbours.chosen(epoch, Arc::new(set));
        }
        self.shared.pool.settle(&finalized, &writes, now);
        self.shared.feed.finalized(finalized);
    }
}

/// How much money a block left, if it changed that.
fn supply_after(writes: &[Write]) -> Option<Supply> {
    query::decode_supply(written(writes, query::supply_key())?).ok()
}

/// How many workers and devices a block left, if it changed that.
fn sums_after(writes: &[Write]) -> Option<compute::Compute> {
    compute::query::decode_compute(written(writes, compute::query::compute_key())?).ok()
}

/// How much energy a block left, if it changed that.
fn energy_after(writes: &[Write]) -> Option<energy::Energy> {
    energy::query::decode_energy(written(writes, energy::query::energy_key())?).ok()
}

/// The set that the last block of an epoch chose, for the epoch after the next.
fn chosen_by(header: &Header, writes: &[Write]) -> Option<(Epoch, ValidatorSet)> {
    header.next_validators.as_ref()?;
    let epoch = header.epoch.next()?.next()?;
    let set = query::decode_validators(written(writes, query::validators_key(epoch))?).ok()?;
    Some((epoch, set))
}

/// The tip that a header stands for.
pub fn tip_of(block: &Block) -> Tip {
    Tip { header: block.header.clone(), hash: block.hash() }
}
