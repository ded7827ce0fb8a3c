//! Validators on loopback: what is submitted to one of them is final everywhere.
#![allow(clippy::unwrap_used, reason = "test helpers")]

use althing_engine::{
    net::PeerInfo,
    node::{self, EngineHandle, NodeConfig},
};
use althing_types::{
    Address, Amount, ChainParams, Gas, Genesis, GenesisValidator, Hash, Height, KeyScheme, Nonce,
    Payload, Ppm, SecretKey, SignedTransaction, Text, Timestamp, Transaction, Transfer,
    ValidatorKey, genesis::LoadAccounts, hash::sha256,
};
use commonware_codec::DecodeExt as _;
use commonware_cryptography::{Signer as _, ed25519};
use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
    time::{Duration, Instant},
};

fn key(index: u16) -> ed25519::PrivateKey {
    let seed = sha256(&[b"network", &index.to_be_bytes()]).0;
    ed25519::PrivateKey::decode(seed.to_vec()).unwrap()
}

fn endpoints(count: usize) -> Vec<SocketAddr> {
    let listen = |_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let listeners: Vec<TcpListener> = (0..count).map(listen).collect();
    listeners.iter().map(|listener| listener.local_addr().unwrap()).collect()
}

fn genesis(chain: &str, endpoints: &[SocketAddr]) -> Arc<Genesis> {
    let validators = (0u16..).zip(endpoints).map(|(index, endpoint)| GenesisValidator {
        name: Text::new(format!("validator-{index}")).unwrap_or_default(),
        website: Text::default(),
        description: Text::default(),
        key: ValidatorKey::from_public_key(&key(index).public_key()),
        endpoint: endpoint.to_string(),
        account: Address::new([index as u8 + 1; 20]),
        stake: Amount::from_tokens(1_000).unwrap(),
        commission: Ppm::ZERO,
    });
    let genesis = Genesis {
        chain_id: chain.parse().unwrap(),
        genesis_time: Timestamp::new(0),
        address_prefix: "cpc".to_owned(),
        symbol: "CPC".to_owned(),
        params: ChainParams::devnet(),
        validators: validators.collect(),
        allocations: Vec::new(),
        reserve: Amount::ZERO,
        network: None,
        safety: None,
        load_accounts: Some(LoadAccounts {
            seed: "network".to_owned(),
            count: 400,
            amount: Amount::from_tokens(100).unwrap(),
        }),
    };
    Arc::new(genesis.normalized().unwrap())
}

struct Running {
    handles: Vec<EngineHandle>,
    genesis: Arc<Genesis>,
    _folders: Vec<tempfile::TempDir>,
}

fn run(count: usize) -> Running {
    let endpoints = endpoints(count);
    let genesis = genesis("network-1", &endpoints);
    let mut folders = Vec::new();
    let mut handles = Vec::new();
    for (index, endpoint) in (0u16..).zip(&endpoints) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let config = NodeConfig::new(genesis.clone(), key(index), path, *endpoint);
        handles.push(node::spawn(config).unwrap());
        folders.push(folder);
    }
    Running { handles, genesis, _folders: folders }
}

fn transfer(genesis: &Genesis, account: u64, nonce: u64) -> SignedTransaction {
    let load = genesis.load_accounts.as_ref().unwrap();
    let key = SecretKey::from_seed(KeyScheme::Ed25519, load.secret(account)).unwrap();
    let transaction = Transaction {
        chain_id: genesis.chain_id,
        sender: key.address(),
        nonce: Nonce::new(nonce),
        gas_limit: Gas::new(60_000),
        gas_price: genesis.params.min_gas_price,
        valid_until: Height::new(1_000),
        memo: String::new(),
        payload: Payload::Transfer(Transfer {
            to: Address::of_module("network"),
            amount: Amount::new(1),
        }),
    };
    transaction.sign(&key).unwrap()
}

async fn until(what: &str, seconds: u64, mut check: impl FnMut() -> bool) -> Duration {
    let started = Instant::now();
    while !check() {
        assert!(started.elapsed() < Duration::from_secs(seconds), "{what} takes too long");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    started.elapsed()
}

async fn included(handle: &EngineHandle, hash: Hash, seconds: u64) -> Duration {
    until("inclusion", seconds, || {
        matches!(handle.fate(&hash), Some(althing_mempool::Fate::Included(_)))
    })
    .await
}

#[test]
fn four_validators_finalize_what_one_of_them_was_given() {
    let running = run(4);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let first = &running.handles[0];
        until("the first block", 30, || first.status().tip.height.get() >= 2).await;
        let mut waits = Vec::new();
        for account in 0..12 {
            let signed = transfer(&running.genesis, account, 0);
            let hash = signed.hash();
            first.submit(vec![signed]).await[0].as_ref().unwrap();
            waits.push(included(first, hash, 10).await);
            tokio::time::sleep(Duration::from_millis(40 * (account % 4))).await;
        }
        waits.sort();
        println!("submitted to one of four until final there: {waits:?}");
        assert!(waits[waits.len() / 2] < Duration::from_millis(700), "{waits:?}");
        // A batch, in nonce order, of many senders.
        let batch: Vec<_> = (100..400)
            .flat_map(|account| (0..4).map(move |nonce| (account, nonce)))
            .map(|(account, nonce)| transfer(&running.genesis, account, nonce))
            .collect();
        let last = batch.last().unwrap().hash();
        let answers = first.submit(batch).await;
        assert!(answers.iter().all(Result::is_ok));
        included(first, last, 20).await;
        until("an empty pool everywhere", 20, || {
            running.handles.iter().all(|handle| handle.status().mempool.transactions == 0)
        })
        .await;
        let total: u64 = {
            let mut total = 0;
            for height in 1..=first.status().tip.height.get() {
                total += first.block(Height::new(height)).await.unwrap().transactions.len() as u64;
            }
            total
        };
        assert_eq!(total, 12 + 300 * 4);
        let others = |handle: &EngineHandle| {
            let peers = handle.peers();
            let known = |peer: &PeerInfo| {
                peer.connected && peer.latency.is_some() && peer.software.is_some()
            };
            peers.len() == 3 && peers.iter().all(known)
        };
        until("every handshake", 10, || running.handles.iter().all(others)).await;
        assert!(first.network_height() >= first.status().tip.height);
        shut_out_and_let_in(&running).await;
        for handle in &running.handles {
            handle.shutdown().await.unwrap();
        }
    });
}

/// One of four bans another: both lose the connection, and get it back.
async fn shut_out_and_let_in(running: &Running) {
    let (first, second) = (&running.handles[0], &running.handles[1]);
    let key_of = |index| ValidatorKey::from_public_key(&key(index).public_key());
    let sees = |handle: &EngineHandle, index: u16| {
        handle.peers().into_iter().find(|peer| peer.key == key_of(index)).unwrap()
    };
    first.ban(key_of(1), None).unwrap();
    assert_eq!(first.ban(key_of(0), None).unwrap_err().code, "own_key");
    until("the ban", 10, || !sees(first, 1).connected && !sees(second, 0).connected).await;
    assert_eq!(sees(first, 1).score, 0);
    let height = second.status().tip.height.get();
    until("blocks without them", 20, || second.status().tip.height.get() > height + 1).await;
    first.unban(key_of(1)).unwrap();
    assert_eq!(first.unban(key_of(1)).unwrap_err().code, "not_banned");
    until("the end of the ban", 30, || sees(first, 1).connected && sees(second, 0).connected).await;
}

#[test]
fn nodes_of_different_chains_part_and_say_why() {
    let endpoints = endpoints(2);
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let start = |index: u16, chain: &str| {
        let genesis = genesis(chain, &endpoints);
        let place = usize::from(index);
        let path = folders[place].path().to_owned();
        node::spawn(NodeConfig::new(genesis, key(index), path, endpoints[place])).unwrap()
    };
    let handles = [start(0, "network-1"), start(1, "network-2")];
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let reason = |handle: &EngineHandle| {
            handle.peers().into_iter().find_map(|peer| Some(peer.ban?.reason)).unwrap_or_default()
        };
        until("the refusal", 20, || handles.iter().all(|handle| !reason(handle).is_empty())).await;
        for handle in &handles {
            let reason = reason(handle);
            assert!(reason.contains("another chain"), "{reason}");
            assert!(reason.contains("network-1") && reason.contains("network-2"), "{reason}");
            assert!(handle.status().running);
            handle.shutdown().await.unwrap();
        }
    });
}
