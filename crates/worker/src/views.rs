//! What a worker reads of a node: the JSON of its compute routes, as far as a worker needs it. Fields
//! that this version does not know are skipped. The names are those of the records of the ledger's
//! module `compute`.
//!
//! | route | answer |
//! |---|---|
//! | `GET /v1/compute/workers/{address}` | [`WorkerView`] |
//! | `GET /v1/compute/tasks/{number}` | [`TaskView`] |
//! | `GET /v1/randomness/{height}` | [`BeaconView`] |

use althing_types::{
    Address, Amount, Due, Hash, Height, Ppm, Timestamp,
    compute::{
        DeviceId, DeviceKind, Inventory, Operands, Points, Purpose, RejectReason, Shape, TaskState,
        WorkerState,
    },
};
use serde::{Deserialize, Serialize};

/// A worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerView {
    /// What it does.
    pub state: WorkerState,
    /// Where others fetch what it has computed.
    pub endpoint: String,
    /// Its stake, in base units.
    pub stake: Amount,
    /// What binds it to the secret of its plants.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub plant: Hash,
    /// Its tasks that are not over for it.
    #[serde(default)]
    pub tasks: Vec<u64>,
    /// Wrong results so far.
    #[serde(default)]
    pub strikes: u32,
    /// Its devices.
    #[serde(default)]
    pub devices: Vec<DeviceView>,
    /// Its last heartbeat, in milliseconds of block time.
    #[serde(default)]
    pub heard: Option<Timestamp>,
    /// How good its results were, in parts per million.
    #[serde(default)]
    pub reputation: Option<Ppm>,
    /// The part of its heartbeats that it sent.
    #[serde(default)]
    pub uptime: Option<Ppm>,
    /// What it can claim of the miners' pool, in base units.
    #[serde(default)]
    pub claimable: Option<Amount>,
}

impl WorkerView {
    /// The device with this number.
    pub fn device(&self, number: u8) -> Option<&DeviceView> {
        self.devices.iter().find(|device| device.device == number)
    }
}

/// A device of a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceView {
    /// Its number, 0 to 15.
    pub device: u8,
    /// What it says about itself.
    pub inventory: Inventory,
    /// SHA-256 of the evidence.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub evidence: Hash,
    /// What its attestation gave.
    pub points: Points,
    /// Whether nothing spoke against it.
    pub passed: bool,
    /// The height at which the evidence came.
    #[serde(default)]
    pub attested: u64,
    /// Until when the attestation counts.
    pub expires: Due,
    /// What its work counts.
    pub tier: Ppm,
    /// Whether it computed much more or less than the last time.
    #[serde(default)]
    pub flagged: bool,
    /// Its last benchmark.
    #[serde(default)]
    pub measured: Option<MeasuredView>,
    /// Its benchmark that is not over.
    #[serde(default)]
    pub benchmark: Option<u64>,
    /// Whether it must be measured before it gets anything else.
    #[serde(default)]
    pub must_measure: bool,
    /// Its tasks that are not over for it, benchmarks included.
    #[serde(default)]
    pub open: u32,
    /// Its place in the list of devices that may work; none if it may not.
    #[serde(default)]
    pub place: Option<u32>,
}

impl DeviceView {
    /// What it is.
    pub const fn kind(&self) -> DeviceKind {
        self.inventory.kind
    }
}

/// What a benchmark said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeasuredView {
    /// The task.
    pub task: u64,
    /// Performance, in milli-TFLOPS.
    pub performance: u64,
    /// Until when it counts.
    pub expires: Due,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskView {
    /// Where it is in its life.
    pub state: TaskState,
    /// Why it exists.
    pub purpose: Purpose,
    /// What is paid for each product, in base units.
    pub price: Amount,
    /// The shape of its products.
    pub shape: Shape,
    /// How many there are.
    pub count: u32,
    /// Where the matrices come from; nodes do not say it of tasks that are over for long.
    #[serde(default = "seed")]
    pub operands: Operands,
    /// Where matrices that the requester has are fetched, or empty.
    #[serde(default)]
    pub source: String,
    /// How many devices had it.
    pub attempt: u32,
    /// Who has it.
    #[serde(default)]
    pub assignment: Option<AssignmentView>,
    /// What its worker is bound to.
    #[serde(default)]
    pub result: Option<ResultView>,
    /// Why the last attempt failed.
    #[serde(default)]
    pub reason: Option<RejectReason>,
}

const fn seed() -> Operands {
    Operands::Seed {}
}

impl TaskView {
    /// The assignment, if this worker has the task.
    pub fn of(&self, worker: Address) -> Option<&AssignmentView> {
        self.assignment.as_ref().filter(|assignment| assignment.device.worker == worker)
    }
}

/// Who has a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentView {
    /// The device.
    pub device: DeviceId,
    /// The randomness of this height draws the seed.
    pub seed_height: Height,
    /// A result after this does not count.
    pub deadline: Due,
    /// What binds the worker to the secret of its plants.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub plant: Hash,
}

/// What a worker is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultView {
    /// Root of the roots of its products.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub root: Hash,
    /// The seed of its matrices.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub seed: Hash,
    /// When it was committed.
    pub height: Height,
}

/// The randomness of a height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeaconView {
    /// The height.
    pub height: Height,
    /// The randomness.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub value: Hash,
}
