//! Oracles: quorum, lies, absence, expiry, weights, stale values.

use super::{common::*, messages::*, world::*};
use althing_ledger::energy::query::{latest_report, latest_value};
use althing_types::{
    Event, Timestamp,
    energy::{OracleChange, ReadingOutcome, SettlementMode},
    governance::Action,
    hash,
};

/// A batch with one reading of 1,000 Wh.
fn batch(world: &mut World) -> u64 {
    let slot = world.slot() - SLOT_S;
    world.read(0, slot, 1_000)
}

#[test]
fn two_of_three_oracles_attest_and_the_third_is_late() {
    let mut world = World::new();
    let batch = batch(&mut world);
    let events = world.does(ORACLES[0], report(ORACLES[0], &[(batch, 1, 0)]));
    assert!(outcomes(&events).is_empty());
    let events = world.does(ORACLES[1], report(ORACLES[1], &[(batch, 1, 0)]));
    assert_eq!(outcomes(&events), [(ReadingOutcome::Attested, 1)]);
    assert_eq!(world.energy().attested_wh, 1_000);
    world.does(ORACLES[2], report(ORACLES[2], &[(batch, 1, 0)]));
    let late = ORACLES.map(|oracle| world.oracle(oracle).counters.late);
    assert_eq!(late, [0, 0, 1]);
    world.fails(ORACLES[0], report(ORACLES[0], &[(batch, 1, 0)]), "no_report_counts");
    world.pass(10);
    assert!(world.find_batch(batch).is_none());
    world.fails(ORACLES[0], report(ORACLES[0], &[(batch, 1, 0)]), "no_report_counts");
}

#[test]
fn one_that_lies_is_outvoted_and_it_is_counted() {
    let mut world = World::new();
    let batch = batch(&mut world);
    world.does(ORACLES[2], report(ORACLES[2], &[(batch, 0, 1)]));
    world.attest(batch);
    world.pass(10);
    let overruled = ORACLES.map(|oracle| world.oracle(oracle).counters.overruled);
    assert_eq!(overruled, [0, 0, 1]);
    assert_eq!(world.oracle(ORACLES[2]).counters.contradicted, 1);
    assert_eq!(world.meter(0).attested_wh, 1_000);
}

#[test]
fn with_one_that_lies_and_one_that_is_down_nothing_is_decided_and_the_reading_expires() {
    let mut world = World::new();
    world.enact(vec![(ADMIN, settlement(SettlementMode::Batch, 666_666, 15))]);
    let batch = batch(&mut world);
    world.does(ORACLES[0], report(ORACLES[0], &[(batch, 1, 0)]));
    world.does(ORACLES[2], report(ORACLES[2], &[(batch, 0, 1)]));
    assert_eq!(world.batch(batch).undecided, 1);
    let before = world.provider(PROVIDER).stake;
    let events = world.pass(14);
    assert_eq!(outcomes(&events), [(ReadingOutcome::Expired, 1)]);
    let provider = world.provider(PROVIDER);
    assert_eq!((provider.stake, provider.counters.expiry, provider.pending), (before, 1, 0));
    assert!(provider.reputation.latency.bad > 0);
    assert_eq!((world.energy().pending_wh, world.energy().attested_wh), (0, 0));
    world.pass(10);
    assert_eq!(world.oracle(ORACLES[1]).counters.absent, 1);
    // The meter goes on: what expired stands in its root and is not for sale.
    assert_eq!((world.meter(0).absorbed, world.meter(0).attested_wh), (1, 0));
    world.produce(0, 500);
}

#[test]
fn two_that_contradict_refuse_a_reading_and_it_costs_its_provider() {
    let mut world = World::new();
    let slot = world.slot() - 2 * SLOT_S;
    let readings = vec![
        world.measure(0, slot, SLOT_S as u32, 10),
        world.measure(1, slot, SLOT_S as u32, 20),
        world.measure(0, slot + SLOT_S, 1, 0),
    ];
    let batch = batch_of(&world.does(PROVIDER, submit(PROVIDER, readings)));
    let (burned, treasury) = (world.chain.supply().burned, world.treasury());
    // Of three readings the first is false, about the last nobody says anything.
    world.does(ORACLES[0], report(ORACLES[0], &[(batch, 2, 1)]));
    let events = world.does(ORACLES[1], report(ORACLES[1], &[(batch, 2, 1)]));
    let expected = [(ReadingOutcome::Attested, 2), (ReadingOutcome::Refused, 1)];
    assert_eq!(outcomes(&events), expected);
    let provider = world.provider(PROVIDER);
    // 1 % of the stake, once for the batch.
    assert_eq!(provider.stake.to_tokens(), "1039.5");
    assert_eq!((provider.counters.quorum, provider.pending), (1, 1));
    assert!(provider.reputation.accuracy.bad > 0);
    let lost = tokens(STAKE).checked_sub(provider.stake).unwrap();
    let burned = world.chain.supply().burned.checked_sub(burned).unwrap();
    let earned = world.treasury().checked_sub(treasury).unwrap();
    assert_eq!(burned.checked_add(earned), Ok(lost));
    assert_eq!((world.energy().attested_wh, world.energy().pending_wh), (20, 0));
    // To abstain is neither to agree nor to contradict.
    let counters = world.oracle(ORACLES[0]).counters;
    assert_eq!((counters.agreed, counters.contradicted, counters.abstained), (1, 1, 1));
    assert_eq!(world.batch(batch).undecided, 4);
}

#[test]
fn a_report_is_about_many_batches_and_those_that_count_count() {
    let mut world = World::new();
    let slot = world.slot() - SLOT_S;
    let (one, two) = (world.read(0, slot, 10), world.read(1, slot, 20));
    let items = [(one, 1, 0), (two, 1, 0), (999, 1, 0)];
    world.does(ORACLES[0], report(ORACLES[0], &items));
    world.does(ORACLES[1], report(ORACLES[1], &items));
    assert_eq!(world.energy().attested_wh, 30);
    world.fails(ORACLES[2], report(ORACLES[2], &[(999, 1, 0)]), "no_report_counts");
}

#[test]
fn who_has_staked_without_a_weight_cannot_attest() {
    let mut world = World::new();
    let batch = batch(&mut world);
    world.fails(STRANGER, report(STRANGER, &[(batch, 1, 0)]), "unknown_oracle");
    world.fails(STRANGER, stake_oracle(tokens(ORACLE_STAKE - 1)), "energy_stake_too_low");
    world.does(STRANGER, stake_oracle(tokens(ORACLE_STAKE)));
    world.fails(STRANGER, report(STRANGER, &[(batch, 1, 0)]), "oracle_not_admitted");
    world.fails(STRANGER, propose(weigh(ADMIN, 1)), "unknown_oracle");
}

#[test]
fn a_batch_is_decided_by_those_who_had_a_weight_when_it_came() {
    let mut world = World::new();
    let batch = batch(&mut world);
    let before = world.batch(batch).oracles;
    let remove = OracleChange::Remove {};
    let action = Action::EnergyOracle { oracle: address(ORACLES[1]), change: remove };
    world.enact(vec![(ADMIN, action), (DELEGATE, weigh(ORACLES[0], 900_000))]);
    assert_eq!(world.energy().oracle_set, before + 2);
    // With the weights of then, two are needed; the removed one counts for this batch.
    let events = world.does(ORACLES[0], report(ORACLES[0], &[(batch, 1, 0)]));
    assert!(outcomes(&events).is_empty());
    // What comes now, one attests alone: 900,000 of 1,200,000.
    let next = world.slot() - SLOT_S;
    let next = world.read(1, next, 7);
    let events = world.does(ORACLES[0], report(ORACLES[0], &[(next, 1, 0)]));
    assert_eq!(outcomes(&events), [(ReadingOutcome::Attested, 1)]);
    let events = world.does(ORACLES[2], report(ORACLES[2], &[(batch, 1, 0)]));
    assert_eq!(outcomes(&events), [(ReadingOutcome::Attested, 1)]);
}

#[test]
fn an_oracle_that_leaves_loses_its_weight_at_once_and_gets_its_stake_later() {
    let mut world = World::new();
    let before = world.balance(ORACLES[0]);
    let events = world.does(ORACLES[0], leave_oracle());
    let weighted = events.iter().any(|event| {
        matches!(
            event,
            Event::OracleWeighted { weight, .. } if weight.get() == 0
        )
    });
    assert!(weighted, "{events:?}");
    world.fails(ORACLES[0], leave_oracle(), "oracle_leaving");
    world.fails(ORACLES[0], stake_oracle(tokens(1)), "oracle_leaving");
    world.fails(STRANGER, leave_oracle(), "unknown_oracle");
    assert_eq!(world.balance(ORACLES[0]), before);
    world.pass(12);
    assert_eq!(world.balance(ORACLES[0]), before.checked_add(tokens(ORACLE_STAKE)).unwrap());
    // The two others have to agree now: one of two is no quorum.
    let batch = batch(&mut world);
    let events = world.does(ORACLES[1], report(ORACLES[1], &[(batch, 1, 0)]));
    assert!(outcomes(&events).is_empty());
    let events = world.does(ORACLES[2], report(ORACLES[2], &[(batch, 1, 0)]));
    assert_eq!(outcomes(&events), [(ReadingOutcome::Attested, 1)]);
}

#[test]
fn an_oracle_cannot_escape_a_slash_by_leaving() {
    let mut world = World::with(|genesis| {
        genesis.params.energy.unbonding = althing_types::Period::blocks(1);
    });
    let (before, batch) = (world.balance(ORACLES[0]), batch(&mut world));
    world.attest(batch);
    world.does(ORACLES[0], leave_oracle());
    assert_eq!(world.oracle(ORACLES[0]).open, 1);
    // It has unbonded for long when the reading is disputed, and when that is decided.
    world.pass(4);
    let number = dispute_of(&world.does(STRANGER, dispute(STRANGER, reading(batch, 0))));
    world.pass(12);
    assert_eq!(world.balance(ORACLES[0]), before);
    world.does(ORACLES[2], vote(ORACLES[2], number, true));
    world.does(ORACLES[1], vote(ORACLES[1], number, true));
    assert_eq!(world.oracle(ORACLES[0]).counters.slashed, 1);
    // With the batch the last thing is over that it answers for: the rest of its stake is paid.
    world.pass(3);
    assert!(world.find_batch(batch).is_none());
    let left = tokens(ORACLE_STAKE - ORACLE_STAKE / 20);
    assert_eq!(world.balance(ORACLES[0]), before.checked_add(left).unwrap());
    assert_eq!(world.count("energy-stake-paid"), 1);
}

#[test]
fn an_oracle_that_left_still_reports_about_what_came_before_and_answers_for_it() {
    let mut world = World::with(|genesis| {
        genesis.params.energy.unbonding = althing_types::Period::blocks(4);
    });
    let batch = batch(&mut world);
    world.does(ORACLES[0], leave_oracle());
    world.attest(batch);
    world.pass(6);
    assert_eq!(world.oracle(ORACLES[0]).open, 1);
    world.pass(6);
    assert_eq!(world.count("energy-stake-paid"), 1);
    world.fails(ORACLES[0], report(ORACLES[0], &[(batch, 1, 0)]), "unknown_oracle");
}

#[test]
fn a_stale_value_is_an_error_unless_it_is_asked_for() {
    let mut world = World::new();
    let slot = world.produce(0, 1_000);
    let params = world.chain.ledger.genesis().params.energy.clone();
    let (meter, oracle) = (world.meter(0), world.oracle(ORACLES[0]));
    let now = Timestamp::new(world.chain.time);
    let value = (1_001_000, slot + SLOT_S);
    assert_eq!(latest_value(&meter, now, &params, false), Ok(value));
    let reported = latest_report(&oracle, now, &params, false).unwrap();
    assert_eq!(reported, oracle.reported);
    let later = Timestamp::new(world.chain.time + params.stale_s * 1_000);
    let stale = latest_value(&meter, later, &params, false).unwrap_err();
    assert_eq!(stale.stale_s, params.stale_s);
    assert!(stale.to_string().contains("ask for stale ones"), "{stale}");
    assert_eq!(latest_value(&meter, later, &params, true), Ok(value));
    assert!(latest_report(&oracle, later, &params, false).is_err());
    assert!(latest_report(&oracle, later, &params, true).is_ok());
}

#[test]
fn the_root_of_a_meter_tells_what_became_of_each_reading() {
    let mut world = World::new();
    let slot = world.slot() - SLOT_S;
    let reading = world.measure(0, slot, SLOT_S as u32, 10);
    let batch = batch_of(&world.does(PROVIDER, submit(PROVIDER, vec![reading.clone()])));
    for oracle in [ORACLES[0], ORACLES[1]] {
        world.does(oracle, report(oracle, &[(batch, 0, 1)]));
    }
    world.pass(10);
    let root = root_after(&hash::zero(), &reading, ReadingOutcome::Refused);
    assert_eq!(world.meter(0).root, root);
}
