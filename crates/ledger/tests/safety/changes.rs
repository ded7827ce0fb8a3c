use super::*;
use althing_types::governance::ChangeEnd;

fn ended(events: &[Event]) -> Vec<(u64, ChangeEnd)> {
    let end = |event: &Event| match event {
        Event::ChangeEnded { change, end, .. } => Some((*change, *end)),
        _ => None,
    };
    events.iter().filter_map(end).collect()
}

impl World {
    /// A pause, and the proposal to ratify it.
    fn paused(&mut self, blocks: u64) -> u64 {
        self.order(&pause(blocks));
        self.changes().open.last().unwrap().proposal.unwrap()
    }
}

#[test]
fn what_is_not_ratified_lapses() {
    let mut world = World::new();
    let ratify = world.paused(150);
    assert_eq!(world.changes().open.len(), 1);
    world.turn();
    assert_eq!(world.status(ratify), "voting");
    assert_eq!(ended(&world.turn()), []);
    assert!(world.is_paused());
    let events = world.turn();
    assert_eq!(ended(&events), [(1, ChangeEnd::Lapsed)]);
    assert_eq!(world.status(ratify), "rejected");
    assert!(!world.is_paused());
    assert!(world.changes().open.is_empty());
}

#[test]
fn what_is_ratified_stays() {
    let mut world = World::new();
    let ratify = world.paused(150);
    world.turn();
    world.agree(ratify);
    world.turn();
    let events = world.turn();
    assert_eq!(ended(&events), [(1, ChangeEnd::Ratified)]);
    assert_eq!(world.status(ratify), "enacted");
    assert!(world.is_paused() && world.changes().open.is_empty());
    (0..8).for_each(|_| drop(world.turn()));
    assert!(world.is_paused());
    (0..8).for_each(|_| drop(world.turn()));
    assert!(!world.is_paused());
}

#[test]
fn the_vote_on_ratifying_ends_when_the_change_lapses() {
    let mut world = World::new();
    let ratify = world.paused(150);
    let lapses = world.changes().open[0].lapses;
    let opened = world.turn();
    let closes = opened.iter().find_map(|event| match event {
        Event::ProposalOpened { proposal, closes, .. } if *proposal == ratify => Some(*closes),
        _ => None,
    });
    assert_eq!(closes, Some(lapses));
}

#[test]
fn a_vote_against_what_the_chain_asks_to_ratify_ends_it_at_once() {
    let mut world = World::new();
    world.paused(150);
    let ratify = Action::Ratify { change: 1, order: OrderKind::PauseTreasury };
    let other = world.submit(4, Criticality::Standard, ratify);
    world.turn();
    world.all_vote(other, Choice::No);
    world.turn();
    // What others ask for is no reason to wait less long: the vote of the chain is still open.
    assert!(world.is_paused());
    let events = world.turn();
    assert_eq!(ended(&events), [(1, ChangeEnd::Lapsed)]);
    assert_eq!(world.status(other), "rejected");
}

#[test]
fn anybody_may_ask_to_ratify_what_holds_and_nothing_else() {
    let mut world = World::new();
    let ratify = |change, order| submit(Criticality::Standard, Action::Ratify { change, order });
    world.fails(4, ratify(1, OrderKind::PauseTreasury), "nothing_to_override");
    let first = world.paused(150);
    world.fails(4, ratify(1, OrderKind::SetSpec), "nothing_to_override");
    world.fails(4, ratify(2, OrderKind::PauseTreasury), "nothing_to_override");
    let action = Action::Ratify { change: 1, order: OrderKind::PauseTreasury };
    let second = world.submit(4, Criticality::Standard, action);
    world.turn();
    world.agree(first);
    world.agree(second);
    world.turn();
    assert_eq!(ended(&world.turn()), [(1, ChangeEnd::Ratified)]);
    assert_eq!(world.status(first), "enacted");
    // Both passed together; the second found nothing to ratify any more.
    assert_eq!(world.status(second), "queued");
    world.turn();
    assert_eq!(world.status(second), "failed");
}

#[test]
fn what_was_before_the_first_of_several_changes_returns_when_the_last_one_lapses() {
    let mut world = World::new();
    let first = world.paused(100);
    world.turn();
    let events = {
        world.does(2, call(2, &pause(150)));
        world.does(3, call(2, &pause(150)))
    };
    assert_eq!(ended(&events), [(1, ChangeEnd::Replaced)]);
    let Changes { next, open } = world.changes();
    assert_eq!((next, open.len(), open[0].number), (3, 1, 2));
    world.turn();
    world.turn();
    assert_eq!(world.status(first), "rejected");
    assert!(world.is_paused());
    let events = world.turn();
    assert_eq!(ended(&events), [(2, ChangeEnd::Lapsed)]);
    assert!(!world.is_paused());
}

#[test]
fn a_longer_pause_on_top_of_a_ratified_one_lapses_to_that_one() {
    let mut world = World::new();
    let ratify = world.paused(100);
    let until = world.treasury().paused_until;
    world.turn();
    world.agree(ratify);
    world.turn();
    world.turn();
    world.does(2, call(2, &pause(150)));
    world.does(3, call(2, &pause(150)));
    assert_ne!(world.treasury().paused_until, until);
    (0..3).for_each(|_| drop(world.turn()));
    assert_eq!(world.treasury().paused_until, until);
}

#[test]
fn a_change_lapses_also_when_the_override_is_abolished_meanwhile() {
    let mut world = World::new();
    let rules = Action::SafetyRules { rules: None };
    let number = world.accept(Criticality::Critical, rules);
    world.paused(150);
    world.turn();
    assert_eq!(world.status(number), "enacted");
    assert!(world.safety().is_none() && world.is_paused());
    world.turn();
    world.turn();
    assert!(!world.is_paused());
}
