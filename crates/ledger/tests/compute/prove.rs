//! Disputes: what is wrong costs its worker, what is right costs who disputes it.

use super::*;
use althing_types::{
    compute::{Entry, RejectReason, WorkerState},
    message::ProveWrong,
};

fn prove(task: u64, opening: althing_types::message::Opening) -> Payload {
    Payload::ProveWrong(ProveWrong { task, opening })
}

/// A worker commits to a result with one wrong row.
fn cheated(world: &mut World, user: usize) -> (u64, Solved) {
    let task = world.take(user, 2);
    world.pass(2);
    let solved = world.wrong(task, |product, entries| {
        if product == 1 {
            entries[256 * 7 + 9] += 1;
        }
    });
    world.does(user, commit(vec![Commitment { task, root: solved.root, digest: None }]));
    (task, solved)
}

#[test]
fn a_wrong_entry_costs_a_part_of_the_stake_once_the_time_for_plants_is_over() {
    let mut world = World::working(1);
    let (task, solved) = cheated(&mut world, 0);
    assert_eq!(solved.first_wrong(), Some((1, 7, 9)));
    world.pass(2);
    world.vote_all(&[task], Verdict::Valid);
    // Also after it was accepted.
    let before = world.balance(STRANGER);
    let events = world.does(STRANGER, prove(task, solved.opening(1, 7, 9)));
    let entry = Entry { product: 1, row: 7, column: 9 };
    let (worker, prover) = (account(0), account(STRANGER));
    assert!(events.contains(&Event::ResultDisproved { task, worker, prover, entry }));
    world.fails(STRANGER, prove(task, solved.opening(1, 7, 9)), "not_disputable");
    let events = world.pass(5);
    let lost = tokens(50);
    let reward = tokens(15);
    let slashed = Event::WorkerSlashed { worker, task, amount: lost, prover, reward, strikes: 1 };
    assert!(events.contains(&slashed), "{events:?}");
    let after = world.worker(0);
    assert_eq!((after.stake, after.strikes, after.counters.wrong), (tokens(950), 1, 1));
    assert_eq!(world.task(task).reason, Some(RejectReason::Wrong));
    assert_eq!(world.compute().stakes, tokens(950));
    let gained = world.balance(STRANGER).checked_sub(before).unwrap();
    assert!(gained > tokens(14) && gained < reward);
    world.pass(10);
    assert!(!world.chain.state.contains_key(&query::credits_key(account(0))));
}

#[test]
fn to_dispute_what_is_right_costs_the_bond() {
    let mut world = World::working(1);
    let task = world.take(0, 1);
    world.pass(2);
    world.commit_all(&[task]);
    let before = world.balance(STRANGER);
    let opening = world.right(task).opening(0, 0, 0);
    let events = world.does(STRANGER, prove(task, opening));
    let failed = Event::DisputeFailed { task, sender: account(STRANGER), bond: tokens(10) };
    assert_eq!(events, [failed]);
    assert!(before.checked_sub(world.balance(STRANGER)).unwrap() >= tokens(10));
    assert_eq!(world.worker(0).strikes, 0);
    world.pass(2);
    world.vote_all(&[task], Verdict::Valid);
    world.pass(5);
    assert_eq!(world.task(task).state, TaskState::Settled);
    let opening = world.right(task).opening(0, 0, 0);
    world.fails(STRANGER, prove(task, opening), "not_disputable");
}

#[test]
fn an_opening_that_does_not_lead_to_the_root_proves_nothing() {
    let mut world = World::working(1);
    let (task, solved) = cheated(&mut world, 0);
    let right = solve(&SHAPE, 2, &solved.seed, |_, _| {});
    // Of a result that was not committed to.
    world.fails(STRANGER, prove(task, right.opening(1, 7, 9)), "opening_invalid");
    let good = solved.opening(1, 7, 9);
    let with = |change: fn(&mut Vec<u8>), column| {
        let mut tile = good.tile.to_vec();
        change(&mut tile);
        althing_types::message::Opening { column, tile: Blob::new(tile).unwrap(), lines: None }
    };
    type Change = fn(&mut Vec<u8>);
    let changes: [(Change, u32); 5] = [
        (|tile| tile.truncate(100), 9),
        (|tile| tile.push(0), 9),
        (|tile| *tile.last_mut().unwrap() ^= 1, 9),
        // Another row than the proof leads to.
        (|tile| tile[4] ^= 1, 9),
        // A column outside of the tile.
        (|_| {}, 256),
    ];
    for (change, column) in changes {
        world.fails(STRANGER, prove(task, with(change, column)), "opening_invalid");
    }
    world.fails(STRANGER, prove(999, good.clone()), "unknown_task");
    world.does(STRANGER, prove(task, good));
}

#[test]
fn before_there_is_a_result_nothing_can_be_disputed() {
    let mut world = World::working(1);
    let task = world.take(0, 1);
    let opening = solve(&SHAPE, 1, &secret(1), |_, _| {}).opening(0, 0, 0);
    world.fails(STRANGER, prove(task, opening), "not_disputable");
}

#[test]
fn the_third_wrong_result_bans_for_good() {
    let mut world = World::working(1);
    let mut stake = tokens(1_000);
    for strike in 1..=3u32 {
        let (task, solved) = cheated(&mut world, 0);
        world.does(STRANGER, prove(task, solved.opening(1, 7, 9)));
        world.pass(5);
        stake = stake.checked_sub(stake.share(ppm(50_000))).unwrap();
        assert_eq!((world.worker(0).strikes, world.worker(0).stake), (strike, stake));
    }
    assert_eq!(world.worker(0).state, WorkerState::Banned);
    assert_eq!((world.compute().cpus, world.device(0, 0).place), (0, None));
    for payload in [take_work(0, SHAPE, 1), register(), attest(0, 0)] {
        world.fails(0, payload, "worker_banned");
    }
    let before = world.balance(0);
    world.pass(11);
    assert_eq!(world.balance(0), before.checked_add(stake).unwrap());
    assert_eq!(world.worker(0).stake, Amount::ZERO);
    world.fails(0, register(), "worker_banned");
}

#[test]
fn who_has_too_little_left_works_again_once_it_has_added_stake() {
    let mut world = World::with(|genesis| genesis.params.compute.min_stake = tokens(1_000));
    world.equip(1);
    let (task, solved) = cheated(&mut world, 0);
    world.does(STRANGER, prove(task, solved.opening(1, 7, 9)));
    world.pass(5);
    assert_eq!((world.worker(0).stake, world.compute().cpus), (tokens(950), 0));
    world.fails(0, take_work(0, SHAPE, 1), "worker_stake_too_low");
    let add =
        althing_types::message::UpdateWorker { add_stake: Some(tokens(50)), ..Default::default() };
    world.does(0, Payload::UpdateWorker(add));
    assert_eq!(world.compute().cpus, 1);
    world.take(0, 1);
}

#[test]
fn members_that_called_a_sampled_wrong_row_right_have_a_fault() {
    let mut world = World::with(|genesis| genesis.params.compute.samples = 4_096);
    world.equip(1);
    let (task, solved) = cheated(&mut world, 0);
    world.pass(2);
    let challenge = world.task(task).check.unwrap().challenge.unwrap();
    // All rows follow from the challenge: who looks finds it.
    assert!(!solved.passes(&challenge, 4_096));
    world.vote_all(&[task], Verdict::Valid);
    world.does(STRANGER, prove(task, solved.opening(1, 7, 9)));
    assert_eq!(world.count("checker-faulted"), VALIDATORS);
    let key = query::checker_key(validator_key(0));
    assert_eq!(query::decode_checker(&world.chain.state[&key]).unwrap().faults, 1);
}
