//! Whether a device computes what it should, and how fast: what an operator runs before staking.

use crate::executor::{ComputeError, Engine};
use althing_compute::{
    Backend, Checker, Control, Kind, Matrix, Operands, SelfTestError, Shape, merkle::Tree,
    self_test,
};
use althing_types::hash::sha256;
use serde::Serialize;
use std::time::{Duration, Instant};

/// Sides of the products that are compared, up to the largest of a plan.
pub const SIDES: [u32; 7] = [256, 512, 1_024, 2_048, 4_096, 8_192, 16_384];
/// Side of the product whose time is measured, and how many are computed.
const MEASURED: (u32, u32) = (512, 4);

/// How much is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestPlan {
    /// Seeds for each shape.
    pub seeds: u32,
    /// Largest side that is compared.
    pub largest: u32,
}

impl TestPlan {
    /// A few seconds on any machine.
    pub const fn quick() -> Self {
        Self { seeds: 2, largest: 512 }
    }

    /// A hundred seeds of each side up to 1,024: minutes on a processor. Larger sides are compared by
    /// plans of their own.
    pub const fn full() -> Self {
        Self { seeds: 100, largest: 1_024 }
    }
}

/// What was measured at one shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Throughput {
    /// What the entries are.
    pub kind: &'static str,
    /// Side of the matrices.
    pub side: u32,
    /// Products that were compared; all agreed.
    pub products: u32,
    /// Time of all products of the device under test, in microseconds.
    pub micros: u64,
    /// Operations in a microsecond over 1,000, two for each multiplication: 10^9 a second.
    pub giga_operations: u64,
}

/// A self-test that a device passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Passed {
    /// The device.
    pub device: String,
    /// Each shape.
    pub shapes: Vec<Throughput>,
}

/// Why a device must not be used.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// A known result differs.
    #[error(transparent)]
    Known(#[from] SelfTestError),
    /// A result differs from that of the reference.
    #[error(
        "{device} computes a wrong result for {kind} {side} with seed {seed}; it must not be used"
    )]
    Differs {
        /// The device.
        device: String,
        /// What the entries are.
        kind: &'static str,
        /// Side of the matrices.
        side: u32,
        /// Which seed.
        seed: u32,
    },
    /// There is no result.
    #[error(transparent)]
    Compute(#[from] ComputeError),
}

fn operands(shape: Shape, seed: u32) -> Operands {
    let seed = sha256(&[b"althing/worker/selftest/1", &seed.to_be_bytes()]);
    Operands::from_seed(shape, seed.0)
}

fn shape(kind: Kind, side: u32) -> Result<Shape, ComputeError> {
    let device = |error: althing_compute::ShapeError| {
        althing_compute::BackendError::Device(error.to_string())
    };
    Ok(Shape::square(kind, side).map_err(device)?)
}

/// Compares an engine with a reference, entry by entry, for both kinds, every side of [`SIDES`] up to
/// the plan's largest, and every seed; and a Freivalds check of each result, so that a mistake of the
/// reference would show as well.
///
/// # Errors
/// [`TestError`] names the first product that differs.
pub fn compare(
    engine: &dyn Engine,
    reference: &dyn Backend,
    plan: TestPlan,
    progress: &dyn Fn(u32, u32),
) -> Result<Passed, TestError> {
    let sides: Vec<u32> = SIDES.into_iter().filter(|side| *side <= plan.largest).collect();
    let total = plan.seeds * (sides.len() * Kind::ALL.len()) as u32;
    let (mut shapes, mut done) = (Vec::new(), 0);
    for kind in Kind::ALL {
        for side in &sides {
            let shape = shape(kind, *side)?;
            let mut took = Duration::ZERO;
            for seed in 0..plan.seeds {
                let operands = operands(shape, seed);
                let (found, time) = timed(engine, &operands, 1)?;
                took += time;
                let right = reference
                    .multiply(&operands, 0, &Control::default())
                    .map_err(ComputeError::from)?;
                let checked = Checker::new(&operands, &[7; 32])
                    .is_ok_and(|checker| checker.full(0, &right.to_bytes()).is_ok());
                if found.last() != Some(&right) || !checked {
                    let device = engine.name();
                    return Err(TestError::Differs {
                        device,
                        kind: kind.name(),
                        side: *side,
                        seed,
                    });
                }
                done += 1;
                progress(done, total);
            }
            shapes.push(throughput(shape, plan.seeds, took));
        }
    }
    Ok(Passed { device: engine.name(), shapes })
}

fn timed(
    engine: &dyn Engine,
    operands: &Operands,
    count: u32,
) -> Result<(Vec<Matrix>, Duration), ComputeError> {
    let (begun, mut found) = (Instant::now(), Vec::new());
    engine.products(operands, count, &Control::default(), &mut |matrix| {
        found.push(matrix);
        Ok(())
    })?;
    Ok((found, begun.elapsed()))
}

fn throughput(shape: Shape, products: u32, took: Duration) -> Throughput {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
    let operations = u128::from(shape.multiply_adds()) * 2 * u128::from(products);
    let giga_operations =
        u64::try_from(operations / u128::from(micros) / 1_000).unwrap_or(u64::MAX);
    Throughput { kind: shape.kind().name(), side: shape.n(), products, micros, giga_operations }
}

/// The self-test of every device at every start: known results of both kinds, among them the largest
/// sums.
///
/// # Errors
/// [`SelfTestError`] names the first case that differs.
pub fn known_results(backend: &dyn Backend) -> Result<(), SelfTestError> {
    self_test(backend)
}

/// Units of work that a device does in a second, as the chain counts them, drawing operands and hashing
/// results included; at least 1.
///
/// # Errors
/// [`ComputeError`] if it does not compute at all.
pub fn units_per_second(engine: &dyn Engine) -> Result<u64, ComputeError> {
    let (side, count) = MEASURED;
    let shape = shape(Kind::Int8, side)?;
    let operands = operands(shape, 0);
    timed(engine, &operands, 1)?;
    let begun = Instant::now();
    let mut trees: Vec<Tree> = Vec::new();
    engine.products(&operands, count, &Control::default(), &mut |matrix| {
        trees.push(matrix.tree(0));
        Ok(())
    })?;
    let micros = begun.elapsed().as_micros().max(1);
    let units = u128::from(shape.multiply_adds()) * u128::from(count)
        / u128::from(althing_types::compute::UNIT_MULTIPLICATIONS);
    Ok(u64::try_from(units * 1_000_000 / micros).unwrap_or(u64::MAX).max(1))
}

/// What it costs to check against what it costs to compute, of one product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CheckCost {
    /// Side of the matrices.
    pub side: u32,
    /// Time of the product, in microseconds.
    pub compute_micros: u64,
    /// Time to check all rows on one thread, in microseconds.
    pub check_micros: u64,
}

/// Measures both for a product of this side.
///
/// # Errors
/// [`TestError`] if the result is wrong.
pub fn check_cost(engine: &dyn Engine, side: u32) -> Result<CheckCost, TestError> {
    let shape = shape(Kind::Int8, side)?;
    let operands = operands(shape, 1);
    let (found, took) = timed(engine, &operands, 1)?;
    let bytes = found.first().map(Matrix::to_bytes).unwrap_or_default();
    let begun = Instant::now();
    let right =
        Checker::new(&operands, &[9; 32]).is_ok_and(|checker| checker.full(0, &bytes).is_ok());
    if !right {
        let device = engine.name();
        return Err(TestError::Differs { device, kind: shape.kind().name(), side, seed: 1 });
    }
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    Ok(CheckCost { side, compute_micros: micros(took), check_micros: micros(begun.elapsed()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::{BackendEngine, CpuEngine};
    use althing_compute::{BackendError, CpuConfig, Portable};
    use std::{cell::Cell, num::NonZeroUsize};

    fn cpu() -> CpuEngine {
        let threads = NonZeroUsize::MIN;
        CpuEngine::new(CpuConfig { threads, memory_bytes: 1 << 30 }).unwrap()
    }

    /// Right but for one bit of one entry.
    struct OneBit;

    impl Backend for OneBit {
        fn name(&self) -> &str {
            "one bit"
        }

        fn multiply(
            &self,
            operands: &Operands,
            product: u32,
            control: &Control<'_>,
        ) -> Result<Matrix, BackendError> {
            let right = Portable.multiply(operands, product, control)?;
            let mut entries = right.entries().to_vec();
            entries[77] ^= 1;
            Matrix::new(right.shape(), entries).ok_or(BackendError::Cancelled)
        }
    }

    #[test]
    fn the_processor_agrees_with_the_reference() {
        let seen = Cell::new((0, 0));
        let plan = TestPlan { seeds: 3, largest: 256 };
        let passed = compare(&cpu(), &Portable, plan, &|done, of| seen.set((done, of))).unwrap();
        assert_eq!(seen.get(), (6, 6));
        assert_eq!(passed.shapes.len(), 2);
        assert!(passed.shapes.iter().all(|shape| shape.products == 3 && shape.micros > 0));
        assert!(units_per_second(&cpu()).unwrap() > 1);
        assert!(check_cost(&cpu(), 512).unwrap().check_micros > 0);
    }

    #[test]
    fn one_bit_is_enough_to_be_refused() {
        let engine = BackendEngine::new(OneBit, 1 << 30);
        let plan = TestPlan { seeds: 1, largest: 256 };
        let error = compare(&engine, &Portable, plan, &|_, _| {}).unwrap_err();
        assert!(matches!(error, TestError::Differs { side: 256, seed: 0, .. }));
        assert!(matches!(known_results(&OneBit), Err(SelfTestError::Wrong { case: 0, .. })));
        assert!(matches!(check_cost(&engine, 256), Err(TestError::Differs { .. })));
    }
}
