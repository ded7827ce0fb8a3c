//! What a block does by itself: it moves on what is due, at most so much, and at the end of an epoch
//! releases the miners' pool.

use super::{
    AGENDA, Agenda, COMPUTE, DueItem, desk::Desk, due_key, entry_key, store, task_key,
    tasks::keys_of,
};
use crate::{
    error::Fault,
    modules::{
        accounts, bank,
        staking::{self, BlockMoment},
    },
};
use althing_state::{Missing, StateKey, View};
use althing_types::{Event, Height};

/// Most heights without anything due that one block passes over.
const MAX_EMPTY_HEIGHTS: u32 = 1_024;

/// Moves on what is due, oldest first, at most `compute.due_per_block` of it.
///
/// # Errors
/// [`Fault`]: nothing is missing once [`missing_for_block`] is satisfied.
pub(crate) fn run(view: &mut View, moment: &BlockMoment<'_>) -> Result<Vec<Event>, Fault> {
    let mut events = Vec::new();
    let mut left = moment.params.compute.due_per_block;
    while left > 0
        && let Some(item) = next(view, moment.height)?
    {
        events.extend(handle(view, moment, &item)?);
        left = left.saturating_sub(1);
    }
    Ok(events)
}

/// Takes the next thing that is due out of the agenda.
fn next(view: &mut View, height: Height) -> Result<Option<DueItem>, Fault> {
    staking::know(view, [AGENDA])?;
    let before = store::load_agenda(view)?;
    let mut agenda = before;
    for _ in 0..MAX_EMPTY_HEIGHTS {
        if agenda.open == 0 || agenda.height > height {
            break;
        }
        staking::know(view, [due_key(agenda.height)])?;
        let entries = store::load_due(view, agenda.height)?.entries;
        if agenda.place >= entries {
            agenda = after(agenda);
            continue;
        }
        let (now, place) = (agenda.height, agenda.place);
        staking::know(view, [entry_key(now, place)])?;
        let item = store::require_entry(view, now, place)?;
        store::remove_entry(view, now, place);
        agenda.place = place.saturating_add(1);
        agenda.open = agenda.open.saturating_sub(1);
        if agenda.place == entries {
            store::remove_due(view, now);
            agenda = after(agenda);
        }
        store::save_agenda(view, &agenda)?;
        return Ok(Some(item));
    }
    if agenda != before {
        store::save_agenda(view, &agenda)?;
    }
    Ok(None)
}

/// The agenda at the next height.
const fn after(agenda: Agenda) -> Agenda {
    Agenda { height: Height::new(agenda.height.get().saturating_add(1)), place: 0, ..agenda }
}

fn handle(view: &mut View, moment: &BlockMoment<'_>, item: &DueItem) -> Result<Vec<Event>, Fault> {
    match item {
        DueItem::Unbond { worker } => {
            let mut desk = Desk::begin(view, moment)?;
            desk.pay_stake(worker)?;
            desk.finish()
        }
        DueItem::Task { task: number } => {
            staking::know(view, [task_key(*number)])?;
            let Some(mut task) = store::load_task(view, *number)? else { return Ok(Vec::new()) };
            // It went on before, and is due another time.
            if task.wake > moment.height {
                return Ok(Vec::new());
            }
            staking::know(view, keys_of(&task))?;
            let mut desk = Desk::begin(view, moment)?;
            let due = task.due;
            if moment.is_reached(due) {
                desk.step(*number, &mut task)?;
            } else {
                desk.wake_at(*number, &mut task, due)?;
            }
            desk.finish()
        }
    }
}

/// Adds the keys that a block touches here by itself, as far as what the view knows tells: ask again
/// once they are there. What is due is tried on a copy of the view, so that these keys and what is
/// done with them can never differ.
pub(crate) fn missing_for_block(
    view: &View,
    moment: &BlockMoment<'_>,
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    out.extend([AGENDA, COMPUTE]);
    if !view.knows(&AGENDA) || !view.knows(&COMPUTE) {
        return Ok(());
    }
    let agenda = store::load_agenda(view)?;
    if agenda.open == 0 || agenda.height > moment.height {
        return Ok(());
    }
    entries_ahead(view, moment, agenda, out)?;
    let mut scratch = view.clone();
    scratch.commit();
    let protocol = moment.protocol;
    out.extend([bank::SUPPLY, accounts::key(&protocol.compute)]);
    for _ in 0..moment.params.compute.due_per_block {
        let item = match next(&mut scratch, moment.height) {
            Ok(Some(item)) => item,
            Ok(None) => break,
            Err(fault) => return missed(fault, out),
        };
        scratch.commit();
        match handle(&mut scratch, moment, &item) {
            Ok(_) => scratch.commit(),
            Err(fault) => {
                scratch.rollback();
                missed(fault, out)?;
            }
        }
    }
    Ok(())
}

/// The entries of the present bucket and the tasks that they name, all at once.
fn entries_ahead(
    view: &View,
    moment: &BlockMoment<'_>,
    agenda: Agenda,
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    let key = due_key(agenda.height);
    if !view.knows(&key) {
        out.push(key);
        return Ok(());
    }
    let entries = store::load_due(view, agenda.height)?.entries;
    let most = u32::try_from(moment.params.compute.due_per_block).unwrap_or(u32::MAX);
    for place in agenda.place..entries.min(agenda.place.saturating_add(most)) {
        let key = entry_key(agenda.height, place);
        out.push(key);
        if view.knows(&key)
            && let DueItem::Task { task } = store::require_entry(view, agenda.height, place)?
        {
            out.push(task_key(task));
        }
    }
    Ok(())
}

/// Keeps the keys that were missed; anything else is a fault.
fn missed(fault: Fault, out: &mut Vec<StateKey>) -> Result<(), Fault> {
    match fault {
        Fault::Missing(Missing(keys)) => {
            out.extend(keys);
            Ok(())
        }
        fault => Err(fault),
    }
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
