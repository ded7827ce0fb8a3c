//! Proposals about energy: rules of settlement, weights of oracles.

use super::{common::*, messages::*, world::*};
use althing_ledger::energy::query;
use althing_types::{
    Amount, Height,
    energy::{EnergySettlementPayload, OracleChange, SettlementMode},
    governance::Action,
};

#[test]
fn rules_of_settlement_are_decided_on_and_their_history_stays() {
    let mut world = World::new();
    assert_eq!(world.energy().settlement, EnergySettlementPayload::initial());
    let events = world.enact(vec![(ADMIN, settlement(SettlementMode::RealTime, 800_000, 77))]);
    assert!(events.iter().any(|event| event.name() == "energy-settlement-changed"));
    let energy = world.energy();
    assert_eq!(energy.version, 1);
    assert_eq!(energy.settlement.mode, SettlementMode::RealTime);
    assert_eq!(energy.settlement.quorum_threshold_ppm, ppm(800_000));
    let of = |version| {
        let key = query::settlement_key(version);
        query::decode_settlement(&world.chain.state[&key]).unwrap()
    };
    assert_eq!((of(0).since, of(0).proposal), (Height::new(1), None));
    assert_eq!((of(1).payload, of(1).proposal.is_some()), (energy.settlement, true));
}

#[test]
fn a_quorum_of_half_or_less_is_refused_when_it_is_proposed() {
    let mut world = World::empty(|_| {});
    for (quorum, expiry) in [(500_000, 600), (1_000_000, 0), (600_000, 100_001)] {
        let action = settlement(SettlementMode::Batch, quorum, expiry);
        world.fails(ADMIN, propose(action), "settlement_bounds");
    }
    world.enact(vec![(ADMIN, settlement(SettlementMode::Batch, 500_001, 100_000))]);
}

#[test]
fn batches_keep_the_rules_that_they_came_under() {
    let mut world = World::new();
    let slot = world.slot() - SLOT_S;
    let batch = world.read(0, slot, 10);
    let before = world.batch(batch);
    world.enact(vec![(ADMIN, settlement(SettlementMode::Batch, 1_000_000, 5))]);
    assert_eq!(world.batch(batch).quorum, before.quorum);
    world.attest(batch);
    // The next one needs all three.
    let slot = world.slot() - SLOT_S;
    let next = world.read(0, slot, 10);
    for oracle in [ORACLES[0], ORACLES[1]] {
        world.does(oracle, report(oracle, &[(next, 1, 0)]));
    }
    assert_eq!(world.batch(next).undecided, 1);
    world.does(ORACLES[2], report(ORACLES[2], &[(next, 1, 0)]));
    assert_eq!(world.batch(next).undecided, 0);
}

#[test]
fn an_oracle_without_its_stake_gets_no_weight() {
    let mut world = World::empty(|_| {});
    world.fails(ADMIN, propose(weigh(ORACLES[0], 1)), "unknown_oracle");
    world.does(ORACLES[0], stake_oracle(tokens(ORACLE_STAKE)));
    world.fails(ADMIN, propose(weigh(ORACLES[0], 0)), "settlement_bounds");
    let action =
        Action::EnergyOracle { oracle: address(ORACLES[0]), change: OracleChange::Remove {} };
    world.enact(vec![(ADMIN, weigh(ORACLES[0], 1))]);
    assert_eq!(world.oracle(ORACLES[0]).weight, ppm(1));
    world.enact(vec![(ADMIN, action)]);
    world.pass(12);
    assert_eq!(world.count("energy-stake-paid"), 1);
    assert_eq!(world.spent(ORACLES[0]), Amount::ZERO);
}
