//! Every value has one encoding: what decodes encodes to the same bytes, for values, for random
//! bytes, and for encodings with something changed.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_types::{
    Address, Amount, Authorization, Block, ChainParams, Code, Epoch, Event, Gas, GasPrice, Header,
    Height, Nonce, Payload, Receipt, SignedTransaction, SyncRange, Timestamp, Transaction,
    Transfer, ValidatorEntry, ValidatorKey, ValidatorSet, View,
    hash::sha256,
    keys::WebAuthnAssertion,
    limits::{MAX_BLOCK_TRANSACTIONS, MAX_MEMO_BYTES, MAX_VALIDATORS},
    merkle,
};
use bytes::Bytes;
use common::*;
use commonware_codec::{Decode, DecodeExt as _, Encode, EncodeSize as _};
use proptest::{collection::vec, prelude::*};
use std::fmt::Debug;

fn amount() -> impl Strategy<Value = Amount> {
    prop_oneof![any::<u8>().prop_map(u128::from), any::<u128>()].prop_map(Amount::new)
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![any::<u8>().prop_map(u64::from), any::<u64>()]
}

fn address() -> impl Strategy<Value = Address> {
    any::<[u8; 20]>().prop_map(Address::new)
}

fn hash() -> impl Strategy<Value = althing_types::Hash> {
    any::<u64>().prop_map(|seed| sha256(&[&seed.to_be_bytes()]))
}

fn body() -> impl Strategy<Value = Transaction> {
    let text = proptest::string::string_regex("[a-zÞð ]{0,100}").unwrap();
    let numbers = (number(), number(), number(), number());
    ("[a-z0-9-]{1,31}", address(), numbers, text, address(), amount()).prop_map(
        |(chain_id, sender, (nonce, gas_limit, gas_price, valid_until), memo, to, amount)| {
            Transaction {
                chain_id: chain_id.parse().unwrap(),
                sender,
                nonce: Nonce::new(nonce),
                gas_limit: Gas::new(gas_limit),
                gas_price: GasPrice::new(gas_price),
                valid_until: Height::new(valid_until),
                memo,
                payload: Payload::Transfer(Transfer { to, amount }),
            }
        },
    )
}

fn authorization() -> impl Strategy<Value = Authorization> {
    let bytes = |length: usize| move |byte: u8| Bytes::from(vec![byte; length]);
    prop_oneof![
        any::<([u8; 32], u8)>().prop_map(|(public_key, byte)| Authorization::Ed25519 {
            public_key,
            signature: [byte; 64],
        }),
        any::<(u8, u8)>().prop_map(|(key, byte)| Authorization::Secp256r1 {
            public_key: [key; 33],
            signature: [byte; 64],
        }),
        (any::<u8>(), 0usize..513, 0usize..1025).prop_map(|(byte, data, json)| {
            Authorization::WebAuthn(Box::new(WebAuthnAssertion {
                public_key: [byte; 33],
                signature: [byte; 64],
                authenticator_data: Bytes::from(vec![byte; data]),
                client_data_json: Bytes::from(vec![byte; json]),
            }))
        }),
        any::<u8>().prop_map(move |byte| Authorization::MlDsa65 {
            public_key: bytes(1952)(byte),
            signature: bytes(3309)(byte),
        }),
    ]
}

fn signed() -> impl Strategy<Value = SignedTransaction> {
    (body(), authorization()).prop_map(|(body, auth)| SignedTransaction::new(body, auth))
}

fn receipt() -> impl Strategy<Value = Receipt> {
    let event = (address(), address(), amount())
        .prop_map(|(from, to, amount)| Event::Transferred { from, to, amount });
    (hash(), any::<u16>(), number(), amount(), vec(event, 0..4)).prop_map(
        |(transaction, code, gas, fee, events)| Receipt {
            transaction,
            code: Code::new(code),
            gas_used: Gas::new(gas),
            fee,
            events,
        },
    )
}

fn validator_set() -> impl Strategy<Value = ValidatorSet> {
    let entry = ("[a-z.]{0,60}", amount());
    vec(entry, 1..6).prop_map(|entries| {
        let entries = entries.into_iter().zip(1u8..).map(|((endpoint, stake), seed)| {
            ValidatorEntry { key: validator_key(seed), endpoint, stake }
        });
        ValidatorSet::new(entries.collect()).unwrap()
    })
}

fn header() -> impl Strategy<Value = Header> {
    let numbers = (number(), number(), number(), number(), number(), number());
    let hashes = (hash(), hash(), hash(), hash(), hash(), hash());
    let rest = (any::<[u8; 32]>(), number(), number(), proptest::option::of(validator_set()));
    (numbers, hashes, rest).prop_map(|(numbers, hashes, (leader, start, end, next_validators))| {
        Header {
            height: Height::new(numbers.0),
            epoch: Epoch::new(numbers.1),
            view: View::new(numbers.2),
            leader: ValidatorKey::new(leader),
            parent: hashes.0,
            parent_view: View::new(numbers.3),
            timestamp: Timestamp::new(numbers.4),
            transactions_root: hashes.1,
            receipts_root: hashes.2,
            results_root: hashes.3,
            reveal: hashes.1,
            gas_used: Gas::new(numbers.5),
            state_root: hashes.4,
            operations_root: hashes.5,
            operations: SyncRange { start, end },
            next_validators,
        }
    })
}

fn block() -> impl Strategy<Value = Block> {
    (header(), vec(signed(), 0..4)).prop_map(|(mut header, transactions)| {
        header.transactions_root = Block::transactions_root(&transactions);
        Block { header, transactions }
    })
}

/// A change of an encoding.
#[derive(Clone, Debug)]
enum Change {
    Replace(prop::sample::Index, u8),
    Flip(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Truncate(prop::sample::Index),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let index = any::<prop::sample::Index>;
    let change = prop_oneof![
        (index(), any::<u8>()).prop_map(|(at, byte)| Change::Replace(at, byte)),
        (index(), 0u8..8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (index(), any::<u8>()).prop_map(|(at, byte)| Change::Insert(at, byte)),
        index().prop_map(Change::Remove),
        index().prop_map(Change::Truncate),
    ];
    vec(change, 1..3)
}

fn change(bytes: &mut Vec<u8>, changes: &[Change]) {
    for change in changes {
        let len = bytes.len().max(1);
        match change {
            Change::Replace(at, byte) if !bytes.is_empty() => bytes[at.index(len)] = *byte,
            Change::Flip(at, bit) if !bytes.is_empty() => bytes[at.index(len)] ^= 1 << bit,
            Change::Remove(at) if !bytes.is_empty() => {
                bytes.remove(at.index(len));
            }
            Change::Insert(at, byte) => bytes.insert(at.index(bytes.len() + 1), *byte),
            Change::Truncate(at) => bytes.truncate(at.index(len)),
            _ => {}
        }
    }
}

/// The value round-trips, its size is what it says, and no changed encoding decodes to something
/// that encodes differently.
fn canonical<T>(value: &T, changes: &[Change]) -> Result<(), TestCaseError>
where
    T: Encode + Decode<Cfg = ()> + PartialEq + Debug,
{
    let bytes = value.encode();
    prop_assert_eq!(value.encode_size(), bytes.len());
    prop_assert_eq!(&T::decode(bytes.clone()).unwrap(), value);
    let mut changed = bytes.to_vec();
    change(&mut changed, changes);
    one_encoding::<T>(&changed)
}

fn one_encoding<T: Encode + Decode<Cfg = ()>>(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(decoded) = T::decode(bytes.to_vec()) {
        let again = decoded.encode();
        prop_assert_eq!(again.as_ref(), bytes);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn transactions_have_one_encoding(body in body(), changes in changes()) {
        canonical(&body, &changes)?;
    }

    #[test]
    fn signed_transactions_have_one_encoding(value in signed(), changes in changes()) {
        canonical(&value, &changes)?;
        let mut bytes = value.bytes().to_vec();
        change(&mut bytes, &changes);
        if let Ok(decoded) = SignedTransaction::from_bytes(Bytes::from(bytes.clone())) {
            let rebuilt =
                SignedTransaction::new(decoded.body().clone(), decoded.authorization().clone());
            prop_assert_eq!(rebuilt.bytes().as_ref(), bytes.as_slice());
            prop_assert_eq!(rebuilt.body_bytes(), decoded.body_bytes());
            prop_assert_eq!(rebuilt.hash(), sha256(&[bytes.as_slice()]));
        }
    }

    #[test]
    fn receipts_have_one_encoding(value in receipt(), changes in changes()) {
        canonical(&value, &changes)?;
    }

    #[test]
    fn validator_sets_have_one_encoding(value in validator_set(), changes in changes()) {
        canonical(&value, &changes)?;
    }

    #[test]
    fn headers_have_one_encoding(value in header(), changes in changes()) {
        canonical(&value, &changes)?;
        prop_assert!(value.encode_size() <= Header::MAX_SIZE);
    }

    #[test]
    fn blocks_have_one_encoding(value in block(), changes in changes()) {
        canonical(&value, &changes)?;
    }

    #[test]
    fn parameters_have_one_encoding(changes in changes()) {
        canonical(&ChainParams::devnet(), &changes)?;
    }

    #[test]
    fn merkle_proofs_have_one_encoding(
        count in 1u32..20, position in any::<prop::sample::Index>(), changes in changes(),
    ) {
        let leaves: Vec<_> = (0..count).map(|leaf| sha256(&[&leaf.to_be_bytes()])).collect();
        let position = position.index(leaves.len()) as u32;
        let proof = merkle::prove(&leaves, position).unwrap();
        let mut bytes = proof.to_bytes();
        prop_assert_eq!(&merkle::Proof::from_bytes(&bytes).unwrap(), &proof);
        change(&mut bytes, &changes);
        if let Ok(decoded) = merkle::Proof::from_bytes(&bytes) {
            prop_assert_eq!(decoded.to_bytes(), bytes);
        }
    }

    #[test]
    fn random_bytes_have_one_meaning_or_none(bytes in vec(any::<u8>(), 0..400)) {
        one_encoding::<Transaction>(&bytes)?;
        one_encoding::<SignedTransaction>(&bytes)?;
        one_encoding::<Receipt>(&bytes)?;
        one_encoding::<ValidatorSet>(&bytes)?;
        one_encoding::<Header>(&bytes)?;
        one_encoding::<Block>(&bytes)?;
        one_encoding::<ChainParams>(&bytes)?;
    }
}

#[test]
fn every_single_changed_byte_is_noticed_or_means_something_else() {
    let transaction = common::signed(althing_types::KeyScheme::Ed25519);
    let bytes = transaction.bytes();
    for position in 0..bytes.len() {
        for byte in 0..=255u8 {
            let mut changed = bytes.to_vec();
            changed[position] = byte;
            if byte == bytes[position] {
                continue;
            }
            if let Ok(decoded) = SignedTransaction::from_bytes(Bytes::from(changed.clone())) {
                let same = decoded.body() == transaction.body()
                    && decoded.authorization() == transaction.authorization();
                assert!(!same, "byte {position} does not matter");
                assert_ne!(decoded.hash(), transaction.hash());
            }
        }
    }
}

#[test]
fn a_number_with_a_needless_byte_does_not_decode() {
    for (plain, padded) in [(vec![0x05], vec![0x85, 0x00]), (vec![0x80, 0x01], vec![0x80, 0x81, 0])]
    {
        assert!(Amount::decode(plain.clone()).is_ok() && Nonce::decode(plain).is_ok());
        assert!(Amount::decode(padded.clone()).is_err() && Nonce::decode(padded).is_err());
    }
}

#[test]
fn lengths_above_their_bounds_do_not_decode() {
    let mut body = transaction(Address::new([1; 20]));
    body.memo = "m".repeat(MAX_MEMO_BYTES);
    assert!(Transaction::decode(body.encode()).is_ok());
    body.memo.push('m');
    assert!(Transaction::decode(body.encode()).is_err());
    let mut set = Vec::new();
    for seed in 0..=MAX_VALIDATORS as u8 {
        let entry = ValidatorEntry {
            key: validator_key(seed),
            endpoint: "h:1".into(),
            stake: Amount::ZERO,
        };
        set.push(entry);
    }
    set.sort_by_key(|entry| entry.key);
    assert!(ValidatorSet::decode(set.encode()).is_err());
    set.truncate(MAX_VALIDATORS);
    assert!(ValidatorSet::decode(set.encode()).is_ok());
    set.swap(0, 1);
    assert!(ValidatorSet::decode(set.encode()).is_err());
}

#[test]
fn a_block_of_too_many_transactions_does_not_decode() {
    let header = common::header(&[]);
    let mut bytes = header.encode().to_vec();
    bytes.extend_from_slice(&(MAX_BLOCK_TRANSACTIONS + 1).encode());
    assert!(Block::decode(bytes).is_err());
}
