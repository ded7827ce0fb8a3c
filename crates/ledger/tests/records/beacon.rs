//! Keys and records of module `beacon`.

use super::{record, same};
use althing_ledger::beacon::{Chain, Mark, Next, Randomness, query::*, step};
use althing_types::{Epoch, Height, ValidatorKey, hash::Hash};

#[test]
fn keys_of_the_randomness_keep_their_bytes() {
    let validator = ValidatorKey::new([0x11; 32]);
    for (what, actual, expected) in [
        ("randomness key", randomness_key(validator), format!("2b{}", "11".repeat(32))),
        ("value key", value_key(Height::new(258)), "2c0102".to_owned()),
        ("value key, a ring later", value_key(Height::new(16_384 + 258)), "2c0102".to_owned()),
    ] {
        same(what, &actual, &expected);
    }
    same("a step", step(&Hash::from([0x22; 32])).as_ref(), STEP);
}

#[test]
fn records_of_the_randomness_keep_their_bytes() {
    let chain = Chain { tip: Hash::from([0x22; 32]), left: 258, generation: 3 };
    let next = Next {
        chain: Chain { tip: Hash::from([0x33; 32]), left: 259, generation: 4 },
        from: Epoch::new(300),
    };
    let both = Randomness { chain: Some(chain), next: Some(next) };
    record("randomness", &both, decode_randomness, RANDOMNESS);
    let none = Randomness { chain: None, next: None };
    record("no randomness", &none, decode_randomness, "0000");
    let mark = Mark { height: Height::new(300), value: Hash::from([0x44; 32]), reveals: 258 };
    record("mark", &mark, decode_value, MARK);
}

const STEP: &str = "0549c07e524aaeb32d6e2cfb3c36686f78c5b11c1f980ad79d52209f86325dad";
const RANDOMNESS: &str = "01222222222222222222222222222222222222222222222222222222222222222200000102000000030133333333333333333333333333333333333333333333333333333333333333330000010300000004ac02";
const MARK: &str =
    "ac0244444444444444444444444444444444444444444444444444444444444444440000000000000102";
