//! Proofs from a node that lies: whatever they say, verifying them ends in an error, because nobody
//! signed them. Two of three inputs have the right form and genesis around bytes of the input, so
//! that the decoders of headers, certificates and state proofs are reached.
#![no_main]

use althing_client::verify::{AccountBundle, Bundle, FinalityBundle, state_holds, verify};
use althing_state::StateKey;
use althing_types::{
    Amount, ChainParams, Genesis, GenesisValidator, Hash, KeyScheme, Ppm, SecretKey, Text,
    Timestamp, ValidatorKey, hash::sha256,
};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static GENESIS: LazyLock<Genesis> = LazyLock::new(|| {
    let key = SecretKey::from_seed(KeyScheme::Ed25519, [1; 32]).expect("any seed is a key");
    let mut bytes = [0; 32];
    bytes.copy_from_slice(key.public_key().bytes());
    Genesis {
        chain_id: "fuzz".parse().expect("a chain id"),
        genesis_time: Timestamp::ZERO,
        address_prefix: "cpc".into(),
        symbol: "CPC".into(),
        params: ChainParams::devnet(),
        validators: vec![GenesisValidator {
            name: Text::new("v").expect("a short text"),
            website: Text::default(),
            description: Text::default(),
            key: ValidatorKey::new(bytes),
            endpoint: "127.0.0.1:1".into(),
            account: key.address(),
            stake: Amount::from_tokens(10_000).expect("a small amount"),
            commission: Ppm::ZERO,
        }],
        reserve: Amount::ZERO,
        allocations: Vec::new(),
        network: None,
        safety: None,
        load_accounts: None,
    }
    .normalized()
    .expect("a legal genesis")
});

/// An account's proof around pieces of the input.
fn account(input: &[u8]) -> Bundle {
    let mut pieces = input.split(|byte| *byte == b'|').map(hex::encode);
    let mut piece = || pieces.next().unwrap_or_default();
    let genesis_hash = GENESIS.hash();
    let finality = FinalityBundle { certificate: piece(), headers: vec![piece(), piece()] };
    let address = GENESIS.validators[0].account.to_string();
    let (proof, value) = (piece(), Some(piece()).filter(|value| !value.is_empty()));
    Bundle::Account(AccountBundle {
        genesis_hash: genesis_hash.to_string(),
        address,
        height: 1,
        value,
        proof,
        finality,
        epochs: Vec::new(),
    })
}

fuzz_target!(|data: &[u8]| {
    let Some((mode, input)) = data.split_first() else { return };
    match mode % 3 {
        0 => {
            let Ok(json) = std::str::from_utf8(input) else { return };
            assert!(verify(&GENESIS, json).is_err(), "a forged proof is accepted");
        }
        1 => {
            let json = account(input).to_json();
            assert!(verify(&GENESIS, &json).is_err(), "a forged proof is accepted");
        }
        _ => {
            let key = StateKey::new(1, &[&[7; 20]]).expect("a short key");
            let root: Hash = sha256(&[b"another"]);
            assert!(!state_holds(&key, Some(&[1]), input, &root), "a forged value");
            assert!(!state_holds(&key, None, input, &root), "a forged absence");
        }
    }
});
