//! Planted results: a worker shows that its wrong result was meant to be found.

use super::*;
use althing_types::message::{ProveWrong, RevealPlant};

/// A world in which every tenth result is planted, and one worker.
fn planting() -> World {
    let mut world = World::with(|genesis| {
        genesis.params.compute.plant_rate = ppm(100_000);
        genesis.params.compute.samples = 4_096;
    });
    world.equip(1);
    world
}

/// Takes work until the lottery says `wanted`; the task and a result with a quarter of wrong rows.
fn drawn(world: &mut World, wanted: bool) -> (u64, Solved) {
    for _ in 0..200 {
        let task = world.take(0, 1);
        world.pass(2);
        if query::is_planted(&secret(0), &world.seed(task), 100_000) == wanted {
            let solved = world.wrong(task, |_, entries| {
                for row in 0..64 {
                    entries[row * 256] ^= 1;
                }
            });
            world.does(0, commit(vec![Commitment { task, root: solved.root, digest: None }]));
            return (task, solved);
        }
        world.commit_all(&[task]);
        world.pass(2);
        world.vote_all(&[task], Verdict::Valid);
        world.pass(5);
    }
    panic!("the lottery never said {wanted}");
}

fn reveal(task: u64, with: althing_types::Hash, solved: &Solved, row: u32) -> Payload {
    let opening = solved.opening(0, row, 0);
    Payload::RevealPlant(RevealPlant { task, secret: with, next: secret(7), opening })
}

fn prove(task: u64, solved: &Solved) -> Payload {
    Payload::ProveWrong(ProveWrong { task, opening: solved.opening(0, 3, 0) })
}

#[test]
fn a_plant_that_was_found_is_paid_as_right_and_its_finder_gets_the_bounty() {
    let mut world = planting();
    world.pass(10);
    let (task, solved) = drawn(&mut world, true);
    world.does(STRANGER, prove(task, &solved));
    world.fails(0, reveal(task, secret(1), &solved, 3), "not_planted");
    world.fails(STRANGER, reveal(task, secret(0), &solved, 3), "not_planted");
    // A right entry shows nothing.
    world.fails(0, reveal(task, secret(0), &solved, 100), "not_planted");
    let before = world.balance(STRANGER);
    let events = world.does(0, reveal(task, secret(0), &solved, 3));
    let bounty = world.chain.ledger.genesis().params.compute.plant_bounty;
    let (worker, prover) = (account(0), Some(account(STRANGER)));
    let shown = Event::PlantRevealed { task, worker, faults: 0, prover, bounty };
    assert!(events.contains(&shown), "{events:?}");
    assert!(!bounty.is_zero());
    assert_eq!(world.balance(STRANGER), before.checked_add(bounty).unwrap());
    let worker = world.worker(0);
    assert_eq!((worker.counters.planted, worker.strikes, worker.stake), (1, 0, tokens(1_000)));
    assert_eq!(worker.plant, secret(7));
    let credited = events
        .iter()
        .any(|event| matches!(event, Event::TaskSettled { credit, .. } if !credit.is_zero()));
    assert!(credited);
    assert_eq!(world.task(task).state, TaskState::Settled);
    world.fails(0, reveal(task, secret(0), &solved, 3), "not_planted");
}

#[test]
fn members_that_did_not_look_at_a_plant_have_a_fault() {
    let mut world = planting();
    let (task, solved) = drawn(&mut world, true);
    world.fails(0, reveal(task, secret(0), &solved, 3), "not_planted");
    world.pass(1);
    // All rows are sampled, and everybody calls them right.
    world.vote_all(&[task], Verdict::Valid);
    let events = world.does(0, reveal(task, secret(0), &solved, 3));
    let faulted: Vec<_> = events.iter().filter(|event| event.name() == "checker-faulted").collect();
    assert_eq!(faulted.len(), VALIDATORS);
    for number in 0..VALIDATORS {
        let key = query::checker_key(validator_key(number));
        let checker = query::decode_checker(&world.chain.state[&key]).unwrap();
        assert_eq!((checker.faults, checker.missed), (1, 0));
    }
    assert_eq!(world.worker(0).counters.planted, 1);
}

#[test]
fn who_cheats_without_a_plant_has_no_excuse() {
    let mut world = planting();
    let (task, solved) = drawn(&mut world, false);
    world.does(STRANGER, prove(task, &solved));
    world.fails(0, reveal(task, secret(0), &solved, 3), "not_planted");
    world.pass(5);
    assert_eq!((world.worker(0).strikes, world.count("plant-revealed")), (1, 0));
}

/// The secret is fixed with the assignment: another one that wins comes too late.
#[test]
fn a_secret_that_is_changed_after_the_assignment_excuses_nothing() {
    let mut world = planting();
    let (task, solved) = drawn(&mut world, false);
    let seed = world.seed(task);
    let winner =
        (0..=255u8).map(secret).find(|one| query::is_planted(one, &seed, 100_000)).unwrap();
    let update = althing_types::message::UpdateWorker {
        plant: Some(query::plant_commitment(&winner)),
        ..Default::default()
    };
    world.does(0, Payload::UpdateWorker(update));
    world.does(STRANGER, prove(task, &solved));
    world.fails(0, reveal(task, winner, &solved, 3), "not_planted");
}
