use super::*;
use althing_types::{
    governance::ChangeEnd,
    network::{NetworkSpec, RollbackReason, RolloutPlan, SpecStatus, Strictness},
};

impl World {
    fn network(&self) -> Network {
        self.record(network_query::network_key(), network_query::decode_network).unwrap()
    }

    fn spec(&self, version: u64) -> Spec {
        self.record(network_query::spec_key(version), network_query::decode_spec).unwrap()
    }

    /// What is in force, but for its strictness.
    fn stricter(&self) -> NetworkSpec {
        let document = self.spec(self.network().current).document;
        NetworkSpec { strictness: Strictness::Hard, ..document }
    }

    fn set(&self, base: u64) -> Order {
        Order::SetSpec { base, spec: self.stricter() }
    }

    /// All vote on a change of the network, which happens after that.
    fn change(&mut self, rollout: Option<RolloutPlan>) -> u64 {
        let (base, spec) = (self.network().current, self.stricter());
        self.enact(Action::Network { base, spec, rollout }).0
    }
}

fn ends(events: &[Event]) -> Vec<ChangeEnd> {
    let end = |event: &Event| match event {
        Event::ChangeEnded { end, .. } => Some(*end),
        _ => None,
    };
    events.iter().filter_map(end).collect()
}

const fn back(version: u64) -> Order {
    Order::RollbackSpec { version }
}

#[test]
fn a_configuration_that_is_set_holds_at_once_and_lapses_unless_it_is_ratified() {
    let mut world = World::new();
    let order = world.set(1);
    let events = world.order(&order);
    let expected = [
        "override-approved",
        "override-used",
        "spec-activated",
        "change-begun",
        "proposal-submitted",
    ];
    assert_eq!(names(&events), expected);
    let activated = Event::SpecActivated { version: 2, previous: 1, proposal: 0 };
    assert_eq!(events[2], activated);
    assert_eq!(world.network().current, 2);
    assert_eq!(world.spec(2).document.strictness, Strictness::Hard);
    world.turn();
    world.turn();
    assert_eq!(world.network().current, 2);
    let events = world.turn();
    assert_eq!(ends(&events), [ChangeEnd::Lapsed]);
    assert_eq!(world.network().current, 1);
    assert_eq!(
        [1, 2].map(|version| world.spec(version).status),
        [SpecStatus::Active, SpecStatus::Superseded]
    );
}

#[test]
fn validators_alone_ratify_a_configuration() {
    let mut world = World::new();
    world.order(&world.set(1));
    let ratify = world.changes().open[0].proposal.unwrap();
    world.turn();
    let ballot = Ballot::all(Choice::Yes);
    let own = Payload::Vote(Vote { proposal: ratify, ballot, validator: None });
    world.fails(operator(0), own, "house_not_asked");
    world.agree(ratify);
    world.turn();
    assert_eq!(ends(&world.turn()), [ChangeEnd::Ratified]);
    (0..4).for_each(|_| drop(world.turn()));
    assert_eq!(world.network().current, 2);
}

#[test]
fn a_configuration_is_set_in_the_place_of_the_one_that_is_in_force_and_within_its_bounds() {
    let mut world = World::new();
    world.fails(0, approve(&world.set(2)), "spec_changed");
    let mut spec = world.stricter();
    spec.limits.max_peers = 0;
    world.fails(0, approve(&Order::SetSpec { base: 1, spec }), "spec_bounds");
}

#[test]
fn the_configuration_in_force_is_taken_back_to_the_one_that_it_was_made_for() {
    let mut world = World::new();
    world.fails(0, approve(&back(1)), "nothing_to_override");
    world.fails(0, approve(&back(2)), "unknown_spec");
    world.change(None);
    assert_eq!(world.network().current, 2);
    let events = world.order(&back(2));
    assert!(names(&events).contains(&"change-begun"));
    assert_eq!(world.network().current, 1);
    world.fails(2, approve(&back(2)), "nothing_to_override");
    (0..3).for_each(|_| drop(world.turn()));
    assert_eq!(world.network().current, 2);
}

#[test]
fn what_some_try_is_tried_no_more_and_nothing_is_left_to_ratify() {
    let mut world = World::new();
    let (first, min_health) = (Ppm::new(200_000).unwrap(), Ppm::new(500_000).unwrap());
    let watch = Period::blocks(100);
    let proposal = world.change(Some(RolloutPlan { first, watch, min_health }));
    assert_eq!(world.network().staged.unwrap().version, 2);
    let events = world.order(&back(2));
    let reason = RollbackReason::Overridden;
    assert_eq!(events[2..], [Event::SpecRolledBack { version: 2, proposal, reason }]);
    assert_eq!((world.network().staged, world.network().current), (None, 1));
    assert_eq!(world.spec(2).status, SpecStatus::RolledBack);
    assert!(world.changes().open.is_empty());
    world.turn();
}

#[test]
fn a_configuration_that_is_set_ends_what_some_try() {
    let mut world = World::new();
    let (first, min_health) = (Ppm::new(200_000).unwrap(), Ppm::new(500_000).unwrap());
    let watch = Period::blocks(100);
    world.change(Some(RolloutPlan { first, watch, min_health }));
    let events = world.order(&world.set(1));
    assert_eq!(names(&events)[2..4], ["spec-rolled-back", "spec-activated"]);
    assert_eq!((world.network().staged, world.network().current), (None, 3));
    (0..3).for_each(|_| drop(world.turn()));
    assert_eq!(world.network().current, 1);
}

#[test]
fn a_configuration_that_is_set_and_taken_back_leaves_nothing_to_ratify() {
    let mut world = World::new();
    world.order(&world.set(1));
    world.does(2, call(2, &back(2)));
    let events = world.does(3, call(2, &back(2)));
    assert_eq!(ends(&events), [ChangeEnd::Replaced]);
    assert_eq!(world.network().current, 1);
    assert!(world.changes().open.is_empty());
}

#[test]
fn two_configurations_that_are_set_one_after_the_other_lapse_to_the_one_before_both() {
    let mut world = World::new();
    world.order(&world.set(1));
    world.turn();
    let second = world.set(2);
    world.does(2, call(2, &second));
    world.does(3, call(2, &second));
    assert_eq!((world.network().current, world.changes().open.len()), (3, 1));
    (0..3).for_each(|_| drop(world.turn()));
    assert_eq!(world.network().current, 1);
}

#[test]
fn what_is_voted_on_top_of_a_change_that_holds_takes_its_place() {
    let mut genesis = genesis();
    genesis.params.safety.ratification = Period::blocks(60);
    let mut world = World::of(genesis);
    world.order(&world.set(1));
    world.change(None);
    assert_eq!(world.network().current, 3);
    let mut ended = Vec::new();
    for _ in 0..6 {
        ended.extend(ends(&world.turn()));
    }
    assert_eq!(ended, [ChangeEnd::Replaced]);
    assert_eq!(world.network().current, 3);
}

#[test]
fn a_pause_and_a_configuration_hold_side_by_side() {
    let mut world = World::new();
    world.order(&pause(150));
    world.order(&world.set(1));
    assert_eq!(world.changes().open.len(), 2);
    let ratify = world.changes().open[0].proposal.unwrap();
    world.turn();
    world.agree(ratify);
    (0..2).for_each(|_| drop(world.turn()));
    assert!(world.is_paused());
    assert_eq!(world.network().current, 1);
    assert!(world.changes().open.is_empty());
}

#[test]
fn a_proposal_about_the_network_is_stopped() {
    let mut world = World::new();
    let action = Action::Network { base: 1, spec: world.stricter(), rollout: None };
    let proposal = world.submit(4, Criticality::Standard, action);
    world.order(&Order::CancelProposal { proposal });
    assert_eq!(world.status(proposal), "cancelled");
}
