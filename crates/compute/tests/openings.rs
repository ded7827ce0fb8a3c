//! Openings of rows and tiles, operands by content, and recomputation for disputes.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_compute::{
    Batch, Content, Kind, OpeningError, OperandError, Operands, RowOpening, Shape, Side, Source,
    TILE_BYTES, TileOpening, check_rows, merkle::Path, recompute, row_bytes,
};
use common::{Worker, shape};

fn wide(kind: Kind, n: u32) -> Shape {
    Shape::new(kind, 256, n, 256).unwrap()
}

#[test]
fn every_row_and_tile_opens_and_survives_its_encoding() {
    let worker = Worker::honest(shape(Kind::Int8), [1; 32], 3);
    let root = worker.root();
    for product in 0..3 {
        for row in [0, 1, 63, 64, 255, 256, 319] {
            let opening = worker.row(product, row);
            let again = RowOpening::from_bytes(worker.batch, &opening.to_bytes()).unwrap();
            assert_eq!(again, opening);
            again.verify(worker.batch, &root).unwrap();
            for tile in 0..2 {
                let opening = worker.tile(product, row, tile);
                let again = TileOpening::from_bytes(worker.batch, &opening.to_bytes()).unwrap();
                assert_eq!(again, opening);
                again.verify(worker.batch, &root).unwrap();
                let expected = recompute::tile(&worker.operands, product, row, tile).unwrap();
                assert_eq!(again.entries(), expected);
            }
        }
    }
}

#[test]
fn tiles_of_rows_with_any_number_of_chunks_open() {
    for tiles in [1, 2, 3, 5, 6, 7, 8, 13, 64] {
        let worker = Worker::honest(wide(Kind::Fp16, tiles * 256), [1; 32], 1);
        for tile in 0..tiles {
            let opening = worker.tile(0, 9, tile);
            opening.verify(worker.batch, &worker.root()).unwrap();
            assert!(opening.chaining.len() <= 6);
            let row = recompute::row(&worker.operands, 0, 9).unwrap();
            let first = tile as usize * 256;
            assert_eq!(opening.entries(), row[first..first + 256]);
        }
        let row = &worker.results[0][9];
        assert_eq!(TileOpening::open(worker.position(0, 9), row, tiles), None);
    }
}

#[test]
fn an_opening_of_another_place_is_refused() {
    let worker = Worker::honest(shape(Kind::Int8), [1; 32], 3);
    let root = worker.root();
    let refused = |opening: &TileOpening, batch: Batch| {
        let position = &opening.position;
        let row = RowOpening { position: position.clone(), bytes: worker.results[1][7].clone() };
        opening.verify(batch, &root).is_err() && row.verify(batch, &root).is_err()
    };
    let honest = worker.tile(1, 7, 1);
    assert!(!refused(&honest, worker.batch));
    for (product, row) in [(0, 7), (2, 7), (1, 6), (1, 8), (3, 7), (1, 320), (u32::MAX, u32::MAX)] {
        let mut moved = honest.clone();
        (moved.position.product, moved.position.row) = (product, row);
        assert!(refused(&moved, worker.batch));
    }
    for tile in [0, 2, u32::MAX] {
        let moved = TileOpening { tile, ..honest.clone() };
        assert!(moved.verify(worker.batch, &root).is_err());
    }
    let other_shapes = [(Kind::Fp16, 320, 512, 448), (Kind::Int8, 320, 512, 384)];
    for (kind, m, n, k) in other_shapes {
        let batch = Batch::new(Shape::new(kind, m, n, k).unwrap(), 3).unwrap();
        assert!(refused(&honest, batch));
    }
    for products in [2, 4] {
        assert!(refused(&honest, Batch::new(worker.batch.shape, products).unwrap()));
    }
}

#[test]
fn a_changed_byte_anywhere_in_an_opening_is_refused() {
    let worker = Worker::honest(wide(Kind::Int8, 768), [1; 32], 3);
    let root = worker.root();
    let honest = worker.tile(2, 200, 2).to_bytes();
    for place in 0..honest.len() {
        let mut bytes = honest.clone();
        bytes[place] ^= 1;
        let opening = TileOpening::from_bytes(worker.batch, &bytes);
        assert!(opening.is_err() || opening.unwrap().verify(worker.batch, &root).is_err());
    }
    for length in 0..honest.len() {
        assert!(TileOpening::from_bytes(worker.batch, &honest[..length]).is_err());
    }
    let longer = [&honest[..], &[0]].concat();
    assert!(TileOpening::from_bytes(worker.batch, &longer).is_err());
    let row = worker.row(2, 200).to_bytes();
    for place in 0..row.len() {
        let mut bytes = row.clone();
        bytes[place] ^= 0x80;
        let opening = RowOpening::from_bytes(worker.batch, &bytes);
        assert!(opening.is_err() || opening.unwrap().verify(worker.batch, &root).is_err());
    }
    assert!(RowOpening::from_bytes(worker.batch, &row[1..]).is_err());
    assert!(honest.len() < TILE_BYTES + 600);
}

#[test]
fn a_dispute_about_a_tile_finds_the_liar() {
    let mut worker = Worker::honest(shape(Kind::Fp16), [4; 32], 2);
    worker.replace(1, |row, bytes| {
        if row == 11 {
            bytes[4 * 300] ^= 2;
        }
    });
    for (tile, is_honest) in [(0, true), (1, false)] {
        let opening = worker.tile(1, 11, tile);
        opening.verify(worker.batch, &worker.root()).unwrap();
        let truth = recompute::tile(&worker.operands, 1, 11, tile).unwrap();
        assert_eq!(opening.entries() == truth, is_honest);
    }
    let truth = recompute::entry(&worker.operands, 1, 11, 300).unwrap();
    assert_eq!(truth, recompute::tile(&worker.operands, 1, 11, 1).unwrap()[44]);
    let work = recompute::tile_work(worker.batch.shape);
    assert_eq!((work.multiply_adds, work.stream_bytes, work.streams), (256 * 448, 257 * 448, 257));
}

#[test]
fn places_outside_a_product_cannot_be_recomputed() {
    let operands = Operands::from_seed(shape(Kind::Int8), [4; 32]);
    let error = |side, index, lines| OperandError::Index { side, index, lines };
    let outside = recompute::entry(&operands, 0, 320, 0);
    assert_eq!(outside, Err(error(Side::A, 320, 320)));
    let outside = recompute::entry(&operands, 0, 0, 512);
    assert_eq!(outside, Err(error(Side::B, 512, 512)));
    assert!(recompute::entry(&operands, 0, 0, u32::MAX).is_err());
    assert!(recompute::tile(&operands, 0, 0, 2).is_err());
    assert!(recompute::tile(&operands, 0, 0, u32::MAX).is_err());
}

#[test]
fn the_batch_has_bounds() {
    let shape = shape(Kind::Int8);
    assert_eq!(Batch::new(shape, 0), Err(OpeningError::Products(0)));
    assert_eq!(Batch::new(shape, 65_537), Err(OpeningError::Products(65_537)));
    assert_eq!(Batch::new(shape, 65_536).unwrap().rows(), 65_536 * 320);
}

/// Rows or columns of a seed, as if somebody had sent them.
fn sent(shape: Shape, side: Side, products: u32) -> Vec<Vec<i8>> {
    let operands = Operands::from_seed(shape, [8; 32]);
    let line = |lines: althing_compute::Lines<'_>, index| {
        let mut line = vec![0; shape.k() as usize];
        lines.write(index, &mut line).unwrap();
        line
    };
    match side {
        Side::A => (0..products)
            .flat_map(|p| (0..shape.m()).map(move |row| (p, row)))
            .map(|(p, row)| line(operands.a_rows(p), row))
            .collect(),
        Side::B => (0..shape.n()).map(|column| line(operands.b_columns(), column)).collect(),
    }
}

#[test]
fn operands_by_content_give_the_same_products_and_open_line_by_line() {
    let shape = shape(Kind::Int8);
    let (a, a_tree) = Content::whole(Side::A, shape, 2, sent(shape, Side::A, 2)).unwrap();
    let (b, b_tree) = Content::whole(Side::B, shape, 2, sent(shape, Side::B, 2)).unwrap();
    assert_ne!(a.root(), b.root());
    let drawn = Operands::from_seed(shape, [8; 32]);
    let whole = Operands::new(shape, Source::Content(a.clone()), Source::Content(b.clone()));
    let row = recompute::row(&drawn, 1, 200).unwrap();
    assert_eq!(recompute::row(&whole, 1, 200).unwrap(), row);
    check_rows(&whole, &[(1, 200, &row_bytes(&row))], &[1; 32]).unwrap();

    let mut opened_a = Content::opened(Side::A, shape, 2, *a.root());
    let mut opened_b = Content::opened(Side::B, shape, 2, *b.root());
    let column = sent(shape, Side::B, 2)[33].clone();
    opened_a.insert(520, sent(shape, Side::A, 2)[520].clone(), &a_tree.path(520).unwrap()).unwrap();
    opened_b.insert(33, column.clone(), &b_tree.path(33).unwrap()).unwrap();
    let path = b_tree.path(33).unwrap();
    let error = opened_b.insert(34, column.clone(), &path).unwrap_err();
    assert_eq!(error, OperandError::Proof { side: Side::B, index: 34 });
    let error = opened_a.insert(33, column.clone(), &path).unwrap_err();
    assert_eq!(error, OperandError::Proof { side: Side::A, index: 33 });
    assert!(opened_b.insert(512, column, &Path::default()).is_err());
    let opened = Operands::new(shape, Source::Content(opened_a), Source::Content(opened_b));
    assert_eq!(recompute::entry(&opened, 1, 200, 33).unwrap(), row[33]);
    let missing = OperandError::Missing { side: Side::B, index: 34 };
    assert_eq!(recompute::entry(&opened, 1, 200, 34), Err(missing));
    let exchanged = Operands::new(shape, Source::Content(b), Source::Content(a));
    assert!(recompute::entry(&exchanged, 0, 0, 0).is_err());
}

#[test]
fn content_that_does_not_fit_the_kind_is_refused() {
    let shape = shape(Kind::Fp16);
    let mut lines = sent(shape, Side::B, 1);
    lines[3][5] = 64;
    let error = Content::whole(Side::B, shape, 1, lines.clone()).unwrap_err();
    assert_eq!(error, OperandError::Entry { position: 5, value: 64, width: 6 });
    lines[3][5] = -64;
    assert!(Content::whole(Side::B, shape, 1, lines.clone()).is_ok());
    lines[3].pop();
    let error = Content::whole(Side::B, shape, 1, lines.clone()).unwrap_err();
    assert_eq!(error, OperandError::Length { expected: 448, found: 447 });
    lines.pop();
    assert!(Content::whole(Side::B, shape, 1, lines).is_err());
}
