//! The formulas of emission and rewards, as functions of numbers. The ledger pays by them, and a
//! calculator can foretell by them.

use althing_types::{
    Amount, AmountError, Height, Ppm, Timestamp,
    params::{EmissionParams, Schedule},
};

/// A year of 365 days, in milliseconds.
pub const YEAR_MS: u64 = 31_536_000_000;

/// What is emitted for some blocks, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Emitted {
    /// To validators and their delegators.
    pub validators: Amount,
    /// To the miner pool.
    pub miners: Amount,
    /// What the caps cut off.
    pub excess: Amount,
}

impl Emitted {
    /// Splits `total` by `params.validator_share`, and cuts each part at its cap for so many blocks.
    ///
    /// # Errors
    /// [`AmountError::Overflow`] if a cap for all blocks is more than 128 bits.
    pub fn split(total: Amount, params: &EmissionParams, blocks: u64) -> Result<Self, AmountError> {
        let share = total.share(params.validator_share);
        let validators = share.min(times(params.validator_cap, blocks)?);
        let miners = total.checked_sub(share)?.min(times(params.miner_cap, blocks)?);
        let excess = total.checked_sub(validators)?.checked_sub(miners)?;
        Ok(Self { validators, miners, excess })
    }

    /// All three together.
    ///
    /// # Errors
    /// [`AmountError::Overflow`].
    pub fn total(&self) -> Result<Amount, AmountError> {
        self.validators.checked_add(self.miners)?.checked_add(self.excess)
    }

    fn plus(&self, other: &Self) -> Result<Self, AmountError> {
        Ok(Self {
            validators: self.validators.checked_add(other.validators)?,
            miners: self.miners.checked_add(other.miners)?,
            excess: self.excess.checked_add(other.excess)?,
        })
    }

    fn times(&self, blocks: u64) -> Result<Self, AmountError> {
        Ok(Self {
            validators: times(self.validators, blocks)?,
            miners: times(self.miners, blocks)?,
            excess: times(self.excess, blocks)?,
        })
    }
}

fn times(amount: Amount, count: u64) -> Result<Amount, AmountError> {
    amount.mul_div(count.into(), 1)
}

/// New money for the block at `height` by a schedule of halvings.
pub const fn block_emission(initial: Amount, period: u64, height: Height) -> Amount {
    match height.get().checked_div(period) {
        Some(halvings) if halvings < 128 => Amount::new(initial.units() >> halvings),
        _ => Amount::ZERO,
    }
}

/// New money for the blocks `first..=last` by a schedule of halvings: each block's emission is
/// split and cut by itself, and blocks between two halvings emit the same. Takes one step for each
/// halving, however many blocks there are.
///
/// # Errors
/// [`AmountError::Overflow`] if a sum does not fit 128 bits.
pub fn halving(
    params: &EmissionParams,
    initial: Amount,
    period: u64,
    first: Height,
    last: Height,
) -> Result<Emitted, AmountError> {
    let mut sum = Emitted::default();
    let mut height = first;
    while height <= last {
        let each = block_emission(initial, period, height);
        if each.is_zero() {
            break;
        }
        // The last block before the next halving.
        let into = height.get().checked_rem(period).unwrap_or_default();
        let rest = period.saturating_sub(into).saturating_sub(1);
        let end = height.get().saturating_add(rest).min(last.get());
        let blocks = end.saturating_sub(height.get()).saturating_add(1);
        sum = sum.plus(&Emitted::split(each, params, 1)?.times(blocks)?)?;
        let Some(next) = end.checked_add(1) else { break };
        height = Height::new(next);
    }
    Ok(sum)
}

/// The yearly return that a schedule of a target promises at `time`.
pub fn target_rate(start: Ppm, step: Ppm, floor: Ppm, genesis: Timestamp, time: Timestamp) -> Ppm {
    let years = time.get().saturating_sub(genesis.get()) / YEAR_MS;
    let less = u64::from(step.get()).saturating_mul(years);
    let rate = u64::from(start.get()).saturating_sub(less);
    u32::try_from(rate).ok().and_then(Ppm::new).unwrap_or(start).max(floor)
}

/// What a yearly `rate` on `stake` is for so many milliseconds, rounded down.
///
/// # Errors
/// [`AmountError::Overflow`].
pub fn target_emission(stake: Amount, rate: Ppm, ms: u64) -> Result<Amount, AmountError> {
    let parts = u128::from(rate.get()).saturating_mul(ms.into());
    stake.mul_div(parts, u128::from(YEAR_MS).saturating_mul(1_000_000))
}

/// The moment at which an epoch ends, as far as emission needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochSpan {
    /// Its first block.
    pub first: Height,
    /// Its last block.
    pub last: Height,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
}

impl EpochSpan {
    /// How many blocks it has.
    pub const fn blocks(&self) -> u64 {
        self.last.get().saturating_sub(self.first.get()).saturating_add(1)
    }
}

/// What an epoch emits. `stake` is the stake that counts and earns, `reserve` what is left to be
/// released; a schedule of halvings needs neither.
///
/// # Errors
/// [`AmountError::Overflow`].
pub fn epoch_emission(
    params: &EmissionParams,
    span: &EpochSpan,
    genesis: Timestamp,
    stake: Amount,
    reserve: Amount,
) -> Result<Emitted, AmountError> {
    match params.schedule {
        Schedule::Halving { initial, period } => {
            halving(params, initial, period, span.first, span.last)
        }
        Schedule::TargetApr { start, step, floor } => {
            let rate = target_rate(start, step, floor, genesis, span.began);
            let ms = span.ended.get().saturating_sub(span.began.get());
            let total = target_emission(stake, rate, ms)?.min(reserve);
            Emitted::split(total, params, span.blocks())
        }
    }
}

/// What one member earns of the pot: its part by counted stake, and of that the part of its turns
/// that it used. Both rounded down. A member without a turn used all of them.
///
/// # Errors
/// [`AmountError::Overflow`] if its weight is more than the sum of `weights`.
pub fn member_reward(
    pot: Amount,
    weight: Amount,
    weights: Amount,
    made: u32,
    due: u32,
) -> Result<Amount, AmountError> {
    if weights.is_zero() {
        return Ok(Amount::ZERO);
    }
    let part = pot.mul_div(weight.units(), weights.units())?;
    if due == 0 { Ok(part) } else { part.mul_div(made.min(due).into(), due.into()) }
}

/// What a validator may expect of an epoch in which every member uses all of its turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// The whole pot, in base units.
    pub pot: Amount,
    /// What the validator earns of it, in base units.
    pub reward: Amount,
    /// What its operator keeps as commission, in base units.
    pub commission: Amount,
    /// What joins its stake, and so its delegators', in base units.
    pub shared: Amount,
}

/// What the member with counted stake `weight`, of `weights` altogether, may expect of an epoch
/// that emits `emitted` and whose stakers' part of fees is `fees`.
///
/// # Errors
/// [`AmountError::Overflow`].
pub fn expected_rewards(
    emitted: &Emitted,
    fees: Amount,
    weight: Amount,
    weights: Amount,
    commission: Ppm,
) -> Result<Expected, AmountError> {
    let pot = emitted.validators.checked_add(fees)?;
    let reward = member_reward(pot, weight, weights, 0, 0)?;
    let commission = reward.share(commission);
    Ok(Expected { pot, reward, commission, shared: reward.checked_sub(commission)? })
}

/// What `earned` on `stake` in so many milliseconds is in a year, in parts per million, without
/// compounding. Nothing for no stake or no time.
pub fn yearly_ppm(earned: Amount, stake: Amount, ms: u64) -> u64 {
    let in_a_year = earned.mul_div(YEAR_MS.into(), ms.into());
    let parts = in_a_year.and_then(|amount| amount.mul_div(1_000_000, stake.units()));
    parts.map_or(0, |parts| u64::try_from(parts.units()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tokens(count: u64) -> Amount {
        Amount::from_tokens(count).unwrap()
    }

    /// Block by block, as the schedule says it.
    fn one_by_one(
        params: &EmissionParams,
        initial: Amount,
        period: u64,
        first: u64,
        last: u64,
    ) -> Emitted {
        let mut sum = Emitted::default();
        for height in first..=last {
            let halvings = height / period;
            let each = if halvings < 128 { initial.units() >> halvings } else { 0 };
            let share = each * u128::from(params.validator_share.get()) / 1_000_000;
            let validators = share.min(params.validator_cap.units());
            let miners = (each - share).min(params.miner_cap.units());
            let excess = each - validators - miners;
            let add = |to: &mut Amount, units| *to = to.checked_add(Amount::new(units)).unwrap();
            add(&mut sum.validators, validators);
            add(&mut sum.miners, miners);
            add(&mut sum.excess, excess);
        }
        sum
    }

    proptest! {
        #[test]
        fn the_closed_form_is_the_sum_of_its_blocks(
            initial in 0u64..u64::MAX,
            period in 1u64..40,
            first in 0u64..200,
            blocks in 1u64..100,
            cap in 0u64..u64::MAX,
        ) {
            let initial = Amount::new(initial.into());
            let params = EmissionParams {
                validator_cap: Amount::new(cap.into()),
                ..EmissionParams::devnet()
            };
            let last = first + blocks - 1;
            let got =
                halving(&params, initial, period, Height::new(first), Height::new(last)).unwrap();
            prop_assert_eq!(got, one_by_one(&params, initial, period, first, last));
        }
    }

    #[test]
    fn a_devnet_block_pays_seven_to_validators_and_three_to_miners() {
        let params = EmissionParams::devnet();
        let span = |first, last| {
            let (first, last) = (Height::new(first), Height::new(last));
            EpochSpan { first, last, began: Timestamp::ZERO, ended: Timestamp::ZERO }
        };
        let emitted = |span: EpochSpan| {
            let none = Amount::ZERO;
            epoch_emission(&params, &span, Timestamp::ZERO, none, none).unwrap()
        };
        let epoch = emitted(span(100, 199));
        assert_eq!((epoch.validators, epoch.miners), (tokens(700), tokens(300)));
        let halved = emitted(span(999_950, 1_000_049));
        assert_eq!((halved.validators, halved.miners), (tokens(525), tokens(225)));
        assert_eq!(halved.excess, Amount::ZERO);
    }

    #[test]
    fn a_cap_cuts_what_is_above_it() {
        let params = EmissionParams { validator_cap: tokens(5), ..EmissionParams::devnet() };
        let got = Emitted::split(tokens(10), &params, 1).unwrap();
        assert_eq!((got.validators, got.miners, got.excess), (tokens(5), tokens(3), tokens(2)));
        assert_eq!(got.total(), Ok(tokens(10)));
    }

    #[test]
    fn a_target_falls_each_year_down_to_its_floor() {
        let ppm = |value| Ppm::new(value).unwrap();
        let rate = |years: u64, ms: u64| {
            let time = Timestamp::new(1_000 + years * YEAR_MS + ms);
            target_rate(ppm(120_000), ppm(20_000), ppm(40_000), Timestamp::new(1_000), time).get()
        };
        let got =
            [rate(0, 0), rate(0, YEAR_MS - 1), rate(1, 0), rate(4, 0), rate(5, 0), rate(99, 0)];
        assert_eq!(got, [120_000, 120_000, 100_000, 40_000, 40_000, 40_000]);
        let year = target_emission(tokens(1_000), ppm(120_000), YEAR_MS);
        assert_eq!(year, Ok(tokens(120)));
    }

    #[test]
    fn a_target_releases_no_more_than_the_reserve_holds() {
        let params = EmissionParams::mainnet();
        let (first, last) = (Height::new(3_600), Height::new(7_199));
        let ended = Timestamp::new(3_600_000);
        let span = EpochSpan { first, last, began: Timestamp::ZERO, ended };
        let emitted = |reserve| {
            epoch_emission(&params, &span, Timestamp::ZERO, tokens(8_760_000), reserve).unwrap()
        };
        // 12 % a year on 8,760,000 is 1,051,200 a year, 120 an hour.
        assert_eq!(emitted(tokens(1_000_000)).total(), Ok(tokens(120)));
        assert_eq!(emitted(tokens(50)).total(), Ok(tokens(50)));
        assert_eq!(emitted(Amount::ZERO), Emitted::default());
    }

    #[test]
    fn a_member_earns_by_stake_and_by_used_turns() {
        let reward =
            |made, due| member_reward(tokens(100), tokens(30), tokens(120), made, due).unwrap();
        assert_eq!(
            (reward(0, 0), reward(4, 4), reward(1, 4)),
            (tokens(25), tokens(25), Amount::parse_tokens("6.25").unwrap())
        );
        assert_eq!(reward(0, 4), Amount::ZERO);
        assert_eq!(member_reward(tokens(1), Amount::ZERO, Amount::ZERO, 1, 1), Ok(Amount::ZERO));
    }

    #[test]
    fn an_expected_reward_is_split_by_commission_and_counts_by_the_year() {
        let emitted = Emitted { validators: tokens(700), ..Emitted::default() };
        let tenth = Ppm::new(100_000).unwrap();
        let expected =
            expected_rewards(&emitted, tokens(100), tokens(1), tokens(4), tenth).unwrap();
        assert_eq!((expected.pot, expected.reward), (tokens(800), tokens(200)));
        assert_eq!((expected.commission, expected.shared), (tokens(20), tokens(180)));
        assert_eq!(yearly_ppm(tokens(1), tokens(8_760), 3_600_000), 1_000_000);
        assert_eq!(yearly_ppm(tokens(1), Amount::ZERO, 1), 0);
    }
}
