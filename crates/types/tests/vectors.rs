//! Golden vectors: the bytes of everything that is signed or hashed. If one of these changes, nodes
//! of different versions disagree: that is a protocol upgrade, never a repair of this file.
//!
//! After a deliberate change, write them anew and look at the difference:
//! `ALTHING_WRITE_VECTORS=1 cargo test --release -p althing-types --test vectors -- --test-threads 1`
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_types::{
    ChainParams, Hash, Header, KeyScheme, SyncRange, hash, keys::signing_bytes, merkle,
};
use common::*;
use commonware_codec::Encode as _;

/// One line a vector: a name and hex.
const GOLDEN: &str = include_str!("vectors.txt");

/// Puts these vectors into the file, and keeps the others.
fn write(vectors: &[(&str, String)]) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let pairs = text.lines().filter_map(|line| line.split_once(' '));
    let mut all: std::collections::BTreeMap<&str, &str> = pairs.collect();
    all.extend(vectors.iter().map(|(name, value)| (*name, value.as_str())));
    let lines: String = all.iter().map(|(name, value)| format!("{name} {value}\n")).collect();
    std::fs::write(path, lines).unwrap();
}

fn check(vectors: &[(&str, String)]) {
    if std::env::var_os("ALTHING_WRITE_VECTORS").is_some() {
        return write(vectors);
    }
    for (name, actual) in vectors {
        let line = GOLDEN.lines().find_map(|line| line.strip_prefix(*name)?.strip_prefix(' '));
        assert_eq!(Some(actual.as_str()), line, "the bytes of {name} have changed");
    }
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(bytes)
}

fn short(bytes: impl AsRef<[u8]>) -> String {
    hex(hash::sha256(&[bytes.as_ref()]))
}

#[test]
fn addresses_of_each_scheme_keep_their_bytes() {
    let address = |scheme| hex(secret(scheme, 7).address().as_bytes());
    check(&[
        ("address.ed25519", address(KeyScheme::Ed25519)),
        ("address.secp256r1", address(KeyScheme::Secp256r1)),
        ("address.ml-dsa-65", address(KeyScheme::MlDsa65)),
        ("address.module.treasury", hex(althing_types::Address::of_module("treasury").as_bytes())),
        ("address.text", secret(KeyScheme::Ed25519, 7).address().to_string()),
    ]);
}

#[test]
fn transactions_of_each_scheme_keep_their_bytes() {
    let [ed25519, secp256r1, ml_dsa_65] = KeyScheme::ALL.map(signed);
    for transaction in [&ed25519, &secp256r1, &ml_dsa_65] {
        assert_eq!(transaction.verify_signature(), Ok(()));
    }
    let webauthn = passkey();
    check(&[
        ("transaction.body.ed25519", hex(ed25519.body_bytes())),
        ("transaction.body.secp256r1", hex(secp256r1.body_bytes())),
        ("transaction.body.ml-dsa-65", hex(ml_dsa_65.body_bytes())),
        ("transaction.body.webauthn", hex(webauthn.body_bytes())),
        ("transaction.signing-bytes", hex(signing_bytes(ed25519.body_bytes()))),
        ("transaction.signed.ed25519", hex(ed25519.bytes())),
        ("transaction.signed.secp256r1", hex(secp256r1.bytes())),
        ("transaction.signed.webauthn", hex(webauthn.bytes())),
        ("transaction.framed.ed25519", hex(ed25519.encode())),
        ("transaction.hash.ed25519", hex(ed25519.hash())),
        ("transaction.hash.secp256r1", hex(secp256r1.hash())),
        ("transaction.hash.ml-dsa-65", hex(ml_dsa_65.hash())),
        ("transaction.hash.webauthn", hex(webauthn.hash())),
    ]);
}

#[test]
fn a_transaction_body_is_what_the_format_says() {
    let body = transaction(althing_types::Address::new([0x11; 20]));
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
    assert_eq!(hex(body.encode()), hex(bytes));
}

#[test]
fn blocks_and_headers_keep_their_bytes() {
    let block = block();
    let mut plain = block.header.clone();
    plain.next_validators = None;
    let genesis = Header::genesis(
        digest("genesis"),
        digest("empty operations"),
        SyncRange { start: 0, end: 1 },
    );
    check(&[
        ("header", hex(block.header.encode())),
        ("header.hash", hex(block.header.hash())),
        ("header.without-validators", hex(plain.encode())),
        ("header.genesis", hex(genesis.encode())),
        ("header.genesis.hash", hex(genesis.hash())),
        ("block.sha256", short(block.encode())),
    ]);
    assert_eq!(block.hash(), block.header.hash());
}

#[test]
fn receipts_and_events_keep_their_bytes() {
    check(&[
        ("event.transferred", hex(event().encode())),
        ("receipt", hex(receipt().encode())),
        ("receipt.hash", hex(receipt().hash())),
    ]);
}

#[test]
fn validators_and_parameters_keep_their_bytes() {
    check(&[
        ("validator-set", hex(validator_set().encode())),
        ("params.devnet", hex(ChainParams::devnet().encode())),
    ]);
}

#[test]
fn genesis_files_keep_their_hash() {
    check(&[
        ("genesis.hash", hex(genesis(false).hash())),
        ("genesis.hash.with-load-accounts", hex(genesis(true).hash())),
    ]);
}

#[test]
fn merkle_roots_keep_their_bytes() {
    let leaves: Vec<Hash> = ["a", "b", "c"].map(digest).to_vec();
    let root = |count: usize| hex(merkle::root(&leaves[..count]));
    check(&[
        ("merkle.0", root(0)),
        ("merkle.1", root(1)),
        ("merkle.2", root(2)),
        ("merkle.3", root(3)),
        ("merkle.proof.3.1", hex(merkle::prove(&leaves, 1).unwrap().to_bytes())),
    ]);
}
