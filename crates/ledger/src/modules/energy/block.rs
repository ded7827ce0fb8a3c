//! What a block does by itself: it moves on what is due, at most so much.

use super::{AGENDA, Agenda, DueItem, ENERGY, desk::Desk, due_key, entry_key, store};
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

/// Moves on what is due, oldest first, until `energy.due_per_block` units of work are done. Only the
/// last thing may go beyond: a slot has at most 512 units.
///
/// # Errors
/// [`Fault`]: nothing is missing once [`missing_for_block`] is satisfied.
pub(crate) fn run(view: &mut View, moment: &BlockMoment<'_>) -> Result<Vec<Event>, Fault> {
    let mut events = Vec::new();
    let mut left = moment.params.energy.due_per_block;
    while left > 0
        && let Some(item) = next(view, moment.height)?
    {
        let (more, work) = handle(view, moment, &item)?;
        events.extend(more);
        left = left.saturating_sub(work);
    }
    Ok(events)
}

/// Takes the next thing that is due out of the agenda.
fn next(view: &mut View, height: Height) -> Result<Option<DueItem>, Fault> {
    staking::know(view, [AGENDA])?;
    let before = store::load_agenda(view)?;
    let mut agenda = before.clone();
    for _ in 0..MAX_EMPTY_HEIGHTS {
        if agenda.open == 0 || agenda.height > height {
            break;
        }
        staking::know(view, [due_key(agenda.height)])?;
        let entries = store::load_due(view, agenda.height)?.entries;
        if agenda.place >= entries {
            agenda = after(&agenda);
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
            agenda = after(&agenda);
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
const fn after(agenda: &Agenda) -> Agenda {
    let height = Height::new(agenda.height.get().saturating_add(1));
    Agenda { height, place: 0, open: agenda.open }
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
/// once they are there. What is due is tried on a copy of the view, so that these keys and what is
/// done with them can never differ.
pub(crate) fn missing_for_block(
    view: &View,
    moment: &BlockMoment<'_>,
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    out.extend([AGENDA, ENERGY]);
    if !view.knows(&AGENDA) || !view.knows(&ENERGY) {
        return Ok(());
    }
    let agenda = store::load_agenda(view)?;
    if agenda.open == 0 || agenda.height > moment.height {
        return Ok(());
    }
    entries_ahead(view, moment, &agenda, out)?;
    let protocol = moment.protocol;
    out.extend([bank::SUPPLY, bank::INCOME, accounts::key(&protocol.energy)]);
    let mut scratch = view.clone();
    scratch.commit();
    let mut left = moment.params.energy.due_per_block;
    while left > 0 {
        let item = match next(&mut scratch, moment.height) {
            Ok(Some(item)) => item,
            Ok(None) => break,
            Err(fault) => return missed(fault, out),
        };
        scratch.commit();
        match handle(&mut scratch, moment, &item) {
            Ok((_, work)) => {
                scratch.commit();
                left = left.saturating_sub(work);
            }
            Err(fault) => {
                scratch.rollback();
                missed(fault, out)?;
                left = left.saturating_sub(1);
            }
        }
    }
    Ok(())
}

/// The entries of the present bucket, all at once.
fn entries_ahead(
    view: &View,
    moment: &BlockMoment<'_>,
    agenda: &Agenda,
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    let key = due_key(agenda.height);
    if !view.knows(&key) {
        out.push(key);
        return Ok(());
    }
    let entries = store::load_due(view, agenda.height)?.entries;
    let most = u32::try_from(moment.params.energy.due_per_block).unwrap_or(u32::MAX);
    let last = entries.min(agenda.place.saturating_add(most));
    out.extend((agenda.place..last).map(|place| entry_key(agenda.height, place)));
    Ok(())
}

/// Keeps the keys that were missed; anything else is a fault.
pub(super) fn missed(fault: Fault, out: &mut Vec<StateKey>) -> Result<(), Fault> {
    match fault {
        Fault::Missing(Missing(keys)) => {
            out.extend(keys);
            Ok(())
        }
        fault => Err(fault),
    }
}
