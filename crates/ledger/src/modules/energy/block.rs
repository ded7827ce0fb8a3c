//! What a block does by itself: it moves on what is due, at most so much.

use super::{AGENDA, DueItem, ENERGY, SCHEDULE, desk::Desk};
use crate::{
    error::Fault,
    modules::{accounts, bank, staking::BlockMoment},
};
use althing_state::{StateKey, View};
use althing_types::Event;

/// Moves on what is due, oldest first, until `energy.due_per_block` units of work are done. Only the
/// last thing may go beyond: a slot has at most 512 units.
///
/// # Errors
/// [`Fault`]: nothing is missing once [`missing_for_block`] is satisfied.
pub(crate) fn run(view: &mut View, moment: &BlockMoment<'_>) -> Result<Vec<Event>, Fault> {
    let most = moment.params.energy.due_per_block;
    SCHEDULE.run(view, moment, most, |view, item| handle(view, moment, item))
}

/// Moves one thing on. Returns what happened, and the units of work that took.
fn handle(
    view: &mut View,
    moment: &BlockMoment<'_>,
    item: &DueItem,
) -> Result<(Vec<Event>, u64), Fault> {
    let mut desk = Desk::begin(view, moment)?;
    let work = match item {
        DueItem::Batch { batch } => desk.wake_batch(*batch)?,
        DueItem::Slot { zone, slot } => desk.clear(zone, *slot)?,
        DueItem::Sale { certificate } => desk.pay_sale(*certificate).map(|()| 1)?,
        DueItem::Credit { zone, slot, provider } => {
            desk.lapse(zone, *slot, provider).map(|()| 1)?
        }
        DueItem::Dispute { dispute } => desk.wake_dispute(*dispute).map(|()| 32)?,
        DueItem::Unbond { account, role } => desk.pay_stake(account, *role).map(|()| 1)?,
    };
    Ok((desk.finish()?, work))
}

/// Adds the keys that a block touches here by itself, as far as what the view knows tells: ask again
/// once they are there.
pub(crate) fn missing_for_block(
    view: &View,
    moment: &BlockMoment<'_>,
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    out.extend([AGENDA, ENERGY]);
    if !view.knows(&AGENDA) || !view.knows(&ENERGY) {
        return Ok(());
    }
    let most = moment.params.energy.due_per_block;
    if SCHEDULE.ahead::<DueItem>(view, moment, most, out)?.is_none() {
        return Ok(());
    }
    out.extend([bank::SUPPLY, bank::INCOME, accounts::key(&moment.protocol.energy)]);
    SCHEDULE.missing(view, moment, most, |view, item| handle(view, moment, item), out)
}
