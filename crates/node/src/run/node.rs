//! One node of this process: the engine, its index, and the API if it has one.

use super::{
    backend::NodeBackend,
    checks::Checks,
    faucet::Faucet,
    indexer::{self, Progress, WAITING_BLOCKS},
    process,
};
use crate::cli::{COMMIT, CliError, Exit, VERSION};
use althing_api::{
    ApiConfig,
    backend::{Backend, NodeInfo},
};
use althing_engine::{
    EngineError,
    duties::About,
    net::Software,
    node::{EngineHandle, NodeConfig, spawn},
};
use althing_index::Index;
use althing_ledger::{codes, gas};
use althing_types::{Gas, Height, Text, ValidatorKey, text::TextError};
use commonware_cryptography::Signer as _;
use std::{net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// Version of the protocol between nodes.
pub(super) const PROTOCOL: u32 = 1;
/// File of the read model in the data folder.
pub(super) const INDEX_FILE: &str = "index.sqlite";

/// What a node of this process is made of.
pub(super) struct Settings {
    /// The engine. Its sink is set here.
    pub engine: NodeConfig,
    /// Whether the read model is kept.
    pub index: bool,
    /// Where the API listens, and its limits.
    pub api: Option<(TcpListener, ApiConfig)>,
    /// Test money.
    pub faucet: Option<Faucet>,
    /// When the process started, in milliseconds since the Unix epoch.
    pub started_at_ms: u64,
    /// How results of computation are checked; not at all if absent.
    pub checks: Option<Checking>,
}

/// How a node checks results of computation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checking {
    /// Whether workers may stand on this machine or in a private network: for development.
    pub allow_private: bool,
}

/// A running node.
pub(super) struct Node {
    engine: EngineHandle,
    stop: CancellationToken,
    api: Option<JoinHandle<std::io::Result<()>>>,
    indexer: Option<JoinHandle<()>>,
    checks: Option<JoinHandle<()>>,
}

impl From<EngineError> for CliError {
    fn from(error: EngineError) -> Self {
        let exit = match error {
            EngineError::UpgradeNeeded(_) => Exit::Outdated,
            _ => Exit::Failed,
        };
        Self::new(exit, error.code(), error.to_string())
    }
}

/// What peers are told about this program.
pub(super) fn software() -> Software {
    Software { version: VERSION.to_owned(), commit: COMMIT.to_owned() }
}

/// What the registry is told about this program.
///
/// # Errors
/// A usage error if a text is too long or holds control characters.
pub(super) fn about(region: &str, public: &str) -> Result<About, CliError> {
    let refused = |name: &str, error: TextError| {
        CliError::new(Exit::Usage, "config", format!("config.toml: {name}: {error}"))
    };
    Ok(About {
        endpoint: Text::new(public).map_err(|error| refused("public", error))?,
        version: Text::new(VERSION).unwrap_or_default(),
        commit: Text::new(COMMIT).unwrap_or_default(),
        region: Text::new(region).map_err(|error| refused("region", error))?,
    })
}

/// What the API must know of the ledger.
fn rules() -> althing_api::Rules {
    let rule = |(message_type, base): &(&'static str, u64)| althing_api::GasRule {
        message_type,
        base: Gas::new(*base),
        included_bytes: gas::FREE_BYTES,
        per_byte: Gas::new(gas::PER_BYTE),
    };
    althing_api::Rules {
        describe: |code| (codes::name_of(code), codes::sentence(code)),
        gas: gas::MESSAGES.iter().map(rule).collect(),
    }
}

/// Binds the API's address.
///
/// # Errors
/// Exit code 1 with `api_address` if it is taken or not allowed.
pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, CliError> {
    TcpListener::bind(address).await.map_err(|error| {
        let advice = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                "another program uses it: stop that one, or choose another address with --api"
            }
            _ => "choose another address with --api",
        };
        CliError::new(
            Exit::Failed,
            "api_address",
            format!("the API cannot listen on {address}: {error}; {advice}"),
        )
    })
}

impl Node {
    /// Starts everything. Returns when the engine's state is open and the API answers.
    ///
    /// # Errors
    /// The engine or the index cannot be opened.
    pub(super) async fn start(settings: Settings) -> Result<Self, CliError> {
        let Settings { mut engine, index, api, faucet, started_at_ms, checks } = settings;
        let (genesis, releases) = (engine.genesis.clone(), engine.releases.clone());
        let key = engine.key.clone();
        let validator = ValidatorKey::from_public_key(&key.public_key());
        let index = if index { Some(open_index(&engine)?) } else { None };
        let mut waiting = None;
        if let Some((_, progress)) = &index {
            let (sink, blocks) = mpsc::channel(WAITING_BLOCKS);
            let next = progress.height().next().unwrap_or(Height::ZERO);
            engine.sink = Some((next, sink));
            waiting = Some(blocks);
        }
        let data = engine.data_dir.clone();
        engine.measure = Arc::new(move || process::machine(&data, started_at_ms));
        let opened = tokio::task::spawn_blocking(move || spawn(engine)).await;
        let engine = opened.map_err(|error| EngineError::Thread(error.to_string()))??;
        let indexer = match (&index, waiting) {
            (Some((index, progress)), Some(blocks)) => {
                Some(tokio::spawn(indexer::run(index.clone(), blocks, progress.clone())))
            }
            _ => None,
        };
        let stop = CancellationToken::new();
        let info = NodeInfo {
            version: VERSION,
            commit: COMMIT,
            protocol: PROTOCOL,
            releases,
            genesis_hash: genesis.hash(),
            genesis,
            started_at_ms,
            validator: Some(validator),
        };
        let serve = |(listener, mut config): (TcpListener, ApiConfig)| {
            config.rules = rules();
            let backend = NodeBackend::new(info, engine.clone(), index, faucet);
            let backend: Arc<dyn Backend> = Arc::new(backend);
            let router = althing_api::router(backend, config.clone());
            let stopped = stop.clone().cancelled_owned();
            tokio::spawn(
                async move { althing_api::serve(listener, router, &config, stopped).await },
            )
        };
        let api = api.map(serve);
        let checks = checks.and_then(|Checking { allow_private }| {
            let checks = Checks::new(engine.clone(), key, validator, allow_private)?;
            Some(tokio::spawn(checks.run(stop.clone())))
        });
        Ok(Self { engine, stop, api, indexer, checks })
    }

    /// The engine.
    pub(super) const fn engine(&self) -> &EngineHandle {
        &self.engine
    }

    /// Stops the API, then the engine, then waits for the index to write what it was given.
    ///
    /// # Errors
    /// Why the engine had stopped before, if it had failed.
    pub(super) async fn stop(self) -> Result<(), CliError> {
        self.stop.cancel();
        if let Some(api) = self.api {
            let _ = api.await;
        }
        if let Some(checks) = self.checks {
            let _ = checks.await;
        }
        let outcome = self.engine.shutdown().await;
        if let Some(indexer) = self.indexer {
            let _ = indexer.await;
        }
        Ok(outcome?)
    }
}

fn open_index(engine: &NodeConfig) -> Result<(Arc<Index>, Progress), CliError> {
    let failed = |reason: String| {
        let path = engine.data_dir.join(INDEX_FILE);
        CliError::new(Exit::Failed, "index", format!("{}: {reason}", path.display()))
    };
    std::fs::create_dir_all(&engine.data_dir).map_err(|error| failed(error.to_string()))?;
    let index = Index::open(&engine.data_dir.join(INDEX_FILE));
    let index = index.map_err(|error| failed(error.to_string()))?;
    index.begin(&engine.genesis).map_err(|error| failed(error.to_string()))?;
    let last = index.last_height().map_err(|error| failed(error.to_string()))?;
    let progress = Progress::default();
    progress.set(last.unwrap_or(Height::ZERO));
    Ok((Arc::new(index), progress))
}
