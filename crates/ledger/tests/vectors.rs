//! Where the ledger keeps things in the state, and how. A changed byte here is a protocol upgrade.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use althing_ledger::{Account, Supply, query};
use althing_types::{Address, Amount, Epoch, Nonce, ValidatorKey};
use commonware_codec::Encode as _;

fn same(what: &str, actual: &[u8], expected: &str) {
    assert_eq!(hex::encode(actual), expected, "the bytes of {what} have changed");
}

#[test]
fn state_keys_keep_their_bytes() {
    let address = Address::new([0x11; 20]);
    let validator = ValidatorKey::new([0x22; 32]);
    same("account key", &query::account_key(address), &format!("01{}", "11".repeat(20)));
    same("supply key", &query::supply_key(), SUPPLY_KEY);
    same("parameters key", &query::params_key(), PARAMS_KEY);
    same("validator set key", &query::validators_key(Epoch::new(258)), SET_KEY);
    let key = query::validator_account_key(validator);
    same("validator account key", &key, &format!("{VALIDATOR_TABLE}{}", "22".repeat(32)));
}

#[test]
fn state_values_keep_their_bytes() {
    let account = Account { nonce: Nonce::new(300), balance: Amount::new(1 << 70) };
    same("account", &account.encode(), "ac0280808080808080808080 01".replace(' ', "").as_str());
    let supply =
        Supply { genesis: Amount::new(1_000), minted: Amount::new(5), burned: Amount::new(130) };
    same("supply", &supply.encode(), "e807058201");
    assert_eq!(query::decode_account(&account.encode()).unwrap(), account);
    assert_eq!(query::decode_supply(&supply.encode()).unwrap(), supply);
}

const SUPPLY_KEY: &str = "02";
const PARAMS_KEY: &str = "03";
const SET_KEY: &str = "040000000000000102";
const VALIDATOR_TABLE: &str = "05";
