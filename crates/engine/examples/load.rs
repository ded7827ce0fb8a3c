//! Load without HTTP: validators in one process, transfers put straight into their pools, and what
//! came of it. For profiling the engine; `althing bench` measures a whole node.
//!
//! `cargo run --release -p althing-engine --example load -- VALIDATORS ACCOUNTS SECONDS [WORKERS]`

use althing_engine::node::{self, EngineHandle, NodeConfig};
use althing_types::{
    Address, Amount, ChainParams, Gas, Genesis, GenesisValidator, Height, KeyScheme, Nonce,
    Payload, Ppm, SecretKey, SignedTransaction, Text, Timestamp, Transaction, Transfer,
    ValidatorKey, genesis::LoadAccounts, hash::sha256,
};
use commonware_codec::DecodeExt as _;
use commonware_cryptography::{Signer as _, ed25519};
use std::{
    error::Error,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
    time::{Duration, Instant},
};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

type Failure = Box<dyn Error + Send + Sync>;

/// Transactions in one submission.
const BATCH: usize = 500;
/// Transactions that may wait at one validator.
const WAITING: usize = 20_000;

fn key(index: u16) -> Result<ed25519::PrivateKey, Failure> {
    let seed = sha256(&[b"load", &index.to_be_bytes()]).0;
    ed25519::PrivateKey::decode(seed.to_vec()).map_err(|error| error.to_string().into())
}

fn genesis(endpoints: &[SocketAddr], accounts: u64) -> Result<Genesis, Failure> {
    let mut validators = Vec::new();
    for (index, endpoint) in (0u16..).zip(endpoints) {
        validators.push(GenesisValidator {
            name: Text::new(format!("validator-{index}")).unwrap_or_default(),
            website: Text::default(),
            description: Text::default(),
            key: ValidatorKey::from_public_key(&key(index)?.public_key()),
            endpoint: endpoint.to_string(),
            account: Address::new([index as u8 + 1; 20]),
            stake: Amount::from_tokens(1_000)?,
            commission: Ppm::ZERO,
        });
    }
    let genesis = Genesis {
        chain_id: "load-1".parse()?,
        genesis_time: Timestamp::new(0),
        address_prefix: "cpc".to_owned(),
        symbol: "CPC".to_owned(),
        params: ChainParams::devnet(),
        validators,
        allocations: Vec::new(),
        reserve: Amount::ZERO,
        network: None,
        safety: None,
        load_accounts: Some(LoadAccounts {
            seed: "load".to_owned(),
            count: accounts,
            amount: Amount::from_tokens(100)?,
        }),
    };
    Ok(genesis.normalized()?)
}

fn sign(
    genesis: &Genesis,
    first: u64,
    step: u64,
    rounds: u64,
) -> Result<Vec<SignedTransaction>, Failure> {
    let load = genesis.load_accounts.as_ref().ok_or("no load accounts")?;
    let mut keys = Vec::new();
    let mut index = first;
    while index < load.count {
        keys.push(SecretKey::from_seed(KeyScheme::Ed25519, load.secret(index))?);
        index += step;
    }
    let mut signed = Vec::new();
    for round in 0..rounds {
        for (place, key) in keys.iter().enumerate() {
            let to = keys[(place + 1 + round as usize) % keys.len()].address();
            let transaction = Transaction {
                chain_id: genesis.chain_id,
                sender: key.address(),
                nonce: Nonce::new(round),
                gas_limit: Gas::new(60_000),
                gas_price: genesis.params.min_gas_price,
                valid_until: Height::new(10_000),
                memo: String::new(),
                payload: Payload::Transfer(Transfer { to, amount: Amount::new(1) }),
            };
            signed.push(transaction.sign(key)?);
        }
    }
    Ok(signed)
}

async fn feed(handle: EngineHandle, signed: Vec<SignedTransaction>, until: Instant) -> u64 {
    let mut refused = 0;
    let mut signed = signed.into_iter();
    while Instant::now() < until {
        if handle.status().mempool.transactions > WAITING {
            tokio::time::sleep(Duration::from_millis(2)).await;
            continue;
        }
        let batch: Vec<SignedTransaction> = signed.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            eprintln!("out of signed transactions");
            break;
        }
        for answer in handle.submit(batch).await {
            if let Err(rejection) = answer {
                if refused == 0 {
                    eprintln!("refused: {rejection:?}");
                }
                refused += 1;
            }
        }
    }
    refused
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|text| text.parse().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn main() -> Result<(), Failure> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let number = |place: usize, default: u64| {
        std::env::args().nth(place).and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let (validators, accounts) = (number(1, 1), number(2, 10_000));
    let (seconds, workers) = (number(3, 10), number(4, 2));
    let estimate = number(5, 40_000);
    let listeners: Result<Vec<TcpListener>, _> =
        (0..validators).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).collect();
    let endpoints: Result<Vec<SocketAddr>, _> =
        listeners?.iter().map(TcpListener::local_addr).collect();
    let endpoints = endpoints?;
    let genesis = Arc::new(genesis(&endpoints, accounts)?);
    let rounds = (estimate * seconds).div_ceil(accounts).max(1);
    let started = Instant::now();
    let work: Vec<Vec<SignedTransaction>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..validators)
            .map(|first| {
                let genesis = &genesis;
                scope.spawn(move || sign(genesis, first, validators, rounds))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| "a signer died")?)
            .collect::<Result<_, Failure>>()
    })?;
    println!("signed {} in {:.1?}", work.iter().map(Vec::len).sum::<usize>(), started.elapsed());
    let folder = tempfile::tempdir()?;
    let started = Instant::now();
    let mut handles = Vec::new();
    for (index, endpoint) in (0u16..).zip(&endpoints) {
        let data = folder.path().join(index.to_string());
        let mut config = NodeConfig::new(genesis.clone(), key(index)?, data, *endpoint);
        config.worker_threads = workers as usize;
        config.compute_threads = workers as usize;
        handles.push(node::spawn(config)?);
    }
    println!("spawned in {:.1?}", started.elapsed());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        for handle in &handles {
            handle.watch_tip().wait_for(|tip| tip.header.height.get() >= 3).await?;
        }
        println!("height 3 after {:.1?}", started.elapsed());
        let cpu = cpu_seconds();
        let began = Instant::now();
        let until = began + Duration::from_secs(seconds);
        let feeders: Vec<_> = handles
            .iter()
            .zip(work)
            .map(|(handle, work)| tokio::spawn(feed(handle.clone(), work, until)))
            .collect();
        let first = handles[0].status().tip.height;
        let mut seen = first;
        let mut counts = Vec::new();
        while Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let tip = handles[0].status().tip.height;
            while seen < tip {
                seen = seen.next().ok_or("the last height")?;
                let block = handles[0].block(seen).await.ok_or("a block is missing")?;
                counts.push(block.transactions.len());
            }
        }
        let elapsed = began.elapsed().as_secs_f64();
        let cpu = cpu_seconds() - cpu;
        let total: usize = counts.iter().sum();
        let mut refused = 0;
        for feeder in feeders {
            refused += feeder.await?;
        }
        println!(
            "{total} finalized in {elapsed:.1} s: {:.0} a second; {} blocks, the largest with {}; {:.1} us CPU a transaction and node; {refused} refused",
            total as f64 / elapsed,
            counts.len(),
            counts.iter().max().copied().unwrap_or(0),
            cpu * 1e6 / total.max(1) as f64 / validators as f64,
        );
        let status = std::fs::read_to_string("/proc/self/status")?;
        println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or(""));
        if std::env::args().nth(6).is_some() {
            println!("{}", handles[0].metrics());
        }
        for handle in &handles {
            handle.shutdown().await?;
        }
        Ok::<(), Failure>(())
    })
}
