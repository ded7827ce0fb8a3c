use super::*;
use althing_types::{governance::Houses, network::BootNodes};

fn change(world: &World, base: u64) -> Action {
    Action::Network { base, spec: world.document(300), rollout: None }
}

#[test]
fn a_chain_begins_with_the_endpoints_of_its_validators() {
    let world = World::new(3);
    let network = world.network();
    assert_eq!((network.current, network.next, network.staged), (1, 2, None));
    let spec = world.spec(1);
    assert_eq!((spec.status, spec.base, spec.proposal), (SpecStatus::Active, 0, 0));
    assert_eq!(spec.document.min_version, Version::GENESIS);
    let nodes = spec.document.boot_nodes;
    assert_eq!(nodes.len(), 3);
    for number in 0..3 {
        let endpoint = format!("127.0.0.1:{}", 4_000 + number);
        let listed = |key| nodes.iter().any(|it| it.key == key && *it.endpoint == *endpoint);
        assert!(listed(validator_key(number)));
    }
}

#[test]
fn a_chain_begins_with_the_configuration_that_its_genesis_names() {
    let mut genesis = genesis(1);
    let mut spec = genesis.network_spec().unwrap();
    spec.limits.max_peers = 77;
    genesis.network = Some(spec.clone());
    let mut chain = Chain::new(genesis.normalized().unwrap());
    chain.advance(&[]);
    assert_eq!(World { chain, validators: 1 }.spec(1).document, spec);
}

#[test]
fn validators_alone_decide_about_the_configuration() {
    let mut world = World::new(2);
    for criticality in [Criticality::Optional, Criticality::Standard, Criticality::Critical] {
        let number = world.submit(criticality, change(&world, 1));
        let value = &world.chain.state[&decisions::proposal_key(number)];
        assert_eq!(decisions::decode_proposal(value).unwrap().houses, Houses::VALIDATORS);
    }
    let emergency = propose(Criticality::Emergency, change(&world, 1));
    world.fails(0, emergency, "wrong_criticality");
}

#[test]
fn a_change_of_another_version_than_that_in_force_is_refused() {
    let mut world = World::new(2);
    for base in [0, 2, u64::MAX] {
        let payload = propose(Criticality::Standard, change(&world, base));
        world.fails(0, payload, "spec_changed");
    }
}

#[test]
fn a_configuration_or_a_plan_beyond_its_bounds_is_refused() {
    let mut world = World::new(2);
    let spec = world.document(300);
    let nobody = NetworkSpec { boot_nodes: BootNodes::default(), ..spec.clone() };
    for (spec, rollout) in [
        (nobody, None),
        (world.document(1_001), None),
        (spec.clone(), Some(plan(1, 10))),
        (spec, Some(plan(100_000, 0))),
    ] {
        let action = Action::Network { base: 1, spec, rollout };
        world.fails(0, propose(Criticality::Standard, action), "spec_bounds");
    }
}

#[test]
fn what_is_each_validators_own_choice_is_not_tried_by_some_first() {
    let mut world = World::new(2);
    let (spec, rollout) = (world.document(300), Some(plan(100_000, 10)));
    let action = Action::Network { base: 1, spec, rollout };
    world.fails(0, propose(Criticality::Optional, action), "wrong_criticality");
}

#[test]
fn nothing_else_is_proposed_while_a_version_is_tried() {
    let mut world = World::new(4);
    world.stage(plan(250_000, 25));
    let payload = propose(Criticality::Standard, change(&world, 1));
    world.fails(0, payload, "rollout_running");
    let payload = propose(Criticality::Optional, change(&world, 1));
    world.fails(0, payload, "rollout_running");
}
