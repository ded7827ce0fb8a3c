//! Registering, changing, leaving, heartbeats.

use super::*;
use althing_types::{
    compute::WorkerState,
    message::{LeaveWork, UpdateWorker, WorkerHeartbeat},
};

fn update(change: impl FnOnce(&mut UpdateWorker)) -> Payload {
    let mut message = UpdateWorker::default();
    change(&mut message);
    Payload::UpdateWorker(message)
}

fn pause(paused: bool) -> Payload {
    update(|message| message.paused = Some(paused))
}

fn heartbeat() -> Payload {
    Payload::WorkerHeartbeat(WorkerHeartbeat { version: "0.4.0".parse().unwrap() })
}

#[test]
fn a_worker_stakes_and_is_there() {
    let mut world = World::new();
    let before = world.balance(0);
    let events = world.does(0, register());
    assert_eq!(events, [Event::WorkerRegistered { worker: account(0), stake: tokens(1_000) }]);
    let worker = world.worker(0);
    assert_eq!(
        (worker.state, worker.stake, worker.devices),
        (WorkerState::Active, tokens(1_000), 0)
    );
    assert_eq!((world.compute().stakes, world.compute().workers), (tokens(1_000), 1));
    let paid = before.checked_sub(world.balance(0)).unwrap();
    assert!(paid >= tokens(1_000) && paid < tokens(1_001), "{paid}");
    world.fails(0, register(), "worker_exists");
}

#[test]
fn less_than_the_least_stake_or_more_than_one_owns_is_refused() {
    let mut world = World::new();
    let with = |stake| {
        let Payload::RegisterWorker(message) = register() else { unreachable!() };
        Payload::RegisterWorker(RegisterWorker { stake, ..message })
    };
    world.fails(0, with(tokens(99)), "worker_stake_too_low");
    world.fails(0, with(tokens(1_000_000)), "insufficient_balance");
    world.does(0, with(tokens(100)));
}

#[test]
fn who_is_no_worker_can_do_nothing_as_one() {
    let mut world = World::new();
    for payload in [
        pause(true),
        heartbeat(),
        attest(0, 0),
        take_work(0, SHAPE, 1),
        Payload::LeaveWork(LeaveWork {}),
        Payload::RequestBenchmark(RequestBenchmark { device: 0 }),
        commit(vec![Commitment { task: 1, root: secret(1), digest: None }]),
    ] {
        world.fails(STRANGER, payload, "unknown_worker");
    }
}

#[test]
fn a_paused_worker_gets_nothing_until_it_goes_on() {
    let mut world = World::working(2);
    assert_eq!(world.compute().cpus, 2);
    world.does(0, pause(true));
    assert_eq!((world.compute().cpus, world.device(0, 0).place), (1, None));
    assert_eq!(world.device(1, 0).place, Some(0));
    world.fails(0, take_work(0, SHAPE, 1), "worker_not_active");
    world.fails(0, Payload::RequestBenchmark(RequestBenchmark { device: 0 }), "worker_not_active");
    world.does(0, pause(false));
    assert_eq!((world.compute().cpus, world.device(0, 0).place), (2, Some(1)));
    world.take(0, 1);
}

#[test]
fn a_worker_changes_what_it_says_and_adds_stake() {
    let mut world = World::new();
    world.does(0, register());
    world.does(
        0,
        update(|message| {
            message.endpoint = Some("https://other.example".parse().unwrap());
            message.add_stake = Some(tokens(5));
            message.plant = Some(secret(9));
        }),
    );
    let worker = world.worker(0);
    assert_eq!(&*worker.endpoint, "https://other.example");
    assert_eq!((worker.stake, worker.plant), (tokens(1_005), secret(9)));
    world.fails(
        0,
        update(|message| message.add_stake = Some(tokens(1_000_000))),
        "insufficient_balance",
    );
    world.fails(0, update(|message| message.remove_device = Some(3)), "unknown_device");
}

#[test]
fn a_device_can_be_removed_once_it_has_no_task() {
    let mut world = World::working(1);
    let task = world.take(0, 1);
    let remove = || update(|message| message.remove_device = Some(0));
    world.fails(0, remove(), "device_busy");
    world.finish(&[task]);
    world.does(0, remove());
    assert_eq!((world.compute().cpus, world.worker(0).devices), (0, 0));
    world.fails(0, take_work(0, SHAPE, 1), "unknown_device");
}

#[test]
fn who_leaves_is_paid_after_the_unbonding_and_keeps_its_past() {
    let mut world = World::working(1);
    let task = world.take(0, 1);
    world.fails(0, Payload::LeaveWork(LeaveWork {}), "worker_busy");
    world.finish(&[task]);
    let past = world.worker(0).counters;
    assert_eq!((past.accepted, past.assigned), (2, 2));
    world.does(0, Payload::LeaveWork(LeaveWork {}));
    for payload in [pause(true), heartbeat(), attest(0, 0), Payload::LeaveWork(LeaveWork {})] {
        world.fails(0, payload, "worker_not_active");
    }
    let before = world.balance(0);
    assert_eq!(world.worker(0).state, WorkerState::Leaving);
    let events = world.pass(11);
    let paid = Event::WorkerUnbonded { worker: account(0), amount: tokens(1_000) };
    assert!(events.contains(&paid), "{events:?}");
    assert_eq!(world.balance(0), before.checked_add(tokens(1_000)).unwrap());
    assert_eq!((world.worker(0).state, world.compute().workers), (WorkerState::Left, 0));
    world.does(0, register());
    assert_eq!(world.worker(0).counters, past);
}

#[test]
fn one_heartbeat_an_interval_counts() {
    let mut world = World::with(|genesis| genesis.params.registry.heartbeat_interval_ms = 5_000);
    world.does(0, register());
    world.pass(5);
    world.does(0, heartbeat());
    world.fails(0, heartbeat(), "heartbeat_early");
    let beats = query::decode_beats(&world.chain.state[&query::beats_key(account(0))]).unwrap();
    assert_eq!(&*beats.version, "0.4.0");
    let now = althing_types::Timestamp::new(world.chain.time);
    let standing = query::standing(&world.worker(0).counters, Some(&beats), now);
    assert_eq!((standing.reputation, standing.uptime), (ppm(640_000), ppm(500_000)));
    assert_eq!(standing.weight(), ppm(320_000));
}
