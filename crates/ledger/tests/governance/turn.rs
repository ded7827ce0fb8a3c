use super::*;
use althing_ledger::governance::Status;
use althing_types::governance::Rejection;

fn rejection(events: &[Event]) -> (Rejection, Amount) {
    let found = events.iter().find_map(|event| match event {
        Event::ProposalRejected { reason, forfeited, .. } => Some((*reason, *forfeited)),
        _ => None,
    });
    found.unwrap()
}

#[test]
fn a_parameter_change_that_passes_is_enacted_by_itself_after_its_delay() {
    let mut world = World::new(3);
    let change =
        world.change("staking.min_delegation", ParameterValue::Amount { value: tokens(7) });
    let number = world.open(Criticality::Standard, parameters(vec![change.clone()]));
    for operating in 0..2 {
        world.does(operator(operating), validator_vote(number, operating, Choice::Yes));
    }
    let before = world.balance(0);
    assert_eq!(steps(&world.turn()), ["proposal-passed"]);
    assert_eq!(world.balance(0), before.checked_add(tokens(DEPOSIT)).unwrap());
    assert_eq!((world.status(number), world.held("governance")), ("queued", Amount::ZERO));
    world.fails(operator(2), validator_vote(number, 2, Choice::No), "not_voting");
    assert_eq!(world.params().staking.min_delegation, tokens(100));
    world.fails(1, delegate(0, 7), "delegation_too_low");
    let events = world.turn();
    assert_eq!(steps(&events), ["parameter-changed", "proposal-enacted"]);
    assert!(events.contains(&Event::ParameterChanged { proposal: number, change }));
    let height = world.chain.height;
    assert!(
        matches!(world.standing(number).status, Status::Enacted { height: at } if at.get() == height)
    );
    assert_eq!(world.params().staking.min_delegation, tokens(7));
    assert!(world.agenda().entries.is_empty());
    world.does(1, delegate(0, 7));
}

#[test]
fn a_vote_without_a_quorum_costs_a_part_of_the_deposit() {
    let mut world = World::new(4);
    let number = world.open(Criticality::Standard, Action::Text {});
    world.does(operator(0), validator_vote(number, 0, Choice::Yes));
    let before = world.balance(0);
    let rejected = rejection(&world.turn());
    assert_eq!(rejected, (Rejection::NoQuorum, tokens(DEPOSIT / 5)));
    assert_eq!(world.balance(0), before.checked_add(tokens(DEPOSIT - DEPOSIT / 5)).unwrap());
    assert_eq!(world.status(number), "rejected");
}

#[test]
fn a_vote_that_is_lost_costs_nothing_and_a_harmful_proposal_all_of_the_deposit() {
    let mut world = World::new(3);
    let lost = world.open(Criticality::Standard, Action::Text {});
    let harmful = world.submit(0, Criticality::Standard, Action::Text {});
    world.does(operator(0), validator_vote(lost, 0, Choice::Yes));
    world.does(operator(1), validator_vote(lost, 1, Choice::No));
    assert_eq!(rejection(&world.turn()), (Rejection::Threshold, Amount::ZERO));
    world.does(operator(0), validator_vote(harmful, 0, Choice::Yes));
    world.does(operator(1), validator_vote(harmful, 1, Choice::Veto));
    assert_eq!(rejection(&world.turn()), (Rejection::Veto, tokens(DEPOSIT)));
}

#[test]
fn a_change_that_is_not_possible_any_more_fails_and_changes_nothing() {
    let mut world = World::new(1);
    let change =
        |world: &World, to| parameters(vec![world.change("max_validity_blocks", number(to))]);
    let first = change(&world, 200);
    let second = change(&world, 300);
    let first = world.submit(0, Criticality::Standard, first);
    let second = world.submit(0, Criticality::Standard, second);
    world.turn();
    for proposal in [first, second] {
        world.does(operator(0), validator_vote(proposal, 0, Choice::Yes));
    }
    world.turn();
    let events = world.turn();
    assert_eq!(steps(&events), ["parameter-changed", "proposal-enacted", "proposal-failed"]);
    let code = codes::from_name("parameter_changed").unwrap().get();
    assert!(events.contains(&Event::ProposalFailed { proposal: second, code }));
    assert!(
        matches!(world.standing(second).status, Status::Failed { code: known, .. } if known == code)
    );
    assert_eq!(world.params().max_validity_blocks, 200);
}

#[test]
fn both_houses_must_agree_to_a_change_of_governance() {
    for (heads, stake, status) in [(3, 2, "queued"), (2, 2, "rejected"), (3, 1, "rejected")] {
        // Two thirds of three validators are three, by their whole millionths.
        let mut world = World::new(3);
        let change = world.change("governance.quorum", part(400_000));
        let number = world.open(Criticality::Important, parameters(vec![change]));
        for operating in 0..3 {
            let choice = if operating < heads { Choice::Yes } else { Choice::No };
            world.does(operator(operating), validator_vote(number, operating, choice));
            // Their own stake may say something else.
            let choice = if operating < stake { Choice::Yes } else { Choice::Veto };
            if choice == Choice::Veto || operating >= heads {
                world.does(operator(operating), own_vote(number, choice));
            }
        }
        if status == "queued" {
            world.does(operator(2), own_vote(number, Choice::Abstain));
        }
        world.turn();
        assert_eq!(world.status(number), status, "{heads} {stake}");
    }
}

#[test]
fn the_terms_of_a_vote_are_those_of_its_beginning() {
    let mut world = World::new(3);
    let change = world.change("governance.standard.threshold", part(600_000));
    let rule = world.open(Criticality::Critical, parameters(vec![change]));
    for operating in 0..3 {
        world.does(operator(operating), validator_vote(rule, operating, Choice::Yes));
    }
    world.turn();
    let early = world.submit(0, Criticality::Standard, Action::Text {});
    assert_eq!(steps(&world.turn()), ["parameter-changed", "proposal-enacted", "proposal-opened"]);
    // It was opened by the turn that changed the rule, after that.
    assert_eq!(world.standing(early).terms.unwrap().threshold, ppm(600_000));
    let change = world.change("governance.standard.threshold", part(500_000));
    let back = world.submit(0, Criticality::Critical, parameters(vec![change]));
    world.turn();
    assert_eq!(world.status(back), "voting");
    assert_eq!(world.standing(early).terms.unwrap().threshold, ppm(600_000));
}

#[test]
fn weights_are_kept_as_long_as_a_vote_uses_them_and_no_longer() {
    let mut world = World::new(2);
    let first = world.open(Criticality::Standard, Action::Text {});
    let epoch = world.epoch();
    let power = query::power_key(epoch, validator_key(1));
    assert!(world.chain.state.contains_key(&power));
    world.turn();
    assert_eq!(world.status(first), "rejected");
    assert!(!world.chain.state.contains_key(&power));
    assert!(!world.chain.state.contains_key(&query::electorate_key(epoch)));
}

#[test]
fn a_vote_may_last_several_epochs() {
    let mut genesis = genesis(1);
    genesis.params.governance.standard.voting = Period::blocks(15);
    let mut world = World::with(genesis);
    let number = world.open(Criticality::Standard, Action::Text {});
    assert!(steps(&world.turn()).is_empty());
    world.does(operator(0), validator_vote(number, 0, Choice::Yes));
    assert_eq!(steps(&world.turn()), ["proposal-passed"]);
}

#[test]
fn an_operator_that_leaves_at_the_end_of_an_epoch_votes_with_what_it_had_then() {
    let mut world = World::new(3);
    let leave = Payload::Unstake(althing_types::message::Unstake { amount: None });
    world.does(operator(2), leave);
    while world.chain.validator(validator_key(2)).is_active(world.epoch().next().unwrap()) {
        world.turn();
    }
    // The stake unbonds with the turn that begins the vote, after weights are fixed.
    let number = world.open(Criticality::Standard, Action::Text {});
    assert!(world.chain.validator(validator_key(2)).tokens.is_zero());
    world.does(operator(2), own_vote(number, Choice::Yes));
    assert_eq!(world.stake(number), [OWN.into(), 0, 0, 0]);
}

#[test]
fn the_end_of_an_epoch_misses_nothing_that_was_not_asked_for_before() {
    let mut world = World::new(3);
    let change = world.change("max_validity_blocks", number(200));
    let number = world.submit(0, Criticality::Standard, parameters(vec![change]));
    for _ in 0..4 {
        world.turn();
        if world.status(number) == "voting" {
            for operating in 0..3 {
                world.does(operator(operating), validator_vote(number, operating, Choice::Yes));
            }
        }
    }
    assert_eq!((world.status(number), world.chain.repeats.get()), ("enacted", 0));
}

#[test]
fn a_proposal_in_the_last_block_of_an_epoch_costs_no_second_execution() {
    let mut world = World::new(3);
    let until_last = |world: &mut World| {
        while world.chain.height % 10 != 8 {
            world.chain.advance(&[]);
        }
    };
    until_last(&mut world);
    let number = world.submit(0, Criticality::Standard, Action::Text {});
    assert_eq!((world.status(number), world.chain.repeats.get()), ("voting", 0));
    until_last(&mut world);
    world.does(0, cancel(number));
    assert!(world.agenda().entries.is_empty());
    assert_eq!(world.chain.repeats.get(), 0);
}

#[test]
fn the_end_of_a_vote_touches_as_many_records_however_many_voted() {
    let touched = |voters: usize| {
        let mut world = World::new(1);
        for user in 0..USERS {
            world.does(user, delegate(0, 1_000));
        }
        let number = world.open(Criticality::Standard, Action::Text {});
        world.does(operator(0), validator_vote(number, 0, Choice::Yes));
        for user in 0..voters {
            world.does(user, own_vote(number, Choice::Yes));
        }
        while world.chain.height % 10 != 8 {
            world.chain.advance(&[]);
        }
        let (outcome, _) = world.chain.advance(&[]);
        assert_eq!(world.status(number), "queued");
        outcome.writes.len()
    };
    assert_eq!(touched(0), touched(USERS));
}
