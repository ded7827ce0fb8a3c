//! Exact products of small integers: shapes, bounds, the trait of everything that computes them, and
//! the reference on the processor.
//!
//! `C[m×n] = A[m×k] · B[k×n]`, entries of A and B are `i8`, entries of C are `i32`. A lies row by
//! row, B column by column, so that both are read along `k`; C lies row by row.

use crate::{
    attestation::Precision,
    keystream::{Alphabet, Keystream},
    limits::Cancel,
};
use serde::{Deserialize, Serialize};

/// Largest `k` for which no sum of `i8` products can leave `i32`: `k * 128 * 128 < 2^31`.
pub const MAX_INNER: u32 = 131_071;
/// Largest `m` and `n`; with it every index fits the 32-bit integers that cuBLAS takes.
pub const MAX_OUTER: u32 = 1 << 20;
/// Integers up to this size are exact in FP32 and in every partial sum of tensor cores.
pub const EXACT_FP32: u64 = 1 << 24;

/// Why a product was not computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProductError {
    /// A dimension out of bounds.
    #[error(
        "the shape {0} is outside 1..={MAX_OUTER} rows and columns and 1..={MAX_INNER} terms: split the product"
    )]
    BadShape(Shape),
    /// Operands of another length.
    #[error("operand {operand} has {length} entries, but the shape asks for {expected}")]
    BadOperand {
        /// `A` or `B`.
        operand: char,
        /// Entries given.
        length: usize,
        /// Entries needed.
        expected: u64,
    },
    /// The caller gave up.
    #[error("the computation was cancelled")]
    Cancelled,
    /// The device or its libraries failed.
    #[error("{0}")]
    Device(String),
}

/// Dimensions of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Rows of A and C.
    pub m: u32,
    /// Columns of B and C.
    pub n: u32,
    /// Columns of A, rows of B: terms of each sum.
    pub k: u32,
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{}×{}", self.m, self.n, self.k)
    }
}

impl Shape {
    /// A shape within the bounds.
    ///
    /// # Errors
    /// [`ProductError::BadShape`].
    pub fn new(m: u32, n: u32, k: u32) -> Result<Self, ProductError> {
        let shape = Self { m, n, k };
        shape.check()?;
        Ok(shape)
    }

    /// Checks the bounds.
    ///
    /// # Errors
    /// [`ProductError::BadShape`].
    pub fn check(&self) -> Result<(), ProductError> {
        let outer = 1..=MAX_OUTER;
        let fits = outer.contains(&self.m) && outer.contains(&self.n);
        if fits && (1..=MAX_INNER).contains(&self.k) {
            Ok(())
        } else {
            Err(ProductError::BadShape(*self))
        }
    }

    /// Multiplications with addition.
    pub fn multiply_adds(&self) -> u64 {
        u64::from(self.m) * u64::from(self.n) * u64::from(self.k)
    }

    /// Entries of A.
    pub fn left_entries(&self) -> u64 {
        u64::from(self.m) * u64::from(self.k)
    }

    /// Entries of B.
    pub fn right_entries(&self) -> u64 {
        u64::from(self.n) * u64::from(self.k)
    }

    /// Entries of C.
    pub fn result_entries(&self) -> u64 {
        u64::from(self.m) * u64::from(self.n)
    }

    /// Bytes of both operands and the result: the memory that a product holds on the processor.
    pub fn bytes(&self) -> u64 {
        self.left_entries() + self.right_entries() + 4 * self.result_entries()
    }

    /// Checks the shape and the lengths of operands.
    ///
    /// # Errors
    /// [`ProductError::BadShape`] or [`ProductError::BadOperand`].
    pub fn check_operands(&self, a: &[i8], b: &[i8]) -> Result<(), ProductError> {
        self.check()?;
        for (operand, length, expected) in
            [('A', a.len(), self.left_entries()), ('B', b.len(), self.right_entries())]
        {
            if length as u64 != expected {
                return Err(ProductError::BadOperand { operand, length, expected });
            }
        }
        Ok(())
    }
}

/// A result with the time that the multiplication alone took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Entries of C, row by row.
    pub entries: Vec<i32>,
    /// Time of the multiplication, without transfers, microseconds.
    pub micros: u64,
}

/// Something that computes exact products.
pub trait Multiply {
    /// Name for reports.
    fn name(&self) -> String;

    /// Arithmetics that it offers.
    fn precisions(&self) -> Vec<Precision>;

    /// Computes `A · B` exactly.
    ///
    /// # Errors
    /// [`ProductError`]; never a wrong result knowingly, never a panic.
    fn multiply(
        &mut self,
        shape: Shape,
        a: &[i8],
        b: &[i8],
        precision: Precision,
    ) -> Result<Product, ProductError>;

    /// Generates rows of operands as this device does for itself.
    ///
    /// # Errors
    /// [`ProductError`].
    fn generate(
        &mut self,
        streams: &Keystream,
        alphabet: Alphabet,
        first: u32,
        rows: u32,
        length: u32,
    ) -> Result<Vec<i8>, ProductError> {
        Ok(streams.rows(alphabet, first, rows, length))
    }
}

/// The processor: the reference that others are compared with.
#[derive(Clone, Debug, Default)]
pub struct Processor {
    /// Stops a product between two rows of its result.
    pub cancel: Cancel,
}

impl Multiply for Processor {
    fn name(&self) -> String {
        "processor".to_owned()
    }

    fn precisions(&self) -> Vec<Precision> {
        vec![Precision::Int8]
    }

    fn multiply(
        &mut self,
        shape: Shape,
        a: &[i8],
        b: &[i8],
        _: Precision,
    ) -> Result<Product, ProductError> {
        shape.check_operands(a, b)?;
        let start = std::time::Instant::now();
        let mut entries = Vec::with_capacity(shape.result_entries() as usize);
        for row in a.chunks_exact(shape.k as usize) {
            if self.cancel.is_cancelled() {
                return Err(ProductError::Cancelled);
            }
            entries.extend(b.chunks_exact(shape.k as usize).map(|column| dot(row, column)));
        }
        let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        Ok(Product { entries, micros })
    }
}

/// Exact for up to [`MAX_INNER`] terms. Products of `i8` fit `i16`, which is what compilers turn into
/// the widening multiply-add of every vector unit.
fn dot(row: &[i8], column: &[i8]) -> i32 {
    row.iter().zip(column).map(|(&x, &y)| i32::from(i16::from(x) * i16::from(y))).sum()
}

/// Longest run of terms whose sums stay exact in FP32, for operands within `±left` and `±right`:
/// a multiple of 16, which is also what aligned tensor-core loads need. `None` for bounds of zero,
/// where every run is exact.
pub fn exact_fp16_run(left: u32, right: u32) -> Option<u32> {
    // At least 16: 16 * 128 * 128 = 2^18.
    let run = EXACT_FP32.checked_div(u64::from(left) * u64::from(right))?;
    Some(u32::try_from(run / 16 * 16).unwrap_or(u32::MAX - 15).max(16))
}

/// Largest absolute value.
pub fn bound(values: &[i8]) -> u32 {
    values.iter().map(|value| u32::from(value.unsigned_abs())).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_product_is_what_it_is_by_hand() {
        // A = [1 2 3; 4 5 6], B = [7 8; 9 10; 11 12], column by column.
        let shape = Shape::new(2, 2, 3).expect("a shape");
        let product = Processor::default()
            .multiply(shape, &[1, 2, 3, 4, 5, 6], &[7, 9, 11, 8, 10, 12], Precision::Int8)
            .expect("a product");
        assert_eq!(product.entries, [58, 64, 139, 154]);
    }

    #[test]
    fn the_largest_sums_are_exact() {
        let shape = Shape::new(1, 1, MAX_INNER).expect("a shape");
        let lowest = vec![-128; MAX_INNER as usize];
        let product = Processor::default()
            .multiply(shape, &lowest, &lowest, Precision::Int8)
            .expect("a product");
        assert_eq!(product.entries, [131_071 * 16_384]);
        assert!(Shape::new(1, 1, MAX_INNER + 1).is_err());
    }

    #[test]
    fn operands_of_another_length_are_refused() {
        let shape = Shape::new(2, 2, 2).expect("a shape");
        let refusal = Processor::default().multiply(shape, &[0; 4], &[0; 3], Precision::Int8);
        assert_eq!(refusal, Err(ProductError::BadOperand { operand: 'B', length: 3, expected: 4 }));
    }

    #[test]
    fn a_cancelled_product_stops() {
        let mut processor = Processor::default();
        processor.cancel.cancel();
        let shape = Shape::new(1, 1, 1).expect("a shape");
        assert_eq!(
            processor.multiply(shape, &[1], &[1], Precision::Int8),
            Err(ProductError::Cancelled)
        );
    }

    #[test]
    fn exact_runs_stay_below_the_limit_of_fp32() {
        assert_eq!(exact_fp16_run(128, 128), Some(1_024));
        assert_eq!(exact_fp16_run(64, 64), Some(4_096));
        assert_eq!(exact_fp16_run(0, 128), None);
        for (left, right) in [(1, 1), (3, 7), (127, 127), (128, 1)] {
            let run = u64::from(exact_fp16_run(left, right).expect("a run"));
            assert!(run * u64::from(left * right) <= EXACT_FP32 && run % 16 == 0);
        }
    }
}
