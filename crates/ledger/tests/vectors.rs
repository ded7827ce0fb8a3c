//! Where the ledger keeps things in the state, how, and what a block does to it. A changed byte here
//! is a protocol upgrade.
//!
//! After a deliberate change, let the new bytes be printed and put them into the constants below:
//! `ALTHING_WRITE_VECTORS=1 cargo test --release -p althing-ledger --test vectors -- --nocapture`
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "records/beacon.rs"]
mod beacon;
mod common;
#[path = "records/compute.rs"]
mod compute;
#[path = "records/energy.rs"]
mod energy;
#[path = "records/governance.rs"]
mod governance;
#[path = "records/network.rs"]
mod network;
#[path = "records/safety.rs"]
mod safety;
#[path = "records/staking.rs"]
mod staking;
#[path = "records/treasury.rs"]
mod treasury;
#[path = "records/upgrade.rs"]
mod upgrade;

use althing_ledger::{Account, Supply, gas, query};
use althing_types::{Address, Amount, Epoch, Nonce, ValidatorKey, hash::sha256};
use common::*;
use commonware_codec::{Encode, Error};
use core::fmt::Debug;

fn same(what: &str, actual: &[u8], expected: &str) {
    if std::env::var_os("ALTHING_WRITE_VECTORS").is_some() {
        return println!("{what}: {}", hex::encode(actual));
    }
    assert_eq!(hex::encode(actual), expected, "the bytes of {what} have changed");
}

/// The record has these bytes, is read back from them, and from nothing shorter or longer.
fn record<T: PartialEq + Debug + Encode>(
    what: &str,
    record: &T,
    decode: impl Fn(&[u8]) -> Result<T, Error>,
    expected: &str,
) {
    let bytes = record.encode();
    same(what, &bytes, expected);
    assert_eq!(decode(&bytes).unwrap(), *record, "{what}");
    assert!(decode(&bytes[..bytes.len() - 1]).is_err(), "{what}");
    assert!(decode(&[&*bytes, &[0]].concat()).is_err(), "{what}");
}

#[test]
fn state_keys_keep_their_bytes() {
    let address = Address::new([0x11; 20]);
    let validator = ValidatorKey::new([0x22; 32]);
    same("account key", &query::account_key(address), &format!("01{}", "11".repeat(20)));
    same("supply key", &query::supply_key(), SUPPLY_KEY);
    same("parameters key", &query::params_key(), PARAMS_KEY);
    same("validator set key", &query::validators_key(Epoch::new(258)), SET_KEY);
    let key = query::validator_key(validator);
    same("validator key", &key, &format!("{VALIDATOR_TABLE}{}", "22".repeat(32)));
    same("performance key", &query::performance_key(validator), &format!("10{}", "22".repeat(32)));
    same("emission key", &query::emission_key(), "11");
}

#[test]
fn state_values_keep_their_bytes() {
    let account =
        Account { nonce: Nonce::new(300), balance: Amount::new(1 << 70), ..Account::default() };
    same("account", &account.encode(), "ac02808080808080808080800100");
    let supply =
        Supply { genesis: Amount::new(1_000), minted: Amount::new(5), burned: Amount::new(130) };
    same("supply", &supply.encode(), "e807058201");
    assert_eq!(query::decode_account(&account.encode()).unwrap(), account);
    assert_eq!(query::decode_supply(&supply.encode()).unwrap(), supply);
}

/// A digest over every record, keys and values with their lengths.
fn digest(chain: &Chain) -> Vec<u8> {
    let mut all = Vec::new();
    for (key, value) in &chain.state {
        all.extend_from_slice(&key.encode());
        all.extend_from_slice(&value.encode());
    }
    sha256(&[&all]).to_vec()
}

#[test]
fn records_of_a_fresh_chain_keep_their_bytes() {
    let chain = Chain::started();
    let record = |what: &str, key: althing_state::StateKey, expected: &str| {
        same(what, &chain.state[&key], expected);
    };
    record("parameters", query::params_key(), PARAMS);
    record("supply", query::supply_key(), GENESIS_SUPPLY);
    for epoch in [Epoch::ZERO, Epoch::new(1)] {
        record("validator set", query::validators_key(epoch), SET);
    }
    record("validator", query::validator_key(validator().0), VALIDATOR);
    record("emission", query::emission_key(), "00000001");
    same("the genesis state", &digest(&chain), GENESIS_STATE);
}

/// Gas, fees, codes and shares: what a block does to the state is as pinned as its format.
#[test]
fn a_block_changes_the_state_as_it_always_did() {
    let mut chain = Chain::started();
    let transactions = [
        transfer(0, 0, address(1), Amount::new(1_000)),
        transfer(1, 0, address(9), tokens(1)),
        transfer(2, 0, address(3), tokens(10)),
        transfer(3, 0, Address::of_module("stakers"), tokens(1)),
        transfer(0, 1, address(0), Amount::new(7)),
    ];
    let (outcome, results) = chain.advance(&transactions);
    assert!(results.iter().all(Result::is_ok));
    let receipts: Vec<u8> =
        outcome.receipts.iter().flat_map(|receipt| receipt.encode().to_vec()).collect();
    same("receipts of a block", sha256(&[&receipts]).as_ref(), BLOCK_RECEIPTS);
    same("the state after a block", &digest(&chain), BLOCK_STATE);
}

#[test]
fn the_guide_lists_the_gas_of_every_message() {
    let guide = include_str!("../../../docs/modules/fees.md");
    assert_eq!(gas::MESSAGES.len(), guide.matches("| message `").count());
    for (name, gas) in gas::MESSAGES {
        let row = format!("| message `{name}` | {},{:03} |", gas / 1_000, gas % 1_000);
        assert!(guide.contains(&row), "docs/modules/fees.md lacks the row\n{row}");
    }
}

const SUPPLY_KEY: &str = "02";
const PARAMS_KEY: &str = "03";
const SET_KEY: &str = "040000000000000102";
const VALIDATOR_TABLE: &str = "05";
const PARAMS: &str = "0ae8071980cab5ee01808080028094ebdc036495ac14a08d06eb8804a0c21e8080d0a7a4b0e4b1458080c098d6c5d7e3eb0a000000000000000500000000000001f4000000000000000ac09a0c0000000000000005a08d0600000000000000640000000000000000e0a712c09a0cd0860300000000000000640000000000000000000000000000000a000000000000000000000000000000000001e0dc2a8080f09d99ddbf92618080b0b1af8389d12980808088da9db3e79b84cf06d08603a08d06c0843d0000000000000003a08d06d08603000000000000001400000000000000000a000000000000000300000000000000640000000000000000808080f5ddb8ebe4b56ca08d060000000000000010000000000000ea600000000000000090808090bbbad6adf00d8080c098d6c5d7e3eb0a0000000000000064000000000000000a909214b0b114c09a0ca08d0600a08d060000000000000028000000000000000000000000000000000000000000000000b0901f000000000000005a0000000000000000000000000000000a0000000000000000b0f228000000000000005a0000000000000000000000000000005a0000000000000000a0f73600000000000000be000000000000000000000000000000be0000000000000000808080b4afa9f8e382da54000000000000002000000000000003e800000000000003e8000000000000000000000000000000140000000000000000000000000000000a00000000000000000000000000000064000000000000000300b5ee32000000000000000300000000000000c8000000000000000000000000000000c8000000000000000000000000000007d00000000000000000a0f736000000000000005a00000000000000008080c098d6c5d7e3eb0a00000000000000640000000000000000d08603e0a71200000000000000038080a0cfc8e0c8e38a01d0f033a08d06904e808084fea6dee111000000000000000800000000000000040000000000000004000000000000008000000000000000800000000000000100000000000000000a0000000000007530000000000000000a0000000000002710000000000000000a000000000000753000000000000000c80000000000004e2000000000000f424000000000000000030000000000000032000000000000ea6000000000000003e8000000000000000000000000000000400000000000000002000000000000003200000000000000000000000000000000000000000000000000000000240c8400d08603a08d0600000000000010000000000000000004000000000000020000000000000007d0d086030a00000001000000010000000100000f42400100000002000000020000000200000f42400100000004000000040000000400000f42400100000008000000080000000800000f42400000000010000000100000001000000f42400001000001000000010000000100000f42400101000002000000020000000200000f42400101000004000000040000000400000f42400101000008000000080000000800000f42400001000010000000100000001000000f4240008080c098d6c5d7e3eb0a8080a8ec85afd1b101808080f5ddb8ebe4b56c0000000000000064000000000000000088278080a0cfc8e0c8e38a01a08d06904ed08603d08603c09a0c000000000000012c00000000000000000000000001e285000000000000000384000000000000003c0000000000093a8000000000000000010000000000093a8000000000000151800000000000000014000000000000000000000000000000030000000000000014000000000000000000000000000186a000000000000f4240000000000000006400000000000186a000000000000186a000000000000003e8b0b63c000000000000000200000000000000020000000000000100";
const VALIDATOR: &str = "843ccda804666d42af5ca755f3789dbb7f7693da8080d0a7a4b0e4b1458080d0a7a4b0e4b145000000000000000000018080d0a7a4b0e4b1450000000000010100000000000000";
const GENESIS_SUPPLY: &str = "8080d0e4c6b287c0f0040000";
const SET: &str = "0197ffc883c80bee7237ef95d9b9b703d4ad63e60a21e605867682b75b8b3f43030b3132372e302e302e313a318080d0a7a4b0e4b145";
const GENESIS_STATE: &str = "89e810a3dc2d3a2fbc6816beacdde1dce5cd5d9bb8e9bc6459b44b21b2b16fc9";
const BLOCK_RECEIPTS: &str = "c5020a6736342796ed3c0f7192e08d1af9f684d1e8b57392df459a7e7fad8368";
const BLOCK_STATE: &str = "9d7e3b061f05fae57e47736f320574728f66f048ce3213eaa7d97beaa84dabd5";
