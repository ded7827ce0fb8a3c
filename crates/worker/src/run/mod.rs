//! Runs a worker: asks the chain, computes, sends, serves, and writes down what it is about to do.

mod act;
mod observe;
mod report;
mod send;
mod show;

use crate::{
    chain::{Chain, ChainError, Tip},
    config::Config,
    endpoint::{self, Endpoint, EndpointError},
    executor::{Engine, Watch},
    files,
    job::JobKey,
    journal::{Found, Journal, JournalError},
    live::Live,
    machine::{Action, DevicePlan, Finish, Machine, Observation, Plan, Tally},
    plant::Secrets,
    results::Results,
    serve::{self, Contents},
};
use althing_devices::evidence::Evidence;
use althing_types::{
    Blob, Height, SecretKey,
    compute::DeviceKind,
    limits::{MAX_DEVICES, MAX_EVIDENCE_BYTES},
};
use backon::{BackoffBuilder as _, ExponentialBuilder};
use std::{collections::BTreeMap, fs::File, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// From one picture of the live view to the next.
const VIEW: Duration = Duration::from_millis(500);

/// A device that a worker offers. It has passed its self-test.
pub struct Device {
    /// Its number, 0 to 15: the same at every start.
    pub number: u8,
    /// What it is.
    pub kind: DeviceKind,
    /// What it says about itself: JSON, as `althing-devices` collects it.
    pub evidence: Vec<u8>,
    /// What computes.
    pub engine: Arc<dyn Engine>,
    /// Units of work that it does in a second; see [`crate::selftest::units_per_second`].
    pub units_per_second: u64,
    /// Memory that a product may take, in bytes.
    pub memory_bytes: u64,
}

/// Why a worker does not run, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The address under which others are to reach it.
    #[error("the configured endpoint cannot be used: {0}")]
    Endpoint(#[from] EndpointError),
    /// There is nothing to compute with.
    #[error("there is no device: offer the processor, or a graphics processor with a driver")]
    NoDevice,
    /// A device that the chain cannot take.
    #[error("device {0} cannot be offered: its number is above 15, or its evidence above 24 KiB")]
    BadDevice(u8),
    /// Another worker uses the folder.
    #[error("another worker runs with the folder {0}: stop it, or choose another data_dir")]
    Locked(String),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A folder or the server.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: String,
        /// What the system says.
        error: io::Error,
    },
    /// The chain, for good.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The worker was banned.
    #[error("the worker was banned for wrong results: its stake unbonds")]
    Banned,
}

/// What a worker did until it stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// What became of tasks.
    pub tally: Tally,
    /// Whether all its tasks were over.
    pub drained: bool,
}

/// How a worker is stopped: first it finishes its tasks, then it leaves them as they are. What it is
/// bound to is continued at the next start.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// Take no more work, and stop when all is settled.
    pub drain: CancellationToken,
    /// Stop now.
    pub now: CancellationToken,
}

/// Something that happened beside the chain.
enum News {
    Away(ChainError),
    Computed(JobKey, Result<Found, String>),
}

/// A computation that runs.
struct Running {
    watch: Arc<Watch>,
    begun: std::time::Instant,
}

/// A worker.
pub struct Worker {
    config: Config,
    key: SecretKey,
    secrets: Secrets,
    chain: Arc<dyn Chain>,
    devices: Vec<Device>,
    machine: Machine,
    journal: Journal,
    results: Arc<Results>,
    contents: Arc<Contents>,
    http: reqwest::Client,
    running: BTreeMap<JobKey, Running>,
    news: (mpsc::Sender<News>, mpsc::Receiver<News>),
    live: watch::Sender<Live>,
    cache: observe::Cache,
    /// The address that the server got.
    address: SocketAddr,
    listener: Option<TcpListener>,
    _lock: File,
}

fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> RunError {
    let what = what.into();
    move |error| RunError::System { what, error }
}

fn device_plan(device: &Device) -> Result<DevicePlan, RunError> {
    let bad = || RunError::BadDevice(device.number);
    let evidence: Blob<MAX_EVIDENCE_BYTES> = Blob::new(device.evidence.clone()).ok_or_else(bad)?;
    if device.number >= MAX_DEVICES {
        return Err(bad());
    }
    // Evidence that is not read here is the chain's question.
    let read = serde_json::from_slice::<Evidence>(&device.evidence);
    Ok(DevicePlan {
        number: device.number,
        signs_reports: read.is_ok_and(|evidence| evidence.device.signs_reports()),
        kind: device.kind,
        evidence,
        units_per_second: device.units_per_second,
        memory_bytes: device.memory_bytes,
    })
}

/// Pauses that grow up to half a minute, for ever.
fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(FIRST_PAUSE)
        .with_max_delay(LONGEST_PAUSE)
        .without_max_times()
        .with_jitter()
        .build()
}

impl Worker {
    /// Prepares a worker: its folder, its journal, its server. Waits for the node as long as it has to.
    ///
    /// # Errors
    /// [`RunError`].
    pub async fn new(
        config: Config,
        key: SecretKey,
        chain: Arc<dyn Chain>,
        devices: Vec<Device>,
    ) -> Result<(Self, watch::Receiver<Live>), RunError> {
        if devices.is_empty() {
            return Err(RunError::NoDevice);
        }
        let listener = TcpListener::bind(config.listen).await;
        let listener = listener.map_err(system(format!("listening at {}", config.listen)))?;
        let address = listener.local_addr().map_err(system("the address of the server"))?;
        let endpoint = match config.endpoint.as_str() {
            // In development the address of the server is the one that others use.
            "" if config.allow_private => format!("http://{address}"),
            configured => configured.to_owned(),
        };
        Endpoint::parse(&endpoint, config.allow_private)?;
        let plans = devices.iter().map(device_plan).collect::<Result<Vec<_>, _>>()?;
        let folder = config.data_dir.clone();
        files::folder(&folder).map_err(system(format!("the folder {}", folder.display())))?;
        let lock = files::lock(&folder.join("lock")).map_err(system("the lock of the folder"))?;
        let lock = lock.ok_or_else(|| RunError::Locked(folder.display().to_string()))?;
        let journal = Journal::open(&folder.join("journal"))?;
        let results = Results::new(folder.join("results"), config.results_bytes());
        let results = Arc::new(results.map_err(system("the folder of results"))?);
        results.retain(|key| journal.memory().jobs.contains_key(&key));
        let identity = observe::identity(chain.as_ref()).await?;
        let secrets = Secrets::new(&key);
        let plan = Plan {
            worker: key.address(),
            identity,
            endpoint,
            stake: config.stake,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            devices: plans,
            network_work: config.network_work,
            shapes: config.shapes.clone(),
            batch_seconds: config.batch_seconds,
            queue: config.queue,
            claim: config.claim,
            max_gas_price: config.max_gas_price,
        };
        let machine = Machine::new(plan, secrets.clone(), journal.memory());
        let (live, view) = watch::channel(Live::new(key.address()));
        let http = endpoint::client(config.allow_private)?;
        let worker = Self {
            config,
            key,
            secrets,
            chain,
            devices,
            machine,
            journal,
            results,
            contents: Arc::new(Contents::default()),
            http,
            running: BTreeMap::new(),
            news: mpsc::channel(64),
            live,
            cache: observe::Cache::default(),
            address,
            listener: Some(listener),
            _lock: lock,
        };
        Ok((worker, view))
    }

    /// Where the server of rows listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Works until it is stopped.
    ///
    /// # Errors
    /// [`RunError`] if it cannot go on: its journal cannot be written, or it was banned.
    pub async fn run(mut self, stop: Stop) -> Result<Summary, RunError> {
        let ending = CancellationToken::new();
        let server = self.serve(&ending);
        let (tips, seen) = self.follow(&ending);
        self.resume_sending();
        let ended = self.work(&stop, seen).await;
        for running in self.running.values() {
            running.watch.cancel();
        }
        ending.cancel();
        tips.abort();
        if let Some(server) = server {
            // Its answers have a few seconds; whether one failed does not matter any more.
            let _ = server.await;
        }
        let drained = match ended? {
            Some(Finish::Banned) => return Err(RunError::Banned),
            Some(Finish::Drained | Finish::Left) => true,
            None => false,
        };
        Ok(Summary { tally: self.machine.tally(), drained })
    }

    fn serve(&mut self, ending: &CancellationToken) -> Option<JoinHandle<io::Result<()>>> {
        let listener = self.listener.take()?;
        let (results, contents) = (Arc::clone(&self.results), Arc::clone(&self.contents));
        let router = serve::router(results, contents, &self.config.serve);
        Some(tokio::spawn(serve::serve(listener, router, self.config.serve, ending.clone())))
    }

    /// Follows the newest block, and reconnects for ever.
    fn follow(&self, ending: &CancellationToken) -> (JoinHandle<()>, watch::Receiver<Option<Tip>>) {
        let (chain, news) = (Arc::clone(&self.chain), self.news.0.clone());
        let (newest, seen) = watch::channel(None);
        let ending = ending.clone();
        let follow = async move {
            let (mut height, mut waits) = (Height::ZERO, pauses());
            while !ending.is_cancelled() {
                match chain.next(height).await {
                    Ok(tip) => {
                        (height, waits) = (tip.height, pauses());
                        newest.send_replace(Some(tip));
                    }
                    Err(error) => {
                        // Nobody listens any more once the worker has stopped.
                        let _ = news.send(News::Away(error)).await;
                        tokio::time::sleep(waits.next().unwrap_or(LONGEST_PAUSE)).await;
                    }
                }
            }
        };
        (tokio::spawn(follow), seen)
    }

    /// The loop. `None`: it was stopped at once.
    async fn work(
        &mut self,
        stop: &Stop,
        mut seen: watch::Receiver<Option<Tip>>,
    ) -> Result<Option<Finish>, RunError> {
        let mut view = tokio::time::interval(VIEW);
        let mut drained = false;
        loop {
            let observations = tokio::select! {
                biased;
                () = stop.now.cancelled() => return Ok(None),
                () = stop.drain.cancelled(), if !drained => {
                    drained = true;
                    vec![Observation::Stop]
                }
                Some(news) = self.news.1.recv() => self.hear(news)?,
                Ok(()) = seen.changed() => {
                    let newest = *seen.borrow_and_update();
                    match newest {
                        Some(tip) => self.look(tip).await?,
                        None => Vec::new(),
                    }
                }
                _ = view.tick() => Vec::new(),
            };
            if let Some(finish) = self.take(observations).await? {
                return Ok(Some(finish));
            }
            self.show();
        }
    }

    /// What news say to the machine.
    fn hear(&mut self, news: News) -> Result<Vec<Observation>, RunError> {
        match news {
            News::Away(error) => {
                self.live.send_modify(|live| live.connected = false);
                self.trouble(error.to_string());
                Ok(Vec::new())
            }
            News::Computed(key, _) if !self.machine.jobs().contains_key(&key) => {
                self.running.remove(&key);
                self.results.remove(key);
                Ok(Vec::new())
            }
            News::Computed(key, Ok(found)) => {
                self.running.remove(&key);
                self.journal.write(crate::journal::Entry::Computed { key, found })?;
                Ok(vec![Observation::Computed(key, found)])
            }
            News::Computed(key, Err(reason)) => {
                self.running.remove(&key);
                self.trouble(format!("{key} was not computed: {reason}"));
                Ok(vec![Observation::ComputeFailed(key)])
            }
        }
    }

    /// Lets the machine take observations in, and does what it says, until it has nothing more to say.
    async fn take(&mut self, observations: Vec<Observation>) -> Result<Option<Finish>, RunError> {
        let mut waiting = std::collections::VecDeque::from(observations);
        while let Some(observation) = waiting.pop_front() {
            for action in self.machine.step(observation) {
                if let Action::Finish(finish) = action {
                    return Ok(Some(finish));
                }
                waiting.extend(self.act(action).await?);
            }
        }
        Ok(None)
    }

    fn trouble(&self, words: String) {
        tracing::warn!("{words}");
        self.live.send_modify(|live| live.trouble = Some(words));
    }
}
