//! A plan whose height has come.

use super::*;
use althing_ledger::BeginError;
use althing_state::View as StateView;
use althing_types::governance::UpgradeEnd;
use common::Fetch;

#[test]
fn planned_to_upgraded_with_the_block_of_its_height() {
    let mut world = World::new();
    let plan = world.planned(V1_1);
    assert_eq!(world.protocol().version, V1);
    let events = world.step();
    assert_eq!(events[0], Event::Upgraded { proposal: 1, from: V1, to: V1_1 });
    assert_eq!(world.height(), plan.height.get());
    let Protocol { version, since, previous, plan: none, failed } = world.protocol();
    assert_eq!((version, since, previous), (V1_1, plan.height, Some(V1)));
    assert_eq!((none, failed), (None, None));
}

#[test]
fn an_upgrade_happens_once() {
    let mut world = World::new();
    world.planned(V1_1);
    assert_eq!(world.step()[0].name(), "upgraded");
    for _ in 0..3 * EPOCH {
        assert!(!world.step().iter().any(|event| event.name().starts_with("upgrade")));
    }
    world.is_refused(to(V1_1), "upgrade_version");
}

#[test]
fn planned_to_planned_when_too_few_are_ready_and_to_upgraded_once_they_are() {
    let mut world = World::new();
    world.planned(V1_1);
    // Two of six say that they run older software by now.
    let mut late = world.chain.clone();
    let plan = world.protocol().plan.unwrap();
    let beats: Vec<_> = (0..2).map(|of| world.heartbeat(of, V1)).collect();
    // The heartbeats are part of the last block before; so the chain goes back a block for them.
    late.state.insert(upgrade::protocol_key(), planned_later(&world, 1));
    world.chain = late;
    world.chain.advance(&beats);
    let events = world.step();
    let next = Height::new((plan.height.get() / EPOCH + 1) * EPOCH);
    let (proposal, version) = (1, V1_1);
    let (ready, members) = (4, VALIDATORS as u32);
    let expected = Event::UpgradePostponed { proposal, version, ready, members, height: next };
    assert_eq!(events[0], expected);
    let Some(Plan { height, postponed, .. }) = world.protocol().plan else { panic!("no plan") };
    assert_eq!((height, postponed, world.protocol().version), (next, 1, V1));
    while world.height() + 2 < next.get() {
        assert!(names(&world.step()).is_empty());
    }
    world.chain.time += 1_000;
    world.beat(0..VALIDATORS, V1_1);
    assert_eq!(world.step()[0].name(), "upgraded");
    assert_eq!(world.height(), next.get());
}

/// The plan of this world, so many blocks later.
fn planned_later(world: &World, blocks: u64) -> althing_state::StateValue {
    use commonware_codec::Encode as _;
    let mut protocol = world.protocol();
    let plan = protocol.plan.as_mut().unwrap();
    plan.height = Height::new(plan.height.get() + blocks);
    althing_state::StateValue::new(protocol.encode()).unwrap()
}

#[test]
fn planned_to_nothing_when_too_few_are_ready_too_often() {
    let mut world = World::new();
    world.decide(to(V1_1));
    let patience = world.chain.ledger.genesis().params.upgrade.patience;
    for postponed in 0..patience {
        let first = world.step();
        assert_eq!(names(&first), ["upgrade-postponed"], "{postponed}");
        world.turn();
    }
    let reason = UpgradeEnd::NotReady;
    let events = world.step();
    assert_eq!(events[0], Event::UpgradeCancelled { proposal: 1, version: V1_1, reason });
    assert_eq!((world.protocol().plan, world.protocol().version), (None, V1));
    assert!(names(&world.turn()).is_empty());
}

#[test]
fn five_of_six_are_ready_and_four_are_not() {
    for (ready, name) in [(5, "upgraded"), (4, "upgrade-postponed")] {
        let mut world = World::new();
        let number = world.submit(to(V1_1));
        world.turn();
        world.agree(number);
        world.turn();
        world.beat(0..ready, V1_1);
        world.turn();
        assert_eq!(world.step()[0].name(), name);
    }
}

#[test]
fn whoever_was_not_heard_for_three_intervals_is_not_ready() {
    for (silent, name) in [(2_500, "upgraded"), (3_500, "upgrade-postponed")] {
        let mut world = World::new();
        let number = world.submit(to(V1_1));
        world.turn();
        world.agree(number);
        world.turn();
        world.beat(0..VALIDATORS, V1_1);
        let heard = world.chain.time;
        world.turn();
        world.chain.time = heard + silent;
        assert_eq!(world.step()[0].name(), name);
    }
}

#[test]
fn software_for_a_later_version_is_ready_for_an_earlier_one() {
    let mut world = World::new();
    let number = world.submit(to(V1_1));
    world.turn();
    world.agree(number);
    world.turn();
    world.beat(0..VALIDATORS, V1_2);
    world.turn();
    assert_eq!(world.step()[0].name(), "upgraded");
}

#[test]
fn old_software_stops_before_the_block_and_new_software_goes_on_from_the_same_state() {
    let mut world = World::new();
    let plan = world.planned(V1_1);
    world.install(Releases::default().until(V1));
    let view = world.chain.view(&[], Fetch::All);
    let needed = BeginError::UpgradeNeeded { version: V1_1, height: plan.height, newest: V1 };
    assert_eq!(world.chain.begin(view).unwrap_err(), needed);
    let text = needed.to_string();
    assert!(text.contains("up to 1.0.0") && text.contains("needs 1.1.0"), "{text}");
    world.install(Releases::default());
    assert_eq!(world.step()[0].name(), "upgraded");
}

#[test]
fn old_software_does_not_begin_on_a_state_with_later_rules() {
    let mut world = World::new();
    world.planned(V1_1);
    world.step();
    world.install(Releases::default().until(V1));
    let error = world.chain.begin(StateView::new()).unwrap_err();
    assert!(matches!(error, BeginError::UpgradeNeeded { version, newest, .. }
        if (version, newest) == (V1_1, V1)));
}

#[test]
fn old_software_goes_on_while_too_few_are_ready() {
    let mut world = World::new();
    world.decide(to(V1_1));
    world.install(Releases::default().until(V1));
    assert_eq!(world.step()[0].name(), "upgrade-postponed");
}

#[test]
fn a_version_survives_a_restart() {
    let mut world = World::new();
    world.planned(V1_1);
    world.step();
    let before = world.protocol();
    world.install(Releases::default());
    world.turn();
    assert_eq!(world.protocol(), before);
    let view = world.chain.view(&[], Fetch::All);
    assert_eq!(world.chain.begin(view).unwrap().version(), V1_1);
}

#[test]
fn the_block_of_an_upgrade_is_the_same_however_its_keys_are_fetched() {
    let mut world = World::new();
    let waiting = world.submit(Action::Text {});
    assert_eq!(waiting, 1);
    world.planned(V1_1);
    let fetched = [Fetch::All, Fetch::AllBackwards, Fetch::OnDemand];
    let outcomes = fetched.map(|fetch| world.chain.execute(&[], fetch).0);
    assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]));
    let upgraded = |outcome: &althing_ledger::Outcome| own_events(outcome)[0].name() == "upgraded";
    assert!(outcomes.iter().all(upgraded));
}

#[test]
fn transactions_of_the_block_of_an_upgrade_have_the_new_rules() {
    let mut world = World::new();
    world.planned(V1_1);
    let number = world.submit(Action::Text {});
    assert_eq!(world.protocol().version, V1_1);
    assert!(world.standing(number).turnout.is_some());
}
