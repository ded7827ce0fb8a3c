//! Why points are missing, what is flagged and what rejects, each as a fact with its numbers and as
//! a sentence that says how to mend it.
#![deny(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)]

use super::Precision;
use crate::{
    evidence::{ModelName, PciFunction, Release, Version},
    report::ReportError,
    text::{Digest, PciAddress, PciId, Text},
};
use serde::{Deserialize, Serialize};

/// Why a level gave no points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Reason {
    /// A field without an answer.
    #[error(
        "the device did not report its {field}: install the current driver and run the worker where it can read the device"
    )]
    MissingField {
        /// Which field.
        field: String,
    },
    /// Memory that the model does not have.
    #[error(
        "{model} has {expected_mib} MiB of memory, but {reported_bytes} bytes were reported: claim the model that is installed"
    )]
    MemoryInconsistent {
        /// The claimed model.
        model: ModelName,
        /// Its memory, MiB.
        expected_mib: u32,
        /// What was reported, bytes.
        reported_bytes: u64,
    },
    /// A compute capability that the model does not have.
    #[error(
        "{model} has compute capability {expected}, but {reported} was reported: claim the model that is installed"
    )]
    CapabilityInconsistent {
        /// The claimed model.
        model: ModelName,
        /// Its capability.
        expected: Release,
        /// What was reported.
        reported: Release,
    },
    /// Nothing loaded.
    #[error(
        "no NVIDIA management library was loaded: install the NVIDIA driver (a program named nvidia-smi is never consulted)"
    )]
    NoDriver,
    /// A library that nobody has vouched for.
    #[error(
        "the driver library with SHA-256 {sha256} is not on the whitelist: install an official driver, or propose this build with its source"
    )]
    LibraryUnknown {
        /// Hash of the library.
        sha256: Digest,
    },
    /// No kernel module.
    #[error(
        "the kernel has no NVIDIA module loaded: a driver library without its module cannot reach a device"
    )]
    NoKernelModule,
    /// Versions that should be one.
    #[error(
        "the driver is version {library}, but {source_of_other} says {other}: install one version of the driver and restart the machine"
    )]
    VersionsDisagree {
        /// Version of the whitelisted library.
        library: Version,
        /// Where the other version was read.
        source_of_other: String,
        /// The other version.
        other: Version,
    },
    /// No PCI function reported.
    #[error("the device reported no PCI function: install the current driver")]
    NoPciReported,
    /// No NVIDIA device on the bus.
    #[error(
        "the operating system lists no NVIDIA display device on its PCI bus: run the worker on the machine that holds the device, outside containers that hide /sys/bus/pci"
    )]
    NoPciOnHost,
    /// Nothing at the address.
    #[error(
        "the operating system has no NVIDIA display device at {address}, where the driver reports one"
    )]
    NotAtAddress {
        /// The reported address.
        address: PciAddress,
    },
    /// Two stories about one function.
    #[error("the driver reports PCI device {}, the operating system {} at the same address", .reported.identifiers(), .observed.identifiers())]
    PciDiffers {
        /// What the driver reports.
        reported: PciFunction,
        /// What the operating system reports.
        observed: PciFunction,
    },
    /// Not NVIDIA's.
    #[error("PCI vendor {vendor} is not NVIDIA (10de)")]
    OtherVendor {
        /// The vendor.
        vendor: PciId,
    },
    /// A chip that belongs to another model.
    #[error("PCI device {device} is {actual}, not {claimed}: claim the model that is installed")]
    ModelMismatch {
        /// The chip.
        device: PciId,
        /// The model that it belongs to.
        actual: ModelName,
        /// The model that was claimed.
        claimed: ModelName,
    },
    /// A model without an entry.
    #[error(
        "{model} is not on the whitelist of models: propose an entry, or work at the lowest tier"
    )]
    ModelUnknown {
        /// The claimed model.
        model: ModelName,
    },
    /// A chip that no entry names.
    #[error(
        "PCI device {device} is not listed for {claimed}: claim the model that is installed, or propose the identifier"
    )]
    DeviceUnlisted {
        /// The chip.
        device: PciId,
        /// The model that was claimed.
        claimed: ModelName,
    },
    /// Not a device on a bus.
    #[error(
        "a processor has no graphics driver and no PCI device: these points are for graphics devices"
    )]
    NotGraphics,
    /// A report that does not count.
    #[error("the report of the hardware does not count: {error}")]
    ReportRefused {
        /// Why.
        error: ReportError,
    },
    /// A report from a device that makes none.
    #[error(
        "the device says that it has no confidential computing, or that it is off, and brings a report that only confidential computing makes: describe the device that made the report"
    )]
    ReportContradicts,
    /// A report of another chip.
    #[error(
        "the report of the hardware is that of a {chip}, which is not in {claimed}: claim the model that is installed"
    )]
    ReportChip {
        /// The chip of the report.
        chip: Text<16>,
        /// The model that was claimed.
        claimed: ModelName,
    },
    /// A report with another driver.
    #[error(
        "the report of the hardware names driver {signed}, the worker says {said}: describe the device after the driver was changed"
    )]
    ReportDriver {
        /// The version in the report.
        signed: Version,
        /// The version that the worker says.
        said: Version,
    },
    /// No result.
    #[error("no challenge was answered in time: keep the worker running and connected")]
    NoChallenge,
    /// A wrong result.
    #[error(
        "the result of the challenge was wrong: run the self-test and do not use this device until it passes"
    )]
    WrongResult,
    /// Slower than the model is.
    #[error(
        "the challenge ran at {milli_tflops} milliTFLOPS ({precision}), below {minimum} of the slowest {model}: free the device from other work, mend its cooling, or claim the model that is installed"
    )]
    TooSlow {
        /// The claimed model.
        model: ModelName,
        /// Arithmetic.
        precision: Precision,
        /// Measured speed.
        milli_tflops: u64,
        /// Least of the model.
        minimum: u64,
    },
    /// Faster than the model can be.
    #[error(
        "the challenge ran at {milli_tflops} milliTFLOPS ({precision}), above {maximum} of the fastest {model}: claim the model that is installed"
    )]
    TooFast {
        /// The claimed model.
        model: ModelName,
        /// Arithmetic.
        precision: Precision,
        /// Measured speed.
        milli_tflops: u64,
        /// Most of the model.
        maximum: u64,
    },
    /// A benchmark without work or time.
    #[error("the challenge had no work or took no time, so that no speed can be derived")]
    NoSpeed,
    /// Not signed.
    #[error(
        "the evidence is not signed by the worker's registered key: sign with that key, or register the new one"
    )]
    NotSigned,
}

/// What somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "flag")]
pub enum Flag {
    /// The device is split.
    #[error("the device is split into instances (MIG): the challenge measures one part of it")]
    MultiInstance,
    /// Benchmarks that differ.
    #[error(
        "benchmarks differ between {slowest} and {fastest} milliTFLOPS, more than this network tolerates: other work shares the device, or another device answers"
    )]
    Variance {
        /// Slowest.
        slowest: u64,
        /// Fastest.
        fastest: u64,
    },
}

/// Why a worker may not take tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "rejection")]
pub enum Rejection {
    /// Too few points.
    #[error(
        "{score} points are below the {minimum} that this network asks for: each level below says what is missing"
    )]
    Score {
        /// Points reached.
        score: u32,
        /// Points needed.
        minimum: u32,
    },
    /// Too little memory.
    #[error("{bytes} bytes of device memory are below the {minimum} that this network asks for")]
    Memory {
        /// Memory of the device, bytes.
        bytes: u64,
        /// Memory needed, bytes.
        minimum: u64,
    },
    /// A processor where none may work.
    #[error("this network admits graphics devices only")]
    Processor,
    /// No right result of a challenge: the other levels repeat what the worker says.
    #[error(
        "no challenge was answered with a right result, and nothing else proves that the device computes"
    )]
    Unproved,
    /// Emulated.
    #[error(
        "the challenge took {duration_micros} microseconds, more than ten times what the slowest {model} takes: this was not computed by that device"
    )]
    Emulation {
        /// The claimed model.
        model: ModelName,
        /// Time taken, microseconds.
        duration_micros: u64,
    },
    /// Too slow for this network.
    #[error("{milli_tflops} milliTFLOPS are below the {minimum} that this network asks for")]
    Performance {
        /// Measured speed.
        milli_tflops: u64,
        /// Speed needed.
        minimum: u64,
    },
}
