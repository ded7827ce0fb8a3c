use super::*;
use crate::codes;

/// User 1 delegates 2,000 to validator 1, and it counts.
fn delegated() -> World {
    let mut world = World::new(3);
    world.does(user(1), delegate(1, 2_000));
    world.turn();
    world
}

#[test]
fn stake_moves_without_unbonding_and_counts_from_the_next_epoch_on() {
    let mut world = delegated();
    let bonded = world.totals().bonded;
    let events = world.does(user(1), redelegate(1, 2, 500));
    let (from, to, delegator) = (key(1), key(2), user(1));
    let (amount, penalty) = (units(500), Amount::ZERO);
    assert_eq!(events, [Event::Redelegated { from, to, delegator, amount, penalty }]);
    assert!(world.unforeseen.is_empty());
    assert_eq!(world.totals().bonded, bonded);
    assert_eq!((world.worth(user(1), 1), world.worth(user(1), 2)), (1_500, 500));
    assert_eq!(world.owned(user(1), 2).worth.pending, units(500));
    world.turn();
    assert_eq!(world.owned(user(1), 2).worth.liable, units(500));
    assert_eq!(world.tokens(2), OWN + 500);
}

#[test]
fn everything_moves_and_the_old_delegation_is_gone() {
    let mut world = delegated();
    world.reward(1, 1_200);
    world.does(user(1), redelegate(1, 2, None));
    assert_eq!(world.delegation(user(1), 1), None);
    assert_eq!(world.worth(user(1), 2), 2_200);
    assert_eq!(world.delegator(user(1)).validators, [key(2)]);
}

#[test]
fn stake_that_moved_is_locked_until_it_would_have_unbonded() {
    let mut world = delegated();
    world.does(user(1), redelegate(1, 2, None));
    world.turn();
    world.fails(user(1), undelegate(2, None), codes::REDELEGATION_LOCKED);
    world.fails(user(1), undelegate(2, 100), codes::REDELEGATION_LOCKED);
    world.fails(user(1), redelegate(2, 3, None), codes::REDELEGATION_LOCKED);
    world.does(user(1), delegate(2, 300));
    world.turn();
    world.fails(user(1), undelegate(2, 301), codes::REDELEGATION_LOCKED);
    world.does(user(1), undelegate(2, None));
    assert_eq!(world.owned(user(1), 2).worth.liable, units(2_000));
    world.skip(UNBONDING - 20);
    world.does(user(1), undelegate(2, None));
    assert_eq!(world.delegation(user(1), 2), None);
}

#[test]
fn stake_that_moved_pays_for_what_its_old_validator_did_before() {
    let mut world = delegated();
    let began = world.height;
    world.does(user(1), redelegate(1, 2, 1_000));
    world.turn();
    world.slash(1, 50_000, began + 1);
    assert_eq!(world.worth(user(1), 2), 1_000);
    world.slash(1, 100_000, began);
    assert_eq!(world.worth(user(1), 2), 900);
    let supply = world.supply().total().unwrap();
    let events = world.does(user(1), delegate(2, 100));
    let (from, to, delegator) = (key(1), key(2), user(1));
    let slashed = Event::RedelegationSlashed { from, to, delegator, amount: units(100) };
    assert_eq!(events[0], slashed);
    assert_eq!(world.supply().total().unwrap(), supply.checked_sub(units(100)).unwrap());
    assert_eq!((world.tokens(2), world.worth(user(1), 2)), (OWN + 900, 1_000));
    assert_eq!(world.does(user(1), delegate(2, 100)).len(), 1);
}

#[test]
fn a_slash_in_the_epoch_of_the_move_is_paid_once_the_stake_counts() {
    let mut world = delegated();
    world.does(user(1), redelegate(1, 2, 1_000));
    world.slash(1, 100_000, 1);
    assert_eq!(world.does(user(1), delegate(2, 100)).len(), 1);
    world.turn();
    assert_eq!(world.worth(user(1), 2), 1_000);
    assert_eq!(world.does(user(1), delegate(2, 100)).len(), 2);
}

#[test]
fn a_slash_after_the_lock_is_over_reaches_nothing_though_nobody_touched_it() {
    let mut world = delegated();
    world.does(user(1), redelegate(1, 2, 1_000));
    world.skip(UNBONDING - 1);
    let mut late = world.clone();
    world.slash(1, 100_000, 1);
    assert_eq!(world.worth(user(1), 2), 900);
    late.skip(1);
    late.slash(1, 100_000, 1);
    world.skip(50);
    late.skip(50);
    assert_eq!((world.worth(user(1), 2), late.worth(user(1), 2)), (900, 1_000));
}

#[test]
fn a_slash_before_the_move_is_not_paid_again() {
    let mut world = delegated();
    world.slash(1, 100_000, 1);
    world.does(user(1), redelegate(1, 2, None));
    world.turn();
    assert_eq!(world.worth(user(1), 2), 1_800);
}

#[test]
fn every_rule_has_its_code() {
    let mut world = delegated();
    assert_eq!(world.try_send(user(1), redelegate(1, 2, 0), 0), Err(Invalid::ZeroAmount));
    world.fails(user(1), redelegate(1, 1, 500), codes::SAME_VALIDATOR);
    world.fails(user(1), redelegate(5, 1, 500), codes::UNKNOWN_VALIDATOR);
    world.fails(user(1), redelegate(1, 5, 500), codes::UNKNOWN_VALIDATOR);
    world.fails(user(1), redelegate(2, 1, 500), codes::INSUFFICIENT_DELEGATION);
    world.fails(user(1), redelegate(1, 2, 2_001), codes::INSUFFICIENT_DELEGATION);
    world.fails(user(1), redelegate(1, 2, 99), codes::DELEGATION_TOO_LOW);
    world.fails(user(1), redelegate(1, 2, 1_901), codes::DELEGATION_DUST);
    world.does(user(1), delegate(1, 500));
    world.fails(user(1), redelegate(1, 2, 2_001), codes::STAKE_PENDING);
    world.eject(3);
    world.fails(user(1), redelegate(1, 3, 500), codes::VALIDATOR_EJECTED);
    world.does(operator(2), unstake(None));
    world.fails(user(1), redelegate(1, 2, 500), codes::VALIDATOR_CLOSED);
}

#[test]
fn the_limits_of_leaving_and_of_joining_hold() {
    let mut params = small();
    params.staking.power_cap = ppm(300_000);
    params.staking.power_cap_from = 4;
    params.staking.max_validators_per_delegator = 2;
    let mut world = World::with(4, params);
    world.does(user(1), delegate(1, 2_500));
    world.does(user(1), delegate(2, 2_500));
    world.turn();
    // All together 45,000: nobody may hold more than 13,500.
    world.fails(user(1), redelegate(1, 2, 1_001), codes::POWER_CAP);
    world.fails(user(1), redelegate(1, 3, 1_000), codes::TOO_MANY_VALIDATORS);
    world.does(user(1), redelegate(1, 2, 1_000));
    world.does(user(1), redelegate(2, 1, 200));
    world.does(user(2), delegate(3, 2_000));
    world.does(user(2), delegate(4, 2_000));
    world.turn();
    world.params.staking.max_unbonding_per_epoch = ppm(10_000);
    // 1 % of the 12,000 that validator 3 has.
    world.fails(user(2), redelegate(3, 4, 121), codes::UNBONDING_LIMIT);
    world.does(user(2), redelegate(3, 4, 120));
}

#[test]
fn so_many_moves_into_one_delegation_are_liable_and_no_more() {
    let mut world = delegated();
    for _ in 0..8 {
        world.does(user(1), redelegate(1, 2, 100));
    }
    world.fails(user(1), redelegate(1, 2, 100), codes::TOO_MANY_REDELEGATIONS);
    world.turn();
    world.fails(user(1), redelegate(1, 2, 100), codes::TOO_MANY_REDELEGATIONS);
    world.skip(UNBONDING - 10);
    world.does(user(1), redelegate(1, 2, 100));
}

#[test]
fn an_operator_moves_no_more_than_what_its_validator_can_spare() {
    let mut world = World::new(2);
    world.does(user(1), delegate(1, 90_000));
    world.turn();
    world.fails(operator(1), redelegate(1, 2, 9_001), codes::STAKE_TOO_LOW);
    world.fails(operator(1), redelegate(1, 2, None), codes::STAKE_TOO_LOW);
    world.does(operator(1), redelegate(1, 2, 9_000));
}

#[test]
fn an_operator_cannot_move_its_way_around_the_penalty_of_jail() {
    let mut world = World::new(2);
    world.does(user(1), delegate(1, 90_000));
    world.turn();
    world.jail(1);
    let events = world.does(operator(1), redelegate(1, 2, 1_000));
    let (from, to, delegator) = (key(1), key(2), operator(1));
    let (amount, penalty) = (units(900), units(100));
    assert_eq!(events, [Event::Redelegated { from, to, delegator, amount, penalty }]);
}
