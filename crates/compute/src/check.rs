//! Freivalds' check: whether rows of a result are those of the product, without computing them.

use crate::{
    commitment::{Batch, OpeningError, RowOpening, product_tree, row_digest},
    digest::Digest,
    field::expand,
    kernel::{Columns, GROUP, Narrow, Wide},
    operands::{OperandError, Operands},
    sample::{Row, SampleError, sample},
};
use thiserror::Error;

/// Why a result is refused, or cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CheckError {
    /// Rows are missing, doubled, or others than those that were chosen.
    #[error("the opened rows are not those that the challenge chooses")]
    Choice,
    /// More rows are wanted than there are.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// An operand is not known; this says nothing about the result.
    #[error(transparent)]
    Operand(#[from] OperandError),
    /// An opening does not fit the commitment.
    #[error(transparent)]
    Opening(#[from] OpeningError),
    /// An entry that no operands can give.
    #[error("product {product}, row {row}: an entry is larger than {bound} in absolute value")]
    Range {
        /// Number of the product in the batch.
        product: u32,
        /// Number of the row in the product.
        row: u32,
        /// [`crate::Shape::bound`].
        bound: i32,
    },
    /// A row that is not the product of its operands.
    #[error("product {product}, row {row} is not the product of its operands")]
    Wrong {
        /// Number of the product in the batch.
        product: u32,
        /// Number of the row in the product.
        row: u32,
    },
}

/// Checks rows of a batch against one random vector `r`. It holds `y = B · r`, computed once: a row
/// `c` of C with the row `a` of A is right if `c · r = a · y`. A wrong row passes with a probability
/// of at most `2^-61`, provided that nobody knew the challenge when the result was committed to.
pub struct Checker<'a> {
    operands: &'a Operands,
    r: Wide,
    y: Narrow,
}

impl<'a> Checker<'a> {
    /// Draws `r` from the challenge, and every column of B, for `y`.
    ///
    /// # Errors
    /// [`OperandError`] if a column of B is not known.
    pub fn new(operands: &'a Operands, challenge: &[u8; 32]) -> Result<Self, OperandError> {
        let shape = operands.shape();
        let (n, k) = (shape.n() as usize, shape.k() as usize);
        let r = expand(challenge, n);
        let lines = operands.b_columns();
        let mut columns = Columns::new(k);
        let mut group = vec![0; GROUP * k];
        for (first, elements) in (0..).step_by(GROUP).zip(r.chunks(GROUP)) {
            for (index, column) in (first..).zip(group.chunks_mut(k)) {
                lines.write(index, column)?;
            }
            columns.add(&group, elements);
        }
        Ok(Self { operands, r: Wide::new(&r), y: Narrow::new(&columns.finish()) })
    }

    /// Checks one row, `4 · n` bytes. Every entry is compared with the bound first: one that is
    /// shifted by the modulus is refused.
    ///
    /// # Errors
    /// [`CheckError`] if the row is wrong or cannot be judged.
    pub fn row(&self, product: u32, row: u32, bytes: &[u8]) -> Result<(), CheckError> {
        let lines = self.operands.a_rows(product);
        let mut a = vec![0; self.operands.shape().k() as usize];
        lines.write(row, &mut a)?;
        self.compare(product, row, bytes, &a)
    }

    fn compare(&self, product: u32, row: u32, bytes: &[u8], a: &[i8]) -> Result<(), CheckError> {
        let shape = self.operands.shape();
        let (expected, found) = (shape.row_bytes(), bytes.len());
        if expected != found {
            return Err(OpeningError::Length { expected, found }.into());
        }
        let (left, inside) = self.r.row(bytes, shape.bound());
        if !inside {
            return Err(CheckError::Range { product, row, bound: shape.bound() });
        }
        if left != self.y.row(a) {
            return Err(CheckError::Wrong { product, row });
        }
        Ok(())
    }

    /// Checks all rows of a product, row after row in `result`, and returns the root of the result,
    /// for the comparison with the committed one.
    ///
    /// # Errors
    /// [`CheckError`] names the first wrong row.
    pub fn full(&self, product: u32, result: &[u8]) -> Result<Digest, CheckError> {
        let shape = self.operands.shape();
        if result.len() as u64 != shape.result_bytes() {
            let (expected, found) = (shape.result_bytes() as usize, result.len());
            return Err(OpeningError::Length { expected, found }.into());
        }
        let lines = self.operands.a_rows(product);
        let mut a = vec![0; shape.k() as usize];
        let mut digests = Vec::with_capacity(shape.m() as usize);
        for (row, bytes) in (0..).zip(result.chunks(shape.row_bytes())) {
            lines.write(row, &mut a)?;
            self.compare(product, row, bytes, &a)?;
            digests.push(row_digest(bytes));
        }
        Ok(product_tree(shape, product, &digests).root())
    }
}

/// Checks rows of a batch: number of the product, number of the row, bytes of the row.
///
/// # Errors
/// [`CheckError`] names the first row that is wrong or cannot be judged.
pub fn check_rows(
    operands: &Operands,
    rows: &[(u32, u32, &[u8])],
    challenge: &[u8; 32],
) -> Result<(), CheckError> {
    let checker = Checker::new(operands, challenge)?;
    rows.iter().try_for_each(|(product, row, bytes)| checker.row(*product, *row, bytes))
}

/// Checks a whole product; see [`Checker::full`].
///
/// # Errors
/// [`CheckError`] names the first row that is wrong or cannot be judged.
pub fn check_full(
    operands: &Operands,
    product: u32,
    result: &[u8],
    challenge: &[u8; 32],
) -> Result<Digest, CheckError> {
    Checker::new(operands, challenge)?.full(product, result)
}

/// The whole check of a committed batch: that the openings are those of the rows which the challenge
/// chooses, in their order, that each belongs to the commitment, and that each row is right.
///
/// # Errors
/// [`CheckError`] says what is wrong with the first opening that is.
pub fn check_sample(
    batch: Batch,
    operands: &Operands,
    root: &Digest,
    challenge: &[u8; 32],
    count: u32,
    openings: &[RowOpening],
) -> Result<(), CheckError> {
    let chosen = sample(challenge, batch, count)?;
    let opened = openings.iter().map(|opening| (opening.position.product, opening.position.row));
    if batch.shape != operands.shape() || !opened.eq(chosen.iter().copied()) {
        return Err(CheckError::Choice);
    }
    for opening in openings {
        opening.verify(batch, root)?;
    }
    let checker = Checker::new(operands, challenge)?;
    openings.iter().try_for_each(|opening| {
        let (product, row): Row = (opening.position.product, opening.position.row);
        checker.row(product, row, &opening.bytes)
    })
}
