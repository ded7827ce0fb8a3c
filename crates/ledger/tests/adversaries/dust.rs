//! Adversary 6: dust farming. Thousands of tiny stakes, moves and withdrawals, to collect what
//! rounding leaves; a share that is made so dear that others' stake rounds to nothing.

use crate::{
    common::tokens,
    world::{
        EPOCH, User, Verdict, World, delegate, evidence, key, operator, plan, redelegate, register,
        stake, undelegate, unstake,
    },
};
use althing_ledger::codes;
use althing_types::{Amount, Code};

const FARMERS: User = 60;
const HONEST: User = FARMERS;

/// Everybody has odd amounts in odd validators. The farmers then move single units about, or do not.
fn play(attack: bool) -> World {
    let mut genesis = plan(&[10_001, 10_007, 13_003, 10_009], FARMERS + 1);
    genesis.params.staking.max_unbonding_per_epoch = althing_types::Ppm::ONE;
    genesis.params.staking.max_validators_per_delegator = 32;
    let mut world = World::new(genesis);
    let odd = |user: User| Amount::new(tokens(101).units() + u128::from(user) * 7_919 + 1);
    let first: Vec<_> =
        (0..=FARMERS).map(|user| (user, delegate(user as usize % 4, odd(user)))).collect();
    assert!(world.block(first).iter().all(|code| *code == Code::OK));
    for round in 0..6 {
        world.until_first();
        if round == 3 {
            // A slash, so that shares are worth less than a unit.
            world.must(HONEST, evidence(world.double_vote(2, world.epoch())));
        }
        let mut moves = Vec::new();
        for user in 0..FARMERS {
            let validator = user as usize % 4;
            for step in 0..6 {
                let units = Amount::new(1 + u128::from(user * 6 + step) % 13);
                moves.push((user, undelegate(validator, Some(units))));
            }
            moves.push((user, delegate(validator, tokens(100))));
            moves.push((user, undelegate(validator, Some(Amount::new(3)))));
        }
        if attack {
            let codes = world.block(moves);
            assert!(codes.iter().filter(|code| **code == Code::OK).count() > 300);
        } else {
            world.idle(1);
        }
    }
    world.epochs(1);
    world
}

#[test]
fn thousands_of_single_units_farm_nothing_and_take_nothing_from_others() {
    let (attack, twin) = (play(true), play(false));
    let farmers: Vec<User> = (0..FARMERS).collect();
    Verdict::of(&attack, &twin, &farmers, &[HONEST]).expect_no_gain("6 dust farming");
}

/// Without rewards nothing but rounding moves money: then others lose nothing either.
#[test]
fn rounding_goes_against_who_rounds() {
    let play = |attack: bool| {
        let mut genesis = plan(&[10_001, 10_007, 13_003, 10_009], FARMERS + 1);
        genesis.params.emission = althing_types::params::EmissionParams::none();
        genesis.params.staking.max_unbonding_per_epoch = althing_types::Ppm::ONE;
        let mut world = World::new(genesis);
        world.must(HONEST, delegate(2, tokens(333)));
        world.must(0, delegate(2, tokens(1_000)));
        world.until_first();
        // Shares are worth nine tenths of a unit from now on; moves stay possible.
        world.must(HONEST, evidence(world.double_vote(2, 0)));
        for _ in 0..25 {
            if attack {
                let units = [1, 2, 3, 7, 9, 10, 11]
                    .map(|units| (0, undelegate(2, Some(Amount::new(units)))));
                world.block(units.to_vec());
            } else {
                world.idle(1);
            }
            world.idle(2);
        }
        world
    };
    let (attack, twin) = (play(true), play(false));
    let moves = 175;
    let lost = twin.wealth(0) - attack.wealth(0);
    assert!(lost > 0 && lost <= moves, "{lost}");
    let others = |world: &World| world.wealth(HONEST) + world.wealth(operator(2));
    assert!(others(&attack) >= others(&twin) && others(&attack) <= others(&twin) + moves);
    Verdict::of(&attack, &twin, &[0], &[HONEST, operator(2)]).expect_no_gain("6 dust, rounding");
}

#[test]
fn shares_that_are_worth_nothing_do_not_stay_behind() {
    let mut genesis = plan(&[10_000; 4], 2);
    genesis.params.staking.max_unbonding_per_epoch = althing_types::Ppm::ONE;
    let mut world = World::new(genesis);
    world.must(0, delegate(2, tokens(1_000)));
    world.until_first();
    world.must(1, evidence(world.double_vote(2, 1)));
    // All but a unit: what would stay is a share or two that are worth less than one.
    let mut left = world.stake(0, key(2));
    for _ in 0..30 {
        if world.delegation(0, 2).is_none() {
            break;
        }
        let code = world.send(0, undelegate(2, Some(Amount::new(left - 1))));
        assert!(code == Code::OK || code == codes::DELEGATION_DUST, "{code:?}");
        if code == codes::DELEGATION_DUST {
            world.must(0, undelegate(2, None));
        }
        left = world.stake(0, key(2));
    }
    assert_eq!(world.delegation(0, 2), None);
}

/// The first to stake tries to be left with few, dear shares before others come.
#[test]
fn the_first_depositor_cannot_make_a_share_dear() {
    let play = |attack: bool| {
        let mut genesis = plan(&[10_000; 4], 3);
        genesis.params.staking.max_unbonding_per_epoch = althing_types::Ppm::ONE;
        let mut world = World::new(genesis);
        world.must(operator(4), register(4, 1_000));
        world.epochs(1);
        if attack {
            // Ways to few shares: a delegation but for one unit, own stake but for one unit.
            world.must(0, delegate(4, tokens(100)));
            world.epochs(1);
            let all = world.stake(0, key(4));
            let own = world.stake(operator(4), key(4));
            assert_eq!(
                world.send(0, undelegate(4, Some(Amount::new(all - 1)))),
                codes::DELEGATION_DUST
            );
            assert_eq!(
                world.send(operator(4), unstake(Some(Amount::new(own - 1)))),
                codes::STAKE_TOO_LOW
            );
            world.must(0, undelegate(4, None));
        } else {
            world.epochs(1);
            world.idle(3);
        }
        assert!(world.validator(4).shares.count() >= tokens(1_000).units());
        // The victim comes.
        world.must(1, delegate(4, Amount::new(tokens(150).units() + 1)));
        world.until_first();
        world
    };
    let (attack, twin) = (play(true), play(false));
    assert!(attack.stake(1, key(4)) + 2 > twin.stake(1, key(4)));
    Verdict::of(&attack, &twin, &[0, operator(4)], &[1]).expect_no_gain("6 dust, first depositor");
}

#[test]
fn registering_and_leaving_again_and_again_makes_no_money() {
    let mut genesis = plan(&[10_000; 4], 1);
    genesis.params.registry.node_allowance = tokens(1);
    genesis.params.emission = althing_types::params::EmissionParams::none();
    let mut world = World::new(genesis);
    let node = |world: &World| world.chain.account(key(4).node_account()).balance.units();
    let all = |world: &World| world.wealth(operator(4)) + node(world);
    let before = all(&world);
    for _ in 0..4 {
        world.must(operator(4), register(4, 1_000));
        world.must(operator(4), unstake(None));
        world.epochs(1);
        assert_eq!(world.chain.state.get(&althing_ledger::query::validator_key(key(4))), None);
    }
    world.idle(4 * EPOCH);
    assert_eq!((all(&world), node(&world)), (before, 4 * tokens(1).units()));
    println!("6 dust, node allowance: attackers 0 CPC, others 0 CPC");
}

#[test]
fn an_own_stake_of_a_unit_more_and_a_unit_less_earns_nothing_extra() {
    let play = |attack: bool| {
        let mut world = World::new(plan(&[10_000; 4], 0));
        for _ in 0..4 {
            world.until_first();
            if attack {
                let unit = Amount::new(1);
                let mut moves = Vec::new();
                for _ in 0..20 {
                    moves.push((operator(1), stake(1, unit)));
                    moves.push((operator(1), unstake(Some(unit))));
                }
                world.block(moves);
                assert_eq!(
                    world.send(operator(1), redelegate(1, 2, Some(unit))),
                    codes::DELEGATION_TOO_LOW
                );
            } else {
                world.idle(2);
            }
        }
        world.epochs(1);
        world
    };
    let (attack, twin) = (play(true), play(false));
    Verdict::of(&attack, &twin, &[operator(1)], &[operator(0), operator(2)])
        .expect_no_gain("6 dust, own stake by units");
}

/// He fills the list of candidates, so that nobody else can register, and takes his stake back.
#[test]
fn a_place_among_the_candidates_cannot_be_held_with_a_delegation() {
    let mut genesis = plan(&[10_000; 4], 2);
    genesis.params.staking.max_validators = 4;
    genesis.params.staking.max_candidates = 5;
    let mut world = World::new(genesis);
    world.must(operator(4), register(4, 1_000));
    world.must(0, delegate(4, tokens(100)));
    world.epochs(1);
    world.must(operator(4), unstake(None));
    assert_eq!(world.send(operator(5), register(5, 2_000)), codes::TOO_MANY_CANDIDATES);
    assert_eq!(world.send(operator(4), delegate(4, tokens(100))), codes::VALIDATOR_CLOSED);
    world.epochs(1);
    world.must(operator(5), register(5, 2_000));
    // Nor does he come back while there is no place, and his delegator gets everything.
    let more = stake(4, tokens(1_000));
    assert_eq!(world.send(operator(4), more.clone()), codes::TOO_MANY_CANDIDATES);
    world.must(operator(5), unstake(None));
    world.epochs(1);
    world.must(operator(4), more);
    world.must(operator(4), unstake(None));
    world.epochs(2);
    assert!(world.stake(operator(4), key(4)) == 0 && world.validator(4).delegations == 1);
    world.must(0, undelegate(4, None));
    world.epochs(1);
    assert!(!world.chain.state.contains_key(&althing_ledger::query::validator_key(key(4))));
    world.must(operator(4), register(4, 1_000));
}
