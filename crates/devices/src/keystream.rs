//! Operands from a key: ChaCha8 keystream, one stream for each row, so that nothing is shipped.
//!
//! The same entries come from the processor here and from the device's kernel (`cuda/kernels.cu`);
//! the self-test compares them.
//!
//! Source of the cipher: D. J. Bernstein, "ChaCha, a variant of Salsa20" (2008); layout of counter
//! and nonce: RFC 8439, section 2.3, with 8 instead of 20 rounds.

/// `expand 32-byte k`, the constant of ChaCha with 256-bit keys.
const CONSTANT: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];
/// Bytes of one block.
pub const BLOCK_BYTES: u32 = 64;

/// How a byte of the keystream becomes an entry: as a signed number, shifted right with its sign
/// until `width` bits and the sign are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alphabet {
    shift: u32,
}

impl Alphabet {
    /// Seven bits and the sign: -128 to 127.
    pub const SIGNED: Self = Self { shift: 0 };
    /// Six bits and the sign: -64 to 63. Sums of 4,096 products stay exact in FP32.
    pub const SEVEN_BITS: Self = Self { shift: 1 };

    /// `width` bits and the sign, -2^width to 2^width - 1; `None` above 7.
    pub fn new(width: u32) -> Option<Self> {
        Some(Self { shift: 7_u32.checked_sub(width)? })
    }

    /// Places that each byte is shifted to the right: for kernels on devices.
    pub fn shift(self) -> u32 {
        self.shift
    }

    /// The entry of one byte.
    pub fn entry(self, byte: u8) -> i8 {
        (byte as i8) >> self.shift
    }

    /// Largest absolute value of an entry: that of the lowest one.
    pub fn bound(self) -> u32 {
        128 >> self.shift
    }
}

/// A family of streams, one for each row of an A or column of a B: the nonce of RFC 8439, whose
/// first eight bytes are the number of the row, little endian; the block counter starts at 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keystream {
    /// Key, as little-endian words.
    key: [u32; 8],
}

/// Word of the cipher's state that counts blocks.
const COUNTER: usize = 12;
/// Word of the state that holds the row; rows below 2^32 leave the next word zero.
const ROW: usize = 13;

impl Keystream {
    /// The streams of a key.
    pub fn new(key: &[u8; 32]) -> Self {
        let mut words = [0; 8];
        for (word, bytes) in words.iter_mut().zip(key.chunks_exact(4)) {
            *word = bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte));
        }
        Self { key: words }
    }

    /// The cipher's state for row 0, block 0.
    pub(crate) fn start(&self) -> [u32; 16] {
        let mut state = [0; 16];
        state[..4].copy_from_slice(&CONSTANT);
        state[4..12].copy_from_slice(&self.key);
        state
    }

    /// The 64 bytes of one block of a row.
    pub fn block(&self, row: u32, block: u32) -> [u8; 64] {
        let mut state = self.start();
        state[COUNTER] = block;
        state[ROW] = row;
        let mut mixed = state;
        for _ in 0..4 {
            double_round(&mut mixed);
        }
        let mut bytes = [0; 64];
        for (target, (mixed, state)) in bytes.chunks_exact_mut(4).zip(mixed.iter().zip(state)) {
            target.copy_from_slice(&mixed.wrapping_add(state).to_le_bytes());
        }
        bytes
    }

    /// `rows` rows of `length` entries, the first of them row number `first`.
    pub fn rows(&self, alphabet: Alphabet, first: u32, rows: u32, length: u32) -> Vec<i8> {
        let mut entries = Vec::with_capacity(rows as usize * length as usize);
        for row in 0..rows {
            let row = first.wrapping_add(row);
            let blocks = (0..length.div_ceil(BLOCK_BYTES)).flat_map(|at| self.block(row, at));
            entries.extend(blocks.take(length as usize).map(|byte| alphabet.entry(byte)));
        }
        entries
    }
}

fn double_round(state: &mut [u32; 16]) {
    for [a, b, c, d] in [
        [0, 4, 8, 12],
        [1, 5, 9, 13],
        [2, 6, 10, 14],
        [3, 7, 11, 15],
        [0, 5, 10, 15],
        [1, 6, 11, 12],
        [2, 7, 8, 13],
        [3, 4, 9, 14],
    ] {
        for (left, right) in [(16, 12), (8, 7)] {
            state[a] = state[a].wrapping_add(state[b]);
            state[d] = (state[d] ^ state[a]).rotate_left(left);
            state[c] = state[c].wrapping_add(state[d]);
            state[b] = (state[b] ^ state[c]).rotate_left(right);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// draft-strombergson-chacha-test-vectors-01, ChaCha8 with 256-bit keys: TC1 (all zero).
    #[test]
    fn published_vectors_are_met() {
        let zero = Keystream::new(&[0; 32]).block(0, 0);
        assert_eq!(
            hex::encode(zero),
            "3e00ef2f895f40d67f5bb8e81f09a5a12c840ec3ce9a7f3b181be188ef711a1e\
             984ce172b9216f419f445367456d5619314a42a3da86b001387bfdb80e0cfe42"
        );
    }

    /// Computed by another implementation from RFC 8439's layout with eight rounds.
    #[test]
    fn rows_and_blocks_have_their_places() {
        let key: [u8; 32] = std::array::from_fn(|at| at as u8);
        let block = Keystream::new(&key).block(0x0102_0304, 2);
        assert_eq!(hex::encode(&block[..16]), "aa58d05a96f516fa6581ad666b62dbda");
    }

    #[test]
    fn entries_stay_within_their_bound() {
        for width in 0..=7 {
            let alphabet = Alphabet::new(width).expect("an alphabet");
            let entries = || (0..=255).map(|byte| i32::from(alphabet.entry(byte)));
            assert_eq!(entries().min(), Some(-(1 << width)));
            assert_eq!(entries().max(), Some((1 << width) - 1));
            assert_eq!(alphabet.bound(), 1 << width);
        }
        assert_eq!((Alphabet::SIGNED.entry(0xff), Alphabet::SEVEN_BITS.entry(0x81)), (-1, -64));
        assert!(Alphabet::new(8).is_none());
    }

    #[test]
    fn a_row_is_cut_from_its_blocks() {
        let streams = Keystream::new(&[9; 32]);
        let long = streams.rows(Alphabet::SIGNED, 4, 2, 130);
        let short = streams.rows(Alphabet::SIGNED, 5, 1, 70);
        assert_eq!(long.len(), 260);
        assert_eq!(long[130..200], short[..]);
        assert_eq!(long[0], streams.block(4, 0)[0] as i8);
        assert_eq!(long[129], streams.block(4, 2)[1] as i8);
    }
}
