//! Adversary 8: reward capture. He is there when an epoch is paid and gone right after, follows
//! whoever pays best, or pays himself.

use crate::{
    common::tokens,
    world::{
        EPOCH, User, Verdict, World, address, by_rate, delegate, key, operator, plan, redelegate,
        stake, undelegate, unstake,
    },
};
use althing_ledger::codes;
use althing_types::{Address, Amount, Code, Payload, Transfer};

const ATTACKER: User = 0;
const HONEST: User = 1;

fn world() -> World {
    let mut world = World::new(plan(&[10_000; 4], 3));
    world.must(HONEST, delegate(0, tokens(10_000)));
    world.epochs(2);
    world
}

/// Delegates `wait` blocks before the epoch ends, leaves as soon as it can.
fn dash(attack: bool) -> World {
    let mut world = world();
    for _ in 0..3 {
        world.until_last();
        if attack {
            world.must(ATTACKER, delegate(0, tokens(5_000)));
            assert_eq!(world.send(ATTACKER, undelegate(0, None)), Code::OK);
        } else {
            world.idle(2);
        }
        world.epochs(1);
    }
    world.epochs(4);
    world
}

#[test]
fn a_delegation_of_one_block_earns_nothing_and_takes_nothing_from_who_stays() {
    let (attack, twin) = (dash(true), dash(false));
    Verdict::of(&attack, &twin, &[ATTACKER], &[HONEST, operator(0)])
        .expect_no_gain("8 just-in-time delegation");
    let drift = attack.wealth(HONEST).abs_diff(twin.wealth(HONEST));
    assert!(drift <= 20, "who stays loses {drift} units");
}

#[test]
fn own_stake_of_one_block_earns_nothing_either() {
    let play = |attack: bool| {
        let mut world = world();
        world.until_last();
        if attack {
            world.must(operator(1), stake(1, tokens(4_000)));
            world.must(operator(1), unstake(Some(tokens(4_000))));
        } else {
            world.idle(2);
        }
        world.epochs(4);
        world
    };
    Verdict::of(&play(true), &play(false), &[operator(1)], &[operator(0), HONEST])
        .expect_no_gain("8 just-in-time own stake");
}

#[test]
fn to_follow_who_pays_best_costs_the_epoch_of_every_hop() {
    // Validators 0 and 1 are down in turns: the best payer is always the other one.
    let play = |attack: bool| {
        let mut world = World::new(by_rate(plan(&[10_000; 7], 3)));
        world.must(ATTACKER, delegate(0, tokens(2_500)));
        world.epochs(1);
        let mut at = 0;
        for round in 0..8 {
            let down = (round / 4) % 2;
            world.dead = [key(down)].into();
            if attack && at == down {
                let to = 1 - down;
                if world.send(ATTACKER, redelegate(at, to, None)) == Code::OK {
                    at = to;
                }
            } else {
                world.idle(1);
            }
            world.epochs(1);
        }
        world
    };
    let (attack, twin) = (play(true), play(false));
    // To leave a validator that is down is anybody's right; it is not for those who stay to pay.
    let others: Vec<User> = (2..7).map(operator).collect();
    assert_eq!(attack.wealth_of(&others), twin.wealth_of(&others));
}

#[test]
fn hops_between_equal_validators_only_lose() {
    let play = |attack: bool| {
        let mut world = World::new(plan(&[10_000; 4], 3));
        world.must(ATTACKER, delegate(0, tokens(3_000)));
        world.epochs(1);
        let mut at = 0;
        let mut locked = 0;
        for _ in 0..9 {
            world.until_last();
            if attack {
                let to = (at + 1) % 4;
                match world.send(ATTACKER, redelegate(at, to, None)) {
                    Code::OK => at = to,
                    codes::REDELEGATION_LOCKED | codes::STAKE_PENDING => locked += 1,
                    code => panic!("{code:?}"),
                }
            } else {
                world.idle(1);
            }
        }
        assert!(!attack || locked > 3);
        world.epochs(2);
        world
    };
    Verdict::of(&play(true), &play(false), &[ATTACKER], &[operator(0), operator(1)])
        .expect_no_gain("8 just-in-time redelegation hops");
}

/// Somebody pays a fortune for gas in a block of validator 0.
fn windfall(attack: bool) -> World {
    let mut world = world();
    let pay = Payload::Transfer(Transfer { to: Address::new([5; 20]), amount: Amount::new(1) });
    while world.chain.next().proposer != key(0) {
        world.idle(1);
    }
    world.price = 10_u64.pow(16);
    world.must(2, pay);
    world.price = 0;
    if attack {
        world.must(ATTACKER, delegate(0, tokens(100_000)));
    } else {
        world.idle(1);
    }
    world.epochs(1);
    if attack {
        world.send(ATTACKER, undelegate(0, Some(tokens(30_000))));
    } else {
        world.idle(1);
    }
    world
}

#[test]
fn fees_that_wait_for_the_end_of_the_epoch_are_not_for_who_comes_after_them() {
    let (attack, twin) = (windfall(true), windfall(false));
    assert!(twin.wealth(HONEST) > world().wealth(HONEST));
    Verdict::of(&attack, &twin, &[ATTACKER], &[HONEST, operator(0)])
        .expect_no_gain("8 just-in-time delegation after a windfall");
    assert!(attack.wealth(HONEST).abs_diff(twin.wealth(HONEST)) <= 2);
}

/// A proposer fills its own block with its own transaction at an absurd price.
fn own_fees(attack: bool) -> World {
    let mut world = World::new(plan(&[10_000; 4], 3));
    world.epochs(1);
    for _ in 0..5 {
        while world.chain.next().proposer != key(0) {
            world.idle(1);
        }
        let pay = Payload::Transfer(Transfer { to: address(ATTACKER), amount: Amount::new(1) });
        world.price = if attack { 10_u64.pow(16) } else { 0 };
        world.must(operator(0), pay);
        world.price = 0;
    }
    world.epochs(3);
    world
}

#[test]
fn to_pay_fees_to_oneself_costs_the_part_of_the_treasury() {
    let (attack, twin) = (own_fees(true), own_fees(false));
    Verdict::of(&attack, &twin, &[operator(0), ATTACKER], &[operator(1), operator(2)])
        .expect_no_gain("8 fees to oneself");
}

#[test]
fn to_come_early_and_stay_is_all_that_pays() {
    // The control: a delegation of whole epochs does earn, in proportion.
    let mut world = world();
    world.must(ATTACKER, delegate(0, tokens(10_000)));
    world.epochs(1);
    assert_eq!(world.wealth(ATTACKER) / tokens(1).units(), u128::from(crate::world::PURSE) - 1);
    let before = (world.wealth(ATTACKER), world.stake(HONEST, key(0)));
    world.until((world.epoch() + 1) * EPOCH);
    let (mine, his) = (world.wealth(ATTACKER) - before.0, world.stake(HONEST, key(0)) - before.1);
    // What his earlier rewards are worth apart, both earn the same.
    assert!(mine > 0 && mine < his && his - mine < his / 100, "{mine} and {his}");
}
