//! What a worker computes: an attempt at a task, its matrices, its size.

use althing_compute::{
    Batch, Kind, OpeningError, Operands, Row, SAMPLES_MAX, SampleError, Shape, ShapeError, sample,
};
use althing_types::{
    Hash,
    compute::{ProductKind, Shape as WireShape},
};
use serde::{Deserialize, Serialize};

/// An attempt at a task. No two attempts share a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobKey {
    /// The number of the task.
    pub task: u64,
    /// Which of its attempts, from 1.
    pub attempt: u32,
}

impl std::fmt::Display for JobKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "task {}, attempt {}", self.task, self.attempt)
    }
}

/// Why a task cannot be computed by this version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// Its shape.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Its number of products.
    #[error(transparent)]
    Batch(#[from] OpeningError),
}

/// The shape that the chain names, as products are computed.
///
/// # Errors
/// [`ShapeError`] if products of this shape cannot be committed to.
pub fn shape(wire: &WireShape) -> Result<Shape, ShapeError> {
    let kind = match wire.kind {
        ProductKind::Int8 => Kind::Int8,
        ProductKind::Fp16 => Kind::Fp16,
    };
    Shape::new(kind, wire.m, wire.n, wire.k)
}

/// The batch that the chain names.
///
/// # Errors
/// [`SizeError`] if it cannot be committed to.
pub fn batch(wire: &WireShape, count: u32) -> Result<Batch, SizeError> {
    Ok(Batch::new(shape(wire)?, count)?)
}

/// The matrices of a task that has none of its requester.
pub fn seeded(batch: Batch, seed: &Hash) -> Operands {
    Operands::from_seed(batch.shape, seed.0)
}

/// Bytes of the result of a batch.
pub const fn result_bytes(batch: Batch) -> u64 {
    batch.shape.result_bytes() * batch.products() as u64
}

/// The rows that a challenge chooses of a batch: `count` of them, or all if there are fewer.
///
/// # Errors
/// None for batches that [`batch`] made: the count is bounded here.
pub fn sampled(batch: Batch, challenge: &Hash, count: u64) -> Result<Vec<Row>, SampleError> {
    let most = batch.rows().min(u64::from(SAMPLES_MAX));
    sample(&challenge.0, batch, count.min(most) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::hash::sha256;

    #[test]
    fn shapes_of_the_chain_are_those_of_products() {
        let wire = WireShape::square(ProductKind::Fp16, 512);
        let batch = batch(&wire, 3).unwrap();
        assert_eq!(batch.shape, Shape::square(Kind::Fp16, 512).unwrap());
        assert_eq!(result_bytes(batch), 3 * 512 * 512 * 4);
        let small = WireShape::square(ProductKind::Int8, 64);
        assert!(matches!(super::batch(&small, 1), Err(SizeError::Shape(_))));
        assert!(matches!(super::batch(&wire, 0), Err(SizeError::Batch(_))));
    }

    #[test]
    fn small_batches_are_checked_as_a_whole() {
        let batch = batch(&WireShape::square(ProductKind::Int8, 256), 1).unwrap();
        assert_eq!(sampled(batch, &sha256(&[b"x"]), 4_096).unwrap().len(), 256);
        assert_eq!(sampled(batch, &sha256(&[b"x"]), 17).unwrap().len(), 17);
    }
}
