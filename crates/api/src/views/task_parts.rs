//! What tasks are made of, as JSON. Fields of records have the names that the ledger gives them.

use super::{DueView, Money, Names, Show, hex_of};
use crate::backend::{SettlementRow, VerdictRow};
use althing_ledger::compute::{Assignment, Check, Member, TaskResult};
use althing_types::compute::{DeviceId, Factors, Shape};
use serde::Serialize;
use utoipa::ToSchema;

/// The shape of a product `C = A * B`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShapeView {
    /// What the entries are: `int8` or `fp16`.
    #[schema(example = "int8")]
    pub kind: String,
    /// Rows of A and C.
    pub m: u32,
    /// Columns of B and C.
    pub n: u32,
    /// Columns of A, rows of B.
    pub k: u32,
}

impl From<Shape> for ShapeView {
    fn from(shape: Shape) -> Self {
        let Shape { kind, m, n, k } = shape;
        Self { kind: kind.name().to_owned(), m, n, k }
    }
}

/// A device of a worker.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeviceIdView {
    /// The account of the worker.
    pub worker: String,
    /// Its number, 0 to 15.
    pub device: u8,
}

impl From<DeviceId> for DeviceIdView {
    fn from(id: DeviceId) -> Self {
        Self { worker: id.worker.to_string(), device: id.device }
    }
}

/// Who has a task.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AssignmentView {
    /// The device.
    pub device: DeviceIdView,
    /// The randomness of this height draws the seed of the matrices.
    pub seed_height: u64,
    /// The time of that block; known for benchmarks alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed_time: Option<u64>,
    /// The seed, once it is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
    /// A result after this is late.
    pub timely: DueView,
    /// A result after this does not count.
    pub deadline: DueView,
    /// What binds the worker to the secret of its plants.
    pub plant: String,
}

impl AssignmentView {
    pub(super) fn new(assignment: &Assignment, seed: Option<String>) -> Self {
        Self {
            device: assignment.device.into(),
            seed_height: assignment.seed_height.get(),
            seed_time: assignment.seed_time.map(|time| time.get()),
            seed,
            timely: assignment.timely.into(),
            deadline: assignment.deadline.into(),
            plant: hex_of(&assignment.plant),
        }
    }
}

/// What a worker is bound to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ResultView {
    /// Root of the roots of its products.
    pub root: String,
    /// SHA-256 of the bytes of the result of a benchmark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The seed of its matrices.
    pub seed: String,
    /// When it was committed.
    pub height: u64,
    /// The time of that block.
    pub time: u64,
}

impl From<&TaskResult> for ResultView {
    fn from(result: &TaskResult) -> Self {
        Self {
            root: hex_of(&result.root),
            digest: result.digest.as_ref().map(hex_of),
            seed: hex_of(&result.seed),
            height: result.height.get(),
            time: result.time.get(),
        }
    }
}

/// A member of the committee.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CommitteeMemberView {
    /// Who.
    pub validator: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validator_name: Option<String>,
    /// `valid`, `unavailable` (the worker did not show what it asked for) or `abstain`; absent if it
    /// has not voted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// Whether it called something right that it had not looked at.
    pub faulted: bool,
}

/// How a result is checked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CheckStateView {
    /// The first committee or the second one: 0 or 1.
    pub round: u8,
    /// The randomness of this height draws the challenge.
    pub height: u64,
    /// The challenge, once it is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    /// Who checks, and what each found.
    pub members: Vec<CommitteeMemberView>,
    /// Votes count before this.
    pub closes: DueView,
}

impl CheckStateView {
    pub(super) fn new(check: &Check, names: &Names) -> Self {
        let member = |member: &Member| CommitteeMemberView {
            validator: member.validator.to_string(),
            validator_name: names.get(&member.validator).cloned(),
            verdict: member.verdict.map(|verdict| verdict.name().to_owned()),
            faulted: member.faulted,
        };
        Self {
            round: check.round,
            height: check.height.get(),
            challenge: check.challenge.as_ref().map(hex_of),
            members: check.members.iter().map(member).collect(),
            closes: check.closes.into(),
        }
    }
}

/// A verdict of a committee, also one that the state has forgotten.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VerdictView {
    /// Which attempt it is about.
    pub attempt: u32,
    /// The first committee or the second one: 0 or 1.
    pub round: u8,
    /// The member.
    pub validator: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validator_name: Option<String>,
    /// `valid`, `unavailable` or `abstain`.
    pub verdict: String,
    /// SHA-256 over the values that it got for its samples: who audits it compares.
    pub transcript: String,
    /// When it voted.
    pub height: u64,
    /// The time of that block.
    pub time_ms: u64,
}

impl VerdictView {
    pub(crate) fn new(verdict: &VerdictRow, names: &Names) -> Self {
        Self {
            attempt: verdict.attempt,
            round: verdict.round,
            validator: verdict.validator.to_string(),
            validator_name: names.get(&verdict.validator).cloned(),
            verdict: verdict.verdict.name().to_owned(),
            transcript: hex_of(&verdict.transcript),
            height: verdict.height.get(),
            time_ms: verdict.time.get(),
        }
    }
}

/// The factors of the weight of a result. Their product over 10^18, rounded down, is its credit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FactorsView {
    /// Products of the batch.
    pub count: u32,
    /// Units of work of one product.
    pub units: u64,
    /// What a unit of this shape counts, in parts per million.
    pub difficulty_ppm: u32,
    /// What the device counts, in parts per million.
    pub tier: u32,
    /// The part of its heartbeats that the worker sent, in parts per million.
    pub uptime: u32,
    /// How good its results were before, in parts per million.
    pub reputation: u32,
}

impl From<Factors> for FactorsView {
    fn from(factors: Factors) -> Self {
        let Factors { count, units, difficulty_ppm, tier, uptime, reputation } = factors;
        let (tier, uptime, reputation) = (tier.get(), uptime.get(), reputation.get());
        Self { count, units, difficulty_ppm, tier, uptime, reputation }
    }
}

/// What a result earned.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SettlementView {
    /// The epoch in which it counts.
    pub epoch: u64,
    /// When.
    pub height: u64,
    /// What the worker was paid.
    pub worker: Money,
    /// What those who checked it were paid together.
    pub validators: Money,
    /// What was burned.
    pub burned: Money,
    /// The weight in the miners' pool, in millionths of a unit of work.
    pub credit: String,
    /// What the weight is made of; of work of the network alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factors: Option<FactorsView>,
}

impl SettlementView {
    pub(crate) fn new(settled: &SettlementRow, show: Show<'_>) -> Self {
        Self {
            epoch: settled.epoch.get(),
            height: settled.height.get(),
            worker: Money::new(settled.payment.worker, show),
            validators: Money::new(settled.payment.validators, show),
            burned: Money::new(settled.payment.burned, show),
            credit: settled.credit.to_string(),
            factors: settled.factors.map(FactorsView::from),
        }
    }
}
