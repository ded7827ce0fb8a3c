//! Scores evidence: five levels, 100 points, each level with the reasons why points are missing.
//!
//! A pure function of evidence, of what the chain has verified itself, of the whitelist and of the
//! policy. Integers only, no clock, no input or output, no panics: every node gets the same report.
//!
//! | level | points | condition |
//! |---|---|---|
//! | device | 10 | the description is complete and consistent with the listed model |
//! | driver | 20 | the library's hash is on the whitelist and all versions agree |
//! | bus | 30 | driver and operating system report the same PCI function, and it belongs to the model |
//! | challenge | 30 | the products were right, at a speed that the claimed model has |
//! | signature | 10 | the worker's key signed the evidence |
//!
//! A report that the hardware signed ([`crate::report`]) and that names the claimed model's chip gives
//! device, driver and bus their points by itself; one that does not count takes them away.
#![deny(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)]

mod hardware;
mod levels;
mod policy;
mod reason;

pub use policy::Policy;
pub use reason::{Flag, Reason, Rejection};

use crate::{
    evidence::{DeviceKind, Evidence, EvidenceError, ModelName},
    report::{self, Expected, HardwareReport, ReportError, Statement},
    whitelist::{Model, PPM, Rate, Whitelist},
};
use hardware::Hardware;
use serde::{Deserialize, Serialize};

/// Points of all levels together.
pub const MAX_SCORE: u32 = 100;
/// A product that takes longer than this many times the slowest honest device of the claimed model
/// was computed by something else.
pub const EMULATION_FACTOR: u128 = 10;

/// Arithmetic of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// FP16 operands that hold small integers, FP32 accumulation.
    Fp16,
    /// 8-bit integer operands, 32-bit integer accumulation.
    Int8,
}

impl std::fmt::Display for Precision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Fp16 => "FP16",
            Self::Int8 => "INT8",
        })
    }
}

/// Work and the time that it took. The verifier measures the time: from publishing the challenge to
/// the commitment, so it holds the transfer too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Benchmark {
    /// Arithmetic used.
    pub precision: Precision,
    /// Multiplications with addition: the sum of `m * n * k` over all products.
    pub multiply_adds: u64,
    /// Time, microseconds.
    pub duration_micros: u64,
}

impl Benchmark {
    /// Effective speed in milliTFLOPS: `2 * multiply_adds / (1000 * duration_micros)`, rounded down.
    /// Zero where no time was measured: nobody is paid for an impossible benchmark.
    pub fn milli_tflops(&self) -> u64 {
        let operations = u128::from(self.multiply_adds).saturating_mul(2);
        let divisor = u128::from(self.duration_micros).saturating_mul(1_000);
        operations.checked_div(divisor).map_or(0, |speed| u64::try_from(speed).unwrap_or(u64::MAX))
    }

    /// Time of the slowest honest device, microseconds, rounded down.
    fn slowest_honest_micros(&self, rate: Rate) -> u128 {
        let operations = u128::from(self.multiply_adds).saturating_mul(2);
        operations.checked_div(u128::from(rate.low).saturating_mul(1_000)).unwrap_or(u128::MAX)
    }

    /// Whether the time is beyond [`EMULATION_FACTOR`] times the slowest honest one.
    fn is_emulation(&self, rate: Rate) -> bool {
        // At least a millisecond: shorter work says nothing about speed.
        let expected = self.slowest_honest_micros(rate).max(1_000);
        u128::from(self.duration_micros) > expected.saturating_mul(EMULATION_FACTOR)
    }
}

/// A challenge whose result the chain has checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// Whether every checked entry of the committed results was right.
    pub correct: bool,
    /// Work and time.
    pub benchmark: Benchmark,
}

/// What became of a report that the hardware signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum ReportOutcome {
    /// It was verified.
    Verified {
        /// What it says.
        statement: Statement,
    },
    /// It was not.
    Refused {
        /// Why.
        error: ReportError,
    },
}

impl ReportOutcome {
    /// Verifies a report.
    pub fn of(report: &HardwareReport, expected: &Expected) -> Self {
        match report::verify(report, expected) {
            Ok(statement) => Self::Verified { statement },
            Err(error) => Self::Refused { error },
        }
    }

    /// What the report says, if it was verified.
    pub const fn statement(&self) -> Option<&Statement> {
        match self {
            Self::Verified { statement } => Some(statement),
            Self::Refused { .. } => None,
        }
    }
}

/// What the chain knows by itself, not by the worker's word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verified {
    /// Whether the worker's registered key signed this evidence.
    pub signature: bool,
    /// The challenge of this attestation, if it was answered.
    pub challenge: Option<Challenge>,
    /// Earlier benchmarks of the same worker.
    pub earlier: Vec<Benchmark>,
    /// What became of the hardware's report; `None` where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportOutcome>,
}

/// Points of one level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// `device`, `driver`, `bus`, `challenge` or `signature`.
    pub name: String,
    /// Points given.
    pub points: u32,
    /// Points that the level can give.
    pub maximum: u32,
    /// Why points are missing; empty exactly when none are.
    pub reasons: Vec<Reason>,
}

/// The judgement of one attestation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The five levels in order.
    pub levels: Vec<Level>,
    /// Sum of their points, at most [`MAX_SCORE`].
    pub score: u32,
    /// Effective speed in the challenge, milliTFLOPS; zero without a right result.
    pub performance_milli_tflops: u64,
    /// The listed model that the device was recognised as.
    pub model: Option<ModelName>,
    /// Weight in rewards, ppm: the model's where bus and challenge confirm it; the least of the
    /// models with its chip where the hardware's report and the challenge do; else the lowest.
    pub tier_ppm: u32,
    /// Whether the hardware's own report confirms the claimed model's chip.
    pub vouched: bool,
    /// What somebody should look at; flags do not reject.
    pub flags: Vec<Flag>,
    /// Why the worker may not work; empty when it may.
    pub rejections: Vec<Rejection>,
}

impl Report {
    /// Whether the worker may take tasks.
    pub fn is_eligible(&self) -> bool {
        self.rejections.is_empty()
    }

    /// Every sentence that a worker's owner should read: rejections, missing points, flags.
    pub fn sentences(&self) -> Vec<String> {
        let rejections = self.rejections.iter().map(ToString::to_string);
        let missing = self.levels.iter().flat_map(|level| {
            level.reasons.iter().map(move |reason| format!("{}: {reason}", level.name))
        });
        rejections.chain(missing).chain(self.flags.iter().map(ToString::to_string)).collect()
    }
}

/// Scores evidence.
///
/// # Errors
/// [`EvidenceError`] where the evidence has another version or breaks a bound: it is refused, and
/// says nothing about the worker's honesty.
pub fn score(
    evidence: &Evidence,
    verified: &Verified,
    whitelist: &Whitelist,
    policy: &Policy,
) -> Result<Report, EvidenceError> {
    evidence.check()?;
    let model = claimed_model(evidence, whitelist);
    let hardware = hardware::compare(evidence, verified, model);
    let bus = levels::bus(evidence, model, whitelist);
    let challenge = levels::challenge(verified, model);
    let tier_ppm = tier(&hardware, (&bus, &challenge), model, whitelist);
    let levels = vec![
        level("device", 10, hardware.instead_of(levels::device(evidence, model, whitelist))),
        level("driver", 20, hardware.instead_of(levels::driver(evidence, whitelist))),
        level("bus", 30, hardware.instead_of(bus)),
        level("challenge", 30, challenge),
        level("signature", 10, levels::signature(verified)),
    ];
    let score = levels.iter().fold(0_u32, |sum, level| sum.saturating_add(level.points));
    let performance_milli_tflops = performance(verified);
    Ok(Report {
        score,
        performance_milli_tflops,
        model: model.map(|model| model.name.clone()),
        tier_ppm,
        vouched: matches!(hardware, Hardware::Vouches),
        flags: flags(evidence, verified, policy),
        rejections: rejections(evidence, verified, model, policy, score),
        levels,
    })
}

/// What takes the levels that rest on the worker's words away: that the hardware's report was
/// refused, or what in it contradicts them. `None` where it confirms them, or says nothing of them.
pub fn doubt(evidence: &Evidence, report: ReportOutcome, whitelist: &Whitelist) -> Option<Reason> {
    let verified = Verified { report: Some(report), ..Verified::default() };
    match hardware::compare(evidence, &verified, claimed_model(evidence, whitelist)) {
        Hardware::Doubtful(reason) => Some(reason),
        Hardware::Silent | Hardware::Vouches => None,
    }
}

/// The weight of a device; `bus` and `challenge` are the reasons of the words and of the speed.
fn tier(
    hardware: &Hardware,
    (bus, challenge): (&[Reason], &[Reason]),
    model: Option<&Model>,
    whitelist: &Whitelist,
) -> u32 {
    match (hardware, model) {
        (Hardware::Silent | Hardware::Vouches, Some(model))
            if bus.is_empty() && challenge.is_empty() =>
        {
            model.tier_ppm
        }
        (Hardware::Vouches, Some(model)) if challenge.is_empty() => {
            hardware::least_tier(model, whitelist)
        }
        _ => whitelist.unknown_tier_ppm,
    }
}

/// The listed model that the device claims to be. A processor claims none, whatever it is named.
fn claimed_model<'a>(evidence: &Evidence, whitelist: &'a Whitelist) -> Option<&'a Model> {
    (evidence.device.kind == DeviceKind::Gpu)
        .then(|| whitelist.model(&evidence.device.model))
        .flatten()
}

fn level(name: &str, maximum: u32, reasons: Vec<Reason>) -> Level {
    let points = if reasons.is_empty() { maximum } else { 0 };
    Level { name: name.to_owned(), points, maximum, reasons }
}

fn performance(verified: &Verified) -> u64 {
    verified
        .challenge
        .filter(|challenge| challenge.correct)
        .map_or(0, |challenge| challenge.benchmark.milli_tflops())
}

fn flags(evidence: &Evidence, verified: &Verified, policy: &Policy) -> Vec<Flag> {
    let mut flags = Vec::new();
    if evidence.device.multi_instance == Some(true) {
        flags.push(Flag::MultiInstance);
    }
    if let Some((slowest, fastest)) = spread(verified)
        && exceeds(slowest, fastest, policy.variance_ppm)
    {
        flags.push(Flag::Variance { slowest, fastest });
    }
    flags
}

/// Slowest and fastest of the benchmarks at the challenge's precision, milliTFLOPS.
fn spread(verified: &Verified) -> Option<(u64, u64)> {
    let now = verified.challenge.filter(|challenge| challenge.correct)?.benchmark;
    let speeds = verified
        .earlier
        .iter()
        .filter(|earlier| earlier.precision == now.precision)
        .map(Benchmark::milli_tflops)
        .chain([now.milli_tflops()]);
    let (slowest, fastest) =
        speeds.fold((u64::MAX, 0), |(low, high), speed| (low.min(speed), high.max(speed)));
    Some((slowest, fastest))
}

/// Whether two speeds lie more than `±tolerance` around their middle:
/// `(fastest - slowest) / (fastest + slowest) > tolerance`.
fn exceeds(slowest: u64, fastest: u64, tolerance_ppm: u32) -> bool {
    let difference = u128::from(fastest.saturating_sub(slowest)).saturating_mul(u128::from(PPM));
    let sum = u128::from(fastest).saturating_add(u128::from(slowest));
    difference > sum.saturating_mul(u128::from(tolerance_ppm))
}

fn rejections(
    evidence: &Evidence,
    verified: &Verified,
    model: Option<&Model>,
    policy: &Policy,
    score: u32,
) -> Vec<Rejection> {
    let mut rejections = Vec::new();
    if score < policy.minimum_score {
        rejections.push(Rejection::Score { score, minimum: policy.minimum_score });
    }
    let memory = evidence.device.memory_bytes;
    if memory < policy.minimum_memory_bytes {
        rejections.push(Rejection::Memory { bytes: memory, minimum: policy.minimum_memory_bytes });
    }
    if evidence.device.kind == DeviceKind::Cpu && !policy.admits_processors {
        rejections.push(Rejection::Processor);
    }
    let Some(challenge) = verified.challenge else {
        rejections.push(Rejection::Unproved);
        return rejections;
    };
    if !challenge.correct {
        rejections.push(Rejection::Unproved);
    }
    let benchmark = challenge.benchmark;
    if let Some(model) = model
        && benchmark.is_emulation(model.rate(benchmark.precision))
    {
        rejections.push(Rejection::Emulation {
            model: model.name.clone(),
            duration_micros: benchmark.duration_micros,
        });
    }
    let minimum = policy.minimum_milli_tflops(benchmark.precision);
    let performance = benchmark.milli_tflops();
    if performance < minimum {
        rejections.push(Rejection::Performance { milli_tflops: performance, minimum });
    }
    rejections
}
