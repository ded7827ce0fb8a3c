//! What an attestation carries: plain records with fixed bounds and one JSON form.
//!
//! No input or output here, no clock, no floats. [`crate::collect`] fills these records on a
//! worker's machine, [`crate::attestation`] judges them on every node.
#![deny(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)]

use crate::{
    report::{HardwareReport, MAX_CERTIFICATES, MAX_CHAIN_BYTES},
    text::{Digest, NVIDIA, PciAddress, PciId, Text},
};
use serde::{Deserialize, Serialize};

/// Version of the form of [`Evidence`]. Another version is unsupported, never proof of fraud.
pub const EVIDENCE_VERSION: u16 = 1;
/// Most display functions that evidence lists.
pub const MAX_PCI_FUNCTIONS: usize = 32;
/// Most instruction-set extensions that evidence lists.
pub const MAX_FEATURES: usize = 32;
/// More bytes than the compact JSON form of evidence ever has: 8 KiB without a report, 16 KiB for one.
pub const MAX_EVIDENCE_BYTES: usize = 24 * 1024;

/// Name of a model, as the driver or `/proc/cpuinfo` says it.
pub type ModelName = Text<96>;
/// A version such as `550.54.15`.
pub type Version = Text<32>;

/// Why evidence cannot be judged at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// A version that these rules do not know.
    #[error(
        "evidence of version {0} is not supported here: use a worker that writes version {EVIDENCE_VERSION}"
    )]
    UnknownVersion(u16),
    /// A list that is too long.
    #[error("{list} lists {length} entries, but at most {maximum} are allowed")]
    TooMany {
        /// Which list.
        list: &'static str,
        /// Its entries.
        length: usize,
        /// Entries that are allowed.
        maximum: usize,
    },
    /// Certificates that are too long together.
    #[error("the certificates have {length} bytes, but at most {maximum} are allowed")]
    ChainTooLong {
        /// Their bytes.
        length: usize,
        /// Bytes that are allowed.
        maximum: usize,
    },
    /// A list that is not in strictly ascending order, which would give one fact two encodings.
    #[error("{0} must be in ascending order without duplicates")]
    NotSorted(&'static str),
}

/// What computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// An NVIDIA graphics processor.
    Gpu,
    /// The processor of the machine.
    Cpu,
}

/// Two numbers with a dot between: a compute capability or a CUDA version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Before the dot.
    pub major: u16,
    /// After the dot.
    pub minor: u16,
}

impl std::fmt::Display for Release {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// One PCI function with its identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PciFunction {
    /// Where it sits.
    pub address: PciAddress,
    /// Who made the chip.
    pub vendor: PciId,
    /// Which chip.
    pub device: PciId,
    /// Who made the board.
    pub subsystem_vendor: PciId,
    /// Which board.
    pub subsystem_device: PciId,
}

impl PciFunction {
    /// `10de:2684 (board 10de:165b)`.
    pub fn identifiers(&self) -> String {
        format!(
            "{}:{} (board {}:{})",
            self.vendor, self.device, self.subsystem_vendor, self.subsystem_device
        )
    }
}

/// One device as it describes itself. `None` means that the machine gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceInfo {
    /// What computes.
    pub kind: DeviceKind,
    /// Number of the device on its machine, as the driver counts.
    pub index: u16,
    /// Name of the model.
    pub model: ModelName,
    /// Memory of the device (graphics memory; main memory for a processor), bytes.
    pub memory_bytes: u64,
    /// CUDA cores, or logical processors.
    pub cores: Option<u32>,
    /// CUDA compute capability.
    pub compute_capability: Option<Release>,
    /// Version of the graphics driver.
    pub driver_version: Option<Version>,
    /// Newest CUDA version that the driver runs.
    pub cuda_version: Option<Release>,
    /// Identifier that the driver gives this one device.
    pub uuid: Option<ModelName>,
    /// PCI function as the driver reports it.
    pub pci: Option<PciFunction>,
    /// Whether the device is split into instances (MIG).
    pub multi_instance: Option<bool>,
    /// Whether confidential computing is on, in production mode and ready.
    pub confidential_computing: Option<bool>,
    /// Instruction-set extensions of a processor, ascending.
    pub features: Vec<Text<16>>,
}

impl DeviceInfo {
    /// Whether the device says that it signs reports: a graphics processor whose confidential
    /// computing is on.
    pub fn signs_reports(&self) -> bool {
        self.kind == DeviceKind::Gpu && self.confidential_computing == Some(true)
    }
}

/// The driver as files and the kernel show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriverEvidence {
    /// Path of the management library that answered, links resolved.
    pub library_path: Text<256>,
    /// Size of that file, bytes.
    pub library_bytes: u64,
    /// SHA-256 of that file.
    pub library_sha256: Digest,
    /// Version of the loaded kernel module, from `/sys/module/nvidia/version`.
    pub module_version: Option<Version>,
    /// Version in the module's banner, from `/proc/driver/nvidia/version`.
    pub banner_version: Option<Version>,
}

/// Everything that a worker says about one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// [`EVIDENCE_VERSION`].
    pub version: u16,
    /// The device as it describes itself.
    pub device: DeviceInfo,
    /// The driver; `None` where no management library was loaded.
    pub driver: Option<DriverEvidence>,
    /// Display functions of NVIDIA that the operating system lists, ascending by address. Read from
    /// sysfs, independently of the driver's library.
    pub host_pci: Vec<PciFunction>,
    /// What the hardware itself signed, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<HardwareReport>,
}

/// What the driver and the operating system say about the same function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PciComparison {
    /// The device reported no PCI function.
    NotReported,
    /// The operating system lists no NVIDIA display function at all.
    NoneOnHost,
    /// The operating system has nothing at the reported address.
    NotAtAddress(PciAddress),
    /// Another chip or board sits at the reported address.
    Different {
        /// What the driver's library says.
        reported: PciFunction,
        /// What the operating system says.
        observed: PciFunction,
    },
    /// Both say the same, and the vendor is NVIDIA.
    Agree(PciFunction),
    /// Both say the same, but the vendor is not NVIDIA.
    OtherVendor(PciFunction),
}

impl Evidence {
    /// Checks the version and the lists, the bounds that JSON types do not enforce.
    ///
    /// # Errors
    /// [`EvidenceError`], with what to change.
    pub fn check(&self) -> Result<(), EvidenceError> {
        if self.version != EVIDENCE_VERSION {
            return Err(EvidenceError::UnknownVersion(self.version));
        }
        check_list("host_pci", &self.host_pci, MAX_PCI_FUNCTIONS, |a, b| a.address < b.address)?;
        check_list("features", &self.device.features, MAX_FEATURES, |a, b| a < b)?;
        self.report.as_ref().map_or(Ok(()), check_report)
    }

    /// Compares the reported PCI function with the operating system's.
    pub fn compare_pci(&self) -> PciComparison {
        let Some(reported) = self.device.pci else {
            return PciComparison::NotReported;
        };
        if self.host_pci.is_empty() {
            return PciComparison::NoneOnHost;
        }
        let Some(observed) =
            self.host_pci.iter().copied().find(|function| function.address == reported.address)
        else {
            return PciComparison::NotAtAddress(reported.address);
        };
        match observed == reported {
            false => PciComparison::Different { reported, observed },
            true if reported.vendor == NVIDIA => PciComparison::Agree(reported),
            true => PciComparison::OtherVendor(reported),
        }
    }
}

/// The bounds that keep evidence below [`MAX_EVIDENCE_BYTES`]. Whether the certificates are enough is
/// the verifier's question.
fn check_report(report: &HardwareReport) -> Result<(), EvidenceError> {
    let (list, length, maximum) = ("chain", report.chain.len(), MAX_CERTIFICATES);
    if length > maximum {
        return Err(EvidenceError::TooMany { list, length, maximum });
    }
    let (length, maximum) = (report.chain_bytes(), MAX_CHAIN_BYTES);
    if length > maximum {
        return Err(EvidenceError::ChainTooLong { length, maximum });
    }
    Ok(())
}

fn check_list<T>(
    list: &'static str,
    entries: &[T],
    maximum: usize,
    ascending: impl Fn(&T, &T) -> bool,
) -> Result<(), EvidenceError> {
    if entries.len() > maximum {
        return Err(EvidenceError::TooMany { list, length: entries.len(), maximum });
    }
    if entries.is_sorted_by(ascending) { Ok(()) } else { Err(EvidenceError::NotSorted(list)) }
}
