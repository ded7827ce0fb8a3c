use super::{chacha::Chunk, columns, *};
use crate::{
    field::expand,
    kernel::{Columns, GROUP as PLAIN_GROUP, Narrow, Wide},
    operands::{Content, Operands, Source},
    shape::{Kind, Shape},
    stream::{self, Side},
};
use proptest::prelude::*;

/// The instructions. Machines without them have nothing to test here: they never run this code.
fn token() -> Option<Avx512> {
    let token = Avx512::detect();
    if token.is_none() {
        eprintln!("this processor lacks the instructions; the code under test does not run on it");
    }
    token
}

fn draw(_: Avx512, streams: &Streams, chunk: usize, index: u32) -> Chunk {
    // SAFETY: the token says that the processor has these instructions.
    let counters = unsafe { chacha::Counters::new(streams, chunk) };
    // SAFETY: as above.
    unsafe { streams.draw(&counters, index) }
}

/// `B · r` as the plain code computes it.
fn plain_columns(operands: &Operands, r: &[u64]) -> Vec<u64> {
    let k = operands.shape().k() as usize;
    let mut columns = Columns::new(k);
    let mut group = vec![0; PLAIN_GROUP * k];
    for (first, elements) in (0..).step_by(PLAIN_GROUP).zip(r.chunks(PLAIN_GROUP)) {
        for (index, column) in (first..).zip(group.chunks_mut(k)) {
            operands.b_column(index, column).unwrap();
        }
        columns.add(&group, elements);
    }
    columns.finish()
}

fn content(side: Side, shape: Shape, lines: Vec<Vec<i8>>) -> Source {
    Source::Content(Content::whole(side, shape, 1, lines).unwrap().0)
}

fn row_bytes(row: &[i32]) -> Vec<u8> {
    row.iter().flat_map(|entry| entry.to_le_bytes()).collect()
}

/// Elements whose limbs are the largest and smallest ones, `length` of each in turn.
fn edges(length: usize, each: usize) -> Vec<u64> {
    let edges = [MODULUS - 1, 0, MODULUS / 2, 1, 0x1f00_ff00_ff00_ff00, 0x00ff_00ff_00ff_00ff];
    (0..length).map(|i| edges[i / each % edges.len()]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn streams_are_those_of_the_cipher(key: [u8; 32], index: u32, shift in 0u32..3, chunk in 0usize..16) {
        let Some(token) = token() else { return Ok(()) };
        let mut line = vec![0; (chunk + 1) * CHUNK];
        stream::line(&key, index, 7 - shift, &mut line);
        let drawn = draw(token, &Streams::new(&key, shift), chunk, index);
        for (vector, bytes) in drawn.map(cast::<_, [i8; 64]>).iter().enumerate() {
            for (at, byte) in bytes.iter().enumerate() {
                let entry = line[chunk * CHUNK + Order::Drawn.entry([vector, at / 4, at % 4])];
                prop_assert_eq!(*byte, entry << shift);
            }
        }
    }

    #[test]
    fn all_products_are_those_of_the_plain_code(
        seed: [u8; 32],
        challenge: [u8; 32],
        (n, k) in (1u32..5, 4u32..40),
        row in 0u32..256,
        int8: bool,
        a_known: bool,
        b_known: bool,
    ) {
        let Some(token) = token() else { return Ok(()) };
        let kind = if int8 { Kind::Int8 } else { Kind::Fp16 };
        let shape = Shape::new(kind, 256, 256 * n, 64 * k).unwrap();
        let drawn = Operands::from_seed(shape, seed);
        let lines = |side: Side| {
            let (all, count) = match side {
                Side::A => (drawn.a_rows(0), shape.m()),
                Side::B => (drawn.b_columns(), shape.n()),
            };
            let line = |index| {
                let mut line = vec![0; shape.k() as usize];
                all.write(index, &mut line).unwrap();
                line
            };
            content(side, shape, (0..count).map(line).collect())
        };
        let source = |known, side| if known { lines(side) } else { Source::Seed(seed) };
        let operands = Operands::new(shape, source(a_known, Side::A), source(b_known, Side::B));
        let r = expand(&challenge, shape.n() as usize);
        let products = Products::new(token, &operands, &r).unwrap();
        let y = plain_columns(&operands, &r);
        let mut a = vec![0; shape.k() as usize];
        operands.a_row(0, row, &mut a).unwrap();
        prop_assert_eq!(products.right(&operands.a_rows(0), row).unwrap(), Narrow::new(&y).row(&a));
        let c = row_bytes(&crate::recompute::row(&operands, 0, row).unwrap());
        let expected = Wide::new(&r).row(&c, shape.bound());
        prop_assert_eq!(products.left([&c], shape.bound()), [expected]);
        prop_assert_eq!(expected.0, Narrow::new(&y).row(&a));
    }

    #[test]
    fn rows_of_any_bytes_are_judged_as_by_the_plain_code(
        entries in prop::collection::vec(any::<i32>(), 4 * 256),
        challenge: [u8; 32],
        bits in 0u32..32,
    ) {
        let Some(token) = token() else { return Ok(()) };
        let shape = Shape::square(Kind::Int8, 256).unwrap();
        let operands = Operands::from_seed(shape, [1; 32]);
        let r = expand(&challenge, 256);
        let products = Products::new(token, &operands, &r).unwrap();
        let entries: Vec<i32> = entries.iter().map(|entry| entry >> bits).collect();
        let rows: [Vec<u8>; 4] =
            std::array::from_fn(|row| row_bytes(&entries[256 * row..256 * (row + 1)]));
        let found = products.left(rows.each_ref().map(|row| &row[..]), shape.bound());
        for (row, found) in rows.iter().zip(found) {
            let (expected, inside) = Wide::new(&r).row(row, shape.bound());
            prop_assert_eq!(found.1, inside);
            if inside {
                prop_assert_eq!(found.0, expected);
            }
        }
    }
}

#[test]
fn sums_of_the_largest_and_smallest_entries_do_not_wrap() {
    let Some(token) = token() else { return };
    let n = 16_384;
    let shape = Shape::new(Kind::Int8, 256, n, 16_384).unwrap();
    for (entry, r) in [
        (-128i8, vec![0x00ff_ffff_ffff_ffff; n as usize]),
        (127, vec![MODULUS - 1; n as usize]),
        (-128, edges(n as usize, 512)),
    ] {
        let sum = r.iter().fold(0, |sum, element| add(sum, *element));
        let expected = multiply(sum, crate::field::from_signed(i64::from(entry)));
        // Columns: one chunk of all columns.
        let quads = columns::quads(&r);
        let mut sums = columns::zero();
        let group = vec![columns::chunks(&[entry; CHUNK])[0]; GROUP];
        for quads in quads.chunks(GROUP / 4) {
            // SAFETY: there is a token.
            unsafe { columns::add(&mut sums, &group, quads) };
        }
        columns::each(&sums, |_, sums| assert_eq!(join(&sums, 8), expected));
        // A row of A: `y` is `r`.
        let row = columns::chunks(&vec![entry; n as usize]);
        // SAFETY: there is a token.
        let sums = unsafe { rows::known(&row, &limbs(&r, Order::Lines)) };
        assert_eq!(join(&sums, 8), expected);
    }
    // Rows of C at the bound of the largest shape.
    let bound = shape.bound();
    assert_eq!(bound, 1 << 28);
    for r in [vec![MODULUS - 1; n as usize], edges(n as usize, 512), expand(&[1; 32], n as usize)] {
        let sum_of_r = r.iter().fold(0, |sum, element| add(sum, *element));
        let products = Products { token, y: Vec::new(), r: rows::sixteens(&r), sum_of_r };
        for entry in [bound, -bound, 0, 1] {
            let row = row_bytes(&vec![entry; n as usize]);
            let expected = multiply(sum_of_r, crate::field::from_signed(i64::from(entry)));
            assert_eq!(products.left([&row; 4], bound), [(expected, true); 4]);
        }
    }
}

#[test]
fn an_entry_outside_the_bound_is_seen_at_every_position() {
    let Some(token) = token() else { return };
    let r = expand(&[1; 32], 512);
    let products = Products { token, y: Vec::new(), r: rows::sixteens(&r), sum_of_r: 0 };
    let inside = row_bytes(&[64; 512]);
    for position in 0..512 {
        for entry in [65, -65, i32::MAX, i32::MIN] {
            let mut row = vec![64i32; 512];
            row[position] = entry;
            let row = row_bytes(&row);
            let found = products.left([&inside, &row], 64).map(|(_, inside)| inside);
            assert_eq!(found, [true, false]);
        }
    }
}
