//! What one step of compute works with: the view, the block, the sums, and what has happened.

use super::{COMPUTE, Compute, DueItem, SCHEDULE, Task, store};
use crate::{
    error::Fault,
    modules::{
        bank,
        staking::{self, BlockMoment},
    },
};
use althing_state::View;
use althing_types::{Address, Amount, Due, Event, Height, params::ComputeParams};

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
        SCHEDULE.enqueue(self.view, self.moment, due, item)
    }
}
