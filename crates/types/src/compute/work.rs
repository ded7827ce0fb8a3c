//! The work: products of matrices, what they count, what they pay.

use crate::{
    Amount, Hash, List, Ppm, codec::byte_enum, limits::MAX_COMMITTEE, struct_codec, tagged_enum,
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
