use super::*;
use althing_types::message::Unstake;

#[test]
fn an_operator_chooses_what_is_offered_and_goes_back() {
    let mut world = World::new(3);
    let version = world.offer(300);
    let events = world.does(operator(0), adopt(0, version));
    let validator = validator_key(0);
    assert_eq!(events, [Event::SpecAdopted { validator, version, previous: 1 }]);
    let adoption = world.adoption(0).unwrap();
    assert_eq!((adoption.version, adoption.by_hand), (version, true));
    assert_eq!((world.spec(version).adopted, world.spec(1).adopted), (1, 0));
    let network = world.network();
    assert_eq!(network.applies(false, Some(&adoption)), version);
    world.fails(operator(0), adopt(0, version), "already_adopted");
    let events = world.does(operator(0), adopt(0, 1));
    assert_eq!(events, [Event::SpecAdopted { validator, version: 1, previous: version }]);
    assert_eq!((world.spec(version).adopted, world.spec(1).adopted), (0, 1));
}

#[test]
fn there_is_no_choice_but_what_is_offered_and_what_is_in_force() {
    let mut world = World::new(4);
    let (tried, _) = world.stage(plan(250_000, 1));
    world.fails(operator(0), adopt(0, tried), "not_offered");
    world.turn();
    assert_eq!(world.status(tried), SpecStatus::RolledBack);
    world.fails(operator(0), adopt(0, tried), "not_offered");
    for unknown in [0, tried + 1, u64::MAX] {
        world.fails(operator(0), adopt(0, unknown), "unknown_spec");
    }
}

#[test]
fn nobody_chooses_for_the_validator_of_another() {
    let mut world = World::new(3);
    let version = world.offer(300);
    world.fails(operator(1), adopt(0, version), "not_operator");
    world.fails(0, adopt(0, version), "not_operator");
    assert_eq!(world.by_node(1, adopt(0, version)), "not_operator");
    // The node of a key that is no validator.
    assert_eq!(world.adoption(0), None);
}

#[test]
fn a_node_adopts_what_is_offered_if_that_is_left_to_it() {
    let mut world = World::new(3);
    let version = world.offer(300);
    assert_eq!(world.by_node(0, adopt(0, version)), "node_may_not");
    world.does(operator(0), prefer(false, Criticality::Optional));
    assert_eq!(world.by_node(0, adopt(0, version)), "node_may_not");
    world.does(operator(0), prefer(true, Criticality::Critical));
    assert_eq!(world.by_node(0, adopt(0, version)), "ok");
    let adoption = world.adoption(0).unwrap();
    assert_eq!((adoption.version, adoption.by_hand), (version, false));
    assert_eq!(world.by_node(0, adopt(0, version)), "already_adopted");
}

#[test]
fn a_node_does_not_change_what_its_operator_chose() {
    let mut world = World::new(3);
    let version = world.offer(300);
    world.does(operator(0), prefer(true, Criticality::Critical));
    // The operator stays with what is in force, and says so.
    world.does(operator(0), adopt(0, 1));
    assert_eq!(world.by_node(0, adopt(0, version)), "node_may_not");
    // What the operator chose is in force no more: the node may choose again.
    let action = Action::Network { base: 1, spec: world.document(400), rollout: None };
    world.enact(Criticality::Standard, action);
    let again = world.offer(500);
    assert_eq!(world.by_node(0, adopt(0, again)), "ok");
    // An operator confirms what its node chose.
    world.does(operator(0), adopt(0, again));
    assert!(world.adoption(0).unwrap().by_hand);
    assert_eq!(world.spec(again).adopted, 1);
}

#[test]
fn a_node_votes_on_what_is_optional_if_it_may_adopt_it() {
    let mut world = World::new(3);
    let action = Action::Network { base: 1, spec: world.document(300), rollout: None };
    let number = world.submit(Criticality::Optional, action);
    world.turn();
    world.does(operator(0), prefer(false, Criticality::Critical));
    assert_eq!(world.by_node(0, vote(number, 0)), "node_may_not");
    world.does(operator(0), prefer(true, Criticality::Critical));
    assert_eq!(world.by_node(0, vote(number, 0)), "ok");
}

#[test]
fn the_choice_of_a_validator_that_is_gone_is_forgotten() {
    let mut world = World::new(4);
    let version = world.offer(300);
    world.does(operator(0), adopt(0, version));
    world.does(operator(0), Payload::Unstake(Unstake { amount: None }));
    let gone = query::adoption_key(validator_key(0));
    for _ in 0..40 {
        if world.turn().iter().any(|event| event.name() == "validator-removed") {
            assert!(!world.chain.state.contains_key(&gone));
            assert_eq!(world.spec(version).adopted, 0);
            // Its node speaks for nobody.
            assert_eq!(world.by_node(0, adopt(0, version)), "unknown_validator");
            return;
        }
    }
    panic!("the validator was never removed");
}
