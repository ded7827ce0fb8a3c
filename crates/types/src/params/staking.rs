//! Parameters of stake: who may validate, who may delegate, and how money leaves.

use super::{ParamsError, Range, ppm, tokens};
use crate::{Amount, Period, Ppm, struct_codec};
use serde::{Deserialize, Serialize};

/// Parameters of module `staking`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StakingParams {
    /// Least own stake of a validator that registers, and least stake of one that may be chosen, in
    /// base units; at least 1.
    pub min_validator_stake: Amount,
    /// Least amount of one delegation, in base units; at least 1.
    pub min_delegation: Amount,
    /// Most validators in the active set, 1 to 100; by vote at most
    /// [`StakingParams::validator_ceiling`].
    pub max_validators: u64,
    /// Most validators that are registered at a time, `max_validators` to 1,000.
    pub max_candidates: u64,
    /// Most validators that one account delegates to, 1 to 32.
    pub max_validators_per_delegator: u64,
    /// Most of all stake that one validator may hold; more earns nothing and cannot be added.
    pub power_cap: Ppm,
    /// The cap holds once the active set has this many validators, 2 to 100.
    pub power_cap_from: u64,
    /// Where an equal share of the stake is more than the cap, or hardly less: how much more than an
    /// equal share one validator may hold, as a part of that share; 10,000 to 500,000. See
    /// [`StakingParams::cap_among`].
    pub power_cap_slack: Ppm,
    /// From undelegation to payment.
    pub unbonding: Period,
    /// Most of the stake that an active validator began the epoch with that may leave it in the
    /// epoch.
    pub max_unbonding_per_epoch: Ppm,
    /// Highest commission.
    pub max_commission: Ppm,
    /// Largest rise of the commission at a time.
    pub max_commission_step: Ppm,
    /// From one change of the commission to the announcement of the next.
    pub commission_cooldown: Period,
    /// From the announcement of a commission to the epoch end that applies it, at least.
    pub commission_announcement: Period,
}

struct_codec!(StakingParams {
    min_validator_stake,
    min_delegation,
    max_validators,
    max_candidates,
    max_validators_per_delegator,
    power_cap,
    power_cap_from,
    power_cap_slack,
    unbonding,
    max_unbonding_per_epoch,
    max_commission,
    max_commission_step,
    commission_cooldown,
    commission_announcement,
});

impl StakingParams {
    /// Development networks: small stakes, periods of minutes.
    pub fn devnet() -> Self {
        Self {
            min_validator_stake: tokens(1_000),
            min_delegation: tokens(100),
            max_validators: 5,
            max_candidates: 500,
            max_validators_per_delegator: 10,
            power_cap: ppm(200_000),
            power_cap_from: 5,
            power_cap_slack: ppm(100_000),
            unbonding: Period::blocks(100),
            max_unbonding_per_epoch: ppm(300_000),
            max_commission: ppm(200_000),
            max_commission_step: ppm(50_000),
            commission_cooldown: Period::blocks(100),
            commission_announcement: Period::blocks(10),
        }
    }

    /// Public test networks.
    pub fn testnet() -> Self {
        Self {
            min_validator_stake: tokens(100_000),
            max_validators: 21,
            unbonding: Period::ms(Period::DAY_MS),
            commission_cooldown: Period::ms(7 * Period::DAY_MS),
            commission_announcement: Period::ms(4 * Period::HOUR_MS),
            ..Self::devnet()
        }
    }

    /// The main network.
    pub fn mainnet() -> Self {
        Self { max_validators: 100, unbonding: Period::ms(21 * Period::DAY_MS), ..Self::testnet() }
    }

    /// The part of all stake that one of `members` active validators may hold, and that earns:
    /// `power_cap`, or an equal share and `power_cap_slack` of it where that is more, since a cap
    /// that is no more than an equal share could not be kept by anybody who grows. `None` below
    /// `power_cap_from` members, where there is no cap.
    pub fn cap_among(&self, members: u64) -> Option<Ppm> {
        if members == 0 || members < self.power_cap_from {
            return None;
        }
        let share = (1_000_000 + u64::from(self.power_cap_slack.get())) / members;
        let share = u32::try_from(share).ok().and_then(Ppm::new).unwrap_or(Ppm::ONE);
        Some(share.max(self.power_cap))
    }

    /// Of the parameters of a genesis: the most that `max_validators` can ever be set to on the
    /// chain, twice what it is there, but at least 12 and at most 100. Nodes set memory aside at
    /// start for messages of so many.
    pub fn validator_ceiling(&self) -> u64 {
        self.max_validators.saturating_mul(2).clamp(12, 100)
    }

    pub(super) fn validate(&self, range: &Range) -> Result<(), ParamsError> {
        range.amount("staking.min_validator_stake", self.min_validator_stake)?;
        range.amount("staking.min_delegation", self.min_delegation)?;
        range.check("staking.max_validators", self.max_validators, 1, 100)?;
        range.check("staking.max_candidates", self.max_candidates, self.max_validators, 1_000)?;
        let each = self.max_validators_per_delegator;
        range.check("staking.max_validators_per_delegator", each, 1, 32)?;
        range.check("staking.power_cap", self.power_cap.get().into(), 10_000, 1_000_000)?;
        range.check("staking.power_cap_from", self.power_cap_from, 2, 100)?;
        let slack = self.power_cap_slack.get();
        range.check("staking.power_cap_slack", slack.into(), 10_000, 500_000)?;
        range.period("staking.unbonding", self.unbonding)?;
        let leaving = self.max_unbonding_per_epoch.get();
        range.check("staking.max_unbonding_per_epoch", leaving.into(), 10_000, 1_000_000)?;
        range.period("staking.commission_cooldown", self.commission_cooldown)?;
        range.period("staking.commission_announcement", self.commission_announcement)
    }
}
