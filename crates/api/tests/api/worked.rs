//! What the canned node knows about compute: the story of the index's tests, read through the real
//! index, and the records of the state that go with it.

#[path = "../../../index/tests/common/work.rs"]
pub mod story;

use crate::{
    chain,
    world::{World, due, entry, ppm},
};
use althing_api::backend::TaskEvent;
use althing_index::{
    AttemptRow, DeviceReading, IndexedBlock, SettlementRow, TaskQuery, TaskRow, VerdictRow,
    WorkerQuery,
};
use althing_ledger::{
    beacon::{Mark, query as beacon},
    compute::{
        Assignment, Awaiting, Check, Checker, Compute, Counters, Credit, Credits, Device, Drivers,
        Measured, Member, MinerPool, Models, Task, TaskResult, Verifying, Worker, query as compute,
    },
};
use althing_state::{StateKey, StateValue};
use althing_types::{
    Address, Amount, Due, Epoch, Hash, Height, List, Timestamp,
    compute::{
        DeviceId, DeviceKind, Inventory, KnownDriver, KnownModel, KnownRate, Operands, Purpose,
        TaskState, Verdict, WorkerState,
    },
};
use std::{collections::BTreeMap, sync::LazyLock};
use story::{CHECKED, CREDITED, RUNNING, address, factors, hash, points, shape};

/// The story, and what the index of the canned node answers about it.
pub struct Worked(World);

static WORLD: LazyLock<Worked> = LazyLock::new(|| Worked(World::new(story::story(), state())));

pub fn world() -> &'static Worked {
    &WORLD
}

pub fn record(key: &StateKey) -> Option<StateValue> {
    WORLD.0.record(key)
}

/// A block of the story, as if it came behind the canned chain.
pub fn block(number: usize) -> IndexedBlock {
    WORLD.0.block(number)
}

fn assignment(seed_height: u64) -> Assignment {
    Assignment {
        device: DeviceId { worker: address(1), device: 0 },
        seed_height: Height::new(seed_height),
        seed_time: None,
        timely: due(25),
        deadline: due(30),
        plant: hash("plant"),
    }
}

fn task(state: TaskState, seed_height: u64) -> Task {
    Task {
        state,
        purpose: Purpose::Network,
        requester: None,
        price: Amount::ZERO,
        shape: shape(),
        count: 4,
        operands: Operands::Seed {},
        source: Default::default(),
        created: Height::new(15),
        attempt: 1,
        due: due(30),
        wake: Height::new(30),
        draw: Height::new(0),
        closes: due(0),
        assignment: Some(assignment(seed_height)),
        result: None,
        check: None,
        prover: None,
        reason: None,
    }
}

/// The one that a committee checks: its first member is the canned validator.
fn checked() -> Task {
    let member =
        |index, verdict| Member { validator: crate::canned::key(index), verdict, faulted: false };
    Task {
        result: Some(TaskResult {
            root: hash("root"),
            digest: None,
            seed: hash("seed"),
            height: Height::new(16),
            time: Timestamp::new(16_000),
        }),
        check: Some(Check {
            round: 0,
            height: Height::new(20),
            challenge: Some(hash("challenge")),
            members: List::new(vec![member(0, Some(Verdict::Valid)), member(1, None)]).unwrap(),
            closes: due(40),
        }),
        ..task(TaskState::Challenged, 12)
    }
}

fn worker() -> Worker {
    Worker {
        state: WorkerState::Active,
        endpoint: "http://127.0.0.1:9090".parse().unwrap(),
        stake: Amount::from_tokens(100).unwrap(),
        plant: hash("plant"),
        registered: Height::new(1),
        devices: 0b101,
        tasks: List::new(vec![RUNNING, CHECKED]).unwrap(),
        strikes: 0,
        unbonds: due(0),
        counters: Counters { assigned: 4, committed: 3, accepted: 2, ..Counters::default() },
    }
}

fn processor() -> Device {
    Device {
        inventory: Inventory {
            kind: DeviceKind::Cpu,
            model: "Honest CPU".parse().unwrap(),
            memory_mib: 16_384,
            capability: Default::default(),
            driver: Default::default(),
            pci_id: Default::default(),
            uuid: hash("uuid"),
            cores: 2,
        },
        evidence: hash("evidence"),
        points: points(30),
        passed: true,
        attested: Height::new(14),
        expires: Due { height: Height::new(900), time: Timestamp::new(u64::MAX / 2) },
        tier: ppm(500_000),
        flagged: false,
        measured: Some(Measured {
            task: 9,
            multiply_adds: 1 << 27,
            micros: 2_000_000,
            elapsed_ms: 4_000,
            performance: 134,
            expires: due(900),
        }),
        benchmark: None,
        must_measure: false,
        open: 2,
        place: Some(0),
    }
}

/// A card whose driver nobody knows, and that was never measured.
pub fn card() -> Device {
    let base = processor();
    Device {
        inventory: Inventory {
            kind: DeviceKind::Gpu,
            model: "NVIDIA Unheard Of".parse().unwrap(),
            capability: "9.0".parse().unwrap(),
            driver: "1.2".parse().unwrap(),
            pci_id: "10de:0001".parse().unwrap(),
            ..base.inventory
        },
        points: points(0),
        passed: false,
        measured: None,
        open: 0,
        place: None,
        ..base
    }
}

fn models() -> Models {
    let rate = KnownRate { peak: 100_000, low: 30_000, high: 110_000 };
    let model = KnownModel {
        name: "NVIDIA H200".parse().unwrap(),
        pci_devices: List::new(vec![0x2335]).unwrap(),
        capability_major: 9,
        capability_minor: 0,
        memory_mib: 144_384,
        tier: ppm(1_000_000),
        fp16: rate,
        int8: rate,
    };
    Models {
        unknown_tier: ppm(500_000),
        memory_low_ppm: 920_000,
        memory_high_ppm: 1_010_000,
        models: List::new(vec![model]).unwrap(),
    }
}

fn drivers() -> Drivers {
    let driver = KnownDriver {
        digest: hash("driver"),
        version: "595.45".parse().unwrap(),
        architecture: "x86_64".parse().unwrap(),
        bytes: 2_000_000,
    };
    List::new(vec![driver]).unwrap()
}

fn state() -> BTreeMap<StateKey, StateValue> {
    let id = |device| DeviceId { worker: address(1), device };
    let weight = Amount::new(factors().credit());
    let credit = |epoch| Credit { epoch: Epoch::new(epoch), weight };
    let credits: Credits = List::new(vec![credit(0), credit(1)]).unwrap();
    let pool = |pool| MinerPool { total: weight, pool: Amount::new(pool), left: Amount::new(pool) };
    let sums = Compute {
        next_task: CHECKED + 1,
        stakes: Amount::from_tokens(100).unwrap(),
        prices: Amount::ZERO,
        rewards: Amount::new(700),
        workers: 1,
        gpus: 0,
        cpus: 1,
    };
    let awaiting = Awaiting { task: CHECKED, height: Height::new(20) };
    let verifying: Verifying = List::new(vec![awaiting]).unwrap();
    let checker = Checker { drawn: 4, valid: 2, abstained: 1, missed: 1, ..Checker::default() };
    let mark = |height| Mark { height: Height::new(height), value: hash("beacon"), reveals: 3 };
    BTreeMap::from([
        entry(compute::compute_key(), &sums),
        entry(compute::verifying_key(), &verifying),
        entry(compute::drivers_key(), &drivers()),
        entry(compute::models_key(), &models()),
        entry(compute::worker_key(address(1)), &worker()),
        entry(compute::credits_key(address(1)), &credits),
        entry(compute::device_key(id(0)), &processor()),
        entry(compute::device_key(id(2)), &card()),
        entry(compute::task_key(RUNNING), &task(TaskState::Assigned, 8)),
        entry(compute::task_key(CHECKED), &checked()),
        entry(compute::pool_key(Epoch::new(0)), &pool(700)),
        entry(compute::pool_key(Epoch::new(1)), &pool(0)),
        entry(compute::checker_key(crate::canned::key(0)), &checker),
        entry(beacon::value_key(Height::new(8)), &mark(8)),
        // A value of another round of the ring.
        entry(beacon::value_key(Height::new(9)), &mark(16_393)),
    ])
}

/// The seed of the task that is being computed.
pub fn seed() -> Hash {
    let device = DeviceId { worker: address(1), device: 0 };
    let attempt = compute::Attempt { task: RUNNING, attempt: 1, device };
    compute::operand_seed(&chain::genesis().hash(), &attempt, &hash("beacon"))
}

impl Worked {
    pub fn tasks(&self, query: &TaskQuery, limit: usize) -> Option<Vec<TaskRow>> {
        Some(self.0.index.tasks(query, limit).unwrap())
    }

    pub fn task(&self, number: u64) -> Option<Option<TaskRow>> {
        Some(self.0.index.task(number).unwrap())
    }

    pub fn task_events(&self, number: u64) -> Option<Vec<TaskEvent>> {
        let places = self.0.index.task_events(number, 100).unwrap();
        let event = |place| {
            let (height, time, event) = self.0.event(place);
            TaskEvent { height, time, event }
        };
        Some(places.iter().map(event).collect())
    }

    pub fn task_counts(&self) -> Option<Vec<(TaskState, u64)>> {
        Some(self.0.index.task_counts().unwrap())
    }

    pub fn verdicts(&self, number: u64) -> Option<Vec<VerdictRow>> {
        Some(self.0.index.verdicts(number).unwrap())
    }

    pub fn settlement(&self, number: u64) -> Option<Option<SettlementRow>> {
        Some(self.0.index.settlement(number).unwrap())
    }

    pub fn credited(
        &self,
        epoch: Epoch,
        after: Option<u64>,
        limit: usize,
    ) -> Option<Vec<SettlementRow>> {
        Some(self.0.index.credited(epoch, after, limit).unwrap())
    }

    pub fn attempts(
        &self,
        worker: Address,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<AttemptRow>> {
        Some(self.0.index.attempts(worker, before, limit).unwrap())
    }

    pub fn workers(&self, query: &WorkerQuery, limit: usize) -> Option<Vec<Address>> {
        let rows = self.0.index.workers(query, limit).unwrap();
        Some(rows.iter().map(|row| row.address).collect())
    }

    pub fn readings(&self, worker: Address, limit: usize) -> Option<Vec<DeviceReading>> {
        Some(self.0.index.device_readings(worker, limit).unwrap())
    }
}

/// A task that only the index still knows.
pub const FORGOTTEN: u64 = CREDITED;
