//! Messages of compute that people write into files.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The shape of a product `C = A * B`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShapeBody {
    /// What the entries are.
    #[schema(pattern = "^(int8|fp16)$")]
    pub kind: String,
    /// Rows of A and C: 256 to 16,384, a multiple of 64.
    pub m: u32,
    /// Columns of B and C: 256 to 16,384, a multiple of 256.
    pub n: u32,
    /// Columns of A, rows of B: 256 to 16,384, a multiple of 64.
    pub k: u32,
}

/// Where the matrices of a task come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum OperandsBody {
    /// Out of a seed that is drawn for the worker.
    Seed {},
    /// From the requester.
    Content {
        /// Root over the rows of all matrices A, hex.
        a: String,
        /// Root over the columns of B, hex.
        b: String,
    },
}

/// An order of a batch of products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTaskBody {
    /// `create-task`.
    #[serde(rename = "type")]
    #[schema(pattern = "^create-task$")]
    pub kind: String,
    /// The shape of each product.
    pub shape: ShapeBody,
    /// Products in the batch, 1 to 64.
    pub count: u32,
    /// What is paid for each of them, in base units.
    pub price: String,
    /// Where the matrices come from.
    pub operands: OperandsBody,
    /// Where matrices that the requester has are fetched; else empty.
    #[serde(default)]
    pub source: String,
}

/// The account as a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterWorkerBody {
    /// `register-worker`.
    #[serde(rename = "type")]
    #[schema(pattern = "^register-worker$")]
    pub kind: String,
    /// Where others fetch what it has computed.
    pub endpoint: String,
    /// What it stakes, in base units.
    pub stake: String,
    /// Commitment to the secret of its plants, hex.
    pub plant: String,
}

/// What a worker says about itself, and its stake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateWorkerBody {
    /// `update-worker`.
    #[serde(rename = "type")]
    #[schema(pattern = "^update-worker$")]
    pub kind: String,
    /// Where others fetch what it has computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// More stake, in base units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add_stake: Option<String>,
    /// Whether it takes no new work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
    /// Commitment to another secret, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plant: Option<String>,
    /// A device that it has no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remove_device: Option<u8>,
}

/// Work of the network for a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeWorkBody {
    /// `take-work`.
    #[serde(rename = "type")]
    #[schema(pattern = "^take-work$")]
    pub kind: String,
    /// The number of the device, 0 to 15.
    pub device: u8,
    /// One of the shapes that the chain prices.
    pub shape: ShapeBody,
    /// Products in the batch, 1 to 64.
    pub count: u32,
}

/// A shape for which the chain credits work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceBody {
    /// The shape.
    pub shape: ShapeBody,
    /// What its units count, in parts per million.
    #[schema(minimum = 1, maximum = 10_000_000)]
    pub difficulty_ppm: u32,
    /// Whether processors may take it.
    pub cpu: bool,
}

/// An official build of a driver's library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DriverBody {
    /// SHA-256 of its library, hex.
    pub digest: String,
    /// Its version.
    pub version: String,
    /// The processor architecture that it is built for: `x86_64` or `aarch64`.
    pub architecture: String,
    /// The size of its library, in bytes.
    pub bytes: u64,
}

/// What a model computes with one kind of numbers, in milli-TFLOPS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RateBody {
    /// The maker's peak.
    pub peak: u64,
    /// The slowest that an honest device is.
    pub low: u64,
    /// The fastest that it can be.
    pub high: u64,
}

/// A model of graphics processors and what is expected of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelBody {
    /// Its name, as its driver says it.
    pub name: String,
    /// Its PCI device ids, ascending.
    #[schema(max_items = 16)]
    pub pci_devices: Vec<u16>,
    /// Its compute capability: the number before the dot.
    pub capability_major: u16,
    /// The number after the dot.
    pub capability_minor: u16,
    /// Its memory, in MiB.
    pub memory_mib: u32,
    /// What its work counts, as a part of the greatest tier, in parts per million.
    #[schema(maximum = 1_000_000)]
    pub tier: u32,
    /// What it computes in half precision.
    pub fp16: RateBody,
    /// What it computes with bytes.
    pub int8: RateBody,
}

/// Changes of the lists of drivers and models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhitelistChangeBody {
    /// Drivers to add; one that is listed already is replaced.
    #[serde(default)]
    #[schema(max_items = 64)]
    pub add_drivers: Vec<DriverBody>,
    /// Drivers to remove, by their digests, hex.
    #[serde(default)]
    #[schema(max_items = 64)]
    pub remove_drivers: Vec<String>,
    /// Models to add; one that is listed already is replaced.
    #[serde(default)]
    #[schema(max_items = 64)]
    pub add_models: Vec<ModelBody>,
    /// Models to remove, by their names.
    #[serde(default)]
    #[schema(max_items = 64)]
    pub remove_models: Vec<String>,
}
