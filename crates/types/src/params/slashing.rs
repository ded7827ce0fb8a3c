//! Parameters of performance and punishment.

use super::{ParamsError, Range, ppm, tokens};
use crate::{Amount, Period, Ppm, struct_codec};
use serde::{Deserialize, Serialize};

/// Parameters of module `performance`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlashingParams {
    /// Part of the stake that the first jail costs.
    pub first_jail: Ppm,
    /// Part of the stake that the second jail costs.
    pub second_jail: Ppm,
    /// Part of the stake that the third jail, and any later one, costs.
    pub third_jail: Ppm,
    /// The jail that ejects the validator for good, counted from the first, 1 to 8.
    pub ejecting_jail: u64,
    /// Part of the stake that a proven contradiction in consensus costs, which also ejects the
    /// validator.
    pub equivocation: Ppm,
    /// Part of what evidence takes from a validator that goes to who reported it; at most 20 %.
    pub reporter_reward: Ppm,
    /// Proposals missed one after the other that lead to jail, 5 to 100,000.
    pub max_consecutive_misses: u64,
    /// Least part of its proposals that an active validator must make; 0 switches the rule off.
    pub min_score: Ppm,
    /// Proposals that must have been due before `min_score` counts, 1 to 100,000.
    pub min_due: u64,
    /// Epochs that the score looks back, 1 to 8.
    pub score_window: u64,
    /// How long jail lasts.
    pub jail: Period,
    /// What it costs to leave jail earlier, in base units; burned.
    pub unjail_fee: Amount,
    /// Part of own stake that is burned when it is withdrawn in jail.
    pub jailed_unstake_penalty: Ppm,
    /// Past epochs of which evidence is accepted, 1 to 2,000.
    pub evidence_epochs: u64,
}

struct_codec!(SlashingParams {
    first_jail,
    second_jail,
    third_jail,
    ejecting_jail,
    equivocation,
    reporter_reward,
    max_consecutive_misses,
    min_score,
    min_due,
    score_window,
    jail,
    unjail_fee,
    jailed_unstake_penalty,
    evidence_epochs,
});

impl SlashingParams {
    /// Highest legal `ejecting_jail`: the list of a validator's slashes holds as many.
    pub const MAX_JAILS: u64 = 8;

    /// Development networks: the score is measured, not enforced.
    pub fn devnet() -> Self {
        Self {
            first_jail: ppm(50_000),
            second_jail: ppm(100_000),
            third_jail: Ppm::ONE,
            ejecting_jail: 3,
            equivocation: ppm(100_000),
            reporter_reward: ppm(50_000),
            max_consecutive_misses: 20,
            min_score: Ppm::ZERO,
            min_due: 10,
            score_window: 3,
            jail: Period::blocks(100),
            unjail_fee: tokens(1_000),
            jailed_unstake_penalty: ppm(100_000),
            evidence_epochs: 16,
        }
    }

    /// Public test networks.
    pub fn testnet() -> Self {
        Self { min_score: ppm(750_000), evidence_epochs: 200, ..Self::devnet() }
    }

    /// The main network.
    pub fn mainnet() -> Self {
        Self { jail: Period::ms(Period::DAY_MS), evidence_epochs: 600, ..Self::testnet() }
    }

    pub(super) fn validate(&self, range: &Range) -> Result<(), ParamsError> {
        let share = |name, part: Ppm, max: u64| range.check(name, part.get().into(), 0, max);
        share("slashing.reporter_reward", self.reporter_reward, 200_000)?;
        range.check("slashing.ejecting_jail", self.ejecting_jail, 1, Self::MAX_JAILS)?;
        let misses = self.max_consecutive_misses;
        range.check("slashing.max_consecutive_misses", misses, 5, 100_000)?;
        range.check("slashing.min_due", self.min_due, 1, 100_000)?;
        range.check("slashing.score_window", self.score_window, 1, 8)?;
        range.period("slashing.jail", self.jail)?;
        range.at_most("slashing.unjail_fee", self.unjail_fee, tokens(1_000_000))?;
        range.check("slashing.evidence_epochs", self.evidence_epochs, 1, 2_000)
    }
}
