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
