use super::*;

/// Three validators; user 1 has 4,000 and user 2 has 1,000 with validator 0, user 2 has 2,000 with
/// validator 1. A proposal is voted on.
fn world(criticality: Criticality, action: impl Fn(&World) -> Action) -> (World, u64) {
    let mut world = World::new(3);
    world.does(1, delegate(0, 4_000));
    world.does(2, delegate(0, 1_000));
    world.does(2, delegate(1, 2_000));
    let action = action(&world);
    let number = world.open(criticality, action);
    (world, number)
}

fn text() -> (World, u64) {
    world(Criticality::Standard, |_| Action::Text {})
}

#[test]
fn stake_votes_as_its_validator_unless_its_owner_votes() {
    let (mut world, number) = text();
    let events = world.does(operator(0), validator_vote(number, 0, Choice::Yes));
    let Event::Voted { weight, validator, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!((*weight, *validator), (tokens(15_000), Some(validator_key(0))));
    assert_eq!(world.stake(number), [15_000, 0, 0, 0]);
    let events = world.does(1, own_vote(number, Choice::No));
    let Event::Voted { weight, validator, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!((*weight, *validator), (tokens(4_000), None));
    assert_eq!(world.stake(number), [11_000, 4_000, 0, 0]);
    // Before its validator votes, too, and with several validators.
    world.does(2, own_vote(number, Choice::Veto));
    assert_eq!(world.stake(number), [10_000, 4_000, 0, 3_000]);
    world.does(operator(1), validator_vote(number, 1, Choice::Abstain));
    assert_eq!(world.stake(number), [10_000, 4_000, 10_000, 3_000]);
}

#[test]
fn votes_can_change_as_often_as_somebody_pays_for_it() {
    let (mut world, number) = text();
    for choice in [Choice::Yes, Choice::No, Choice::Abstain, Choice::Veto, Choice::Veto] {
        world.does(operator(0), validator_vote(number, 0, choice));
        world.does(1, own_vote(number, choice));
        let mut expected = [0; 4];
        expected[usize::from(choice.byte())] = 15_000;
        assert_eq!(world.stake(number), expected);
    }
}

#[test]
fn a_vote_can_be_divided() {
    let (mut world, number) = text();
    let ballot = Ballot::new(ppm(500_000), ppm(250_000), ppm(0), ppm(250_000)).unwrap();
    world.does(1, Payload::Vote(Vote { proposal: number, ballot, validator: None }));
    assert_eq!(world.stake(number), [2_000, 1_000, 0, 1_000]);
    let thirds = Ballot::new(ppm(333_333), ppm(333_333), ppm(1), ppm(333_333)).unwrap();
    world.does(1, Payload::Vote(Vote { proposal: number, ballot: thirds, validator: None }));
    let count = world.standing(number).stake;
    assert_eq!((count.yes, count.no), (count.no, count.veto));
    assert_eq!(count.cast(), tokens(4_000));
}

#[test]
fn an_operator_votes_for_its_validator_and_may_vote_otherwise_with_its_own_stake() {
    let (mut world, number) = text();
    world.does(operator(0), validator_vote(number, 0, Choice::Yes));
    world.does(operator(0), own_vote(number, Choice::No));
    assert_eq!(world.stake(number), [5_000, 10_000, 0, 0]);
}

#[test]
fn only_its_operator_votes_for_a_validator() {
    let (mut world, number) = text();
    world.fails(1, validator_vote(number, 0, Choice::Yes), "not_operator");
    world.fails(operator(1), validator_vote(number, 0, Choice::Yes), "not_operator");
    world.fails(1, own_vote(number + 1, Choice::Yes), "unknown_proposal");
}

#[test]
fn stake_that_comes_after_the_vote_began_has_no_part_in_it() {
    let (mut world, number) = text();
    world.does(3, delegate(0, 5_000));
    world.does(1, delegate(0, 5_000));
    world.fails(3, own_vote(number, Choice::Yes), "no_voting_power");
    world.does(1, own_vote(number, Choice::Yes));
    world.does(operator(0), validator_vote(number, 0, Choice::No));
    assert_eq!(world.stake(number), [4_000, 11_000, 0, 0]);
}

#[test]
fn stake_that_moves_after_the_vote_began_votes_once_and_where_it_was() {
    let (mut world, number) = text();
    world.does(1, redelegate(0, 1, 3_000));
    world.does(2, undelegate(0, 1_000));
    world.does(operator(0), validator_vote(number, 0, Choice::Yes));
    world.does(operator(1), validator_vote(number, 1, Choice::No));
    assert_eq!(world.stake(number), [15_000, 12_000, 0, 0]);
    // What is with validator 1 by now is taken out of where it was, also where nothing is left.
    world.does(1, own_vote(number, Choice::Abstain));
    assert_eq!(world.stake(number), [11_000, 12_000, 4_000, 0]);
    world.does(2, own_vote(number, Choice::Abstain));
    assert_eq!(world.stake(number), [10_000, 10_000, 7_000, 0]);
}

#[test]
fn two_votes_of_different_epochs_count_what_was_there_at_the_beginning_of_each() {
    let mut genesis = genesis(3);
    genesis.params.governance.standard.voting = Period::blocks(25);
    let mut world = World::with(genesis);
    world.does(1, delegate(0, 4_000));
    let first = world.open(Criticality::Standard, Action::Text {});
    world.does(1, delegate(0, 1_000));
    world.does(1, undelegate(0, 500));
    let second = world.open(Criticality::Standard, Action::Text {});
    world.does(1, redelegate(0, 2, 2_500));
    world.turn();
    world.does(1, own_vote(first, Choice::Yes));
    world.does(1, own_vote(second, Choice::Yes));
    assert_eq!((world.stake(first)[0], world.stake(second)[0]), (4_000, 4_500));
}

#[test]
fn only_validators_are_asked_about_the_network() {
    let (mut world, number) = world(Criticality::Standard, |world| {
        parameters(vec![world.change("max_validity_blocks", number(200))])
    });
    world.fails(1, own_vote(number, Choice::Yes), "house_not_asked");
    world.does(operator(0), validator_vote(number, 0, Choice::Yes));
    world.does(operator(1), validator_vote(number, 1, Choice::No));
    assert_eq!(world.heads(number), [1_000_000, 1_000_000]);
    world.does(operator(1), validator_vote(number, 1, Choice::Yes));
    assert_eq!((world.heads(number), world.stake(number)), ([2_000_000, 0], [0; 4]));
}

#[test]
fn a_validator_in_jail_is_no_member_of_its_house_but_its_stake_counts() {
    let mut genesis = genesis(4);
    genesis.params.slashing.max_consecutive_misses = 5;
    genesis.params.slashing.first_jail = ppm(0);
    let mut world = World::with(genesis);
    while world.chain.validator(validator_key(3)).jailed_until.is_none() {
        world.chain.advance_without(&[3], &[]);
    }
    let change = world.change("max_validity_blocks", number(200));
    let network = world.submit(0, Criticality::Standard, parameters(vec![change]));
    let text = world.submit(0, Criticality::Standard, Action::Text {});
    world.chain.end_epoch(&[3]);
    assert_eq!(world.standing(network).terms.unwrap().validators, 3);
    let vote = |proposal| validator_vote(proposal, 3, Choice::No);
    world.fails(operator(3), vote(network), "not_eligible");
    world.does(operator(3), vote(text));
    assert_eq!(world.stake(text), [0, OWN.into(), 0, 0]);
}

#[test]
fn a_validator_whose_node_is_not_heard_is_no_member_of_its_house() {
    let mut genesis = genesis(2);
    genesis.params.governance.min_uptime = ppm(600_000);
    let mut world = World::with(genesis);
    let change = world.change("max_validity_blocks", number(200));
    let network = world.open(Criticality::Standard, parameters(vec![change]));
    assert_eq!(world.standing(network).terms.unwrap().validators, 0);
    world.fails(operator(0), validator_vote(network, 0, Choice::Yes), "not_eligible");
    let closed = world.turn();
    assert!(closed.iter().any(|event| matches!(
        event,
        Event::ProposalRejected { reason: althing_types::governance::Rejection::Threshold, .. }
    )));
}

#[test]
fn gas_of_a_first_vote_grows_with_the_validators_and_later_ones_are_cheaper() {
    let (mut world, number) = text();
    let one = world.send(1, own_vote(number, Choice::Yes)).gas_used.get();
    let two = world.send(2, own_vote(number, Choice::Yes)).gas_used.get();
    let again = world.send(2, own_vote(number, Choice::No)).gas_used.get();
    assert_eq!((one, two, again), (40_000, 50_000, 40_000));
}

#[test]
fn whoever_changes_delegations_in_more_epochs_than_are_kept_leaves_the_vote_to_validators() {
    let mut genesis = genesis(3);
    genesis.params.governance.standard.voting = Period::blocks(10_000);
    genesis.params.staking.unbonding = Period::blocks(1);
    let mut world = World::with(genesis);
    world.chain.audit_every = 50;
    world.does(1, delegate(0, 4_000));
    world.does(2, delegate(0, 4_000));
    let first = world.open(Criticality::Standard, Action::Text {});
    for _ in 0..64 {
        world.does(1, delegate(0, 100));
        world.turn();
    }
    let last = world.open(Criticality::Standard, Action::Text {});
    world.does(1, delegate(0, 100));
    world.fails(1, own_vote(first, Choice::Yes), "no_voting_power");
    world.does(2, own_vote(first, Choice::Yes));
    world.does(1, own_vote(last, Choice::Yes));
    assert_eq!((world.stake(first)[0], world.stake(last)[0]), (4_000, 10_400));
    world.does(operator(0), validator_vote(first, 0, Choice::No));
    assert_eq!(world.stake(first), [4_000, 14_000, 0, 0]);
}
