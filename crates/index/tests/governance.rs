//! What the index says about a chain that governs itself, against the records of the ledger.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a failed unwrap is a failed test"
)]

#[path = "common/world.rs"]
mod world;

use althing_index::{Index, ProposalQuery, Topic};
use althing_ledger::{governance::query, treasury::query as treasury};
use althing_types::{
    Event, Payload,
    governance::{Ballot, Choice, DisbursementState},
    params::ParameterValue,
};
use world::{
    BLOCK_GAS, BRIDGE, CANCELLED, CHANGED, OPEN, RAILS, REJECTED, ROLLBACK, TRAINS, WAITING, World,
    ledger::{address, network::validator_key, tokens},
    story,
};

/// The story, indexed in batches of seven blocks.
fn indexed() -> (World, Index) {
    let (world, index) = (story(), Index::in_memory().unwrap());
    index.begin(&world::genesis()).unwrap();
    world.blocks.chunks(7).for_each(|batch| index.apply(batch).unwrap());
    (world, index)
}

fn numbers(index: &Index, query: &ProposalQuery) -> Vec<u64> {
    index.proposals(query, 100).unwrap().iter().map(|row| row.number).collect()
}

#[test]
fn every_proposal_has_the_state_that_the_ledger_says() {
    let (world, index) = indexed();
    let rows = index.proposals(&ProposalQuery::default(), 100).unwrap();
    assert_eq!(rows.len() as u64, WAITING);
    for row in &rows {
        let (key, standing) = (query::proposal_key(row.number), query::standing_key(row.number));
        let proposal = query::decode_proposal(&world.chain.state[&key]).unwrap();
        let standing = query::decode_standing(&world.chain.state[&standing]).unwrap();
        assert_eq!(row.status, standing.status.name(), "{}", row.number);
        assert_eq!((row.proposer, row.submitted), (proposal.proposer, proposal.submitted));
        assert_eq!(row.kind, proposal.action.name());
        assert_eq!(row.criticality, proposal.criticality.name());
    }
    let row = |number: u64| rows.iter().find(|row| row.number == number).unwrap();
    let heights = |number| {
        let row = row(number);
        [row.opened, row.closed, row.ended].map(|height| height.map_or(0, |height| height.get()))
    };
    assert_eq!(heights(CHANGED), [19, 29, 39]);
    assert_eq!(heights(REJECTED), [19, 29, 29]);
    assert_eq!(heights(CANCELLED), [0, 0, 11]);
    assert_eq!(heights(WAITING), [0, 0, 0]);
}

#[test]
fn proposals_are_found_by_state_kind_and_proposer_and_paged() {
    let (_, index) = indexed();
    let status = |status: &str| ProposalQuery {
        status: Some(status.to_owned()),
        ..ProposalQuery::default()
    };
    assert_eq!(numbers(&index, &status("voting")), [ROLLBACK, OPEN]);
    assert_eq!(numbers(&index, &status("enacted")), [TRAINS, BLOCK_GAS, RAILS, BRIDGE, CHANGED]);
    let kind = ProposalQuery { kind: Some("text".to_owned()), ..ProposalQuery::default() };
    assert_eq!(numbers(&index, &kind), [WAITING, OPEN, CANCELLED, REJECTED]);
    let mine = ProposalQuery { proposer: Some(address(2)), ..ProposalQuery::default() };
    assert_eq!(numbers(&index, &mine), [ROLLBACK, CHANGED]);
    let later = ProposalQuery { before: Some(CHANGED), ..mine };
    assert_eq!(numbers(&index, &later), [0u64; 0]);
    let counts = index.proposal_counts().unwrap();
    assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), WAITING);
    assert!(counts.contains(&("rejected".to_owned(), 1)), "{counts:?}");
}

#[test]
fn the_last_vote_of_each_voter_is_kept_with_its_weight() {
    let (world, index) = indexed();
    let votes = index.votes(REJECTED, None, 100).unwrap();
    let said: Vec<_> = votes.iter().map(|vote| (vote.validator, vote.ballot)).collect();
    assert_eq!(
        said,
        [
            (None, Ballot::all(Choice::No)),
            (Some(validator_key(1)), Ballot::all(Choice::Veto)),
            (Some(validator_key(0)), Ballot::all(Choice::No)),
        ]
    );
    assert_eq!((votes[0].voter, votes[0].weight), (address(1), tokens(4_000)));
    let key = query::account_vote_key(REJECTED, address(1));
    let record = query::decode_account_vote(&world.chain.state[&key]).unwrap();
    assert_eq!((record.ballot, record.weight), (votes[0].ballot, votes[0].weight));
    let older = index.votes(REJECTED, Some(votes[1].at), 100).unwrap();
    assert_eq!(older, votes[2..]);
    assert_eq!(index.votes(REJECTED, None, 1).unwrap(), votes[..1]);
    assert_eq!(index.vote_counts().unwrap(), (3, 11));
}

#[test]
fn every_event_of_a_proposal_but_votes_is_found_where_it_is() {
    let (world, index) = indexed();
    for number in 1..=WAITING {
        let expected: Vec<&Event> = world
            .blocks
            .iter()
            .flat_map(|entry| entry.receipts.iter().flat_map(|receipt| &receipt.events))
            .filter(|event| event.proposal() == Some(number))
            .filter(|event| !matches!(event, Event::Voted { .. }))
            .collect();
        let places = index.proposal_events(number, 100).unwrap();
        let found: Vec<&Event> = places
            .iter()
            .map(|place| {
                let (height, receipt) = place.at;
                let entry = &world.blocks[height.get() as usize - 1];
                &entry.receipts[receipt as usize].events[place.seq as usize]
            })
            .collect();
        assert_eq!(found, expected, "{number}");
        assert!(!found.is_empty());
    }
}

#[test]
fn changes_of_parameters_are_listed_newest_first_and_by_name() {
    let (_, index) = indexed();
    let all = index.parameter_changes(None, None, 10).unwrap();
    let names: Vec<(u64, &str)> =
        all.iter().map(|row| (row.proposal, row.change.name.as_str())).collect();
    assert_eq!(names, [(BLOCK_GAS, "block_gas_limit"), (CHANGED, "staking.min_delegation")]);
    let one = index.parameter_changes(Some("staking.min_delegation"), None, 10).unwrap();
    assert_eq!(one, all[1..]);
    assert_eq!(one[0].change.to, ParameterValue::Amount { value: tokens(2) });
    assert_eq!(index.parameter_changes(None, Some(all[0].number), 10).unwrap(), one);
    assert!(index.parameter_changes(Some("fee_split"), None, 10).unwrap().is_empty());
}

#[test]
fn disbursements_have_the_state_that_the_ledger_says() {
    let (world, index) = indexed();
    let rows = index.disbursements(None, None, 10).unwrap();
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [TRAINS, RAILS, BRIDGE]);
    for row in &rows {
        let key = treasury::disbursement_key(row.number);
        let record = treasury::decode_disbursement(&world.chain.state[&key]).unwrap();
        assert_eq!((row.state, row.total), (record.state, record.total), "{}", row.number);
        assert_eq!(row.executed, record.executed.map(|moment| moment.time));
        assert!(row.queued.is_some());
    }
    let sums = index.disbursement_sums().unwrap();
    assert_eq!(sums.len(), DisbursementState::ALL.len());
    assert_eq!(sums.iter().map(|sum| sum.count).sum::<u64>(), 3);
    let executed = sums.iter().find(|sum| sum.state == DisbursementState::Executed).unwrap();
    assert_eq!((executed.count, executed.total), (1, tokens(500)));
    let found = index.disbursements(Some(DisbursementState::Executed), None, 10).unwrap();
    assert_eq!(found.iter().map(|row| row.number).collect::<Vec<_>>(), [BRIDGE]);
    assert!(index.disbursements(None, Some(BRIDGE), 10).unwrap().is_empty());
}

#[test]
fn blocks_applied_twice_and_in_other_batches_lead_to_the_same_rows() {
    let (world, once) = indexed();
    let twice = Index::in_memory().unwrap();
    twice.begin(&world::genesis()).unwrap();
    twice.apply(&world.blocks).unwrap();
    twice.apply(&world.blocks).unwrap();
    let all = |index: &Index| {
        (
            index.proposals(&ProposalQuery::default(), 100).unwrap(),
            (1..=WAITING).map(|number| index.votes(number, None, 100).unwrap()).collect::<Vec<_>>(),
            index.parameter_changes(None, None, 100).unwrap(),
            index.disbursements(None, None, 100).unwrap(),
            index.proposal_events(BRIDGE, 100).unwrap(),
            index.facts(Topic::Safety, None, 100).unwrap(),
        )
    };
    assert_eq!(all(&once), all(&twice));
}

#[test]
fn every_approval_and_use_of_the_override_is_remembered_with_what_it_changed() {
    let (mut world, index) = indexed();
    let known = world.blocks.len();
    world.block(&[(1, Payload::Override(world::call()))]);
    index.apply(&world.blocks[known..]).unwrap();
    let rows = index.facts(Topic::Safety, None, 10).unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row.event.name()).collect();
    assert_eq!(names, ["change-begun", "override-used", "override-approved", "override-approved"]);
    assert_eq!(rows[1].event, Event::OverrideUsed { call: 7, order: world::call().order, used: 1 });
    let last = &world.blocks.last().unwrap().block.header;
    assert_eq!((rows[0].height, rows[0].time), (last.height, last.timestamp));
    assert!(rows[3].height < last.height);
    assert_eq!(index.facts(Topic::Safety, Some(rows[1].number), 1).unwrap(), rows[2..3]);
    for other in [Topic::Upgrade, Topic::Network] {
        assert!(index.facts(other, None, 10).unwrap().is_empty(), "{other:?}");
    }
}

#[test]
fn what_the_treasury_earned_is_remembered_epoch_by_epoch() {
    let (world, index) = indexed();
    let expected: Vec<&Event> = world
        .blocks
        .iter()
        .flat_map(|entry| entry.receipts.iter().flat_map(|receipt| &receipt.events))
        .filter(|event| matches!(event, Event::TreasuryEarned { .. }))
        .collect();
    let rows = index.facts(Topic::Income, None, 100).unwrap();
    assert_eq!(rows.iter().rev().map(|row| &row.event).collect::<Vec<_>>(), expected);
    assert!(!rows.is_empty());
}
