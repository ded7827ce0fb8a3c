//! Golden vectors: the bytes of everything that is signed or hashed. If one of these changes, nodes
//! of different versions disagree: that is a protocol upgrade, never a repair of this file.
//!
//! After a deliberate change, write them anew and look at the difference:
//! `ALTHING_WRITE_VECTORS=1 cargo test --release -p althing-types --test vectors`
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_types::{
    Address, Block, ChainParams, Event, Evidence, Hash, Header, KeyScheme, Period, Receipt,
    SyncRange, consensus_namespace,
    event::SlashReason,
    hash,
    keys::{METER_NAMESPACE, TRANSACTION_NAMESPACE, meter_signing_bytes, signing_bytes},
    merkle,
    params::EmissionParams,
};
use common::*;
use commonware_codec::Encode as _;
use std::collections::{BTreeMap, BTreeSet};

/// One line a vector: a name and hex.
const GOLDEN: &str = include_str!("vectors.txt");
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors.txt");

type Vectors = Vec<(String, String)>;

/// Every group of vectors.
const GROUPS: [fn() -> Vectors; 13] = [
    addresses,
    public_keys,
    transactions,
    headers,
    receipts,
    messages,
    events,
    evidence,
    validators,
    parameters,
    genesis_hashes,
    merkle_trees,
    meters,
];

fn writing() -> bool {
    std::env::var_os("ALTHING_WRITE_VECTORS").is_some()
}

fn check(vectors: Vectors) {
    if writing() {
        return;
    }
    let golden: BTreeMap<&str, &str> =
        GOLDEN.lines().filter_map(|line| line.split_once(' ')).collect();
    for (name, actual) in vectors {
        let expected = golden.get(name.as_str()).copied();
        assert_eq!(expected, Some(actual.as_str()), "the bytes of {name} have changed");
    }
}

fn vector(name: &str, bytes: impl AsRef<[u8]>) -> (String, String) {
    (name.to_owned(), hex::encode(bytes))
}

/// Of long values the hash alone.
fn hashed(name: &str, bytes: impl AsRef<[u8]>) -> (String, String) {
    vector(name, hash::sha256(&[bytes.as_ref()]))
}

fn addresses() -> Vectors {
    let mut all: Vectors = KeyScheme::ALL
        .map(|scheme| vector(&format!("address.{scheme}"), secret(scheme, 7).address().as_bytes()))
        .into();
    for name in [
        "treasury",
        "stakers",
        "stake",
        "miners",
        "reserve",
        "governance",
        "disbursements",
        "compute",
        "energy",
    ] {
        all.push(vector(&format!("address.module.{name}"), Address::of_module(name).as_bytes()));
    }
    all.push(("address.text".into(), secret(KeyScheme::Ed25519, 7).address().to_string()));
    all
}

#[test]
fn addresses_of_each_scheme_keep_their_bytes() {
    check(addresses());
}

#[test]
fn the_guide_lists_the_addresses_of_the_protocol_accounts() {
    let guide = include_str!("../../../docs/modules/bank.md");
    for name in [
        "treasury",
        "stakers",
        "stake",
        "miners",
        "reserve",
        "governance",
        "disbursements",
        "compute",
        "energy",
    ] {
        let address = Address::of_module(name);
        let row = format!("| `{name}` | `{}` | `{address}` |", hex::encode(address.as_bytes()));
        assert!(guide.contains(&row), "docs/modules/bank.md lacks the row\n{row}");
    }
}

fn public_keys() -> Vectors {
    let key = |scheme| secret(scheme, 7).public_key().bytes().clone();
    vec![
        vector("public-key.ed25519", key(KeyScheme::Ed25519)),
        vector("public-key.secp256r1", key(KeyScheme::Secp256r1)),
        hashed("public-key.ml-dsa-65.sha256", key(KeyScheme::MlDsa65)),
        vector("public-key.validator", validator_key(7).as_bytes()),
    ]
}

#[test]
fn public_keys_of_a_seed_keep_their_bytes() {
    check(public_keys());
}

fn transactions() -> Vectors {
    let [ed25519, secp256r1, ml_dsa_65] = KeyScheme::ALL.map(signed);
    let (webauthn, passkey) = (passkey(), valid_passkey());
    vec![
        vector("transaction.namespace", TRANSACTION_NAMESPACE),
        vector("transaction.body.ed25519", ed25519.body_bytes()),
        vector("transaction.body.secp256r1", secp256r1.body_bytes()),
        vector("transaction.body.ml-dsa-65", ml_dsa_65.body_bytes()),
        vector("transaction.body.webauthn", webauthn.body_bytes()),
        vector("transaction.signing-bytes", signing_bytes(ed25519.body_bytes())),
        vector("transaction.signed.ed25519", ed25519.bytes()),
        vector("transaction.signed.secp256r1", secp256r1.bytes()),
        hashed("transaction.signed.ml-dsa-65.sha256", ml_dsa_65.bytes()),
        vector("transaction.signed.webauthn", webauthn.bytes()),
        vector("transaction.signed.passkey", passkey.bytes()),
        vector("transaction.framed.ed25519", ed25519.encode()),
        vector("transaction.hash.ed25519", ed25519.hash()),
        vector("transaction.hash.secp256r1", secp256r1.hash()),
        vector("transaction.hash.ml-dsa-65", ml_dsa_65.hash()),
        vector("transaction.hash.webauthn", webauthn.hash()),
        vector("transaction.hash.passkey", passkey.hash()),
    ]
}

#[test]
fn transactions_of_each_scheme_keep_their_bytes() {
    check(transactions());
}

#[test]
fn the_signed_transactions_above_are_valid() {
    for transaction in KeyScheme::ALL.map(signed).iter().chain([&valid_passkey()]) {
        assert_eq!(transaction.verify_signature(), Ok(()));
    }
}

#[test]
fn a_transaction_body_is_what_the_format_says() {
    let body = transaction(Address::new([0x11; 20]));
    let mut bytes = vec![1, 12];
    bytes.extend_from_slice(b"cpc-devnet-1");
    bytes.extend_from_slice(&[0x11; 20]);
    bytes.extend_from_slice(&[0xac, 0x02]); // nonce 300
    bytes.extend_from_slice(&[0xd0, 0x86, 0x03]); // gas limit 50,000
    bytes.extend_from_slice(&[0x80, 0x94, 0xeb, 0xdc, 0x03]); // gas price 10^9
    bytes.extend_from_slice(&[0xe1, 0x21]); // valid until 4,321
    bytes.push(5);
    bytes.extend_from_slice("Þing".as_bytes());
    bytes.extend_from_slice(&[0x01, 0x01]); // transfer
    bytes.extend_from_slice(&[0x22; 20]);
    let mut amount = 12_500_000_000_000_000_000u128;
    while amount >= 128 {
        bytes.push((amount % 128) as u8 | 0x80);
        amount /= 128;
    }
    bytes.push(amount as u8);
    assert_eq!(hex::encode(body.encode()), hex::encode(bytes));
}

fn headers() -> Vectors {
    let block = block();
    let mut plain = block.header.clone();
    plain.next_validators = None;
    let genesis = Header::genesis(
        digest("genesis"),
        digest("empty operations"),
        SyncRange { start: 0, end: 1 },
    );
    vec![
        vector("header", block.header.encode()),
        vector("header.hash", block.header.hash()),
        vector("header.without-validators", plain.encode()),
        vector("header.genesis", genesis.encode()),
        vector("header.genesis.hash", genesis.hash()),
        vector("block.transactions-root", Block::transactions_root(&block.transactions)),
        hashed("block.sha256", block.encode()),
    ]
}

#[test]
fn blocks_and_headers_keep_their_bytes() {
    check(headers());
    assert_eq!(block().hash(), block().header.hash());
}

fn receipts() -> Vectors {
    let failed = Receipt { events: Vec::new(), ..receipt() };
    vec![
        vector("receipt", receipt().encode()),
        vector("receipt.hash", receipt().hash()),
        vector("receipt.of-block", Receipt::of_block(stake::events()).encode()),
        vector("receipts.root", merkle::root(&[receipt().hash(), failed.hash()])),
    ]
}

#[test]
fn receipts_keep_their_bytes() {
    check(receipts());
}

fn messages() -> Vectors {
    let mut all: Vectors = stake::payloads()
        .into_iter()
        .map(|(name, payload)| vector(&format!("payload.{name}"), payload.encode()))
        .collect();
    let possession = stake::possession().sign(&stake::consensus_key());
    all.push(vector("possession", possession.as_bytes()));
    all.push(vector("node-account", stake::validator().node_account().as_bytes()));
    all
}

#[test]
fn messages_keep_their_bytes() {
    check(messages());
}

fn events() -> Vectors {
    let name = |event: &Event| match event {
        Event::Slashed { reason: SlashReason::Downtime, .. } => "event.slashed.downtime".to_owned(),
        Event::Slashed { .. } => "event.slashed.equivocation".to_owned(),
        event => format!("event.{}", event.name()),
    };
    stake::events().iter().map(|event| vector(&name(event), event.encode())).collect()
}

#[test]
fn events_keep_their_bytes() {
    check(events());
}

fn evidence() -> Vectors {
    let vector = |evidence: &Evidence| {
        vector(&format!("evidence.{}", evidence.conflict.name()), evidence.encode())
    };
    stake::evidence().iter().map(vector).collect()
}

#[test]
fn evidence_keeps_its_bytes() {
    check(evidence());
}

fn validators() -> Vectors {
    vec![
        vector("validator-set", validator_set().encode()),
        vector("consensus.namespace", consensus_namespace(&genesis(false).hash())),
    ]
}

#[test]
fn validator_sets_keep_their_bytes() {
    check(validators());
}

fn parameters() -> Vectors {
    let none = EmissionParams::none();
    vec![
        vector("params.devnet", ChainParams::devnet().encode()),
        vector("params.testnet", ChainParams::testnet().encode()),
        vector("params.mainnet", ChainParams::mainnet().encode()),
        vector("params.emission.none", none.encode()),
        vector("params.value.number", governance::values()[0].encode()),
        vector("params.value.amount", governance::values()[1].encode()),
        vector("params.value.part", governance::values()[2].encode()),
        vector("params.value.period", governance::values()[3].encode()),
        vector("params.value.fee-split", governance::values()[4].encode()),
        vector("params.value.schedule", governance::values()[5].encode()),
        vector("params.due", stake::due().encode()),
        vector("params.period", Period { blocks: 300, ms: 86_400_000 }.encode()),
    ]
}

#[test]
fn parameters_keep_their_bytes() {
    check(parameters());
}

fn genesis_hashes() -> Vectors {
    vec![
        vector("genesis.hash", genesis(false).hash()),
        vector("genesis.hash.with-load-accounts", genesis(true).hash()),
        vector("genesis.hash.with-everything", full_genesis().hash()),
        vector("genesis.vesting", vesting().encode()),
        vector("genesis.entry.signature", stake::entry().signature.as_bytes()),
    ]
}

#[test]
fn genesis_files_keep_their_hash() {
    check(genesis_hashes());
}

fn meters() -> Vectors {
    let mut all: Vectors = energy::signed()
        .into_iter()
        .flat_map(|(name, bytes)| {
            let whole = meter_signing_bytes(&bytes);
            [
                vector(&format!("meter.{name}"), bytes),
                vector(&format!("meter.{name}.signed"), whole),
            ]
        })
        .collect();
    let [ed25519, ml_dsa_65] = [KeyScheme::Ed25519, KeyScheme::MlDsa65].map(energy::reading);
    all.extend([
        vector("meter.namespace", METER_NAMESPACE),
        vector("meter.key.ed25519", energy::meter_key(KeyScheme::Ed25519, 7).encode()),
        hashed("meter.key.ml-dsa-65.sha256", energy::meter_key(KeyScheme::MlDsa65, 7).encode()),
        vector("meter.id.ed25519", ed25519.meter),
        vector("meter.id.ml-dsa-65", ml_dsa_65.meter),
        vector("reading.ed25519", ed25519.encode()),
        hashed("reading.ml-dsa-65.sha256", ml_dsa_65.encode()),
    ]);
    all
}

#[test]
fn what_meters_sign_keeps_its_bytes() {
    check(meters());
}

#[test]
fn a_signed_reading_is_what_the_format_says() {
    let reading = energy::reading(KeyScheme::Ed25519);
    let mut bytes = vec![0, 12];
    bytes.extend_from_slice(b"cpc-devnet-1");
    bytes.extend_from_slice(reading.meter.as_ref());
    bytes.extend_from_slice(&258u64.to_be_bytes());
    bytes.extend_from_slice(&1_700_000_100u64.to_be_bytes());
    bytes.extend_from_slice(&900u32.to_be_bytes());
    for number in [1_250u64, 1_000_000, 1_700_001_001] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    assert_eq!(reading.signed_bytes(&"cpc-devnet-1".parse().unwrap()), bytes);
    for scheme in [KeyScheme::Ed25519, KeyScheme::MlDsa65] {
        let reading = energy::reading(scheme);
        let bytes = reading.signed_bytes(&"cpc-devnet-1".parse().unwrap());
        let key = energy::meter_key(scheme, 7);
        assert_eq!(key.verify(&bytes, &reading.signature), Ok(()), "{scheme}");
    }
}

fn merkle_trees() -> Vectors {
    let names = ["a", "b", "c"].map(str::to_owned).into_iter();
    let leaves: Vec<Hash> =
        names.chain((3..100).map(|leaf| leaf.to_string())).map(|text| digest(&text)).collect();
    let mut all: Vectors = [0, 1, 2, 3, 4, 5, 8, 100]
        .map(|count| vector(&format!("merkle.{count}"), merkle::root(&leaves[..count])))
        .into();
    for (count, position) in [(1, 0), (2, 1), (3, 1), (5, 4), (100, 63)] {
        let proof = merkle::prove(&leaves[..count], position).unwrap();
        all.push(vector(&format!("merkle.proof.{count}.{position}"), proof.to_bytes()));
    }
    all
}

#[test]
fn merkle_roots_and_proofs_keep_their_bytes() {
    check(merkle_trees());
}

/// Also writes the file when asked to.
#[test]
fn every_line_of_the_file_is_a_vector_with_a_test() {
    let all: BTreeMap<String, String> = GROUPS.iter().flat_map(|group| group()).collect();
    if writing() {
        let lines: String = all.iter().map(|(name, value)| format!("{name} {value}\n")).collect();
        return std::fs::write(PATH, lines).unwrap();
    }
    let written: BTreeSet<&str> =
        GOLDEN.lines().filter_map(|line| line.split(' ').next()).collect();
    let tested: BTreeSet<&str> = all.keys().map(String::as_str).collect();
    assert_eq!(written, tested);
}
