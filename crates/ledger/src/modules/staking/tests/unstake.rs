use super::*;
use crate::codes;

#[test]
fn a_part_of_the_own_stake_unbonds() {
    let mut world = World::new(2);
    let events = world.does(operator(1), unstake(3_000));
    assert!(matches!(events[..], [Event::Undelegated { amount, penalty, .. }]
        if amount == units(3_000) && penalty.is_zero()));
    assert_eq!(world.worth(operator(1), 1), 7_000);
    world.skip(UNBONDING + 1);
    assert_eq!(world.balance(operator(1)), FUNDS + 3_000);
}

#[test]
fn every_rule_has_its_code() {
    let mut world = World::new(1);
    assert_eq!(world.try_send(operator(1), unstake(0), 0), Err(Invalid::ZeroAmount));
    world.fails(user(1), unstake(100), codes::NOT_OPERATOR);
    world.fails(user(1), unstake(None), codes::NOT_OPERATOR);
    world.fails(operator(1), unstake(OWN + 1), codes::INSUFFICIENT_DELEGATION);
    world.fails(operator(1), unstake(3_001), codes::UNBONDING_LIMIT);
    world.does(user(1), delegate(1, 90_000));
    world.turn();
    world.fails(operator(1), unstake(9_001), codes::STAKE_TOO_LOW);
    world.does(operator(1), add_stake(1, 100));
    world.fails(operator(1), unstake(10_001), codes::STAKE_PENDING);
    world.does(operator(1), unstake(9_100));
    assert_eq!(world.worth(operator(1), 1), 1_000);
    for _ in 0..31 {
        world.does(user(1), undelegate(1, 1));
    }
}

#[test]
fn an_active_validator_that_leaves_serves_out_the_epochs_it_was_chosen_for() {
    let mut world = World::new(3);
    let events = world.does(operator(1), unstake(None));
    assert_eq!(events, [Event::ValidatorLeaving { validator: key(1) }]);
    assert_eq!(world.worth(operator(1), 1), OWN);
    // Epoch 1 runs, and the set of epoch 2 was chosen before.
    assert!(world.turn().is_empty());
    assert!(world.members(2).contains(&key(1)) && !world.members(3).contains(&key(1)));
    let height = world.height + EPOCH - 1;
    let events = world.turn();
    let due = Period::blocks(UNBONDING).from(Height::new(height), Timestamp::new(height * 1_000));
    let (validator, delegator, amount) = (key(1), operator(1), units(OWN));
    let (penalty, entry) = (Amount::ZERO, 0);
    let undelegated = Event::Undelegated { validator, delegator, amount, penalty, entry, due };
    assert_eq!(events, [undelegated]);
    // Evidence about epoch 2 is accepted in epoch 3 still.
    assert_eq!(world.turn(), [Event::ValidatorRemoved { validator }]);
    assert!(!world.is_registered(1));
    world.skip(UNBONDING - EPOCH);
    assert_eq!(world.balance(operator(1)), FUNDS + OWN);
}

#[test]
fn a_validator_that_was_not_chosen_leaves_at_once() {
    let mut world = World::new(4);
    world.does(operator(5), register(5, 2_000));
    world.turn();
    let events = world.does(operator(5), unstake(None));
    assert_eq!(events.len(), 2);
    assert!(matches!(events[1], Event::Undelegated { amount, .. } if amount == units(2_000)));
    assert_eq!(world.turn(), [Event::ValidatorRemoved { validator: key(5) }]);
    assert_eq!(world.read(|view| api::operated_by(view, &operator(5))), None);
}

#[test]
fn a_validator_that_leaves_in_its_first_epoch_unbonds_when_its_stake_counts() {
    let mut world = World::new(4);
    world.does(operator(5), register(5, 2_000));
    let events = world.does(operator(5), unstake(None));
    assert_eq!(events, [Event::ValidatorLeaving { validator: key(5) }]);
    let events = world.turn();
    assert!(matches!(events[..], [Event::Undelegated { .. }, Event::ValidatorRemoved { .. }]));
}

#[test]
fn delegators_may_stay_with_a_validator_that_left() {
    let mut world = World::new(3);
    world.does(user(1), delegate(1, 500));
    world.does(operator(1), unstake(None));
    world.turn();
    world.turn();
    assert_eq!((world.delegation(operator(1), 1), world.worth(user(1), 1)), (None, 500));
    world.fails(operator(1), unstake(None), codes::INSUFFICIENT_DELEGATION);
    assert!(world.turn().is_empty());
    world.does(user(1), undelegate(1, None));
    assert_eq!(world.turn(), [Event::ValidatorRemoved { validator: key(1) }]);
}

#[test]
fn who_leaves_twice_leaves_once() {
    let mut world = World::new(3);
    world.does(operator(1), unstake(None));
    assert_eq!(world.does(operator(1), unstake(None)).len(), 1);
    world.turn();
    assert_eq!(world.turn().len(), 1);
    assert_eq!(world.turn(), [Event::ValidatorRemoved { validator: key(1) }]);
}

#[test]
fn evidence_reaches_a_stake_that_unbonds_after_its_validator_has_left() {
    let mut world = World::new(3);
    world.does(operator(1), unstake(None));
    world.turn();
    world.turn();
    assert_eq!((world.tokens(1), world.entry(0).amount), (0, units(OWN)));
    let result = world.slash(1, 100_000, 1);
    world.eject(1);
    assert!(result.amount.is_zero());
    world.skip(UNBONDING);
    assert_eq!(world.balance(operator(1)), FUNDS + OWN - 1_000);
    assert!(world.is_registered(1));
    assert_eq!(world.read(|view| api::operated_by(view, &operator(1))), None);
}

#[test]
fn own_stake_that_is_liable_for_another_validator_follows_later() {
    let mut world = World::new(4);
    world.params.staking.unbonding = Period::blocks(35);
    world.does(operator(1), delegate(2, 3_000));
    world.turn();
    world.does(operator(1), redelegate(2, 1, None));
    world.turn();
    world.does(operator(1), unstake(None));
    world.turn();
    let events = world.turn();
    assert!(matches!(events[..], [Event::Undelegated { amount, .. }] if amount == units(OWN)));
    let events = world.turn();
    assert!(matches!(events[..],
        [Event::Undelegated { amount, .. }, Event::ValidatorRemoved { .. }]
            if amount == units(3_000)));
}

#[test]
fn who_leaves_out_of_jail_pays_the_penalty_and_so_does_a_part() {
    let mut world = World::new(3);
    world.jail(1);
    let supply = world.supply().total().unwrap().units();
    let events = world.does(operator(1), unstake(1_001));
    assert!(matches!(events[..], [Event::Undelegated { amount, penalty, .. }]
        if amount == units(900) && penalty == units(101)));
    world.does(operator(1), unstake(None));
    let events = world.turn();
    assert!(matches!(events[..], []));
    let events = world.turn();
    assert!(matches!(events[..], [Event::Undelegated { amount, penalty, .. }, _]
        if amount == units(8_099) && penalty == units(900)));
    assert_eq!(world.supply().total().unwrap().units(), supply - 1_001);
}

#[test]
fn delegators_of_a_jailed_validator_pay_no_penalty() {
    let mut world = World::new(3);
    world.does(user(1), delegate(1, 1_000));
    world.turn();
    world.jail(1);
    let events = world.does(user(1), undelegate(1, None));
    assert!(matches!(events[..], [Event::Undelegated { amount, .. }] if amount == units(1_000)));
}

#[test]
fn the_operator_of_an_ejected_validator_gets_what_is_left() {
    let mut world = World::new(3);
    world.slash(1, 500_000, 1);
    world.eject(1);
    let events = world.does(operator(1), unstake(None));
    assert_eq!(events, [Event::ValidatorLeaving { validator: key(1) }]);
    let events = world.turn();
    assert!(matches!(events[..], [Event::Undelegated { amount, .. }] if amount == units(5_000)));
    assert!(world.is_registered(1));
    assert_eq!(world.read(|view| api::operated_by(view, &operator(1))), None);
}

#[test]
fn a_stake_that_was_slashed_to_nothing_can_leave() {
    let mut world = World::new(4);
    world.does(operator(5), register(5, 2_000));
    world.turn();
    world.slash(5, 1_000_000, 1);
    let events = world.does(operator(5), unstake(None));
    assert!(matches!(events[1], Event::Undelegated { amount, .. } if amount.is_zero()));
    assert_eq!(world.turn(), [Event::ValidatorRemoved { validator: key(5) }]);
}

#[test]
fn a_full_list_of_entries_delays_who_leaves() {
    let mut world = World::new(3);
    world.does(operator(1), delegate(2, 1_000));
    world.turn();
    world.params.staking.unbonding = Period::blocks(15);
    for _ in 0..32 {
        world.does(operator(1), undelegate(2, 10));
    }
    world.fails(operator(1), unstake(10), codes::TOO_MANY_UNBONDING);
    world.does(operator(1), unstake(None));
    world.skip(9);
    // The entries are paid in the epoch after the one that it could leave at the end of.
    world.params.staking.unbonding = Period::blocks(25);
    world.turn();
    let events = world.turn();
    assert_eq!(events.iter().filter(|event| event.name() == "undelegated").count(), 1);
}
