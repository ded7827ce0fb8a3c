use super::*;
use althing_ledger::network::MAX_OFFERED;
use althing_types::network::RollbackReason;

#[test]
fn without_a_plan_a_version_is_in_force_for_all_at_once() {
    let mut world = World::new(3);
    let action = Action::Network { base: 1, spec: world.document(300), rollout: None };
    let events = world.enact(Criticality::Standard, action);
    let activated = Event::SpecActivated { version: 2, previous: 1, proposal: 1 };
    assert!(events.contains(&activated), "{events:?}");
    assert_eq!((world.network().current, world.network().next), (2, 3));
    let (before, after) = (world.spec(1), world.spec(2));
    assert_eq!((before.status, after.status), (SpecStatus::Superseded, SpecStatus::Active));
    assert_eq!((after.base, after.proposal, after.document.limits.max_peers), (1, 1, 300));
    assert_eq!(after.made.get(), world.chain.height);
    // What was in force before can still be read.
    assert_eq!(before.document.limits.max_peers, 256);
}

#[test]
fn of_two_changes_of_one_version_the_second_does_not_happen() {
    let mut world = World::new(3);
    let [first, second] = [300, 400].map(|max_peers| {
        let action = Action::Network { base: 1, spec: world.document(max_peers), rollout: None };
        world.submit(Criticality::Standard, action)
    });
    world.turn();
    world.agree(first);
    world.agree(second);
    world.turn();
    let events = world.turn();
    let code = codes::SPEC_CHANGED.get();
    assert!(events.contains(&Event::ProposalEnacted { proposal: first }), "{events:?}");
    assert!(events.contains(&Event::ProposalFailed { proposal: second, code }), "{events:?}");
    assert_eq!((world.network().current, world.network().next), (2, 3));
    assert_eq!(world.spec(2).document.limits.max_peers, 300);
}

#[test]
fn of_two_versions_that_are_to_be_tried_the_second_does_not_happen() {
    let mut world = World::new(4);
    let [first, second] = [300, 400].map(|max_peers| {
        let rollout = Some(plan(250_000, 15));
        let action = Action::Network { base: 1, spec: world.document(max_peers), rollout };
        world.submit(Criticality::Standard, action)
    });
    world.turn();
    for number in 0..3 {
        world.does(operator(number), vote(first, number));
        world.does(operator(number), vote(second, number));
    }
    world.turn();
    let events = world.turn();
    let code = codes::ROLLOUT_RUNNING.get();
    assert!(events.contains(&Event::ProposalFailed { proposal: second, code }), "{events:?}");
    assert_eq!(world.network().staged.unwrap().version, 2);
}

#[test]
fn a_part_of_the_validators_runs_a_version_first() {
    let mut world = World::new(4);
    let (version, events) = world.stage(plan(500_000, 15));
    assert_eq!(steps(&events), ["spec-staged"]);
    let Some(Event::SpecStaged { cohort, until, .. }) =
        events.iter().find(|event| event.name() == "spec-staged")
    else {
        panic!("{events:?}")
    };
    assert_eq!((*cohort, until.height.get()), (2, world.chain.height + 15));
    let (first, others) = world.sides(version);
    assert_eq!((first.len(), others.len()), (2, 2));
    assert_eq!((world.network().current, world.status(version)), (1, SpecStatus::Staged));
    let network = world.network();
    assert_eq!((network.applies(true, None), network.applies(false, None)), (version, 1));
}

#[test]
fn who_runs_a_version_first_differs_from_version_to_version() {
    let mut world = World::new(7);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..4 {
        let (version, _) = world.stage(plan(250_000, 1));
        let (first, _) = world.sides(version);
        assert_eq!(first.len(), 2);
        seen.insert(first);
        world.turn();
        assert_eq!(world.status(version), SpecStatus::RolledBack);
    }
    assert!(seen.len() > 1, "{seen:?}");
}

#[test]
fn staged_becomes_active_when_those_who_run_it_say_so_until_the_end() {
    let mut world = World::new(4);
    let (version, _) = world.stage(plan(500_000, 15));
    let (first, _) = world.sides(version);
    for number in &first {
        world.says(*number, version);
    }
    // The watch goes on beyond this epoch.
    let watched = world.turn();
    assert_eq!(steps(&watched), ["spec-watched"]);
    assert_eq!((world.network().current, world.status(version)), (1, SpecStatus::Staged));
    let done = world.turn();
    assert_eq!(steps(&done), ["spec-watched", "spec-activated"]);
    assert_eq!((world.network().current, world.network().staged), (version, None));
    assert_eq!(world.status(version), SpecStatus::Active);
    assert_eq!(world.status(1), SpecStatus::Superseded);
    let health = world.spec(version).health.unwrap();
    assert_eq!((health.cohort, health.applied, health.missed), (2, 2, 0));
    assert_eq!(health.turns + health.other_turns, 20);
    assert!(!world.chain.state.contains_key(&query::cohort_key(version)));
    // The turns of all these epochs had what they needed when they began.
    assert_eq!(world.chain.repeats.get(), 0);
}

#[test]
fn staged_rolled_back_when_those_who_run_it_are_silent() {
    let mut world = World::new(4);
    let (version, _) = world.stage(plan(500_000, 15));
    let (first, others) = world.sides(version);
    // One of two runs it; the other, and who is not asked, do not count.
    world.says(first[0], version);
    world.says(first[1], 1);
    world.says(others[0], version);
    assert_eq!(steps(&world.turn()), ["spec-watched"]);
    let events = world.turn();
    assert_eq!(steps(&events), ["spec-watched", "spec-rolled-back"]);
    let spec = world.spec(version);
    assert_eq!(spec.status, SpecStatus::RolledBack);
    assert_eq!(spec.reason, Some(RollbackReason::Silence));
    assert_eq!(spec.health.unwrap().applied, 1);
    assert_eq!((world.network().current, world.network().staged), (1, None));
    assert_eq!(world.status(1), SpecStatus::Active);
}

#[test]
fn staged_rolled_back_at_once_when_those_who_run_it_miss_their_turns() {
    let mut world = World::new(4);
    let (version, _) = world.stage(plan(250_000, 1_000));
    let (first, _) = world.sides(version);
    world.says(first[0], version);
    let events = world.turn_without(&first);
    assert_eq!(steps(&events), ["spec-watched", "spec-rolled-back"]);
    let spec = world.spec(version);
    assert_eq!(spec.reason, Some(RollbackReason::Misses));
    let health = spec.health.unwrap();
    assert!(health.missed >= 3 && health.other_missed == 0, "{health:?}");
    assert_eq!((world.network().current, world.network().staged), (1, None));
    // The way is free for a better one.
    let next = world.network().next;
    let (again, _) = world.stage(plan(250_000, 1));
    assert_eq!((again, world.spec(again).base), (next, 1));
}

#[test]
fn staged_goes_on_when_the_others_miss_turns_as_well() {
    let mut world = World::new(7);
    let (version, _) = world.stage(plan(250_000, 15));
    let (first, others) = world.sides(version);
    for number in &first {
        world.says(*number, version);
    }
    let down = [first[0], others[0], others[1], others[2]];
    let events = world.turn_without(&down);
    let Some(Event::SpecWatched { health, .. }) =
        events.iter().find(|event| event.name() == "spec-watched")
    else {
        panic!("{events:?}")
    };
    let expected = plan(250_000, 15).judge(health, false);
    assert!(health.other_missed > 3, "{health:?}");
    assert_eq!((expected, steps(&events)), (None, vec!["spec-watched"]), "{health:?}");
}

#[test]
fn a_rollout_on_a_chain_of_one_validator_ends_too() {
    let mut world = World::new(1);
    let (version, _) = world.stage(plan(900_000, 5));
    world.says(0, version);
    assert_eq!(steps(&world.turn()), ["spec-watched", "spec-activated"]);
    assert_eq!(world.network().current, version);
}

#[test]
fn what_is_optional_is_offered_and_changes_nothing_by_itself() {
    let mut world = World::new(3);
    let version = world.offer(300);
    assert_eq!(world.status(version), SpecStatus::Offered);
    assert_eq!((world.network().current, &*world.network().offered), (1, &[version][..]));
    assert_eq!(world.network().applies(false, None), 1);
}

#[test]
fn a_tenth_of_the_validators_is_enough_to_offer_something() {
    let mut world = World::new(4);
    let action = Action::Network { base: 1, spec: world.document(300), rollout: None };
    let number = world.submit(Criticality::Optional, action);
    world.turn();
    world.does(operator(0), vote(number, 0));
    world.turn();
    assert_eq!(steps(&world.turn()), ["spec-offered"]);
}

#[test]
fn offered_is_withdrawn_when_another_version_comes_into_force() {
    let mut world = World::new(3);
    let offered = world.offer(300);
    world.does(operator(0), adopt(0, offered));
    let action = Action::Network { base: 1, spec: world.document(400), rollout: None };
    let events = world.enact(Criticality::Standard, action);
    assert_eq!(steps(&events), ["spec-activated", "spec-withdrawn"]);
    assert_eq!(world.status(offered), SpecStatus::Superseded);
    let network = world.network();
    assert!(network.offered.is_empty());
    assert_eq!(world.chain.repeats.get(), 0);
    // Who had chosen it runs what is in force.
    assert_eq!(network.chosen(world.adoption(0).as_ref()), network.current);
}

#[test]
fn the_oldest_of_too_many_offers_is_withdrawn() {
    let mut world = World::new(1);
    for number in 0..MAX_OFFERED as u32 {
        world.offer(300 + number);
    }
    assert_eq!(world.network().offered.len(), MAX_OFFERED);
    world.does(operator(0), adopt(0, 2));
    let last = world.offer(400);
    let network = world.network();
    assert_eq!((network.offered.len(), network.offered.last()), (MAX_OFFERED, Some(&last)));
    assert_eq!((world.status(2), world.status(3)), (SpecStatus::Superseded, SpecStatus::Offered));
    assert_eq!(network.chosen(world.adoption(0).as_ref()), 1);
}
