//! The state machine against hand-made pictures of the chain.

mod life;
mod work;

use super::*;
use crate::views::{AssignmentView, DeviceView, MeasuredView, ResultView};
use althing_types::{
    KeyScheme, Ppm, SecretKey, Timestamp,
    compute::{
        DeviceId, Inventory, Operands, Points, ProductKind, Purpose as TaskPurpose, TaskState,
        WorkerState,
        draw::{self, plant_commitment},
    },
    hash::sha256,
};

const DAY_MS: u64 = 86_400_000;

fn key() -> SecretKey {
    SecretKey::from_seed(KeyScheme::Ed25519, [7; 32]).unwrap()
}

fn secrets() -> Secrets {
    Secrets::new(&key())
}

fn evidence() -> Blob<MAX_EVIDENCE_BYTES> {
    Blob::new(b"{}".to_vec()).unwrap()
}

fn plan() -> Plan {
    Plan {
        worker: key().address(),
        identity: Identity { chain_id: "test-1".parse().unwrap(), genesis: sha256(&[b"genesis"]) },
        endpoint: "http://8.8.8.8:9300".to_owned(),
        stake: Amount::ZERO,
        version: "0.1.0".to_owned(),
        devices: vec![DevicePlan {
            number: 0,
            kind: DeviceKind::Cpu,
            evidence: evidence(),
            signs_reports: false,
            units_per_second: 100,
            memory_bytes: 1 << 30,
        }],
        network_work: true,
        shapes: Vec::new(),
        batch_seconds: 2,
        queue: 1,
        claim: true,
        max_gas_price: None,
    }
}

fn machine() -> Machine {
    Machine::new(plan(), secrets(), &Memory::default())
}

fn due(height: u64) -> Due {
    Due { height: Height::new(height), time: Timestamp::new(height * 1_000) }
}

fn chain(height: u64) -> Observed {
    Observed {
        tip: Tip { height: Height::new(height), time: Timestamp::new(height * 1_000) },
        params: ComputeParams::devnet(),
        heartbeat_ms: 60_000,
        balance: Amount::from_tokens(1_000).unwrap(),
        gas_price: GasPrice::new(1),
        worker: None,
        tasks: BTreeMap::new(),
        beacons: BTreeMap::new(),
    }
}

fn device() -> DeviceView {
    let inventory: Inventory = serde_json::from_value(serde_json::json!({
        "kind": "cpu", "model": "a processor", "memory_mib": 1_024, "cores": 2,
        "uuid": hex::encode([0; 32]), "capability": "", "driver": "", "pci_id": "",
    }))
    .unwrap();
    DeviceView {
        device: 0,
        inventory,
        evidence: sha256(&[b"{}"]),
        points: Points::default(),
        passed: true,
        attested: 1,
        expires: due(7 * DAY_MS / 1_000),
        tier: Ppm::new(500_000).unwrap(),
        flagged: false,
        measured: Some(MeasuredView {
            task: 1,
            performance: 5,
            expires: Due { height: Height::ZERO, time: Timestamp::new(7 * DAY_MS) },
        }),
        benchmark: None,
        must_measure: false,
        open: 0,
        place: Some(0),
    }
}

fn worker() -> WorkerView {
    WorkerView {
        state: WorkerState::Active,
        endpoint: plan().endpoint,
        stake: Amount::from_tokens(100).unwrap(),
        plant: plant_commitment(&secrets().secret(0)),
        tasks: Vec::new(),
        strikes: 0,
        devices: vec![device()],
        heard: Some(Timestamp::new(100_000)),
        reputation: None,
        uptime: None,
        claimable: None,
    }
}

/// A registered worker with an attested and measured device, at height 100.
fn ready() -> Observed {
    Observed { worker: Some(worker()), ..chain(100) }
}

fn task(state: TaskState, purpose: TaskPurpose) -> TaskView {
    TaskView {
        state,
        purpose,
        price: Amount::from_tokens(2).unwrap(),
        shape: Shape::square(ProductKind::Int8, 256),
        count: 3,
        operands: Operands::Seed {},
        source: String::new(),
        attempt: 1,
        assignment: Some(AssignmentView {
            device: DeviceId { worker: key().address(), device: 0 },
            seed_height: Height::new(104),
            deadline: due(150),
            plant: plant_commitment(&secrets().secret(0)),
        }),
        result: None,
        reason: None,
    }
}

const JOB: JobKey = JobKey { task: 9, attempt: 1 };

fn with_task(height: u64, task: TaskView) -> Observed {
    let mut observed = ready();
    observed.tip = chain(height).tip;
    observed.worker.as_mut().unwrap().tasks = vec![9];
    observed.worker.as_mut().unwrap().heard = Some(observed.tip.time);
    observed.tasks.insert(9, task);
    observed.beacons.insert(Height::new(104), sha256(&[b"beacon"]));
    observed
}

/// Shows a picture of the chain, which is not older than what the machine knows of it.
fn look(machine: &mut Machine, mut observed: Observed) -> Vec<Action> {
    observed.tip.height = observed.tip.height.max(machine.known_from);
    machine.step(Observation::Chain(Box::new(observed)))
}

fn sent(actions: &[Action]) -> Option<&Payload> {
    actions.iter().find_map(|action| match action {
        Action::Send(Message::Payload(_, payload)) => Some(&**payload),
        _ => None,
    })
}

/// The transaction is included in the next block.
fn done(machine: &mut Machine) -> Vec<Action> {
    let height = machine.observed().map_or(0, |observed| observed.tip.height.get() + 1);
    machine.step(Observation::Sent(Some(Outcome::Done { height: Height::new(height) })))
}

fn found() -> Found {
    Found { root: sha256(&[b"root"]), digest: sha256(&[b"digest"]) }
}

/// Brings a machine to where it computes task 9.
fn computing(machine: &mut Machine, purpose: TaskPurpose) {
    let actions = look(machine, with_task(104, task(TaskState::Assigned, purpose)));
    assert!(actions.contains(&Action::Compute(JOB)), "{actions:?}");
}

fn committed(purpose: TaskPurpose, state: TaskState) -> TaskView {
    let assignment = task(state, purpose).assignment.unwrap();
    let attempt = draw::Attempt { task: 9, attempt: 1, device: assignment.device };
    let seed = draw::operand_seed(&sha256(&[b"genesis"]), &attempt, &sha256(&[b"beacon"]));
    let result = Some(ResultView { root: found().root, seed, height: Height::new(106) });
    TaskView { result, ..task(state, purpose) }
}
