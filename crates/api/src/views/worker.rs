//! Workers and their devices as JSON. Fields of records have the names that the ledger gives them.

use super::{DueView, Money, Show, hex_of};
use crate::backend::ReadingState;
use althing_ledger::{
    Node,
    compute::{Counters, Credits, Device, Measured, MinerPool, Worker, query::standing},
};
use althing_types::{
    Address, Amount, Epoch, Height, Ppm, Timestamp,
    compute::{DeviceKind, Inventory, Points, WorkerState},
    params::ComputeParams,
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a device says about itself.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InventoryView {
    /// `cpu` or `gpu`.
    pub kind: String,
    /// Its model, as its driver or the operating system names it.
    pub model: String,
    /// Its memory, in MiB; of a processor that of the machine.
    pub memory_mib: u64,
    /// Its compute capability, for example 9.0; empty for a processor.
    pub capability: String,
    /// The version of its driver; empty for a processor.
    pub driver: String,
    /// Its PCI id, for example `10de:2684`; empty for a processor.
    pub pci_id: String,
    /// SHA-256 of its UUID.
    pub uuid: String,
    /// CUDA cores, or threads of a processor.
    pub cores: u32,
}

impl From<&Inventory> for InventoryView {
    fn from(of: &Inventory) -> Self {
        Self {
            kind: of.kind.name().to_owned(),
            model: of.model.to_string(),
            memory_mib: of.memory_mib,
            capability: of.capability.to_string(),
            driver: of.driver.to_string(),
            pci_id: of.pci_id.to_string(),
            uuid: hex_of(&of.uuid),
            cores: of.cores,
        }
    }
}

/// What each level of an attestation gave.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct PointsView {
    /// Device information, at most 10.
    pub info: u8,
    /// The driver is on the whitelist, at most 20.
    pub driver: u8,
    /// The PCI id that the driver tells is that of the operating system, at most 30.
    pub pci: u8,
    /// A benchmark was accepted, at most 30.
    pub benchmark: u8,
    /// The worker signed it, at most 10.
    pub signature: u8,
}

impl From<Points> for PointsView {
    fn from(points: Points) -> Self {
        let Points { info, driver, pci, benchmark, signature } = points;
        Self { info, driver, pci, benchmark, signature }
    }
}

/// A level of an attestation that did not give all its points.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MissingLevelView {
    /// `info`, `driver`, `pci`, `benchmark` or `signature`.
    #[schema(example = "driver")]
    pub level: String,
    /// What it gave.
    pub points: u8,
    /// What it gives at most.
    pub most: u8,
    /// Why, and how to mend it.
    pub message: String,
}

/// A benchmark that was accepted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MeasuredView {
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
    pub expires: DueView,
}

impl From<&Measured> for MeasuredView {
    fn from(of: &Measured) -> Self {
        Self {
            task: of.task,
            multiply_adds: of.multiply_adds,
            micros: of.micros,
            elapsed_ms: of.elapsed_ms,
            performance: of.performance,
            expires: of.expires.into(),
        }
    }
}

/// A device of a worker.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeviceView {
    /// Its number, 0 to 15.
    pub device: u8,
    /// What it says about itself.
    pub inventory: InventoryView,
    /// SHA-256 of the evidence.
    pub evidence: String,
    /// What its attestation gave.
    pub points: PointsView,
    /// All points, 0 to 100.
    pub score: u8,
    /// Levels that did not give all their points.
    pub missing: Vec<MissingLevelView>,
    /// Whether nothing spoke against it.
    pub passed: bool,
    /// When the evidence came.
    pub attested: u64,
    /// Until when the attestation counts.
    pub expires: DueView,
    /// What its work counts, in parts per million.
    pub tier: u32,
    /// Whether it computed much more or less than the last time.
    pub flagged: bool,
    /// Its last benchmark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<MeasuredView>,
    /// Its benchmark that is not over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benchmark: Option<u64>,
    /// Whether it must be measured before it gets anything else.
    pub must_measure: bool,
    /// Its tasks that are not over for it, benchmarks included.
    pub open: u32,
    /// Its place in the list of devices that may work; absent if it may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<u32>,
    /// Whether it may work now.
    pub eligible: bool,
    /// Why it may not, each with what to do; empty if it may.
    pub obstacles: Vec<String>,
}

impl DeviceView {
    fn new(
        (number, device): (u8, &Device),
        worker: &Worker,
        params: &ComputeParams,
        now: (Height, Timestamp),
    ) -> Self {
        let obstacles = obstacles(device, worker, params, now);
        Self {
            device: number,
            inventory: (&device.inventory).into(),
            evidence: hex_of(&device.evidence),
            points: device.points.into(),
            score: device.points.score(),
            missing: missing(device.points, device.inventory.kind),
            passed: device.passed,
            attested: device.attested.get(),
            expires: device.expires.into(),
            tier: device.tier.get(),
            flagged: device.flagged,
            measured: device.measured.as_ref().map(MeasuredView::from),
            benchmark: device.benchmark,
            must_measure: device.must_measure,
            open: device.open,
            place: device.place,
            eligible: device.place.is_some() && obstacles.is_empty(),
            obstacles,
        }
    }
}

/// Why a device may not work, each with what to do.
fn obstacles(
    device: &Device,
    worker: &Worker,
    params: &ComputeParams,
    (height, time): (Height, Timestamp),
) -> Vec<String> {
    let kind = device.inventory.kind;
    let gpu = kind == DeviceKind::Gpu;
    let score = u64::from(device.points.score());
    let performance = device.measured.map_or(0, |measured| measured.performance);
    let checks = [
        (
            worker.state != WorkerState::Active,
            format!("Its worker is {}: only active ones get work.", worker.state),
        ),
        (
            worker.stake < params.min_stake,
            "The stake of its worker is below the least one: add to it.".to_owned(),
        ),
        (
            !gpu && params.cpu_tier == Ppm::ZERO,
            "This network gives no work to processors.".to_owned(),
        ),
        (
            gpu && score < params.min_score,
            format!("It has {score} points and needs {}.", params.min_score),
        ),
        (
            gpu && device.inventory.memory_mib < params.min_memory_mib,
            format!(
                "It has {} MiB of memory and needs {}.",
                device.inventory.memory_mib, params.min_memory_mib
            ),
        ),
        (
            gpu && performance < params.min_performance,
            format!("It computes {performance} milli-TFLOPS and needs {}.", params.min_performance),
        ),
        (device.measured.is_none(), "No benchmark of it was accepted: ask for one.".to_owned()),
        (
            device.expires.is_reached(height, time),
            "Its attestation has expired: attest it again.".to_owned(),
        ),
        (
            device.must_measure,
            "It was drawn for a spot check: ask for a benchmark before it takes anything else."
                .to_owned(),
        ),
    ];
    let mut found: Vec<String> =
        checks.into_iter().filter(|(applies, _)| *applies).map(|(_, why)| why).collect();
    if found.is_empty() && !device.passed {
        found.push(
            "Something spoke against its evidence: attest it again from the machine that it is in."
                .to_owned(),
        );
    }
    found
}

/// Levels that did not give all their points, with what to do.
fn missing(points: Points, kind: DeviceKind) -> Vec<MissingLevelView> {
    const PROCESSOR: &str = "This level does not apply to processors.";
    let only_gpu = |message| if kind == DeviceKind::Cpu { PROCESSOR } else { message };
    let levels = [
        (
            "info",
            points.info,
            10,
            "The evidence lacks a field, or its memory or compute capability is not that of the \
             listed model: attest the device again on the machine that it is in.",
        ),
        (
            "driver",
            points.driver,
            20,
            only_gpu(
                "The library of its driver is not on the whitelist, or its version is not that of \
                 the kernel module: install a listed driver, or propose this one to governance.",
            ),
        ),
        (
            "pci",
            points.pci,
            30,
            only_gpu(
                "Driver and operating system do not report the same PCI function, or the chip is \
                 not that of the model: attest outside of a virtual machine that hides the bus.",
            ),
        ),
        (
            "benchmark",
            points.benchmark,
            30,
            "No benchmark that counts was accepted, or its speed is not one of the model: ask for \
             a benchmark while the device does nothing else.",
        ),
        (
            "signature",
            points.signature,
            10,
            "The account of the worker did not sign for it: send the attestation from that account.",
        ),
    ];
    let view = |(level, points, most, message): (&str, u8, u8, &str)| MissingLevelView {
        level: level.to_owned(),
        points,
        most,
        message: message.to_owned(),
    };
    levels.into_iter().filter(|(_, points, most, _)| points < most).map(view).collect()
}

/// What a worker has done.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct CountersView {
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

impl From<Counters> for CountersView {
    fn from(of: Counters) -> Self {
        let Counters { assigned, committed, late, accepted, wrong, withheld, expired, planted } =
            of;
        Self { assigned, committed, late, accepted, wrong, withheld, expired, planted }
    }
}

/// What a worker earned in an epoch and has not claimed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClaimView {
    /// The epoch.
    pub epoch: u64,
    /// Its weight, in millionths of a unit of work.
    pub weight: String,
    /// The weight of all workers.
    pub total: String,
    /// Its part of the miners' pool, in base units; absent while the epoch runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reward: Option<Money>,
}

/// A worker.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkerView {
    /// The height this was read at.
    pub height: u64,
    /// Its account.
    pub address: String,
    /// `active`, `paused`, `leaving`, `banned` or `left`.
    #[schema(example = "active")]
    pub state: String,
    /// Where others fetch what it has computed.
    pub endpoint: String,
    /// Its stake, in base units.
    pub stake: String,
    /// The same for people.
    pub stake_display: String,
    /// What binds it to the secret of its plants.
    pub plant: String,
    /// When it was registered for the first time.
    pub registered: u64,
    /// Its tasks that are not over for it.
    pub tasks: Vec<u64>,
    /// Wrong results so far.
    pub strikes: u32,
    /// As many as this ban it.
    pub max_strikes: u64,
    /// When its stake is paid, if it leaves or is banned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unbonds: Option<DueView>,
    /// The time of its last heartbeat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard: Option<u64>,
    /// The version of its software; empty before the first heartbeat.
    pub version: String,
    /// The part of its results that were right, in parts per million.
    pub success: u32,
    /// The part of its results that were in time, in parts per million.
    pub timeliness: u32,
    /// The part of its heartbeats that it sent, in parts per million.
    pub uptime: u32,
    /// `success * timeliness`, in parts per million.
    pub reputation: u32,
    /// Its chance when paid tasks are assigned: `reputation * uptime`, in parts per million.
    pub weight: u32,
    /// What it has done.
    pub counters: CountersView,
    /// Its devices.
    pub devices: Vec<DeviceView>,
    /// What it earned in epochs that it has not claimed, the running one included.
    pub claims: Vec<ClaimView>,
    /// What it can claim now, in base units.
    pub claimable: String,
    /// The same for people.
    pub claimable_display: String,
}

/// The records of a worker.
pub(crate) struct KnownWorker {
    pub(crate) address: Address,
    pub(crate) record: Worker,
    pub(crate) beats: Option<Node>,
    pub(crate) devices: Vec<(u8, Device)>,
    pub(crate) credits: Credits,
}

impl WorkerView {
    pub(crate) fn new(
        known: &KnownWorker,
        pools: &BTreeMap<Epoch, MinerPool>,
        params: &ComputeParams,
        now: (Height, Timestamp),
        show: Show<'_>,
    ) -> Self {
        let KnownWorker { address, record, beats, devices, credits } = known;
        let standing = standing(&record.counters, beats.as_ref(), now.1);
        let claims: Vec<(ClaimView, Amount)> = credits
            .iter()
            .filter_map(|credit| {
                let pool = pools.get(&credit.epoch)?;
                Some(claim(credit.epoch, credit.weight, pool, show))
            })
            .collect();
        let claimable = claims.iter().map(|(_, part)| part.units()).fold(0, u128::saturating_add);
        let claimable = Amount::new(claimable);
        let leaves = matches!(record.state, WorkerState::Leaving | WorkerState::Banned);
        Self {
            height: now.0.get(),
            address: address.to_string(),
            state: record.state.name().to_owned(),
            endpoint: record.endpoint.to_string(),
            stake: record.stake.to_string(),
            stake_display: show.amount(record.stake),
            plant: hex_of(&record.plant),
            registered: record.registered.get(),
            tasks: record.tasks.iter().copied().collect(),
            strikes: record.strikes,
            max_strikes: params.max_strikes,
            unbonds: leaves.then(|| record.unbonds.into()),
            heard: beats.as_ref().and_then(|beats| beats.last).map(Timestamp::get),
            version: beats.as_ref().map(|beats| beats.version.to_string()).unwrap_or_default(),
            success: standing.success.get(),
            timeliness: standing.timeliness.get(),
            uptime: standing.uptime.get(),
            reputation: standing.reputation.get(),
            weight: standing.weight().get(),
            counters: record.counters.into(),
            devices: devices
                .iter()
                .map(|(number, device)| DeviceView::new((*number, device), record, params, now))
                .collect(),
            claims: claims.into_iter().map(|(view, _)| view).collect(),
            claimable: claimable.to_string(),
            claimable_display: show.amount(claimable),
        }
    }
}

/// What a worker earned in an epoch, and what of it can be claimed now: nothing while the epoch runs.
fn claim(epoch: Epoch, weight: Amount, pool: &MinerPool, show: Show<'_>) -> (ClaimView, Amount) {
    // A pool is released when its epoch is over; without money nobody can tell, and nothing is lost.
    let released = !pool.pool.is_zero();
    let part = released.then(|| part_of(pool, weight));
    let view = ClaimView {
        epoch: epoch.get(),
        weight: weight.to_string(),
        total: pool.total.to_string(),
        reward: part.map(|part| Money::new(part, show)),
    };
    (view, part.unwrap_or(Amount::ZERO))
}

/// `pool * weight / total`, rounded down, as the chain pays it.
pub(crate) fn part_of(pool: &MinerPool, weight: Amount) -> Amount {
    let (of, by) = (pool.pool.units(), pool.total.units());
    althing_types::amount::mul_div(of, weight.units(), by).map_or(Amount::ZERO, Amount::new)
}

/// A page of workers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkerPage {
    /// The height this was read at.
    pub height: u64,
    /// Workers in the order of their accounts' bytes.
    pub workers: Vec<WorkerView>,
    /// `after` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// How a device was scored.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReadingView {
    /// The number of the device.
    pub device: u8,
    /// When.
    pub height: u64,
    /// The time of that block.
    pub time_ms: u64,
    /// `cpu` or `gpu`; absent if the device was removed then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What each level gave.
    pub points: PointsView,
    /// All points, 0 to 100.
    pub score: u8,
    /// What it computed by its last benchmark, in milli-TFLOPS; 0 without one.
    pub performance: u64,
    /// What its work counts, in parts per million.
    pub tier: u32,
    /// Whether it computed much more or less than the last time.
    pub flagged: bool,
}

impl From<&ReadingState> for ReadingView {
    fn from(of: &ReadingState) -> Self {
        Self {
            device: of.device,
            height: of.height.get(),
            time_ms: of.time.get(),
            kind: of.kind.map(|kind| kind.name().to_owned()),
            points: of.points.into(),
            score: of.points.score(),
            performance: of.performance,
            tier: of.tier.get(),
            flagged: of.flagged,
        }
    }
}

/// How the devices of a worker were scored.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReadingList {
    /// The worker.
    pub worker: String,
    /// Newest first.
    pub readings: Vec<ReadingView>,
}
