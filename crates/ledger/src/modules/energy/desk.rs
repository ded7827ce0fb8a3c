//! What one step of energy works with: the view, the block, the sums, and what has happened.

use super::{AGENDA, Agenda, DueItem, ENERGY, Energy, due_key, entry_key, store};
use crate::{
    error::{Failure, Fault},
    modules::{
        accounts, bank,
        staking::{self, BlockMoment},
    },
};
use althing_state::View;
use althing_types::{Address, Amount, Due, Event, Height, params::EnergyParams};

/// Most blocks between two looks at something whose height has come and whose time has not.
const MAX_PATIENCE: u64 = 600;
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
        bank::take_fee(self.view, self.moment.protocol, &self.moment.protocol.energy, amount)
    }

    /// Takes a part of a stake that was lost: what `penalty_share` says goes to the treasury, the
    /// rest is burned.
    pub(super) fn forfeit(&mut self, amount: Amount) -> Result<(), Fault> {
        let share = self.moment.params.treasury.penalty_share;
        let protocol = self.moment.protocol;
        bank::forfeit(self.view, protocol, &protocol.energy, (amount, share))
    }

    /// Looks at something at the first height that may be late enough; returns which. Nothing is
    /// ever looked at in the block that says so.
    pub(super) fn enqueue(&mut self, due: Due, item: &DueItem) -> Result<Height, Fault> {
        let after = Height::new(self.moment.height.get().saturating_add(1));
        let height = if due.height > after { due.height } else { self.patient(due, after) };
        staking::know(self.view, [due_key(height)])?;
        let mut agenda = store::load_agenda(self.view)?;
        if agenda.open == 0 && agenda.height < after {
            agenda = Agenda { height: after, place: 0, open: 0 };
        }
        grow(&mut agenda.open, 1)?;
        store::save_agenda(self.view, &agenda)?;
        let mut count = store::load_due(self.view, height)?;
        staking::know(self.view, [entry_key(height, count.entries)])?;
        store::save_entry(self.view, height, count.entries, item)?;
        count.entries =
            count.entries.checked_add(1).ok_or(broken("too much is due at one height"))?;
        store::save_due(self.view, height, &count)?;
        Ok(height)
    }

    /// The height at which the time of `due` has come if no block is faster than the idle ones.
    fn patient(&self, due: Due, after: Height) -> Height {
        let left = due.time.get().saturating_sub(self.moment.time.get());
        let blocks = left.checked_div(self.moment.params.idle_interval_ms).unwrap_or(0);
        Height::new(after.get().saturating_add(blocks.min(MAX_PATIENCE)))
    }
}
