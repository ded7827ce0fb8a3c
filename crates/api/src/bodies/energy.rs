//! Proposals about energy that people write into files.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How readings are attested and energy is sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnergySettlementBody {
    /// `batch`: a slot is cleared once at one price; `real-time`: at once, at posted tariffs.
    #[schema(pattern = "^(batch|real-time)$")]
    pub mode: String,
    /// The part of the weight of oracles that attests a reading, in parts per million.
    #[schema(minimum = 500_001, maximum = 1_000_000)]
    pub quorum_threshold_ppm: u32,
    /// Blocks after which what is not attested expires.
    #[schema(minimum = 1, maximum = 100_000)]
    pub expiry_blocks: u64,
}

/// What happens to an oracle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum OracleChangeBody {
    /// It gets a weight, or another one.
    Weight {
        /// In parts per million: its part of all is this over the sum of all.
        #[schema(minimum = 1, maximum = 1_000_000)]
        weight: u32,
    },
    /// It loses its weight, and its stake unbonds.
    Remove {},
}

/// What an account may do in a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopesBody {
    /// Submit readings, or report about them.
    #[serde(default)]
    pub submit_reading: bool,
    /// Open disputes, or vote on them.
    #[serde(default)]
    pub dispute: bool,
    /// Offer energy, post tariffs, and cancel.
    #[serde(default)]
    pub settle: bool,
}
