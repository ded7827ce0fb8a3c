//! What one step of energy works with: the view, the block, the sums, and what has happened.

use super::{AGENDA, DueItem, ENERGY, Energy, SCHEDULE, store};
use crate::{
    error::{Failure, Fault},
    modules::{
        accounts, bank,
        staking::{self, BlockMoment},
    },
};
use althing_state::{StateKey, View};
use althing_types::{Address, Amount, Due, Event, Height, params::EnergyParams};

/// Milliseconds in a second.
const MS: u64 = 1_000;

pub(super) struct Desk<'a> {
    pub(super) view: &'a mut View,
    pub(super) moment: &'a BlockMoment<'a>,
    pub(super) totals: Energy,
    pub(super) events: Vec<Event>,
}

/// A sum of energy does not fit, or is not there.
pub(super) const fn broken(what: &'static str) -> Fault {
    Fault::Corrupt { key: ENERGY, what }
}

/// `sum + more`, of money.
pub(super) fn add(sum: &mut Amount, more: Amount) -> Result<(), Fault> {
    *sum = sum.checked_add(more).map_err(|_| broken("a sum of money does not fit"))?;
    Ok(())
}

/// `sum - less`, of money.
pub(super) fn subtract(sum: &mut Amount, less: Amount) -> Result<(), Fault> {
    *sum = sum.checked_sub(less).map_err(|_| broken("money is not in the sum that it is of"))?;
    Ok(())
}

/// `sum + more`, of Wh or of things.
pub(super) fn grow(sum: &mut u64, more: u64) -> Result<(), Fault> {
    *sum = sum.checked_add(more).ok_or(broken("a sum of energy does not fit"))?;
    Ok(())
}

/// `sum - less`, of Wh or of things.
pub(super) fn shrink(sum: &mut u64, less: u64) -> Result<(), Fault> {
    *sum = sum.checked_sub(less).ok_or(broken("energy is not in the sum that it is of"))?;
    Ok(())
}

impl<'a> Desk<'a> {
    pub(super) fn begin(view: &'a mut View, moment: &'a BlockMoment<'a>) -> Result<Self, Fault> {
        staking::know(view, [ENERGY, AGENDA])?;
        let totals = store::load_energy(view)?;
        Ok(Self { view, moment, totals, events: Vec::new() })
    }

    pub(super) fn finish(self) -> Result<Vec<Event>, Fault> {
        store::save_energy(self.view, &self.totals)?;
        Ok(self.events)
    }

    pub(super) const fn params(&self) -> &'a EnergyParams {
        &self.moment.params.energy
    }

    /// The time of the block, in seconds since 1970 (UTC).
    pub(super) const fn now_s(&self) -> u64 {
        self.moment.time.get() / MS
    }

    /// When this time in seconds has come, whatever the height.
    pub(super) const fn at_second(&self, second: u64) -> Due {
        let time = althing_types::Timestamp::new(second.saturating_mul(MS));
        Due { height: self.moment.height, time }
    }

    /// Takes money of an account.
    pub(super) fn take(&mut self, from: &Address, amount: Amount) -> Result<(), Failure> {
        if amount.is_zero() {
            return Ok(());
        }
        let (to, time) = (self.moment.protocol.energy, self.moment.time);
        staking::know(self.view, [accounts::key(from), accounts::key(&to)])?;
        bank::transfer(self.view, from, &to, amount, time)?;
        Ok(())
    }

    /// Pays somebody.
    pub(super) fn pay(&mut self, to: &Address, amount: Amount) -> Result<(), Fault> {
        let from = self.moment.protocol.energy;
        staking::know(self.view, [accounts::key(to), accounts::key(&from)])?;
        bank::move_held(self.view, &from, to, amount)
    }

    /// Pays the treasury.
    pub(super) fn pay_treasury(&mut self, amount: Amount) -> Result<(), Fault> {
        let protocol = self.moment.protocol;
        bank::earn(self.view, protocol, &protocol.energy, (bank::Source::Fees, amount))
    }

    /// Takes a part of a stake that was lost: what `penalty_share` says goes to the treasury, the
    /// rest is burned.
    pub(super) fn forfeit(&mut self, amount: Amount) -> Result<(), Fault> {
        let share = self.moment.params.treasury.penalty_share;
        let protocol = self.moment.protocol;
        bank::forfeit(self.view, protocol, &protocol.energy, (amount, share))
    }

    /// The accounts and sums that [`Self::forfeit`] and [`Self::pay_treasury`] touch.
    pub(super) const fn treasury_keys(&self) -> [StateKey; 4] {
        let protocol = self.moment.protocol;
        let (own, treasury) = (accounts::key(&protocol.energy), accounts::key(&protocol.treasury));
        [own, treasury, bank::SUPPLY, bank::INCOME]
    }

    /// What [`Self::enqueue`] reads.
    pub(super) fn due_key(&self, due: Due) -> StateKey {
        SCHEDULE.key_of(self.moment, due)
    }

    /// Looks at something at the first height that may be late enough; returns which. Nothing is
    /// ever looked at in the block that says so.
    pub(super) fn enqueue(&mut self, due: Due, item: &DueItem) -> Result<Height, Fault> {
        SCHEDULE.enqueue(self.view, self.moment, due, item)
    }
}
