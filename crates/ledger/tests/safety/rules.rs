use super::*;

fn change(rules: Option<SafetyRules>) -> Action {
    Action::SafetyRules { rules }
}

#[test]
fn governance_replaces_the_members_and_what_the_old_ones_called_for_is_void() {
    let mut world = World::new();
    let number =
        world.accept(Criticality::Critical, change(Some(rules(&[4, 5], 2, OrderKind::ALL))));
    world.does(0, approve(&pause(30)));
    let events = world.turn();
    let expected = ["safety-rules-changed", "proposal-enacted"];
    assert!(names(&events).windows(2).any(|pair| pair == expected));
    assert_eq!(world.status(number), "enacted");
    assert_eq!(world.approvals(1, &pause(30)), None);
    world.fails(1, approve(&pause(30)), "not_member");
    world.does(4, approve(&pause(30)));
    world.does(5, approve(&pause(30)));
    assert!(world.is_paused());
}

#[test]
fn what_the_override_may_do_becomes_less_and_never_more() {
    use OrderKind::{CancelProposal, CancelUpgrade, PauseTreasury};
    let mut world = World::of(with(Some(rules(&MEMBERS, 1, &[PauseTreasury, CancelUpgrade]))));
    let more = change(Some(rules(&MEMBERS, 1, &[PauseTreasury, CancelProposal])));
    world.fails(4, submit(Criticality::Critical, more), "order_not_allowed");
    world.enact(change(Some(rules(&MEMBERS, 1, &[CancelUpgrade]))));
    world.fails(0, approve(&pause(30)), "order_not_allowed");
    let again = change(Some(rules(&MEMBERS, 1, &[PauseTreasury])));
    world.fails(4, submit(Criticality::Critical, again), "order_not_allowed");
}

#[test]
fn rules_that_became_impossible_before_they_are_enacted_fail() {
    use OrderKind::{CancelUpgrade, PauseTreasury};
    let mut world = World::new();
    let less = change(Some(rules(&MEMBERS, 2, &[CancelUpgrade])));
    let same = change(Some(rules(&MEMBERS, 2, &[PauseTreasury])));
    let [first, second] = [less, same].map(|action| world.submit(4, Criticality::Critical, action));
    world.turn();
    world.agree(first);
    world.agree(second);
    world.turn();
    world.turn();
    assert_eq!([first, second].map(|number| world.status(number)), ["enacted", "failed"]);
    assert_eq!(world.safety().unwrap().rules.allowed(), [CancelUpgrade]);
}

#[test]
fn limits_are_set_and_removed_and_uses_are_counted_anew() {
    let once = limited(&MEMBERS, 1, OrderKind::ALL, (Some(1), 1_000));
    let mut world = World::of(with(Some(once)));
    world.does(0, approve(&pause(30)));
    world.fails(0, approve(&pause(90)), "override_spent");
    world.enact(change(Some(rules(&MEMBERS, 1, OrderKind::ALL))));
    for uses in 1..4 {
        world.does(0, call(2, &pause(50 + uses)));
        assert_eq!(u64::from(world.safety().unwrap().used), uses);
    }
    world.enact(change(Some(limited(&MEMBERS, 1, OrderKind::ALL, (Some(0), 1_000)))));
    world.fails(0, call(3, &pause(190)), "override_spent");
    // A cooldown looks back at the last use under whatever rules.
    world.enact(change(Some(limited(&MEMBERS, 1, OrderKind::ALL, (None, 1_000)))));
    world.fails(0, call(3, &pause(190)), "override_cooldown");
}

#[test]
fn an_override_that_was_abolished_never_returns() {
    let mut world = World::new();
    let (_, events) = world.enact(change(None));
    let rules = |event: &Event| match event {
        Event::SafetyRulesChanged { rules, .. } => Some(rules.clone()),
        _ => None,
    };
    assert_eq!(events.iter().find_map(rules), Some(None));
    assert!(world.safety().is_none());
    world.fails(0, approve(&pause(30)), "not_member");
    let again = change(Some(super::rules(&MEMBERS, 2, OrderKind::ALL)));
    world.fails(4, submit(Criticality::Critical, again), "nothing_to_override");
    world.fails(4, submit(Criticality::Critical, change(None)), "nothing_to_override");
}

#[test]
fn both_houses_decide_about_the_rules_as_something_critical() {
    let mut world = World::new();
    for criticality in [Criticality::Standard, Criticality::Important, Criticality::Emergency] {
        world.fails(4, submit(criticality, change(None)), "wrong_criticality");
    }
    let number = world.submit(4, Criticality::Critical, change(None));
    assert_eq!(world.standing(number).houses, althing_types::governance::Houses::BOTH);
    world.turn();
    for validator in 0..4 {
        world.does(operator(validator), vote(number, validator, Choice::Yes));
    }
    world.does(operator(4), vote(number, 4, Choice::No));
    world.turn();
    assert_eq!(world.status(number), "rejected");
    assert!(world.safety().is_some());
}
