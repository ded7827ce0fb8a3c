//! Encodings of keys and values, and a view against maps.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use althing_state::{Missing, StateKey, StateValue, View};
use bytes::Bytes;
use commonware_codec::{Decode, DecodeExt as _, Encode};
use proptest::{collection::vec, prelude::*};
use std::{collections::BTreeMap, fmt::Debug};

fn key() -> impl Strategy<Value = StateKey> {
    (any::<u8>(), vec(any::<u8>(), 0..64))
        .prop_map(|(prefix, part)| StateKey::new(prefix, &[&part]).unwrap())
}

fn value() -> impl Strategy<Value = StateValue> {
    vec(any::<u8>(), 0..300).prop_map(|bytes| StateValue::new(bytes.into()).unwrap())
}

fn one_encoding<T>(value: &T, cut: prop::sample::Index, byte: u8) -> Result<(), TestCaseError>
where
    T: Encode + Decode<Cfg = ()> + PartialEq + Debug,
{
    let bytes = value.encode();
    prop_assert_eq!(value.encode_size(), bytes.len());
    prop_assert_eq!(&T::decode(bytes.clone()).unwrap(), value);
    prop_assert!(T::decode(bytes.slice(..cut.index(bytes.len()))).is_err());
    prop_assert!(T::decode([&bytes[..], &[byte]].concat()).is_err());
    let mut changed = bytes.to_vec();
    changed[cut.index(bytes.len())] = byte;
    canonical::<T>(&changed)
}

fn canonical<T: Encode + Decode<Cfg = ()>>(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(value) = T::decode(bytes.to_vec()) {
        let again = value.encode();
        prop_assert_eq!(again.as_ref(), bytes);
    }
    Ok(())
}

#[derive(Clone, Debug)]
enum Step {
    Prefetch(u8),
    Set(u8, Option<u8>),
    Commit,
    Rollback,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0u8..8).prop_map(Step::Prefetch),
        4 => (0u8..8, any::<Option<u8>>()).prop_map(|(key, value)| Step::Set(key, value)),
        1 => Just(Step::Commit),
        1 => Just(Step::Rollback),
    ]
}

fn short(key: u8) -> StateKey {
    StateKey::fixed(1, &[key])
}

fn byte(byte: u8) -> StateValue {
    StateValue::new(Bytes::from(vec![byte])).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn keys_have_one_encoding(key in key(), cut in any::<prop::sample::Index>(), byte: u8) {
        one_encoding(&key, cut, byte)?;
    }

    #[test]
    fn values_have_one_encoding(value in value(), cut in any::<prop::sample::Index>(), byte: u8) {
        one_encoding(&value, cut, byte)?;
    }

    #[test]
    fn random_bytes_have_one_meaning_or_none(bytes in vec(any::<u8>(), 0..100)) {
        canonical::<StateKey>(&bytes)?;
        canonical::<StateValue>(&bytes)?;
    }

    #[test]
    fn keys_are_ordered_and_equal_as_their_bytes_are(a in key(), b in key()) {
        prop_assert_eq!(a.cmp(&b), a.as_bytes().cmp(b.as_bytes()));
        prop_assert_eq!(a == b, a.as_bytes() == b.as_bytes());
        prop_assert_eq!(a.encode() == b.encode(), a == b);
    }

    /// `database` is what a prefetch finds; the model keeps what is committed apart from what the
    /// transaction has changed.
    #[test]
    fn a_view_does_what_maps_do(
        database in proptest::collection::btree_map(0u8..8, any::<u8>(), 0..8),
        steps in vec(step(), 0..60),
    ) {
        let mut view = View::new();
        let mut fetched: BTreeMap<u8, Option<u8>> = BTreeMap::new();
        let mut committed: BTreeMap<u8, Option<u8>> = BTreeMap::new();
        let mut changed: BTreeMap<u8, Option<u8>> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Prefetch(key) => {
                    let found = database.get(&key).copied();
                    view.prefetch(short(key), found.map(byte));
                    // While a transaction has changed a key, a fetch of it is ignored.
                    if !changed.contains_key(&key) {
                        fetched.insert(key, found);
                    }
                }
                Step::Set(key, value) => {
                    view.set(short(key), value.map(byte));
                    changed.insert(key, value);
                }
                Step::Commit => {
                    view.commit();
                    committed.append(&mut changed);
                }
                Step::Rollback => {
                    view.rollback();
                    changed.clear();
                }
            }
            for key in 0..8 {
                let known = changed.get(&key).or(committed.get(&key)).or(fetched.get(&key));
                let expected = known.map(|value| value.map(byte));
                let got = view.get(&short(key)).map(|value| value.cloned());
                prop_assert_eq!(got, expected.ok_or(Missing(vec![short(key)])));
                prop_assert_eq!(view.knows(&short(key)), known.is_some());
            }
        }
        let expected: Vec<_> =
            committed.into_iter().map(|(key, value)| (short(key), value.map(byte))).collect();
        prop_assert_eq!(view.into_writes(), expected);
    }
}

#[test]
fn encodings_are_what_the_format_says() {
    let key = StateKey::new(1, &[&[0xaa; 2], &[0xbb]]).unwrap();
    assert_eq!(hex::encode(key.encode()), "0401aaaabb", "the bytes of a state key have changed");
    let value = StateValue::new(vec![7; 200].into()).unwrap();
    let expected = format!("c801{}", "07".repeat(200));
    assert_eq!(hex::encode(value.encode()), expected, "the bytes of a state value have changed");
}
