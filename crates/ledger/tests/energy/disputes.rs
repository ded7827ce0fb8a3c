//! Disputes: what they hold back, how they end, and who pays.

use super::{common::*, messages::*, world::*};
use althing_types::{
    Amount, Event,
    energy::{DisputeEnd, EnergyScope, ProviderState, Scopes, SettlementMode},
};

/// A world in mode real-time: what is attested can be sold at once.
fn world() -> World {
    let mut world = World::new();
    world.enact(vec![(ADMIN, settlement(SettlementMode::RealTime, 666_666, 600))]);
    world
}

/// A batch of one reading that was attested; the batch and the slot.
fn attested(world: &mut World, wh: u64) -> (u64, u64) {
    let slot = world.slot() - SLOT_S;
    let batch = world.read(0, slot, wh);
    world.attest(batch);
    (batch, slot)
}

/// How a dispute ended: how, what was revoked, what who opened it got.
fn ended(events: &[Event]) -> (DisputeEnd, u64, Amount) {
    let found = events.iter().find_map(|event| match event {
        Event::EnergyDisputeEnded { end, revoked_wh, reward, .. } => {
            Some((*end, *revoked_wh, *reward))
        }
        _ => None,
    });
    found.unwrap()
}

/// The bond, in tokens.
const BOND: u64 = 10;

#[test]
fn a_false_reading_is_revoked_its_buyers_are_paid_back_and_who_said_it_was_true_pays() {
    let mut world = world();
    let (batch, slot) = attested(&mut world, 10_000);
    world.does(PROVIDER, tariff(PROVIDER, price(100), 6_000));
    world.does(BUYER, buy(PROVIDER, slot, 6_000, price(100)));
    let before = world.balance(STRANGER);
    let events = world.does(STRANGER, dispute(STRANGER, reading(batch, 0)));
    let number = dispute_of(&events);
    // What is unsold and what is unpaid is held back.
    assert_eq!(world.spent(STRANGER), tokens(BOND));
    let credit = world.credit(PROVIDER, slot).unwrap();
    assert_eq!((credit.available, credit.frozen), (0, 4_000));
    assert_eq!(world.certificate(0).dispute, Some(number));
    world.fails(BUYER, transfer_certificate(0, RIVAL), "settlement_conflict");
    world.fails(BUYER, retire(0), "settlement_conflict");
    world.fails(RIVAL, dispute(RIVAL, reading(batch, 0)), "settlement_conflict");
    world.fails(RIVAL, dispute(RIVAL, sale(0)), "settlement_conflict");
    // Held back beyond its time: nobody is paid, and the batch is not over.
    world.pass(12);
    assert_eq!(world.energy().unpaid, price(600));
    assert!(world.find_batch(batch).is_some());
    let (provider, oracle) = (world.provider(PROVIDER).stake, world.oracle(ORACLES[0]).stake);
    world.does(ORACLES[2], vote(ORACLES[2], number, true));
    world.fails(ORACLES[2], vote(ORACLES[2], number, false), "dispute_voted");
    let events = world.does(ORACLES[0], vote(ORACLES[0], number, true));
    let (end, revoked, reward) = ended(&events);
    assert_eq!((end, revoked), (DisputeEnd::Upheld, 10_000));
    // 5 % of the stakes of the provider and of both oracles that had agreed; a fifth of it to who
    // opened the dispute, besides its bond.
    let lost = provider.share(ppm(50_000));
    let lost = lost.checked_add(oracle.share(ppm(50_000))).unwrap();
    let lost = lost.checked_add(oracle.share(ppm(50_000))).unwrap();
    assert_eq!(reward, lost.share(ppm(200_000)));
    assert_eq!(world.balance(STRANGER), before.checked_add(reward).unwrap());
    assert_eq!(world.spent(BUYER), Amount::ZERO);
    let energy = world.energy();
    assert_eq!((energy.revoked_wh, energy.sold_wh), (10_000, 0));
    assert_eq!((energy.unpaid, energy.bonds), (Amount::ZERO, Amount::ZERO));
    assert_eq!(world.provider(PROVIDER).counters.conflict, 1);
    let slashed = ORACLES.map(|oracle| world.oracle(oracle).counters.slashed);
    assert_eq!(slashed, [1, 1, 0]);
    world.fails(BUYER, retire(0), "unknown_certificate");
    world.fails(ORACLES[1], vote(ORACLES[1], number, true), "unknown_dispute");
    world.pass(4);
    assert!(world.find_batch(batch).is_none());
    assert_eq!(world.oracle(ORACLES[0]).counters.overruled, 1);
}

#[test]
fn a_dispute_about_what_is_right_costs_its_bond_and_nothing_else_changes() {
    let mut world = world();
    let (batch, slot) = attested(&mut world, 10_000);
    let before = world.balance(PROVIDER);
    let number = dispute_of(&world.does(STRANGER, dispute(STRANGER, reading(batch, 0))));
    world.does(ORACLES[0], vote(ORACLES[0], number, false));
    let events = world.does(ORACLES[1], vote(ORACLES[1], number, false));
    assert_eq!(ended(&events), (DisputeEnd::Dismissed, 0, Amount::ZERO));
    assert_eq!(world.spent(STRANGER), tokens(BOND));
    assert_eq!(world.balance(PROVIDER), before.checked_add(tokens(BOND)).unwrap());
    let credit = world.credit(PROVIDER, slot).unwrap();
    assert_eq!((credit.available, credit.frozen), (10_000, 0));
    assert_eq!(world.provider(PROVIDER).stake, tokens(STAKE));
    // Who is not convinced may ask again, for another bond.
    let number = dispute_of(&world.does(STRANGER, dispute(STRANGER, reading(batch, 0))));
    assert_eq!(number, 1);
}

#[test]
fn a_dispute_ends_within_three_epochs_by_itself() {
    let mut world = world();
    let (batch, slot) = attested(&mut world, 10_000);
    let treasury = world.treasury();
    let number = dispute_of(&world.does(STRANGER, dispute(STRANGER, reading(batch, 0))));
    let opened = world.chain.height;
    world.does(ORACLES[0], vote(ORACLES[0], number, true));
    let ends = world.dispute(number).ends.get();
    // Epochs have ten blocks; this one is the first of three.
    assert_eq!(ends / 10, opened / 10 + 2);
    assert_eq!(ends % 10, 9);
    let left = usize::try_from(ends - world.chain.height).unwrap();
    world.pass(left - 1);
    assert_eq!(world.count("energy-dispute-ended"), 0);
    let events = world.pass(1);
    assert_eq!(ended(&events), (DisputeEnd::Lapsed, 0, Amount::ZERO));
    // A tenth of the bond goes to the treasury.
    assert_eq!(world.spent(STRANGER), tokens(BOND / 10));
    let earned = world.treasury().checked_sub(treasury).unwrap();
    assert_eq!(earned, tokens(BOND / 10));
    assert_eq!(world.credit(PROVIDER, slot).unwrap().available, 10_000);
}

#[test]
fn a_sale_is_disputed_by_itself_and_undone_to_the_unit() {
    let mut world = world();
    let (_, slot) = attested(&mut world, 10_000);
    world.does(PROVIDER, tariff(PROVIDER, Amount::new(333), 10_000));
    world.does(BUYER, buy(PROVIDER, slot, 7, price(1)));
    world.does(BUYER, buy(PROVIDER, slot, 1_000, price(1)));
    world.does(BUYER, transfer_certificate(0, RIVAL));
    let number = dispute_of(&world.does(STRANGER, dispute(STRANGER, sale(0))));
    world.does(ORACLES[0], vote(ORACLES[0], number, true));
    let events = world.does(ORACLES[1], vote(ORACLES[1], number, true));
    assert_eq!(ended(&events).1, 7);
    // Who bought is paid back, whoever has the certificate; the other sale stands.
    assert_eq!(world.spent(BUYER), Amount::new(333));
    assert_eq!((world.energy().revoked_wh, world.energy().sold_wh), (7, 1_000));
    world.fails(RIVAL, retire(0), "unknown_certificate");
    // Nobody had attested a sale: no oracle pays.
    assert_eq!(world.oracle(ORACLES[0]).counters.slashed, 0);
    world.pass(12);
    assert_eq!(world.energy().unpaid, Amount::ZERO);
    assert_eq!(world.provider(PROVIDER).unpaid, 0);
}

#[test]
fn what_was_used_up_can_be_disputed_until_it_is_paid_and_is_gone_when_the_dispute_is_over() {
    let mut world = world();
    let (_, slot) = attested(&mut world, 10_000);
    world.does(PROVIDER, tariff(PROVIDER, Amount::new(333), 10_000));
    for _ in 0..2 {
        world.does(BUYER, buy(PROVIDER, slot, 1_000, price(1)));
    }
    for number in 0..2 {
        world.does(BUYER, retire(number));
    }
    assert_eq!(world.energy().retired_wh, 2_000);
    for (number, uphold) in [(0, true), (1, false)] {
        let dispute = dispute_of(&world.does(STRANGER, dispute(STRANGER, sale(number))));
        for oracle in [ORACLES[0], ORACLES[1]] {
            world.does(oracle, vote(oracle, dispute, uphold));
        }
    }
    // What was undone was not used up; what was not, was.
    let energy = world.energy();
    assert_eq!((energy.sold_wh, energy.retired_wh, energy.revoked_wh), (1_000, 1_000, 1_000));
    assert!(world.find_certificate(0).is_none());
    world.pass(2);
    assert!(world.find_certificate(1).is_none());
    assert_eq!(world.energy().retired_wh, 1_000);
}

#[test]
fn what_is_over_or_was_never_attested_cannot_be_disputed() {
    let mut world = world();
    let slot = world.slot() - SLOT_S;
    let batch = world.read(0, slot, 10_000);
    world.fails(STRANGER, dispute(STRANGER, reading(batch, 0)), "dispute_too_late");
    world.fails(STRANGER, dispute(STRANGER, reading(batch, 1)), "dispute_too_late");
    world.fails(STRANGER, dispute(STRANGER, sale(7)), "unknown_certificate");
    for oracle in [ORACLES[0], ORACLES[1]] {
        world.does(oracle, report(oracle, &[(batch, 0, 1)]));
    }
    world.fails(STRANGER, dispute(STRANGER, reading(batch, 0)), "quorum_failed");
    let batch = world.read(1, slot, 10_000);
    world.attest(batch);
    world.does(PROVIDER, tariff(PROVIDER, price(1), 10_000));
    world.does(BUYER, buy(PROVIDER, slot, 1_000, price(1)));
    world.pass(10);
    world.fails(STRANGER, dispute(STRANGER, reading(batch, 0)), "dispute_too_late");
    world.fails(STRANGER, dispute(STRANGER, sale(0)), "dispute_too_late");
}

#[test]
fn an_oracle_whose_stake_became_too_low_has_no_weight_until_it_is_weighed_again() {
    let mut world = world();
    // One that has staked more than the least is slashed, and goes on.
    world.does(ORACLES[1], stake_oracle(tokens(ORACLE_STAKE)));
    let (batch, slot) = attested(&mut world, 10_000);
    let waiting = world.read(1, slot, 10);
    let number = dispute_of(&world.does(STRANGER, dispute(STRANGER, reading(batch, 0))));
    let before = world.energy().oracle_set;
    world.does(ORACLES[2], vote(ORACLES[2], number, true));
    let events = world.does(ORACLES[1], vote(ORACLES[1], number, true));
    let weighted: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::OracleWeighted { oracle, weight, set } => Some((*oracle, weight.get(), *set)),
            _ => None,
        })
        .collect();
    assert_eq!(weighted, [(address(ORACLES[0]), 0, before + 1)]);
    let weights = ORACLES.map(|oracle| world.oracle(oracle).weight.get());
    assert_eq!(weights, [0, 300_000, 300_000]);
    // What came before it still decides; what comes now it does not.
    world.attest(waiting);
    let slot = world.slot() - SLOT_S;
    let next = world.read(0, slot, 10);
    world.fails(ORACLES[0], report(ORACLES[0], &[(next, 1, 0)]), "oracle_not_admitted");
    world.fails(ADMIN, propose(weigh(ORACLES[0], 300_000)), "energy_stake_too_low");
    world.does(ORACLES[0], stake_oracle(tokens(ORACLE_STAKE)));
    assert_eq!(world.oracle(ORACLES[0]).weight, ppm(0));
    world.enact(vec![(ADMIN, weigh(ORACLES[0], 300_000))]);
    assert_eq!(world.oracle(ORACLES[0]).weight, ppm(300_000));
}

#[test]
fn oracles_that_fall_together_leave_the_set_together() {
    let mut world = world();
    let (batch, _) = attested(&mut world, 10_000);
    let number = dispute_of(&world.does(STRANGER, dispute(STRANGER, reading(batch, 0))));
    let before = world.energy().oracle_set;
    for oracle in [ORACLES[0], ORACLES[1]] {
        world.does(oracle, vote(oracle, number, true));
    }
    assert_eq!(world.energy().oracle_set, before + 1);
    let weights = ORACLES.map(|oracle| world.oracle(oracle).weight.get());
    assert_eq!(weights, [0, 0, 300_000]);
}

#[test]
fn only_oracles_that_had_a_weight_vote() {
    let mut world = world();
    let (batch, _) = attested(&mut world, 10_000);
    let number = dispute_of(&world.does(BUYER, dispute(BUYER, reading(batch, 0))));
    world.fails(STRANGER, vote(STRANGER, number, true), "oracle_not_admitted");
    world.fails(STRANGER, vote(ORACLES[0], number, true), "scope_missing");
    world.fails(ORACLES[0], vote(ORACLES[0], 99, true), "unknown_dispute");
}

#[test]
fn a_provider_does_not_leave_while_it_is_disputed() {
    let mut world = world();
    let (batch, _) = attested(&mut world, 10_000);
    world.does(STRANGER, dispute(STRANGER, reading(batch, 0)));
    world.does(PROVIDER, leave());
    world.pass(14);
    assert!(world.find_provider(PROVIDER).is_some());
    world.pass(30);
    assert!(world.find_provider(PROVIDER).is_none());
}

#[test]
fn an_admin_disputes_without_a_bond() {
    let mut world = world();
    let scopes = Scopes { dispute: true, ..Scopes::NONE };
    assert!(scopes.has(EnergyScope::Dispute));
    world.enact(vec![(BUYER, admin(ADMIN, scopes, 10_000))]);
    let (batch, _) = attested(&mut world, 10_000);
    let before = world.balance(ADMIN);
    let number = dispute_of(&world.does(ADMIN, dispute(ADMIN, reading(batch, 0))));
    assert_eq!((world.balance(ADMIN), world.dispute(number).bond), (before, Amount::ZERO));
    for oracle in [ORACLES[0], ORACLES[1]] {
        world.does(oracle, vote(oracle, number, true));
    }
    assert_eq!(world.energy().revoked_wh, 10_000);
}

#[test]
fn a_provider_whose_stake_has_become_too_low_is_suspended_until_it_adds_to_it() {
    let mut world = World::with(|genesis| genesis.params.energy.conflict_slash = ppm(500_000));
    world.enact(vec![(ADMIN, settlement(SettlementMode::RealTime, 666_666, 600))]);
    let (batch, slot) = attested(&mut world, 10_000);
    let number = dispute_of(&world.does(STRANGER, dispute(STRANGER, reading(batch, 0))));
    world.does(ORACLES[0], vote(ORACLES[0], number, true));
    let events = world.does(ORACLES[1], vote(ORACLES[1], number, true));
    // Half of 1,050 is less than 700.
    let suspended = |event: &Event| {
        matches!(event, Event::ProviderUpdated { state: ProviderState::Suspended, .. })
    };
    assert!(events.iter().any(suspended), "{events:?}");
    world.fails(PROVIDER, tariff(PROVIDER, price(1), 100), "provider_not_active");
    let next = world.draft(0, slot + SLOT_S, 1, 0);
    world.fails(PROVIDER, submit(PROVIDER, vec![next]), "provider_not_active");
    world.does(PROVIDER, update(None, tokens(1_000)));
    world.does(PROVIDER, tariff(PROVIDER, price(1), 100));
}
