//! What happens by itself: steps of disbursements in every block, so many at a time.

use super::{PENDING, TREASURY, Treasury, Waiting, api::keys_of, executor::Executor, store};
use crate::{
    error::Fault,
    modules::{
        bank::{self, Income},
        staking::BlockMoment,
    },
};
use althing_state::{StateKey, View};
use althing_types::Event;

/// Takes the steps that are due, in the order in which disbursements were accepted, at most
/// `treasury.batch` a block.
///
/// # Errors
/// [`Fault`]: nothing is missing once [`missing_for_block`] is satisfied.
pub(crate) fn run(view: &mut View, moment: &BlockMoment<'_>) -> Result<Vec<Event>, Fault> {
    let treasury = store::load_treasury(view)?;
    if !has_work(&treasury, moment) {
        return Ok(Vec::new());
    }
    let mut executor = Executor::begin(view, moment)?;
    let due = batch(&executor.pending, moment);
    if due.is_empty() {
        return Ok(Vec::new());
    }
    for number in due {
        // An earlier one of the batch may have ended it.
        if executor.pending.iter().any(|waiting| waiting.number == number) {
            executor.step(number)?;
        }
    }
    executor.finish()
}

/// Whether anything may be due.
const fn has_work(treasury: &Treasury, moment: &BlockMoment<'_>) -> bool {
    treasury.pending > 0
        && moment.is_reached(treasury.wake)
        && moment.is_reached(treasury.paused_until)
}

/// The disbursements whose steps are taken in this block.
fn batch(pending: &[Waiting], moment: &BlockMoment<'_>) -> Vec<u64> {
    let most = usize::try_from(moment.params.treasury.batch).unwrap_or(usize::MAX);
    let due = pending.iter().filter(|waiting| moment.is_reached(waiting.wake));
    due.take(most).map(|waiting| waiting.number).collect()
}

/// Says what the treasury has earned, and counts the epochs that end with a backlog.
pub(crate) fn end_epoch(view: &mut View, moment: &BlockMoment<'_>) -> Result<Vec<Event>, Fault> {
    let mut treasury = store::load_treasury(view)?;
    let params = &moment.params.treasury;
    let backlog = u64::from(treasury.pending) > params.stall_pending;
    let epochs = if backlog { treasury.stalled.saturating_add(1) } else { 0 };
    if epochs != treasury.stalled {
        treasury.stalled = epochs;
        store::save_treasury(view, &treasury)?;
    }
    let mut events = Vec::new();
    let income = bank::take_income(view)?;
    if income != Income::default() {
        let Income { fees, penalties, deposits } = income;
        events.push(Event::TreasuryEarned { epoch: moment.epoch, fees, penalties, deposits });
    }
    if u64::from(epochs) > params.stall_epochs {
        events.push(Event::TreasuryStalled { pending: treasury.pending, epochs });
    }
    Ok(events)
}

/// Adds the keys that a block touches here by itself, as far as what the view knows tells: ask again
/// once they are there.
pub(crate) fn missing_for_block(
    view: &View,
    moment: &BlockMoment<'_>,
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    out.push(TREASURY);
    if !view.knows(&TREASURY) {
        return Ok(());
    }
    let treasury = store::load_treasury(view)?;
    if !has_work(&treasury, moment) {
        return Ok(());
    }
    out.push(PENDING);
    if view.knows(&PENDING) {
        for number in batch(&store::load_pending(view)?, moment) {
            keys_of(view, moment, number, out)?;
        }
    }
    Ok(())
}
