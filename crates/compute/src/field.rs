//! The field of integers modulo the prime `2^61 - 1`, and vectors drawn from a challenge.

use crate::digest::sha256;
use chacha20::{
    ChaCha20,
    cipher::{KeyIvInit as _, StreamCipher as _},
};

/// The modulus, a prime: `2^61 - 1`. Freivalds' check is sound only over a field; modulo a composite
/// number it would be as weak as its smallest factor.
pub const MODULUS: u64 = (1 << 61) - 1;

/// First part of what the key of a random vector is the hash of.
pub const VECTOR_DOMAIN: &[u8] = b"althing.compute/1 vector of a check";

/// Reduces any 128-bit number.
pub const fn reduce(value: u128) -> u64 {
    // 2^61 = 1 modulo the modulus, so parts of 61 bits are added.
    let parts = (value as u64 & MODULUS) + ((value >> 61) as u64 & MODULUS) + (value >> 122) as u64;
    parts % MODULUS
}

/// Reduces a signed number of absolute value below `2^126`.
pub const fn reduce_signed(value: i128) -> u64 {
    let size = reduce(value.unsigned_abs());
    if value < 0 && size != 0 { MODULUS - size } else { size }
}

/// Sum of two elements.
pub const fn add(left: u64, right: u64) -> u64 {
    reduce(left as u128 + right as u128)
}

/// Product of two elements.
pub const fn multiply(left: u64, right: u64) -> u64 {
    reduce(left as u128 * right as u128)
}

/// The element of a signed integer.
pub const fn from_signed(value: i64) -> u64 {
    reduce_signed(value as i128)
}

/// `length` elements, uniform and independent for whoever does not know the challenge. The ChaCha20
/// keystream (nonce 0) with key SHA-256 of [`VECTOR_DOMAIN`] and the challenge is read in words of 8
/// bytes, little endian; of each word the lowest 61 bits are an element, unless they are the modulus
/// itself: then the word is skipped.
pub fn expand(challenge: &[u8; 32], length: usize) -> Vec<u64> {
    let key = sha256(&[VECTOR_DOMAIN, challenge]);
    let mut stream = Words::new(&key);
    let mut vector = Vec::with_capacity(length);
    while vector.len() < length {
        let element = stream.next_word() & MODULUS;
        if element != MODULUS {
            vector.push(element);
        }
    }
    vector
}

/// The ChaCha20 keystream with nonce 0 as 64-bit words, little endian.
pub(crate) struct Words {
    cipher: ChaCha20,
    buffer: [u8; 512],
    used: usize,
}

impl Words {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { cipher: ChaCha20::new(key.into(), &[0; 12].into()), buffer: [0; 512], used: 512 }
    }

    pub(crate) fn next_word(&mut self) -> u64 {
        if self.used == self.buffer.len() {
            self.cipher.write_keystream(&mut self.buffer);
            self.used = 0;
        }
        let mut word = [0; 8];
        word.copy_from_slice(&self.buffer[self.used..self.used + 8]);
        self.used += 8;
        u64::from_le_bytes(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reductions_agree_with_division() {
        let mut value = 1u128;
        for step in 0..2_000u128 {
            value = value.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835) + step;
            assert_eq!(u128::from(reduce(value)), value % u128::from(MODULUS));
            let signed = (value >> 2) as i128;
            for signed in [signed, -signed] {
                let expected = signed.rem_euclid(i128::from(MODULUS));
                assert_eq!(i128::from(reduce_signed(signed)), expected);
            }
        }
        for edge in [0, u128::MAX, u128::from(MODULUS), u128::from(MODULUS) << 61] {
            assert_eq!(u128::from(reduce(edge)), edge % u128::from(MODULUS));
        }
        assert_eq!(reduce_signed(-i128::from(MODULUS)), 0);
    }

    #[test]
    fn elements_of_a_vector_are_below_the_modulus_and_depend_on_the_challenge() {
        let (one, other) = (expand(&[1; 32], 3_000), expand(&[2; 32], 3_000));
        assert!(one.iter().chain(&other).all(|element| *element < MODULUS));
        assert_ne!(one, other);
        assert_eq!(expand(&[1; 32], 10), one[..10]);
    }
}
