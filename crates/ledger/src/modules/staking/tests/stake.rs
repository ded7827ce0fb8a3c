use super::*;
use crate::codes;

#[test]
fn a_validator_joins_and_is_chosen_for_the_epoch_after_the_next() {
    let mut world = World::new(2);
    let events = world.does(operator(3), register(3, 5_000));
    let (validator, operator, amount) = (key(3), operator(3), units(5_000));
    let registered = Event::ValidatorRegistered { validator, operator };
    assert_eq!(events, [registered, Event::Staked { validator, operator, amount }]);
    assert!(world.unforeseen.is_empty());
    assert_eq!(world.balance(operator), FUNDS - 5_000 - 7);
    assert_eq!(world.balance(key(3).node_account()), 7);
    assert_eq!(world.validator(3).commission, ppm(50_000));
    let profile = world.read(|view| api::load_profile(view, &key(3)));
    assert_eq!(profile.registered, Height::new(world.height));
    assert_eq!(world.read(|view| api::operated_by(view, &operator)), Some(key(3)));
    world.turn();
    assert_eq!((world.members(2).len(), world.members(3).len()), (2, 3));
    assert!(
        !world.validator(3).is_active(Epoch::new(4)) && world.validator(3).is_active(world.epoch())
    );
    assert_eq!(
        world.set(3).entries().iter().find(|entry| entry.key == key(3)).unwrap().endpoint,
        "10.0.0.3:1"
    );
}

#[test]
fn a_registration_pays_for_the_account_of_its_node() {
    let mut world = World::new(1);
    let receipt = world.send(operator(2), register(2, 5_000));
    let message = world.transaction(operator(2), register(2, 5_000), 0);
    let intrinsic = crate::gas::intrinsic(&message).get();
    assert_eq!(receipt.gas_used.get(), intrinsic + crate::gas::NEW_ACCOUNT);
    world.mint(key(3).node_account(), 1);
    let receipt = world.send(operator(3), register(3, 5_000));
    assert_eq!(receipt.gas_used.get(), intrinsic);
    world.params.registry.node_allowance = Amount::ZERO;
    world.does(operator(4), register(4, 5_000));
    assert_eq!(world.balance(key(4).node_account()), 0);
}

#[test]
fn an_operator_adds_to_its_own_stake() {
    let mut world = World::new(1);
    world.does(operator(1), add_stake(1, 1));
    assert!(world.unforeseen.is_empty());
    world.turn();
    assert_eq!((world.tokens(1), world.worth(operator(1), 1)), (OWN + 1, OWN + 1));
    assert_eq!(world.totals().delegations, 1);
}

#[test]
fn what_can_be_seen_without_the_state_never_enters() {
    let mut world = World::new(1);
    let nameless = || {
        let mut registration = registration(2);
        registration.details.name = Default::default();
        register_as(2, 5_000, registration)
    };
    assert_eq!(world.try_send(operator(2), register(2, 0), 0), Err(Invalid::ZeroAmount));
    assert_eq!(world.try_send(operator(2), nameless(), 0), Err(Invalid::NameMissing));
    for endpoint in ["", "host", "host:", ":1", "host:0", "host:65536", "ho st:1", "host:+1"] {
        let mut registration = registration(2);
        registration.endpoint = endpoint.parse().unwrap();
        let result = world.try_send(operator(2), register_as(2, 5_000, registration), 0);
        assert_eq!(result, Err(Invalid::BadEndpoint(endpoint.into())));
    }
    for endpoint in ["host:65535", "[::1]:1", "10.0.0.1:8000"] {
        let mut world = world.clone();
        let mut registration = registration(2);
        registration.endpoint = endpoint.parse().unwrap();
        world.does(operator(2), register_as(2, 5_000, registration));
    }
}

#[test]
fn every_rule_of_registration_has_its_code() {
    let mut world = World::new(1);
    world.fails(operator(2), add_stake(2, 5_000), codes::REGISTRATION_MISSING);
    world.fails(operator(1), register(1, 5_000), codes::VALIDATOR_EXISTS);
    world.fails(operator(2), add_stake(1, 5_000), codes::NOT_OPERATOR);
    world.fails(operator(2), register(2, 999), codes::STAKE_TOO_LOW);
    world.fails(user(1), register(2, 5_000), codes::BAD_POSSESSION);
    let dear = Registration { commission: ppm(200_001), ..registration(2) };
    world.fails(operator(2), register_as(2, 5_000, dear), codes::COMMISSION_TOO_HIGH);
    world.fails(operator(2), register(2, FUNDS), codes::INSUFFICIENT_BALANCE);
    // Enough for the stake, not for the allowance of the node too.
    world.fails(operator(2), register(2, FUNDS - 100_000 - 6), codes::INSUFFICIENT_BALANCE);
    world.does(operator(2), register(2, 1_000));
    let chain = "stake-test".parse().unwrap();
    let possession = Possession { chain, operator: operator(2) }.sign(&consensus_key(3));
    let second = Registration { possession, ..registration(3) };
    world.fails(operator(2), register_as(3, 5_000, second), codes::OPERATOR_TAKEN);
    let boundary = Registration { commission: ppm(200_000), ..registration(3) };
    world.does(operator(3), register_as(3, 1_000, boundary));
}

#[test]
fn a_possession_is_of_this_chain() {
    let mut world = World::new(1);
    let chain = "other-test".parse().unwrap();
    let possession = Possession { chain, operator: operator(2) }.sign(&consensus_key(2));
    let foreign = Registration { possession, ..registration(2) };
    world.fails(operator(2), register_as(2, 5_000, foreign), codes::BAD_POSSESSION);
}

#[test]
fn so_many_validators_are_registered_and_no_more() {
    let mut world = World::new(4);
    for n in 5..=8 {
        world.does(operator(n), register(n, 1_000));
    }
    world.fails(operator(9), register(9, 1_000), codes::TOO_MANY_CANDIDATES);
    // What is forgotten makes room.
    world.turn();
    world.does(operator(8), unstake(None));
    world.turn();
    world.does(operator(9), register(9, 1_000));
}

#[test]
fn own_stake_obeys_the_power_cap() {
    let mut params = small();
    params.staking.power_cap = ppm(300_000);
    params.staking.power_cap_from = 4;
    let mut world = World::with(4, params);
    world.fails(operator(1), add_stake(1, 2_858), codes::POWER_CAP);
    world.does(operator(1), add_stake(1, 2_857));
    world.fails(operator(5), register(5, 18_368), codes::POWER_CAP);
    world.does(operator(5), register(5, 18_367));
}

#[test]
fn an_ejected_validator_takes_no_stake_and_its_key_never_returns() {
    let mut world = World::new(2);
    world.eject(1);
    world.fails(operator(1), add_stake(1, 1), codes::VALIDATOR_EJECTED);
    world.turn();
    world.does(operator(1), unstake(None));
    assert_eq!(world.read(|view| api::operated_by(view, &operator(1))), None);
    world.fails(operator(1), register(1, 5_000), codes::VALIDATOR_EXISTS);
    assert!(world.is_registered(1));
    let chain = "stake-test".parse().unwrap();
    let possession = Possession { chain, operator: operator(1) }.sign(&consensus_key(3));
    let another = Registration { possession, ..registration(3) };
    world.does(operator(1), register_as(3, 5_000, another));
}

#[test]
fn a_validator_that_leaves_may_stay_if_it_stakes_enough() {
    let mut world = World::new(2);
    world.does(operator(1), unstake(None));
    world.does(operator(1), add_stake(1, 1));
    assert!(!world.validator(1).leaving);
    world.does(user(1), delegate(1, 100));
    world.does(operator(1), unstake(None));
    world.turn();
    world.turn();
    world.turn();
    assert_eq!(world.delegation(operator(1), 1), None);
    world.fails(operator(1), add_stake(1, 999), codes::STAKE_TOO_LOW);
    world.does(operator(1), add_stake(1, 1_000));
    assert!(!world.validator(1).leaving);
}

#[test]
fn a_key_that_comes_back_keeps_its_slashes() {
    let mut world = World::new(4);
    world.does(operator(5), register(5, 2_000));
    world.turn();
    world.slash(5, 100_000, 1);
    world.does(operator(5), unstake(None));
    world.turn();
    assert!(!world.is_registered(5));
    world.does(operator(5), register(5, 2_000));
    assert_eq!(world.validator(5).slashes, 1);
    world.skip(UNBONDING);
    // The first stake unbonded without the second one's company.
    assert_eq!(world.balance(operator(5)), FUNDS - 2 * 7 - 200 - 2_000);
}
