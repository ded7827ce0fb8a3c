pub use crate::modules::schedule::{Agenda, DueCount};

use althing_types::{
    Address, Amount, Due, Epoch, Hash, Height, List, Ppm, Text, Timestamp, ValidatorKey,
    compute::{
        DeviceId, Inventory, KnownDriver, KnownModel, Operands, Points, Purpose, RejectReason,
        Shape, TaskState, Verdict, WorkerState,
    },
    limits::{
        MAX_COMMITTEE, MAX_COMPUTE_TEXT_BYTES, MAX_ENDPOINT_BYTES, MAX_KNOWN_DRIVERS,
        MAX_KNOWN_MODELS, MAX_WORKER_TASKS,
    },
    params::ComputeParams,
    struct_codec, tagged_enum,
};
use serde::{Deserialize, Serialize};

/// Sums over all workers and tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compute {
    /// The number of the next task.
    pub next_task: u64,
    /// The stakes of all workers, in base units.
    pub stakes: Amount,
    /// The prices of all tasks that are not over, in base units.
    pub prices: Amount,
    /// What was released of the miners' pool and not claimed yet, in base units.
    pub rewards: Amount,
    /// Workers that have not left.
    pub workers: u32,
    /// Graphics processors that may work.
    pub gpus: u32,
    /// Processors that may work.
    pub cpus: u32,
}

struct_codec!(Compute { next_task, stakes, prices, rewards, workers, gpus, cpus });

tagged_enum! {
    /// Something that is due.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(tag = "type", rename_all = "kebab-case")]
    pub enum DueItem {
        /// A task goes on, unless it was moved on before.
        0x0001 "task" Task {
            /// Its number.
            task: u64,
        },
        /// The stake of a worker is paid.
        0x0002 "unbond" Unbond {
            /// Its account.
            worker: Address,
        },
    }
}

/// A worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worker {
    /// What it does.
    pub state: WorkerState,
    /// Where others fetch what it has computed.
    pub endpoint: Text<MAX_ENDPOINT_BYTES>,
    /// Its stake, in base units.
    pub stake: Amount,
    /// What binds it to the secret of its plants.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub plant: Hash,
    /// When it was registered for the first time.
    pub registered: Height,
    /// Bit `n`: it has a device with the number `n`.
    pub devices: u32,
    /// Its tasks that are not over for it.
    pub tasks: List<u64, MAX_WORKER_TASKS>,
    /// Wrong results so far.
    pub strikes: u32,
    /// When its stake is paid, if it leaves or is banned.
    pub unbonds: Due,
    /// What it has done.
    pub counters: Counters,
}

struct_codec!(Worker {
    state,
    endpoint,
    stake,
    plant,
    registered,
    devices,
    tasks,
    strikes,
    unbonds,
    counters,
});

/// What a worker has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Tasks that it got.
    pub assigned: u64,
    /// Results that it committed to.
    pub committed: u64,
    /// Of these, such that came in the second half of the time.
    pub late: u64,
    /// Results that were settled as right.
    pub accepted: u64,
    /// Results that were proven wrong.
    pub wrong: u64,
    /// Results that it did not show.
    pub withheld: u64,
    /// Results that did not come in time.
    pub expired: u64,
    /// Results that were planted.
    pub planted: u64,
}

struct_codec!(Counters { assigned, committed, late, accepted, wrong, withheld, expired, planted });

/// A device of a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// What it says about itself.
    pub inventory: Inventory,
    /// SHA-256 of the evidence.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub evidence: Hash,
    /// What its attestation gave.
    pub points: Points,
    /// Whether nothing spoke against it.
    pub passed: bool,
    /// When the evidence came.
    pub attested: Height,
    /// Until when the attestation counts.
    pub expires: Due,
    /// What its work counts, as a part of the greatest tier, which is 10.
    pub tier: Ppm,
    /// Whether it computed much more or less than the last time.
    pub flagged: bool,
    /// Its last benchmark.
    pub measured: Option<Measured>,
    /// Its benchmark that is not over.
    pub benchmark: Option<u64>,
    /// Whether it must be measured before it gets anything else.
    pub must_measure: bool,
    /// Its tasks that are not over for it, benchmarks included.
    pub open: u32,
    /// Its place in the list of devices that may work.
    pub place: Option<u32>,
}

struct_codec!(Device {
    inventory,
    evidence,
    points,
    passed,
    attested,
    expires,
    tier,
    flagged,
    measured,
    benchmark,
    must_measure,
    open,
    place,
});

/// What became of a report that a device signed itself. Its texts are empty where it was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceReport {
    /// Whether it was verified up to its maker's root.
    pub verified: bool,
    /// The chip, by its maker's certificate.
    pub chip: Text<MAX_COMPUTE_TEXT_BYTES>,
    /// The device: a hash of the key that its maker fused into it.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub identity: Hash,
    /// Version of the driver.
    pub driver: Text<MAX_COMPUTE_TEXT_BYTES>,
    /// Version of the firmware.
    pub vbios: Text<MAX_COMPUTE_TEXT_BYTES>,
    /// The kind of board, in its maker's numbers.
    pub board: Text<MAX_COMPUTE_TEXT_BYTES>,
    /// The height whose randomness it answers to.
    pub height: Height,
    /// Until when it counts.
    pub expires: Due,
}

struct_codec!(DeviceReport { verified, chip, identity, driver, vbios, board, height, expires });

/// What a benchmark said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// The task.
    pub task: u64,
    /// Multiplications.
    pub multiply_adds: u64,
    /// The time that counts, in microseconds.
    pub micros: u64,
    /// From the seed to the commitment, in milliseconds of block time.
    pub elapsed_ms: u64,
    /// What follows, in milli-TFLOPS.
    pub performance: u64,
    /// Until when it counts.
    pub expires: Due,
}

struct_codec!(Measured { task, multiply_adds, micros, elapsed_ms, performance, expires });

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Where it is in its life.
    pub state: TaskState,
    /// Why it exists.
    pub purpose: Purpose,
    /// Who pays for it, if somebody does.
    pub requester: Option<Address>,
    /// What is paid for each product, in base units.
    pub price: Amount,
    /// The shape of its products.
    pub shape: Shape,
    /// How many there are.
    pub count: u32,
    /// Where the matrices come from.
    pub operands: Operands,
    /// Where matrices that the requester has are fetched, or empty.
    pub source: Text<MAX_ENDPOINT_BYTES>,
    /// When it was created.
    pub created: Height,
    /// How many devices had it.
    pub attempt: u32,
    /// When it goes on by itself.
    pub due: Due,
    /// The height at which this is looked at.
    pub wake: Height,
    /// The randomness of this height draws its worker, while it is open.
    pub draw: Height,
    /// Until when it waits for a worker.
    pub closes: Due,
    /// Who has it.
    pub assignment: Option<Assignment>,
    /// What its worker is bound to.
    pub result: Option<TaskResult>,
    /// Who checks it.
    pub check: Option<Check>,
    /// Who proved it wrong.
    pub prover: Option<Address>,
    /// Why the last attempt failed.
    pub reason: Option<RejectReason>,
}

struct_codec!(Task {
    state,
    purpose,
    requester,
    price,
    shape,
    count,
    operands,
    source,
    created,
    attempt,
    due,
    wake,
    draw,
    closes,
    assignment,
    result,
    check,
    prover,
    reason,
});

impl Task {
    /// Units of work of the whole batch.
    pub fn units(&self) -> u64 {
        self.shape.units().saturating_mul(self.count.into())
    }

    /// What is paid for the whole batch, in base units; `None` if it does not fit.
    pub fn total(&self) -> Option<Amount> {
        self.price.units().checked_mul(self.count.into()).map(Amount::new)
    }
}

/// Who has a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The device.
    pub device: DeviceId,
    /// The randomness of this height draws the seed.
    pub seed_height: Height,
    /// The time of that block; known for benchmarks alone.
    pub seed_time: Option<Timestamp>,
    /// A result after this is late.
    pub timely: Due,
    /// A result after this does not count.
    pub deadline: Due,
    /// What binds the worker to the secret of its plants.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub plant: Hash,
}

struct_codec!(Assignment { device, seed_height, seed_time, timely, deadline, plant });

/// What a worker is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskResult {
    /// Root of the roots of its products.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub root: Hash,
    /// SHA-256 of the bytes of the result of a benchmark.
    #[serde(with = "althing_types::hash::serde_hex_option")]
    pub digest: Option<Hash>,
    /// The seed of its matrices.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub seed: Hash,
    /// When it was committed.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
}

struct_codec!(TaskResult { root, digest, seed, height, time });

/// How a result is checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The first committee or the second one: 0 or 1.
    pub round: u8,
    /// The randomness of this height draws the challenge.
    pub height: Height,
    /// The challenge, once it is drawn.
    #[serde(with = "althing_types::hash::serde_hex_option")]
    pub challenge: Option<Hash>,
    /// Who checks.
    pub members: List<Member, MAX_COMMITTEE>,
    /// Votes count before this.
    pub closes: Due,
}

struct_codec!(Check { round, height, challenge, members, closes });

/// A member of a committee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub validator: ValidatorKey,
    /// What it found.
    pub verdict: Option<Verdict>,
    /// Whether it called something right that it had not looked at.
    pub faulted: bool,
}

struct_codec!(Member { validator, verdict, faulted });

/// A result that awaits votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaiting {
    /// The task.
    pub task: u64,
    /// The randomness of this height draws its challenge.
    pub height: Height,
}

struct_codec!(Awaiting { task, height });

/// All results that await votes.
pub type Verifying = List<Awaiting, { ComputeParams::MAX_VERIFYING as usize }>;

/// The miners' pool of an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinerPool {
    /// All weights together, in millionths of a unit of work.
    pub total: Amount,
    /// How much there was, once the epoch is over, in base units.
    pub pool: Amount,
    /// What of it nobody has claimed yet, in base units.
    pub left: Amount,
}

struct_codec!(MinerPool { total, pool, left });

/// What a worker earned in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// The epoch.
    pub epoch: Epoch,
    /// The weight, in millionths of a unit of work.
    pub weight: Amount,
}

struct_codec!(Credit { epoch, weight });

/// Most epochs in which a worker has earned what it can claim, the running one included.
pub(crate) const MAX_CREDITS: usize = ComputeParams::MAX_CLAIM_EPOCHS as usize + 1;

/// What a worker has earned in epochs that it can claim, oldest first.
pub type Credits = List<Credit, MAX_CREDITS>;

/// How a validator has checked results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checker {
    /// Results that it was to check.
    pub drawn: u64,
    /// Of these, such that it called right.
    pub valid: u64,
    /// Such that it did not get.
    pub unavailable: u64,
    /// Such that it could not check.
    pub abstained: u64,
    /// Such that it said nothing about.
    pub missed: u64,
    /// Wrong rows that it called right although it was to look at them.
    pub faults: u64,
}

struct_codec!(Checker { drawn, valid, unavailable, abstained, missed, faults });

/// The drivers on the whitelist, ascending by their digests.
pub type Drivers = List<KnownDriver, MAX_KNOWN_DRIVERS>;

/// The models on the whitelist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Models {
    /// What the work of a device counts that is not listed.
    pub unknown_tier: Ppm,
    /// Least part of its memory that a driver may tell, in parts per million.
    pub memory_low_ppm: u32,
    /// Largest part of its memory that a driver may tell, in parts per million.
    pub memory_high_ppm: u32,
    /// The models, ascending by their names.
    pub models: List<KnownModel, MAX_KNOWN_MODELS>,
}

struct_codec!(Models { unknown_tier, memory_low_ppm, memory_high_ppm, models });
