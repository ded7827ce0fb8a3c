//! Rows and columns from a seed.

use crate::{digest::sha256, shape::Shape};
use chacha20::{
    ChaCha8,
    cipher::{KeyIvInit as _, StreamCipher as _},
};

/// First part of what the key of a stream of operands is the hash of.
pub const STREAM_DOMAIN: &[u8] = b"althing.compute/1 stream of an operand";

/// Bytes that are drawn at once: sixteen blocks of ChaCha, which stay in the fastest cache.
const PIECE: usize = 1024;

/// Which operand of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The left operand, row by row. Each product of a batch has its own.
    A,
    /// The right operand, column by column. All products of a batch share it.
    B,
}

impl Side {
    /// The byte that stands for the operand in hashes: `A` or `B` in ASCII.
    pub const fn letter(self) -> u8 {
        match self {
            Self::A => b'A',
            Self::B => b'B',
        }
    }
}

/// Key of the streams of one operand: SHA-256 of [`STREAM_DOMAIN`], the seed, the letter, the shape
/// and the number of the product (4 bytes, little endian; 0 for B).
pub(crate) fn key(seed: &[u8; 32], side: Side, shape: Shape, product: u32) -> [u8; 32] {
    let product = match side {
        Side::A => product,
        Side::B => 0,
    };
    let parts: [&[u8]; 5] =
        [STREAM_DOMAIN, seed, &[side.letter()], &shape.to_bytes(), &product.to_le_bytes()];
    sha256(&parts)
}

/// The cipher whose keystream is line `index`: ChaCha8 with the nonce of RFC 8439, whose first eight
/// bytes are `index`, little endian, and whose last four are zero; the block counter starts at 0.
pub(crate) fn cipher(key: &[u8; 32], index: u64) -> ChaCha8 {
    let mut nonce = [0; 12];
    nonce[..8].copy_from_slice(&index.to_le_bytes());
    ChaCha8::new(key.into(), &nonce.into())
}

/// Writes line `index` (row of A or column of B): entry `e` is byte `e` of the keystream as a signed
/// byte, shifted right by `7 - width` with its sign.
pub(crate) fn line(key: &[u8; 32], index: u32, width: u32, out: &mut [i8]) {
    let mut cipher = cipher(key, u64::from(index));
    let mut piece = [0; PIECE];
    for entries in out.chunks_mut(PIECE) {
        let bytes = &mut piece[..entries.len()];
        cipher.write_keystream(bytes);
        for (entry, byte) in entries.iter_mut().zip(bytes) {
            *entry = (*byte as i8) >> (7 - width);
        }
    }
}
