//! The products of the check with vector instructions of 512 bits: operands are drawn and multiplied
//! in one go, and elements are cut into limbs of 8 bits for the instruction that adds up products of
//! bytes. All results are exact, and the same as those of [`crate::kernel`].
//!
//! The only unsafe code of this crate are the calls in this file: code that is compiled for
//! instructions may be called only where the processor has them. [`Avx512`] is the proof that it does.
#![allow(unsafe_code)]

mod chacha;
mod columns;
mod rows;
#[cfg(test)]
mod tests;

use crate::{
    field::{MODULUS, add, multiply, reduce},
    kernel::join,
    operands::{Lines, OperandError, Operands},
    shape::Shape,
};
use chacha::{CHUNK, Streams};
use columns::GROUP;
use pulp::bytemuck::cast;
use rows::{Limbs, Sixteen};
use std::arch::is_x86_feature_detected;

/// Unsigned limbs of 8 bits of an element: its bytes.
const LIMBS: usize = 8;

/// That the processor has the instructions which the code in this module is compiled for.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(());

impl Avx512 {
    /// Asks the processor.
    pub(crate) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512ifma")
            && is_x86_feature_detected!("avx512vnni");
        has.then_some(Self(()))
    }
}

/// Where the bytes of a line are in a chunk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// As [`Streams::draw`] leaves them.
    Drawn,
    /// One after the other.
    Lines,
}

impl Order {
    /// The entry of the chunk in this vector, lane and byte.
    const fn entry(self, [vector, lane, byte]: [usize; 3]) -> usize {
        match self {
            Self::Drawn => 64 * lane + 4 * vector + byte,
            Self::Lines => 64 * vector + 4 * lane + byte,
        }
    }
}

/// An element times `2^-shift`: as `2^61` is 1, `2^(61 - shift)` is the inverse of `2^shift`.
const fn shifted_back(element: u64, shift: u32) -> u64 {
    multiply(element, reduce(1 << (61 - shift)))
}

/// `y = B · r` and `r`, as the instructions take them.
pub(crate) struct Products {
    token: Avx512,
    /// In the order in which rows of A come.
    y: Vec<Limbs>,
    r: Vec<Sixteen>,
    sum_of_r: u64,
}

impl Products {
    /// Draws all columns of B and multiplies them by `r`.
    pub(crate) fn new(token: Avx512, operands: &Operands, r: &[u64]) -> Result<Self, OperandError> {
        let y = match operands.b_columns().stream_key() {
            Some(key) => drawn_columns(token, key, operands.shape(), r),
            None => known_columns(token, operands, r)?,
        };
        let order = match operands.a_rows(0).stream_key() {
            Some(_) => Order::Drawn,
            None => Order::Lines,
        };
        let sum_of_r = r.iter().fold(0, |sum, element| add(sum, *element));
        Ok(Self { token, y: limbs(&y, order), r: rows::sixteens(r), sum_of_r })
    }

    /// The product of row `row` of A with `y`.
    pub(crate) fn right(&self, a: &Lines<'_>, row: u32) -> Result<u64, OperandError> {
        let shape = a.shape();
        let Some(key) = a.stream_key() else {
            let mut line = vec![0; shape.k() as usize];
            a.write(row, &mut line)?;
            let row = columns::chunks(&line);
            let Avx512(()) = self.token;
            // SAFETY: the token says that the processor has these instructions.
            let sums = unsafe { rows::known(&row, &self.y) };
            return Ok(join(&sums, 8));
        };
        a.check(row)?;
        let shift = shift(shape);
        let streams = Streams::new(key, shift);
        // SAFETY: the token says that the processor has these instructions.
        let sums = unsafe { rows::drawn(&streams, row, &self.y) };
        Ok(shifted_back(join(&sums, 8), shift))
    }

    /// The products of rows of C, in canonical bytes, with `r`, each with whether all entries are at
    /// most `bound <= 2^28` in absolute value. The product means nothing if not.
    pub(crate) fn left<const ROWS: usize>(
        &self,
        rows: [&[u8]; ROWS],
        bound: i32,
    ) -> [(u64, bool); ROWS] {
        // SAFETY: the token says that the processor has these instructions.
        let found = unsafe { rows::wide(rows, &self.r, bound) };
        let offset = multiply(self.sum_of_r, MODULUS - bound as u64);
        found.map(|found| {
            let joined =
                found.sums.iter().rev().fold(0, |joined, sum| (joined << 21) + u128::from(*sum));
            (add(reduce(joined), offset), found.largest <= 2 * bound as u32)
        })
    }
}

/// Bits by which bytes of a stream are shifted to become entries.
const fn shift(shape: Shape) -> u32 {
    7 - shape.width()
}

/// `B · r` for columns that are drawn.
fn drawn_columns(_: Avx512, key: &[u8; 32], shape: Shape, r: &[u64]) -> Vec<u64> {
    let shift = shift(shape);
    let streams = Streams::new(key, shift);
    let quads = columns::quads(r);
    let mut y = vec![0; shape.k() as usize];
    for (number, y) in y.chunks_mut(CHUNK).enumerate() {
        // SAFETY: the token says that the processor has these instructions.
        let sums = unsafe { columns::drawn(&streams, number, &quads) };
        columns::each(&sums, |place, sums| {
            if let Some(y) = y.get_mut(Order::Drawn.entry(place)) {
                *y = shifted_back(join(&sums, 8), shift);
            }
        });
    }
    y
}

/// `B · r` for columns that are at hand.
fn known_columns(_: Avx512, operands: &Operands, r: &[u64]) -> Result<Vec<u64>, OperandError> {
    let k = operands.shape().k() as usize;
    let lines = operands.b_columns();
    let quads = columns::quads(r);
    let mut line = vec![0; k];
    let mut sums: Vec<_> = (0..k.div_ceil(CHUNK)).map(|_| columns::zero()).collect();
    let mut groups = vec![Vec::with_capacity(GROUP); sums.len()];
    for (first, quads) in (0..).step_by(GROUP).zip(quads.chunks(GROUP / 4)) {
        groups.iter_mut().for_each(Vec::clear);
        for index in first..first + 4 * quads.len() as u32 {
            lines.write(index, &mut line)?;
            for (group, chunk) in groups.iter_mut().zip(columns::chunks(&line)) {
                group.push(chunk);
            }
        }
        for (sums, group) in sums.iter_mut().zip(&groups) {
            // SAFETY: the token says that the processor has these instructions.
            unsafe { columns::add(sums, group, quads) };
        }
    }
    let mut y = vec![0; k];
    for (sums, y) in sums.iter().zip(y.chunks_mut(CHUNK)) {
        columns::each(sums, |place, sums| {
            if let Some(y) = y.get_mut(Order::Lines.entry(place)) {
                *y = join(&sums, 8);
            }
        });
    }
    Ok(y)
}

/// The limbs of `y`, chunk by chunk; what the last chunk has too many is 0.
fn limbs(y: &[u64], order: Order) -> Vec<Limbs> {
    let chunk = |y: &[u64]| -> Limbs {
        std::array::from_fn(|vector| {
            let entry = |at: usize| order.entry([vector, at / 4, at % 4]);
            let elements: [u64; 64] =
                std::array::from_fn(|at| y.get(entry(at)).copied().unwrap_or(0));
            std::array::from_fn(|limb| cast(elements.map(|element| element.to_le_bytes()[limb])))
        })
    };
    y.chunks(CHUNK).map(chunk).collect()
}
