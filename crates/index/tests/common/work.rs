//! A story of workers and tasks: blocks with the events that the ledger would write.

use althing_index::IndexedBlock;
use althing_types::{
    Address, Amount, Block, Code, Due, Epoch, Event, Gas, Hash, Header, Height, Ppm, Receipt,
    SyncRange, Timestamp, ValidatorKey,
    compute::{
        Committee, DeviceKind, Entry, Factors, Payment, Points, ProductKind, Purpose, RefundReason,
        RejectReason, Shape, Verdict, WorkerState,
    },
    hash::{sha256, zero},
};
use std::sync::Arc;

/// A paid task that its first worker lost, and its second one did.
pub const PAID: u64 = 1;
/// Work of the network that was credited.
pub const CREDITED: u64 = 2;
/// A paid task that its requester took back.
pub const CANCELLED: u64 = 3;
/// Work of the network that was wrong.
pub const WRONG: u64 = 4;
/// Work of the network that somebody computes.
pub const RUNNING: u64 = 5;
/// Work of the network that is being checked.
pub const CHECKED: u64 = 6;
/// Heights of the story.
pub const LAST: u64 = 16;

/// Whom the story is about: 1 is a good worker, 2 a bad one, 9 orders work.
pub fn address(seed: u8) -> Address {
    Address::new([seed; 20])
}

pub fn validator(seed: u8) -> ValidatorKey {
    ValidatorKey::new([seed; 32])
}

pub fn hash(text: &str) -> Hash {
    sha256(&[text.as_bytes()])
}

pub fn shape() -> Shape {
    Shape::square(ProductKind::Int8, 1_024)
}

pub fn factors() -> Factors {
    Factors {
        count: 4,
        units: 64,
        difficulty_ppm: 1_000_000,
        tier: Ppm::new(500_000).unwrap(),
        uptime: Ppm::ONE,
        reputation: Ppm::new(640_000).unwrap(),
    }
}

/// The points of a processor, before and after its benchmark.
pub fn points(benchmark: u8) -> Points {
    Points { info: 10, driver: 0, pci: 0, benchmark, signature: 10 }
}

fn due(height: u64) -> Due {
    Due { height: Height::new(height), time: Timestamp::new(height * 1_000) }
}

fn registered(worker: u8) -> Event {
    Event::WorkerRegistered { worker: address(worker), stake: Amount::new(100) }
}

fn attested(benchmark: u8, performance: u64) -> Event {
    Event::DeviceAttested {
        worker: address(1),
        device: 0,
        kind: DeviceKind::Cpu,
        points: points(benchmark),
        performance,
        tier: Ppm::new(500_000).unwrap(),
        flagged: false,
        expires: due(900),
    }
}

fn created(task: u64, purpose: Purpose) -> Event {
    let paid = purpose == Purpose::Paid;
    Event::TaskCreated {
        task,
        purpose,
        requester: paid.then(|| address(9)),
        shape: shape(),
        count: 4,
        price: Amount::new(if paid { 5 } else { 0 }),
    }
}

fn assigned(task: u64, attempt: u32, worker: u8) -> Event {
    Event::TaskAssigned {
        task,
        attempt,
        worker: address(worker),
        device: 0,
        seed_height: Height::new(8),
        deadline: due(30),
        spot_check: false,
    }
}

fn committed(task: u64, attempt: u32, worker: u8) -> Event {
    let root = hash("root");
    Event::TaskCommitted { task, attempt, worker: address(worker), root, digest: None }
}

fn challenged(task: u64, round: u8) -> Event {
    let committee = Committee::new(vec![validator(1), validator(2)]).unwrap();
    Event::TaskChallenged { task, round, challenge: hash("challenge"), committee, closes: due(40) }
}

fn voted(task: u64, member: u8, verdict: Verdict) -> Event {
    Event::ResultVoted { task, validator: validator(member), verdict, transcript: hash("seen") }
}

fn accepted(task: u64, attempt: u32, worker: u8) -> Event {
    let (worker, root) = (address(worker), hash("root"));
    Event::TaskAccepted { task, attempt, worker, device: 0, shape: shape(), root }
}

/// What happens at each height, from 1.
fn events() -> Vec<Vec<Event>> {
    let settled = |task, purpose, payment, factors: Option<Factors>| Event::TaskSettled {
        task,
        worker: address(1),
        purpose,
        payment,
        epoch: Epoch::new(0),
        factors,
        credit: factors.map_or(Amount::ZERO, |factors| Amount::new(factors.credit())),
    };
    let rejected = |task, worker, reason| Event::TaskRejected {
        task,
        attempt: 1,
        worker: address(worker),
        reason,
    };
    let payment =
        Payment { worker: Amount::new(17), validators: Amount::new(2), burned: Amount::new(1) };
    let entry = Entry { product: 0, row: 1, column: 2 };
    vec![
        vec![registered(1), registered(2)],
        vec![
            Event::WorkerHeard { worker: address(1), version: "1.0".parse().unwrap() },
            attested(0, 0),
        ],
        vec![created(PAID, Purpose::Paid), created(CREDITED, Purpose::Network)],
        vec![assigned(CREDITED, 1, 1), assigned(PAID, 1, 2)],
        vec![committed(CREDITED, 1, 1)],
        vec![rejected(PAID, 2, RejectReason::Late)],
        vec![assigned(PAID, 2, 1), challenged(CREDITED, 0)],
        vec![
            voted(CREDITED, 1, Verdict::Valid),
            voted(CREDITED, 2, Verdict::Abstain),
            accepted(CREDITED, 1, 1),
        ],
        vec![
            settled(CREDITED, Purpose::Network, Payment::default(), Some(factors())),
            committed(PAID, 2, 1),
        ],
        vec![challenged(PAID, 0), voted(PAID, 1, Verdict::Unavailable)],
        vec![
            challenged(PAID, 1),
            voted(PAID, 1, Verdict::Valid),
            voted(PAID, 2, Verdict::Valid),
            accepted(PAID, 2, 1),
        ],
        vec![
            settled(PAID, Purpose::Paid, payment, None),
            created(CANCELLED, Purpose::Paid),
            created(WRONG, Purpose::Network),
            assigned(WRONG, 1, 2),
        ],
        vec![
            Event::TaskRefunded {
                task: CANCELLED,
                requester: address(9),
                amount: Amount::new(20),
                reason: RefundReason::Cancelled,
            },
            committed(WRONG, 1, 2),
            Event::ResultDisproved { task: WRONG, worker: address(2), prover: address(9), entry },
        ],
        vec![
            Event::WorkerSlashed {
                worker: address(2),
                task: WRONG,
                amount: Amount::new(5),
                prover: address(9),
                reward: Amount::new(1),
                strikes: 1,
            },
            rejected(WRONG, 2, RejectReason::Wrong),
            attested(30, 120),
        ],
        vec![
            created(RUNNING, Purpose::Network),
            assigned(RUNNING, 1, 1),
            created(CHECKED, Purpose::Network),
            assigned(CHECKED, 1, 1),
            Event::WorkerLeaving { worker: address(2), state: WorkerState::Banned, due: due(50) },
        ],
        vec![committed(CHECKED, 1, 1), challenged(CHECKED, 0), voted(CHECKED, 1, Verdict::Valid)],
    ]
}

/// A block whose own receipt holds these events. Blocks are one second apart.
fn block(height: u64, events: Vec<Event>) -> IndexedBlock {
    let mut header = Header::genesis(zero(), zero(), SyncRange { start: 0, end: 1 });
    header.height = Height::new(height);
    header.timestamp = Timestamp::new(height * 1_000);
    let hash = header.hash();
    let receipt = Receipt {
        transaction: zero(),
        code: Code::OK,
        gas_used: Gas::new(0),
        fee: Amount::ZERO,
        events,
    };
    IndexedBlock {
        block: Arc::new(Block { header, transactions: Vec::new() }),
        hash,
        receipts: Arc::new(vec![receipt]),
    }
}

/// All blocks.
pub fn story() -> Vec<IndexedBlock> {
    (1..).zip(events()).map(|(height, events)| block(height, events)).collect()
}
