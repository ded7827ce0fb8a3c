//! Adversary 3: double signing. A validator votes for two blocks of one view, and perhaps reports
//! itself.

use crate::{
    common::tokens,
    world::{UNBONDING, Verdict, World, delegate, evidence, key, operator, plan, ppm},
};
use althing_ledger::codes;
use althing_types::{Code, Event, Evidence, View, event::SlashReason, evidence::Conflict};

const HONEST: u32 = 0;
const REPORTER: u32 = 1;

fn world() -> World {
    World::new(plan(&[10_000; 4], 4))
}

#[test]
fn a_double_vote_is_slashed_once_ejected_and_reported_for_a_reward() {
    let mut world = world();
    world.epochs(1);
    let proof = world.double_vote(2, 1);
    let (before, own) = (world.wealth(REPORTER), world.stake(operator(2), key(2)));
    let codes = world.block(vec![
        (REPORTER, evidence(proof.clone())),
        (HONEST, evidence(proof)),
        (HONEST, evidence(world.double_vote(2, 0))),
    ]);
    assert_eq!(codes, [Code::OK, codes::EVIDENCE_DUPLICATE, codes::EVIDENCE_DUPLICATE]);
    let lost = own - world.stake(operator(2), key(2));
    assert_eq!(lost, own.div_ceil(10));
    assert_eq!(world.wealth(REPORTER) - before, lost / 20);
    assert!(world.events.iter().any(|event| matches!(
        event,
        Event::Slashed { validator, reason: SlashReason::Equivocation, fraction, amount }
            if *validator == key(2) && *fraction == ppm(100_000) && amount.units() == lost
    )));
    world.epochs(1);
    assert!(!world.is_member(2, 2) && !world.is_member(2, 3));
    assert_eq!(world.send(HONEST, delegate(2, tokens(100))), codes::VALIDATOR_EJECTED);
    world.epochs(2);
    assert_eq!(world.send(HONEST, evidence(world.double_vote(2, 1))), codes::EVIDENCE_DUPLICATE);
    assert_eq!(world.validator(2).slashes, 1);
}

#[test]
fn evidence_that_proves_nothing_is_refused_whatever_is_wrong_with_it() {
    let mut world = world();
    world.epochs(1);
    let proof = world.double_vote(2, 1);
    let Conflict::Notarize { first, .. } = proof.conflict.clone() else { unreachable!() };
    let once = Conflict::Notarize { first: first.clone(), second: first };
    let cases = [
        (Evidence { conflict: once, ..proof.clone() }, codes::EVIDENCE_INVALID),
        (Evidence { view: View::new(4), ..proof.clone() }, codes::EVIDENCE_INVALID),
        (Evidence { validator: key(3), ..proof.clone() }, codes::EVIDENCE_INVALID),
        (Evidence { validator: key(9), ..proof }, codes::EVIDENCE_FOREIGN),
        (world.double_vote(9, 1), codes::EVIDENCE_FOREIGN),
        (world.double_vote(2, 2), codes::EVIDENCE_STALE),
    ];
    for (proof, code) in cases {
        assert_eq!(world.send(REPORTER, evidence(proof)), code);
    }
    let old = world.double_vote(2, 1);
    world.epochs(17);
    assert_eq!(world.send(REPORTER, evidence(old)), codes::EVIDENCE_STALE);
    assert_eq!(world.count(|event| matches!(event, Event::Slashed { .. })), 0);
}

/// An operator with little of its own and much of others double-signs and takes the reward itself.
fn self_report(own: u64, others: u64, attack: bool) -> World {
    let mut world = World::new(plan(&[own, 10_000, 10_000, 10_000], 4));
    world.must(HONEST, delegate(0, tokens(others)));
    world.epochs(2);
    if attack {
        world.must(REPORTER, evidence(world.double_vote(0, 1)));
    } else {
        world.idle(1);
    }
    world
}

#[test]
fn to_report_oneself_never_pays_however_much_of_others_is_lost_with_it() {
    let attackers = [operator(0), REPORTER];
    for (own, others) in [(1_000, 99_000), (1_000, 4_000_000), (50_000, 1_000)] {
        let (attack, twin) = (self_report(own, others, true), self_report(own, others, false));
        Verdict::of(&attack, &twin, &attackers, &[HONEST])
            .expect_no_gain(&format!("3 double signing and self-report, own {own} of {others}"));
        assert!(attack.wealth(REPORTER) > twin.wealth(REPORTER));
    }
}

#[test]
fn an_operator_whose_own_stake_is_gone_reports_itself_for_nothing() {
    let play = |attack: bool| {
        let mut world = World::new(plan(&[1_000, 10_000, 10_000, 10_000, 10_000], 4));
        world.must(HONEST, delegate(0, tokens(100_000)));
        world.epochs(2);
        world.must(operator(0), crate::world::unstake(None));
        world.idle(3 * crate::world::EPOCH + UNBONDING);
        assert_eq!(world.stake(operator(0), key(0)), 0);
        if attack {
            world.must(REPORTER, evidence(world.double_vote(0, 1)));
        } else {
            world.idle(1);
        }
        world
    };
    let (attack, twin) = (play(true), play(false));
    Verdict::of(&attack, &twin, &[operator(0), REPORTER], &[HONEST])
        .expect_no_gain("3 double signing after own stake is out");
}
