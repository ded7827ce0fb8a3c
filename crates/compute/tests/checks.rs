//! Honest results are accepted; every way of cheating that is listed here is refused.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use althing_compute::{Backend as _, Digest};
use althing_compute::{
    Batch, CheckError, Checker, Control, Kind, OpeningError, Operands, Portable, RowOpening, Shape,
    check_full, check_rows, check_sample, field::MODULUS, product_tree, row_digest,
};
use common::{Worker, shape};
use proptest::prelude::*;

const CHALLENGE: [u8; 32] = [7; 32];

fn check(worker: &Worker, count: u32) -> Result<(), CheckError> {
    let openings = worker.open(&CHALLENGE, count);
    check_sample(worker.batch, &worker.operands, &worker.root(), &CHALLENGE, count, &openings)
}

fn entry(bytes: &mut [u8], column: usize, change: impl FnOnce(i32) -> i32) {
    let place = bytes[column * 4..].first_chunk_mut().unwrap();
    *place = change(i32::from_le_bytes(*place)).to_le_bytes();
}

#[test]
fn honest_batches_are_accepted() {
    for kind in Kind::ALL {
        let worker = Worker::honest(shape(kind), [1; 32], 3);
        check(&worker, 128).unwrap();
        check(&worker, 960).unwrap();
        for product in 0..3 {
            let root = worker.trees[product].root();
            let result = worker.results[product].concat();
            let found = check_full(&worker.operands, product as u32, &result, &CHALLENGE).unwrap();
            assert_eq!(found, root);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_changed_entry_of_a_checked_row_is_always_found(
        row in 0u32..320,
        column in 0usize..512,
        delta in prop_oneof![Just(1), Just(-1), any::<i32>().prop_filter("a change", |d| *d != 0)],
        challenge: [u8; 32],
        int8: bool,
    ) {
        let kind = if int8 { Kind::Int8 } else { Kind::Fp16 };
        let operands = Operands::from_seed(shape(kind), [2; 32]);
        let honest = althing_compute::recompute::row(&operands, 4, row).unwrap();
        let mut bytes = althing_compute::row_bytes(&honest);
        prop_assert!(check_rows(&operands, &[(4, row, &bytes)], &challenge).is_ok());
        entry(&mut bytes, column, |entry| entry.wrapping_add(delta));
        let error = check_rows(&operands, &[(4, row, &bytes)], &challenge).unwrap_err();
        let is_refused = matches!(error, CheckError::Wrong { .. } | CheckError::Range { .. });
        prop_assert!(is_refused);
    }

    #[test]
    fn honest_rows_of_any_shape_and_seed_are_accepted(
        seed: [u8; 32],
        challenge: [u8; 32],
        (m, n, k) in (4u32..40, 1u32..8, 4u32..40),
        product in 0u32..1_000,
        int8: bool,
    ) {
        let kind = if int8 { Kind::Int8 } else { Kind::Fp16 };
        let shape = Shape::new(kind, m * 64, n * 256, k * 64).unwrap();
        let operands = Operands::from_seed(shape, seed);
        let checker = Checker::new(&operands, &challenge).unwrap();
        for row in [0, m * 64 - 1] {
            let honest = althing_compute::recompute::row(&operands, product, row).unwrap();
            let bytes = althing_compute::row_bytes(&honest);
            prop_assert_eq!(checker.row(product, row, &bytes), Ok(()));
        }
    }
}

#[test]
fn an_entry_shifted_by_a_modulus_is_out_of_range() {
    // 2^61 - 1 does not fit an entry; moduli of other checks, and the wrap of 32 bits, do.
    let mut worker = Worker::honest(shape(Kind::Int8), [1; 32], 1);
    for shift in [i32::MAX, -i32::MAX, i32::MIN, (1 << 29) - 1, -(1 << 29)] {
        let honest = worker.results[0][5].clone();
        entry(&mut worker.results[0][5], 17, |entry| entry.wrapping_add(shift));
        let error =
            check_rows(&worker.operands, &[(0, 5, &worker.results[0][5])], &CHALLENGE).unwrap_err();
        let bound = worker.batch.shape.bound();
        assert_eq!(error, CheckError::Range { product: 0, row: 5, bound });
        worker.results[0][5] = honest;
    }
    assert!(i128::from(MODULUS) > 2 * i128::from(i32::MAX));
}

#[test]
fn two_changes_that_cancel_for_another_challenge_do_not_for_this_one() {
    let operands = Operands::from_seed(shape(Kind::Int8), [1; 32]);
    let mut row = althing_compute::recompute::row(&operands, 0, 0).unwrap();
    row[0] += 1;
    row[1] -= 1;
    let bytes = althing_compute::row_bytes(&row);
    let error = check_rows(&operands, &[(0, 0, &bytes)], &CHALLENGE).unwrap_err();
    assert_eq!(error, CheckError::Wrong { product: 0, row: 0 });
}

#[test]
fn guessed_and_truncated_results_are_refused() {
    let mut worker = Worker::honest(shape(Kind::Fp16), [1; 32], 1);
    let bytes = worker.batch.shape.row_bytes();
    worker.replace(0, |_, row| *row = vec![0; bytes]);
    assert!(matches!(check(&worker, 1), Err(CheckError::Wrong { .. })));
    worker.replace(0, |index, row| {
        *row = (0..512u32).flat_map(|j| ((j * 977 + index * 31) % 4_096).to_le_bytes()).collect();
    });
    assert!(matches!(check(&worker, 1), Err(CheckError::Wrong { .. })));
    let short = &worker.results[0][0][4..];
    let error = check_rows(&worker.operands, &[(0, 0, short)], &CHALLENGE).unwrap_err();
    let length = OpeningError::Length { expected: bytes, found: bytes - 4 };
    assert_eq!(error, CheckError::Opening(length));
    assert!(check_full(&worker.operands, 0, short, &CHALLENGE).is_err());
}

#[test]
fn results_of_another_seed_product_kind_or_worker_are_refused() {
    let honest = Worker::honest(shape(Kind::Int8), [1; 32], 2);
    let mut replayed = Worker::honest(shape(Kind::Int8), [2; 32], 2);
    replayed.operands = honest.operands.clone();
    assert!(matches!(check(&replayed, 1), Err(CheckError::Wrong { .. })));
    let mut swapped = Worker::honest(shape(Kind::Int8), [1; 32], 2);
    swapped.results.swap(0, 1);
    swapped.commit();
    assert!(matches!(check(&swapped, 1), Err(CheckError::Wrong { .. })));
    let mut other_kind = Worker::honest(shape(Kind::Fp16), [1; 32], 2);
    other_kind.batch = honest.batch;
    other_kind.operands = honest.operands.clone();
    other_kind.commit();
    assert!(check(&other_kind, 1).is_err());
    // Without the rows behind it, a copied root is of no use: openings do not lead to it.
    let openings = swapped.open(&CHALLENGE, 8);
    let copied = honest.root();
    let error = check_sample(honest.batch, &honest.operands, &copied, &CHALLENGE, 8, &openings)
        .unwrap_err();
    assert!(matches!(error, CheckError::Opening(OpeningError::Root { .. })));
}

#[test]
fn rows_in_another_order_are_refused() {
    let mut worker = Worker::honest(shape(Kind::Int8), [1; 32], 1);
    worker.results[0].reverse();
    worker.commit();
    assert!(matches!(check(&worker, 1), Err(CheckError::Wrong { .. })));
}

#[test]
fn only_the_chosen_rows_in_their_order_are_accepted() {
    let worker = Worker::honest(shape(Kind::Int8), [1; 32], 2);
    let openings = worker.open(&CHALLENGE, 16);
    let check = |openings: &[RowOpening]| {
        let root = worker.root();
        check_sample(worker.batch, &worker.operands, &root, &CHALLENGE, 16, openings)
    };
    check(&openings).unwrap();
    assert_eq!(check(&openings[1..]), Err(CheckError::Choice));
    assert_eq!(check(&[&openings[..], &openings[..1]].concat()), Err(CheckError::Choice));
    let mut doubled = openings.clone();
    doubled[1] = doubled[0].clone();
    assert_eq!(check(&doubled), Err(CheckError::Choice));
    assert_eq!(check(&worker.open(&[8; 32], 16)), Err(CheckError::Choice));
}

/// `1 - (1 - f)^k` in parts of a million, for wrong rows drawn without repetition:
/// `1 - C(rows - wrong, k) / C(rows, k)`.
fn detection(rows: u32, wrong: u32, samples: u32) -> f64 {
    (0..samples).fold(1.0, |missed, i| {
        missed * f64::from(rows - wrong - i.min(rows - wrong)) / f64::from(rows - i)
    })
}

#[test]
fn wrong_rows_are_found_as_often_as_the_formula_says() {
    // The check of a row is exact (above), so what is measured is the choice: how often it meets a
    // wrong row. A batch of 256 products of 256 rows, wrong rows spread by a fixed rule.
    let batch = Batch::new(Shape::square(Kind::Int8, 256).unwrap(), 256).unwrap();
    let rows = batch.rows() as u32;
    for (part, samples) in [(100, 128), (20, 128), (100, 460), (20, 460)] {
        let (trials, mut found) = (2_000u32, 0u32);
        for trial in 0..trials {
            let mut challenge: Digest = [samples as u8; 32];
            challenge[..4].copy_from_slice(&trial.to_le_bytes());
            let chosen = althing_compute::sample(&challenge, batch, samples).unwrap();
            let hit = chosen.iter().any(|(product, row)| (product * 256 + row) % part == 3);
            found += u32::from(hit);
        }
        let wrong = (0..rows).filter(|row| row % part == 3).count() as u32;
        let f = f64::from(wrong) / f64::from(rows);
        let expected = 1.0 - (1.0 - f).powi(samples as i32);
        assert!((1.0 - detection(rows, wrong, samples) - expected).abs() < 0.003);
        let deviation = (expected * (1.0 - expected) / f64::from(trials)).sqrt();
        let measured = f64::from(found) / f64::from(trials);
        // Five standard deviations and the difference between the two formulas.
        assert!(
            (measured - expected).abs() < 5.0 * deviation + 0.003,
            "f = 1/{part}, {samples} samples: {measured} instead of {expected}"
        );
    }
}

#[test]
fn a_cheater_with_a_few_wrong_rows_is_caught_when_one_of_them_is_chosen() {
    let mut worker = Worker::honest(shape(Kind::Int8), [1; 32], 1);
    worker.replace(0, |index, row| {
        if index % 20 == 3 {
            entry(row, 100, |entry| entry ^ 1);
        }
    });
    for trial in 0..40u8 {
        let challenge = [trial; 32];
        let openings = worker.open(&challenge, 16);
        let hit = openings.iter().any(|opening| opening.position.row % 20 == 3);
        let found =
            check_sample(worker.batch, &worker.operands, &worker.root(), &challenge, 16, &openings);
        assert_eq!(found.is_err(), hit);
    }
}

#[test]
fn a_full_check_names_the_wrong_row() {
    let operands = Operands::from_seed(shape(Kind::Fp16), [6; 32]);
    let result = Portable.multiply(&operands, 0, &Control::default()).unwrap();
    let mut bytes = result.to_bytes();
    let tree = product_tree(
        operands.shape(),
        0,
        &bytes.chunks(operands.shape().row_bytes()).map(row_digest).collect::<Vec<_>>(),
    );
    assert_eq!(check_full(&operands, 0, &bytes, &CHALLENGE), Ok(tree.root()));
    assert_eq!(tree, result.tree(0));
    entry(&mut bytes, 512 * 319 + 511, |entry| entry - 1);
    let wrong = CheckError::Wrong { product: 0, row: 319 };
    assert_eq!(check_full(&operands, 0, &bytes, &CHALLENGE), Err(wrong));
}
