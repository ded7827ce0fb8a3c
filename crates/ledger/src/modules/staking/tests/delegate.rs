use super::*;
use crate::codes;

#[test]
fn a_delegation_counts_from_the_next_epoch_on() {
    let mut world = World::new(2);
    let events = world.does(user(1), delegate(1, 500));
    let delegated = Event::Delegated { validator: key(1), delegator: user(1), amount: units(500) };
    assert_eq!(events, [delegated]);
    assert!(world.unforeseen.is_empty());
    assert_eq!(world.balance(user(1)), FUNDS - 500);
    let validator = world.validator(1);
    assert_eq!((validator.tokens, validator.pending), (units(OWN), units(500)));
    assert_eq!((validator.delegations, world.totals().bonded), (2, units(2 * OWN + 500)));
    assert_eq!(world.delegator(user(1)).validators, [key(1)]);
    assert_eq!(world.owned(user(1), 1).worth.pending, units(500));
    world.turn();
    let validator = world.validator(1);
    assert_eq!((validator.tokens, validator.pending), (units(OWN + 500), Amount::ZERO));
    assert_eq!(world.owned(user(1), 1).worth.free, units(500));
}

#[test]
fn what_is_delegated_in_an_epoch_earns_nothing_of_it() {
    let mut world = World::new(1);
    world.does(user(1), delegate(1, 10_000));
    world.reward(1, 1_000);
    world.turn();
    assert_eq!((world.worth(operator(1), 1), world.worth(user(1), 1)), (11_000, 9_999));
    world.reward(1, 2_100);
    assert_eq!((world.worth(operator(1), 1), world.worth(user(1), 1)), (12_100, 10_999));
}

#[test]
fn several_delegations_in_an_epoch_share_one_rate_and_later_ones_the_later_rate() {
    let mut world = World::new(1);
    world.does(user(1), delegate(1, 300));
    world.does(user(2), delegate(1, 700));
    world.does(user(1), delegate(1, 200));
    assert_eq!(world.validator(1).pending_count, 2);
    world.reward(1, 5_000);
    world.turn();
    world.turn();
    world.does(user(1), delegate(1, 150));
    let delegation = world.delegation(user(1), 1).unwrap();
    assert_eq!(delegation.shares.count(), 333);
    assert_eq!(delegation.pending.unwrap().amount, units(150));
    world.does(user(2), delegate(1, 150));
    // Of the 800 shares 1 is nobody's by rounding: the last one who counts takes it out.
    assert_eq!(world.validator(1).shares.count(), OWN + 333 + 466);
}

#[test]
fn the_least_delegation_is_the_bound() {
    let mut world = World::new(1);
    world.fails(user(1), delegate(1, 99), codes::DELEGATION_TOO_LOW);
    world.does(user(1), delegate(1, 100));
    world.fails(user(1), delegate(1, 99), codes::DELEGATION_TOO_LOW);
}

#[test]
fn a_delegation_of_nothing_never_enters() {
    let mut world = World::new(1);
    assert_eq!(world.try_send(user(1), delegate(1, 0), 0), Err(Invalid::ZeroAmount));
}

#[test]
fn only_known_validators_take_delegations() {
    let mut world = World::new(1);
    world.fails(user(1), delegate(2, 100), codes::UNKNOWN_VALIDATOR);
}

#[test]
fn nobody_delegates_more_than_it_owns() {
    let mut world = World::new(1);
    world.fails(user(1), delegate(1, FUNDS), codes::INSUFFICIENT_BALANCE);
    world.does(user(2), delegate(1, FUNDS));
}

#[test]
fn an_account_delegates_to_so_many_validators_and_no_more() {
    let mut world = World::new(4);
    for n in [3, 1, 2] {
        world.does(user(1), delegate(n, 100));
    }
    world.fails(user(1), delegate(4, 100), codes::TOO_MANY_VALIDATORS);
    world.does(user(1), delegate(2, 100));
    world.turn();
    world.does(user(1), undelegate(3, None));
    world.does(user(1), delegate(4, 100));
}

#[test]
fn an_ejected_validator_takes_nothing() {
    let mut world = World::new(2);
    world.eject(1);
    world.fails(user(1), delegate(1, 100), codes::VALIDATOR_EJECTED);
}

#[test]
fn a_validator_that_leaves_takes_nothing() {
    let mut world = World::new(2);
    world.does(operator(1), unstake(None));
    world.fails(user(1), delegate(1, 100), codes::VALIDATOR_CLOSED);
}

#[test]
fn a_validator_that_lost_everything_takes_nothing() {
    let mut world = World::new(2);
    world.slash(1, 1_000_000, 1);
    world.fails(user(1), delegate(1, 100), codes::VALIDATOR_CLOSED);
    world.turn();
    world.fails(user(1), delegate(1, 100), codes::VALIDATOR_CLOSED);
}

#[test]
fn a_jailed_validator_takes_delegations() {
    let mut world = World::new(2);
    world.jail(1);
    world.does(user(1), delegate(1, 100));
}

/// With `n` validators of equal stake and a cap of 30 %.
fn capped(n: u8) -> World {
    let mut params = small();
    params.staking.power_cap = ppm(300_000);
    params.staking.power_cap_from = 4;
    World::with(n, params)
}

#[test]
fn no_validator_grows_beyond_its_part_of_all_stake() {
    let mut world = capped(4);
    // (10,000 + a) / (40,000 + a) <= 0.3 holds up to a = 2,857.
    world.fails(user(1), delegate(1, 2_858), codes::POWER_CAP);
    world.does(user(1), delegate(1, 2_857));
    world.fails(user(1), delegate(1, 100), codes::POWER_CAP);
    world.does(user(2), delegate(2, 100));
}

#[test]
fn five_equal_validators_take_small_delegations_in_turn_and_none_passes_the_cap() {
    let mut params = small();
    params.staking.max_validators = 5;
    params.staking.max_validators_per_delegator = 5;
    let mut world = World::with(5, params);
    // An equal share is 20 %, as is the cap: 22 % is the most.
    for round in 0u8..4 {
        for n in 1..=5 {
            world.does(user(round), delegate(n, 500));
        }
        world.turn();
    }
    assert!((1..=5).all(|n| world.tokens(n) == OWN + 2_000));
    let room = |world: &World, n| {
        let staking = &world.params.staking;
        query::room(&world.validator(n), &world.totals(), staking).unwrap().units()
    };
    for n in 1..=5 {
        // (12,000 + a) / (60,000 + a) <= 0.22 holds up to a = 1,538.
        let most = room(&world, n);
        assert!(n > 1 || most == 1_538);
        world.fails(user(9), delegate(n, most + 1), codes::POWER_CAP);
        world.does(user(9), delegate(n, most));
        world.fails(user(9), delegate(n, 100), codes::POWER_CAP);
        assert!(room(&world, n) < 100);
    }
    world.turn();
    let all = world.totals().bonded.units();
    assert!((1..=5).all(|n| world.tokens(n) * 100 <= all * 22));
    world.fails(operator(5), add_stake(5, 2_000), codes::POWER_CAP);
}

#[test]
fn few_validators_know_no_cap() {
    let mut world = capped(3);
    world.does(user(1), delegate(1, 50_000));
}

#[test]
fn money_that_comes_after_a_slash_of_the_epoch_does_not_pay_for_it() {
    let mut world = World::new(1);
    world.does(user(1), delegate(1, 1_000));
    world.slash(1, 100_000, 1);
    world.does(user(2), delegate(1, 1_000));
    assert_eq!((world.worth(user(1), 1), world.worth(user(2), 1)), (900, 999));
    world.turn();
    assert_eq!((world.worth(user(1), 1), world.worth(user(2), 1)), (900, 999));
}

#[test]
fn pending_money_that_a_slash_took_whole_takes_no_company() {
    let mut world = World::new(1);
    world.does(user(1), delegate(1, 1_000));
    world.slash(1, 1_000_000, 1);
    world.fails(user(2), delegate(1, 1_000), codes::VALIDATOR_CLOSED);
    world.turn();
    world.does(user(1), undelegate(1, None));
    assert_eq!(world.delegation(user(1), 1), None);
    assert_eq!(world.entry(0).amount, Amount::ZERO);
}
