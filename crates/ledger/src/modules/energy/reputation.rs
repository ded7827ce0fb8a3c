//! How good a provider is: four Beta distributions in integers, which forget.

use super::{Beta, Reputation};
use althing_types::{Amount, Epoch, Ppm, params::EnergyParams};

/// Millionths in a whole.
const ONE: u64 = 1_000_000;
/// The same, for products that need the width.
const WIDE_ONE: u128 = ONE as u128;
/// Parts of the whole that the four traits have, in percent: delivery, accuracy, latency, capacity.
pub const TRAIT_PERCENT: [u64; 4] = [35, 25, 25, 15];
/// Observations beyond which a trait does not count further, in millionths: a million.
const MOST: u64 = ONE * ONE;
/// Watts in a kW.
const WATTS: u64 = 1_000;

impl Beta {
    /// Adds observations.
    pub(super) fn observe(&mut self, good: u64, bad: u64) {
        self.good = self.good.saturating_add(good.saturating_mul(ONE)).min(MOST);
        self.bad = self.bad.saturating_add(bad.saturating_mul(ONE)).min(MOST);
    }

    /// The expected part of good ones, rounded down: `(a + good) / (a + b + good + bad)` with the
    /// prior Beta(a, b).
    pub fn expected(&self, params: &EnergyParams) -> Ppm {
        u32::try_from(self.mean(params)).ok().and_then(Ppm::new).unwrap_or(Ppm::ZERO)
    }

    /// The same in ppm.
    fn mean(&self, params: &EnergyParams) -> u64 {
        let good = params.prior_good.saturating_mul(ONE).saturating_add(self.good);
        let bad = params.prior_bad.saturating_mul(ONE).saturating_add(self.bad);
        let all = u128::from(good).saturating_add(bad.into());
        let mean = u128::from(good).saturating_mul(ONE.into()).checked_div(all);
        mean.and_then(|mean| u64::try_from(mean).ok()).unwrap_or(0)
    }

    /// Keeps `part` of what is known, rounded down.
    fn keep(&mut self, part: u64) {
        for count in [&mut self.good, &mut self.bad] {
            let kept = u128::from(*count).saturating_mul(part.into()) / WIDE_ONE;
            *count = u64::try_from(kept).unwrap_or(u64::MAX);
        }
    }
}

/// `part` to the power of `exponent`, in ppm, by squaring; each product is rounded down.
fn power(part: Ppm, mut exponent: u64) -> u64 {
    let (mut base, mut result) = (u64::from(part.get()), ONE);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result.saturating_mul(base) / ONE;
        }
        base = base.saturating_mul(base) / ONE;
        exponent >>= 1;
    }
    result
}

impl Reputation {
    /// Forgets what the epochs since the last time leave behind.
    pub(super) fn turn(&mut self, epoch: Epoch, params: &EnergyParams) {
        let passed = epoch.get().saturating_sub(self.epoch.get());
        if passed > 0 {
            let part = power(params.memory, passed);
            for trait_ in self.traits_mut() {
                trait_.keep(part);
            }
            self.epoch = epoch;
        }
    }

    /// What is left of it in a later epoch.
    #[must_use]
    pub fn at(mut self, epoch: Epoch, params: &EnergyParams) -> Self {
        self.turn(epoch, params);
        self
    }

    fn traits_mut(&mut self) -> [&mut Beta; 4] {
        [&mut self.delivery, &mut self.accuracy, &mut self.latency, &mut self.capacity]
    }

    /// How good the provider is expected to be, 0 to 1,000,000 ppm.
    pub fn score(&self, params: &EnergyParams) -> Ppm {
        let means = [&self.delivery, &self.accuracy, &self.latency, &self.capacity]
            .map(|trait_| trait_.mean(params));
        let sum = means
            .iter()
            .zip(TRAIT_PERCENT)
            .fold(0u64, |sum, (mean, weight)| sum.saturating_add(mean.saturating_mul(weight)));
        u32::try_from(sum / 100).ok().and_then(Ppm::new).unwrap_or(Ppm::ZERO)
    }
}

/// The least stake for a capacity at the best reputation, in base units; `None` if it does not fit.
/// Begun kilowatts count.
pub(super) fn base_stake(params: &EnergyParams, capacity_w: u64) -> Option<Amount> {
    let kilowatts = capacity_w.div_ceil(WATTS);
    let more = params.stake_per_kw.units().checked_mul(kilowatts.into())?;
    params.provider_stake.checked_add(Amount::new(more)).ok()
}

/// The stake that is asked for when a provider registers, grows or comes back: the least one, and as
/// much of it again as the reputation lacks; rounded up. `None` if it does not fit.
pub fn required_stake(params: &EnergyParams, capacity_w: u64, score: Ppm) -> Option<Amount> {
    let parts = (2 * ONE).saturating_sub(score.get().into());
    base_stake(params, capacity_w)?.mul_div_up(parts.into(), ONE.into()).ok()
}

/// Readings that a provider of this reputation may have undecided.
pub fn pending_limit(params: &EnergyParams, score: Ppm) -> u64 {
    let limit = u128::from(params.max_pending).saturating_mul(score.get().into());
    u64::try_from(limit / WIDE_ONE).unwrap_or(u64::MAX).max(64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params() -> EnergyParams {
        EnergyParams::devnet()
    }

    #[test]
    fn a_newcomer_is_in_the_middle_and_evidence_moves_it() {
        let mut reputation = Reputation::default();
        assert_eq!(reputation.score(&params()).get(), 500_000);
        reputation.accuracy.observe(4, 0);
        // (2 + 4) / (4 + 4) = 750,000 for a quarter of the whole.
        assert_eq!(reputation.score(&params()).get(), 562_500);
        reputation.delivery.observe(0, 4);
        // (2 + 0) / (4 + 4) = 250,000 for 35 %.
        assert_eq!(reputation.delivery.expected(&params()).get(), 250_000);
        assert_eq!(reputation.score(&params()).get(), 475_000);
    }

    #[test]
    fn what_is_known_fades_to_the_prior_and_however_often_it_is_looked_at() {
        let mut at_once = Reputation::default();
        at_once.latency.observe(1_000, 10);
        let mut step_by_step = at_once;
        at_once.turn(Epoch::new(2), &params());
        for epoch in 1..=2 {
            step_by_step.turn(Epoch::new(epoch), &params());
        }
        assert_eq!(at_once, step_by_step);
        assert_eq!(at_once.latency.good, 980_100_000);
        at_once.turn(Epoch::new(1_000_000), &params());
        assert_eq!(at_once.score(&params()).get(), 500_000);
    }

    #[test]
    fn evidence_is_bounded() {
        let mut beta = Beta::default();
        beta.observe(u64::MAX, 3);
        assert_eq!((beta.good, beta.bad), (MOST, 3 * ONE));
    }

    #[test]
    fn a_better_reputation_asks_for_less_and_allows_more() {
        let params = params();
        let stake = |score| required_stake(&params, 5_500, Ppm::new(score).unwrap()).unwrap();
        let base = base_stake(&params, 5_500).unwrap();
        // 100 CPC, and a tenth of one for each of six kilowatts.
        assert_eq!(base.to_tokens(), "100.6");
        assert_eq!(stake(1_000_000), base);
        assert_eq!(stake(500_000).to_tokens(), "150.9");
        assert_eq!(stake(0).to_tokens(), "201.2");
        assert_eq!(pending_limit(&params, Ppm::new(500_000).unwrap()), 500_000);
        assert_eq!(pending_limit(&params, Ppm::ZERO), 64);
    }
}
