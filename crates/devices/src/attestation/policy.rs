//! What a network asks of its workers. Governance holds these values; the presets are their first.
#![deny(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)]

use super::Precision;
use serde::{Deserialize, Serialize};

/// Bytes in a gigabyte. Decimal on purpose: a card sold with 16 GB reports a little less than
/// 16 GiB, because its driver reserves some, and must pass a gate of 16 GB.
const GIGABYTE: u64 = 1_000_000_000;

/// What a worker must reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Least score, 0 to 100.
    pub minimum_score: u32,
    /// Least memory of the device, bytes.
    pub minimum_memory_bytes: u64,
    /// Least effective speed in an FP16 challenge, milliTFLOPS.
    pub minimum_fp16_milli_tflops: u64,
    /// Least effective speed in an INT8 challenge, milliTFLOPS.
    pub minimum_int8_milli_tflops: u64,
    /// Benchmarks that differ by more than this share around their middle are flagged, ppm.
    pub variance_ppm: u32,
    /// Whether a processor may work as what it is.
    pub admits_processors: bool,
}

impl Policy {
    /// Mainnet: 70 points, 16 GB.
    pub const MAINNET: Self = Self {
        minimum_score: 70,
        minimum_memory_bytes: 16 * GIGABYTE,
        minimum_fp16_milli_tflops: 20_000,
        minimum_int8_milli_tflops: 40_000,
        variance_ppm: 100_000,
        admits_processors: false,
    };

    /// Testnet: 60 points, 12 GB.
    pub const TESTNET: Self = Self {
        minimum_score: 60,
        minimum_memory_bytes: 12 * GIGABYTE,
        minimum_fp16_milli_tflops: 10_000,
        minimum_int8_milli_tflops: 20_000,
        variance_ppm: 100_000,
        admits_processors: false,
    };

    /// Development networks: a processor that says that it is one may work, at the lowest tier.
    pub const DEVNET: Self = Self {
        minimum_score: 50,
        minimum_memory_bytes: 0,
        minimum_fp16_milli_tflops: 0,
        minimum_int8_milli_tflops: 0,
        variance_ppm: 100_000,
        admits_processors: true,
    };

    /// Least effective speed at a precision, milliTFLOPS.
    pub const fn minimum_milli_tflops(&self, precision: Precision) -> u64 {
        match precision {
            Precision::Fp16 => self.minimum_fp16_milli_tflops,
            Precision::Int8 => self.minimum_int8_milli_tflops,
        }
    }
}
