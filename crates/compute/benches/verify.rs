//! Prints what a product costs on one core, and what its checks cost: of all rows, of 128 rows of one
//! product, and of 128 rows of a batch, with everything that a verifier does: drawing operands, hashes
//! of the openings, the products with random vectors. Each time is the shortest of several.
//!
//!     cargo bench -p althing-compute --features parallel --bench verify [-- SIZE ...]
#![allow(clippy::unwrap_used, missing_docs, reason = "a program for developers")]

use althing_compute::{
    Batch, Checker, Control, Cpu, CpuConfig, Digest, Kind, Matrix, Operands, Position, RowOpening,
    Shape, TileOpening, batch_tree, recompute, row_bytes, row_digest, sample,
};
use std::{hint::black_box, num::NonZeroUsize, time::Instant};

const SAMPLES: u32 = 128;
const CHALLENGE: [u8; 32] = [5; 32];

/// The shortest time, in milliseconds, and the last result.
fn best<T>(repetitions: usize, mut work: impl FnMut() -> T) -> (f64, T) {
    let mut timed = || {
        let start = Instant::now();
        let result = black_box(work());
        (start.elapsed().as_secs_f64() * 1e3, result)
    };
    let first = timed();
    (1..repetitions)
        .map(|_| timed())
        .fold(first, |(best, _), (time, result)| (best.min(time), result))
}

fn one_core() -> Cpu {
    let config = CpuConfig { threads: NonZeroUsize::MIN, memory_bytes: u64::MAX };
    Cpu::new(config).unwrap()
}

/// Openings of 128 rows. Rows of product 0 stand for those of the whole batch: each costs the same.
fn openings(batch: Batch, result: &Matrix) -> (Digest, Vec<RowOpening>) {
    let tree = result.tree(0);
    let mut roots: Vec<Digest> = (0..batch.products()).map(|p| [p as u8; 32]).collect();
    roots[0] = tree.root();
    let of_batch = batch_tree(batch.shape, &roots);
    let rows = sample(&CHALLENGE, Batch::new(batch.shape, 1).unwrap(), SAMPLES).unwrap();
    let open = |(product, row): (u32, u32)| RowOpening {
        position: Position::open(&of_batch, &tree, product, row).unwrap(),
        bytes: result.row_bytes(row).unwrap(),
    };
    (of_batch.root(), rows.into_iter().map(open).collect())
}

struct Costs {
    provers: [f64; 2],
}

impl Costs {
    fn line(&self, name: &str, time: f64, bytes: u64) {
        let [fast, plain] = self.provers.map(|prover| prover / time);
        println!("  {name:<44}{time:>10.3} ms  1/{fast:<8.0}1/{plain:<8.0}{bytes:>12} bytes");
    }
}

fn parts(costs: &Costs, operands: &Operands, result: &Matrix) {
    let shape = operands.shape();
    let mut line = vec![0; shape.k() as usize];
    let (draw, ()) = best(5, || {
        let lines = operands.b_columns();
        (0..shape.n()).for_each(|column| lines.write(column, &mut line).unwrap());
    });
    costs.line("  of which: drawing one operand", draw, 0);
    let bytes = result.to_bytes();
    let (hash, ()) = best(5, || {
        for row in bytes.chunks(shape.row_bytes()) {
            black_box(row_digest(row));
        }
    });
    costs.line("  of which: hashing the result", hash, 0);
}

fn disputes(costs: &Costs, batch: Batch, operands: &Operands, result: &Matrix) {
    let (_, openings) = openings(batch, result);
    let bytes = row_bytes(result.rows().next().unwrap());
    let position = openings[0].position.clone();
    let opening = TileOpening::open(position, &bytes, 0).unwrap().to_bytes().len();
    let (entry, _) = best(5, || recompute::entry(operands, 0, 1, 1).unwrap());
    costs.line("one entry again, for a dispute", entry, 0);
    let (tile, _) = best(5, || recompute::tile(operands, 0, 1, 0).unwrap());
    costs.line("one tile again, for a dispute", tile, opening as u64);
}

fn measure(shape: Shape) {
    let operands = Operands::from_seed(shape, [7; 32]);
    let runs = if shape.m() > 4_096 { 2 } else { 5 };
    let cpu = one_core();
    let multiply = |cpu: &Cpu| {
        best(runs, || cpu.prepare(&operands).unwrap().multiply(0, &Control::default()).unwrap())
    };
    let (fast, result) = multiply(&cpu);
    let (plain, same) = multiply(&one_core().without_byte_instructions());
    assert!(result == same);
    println!("{} {}: bytes {fast:.1} ms, 16-bit {plain:.1} ms", shape.kind().name(), shape.m());
    let costs = Costs { provers: [fast, plain] };
    let (new, checker) = best(5, || Checker::new(&operands, &CHALLENGE).unwrap());
    costs.line("B drawn and multiplied by r", new, 0);
    let bytes = result.to_bytes();
    let (rows, root) = best(runs, || checker.full(0, &bytes).unwrap());
    assert_eq!(root, result.tree(0).root());
    costs.line("all rows of one product", new + rows, shape.result_bytes());
    parts(&costs, &operands, &result);
    for products in [1, 16, 64] {
        let batch = Batch::new(shape, products).unwrap();
        let (root, openings) = openings(batch, &result);
        let (rows, ()) = best(20, || {
            for opening in &openings {
                opening.verify(batch, &root).unwrap();
                checker.row(0, opening.position.row, &opening.bytes).unwrap();
            }
        });
        let moved: usize = openings.iter().map(|opening| opening.to_bytes().len()).sum();
        let name = format!("{SAMPLES} rows of a batch of {products}, a product");
        let count = f64::from(products);
        costs.line(&name, (new + rows) / count, moved as u64 / u64::from(products));
    }
    disputes(&costs, Batch::new(shape, 64).unwrap(), &operands, &result);
}

fn main() {
    let sizes: Vec<u32> = std::env::args().filter_map(|size| size.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1_024, 2_048, 4_096, 8_192] } else { sizes };
    println!("{:<46}{:>13}  of the product, with bytes and with 16 bits", "", "time");
    for size in sizes {
        for kind in Kind::ALL {
            measure(Shape::square(kind, size).unwrap());
        }
    }
}
