//! Damaged transactions against a running node: each is refused with a code, none crashes it, and
//! its memory stays where it was.

use crate::network::{Network, free_home};
use althing_client::dev;
use althing_types::{
    Amount, Gas, GasPrice, Height, KeyScheme, Nonce, Payload, SecretKey, SignedTransaction,
    Transaction, Transfer,
};
use serde_json::Value;
use std::collections::BTreeMap;

const BATCHES: usize = 24;
const BATCH: usize = 500;
const SINGLES: usize = 1_000;

/// A small generator with a fixed seed (xorshift64), so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

fn transaction(key: &SecretKey) -> SignedTransaction {
    Transaction {
        chain_id: "cpc-devnet-1".parse().unwrap(),
        sender: key.address(),
        nonce: Nonce::ZERO,
        gas_limit: Gas::new(200_000),
        gas_price: GasPrice::new(1_000_000_000),
        valid_until: Height::new(5_000),
        memo: "a memo".to_owned(),
        payload: Payload::Transfer(Transfer {
            to: dev::account(1).address(),
            amount: Amount::new(1),
        }),
    }
    .sign(key)
    .unwrap()
}

/// One damage of several kinds. Never the original.
fn damage(random: &mut Random, originals: &[Vec<u8>]) -> Vec<u8> {
    let original = &originals[random.below(originals.len())];
    let mut bytes = original.clone();
    loop {
        let place = random.below(bytes.len());
        match random.below(6) {
            0 => bytes.truncate(place),
            1 => bytes.extend((0..=random.below(40)).map(|byte| byte as u8)),
            2 => bytes[place] = 0xff,
            3 => {
                let other = &originals[random.below(originals.len())];
                bytes.truncate(place);
                bytes.extend_from_slice(&other[random.below(other.len())..]);
            }
            4 => (0..8).for_each(|_| {
                let place = random.below(bytes.len());
                bytes[place] = random.next() as u8;
            }),
            _ => bytes[place] ^= 1 << random.below(8),
        }
        if !originals.contains(&bytes) {
            return bytes;
        }
        bytes.clone_from(original);
    }
}

fn resident_kib(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

async fn post(http: &reqwest::Client, url: String, body: Vec<u8>) -> (u16, Value) {
    let request = http.post(url).header("content-type", "application/octet-stream").body(body);
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap())
}

async fn attack(network: &Network) -> BTreeMap<String, u64> {
    let mut keys = vec![dev::account(0), dev::account(2)];
    keys.extend(KeyScheme::ALL.map(|scheme| SecretKey::from_seed(scheme, [9; 32]).unwrap()));
    let originals: Vec<Vec<u8>> =
        keys.iter().map(|key| transaction(key).bytes().to_vec()).collect();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let http = reqwest::Client::new();
    let mut codes = BTreeMap::new();
    for _ in 0..BATCHES {
        let mut body = Vec::new();
        for _ in 0..BATCH {
            let bytes = damage(&mut random, &originals);
            body.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
            body.extend_from_slice(&bytes);
        }
        let (status, answer) = post(&http, network.at("/v1/transactions/batch"), body).await;
        assert_eq!((status, &answer["accepted"]), (200, &Value::from(0)), "{answer}");
        let rejected = answer["rejected"].as_array().unwrap();
        assert_eq!(rejected.len(), BATCH);
        for entry in rejected {
            *codes.entry(entry["code"].as_str().unwrap().to_owned()).or_default() += 1;
            assert!(!entry["message"].as_str().unwrap().is_empty());
        }
    }
    for _ in 0..SINGLES {
        let bytes = damage(&mut random, &originals);
        let (status, answer) = post(&http, network.at("/v1/transactions"), bytes).await;
        assert!((400..500).contains(&status), "{status} {answer}");
        *codes.entry(answer["code"].as_str().unwrap().to_owned()).or_default() += 1;
        assert!(!answer["message"].as_str().unwrap().is_empty());
    }
    codes
}

#[test]
fn thirteen_thousand_damaged_transactions_are_refused_each_with_a_code() {
    let network = Network::start(&["--block-time", "100ms"]);
    let home = free_home();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // The first round warms up caches and thread stacks.
    runtime.block_on(attack(&network));
    let before = resident_kib(network.id());
    let codes = runtime.block_on(attack(&network));
    let grown = resident_kib(network.id()).saturating_sub(before);
    println!("{codes:?}, {grown} KiB more memory");
    assert_eq!(codes.values().sum::<u64>(), (BATCHES * BATCH + SINGLES) as u64);
    assert!(codes.len() >= 3, "only {codes:?}");
    assert!(grown < 32 * 1024, "{grown} KiB more memory after the same damage again");
    let sent = ["tx", "send", "--from", "dev:0", "dev:1", "1", "--yes", "--wait"];
    assert_eq!(network.json(home.path(), &sent)["status"], "finalized");
}
