//! Parameters of the treasury.

use super::{ParamsError, Range, ppm, tokens};
use crate::{Amount, Period, Ppm, struct_codec};
use serde::{Deserialize, Serialize};

/// Parameters of module `treasury`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreasuryParams {
    /// Both houses decide about more than this, in base units.
    pub grant_limit: Amount,
    /// Steps of disbursements in one block, 1 to 64: each makes at most 32 payments, and a receipt
    /// holds as many events.
    pub batch: u64,
    /// Most disbursements that are accepted and not over, 1 to 1,000.
    pub max_pending: u64,
    /// How long a disbursement that was accepted may wait until it is executed.
    pub max_age: Period,
    /// How long a disbursement that was executed can be rolled back, at least.
    pub rollback_window: Period,
    /// From one attempt to execute what the treasury cannot pay to the next.
    pub retry: Period,
    /// More than so many that wait are a backlog, 1 to 1,000.
    pub stall_pending: u64,
    /// A backlog for more than so many epochs is a stall, 1 to 1,000.
    pub stall_epochs: u64,
    /// The part of slashes and penalties that goes to the treasury; the rest is burned.
    pub penalty_share: Ppm,
}

struct_codec!(TreasuryParams {
    grant_limit,
    batch,
    max_pending,
    max_age,
    rollback_window,
    retry,
    stall_pending,
    stall_epochs,
    penalty_share,
});

impl TreasuryParams {
    /// Highest legal `max_pending`: the list of what waits holds as many.
    pub const MAX_PENDING: u64 = 1_000;

    /// Development networks: minutes instead of days.
    pub fn devnet() -> Self {
        Self {
            grant_limit: tokens(100_000),
            batch: 32,
            max_pending: Self::MAX_PENDING,
            max_age: Period::blocks(1_000),
            rollback_window: Period::blocks(20),
            retry: Period::blocks(10),
            stall_pending: 100,
            stall_epochs: 3,
            penalty_share: Ppm::ZERO,
        }
    }

    /// Public networks.
    pub fn public() -> Self {
        Self {
            max_age: Period::ms(7 * Period::DAY_MS),
            rollback_window: Period::ms(Period::DAY_MS),
            retry: Period::ms(Period::HOUR_MS),
            penalty_share: ppm(500_000),
            ..Self::devnet()
        }
    }

    pub(super) fn validate(&self, range: &Range) -> Result<(), ParamsError> {
        range.at_most("treasury.grant_limit", self.grant_limit, tokens(1_000_000_000))?;
        range.check("treasury.batch", self.batch, 1, 64)?;
        range.check("treasury.max_pending", self.max_pending, 1, Self::MAX_PENDING)?;
        range.period("treasury.max_age", self.max_age)?;
        range.period("treasury.rollback_window", self.rollback_window)?;
        range.period("treasury.retry", self.retry)?;
        range.check("treasury.stall_pending", self.stall_pending, 1, 1_000)?;
        range.check("treasury.stall_epochs", self.stall_epochs, 1, 1_000)?;
        range.check("treasury.penalty_share", self.penalty_share.get().into(), 0, 1_000_000)
    }
}
