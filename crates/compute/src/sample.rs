//! Which rows of a batch are checked.

use crate::{commitment::Batch, digest::sha256, field::Words};
use std::collections::BTreeSet;
use thiserror::Error;

/// First part of what the key of the choice of rows is the hash of.
pub const SAMPLE_DOMAIN: &[u8] = b"althing.compute/1 choice of rows";

/// Most rows of one choice.
pub const SAMPLES_MAX: u32 = 65_536;

/// Why rows cannot be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SampleError {
    /// More rows than there are, or than [`SAMPLES_MAX`].
    #[error("{wanted} rows are wanted, but at most {most} can be chosen")]
    TooMany {
        /// How many are wanted.
        wanted: u32,
        /// How many can be chosen.
        most: u64,
    },
}

/// A row of a batch: number of the product, number of the row in it.
pub type Row = (u32, u32);

/// Chooses `count` different rows of the batch, each set equally likely, sorted. The ChaCha20
/// keystream (nonce 0) with key SHA-256 of [`SAMPLE_DOMAIN`], the challenge, the shape and the number
/// of products (4 bytes, little endian) is read in words of 8 bytes, little endian. A word at or above
/// the largest multiple of the number of rows below `2^64` is skipped; otherwise its remainder is a
/// row of the batch, counted through all products, which is taken unless it was before.
///
/// # Errors
/// [`SampleError`] if more rows are wanted than the batch has, or than [`SAMPLES_MAX`].
pub fn sample(challenge: &[u8; 32], batch: Batch, count: u32) -> Result<Vec<Row>, SampleError> {
    let rows = batch.rows();
    let most = rows.min(u64::from(SAMPLES_MAX));
    if u64::from(count) > most {
        return Err(SampleError::TooMany { wanted: count, most });
    }
    let products = batch.products().to_le_bytes();
    let key = sha256(&[SAMPLE_DOMAIN, challenge, &batch.shape.to_bytes(), &products]);
    let mut words = Words::new(&key);
    let limit = u64::MAX - u64::MAX % rows;
    let mut chosen = BTreeSet::new();
    while chosen.len() < count as usize {
        let word = words.next_word();
        if word < limit {
            chosen.insert(word % rows);
        }
    }
    let m = u64::from(batch.shape.m());
    Ok(chosen.into_iter().map(|row| ((row / m) as u32, (row % m) as u32)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::{Kind, Shape};

    fn batch(products: u32) -> Batch {
        Batch::new(Shape::square(Kind::Int8, 256).unwrap(), products).unwrap()
    }

    #[test]
    fn rows_are_different_sorted_and_inside_the_batch() {
        let rows = sample(&[5; 32], batch(3), 460).unwrap();
        assert_eq!(rows.len(), 460);
        assert!(rows.is_sorted_by(|one, next| one < next));
        assert!(rows.iter().all(|(product, row)| *product < 3 && *row < 256));
        assert_ne!(rows, sample(&[6; 32], batch(3), 460).unwrap());
        assert_ne!(rows, sample(&[5; 32], batch(4), 460).unwrap());
    }

    #[test]
    fn every_row_can_be_chosen_but_not_more() {
        let all = sample(&[5; 32], batch(1), 256).unwrap();
        assert_eq!(all, (0..256).map(|row| (0, row)).collect::<Vec<_>>());
        let error = sample(&[5; 32], batch(1), 257).unwrap_err();
        assert_eq!(error, SampleError::TooMany { wanted: 257, most: 256 });
    }

    #[test]
    fn rows_are_chosen_evenly() {
        let mut counts = [0u32; 256];
        for trial in 0..2_000u32 {
            let mut challenge = [0; 32];
            challenge[..4].copy_from_slice(&trial.to_le_bytes());
            for (_, row) in sample(&challenge, batch(1), 32).unwrap() {
                counts[row as usize] += 1;
            }
        }
        // 250 expected, deviation 14.8: six deviations are passed once in a million seeds.
        assert!(counts.iter().all(|count| count.abs_diff(250) < 89), "{counts:?}");
    }
}
