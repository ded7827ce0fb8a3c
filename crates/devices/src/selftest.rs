//! One run that says what a machine is, whether it computes exactly, and how fast.
//!
//! Prints nothing; the example `selftest` shows the report.

use crate::{
    attestation::{self, Benchmark, Challenge, Policy, Precision, Verified},
    collect,
    evidence::{DeviceKind, Evidence},
    inventory::{Inventory, Probe},
    keystream::{Alphabet, Keystream},
    product::{Multiply, Processor, Shape},
    whitelist::Whitelist,
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::path::Path;

/// What to compare and to measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Shapes that are compared with the processor, entry by entry.
    pub shapes: Vec<Shape>,
    /// Random operands for each shape; the operands made to break accumulators come besides.
    pub seeds: u32,
    /// Shape whose speed is measured on a graphics device.
    pub speed: Option<Shape>,
    /// Shape whose speed is measured on the processor.
    pub processor_speed: Option<Shape>,
    /// Measurements, of which the median counts.
    pub rounds: u32,
}

const fn cube(size: u32) -> Shape {
    Shape { m: size, n: size, k: size }
}

impl Plan {
    /// Seconds: what a worker runs before it offers a device.
    pub fn quick() -> Self {
        Self {
            shapes: vec![
                Shape { m: 1, n: 1, k: 1 },
                Shape { m: 17, n: 33, k: 65 },
                Shape { m: 64, n: 48, k: 4_096 },
                Shape { m: 130, n: 70, k: 1_500 },
            ],
            seeds: 2,
            speed: None,
            processor_speed: None,
            rounds: 0,
        }
    }

    /// The quick shapes, a thousand cubed, the largest sums, and the speed at 4,096 cubed.
    pub fn full() -> Self {
        let mut plan = Self::quick();
        plan.shapes.extend([cube(1_000), Shape { m: 16, n: 16, k: 131_071 }]);
        plan.seeds = 3;
        plan.speed = Some(cube(4_096));
        plan.processor_speed = Some(cube(1_024));
        plan.rounds = 9;
        plan
    }
}

/// Operands that a comparison uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// Keystream of that number, entries -128 to 127.
    Random(u32),
    /// Keystream, entries -64 to 63: the alphabet whose sums of 4,096 terms fit FP32.
    SevenBits,
    /// -128 everywhere: the largest sums.
    Lowest,
    /// 127 and -127 in turns against 127: large terms that cancel.
    Cancelling,
    /// One large term, then ones: an accumulator that is too narrow loses the ones.
    LargeThenOnes,
}

impl Pattern {
    fn operands(self, shape: Shape) -> (Vec<i8>, Vec<i8>) {
        let (left, right) = (shape.left_entries() as usize, shape.right_entries() as usize);
        let inner = shape.k as usize;
        let first = |at: usize, high: i8| if at.is_multiple_of(inner) { high } else { 1 };
        match self {
            Self::Random(seed) => streams(shape, seed, Alphabet::SIGNED),
            Self::SevenBits => streams(shape, u32::MAX, Alphabet::SEVEN_BITS),
            Self::Lowest => (vec![-128; left], vec![-128; right]),
            Self::Cancelling => {
                let turn = |at: usize| if at.is_multiple_of(2) { 127 } else { -127 };
                ((0..left).map(|at| turn(at % inner)).collect(), vec![127; right])
            }
            Self::LargeThenOnes => {
                let large = |count: usize| (0..count).map(|at| first(at, 127)).collect();
                (large(left), large(right))
            }
        }
    }
}

fn key(seed: u32, side: u8) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"althing-devices self-test");
    hasher.update(seed.to_le_bytes());
    hasher.update([side]);
    hasher.finalize().into()
}

fn streams(shape: Shape, seed: u32, alphabet: Alphabet) -> (Vec<i8>, Vec<i8>) {
    let side = |side, rows| Keystream::new(&key(seed, side)).rows(alphabet, 0, rows, shape.k);
    (side(0, shape.m), side(1, shape.n))
}

/// The first entry that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Row of C.
    pub row: u32,
    /// Column of C.
    pub column: u32,
    /// What the processor computed.
    pub expected: i32,
    /// What the device computed.
    pub actual: i32,
    /// How many entries differ.
    pub entries: u64,
}

/// One comparison of a device with the processor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// What was compared: `INT8 64×48×4096 Random(1)`, or the generation of operands.
    pub what: String,
    /// The first difference, if there is one.
    pub difference: Option<Difference>,
    /// Why there is no result, as a sentence.
    pub error: Option<String>,
}

impl Comparison {
    /// Whether every entry was the same.
    pub fn is_identical(&self) -> bool {
        self.difference.is_none() && self.error.is_none()
    }

    /// Why the device is to be refused, if it is.
    pub fn objection(&self) -> Option<String> {
        if let Some(error) = &self.error {
            return Some(format!("{}: {error}", self.what));
        }
        self.difference.map(|difference| {
            format!(
                "{}: {} entries differ, the first at row {} column {}: {} instead of {}",
                self.what,
                difference.entries,
                difference.row,
                difference.column,
                difference.actual,
                difference.expected
            )
        })
    }
}

/// Speed of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Speed {
    /// What was multiplied.
    pub shape: Shape,
    /// Median work and time, of the multiplication alone.
    pub benchmark: Benchmark,
    /// Effective speed, milliTFLOPS.
    pub milli_tflops: u64,
}

/// What was found about one computing device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tested {
    /// Its name.
    pub name: String,
    /// Comparisons with the processor; empty for the processor itself.
    pub comparisons: Vec<Comparison>,
    /// Why it must not be used; empty if it may.
    pub objections: Vec<String>,
    /// Speeds; none where the device is refused.
    pub speeds: Vec<Speed>,
}

/// What a chain would say about a device, if it had seen what was measured here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// The evidence.
    pub evidence: Evidence,
    /// The report under the policy of mainnet with a valid signature, or why there is none.
    pub report: Result<attestation::Report, String>,
}

/// The whole report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SelfTest {
    /// Devices of the machine.
    pub inventory: Inventory,
    /// Why no CUDA device was tested, as a sentence.
    pub cuda: Option<String>,
    /// Devices that were tested: CUDA devices in order, then the processor.
    pub tested: Vec<Tested>,
    /// One preview for each device of the inventory.
    pub previews: Vec<Preview>,
}

impl SelfTest {
    /// Whether no device was refused.
    pub fn passed(&self) -> bool {
        self.tested.iter().all(|device| device.objections.is_empty())
    }
}

/// Inventory, comparisons, speeds and previews of this machine.
pub fn selftest(probe: &dyn Probe, root: &Path, whitelist: &Whitelist, plan: &Plan) -> SelfTest {
    let inventory = Inventory::take(probe, root);
    let (mut tested, cuda) = graphics(plan);
    let mut processor = Processor::default();
    tested.push(Tested {
        name: processor.name(),
        comparisons: Vec::new(),
        objections: Vec::new(),
        speeds: speeds(&mut processor, plan.processor_speed, plan.rounds),
    });
    let previews = collect::evidence(&inventory, root)
        .into_iter()
        .map(|evidence| preview(evidence, &tested, whitelist))
        .collect();
    SelfTest { inventory, cuda, tested, previews }
}

#[cfg(feature = "nvidia")]
fn graphics(plan: &Plan) -> (Vec<Tested>, Option<String>) {
    use crate::cuda::{CudaDevice, device_count};
    let count = match device_count() {
        Ok(count) => count,
        Err(error) => return (Vec::new(), Some(error.to_string())),
    };
    let tested = (0..count)
        .map(|ordinal| match CudaDevice::open(ordinal) {
            Ok(mut device) => examine(&mut device, plan),
            Err(error) => Tested {
                name: format!("CUDA device {ordinal}"),
                comparisons: Vec::new(),
                objections: vec![error.to_string()],
                speeds: Vec::new(),
            },
        })
        .collect();
    (tested, (count == 0).then(|| "the CUDA driver counts no device".to_owned()))
}

#[cfg(not(feature = "nvidia"))]
fn graphics(_: &Plan) -> (Vec<Tested>, Option<String>) {
    (Vec::new(), Some(crate::inventory::ProbeError::NotBuilt.to_string()))
}

/// Compares a device with the processor and, if it is exact, measures it.
pub fn examine(device: &mut dyn Multiply, plan: &Plan) -> Tested {
    let comparisons = compare(device, plan);
    let objections: Vec<String> = comparisons.iter().filter_map(Comparison::objection).collect();
    let speeds = match objections.is_empty() {
        true => speeds(device, plan.speed, plan.rounds),
        false => Vec::new(),
    };
    Tested { name: device.name(), comparisons, objections, speeds }
}

/// Compares a device with the processor, entry by entry: products of every shape, pattern and
/// arithmetic, and the generation of operands.
pub fn compare(device: &mut dyn Multiply, plan: &Plan) -> Vec<Comparison> {
    let mut comparisons = vec![generated(device)];
    for &shape in &plan.shapes {
        let hard =
            [Pattern::SevenBits, Pattern::Lowest, Pattern::Cancelling, Pattern::LargeThenOnes];
        for pattern in (0..plan.seeds).map(Pattern::Random).chain(hard) {
            let (a, b) = pattern.operands(shape);
            let expected = Processor::default().multiply(shape, &a, &b, Precision::Int8);
            for precision in device.precisions() {
                let what = format!("{precision} {shape} {pattern:?}");
                let actual = device.multiply(shape, &a, &b, precision);
                comparisons.push(match (&expected, actual) {
                    (Ok(expected), Ok(actual)) => {
                        entries(what, &expected.entries, &actual.entries, shape.n)
                    }
                    (Err(error), _) => failed(what, error.to_string()),
                    (_, Err(error)) => failed(what, error.to_string()),
                });
            }
        }
    }
    comparisons
}

fn failed(what: String, error: String) -> Comparison {
    Comparison { what, difference: None, error: Some(error) }
}

fn entries(what: String, expected: &[i32], actual: &[i32], columns: u32) -> Comparison {
    if expected.len() != actual.len() {
        let error = format!("{} entries instead of {}", actual.len(), expected.len());
        return failed(what, error);
    }
    let differing = || expected.iter().zip(actual).enumerate().filter(|(_, (a, b))| a != b);
    let difference = differing().next().map(|(at, (&expected, &actual))| Difference {
        row: (at / columns as usize) as u32,
        column: (at % columns as usize) as u32,
        expected,
        actual,
        entries: differing().count() as u64,
    });
    Comparison { what, difference, error: None }
}

/// Rows of odd length, from the middle of a stream.
fn generated(device: &mut dyn Multiply) -> Comparison {
    const ROWS: u32 = 5;
    const LENGTH: u32 = 203;
    let what = format!("generation of {ROWS}×{LENGTH} operands");
    let streams = Keystream::new(&key(0, 2));
    let expected = streams.rows(Alphabet::SIGNED, 1_000, ROWS, LENGTH);
    let widen = |entries: &[i8]| entries.iter().map(|&entry| i32::from(entry)).collect::<Vec<_>>();
    match device.generate(&streams, Alphabet::SIGNED, 1_000, ROWS, LENGTH) {
        Ok(actual) => entries(what, &widen(&expected), &widen(&actual), LENGTH),
        Err(error) => failed(what, error.to_string()),
    }
}

fn speeds(device: &mut dyn Multiply, shape: Option<Shape>, rounds: u32) -> Vec<Speed> {
    let Some(shape) = shape else {
        return Vec::new();
    };
    let (a, b) = Pattern::SevenBits.operands(shape);
    let precisions = device.precisions();
    precisions
        .into_iter()
        .filter_map(|precision| {
            let mut times: Vec<u64> = (0..rounds)
                .map_while(|_| device.multiply(shape, &a, &b, precision).ok())
                .map(|product| product.micros)
                .collect();
            times.sort_unstable();
            let duration_micros = *times.get(times.len() / 2)?;
            let multiply_adds = shape.multiply_adds();
            let benchmark = Benchmark { precision, multiply_adds, duration_micros };
            Some(Speed { shape, benchmark, milli_tflops: benchmark.milli_tflops() })
        })
        .collect()
}

/// Graphics devices are matched by their number: CUDA and NVML count alike where
/// `CUDA_DEVICE_ORDER=PCI_BUS_ID` is set, or where all devices are of one model.
fn preview(evidence: Evidence, tested: &[Tested], whitelist: &Whitelist) -> Preview {
    let device = match evidence.device.kind {
        DeviceKind::Gpu => tested
            .split_last()
            .and_then(|(_, graphics)| graphics.get(usize::from(evidence.device.index))),
        DeviceKind::Cpu => tested.last(),
    };
    let challenge = device.and_then(|device| {
        let speed = device.speeds.last()?;
        Some(Challenge { correct: device.objections.is_empty(), benchmark: speed.benchmark })
    });
    let verified = Verified { signature: true, challenge, earlier: Vec::new(), report: None };
    let report = attestation::score(&evidence, &verified, whitelist, &Policy::MAINNET)
        .map_err(|error| error.to_string());
    Preview { evidence, report }
}
