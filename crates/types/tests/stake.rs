//! What stake brought: every message, event and kind of evidence has one encoding, and genesis
//! keeps the rules that stake keeps on a running chain.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_types::{
    Address, Amount, Due, Event, Evidence, Genesis, GenesisError, Height, Payload, Period, Ppm,
    Receipt, Shares, Signature64, Text, Timestamp, ValidatorDetails, View,
    evidence::Conflict,
    genesis::Vesting,
    message::{RegisterNode, Stake, UpdateValidator},
    params::{EmissionParams, Schedule},
};
use common::{stake::*, *};
use commonware_codec::{Decode, DecodeExt as _, Encode, EncodeSize as _};
use proptest::prelude::*;
use std::{collections::BTreeSet, fmt::Debug};

/// The value round-trips, no prefix of its encoding decodes, nor does anything after it, and every
/// changed byte is refused or means something else.
fn is_exact<T: Encode + Decode<Cfg = ()> + PartialEq + Debug>(value: &T) {
    let bytes = value.encode();
    assert_eq!(value.encode_size(), bytes.len());
    assert_eq!(&T::decode(bytes.clone()).unwrap(), value);
    for end in 0..bytes.len() {
        assert!(T::decode(bytes.slice(..end)).is_err(), "{end} bytes of {value:?} decode");
    }
    for extra in [0u8, 1, 0x7f, 0x80, 0xff] {
        assert!(T::decode([&bytes[..], &[extra]].concat()).is_err());
    }
    for position in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.to_vec();
            changed[position] ^= 1 << bit;
            if let Ok(read) = T::decode(changed.clone()) {
                assert_ne!(&read, value, "bit {bit} of byte {position} does not matter");
                assert_eq!(read.encode().as_ref(), changed.as_slice());
            }
        }
    }
}

#[test]
fn there_is_a_vector_of_every_message_and_every_event() {
    let messages: BTreeSet<u16> = payloads().iter().map(|(_, payload)| payload.tag()).collect();
    let all: BTreeSet<u16> = Payload::NAMES.iter().map(|(tag, _)| *tag).collect();
    assert_eq!(messages, all);
    let events: BTreeSet<u16> = events().iter().map(Event::tag).collect();
    let all: BTreeSet<u16> = Event::NAMES.iter().map(|(tag, _)| *tag).collect();
    assert_eq!(events, all);
}

#[test]
fn every_message_has_one_encoding() {
    for (_, payload) in payloads() {
        is_exact(&payload);
    }
}

#[test]
fn every_event_has_one_encoding() {
    for event in events() {
        is_exact(&event);
    }
}

#[test]
fn every_kind_of_evidence_has_one_encoding() {
    for evidence in evidence() {
        is_exact(&evidence);
    }
}

#[test]
fn small_records_have_one_encoding() {
    is_exact(&vesting());
    is_exact(&due());
    is_exact(&Period { blocks: 300, ms: 86_400_000 });
    is_exact(&health());
    is_exact(&registration());
    is_exact(&registration().details);
    is_exact(&Shares::new(u128::MAX));
    is_exact(&Receipt::of_block(events()));
}

#[test]
fn messages_and_events_are_the_same_in_json() {
    for (_, payload) in payloads() {
        let text = serde_json::to_string(&payload).unwrap();
        assert!(text.contains(&format!("\"type\":\"{}\"", payload.name())), "{text}");
        assert_eq!(serde_json::from_str::<Payload>(&text).unwrap(), payload);
    }
    for event in events() {
        let text = serde_json::to_string(&event).unwrap();
        assert!(text.contains(&format!("\"type\":\"{}\"", event.name())), "{text}");
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
    }
}

#[test]
fn optional_fields_of_messages_may_be_left_out_in_json() {
    let unstake: Payload = serde_json::from_str(r#"{"type":"unstake"}"#).unwrap();
    assert_eq!(unstake.name(), "unstake");
    let update: Payload =
        serde_json::from_str(r#"{"type":"update-validator","website":""}"#).unwrap();
    let website = Some(Text::default());
    assert_eq!(
        update,
        Payload::UpdateValidator(UpdateValidator { website, ..UpdateValidator::default() })
    );
}

#[test]
fn a_receipt_of_a_block_names_no_transaction_and_costs_nothing() {
    let receipt = Receipt::of_block(events());
    assert!(receipt.is_of_block() && receipt.code.is_ok());
    assert!(receipt.fee.is_zero() && receipt.gas_used.get() == 0);
    assert!(!common::receipt().is_of_block());
}

#[test]
fn events_name_whom_they_concern() {
    for event in events() {
        let about_somebody = !event.accounts().is_empty() || event.validator().is_some();
        let about_nobody = [
            "emitted",
            "treasury-stalled",
            "treasury-earned",
            "spec-watched",
            "spec-withdrawn",
            "override-used",
            "change-ended",
            "miners-released",
            "miners-returned",
            "meter-rotated",
            "meter-revoked",
            "slot-cleared",
            "energy-settlement-changed",
        ]
        .contains(&event.name())
            || event.proposal().is_some()
            || event.task().is_some();
        assert!(about_somebody || about_nobody, "{}", event.name());
    }
    let (from, to) = (validator(), validator_key(4));
    let (delegator, penalty) = (operator(), Amount::ZERO);
    let moved = Event::Redelegated { from, to, delegator, amount: amount(), penalty };
    assert_eq!((moved.validator(), moved.accounts()), (Some(to), vec![operator()]));
}

#[test]
fn every_kind_of_evidence_is_valid_on_its_chain_alone() {
    for evidence in evidence() {
        assert!(evidence.verify(&chain()));
        assert!(!evidence.verify(&digest("another")));
        let other = Evidence { validator: validator_key(4), ..evidence.clone() };
        assert!(!other.verify(&chain()));
        let later = Evidence { view: View::new(evidence.view.get() + 1), ..evidence };
        assert!(!later.verify(&chain()));
    }
}

#[test]
fn evidence_with_a_forged_signature_is_invalid() {
    for mut evidence in evidence() {
        match &mut evidence.conflict {
            Conflict::Notarize { second, .. } | Conflict::Finalize { second, .. } => {
                second.signature = blank();
            }
            Conflict::NullifyFinalize { nullify, .. } => *nullify = blank(),
        }
        assert!(!evidence.verify(&chain()));
    }
}

#[test]
fn votes_of_one_kind_are_no_evidence_of_another() {
    let [notarize, finalize, mixed] = evidence().map(|evidence| evidence.conflict);
    let (Conflict::Notarize { first, second }, Conflict::Finalize { first: vote, .. }) =
        (notarize, finalize)
    else {
        panic!("the kinds are in this order")
    };
    let of = |conflict| Evidence { conflict, ..evidence()[0].clone() };
    let moved = Conflict::Finalize { first: first.clone(), second: second.clone() };
    assert!(!of(moved).verify(&chain()));
    assert!(!of(Conflict::Finalize { first, second: vote.clone() }).verify(&chain()));
    let twice = Conflict::Finalize { first: vote.clone(), second: vote };
    assert!(!of(twice).verify(&chain()));
    assert!(of(mixed).verify(&chain()));
}

#[test]
fn texts_beyond_their_bounds_do_not_decode() {
    let long = |length: usize| vec![b'x'; length];
    let details = |name: usize, website: usize, description: usize| {
        (long(name), long(website), long(description)).encode()
    };
    let decodes = |bytes: bytes::Bytes| ValidatorDetails::decode(bytes).is_ok();
    assert!(decodes(details(70, 140, 280)));
    assert!(!decodes(details(71, 140, 280)));
    assert!(!decodes(details(70, 141, 280)));
    assert!(!decodes(details(70, 140, 281)));
    assert!(!decodes((long(1), b"a\x07".to_vec(), long(1)).encode()));
    let node = |endpoint: usize, text: usize| {
        (validator(), (long(endpoint), long(text), long(text), long(text))).encode()
    };
    assert!(RegisterNode::decode(node(255, 64)).is_ok());
    assert!(RegisterNode::decode(node(256, 64)).is_err());
    assert!(RegisterNode::decode(node(255, 65)).is_err());
}

#[test]
fn a_vesting_sets_nothing_free_before_the_cliff_and_all_at_the_end() {
    let (line, total) = (vesting(), Amount::new(1_000_001));
    let at = |ms: u64| line.locked(total, Timestamp::new(ms)).units();
    let span = line.end.get() - line.start.get();
    assert_eq!(at(0), 1_000_001);
    assert_eq!(at(line.cliff.get() - 1), 1_000_001);
    assert_eq!(at(line.cliff.get()), 750_001);
    assert_eq!(at(line.start.get() + span / 2), 500_001);
    assert_eq!(at(line.end.get() - 1), 1);
    assert_eq!(at(line.end.get()), 0);
    assert_eq!(at(u64::MAX), 0);
}

#[test]
fn a_vesting_out_of_order_is_refused() {
    let at = |start, cliff, end| Vesting {
        start: Timestamp::new(start),
        cliff: Timestamp::new(cliff),
        end: Timestamp::new(end),
    };
    assert!(at(1, 1, 2).is_legal() && at(1, 2, 2).is_legal());
    assert!(!at(1, 1, 1).is_legal() && !at(2, 1, 3).is_legal() && !at(1, 4, 3).is_legal());
    let mut bad = full_genesis();
    bad.allocations[0].vesting = Some(at(5, 4, 6));
    let address = bad.allocations[0].address;
    assert_eq!(bad.normalized(), Err(GenesisError::Vesting(address)));
}

type Change = fn(&mut Genesis);

/// Every rule of stake, with a change that breaks it and the code of the error.
const BROKEN: [(&str, Change); 11] = [
    ("genesis_zero_stake", |genesis| genesis.validators[0].stake = Amount::ZERO),
    ("genesis_stake_too_low", |genesis| {
        genesis.params.staking.min_validator_stake = Amount::from_tokens(1_001).unwrap();
    }),
    ("genesis_commission", |genesis| genesis.validators[1].commission = ppm(200_001)),
    ("genesis_duplicate_operator", |genesis| {
        genesis.validators[1].account = genesis.validators[2].account;
    }),
    ("genesis_too_many_validators", |genesis| genesis.params.staking.max_validators = 2),
    ("genesis_endpoint", |genesis| genesis.validators[0].endpoint = "one.example".to_owned()),
    ("genesis_validators", |genesis| genesis.validators[0].key = genesis.validators[1].key),
    ("genesis_zero_allocation", |genesis| genesis.allocations[0].amount = Amount::ZERO),
    ("genesis_supply_overflow", |genesis| genesis.reserve = Amount::MAX),
    ("genesis_empty_reserve", |genesis| {
        (genesis.params.emission, genesis.reserve) = (EmissionParams::mainnet(), Amount::ZERO);
    }),
    ("genesis_params", |genesis| genesis.params.staking.min_delegation = Amount::ZERO),
];

#[test]
fn a_genesis_that_breaks_a_rule_is_refused_by_name() {
    for (code, change) in BROKEN {
        let mut genesis = full_genesis();
        change(&mut genesis);
        let error = genesis.clone().normalized().unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(Genesis::from_json(&genesis.to_json()).unwrap_err().code(), code);
    }
}

#[test]
fn a_full_genesis_is_the_same_in_json_and_counts_everything_that_exists() {
    let genesis = full_genesis();
    assert_eq!(Genesis::from_json(&genesis.to_json()).unwrap(), genesis);
    let tokens = 3 * 1_000 + 10 * 3 + 250_000_000;
    let supply = Amount::from_tokens(tokens).unwrap().checked_add(Amount::new(11)).unwrap();
    assert_eq!(genesis.supply(), Ok(supply));
}

#[test]
fn a_schedule_that_mints_or_pays_nothing_needs_no_reserve() {
    let mut genesis = full_genesis();
    genesis.reserve = Amount::ZERO;
    assert_eq!(genesis.check_reserve(), Ok(()));
    genesis.params.emission = EmissionParams::mainnet();
    assert_eq!(genesis.check_reserve(), Err(GenesisError::EmptyReserve));
    genesis.reserve = Amount::new(1);
    assert!(genesis.clone().normalized().is_ok());
    let [start, step, floor] = [Ppm::ZERO; 3];
    genesis.params.emission.schedule = Schedule::TargetApr { start, step, floor };
    genesis.reserve = Amount::ZERO;
    assert!(genesis.normalized().is_ok());
}

#[test]
fn every_field_of_a_genesis_is_part_of_its_hash() {
    let whole = full_genesis().hash();
    let changes: [Change; 15] = [
        |genesis| genesis.genesis_time = Timestamp::new(1),
        |genesis| genesis.symbol = "XYZ".to_owned(),
        |genesis| genesis.params.registry.heartbeat_interval_ms += 1,
        |genesis| genesis.params.registry.score_slots += 1,
        |genesis| genesis.params.slashing.ejecting_jail += 1,
        |genesis| genesis.validators[0].name = "other".parse().unwrap(),
        |genesis| genesis.validators[0].website = Text::default(),
        |genesis| genesis.validators[0].description = Text::default(),
        |genesis| genesis.validators[0].commission = ppm(1),
        |genesis| genesis.validators[0].account = Address::new([0x99; 20]),
        |genesis| genesis.allocations[0].vesting = None,
        |genesis| genesis.allocations[0].amount = Amount::new(77),
        |genesis| genesis.reserve = Amount::new(1),
        |genesis| genesis.safety = None,
        |genesis| genesis.load_accounts = None,
    ];
    let mut hashes = BTreeSet::from([whole]);
    for change in changes {
        let mut genesis = full_genesis();
        change(&mut genesis);
        assert!(hashes.insert(genesis.hash()));
    }
}

fn wide() -> impl Strategy<Value = u128> {
    (any::<u128>(), 0u32..128).prop_map(|(value, shift)| value >> shift)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn messages_round_trip(
        name in "\\PC{0,17}", amount in wide(), key: [u8; 32], parts in 0u32..=1_000_000,
    ) {
        let amount = Amount::new(amount);
        let mut registration = registration();
        registration.details.name = name.parse().unwrap();
        registration.commission = ppm(parts);
        registration.possession = Signature64::new([key[0]; 64]);
        let stake = Stake {
            validator: althing_types::ValidatorKey::new(key),
            amount,
            registration: (key[1] % 2 == 0).then_some(registration),
        };
        let payload = Payload::Stake(stake);
        prop_assert_eq!(payload.encode_size(), payload.encode().len());
        prop_assert_eq!(&Payload::decode(payload.encode()).unwrap(), &payload);
    }

    #[test]
    fn a_tag_with_random_bytes_has_one_meaning_or_none(
        which in any::<prop::sample::Index>(), tail in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let (tag, _) = which.get(Payload::NAMES);
        let bytes = [&tag.to_be_bytes()[..], &tail].concat();
        if let Ok(payload) = Payload::decode(bytes.clone()) {
            let again = payload.encode();
            prop_assert_eq!(again.as_ref(), bytes.as_slice());
        }
        let (tag, _) = which.get(Event::NAMES);
        let bytes = [&tag.to_be_bytes()[..], &tail].concat();
        if let Ok(event) = Event::decode(bytes.clone()) {
            let again = event.encode();
            prop_assert_eq!(again.as_ref(), bytes.as_slice());
        }
    }

    #[test]
    fn a_vesting_never_locks_more_than_before(
        total in wide(), start in 0u64..1 << 50, cliff in 0u64..1 << 40, rest in 1u64..1 << 40,
        mut times in prop::collection::vec(0u64..1 << 51, 2..9),
    ) {
        let at = |ms: u64| Timestamp::new(start + ms);
        let line = Vesting { start: at(0), cliff: at(cliff), end: at(cliff + rest) };
        prop_assert!(line.is_legal());
        times.extend([start, start + cliff, start + cliff + rest]);
        times.sort_unstable();
        let locked: Vec<Amount> =
            times.iter().map(|ms| line.locked(Amount::new(total), Timestamp::new(*ms))).collect();
        prop_assert!(locked.is_sorted_by(|earlier, later| earlier >= later));
        prop_assert!(locked.iter().all(|locked| locked.units() <= total));
        prop_assert_eq!(line.locked(Amount::new(total), line.end), Amount::ZERO);
    }

    #[test]
    fn taking_shares_for_an_amount_never_favours_who_takes(
        tokens in 1u128..=u128::MAX >> 1, all in 1u128..=u128::MAX >> 1, part in 0u32..=1_000_000,
    ) {
        let (tokens, all) = (Amount::new(tokens), Shares::new(all));
        let amount = tokens.mul_div(part.into(), 1_000_000).unwrap();
        let shares = Shares::for_amount(amount, tokens, all).unwrap();
        prop_assert!(shares <= all);
        if all.count() >= tokens.units() {
            // A share is worth at most a unit: shares name every amount from above.
            prop_assert!(shares.worth(tokens, all).unwrap() >= amount);
        }
        let minted = all.mul_div(amount.units(), tokens.units()).unwrap();
        prop_assert!(minted.worth(tokens, all).unwrap() <= amount);
    }

    #[test]
    fn a_period_is_over_neither_early_nor_late(
        blocks in 0u64..1 << 30, ms in 0u64..1 << 40, height in 0u64..1 << 40, time in 0u64..1 << 50,
    ) {
        let due: Due =
            Period { blocks, ms }.from(Height::new(height), Timestamp::new(time));
        let (end, late) = (Height::new(height + blocks), Timestamp::new(time + ms));
        prop_assert!(due.is_reached(end, late));
        prop_assert!(end.previous().is_none_or(|early| !due.is_reached(early, late)));
        prop_assert!(late.previous().is_none_or(|early| !due.is_reached(end, early)));
    }
}
