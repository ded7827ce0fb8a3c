//! Devices: what they say about themselves, and what the chain knows about their kinds.

use crate::{
    Address, Hash, List, Ppm, Text,
    codec::byte_enum,
    limits::{MAX_COMPUTE_TEXT_BYTES, MAX_DEVICE_TEXT_BYTES, MAX_MODEL_IDS, MAX_WHITELIST_CHANGES},
    struct_codec,
};
use serde::{Deserialize, Serialize};

byte_enum! {
    /// What a device is.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum DeviceKind {
        /// The processor of a machine, registered as what it is.
        0 "cpu" Cpu,
        /// A graphics processor.
        1 "gpu" Gpu,
    }
}

/// A device of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DeviceId {
    /// The account of the worker.
    pub worker: Address,
    /// Its number, 0 to 15.
    pub device: u8,
}

struct_codec!(DeviceId { worker, device });

/// What a device says about itself, out of its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// What it is.
    pub kind: DeviceKind,
    /// Its model, as its driver or the operating system names it.
    pub model: Text<MAX_DEVICE_TEXT_BYTES>,
    /// Its memory, in MiB; of a processor that of the machine.
    pub memory_mib: u64,
    /// Its compute capability, for example 9.0; empty for a processor.
    pub capability: Text<MAX_COMPUTE_TEXT_BYTES>,
    /// The version of its driver; empty for a processor.
    pub driver: Text<MAX_COMPUTE_TEXT_BYTES>,
    /// Its PCI id, for example `10de:2684`; empty for a processor.
    pub pci_id: Text<MAX_COMPUTE_TEXT_BYTES>,
    /// SHA-256 of its UUID: the same device is recognized, its UUID is not told.
    #[serde(with = "crate::hash::serde_hex")]
    pub uuid: Hash,
    /// CUDA cores, or threads of a processor.
    pub cores: u32,
}

struct_codec!(Inventory { kind, model, memory_mib, capability, driver, pci_id, uuid, cores });

/// What each of the five levels of an attestation gave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Points {
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

struct_codec!(Points { info, driver, pci, benchmark, signature });

impl Points {
    /// All of them, 0 to 100.
    pub const fn score(&self) -> u8 {
        self.info
            .saturating_add(self.driver)
            .saturating_add(self.pci)
            .saturating_add(self.benchmark)
            .saturating_add(self.signature)
    }
}

/// An official build of a driver's library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownDriver {
    /// SHA-256 of its library.
    #[serde(with = "crate::hash::serde_hex")]
    pub digest: Hash,
    /// Its version.
    pub version: Text<MAX_COMPUTE_TEXT_BYTES>,
    /// The processor architecture that it is built for: `x86_64` or `aarch64`.
    pub architecture: Text<MAX_COMPUTE_TEXT_BYTES>,
    /// The size of its library, in bytes.
    pub bytes: u64,
}

struct_codec!(KnownDriver { digest, version, architecture, bytes });

/// What a model computes with one kind of numbers, in milli-TFLOPS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownRate {
    /// The maker's peak.
    pub peak: u64,
    /// The slowest that an honest device is.
    pub low: u64,
    /// The fastest that it can be.
    pub high: u64,
}

struct_codec!(KnownRate { peak, low, high });

/// A model of graphics processors and what is expected of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownModel {
    /// Its name, as its driver says it.
    pub name: Text<MAX_DEVICE_TEXT_BYTES>,
    /// Its PCI device ids, ascending.
    pub pci_devices: List<u16, MAX_MODEL_IDS>,
    /// Its compute capability: the number before the dot.
    pub capability_major: u16,
    /// The number after the dot.
    pub capability_minor: u16,
    /// Its memory, in MiB.
    pub memory_mib: u32,
    /// What its work counts, as a part of the greatest tier, which is 10.
    pub tier: Ppm,
    /// What it computes in half precision.
    pub fp16: KnownRate,
    /// What it computes with bytes.
    pub int8: KnownRate,
}

struct_codec!(KnownModel {
    name,
    pci_devices,
    capability_major,
    capability_minor,
    memory_mib,
    tier,
    fp16,
    int8
});

/// Changes of the lists of drivers and models.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhitelistChange {
    /// Drivers to add; one that is listed already is replaced.
    #[serde(default)]
    pub add_drivers: List<KnownDriver, MAX_WHITELIST_CHANGES>,
    /// Drivers to remove, by their digests.
    #[serde(default)]
    pub remove_drivers: List<DriverDigest, MAX_WHITELIST_CHANGES>,
    /// Models to add; one that is listed already is replaced.
    #[serde(default)]
    pub add_models: List<KnownModel, MAX_WHITELIST_CHANGES>,
    /// Models to remove, by their names.
    #[serde(default)]
    pub remove_models: List<Text<MAX_DEVICE_TEXT_BYTES>, MAX_WHITELIST_CHANGES>,
}

struct_codec!(WhitelistChange { add_drivers, remove_drivers, add_models, remove_models });

impl WhitelistChange {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.add_drivers.is_empty()
            && self.remove_drivers.is_empty()
            && self.add_models.is_empty()
            && self.remove_models.is_empty()
    }
}

/// SHA-256 of the library of a driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DriverDigest(#[serde(with = "crate::hash::serde_hex")] pub Hash);

impl crate::codec::re::Write for DriverDigest {
    fn write(&self, buf: &mut impl crate::codec::re::BufMut) {
        self.0.write(buf);
    }
}
impl crate::codec::re::EncodeSize for DriverDigest {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}
impl crate::codec::re::Read for DriverDigest {
    type Cfg = ();
    fn read_cfg(
        buf: &mut impl crate::codec::re::Buf,
        _: &(),
    ) -> Result<Self, crate::codec::re::Error> {
        crate::codec::re::ReadExt::read(buf).map(Self)
    }
}
