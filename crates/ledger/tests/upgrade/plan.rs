//! From nothing to a plan, and from a plan to nothing.

use super::*;

#[test]
fn a_chain_begins_with_the_first_version_and_no_plan() {
    let world = World::new();
    let protocol = world.protocol();
    assert_eq!((protocol.version, protocol.since), (V1, Height::new(1)));
    assert_eq!((protocol.previous, protocol.plan, protocol.failed), (None, None, None));
}

#[test]
fn nothing_to_planned_when_the_proposal_is_enacted_for_the_next_block() {
    let mut world = World::new();
    let events = world.decide(to(V1_1));
    let height = Height::new(world.height() + 1);
    let scheduled = Event::UpgradeScheduled { proposal: 1, version: V1_1, height };
    assert!(events.contains(&scheduled), "{events:?}");
    let plan = Plan { version: V1_1, height, proposal: 1, postponed: 0 };
    assert_eq!(world.protocol().plan, Some(plan));
}

#[test]
fn a_plan_is_for_the_height_that_was_proposed_unless_that_has_passed() {
    for (ahead, expected) in [(47, 47), (1, 29)] {
        let mut world = World::new();
        let begin = world.height();
        let number = world.submit(at(V1_1, Some(begin + 2 + ahead)));
        world.turn();
        world.agree(number);
        world.turn();
        world.turn();
        let plan = world.protocol().plan.unwrap();
        let passed = world.height() + 1;
        let expected = if ahead == 1 { passed } else { begin + 2 + expected };
        assert_eq!(plan.height.get(), expected);
    }
}

#[test]
fn an_upgrade_that_is_not_possible_is_refused_when_it_is_proposed() {
    let mut world = World::new();
    for version in [V1, Version::new(0, 9, 0), Version::new(3, 0, 0)] {
        world.is_refused(to(version), "upgrade_version");
    }
    let now = world.height() + 1;
    world.is_refused(at(V1_1, Some(now)), "upgrade_height");
    world.is_refused(at(V1_1, Some(now + 20_000_000)), "upgrade_height");
    world.is_refused(Action::UpgradeCancel { version: V1_1 }, "upgrade_not_scheduled");
    let receipt = world.send(0, submit(Criticality::Standard, to(V1_1)));
    assert_eq!(codes::name_of(receipt.code), "wrong_criticality");
}

#[test]
fn both_houses_decide_about_an_upgrade() {
    let mut world = World::new();
    let number = world.submit(to(V1_1));
    let houses = world.standing(number).houses;
    assert!(houses.stake && houses.validators);
}

#[test]
fn of_two_upgrades_that_pass_together_the_second_fails() {
    let mut world = World::new();
    let numbers = [world.submit(to(V1_1)), world.submit(to(V1_2))];
    world.turn();
    numbers.into_iter().for_each(|number| world.agree(number));
    world.turn();
    let events = world.turn();
    assert_eq!(names(&events), ["upgrade-scheduled"]);
    let code = codes::UPGRADE_SCHEDULED.get();
    assert!(events.contains(&Event::ProposalFailed { proposal: numbers[1], code }));
    assert_eq!(world.protocol().plan.map(|plan| plan.proposal), Some(numbers[0]));
    world.is_refused(to(V1_2), "upgrade_scheduled");
}

#[test]
fn planned_to_nothing_when_it_is_decided_to_give_it_up() {
    let mut world = World::new();
    let far = world.height() + 100;
    world.decide(at(V1_1, Some(far)));
    world.is_refused(Action::UpgradeCancel { version: V1_2 }, "upgrade_not_scheduled");
    let events = world.decide(Action::UpgradeCancel { version: V1_1 });
    let reason = althing_types::governance::UpgradeEnd::Decided;
    assert!(events.contains(&Event::UpgradeCancelled { proposal: 1, version: V1_1, reason }));
    assert_eq!(world.protocol().plan, None);
    while world.height() < far + 1 {
        assert!(names(&world.step()).is_empty());
    }
    assert_eq!(world.protocol().version, V1);
    // The next one can be planned.
    assert_eq!(names(&world.decide(to(V1_1))), ["upgrade-scheduled"]);
}

#[test]
fn giving_up_what_has_happened_meanwhile_fails() {
    let mut world = World::new();
    let due = world.height() + 35;
    world.decide(at(V1_1, Some(due)));
    let number = world.submit(Action::UpgradeCancel { version: V1_1 });
    world.beat(0..VALIDATORS, V1_1);
    world.turn();
    world.agree(number);
    world.turn();
    assert_eq!(world.protocol().version, V1_1);
    let code = codes::UPGRADE_NOT_SCHEDULED.get();
    assert!(world.turn().contains(&Event::ProposalFailed { proposal: number, code }));
}
