//! What a message of many items touches is read in few rounds, however many items it has: each round
//! waits for the database, and everything is done again. Nobody looks at what is computed here.

use super::*;
use althing_types::{compute::WorkerState, limits::MAX_DEVICES, message::LeaveWork};

/// Tasks of each worker.
const EACH: usize = 16;

/// A world in which so many workers have as many tasks as a device may have, in time for all of them.
fn world(workers: usize) -> World {
    let mut world = World::with(|genesis| {
        let compute = &mut genesis.params.compute;
        compute.max_open_per_device = EACH as u64;
        (compute.base_time, compute.vote_window) = (Period::blocks(100), Period::blocks(100));
        compute.due_per_block = 256;
    });
    world.chain.audit_every = 1_000;
    world.equip(workers);
    world
}

/// The rounds of a message that would succeed in the next block.
fn rounds(world: &World, sender: Sender, payload: Payload) -> u64 {
    let (rounds, receipt) = world.chain.rounds(&world.transaction(sender, 0, payload));
    assert_eq!(codes::name_of(receipt.code), "ok");
    rounds
}

fn assert_few(what: &str, rounds: u64, most: u64) {
    println!("{what}: {rounds} rounds of reads");
    assert!(rounds <= most, "{what} takes {rounds} rounds of reads instead of {most}");
}

fn claim(task: &u64) -> Commitment {
    Commitment { task: *task, root: secret(1), digest: Some(secret(2)) }
}

/// Each worker takes a task in each block; its tasks.
fn taken(world: &mut World, workers: usize) -> Vec<Vec<u64>> {
    for _ in 0..EACH {
        world.all(&(0..workers).map(|user| (user, take_work(0, SHAPE, 1))).collect::<Vec<_>>());
    }
    world.pass(2);
    (0..workers).map(|user| world.worker(user).tasks.to_vec()).collect()
}

#[test]
fn sixteen_results_take_as_many_rounds_as_one() {
    let mut world = world(1);
    let tasks = taken(&mut world, 1).remove(0);
    let claims: Vec<Commitment> = tasks.iter().map(claim).collect();
    assert_eq!(claims.len(), EACH);
    let one = rounds(&world, Sender::User(0), commit(claims[..1].to_vec()));
    let all = rounds(&world, Sender::User(0), commit(claims));
    assert_few("commit-results about one task", one, 3);
    assert_few("commit-results about 16 tasks", all, one);
}

#[test]
fn sixty_four_votes_take_as_many_rounds_as_one() {
    let mut world = world(4);
    let tasks = taken(&mut world, 4);
    for (user, own) in tasks.iter().enumerate() {
        world.does(user, commit(own.iter().map(claim).collect()));
    }
    world.pass(2);
    let votes = |verdict| tasks.iter().flatten().map(|task| vote(*task, verdict)).collect();
    for (verdict, enough, what) in
        [(Verdict::Valid, 2, "accepts"), (Verdict::Unavailable, 1, "asks a second committee about")]
    {
        let (log, solved) = (Vec::new(), BTreeMap::new());
        let mut world = World { chain: world.chain.clone(), log, solved };
        for number in 0..enough {
            let cast = world.send(Sender::Node(number), votes_of(number, votes(verdict)));
            assert!(cast.code.is_ok());
        }
        let all: Vec<ResultVote> = votes(verdict);
        assert_eq!(all.len(), 4 * EACH);
        let last = |votes: &[ResultVote]| {
            rounds(&world, Sender::Node(enough), votes_of(enough, votes.to_vec()))
        };
        let (one, all) = (last(&all[..1]), last(&all));
        assert_few(&format!("vote-results that {what} a result"), one, 3);
        assert_few(&format!("vote-results that {what} 64 results"), all, one);
    }
}

#[test]
fn a_worker_with_32_devices_leaves_in_few_rounds() {
    let mut world = world(2);
    world.all(&(1..MAX_DEVICES).map(|device| (0, attest(device, device))).collect::<Vec<_>>());
    let measure = |device| Payload::RequestBenchmark(RequestBenchmark { device });
    world.all(&(1..MAX_DEVICES).map(|device| (0, measure(device))).collect::<Vec<_>>());
    let tasks = world.worker(0).tasks.to_vec();
    world.pass(3);
    for part in tasks.chunks(EACH) {
        world.does(0, commit(part.iter().map(claim).collect()));
    }
    world.pass(2);
    world.vote_all(&tasks, Verdict::Valid);
    world.pass(6);
    assert!((0..MAX_DEVICES).all(|device| world.device(0, device).place.is_some()));
    // Another device at the end of the list has to take a place.
    let leave = || Payload::LeaveWork(LeaveWork {});
    assert_few("leave-work", rounds(&world, Sender::User(0), leave()), 5);
    world.does(0, leave());
    assert_eq!(world.worker(0).state, WorkerState::Leaving);
    assert!((0..MAX_DEVICES).all(|device| world.device(0, device).place.is_none()));
    let mut most = 0;
    for _ in 0..12 {
        most = world.chain.block_rounds().max(most);
        world.pass(1);
    }
    assert_eq!(world.count("worker-unbonded"), 1);
    assert_few("the end of a worker with 32 devices", most, 9);
}
