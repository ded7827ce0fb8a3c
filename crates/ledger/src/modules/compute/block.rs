//! What a block does by itself: it moves on what is due, at most so much, and at the end of an epoch
//! releases the miners' pool.

use super::{AGENDA, COMPUTE, DueItem, SCHEDULE, desk::Desk, store, task_key, tasks::keys_of};
use crate::{
    error::Fault,
    modules::{
        accounts, bank,
        staking::{self, BlockMoment},
    },
};
use althing_state::{StateKey, View};
use althing_types::Event;

/// Moves on what is due, oldest first, at most `compute.due_per_block` of it.
///
/// # Errors
/// [`Fault`]: nothing is missing once [`missing_for_block`] is satisfied.
pub(crate) fn run(view: &mut View, moment: &BlockMoment<'_>) -> Result<Vec<Event>, Fault> {
    let most = moment.params.compute.due_per_block;
    SCHEDULE.run(view, moment, most, |view, item| handle(view, moment, item))
}

/// Moves one thing on. Each is one unit of work.
fn handle(
    view: &mut View,
    moment: &BlockMoment<'_>,
    item: &DueItem,
) -> Result<(Vec<Event>, u64), Fault> {
    let events = match item {
        DueItem::Unbond { worker } => {
            let mut desk = Desk::begin(view, moment)?;
            desk.pay_stake(worker)?;
            desk.finish()?
        }
        DueItem::Task { task: number } => {
            staking::know(view, [task_key(*number)])?;
            let Some(mut task) = store::load_task(view, *number)? else {
                return Ok((Vec::new(), 1));
            };
            // It went on before, and is due another time.
            if task.wake > moment.height {
                return Ok((Vec::new(), 1));
            }
            staking::know(view, keys_of(&task))?;
            let mut desk = Desk::begin(view, moment)?;
            let due = task.due;
            if moment.is_reached(due) {
                desk.step(*number, &mut task)?;
            } else {
                desk.wake_at(*number, &mut task, due)?;
            }
            desk.finish()?
        }
    };
    Ok((events, 1))
}

/// Adds the keys that a block touches here by itself, as far as what the view knows tells: ask again
/// once they are there.
pub(crate) fn missing_for_block(
    view: &View,
    moment: &BlockMoment<'_>,
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    out.extend([AGENDA, COMPUTE]);
    if !view.knows(&AGENDA) || !view.knows(&COMPUTE) {
        return Ok(());
    }
    let most = moment.params.compute.due_per_block;
    let Some(items) = SCHEDULE.ahead(view, moment, most, out)? else { return Ok(()) };
    out.extend(items.iter().filter_map(|item| match item {
        DueItem::Task { task } => Some(task_key(*task)),
        DueItem::Unbond { .. } => None,
    }));
    out.extend([bank::SUPPLY, accounts::key(&moment.protocol.compute)]);
    SCHEDULE.missing(view, moment, most, |view, item| handle(view, moment, item), out)
}

/// The last block of an epoch.
pub(crate) fn end_epoch(view: &mut View, moment: &BlockMoment<'_>) -> Result<Vec<Event>, Fault> {
    let mut desk = Desk::begin(view, moment)?;
    desk.release_pool()?;
    desk.finish()
}

/// Adds the keys that the end of an epoch touches here.
pub(crate) fn missing_for_epoch_end(
    view: &View,
    moment: &BlockMoment<'_>,
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    out.push(COMPUTE);
    if view.knows(&COMPUTE) {
        let mut scratch = view.clone();
        out.extend(Desk::begin(&mut scratch, moment)?.pool_keys());
    }
    Ok(())
}
