//! What workers, their devices and their tasks are: the words that messages, events and records of
//! module `compute` share.

pub mod draw;

use crate::{
    Address, Amount, Hash, List, Ppm, Text,
    codec::byte_enum,
    limits::{
        MAX_COMMITTEE, MAX_COMPUTE_TEXT_BYTES, MAX_DEVICE_TEXT_BYTES, MAX_MODEL_IDS,
        MAX_WHITELIST_CHANGES,
    },
    struct_codec, tagged_enum,
};
use serde::{Deserialize, Serialize};

/// Multiplications of a product that count as one unit of work: those of a product of 256 x 256 x 256.
pub const UNIT_MULTIPLICATIONS: u64 = 1 << 24;

byte_enum! {
    /// What the entries of matrices are.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum ProductKind {
        /// Bytes with a sign; sums are 32-bit integers.
        0 "int8" Int8,
        /// Small integers in half precision; sums are exact in single precision.
        1 "fp16" Fp16,
    }
}

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

byte_enum! {
    /// What a worker does.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum WorkerState {
        /// It takes work.
        0 "active" Active,
        /// It takes no new work by its own wish.
        1 "paused" Paused,
        /// It leaves: its stake is paid once it has unbonded.
        2 "leaving" Leaving,
        /// It gave wrong results too often. Its stake unbonds, and it never comes back.
        3 "banned" Banned,
        /// It left, and its stake was paid. It may register again.
        4 "left" Left,
    }
}

byte_enum! {
    /// Why a task exists.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Purpose {
        /// Somebody pays for its result.
        0 "paid" Paid,
        /// A worker took it to earn a part of the miners' pool.
        1 "network" Network,
        /// It measures a device.
        2 "benchmark" Benchmark,
    }
}

byte_enum! {
    /// Where a task is in its life.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum TaskState {
        /// It waits for a worker.
        0 "open" Open,
        /// A worker computes it.
        1 "assigned" Assigned,
        /// The worker is bound to a result; the challenge is not drawn yet.
        2 "committed" Committed,
        /// A committee checks the result.
        3 "challenged" Challenged,
        /// The committee found nothing wrong. It can still be proven wrong.
        4 "accepted" Accepted,
        /// The result was proven wrong. The worker can still show that it was planted.
        5 "disproved" Disproved,
        /// Paid, or credited.
        6 "settled" Settled,
        /// Not paid, and over.
        7 "failed" Failed,
        /// Taken back before anybody worked on it.
        8 "cancelled" Cancelled,
    }
}

impl TaskState {
    /// Whether nothing happens to the task any more.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Settled | Self::Failed | Self::Cancelled)
    }
}

byte_enum! {
    /// What a member of a committee found.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Verdict {
        /// All that it checked is right.
        0 "valid" Valid,
        /// The worker did not show it what it asked for.
        1 "unavailable" Unavailable,
        /// It could not check, for reasons of its own. Neither yes nor no.
        2 "abstain" Abstain,
    }
}

byte_enum! {
    /// Why an attempt at a task ended without a payment.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum RejectReason {
        /// An entry of the result is proven wrong.
        0 "wrong" Wrong,
        /// Two committees did not get what they asked for.
        1 "withheld" Withheld,
        /// Two committees did not answer; nobody blames the worker.
        2 "unverified" Unverified,
        /// The worker committed to nothing in time.
        3 "late" Late,
    }
}

byte_enum! {
    /// Why the price of a task went back to its requester.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum RefundReason {
        /// The requester took it back.
        0 "cancelled" Cancelled,
        /// No device could be found in time.
        1 "no-worker" NoWorker,
        /// As many workers as may try have failed.
        2 "attempts" Attempts,
    }
}

/// The shape of a product `C = A * B`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// What the entries are.
    pub kind: ProductKind,
    /// Rows of A and C.
    pub m: u32,
    /// Columns of B and C.
    pub n: u32,
    /// Columns of A, rows of B.
    pub k: u32,
}

struct_codec!(Shape { kind, m, n, k });

impl Shape {
    /// Shortest side.
    pub const MIN_SIDE: u32 = 256;
    /// Longest side.
    pub const MAX_SIDE: u32 = 16_384;
    /// `m` and `k` are multiples of this.
    pub const BLOCK: u32 = 64;
    /// `n` is a multiple of this: so many entries are a tile.
    pub const TILE: u32 = 256;

    /// Whether its sides are ones that the chain can check.
    pub const fn is_legal(&self) -> bool {
        let sizes =
            self.m >= Self::MIN_SIDE && self.n >= Self::MIN_SIDE && self.k >= Self::MIN_SIDE;
        let small =
            self.m <= Self::MAX_SIDE && self.n <= Self::MAX_SIDE && self.k <= Self::MAX_SIDE;
        let blocks = self.m.is_multiple_of(Self::BLOCK) && self.k.is_multiple_of(Self::BLOCK);
        sizes && small && blocks && self.n.is_multiple_of(Self::TILE)
    }

    /// A product of square matrices.
    pub const fn square(kind: ProductKind, side: u32) -> Self {
        Self { kind, m: side, n: side, k: side }
    }

    /// Multiplications of one product. Fits: no side is above 2^32.
    pub const fn multiplications(&self) -> u128 {
        (self.m as u128).saturating_mul(self.n as u128).saturating_mul(self.k as u128)
    }

    /// Units of work of one product, at least 1: [`UNIT_MULTIPLICATIONS`] are one; rounded up.
    pub fn units(&self) -> u64 {
        let units = self.multiplications().div_ceil(u128::from(UNIT_MULTIPLICATIONS));
        u64::try_from(units).unwrap_or(u64::MAX).max(1)
    }
}

/// A shape for which the chain credits work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The shape.
    pub shape: Shape,
    /// What its units count, in parts per million, 1 to 10,000,000.
    pub difficulty_ppm: u32,
    /// Whether processors may take it.
    pub cpu: bool,
}

struct_codec!(Price { shape, difficulty_ppm, cpu });

/// The shapes for which the chain credits work.
pub type Prices = List<Price, { crate::limits::MAX_PRICES }>;

tagged_enum! {
    /// Where the matrices of a task come from.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
    pub enum Operands {
        /// Out of a seed that is drawn for the worker once it has the task.
        0x0001 "seed" Seed {},
        /// From the requester.
        0x0002 "content" Content {
            /// Root over the rows of all matrices A of the task, one matrix after the other.
            #[serde(with = "crate::hash::serde_hex")]
            a: Hash,
            /// Root over the columns of B.
            #[serde(with = "crate::hash::serde_hex")]
            b: Hash,
        },
    }
}

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

/// The factors of the weight of a result: their product over 10^18, rounded down, is its credit in
/// millionths of a unit of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factors {
    /// Products of the batch.
    pub count: u32,
    /// Units of work of one product.
    pub units: u64,
    /// What a unit of this shape counts, in parts per million.
    pub difficulty_ppm: u32,
    /// What the device counts, as a part of the greatest tier, which is 10.
    pub tier: Ppm,
    /// The part of its heartbeats that the worker sent.
    pub uptime: Ppm,
    /// How good its results were before.
    pub reputation: Ppm,
}

struct_codec!(Factors { count, units, difficulty_ppm, tier, uptime, reputation });

impl Factors {
    /// The credit, in millionths of a unit of work. Saturates far above what any batch has.
    pub fn credit(&self) -> u128 {
        let parts = [
            u128::from(self.difficulty_ppm),
            self.tier.get().into(),
            self.uptime.get().into(),
            self.reputation.get().into(),
        ];
        let work = u128::from(self.count).saturating_mul(self.units.into());
        // 2^6 products of at most 2^21 units at 10^25 are below 2^111.
        let product = parts.iter().fold(work, |product, part| product.saturating_mul(*part));
        product / 1_000_000_000_000_000_000
    }
}

/// What a settled task paid, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// To the worker.
    pub worker: Amount,
    /// To the operators of those who checked it.
    pub validators: Amount,
    /// Burned, what rounding left included.
    pub burned: Amount,
}

struct_codec!(Payment { worker, validators, burned });

/// A device of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DeviceId {
    /// The account of the worker.
    pub worker: Address,
    /// Its number, 0 to 15.
    pub device: u8,
}

struct_codec!(DeviceId { worker, device });

/// An entry of the result of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The product in its batch, from 0.
    pub product: u32,
    /// The row, from 0.
    pub row: u32,
    /// The column, from 0.
    pub column: u32,
}

struct_codec!(Entry { product, row, column });

/// Members of a committee.
pub type Committee = List<crate::ValidatorKey, MAX_COMMITTEE>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_work_are_rounded_up_and_never_nothing() {
        let square = |side| Shape::square(ProductKind::Int8, side);
        assert_eq!(square(256).units(), 1);
        assert_eq!(square(512).units(), 8);
        assert_eq!(square(4_096).units(), 4_096);
        assert_eq!(square(16).units(), 1);
        assert_eq!(Shape { m: 257, ..square(256) }.units(), 2);
        assert_eq!(square(u32::MAX).units(), u64::MAX);
    }

    #[test]
    fn sides_have_bounds_and_blocks() {
        let shape = |m, n, k| Shape { kind: ProductKind::Fp16, m, n, k };
        for legal in [shape(256, 256, 256), shape(16_384, 16_384, 16_384), shape(320, 512, 448)] {
            assert!(legal.is_legal(), "{legal:?}");
        }
        for illegal in [
            shape(192, 256, 256),
            shape(256, 256, 192),
            shape(256, 16_640, 256),
            shape(16_448, 256, 256),
            shape(256, 320, 256),
            shape(300, 256, 256),
            shape(256, 256, 300),
            shape(0, 0, 0),
        ] {
            assert!(!illegal.is_legal(), "{illegal:?}");
        }
    }

    #[test]
    fn a_credit_is_the_product_of_its_factors() {
        let half = Ppm::new(500_000).unwrap();
        let whole = Factors {
            count: 64,
            units: 4_096,
            difficulty_ppm: 1_000_000,
            tier: Ppm::ONE,
            uptime: Ppm::ONE,
            reputation: Ppm::ONE,
        };
        assert_eq!(whole.credit(), 64 * 4_096 * 1_000_000);
        assert_eq!(Factors { tier: half, uptime: half, ..whole }.credit(), whole.credit() / 4);
        assert_eq!(Factors { reputation: Ppm::ZERO, ..whole }.credit(), 0);
        let one = Ppm::new(1).unwrap();
        let tiny = Factors { count: 1, units: 1, tier: one, uptime: one, reputation: one, ..whole };
        assert_eq!(tiny.credit(), 0);
        let most = Factors { units: u64::MAX, difficulty_ppm: u32::MAX, count: u32::MAX, ..whole };
        assert_eq!(most.credit(), u128::MAX / 1_000_000_000_000_000_000);
    }
}
