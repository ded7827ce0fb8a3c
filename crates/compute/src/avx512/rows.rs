//! Rows of A times `y`, and rows of C times `r`.

use super::{
    LIMBS,
    chacha::{Chunk, Counters, Streams},
};
use pulp::bytemuck::cast;
use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_and_si512, _mm512_dpbusd_epi32, _mm512_madd52lo_epu64,
    _mm512_max_epu32, _mm512_reduce_add_epi32, _mm512_reduce_add_epi64, _mm512_reduce_max_epu32,
    _mm512_set1_epi32, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_srli_epi64,
};

/// A chunk of `y`: by vector of a chunk of a row of A, by limb.
pub(super) type Limbs = [[__m512i; LIMBS]; 16];

/// Adds products of a chunk of a row.
///
/// A sum never wraps: all lanes together have at most 16,384 products of a limb below `2^8` and an entry
/// of at most `2^7`.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn add(sums: &mut [__m512i; LIMBS], limbs: &Limbs, row: &Chunk) {
    for (entries, limbs) in row.iter().zip(limbs) {
        for (sum, limb) in sums.iter_mut().zip(limbs) {
            *sum = _mm512_dpbusd_epi32(*sum, *limb, *entries);
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn total(sums: &[__m512i; LIMBS]) -> [i64; LIMBS] {
    let mut totals = [0; LIMBS];
    for (total, sum) in totals.iter_mut().zip(sums) {
        *total = i64::from(_mm512_reduce_add_epi32(*sum));
    }
    totals
}

/// The sums of row `index` of A, drawn from its stream.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn drawn(streams: &Streams, index: u32, y: &[Limbs]) -> [i64; LIMBS] {
    let mut sums = [_mm512_setzero_si512(); LIMBS];
    for (chunk, limbs) in y.iter().enumerate() {
        let counters = Counters::new(streams, chunk);
        add(&mut sums, limbs, &streams.draw(&counters, index));
    }
    total(&sums)
}

/// The sums of a row of A that is at hand.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn known(row: &[Chunk], y: &[Limbs]) -> [i64; LIMBS] {
    let mut sums = [_mm512_setzero_si512(); LIMBS];
    for (limbs, row) in y.iter().zip(row) {
        add(&mut sums, limbs, row);
    }
    total(&sums)
}

/// Unsigned limbs of 21 bits of an element: three hold 61 bits.
const WIDE: usize = 3;

/// Sixteen elements of `r`: limbs of those in even places, limbs of those in odd places.
pub(super) type Sixteen = [[__m512i; WIDE]; 2];

/// Elements, sixteen by sixteen, as [`wide`] takes them.
pub(super) fn sixteens(elements: &[u64]) -> Vec<Sixteen> {
    let limbs = |elements: &[u64; 16], odd: usize| {
        std::array::from_fn(|limb| {
            let limb = |at: usize| elements[2 * at + odd] >> (21 * limb) & ((1 << 21) - 1);
            cast::<[u64; 8], __m512i>(std::array::from_fn(limb))
        })
    };
    let sixteen = |elements| [limbs(elements, 0), limbs(elements, 1)];
    elements.as_chunks().0.iter().map(sixteen).collect()
}

/// What [`wide`] found out about a row: for each limb, the sum of its products with entries that were
/// increased by the bound, and the largest of these entries.
#[derive(Clone, Copy)]
pub(super) struct Wide {
    pub(super) sums: [u64; WIDE],
    pub(super) largest: u32,
}

/// Multiplies rows of C by `r`, `ROWS` of them for each time that `r` is read.
///
/// An entry within the bound, increased by it, is at most `2^29`, its product with a limb at most `2^50`,
/// and the sum of 2,048 of them in a lane, or of 16,384 in all, at most `2^64 - 1`: limbs are at most
/// `2^21 - 1`.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn wide<const ROWS: usize>(
    rows: [&[u8]; ROWS],
    r: &[Sixteen],
    bound: i32,
) -> [Wide; ROWS] {
    let rows = rows.map(|row| &row.as_chunks::<64>().0[..r.len()]);
    let bound = _mm512_set1_epi32(bound);
    let even = _mm512_set1_epi64(0xffff_ffff);
    let zero = _mm512_setzero_si512();
    let mut sums = [[zero; WIDE]; ROWS];
    let mut largest = [zero; ROWS];
    for (at, [evens, odds]) in r.iter().enumerate() {
        for row in 0..ROWS {
            let entries = _mm512_add_epi32(cast(rows[row][at]), bound);
            largest[row] = _mm512_max_epu32(largest[row], entries);
            let (low, high) = (_mm512_and_si512(entries, even), _mm512_srli_epi64::<32>(entries));
            for limb in 0..WIDE {
                let sum = _mm512_madd52lo_epu64(sums[row][limb], low, evens[limb]);
                sums[row][limb] = _mm512_madd52lo_epu64(sum, high, odds[limb]);
            }
        }
    }
    let mut found = [Wide { sums: [0; WIDE], largest: 0 }; ROWS];
    for (found, (sums, largest)) in found.iter_mut().zip(sums.iter().zip(&largest)) {
        for (total, sum) in found.sums.iter_mut().zip(sums) {
            *total = _mm512_reduce_add_epi64(*sum) as u64;
        }
        found.largest = _mm512_reduce_max_epu32(*largest);
    }
    found
}
