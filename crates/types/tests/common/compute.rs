//! One value of every message, event and action of compute.

use super::{
    digest, ppm,
    stake::{amount, due, operator, validator},
    validator_key,
};
use althing_types::{
    Address, Amount, Blob, Epoch, Event, Height, List, Payload, Signature64,
    compute::{
        Committee, DeviceKind, DriverDigest, Entry, Factors, Inventory, KnownDriver, KnownModel,
        KnownRate, Operands, Payment, Points, Price, Prices, ProductKind, Purpose, RefundReason,
        RejectReason, Shape, Verdict, WhitelistChange, WorkerState,
    },
    governance::{Action, Criticality},
    message::{
        Attest, CancelTask, ClaimRewards, CommitResults, Commitment, CreateTask, LeaveWork, Line,
        Lines, Opening, ProveWrong, RegisterWorker, RequestBenchmark, ResultVote, RevealPlant,
        SubmitProposal, TakeWork, UpdateWorker, VoteResults, WorkerHeartbeat,
    },
};

pub const SHAPE: Shape = Shape { kind: ProductKind::Fp16, m: 256, n: 512, k: 320 };
const WORKER: Address = Address::new([0x44; 20]);

pub fn whitelist() -> WhitelistChange {
    let rate = KnownRate { peak: 165_200, low: 60_000, high: 180_000 };
    let driver = KnownDriver {
        digest: digest("driver"),
        version: "550.54.14".parse().unwrap(),
        architecture: "x86_64".parse().unwrap(),
        bytes: 2_082_456,
    };
    let model = KnownModel {
        name: "NVIDIA GeForce RTX 4090".parse().unwrap(),
        pci_devices: List::new(vec![0x2684]).unwrap(),
        capability_major: 8,
        capability_minor: 9,
        memory_mib: 24_564,
        tier: ppm(800_000),
        fp16: rate,
        int8: rate,
    };
    WhitelistChange {
        add_drivers: List::new(vec![driver]).unwrap(),
        remove_drivers: List::new(vec![DriverDigest(digest("old driver"))]).unwrap(),
        add_models: List::new(vec![model]).unwrap(),
        remove_models: List::new(vec!["Old model".parse().unwrap()]).unwrap(),
    }
}

pub fn inventory() -> Inventory {
    Inventory {
        kind: DeviceKind::Gpu,
        model: "NVIDIA H200".parse().unwrap(),
        memory_mib: 143_771,
        capability: "9.0".parse().unwrap(),
        driver: "550.54.14".parse().unwrap(),
        pci_id: "10de:2335".parse().unwrap(),
        uuid: digest("uuid"),
        cores: 16_896,
    }
}

fn opening(lines: Option<Lines>) -> Opening {
    Opening { column: 300, tile: Blob::new(vec![1, 2, 3]).unwrap(), lines }
}

fn line(byte: u8) -> Line {
    let (entries, path) = (Blob::new(vec![byte; 3]).unwrap(), Blob::new(vec![byte; 4]).unwrap());
    Line { entries, path }
}

fn create(operands: Operands) -> Payload {
    let source = match operands {
        Operands::Seed {} => "".parse().unwrap(),
        Operands::Content { .. } => "https://one.example/tasks".parse().unwrap(),
    };
    Payload::CreateTask(CreateTask { shape: SHAPE, count: 7, price: amount(), operands, source })
}

fn submit(action: Action) -> Payload {
    Payload::SubmitProposal(SubmitProposal {
        title: "What devices there are".parse().unwrap(),
        summary: "".parse().unwrap(),
        link: "".parse().unwrap(),
        criticality: Criticality::Standard,
        action,
    })
}

/// Every message of compute, with and without what is optional, and its proposals.
pub fn payloads() -> Vec<(&'static str, Payload)> {
    let plant = digest("plant");
    let update = UpdateWorker {
        endpoint: Some("https://worker.example".parse().unwrap()),
        add_stake: Some(amount()),
        paused: Some(true),
        plant: Some(plant),
        remove_device: Some(3),
    };
    let results = vec![
        Commitment { task: 258, root: digest("root"), digest: None },
        Commitment { task: 259, root: digest("root"), digest: Some(digest("bytes")) },
    ];
    let vote = |task, verdict| ResultVote {
        task,
        verdict,
        seed: Signature64::new([7; 64]),
        transcript: digest("transcript"),
    };
    let votes = List::new(vec![vote(258, Verdict::Valid), vote(259, Verdict::Abstain)]).unwrap();
    let price = Price { shape: SHAPE, difficulty_ppm: 1_500_000, cpu: true };
    let prices = Prices::new(vec![price]).unwrap();
    let worker = "https://worker.example".parse().unwrap();
    let lines = Some(Lines { a: line(5), b: line(6) });
    let (a, b) = (digest("a"), digest("b"));
    let reveal = RevealPlant {
        task: 258,
        secret: digest("secret"),
        next: digest("next"),
        opening: opening(None),
    };
    vec![
        ("", Payload::RegisterWorker(RegisterWorker { endpoint: worker, stake: amount(), plant })),
        ("everything", Payload::UpdateWorker(update)),
        ("nothing", Payload::UpdateWorker(UpdateWorker::default())),
        ("", Payload::LeaveWork(LeaveWork {})),
        ("", Payload::WorkerHeartbeat(WorkerHeartbeat { version: "0.4.0".parse().unwrap() })),
        ("", Payload::Attest(Attest { device: 3, evidence: Blob::new(b"{}".to_vec()).unwrap() })),
        ("", Payload::RequestBenchmark(RequestBenchmark { device: 3 })),
        ("", Payload::TakeWork(TakeWork { device: 3, shape: SHAPE, count: 64 })),
        ("seed", create(Operands::Seed {})),
        ("content", create(Operands::Content { a, b })),
        ("", Payload::CancelTask(CancelTask { task: 258 })),
        ("", Payload::CommitResults(CommitResults { results: List::new(results).unwrap() })),
        ("", Payload::VoteResults(VoteResults { validator: validator(), votes })),
        ("seed", Payload::ProveWrong(ProveWrong { task: 258, opening: opening(None) })),
        ("content", Payload::ProveWrong(ProveWrong { task: 258, opening: opening(lines) })),
        ("", Payload::RevealPlant(reveal)),
        ("", Payload::ClaimRewards(ClaimRewards { worker: WORKER })),
        ("whitelist", submit(Action::ComputeWhitelist { change: whitelist() })),
        ("prices", submit(Action::ComputePrices { prices })),
    ]
}

/// Every event of compute.
pub fn events() -> Vec<Event> {
    [worker_events(), task_events(), other_events()].concat()
}

fn worker_events() -> Vec<Event> {
    let (worker, prover) = (WORKER, operator());
    let (stake, due) = (amount(), due());
    let points = Points { info: 10, driver: 20, pci: 30, benchmark: 30, signature: 10 };
    vec![
        Event::WorkerRegistered { worker, stake },
        Event::WorkerUpdated { worker, state: WorkerState::Paused, stake },
        Event::WorkerLeaving { worker, state: WorkerState::Leaving, due },
        Event::WorkerUnbonded { worker, amount: stake },
        Event::WorkerHeard { worker, version: "0.4.0".parse().unwrap() },
        Event::WorkerSlashed {
            worker,
            task: 258,
            amount: stake,
            prover,
            reward: Amount::new(9),
            strikes: 2,
        },
        Event::DeviceAttested {
            worker,
            device: 3,
            kind: DeviceKind::Gpu,
            points,
            performance: 402_000,
            tier: ppm(900_000),
            flagged: true,
            expires: due,
        },
        Event::DeviceRemoved { worker, device: 3 },
    ]
}

fn task_events() -> Vec<Event> {
    let (task, worker, root, device) = (258, WORKER, digest("root"), 3);
    let (attempt, shape) = (2, SHAPE);
    let committee = Committee::new(vec![validator(), validator_key(4)]).unwrap();
    let payment = Payment { worker: amount(), validators: Amount::new(8), burned: Amount::new(3) };
    let factors = Factors {
        count: 64,
        units: 4_096,
        difficulty_ppm: 1_500_000,
        tier: ppm(900_000),
        uptime: ppm(990_000),
        reputation: ppm(950_000),
    };
    vec![
        Event::TaskCreated {
            task,
            purpose: Purpose::Paid,
            requester: Some(operator()),
            shape,
            count: 7,
            price: amount(),
        },
        Event::TaskAssigned {
            task,
            attempt,
            worker,
            device,
            seed_height: Height::new(300),
            deadline: due(),
            spot_check: true,
        },
        Event::TaskCommitted { task, attempt, worker, root, digest: Some(digest("bytes")) },
        Event::TaskChallenged {
            task,
            round: 1,
            challenge: digest("challenge"),
            committee,
            closes: due(),
        },
        Event::ResultVoted {
            task,
            validator: validator(),
            verdict: Verdict::Unavailable,
            transcript: digest("transcript"),
        },
        Event::TaskAccepted { task, attempt, worker, device, shape, root },
        Event::TaskSettled {
            task,
            worker,
            purpose: Purpose::Network,
            payment,
            epoch: Epoch::new(17),
            factors: Some(factors),
            credit: Amount::new(factors.credit()),
        },
        Event::TaskRejected { task, attempt, worker, reason: RejectReason::Withheld },
        Event::TaskRefunded {
            task,
            requester: operator(),
            amount: amount(),
            reason: RefundReason::Attempts,
        },
    ]
}

fn other_events() -> Vec<Event> {
    let (task, worker, epoch) = (258, WORKER, Epoch::new(17));
    let (prover, proposal) = (operator(), 300);
    vec![
        Event::ResultDisproved {
            task,
            worker,
            prover,
            entry: Entry { product: 3, row: 200, column: 300 },
        },
        Event::DisputeFailed { task, sender: prover, bond: amount() },
        Event::PlantRevealed {
            task,
            worker,
            faults: 2,
            prover: Some(prover),
            bounty: Amount::new(7),
        },
        Event::CheckerFaulted { task, validator: validator() },
        Event::MinersReleased { epoch, pool: amount(), total: Amount::new(1 << 70) },
        Event::RewardsClaimed { worker, amount: amount(), epochs: 3 },
        Event::MinersReturned { epoch, amount: Amount::new(5) },
        Event::WhitelistChanged { proposal, drivers: 51, models: 20 },
        Event::PricesChanged { proposal, shapes: 8 },
    ]
}
