//! Inner products with vectors of field elements, exact and fast: the elements are cut into signed
//! digits so small that sums of many products fit machine integers, and are reduced once at the end.
//!
//! Additions in this module wrap: each function says why they never do.

use crate::{
    field::{MODULUS, reduce_signed},
    simd::dispatch,
};

/// Entries of a row that are read at once: 4 KiB, which stay in the fastest cache.
const PIECE: usize = 1_024;
/// Columns of B whose products with 16-bit digits are added in 32 bits: `64 · 2^7 · 2^15 = 2^28`.
pub(crate) const GROUP: usize = 64;
/// Digits of 16 bits of an element, for columns of B.
const DIGITS: usize = 4;
/// Digits of 13 bits of an element, for rows of A.
const SHORT: usize = 5;
/// Entries of A whose products with 13-bit digits are added in 32 bits: `2048 · 2^7 · 2^12 = 2^30`.
const RUN: usize = 2_048;

/// The representative of an element that is smallest in absolute value: below `2^60`.
const fn balanced(element: u64) -> i64 {
    let value = element as i64;
    if element > MODULUS / 2 { value - MODULUS as i64 } else { value }
}

/// Signed digits of so many bits, lowest first: each is at least `-2^(bits - 1)` and below
/// `2^(bits - 1)`, and `COUNT` of them hold any element if there are more than 61 bits in all.
fn digits<const COUNT: usize>(element: u64, bits: u32) -> [i64; COUNT] {
    let mut rest = balanced(element);
    std::array::from_fn(|_| {
        let digit = (rest << (64 - bits)) >> (64 - bits);
        rest = (rest - digit) >> bits;
        digit
    })
}

/// The element whose digits, times something and added up, gave these sums.
fn join(sums: &[i64], bits: u32) -> u64 {
    let joined = sums.iter().rev().fold(0i128, |joined, sum| (joined << bits) + i128::from(*sum));
    reduce_signed(joined)
}

/// A vector to multiply rows of 32-bit integers with, as signed digits of 21 bits:
/// `d0 + d1·2^21 + d2·2^42`, of which the last is at most `2^18`.
pub(crate) struct Wide {
    digits: [Vec<i32>; 3],
}

impl Wide {
    pub(crate) fn new(vector: &[u64]) -> Self {
        let mut wide = Self { digits: [const { Vec::new() }; 3] };
        for element in vector {
            for (place, digit) in wide.digits.iter_mut().zip(digits::<3>(*element, 21)) {
                place.push(digit as i32);
            }
        }
        wide
    }

    /// The product with a row of integers in canonical bytes, and whether all of them are at most
    /// `bound <= 2^28` in absolute value. The product means nothing if not.
    pub(crate) fn row(&self, row: &[u8], bound: i32) -> (u64, bool) {
        let mut sums = [0i64; 3];
        let mut largest = 0;
        let entries = row.as_chunks().0;
        for (piece, entries) in entries.chunks(PIECE).enumerate() {
            let at = piece * PIECE;
            let digits = [0, 1, 2].map(|d: usize| &self.digits[d][at..at + entries.len()]);
            let (parts, piece_largest) = dispatch(
                #[inline(always)]
                || wide_piece(entries, digits, bound),
            );
            largest = largest.max(piece_largest);
            for (sum, part) in sums.iter_mut().zip(parts) {
                *sum = sum.wrapping_add(part);
            }
        }
        (join(&sums, 21), largest <= 2 * bound as u32)
    }
}

/// Sums of at most 16,384 products of `2^28 · 2^20` stay below `2^62`. Also the largest distance of an
/// entry from `-bound`, modulo `2^32`.
#[inline(always)]
fn wide_piece(entries: &[[u8; 4]], digits: [&[i32]; 3], bound: i32) -> ([i64; 3], u32) {
    let mut piece = [0; PIECE];
    for (entry, bytes) in piece.iter_mut().zip(entries) {
        *entry = i32::from_le_bytes(*bytes);
    }
    let entries = &piece[..entries.len()];
    let distance = |entry: &i32| entry.wrapping_add(bound) as u32;
    let largest = entries.iter().map(distance).fold(0, u32::max);
    let sums = digits.map(|digits| {
        entries.iter().zip(digits).fold(0i64, |sum, (entry, digit)| {
            sum.wrapping_add(i64::from(*entry).wrapping_mul(i64::from(*digit)))
        })
    });
    (sums, largest)
}

/// A vector to multiply rows of small integers with, as signed digits of 13 bits.
pub(crate) struct Narrow {
    digits: [Vec<i16>; SHORT],
}

impl Narrow {
    pub(crate) fn new(vector: &[u64]) -> Self {
        let mut narrow = Self { digits: [const { Vec::new() }; SHORT] };
        for element in vector {
            for (place, digit) in narrow.digits.iter_mut().zip(digits::<SHORT>(*element, 13)) {
                place.push(digit as i16);
            }
        }
        narrow
    }

    /// The product with a row of A.
    pub(crate) fn row(&self, row: &[i8]) -> u64 {
        let sums = dispatch(
            #[inline(always)]
            || self.row_inner(row),
        );
        join(&sums, 13)
    }

    #[inline(always)]
    fn row_inner(&self, row: &[i8]) -> [i64; SHORT] {
        let mut totals = [0i64; SHORT];
        for (run, entries) in row.chunks(RUN).enumerate() {
            let at = run * RUN;
            for (total, digits) in totals.iter_mut().zip(&self.digits) {
                let digits = &digits[at..at + entries.len()];
                *total = total.wrapping_add(sum_of_products(entries, digits));
            }
        }
        totals
    }
}

/// At most [`RUN`] entries.
#[inline(always)]
fn sum_of_products(entries: &[i8], digits: &[i16]) -> i64 {
    i64::from(entries.iter().zip(digits).fold(0i32, |sum, (entry, digit)| {
        sum.wrapping_add(i32::from(*entry).wrapping_mul(i32::from(*digit)))
    }))
}

/// Adds up columns of B, each times an element: `y = B · r`.
pub(crate) struct Columns {
    sums: [Vec<i64>; DIGITS],
}

impl Columns {
    /// For columns of `k` entries.
    pub(crate) fn new(k: usize) -> Self {
        Self { sums: std::array::from_fn(|_| vec![0; k]) }
    }

    /// Adds [`GROUP`] columns, one after the other in `columns`, each times its element.
    pub(crate) fn add(&mut self, columns: &[i8], elements: &[u64]) {
        let mut pairs = [[[0i16; 2]; DIGITS]; GROUP / 2];
        for (pair, elements) in pairs.iter_mut().zip(elements.as_chunks::<2>().0) {
            let [first, second] = elements.map(|element| digits::<DIGITS>(element, 16));
            for (digit, pair) in pair.iter_mut().enumerate() {
                *pair = [first[digit] as i16, second[digit] as i16];
            }
        }
        dispatch(
            #[inline(always)]
            || self.add_inner(columns, &pairs),
        );
    }

    /// A sum is at most 64 products of `2^7 · 2^15` before it is added to one of 64 bits, which at
    /// most 256 groups of `2^28` reach.
    #[inline(always)]
    fn add_inner(&mut self, columns: &[i8], pairs: &[[[i16; 2]; DIGITS]; GROUP / 2]) {
        const WIDTH: usize = 32;
        let k = self.sums[0].len();
        for at in (0..k).step_by(WIDTH) {
            let mut sums = [[0i32; WIDTH]; DIGITS];
            for (pair, digits) in pairs.iter().enumerate() {
                let start = 2 * pair * k + at;
                let Some(first) = columns[start..].first_chunk::<WIDTH>() else { return };
                let Some(second) = columns[start + k..].first_chunk::<WIDTH>() else { return };
                for (sums, [one, two]) in sums.iter_mut().zip(digits) {
                    for place in 0..WIDTH {
                        let one = i32::from(first[place]).wrapping_mul(i32::from(*one));
                        let two = i32::from(second[place]).wrapping_mul(i32::from(*two));
                        sums[place] = sums[place].wrapping_add(one.wrapping_add(two));
                    }
                }
            }
            for (totals, sums) in self.sums.iter_mut().zip(&sums) {
                for (total, sum) in totals[at..at + WIDTH].iter_mut().zip(sums) {
                    *total = total.wrapping_add(i64::from(*sum));
                }
            }
        }
    }

    /// The sum.
    pub(crate) fn finish(self) -> Vec<u64> {
        let k = self.sums[0].len();
        (0..k).map(|at| join(&self.sums.each_ref().map(|sums| sums[at]), 16)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{add, expand, from_signed, multiply};

    fn plain<'a>(entries: impl Iterator<Item = i64>, vector: impl Iterator<Item = &'a u64>) -> u64 {
        entries
            .zip(vector)
            .fold(0, |sum, (entry, element)| add(sum, multiply(from_signed(entry), *element)))
    }

    /// Elements whose digits are the largest, smallest and most negative ones.
    fn extreme(length: usize) -> Vec<u64> {
        let edges = [
            0,
            1,
            MODULUS - 1,
            MODULUS / 2,
            MODULUS / 2 + 1,
            0x7fff_7fff_7fff_7fff & MODULUS,
            (1 << 30) - 1,
            1 << 30,
            (1 << 60) - (1 << 30),
            MODULUS - (1 << 30),
        ];
        (0..length).map(|i| edges[i / 512 % edges.len()]).collect()
    }

    #[test]
    fn wide_products_are_exact_at_the_bound() {
        let bound = 1 << 28;
        for vector in [expand(&[1; 32], 16_384), extreme(16_384), vec![MODULUS - (1 << 30); 16_384]]
        {
            for row in [
                vec![bound; 16_384],
                vec![-bound; 16_384],
                (0..16_384).map(|i| (i * 7_919) % bound - bound / 3).collect::<Vec<i32>>(),
            ] {
                let bytes: Vec<u8> = row.iter().flat_map(|entry| entry.to_le_bytes()).collect();
                let expected = plain(row.iter().map(|entry| i64::from(*entry)), vector.iter());
                assert_eq!(Wide::new(&vector).row(&bytes, bound), (expected, true));
            }
        }
    }

    #[test]
    fn an_entry_outside_the_bound_is_seen_at_every_position() {
        let wide = Wide::new(&expand(&[1; 32], 512));
        for position in 0..512 {
            for entry in [65, -65, i32::MAX, i32::MIN] {
                let mut row = vec![64i32; 512];
                row[position] = entry;
                let bytes: Vec<u8> = row.iter().flat_map(|entry| entry.to_le_bytes()).collect();
                assert!(!wide.row(&bytes, 64).1);
            }
        }
    }

    #[test]
    fn narrow_products_are_exact_with_the_largest_entries() {
        for vector in [expand(&[3; 32], 16_384), extreme(16_384)] {
            for entry in [127i8, -128] {
                for length in [320, 4_096, 16_384] {
                    let row = vec![entry; length];
                    let expected = plain(row.iter().map(|e| i64::from(*e)), vector.iter());
                    assert_eq!(Narrow::new(&vector[..length]).row(&row), expected);
                }
            }
        }
    }

    #[test]
    fn sums_of_columns_are_exact_with_the_largest_entries() {
        let k = 320;
        for vector in [expand(&[4; 32], 16_384), extreme(16_384)] {
            for entry in [127i8, -128] {
                let mut columns = Columns::new(k);
                let group = vec![entry; k * GROUP];
                for elements in vector.chunks(GROUP) {
                    columns.add(&group, elements);
                }
                let expected = plain(vector.iter().map(|_| i64::from(entry)), vector.iter());
                assert_eq!(columns.finish(), vec![expected; k]);
            }
        }
    }
}
