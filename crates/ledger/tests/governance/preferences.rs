use super::*;
use althing_types::{
    Allocation, Authorization, Height, Nonce, SignedTransaction, governance::Preferences,
    message::SetPreferences,
};

/// A chain whose nodes own something, and a proposal that validators alone decide about.
fn world() -> (World, u64) {
    let mut genesis = genesis(3);
    genesis.allocations.extend((0..3).map(|number| Allocation {
        address: validator_key(number).node_account(),
        amount: tokens(1),
        vesting: None,
    }));
    let mut world = World::with(genesis);
    let change = world.change("max_validity_blocks", number(200));
    let number = world.open(Criticality::Important, parameters(vec![change]));
    (world, number)
}

fn prefer(minimum_criticality: Criticality) -> Payload {
    let (auto_adopt_optional, max_delay_tolerance) = (true, 1_000);
    let preferences =
        Some(Preferences { auto_adopt_optional, minimum_criticality, max_delay_tolerance });
    Payload::SetPreferences(SetPreferences { preferences })
}

/// What the node of validator `of` sends: the name of the code of its receipt.
fn by_node(world: &mut World, of: usize, payload: Payload) -> &'static str {
    let key = validator_key(of);
    let chain = &mut world.chain;
    let mut body = chain.transaction(0, 0, payload).body().clone();
    body.sender = key.node_account();
    body.nonce = Nonce::new(chain.account(body.sender).nonce.get());
    body.valid_until = Height::new(chain.height + 5);
    let authorization = Authorization::Ed25519 { public_key: *key.as_bytes(), signature: [0; 64] };
    let (outcome, results) = chain.advance(&[SignedTransaction::new(body, authorization)]);
    assert_eq!(results, [Ok(())]);
    codes::name_of(outcome.receipts[0].code)
}

#[test]
fn a_node_votes_for_its_validator_as_far_as_its_operator_leaves_that_to_it() {
    let (mut world, number) = world();
    let yes = |of| validator_vote(number, of, Choice::Yes);
    assert_eq!(by_node(&mut world, 0, yes(0)), "node_may_not");
    world.does(operator(0), prefer(Criticality::Critical));
    assert_eq!(by_node(&mut world, 0, yes(0)), "node_may_not");
    let events = world.does(operator(0), prefer(Criticality::Important));
    assert!(matches!(events[..], [Event::PreferencesSet { preferences: Some(_), .. }]));
    assert_eq!(by_node(&mut world, 0, yes(0)), "ok");
    assert_eq!(world.heads(number), [1_000_000, 0]);
    // Neither for another, nor once nothing is left to it.
    assert_eq!(by_node(&mut world, 0, yes(1)), "not_operator");
    world.does(operator(0), Payload::SetPreferences(SetPreferences { preferences: None }));
    assert_eq!(by_node(&mut world, 0, yes(0)), "node_may_not");
    assert!(!world.chain.state.contains_key(&query::preferences_key(validator_key(0))));
}

#[test]
fn what_an_operator_voted_by_hand_its_node_does_not_change() {
    let (mut world, number) = world();
    world.does(operator(0), prefer(Criticality::Standard));
    assert_eq!(by_node(&mut world, 0, validator_vote(number, 0, Choice::Yes)), "ok");
    world.does(operator(0), validator_vote(number, 0, Choice::No));
    assert_eq!(world.heads(number), [0, 1_000_000]);
    assert_eq!(by_node(&mut world, 0, validator_vote(number, 0, Choice::Yes)), "node_may_not");
    assert_eq!(world.heads(number), [0, 1_000_000]);
}

#[test]
fn nodes_do_not_vote_with_the_stake_of_others() {
    let (mut world, _) = world();
    world.does(operator(0), prefer(Criticality::Optional));
    let text = world.open(Criticality::Standard, Action::Text {});
    let vote = validator_vote(text, 0, Choice::Yes);
    assert_eq!(by_node(&mut world, 0, vote), "node_may_not");
    assert_eq!(world.stake(text), [0; 4]);
}

#[test]
fn only_operators_have_preferences() {
    let (mut world, _) = world();
    world.fails(1, prefer(Criticality::Standard), "not_operator");
}
