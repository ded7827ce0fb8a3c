//! Compute as a whole as JSON: sums, prices, whitelists, what is being checked, weights, checkers.

use super::{FactorsView, Money, Names, ShapeView, Show, hex_of};
use crate::backend::SettlementRow;
use althing_ledger::compute::{Awaiting, Checker, Compute, Drivers, MinerPool, Models, Task};
use althing_types::{
    Amount, Epoch, Height, ValidatorKey,
    compute::{KnownDriver, KnownModel, KnownRate, Price, TaskState, UNIT_MULTIPLICATIONS},
    params::ComputeParams,
};
use serde::Serialize;
use utoipa::ToSchema;

/// Tasks that are in the same state.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskCountView {
    /// The state.
    #[schema(example = "settled")]
    pub state: String,
    /// How many.
    pub count: u64,
}

/// Compute as a whole.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ComputeSummary {
    /// The height this was read at.
    pub height: u64,
    /// The running epoch.
    pub epoch: u64,
    /// Workers that have not left.
    pub workers: u32,
    /// Graphics processors that may work.
    pub gpus: u32,
    /// Processors that may work.
    pub cpus: u32,
    /// Tasks so far.
    pub tasks: u64,
    /// Results that await votes.
    pub verifying: usize,
    /// Most of them at a time.
    pub max_verifying: u64,
    /// The stakes of all workers.
    pub stakes: Money,
    /// The prices of all tasks that are not over.
    pub prices: Money,
    /// What was released of the miners' pool and not claimed yet.
    pub rewards: Money,
    /// What the account of this module owns: stakes, prices, rewards.
    pub balance: Money,
    /// What the miners' pool holds for the running epoch.
    pub pool: Money,
    /// The weights of the running epoch, in millionths of a unit of work.
    pub weight: String,
    /// Least stake of a worker.
    pub min_stake: Money,
    /// Tasks by state; absent if this node keeps no index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub states: Option<Vec<TaskCountView>>,
}

/// What the summary is made of.
pub(crate) struct Sums {
    pub(crate) height: Height,
    pub(crate) epoch: Epoch,
    pub(crate) compute: Compute,
    pub(crate) verifying: usize,
    pub(crate) balance: Amount,
    pub(crate) pool: Amount,
    pub(crate) running: MinerPool,
    pub(crate) counts: Option<Vec<(TaskState, u64)>>,
}

impl ComputeSummary {
    pub(crate) fn new(sums: Sums, params: &ComputeParams, show: Show<'_>) -> Self {
        let money = |amount| Money::new(amount, show);
        let compute = sums.compute;
        let count = |(state, count): (TaskState, u64)| TaskCountView {
            state: state.name().to_owned(),
            count,
        };
        Self {
            height: sums.height.get(),
            epoch: sums.epoch.get(),
            workers: compute.workers,
            gpus: compute.gpus,
            cpus: compute.cpus,
            // Tasks are numbered from 1.
            tasks: compute.next_task.saturating_sub(1),
            verifying: sums.verifying,
            max_verifying: params.max_verifying,
            stakes: money(compute.stakes),
            prices: money(compute.prices),
            rewards: money(compute.rewards),
            balance: money(sums.balance),
            pool: money(sums.pool),
            weight: sums.running.total.to_string(),
            min_stake: money(params.min_stake),
            states: sums.counts.map(|counts| counts.into_iter().map(count).collect()),
        }
    }
}

/// A shape that earns credit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PriceView {
    /// The shape.
    pub shape: ShapeView,
    /// Units of work of one product.
    pub units: u64,
    /// What its units count, in parts per million.
    pub difficulty_ppm: u32,
    /// What one product counts before the factors of its worker, in millionths of a unit of work.
    pub weight: String,
    /// Whether processors may take it.
    pub cpu: bool,
    /// Most products of one batch.
    pub max_count: u64,
    /// Gas of the transaction that takes one batch of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub take_gas: Option<u64>,
    /// Gas of the transaction that commits to its result alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit_gas: Option<u64>,
    /// The time that one product has on a graphics processor, in milliseconds, besides the base.
    pub gpu_time_ms: u64,
    /// The same on a processor.
    pub cpu_time_ms: u64,
}

/// The gas of messages that a worker sends for a batch.
#[derive(Clone, Copy)]
pub(crate) struct WorkGas {
    pub(crate) take: Option<u64>,
    pub(crate) commit: Option<u64>,
}

impl PriceView {
    fn new(price: &Price, params: &ComputeParams, gas: WorkGas) -> Self {
        let units = price.shape.units();
        let time = |micros: u64| units.saturating_mul(micros).div_ceil(1_000);
        let weight = u128::from(units).saturating_mul(price.difficulty_ppm.into());
        let largest = u64::from(althing_types::limits::MAX_BATCH);
        Self {
            shape: price.shape.into(),
            units,
            difficulty_ppm: price.difficulty_ppm,
            weight: weight.to_string(),
            cpu: price.cpu,
            max_count: params.max_units.checked_div(units).unwrap_or(0).min(largest),
            take_gas: gas.take,
            commit_gas: gas.commit,
            gpu_time_ms: time(params.unit_time_us),
            cpu_time_ms: time(params.cpu_unit_time_us),
        }
    }
}

/// The shapes that the chain prices.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PriceList {
    /// The height this was read at.
    pub height: u64,
    /// Multiplications that are one unit of work.
    pub unit_multiplications: u64,
    /// What every task has in time besides what its size needs, in milliseconds.
    pub base_time_ms: u64,
    /// The same in blocks; both must be over.
    pub base_blocks: u64,
    /// The part of the price of a paid task that goes to its worker, in parts per million.
    pub worker_share: u32,
    /// The part that goes to those who checked it; the rest is burned.
    pub validator_share: u32,
    /// The shapes.
    pub prices: Vec<PriceView>,
}

impl PriceList {
    pub(crate) fn new(height: Height, params: &ComputeParams, gas: WorkGas) -> Self {
        Self {
            height: height.get(),
            unit_multiplications: UNIT_MULTIPLICATIONS,
            base_time_ms: params.base_time.ms,
            base_blocks: params.base_time.blocks,
            worker_share: params.worker_share.get(),
            validator_share: params.validator_share.get(),
            prices: params.prices.iter().map(|it| PriceView::new(it, params, gas)).collect(),
        }
    }
}

/// What a model computes, in milli-TFLOPS.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct RateView {
    /// The maker's peak.
    pub peak: u64,
    /// The slowest that an honest device is.
    pub low: u64,
    /// The fastest that it can be.
    pub high: u64,
}

impl From<KnownRate> for RateView {
    fn from(KnownRate { peak, low, high }: KnownRate) -> Self {
        Self { peak, low, high }
    }
}

/// A model on the whitelist.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ModelView {
    /// Its name, as its driver says it.
    pub name: String,
    /// Its PCI device ids, four hex digits each.
    pub pci_devices: Vec<String>,
    /// Its compute capability.
    #[schema(example = "9.0")]
    pub capability: String,
    /// Its memory, in MiB.
    pub memory_mib: u32,
    /// What its work counts, in parts per million.
    pub tier: u32,
    /// What it computes in half precision.
    pub fp16: RateView,
    /// What it computes with bytes.
    pub int8: RateView,
}

impl From<&KnownModel> for ModelView {
    fn from(of: &KnownModel) -> Self {
        Self {
            name: of.name.to_string(),
            pci_devices: of.pci_devices.iter().map(|id| format!("{id:04x}")).collect(),
            capability: format!("{}.{}", of.capability_major, of.capability_minor),
            memory_mib: of.memory_mib,
            tier: of.tier.get(),
            fp16: of.fp16.into(),
            int8: of.int8.into(),
        }
    }
}

/// The models on the whitelist.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ModelList {
    /// The height this was read at.
    pub height: u64,
    /// What the work of a device counts that is not listed, in parts per million.
    pub unknown_tier: u32,
    /// Least part of its memory that a driver may tell, in parts per million.
    pub memory_low_ppm: u32,
    /// Largest part of its memory that a driver may tell, in parts per million.
    pub memory_high_ppm: u32,
    /// The models, ascending by their names.
    pub models: Vec<ModelView>,
}

impl ModelList {
    pub(crate) fn new(height: Height, models: &Models) -> Self {
        Self {
            height: height.get(),
            unknown_tier: models.unknown_tier.get(),
            memory_low_ppm: models.memory_low_ppm,
            memory_high_ppm: models.memory_high_ppm,
            models: models.models.iter().map(ModelView::from).collect(),
        }
    }
}

/// A driver on the whitelist.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DriverView {
    /// SHA-256 of its library.
    pub digest: String,
    /// Its version.
    pub version: String,
    /// The processor architecture that it is built for.
    pub architecture: String,
    /// The size of its library, in bytes.
    pub bytes: u64,
}

impl From<&KnownDriver> for DriverView {
    fn from(of: &KnownDriver) -> Self {
        Self {
            digest: hex_of(&of.digest),
            version: of.version.to_string(),
            architecture: of.architecture.to_string(),
            bytes: of.bytes,
        }
    }
}

/// The drivers on the whitelist.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DriverList {
    /// The height this was read at.
    pub height: u64,
    /// The drivers, ascending by their digests.
    pub drivers: Vec<DriverView>,
}

impl DriverList {
    pub(crate) fn new(height: Height, drivers: &Drivers) -> Self {
        Self { height: height.get(), drivers: drivers.iter().map(DriverView::from).collect() }
    }
}

/// A result that awaits votes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AwaitingView {
    /// The task.
    pub task: u64,
    /// The randomness of this height draws its challenge.
    pub challenge_height: u64,
    /// `committed` or `challenged`.
    pub state: String,
    /// The worker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// The shape of its products.
    pub shape: ShapeView,
    /// How many there are.
    pub count: u32,
    /// The first committee or the second one: 0 or 1.
    pub round: u8,
    /// Members of the committee; 0 before it is drawn.
    pub members: usize,
    /// Of these, such that have voted.
    pub voted: usize,
    /// Keys of those that have not.
    pub awaited: Vec<String>,
}

impl AwaitingView {
    pub(crate) fn new(awaiting: &Awaiting, task: &Task) -> Self {
        let check = task.check.as_ref();
        let members = || check.into_iter().flat_map(|check| check.members.iter());
        let awaited = members().filter(|member| member.verdict.is_none());
        Self {
            task: awaiting.task,
            challenge_height: awaiting.height.get(),
            state: task.state.name().to_owned(),
            worker: task.assignment.map(|it| it.device.worker.to_string()),
            shape: task.shape.into(),
            count: task.count,
            round: check.map_or(0, |check| check.round),
            members: members().count(),
            voted: members().filter(|member| member.verdict.is_some()).count(),
            awaited: awaited.map(|member| member.validator.to_string()).collect(),
        }
    }
}

/// All results that await votes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VerifyingList {
    /// The height this was read at.
    pub height: u64,
    /// Most of them at a time.
    pub max_verifying: u64,
    /// How long a committee has, in blocks.
    pub vote_blocks: u64,
    /// The same in milliseconds; both must be over.
    pub vote_ms: u64,
    /// Results, oldest first.
    pub results: Vec<AwaitingView>,
}

/// A credited result.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CreditView {
    /// The task.
    pub task: u64,
    /// The worker.
    pub worker: String,
    /// The height whose receipts hold the event `task-settled` that says so.
    pub height: u64,
    /// The shape of its products.
    pub shape: ShapeView,
    /// What the weight is made of.
    pub factors: FactorsView,
    /// The weight, in millionths of a unit of work.
    pub credit: String,
}

impl CreditView {
    pub(crate) fn new(settled: &SettlementRow) -> Option<Self> {
        Some(Self {
            task: settled.task,
            worker: settled.worker.to_string(),
            height: settled.height.get(),
            shape: settled.shape.into(),
            factors: settled.factors?.into(),
            credit: settled.credit.to_string(),
        })
    }
}

/// The weight of a worker in an epoch, as the state keeps it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkerWeightView {
    /// The worker.
    pub worker: String,
    /// Its weight, in millionths of a unit of work; absent if it was claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// Its part of the miners' pool, once the epoch is over; absent if it was claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reward: Option<Money>,
}

/// Weights of an epoch: what the state says, and every credit that it is made of.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WeightPage {
    /// The height this was read at.
    pub height: u64,
    /// The epoch.
    pub epoch: u64,
    /// Whether it is over.
    pub over: bool,
    /// All weights together by the state; absent if nobody earned anything, or the pool went back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    /// The pool that they share, once the epoch is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<Money>,
    /// What of it nobody has claimed yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<Money>,
    /// The workers of the credits of this page, by the state.
    pub workers: Vec<WorkerWeightView>,
    /// Credits in the order of their tasks.
    pub credits: Vec<CreditView>,
    /// `after` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// A validator as one who checks results.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CheckerView {
    /// Its key.
    pub validator: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validator_name: Option<String>,
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
    /// The part of what it was to check that it said something about, in parts per million; absent
    /// if it was never drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<u32>,
}

impl CheckerView {
    pub(crate) fn new(key: &ValidatorKey, of: &Checker, names: &Names) -> Self {
        let answered = of.drawn.saturating_sub(of.missed);
        let parts = u128::from(answered).saturating_mul(1_000_000);
        let answered = parts.checked_div(of.drawn.into()).and_then(|it| u32::try_from(it).ok());
        Self {
            validator: key.to_string(),
            validator_name: names.get(key).cloned(),
            drawn: of.drawn,
            valid: of.valid,
            unavailable: of.unavailable,
            abstained: of.abstained,
            missed: of.missed,
            faults: of.faults,
            answered,
        }
    }
}

/// Validators as those who check results.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CheckerList {
    /// The height this was read at.
    pub height: u64,
    /// Every validator that was ever drawn and is still registered.
    pub checkers: Vec<CheckerView>,
}
