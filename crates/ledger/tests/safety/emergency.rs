use super::*;
use althing_types::message::CancelProposal;

fn urgent(order: Order) -> Action {
    Action::Emergency { order }
}

impl World {
    fn proclaim(&mut self, order: Order) -> u64 {
        self.submit(4, Criticality::Emergency, urgent(order))
    }
}

#[test]
fn the_vote_that_brings_nearly_all_validators_together_acts_at_once() {
    let mut world = World::of(with(None));
    let before = world.balance(4);
    let events = world.does(4, submit(Criticality::Emergency, urgent(pause(30))));
    assert_eq!(names(&events), ["proposal-submitted", "proposal-opened"]);
    let fee = before.checked_sub(world.balance(4)).unwrap().checked_sub(tokens(50)).unwrap();
    for validator in 0..4 {
        let events = world.does(operator(validator), vote(1, validator, Choice::Yes));
        assert_eq!(names(&events), ["voted"]);
        assert!(!world.is_paused());
    }
    let events = world.does(operator(4), vote(1, 4, Choice::Yes));
    let expected = [
        "voted",
        "proposal-passed",
        "emergency-used",
        "change-begun",
        "proposal-submitted",
        "proposal-enacted",
    ];
    assert_eq!(names(&events), expected);
    assert_eq!(events[2], Event::EmergencyUsed { proposal: 1, order: pause(30) });
    assert!(world.is_paused());
    assert_eq!(world.status(1), "enacted");
    assert_eq!(world.balance(4), before.checked_sub(fee).unwrap());
    (0..3).for_each(|_| drop(world.turn()));
    assert!(!world.is_paused());
}

#[test]
fn what_does_not_bring_enough_validators_together_is_over_with_its_epoch() {
    let mut world = World::new();
    let number = world.proclaim(pause(30));
    for validator in 0..4 {
        world.does(operator(validator), vote(number, validator, Choice::Yes));
    }
    world.turn();
    assert_eq!(world.status(number), "rejected");
    assert!(!world.is_paused());
    world.fails(operator(4), vote(number, 4, Choice::Yes), "not_voting");
}

#[test]
fn an_emergency_outlives_the_epoch_in_which_there_was_no_time_for_it() {
    let mut world = World::new();
    while !(world.chain.height + 3).is_multiple_of(10) {
        world.blocks(1);
    }
    let number = world.proclaim(pause(30));
    world.turn();
    assert_eq!(world.status(number), "voting");
    world.agree(number);
    assert_eq!(world.status(number), "enacted");
    assert!(world.is_paused());
    world.turn();
}

#[test]
fn an_emergency_in_an_epoch_in_which_another_vote_began_has_the_voters_of_that_one() {
    let mut world = World::new();
    let text = world.submit(4, Criticality::Standard, Action::Text {});
    world.turn();
    let number = world.proclaim(pause(30));
    let [ours, theirs] = [number, text].map(|number| world.standing(number).terms.unwrap());
    assert_eq!((ours.snapshot, ours.validators), (theirs.snapshot, theirs.validators));
    assert_eq!((ours.stake, ours.validators), (Amount::ZERO, 5));
    world.agree(number);
    world.agree(text);
    assert_eq!(world.status(number), "enacted");
    world.turn();
    world.turn();
    assert_eq!(world.status(text), "enacted");
}

#[test]
fn two_emergencies_in_one_epoch_have_the_same_voters() {
    let mut world = World::new();
    let [first, second] = [30, 60].map(|blocks| world.proclaim(pause(blocks)));
    let terms = [first, second].map(|number| world.standing(number).terms.unwrap());
    assert_eq!(terms[0], terms[1]);
    world.agree(second);
    world.agree(first);
    // The first pause would have been shorter than what holds.
    assert_eq!([first, second].map(|number| world.status(number)), ["failed", "enacted"]);
    world.turn();
}

#[test]
fn nobody_takes_an_emergency_back() {
    let mut world = World::new();
    let proposal = world.proclaim(pause(30));
    world.fails(4, Payload::CancelProposal(CancelProposal { proposal }), "not_proposer");
}

#[test]
fn only_validators_are_asked_in_an_emergency() {
    let mut world = World::new();
    let proposal = world.proclaim(pause(30));
    let ballot = Ballot::all(Choice::Yes);
    let own = Payload::Vote(Vote { proposal, ballot, validator: None });
    world.fails(operator(0), own, "house_not_asked");
    world.fails(4, vote(proposal, 0, Choice::Yes), "not_operator");
}

#[test]
fn a_validator_in_jail_is_not_asked_in_an_emergency() {
    let mut genesis = genesis();
    genesis.params.slashing.max_consecutive_misses = 5;
    let mut world = World::of(genesis);
    let jailed = |world: &World| world.chain.validator(validator_key(4)).jailed_until.is_some();
    while !jailed(&world) {
        world.chain.advance_without(&[4], &[]);
    }
    let number = world.proclaim(pause(30));
    assert_eq!(world.standing(number).terms.unwrap().validators, 4);
    world.fails(operator(4), vote(number, 4, Choice::Yes), "not_eligible");
    for validator in 0..4 {
        world.does(operator(validator), vote(number, validator, Choice::Yes));
    }
    assert_eq!(world.status(number), "enacted");
}

#[test]
fn an_emergency_about_what_cannot_happen_is_refused() {
    let mut world = World::new();
    let code = "nothing_to_override";
    let order = Order::CancelProposal { proposal: 7 };
    world.fails(4, submit(Criticality::Emergency, urgent(order)), code);
    world.fails(4, submit(Criticality::Critical, urgent(pause(30))), "wrong_criticality");
    world.fails(4, submit(Criticality::Emergency, urgent(pause(201))), "order_not_allowed");
}

#[test]
fn an_order_that_cannot_happen_any_more_fails_and_the_vote_counts() {
    let mut world = World::new();
    let upgrade = world.submit(3, Criticality::Important, upgrade());
    let number = world.proclaim(Order::CancelProposal { proposal: upgrade });
    world.order(&Order::CancelProposal { proposal: upgrade });
    world.agree(number);
    assert_eq!(world.status(number), "failed");
    assert_eq!(world.standing(number).validators.yes, 5_000_000);
    world.turn();
}

#[test]
fn an_emergency_does_what_the_override_may_not() {
    let mut world = World::of(with(Some(rules(&MEMBERS, 2, &[OrderKind::CancelUpgrade]))));
    let upgrade = world.submit(3, Criticality::Important, upgrade());
    let number = world.proclaim(Order::CancelProposal { proposal: upgrade });
    world.agree(number);
    assert_eq!([number, upgrade].map(|n| world.status(n)), ["enacted", "cancelled"]);
}

#[test]
fn vetoes_end_an_emergency_as_harmful_and_cost_its_deposit() {
    let mut world = World::new();
    let number = world.proclaim(pause(30));
    let before = world.balance(4);
    for validator in 0..2 {
        world.does(operator(validator), vote(number, validator, Choice::Veto));
    }
    world.turn();
    assert_eq!((world.status(number), world.balance(4)), ("rejected", before));
}
