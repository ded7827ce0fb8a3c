//! What governance knows about devices and drivers: models with their PCI identifiers, memory,
//! tier and speed, and the hashes of official driver libraries.
//!
//! The first list is `data/devices.json`; the README names its sources. On chain the same record is
//! a parameter that governance replaces.
#![deny(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)]

use crate::{
    attestation::Precision,
    evidence::{ModelName, Release, Version},
    text::{Digest, PciId, Text},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Version of the form of [`Whitelist`].
pub const WHITELIST_VERSION: u16 = 1;
/// Most models on a list.
pub const MAX_MODELS: usize = 1_024;
/// Most driver libraries on a list.
pub const MAX_DRIVERS: usize = 4_096;
/// One whole, in parts per million.
pub const PPM: u32 = 1_000_000;

const BUILT_IN: &str = include_str!("../data/devices.json");

/// Why a whitelist cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhitelistError {
    /// Not the JSON of a whitelist.
    #[error("the list is not the JSON of a whitelist: {0}")]
    Malformed(String),
    /// Another version.
    #[error("whitelists of version {0} are not supported: write version {WHITELIST_VERSION}")]
    UnknownVersion(u16),
    /// Too long.
    #[error("{0} has more entries than a whitelist may hold")]
    TooMany(&'static str),
    /// Not in ascending order of the named key, or with duplicates.
    #[error("{0} must be in ascending order without duplicates")]
    NotSorted(&'static str),
    /// A PCI device that belongs to two models.
    #[error("PCI device {0} is listed for two models: a device identifier names one model")]
    SharedDevice(PciId),
    /// A model with no PCI device, no memory, or a range that does not hold its peak.
    #[error("model {0} needs PCI devices, memory, and speeds with 0 < low <= peak <= high")]
    BadModel(ModelName),
    /// The tolerance of memory is not a range around one.
    #[error("the tolerance of memory must be a range that holds {PPM} ppm")]
    BadTolerance,
}

/// Speed of a model at one precision, in milliTFLOPS (10^9 operations a second, a multiplication
/// and an addition counting as two).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The maker's peak without sparsity.
    pub peak: u64,
    /// The slowest that an honest device of this model is.
    pub low: u64,
    /// The fastest that it can be, factory overclocking included.
    pub high: u64,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Name, as the driver says it.
    pub name: ModelName,
    /// PCI device identifiers of this model, ascending; the vendor is always NVIDIA.
    pub pci_devices: Vec<PciId>,
    /// CUDA compute capability.
    pub compute_capability: Release,
    /// Memory, MiB.
    pub memory_mib: u32,
    /// Weight of the device in rewards, ppm.
    pub tier_ppm: u32,
    /// FP16 operands, FP32 accumulation.
    pub fp16: Rate,
    /// 8-bit integer operands, 32-bit integer accumulation.
    pub int8: Rate,
}

impl Model {
    /// The speed at a precision.
    pub const fn rate(&self, precision: Precision) -> Rate {
        match precision {
            Precision::Fp16 => self.fp16,
            Precision::Int8 => self.int8,
        }
    }

    fn is_sound(&self) -> bool {
        let sound = |rate: Rate| 0 < rate.low && rate.low <= rate.peak && rate.peak <= rate.high;
        !self.name.is_empty()
            && !self.pci_devices.is_empty()
            && self.pci_devices.is_sorted_by(|a, b| a < b)
            && self.memory_mib > 0
            && sound(self.fp16)
            && sound(self.int8)
    }
}

/// One official build of the management library `libnvidia-ml.so`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriverEntry {
    /// SHA-256 of the library file.
    pub sha256: Digest,
    /// Version of the driver that it belongs to.
    pub version: Version,
    /// Processor architecture that the file is built for: `x86_64` or `aarch64`.
    pub architecture: Text<16>,
    /// Size of the file, bytes.
    pub bytes: u64,
    /// Where the file came from, so that anybody can fetch it and compute the hash again.
    pub source: Text<256>,
}

/// Models and drivers that attestation compares with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whitelist {
    /// [`WHITELIST_VERSION`].
    pub version: u16,
    /// Tier of a device that is not on the list, and of a processor, ppm.
    pub unknown_tier_ppm: u32,
    /// Least share of the listed memory that a driver may report, ppm: drivers reserve some, and
    /// error correction takes more.
    pub memory_low_ppm: u32,
    /// Largest share of the listed memory, ppm.
    pub memory_high_ppm: u32,
    /// Models, ascending by name.
    pub models: Vec<Model>,
    /// Driver libraries, ascending by hash.
    pub drivers: Vec<DriverEntry>,
}

impl Whitelist {
    /// The list that this version of the software brings.
    ///
    /// # Errors
    /// None in a build that passes its tests; the type is that of [`Whitelist::parse`].
    pub fn built_in() -> Result<Self, WhitelistError> {
        Self::parse(BUILT_IN)
    }

    /// Reads a list and checks it.
    ///
    /// # Errors
    /// [`WhitelistError`].
    pub fn parse(json: &str) -> Result<Self, WhitelistError> {
        let list: Self = serde_json::from_str(json)
            .map_err(|error| WhitelistError::Malformed(error.to_string()))?;
        list.check()?;
        Ok(list)
    }

    /// The one text form of a list: indented JSON with a newline at the end.
    ///
    /// # Errors
    /// [`WhitelistError::Malformed`] if the list cannot be written as JSON, which its types exclude.
    pub fn to_json(&self) -> Result<String, WhitelistError> {
        let mut json = serde_json::to_string_pretty(self)
            .map_err(|error| WhitelistError::Malformed(error.to_string()))?;
        json.push('\n');
        Ok(json)
    }

    /// SHA-256 of [`Whitelist::to_json`]: the name under which governance refers to a list.
    ///
    /// # Errors
    /// As [`Whitelist::to_json`].
    pub fn digest(&self) -> Result<Digest, WhitelistError> {
        Ok(Digest(Sha256::digest(self.to_json()?.as_bytes()).into()))
    }

    /// Checks order, bounds and ranges.
    ///
    /// # Errors
    /// [`WhitelistError`], with the entry that is wrong.
    pub fn check(&self) -> Result<(), WhitelistError> {
        if self.version != WHITELIST_VERSION {
            return Err(WhitelistError::UnknownVersion(self.version));
        }
        if self.models.len() > MAX_MODELS {
            return Err(WhitelistError::TooMany("models"));
        }
        if self.drivers.len() > MAX_DRIVERS {
            return Err(WhitelistError::TooMany("drivers"));
        }
        if !(self.memory_low_ppm <= PPM && PPM <= self.memory_high_ppm) {
            return Err(WhitelistError::BadTolerance);
        }
        if !self.models.is_sorted_by(|a, b| a.name < b.name) {
            return Err(WhitelistError::NotSorted("models"));
        }
        if !self.drivers.is_sorted_by(|a, b| a.sha256 < b.sha256) {
            return Err(WhitelistError::NotSorted("drivers"));
        }
        if let Some(bad) = self.models.iter().find(|model| !model.is_sound()) {
            return Err(WhitelistError::BadModel(bad.name.clone()));
        }
        let mut devices: Vec<PciId> =
            self.models.iter().flat_map(|model| model.pci_devices.iter().copied()).collect();
        devices.sort_unstable();
        match devices.windows(2).find(|pair| pair.first() == pair.last()) {
            Some(pair) => {
                Err(WhitelistError::SharedDevice(pair.first().copied().unwrap_or_default()))
            }
            None => Ok(()),
        }
    }

    /// The model of that name. Older drivers leave out the leading `NVIDIA`.
    pub fn model(&self, name: &ModelName) -> Option<&Model> {
        let short = |name: &ModelName| {
            name.as_str().strip_prefix("NVIDIA ").unwrap_or(name.as_str()).to_owned()
        };
        let wanted = short(name);
        self.models.iter().find(|model| short(&model.name) == wanted)
    }

    /// The model that a PCI device identifier of NVIDIA belongs to.
    pub fn model_of_device(&self, device: PciId) -> Option<&Model> {
        self.models.iter().find(|model| model.pci_devices.contains(&device))
    }

    /// The driver library with that hash.
    pub fn driver(&self, sha256: Digest) -> Option<&DriverEntry> {
        self.drivers
            .binary_search_by_key(&sha256, |entry| entry.sha256)
            .ok()
            .and_then(|at| self.drivers.get(at))
    }

    /// Whether reported memory fits a model, in integers: `low <= reported / listed <= high`.
    pub fn memory_fits(&self, model: &Model, reported_bytes: u64) -> bool {
        // Both sides scaled by a million; 2^64 * 10^6 fits 128 bits.
        let reported = u128::from(reported_bytes).saturating_mul(u128::from(PPM));
        let listed = u128::from(model.memory_mib).saturating_mul(1 << 20);
        listed.saturating_mul(u128::from(self.memory_low_ppm)) <= reported
            && reported <= listed.saturating_mul(u128::from(self.memory_high_ppm))
    }
}
