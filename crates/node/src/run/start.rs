//! `althing start`: a node of a network.

use super::{
    asked_to_stop,
    faucet::Faucet,
    logging,
    node::{Checking, Node, Settings, about, bind, software},
    on_runtime, process,
};
use crate::cli::{
    CliError, Exit,
    args::StartArgs,
    config::{self, Config},
    context::{Context, read_text},
    output, peers,
};
use althing_api::{ApiConfig, Quota};
use althing_client::validator_key;
use althing_engine::node::NodeConfig;
use althing_ledger::{migrations::drill, versions::Releases};
use althing_mempool::PoolConfig;
use althing_types::{Amount, Genesis, KeyScheme, SecretKey};
use commonware_codec::DecodeExt as _;
use commonware_cryptography::ed25519;
use serde_json::json;
use std::{num::NonZeroUsize, sync::Arc, time::Duration};
use tracing::info;

/// Runs until the operator stops it or the engine fails.
pub(super) fn run(context: &Context, args: &StartArgs) -> Result<(), CliError> {
    let started_at_ms = process::now_ms();
    let config = settings(context, args)?;
    let filter = args.log.as_deref().unwrap_or(&config.log.filter);
    logging::init(filter, args.log_format.unwrap_or(config.log.format)).map_err(CliError::usage)?;
    let mut engine = engine(context, &config)?;
    engine.releases = releases(args);
    let faucet = config.faucet.as_ref().map(faucet).transpose()?;
    let parse =
        |peer: &String| peers::parse(peer).map(|(key, endpoint)| (key, endpoint.to_owned()));
    let peers: Vec<_> = config.p2p.peers.iter().map(parse).collect::<Result<_, CliError>>()?;
    let json = context.global.json;
    on_runtime(async move {
        let listener = bind(config.api.listen).await?;
        let address = listener.local_addr().unwrap_or(config.api.listen);
        let (genesis, listen) = (engine.genesis.clone(), engine.listen);
        let settings = Settings {
            engine,
            index: config.index.enabled,
            api: Some((listener, api(&config))),
            faucet,
            started_at_ms,
            checks: config
                .compute
                .check
                .then_some(Checking { allow_private: config.compute.allow_private_workers }),
        };
        let node = Node::start(settings).await?;
        for (key, endpoint) in &peers {
            node.engine().add_peer(*key, endpoint).map_err(|refusal| {
                CliError::new(
                    Exit::Usage,
                    refusal.code,
                    format!("config.toml: {}", refusal.message),
                )
            })?;
        }
        let url = format!("http://{address}");
        if json {
            output::json(&json!({
                "api": url, "chain_id": genesis.chain_id.to_string(), "p2p": listen.to_string(),
                "genesis_hash": genesis.hash().to_string(),
            }));
        }
        info!(api = url, p2p = %listen, chain = %genesis.chain_id, name = config.node.name, "running");
        let begins = genesis.genesis_time.get();
        if begins > process::now_ms() {
            info!(
                genesis_time = output::time(begins),
                "the first block waits for the genesis time"
            );
        }
        tokio::select! {
            outcome = asked_to_stop() => outcome
                .map_err(|error| CliError::new(Exit::Failed, "signal", error.to_string()))?,
            outcome = node.engine().ended() => outcome?,
        }
        node.stop().await
    })
}

/// `config.toml`, with the options of the command line on top.
fn settings(context: &Context, args: &StartArgs) -> Result<Config, CliError> {
    let mut config = Config::load(&context.home())?;
    if let Some(path) = &args.genesis {
        config.node.genesis.clone_from(path);
    }
    if let Some(path) = &args.validator_key {
        config.node.validator_key.clone_from(path);
    }
    config.api.listen = args.api.unwrap_or(config.api.listen);
    config.p2p.listen = args.p2p.unwrap_or(config.p2p.listen);
    config.p2p.strict_versions |= args.strict_versions;
    Ok(config)
}

fn engine(context: &Context, config: &Config) -> Result<NodeConfig, CliError> {
    let genesis = Genesis::from_json(&read_text(&config.node.genesis)?)?;
    let path = &config.node.validator_key;
    let encrypted = validator_key::inspect(path)?.encrypted;
    let password = if encrypted { Some(context.password("the validator key")?) } else { None };
    let seed = validator_key::read(path, password.as_ref().map(|password| password.as_str()))?;
    let key = ed25519::PrivateKey::decode(seed.to_vec())
        .map_err(|error| CliError::new(Exit::Key, "validator_key_damaged", error.to_string()))?;
    let mut engine =
        NodeConfig::new(Arc::new(genesis), key, config.node.data.clone(), config.p2p.listen);
    let threads = std::thread::available_parallelism().map_or(2, NonZeroUsize::get);
    engine.worker_threads = threads.clamp(1, 8);
    engine.compute_threads = threads;
    engine.memory.state_cache = config.storage.state_cache_mib.max(16).saturating_mul(1 << 20);
    engine.pool = pool(&config.mempool);
    engine.strict_versions = config.p2p.strict_versions;
    engine.software = software();
    engine.about = about(&config.node.region, &config.api.public)?;
    Ok(engine)
}

/// Versions of the protocol that the node knows: all that the software does, unless it takes part in an
/// exercise.
fn releases(args: &StartArgs) -> Releases {
    let known = Releases::default();
    let known = if args.failing_protocol { known.and(drill::FAILS) } else { known };
    match args.newest_protocol {
        Some(newest) => known.until(newest),
        None => known,
    }
}

fn pool(settings: &config::Mempool) -> PoolConfig {
    let default = PoolConfig::default();
    PoolConfig {
        max_transactions: settings.max_transactions.max(1),
        max_bytes: settings.max_bytes,
        max_sender_transactions: settings.max_per_sender.max(1),
        max_waiting: default.max_waiting.min(settings.max_transactions),
        ttl_ms: settings.ttl_seconds.saturating_mul(1_000),
        ..default
    }
}

fn api(config: &Config) -> ApiConfig {
    let default = ApiConfig::default();
    let per_minute = config.api.requests_per_minute;
    let quota = Quota { per_minute, burst: (per_minute / 6).max(1) };
    ApiConfig {
        cors_origins: config.api.cors_origins.clone(),
        read_quota: quota,
        submit_quota: quota,
        ..default
    }
}

fn faucet(settings: &config::Faucet) -> Result<Faucet, CliError> {
    let bad = |reason: String| {
        let path = settings.key.display();
        CliError::new(Exit::Key, "faucet_key", format!("{path}: {reason}"))
    };
    let text = read_text(&settings.key)?;
    let bytes = hex::decode(text.trim()).map_err(|error| bad(error.to_string()))?;
    let seed: [u8; 32] =
        bytes.try_into().map_err(|_| bad("expected 64 hex characters".to_owned()))?;
    let key =
        SecretKey::from_seed(KeyScheme::Ed25519, seed).map_err(|error| bad(error.to_string()))?;
    let amount = Amount::from_tokens(settings.tokens).map_err(|error| bad(error.to_string()))?;
    Ok(Faucet::new(key, amount, Duration::from_secs(settings.cooldown_seconds)))
}
