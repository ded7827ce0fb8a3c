//! Devices of workers as JSON. Fields of records have the names that the ledger gives them.

use super::{DueView, device_report::DeviceReportView, hex_of};
use althing_ledger::compute::{Device, DeviceReport, Measured, Worker};
use althing_types::{
    Height, Ppm, Timestamp,
    compute::{DeviceKind, Inventory, Points, WorkerState},
    params::ComputeParams,
};
use serde::Serialize;
use utoipa::ToSchema;

/// The records of a device.
pub(crate) struct KnownDevice {
    pub(crate) number: u8,
    pub(crate) record: Device,
    /// What became of the report that it signed; none if it brought none.
    pub(crate) report: Option<DeviceReport>,
    /// Why the report was refused, or what in it contradicts the worker's words, as a sentence.
    pub(crate) doubt: Option<String>,
}

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
    /// What became of the report that it signed itself.
    pub report: DeviceReportView,
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
    pub(super) fn new(
        known: &KnownDevice,
        worker: &Worker,
        params: &ComputeParams,
        now: (Height, Timestamp),
    ) -> Self {
        let device = &known.record;
        let obstacles = obstacles(device, worker, params, now);
        let report = DeviceReportView::new(known, now);
        Self {
            device: known.number,
            inventory: (&device.inventory).into(),
            evidence: hex_of(&device.evidence),
            points: device.points.into(),
            score: device.points.score(),
            missing: missing(device.points, device.inventory.kind, &report),
            report,
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
fn missing(points: Points, kind: DeviceKind, report: &DeviceReportView) -> Vec<MissingLevelView> {
    const PROCESSOR: &str = "This level does not apply to processors.";
    const REPORT: &str = "The report that the device signed does not count, or contradicts what \
                          the worker says of it, and takes these points: `report` says why.";
    // A report that is doubted takes the three levels together, until the device is scored after it
    // expired.
    let doubted = report.doubts() && points.info == 0 && points.driver == 0 && points.pci == 0;
    let words = |message| if doubted { REPORT } else { message };
    let only_gpu =
        |message| if kind == DeviceKind::Cpu && !doubted { PROCESSOR } else { words(message) };
    let levels = [
        (
            "info",
            points.info,
            10,
            words(
                "The evidence lacks a field, or its memory or compute capability is not that of the \
                 listed model: attest the device again on the machine that it is in.",
            ),
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
