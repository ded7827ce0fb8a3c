//! `althing dev`: a whole network in one process, with funded accounts and a faucet.

use super::{
    asked_to_stop,
    dev_chain::{self, DevChain, DevChainError},
    faucet::Faucet,
    logging,
    node::{Checking, Node, Settings, about, bind, software},
    on_runtime, process, work,
};
use crate::cli::{
    CliError, Exit,
    args::{DevArgs, LogFormat},
    context::{Context, read_text},
    gov, output,
};
use althing_api::ApiConfig;
use althing_client::dev;
use althing_engine::node::NodeConfig;
use althing_types::{Amount, ChainParams, Genesis, ValidatorKey};
use commonware_cryptography::Signer as _;
use serde_json::json;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

/// What one request to the faucet pays, in whole tokens.
const FAUCET_PAYS: u64 = 100;
/// Time between two payments to one address.
const FAUCET_COOLDOWN: Duration = Duration::from_secs(10);
/// How long the first block may take.
const FIRST_BLOCK: Duration = Duration::from_secs(60);

impl From<DevChainError> for CliError {
    fn from(error: DevChainError) -> Self {
        Self::new(Exit::Usage, "dev_chain", error.to_string())
    }
}

/// The folder of the network: kept, or gone at the end.
enum Folder {
    Kept(PathBuf),
    Temporary(tempfile::TempDir),
}

impl Folder {
    fn open(args: &DevArgs) -> Result<Self, CliError> {
        let Some(path) = &args.data_dir else {
            let dir = tempfile::Builder::new().prefix("althing-dev-").tempdir();
            let dir = dir.map_err(|error| CliError::io(&std::env::temp_dir(), &error))?;
            return Ok(Self::Temporary(dir));
        };
        if args.reset {
            remove_chain(path)?;
        }
        std::fs::create_dir_all(path).map_err(|error| CliError::io(path, &error))?;
        Ok(Self::Kept(path.clone()))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(dir) => dir.path(),
        }
    }
}

/// Bytes of memory that cache the states of all validators together.
const STATE_CACHE: usize = 192 << 20;
const GENESIS: &str = "genesis.json";

fn validator_folder(path: &Path, index: u16) -> PathBuf {
    path.join(format!("validator-{index}"))
}

/// Deletes what an earlier `althing dev` made in the folder, and nothing else.
fn remove_chain(path: &Path) -> Result<(), CliError> {
    let ignore_missing = |outcome: std::io::Result<()>, path: &Path| match outcome {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(CliError::io(path, &error))
        }
        _ => Ok(()),
    };
    for index in 0..100 {
        let folder = validator_folder(path, index);
        ignore_missing(std::fs::remove_dir_all(&folder), &folder)?;
    }
    let genesis = path.join(GENESIS);
    ignore_missing(std::fs::remove_file(&genesis), &genesis)
}

/// The genesis in the folder, or a new one.
fn genesis(args: &DevArgs, path: &Path) -> Result<Genesis, CliError> {
    let file = path.join(GENESIS);
    if file.exists() {
        let genesis = Genesis::from_json(&read_text(&file)?)?;
        let held = genesis.validators.len();
        if held != usize::from(args.validators) {
            return Err(CliError::usage(format!(
                "{} holds a network of {held} validators: use --validators {held}, or --reset to \
                 start over",
                path.display()
            )));
        }
        return Ok(genesis);
    }
    let mut params = ChainParams::devnet();
    params.epoch_length = args.epoch_length.unwrap_or(params.epoch_length);
    gov::configure(&mut params, &args.params, dev_chain::SYMBOL)?;
    let chain = DevChain {
        validators: args.validators,
        block_time: args.block_time,
        accounts: args.accounts,
        balance: args.balance,
        load_accounts: args.load_accounts,
        holders: args.holders,
        params,
    };
    let endpoints = dev_chain::free_endpoints(args.validators).map_err(DevChainError::from)?;
    let genesis = chain.genesis(&endpoints)?;
    std::fs::write(&file, genesis.to_json()).map_err(|error| CliError::io(&file, &error))?;
    Ok(genesis)
}

/// Runs the network until it is asked to stop.
pub(super) fn run(context: &Context, args: &DevArgs) -> Result<(), CliError> {
    let (started, started_at_ms) = (Instant::now(), process::now_ms());
    logging::init(&args.log, LogFormat::Text).map_err(CliError::usage)?;
    on_runtime(async {
        let listener = bind(args.api).await?;
        let address = listener.local_addr().unwrap_or(args.api);
        let folder = Folder::open(args)?;
        let genesis = Arc::new(genesis(args, folder.path())?);
        let mut api = Some((listener, ApiConfig::default()));
        let mut starting = Vec::new();
        for index in 0..args.validators {
            let settings = Settings {
                engine: engine(&genesis, folder.path(), index)?,
                index: index == 0,
                api: api.take(),
                faucet: if index == 0 { Some(faucet()?) } else { None },
                started_at_ms,
                checks: Some(Checking { allow_private: true }),
            };
            starting.push(tokio::spawn(Node::start(settings)));
        }
        let mut nodes = Vec::new();
        for node in starting {
            let node = node.await;
            nodes.push(
                node.map_err(|error| CliError::new(Exit::Failed, "dev", error.to_string()))??,
            );
        }
        let outcome = serve(&nodes, context, args, &genesis, address, &folder, started).await;
        for node in nodes {
            let stopped = node.stop().await;
            if outcome.is_ok() {
                stopped?;
            }
        }
        outcome
    })
}

fn engine(genesis: &Arc<Genesis>, path: &Path, index: u16) -> Result<NodeConfig, CliError> {
    let key = dev_chain::validator(index);
    let public = ValidatorKey::from_public_key(&key.public_key());
    let mine = genesis.validators.iter().find(|validator| validator.key == public);
    let listen = mine.and_then(|validator| validator.endpoint.parse::<SocketAddr>().ok());
    let listen = listen.ok_or_else(|| {
        CliError::usage(format!(
            "{} is not of a network that `althing dev` made: use --reset to start over",
            path.join(GENESIS).display()
        ))
    })?;
    let mut engine = NodeConfig::new(genesis.clone(), key, validator_folder(path, index), listen);
    engine.software = software();
    engine.about = about("", "")?;
    engine.memory.state_cache = STATE_CACHE / genesis.validators.len().max(1);
    if genesis.validators.len() > 1 {
        engine.worker_threads = 1;
        engine.compute_threads = 1;
    }
    Ok(engine)
}

fn faucet() -> Result<Faucet, CliError> {
    let key = dev_chain::faucet().map_err(DevChainError::from)?;
    let amount = Amount::from_tokens(FAUCET_PAYS).map_err(|_| DevChainError::Amount)?;
    Ok(Faucet::new(key, amount, FAUCET_COOLDOWN))
}

/// Waits for the first block, tells that the network is ready, and waits for its end.
async fn serve(
    nodes: &[Node],
    context: &Context,
    args: &DevArgs,
    genesis: &Genesis,
    address: SocketAddr,
    folder: &Folder,
    started: Instant,
) -> Result<(), CliError> {
    let Some(first) = nodes.first() else { return Ok(()) };
    let mut tip = first.engine().watch_tip();
    let ready = tip.wait_for(|tip| tip.header.height.get() >= 1);
    let stop = asked_to_stop();
    tokio::pin!(stop);
    tokio::select! {
        outcome = &mut stop => return signal(outcome),
        outcome = tokio::time::timeout(FIRST_BLOCK, ready) => {
            if outcome.is_err() {
                return Err(CliError::new(
                    Exit::TimedOut,
                    "no_block",
                    "no block was finalized within a minute: see the log with --log info",
                ));
            }
        }
        outcome = any_end(nodes) => return outcome,
    }
    announce(context, args, genesis, address, folder, started.elapsed());
    let worker = async {
        if args.worker {
            let (url, last) = (format!("http://{address}"), args.accounts.saturating_sub(1));
            return work::demo(&url, folder.path(), last).await;
        }
        std::future::pending().await
    };
    tokio::select! {
        outcome = stop => signal(outcome),
        outcome = any_end(nodes) => outcome,
        outcome = worker => outcome,
    }
}

fn signal(outcome: std::io::Result<()>) -> Result<(), CliError> {
    outcome.map_err(|error| CliError::new(Exit::Failed, "signal", error.to_string()))
}

/// Resolves when the first engine ends.
async fn any_end(nodes: &[Node]) -> Result<(), CliError> {
    let ends = nodes.iter().map(|node| Box::pin(node.engine().ended()));
    let (outcome, ..) = futures::future::select_all(ends).await;
    Ok(outcome?)
}

fn announce(
    context: &Context,
    args: &DevArgs,
    genesis: &Genesis,
    address: SocketAddr,
    folder: &Folder,
    took: Duration,
) {
    let url = format!("http://{address}");
    let accounts = (0..args.accounts).map(|index| {
        let key = dev::account(index);
        (key.address().to_string(), hex::encode(key.expose_seed()))
    });
    if context.global.json {
        let accounts: Vec<_> = accounts
            .map(|(address, secret)| json!({ "address": address, "secret": secret }))
            .collect();
        output::json(&json!({
            "api": url,
            "chain_id": genesis.chain_id.to_string(),
            "accounts": accounts,
        }));
        return;
    }
    let seconds = took.as_secs_f64();
    let count = genesis.validators.len();
    let plural = if count == 1 { "" } else { "s" };
    output::line(format!("Althing development network, ready after {seconds:.1} s\n"));
    let kept = match folder {
        Folder::Kept(path) => path.display().to_string(),
        Folder::Temporary(dir) => format!("{} (removed at the end)", dir.path().display()),
    };
    output::facts(&[
        ("chain", genesis.chain_id.to_string()),
        ("validators", format!("{count} validator{plural} on loopback")),
        ("folder", kept),
        ("status page", url.clone()),
        ("API", format!("{url}/v1/docs")),
    ]);
    output::line(format!(
        "\nWell-known accounts with {} each. Everybody knows their keys: never use them elsewhere.\n",
        output::tokens(args.balance)
    ));
    let rows: Vec<Vec<String>> = (0..args.accounts)
        .zip(accounts)
        .map(|(index, (address, secret))| vec![format!("dev:{index}"), address, secret])
        .collect();
    output::rows(&["name", "address", "secret"], &[], &rows);
    output::line(
        "\nIn another terminal:\n\n  althing tx send --from dev:0 dev:1 25\n\nCtrl-C stops the network.",
    );
}
