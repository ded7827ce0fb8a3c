//! Committees: who votes, what counts, the second committee.

use super::*;
use althing_types::compute::RejectReason;

/// A world in which task `1..` was committed to and is challenged.
fn challenged() -> (World, u64) {
    let mut world = World::working(1);
    let task = world.take(0, 1);
    world.pass(2);
    world.commit_all(&[task]);
    world.pass(2);
    assert_eq!(world.task(task).state, TaskState::Challenged);
    (world, task)
}

fn cast(world: &mut World, number: usize, votes: Vec<ResultVote>) -> &'static str {
    let receipt = world.send(Sender::Node(number), votes_of(number, votes));
    codes::name_of(receipt.code)
}

#[test]
fn two_thirds_of_a_committee_accept_and_the_others_may_still_vote() {
    let (mut world, task) = challenged();
    for number in 0..2 {
        assert_eq!(cast(&mut world, number, vec![vote(task, Verdict::Valid)]), "ok");
        assert_eq!(world.task(task).state, TaskState::Challenged);
    }
    assert_eq!(cast(&mut world, 2, vec![vote(task, Verdict::Valid)]), "ok");
    assert_eq!(world.task(task).state, TaskState::Accepted);
    assert_eq!(cast(&mut world, 3, vec![vote(task, Verdict::Abstain)]), "ok");
    let state = &world.chain.state;
    let verifying = query::decode_verifying(&state[&query::verifying_key()]).unwrap();
    assert!(verifying.is_empty());
    world.pass(5);
    assert_eq!(world.task(task).state, TaskState::Settled);
    let key = query::checker_key(validator_key(3));
    let checker = query::decode_checker(&world.chain.state[&key]).unwrap();
    // The benchmark before was valid for it.
    assert_eq!((checker.drawn, checker.valid, checker.abstained), (2, 1, 1));
    let accepted = world.log.iter().filter_map(|(_, event)| event.accepted_result()).count();
    assert_eq!(accepted, 2);
}

#[test]
fn a_vote_counts_once_from_members_alone_while_the_vote_is_open() {
    let mut world = World::with(|genesis| genesis.params.compute.vote_window = Period::blocks(20));
    world.equip(1);
    let task = world.take(0, 1);
    world.pass(2);
    world.commit_all(&[task]);
    world.pass(2);
    let valid = || vec![vote(task, Verdict::Valid)];
    world.fails_by(Sender::User(0), votes_of(0, valid()), "wrong_node");
    world.fails_by(Sender::Node(1), votes_of(0, valid()), "wrong_node");
    world.fails_by(Sender::Node(0), votes_of(0, vec![vote(999, Verdict::Valid)]), "no_vote_counts");
    assert_eq!(cast(&mut world, 0, valid()), "ok");
    world.fails_by(Sender::Node(0), votes_of(0, valid()), "no_vote_counts");
    // What cannot count does not spoil what can.
    let mixed = vec![vote(task, Verdict::Valid), vote(999, Verdict::Valid)];
    assert_eq!(cast(&mut world, 1, mixed), "ok");
    assert_eq!(cast(&mut world, 2, valid()), "ok");
    world.pass(6);
    assert_eq!(world.task(task).state, TaskState::Settled);
    world.fails_by(Sender::Node(3), votes_of(3, valid()), "no_vote_counts");
}

#[test]
fn not_every_validator_is_a_member_of_a_small_committee() {
    let mut world = World::with(|genesis| genesis.params.compute.committee = 2);
    world.equip(1);
    let task = world.take(0, 1);
    world.pass(2);
    world.commit_all(&[task]);
    world.pass(2);
    let check = world.task(task).check.unwrap();
    assert_eq!(check.members.len(), 2);
    let set = world.chain.set(althing_types::Height::new(world.chain.height).epoch(10));
    let drawn = query::committee(&set, &check.challenge.unwrap(), 2);
    assert!(check.members.iter().map(|member| member.validator).eq(drawn.iter().copied()));
    let member = |number| drawn.contains(&validator_key(number));
    let out = (0..VALIDATORS).find(|number| !member(*number)).unwrap();
    world.fails_by(
        Sender::Node(out),
        votes_of(out, vec![vote(task, Verdict::Valid)]),
        "no_vote_counts",
    );
}

#[test]
fn what_two_committees_do_not_get_is_withheld_and_earns_nothing() {
    let (mut world, task) = challenged();
    let first = world.task(task).check.unwrap().challenge;
    for number in 0..2 {
        assert_eq!(cast(&mut world, number, vec![vote(task, Verdict::Unavailable)]), "ok");
    }
    // More than a third: at once.
    let second = world.task(task);
    assert_eq!((second.state, second.check.unwrap().round), (TaskState::Committed, 1));
    world.pass(2);
    assert_ne!(world.task(task).check.unwrap().challenge, first);
    let stake = world.worker(0).stake;
    for number in 0..2 {
        assert_eq!(cast(&mut world, number, vec![vote(task, Verdict::Unavailable)]), "ok");
    }
    let over = world.task(task);
    assert_eq!((over.state, over.reason), (TaskState::Failed, Some(RejectReason::Withheld)));
    let worker = world.worker(0);
    assert_eq!((worker.counters.withheld, worker.stake, worker.strikes), (1, stake, 0));
    world.pass(10);
    assert!(!world.chain.state.contains_key(&query::credits_key(account(0))));
}

#[test]
fn a_second_committee_saves_who_was_honest() {
    let (mut world, task) = challenged();
    for number in 0..2 {
        cast(&mut world, number, vec![vote(task, Verdict::Unavailable)]);
    }
    world.pass(2);
    world.vote_all(&[task], Verdict::Valid);
    assert_eq!(world.task(task).state, TaskState::Accepted);
    world.pass(5);
    assert_eq!(world.task(task).state, TaskState::Settled);
    assert_eq!(world.worker(0).counters.withheld, 0);
}

#[test]
fn silence_and_abstention_blame_nobody() {
    let (mut world, task) = challenged();
    world.vote_all(&[task], Verdict::Abstain);
    assert_eq!(world.task(task).state, TaskState::Challenged);
    world.pass(6);
    assert_eq!(world.task(task).check.unwrap().round, 1);
    // The second one says nothing at all.
    world.pass(9);
    let over = world.task(task);
    assert_eq!((over.state, over.reason), (TaskState::Failed, Some(RejectReason::Unverified)));
    let counters = world.worker(0).counters;
    assert_eq!((counters.withheld, counters.expired, counters.wrong), (0, 0, 0));
    let key = query::checker_key(validator_key(0));
    let checker = query::decode_checker(&world.chain.state[&key]).unwrap();
    assert_eq!((checker.abstained, checker.missed, checker.drawn), (1, 1, 3));
}
