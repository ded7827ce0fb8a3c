use super::*;

#[test]
fn a_proposal_taken_back_costs_a_part_of_the_deposit_and_is_over() {
    let mut world = World::new(1);
    world.chain.send(1, submit(Criticality::Standard, Action::Text {}));
    let before = (world.balance(1), world.held("treasury"));
    let receipt = world.send(1, cancel(1));
    let [Event::ProposalCancelled { proposal: 1, proposer, forfeited }] = receipt.events[..] else {
        panic!("{receipt:?}")
    };
    assert_eq!((proposer, forfeited), (address(1), tokens(DEPOSIT / 10)));
    let back = tokens(DEPOSIT - DEPOSIT / 10).checked_sub(receipt.fee).unwrap();
    assert_eq!(world.balance(1), before.0.checked_add(back).unwrap());
    assert!(world.held("treasury") >= before.1.checked_add(forfeited).unwrap());
    assert_eq!((world.status(1), world.held("governance")), ("cancelled", Amount::ZERO));
    assert!(world.agenda().entries.is_empty());
    world.fails(1, cancel(1), "not_voting");
    assert!(steps(&world.turn()).is_empty());
}

#[test]
fn only_its_proposer_takes_a_proposal_back_and_only_before_it_is_decided() {
    let mut world = World::new(1);
    let number = world.open(Criticality::Standard, Action::Text {});
    world.fails(1, cancel(number), "not_proposer");
    world.fails(1, cancel(number + 1), "unknown_proposal");
    world.does(operator(0), validator_vote(number, 0, Choice::Yes));
    assert_eq!(steps(&world.turn()), ["proposal-passed"]);
    world.fails(0, cancel(number), "not_voting");
    assert_eq!(steps(&world.turn()), ["proposal-enacted"]);
    world.fails(0, cancel(number), "not_voting");
}

#[test]
fn the_weights_of_a_vote_that_was_taken_back_are_forgotten_at_the_end_of_the_epoch() {
    let mut world = World::new(2);
    let number = world.open(Criticality::Standard, Action::Text {});
    let epoch = world.epoch();
    world.does(operator(0), validator_vote(number, 0, Choice::Yes));
    world.does(0, cancel(number));
    let key = query::power_key(epoch, validator_key(0));
    assert!(world.chain.state.contains_key(&key));
    world.turn();
    assert!(!world.chain.state.contains_key(&key));
    assert!(!world.chain.state.contains_key(&query::electorate_key(epoch)));
}
