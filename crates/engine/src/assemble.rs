//! One validator, put together from a runtime and a network, whichever they are. The node and the
//! simulator start the very same thing.

use crate::{
    app::{self, App},
    block::Block,
    chain::Chain,
    error::EngineError,
    evidence::{Observer, Watch},
    feed::Feed,
    metrics::Metrics,
    neighbours::{Neighbours, Track},
    orchestrator::{self, Inbox, Orchestrator, Timeouts},
    outcomes::Outcomes,
    pace::Paced,
    pool::SharedPool,
    randomness::Randomness,
    readahead,
    sets::{Boundaries, Sets},
    storage::{self, Memory},
    types::{
        Dbs, Digest, Epochs, Marshal, Operation, PrivateKey, PublicKey, Runtime, Scheme, Update,
        Variant,
    },
    votes::{self, Votes},
};
use althing_ledger::{Ledger, query, versions::Releases};
use althing_mempool::{PoolConfig, Verifier};
use althing_types::{Epoch, Genesis, Height, ValidatorKey};
use commonware_broadcast::buffered;
use commonware_consensus::{
    Reporter, Reporters,
    marshal::{
        self, Identifier, core::Actor as MarshalActor, resolver::p2p as backfill,
        standard::Deferred,
    },
    types::{Epocher as _, FixedEpocher, ViewDelta},
};
use commonware_cryptography::{Digested, Signer as _, certificate::Verifier as _};
use commonware_glue::stateful::{
    Config as StatefulConfig, Mailbox, Stateful, SyncPlan,
    db::{AttachableResolver, DatabaseSet, SyncEngineConfig},
};
use commonware_p2p::{Blocker, Provider, Receiver, Sender};
use commonware_parallel::Strategy;
use commonware_runtime::{Handle, buffer::paged::CacheRef};
use commonware_storage::{
    archive::prunable::Archive,
    mmr,
    qmdb::sync::{Request, Source, source},
};
use commonware_utils::{NZDuration, NZU64, NZUsize};
use std::{num::NonZeroU64, sync::Arc, time::Duration};

/// Blocks that may wait for their state to be durable.
const MAX_PENDING_ACKS: usize = 16;

/// The network of one validator.
pub struct Network<X, R, P, B, T> {
    /// Votes.
    pub votes: (X, R),
    /// Certificates.
    pub certificates: (X, R),
    /// Requests for certificates.
    pub resolver: (X, R),
    /// Requests for blocks.
    pub backfill: (X, R),
    /// New blocks.
    pub blocks: (X, R),
    /// Says who the peers are.
    pub peers: P,
    /// Shuts peers out.
    pub blocker: B,
    /// Told who the peers shall be.
    pub tracker: T,
}

/// What one validator is.
pub struct ValidatorConfig<S> {
    /// The chain.
    pub genesis: Arc<Genesis>,
    /// The key that votes; its public half is the network identity.
    pub key: PrivateKey,
    /// Prefix of everything on disk.
    pub prefix: String,
    /// Bounds of the mempool.
    pub pool: PoolConfig,
    /// Checks signatures; may be shared by validators of one process.
    pub verifier: Arc<Verifier>,
    /// Caches and buffers.
    pub memory: Memory,
    /// Work on several cores.
    pub strategy: S,
    /// Timeouts of consensus; by default they follow the idle interval.
    pub timeouts: Option<Timeouts>,
    /// Shown everything that consensus reports.
    pub observers: Vec<Arc<dyn Observer>>,
    /// Versions of the protocol that it knows.
    pub releases: Releases,
    /// Only simulations of dishonest leaders have one.
    pub forgery: Option<app::Forgery>,
}

/// Handle of the actor that owns the state.
pub type StateMailbox<E, S> = Mailbox<E, App<S>>;
/// Who is told of finalized blocks inside a validator.
pub type Reports<E, S> = Reporters<StateMailbox<E, S>, Inbox>;

/// A running validator.
pub struct Validator<E: Runtime, S: Strategy> {
    /// The state machine.
    pub ledger: Ledger,
    /// The block archive.
    pub marshal: Marshal,
    /// Handle of the state.
    pub state: StateMailbox<E, S>,
    /// The tip and what is not final.
    pub chain: Arc<Chain>,
    /// Validator sets by epoch.
    pub sets: Sets,
    /// What it reveals in the blocks that it leads.
    pub randomness: Randomness,
    /// Receipts on disk.
    pub outcomes: Outcomes,
    /// Events.
    pub feed: Feed,
    /// Faults and the position of consensus.
    pub watch: Watch,
    /// Whose votes were seen.
    pub votes: Votes,
    /// Who the peers are.
    pub neighbours: Neighbours,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The mempool.
    pub pool: Arc<SharedPool>,
    /// The long-running tasks. When one ends, the validator has failed.
    pub tasks: Vec<Handle<()>>,
}

/// State sync is not offered by this version of the base library for values of variable size;
/// nodes replay blocks instead.
#[derive(Clone)]
struct NoSync;

impl Source for NoSync {
    type Family = mmr::Family;
    type Digest = Digest;
    type Op = Operation;
    type Error = std::io::Error;
    async fn serve(&self, _: Request<mmr::Family>) -> source::Result<Self> {
        futures::future::pending().await
    }
}
impl<E: Runtime, S: Strategy> AttachableResolver<crate::types::Db<E, S>> for NoSync {
    async fn attach_database(&self, _: Dbs<E, S>) {}
}

/// The genesis block of a chain.
pub fn genesis_block<E: Runtime, S: Strategy>(genesis: &Genesis) -> Block {
    let target = <Dbs<E, S> as DatabaseSet<E>>::initial_sync_targets();
    Block::genesis(genesis.hash(), target.root, &target.range)
}

/// Blocks in an epoch.
pub fn epocher(genesis: &Genesis) -> Epochs {
    FixedEpocher::new(NonZeroU64::new(genesis.params.epoch_length).unwrap_or(NZU64!(10)))
}

/// Pieces that several steps of the assembly share.
struct Base<E: Runtime, S: Strategy> {
    context: E,
    config: ValidatorConfig<S>,
    genesis: Block,
    epocher: Epochs,
    sets: Sets,
    metrics: Arc<Metrics>,
    feed: Feed,
    pool: Arc<SharedPool>,
    chain: Arc<Chain>,
    cache: CacheRef,
}

impl<E: Runtime, S: Strategy> Base<E, S> {
    fn new(context: E, config: ValidatorConfig<S>) -> Result<Self, EngineError> {
        let refused = |error: &dyn std::fmt::Display| EngineError::Genesis(error.to_string());
        let genesis = genesis_block::<E, S>(&config.genesis);
        let first = config.genesis.validator_set().map_err(|error| refused(&error))?;
        let sets = Sets::new(&config.genesis.hash(), first, Some(config.key.clone()));
        let metrics = Arc::new(Metrics::default());
        let feed = Feed::default();
        let pool = SharedPool::new(
            config.pool.clone(),
            config.verifier.clone(),
            feed.clone(),
            metrics.clone(),
        );
        let pool = Arc::new(pool);
        let chain =
            Chain::new(&config.genesis, app::tip_of(&genesis), pool.clone(), metrics.clone());
        let chain = Arc::new(chain);
        let cache = config.memory.archive_cache();
        let epocher = epocher(&config.genesis);
        Ok(Self { context, config, genesis, epocher, sets, metrics, feed, pool, chain, cache })
    }

    fn marshal_config(
        &self,
        plan: &SyncPlan<E, Scheme, Variant>,
    ) -> marshal::Config<Sets, Epochs, S, Block, Digested<Block>> {
        marshal::Config {
            provider: self.sets.clone(),
            epocher: self.epocher.clone(),
            start: plan
                .marshal_start(Digested::precomputed(self.genesis.clone(), self.genesis.hash())),
            partition_prefix: self.config.prefix.clone(),
            mailbox_size: NZUsize!(1024),
            view_retention: ViewDelta::new(orchestrator::VIEW_RETENTION),
            prunable_items_per_section: NZU64!(64),
            page_cache: self.cache.clone(),
            replay_buffer: NZUsize!(64 * 1024),
            key_write_buffer: NZUsize!(16 * 1024),
            value_write_buffer: self.config.memory.write_buffer,
            block_codec_config: (),
            max_repair: NZUsize!(16),
            max_pending_acks: NZUsize!(MAX_PENDING_ACKS),
            strategy: self.config.strategy.clone(),
        }
    }
}

impl<E: Runtime, S: Strategy> Validator<E, S> {
    /// Starts a validator. `wrap` may put something around the reporters of finalized blocks; the
    /// node passes them through.
    ///
    /// # Errors
    /// [`EngineError::Genesis`].
    ///
    /// # Panics
    /// On a storage error, which stops the node.
    pub async fn start<X, R, P, B, T, W, O>(
        context: E,
        config: ValidatorConfig<S>,
        network: Network<X, R, P, B, T>,
        wrap: W,
    ) -> Result<Self, EngineError>
    where
        X: Sender<PublicKey = PublicKey>,
        R: Receiver<PublicKey = PublicKey>,
        P: Provider<PublicKey = PublicKey> + Sync,
        B: Blocker<PublicKey = PublicKey> + Sync,
        T: Track,
        W: FnOnce(Reports<E, S>) -> O,
        O: Reporter<Activity = Update>,
    {
        let ledger = Ledger::with_releases(config.genesis.clone(), config.releases.clone())
            .map_err(|error| EngineError::Genesis(error.to_string()))?;
        let base = Base::new(context, config)?;
        let context = &base.context;
        let (prefix, memory) = (base.config.prefix.clone(), base.config.memory);
        let strategy = base.config.strategy.clone();
        let watch = Watch::new(base.config.observers.clone(), base.metrics.clone());
        let boundaries =
            Boundaries::open(context.child("boundaries"), &prefix, &memory, base.cache.clone())
                .await;
        boundaries.restore(&base.sets).await;
        let (outcomes, outcomes_task) =
            Outcomes::start(context.child("receipts"), &prefix, &memory, base.cache.clone()).await;

        // The block archive.
        let archive = storage::archive(
            &prefix,
            "finalizations",
            &memory,
            base.cache.clone(),
            Scheme::certificate_codec_config_unbounded(),
        );
        let finalizations = Archive::init(context.child("finalizations"), archive).await;
        let archive = storage::archive(&prefix, "blocks", &memory, base.cache.clone(), ());
        let blocks = Archive::init(context.child("blocks"), archive).await;
        let plan = SyncPlan::init(context.child("plan"), prefix.clone()).await;
        let (marshal_actor, marshal, floor) = MarshalActor::<_, Variant, _, _, _, _, _>::init(
            context.child("marshal"),
            finalizations.expect("the archive of finalizations opens"),
            blocks.expect("the archive of blocks opens"),
            base.marshal_config(&plan),
        )
        .await;

        // The state.
        let own = ValidatorKey::from_public_key(&base.config.key.public_key());
        let neighbours = Neighbours::new(own, network.tracker);
        neighbours.begin_with(&base.chain.applied_spec().spec);
        let randomness = Randomness::new(&base.config.key, base.config.genesis.hash());
        let shared = app::Shared {
            ledger: ledger.clone(),
            genesis: base.genesis.clone(),
            chain: base.chain.clone(),
            pool: base.pool.clone(),
            randomness: randomness.clone(),
            outcomes: outcomes.clone(),
            feed: base.feed.clone(),
            neighbours: neighbours.clone(),
            metrics: base.metrics.clone(),
            forgery: base.config.forgery.clone(),
        };
        let database = storage::state(context, &prefix, &memory, strategy.clone()).await;
        let (stateful, state) = Stateful::new(
            context.child("state"),
            StatefulConfig {
                application: App::new(Arc::new(shared), strategy.clone()),
                db_config: database.expect("the folder of the state can be listed"),
                provider: (),
                marshal: (marshal.clone(), floor),
                mailbox_size: NZUsize!(1024),
                plan,
                resolvers: NoSync,
                sync_config: SyncEngineConfig {
                    fetch_batch_size: NZU64!(64),
                    apply_batch_size: NZU64!(64),
                    max_outstanding_requests: NZUsize!(8),
                },
                prune_config: None,
                strategy: strategy.clone(),
            },
        );

        // Consensus.
        let processed = floor.processed().map(|processed| processed.height());
        let epoch = processed.map_or(Epoch::ZERO, |height| {
            let next = base.epocher.containing(height.next());
            Epoch::new(next.expect("every height has an epoch").epoch().get())
        });
        let paced = Paced::new(state.clone(), base.chain.clone());
        let automaton =
            Deferred::new(context.child("deferred"), paced, marshal.clone(), base.epocher.clone());
        let (inbox, updates) = Inbox::new();
        let consensus = orchestrator::Config {
            automaton,
            marshal: marshal.clone(),
            sets: base.sets.clone(),
            boundaries,
            blocker: network.blocker.clone(),
            neighbours: neighbours.clone(),
            watch: watch.clone(),
            strategy: strategy.clone(),
            prefix: prefix.clone(),
            epocher: base.epocher.clone(),
            genesis: base.genesis.hash(),
            timeouts: base.config.timeouts,
            chain: base.chain.clone(),
            cache: base.cache.clone(),
        };

        // The network.
        let public_key = base.config.key.public_key();
        let resolver = backfill::init(
            context.child("backfill"),
            backfill::Config {
                public_key: public_key.clone(),
                peer_provider: network.peers.clone(),
                blocker: network.blocker,
                mailbox_size: NZUsize!(1024),
                fetch_timeout: NZDuration!(Duration::from_secs(2)),
                fetch_retry_delay: Duration::from_millis(100),
                priority_requests: false,
                priority_responses: false,
            },
            network.backfill,
        );
        let (broadcast, buffer) = buffered::Engine::new(
            context.child("broadcast"),
            buffered::Config {
                public_key,
                mailbox_size: NZUsize!(1024),
                deque_size: 8,
                priority: false,
                codec_config: (),
                peer_provider: network.peers,
                strategy: strategy.clone(),
            },
        );

        let mut tasks = vec![outcomes_task, broadcast.start(network.blocks)];
        let reports = wrap(Reporters::from((state.clone(), inbox)));
        tasks.push(marshal_actor.start(reports, buffer, resolver));
        if let Some(height) = processed {
            resume(&marshal, height, &base.chain, &base.pool).await;
        }
        tasks.push(stateful.start());
        let (handle, chain, around) = (state.clone(), base.chain.clone(), neighbours.clone());
        context.child("opened").spawn(move |_| async move {
            let database = handle.subscribe_databases().await;
            announce_params(&database, &chain).await;
            announce_chosen(&database, &around, epoch).await;
        });
        let (handle, chain) = (state.clone(), base.chain.clone());
        context.child("readahead").spawn(move |_| async move {
            readahead::run(handle.subscribe_databases().await, chain, memory.state_cache).await;
        });
        let votes = Votes::new(base.metrics.clone());
        let (seen, chain) = (votes.clone(), base.chain.clone());
        let (archive, sets) = (marshal.clone(), base.sets.clone());
        context.child("votes").spawn(move |clock| votes::run(clock, seen, chain, archive, sets));
        let orchestrator = Orchestrator::new(context.child("consensus"), consensus, updates, epoch);
        tasks.push(orchestrator.start(network.votes, network.certificates, network.resolver));
        Ok(Self {
            ledger,
            marshal,
            state,
            chain: base.chain,
            sets: base.sets,
            randomness,
            outcomes,
            feed: base.feed,
            watch,
            votes,
            neighbours,
            metrics: base.metrics,
            pool: base.pool,
            tasks,
        })
    }

    /// The state database, once it is open.
    pub async fn database(&self) -> Dbs<E, S> {
        self.state.subscribe_databases().await
    }
}

/// Reads the parameters in force. Later changes come with their blocks.
async fn announce_params<E: Runtime, S: Strategy>(database: &Dbs<E, S>, chain: &Chain) {
    let database = database.read().await;
    let value = database.get(&query::params_key()).await.ok().flatten();
    // A state before the first block is empty.
    let params = value.and_then(|value| query::decode_params(&value).ok());
    chain.opened(params.unwrap_or_else(|| (*chain.params()).clone()));
}

/// Reads who is chosen for the epochs after `present`. Later choices come with their blocks.
async fn announce_chosen<E: Runtime, S: Strategy>(
    database: &Dbs<E, S>,
    neighbours: &Neighbours,
    present: Epoch,
) {
    let database = database.read().await;
    let mut epoch = present;
    while let Some(next) = epoch.next() {
        let value = database.get(&query::validators_key(next)).await;
        let value = value.ok().flatten();
        let set = value.and_then(|value| query::decode_validators(&value).ok());
        let Some(set) = set else { return };
        neighbours.chosen(next, Arc::new(set));
        epoch = next;
    }
}

/// Sets the tip to what was processed before the last stop.
async fn resume(
    marshal: &Marshal,
    height: commonware_consensus::types::Height,
    chain: &Chain,
    pool: &SharedPool,
) {
    if let Some(block) = marshal.get_block(Identifier::Height(height)).await {
        chain.resume(app::tip_of(block.inner()));
        pool.resume(Height::new(height.get()));
    }
}
