//! The small types, and encodings that were cut or have something behind them.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_types::{
    Address, Amount, Authorization, Block, ChainId, ChainParams, Epoch, Event, Gas, GasPrice,
    Genesis, Hash, Header, Height, KeyScheme, Nonce, Payload, Ppm, Receipt, SignedTransaction,
    Timestamp, Transaction, Transfer, ValidatorEntry, ValidatorKey, ValidatorSet, Version, View,
    merkle,
    network::{NetworkSpec, RolloutPlan},
    params::FeeSplit,
};
use bytes::Bytes;
use common::*;
use commonware_codec::{Decode, DecodeExt as _, Encode};
use proptest::{collection::vec, prelude::*};
use std::fmt::Debug;

fn round_trips<T: Encode + Decode<Cfg = ()> + PartialEq + Debug>(
    value: &T,
) -> Result<(), TestCaseError> {
    let bytes = value.encode();
    prop_assert_eq!(value.encode_size(), bytes.len());
    prop_assert_eq!(&T::decode(bytes).unwrap(), value);
    Ok(())
}

/// Whether the bytes decode; if they do, they are the one encoding of what they decode to.
fn decodes<T: Encode + Decode<Cfg = ()>>(bytes: &[u8]) -> Result<bool, TestCaseError> {
    let Ok(value) = T::decode(bytes.to_vec()) else { return Ok(false) };
    let again = value.encode();
    prop_assert_eq!(again.as_ref(), bytes);
    Ok(true)
}

fn wide() -> impl Strategy<Value = u128> {
    (any::<u128>(), 0u32..128).prop_map(|(value, shift)| value >> shift)
}

fn parts() -> impl Strategy<Value = [u32; 4]> {
    vec(0u32..=1_000_000, 3).prop_map(|mut cuts| {
        cuts.sort_unstable();
        [cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], 1_000_000 - cuts[2]]
    })
}

fn params() -> impl Strategy<Value = ChainParams> {
    let times = (10u64..=1_000_000, 10u64..=60_000, any::<proptest::sample::Index>());
    let limits = (1_000_000u64..=1_000_000_000_000, 65_536u64..=4_194_304);
    let rest = (0..=u64::MAX / 2, 10u64..=1_000_000, parts());
    let preset = prop_oneof![
        Just(ChainParams::devnet()),
        Just(ChainParams::testnet()),
        Just(ChainParams::mainnet()),
    ];
    (times, limits, rest, preset).prop_map(
        |((epoch_length, idle, busy), (gas, bytes), rest, preset)| {
            let [proposer, stakers, treasury, burn] = rest.2.map(|part| Ppm::new(part).unwrap());
            ChainParams {
                epoch_length,
                idle_interval_ms: idle,
                busy_interval_ms: 1 + busy.index(idle as usize) as u64,
                block_gas_limit: Gas::new(gas),
                max_block_bytes: bytes,
                min_gas_price: GasPrice::new(rest.0),
                max_validity_blocks: rest.1,
                fee_split: FeeSplit { proposer, stakers, treasury, burn },
                ..preset
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn numbers_round_trip(value in wide(), ppm in 0u32..=1_000_000) {
        let small = value as u64;
        round_trips(&Amount::new(value))?;
        round_trips(&GasPrice::new(small))?;
        round_trips(&Gas::new(small))?;
        round_trips(&Nonce::new(small))?;
        round_trips(&Height::new(small))?;
        round_trips(&Epoch::new(small))?;
        round_trips(&View::new(small))?;
        round_trips(&Timestamp::new(small))?;
        round_trips(&Ppm::new(ppm).unwrap())?;
    }

    #[test]
    fn names_round_trip(chain_id in "[a-z0-9-]{1,31}", bytes: [u8; 32], amount in wide()) {
        let address = Address::new(bytes[..20].try_into().unwrap());
        let (to, amount) = (address, Amount::new(amount));
        round_trips(&chain_id.parse::<ChainId>().unwrap())?;
        round_trips(&address)?;
        round_trips(&ValidatorKey::new(bytes))?;
        round_trips(&Payload::Transfer(Transfer { to, amount }))?;
        round_trips(&Event::Transferred { from: address, to, amount })?;
        round_trips(&ValidatorEntry {
            key: ValidatorKey::new(bytes),
            endpoint: chain_id,
            stake: amount,
        })?;
    }

    #[test]
    fn texts_round_trip(bytes: [u8; 20], amount in wide()) {
        let (address, amount) = (Address::new(bytes), Amount::new(amount));
        prop_assert_eq!(address.to_string().parse(), Ok(address));
        prop_assert_eq!(address.to_string().to_uppercase().parse(), Ok(address));
        prop_assert_eq!(amount.to_string().parse(), Ok(amount));
        prop_assert_eq!(Amount::parse_tokens(&amount.to_tokens()), Ok(amount));
    }

    #[test]
    fn legal_parameters_round_trip(params in params()) {
        prop_assert_eq!(params.validate(), Ok(()));
        round_trips(&params)?;
        round_trips(&params.fee_split)?;
    }

    #[test]
    fn parameters_beyond_their_bounds_do_not_decode(params in params(), which in 0usize..7) {
        let mut params = params;
        match which {
            0 => params.epoch_length = 9,
            1 => params.idle_interval_ms = 60_001,
            2 => params.busy_interval_ms = params.idle_interval_ms + 1,
            3 => params.block_gas_limit = Gas::new(999_999),
            4 => params.max_block_bytes = 4_194_305,
            5 => params.max_validity_blocks = 9,
            _ => params.min_gas_price = GasPrice::new(u64::MAX),
        }
        prop_assert!(params.validate().is_err());
        prop_assert!(ChainParams::decode(params.encode()).is_err());
    }

    #[test]
    fn random_bytes_have_one_meaning_or_none(bytes in vec(any::<u8>(), 0..140)) {
        decodes::<Amount>(&bytes)?;
        decodes::<GasPrice>(&bytes)?;
        decodes::<Nonce>(&bytes)?;
        decodes::<Ppm>(&bytes)?;
        decodes::<ChainId>(&bytes)?;
        decodes::<Address>(&bytes)?;
        decodes::<ValidatorKey>(&bytes)?;
        decodes::<ValidatorEntry>(&bytes)?;
        decodes::<Payload>(&bytes)?;
        decodes::<Event>(&bytes)?;
        decodes::<Authorization>(&bytes)?;
        decodes::<FeeSplit>(&bytes)?;
        decodes::<Version>(&bytes)?;
        decodes::<NetworkSpec>(&bytes)?;
        decodes::<RolloutPlan>(&bytes)?;
        decodes::<Hash>(&bytes)?;
        let _ = merkle::Proof::from_bytes(&bytes);
    }

    #[test]
    fn random_bytes_behind_a_good_beginning_have_one_meaning_or_none(
        cut in any::<proptest::sample::Index>(), tail in vec(any::<u8>(), 0..120),
    ) {
        let spliced = |bytes: Bytes| [&bytes[..cut.index(bytes.len())], &tail[..]].concat();
        decodes::<Transaction>(&spliced(transaction(Address::new([1; 20])).encode()))?;
        decodes::<SignedTransaction>(&spliced(signed(KeyScheme::Ed25519).encode()))?;
        decodes::<SignedTransaction>(&spliced(passkey().encode()))?;
        decodes::<Header>(&spliced(block().header.encode()))?;
        decodes::<Block>(&spliced(block().encode()))?;
        decodes::<Receipt>(&spliced(receipt().encode()))?;
        decodes::<ValidatorSet>(&spliced(validator_set().encode()))?;
        decodes::<ChainParams>(&spliced(ChainParams::devnet().encode()))?;
        decodes::<NetworkSpec>(&spliced(common::governance::spec().encode()))?;
        decodes::<Payload>(&spliced(common::governance::payloads()[2].1.encode()))?;
    }

    #[test]
    fn random_texts_are_no_genesis_and_no_address(text in "\\PC{0,200}") {
        prop_assert!(Genesis::from_json(&text).is_err());
        prop_assert!(text.parse::<Address>().is_err());
        let _ = (Amount::parse_tokens(&text), text.parse::<ChainId>());
        let _ = text.parse::<ValidatorKey>();
    }

    #[test]
    fn a_damaged_genesis_is_refused_or_another_genesis(
        at in any::<proptest::sample::Index>(), byte in 0x20u8..0x7f,
    ) {
        let good = genesis(true);
        let mut text = good.to_json().into_bytes();
        let at = at.index(text.len());
        text[at] = byte;
        if let Ok(read) = Genesis::from_json(std::str::from_utf8(&text).unwrap()) {
            prop_assert_eq!(read.hash() == good.hash(), read == good);
            prop_assert_eq!(&Genesis::from_json(&read.to_json()).unwrap(), &read);
        }
    }
}

/// No shorter and no longer input decodes.
fn exact<T: Encode>(value: &T, decodes: impl Fn(&[u8]) -> bool) {
    let bytes = value.encode();
    assert!(decodes(&bytes));
    for end in 0..bytes.len() {
        assert!(!decodes(&bytes[..end]), "{end} of {} bytes decode", bytes.len());
    }
    for extra in [0u8, 1, 0x7f, 0x80, 0xff] {
        assert!(!decodes(&[&bytes[..], &[extra]].concat()), "{extra:#x} may follow");
    }
}

fn exactly<T: Encode + Decode<Cfg = ()>>(value: &T) {
    exact(value, |bytes| T::decode(bytes.to_vec()).is_ok());
}

#[test]
fn cut_and_prolonged_encodings_do_not_decode() {
    exactly(&transaction(Address::new([1; 20])));
    for scheme in KeyScheme::ALL {
        exactly(&signed(scheme));
        exactly(signed(scheme).authorization());
    }
    exactly(&valid_passkey());
    exactly(valid_passkey().authorization());
    exactly(&block().header);
    exactly(&block());
    exactly(&receipt());
    exactly(&event());
    exactly(&validator_set());
    exactly(&ChainParams::devnet());
    exactly(&Amount::MAX);
    exactly(&Nonce::new(u64::MAX));
    exactly(&common::governance::spec());
    exactly(&Version::new(1, 2, 3));
}

#[test]
fn cut_and_prolonged_submissions_do_not_decode() {
    for transaction in KeyScheme::ALL.map(signed).into_iter().chain([valid_passkey()]) {
        let read = |bytes: &[u8]| SignedTransaction::from_bytes(bytes.to_vec().into()).is_ok();
        let bytes = transaction.bytes();
        assert!(read(bytes));
        assert!((0..bytes.len()).all(|end| !read(&bytes[..end])));
        assert!(!read(&[&bytes[..], &[0]].concat()));
    }
}

#[test]
fn cut_and_prolonged_merkle_proofs_do_not_decode() {
    let leaves: Vec<Hash> = (0..7).map(|leaf: u8| digest(&leaf.to_string())).collect();
    let bytes = merkle::prove(&leaves, 5).unwrap().to_bytes();
    assert!((0..bytes.len()).all(|end| merkle::Proof::from_bytes(&bytes[..end]).is_err()));
    assert!(merkle::Proof::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
}

#[test]
fn a_passkey_that_signed_something_else_is_refused() {
    let good = valid_passkey();
    let mut body = good.body().clone();
    body.nonce = Nonce::new(301);
    let moved = SignedTransaction::new(body, good.authorization().clone());
    assert!(moved.verify_signature().is_err());
}
