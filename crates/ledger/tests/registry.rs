//! Nodes that describe themselves and are heard.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a failed unwrap is a failed test"
)]

mod common;

use althing_ledger::{Invalid, Node, codes, query};
use althing_types::{
    Allocation, Amount, Authorization, Code, Event, Genesis, Height, Payload, Ppm,
    SignedTransaction, Timestamp, ValidatorKey,
    message::{Health, Heartbeat, RegisterNode},
};
use common::*;
use commonware_codec::Encode as _;

/// A slot of these tests is ten blocks.
const SLOT_MS: u64 = 1_000;

fn key() -> ValidatorKey {
    validator().0
}

fn started() -> Chain {
    start(started_genesis())
}

fn started_genesis() -> Genesis {
    let mut genesis = genesis();
    genesis.params.registry.heartbeat_interval_ms = SLOT_MS;
    let address = key().node_account();
    genesis.allocations.push(Allocation { address, amount: tokens(1), vesting: None });
    genesis
}

fn start(genesis: Genesis) -> Chain {
    let mut chain = Chain::new(genesis.normalized().unwrap());
    chain.interval = SLOT_MS / 10;
    chain.advance(&[]);
    chain
}

fn health(height: u64) -> Health {
    Health { height: Height::new(height), peers: 3, ..Health::default() }
}

fn beat(height: u64) -> Payload {
    Payload::Heartbeat(Heartbeat { validator: key(), health: health(height) })
}

fn register(version: &str) -> Payload {
    Payload::RegisterNode(RegisterNode {
        validator: key(),
        endpoint: "https://one.example".parse().unwrap(),
        version: version.parse().unwrap(),
        commit: "73b74db".parse().unwrap(),
        region: "eu-north".parse().unwrap(),
    })
}

/// Signed by the node.
fn by_node(nonce: u64, payload: Payload) -> SignedTransaction {
    let mut body = body(0, nonce, address(1), Amount::ZERO);
    (body.sender, body.payload) = (key().node_account(), payload);
    let public_key = *key().as_bytes();
    SignedTransaction::new(body, Authorization::Ed25519 { public_key, signature: [0; 64] })
}

fn by_user(payload: Payload) -> SignedTransaction {
    let mut body = body(0, 0, address(1), Amount::ZERO);
    body.payload = payload;
    SignedTransaction::new(body, authorization(0))
}

fn advance(chain: &mut Chain, transaction: SignedTransaction) -> (Code, Vec<Event>) {
    let (outcome, results) = chain.advance(&[transaction]);
    assert_eq!(results, [Ok(())]);
    (outcome.receipts[0].code, outcome.receipts[0].events.clone())
}

fn node(chain: &Chain) -> Node {
    query::decode_node(&chain.state[&query::node_key(key())]).unwrap()
}

#[test]
fn a_node_describes_itself_and_is_heard() {
    let mut chain = started();
    let (code, events) = advance(&mut chain, by_node(0, register("0.3.0")));
    assert_eq!(code, Code::OK);
    let version = "0.3.0".parse().unwrap();
    assert_eq!(events, [Event::NodeRegistered { validator: key(), version }]);
    let (code, events) = advance(&mut chain, by_node(1, beat(2)));
    assert_eq!(code, Code::OK);
    assert_eq!(events, [Event::Heartbeat { validator: key(), health: health(2) }]);
    let node = node(&chain);
    assert_eq!((&*node.version, &*node.region), ("0.3.0", "eu-north"));
    assert_eq!((node.registered, node.last), (Timestamp::new(200), Some(Timestamp::new(300))));
    assert_eq!((node.health, node.score(Timestamp::new(300))), (Some(health(2)), Ppm::ONE));
}

#[test]
fn a_description_is_replaced_and_the_count_goes_on() {
    let mut chain = started();
    advance(&mut chain, by_node(0, beat(1)));
    let before = node(&chain);
    assert!(before.version.is_empty());
    assert_eq!(advance(&mut chain, by_node(1, register("0.4.0"))).0, Code::OK);
    let after = node(&chain);
    assert_eq!(&*after.version, "0.4.0");
    assert_eq!((after.registered, after.last), (before.registered, before.last));
    assert_eq!(after.heard(Timestamp::new(400)), before.heard(Timestamp::new(400)));
}

#[test]
fn a_node_is_heard_once_a_slot() {
    let mut chain = started();
    assert_eq!(advance(&mut chain, by_node(0, beat(1))).0, Code::OK);
    assert_eq!(advance(&mut chain, by_node(1, beat(2))).0, codes::HEARTBEAT_EARLY);
    assert_eq!(node(&chain).health, Some(health(1)));
    while chain.time + chain.interval < SLOT_MS {
        chain.advance(&[]);
    }
    assert_eq!(advance(&mut chain, by_node(2, beat(3))).0, Code::OK);
    assert_eq!(node(&chain).heard(Timestamp::new(chain.time)), (2, 2));
}

#[test]
fn a_node_that_is_silent_loses_its_score() {
    let mut chain = started();
    advance(&mut chain, by_node(0, beat(1)));
    chain.interval = SLOT_MS * 3;
    chain.advance(&[]);
    let node = node(&chain);
    let now = Timestamp::new(chain.time);
    assert_eq!((node.heard(now), node.score(now)), ((1, 3), Ppm::new(333_333).unwrap()));
}

#[test]
fn the_score_forgets_what_lies_behind_the_slots_of_the_parameter() {
    let mut genesis = started_genesis();
    genesis.params.registry.score_slots = 8;
    let mut chain = start(genesis);
    for nonce in 0..3 {
        advance(&mut chain, by_node(nonce, beat(1)));
        chain.time += SLOT_MS;
    }
    chain.time += 4 * SLOT_MS;
    assert_eq!(node(&chain).heard(Timestamp::new(chain.time)), (3, 7));
    chain.time += 4 * SLOT_MS;
    assert_eq!(node(&chain).heard(Timestamp::new(chain.time)), (0, 8));
}

#[test]
fn nobody_speaks_for_another_node() {
    let mut chain = started();
    for (payload, nonce) in [(beat(1), 0), (register("1"), 1)] {
        let mut transaction = by_user(payload).body().clone();
        transaction.nonce = althing_types::Nonce::new(nonce);
        let transaction = SignedTransaction::new(transaction, authorization(0));
        assert_eq!(advance(&mut chain, transaction).0, codes::WRONG_NODE);
    }
    assert!(!chain.state.contains_key(&query::node_key(key())));
}

#[test]
fn the_node_of_no_validator_is_refused() {
    let mut chain = started();
    let public_key: [u8; 32] = [1; 32];
    let validator = ValidatorKey::new(public_key);
    assert_eq!(validator.node_account(), address(0));
    let payload = Payload::Heartbeat(Heartbeat { validator, health: health(1) });
    assert_eq!(advance(&mut chain, by_user(payload)).0, codes::UNKNOWN_VALIDATOR);
}

#[test]
fn a_node_without_a_version_does_not_enter_a_block() {
    let mut chain = started();
    let (_, results) = chain.advance(&[by_node(0, register(""))]);
    assert_eq!(results, [Err(Invalid::NothingToDo)]);
}

#[test]
fn a_heartbeat_uses_the_gas_of_a_transfer() {
    let mut chain = started();
    let (outcome, _) = chain.advance(&[by_node(0, beat(1)), by_node(1, register("0.3.0"))]);
    let gas: Vec<u64> = outcome.receipts.iter().map(|receipt| receipt.gas_used.get()).collect();
    assert_eq!(gas[0], 21_000);
    assert!((30_000..32_000).contains(&gas[1]), "{gas:?}");
}

#[test]
fn a_node_keeps_its_bytes() {
    let mut chain = started();
    advance(&mut chain, by_node(0, register("0.3.0")));
    advance(&mut chain, by_node(1, beat(2)));
    let key = query::node_key(key());
    assert_eq!(hex::encode(&key[..1]), "12");
    let value = &chain.state[&key];
    assert_eq!(hex::encode(value), NODE);
    assert_eq!(node(&chain).encode(), value[..]);
}

const NODE: &str = "1368747470733a2f2f6f6e652e6578616d706c6505302e332e3007373362373464620865752d6e6f727468c80100000000000003e80000000000000090c80101ac020102000000030000000000000000000000000000000000000000000000000000000000000100000000000000000000000000000000000000000000000000000000000000";
