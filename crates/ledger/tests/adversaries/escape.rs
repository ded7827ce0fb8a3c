//! Adversary 7: unbonding escape. Whoever knows of a fault moves stake away before the slash comes.

use crate::{
    common::tokens,
    world::{
        EPOCH, UNBONDING, User, Verdict, World, address, delegate, evidence, key, operator, plan,
        redelegate, register, stake, undelegate, unstake,
    },
};
use althing_ledger::{codes, query};
use althing_types::{
    Address, Amount, Code, Event, Payload, Ppm, Timestamp, Transfer, genesis::Vesting,
    message::Unjail, params::EmissionParams,
};

const KNOWS: User = 0;
const REPORTER: User = 1;
const BAD: usize = 3;
/// The epoch of the fault, and the first block after it in which one can act.
const FAULT: u64 = 2;

/// Nothing earns here: what differs is what the slash takes.
fn world() -> World {
    let mut genesis = plan(&[10_000; 4], 3);
    genesis.params.emission = EmissionParams::none();
    genesis.params.staking.max_unbonding_per_epoch = Ppm::ONE;
    let mut world = World::new(genesis);
    world.must(KNOWS, delegate(BAD, tokens(20_000)));
    world.until(FAULT * EPOCH + 3);
    world
}

/// The chain on which the attacker makes `moves`, one a block, and the proof of the fault comes
/// `delay` blocks after the first.
fn play(moves: &[(User, Payload)], delay: u64, same_block: bool) -> World {
    let mut world = world();
    let proof = world.double_vote(BAD, FAULT);
    if same_block {
        let mut messages = moves.to_vec();
        messages.push((REPORTER, evidence(proof)));
        assert!(world.block(messages).iter().all(|code| *code == Code::OK));
    } else {
        let begin = world.chain.height;
        for (user, payload) in moves {
            let code = world.send(*user, payload.clone());
            assert!(code == Code::OK || code == codes::REDELEGATION_LOCKED, "{code:?}");
        }
        let passed = world.chain.height - begin;
        world.idle(delay.saturating_sub(passed));
        world.must(REPORTER, evidence(proof));
    }
    world.until(FAULT * EPOCH + 200);
    world
}

fn expect_no_escape(name: &str, moves: &[(User, Payload)], delay: u64, same_block: bool) {
    let (attack, twin) = (play(moves, delay, same_block), play(&[], delay, same_block));
    let attackers = [KNOWS, operator(BAD)];
    // Somebody lost on the twin.
    assert!(twin.wealth_of(&attackers) < world().wealth_of(&attackers));
    Verdict::of(&attack, &twin, &attackers, &[operator(0)])
        .expect_no_gain(&format!("7 unbonding escape, {name}"));
}

#[test]
fn to_unbond_after_the_fault_does_not_escape() {
    let all = [(KNOWS, undelegate(BAD, None))];
    expect_no_escape("unbonded before the proof in one block", &all, 0, true);
    expect_no_escape("unbonded early", &all, 30, false);
    // Due in the very block in which the proof comes: it comes first.
    expect_no_escape("unbonded, due when the proof comes", &all, UNBONDING, false);
    let parts: Vec<_> = (0..8).map(|_| (KNOWS, undelegate(BAD, Some(tokens(2_000))))).collect();
    expect_no_escape("unbonded in parts", &parts, 20, false);
    let own = [(operator(BAD), unstake(Some(tokens(9_000))))];
    expect_no_escape("own stake unbonded", &own, 20, false);
}

#[test]
fn to_move_on_after_the_fault_does_not_escape() {
    let once = [(KNOWS, redelegate(BAD, 0, None))];
    expect_no_escape("redelegated before the proof in one block", &once, 0, true);
    expect_no_escape("redelegated", &once, 30, false);
    expect_no_escape(
        "redelegated, slashed in the last block of liability",
        &once,
        UNBONDING - 1,
        false,
    );
    let twice = [
        (KNOWS, redelegate(BAD, 0, Some(tokens(10_000)))),
        (KNOWS, redelegate(0, 1, Some(tokens(10_000)))),
        (KNOWS, redelegate(BAD, 1, None)),
        (KNOWS, redelegate(1, 2, None)),
    ];
    let locked = |code: Code| code == Code::OK || code == codes::STAKE_PENDING;
    let mut tried = world();
    for (user, payload) in &twice {
        assert!(locked(tried.send(*user, payload.clone())));
    }
    expect_no_escape("redelegated in parts", &[twice[0].clone(), twice[2].clone()], 30, false);
    let own = [(operator(BAD), redelegate(BAD, 0, Some(tokens(9_000))))];
    expect_no_escape("own stake redelegated", &own, 30, false);
}

#[test]
fn stake_that_moved_on_is_locked_until_it_is_no_longer_liable() {
    let mut world = world();
    world.must(KNOWS, redelegate(BAD, 0, Some(tokens(20_000))));
    assert_eq!(world.send(KNOWS, redelegate(0, 1, None)), codes::STAKE_PENDING);
    world.epochs(1);
    assert_eq!(world.send(KNOWS, redelegate(0, 1, None)), codes::REDELEGATION_LOCKED);
    assert_eq!(world.send(KNOWS, undelegate(0, None)), codes::REDELEGATION_LOCKED);
    // The slash comes when it can nearly move; nobody touches it until long after.
    world.must(REPORTER, evidence(world.double_vote(BAD, FAULT)));
    world.epochs(6);
    assert_eq!(world.stake(KNOWS, key(0)), tokens(18_000).units());
    world.must(KNOWS, undelegate(0, None));
    world.epochs(4);
    assert_eq!(world.wealth(KNOWS), tokens(crate::world::PURSE - 2_000).units());
}

/// A validator that equivocated leaves with all its stake, and the proof comes when nothing of it
/// is there any more but an entry that unbonds; or it has come back by then.
fn leave(attack: bool, back: bool) -> World {
    let mut genesis = plan(&[10_000; 5], 3);
    genesis.params.emission = EmissionParams::none();
    let mut world = World::new(genesis);
    world.until(FAULT * EPOCH + 3);
    if attack {
        world.must(operator(BAD), unstake(None));
    } else {
        world.idle(1);
    }
    world.until((FAULT + 2) * EPOCH);
    assert_eq!(world.validator(BAD).tokens.is_zero(), attack);
    if attack && back {
        assert_eq!(world.send(operator(BAD), register(BAD, 5_000)), codes::VALIDATOR_EXISTS);
        world.must(operator(BAD), stake(BAD, tokens(5_000)));
    } else {
        world.idle(2);
    }
    world.idle(5);
    world.must(REPORTER, evidence(world.double_vote(BAD, FAULT)));
    world.until(FAULT * EPOCH + 200);
    world
}

#[test]
fn a_validator_that_has_left_pays_for_what_it_did_with_what_still_unbonds() {
    for back in [false, true] {
        let (attack, twin) = (leave(true, back), leave(false, back));
        let name = if back { "left and came back" } else { "left" };
        Verdict::of(&attack, &twin, &[operator(BAD), REPORTER], &[operator(0)])
            .expect_no_gain(&format!("7 unbonding escape, {name}"));
        assert!(attack.validator(BAD).ejected);
        assert!(attack.events.iter().any(|event| matches!(
            event,
            Event::UnbondingPaid { amount, slashed, .. }
                if *amount == tokens(9_000) && *slashed == tokens(1_000)
        )));
    }
}

#[test]
fn a_key_that_was_ejected_after_it_had_left_never_comes_back() {
    let mut world = leave(true, false);
    let (again, more) = (register(BAD, 5_000), stake(BAD, tokens(5_000)));
    assert_eq!(world.send(operator(BAD), again.clone()), codes::VALIDATOR_EXISTS);
    assert_eq!(world.send(operator(4), again), codes::VALIDATOR_EXISTS);
    assert_eq!(world.send(operator(BAD), more), codes::VALIDATOR_EJECTED);
    assert_eq!(world.send(KNOWS, delegate(BAD, tokens(500))), codes::VALIDATOR_EJECTED);
    let proof = world.double_vote(BAD, FAULT);
    assert_eq!(world.send(REPORTER, evidence(proof)), codes::EVIDENCE_DUPLICATE);
    // Nor does waiting for the records to go help: they stay.
    world.epochs(20);
    assert!(world.validator(BAD).ejected);
}

#[test]
fn what_was_delegated_in_the_epoch_of_the_slash_pays_too_and_what_comes_after_it_does_not() {
    let mut world = world();
    world.must(2, delegate(0, tokens(1_000)));
    let proof = world.double_vote(0, FAULT);
    let codes = world.block(vec![(REPORTER, evidence(proof)), (KNOWS, delegate(0, tokens(1_000)))]);
    assert_eq!(codes, [Code::OK, codes::VALIDATOR_EJECTED]);
    world.epochs(1);
    assert_eq!(world.stake(2, key(0)), tokens(900).units());
    world.must(2, undelegate(0, None));
    // The operator of an ejected validator takes what is left of its own, and is free.
    world.must(operator(0), unstake(None));
    world.epochs(5);
    assert_eq!(world.wealth(2), tokens(crate::world::PURSE - 100).units());
    assert_eq!(world.validator(0).delegations, 0);
    assert!(!world.chain.state.contains_key(&query::operator_key(address(operator(0)))));
}

/// A validator is jailed for missing turns; its operator takes its stake out in jail, or stays.
fn in_jail(moves: impl Fn(&mut World)) -> World {
    let mut genesis = plan(&[10_000; 7], 3);
    genesis.params.emission = EmissionParams::none();
    genesis.params.slashing.max_consecutive_misses = 5;
    genesis.params.slashing.jail.blocks = 60;
    genesis.params.staking.max_unbonding_per_epoch = Ppm::ONE;
    let mut world = World::new(genesis);
    world.until(EPOCH + 2);
    world.dead.insert(key(BAD));
    while world.validator(BAD).jailed_until.is_none() {
        world.idle(1);
    }
    world.dead.clear();
    moves(&mut world);
    world.until(20 * EPOCH);
    world
}

#[test]
fn jail_cannot_be_left_with_the_stake_for_less_than_the_penalty() {
    let twin = in_jail(|_| ());
    type Trick = (&'static str, fn(&mut World));
    let tricks: [Trick; 4] = [
        ("unstake in jail", |world| world.must(operator(BAD), unstake(Some(tokens(8_000))))),
        ("leave in jail", |world| world.must(operator(BAD), unstake(None))),
        ("move own stake in jail", |world| {
            world.must(operator(BAD), redelegate(BAD, 0, Some(tokens(8_000))));
        }),
        ("leave and come back", |world| {
            world.must(operator(BAD), unstake(None));
            world.epochs(3);
            world.must(operator(BAD), stake(BAD, tokens(2_000)));
        }),
    ];
    for (name, trick) in tricks {
        let attack = in_jail(trick);
        Verdict::of(&attack, &twin, &[operator(BAD)], &[operator(0)])
            .expect_no_gain(&format!("7 unbonding escape, {name}"));
        assert!(attack.wealth(operator(BAD)) + tokens(700).units() < twin.wealth(operator(BAD)));
    }
}

#[test]
fn who_leaves_jail_by_leaving_is_in_jail_when_it_is_back_and_pays_more_the_next_time() {
    let mut world = in_jail(|world| {
        world.must(operator(BAD), unstake(None));
        world.epochs(2);
        world.must(operator(BAD), stake(BAD, tokens(2_000)));
        assert!(world.validator(BAD).jailed_until.is_some());
        world.epochs(4);
        world.must(operator(BAD), Payload::Unjail(Unjail {}));
        world.epochs(2);
        world.dead.insert(key(BAD));
    });
    let fractions: Vec<u32> = world
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Slashed { fraction, .. } => Some(fraction.get()),
            _ => None,
        })
        .collect();
    assert_eq!(fractions, [50_000, 100_000]);
    world.dead.clear();
    assert!(world.validator(BAD).jailed_until.is_some());
}

#[test]
fn locked_money_does_not_come_free_by_stake_and_slash() {
    let mut genesis = plan(&[10_000; 4], 2);
    genesis.params.emission = EmissionParams::none();
    let [cliff, end] = [1_000_000_000, 2_000_000_000].map(Timestamp::new);
    let line = Vesting { start: Timestamp::ZERO, cliff, end };
    let founder = 77;
    genesis.allocations.push(althing_types::Allocation {
        address: address(founder),
        amount: tokens(5_000),
        vesting: Some(line),
    });
    let mut world = World::new(genesis);
    world.must(founder, delegate(BAD, tokens(3_000)));
    world.epochs(1);
    world.must(REPORTER, evidence(world.double_vote(BAD, 1)));
    world.must(founder, undelegate(BAD, None));
    world.epochs(5);
    assert_eq!(world.balance(founder), tokens(4_700).units());
    let to = Address::new([9; 20]);
    let send = |amount| Payload::Transfer(Transfer { to, amount });
    assert_eq!(world.send(founder, send(Amount::new(1))), codes::FUNDS_LOCKED);
}
