//! Putting a genesis together from signed entries.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_types::{
    Address, Allocation, Amount, ChainId, ChainParams, Genesis, GenesisValidator, Text, Timestamp,
    ValidatorKey,
    genesis::{CeremonyError, GenesisEntry},
};
use common::{ppm, vesting};
use commonware_cryptography::{Signer as _, ed25519};
use proptest::prelude::*;
use std::collections::BTreeSet;

const POOL: Address = Address::new([0xaa; 20]);

fn tokens(count: u64) -> Amount {
    Amount::from_tokens(count).unwrap()
}

fn chain() -> ChainId {
    "cpc-mainnet-1".parse().unwrap()
}

/// A main network without validators: a billion, of which [`POOL`] has 30 million.
fn draft() -> Genesis {
    let plain = |byte, count, vesting| Allocation {
        address: Address::new([byte; 20]),
        amount: tokens(count),
        vesting,
    };
    Genesis {
        chain_id: chain(),
        genesis_time: Timestamp::new(1_800_000_000_000),
        address_prefix: "cpc".to_owned(),
        symbol: "CPC".to_owned(),
        params: ChainParams::mainnet(),
        validators: Vec::new(),
        allocations: vec![
            plain(1, 200_000_000, Some(vesting())),
            plain(0xaa, 30_000_000, None),
            plain(2, 470_000_000, None),
        ],
        reserve: tokens(300_000_000),
        network: None,
        safety: None,
        load_accounts: None,
    }
}

fn key(seed: u64) -> ed25519::PrivateKey {
    ed25519::PrivateKey::from_seed(seed)
}

fn validator(seed: u8) -> GenesisValidator {
    GenesisValidator {
        name: format!("validator {seed}").parse().unwrap(),
        website: Text::default(),
        description: "Signs in the north.".parse().unwrap(),
        key: ValidatorKey::from_public_key(&key(seed.into()).public_key()),
        endpoint: format!("node{seed}.example:26600"),
        account: Address::new([seed; 20]),
        stake: tokens(100_000 + u64::from(seed)),
        commission: ppm(50_000),
    }
}

fn entry(seed: u8) -> GenesisEntry {
    GenesisEntry::sign(chain(), validator(seed), &key(seed.into()))
}

fn entries() -> Vec<GenesisEntry> {
    (10..17).map(entry).collect()
}

fn code(result: Result<Genesis, CeremonyError>) -> &'static str {
    result.unwrap_err().code()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_entries_does_not_matter(
        order in Just((0..7usize).collect::<Vec<_>>()).prop_shuffle(), cut in 0usize..=7,
    ) {
        let all = entries();
        let expected = draft().merge(&all, Some(POOL)).unwrap();
        let shuffled: Vec<_> = order.iter().map(|at| all[*at].clone()).collect();
        let at_once = draft().merge(&shuffled, Some(POOL)).unwrap();
        prop_assert_eq!(at_once.hash(), expected.hash());
        prop_assert_eq!(at_once.to_json(), expected.to_json());
        // Another machine, in two steps, over files.
        if (1..7).contains(&cut) {
            let (early, late) = shuffled.split_at(cut);
            let half = draft().merge(early, Some(POOL)).unwrap().to_json();
            let whole = Genesis::from_json(&half).unwrap().merge(late, Some(POOL)).unwrap();
            prop_assert_eq!(whole.to_json(), expected.to_json());
        }
    }
}

#[test]
fn stakes_and_allowances_come_out_of_the_pool_to_the_unit() {
    let genesis = draft().merge(&entries(), Some(POOL)).unwrap();
    assert_eq!(genesis.supply(), Ok(tokens(1_000_000_000)));
    let of = |address| {
        let entry = genesis.allocations.iter().find(|entry| entry.address == address);
        entry.map(|entry| entry.amount)
    };
    let stakes: u64 = (10..17).map(|seed| 100_000 + seed).sum();
    assert_eq!(of(POOL), Some(tokens(30_000_000 - stakes - 7)));
    for validator in &genesis.validators {
        assert_eq!(of(validator.key.node_account()), Some(tokens(1)));
    }
}

#[test]
fn a_pool_that_is_used_up_is_left_out_and_a_smaller_one_is_refused() {
    let with = |units| {
        let mut draft = draft();
        draft.allocations[1].amount = units;
        draft.merge(&[entry(10)], Some(POOL))
    };
    let needed = tokens(100_010 + 1);
    let exact = with(needed).unwrap();
    assert!(exact.allocations.iter().all(|entry| entry.address != POOL));
    let less = needed.checked_sub(Amount::new(1)).unwrap();
    assert_eq!(code(with(less)), "entry_pool_too_small");
}

#[test]
fn a_pool_must_be_there_and_free() {
    let absent = Address::new([0xbb; 20]);
    assert_eq!(code(draft().merge(&entries(), Some(absent))), "entry_no_pool");
    let locked = Address::new([1; 20]);
    assert_eq!(code(draft().merge(&entries(), Some(locked))), "entry_no_pool");
}

#[test]
fn without_a_pool_stakes_add_to_the_supply() {
    let genesis = draft().merge(&[entry(10)], None).unwrap();
    assert_eq!(genesis.supply(), Ok(tokens(1_000_000_000 + 100_010 + 1)));
}

#[test]
fn an_entry_that_was_changed_after_it_was_signed_is_refused() {
    type Change = fn(&mut GenesisEntry);
    let changes: [Change; 8] = [
        |entry| entry.validator.name = "another".parse().unwrap(),
        |entry| entry.validator.website = "https://x.example".parse().unwrap(),
        |entry| entry.validator.description = Text::default(),
        |entry| entry.validator.endpoint = "elsewhere.example:1".to_owned(),
        |entry| entry.validator.account = Address::new([0xcc; 20]),
        |entry| entry.validator.stake = tokens(200_000),
        |entry| entry.validator.commission = ppm(50_001),
        |entry| entry.validator.key = validator(11).key,
    ];
    for change in changes {
        let mut changed = entry(10);
        change(&mut changed);
        assert_eq!(code(draft().merge(&[changed], Some(POOL))), "entry_bad_signature");
    }
}

#[test]
fn an_entry_for_another_chain_is_refused_and_cannot_be_renamed() {
    let other = "cpc-testnet-1".parse().unwrap();
    let mut entry = GenesisEntry::sign(other, validator(10), &key(10));
    assert_eq!(code(draft().merge(&[entry.clone()], Some(POOL))), "entry_wrong_chain");
    entry.chain_id = chain();
    assert_eq!(code(draft().merge(&[entry], Some(POOL))), "entry_bad_signature");
}

#[test]
fn two_validators_with_something_in_common_are_refused_by_its_name() {
    type Change = fn(&mut GenesisValidator);
    let changes: [(&str, Change); 3] = [
        ("account", |validator| validator.account = self::validator(10).account),
        ("endpoint", |validator| validator.endpoint = self::validator(10).endpoint),
        ("name", |validator| validator.name = self::validator(10).name),
    ];
    for (expected, change) in changes {
        let mut second = validator(11);
        change(&mut second);
        let second = GenesisEntry::sign(chain(), second, &key(11));
        let error = draft().merge(&[entry(10), second], Some(POOL)).unwrap_err();
        assert!(matches!(error, CeremonyError::Duplicate { what, .. } if what == expected));
    }
    let twice = draft().merge(&[entry(10), entry(10)], Some(POOL)).unwrap_err();
    assert!(matches!(twice, CeremonyError::Duplicate { what: "key", .. }));
    let merged = draft().merge(&[entry(10)], Some(POOL)).unwrap();
    assert_eq!(code(merged.merge(&[entry(10)], Some(POOL))), "entry_duplicate");
}

#[test]
fn a_merged_genesis_keeps_the_rules_of_a_genesis() {
    let mut low = validator(10);
    low.stake = tokens(99_999);
    let low = GenesisEntry::sign(chain(), low, &key(10));
    assert_eq!(code(draft().merge(&[low], Some(POOL))), "genesis_stake_too_low");
    let mut greedy = validator(10);
    greedy.commission = ppm(200_001);
    let greedy = GenesisEntry::sign(chain(), greedy, &key(10));
    assert_eq!(code(draft().merge(&[greedy], Some(POOL))), "genesis_commission");
    assert_eq!(code(draft().merge(&[], Some(POOL))), "genesis_validators");
}

#[test]
fn a_genesis_is_verified_against_the_entries_of_all_its_validators() {
    let all = entries();
    let genesis = draft().merge(&all, Some(POOL)).unwrap();
    assert_eq!(genesis.verify_entries(&all), Ok(()));
    let codes: BTreeSet<&str> = [
        genesis.verify_entries(&all[1..]),
        genesis.verify_entries(&[all.clone(), vec![entry(17)]].concat()),
        genesis.verify_entries(&[all.clone(), vec![entry(10)]].concat()),
    ]
    .map(|result| result.unwrap_err().code())
    .into();
    assert_eq!(codes, ["entry_duplicate", "entry_left_out", "entry_not_signed"].into());
    let mut changed = genesis.clone();
    changed.validators[0].commission = ppm(1);
    assert_eq!(changed.verify_entries(&all).unwrap_err().code(), "entry_differs");
    let mut forged = all;
    forged[0].validator.commission = ppm(1);
    assert_eq!(genesis.verify_entries(&forged).unwrap_err().code(), "entry_bad_signature");
}

#[test]
fn an_entry_is_the_same_in_json() {
    let entry = entry(10);
    let text = serde_json::to_string(&entry).unwrap();
    assert_eq!(serde_json::from_str::<GenesisEntry>(&text).unwrap(), entry);
    let more = text.replacen('{', "{\"surprise\":1,", 1);
    assert!(
        serde_json::from_str::<GenesisEntry>(&more).unwrap_err().to_string().contains("surprise")
    );
}
