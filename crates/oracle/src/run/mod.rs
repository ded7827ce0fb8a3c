//! Runs the daemon: reads sources, asks the chain, sends, checks, and writes down what it is about to do.

mod attest;
mod basket;
mod feed;
mod finish;
mod held;
mod intake;
mod refuse;
mod send;
mod show;
mod watch;

use crate::{
    chain::{Chain, ChainError, Identity, MeterAt, Tip},
    clock::{Clock, SystemClock},
    keys::Keys,
    progress::{Progress, Summary},
    series::Series,
    settings::{Channel, Settings},
    store::{Origin, Sending, Store, StoreError},
};
use althing_types::{Address, Hash, Height, SecretKey, params::EnergyParams};
use backon::{BackoffBuilder as _, ExponentialBuilder};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::watch as channel, task::JoinSet};
use tokio_util::sync::CancellationToken;

pub use held::GIVE_UP_AFTER;
use held::Held;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// While sources are read, the chain is asked this often.
const TURN: Duration = Duration::from_millis(500);
/// The longest wait for a block before sources are looked at again.
const LOOK: Duration = Duration::from_secs(1);
/// Blocks after which parameters are asked for again.
const REFRESH: u64 = 8;

/// How the daemon is stopped. What is on its way is continued at the next start.
pub type Stop = CancellationToken;

/// Why the daemon does not run, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum OracleError {
    /// A key is missing.
    #[error("there is no key {0}")]
    NoKey(String),
    /// The queue.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The chain, for good.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// It was to end by itself, and what is left cannot be sent until somebody mends something.
    #[error("what is left cannot be sent: {0}. It is kept; run it again once that is mended")]
    Held(String),
    /// It was to end by itself, and was held back for too long.
    #[error(
        "gave up after {} without getting on: {words}. What is left is kept; run it again, or let it wait \
         longer",
        humantime::format_duration(*after)
    )]
    GaveUp {
        /// What held it back.
        words: String,
        /// For how long it waited.
        after: Duration,
    },
}

/// What a channel is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    Feed,
    Attest,
}

/// A channel with its meter.
struct Line {
    /// Its number in the queue.
    id: i64,
    job: Job,
    name: String,
    /// The id of the meter on the chain.
    meter: Hash,
    channel: Channel,
    /// The place of its source in the configuration.
    source: usize,
    state: Series,
    /// Intervals that wait to be sent.
    waiting: u64,
    /// Where the meter stands on the chain, if that is known.
    head: Option<MeterAt>,
    /// A state of the meter from before this height is too old.
    since: Height,
    /// Why nothing can be sent for it, and the height at which that is looked at again.
    blocked: Option<(String, Height)>,
}

/// How long a job waits after a refusal.
#[derive(Clone, Debug, Default)]
struct Patience {
    fails: u32,
    until: Height,
    /// The last refusal.
    held: Option<Held>,
}

impl Patience {
    /// Waits 1, 2, 4 … 64 blocks.
    fn fail(&mut self, now: Height, held: Held) {
        self.held = Some(held);
        let blocks = 1_u64 << self.fails.min(6);
        self.fails = self.fails.saturating_add(1);
        self.until = Height::new(now.get().saturating_add(blocks));
    }

    fn succeed(&mut self) {
        *self = Self::default();
    }
}

/// The daemon.
pub struct Daemon {
    settings: Settings,
    keys: Keys,
    chain: Arc<dyn Chain>,
    clock: Arc<dyn Clock>,
    store: Store,
    lines: Vec<Line>,
    points: basket::Points,
    files: Vec<intake::Files>,
    news: intake::News,
    tasks: JoinSet<()>,
    identity: Option<Identity>,
    params: Option<(Height, EnergyParams)>,
    tip: Option<Tip>,
    /// Transactions on their way.
    sendings: Vec<Sending>,
    feed: feed::State,
    attest: attest::State,
    backfill_only: bool,
    give_up_after: Duration,
    /// Since when something holds it back.
    held_since: Option<Instant>,
    connected: bool,
    trouble: Option<String>,
    shown: Option<Instant>,
    progress: channel::Sender<Progress>,
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

impl Daemon {
    /// Prepares the daemon: its folder, its queue, the keys that it needs.
    ///
    /// # Errors
    /// [`OracleError`].
    pub fn new(
        settings: Settings,
        keys: Keys,
        chain: Arc<dyn Chain>,
    ) -> Result<(Self, channel::Receiver<Progress>), OracleError> {
        let mut store = Store::open(&settings.data_dir)?;
        let sendings = store.sendings()?;
        let lines = lines(&settings, &keys, &mut store)?;
        let files = intake::Files::all(&settings);
        let (progress, seen) = channel::channel(Progress::default());
        let feed = feed::State::new(settings.limits.batch);
        let daemon = Self {
            settings,
            keys,
            chain,
            clock: Arc::new(SystemClock),
            store,
            points: basket::points(&lines),
            lines,
            files,
            news: intake::News::new(),
            tasks: JoinSet::new(),
            identity: None,
            params: None,
            tip: None,
            sendings,
            feed,
            attest: attest::State::default(),
            backfill_only: false,
            give_up_after: GIVE_UP_AFTER,
            held_since: None,
            connected: false,
            trouble: None,
            shown: None,
            progress,
        };
        Ok((daemon, seen))
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Ends when every file is read to its end and everything is decided, or nothing more can be sent.
    /// Devices are not asked.
    #[must_use]
    pub const fn backfill_only(mut self) -> Self {
        self.backfill_only = true;
        self
    }

    /// For how long a daemon that ends by itself waits if it is held back by what may pass
    /// ([`GIVE_UP_AFTER`] unless this is called).
    #[must_use]
    pub const fn give_up_after(mut self, time: Duration) -> Self {
        self.give_up_after = time;
        self
    }

    /// Works until it is stopped, or has nothing more to do.
    ///
    /// # Errors
    /// [`OracleError`] if it cannot go on: its queue cannot be written, or belongs to another chain; and
    /// [`OracleError::Held`] or [`OracleError::GaveUp`] if it was to end by itself.
    pub async fn run(mut self, stop: Stop) -> Result<Summary, OracleError> {
        if !self.backfill_only {
            self.ask_devices();
        }
        let mut turned: Option<Instant> = None;
        let mut waits = pauses();
        let mut finished = false;
        while !stop.is_cancelled() && !finished {
            let more = self.read()?;
            if more && turned.is_some_and(|at| at.elapsed() < TURN) {
                tokio::task::yield_now().await;
                continue;
            }
            turned = Some(Instant::now());
            let turn = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                turn = self.turn() => turn,
            };
            match turn {
                Ok(done) => {
                    (self.connected, waits, finished) = (true, pauses(), done && !more);
                }
                Err(OracleError::Chain(error)) => {
                    self.connected = !error.is_temporary();
                    self.trouble(error.to_string());
                    let pause = waits.next().unwrap_or(LONGEST_PAUSE);
                    if !more {
                        self.rest(&stop, pause).await;
                    }
                }
                Err(error) => {
                    self.show(true)?;
                    return Err(error);
                }
            }
            self.show(false)?;
            if !finished {
                self.give_up()?;
            }
            if !more && !finished && self.connected {
                self.wait(&stop).await;
            }
        }
        self.summary(finished)
    }

    /// One look at the chain, and what follows from it. Whether there is nothing more to do.
    async fn turn(&mut self) -> Result<bool, OracleError> {
        if self.identity.is_none() {
            let identity = self.chain.identity().await?;
            self.store.bind(&hex::encode(identity.genesis))?;
            self.identity = Some(identity);
        }
        let tip = self.chain.tip().await?;
        let old = self.params.as_ref().is_none_or(|(height, _)| {
            tip.height.get() >= height.get().saturating_add(REFRESH) || tip.height < *height
        });
        if old {
            self.params = Some((tip.height, self.chain.params().await?.energy));
            if let Some(oracle) = self.oracle() {
                self.look_at_oracle(oracle).await?;
            }
        }
        self.tip = Some(tip);
        self.settle(tip).await?;
        if self.settings.feed.is_some() {
            self.watch_batches().await?;
            self.feed(tip).await?;
        }
        if self.settings.attest.is_some() {
            self.attest(tip).await?;
        }
        self.is_finished(tip).await
    }

    /// Waits for a block, a device, a file, or a while.
    async fn wait(&mut self, stop: &Stop) {
        let height = self.tip.map_or(Height::ZERO, |tip| tip.height);
        let chain = Arc::clone(&self.chain);
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = self.news.arrives() => {}
            // What the chain says is asked for again by the next turn.
            _ = tokio::time::timeout(LOOK, chain.next(height)) => {}
        }
    }

    async fn rest(&mut self, stop: &Stop, pause: Duration) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }

    fn trouble(&mut self, words: String) {
        if self.trouble.as_ref() != Some(&words) {
            tracing::warn!("{words}");
        }
        self.trouble = Some(words);
    }

    fn summary(&mut self, finished: bool) -> Result<Summary, OracleError> {
        self.show(true)?;
        self.progress.send_modify(|progress| progress.finished = finished);
        let progress = self.progress.borrow().clone();
        Ok(Summary { progress, refusals: self.store.refusals()? })
    }

    /// The provider that is sent for.
    fn provider(&self) -> Option<Address> {
        let configured = self.settings.feed.as_ref()?.provider;
        configured.or_else(|| self.keys.feed.as_ref().map(SecretKey::address))
    }

    /// The oracle that is reported for.
    fn oracle(&self) -> Option<Address> {
        let configured = self.settings.attest.as_ref()?.oracle;
        configured.or_else(|| self.keys.attest.as_ref().map(SecretKey::address))
    }
}

/// What decides which data a channel holds.
fn origin(settings: &Settings, channel: &Channel, job: &'static str, name: &str) -> Origin {
    let source = settings.sources.iter().find(|source| source.name == channel.source);
    let reading = source.map(|source| {
        let how = (source.format, &source.qualities, source.spikes, &source.nem, &source.csv);
        let again = source.address.is_none();
        // A device is the same wherever it is, and its capacity decides nothing that was counted.
        (again, format!("{how:?} {:?}", source.path.as_ref().filter(|_| again)))
    });
    let (again, reading) = reading.unwrap_or_default();
    let origin = format!("{channel:?} {reading}");
    let (name, source) = (name.to_owned(), channel.source.clone());
    Origin { job, name, source, origin, again }
}

/// All channels, with what the queue knows of them.
fn lines(settings: &Settings, keys: &Keys, store: &mut Store) -> Result<Vec<Line>, OracleError> {
    let mut wanted = Vec::new();
    if let Some(feed) = &settings.feed {
        let account = keys.feed.as_ref().ok_or_else(|| no_key("of the account that sends"))?;
        let provider = feed.provider.unwrap_or_else(|| account.address());
        for meter in &feed.meters {
            let key = keys.meters.get(&meter.name);
            let key = key.ok_or_else(|| no_key(&format!("of the meter {:?}", meter.name)))?;
            let id = meter.meter.unwrap_or_else(|| key.id(&provider));
            wanted.push((Job::Feed, "feed", meter.name.clone(), id, meter.channel()));
        }
    }
    if let Some(attest) = &settings.attest {
        keys.attest.as_ref().ok_or_else(|| no_key("of the account that reports"))?;
        for meter in &attest.meters {
            let (name, channel) = (meter.name.clone(), meter.channel());
            wanted.push((Job::Attest, "attest", name, meter.meter, channel));
        }
    }
    let origins: Vec<Origin> = wanted
        .iter()
        .map(|(_, job, name, _, channel)| origin(settings, channel, job, name))
        .collect();
    let known = store.channels(&origins)?;
    let mut lines = Vec::new();
    for ((job, _, name, meter, channel), (id, state)) in wanted.into_iter().zip(known) {
        let source = settings.sources.iter().position(|one| one.name == channel.source);
        let waiting = if job == Job::Feed { store.waiting(id)? } else { 0 };
        lines.push(Line {
            id,
            job,
            name,
            meter,
            channel,
            source: source.unwrap_or_default(),
            state,
            waiting,
            head: None,
            since: Height::ZERO,
            blocked: None,
        });
    }
    Ok(lines)
}

fn no_key(what: &str) -> OracleError {
    OracleError::NoKey(what.to_owned())
}
