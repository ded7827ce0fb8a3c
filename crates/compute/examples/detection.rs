//! Prints how often wrong rows are found: committed batches with wrong rows at random places, rows chosen
//! by the function that the chain uses, and checked as a committee checks them, beside what
//! `1 - (1 - p)^k` says.
//!
//!     cargo run --release -p althing-compute --features parallel --example detection [-- TRIALS]
#![allow(clippy::unwrap_used, missing_docs, reason = "a program for developers")]

use althing_compute::{
    Backend as _, Batch, CheckError, Checker, Control, Digest, Kind, Matrix, Operands, Portable,
    Row, Shape, sample,
};

/// Products of the batch; 256 rows each.
const PRODUCTS: u32 = 64;

/// A number that nobody can know beforehand, for one purpose and trial.
fn challenge(purpose: u8, trial: u32) -> Digest {
    let mut bytes = [purpose; 32];
    bytes[..4].copy_from_slice(&trial.to_le_bytes());
    bytes
}

struct Experiment {
    batch: Batch,
    operands: Operands,
    results: Vec<Matrix>,
}

impl Experiment {
    fn new() -> Self {
        let shape = Shape::square(Kind::Int8, 256).unwrap();
        let operands = Operands::from_seed(shape, [7; 32]);
        let result = |product| Portable.multiply(&operands, product, &Control::default()).unwrap();
        let results = (0..PRODUCTS).map(result).collect();
        Self { batch: Batch::new(shape, PRODUCTS).unwrap(), operands, results }
    }

    /// Whether a check of `count` rows refuses the batch with these wrong rows, each in one entry.
    fn is_found(&self, trial: u32, wrong: &[Row], count: u32) -> bool {
        let chosen = sample(&challenge(1, trial), self.batch, count).unwrap();
        let rows: Vec<Vec<u8>> = chosen
            .iter()
            .map(|(product, row)| {
                let mut bytes = self.results[*product as usize].row_bytes(*row).unwrap();
                if wrong.binary_search(&(*product, *row)).is_ok() {
                    bytes[4 * (trial as usize % 256)] ^= 1;
                }
                bytes
            })
            .collect();
        let opened: Vec<_> =
            chosen.iter().zip(&rows).map(|((p, row), bytes)| (*p, *row, &bytes[..])).collect();
        let checker = Checker::new(&self.operands, &challenge(2, trial)).unwrap();
        match checker.rows(&opened) {
            Ok(()) => false,
            Err(CheckError::Wrong { .. }) => true,
            Err(error) => panic!("an unexpected error: {error}"),
        }
    }
}

fn main() {
    let trials = std::env::args().find_map(|trials| trials.parse().ok()).unwrap_or(4_000u32);
    let experiment = Experiment::new();
    let all = experiment.batch.rows();
    println!(
        "{trials} trials each, {all} rows, wrong ones at random places, one entry wrong in each"
    );
    println!("wrong rows  checked    found   1-(1-p)^k   without repetition   standard deviations");
    for percent in [1, 5] {
        for count in [32, 64, 128, 256] {
            let wrong_rows = (all * percent / 100) as u32;
            let found = (0..trials)
                .filter(|trial| {
                    let purpose = percent as u8 + 16;
                    let wrong =
                        sample(&challenge(purpose, *trial), experiment.batch, wrong_rows).unwrap();
                    experiment.is_found(*trial, &wrong, count)
                })
                .count();
            let share = f64::from(wrong_rows) / all as f64;
            let computed = 1.0 - (1.0 - share).powi(count as i32);
            let exact = 1.0
                - (0..count).fold(1.0, |missed, i| {
                    missed * (all as f64 - f64::from(wrong_rows + i)) / (all as f64 - f64::from(i))
                });
            let measured = found as f64 / f64::from(trials);
            let deviation = (exact * (1.0 - exact) / f64::from(trials)).sqrt();
            println!(
                "{percent:>8} %{count:>11}{:>9.2} %{:>9.2} %{:>17.2} %{:>18.1}",
                100.0 * measured,
                100.0 * computed,
                100.0 * exact,
                (measured - exact) / deviation.max(f64::MIN_POSITIVE)
            );
        }
    }
}
