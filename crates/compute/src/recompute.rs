//! Computes parts of a result again, entry by entry: how a dispute ends. Plain integer arithmetic on
//! one thread, the same on every machine, with a cost that is known beforehand.

use crate::{
    operands::{OperandError, Operands},
    shape::{Shape, TILE_COLUMNS},
    stream::Side,
};

/// What a recomputation costs, exactly, so that it can be priced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Multiplications of two entries, each with its addition.
    pub multiply_adds: u64,
    /// Bytes of keystream that are drawn (or of content that is read).
    pub stream_bytes: u64,
    /// Streams that are opened: one SHA-256 in all for each operand, one cipher for each stream.
    pub streams: u64,
}

/// The work of [`entry`].
pub const fn entry_work(shape: Shape) -> Work {
    let k = shape.k() as u64;
    Work { multiply_adds: k, stream_bytes: 2 * k, streams: 2 }
}

/// The work of [`tile`].
pub const fn tile_work(shape: Shape) -> Work {
    let (k, columns) = (shape.k() as u64, TILE_COLUMNS as u64);
    Work { multiply_adds: columns * k, stream_bytes: (columns + 1) * k, streams: columns + 1 }
}

/// The work of [`row`].
pub const fn row_work(shape: Shape) -> Work {
    let (k, columns) = (shape.k() as u64, shape.n() as u64);
    Work { multiply_adds: columns * k, stream_bytes: (columns + 1) * k, streams: columns + 1 }
}

/// At most `16,384 · 2^14 = 2^28` in absolute value, so it never wraps.
fn product(row: &[i8], column: &[i8]) -> i32 {
    row.iter()
        .zip(column)
        .fold(0i32, |sum, (a, b)| sum.wrapping_add(i32::from(*a).wrapping_mul(i32::from(*b))))
}

fn columns(
    operands: &Operands,
    index: u32,
    row: u32,
    columns: std::ops::Range<u32>,
) -> Result<Vec<i32>, OperandError> {
    let k = operands.shape().k() as usize;
    let (mut a, mut b) = (vec![0; k], vec![0; k]);
    operands.a_row(index, row, &mut a)?;
    let lines = operands.b_columns();
    columns
        .map(|column| {
            lines.write(column, &mut b)?;
            Ok(product(&a, &b))
        })
        .collect()
}

/// Entry (`row`, `column`) of the result of product `index`.
///
/// # Errors
/// [`OperandError`] if it does not exist or an operand is not known.
pub fn entry(operands: &Operands, index: u32, row: u32, column: u32) -> Result<i32, OperandError> {
    let k = operands.shape().k() as usize;
    let (mut a, mut b) = (vec![0; k], vec![0; k]);
    operands.a_row(index, row, &mut a)?;
    operands.b_column(column, &mut b)?;
    Ok(product(&a, &b))
}

/// The 256 entries of tile `tile` of a row of product `index`.
///
/// # Errors
/// [`OperandError`] if it does not exist or an operand is not known.
pub fn tile(
    operands: &Operands,
    index: u32,
    row: u32,
    tile: u32,
) -> Result<Vec<i32>, OperandError> {
    let shape = operands.shape();
    if tile >= shape.tiles() {
        let index = u64::from(tile) * u64::from(TILE_COLUMNS);
        return Err(OperandError::Index { side: Side::B, index, lines: u64::from(shape.n()) });
    }
    let first = tile * TILE_COLUMNS;
    columns(operands, index, row, first..first + TILE_COLUMNS)
}

/// All entries of a row of product `index`.
///
/// # Errors
/// [`OperandError`] if it does not exist or an operand is not known.
pub fn row(operands: &Operands, index: u32, row: u32) -> Result<Vec<i32>, OperandError> {
    columns(operands, index, row, 0..operands.shape().n())
}
