//! What the index of the node knows about workers and tasks. Everything else that the API says about
//! them it reads from records of the state.

use althing_types::{
    Address, Amount, Epoch, Event, Hash, Height, Ppm, Timestamp, ValidatorKey,
    compute::{
        DeviceKind, Factors, Operands, Payment, Points, Purpose, RefundReason, RejectReason, Shape,
        TaskState, Verdict, WorkerState,
    },
};

/// Which tasks are wanted. What is left open is not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// Where they are in their lives.
    pub state: Option<TaskState>,
    /// Why they exist.
    pub purpose: Option<Purpose>,
    /// Who pays for them.
    pub requester: Option<Address>,
    /// Who has, or had, them.
    pub worker: Option<Address>,
}

/// A task, also one that the state has forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskHistory {
    /// Its number.
    pub number: u64,
    /// Why it exists.
    pub purpose: Purpose,
    /// Who pays for it, if somebody does.
    pub requester: Option<Address>,
    /// The shape of its products.
    pub shape: Shape,
    /// How many there are.
    pub count: u32,
    /// What is paid for each of them, in base units.
    pub price: Amount,
    /// Where it is in its life.
    pub state: TaskState,
    /// How many workers had it.
    pub attempt: u32,
    /// Who had it last.
    pub worker: Option<Address>,
    /// The number of that worker's device.
    pub device: Option<u8>,
    /// Root of the roots of its products.
    pub root: Option<Hash>,
    /// SHA-256 of the bytes of the result of a benchmark.
    pub digest: Option<Hash>,
    /// The committee that checked it last: 0 or 1.
    pub round: u8,
    /// Why the last attempt that failed did so.
    pub reason: Option<RejectReason>,
    /// Why its price went back.
    pub refund: Option<RefundReason>,
    /// Who proved it wrong.
    pub prover: Option<Address>,
    /// The height at which it was created.
    pub created: Height,
    /// The time of that block.
    pub created_time: Timestamp,
    /// When it was assigned last.
    pub assigned: Option<Timestamp>,
    /// When its worker committed to a result.
    pub committed: Option<Timestamp>,
    /// When a committee was first drawn for that.
    pub challenged: Option<Timestamp>,
    /// When the committee accepted it.
    pub accepted: Option<Timestamp>,
    /// The height at which it was over.
    pub ended: Option<Height>,
    /// The time of that block.
    pub ended_time: Option<Timestamp>,
    /// Where the matrices come from.
    pub operands: Operands,
    /// Where matrices that the requester has are fetched, or empty.
    pub source: String,
}

/// An attempt of a worker at a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptHistory {
    /// The task as it is now.
    pub task: TaskHistory,
    /// How many workers had it, this one included.
    pub attempt: u32,
    /// The number of the device.
    pub device: u8,
    /// When it was assigned.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
    /// The name of the state of this attempt, or of the reason why it failed.
    pub outcome: String,
}

/// Something that happened to a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskEvent {
    /// The height.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
    /// What happened.
    pub event: Event,
}

/// What a member of a committee found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerdictState {
    /// Which attempt it is about.
    pub attempt: u32,
    /// The first committee or the second one: 0 or 1.
    pub round: u8,
    /// The member.
    pub validator: ValidatorKey,
    /// What it found.
    pub verdict: Verdict,
    /// SHA-256 over the values that it got for its samples.
    pub transcript: Hash,
    /// When it voted.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
}

/// A result that was paid or credited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettlementState {
    /// The task.
    pub task: u64,
    /// The worker.
    pub worker: Address,
    /// The epoch in which it counts.
    pub epoch: Epoch,
    /// When.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
    /// The shape of its products.
    pub shape: Shape,
    /// What was paid, in base units.
    pub payment: Payment,
    /// What its weight is made of; of work of the network alone.
    pub factors: Option<Factors>,
    /// The weight, in millionths of a unit of work.
    pub credit: Amount,
}

/// How a device was scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadingState {
    /// The number of the device.
    pub device: u8,
    /// When.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
    /// What it is; none if it was removed then.
    pub kind: Option<DeviceKind>,
    /// What each level gave.
    pub points: Points,
    /// What it computed by its last benchmark, in milli-TFLOPS; 0 without one.
    pub performance: u64,
    /// What its work counts.
    pub tier: Ppm,
    /// Whether it computed much more or less than the last time.
    pub flagged: bool,
}

/// Which workers are wanted, in the order of their accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerFilter {
    /// Only those in this state.
    pub state: Option<WorkerState>,
    /// Only those behind this account.
    pub after: Option<Address>,
}
