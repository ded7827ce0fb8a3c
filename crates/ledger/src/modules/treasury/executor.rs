//! One step of a disbursement: a function of its record and the moment, so that taking it twice is
//! taking it once.

use super::{
    Disbursement, Moment, PENDING, Pending, Step, TREASURY, Treasury, Waiting, disbursement_key,
    error::TreasuryError, store,
};
use crate::{
    error::{Failure, Fault},
    modules::{bank, staking::BlockMoment},
};
use althing_state::View;
use althing_types::{
    Amount, AmountError, Due, Event, List, Ppm,
    governance::{DisbursementReason as Reason, DisbursementState as State, Payment},
};

/// At once.
pub(super) const NOW: Due =
    Due { height: althing_types::Height::ZERO, time: althing_types::Timestamp::ZERO };

/// Disbursements while something happens to them.
pub(super) struct Executor<'a> {
    pub(super) view: &'a mut View,
    pub(super) moment: &'a BlockMoment<'a>,
    pub(super) treasury: Treasury,
    pub(super) pending: Vec<Waiting>,
    pub(super) events: Vec<Event>,
}

fn broken(_: AmountError) -> Fault {
    Fault::Corrupt { key: TREASURY, what: "the sums of the treasury do not fit its records" }
}

impl<'a> Executor<'a> {
    pub(super) fn begin(view: &'a mut View, moment: &'a BlockMoment<'a>) -> Result<Self, Fault> {
        let treasury = store::load_treasury(view)?;
        let pending = store::load_pending(view)?.to_vec();
        Ok(Self { view, moment, treasury, pending, events: Vec::new() })
    }

    /// Writes what has changed, and returns what happened.
    pub(super) fn finish(mut self) -> Result<Vec<Event>, Fault> {
        let full = Fault::Corrupt { key: PENDING, what: "too many disbursements are accepted" };
        let earliest =
            |a: Due, b: Due| Due { height: a.height.min(b.height), time: a.time.min(b.time) };
        let wakes = self.pending.iter().map(|waiting| waiting.wake);
        self.treasury.wake = wakes.reduce(earliest).unwrap_or_default();
        let count = u32::try_from(self.pending.len());
        self.treasury.pending = count.map_err(|_| full.clone())?;
        store::save_pending(self.view, &Pending::new(self.pending).ok_or(full)?)?;
        store::save_treasury(self.view, &self.treasury)?;
        Ok(self.events)
    }

    /// Takes the next step of a disbursement, if it is due. Returns whether anything changed.
    pub(super) fn step(&mut self, number: u64) -> Result<bool, Fault> {
        let before = store::require_disbursement(self.view, number)?;
        let mut record = before.clone();
        if record.deps.contains(&number) {
            self.end(number, &mut record, Reason::CircularDependency, Ppm::ZERO)?;
        } else if self.has_stale(&record)? {
            self.end(number, &mut record, Reason::StaleDependency, Ppm::ZERO)?;
        } else {
            match record.state {
                State::Queued => self.unlock(number, &mut record)?,
                State::Timelocked => self.execute(number, &mut record)?,
                State::Executed => self.release(number, &mut record)?,
                State::Draft | State::Voting | State::Finalized | State::RolledBack => {
                    let key = disbursement_key(number);
                    let what = "a disbursement that is not accepted, or over, is pending";
                    return Err(Fault::Corrupt { key, what });
                }
            }
        }
        store::save_disbursement(self.view, number, &record)?;
        Ok(record != before)
    }

    /// Whether anything that it depends on will never be executed, or is no more.
    fn has_stale(&self, record: &Disbursement) -> Result<bool, Fault> {
        for dep in record.deps.iter() {
            let dep = store::load_disbursement(self.view, *dep)?;
            if dep.is_none_or(|dep| dep.state == State::RolledBack) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Queued: waits until all that it depends on is executed.
    fn unlock(&mut self, number: u64, record: &mut Disbursement) -> Result<(), Fault> {
        for dep in record.deps.clone().iter() {
            let dep = store::require_disbursement(self.view, *dep)?;
            if !matches!(dep.state, State::Executed | State::Finalized) {
                if self.moment.is_reached(record.expires) {
                    return self.end(number, record, Reason::Expired, Ppm::ZERO);
                }
                self.sleep(number, record.expires);
                return Ok(());
            }
        }
        record.due = self.moment.after(record.delay);
        self.sleep(number, record.due);
        self.enter(number, record, State::Timelocked, Reason::Planned);
        Ok(())
    }

    /// Timelocked: its money is set aside once it is due and there.
    fn execute(&mut self, number: u64, record: &mut Disbursement) -> Result<(), Fault> {
        let (moment, protocol) = (self.moment, self.moment.protocol);
        if !moment.is_reached(record.due) {
            self.sleep(number, record.due);
            return Ok(());
        }
        if record.payments.iter().any(|payment| protocol.is_closed(&payment.to)) {
            return self.end(number, record, Reason::InvalidTarget, Ppm::ZERO);
        }
        if bank::balance_of(self.view, &protocol.treasury)? < record.total {
            return self.delay(number, record);
        }
        let total = record.total;
        bank::move_held(self.view, &protocol.treasury, &protocol.disbursements, total)?;
        self.treasury.reserved = self.treasury.reserved.checked_sub(total).map_err(broken)?;
        self.treasury.held = self.treasury.held.checked_add(total).map_err(broken)?;
        record.executed = Some(Moment { height: moment.height, time: moment.time });
        record.due = moment.after(moment.params.treasury.rollback_window);
        record.short = false;
        self.enter(number, record, State::Executed, Reason::Planned);
        self.wake_dependents(number)?;
        if let Some(next) = self.next_payment(record) {
            self.sleep(number, next);
        }
        Ok(())
    }

    /// The treasury cannot pay it: it is tried again, until it is too old.
    fn delay(&mut self, number: u64, record: &mut Disbursement) -> Result<(), Fault> {
        let reason = Reason::InsufficientFunds;
        if self.moment.is_reached(record.expires) {
            return self.end(number, record, reason, Ppm::ZERO);
        }
        record.due = self.moment.after(self.moment.params.treasury.retry);
        record.short = true;
        self.sleep(number, record.due);
        let (disbursement, due) = (number, record.due);
        self.events.push(Event::DisbursementDelayed { disbursement, reason, due });
        Ok(())
    }

    /// Executed: payments are made once nothing can be rolled back any more and they are due.
    fn release(&mut self, number: u64, record: &mut Disbursement) -> Result<(), Fault> {
        let protocol = self.moment.protocol;
        for (bit, payment, due) in unpaid(record) {
            if !self.moment.is_reached(due) {
                continue;
            }
            let Payment { to, amount, .. } = payment;
            let from = &protocol.disbursements;
            match bank::transfer(self.view, from, &to, amount, self.moment.time) {
                Ok(_) => {}
                Err(error) => {
                    return match Failure::from(error) {
                        Failure::Fault(fault) => Err(fault),
                        Failure::Rule(_) => {
                            self.end(number, record, Reason::ExecutionFailed, Ppm::ZERO)
                        }
                    };
                }
            }
            record.paid |= bit;
            self.treasury.held = self.treasury.held.checked_sub(amount).map_err(broken)?;
            self.treasury.paid = self.treasury.paid.checked_add(amount).map_err(broken)?;
            self.events.push(Event::DisbursementPaid { disbursement: number, to, amount });
        }
        match self.next_payment(record) {
            Some(next) => self.sleep(number, next),
            None => {
                self.pending.retain(|waiting| waiting.number != number);
                self.enter(number, record, State::Finalized, Reason::Planned);
            }
        }
        Ok(())
    }

    /// When the next payment is due; `None` if all are made.
    fn next_payment(&self, record: &Disbursement) -> Option<Due> {
        unpaid(record).into_iter().map(|(_, _, due)| due).min_by_key(|due| (due.height, due.time))
    }

    /// Ends a disbursement of which something is not paid. What was set aside goes back, but for the
    /// part that recipients get for what they have done.
    pub(super) fn end(
        &mut self,
        number: u64,
        record: &mut Disbursement,
        reason: Reason,
        compensation: Ppm,
    ) -> Result<(), Fault> {
        match record.state {
            State::Queued | State::Timelocked => {
                let rest = self.treasury.reserved.checked_sub(record.total);
                self.treasury.reserved = rest.map_err(broken)?;
            }
            State::Executed => self.give_back(number, record, compensation)?,
            State::Draft | State::Voting | State::Finalized | State::RolledBack => {}
        }
        self.pending.retain(|waiting| waiting.number != number);
        self.enter(number, record, State::RolledBack, reason);
        self.wake_dependents(number)
    }

    /// Empties what the account `disbursements` holds for it.
    fn give_back(
        &mut self,
        number: u64,
        record: &mut Disbursement,
        part: Ppm,
    ) -> Result<(), Fault> {
        let protocol = self.moment.protocol;
        let (from, treasury) = (&protocol.disbursements, &protocol.treasury);
        let (mut returned, mut compensation) = (Amount::ZERO, Amount::ZERO);
        for (_, Payment { to, amount, .. }, _) in unpaid(record) {
            let mut kept = amount.share(part);
            match bank::transfer(self.view, from, &to, kept, self.moment.time) {
                Ok(_) => {}
                Err(error) => match Failure::from(error) {
                    Failure::Fault(fault) => return Err(fault),
                    // Who cannot be paid gets nothing.
                    Failure::Rule(_) => kept = Amount::ZERO,
                },
            }
            let rest = amount.checked_sub(kept).map_err(broken)?;
            bank::move_held(self.view, from, treasury, rest)?;
            self.treasury.held = self.treasury.held.checked_sub(amount).map_err(broken)?;
            self.treasury.paid = self.treasury.paid.checked_add(kept).map_err(broken)?;
            returned = returned.checked_add(rest).map_err(broken)?;
            compensation = compensation.checked_add(kept).map_err(broken)?;
        }
        let disbursement = number;
        self.events.push(Event::DisbursementReturned { disbursement, returned, compensation });
        Ok(())
    }

    /// Lets those that depend on it look at it again in the next block.
    fn wake_dependents(&mut self, number: u64) -> Result<(), Fault> {
        let dependents = store::load_dependents(self.view, number)?;
        for waiting in &mut self.pending {
            if dependents.contains(&waiting.number) {
                waiting.wake = NOW;
            }
        }
        Ok(())
    }

    fn sleep(&mut self, number: u64, until: Due) {
        for waiting in self.pending.iter_mut().filter(|waiting| waiting.number == number) {
            waiting.wake = until;
        }
    }

    /// Notes where a disbursement came, and why.
    pub(super) fn enter(
        &mut self,
        number: u64,
        record: &mut Disbursement,
        state: State,
        reason: Reason,
    ) {
        record.enter(state, reason, self.moment.height);
        let total = record.total;
        self.events.push(Event::DisbursementAdvanced {
            disbursement: number,
            state,
            reason,
            total,
        });
    }

    /// Rolls back what is not final, because that was decided.
    pub(super) fn decided(
        &mut self,
        number: u64,
        reason: Reason,
        compensation: Ppm,
    ) -> Result<(), Failure> {
        let mut record =
            store::load_disbursement(self.view, number)?.ok_or(TreasuryError::Unknown)?;
        if !record.is_pending() {
            return Err(TreasuryError::NotReady.into());
        }
        self.end(number, &mut record, reason, compensation)?;
        Ok(store::save_disbursement(self.view, number, &record)?)
    }
}

impl Disbursement {
    /// Whether it is accepted and not over.
    pub const fn is_pending(&self) -> bool {
        matches!(self.state, State::Queued | State::Timelocked | State::Executed)
    }

    /// Notes a step.
    pub(super) fn enter(&mut self, state: State, reason: Reason, height: althing_types::Height) {
        self.state = state;
        let mut steps = self.history.to_vec();
        steps.push(Step { state, reason, height });
        // A life has fewer steps than there is room for.
        if let Some(steps) = List::new(steps) {
            self.history = steps;
        }
    }
}

/// The payments that are not made: the bit of each, itself, and when it is due.
fn unpaid(record: &Disbursement) -> Vec<(u32, Payment, Due)> {
    let window = record.due;
    let Some(Moment { height, time }) = record.executed else { return Vec::new() };
    let bits = (0u32..).map(|place| 1u32.checked_shl(place).unwrap_or(0));
    let all = record.payments.iter().zip(bits);
    let open = all.filter(|(_, bit)| record.paid & bit == 0);
    open.map(|(payment, bit)| (bit, *payment, payment.milestone.from(height, time).max(window)))
        .collect()
}

#[cfg(test)]
mod tests;
