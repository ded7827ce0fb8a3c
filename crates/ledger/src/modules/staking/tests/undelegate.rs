use super::*;
use crate::codes;

/// Users 1 and 2 delegate 1,000 each to validator 1, and it counts.
fn delegated() -> World {
    let mut world = World::new(2);
    world.does(user(1), delegate(1, 1_000));
    world.does(user(2), delegate(1, 1_000));
    world.turn();
    world
}

#[test]
fn a_part_unbonds_and_is_paid_when_it_is_due() {
    let mut world = delegated();
    let due = world.due_in(UNBONDING);
    let events = world.does(user(1), undelegate(1, 400));
    let (validator, delegator) = (key(1), user(1));
    let (amount, penalty, entry) = (units(400), Amount::ZERO, 0);
    let undelegated = Event::Undelegated { validator, delegator, amount, penalty, entry, due };
    assert_eq!(events, [undelegated]);
    assert_eq!(world.delegator(user(1)).unbonding, [0]);
    assert_eq!(world.totals().unbonding, units(400));
    assert_eq!(world.skip(UNBONDING), []);
    assert_eq!(world.balance(user(1)), FUNDS - 1_000);
    let paid = Event::UnbondingPaid {
        validator: key(1),
        delegator: user(1),
        entry: 0,
        amount: units(400),
        slashed: Amount::ZERO,
    };
    assert_eq!(world.next(), [paid]);
    assert_eq!(world.balance(user(1)), FUNDS - 600);
    assert!(world.delegator(user(1)).unbonding.is_empty());
    assert_eq!(world.worth(user(1), 1), 600);
}

#[test]
fn everything_unbonds_with_its_rewards_and_nothing_is_left() {
    let mut world = delegated();
    world.reward(1, 1_200);
    let events = world.does(user(1), undelegate(1, None));
    assert!(matches!(events[..], [Event::Undelegated { amount, .. }] if amount == units(1_100)));
    assert_eq!(world.delegation(user(1), 1), None);
    assert_eq!(world.validator(1).delegations, 2);
    world.skip(UNBONDING + 1);
    assert_eq!(world.delegator(user(1)), Delegator::default());
    assert_eq!(world.balance(user(1)), FUNDS + 100);
}

#[test]
fn the_keys_of_a_settled_delegation_are_foreseen() {
    let mut world = delegated();
    world.does(user(1), undelegate(1, 100));
    world.does(user(1), undelegate(1, 100));
    assert!(world.unforeseen.is_empty());
}

#[test]
fn an_amount_of_nothing_never_enters() {
    let mut world = delegated();
    assert_eq!(world.try_send(user(1), undelegate(1, 0), 0), Err(Invalid::ZeroAmount));
}

#[test]
fn nobody_takes_what_is_not_its_own() {
    let mut world = delegated();
    world.fails(user(1), undelegate(3, 100), codes::UNKNOWN_VALIDATOR);
    world.fails(user(1), undelegate(1, 1_001), codes::INSUFFICIENT_DELEGATION);
    world.fails(user(3), undelegate(1, 1), codes::INSUFFICIENT_DELEGATION);
    world.fails(user(3), undelegate(1, None), codes::INSUFFICIENT_DELEGATION);
    world.does(user(1), undelegate(1, 1_000));
    assert_eq!(world.delegation(user(1), 1), None);
}

#[test]
fn what_does_not_count_yet_stays() {
    let mut world = delegated();
    world.does(user(3), delegate(1, 500));
    world.fails(user(3), undelegate(1, 500), codes::STAKE_PENDING);
    world.fails(user(3), undelegate(1, None), codes::STAKE_PENDING);
    world.fails(user(3), undelegate(1, 501), codes::INSUFFICIENT_DELEGATION);
    world.does(user(1), delegate(1, 500));
    world.fails(user(1), undelegate(1, 1_001), codes::STAKE_PENDING);
    world.does(user(1), undelegate(1, None));
    assert_eq!(world.worth(user(1), 1), 500);
}

#[test]
fn too_small_a_rest_is_refused_in_both_directions() {
    let mut world = delegated();
    world.fails(user(1), undelegate(1, 901), codes::DELEGATION_DUST);
    world.fails(user(1), undelegate(1, 999), codes::DELEGATION_DUST);
    world.does(user(1), undelegate(1, 900));
    assert_eq!(world.worth(user(1), 1), 100);
}

#[test]
fn an_active_validator_loses_so_much_in_an_epoch_and_no_more() {
    let mut world = World::new(2);
    world.does(user(1), delegate(1, 10_000));
    world.turn();
    // 30 % of the 20,000 that the epoch began with.
    world.fails(user(1), undelegate(1, 6_001), codes::UNBONDING_LIMIT);
    world.does(user(1), undelegate(1, 4_000));
    world.does(operator(1), unstake(2_000));
    world.fails(user(1), undelegate(1, 1), codes::UNBONDING_LIMIT);
    world.turn();
    world.does(user(1), undelegate(1, 4_200));
    world.fails(user(1), undelegate(1, 1), codes::UNBONDING_LIMIT);
}

#[test]
fn what_is_ejected_or_not_chosen_knows_no_limit() {
    let mut world = World::new(2);
    world.does(user(1), delegate(1, 10_000));
    world.does(user(1), delegate(2, 10_000));
    world.turn();
    world.eject(1);
    world.does(user(1), undelegate(1, None));
    world.jail(2);
    world.fails(user(1), undelegate(2, None), codes::UNBONDING_LIMIT);
    world.turn();
    // Nobody else is left: the set stays as it is, and so does the limit.
    world.fails(user(1), undelegate(2, None), codes::UNBONDING_LIMIT);
}

#[test]
fn an_account_waits_for_so_many_entries_and_no_more() {
    let mut world = World::new(1);
    world.does(user(1), delegate(1, 10_000));
    world.turn();
    for _ in 0..32 {
        world.does(user(1), undelegate(1, 10));
    }
    world.fails(user(1), undelegate(1, 10), codes::TOO_MANY_UNBONDING);
    world.skip(UNBONDING + 1);
    world.does(user(1), undelegate(1, 10));
}

#[test]
fn an_operator_keeps_the_least_stake_of_a_validator() {
    let mut world = World::new(1);
    let params = world.params.clone();
    assert_eq!(params.staking.min_validator_stake, units(1_000));
    world.does(user(1), delegate(1, 90_000));
    world.turn();
    world.fails(operator(1), undelegate(1, 9_001), codes::STAKE_TOO_LOW);
    world.fails(operator(1), undelegate(1, None), codes::STAKE_TOO_LOW);
    world.does(operator(1), undelegate(1, 9_000));
}

#[test]
fn rounding_is_against_who_takes() {
    let mut world = delegated();
    world.reward(1, 1);
    let shares = world.validator(1).shares;
    world.does(user(1), undelegate(1, 100));
    // 100 of 12,001 by 12,000 shares: 99.99 of them, so 100.
    assert_eq!(world.validator(1).shares.count(), shares.count() - 100);
    assert_eq!(world.worth(user(1), 1), 900);
}

#[test]
fn a_slash_whose_cause_lies_before_reaches_what_unbonds() {
    let mut world = delegated();
    let began = world.height;
    world.does(user(1), undelegate(1, None));
    world.skip(2);
    world.slash(1, 50_000, began + 1);
    let spared = world.entry(0);
    world.slash(1, 100_000, began);
    let slashes = world.read(|view| api::load_slashes(view, &key(1)));
    assert_eq!(query::unbonding_worth(&spared, &slashes), units(900));
    let events = world.skip(UNBONDING);
    assert!(matches!(events[..],
        [Event::UnbondingPaid { amount, slashed, .. }]
            if amount == units(900) && slashed == units(100)));
    assert_eq!(world.balance(user(1)), FUNDS - 100);
}

#[test]
fn a_slash_that_came_first_is_not_paid_twice() {
    let mut world = delegated();
    world.slash(1, 100_000, 1);
    world.does(user(1), undelegate(1, None));
    world.skip(UNBONDING + 1);
    assert_eq!(world.balance(user(1)), FUNDS - 100);
}

#[test]
fn the_queue_pays_so_many_entries_a_block_in_their_order() {
    let mut params = small();
    params.staking.max_unbonding_per_epoch = Ppm::ONE;
    let mut world = World::with(1, params);
    for n in 1..10 {
        world.does(user(n), delegate(1, 10_000));
    }
    world.turn();
    for n in 1..10 {
        for _ in 0..30 {
            world.does(user(n), undelegate(1, 10));
        }
    }
    world.skip(UNBONDING);
    assert_eq!(world.next().len(), 256);
    assert_eq!(world.next().len(), 14);
    assert_eq!(world.queue().head, 270);
    assert!(world.next().is_empty());
}

#[test]
fn a_shorter_period_overtakes_nobody() {
    let mut world = delegated();
    world.does(user(1), undelegate(1, 100));
    let first = world.entry(0).due;
    world.params.staking.unbonding = Period::blocks(0);
    world.does(user(2), undelegate(1, 100));
    assert_eq!(world.entry(1).due, first);
    world.skip(UNBONDING + 1);
    let next = world.due_in(1);
    world.does(user(2), undelegate(1, 100));
    assert_eq!(world.entry(2).due, next);
}
