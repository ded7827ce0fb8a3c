//! ChaCha8 for lines of operands: sixteen blocks of one stream at once, one block in each lane.

use pulp::bytemuck::cast;
use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_and_si512, _mm512_rol_epi32, _mm512_set1_epi8,
    _mm512_set1_epi32, _mm512_xor_si512,
};

/// Blocks that are drawn at once.
pub(super) const BLOCKS: usize = 16;
/// Bytes that are drawn at once.
pub(super) const CHUNK: usize = BLOCKS * 64;

/// A chunk of a line. As it is drawn, vector `w` holds word `w` of each of sixteen blocks: byte `j` of
/// lane `l` is entry `64 l + 4 w + j`.
pub(super) type Chunk = [__m512i; 16];

/// "expand 32-byte k".
const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// A quarter round on plain words.
const fn quarter_plain([mut a, mut b, mut c, mut d]: [u32; 4]) -> [u32; 4] {
    a = a.wrapping_add(b);
    d = (d ^ a).rotate_left(16);
    c = c.wrapping_add(d);
    b = (b ^ c).rotate_left(12);
    a = a.wrapping_add(b);
    d = (d ^ a).rotate_left(8);
    c = c.wrapping_add(d);
    b = (b ^ c).rotate_left(7);
    [a, b, c, d]
}

/// A quarter round on four words of sixteen blocks.
#[inline]
#[target_feature(enable = "avx512f")]
fn quarter(state: &mut Chunk, [a, b, c, d]: [usize; 4]) {
    state[a] = _mm512_add_epi32(state[a], state[b]);
    state[d] = _mm512_rol_epi32::<16>(_mm512_xor_si512(state[d], state[a]));
    state[c] = _mm512_add_epi32(state[c], state[d]);
    state[b] = _mm512_rol_epi32::<12>(_mm512_xor_si512(state[b], state[c]));
    state[a] = _mm512_add_epi32(state[a], state[b]);
    state[d] = _mm512_rol_epi32::<8>(_mm512_xor_si512(state[d], state[a]));
    state[c] = _mm512_add_epi32(state[c], state[d]);
    state[b] = _mm512_rol_epi32::<7>(_mm512_xor_si512(state[b], state[c]));
}

/// A round on the columns of the state.
#[inline]
#[target_feature(enable = "avx512f")]
fn columns(state: &mut Chunk) {
    quarter(state, [0, 4, 8, 12]);
    quarter(state, [1, 5, 9, 13]);
    quarter(state, [2, 6, 10, 14]);
    quarter(state, [3, 7, 11, 15]);
}

/// A round on the diagonals of the state.
#[inline]
#[target_feature(enable = "avx512f")]
fn diagonals(state: &mut Chunk) {
    quarter(state, [0, 5, 10, 15]);
    quarter(state, [1, 6, 11, 12]);
    quarter(state, [2, 7, 8, 13]);
    quarter(state, [3, 4, 9, 14]);
}

/// All streams of one operand.
///
/// The first of the eight rounds mixes the four columns of the state apart from each other. Two of them
/// depend on the key alone and are kept here; one depends on the stream and is the same for all blocks;
/// one depends on the number of the block alone and is kept in [`Counters`].
pub(super) struct Streams {
    key: [u32; 8],
    mixed: [[u32; 4]; 2],
    /// Bits of an entry that count, with its sign: an entry is the byte of the stream shifted right by
    /// `shift`, so the byte without its lowest `shift` bits is the entry times `2^shift`.
    mask: i8,
}

/// The numbers of sixteen blocks, and the column of the state that has them after the first round.
pub(super) struct Counters {
    numbers: __m512i,
    mixed: [__m512i; 4],
}

impl Counters {
    /// Of blocks `16 chunk` and following.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn new(streams: &Streams, chunk: usize) -> Self {
        let mut numbers = [0u32; BLOCKS];
        for (lane, number) in numbers.iter_mut().enumerate() {
            *number = (chunk * BLOCKS + lane) as u32;
        }
        let numbers: __m512i = cast(numbers);
        let mut state = [numbers; 16];
        state[0] = _mm512_set1_epi32(CONSTANTS[0] as i32);
        state[4] = _mm512_set1_epi32(streams.key[0] as i32);
        state[8] = _mm512_set1_epi32(streams.key[4] as i32);
        quarter(&mut state, [0, 4, 8, 12]);
        Self { numbers, mixed: [state[0], state[4], state[8], state[12]] }
    }
}

impl Streams {
    /// Of an operand with this key, whose entries are bytes shifted right by `shift` bits.
    pub(super) fn new(key: &[u8; 32], shift: u32) -> Self {
        let mut words = [0; 8];
        for (word, bytes) in words.iter_mut().zip(key.as_chunks().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        let mixed = [2, 3].map(|column: usize| {
            quarter_plain([CONSTANTS[column], words[column], words[4 + column], 0])
        });
        Self { key: words, mixed, mask: -1 << shift }
    }

    /// A chunk of line `index`, each entry times `2^shift`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn draw(&self, counters: &Counters, index: u32) -> Chunk {
        let first = quarter_plain([CONSTANTS[1], self.key[1], self.key[5], index]);
        let mut state = [counters.numbers; 16];
        for row in 0..4 {
            state[4 * row] = counters.mixed[row];
            state[4 * row + 1] = _mm512_set1_epi32(first[row] as i32);
            state[4 * row + 2] = _mm512_set1_epi32(self.mixed[0][row] as i32);
            state[4 * row + 3] = _mm512_set1_epi32(self.mixed[1][row] as i32);
        }
        diagonals(&mut state);
        for _ in 0..3 {
            columns(&mut state);
            diagonals(&mut state);
        }
        for word in 0..4 {
            state[word] = _mm512_add_epi32(state[word], _mm512_set1_epi32(CONSTANTS[word] as i32));
        }
        for word in 0..8 {
            let key = _mm512_set1_epi32(self.key[word] as i32);
            state[4 + word] = _mm512_add_epi32(state[4 + word], key);
        }
        state[12] = _mm512_add_epi32(state[12], counters.numbers);
        state[13] = _mm512_add_epi32(state[13], _mm512_set1_epi32(index as i32));
        if self.mask != -1 {
            let mask = _mm512_set1_epi8(self.mask);
            for vector in &mut state {
                *vector = _mm512_and_si512(*vector, mask);
            }
        }
        state
    }
}
