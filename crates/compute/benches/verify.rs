//! Prints what a product costs on one core, and what its checks cost: of all rows, of 128 rows of one
//! product, and of 128 rows of a batch, with everything that a verifier does: drawing operands, hashes
//! of the openings, the products with random vectors. Beside the times stand the bytes that come to the
//! verifier: rows and proofs. Then what nothing can be faster than: reading the result, hashing it,
//! drawing an operand.
//!
//! All variants take turns in several rounds; each time is the shortest one.
//!
//!     cargo bench -p althing-compute --features parallel --bench verify [-- SIZE ...]
#![allow(clippy::unwrap_used, missing_docs, reason = "a program for developers")]

use althing_compute::{
    Batch, Checker, Control, Cpu, CpuConfig, Digest, Kind, Matrix, Operands, Position, RowOpening,
    Shape, TileOpening, batch_tree, recompute, row_bytes, row_digest, sample,
};
use std::{fs::DirEntry, hint::black_box, num::NonZeroUsize, path::PathBuf, time::Instant};

const SAMPLES: u32 = 128;
const CHALLENGE: [u8; 32] = [5; 32];
const BATCHES: [u32; 3] = [1, 16, 64];

/// Milliseconds that each thread of this program was on a processor, where the system says so; the
/// numbers are some milliseconds late.
fn processor_times() -> Option<Vec<(PathBuf, f64)>> {
    let thread = |entry: std::io::Result<DirEntry>| {
        let path = entry.ok()?.path();
        let text = std::fs::read_to_string(path.join("schedstat")).ok()?;
        Some((path, text.split_whitespace().next()?.parse::<f64>().ok()? / 1e6))
    };
    std::fs::read_dir("/proc/self/task").ok()?.map(thread).collect()
}

/// What all threads took since then. What a thread took that is gone is not known.
fn processor_time_since(before: &[(PathBuf, f64)]) -> Option<f64> {
    let since = |(thread, time): &(PathBuf, f64)| {
        let before = before.iter().find(|(known, _)| known == thread);
        time - before.map_or(0.0, |(_, before)| *before)
    };
    Some(processor_times()?.iter().map(since).sum())
}

/// The shortest times, by name, in the order in which they were measured first.
#[derive(Default)]
struct Times(Vec<(String, f64)>);

impl Times {
    /// Measures `work` so many times: the time that passed, or if that is long, the processor's, which
    /// other programs do not add to.
    fn take<T>(&mut self, name: &str, repetitions: usize, mut work: impl FnMut() -> T) -> T {
        let mut timed = || {
            let (start, before) = (Instant::now(), processor_times());
            let result = black_box(work());
            let passed = start.elapsed().as_secs_f64() * 1e3;
            let used = before.and_then(|before| processor_time_since(&before));
            let time = used.filter(|used| passed > 100.0 && *used > 50.0).unwrap_or(passed);
            self.put(name, time.min(passed));
            result
        };
        (1..repetitions).for_each(|_| drop(timed()));
        timed()
    }

    fn put(&mut self, name: &str, time: f64) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, best)) => *best = best.min(time),
            None => self.0.push((name.to_owned(), time)),
        }
    }

    fn get(&self, name: &str) -> f64 {
        self.0.iter().find(|(known, _)| known == name).unwrap().1
    }
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

/// The checks, with the instructions of this machine or with the code that runs on every machine.
struct Checks<'a> {
    name: &'static str,
    operands: &'a Operands,
    new: fn(&'a Operands, &[u8; 32]) -> Result<Checker<'a>, althing_compute::OperandError>,
}

impl Checks<'_> {
    fn name(&self, what: &str) -> String {
        format!("{what}{}", self.name)
    }

    fn round(&self, times: &mut Times, bytes: &[u8], batches: &[(Batch, Digest, Vec<RowOpening>)]) {
        let checker =
            times.take(&self.name("y = B r"), 8, || (self.new)(self.operands, &CHALLENGE).unwrap());
        times.take(&self.name("rows of C"), 2, || checker.full(0, bytes).unwrap());
        for (batch, root, openings) in batches {
            let rows: Vec<_> = openings
                .iter()
                .map(|opening| (0, opening.position.row, &opening.bytes[..]))
                .collect();
            times.take(&self.name(&format!("rows of {}", batch.products())), 8, || {
                openings.iter().for_each(|opening| opening.verify(*batch, root).unwrap());
                checker.rows(&rows).unwrap();
            });
        }
    }
}

/// What bounds the checks from below.
fn floors(times: &mut Times, operands: &Operands, bytes: &[u8]) {
    let shape = operands.shape();
    let mut line = vec![0; shape.k() as usize];
    times.take("drawing", 4, || {
        let lines = operands.b_columns();
        (0..shape.n()).for_each(|column| lines.write(column, &mut line).unwrap());
    });
    times.take("hashing", 2, || {
        for row in bytes.chunks(shape.row_bytes()) {
            black_box(row_digest(row));
        }
    });
    times.take("reading", 4, || {
        bytes.as_chunks::<8>().0.iter().fold(0, |sum, word| sum ^ u64::from_le_bytes(*word))
    });
}

fn disputes(times: &mut Times, operands: &Operands) {
    times.take("entry", 5, || recompute::entry(operands, 0, 1, 1).unwrap());
    times.take("tile", 5, || recompute::tile(operands, 0, 1, 0).unwrap());
}

fn measure(shape: Shape) {
    let operands = Operands::from_seed(shape, [7; 32]);
    let (fast, plain) = (one_core(), one_core().without_byte_instructions());
    let mut times = Times::default();
    let multiply =
        |cpu: &Cpu| cpu.prepare(&operands).unwrap().multiply(0, &Control::default()).unwrap();
    let result = times.take("plain", 1, || multiply(&plain));
    let bytes = result.to_bytes();
    let batches = BATCHES.map(|products| {
        let batch = Batch::new(shape, products).unwrap();
        let (root, openings) = openings(batch, &result);
        (batch, root, openings)
    });
    let variants = [
        Checks { name: "", operands: &operands, new: Checker::new },
        Checks { name: ", portable", operands: &operands, new: Checker::portable },
    ];
    let rounds = (20_000 / shape.m()).clamp(3, 20);
    for _ in 0..rounds {
        assert!(times.take("fast", 1, || multiply(&fast)) == result);
        variants.iter().for_each(|checks| checks.round(&mut times, &bytes, &batches));
        floors(&mut times, &operands, &bytes);
        disputes(&mut times, &operands);
    }
    let position = batches[2].2[0].position.clone();
    let row = row_bytes(result.rows().next().unwrap());
    let tile = TileOpening::open(position, &row, 0).unwrap().to_bytes().len();
    print(shape, &times, &batches.map(|(_, _, openings)| moved(&openings)), tile as u64);
}

fn moved(openings: &[RowOpening]) -> u64 {
    openings.iter().map(|opening| opening.to_bytes().len() as u64).sum()
}

fn print(shape: Shape, times: &Times, moved: &[u64; 3], tile: u64) {
    println!("{} {}", shape.kind().name(), shape.m());
    let line = |name: &str, time: f64, bytes: u64| {
        let [fast, plain] = ["fast", "plain"].map(|prover| times.get(prover) / time);
        println!("  {name:<44}{time:>11.3} ms  1/{fast:<8.1}1/{plain:<9.0}{bytes:>12}");
    };
    line("the product again, bytes", times.get("fast"), 0);
    line("the product again, 16-bit", times.get("plain"), 0);
    let hashed = times.get("fast") + times.get("hashing");
    line("the product again, bytes, and hashed", hashed, 0);
    for variant in ["", ", portable"] {
        let get = |name: &str| times.get(&format!("{name}{variant}"));
        let new = get("y = B r");
        line(&format!("B drawn and multiplied by r{variant}"), new, 0);
        let full = new + get("rows of C");
        line(&format!("all rows of one product{variant}"), full, shape.result_bytes());
        for (products, moved) in BATCHES.iter().zip(moved) {
            let time = (new + get(&format!("rows of {products}"))) / f64::from(*products);
            let name = format!("{SAMPLES} rows of a batch of {products}{variant}, a product");
            line(&name, time, moved / u64::from(*products));
        }
    }
    line("one entry again, for a dispute", times.get("entry"), 0);
    line("one tile again, for a dispute", times.get("tile"), tile);
    let floor = |name: &str, what: &str, bytes: u64| {
        line(name, times.get(what), 0);
        println!("{:>48.2} GB/s", bytes as f64 / times.get(what) / 1e6);
    };
    floor("floor: reading the result", "reading", shape.result_bytes());
    floor("floor: hashing the result", "hashing", shape.result_bytes());
    let operand = u64::from(shape.n()) * u64::from(shape.k());
    floor("drawing one operand by the library", "drawing", operand);
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
