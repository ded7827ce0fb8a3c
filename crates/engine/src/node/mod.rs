//! A validator on the real runtime: its own thread, disk and sockets, and a handle without
//! generics that works from any other runtime.

mod audit;
mod deciding;
mod folder;
mod handle;
mod inspect;
mod network;
mod peers;
mod queries;
mod upgrade;

pub use audit::Audited;
pub use handle::{EngineHandle, Status};
pub use inspect::{Inspection, inspect, unused};
pub use network::address_of;
pub use queries::{AccountView, Finality, Proof, Rejection, Simulation};
pub use upgrade::{Trial, try_upgrade};

use crate::{
    admit::Admitter,
    app::Outdated,
    assemble::{self, Validator, ValidatorConfig},
    chain::FinalizedBlock,
    duties::{self, About, Duties, Errands, Machine, Measure},
    error::EngineError,
    evidence::Observer,
    feed, limits,
    net::Software,
    orchestrator::Timeouts,
    storage::Memory,
    types::PrivateKey,
};
use althing_ledger::{compute, energy, query, versions::Releases};
use althing_mempool::{PoolConfig, Verifier};
use althing_types::{Genesis, Height, Text};
use commonware_parallel::Rayon;
use commonware_runtime::{
    Runner as _, Spawner as _, Strategizer as _, Supervisor as _, tokio as runtime,
};
use futures::future::{FutureExt as _, select, select_all};
use std::{
    any::Any,
    net::{SocketAddr, TcpListener},
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{Arc, mpsc},
};
use tokio::sync::{mpsc as sinks, watch};
use tracing::{error, info};

/// Prefix of everything in the storage of a node.
const PREFIX: &str = "althing";
/// Threads for reads and writes of files, and for signatures of clients. More of them compete for
/// the cores, and each keeps memory of its own.
pub const BLOCKING_THREADS: usize = 16;

/// What one node needs to take part in a chain.
pub struct NodeConfig {
    /// The chain.
    pub genesis: Arc<Genesis>,
    /// The key that votes and that peers know this node by.
    pub key: PrivateKey,
    /// Folder of everything on disk. One process at a time may use it.
    pub data_dir: PathBuf,
    /// Where peers connect to.
    pub listen: SocketAddr,
    /// Threads of the runtime, at least 1.
    pub worker_threads: usize,
    /// Threads for hashing and signatures, at least 1.
    pub compute_threads: usize,
    /// Bounds of the mempool.
    pub pool: PoolConfig,
    /// Checks signatures; validators of one process may share it.
    pub verifier: Arc<Verifier>,
    /// Caches and buffers.
    pub memory: Memory,
    /// Timeouts of consensus; by default they follow the chain's idle interval.
    pub timeouts: Option<Timeouts>,
    /// Shown everything that consensus reports.
    pub observers: Vec<Arc<dyn Observer>>,
    /// Where finalized blocks go, in order and without a gap, from a height on.
    pub sink: Option<(Height, sinks::Sender<FinalizedBlock>)>,
    /// What peers are told that this node runs.
    pub software: Software,
    /// Whether peers with another protocol or software version are refused.
    pub strict_versions: bool,
    /// What the node says about itself in the registry while it is a validator's.
    pub about: About,
    /// What it measures for its heartbeats.
    pub measure: Measure,
    /// Versions of the protocol that this software knows.
    pub releases: Releases,
}

impl NodeConfig {
    /// A node with usual settings.
    pub fn new(
        genesis: Arc<Genesis>,
        key: PrivateKey,
        data_dir: PathBuf,
        listen: SocketAddr,
    ) -> Self {
        Self {
            genesis,
            key,
            data_dir,
            listen,
            worker_threads: 2,
            compute_threads: 2,
            pool: PoolConfig::default(),
            verifier: Arc::new(Verifier::default()),
            memory: Memory::node(),
            timeouts: None,
            observers: Vec::new(),
            sink: None,
            software: Software {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                commit: "unknown".to_owned(),
            },
            strict_versions: false,
            about: About {
                version: Text::new(env!("CARGO_PKG_VERSION")).unwrap_or_default(),
                ..About::default()
            },
            measure: Arc::new(Machine::default),
            releases: Releases::default(),
        }
    }
}

/// The runtime of a node.
pub(crate) type Context = runtime::Context;
/// The parts of a node's validator.
pub(crate) type NodeValidator = Validator<Context, Rayon>;

/// How the engine ended; `None` while it runs.
pub(crate) type Ending = Option<Result<(), EngineError>>;

/// Starts a node on a thread of its own, and returns when its state is open and its network
/// listens. Blocks the calling thread meanwhile.
///
/// # Errors
/// [`EngineError`], if the folder, the genesis or the address cannot be used.
pub fn spawn(config: NodeConfig) -> Result<EngineHandle, EngineError> {
    let folder = folder::Folder::open(&config.data_dir, &config.genesis.hash())?;
    let listener = TcpListener::bind(config.listen);
    drop(listener.map_err(|error| EngineError::Listen {
        address: config.listen,
        reason: error.to_string(),
    })?);
    let (ready, started) = mpsc::sync_channel(1);
    let (stop, stopping) = watch::channel(false);
    let (ended, ending) = watch::channel::<Ending>(None);
    let thread = std::thread::Builder::new().name("althing-engine".to_owned());
    let spawned = thread.spawn(move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| run(config, &folder, &ready, stopping)));
        let outcome = outcome.unwrap_or_else(|panic| Err(failure(panic)));
        if let Err(failure) = &outcome {
            error!(%failure, "the engine stopped");
        }
        drop(folder);
        ended.send_replace(Some(outcome));
    });
    spawned.map_err(|error| EngineError::Thread(error.to_string()))?;
    match started.recv() {
        Ok(parts) => Ok(EngineHandle::new(parts, stop, ending)),
        Err(_) => Err(first_failure(ending)),
    }
}

/// Why a thread that never became ready ended.
fn first_failure(mut ending: watch::Receiver<Ending>) -> EngineError {
    let outcome = futures::executor::block_on(async {
        match ending.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone(),
            Err(_) => None,
        }
    });
    match outcome {
        Some(Err(error)) => error,
        _ => EngineError::Stopped("it ended before it was ready".to_owned()),
    }
}

/// Why the engine's thread panicked.
fn failure(panic: Box<dyn Any + Send>) -> EngineError {
    match panic.downcast::<Outdated>() {
        Ok(outdated) => EngineError::UpgradeNeeded(outdated.0),
        Err(panic) => EngineError::Stopped(message(&*panic)),
    }
}

/// Why the engine's thread ended, in a sentence if people can mend it.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = text_of(panic);
    // The storage reports the error of the system in the debug form of its own errors.
    if text.contains("kind: StorageFull") || text.contains("kind: QuotaExceeded") {
        return "the disk is full; free some space and start again: the node resumes at a \
                finalized block, and nothing final is lost"
            .to_owned();
    }
    text
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "an internal error without a message".to_owned())
}

fn run(
    config: NodeConfig,
    folder: &folder::Folder,
    ready: &mpsc::SyncSender<handle::Parts>,
    mut stopping: watch::Receiver<bool>,
) -> Result<(), EngineError> {
    let settings = runtime::Config::new()
        .with_worker_threads(config.worker_threads.max(1))
        .with_max_blocking_threads(BLOCKING_THREADS)
        .with_storage_directory(folder.storage());
    runtime::Runner::new(settings).start(|context| async move {
        let (parts, tasks) = start(&context, config).await?;
        if ready.send(parts).is_err() {
            return Ok(());
        }
        let failed = select_all(tasks.into_iter().map(|task| task.boxed()));
        let stop = async {
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        match select(Box::pin(stop), failed).await {
            futures::future::Either::Left(_) => {
                info!("stopping");
                let grace = Some(std::time::Duration::from_secs(5));
                let _ = context.child("stop").stop(0, grace).await;
                Ok(())
            }
            futures::future::Either::Right(((outcome, ..), _)) => {
                let reason = outcome.err().map_or_else(
                    || "a task of the engine ended".to_owned(),
                    |error| format!("a task of the engine ended: {error}"),
                );
                Err(EngineError::Stopped(reason))
            }
        }
    })
}

type Tasks = Vec<commonware_runtime::Handle<()>>;

async fn start(
    context: &Context,
    config: NodeConfig,
) -> Result<(handle::Parts, Tasks), EngineError> {
    let compute = NonZeroUsize::new(config.compute_threads).unwrap_or(NonZeroUsize::MIN);
    let strategy = context.strategy(compute);
    let capacity = limits::peer_capacity(&config.genesis);
    let (network, extensions) = network::start(context, &config, capacity);
    let genesis = config.genesis.clone();
    let table = extensions.table().clone();
    let mut observers = config.observers;
    observers.extend(extensions.observers());
    let (key, about, measure) = (config.key.clone(), config.about, config.measure);
    let protocol = config.releases.newest();
    let validator = ValidatorConfig {
        genesis: config.genesis,
        key: config.key,
        prefix: PREFIX.to_owned(),
        pool: config.pool,
        verifier: config.verifier,
        memory: config.memory,
        strategy,
        timeouts: config.timeouts,
        observers,
        releases: config.releases,
        forgery: None,
    };
    let mut validator =
        NodeValidator::start(context.child("validator"), validator, network, |reports| reports)
            .await?;
    let mut tasks = std::mem::take(&mut validator.tasks);
    let database = validator.database().await;
    validator.metrics.show(table.metrics());
    let supply = database.read().await.get(&query::supply_key()).await;
    if let Some(Ok(supply)) = supply.ok().flatten().map(|value| query::decode_supply(&value)) {
        validator.metrics.supply(&supply);
    }
    let sums = database.read().await.get(&compute::query::compute_key()).await;
    let sums = sums.ok().flatten().map(|value| compute::query::decode_compute(&value));
    if let Some(Ok(sums)) = sums {
        validator.metrics.working(&sums);
    }
    let sums = database.read().await.get(&energy::query::energy_key()).await;
    let sums = sums.ok().flatten().map(|value| energy::query::decode_energy(&value));
    if let Some(Ok(sums)) = sums {
        validator.metrics.metered(&sums);
    }
    deciding::read(&database, &validator.marshal, &validator.metrics).await;
    let admitter = Admitter::new(
        context.child("admission"),
        validator.ledger.clone(),
        validator.chain.clone(),
        database.clone(),
    );
    let peers = table.clone();
    let errands = Errands::default();
    let duties = duties::Config {
        key,
        about,
        measure: Arc::new(move || Machine { peers: peers.connected_count(), ..measure() }),
        ledger: validator.ledger.clone(),
        chain: validator.chain.clone(),
        database: database.clone(),
        admitter: admitter.clone(),
        watch: validator.watch.clone(),
        sets: validator.sets.clone(),
        metrics: validator.metrics.clone(),
        neighbours: validator.neighbours.clone(),
        randomness: validator.randomness.clone(),
        errands: errands.clone(),
        protocol,
    };
    tasks.extend(Duties::new(context.child("duties"), duties).map(Duties::start));
    tasks.extend(extensions.into_tasks(context, &validator, admitter.clone()));
    if let Some((from, sink)) = config.sink {
        let delivery = feed::deliver(
            from,
            sink,
            validator.chain.clone(),
            validator.feed.clone(),
            validator.marshal.clone(),
            validator.outcomes.clone(),
        );
        context.child("delivery").spawn(move |_| delivery);
    }
    info!(
        genesis = %genesis.hash(), height = %validator.chain.tip().header.height,
        listen = %config.listen, "the engine runs"
    );
    let parts = handle::Parts {
        genesis_block: assemble::genesis_block::<Context, Rayon>(&genesis),
        context: context.child("queries"),
        runtime: tokio::runtime::Handle::current(),
        validator,
        database,
        admitter,
        table,
        errands,
    };
    Ok((parts, tasks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_named_in_plain_words() {
        let full = std::io::Error::from_raw_os_error(28);
        let text = format!("database finalize failed: Runtime(Io({full:?}))");
        assert!(message(&text.clone()).starts_with("the disk is full"), "{text}");
        assert_eq!(message(&"a bug"), "a bug");
    }
}
