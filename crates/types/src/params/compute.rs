//! Parameters of compute: workers, tasks, and how results are checked.

use super::{ParamsError, Range, ppm, tokens};
use crate::{
    Amount, Period, Ppm,
    amount::UNITS_PER_TOKEN,
    compute::{Price, Prices, ProductKind, Shape},
    limits::MAX_BATCH,
    struct_codec,
};
use serde::{Deserialize, Serialize};

/// Parameters of module `compute`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComputeParams {
    /// Least stake of a worker, in base units.
    pub min_stake: Amount,
    /// From the wish to leave to the payment of the stake.
    pub unbonding: Period,
    /// The part of its stake that a wrong result costs a worker; at most a half.
    pub wrong_slash: Ppm,
    /// The part of it that goes to who proved it; at most a half, so that nobody gains by proving
    /// its own results wrong.
    pub prover_share: Ppm,
    /// Wrong results that ban a worker, 1 to 100.
    pub max_strikes: u64,
    /// What it costs to dispute a result that is right, in base units.
    pub dispute_bond: Amount,
    /// The part of a price that goes to the worker.
    pub worker_share: Ppm,
    /// The part of a price that goes to those who checked the result; the rest is burned.
    pub validator_share: Ppm,
    /// The part of the results for the network that workers plant; at most a tenth.
    pub plant_rate: Ppm,
    /// What the proof that a planted result is wrong earns, in base units, out of the miners' pool.
    pub plant_bounty: Amount,
    /// Epochs for which a worker can claim its part of the miners' pool, 1 to 8.
    pub claim_epochs: u64,
    /// From what is bound by a block to the randomness that judges it, in blocks, 1 to 100.
    pub beacon_delay: u64,
    /// Validators that check a result, 1 to 32; all, if there are fewer.
    pub committee: u64,
    /// Rows of a batch that all of them check, 1 to 4,096.
    pub samples: u64,
    /// Rows of a batch that each of them checks besides, 0 to 4,096.
    pub own_samples: u64,
    /// Most results that await votes at a time, 1 to 1,024: more are committed to later.
    pub max_verifying: u64,
    /// How long they have.
    pub vote_window: Period,
    /// How long a result can be proven wrong once it is accepted.
    pub dispute_window: Period,
    /// What every task has in time, besides what its size needs.
    pub base_time: Period,
    /// The time that a unit of work has on a graphics processor, in microseconds, 1 to 10,000,000.
    pub unit_time_us: u64,
    /// The same on a processor.
    pub cpu_unit_time_us: u64,
    /// Most units of work of one batch, 1 to 100,000,000.
    pub max_units: u64,
    /// Workers that may try a paid task, one after the other, 1 to 16.
    pub max_attempts: u64,
    /// How long a paid task waits for a worker.
    pub open_time: Period,
    /// How long the record of a task that is over stays.
    pub retention: Period,
    /// Tasks that a block moves on by itself, 1 to 256.
    pub due_per_block: u64,
    /// Most tasks of a device at a time, 1 to 16.
    pub max_open_per_device: u64,
    /// Least points of a graphics processor, 0 to 100.
    pub min_score: u64,
    /// Least memory of a graphics processor, in MiB, 0 to 1,048,576. 16 GB are 15,258 MiB: drivers
    /// report a little less than what is sold as 16 GiB.
    pub min_memory_mib: u64,
    /// Least performance of a graphics processor, in milli-TFLOPS, 0 to 1,000,000,000.
    pub min_performance: u64,
    /// How long an attestation counts.
    pub attestation: Period,
    /// How often a device must be measured when it takes a task; at most a half.
    pub spot_check: Ppm,
    /// A device that computes so much more or less than the last time is flagged.
    pub max_variance: Ppm,
    /// Side of the matrices of a benchmark of a graphics processor, 256 to 16,384; a multiple of 256.
    pub benchmark_size: u64,
    /// Products of a benchmark of a graphics processor, 1 to 64. That of a processor has one.
    pub benchmark_count: u64,
    /// Side of the matrices of a benchmark of a processor, in the same bounds.
    pub cpu_benchmark_size: u64,
    /// What blocks and messages take, in milliseconds, 0 to 60,000: so much of the time of a benchmark
    /// does not count.
    pub benchmark_latency_ms: u64,
    /// What the work of a processor counts, as a part of the greatest tier. None: processors get no
    /// work.
    pub cpu_tier: Ppm,
    /// The shapes that earn credit, 1 to 32, each once; changed as a whole by proposals of their own
    /// kind.
    pub prices: Prices,
}

struct_codec!(ComputeParams {
    min_stake,
    unbonding,
    wrong_slash,
    prover_share,
    max_strikes,
    dispute_bond,
    worker_share,
    validator_share,
    plant_rate,
    plant_bounty,
    claim_epochs,
    beacon_delay,
    committee,
    samples,
    own_samples,
    max_verifying,
    vote_window,
    dispute_window,
    base_time,
    unit_time_us,
    cpu_unit_time_us,
    max_units,
    max_attempts,
    open_time,
    retention,
    due_per_block,
    max_open_per_device,
    min_score,
    min_memory_mib,
    min_performance,
    attestation,
    spot_check,
    max_variance,
    benchmark_size,
    benchmark_count,
    cpu_benchmark_size,
    benchmark_latency_ms,
    cpu_tier,
    prices,
});

impl ComputeParams {
    /// Highest legal `claim_epochs`: the record of a worker's credits holds as many and the running
    /// one.
    pub const MAX_CLAIM_EPOCHS: u64 = 8;
    /// Highest legal `max_verifying`: the list of what awaits votes holds as many.
    pub const MAX_VERIFYING: u64 = 1_024;
    /// Highest legal `max_open_per_device`.
    pub const MAX_OPEN_PER_DEVICE: u64 = 16;

    /// Development networks: small shapes, on any machine, in seconds.
    pub fn devnet() -> Self {
        Self {
            min_stake: tokens(100),
            unbonding: Period::blocks(100),
            wrong_slash: ppm(50_000),
            prover_share: ppm(300_000),
            max_strikes: 3,
            dispute_bond: tokens(10),
            worker_share: ppm(850_000),
            validator_share: ppm(100_000),
            plant_rate: ppm(10_000),
            // Less than a hundred results cost in fees: nobody plants for the bounty.
            plant_bounty: Amount::new(UNITS_PER_TOKEN / 100),
            claim_epochs: Self::MAX_CLAIM_EPOCHS,
            beacon_delay: 4,
            committee: 4,
            samples: 128,
            own_samples: 128,
            max_verifying: 256,
            vote_window: Period { blocks: 10, ms: 30_000 },
            dispute_window: Period { blocks: 10, ms: 10_000 },
            base_time: Period { blocks: 10, ms: 30_000 },
            unit_time_us: 200,
            cpu_unit_time_us: 20_000,
            max_units: 1_000_000,
            max_attempts: 3,
            open_time: Period { blocks: 50, ms: 60_000 },
            retention: Period::blocks(1_000),
            due_per_block: 64,
            max_open_per_device: 2,
            min_score: 50,
            min_memory_mib: 0,
            min_performance: 0,
            attestation: Period::ms(7 * Period::DAY_MS),
            spot_check: ppm(50_000),
            max_variance: ppm(100_000),
            benchmark_size: 4_096,
            benchmark_count: 4,
            cpu_benchmark_size: 512,
            benchmark_latency_ms: 2_000,
            cpu_tier: ppm(50_000),
            prices: devnet_prices(),
        }
    }

    /// Public test networks.
    pub fn testnet() -> Self {
        Self {
            unbonding: Period::ms(7 * Period::DAY_MS),
            committee: 12,
            own_samples: 64,
            max_verifying: 1_024,
            vote_window: Period { blocks: 30, ms: 2 * Period::MINUTE_MS },
            dispute_window: Period { blocks: 30, ms: 10 * Period::MINUTE_MS },
            open_time: Period { blocks: 100, ms: 10 * Period::MINUTE_MS },
            retention: Period::ms(Period::DAY_MS),
            min_score: 60,
            min_memory_mib: 11_444,
            min_performance: 1_000,
            benchmark_count: 64,
            cpu_benchmark_size: 1_024,
            prices: public_prices(true),
            ..Self::devnet()
        }
    }

    /// The main network: graphics processors alone.
    pub fn mainnet() -> Self {
        Self {
            min_stake: tokens(1_000),
            unbonding: Period::ms(21 * Period::DAY_MS),
            committee: 16,
            dispute_window: Period { blocks: 60, ms: Period::HOUR_MS },
            min_score: 70,
            min_memory_mib: 15_258,
            min_performance: 2_000,
            cpu_tier: Ppm::ZERO,
            prices: public_prices(false),
            ..Self::testnet()
        }
    }

    /// What the shape earns, if it earns anything.
    pub fn price(&self, shape: &Shape) -> Option<&Price> {
        self.prices.iter().find(|price| price.shape == *shape)
    }

    pub(super) fn validate(&self, range: &Range) -> Result<(), ParamsError> {
        self.validate_money(range)?;
        self.validate_times(range)?;
        let part = |name, part: Ppm, most| range.check(name, part.get().into(), 0, most);
        part("compute.spot_check", self.spot_check, 500_000)?;
        range.check("compute.beacon_delay", self.beacon_delay, 1, 100)?;
        range.check("compute.committee", self.committee, 1, 32)?;
        range.check("compute.samples", self.samples, 1, 4_096)?;
        range.check("compute.own_samples", self.own_samples, 0, 4_096)?;
        let verifying = self.max_verifying;
        range.check("compute.max_verifying", verifying, 1, Self::MAX_VERIFYING)?;
        range.check("compute.max_units", self.max_units, 1, 100_000_000)?;
        range.check("compute.max_attempts", self.max_attempts, 1, 16)?;
        range.check("compute.due_per_block", self.due_per_block, 1, 256)?;
        range.check("compute.max_open_per_device", self.max_open_per_device, 1, 16)?;
        range.check("compute.min_score", self.min_score, 0, 100)?;
        range.check("compute.min_memory_mib", self.min_memory_mib, 0, 1 << 20)?;
        range.check("compute.min_performance", self.min_performance, 0, 1_000_000_000)?;
        for (name, size) in [
            ("compute.benchmark_size", self.benchmark_size),
            ("compute.cpu_benchmark_size", self.cpu_benchmark_size),
        ] {
            range.check(name, size, Shape::MIN_SIDE.into(), Shape::MAX_SIDE.into())?;
            range.multiple(name, size, Shape::TILE.into())?;
        }
        range.check("compute.benchmark_count", self.benchmark_count, 1, MAX_BATCH.into())?;
        range.check("compute.benchmark_latency_ms", self.benchmark_latency_ms, 0, 60_000)?;
        self.validate_prices(range)
    }

    fn validate_money(&self, range: &Range) -> Result<(), ParamsError> {
        let part = |name, part: Ppm, most| range.check(name, part.get().into(), 0, most);
        range.amount("compute.min_stake", self.min_stake)?;
        part("compute.wrong_slash", self.wrong_slash, 500_000)?;
        part("compute.prover_share", self.prover_share, 500_000)?;
        range.check("compute.max_strikes", self.max_strikes, 1, 100)?;
        range.at_most("compute.dispute_bond", self.dispute_bond, tokens(1_000_000))?;
        let rest = 1_000_000u32.saturating_sub(self.worker_share.get());
        part("compute.worker_share", self.worker_share, 1_000_000)?;
        part("compute.validator_share", self.validator_share, rest.into())?;
        part("compute.plant_rate", self.plant_rate, 100_000)?;
        range.at_most("compute.plant_bounty", self.plant_bounty, tokens(1_000))?;
        range.check("compute.claim_epochs", self.claim_epochs, 1, Self::MAX_CLAIM_EPOCHS)
    }

    fn validate_times(&self, range: &Range) -> Result<(), ParamsError> {
        range.period("compute.unbonding", self.unbonding)?;
        range.period("compute.vote_window", self.vote_window)?;
        range.check("compute.vote_window", self.vote_window.blocks, 1, Period::MAX_BLOCKS)?;
        range.period("compute.dispute_window", self.dispute_window)?;
        range.check("compute.dispute_window", self.dispute_window.blocks, 1, Period::MAX_BLOCKS)?;
        range.period("compute.base_time", self.base_time)?;
        range.check("compute.base_time", self.base_time.blocks, 1, Period::MAX_BLOCKS)?;
        range.check("compute.unit_time_us", self.unit_time_us, 1, 10_000_000)?;
        range.check("compute.cpu_unit_time_us", self.cpu_unit_time_us, 1, 10_000_000)?;
        range.period("compute.open_time", self.open_time)?;
        range.period("compute.retention", self.retention)?;
        range.period("compute.attestation", self.attestation)
    }

    fn validate_prices(&self, range: &Range) -> Result<(), ParamsError> {
        const NAME: &str = "compute.prices";
        range.check(NAME, self.prices.len() as u64, 1, 32)?;
        for (position, Price { shape, difficulty_ppm, .. }) in self.prices.iter().enumerate() {
            for (side, of) in
                [(shape.m, Shape::BLOCK), (shape.n, Shape::TILE), (shape.k, Shape::BLOCK)]
            {
                range.check(NAME, side.into(), Shape::MIN_SIDE.into(), Shape::MAX_SIDE.into())?;
                range.multiple(NAME, side.into(), of.into())?;
            }
            range.check(NAME, u64::from(*difficulty_ppm), 1, 10_000_000)?;
            // Each shape stands there once.
            let same = self.prices.iter().take(position).filter(|price| price.shape == *shape);
            range.check(NAME, same.count() as u64, 0, 0)?;
        }
        Ok(())
    }
}

/// So many units of work a batch has at most, by its count alone.
const _: () = assert!(MAX_BATCH == 64, "Factors::credit counts on it");

fn price(kind: ProductKind, side: u32, cpu: bool) -> Price {
    // FP16 products have the same multiplications; both kinds count alike.
    Price { shape: Shape::square(kind, side), difficulty_ppm: 1_000_000, cpu }
}

fn list(prices: Vec<Price>) -> Prices {
    Prices::new(prices).unwrap_or_default()
}

/// Shapes for any machine.
fn devnet_prices() -> Prices {
    let kinds = [ProductKind::Int8, ProductKind::Fp16];
    let sides = [256, 512, 1_024, 2_048, 4_096];
    let all = kinds.iter().flat_map(|kind| sides.map(|side| price(*kind, side, side <= 1_024)));
    list(all.collect())
}

/// Shapes that are worth checking; the smallest for processors where they may work.
fn public_prices(cpu: bool) -> Prices {
    let kinds = [ProductKind::Int8, ProductKind::Fp16];
    let small = kinds.iter().filter(|_| cpu).map(|kind| price(*kind, 1_024, true));
    let sides = [2_048, 4_096, 8_192, 16_384];
    let large = kinds.iter().flat_map(|kind| sides.map(|side| price(*kind, side, false)));
    list(small.chain(large).collect())
}
