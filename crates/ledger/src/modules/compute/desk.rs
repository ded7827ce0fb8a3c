//! What one step of compute works with: the view, the block, the sums, and what has happened.

use super::{AGENDA, Agenda, COMPUTE, Compute, DueItem, Task, due_key, store};
use crate::{
    error::Fault,
    modules::{
        bank,
        staking::{self, BlockMoment},
    },
};
use althing_state::View;
use althing_types::{Address, Amount, Due, Event, Height, params::ComputeParams};

/// Most blocks between two looks at something whose height has come and whose time has not.
const MAX_PATIENCE: u64 = 600;

pub(super) struct Desk<'a> {
    pub(super) view: &'a mut View,
    pub(super) moment: &'a BlockMoment<'a>,
    pub(super) totals: Compute,
    pub(super) events: Vec<Event>,
}

/// A sum of compute does not fit, or is not there.
pub(super) const fn broken(what: &'static str) -> Fault {
    Fault::Corrupt { key: COMPUTE, what }
}

impl<'a> Desk<'a> {
    pub(super) fn begin(view: &'a mut View, moment: &'a BlockMoment<'a>) -> Result<Self, Fault> {
        staking::know(view, [COMPUTE])?;
        let totals = store::load_compute(view)?;
        Ok(Self { view, moment, totals, events: Vec::new() })
    }

    pub(super) fn finish(self) -> Result<Vec<Event>, Fault> {
        store::save_compute(self.view, &self.totals)?;
        Ok(self.events)
    }

    pub(super) const fn params(&self) -> &'a ComputeParams {
        &self.moment.params.compute
    }

    /// The height that comes after the beacon's delay.
    pub(super) fn beacon_height(&self) -> Height {
        Height::new(self.moment.height.get().saturating_add(self.params().beacon_delay))
    }

    /// Pays somebody out of the account `compute`.
    pub(super) fn pay(&mut self, to: &Address, amount: Amount) -> Result<(), Fault> {
        bank::move_held(self.view, &self.moment.protocol.compute, to, amount)
    }

    /// Takes something out of the stakes.
    pub(super) fn unstake(&mut self, amount: Amount) -> Result<(), Fault> {
        let rest = self.totals.stakes.checked_sub(amount);
        self.totals.stakes = rest.map_err(|_| broken("a stake is not in the sum of stakes"))?;
        Ok(())
    }

    /// Takes something out of the prices.
    pub(super) fn release_price(&mut self, amount: Amount) -> Result<(), Fault> {
        let rest = self.totals.prices.checked_sub(amount);
        self.totals.prices = rest.map_err(|_| broken("a price is not in the sum of prices"))?;
        Ok(())
    }

    /// Saves a task that goes on by itself at `due`.
    pub(super) fn wake_at(&mut self, number: u64, task: &mut Task, due: Due) -> Result<(), Fault> {
        task.due = due;
        task.wake = self.enqueue(due, &DueItem::Task { task: number })?;
        store::save_task(self.view, number, task)
    }

    /// Looks at something at the first height that may be late enough; returns which. Nothing is
    /// ever looked at in the block that says so.
    pub(super) fn enqueue(&mut self, due: Due, item: &DueItem) -> Result<Height, Fault> {
        let after = Height::new(self.moment.height.get().saturating_add(1));
        let height = if due.height > after { due.height } else { self.patient(due, after) };
        staking::know(self.view, [AGENDA, due_key(height)])?;
        let mut agenda = store::load_agenda(self.view)?;
        if agenda.open == 0 && agenda.height < after {
            agenda = Agenda { height: after, place: 0, open: 0 };
        }
        agenda.open = agenda.open.saturating_add(1);
        store::save_agenda(self.view, &agenda)?;
        let mut count = store::load_due(self.view, height)?;
        store::save_entry(self.view, (height, count.entries), item)?;
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
