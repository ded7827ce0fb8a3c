//! Parameters of energy: providers, meters, oracles, the market and disputes.

use super::{ParamsError, Range, ppm, tokens};
use crate::{Amount, Period, Ppm, amount::UNITS_PER_TOKEN, struct_codec};
use serde::{Deserialize, Serialize};

/// Parameters of module `energy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnergyParams {
    /// Least stake of a provider of the best reputation, in base units.
    pub provider_stake: Amount,
    /// What is added to it for each kW of capacity, in base units. A provider without a good
    /// reputation stakes up to twice the sum.
    pub stake_per_kw: Amount,
    /// Least stake of an oracle, in base units.
    pub oracle_stake: Amount,
    /// From the wish to leave to the payment of a stake.
    pub unbonding: Period,
    /// The part of every sale that goes to the treasury; at most a fifth.
    pub fee: Ppm,
    /// What it costs to dispute something that is right, in base units.
    pub dispute_bond: Amount,
    /// The part of a bond that goes to the treasury when a dispute is not decided in time.
    pub dispute_fee: Ppm,
    /// The part of its stake that a refused reading costs a provider; at most a half.
    pub quorum_slash: Ppm,
    /// The part of its stake that an upheld dispute costs a provider; at most a half.
    pub conflict_slash: Ppm,
    /// The part of its stake that an oracle loses which had agreed with what was false; at most a
    /// half.
    pub oracle_slash: Ppm,
    /// The part of what a dispute costs provider and oracles that goes to who opened it; at most a
    /// half, so that nobody gains by disputing its own readings.
    pub dispute_reward: Ppm,
    /// Most seconds between the time that a meter signed and that of the block, either way, 1 to
    /// 3,600.
    pub clock_skew_s: u64,
    /// Oldest interval that is taken, from its end to the time of the block, in seconds; 0 for any;
    /// at most 31,622,400.
    pub max_age_s: u64,
    /// A reading that comes later after the end of its interval counts as late, in seconds, 1 to
    /// 31,622,400.
    pub timely_s: u64,
    /// Length of a slot of the market, in seconds, 60 to 86,400.
    pub slot_s: u64,
    /// From the end of a slot to its clearing, in seconds, 1 to 604,800.
    pub clear_delay_s: u64,
    /// How far ahead energy can be offered and ordered, in seconds, 60 to 31,622,400.
    pub ahead_s: u64,
    /// Least energy of an offer, an order or a tariff, in Wh, 1 to 1,000,000,000.
    pub min_trade_wh: u64,
    /// Time after which energy that nobody bought is gone, in seconds, 60 to 31,622,400. It begins
    /// when the slot ends, or when its first reading is attested, if that is later.
    pub credit_life_s: u64,
    /// Age of a meter's or an oracle's last value from which on it is stale, in seconds, 1 to
    /// 31,622,400.
    pub stale_s: u64,
    /// How long a reading or a sale can be disputed.
    pub dispute_window: Period,
    /// Epochs within which a dispute must be decided, 1 to 3.
    pub dispute_epochs: u64,
    /// How long a meter must have been revoked before it gets a key without the old one's consent.
    pub key_cooldown: Period,
    /// Most meters of a provider, 1 to 1,000,000.
    pub max_meters: u64,
    /// Readings that a provider of the best reputation may have undecided, 64 to 10,000,000. A lower
    /// reputation lowers it in proportion, to no less than 64.
    pub max_pending: u64,
    /// Length of a window of rates, in blocks, 1 to 100,000.
    pub rate_window: u64,
    /// Messages of a provider or its delegates in a window, 1 to 1,000,000.
    pub provider_rate: u64,
    /// Messages of an oracle or its delegates in a window, 1 to 1,000,000.
    pub oracle_rate: u64,
    /// Messages of an admin in a window, 1 to 1,000,000.
    pub admin_rate: u64,
    /// The part of what is known about a provider that an epoch leaves.
    pub memory: Ppm,
    /// Good observations that a provider begins with, 1 to 1,000.
    pub prior_good: u64,
    /// Bad observations that a provider begins with, 1 to 1,000.
    pub prior_bad: u64,
    /// Units of work that a block does by itself, 1 to 1,024: a batch, a sale or a stake is one, a
    /// slot that clears one for each of its offers and orders.
    pub due_per_block: u64,
}

struct_codec!(EnergyParams {
    provider_stake,
    stake_per_kw,
    oracle_stake,
    unbonding,
    fee,
    dispute_bond,
    dispute_fee,
    quorum_slash,
    conflict_slash,
    oracle_slash,
    dispute_reward,
    clock_skew_s,
    max_age_s,
    timely_s,
    slot_s,
    clear_delay_s,
    ahead_s,
    min_trade_wh,
    credit_life_s,
    stale_s,
    dispute_window,
    dispute_epochs,
    key_cooldown,
    max_meters,
    max_pending,
    rate_window,
    provider_rate,
    oracle_rate,
    admin_rate,
    memory,
    prior_good,
    prior_bad,
    due_per_block,
});

impl EnergyParams {
    /// A leap year, in seconds: the longest time of these parameters.
    pub const YEAR_S: u64 = 31_622_400;

    /// Development networks: old files can be replayed, and everything takes blocks.
    pub fn devnet() -> Self {
        Self {
            provider_stake: tokens(100),
            stake_per_kw: Amount::new(UNITS_PER_TOKEN / 10),
            oracle_stake: tokens(1_000),
            unbonding: Period::blocks(100),
            fee: ppm(5_000),
            dispute_bond: tokens(10),
            dispute_fee: ppm(100_000),
            quorum_slash: ppm(10_000),
            conflict_slash: ppm(50_000),
            oracle_slash: ppm(50_000),
            dispute_reward: ppm(200_000),
            clock_skew_s: 300,
            max_age_s: 0,
            timely_s: Self::YEAR_S,
            slot_s: 900,
            clear_delay_s: 60,
            ahead_s: 604_800,
            min_trade_wh: 1,
            credit_life_s: 604_800,
            stale_s: 86_400,
            dispute_window: Period::blocks(20),
            dispute_epochs: 3,
            key_cooldown: Period::blocks(20),
            max_meters: 100_000,
            max_pending: 1_000_000,
            rate_window: 100,
            provider_rate: 100_000,
            oracle_rate: 100_000,
            admin_rate: 1_000,
            memory: ppm(990_000),
            prior_good: 2,
            prior_bad: 2,
            due_per_block: 256,
        }
    }

    /// Public networks.
    pub fn public() -> Self {
        Self {
            unbonding: Period::ms(7 * Period::DAY_MS),
            max_age_s: 604_800,
            timely_s: 3_600,
            clear_delay_s: 1_800,
            min_trade_wh: 100,
            dispute_window: Period::ms(6 * Period::HOUR_MS),
            key_cooldown: Period::ms(Period::DAY_MS),
            provider_rate: 1_000,
            oracle_rate: 1_000,
            admin_rate: 100,
            ..Self::devnet()
        }
    }

    /// The main network.
    pub fn mainnet() -> Self {
        Self {
            provider_stake: tokens(1_000),
            stake_per_kw: tokens(1),
            oracle_stake: tokens(10_000),
            unbonding: Period::ms(21 * Period::DAY_MS),
            dispute_bond: tokens(100),
            dispute_window: Period::ms(Period::DAY_MS),
            ..Self::public()
        }
    }

    pub(super) fn validate(&self, range: &Range) -> Result<(), ParamsError> {
        self.validate_money(range)?;
        self.validate_times(range)?;
        range.check("energy.min_trade_wh", self.min_trade_wh, 1, 1_000_000_000)?;
        range.check("energy.max_meters", self.max_meters, 1, 1_000_000)?;
        range.check("energy.max_pending", self.max_pending, 64, 10_000_000)?;
        range.check("energy.rate_window", self.rate_window, 1, 100_000)?;
        range.check("energy.provider_rate", self.provider_rate, 1, 1_000_000)?;
        range.check("energy.oracle_rate", self.oracle_rate, 1, 1_000_000)?;
        range.check("energy.admin_rate", self.admin_rate, 1, 1_000_000)?;
        range.check("energy.memory", self.memory.get().into(), 0, 1_000_000)?;
        range.check("energy.prior_good", self.prior_good, 1, 1_000)?;
        range.check("energy.prior_bad", self.prior_bad, 1, 1_000)?;
        range.check("energy.due_per_block", self.due_per_block, 1, 1_024)
    }

    fn validate_money(&self, range: &Range) -> Result<(), ParamsError> {
        let part = |name, part: Ppm, most| range.check(name, part.get().into(), 0, most);
        range.amount("energy.provider_stake", self.provider_stake)?;
        range.at_most("energy.stake_per_kw", self.stake_per_kw, tokens(1_000_000))?;
        range.amount("energy.oracle_stake", self.oracle_stake)?;
        part("energy.fee", self.fee, 200_000)?;
        range.at_most("energy.dispute_bond", self.dispute_bond, tokens(1_000_000))?;
        part("energy.dispute_fee", self.dispute_fee, 1_000_000)?;
        part("energy.quorum_slash", self.quorum_slash, 500_000)?;
        part("energy.conflict_slash", self.conflict_slash, 500_000)?;
        part("energy.oracle_slash", self.oracle_slash, 500_000)?;
        part("energy.dispute_reward", self.dispute_reward, 500_000)
    }

    fn validate_times(&self, range: &Range) -> Result<(), ParamsError> {
        range.period("energy.unbonding", self.unbonding)?;
        range.check("energy.clock_skew_s", self.clock_skew_s, 1, 3_600)?;
        range.check("energy.max_age_s", self.max_age_s, 0, Self::YEAR_S)?;
        range.check("energy.timely_s", self.timely_s, 1, Self::YEAR_S)?;
        range.check("energy.slot_s", self.slot_s, 60, 86_400)?;
        range.check("energy.clear_delay_s", self.clear_delay_s, 1, 604_800)?;
        range.check("energy.ahead_s", self.ahead_s, 60, Self::YEAR_S)?;
        range.check("energy.credit_life_s", self.credit_life_s, 60, Self::YEAR_S)?;
        range.check("energy.stale_s", self.stale_s, 1, Self::YEAR_S)?;
        range.period("energy.dispute_window", self.dispute_window)?;
        range.check("energy.dispute_epochs", self.dispute_epochs, 1, 3)?;
        range.period("energy.key_cooldown", self.key_cooldown)
    }
}
