//! Freivalds' check: whether rows of a result are those of the product, without computing them.

#[cfg(all(feature = "parallel", target_arch = "x86_64"))]
use crate::avx512;
use crate::{
    commitment::{Batch, OpeningError, RowOpening, product_tree, row_digest},
    digest::Digest,
    field::expand,
    kernel::{Columns, GROUP, Narrow, Wide},
    operands::{Lines, OperandError, Operands},
    sample::{SampleError, sample},
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
    products: Products,
}

/// `y = B · r` and `r`, as the code that multiplies by them takes them.
enum Products {
    /// Runs on every machine.
    Plain { r: Wide, y: Narrow },
    #[cfg(all(feature = "parallel", target_arch = "x86_64"))]
    Avx512(Box<avx512::Products>),
}

impl Products {
    /// Draws all columns of B and multiplies them by `r`, with the best instructions there are.
    fn new(operands: &Operands, r: &[u64]) -> Result<Self, OperandError> {
        #[cfg(all(feature = "parallel", target_arch = "x86_64"))]
        if let Some(token) = avx512::Avx512::detect() {
            let products = avx512::Products::new(token, operands, r)?;
            return Ok(Self::Avx512(Box::new(products)));
        }
        Self::plain(operands, r)
    }

    fn plain(operands: &Operands, r: &[u64]) -> Result<Self, OperandError> {
        let k = operands.shape().k() as usize;
        let lines = operands.b_columns();
        let mut columns = Columns::new(k);
        let mut group = vec![0; GROUP * k];
        for (first, elements) in (0..).step_by(GROUP).zip(r.chunks(GROUP)) {
            for (index, column) in (first..).zip(group.chunks_mut(k)) {
                lines.write(index, column)?;
            }
            columns.add(&group, elements);
        }
        Ok(Self::Plain { r: Wide::new(r), y: Narrow::new(&columns.finish()) })
    }

    /// The product of a row of A with `y`.
    fn right(&self, a: &Lines<'_>, row: u32, k: usize) -> Result<u64, OperandError> {
        match self {
            Self::Plain { y, .. } => {
                let mut line = vec![0; k];
                a.write(row, &mut line)?;
                Ok(y.row(&line))
            }
            #[cfg(all(feature = "parallel", target_arch = "x86_64"))]
            Self::Avx512(products) => products.right(a, row),
        }
    }

    /// The products of rows of C with `r`, and whether all entries are within the bound.
    fn left<const ROWS: usize>(&self, rows: [&[u8]; ROWS], bound: i32) -> [(u64, bool); ROWS] {
        match self {
            Self::Plain { r, .. } => rows.map(|row| r.row(row, bound)),
            #[cfg(all(feature = "parallel", target_arch = "x86_64"))]
            Self::Avx512(products) => products.left(rows, bound),
        }
    }
}

/// Rows of C that are multiplied at once, so that `r` is read once for all of them.
const ROWS: usize = 4;

impl<'a> Checker<'a> {
    /// Draws `r` from the challenge, and every column of B, for `y`.
    ///
    /// # Errors
    /// [`OperandError`] if a column of B is not known.
    pub fn new(operands: &'a Operands, challenge: &[u8; 32]) -> Result<Self, OperandError> {
        let r = expand(challenge, operands.shape().n() as usize);
        Ok(Self { operands, products: Products::new(operands, &r)? })
    }

    /// As [`Self::new`], with the code that runs on every machine. It finds the same.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn portable(operands: &'a Operands, challenge: &[u8; 32]) -> Result<Self, OperandError> {
        let r = expand(challenge, operands.shape().n() as usize);
        Ok(Self { operands, products: Products::plain(operands, &r)? })
    }

    /// Checks one row, `4 · n` bytes. Every entry is compared with the bound first: one that is
    /// shifted by the modulus is refused.
    ///
    /// # Errors
    /// [`CheckError`] if the row is wrong or cannot be judged.
    pub fn row(&self, product: u32, row: u32, bytes: &[u8]) -> Result<(), CheckError> {
        self.some(&self.operands.a_rows(product), product, [(row, bytes)]).map(|_| ())
    }

    /// Checks rows: number of the product, number of the row, bytes of the row. Cheaper than row by row
    /// if rows of one product follow each other.
    ///
    /// # Errors
    /// [`CheckError`] names the first row that is wrong or cannot be judged.
    pub fn rows(&self, rows: &[(u32, u32, &[u8])]) -> Result<(), CheckError> {
        self.values(rows).map(|_| ())
    }

    /// As [`Self::rows`]; returns the product of each row with `r`, below the modulus, in their order.
    ///
    /// # Errors
    /// As [`Self::rows`].
    pub fn values(&self, rows: &[(u32, u32, &[u8])]) -> Result<Vec<u64>, CheckError> {
        let mut values = Vec::with_capacity(rows.len());
        for of_product in rows.chunk_by(|one, next| one.0 == next.0) {
            let product = of_product[0].0;
            let lines = self.operands.a_rows(product);
            let (whole, rest) = of_product.as_chunks::<ROWS>();
            for rows in whole {
                let rows = rows.map(|(_, row, bytes)| (row, bytes));
                values.extend(self.some(&lines, product, rows)?);
            }
            for (_, row, bytes) in rest {
                values.extend(self.some(&lines, product, [(*row, *bytes)])?);
            }
        }
        Ok(values)
    }

    /// Checks rows of one product; returns their products with `r`.
    fn some<const ROWS: usize>(
        &self,
        a: &Lines<'_>,
        product: u32,
        rows: [(u32, &[u8]); ROWS],
    ) -> Result<[u64; ROWS], CheckError> {
        let shape = self.operands.shape();
        let (expected, bound, k) = (shape.row_bytes(), shape.bound(), shape.k() as usize);
        if let Some(at) = rows.iter().position(|(_, bytes)| bytes.len() != expected) {
            rows[..at].iter().try_for_each(|row| self.some(a, product, [*row]).map(|_| ()))?;
            let (row, bytes) = rows[at];
            self.products.right(a, row, k)?;
            return Err(OpeningError::Length { expected, found: bytes.len() }.into());
        }
        let left = self.products.left(rows.map(|(_, bytes)| bytes), bound);
        for ((row, _), (left, inside)) in rows.into_iter().zip(left.iter().copied()) {
            let right = self.products.right(a, row, k)?;
            if !inside {
                return Err(CheckError::Range { product, row, bound });
            }
            if left != right {
                return Err(CheckError::Wrong { product, row });
            }
        }
        Ok(left.map(|(left, _)| left))
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
        let mut digests = Vec::with_capacity(shape.m() as usize);
        let rows: Vec<_> = (0..).zip(result.chunks(shape.row_bytes())).collect();
        // The number of rows is a multiple of 64. Hashing comes first: it is slow enough for the
        // memory, and leaves the rows in the cache.
        for rows in rows.as_chunks::<ROWS>().0 {
            digests.extend(rows.iter().map(|(_, bytes)| row_digest(bytes)));
            self.some(&lines, product, *rows)?;
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
    Checker::new(operands, challenge)?.rows(rows)
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
    let rows: Vec<_> = openings
        .iter()
        .map(|opening| (opening.position.product, opening.position.row, &opening.bytes[..]))
        .collect();
    check_rows(operands, &rows, challenge)
}
