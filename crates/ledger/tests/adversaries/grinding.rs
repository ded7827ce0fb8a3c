//! Adversary 5: stake grinding at the epoch edge. He moves stake in the last block of an epoch to be
//! chosen, to be counted twice, to lead more often, or to move the power cap.

use crate::{
    common::tokens,
    world::{
        EPOCH, PURSE, User, Verdict, World, delegate, operator, plan, redelegate, register, stake,
        undelegate,
    },
};
use althing_ledger::query;
use althing_types::{Amount, Code, Epoch};

const ATTACKER: User = 0;

#[test]
fn stake_of_the_last_block_is_worth_no_more_than_stake_of_the_first() {
    let play = |last: bool| {
        let mut world = World::new(plan(&[10_000; 4], 2));
        world.epochs(1);
        if last {
            world.until_last();
        }
        world.must(ATTACKER, delegate(0, tokens(4_000)));
        world.until(2 * EPOCH);
        world.until(3 * EPOCH);
        world.must(ATTACKER, undelegate(0, None));
        world.until(7 * EPOCH);
        world
    };
    Verdict::of(&play(true), &play(false), &[ATTACKER], &[operator(0), operator(1)])
        .expect_no_gain("5 grinding, stake in the last block");
}

#[test]
fn who_enters_a_set_with_stake_of_one_block_is_out_again_when_the_stake_is() {
    let mut genesis = plan(&[10_000, 10_000, 10_000], 2);
    genesis.params.staking.max_validators = 3;
    let mut world = World::new(genesis);
    let outsider = 3;
    world.must(operator(outsider), register(outsider, 9_000));
    world.epochs(1);
    assert!(!world.is_member(outsider, 2));
    world.until_last();
    world.must(ATTACKER, delegate(outsider, tokens(4_000)));
    let chosen = world.epoch() + 1;
    assert!(!world.is_member(outsider, world.epoch()) && world.is_member(outsider, chosen));
    // It backs the membership while it leaves: at most 30 % an epoch, all of it liable.
    assert_eq!(
        world.send(ATTACKER, undelegate(outsider, None)),
        althing_ledger::codes::UNBONDING_LIMIT
    );
    world.must(ATTACKER, undelegate(outsider, Some(tokens(3_500))));
    world.until(chosen * EPOCH);
    assert!(!world.is_member(outsider, chosen + 1));
    world.until((chosen + 1) * EPOCH);
    assert!(!world.is_member(outsider, world.epoch()));
}

/// What all validators hold together, by their records, and what the stakes of a set say.
fn sums(world: &World, epoch: u64) -> (u128, u128) {
    let totals = world.chain.state.get(&query::totals_key()).unwrap();
    let bonded = query::decode_totals(totals).unwrap().bonded.units();
    let set = world.chain.set(Epoch::new(epoch));
    (bonded, set.entries().iter().map(|entry| entry.stake.units()).sum())
}

#[test]
fn stake_that_hops_at_the_edge_is_never_counted_twice_and_earns_less() {
    let play = |attack: bool| {
        let mut world = World::new(plan(&[10_000; 5], 2));
        world.must(ATTACKER, delegate(0, tokens(3_000)));
        world.epochs(2);
        for round in 0..8 {
            world.until_last();
            if attack {
                let (from, to) = (round % 5, (round + 1) % 5);
                let code = world.send(ATTACKER, redelegate(from, to, None));
                assert!(code == Code::OK || round > 0, "{code:?}");
            } else {
                world.idle(1);
            }
            let (bonded, counted) = sums(&world, world.epoch() + 1);
            assert!(counted <= bonded, "{counted} of {bonded}");
            world.idle(1);
        }
        world.epochs(4);
        world
    };
    Verdict::of(&play(true), &play(false), &[ATTACKER], &[operator(0), operator(1)])
        .expect_no_gain("5 grinding, hops at the edge");
}

/// Four large validators, and a fifth that switches the power cap on, with next to no stake; or
/// the same money on top of the attacker's own validator.
fn fifth(attack: bool, own: u64, others: u64) -> World {
    let mut genesis = plan(&[own, others, others, others], 1);
    genesis.params.staking.power_cap_from = 5;
    let mut world = World::new(genesis);
    if attack {
        // The fifth belongs to the same person.
        world.must(operator(4), register(4, 1_000));
    } else {
        world.must(operator(0), stake(0, tokens(1_000)));
    }
    world.epochs(10);
    world
}

#[test]
fn a_validator_with_next_to_no_stake_that_moves_the_power_cap_earns_by_its_stake() {
    for (own, others) in [(100_000, 100_000), (1_000, 400_000), (400_000, 10_000)] {
        let (attack, twin) = (fifth(true, own, others), fifth(false, own, others));
        assert!(attack.is_member(4, 5));
        let honest = [operator(1), operator(2), operator(3)];
        Verdict::of(&attack, &twin, &[operator(0), operator(4)], &honest)
            .expect_no_gain(&format!("5 grinding, moving the cap with {own} next to {others}"));
    }
}

#[test]
fn rewards_are_what_the_stake_earns_in_every_set_that_grinding_can_make() {
    // Whatever the sizes: nobody earns a larger part of the emission than his part of the stake.
    for stakes in [[1_000, 1_000, 50_000, 90_000, 400_000], [1_000, 80_000, 80_000, 80_000, 80_000]]
    {
        let mut genesis = plan(&stakes, 0);
        genesis.params.staking.power_cap_from = 5;
        let mut world = World::new(genesis);
        world.until(2 * EPOCH);
        let tokens_of = |world: &World| -> Vec<u128> {
            (0..5).map(|number| world.wealth(operator(number))).collect()
        };
        let before = tokens_of(&world);
        world.epochs(1);
        let earned: Vec<u128> =
            tokens_of(&world).iter().zip(&before).map(|(after, before)| after - before).collect();
        let pot = tokens(7).units() * u128::from(EPOCH);
        let purse = tokens(PURSE).units();
        let whole: u128 = before.iter().map(|wealth| wealth - purse).sum();
        for (earned, before) in earned.iter().zip(&before) {
            let most = Amount::new(pot).mul_div(before - purse, whole).unwrap().units();
            assert!(*earned <= most && *earned > 0, "{earned} of {most}");
        }
    }
}
