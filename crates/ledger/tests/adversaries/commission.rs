//! Adversary 4: the commission rug. An operator draws delegators with a low commission, and raises
//! it when they are in.

use crate::{
    common::tokens,
    world::{
        EPOCH, Verdict, World, delegate, key, operator, plan, ppm, register, undelegate, unstake,
    },
};
use althing_ledger::codes;
use althing_types::{Code, Event, Payload, message::UpdateValidator};

const DELEGATOR: u32 = 0;

fn commission(parts: u32) -> Payload {
    let commission = Some(ppm(parts));
    Payload::UpdateValidator(UpdateValidator { commission, ..UpdateValidator::default() })
}

fn world() -> World {
    let mut world = World::new(plan(&[10_000; 4], 2));
    world.must(DELEGATOR, delegate(0, tokens(4_000)));
    world.epochs(2);
    world
}

/// The operator raises its commission by the most it may, and the delegator leaves as soon as the
/// new one applies, with the rewards of the epoch before.
fn play(attack: bool) -> World {
    let mut world = world();
    if attack {
        world.must(operator(0), commission(150_000));
    } else {
        world.idle(1);
    }
    world.until_first();
    if attack {
        assert_eq!(world.validator(0).commission, ppm(150_000));
    }
    world.must(DELEGATOR, undelegate(0, None));
    world.epochs(6);
    world
}

#[test]
fn who_leaves_when_it_applies_was_paid_at_the_old_rate_and_pays_nothing_of_the_rise() {
    let (attack, twin) = (play(true), play(false));
    assert_eq!(attack.wealth(DELEGATOR), twin.wealth(DELEGATOR));
    Verdict::of(&attack, &twin, &[operator(0)], &[DELEGATOR]).expect_no_gain("4 commission rug");
}

#[test]
fn a_rise_is_announced_small_and_seldom() {
    let mut world = world();
    let cooldown = world.chain.ledger.genesis().params.staking.commission_cooldown.blocks;
    assert_eq!(world.send(operator(0), commission(150_001)), codes::COMMISSION_STEP);
    assert_eq!(world.send(operator(0), commission(200_001)), codes::COMMISSION_TOO_HIGH);
    assert_eq!(world.send(DELEGATOR, commission(150_000)), codes::NOT_OPERATOR);
    // Greedy: whatever is possible, as soon as it is possible, a fall in between.
    let mut rates = vec![(world.chain.height, 100_000)];
    for _ in 0..(15 * EPOCH) {
        let now = world.validator(0).commission.get();
        let next = if now >= 150_000 { 0 } else { now + 50_000 };
        world.send(operator(0), commission(next));
        let after = world.validator(0).commission.get();
        if after != now {
            rates.push((world.chain.height, after));
        }
    }
    assert!(rates.len() > 3, "{rates:?}");
    for (number, pair) in rates.windows(2).enumerate() {
        let [(from, old), (to, new)] = pair else { unreachable!() };
        assert!(*new <= old + 50_000, "{rates:?}");
        assert!(number == 0 || to - from >= cooldown, "{rates:?}");
        assert!((to + 1).is_multiple_of(EPOCH), "a commission changed within an epoch");
    }
    // Every change was announced before the epoch end that applied it.
    let announced = world.count(|event| matches!(event, Event::CommissionAnnounced { .. }));
    assert!(announced + 1 >= rates.len());
}

#[test]
fn an_operator_cannot_come_back_with_another_commission_while_it_has_delegators() {
    let mut world = world();
    world.must(operator(0), unstake(None));
    world.epochs(4);
    assert_eq!(world.stake(operator(0), key(0)), 0);
    assert_eq!(world.send(operator(0), register(0, 1_000)), codes::VALIDATOR_EXISTS);
    let back = world.send(operator(0), crate::world::stake(0, tokens(10_000)));
    assert_eq!((back, world.validator(0).commission), (Code::OK, ppm(100_000)));
}
