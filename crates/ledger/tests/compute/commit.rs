//! Taking work and committing to results: when, by whom, how much.

use super::*;

#[test]
fn only_priced_shapes_of_legal_size_earn_credit() {
    let mut world = World::with(|genesis| genesis.params.compute.max_units = 70);
    world.equip(1);
    let odd = Shape { m: 320, ..SHAPE };
    let large = Shape::square(ProductKind::Int8, 2_048);
    for shape in [odd, large, Shape { m: 7, ..SHAPE }] {
        world.fails(0, take_work(0, shape, 1), "shape_not_priced");
    }
    for count in [0, 65] {
        world.fails(0, take_work(0, SHAPE, count), "batch_size");
    }
    world.fails(0, take_work(0, Shape::square(ProductKind::Int8, 512), 9), "batch_size");
    world.fails(0, take_work(1, SHAPE, 1), "unknown_device");
    world.take(0, 2);
    world.take(0, 2);
    world.fails(0, take_work(0, SHAPE, 1), "device_busy");
}

#[test]
fn nobody_commits_before_the_seed_after_the_time_or_for_another() {
    let mut world = World::working(2);
    let task = world.take(0, 1);
    let assigned = world.task(task).assignment.unwrap();
    let guess = || commit(vec![Commitment { task, root: secret(1), digest: None }]);
    // The height of the seed itself is too early: its randomness is known in that block alone.
    world.fails(0, guess(), "commit_early");
    world.fails(0, guess(), "commit_early");
    assert_eq!(world.chain.height, assigned.seed_height.get());
    world.fails(1, guess(), "not_assigned");
    world.fails(
        0,
        commit(vec![Commitment { task: 999, root: secret(1), digest: None }]),
        "unknown_task",
    );
    world.commit_all(&[task]);
    // One result of an attempt: it cannot be exchanged.
    world.fails(0, guess(), "not_assigned");

    let late = world.take(1, 1);
    let deadline = world.task(late).assignment.unwrap().deadline.height.get();
    while world.chain.height < deadline - 2 {
        world.pass(1);
    }
    let commitment = world.commitment(late);
    let mut in_time =
        World { chain: world.chain.clone(), log: Vec::new(), solved: BTreeMap::new() };
    in_time.does(1, commit(vec![commitment]));
    let counters = in_time.worker(1).counters;
    assert_eq!((counters.late, counters.committed), (1, 2));
    world.pass(1);
    world.fails(1, commit(vec![commitment]), "commit_late");
    // At the end of that block it was over.
    assert_eq!(world.task(late).state, TaskState::Failed);
    let counters = world.worker(1).counters;
    assert_eq!((counters.expired, world.worker(1).tasks.len()), (1, 0));
    world.fails(1, commit(vec![commitment]), "not_assigned");
}

#[test]
fn a_benchmark_needs_the_digest_of_its_result() {
    let mut world = World::new();
    world.does(0, register());
    world.does(0, attest(0, 0));
    let task = created(&world.does(0, Payload::RequestBenchmark(RequestBenchmark { device: 0 })));
    world.pass(2);
    let commitment = world.commitment(task);
    world.fails(0, commit(vec![Commitment { digest: None, ..commitment }]), "digest_missing");
    world.does(0, commit(vec![commitment]));
}

#[test]
fn several_results_are_committed_to_at_once_or_not_at_all() {
    let mut world = World::working(2);
    let (one, two) = (world.take(0, 1), world.take(0, 1));
    let other = world.take(1, 1);
    world.pass(2);
    let [first, second, foreign] = [one, two, other].map(|task| world.commitment(task));
    world.fails(0, commit(vec![first, foreign]), "not_assigned");
    let receipt = world.send(Sender::User(0), commit(vec![first, second]));
    assert!(receipt.code.is_ok());
    assert_eq!(world.worker(0).counters.committed, 3);
    let single = world.send(Sender::User(1), commit(vec![foreign]));
    let more = receipt.gas_used.get() - single.gas_used.get();
    // And the bytes of the second one.
    assert!((40_000..43_000).contains(&more), "{more}");
}

#[test]
fn when_too_many_results_await_votes_others_wait() {
    let mut world = World::working(3);
    let mut parameters = world.chain.ledger.genesis().params.clone();
    parameters.compute.max_verifying = 2;
    let value = commonware_codec::Encode::encode(&parameters);
    let key = althing_ledger::query::params_key();
    world.chain.state.insert(key, althing_state::StateValue::new(value).unwrap());
    let tasks: Vec<u64> = (0..3).map(|user| world.take(user, 1)).collect();
    world.pass(2);
    world.commit_all(&tasks[..2]);
    let third = world.commitment(tasks[2]);
    world.fails(2, commit(vec![third]), "verifiers_busy");
    world.pass(1);
    world.vote_all(&tasks[..2], Verdict::Valid);
    world.does(2, commit(vec![third]));
}

/// A commitment of another worker, another task, another seed: each is a wrong result.
#[test]
fn copies_replays_and_swapped_seeds_are_wrong_results() {
    let mut world = World::working(3);
    let tasks: Vec<u64> = (0..2).map(|user| world.take(user, 1)).collect();
    world.pass(2);
    world.commit_all(&tasks[..1]);
    let copied = world.commitment(tasks[0]);
    let own = world.commitment(tasks[1]);
    assert_ne!(copied.root, own.root);
    // A copy of what another has committed to, for the same work.
    world.does(1, commit(vec![Commitment { task: tasks[1], ..copied }]));
    world.pass(2);
    let challenge = world.task(tasks[1]).check.unwrap().challenge.unwrap();
    // The copied result is not the product of the matrices of this seed: any sampled row shows it.
    let seed = world.seed(tasks[1]);
    let theirs = &world.solved[&(tasks[0], 1)];
    let claimed = Solved { seed, ..solve(&SHAPE, 1, &theirs.seed, |_, _| {}) };
    assert!(!claimed.passes(&challenge, 32));
    assert!(world.right(tasks[1]).passes(&challenge, 32));
    let opening = claimed.opening(0, 3, 5);
    let prove = althing_types::message::ProveWrong { task: tasks[1], opening };
    world.does(STRANGER, Payload::ProveWrong(prove));
    assert_eq!(world.task(tasks[1]).state, TaskState::Disproved);
}
