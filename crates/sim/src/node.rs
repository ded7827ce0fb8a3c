//! One simulated validator: the real engine on a simulated machine and a simulated network.

use crate::{
    chain::Setup,
    guard::{Death, Guarded},
    plan::Byzantine,
    rng::Rng,
    wire::{Twist, WireSender},
};
use althing_engine::{
    FinalizedBlock,
    admit::Admitter,
    app::Forgery,
    assemble::{Network, StateMailbox, Validator, ValidatorConfig},
    chain::Chain,
    duties::{self, About, Duties, Errands, Machine},
    evidence::Watch,
    feed, limits,
    neighbours::Track,
    net::{
        self, PeerTable,
        leaders::{Positions, Schedule},
        metrics::NetMetrics,
    },
    orchestrator::Timeouts,
    pool::SharedPool,
    sets,
    storage::Memory,
    types::{PrivateKey, PublicKey, Scheme},
};
use althing_ledger::versions::Releases;
use althing_mempool::{PoolConfig, Verifier};
use althing_types::{Height, ValidatorKey, ValidatorSet, consensus_namespace, hash};
use commonware_cryptography::Signer as _;
use commonware_p2p::simulated::{self, Oracle, Receiver};
use commonware_parallel::Sequential;
use commonware_runtime::{Handle, Spawner as _, Supervisor as _, deterministic};
use commonware_utils::{NZUsize, sync::Mutex};
use futures::future::select_all;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::sync::mpsc;

/// The network of a channel, before the twist.
pub type Pair = (simulated::Sender<PublicKey, deterministic::Context>, Receiver<PublicKey>);

/// What the harness sees of a running validator.
#[derive(Clone)]
pub struct Live {
    /// Its mempool.
    pub pool: Arc<SharedPool>,
    /// Its tip.
    pub chain: Arc<Chain>,
    /// The faults that it saw.
    pub watch: Watch,
    /// Its state.
    pub state: StateMailbox<Guarded, Sequential>,
    /// What its account is to send, if it is dutiful.
    pub errands: Errands,
}

/// A validator that was started.
pub struct Node {
    handle: Handle<()>,
    live: Arc<Mutex<Option<Live>>>,
    /// Why it died.
    pub death: Death,
    /// Its finalized blocks from height 1 on.
    pub blocks: mpsc::Receiver<FinalizedBlock>,
}

impl Node {
    /// Its insides, once it has started.
    pub fn live(&self) -> Option<Live> {
        self.live.lock().clone()
    }

    /// Stops it at once.
    pub fn kill(&self) {
        self.handle.abort();
    }
}

/// What all nodes of one network share.
pub struct Shared {
    /// Keys and genesis.
    pub setup: Setup,
    /// Checked signatures.
    pub verifier: Arc<Verifier>,
    /// Seed of dishonesty.
    pub seed: u64,
}

/// Which of two instances with one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// The only one, or the first.
    First,
    /// The second of twins.
    Second,
}

/// Whom a node wants to be connected to, by what the chain says. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Known(Arc<Mutex<BTreeSet<ValidatorKey>>>);

impl Known {
    /// Whether the chain names this key to the node.
    pub fn contains(&self, key: &ValidatorKey) -> bool {
        self.0.lock().contains(key)
    }

    /// All that the chain names.
    pub fn all(&self) -> BTreeSet<ValidatorKey> {
        self.0.lock().clone()
    }
}

impl Track for Known {
    fn track(&mut self, peers: &BTreeMap<ValidatorKey, String>) {
        *self.0.lock() = peers.keys().copied().collect();
    }
}

/// How a node is to be started.
pub struct Start<'a> {
    /// Position among the validators.
    pub index: usize,
    /// How often it was started before.
    pub life: u32,
    /// How it breaks the rules, if it does.
    pub byzantine: Option<Byzantine>,
    /// Which of two.
    pub face: Face,
    /// The network.
    pub oracle: &'a Oracle<PublicKey, deterministic::Context>,
    /// Channels of the validator, in the order of their numbers.
    pub channels: Vec<Pair>,
    /// Told whom it wants to be connected to.
    pub known: Known,
    /// Whether it registers and says that it is well.
    pub dutiful: bool,
}

/// Channels of consensus.
const CONSENSUS: [limits::Channel; 5] =
    [limits::VOTES, limits::CERTIFICATES, limits::RESOLVER, limits::BACKFILL, limits::BLOCKS];

/// Channels that a node uses: a dutiful one also sends its transactions to the coming leaders.
pub fn channels(dutiful: bool) -> Vec<limits::Channel> {
    let extension = dutiful.then_some(limits::TRANSACTIONS);
    CONSENSUS.into_iter().chain(extension).collect()
}

/// Starts a validator.
pub fn start(context: &deterministic::Context, shared: &Shared, start: Start<'_>) -> Node {
    let Start { index, life, byzantine, face, oracle, channels, known, dutiful } = start;
    let key = shared.setup.validators[index].clone();
    let public_key = key.public_key();
    let death = Death::default();
    let label = if face == Face::First { "validator" } else { "twin" };
    let context = context.child(label).with_attribute("index", index).with_attribute("life", life);
    let context = Guarded::new(context, death.clone());
    let positions = Arc::new(Positions::default());
    let mut config = config(shared, index, face, key.clone(), byzantine);
    config.observers.push(positions.clone());
    let key = dutiful.then_some(key);
    let mut channels = channels.into_iter().enumerate().map(|(channel, (sender, receiver))| {
        let twist = byzantine.and_then(|kind| twist(kind, face, channel, index, shared));
        (WireSender::new(sender, twist), receiver)
    });
    let mut next = || channels.next().expect("each part has its channel");
    let network = Network {
        votes: next(),
        certificates: next(),
        resolver: next(),
        backfill: next(),
        blocks: next(),
        peers: oracle.manager(),
        blocker: oracle.control(public_key),
        tracker: known,
    };
    let transactions = dutiful.then(|| (next(), positions));
    let live: Arc<Mutex<Option<Live>>> = Arc::default();
    let (sink, blocks) = mpsc::channel(1_024);
    let (slot, fate) = (live.clone(), death.clone());
    let handle = context.spawn(move |context| async move {
        let started = Validator::start(context.child("engine"), config, network, |all| all).await;
        let validator = match started {
            Ok(validator) => validator,
            Err(error) => return fate.declare(error.to_string()),
        };
        let delivery = feed::deliver(
            Height::new(1),
            sink,
            validator.chain.clone(),
            validator.feed.clone(),
            validator.marshal.clone(),
            validator.outcomes.clone(),
        );
        context.child("delivery").spawn(move |_| delivery);
        let mut validator = validator;
        let errands = Errands::default();
        if let Some((key, (channel, positions))) = key.zip(transactions) {
            let admitter = fulfil_duties(&context, key.clone(), &validator, &errands).await;
            let transactions = net::Transactions {
                chain: validator.chain.clone(),
                schedule: Schedule::new(validator.sets.clone()),
                positions: positions.subscribe(),
                table: PeerTable::new(key.public_key(), None, NetMetrics::default()).0,
                admit: admitter,
            };
            validator.tasks.extend(transactions.start(&context, channel));
        }
        *slot.lock() = Some(Live {
            pool: validator.pool,
            chain: validator.chain,
            watch: validator.watch,
            state: validator.state,
            errands,
        });
        let (ended, task, _) = select_all(validator.tasks).await;
        fate.declare(format!("task {task} ended: {ended:?}"));
    });
    Node { handle, live, death, blocks }
}

/// Registers the node, and says now and then that it is well.
async fn fulfil_duties(
    context: &Guarded,
    key: PrivateKey,
    validator: &Validator<Guarded, Sequential>,
    errands: &Errands,
) -> Admitter<Guarded, Sequential> {
    let database = validator.database().await;
    let (ledger, chain) = (validator.ledger.clone(), validator.chain.clone());
    let admission = context.child("admission");
    let admitter = Admitter::new(admission, ledger.clone(), chain.clone(), database.clone());
    let config = duties::Config {
        key,
        about: About::default(),
        measure: Arc::new(Machine::default),
        ledger,
        chain,
        database,
        admitter: admitter.clone(),
        watch: validator.watch.clone(),
        sets: validator.sets.clone(),
        metrics: validator.metrics.clone(),
        neighbours: validator.neighbours.clone(),
        randomness: validator.randomness.clone(),
        errands: errands.clone(),
        protocol: Releases::default().newest(),
    };
    let _ = Duties::new(context.child("duties"), config).map(Duties::start);
    admitter
}

fn config(
    shared: &Shared,
    index: usize,
    face: Face,
    key: PrivateKey,
    byzantine: Option<Byzantine>,
) -> ValidatorConfig<Sequential> {
    let prefix = match face {
        Face::First => format!("v{index}"),
        Face::Second => format!("v{index}-twin"),
    };
    let leader = Duration::from_millis(shared.setup.genesis.params.idle_interval_ms + 400);
    ValidatorConfig {
        genesis: shared.setup.genesis.clone(),
        key,
        prefix,
        pool: PoolConfig { max_transactions: 2_000, recent: 2_000, ..PoolConfig::default() },
        verifier: shared.verifier.clone(),
        memory: Memory {
            state_cache: 160 * 1024,
            archive_pages: NZUsize!(32),
            write_buffer: NZUsize!(4096),
        },
        strategy: Sequential,
        timeouts: Some(Timeouts {
            leader,
            certification: leader + Duration::from_millis(400),
            retry: Duration::from_millis(300),
            skip: leader * 4,
            fetch: Duration::from_millis(500),
        }),
        observers: Vec::new(),
        releases: Releases::default(),
        forgery: (byzantine == Some(Byzantine::Liar))
            .then(|| forgery(shared.seed, shared.setup.genesis.validator_set().ok())),
    }
}

/// The validators that the first and the second of twins speak to. One hears both.
pub fn audience(index: usize, validators: usize, face: Face) -> Vec<usize> {
    let others: Vec<usize> = (0..validators).filter(|other| *other != index).collect();
    let middle = others.len() / 2;
    match face {
        Face::First => others[..=middle].to_vec(),
        Face::Second => others[middle..].to_vec(),
    }
}

fn twist(
    kind: Byzantine,
    face: Face,
    channel: usize,
    index: usize,
    shared: &Shared,
) -> Option<Twist> {
    let setup = &shared.setup;
    let keys = setup.public_keys();
    let (votes, blocks) = (channel == 0, channel == 4);
    match kind {
        Byzantine::Silent => Some(Twist::Drop),
        Byzantine::Equivocator if votes => Some(Twist::Contradict(signer(setup, index)?)),
        Byzantine::Colluder(victim) if votes => {
            let set = setup.genesis.validator_set().ok()?;
            let at = set.position(&setup.key(victim))? as u64;
            let victim = (at, set.entries().len() as u64);
            Some(Twist::Oppose { scheme: signer(setup, index)?, victim })
        }
        Byzantine::Twins => {
            let group = audience(index, keys.len(), face);
            Some(Twist::Only(Arc::new(group.into_iter().map(|key| keys[key].clone()).collect())))
        }
        Byzantine::Withholder if blocks => {
            let friend = keys[(index + 1) % keys.len()].clone();
            Some(Twist::Only(Arc::new(vec![friend])))
        }
        Byzantine::Garbler => {
            let rng = Rng::new(shared.seed, 100 + (index * 8 + channel) as u64);
            Some(Twist::Garble(Arc::new(Mutex::new(rng))))
        }
        _ => None,
    }
}

/// Signs votes of a validator of the genesis.
fn signer(setup: &Setup, index: usize) -> Option<Arc<Scheme>> {
    let set = setup.genesis.validator_set().ok()?;
    let namespace = consensus_namespace(&setup.genesis.hash());
    let key = setup.validators[index].clone();
    Scheme::signer(&namespace, sets::keys_of(&set), key).map(Arc::new)
}

/// Makes one claim of every block wrong.
fn forgery(seed: u64, set: Option<ValidatorSet>) -> Forgery {
    let rng = Mutex::new(Rng::new(seed, 3));
    Arc::new(move |block| {
        let wrong = hash::sha256(&[b"wrong"]);
        let header = &mut block.header;
        match rng.lock().below(8) {
            0 => header.state_root = wrong,
            1 => header.receipts_root = wrong,
            2 => header.results_root = wrong,
            6 => header.reveal = wrong,
            3 => header.gas_used = althing_types::Gas::new(header.gas_used.get() + 1),
            4 => {
                header.next_validators = match header.next_validators.take() {
                    Some(_) => None,
                    None => set.clone(),
                }
            }
            5 => header.timestamp = althing_types::Timestamp::new(header.timestamp.get() + 700_000),
            _ => {
                // The last transaction once more; without one, another root.
                match block.transactions.last().cloned() {
                    Some(last) => {
                        block.transactions.push(last);
                        header.transactions_root =
                            althing_types::Block::transactions_root(&block.transactions);
                    }
                    None => header.state_root = wrong,
                }
            }
        }
    })
}
