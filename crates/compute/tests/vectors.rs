//! Golden vectors: the bytes of every stream, hash and encoding. If one of these changes, workers and
//! validators of different versions disagree: that is a protocol upgrade, never a repair of this file.
//!
//! After a deliberate change, write them anew and look at the difference:
//! `ALTHING_WRITE_VECTORS=1 cargo test --release -p althing-compute --test vectors`
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_compute::{
    Backend as _, Batch, Control, Kind, NODE, OPERAND_LEAF, Operands, PRODUCT_LEAF, Portable, ROOT,
    ROW_LEAF, SELF_TEST, Shape, Side, batch_root, field, merkle, operand_leaf, product_leaf,
    row_digest, row_leaf, sample,
};
use common::{Worker, shape};
use std::collections::{BTreeMap, BTreeSet};

/// One line a vector: a name and hex.
const GOLDEN: &str = include_str!("vectors.txt");
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors.txt");
const SEED: [u8; 32] = [7; 32];

type Vectors = Vec<(String, String)>;

/// Every group of vectors.
const GROUPS: [fn() -> Vectors; 7] =
    [shapes, streams, products, trees, openings, randomness, self_tests];

fn vector(name: &str, bytes: impl AsRef<[u8]>) -> (String, String) {
    (name.to_owned(), hex::encode(bytes))
}

fn shapes() -> Vectors {
    Kind::ALL.map(|kind| vector(&format!("shape.{}", kind.name()), shape(kind).to_bytes())).into()
}

/// The first 64 entries of lines, across kinds and widths.
fn streams() -> Vectors {
    let bytes = |line: &[i8]| line[..64].iter().map(|entry| *entry as u8).collect::<Vec<_>>();
    let mut all = Vec::new();
    for (kind, k) in [(Kind::Int8, 448), (Kind::Fp16, 448), (Kind::Fp16, 16_384)] {
        let operands = Operands::from_seed(Shape::new(kind, 320, 512, k).unwrap(), SEED);
        let mut line = vec![0; k as usize];
        for (product, row) in [(0, 0), (0, 319), (65_535, 0)] {
            operands.a_row(product, row, &mut line).unwrap();
            let name = format!("stream.{}.{k}.a.{product}.{row}", kind.name());
            all.push(vector(&name, bytes(&line)));
        }
        for column in [0, 511] {
            operands.b_column(column, &mut line).unwrap();
            let name = format!("stream.{}.{k}.b.{column}", kind.name());
            all.push(vector(&name, bytes(&line)));
        }
    }
    all
}

fn products() -> Vectors {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        let operands = Operands::from_seed(shape(kind), SEED);
        let result = Portable.multiply(&operands, 3, &Control::default()).unwrap();
        let name = |what| format!("product.{}.{what}", kind.name());
        all.push(vector(&name("entries"), &result.row_bytes(0).unwrap()[..64]));
        all.push(vector(&name("sha256"), result.sha256()));
        all.push(vector(&name("row"), row_digest(&result.row_bytes(319).unwrap())));
        let root = result.tree(3).root();
        all.push(vector(&name("root"), root));
        all.push(vector(&name("batch"), batch_root(shape(kind), &[root, [9; 32], root])));
    }
    all
}

fn trees() -> Vectors {
    let keys = [ROW_LEAF, PRODUCT_LEAF, OPERAND_LEAF, NODE, ROOT];
    let mut all: Vectors =
        (0..).zip(keys).map(|(i, key)| vector(&format!("key.{i}"), key)).collect();
    let shape = shape(Kind::Fp16);
    all.push(vector("leaf.row", row_leaf(shape, 5, 6, &[1; 32])));
    all.push(vector("leaf.product", product_leaf(shape, 5, &[1; 32])));
    let entries: Vec<i8> = (0..448).map(|i| (i % 128 - 64) as i8).collect();
    all.push(vector("leaf.operand.a", operand_leaf(Side::A, shape, 1 << 33, &entries)));
    all.push(vector("leaf.operand.b", operand_leaf(Side::B, shape, 6, &entries)));
    for count in [0u8, 1, 2, 3, 5, 64, 100] {
        let leaves: Vec<_> = (0..count).map(|i| [i; 32]).collect();
        all.push(vector(&format!("tree.{count}"), merkle::root(&leaves)));
    }
    all
}

fn openings() -> Vectors {
    let worker = Worker::honest(shape(Kind::Int8), SEED, 3);
    let hash = |bytes: Vec<u8>| *blake3::hash(&bytes).as_bytes();
    vec![
        vector("opening.batch", worker.root()),
        vector("opening.row.blake3", hash(worker.row(2, 300).to_bytes())),
        vector("opening.tile.head", &worker.tile(2, 300, 1).to_bytes()[..72]),
        vector("opening.tile.blake3", hash(worker.tile(2, 300, 1).to_bytes())),
    ]
}

fn randomness() -> Vectors {
    let elements = field::expand(&SEED, 4_096);
    let bytes = |elements: &[u64]| -> Vec<u8> {
        elements.iter().flat_map(|element| element.to_le_bytes()).collect()
    };
    let batch = Batch::new(shape(Kind::Int8), 3).unwrap();
    let rows = sample(&SEED, batch, 16).unwrap();
    let rows: Vec<u8> = rows
        .iter()
        .flat_map(|(product, row)| [product.to_le_bytes(), row.to_le_bytes()].concat())
        .collect();
    vec![
        vector("vector.first", bytes(&elements[..4])),
        vector("vector.last", bytes(&elements[4_092..])),
        vector("sample", rows),
    ]
}

fn self_tests() -> Vectors {
    let mut all = vec![
        vector("benchmark.seed", althing_compute::BENCHMARK_SEED),
        vector("benchmark.shape", althing_compute::BENCHMARK_SHAPE.to_bytes()),
        vector("benchmark.result", althing_compute::BENCHMARK_RESULT),
    ];
    for (number, case) in SELF_TEST.iter().enumerate() {
        let bytes = [&case.shape.to_bytes()[..], &case.result[..]].concat();
        all.push(vector(&format!("self-test.{number}"), bytes));
    }
    all
}

/// Also writes the file when asked to.
#[test]
fn formats_keep_their_bytes_and_every_golden_vector_is_checked() {
    let all: Vectors = GROUPS.iter().flat_map(|group| group()).collect();
    if std::env::var_os("ALTHING_WRITE_VECTORS").is_some() {
        let lines: String = all.iter().map(|(name, hex)| format!("{name} {hex}\n")).collect();
        return std::fs::write(PATH, lines).unwrap();
    }
    let golden: BTreeMap<&str, &str> =
        GOLDEN.lines().filter_map(|line| line.split_once(' ')).collect();
    for (name, actual) in &all {
        let expected = golden.get(name.as_str()).copied();
        assert_eq!(expected, Some(actual.as_str()), "the bytes of {name} have changed");
    }
    let names: BTreeSet<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.len(), all.len(), "two vectors have one name");
    assert_eq!(names, golden.keys().copied().collect(), "a golden vector is not checked");
}
