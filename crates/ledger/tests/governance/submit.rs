use super::*;
use althing_types::params::Schedule;

#[test]
fn a_proposal_takes_the_deposit_and_waits_for_the_next_epoch() {
    let mut world = World::new(3);
    let before = world.balance(1);
    let receipt = world.send(1, submit(Criticality::Standard, Action::Text {}));
    assert_eq!(names(&receipt.events), ["proposal-submitted"]);
    let paid = tokens(DEPOSIT).checked_add(receipt.fee).unwrap();
    assert_eq!(world.balance(1), before.checked_sub(paid).unwrap());
    assert_eq!(world.held("governance"), tokens(DEPOSIT));
    assert_eq!((world.status(1), world.agenda().next), ("waiting", 2));
    let proposal = world.proposal(1);
    assert_eq!((proposal.proposer, proposal.deposit), (address(1), tokens(DEPOSIT)));
    assert_eq!(proposal.submitted.get(), world.chain.height);
    world.fails(0, own_vote(1, Choice::Yes), "not_voting");
    assert_eq!(steps(&world.turn()), ["proposal-opened"]);
    assert_eq!(world.status(1), "voting");
    let terms = world.standing(1).terms.unwrap();
    assert_eq!(
        (terms.snapshot, terms.stake, terms.validators),
        (world.epoch(), tokens(3 * OWN), 3)
    );
}

#[test]
fn a_proposal_without_a_title_or_without_a_change_does_not_enter_a_block() {
    let mut world = World::new(1);
    let Payload::SubmitProposal(message) = submit(Criticality::Standard, Action::Text {}) else {
        panic!("a proposal is a proposal")
    };
    let untitled = SubmitProposal { title: "".parse().unwrap(), ..message };
    world.is_refused(0, Payload::SubmitProposal(untitled), &Invalid::TitleMissing);
    let same = Parameter::find("max_validity_blocks").unwrap().get(&world.params());
    for changes in [Vec::new(), vec![world.change("max_validity_blocks", same)]] {
        let payload = submit(Criticality::Standard, parameters(changes));
        world.is_refused(0, payload, &Invalid::NothingToDo);
    }
}

#[test]
fn what_could_not_be_enacted_is_refused_with_the_reason() {
    let mut world = World::new(3);
    let change = |name: &str, to| world.change(name, to);
    let apr = |start| {
        let [start, step, floor] = [ppm(start), ppm(0), ppm(0)];
        ParameterValue::Schedule { value: Schedule::TargetApr { start, step, floor } }
    };
    let unknown = ParameterChange {
        name: "epoch_length".parse().unwrap(),
        ..change("max_validity_blocks", number(7))
    };
    let stale = ParameterChange { from: number(1), ..change("max_validity_blocks", number(12)) };
    let cases = [
        ("parameter_unknown", vec![unknown]),
        ("parameter_type", vec![change("max_validity_blocks", part(50))]),
        ("parameter_changed", vec![stale]),
        ("parameter_bounds", vec![change("max_validity_blocks", number(9))]),
        // Legal alone, but not together.
        (
            "parameter_bounds",
            vec![
                change("staking.max_validators", number(50)),
                change("staking.max_candidates", number(11)),
            ],
        ),
        // Legal, but more than nodes of this chain set memory aside for.
        ("parameter_bounds", vec![change("staking.max_validators", number(13))]),
        ("reserve_empty", vec![change("emission.schedule", apr(100_000))]),
    ];
    for (code, changes) in cases {
        world.fails(0, submit(Criticality::Standard, parameters(changes)), code);
    }
    let harmless = vec![world.change("emission.schedule", apr(0))];
    world.submit(0, Criticality::Standard, parameters(harmless));
}

#[test]
fn a_parameter_may_change_twice_in_one_proposal_if_each_change_starts_where_the_last_one_ended() {
    let mut world = World::new(1);
    let first = world.change("max_validity_blocks", number(200));
    let second = ParameterChange { from: number(200), to: number(300), ..first.clone() };
    world.submit(0, Criticality::Standard, parameters(vec![first.clone(), second]));
    let twice = vec![first.clone(), first];
    world.fails(0, submit(Criticality::Standard, parameters(twice)), "parameter_changed");
}

#[test]
fn nothing_is_voted_on_with_a_criticality_that_it_cannot_have() {
    let mut world = World::new(1);
    let quorum = vec![world.change("governance.quorum", part(400_000))];
    for (criticality, action) in [
        (Criticality::Optional, Action::Text {}),
        (Criticality::Emergency, Action::Text {}),
        (Criticality::Standard, parameters(quorum.clone())),
    ] {
        world.fails(0, submit(criticality, action), "wrong_criticality");
    }
    let number = world.submit(0, Criticality::Important, parameters(quorum));
    assert_eq!(world.proposal(number).houses, althing_types::governance::Houses::BOTH);
}

#[test]
fn open_proposals_are_limited_for_all_and_for_each() {
    let mut genesis = genesis(1);
    genesis.params.governance.max_open = 3;
    genesis.params.governance.max_open_per_account = 2;
    let mut world = World::with(genesis);
    let text = || submit(Criticality::Standard, Action::Text {});
    world.does(0, text());
    world.does(0, text());
    world.fails(0, text(), "too_many_own_proposals");
    world.does(1, text());
    world.fails(2, text(), "too_many_proposals");
    world.does(0, cancel(1));
    world.does(2, text());
    assert_eq!(
        world.agenda().entries.iter().map(|entry| entry.proposal).collect::<Vec<_>>(),
        [2, 3, 4]
    );
}

#[test]
fn whoever_cannot_pay_the_deposit_cannot_propose() {
    let mut genesis = genesis(1);
    genesis.params.governance.deposit = tokens(FUNDS);
    let mut world = World::with(genesis);
    world.fails(0, submit(Criticality::Standard, Action::Text {}), "insufficient_balance");
}
