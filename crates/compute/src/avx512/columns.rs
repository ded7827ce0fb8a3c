//! Columns of B times elements, added up: `y = B · r`.

use super::{
    LIMBS,
    chacha::{BLOCKS, CHUNK, Chunk, Counters, Streams},
};
use pulp::bytemuck::cast;
use std::arch::x86_64::{
    __m512i, _mm512_dpbusd_epi32, _mm512_set1_epi32, _mm512_setzero_si512, _mm512_unpackhi_epi8,
    _mm512_unpackhi_epi16, _mm512_unpacklo_epi8, _mm512_unpacklo_epi16,
};

/// Columns that are drawn before they are multiplied: 32 KiB of them.
pub(super) const GROUP: usize = 32;

/// The limbs of the elements of four columns: the four bytes of word `i` are their limbs `i`.
type Quad = [u32; LIMBS];

/// Elements, four by four, as one instruction takes them.
pub(super) fn quads(elements: &[u64]) -> Vec<Quad> {
    let quad = |elements: &[u64; 4]| {
        let limbs = elements.map(u64::to_le_bytes);
        std::array::from_fn(|limb| u32::from_le_bytes(limbs.map(|bytes| bytes[limb])))
    };
    elements.as_chunks().0.iter().map(quad).collect()
}

/// For a chunk of `y`: by vector of the chunk, by lane of a quarter of a vector, by limb, sums of
/// 32 bits for 16 entries.
type Sums = [[[__m512i; LIMBS]; 4]; 16];

/// Sums that are 0.
pub(super) fn zero() -> Box<Sums> {
    Box::new(pulp::bytemuck::Zeroable::zeroed())
}

/// Adds chunks of a group of columns, each times its element, to the sums.
///
/// A sum never wraps: at most 16,384 products of a limb below `2^8` and an entry of at most `2^7`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn add(sums: &mut Sums, columns: &[Chunk], quads: &[Quad]) {
    for (vector, sums) in sums.iter_mut().enumerate() {
        let (low, high) = sums.split_at_mut(2);
        add_half::<false>(low, vector, columns, quads);
        add_half::<true>(high, vector, columns, quads);
    }
}

/// For entries of the even or of the odd pairs of lanes. The bytes of four columns are brought
/// together so that each lane has one entry of each; the instruction adds up their four products.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn add_half<const HIGH: bool>(
    sums: &mut [[__m512i; LIMBS]],
    vector: usize,
    columns: &[Chunk],
    quads: &[Quad],
) {
    let [first, second] = sums else { return };
    let (mut even, mut odd) = (*first, *second);
    for ([a, b, c, d], quad) in columns.as_chunks().0.iter().zip(quads) {
        let (ab, cd) = if HIGH {
            (_mm512_unpackhi_epi8(a[vector], b[vector]), _mm512_unpackhi_epi8(c[vector], d[vector]))
        } else {
            (_mm512_unpacklo_epi8(a[vector], b[vector]), _mm512_unpacklo_epi8(c[vector], d[vector]))
        };
        let (low, high) = (_mm512_unpacklo_epi16(ab, cd), _mm512_unpackhi_epi16(ab, cd));
        for limb in 0..LIMBS {
            let limbs = _mm512_set1_epi32(quad[limb] as i32);
            even[limb] = _mm512_dpbusd_epi32(even[limb], limbs, low);
            odd[limb] = _mm512_dpbusd_epi32(odd[limb], limbs, high);
        }
    }
    (*first, *second) = (even, odd);
}

/// Calls `put` with vector, lane, byte and sums of each entry of the chunk.
pub(super) fn each(sums: &Sums, mut put: impl FnMut([usize; 3], [i64; LIMBS])) {
    for (vector, sums) in sums.iter().enumerate() {
        for (part, sums) in sums.iter().enumerate() {
            let limbs: [[i32; 16]; LIMBS] = sums.map(cast);
            for at in 0..16 {
                let lane = at / 4 * 4 + part;
                put([vector, lane, at % 4], limbs.map(|sums| i64::from(sums[at])));
            }
        }
    }
}

/// The sums of chunk `chunk` of all columns, drawn from their streams.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn drawn(streams: &Streams, chunk: usize, quads: &[Quad]) -> Box<Sums> {
    let counters = Counters::new(streams, chunk);
    let mut sums = zero();
    let mut columns = vec![[_mm512_setzero_si512(); BLOCKS]; GROUP];
    for (first, quads) in (0..).step_by(GROUP).zip(quads.chunks(GROUP / 4)) {
        for (index, column) in (first..).zip(&mut columns) {
            *column = streams.draw(&counters, index);
        }
        add(&mut sums, &columns, quads);
    }
    sums
}

/// A line that is at hand, as chunks: byte `j` of lane `l` of vector `v` is entry `64 v + 4 l + j`, and
/// what the last chunk has too many is 0.
pub(super) fn chunks(line: &[i8]) -> Vec<Chunk> {
    let chunk = |entries: &[i8]| {
        let mut bytes = [0i8; CHUNK];
        bytes[..entries.len()].copy_from_slice(entries);
        cast(bytes)
    };
    line.chunks(CHUNK).map(chunk).collect()
}
