//! What computes products: the processor, or a device that another crate drives.

use crate::{
    matrix::Matrix,
    operands::{OperandError, Operands},
    shape::Shape,
    simd::dispatch,
};
use std::sync::atomic::{AtomicBool, Ordering};
use thiserror::Error;

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BackendError {
    /// An operand is not known.
    #[error(transparent)]
    Operand(#[from] OperandError),
    /// Whoever asked has withdrawn.
    #[error("the product was cancelled")]
    Cancelled,
    /// The product needs more memory than is allowed.
    #[error(
        "the product needs {needed} bytes of memory, {limit} are allowed; raise the limit or choose a smaller shape"
    )]
    Memory {
        /// What the product needs, in bytes.
        needed: u64,
        /// What is allowed, in bytes.
        limit: u64,
    },
    /// The device failed.
    #[error("the device failed: {0}")]
    Device(String),
}

/// How a long computation is watched and stopped.
#[derive(Clone, Copy, Default)]
pub struct Control<'a> {
    /// Called after each block of rows with the number of rows that are done.
    pub progress: Option<&'a (dyn Fn(u32) + Sync)>,
    /// The computation stops soon after this becomes true.
    pub cancelled: Option<&'a AtomicBool>,
}

impl Control<'_> {
    /// Reports progress.
    pub fn done(&self, rows: u32) {
        if let Some(progress) = self.progress {
            progress(rows);
        }
    }

    /// # Errors
    /// [`BackendError::Cancelled`] if the computation is to stop.
    pub fn check(&self) -> Result<(), BackendError> {
        match self.cancelled {
            Some(cancelled) if cancelled.load(Ordering::Relaxed) => Err(BackendError::Cancelled),
            _ => Ok(()),
        }
    }
}

/// Computes products. All backends give the same bytes: [`crate::self_test`] is the proof.
pub trait Backend {
    /// Name for logs and tables.
    fn name(&self) -> &str;

    /// Product `product` of the batch with these operands.
    ///
    /// # Errors
    /// [`BackendError`] if there is no result.
    fn multiply(
        &self,
        operands: &Operands,
        product: u32,
        control: &Control<'_>,
    ) -> Result<Matrix, BackendError>;
}

/// Rows of a block of A, and between two reports of progress.
const ROWS: usize = 64;
/// Columns of a block of B: with `k = 4,096` it fits the second cache.
const COLUMNS: usize = 128;

/// Multiplies on one thread, without any library. Slow, but it cannot saturate and runs everywhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct Portable;

/// Lines of an operand in 16 bits, so that two products are added by one instruction.
fn block(
    lines: &crate::operands::Lines<'_>,
    first: usize,
    count: usize,
    k: usize,
) -> Result<Vec<i16>, OperandError> {
    let mut line = vec![0; k];
    let mut block = Vec::with_capacity(count * k);
    for index in first..first + count {
        lines.write(index as u32, &mut line)?;
        block.extend(line.iter().map(|entry| i16::from(*entry)));
    }
    Ok(block)
}

/// At most `16,384 · 2^14 = 2^28` in absolute value: it never wraps.
#[inline(always)]
fn inner_product(a: &[i16], b: &[i16]) -> i32 {
    a.iter()
        .zip(b)
        .fold(0i32, |sum, (a, b)| sum.wrapping_add(i32::from(*a).wrapping_mul(i32::from(*b))))
}

/// Writes the products of a block of rows with a block of columns.
#[inline(always)]
fn multiply_block(a: &[i16], b: &[i16], k: usize, out: &mut [i32], n: usize, first: usize) {
    for (row, out) in a.chunks_exact(k).zip(out.chunks_exact_mut(n)) {
        for (column, entry) in b.chunks_exact(k).zip(&mut out[first..]) {
            *entry = inner_product(row, column);
        }
    }
}

/// One block of rows of the result, from blocks of columns that are at hand.
pub(crate) fn multiply_rows(a: &[i16], b: &[Vec<i16>], shape: Shape, out: &mut [i32]) {
    let (n, k) = (shape.n() as usize, shape.k() as usize);
    for (index, b) in b.iter().enumerate() {
        dispatch(
            #[inline(always)]
            || multiply_block(a, b, k, out, n, index * COLUMNS),
        );
    }
}

/// All columns of B in 16 bits, in blocks.
pub(crate) fn portable_columns(operands: &Operands) -> Result<Vec<Vec<i16>>, OperandError> {
    let (n, k) = (operands.shape().n() as usize, operands.shape().k() as usize);
    let lines = operands.b_columns();
    (0..n).step_by(COLUMNS).map(|first| block(&lines, first, COLUMNS.min(n - first), k)).collect()
}

impl Backend for Portable {
    fn name(&self) -> &str {
        "portable"
    }

    fn multiply(
        &self,
        operands: &Operands,
        product: u32,
        control: &Control<'_>,
    ) -> Result<Matrix, BackendError> {
        let shape = operands.shape();
        let (m, n, k) = (shape.m() as usize, shape.n() as usize, shape.k() as usize);
        let b = portable_columns(operands)?;
        let rows = operands.a_rows(product);
        let mut entries = vec![0; m * n];
        for (index, out) in entries.chunks_mut(ROWS * n).enumerate() {
            control.check()?;
            let a = block(&rows, index * ROWS, out.len() / n, k)?;
            multiply_rows(&a, &b, shape, out);
            control.done((index * ROWS + out.len() / n) as u32);
        }
        Matrix::new(shape, entries).ok_or_else(|| BackendError::Device("wrong size".into()))
    }
}
