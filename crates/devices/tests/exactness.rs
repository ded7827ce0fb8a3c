//! The self-test finds devices that compute wrongly, and only those.

use althing_devices::{
    attestation::Precision,
    keystream::{Alphabet, Keystream},
    limits::{Cancel, LimitError, Limits, Runner},
    product::{Multiply, Processor, Product, ProductError, Shape},
    selftest::{Plan, compare, examine},
};
use std::time::{Duration, Instant};

/// A device made of a function from the exact entry to the device's entry.
struct Imagined<F>(F);

impl<F: Fn(usize, i32) -> i32> Multiply for Imagined<F> {
    fn name(&self) -> String {
        "imagined".to_owned()
    }

    fn precisions(&self) -> Vec<Precision> {
        vec![Precision::Int8, Precision::Fp16]
    }

    fn multiply(
        &mut self,
        shape: Shape,
        a: &[i8],
        b: &[i8],
        precision: Precision,
    ) -> Result<Product, ProductError> {
        let mut product = Processor::default().multiply(shape, a, b, precision)?;
        for (at, entry) in product.entries.iter_mut().enumerate() {
            *entry = (self.0)(at, *entry);
        }
        Ok(product)
    }
}

fn plan() -> Plan {
    Plan { speed: Some(Shape { m: 32, n: 32, k: 32 }), rounds: 3, ..Plan::quick() }
}

#[test]
fn an_exact_device_passes_and_is_measured() {
    let tested = examine(&mut Imagined(|_, entry| entry), &plan());
    assert!(tested.objections.is_empty(), "{:?}", tested.objections);
    // The generation of operands; then 4 shapes, 2 seeds and 4 hard patterns, 2 arithmetics.
    assert_eq!(tested.comparisons.len(), 1 + 4 * 6 * 2);
    assert_eq!(tested.speeds.len(), 2);
}

#[test]
fn one_wrong_entry_refuses_the_device() {
    let wrong = |at: usize, entry: i32| if at == 7 { entry + 1 } else { entry };
    let tested = examine(&mut Imagined(wrong), &plan());
    assert!(!tested.objections.is_empty() && tested.speeds.is_empty());
    let first = tested.comparisons.iter().find_map(|comparison| comparison.difference);
    let first = first.expect("a difference");
    assert_eq!((first.row, first.column, first.entries), (0, 7, 1));
    assert_eq!(first.actual, first.expected + 1);
}

/// FP16 results, or accumulators of 14 bits, lose the lower bits of large sums.
#[test]
fn accumulators_that_are_too_narrow_are_found() {
    for bits in [11, 14, 18] {
        let narrow = move |_: usize, entry: i32| {
            let used = 32 - entry.unsigned_abs().leading_zeros();
            let lost = used.saturating_sub(bits);
            entry >> lost << lost
        };
        let comparisons = compare(&mut Imagined(narrow), &Plan::quick());
        assert!(comparisons.iter().any(|comparison| !comparison.is_identical()), "{bits} bits");
    }
}

#[test]
fn a_device_that_fails_is_refused_with_its_sentence() {
    struct Broken;
    impl Multiply for Broken {
        fn name(&self) -> String {
            "broken".to_owned()
        }
        fn precisions(&self) -> Vec<Precision> {
            vec![Precision::Int8]
        }
        fn multiply(
            &mut self,
            _: Shape,
            _: &[i8],
            _: &[i8],
            _: Precision,
        ) -> Result<Product, ProductError> {
            Err(ProductError::Device("it fell off the bus".to_owned()))
        }
        fn generate(
            &mut self,
            streams: &Keystream,
            alphabet: Alphabet,
            first: u32,
            rows: u32,
            length: u32,
        ) -> Result<Vec<i8>, ProductError> {
            // One row off: the classical mistake of a kernel.
            Ok(streams.rows(alphabet, first + 1, rows, length))
        }
    }
    let tested = examine(&mut Broken, &plan());
    assert!(tested.objections[0].starts_with("generation of"));
    assert!(tested.objections[1].ends_with("it fell off the bus"));
}

/// The processor against the plainest possible product, in wider arithmetic.
#[test]
fn the_processor_agrees_with_a_plain_product() {
    let streams = |seed| Keystream::new(&[seed; 32]);
    for (seed, shape) in [(1, (1, 1, 1)), (2, (5, 7, 63)), (3, (31, 2, 64)), (4, (8, 9, 1_001))] {
        let shape = Shape::new(shape.0, shape.1, shape.2).expect("a shape");
        let a = streams(seed).rows(Alphabet::SIGNED, 0, shape.m, shape.k);
        let b = streams(seed + 100).rows(Alphabet::SIGNED, 0, shape.n, shape.k);
        let product = Processor::default().multiply(shape, &a, &b, Precision::Int8);
        let entries = product.expect("a product").entries;
        let (m, n, k) = (shape.m as usize, shape.n as usize, shape.k as usize);
        for row in 0..m {
            for column in 0..n {
                let mut sum = 0_i64;
                for term in 0..k {
                    sum += i64::from(a[row * k + term]) * i64::from(b[column * k + term]);
                }
                assert_eq!(i64::from(entries[row * n + column]), sum, "{shape} [{row}][{column}]");
            }
        }
    }
}

/// A product of minutes, given milliseconds: the caller is answered, and the work really ends.
#[test]
fn a_product_beyond_its_deadline_stops() {
    let shape = Shape::new(20_000, 2_000, 4_096).expect("a shape");
    let (rows, columns) = (vec![1; 20_000 * 4_096], vec![1; 2_000 * 4_096]);
    let runner = Runner::new(1);
    let deadline = Duration::from_millis(20);
    let limits = Limits { deadline, memory_bytes: shape.bytes() };
    let work = move |cancel: &Cancel| {
        let mut processor = Processor { cancel: cancel.clone() };
        processor.multiply(shape, &rows, &columns, Precision::Int8).map(|product| product.micros)
    };
    let result = runner.run(limits, shape.bytes(), &Cancel::default(), work);
    let stopped = [Err(LimitError::Deadline(deadline)), Ok(Err(ProductError::Cancelled))];
    assert!(stopped.contains(&result), "{result:?}");
    let start = Instant::now();
    while runner.running() > 0 {
        assert!(start.elapsed() < Duration::from_secs(30), "a cancelled product ends");
        std::thread::sleep(Duration::from_millis(1));
    }
}
