//! What the override or an emergency leaves in force: it holds until it lapses, or for good once it is
//! ratified.

use super::{Before, CHANGES, Change, Changes, error::SafetyError, orders, store};
use crate::{
    error::{Failure, Fault},
    modules::{
        governance, network,
        staking::{self, BlockMoment},
        treasury,
    },
};
use althing_state::{StateKey, View};
use althing_types::{
    Due, Event, List, Text,
    governance::{Action, ChangeEnd, Houses, OrderKind},
};

fn corrupt(what: &'static str) -> Fault {
    Fault::Corrupt { key: CHANGES, what }
}

/// Notes that something holds from now on, in the place of what `before` says. A change of the same
/// thing that holds already ends, and what was before that one returns if the new one lapses.
pub(super) fn begin(
    view: &mut View,
    moment: &BlockMoment<'_>,
    order: OrderKind,
    before: Before,
) -> Result<Vec<Event>, Fault> {
    staking::know(view, [CHANGES])?;
    let changes = store::load_changes(view)?;
    let number = changes.next;
    let next = number.checked_add(1).ok_or(corrupt("every number of a change is used"))?;
    let (same, mut open): (Vec<Change>, Vec<Change>) =
        changes.open.iter().partition(|change| change.before.is_like(&before));
    let mut events: Vec<Event> =
        same.iter().map(|change| end(change, ChangeEnd::Replaced)).collect();
    let before = same.first().map_or(before, |first| before.after(first.before));
    if before.is_restored() {
        let open = List::new(open).ok_or(corrupt("fewer changes are more"))?;
        store::save_changes(view, &Changes { open, ..changes })?;
        return Ok(events);
    }
    let lapses = moment.after(moment.params.safety.ratification);
    let title = Text::new(format!("Ratify change {number}: {order}")).unwrap_or_default();
    let action = Action::Ratify { change: number, order };
    let made = governance::propose_by_chain(view, moment, title, (houses(order), action))?;
    let (proposal, submitted) = made.unzip();
    open.push(Change { number, order, before, lapses, proposal });
    let open =
        List::new(open).ok_or(corrupt("more changes hold than there are things to change"))?;
    store::save_changes(view, &Changes { next, open })?;
    events.push(Event::ChangeBegun { change: number, order, lapses, proposal });
    events.extend(submitted);
    Ok(events)
}

const fn end(change: &Change, end: ChangeEnd) -> Event {
    Event::ChangeEnded { change: change.number, order: change.order, end }
}

/// Who ratifies what such an order changed.
pub(crate) const fn houses(order: OrderKind) -> Houses {
    match order {
        OrderKind::RollbackSpec | OrderKind::SetSpec => Houses::VALIDATORS,
        OrderKind::PauseTreasury
        | OrderKind::CancelProposal
        | OrderKind::RollbackDisbursement
        | OrderKind::CancelUpgrade => Houses::STAKE,
    }
}

/// Keys that ratifying or refusing a change, or letting one lapse, touches, as far as what the view knows
/// tells.
pub(crate) fn keys(view: &View, out: &mut Vec<StateKey>) -> Result<(), Fault> {
    out.push(CHANGES);
    if !view.knows(&CHANGES) {
        return Ok(());
    }
    for change in store::load_changes(view)?.open.iter() {
        match change.before {
            Before::Pause { .. } => out.push(treasury::TREASURY),
            Before::Spec { version, .. } => {
                out.push(network::spec_key(version));
                network::replace_keys(view, out)?;
            }
        }
    }
    Ok(())
}

/// The change of this number, if it holds and was made by such an order.
fn find(changes: &Changes, number: u64, order: OrderKind) -> Option<Change> {
    let this = |change: &&Change| change.number == number && change.order == order;
    changes.open.iter().find(this).copied()
}

/// Whether there is such a change to ratify.
pub(crate) fn check_ratify(view: &View, number: u64, order: OrderKind) -> Result<(), Failure> {
    staking::know(view, [CHANGES])?;
    let found = find(&store::load_changes(view)?, number, order);
    found.map(|_| ()).ok_or_else(|| SafetyError::Nothing.into())
}

/// When the vote on ratifying a change ends: when the change lapses. `None` if there is no such change.
pub(crate) fn closes(view: &View, number: u64, order: OrderKind) -> Result<Option<Due>, Fault> {
    let changes = store::load_changes(view)?;
    Ok(find(&changes, number, order).map(|change| change.lapses))
}

/// Lets a change hold for good.
pub(crate) fn ratify(
    view: &mut View,
    moment: &BlockMoment<'_>,
    (number, order): (u64, OrderKind),
) -> Result<Vec<Event>, Failure> {
    check_ratify(view, number, order)?;
    Ok(settle(view, moment, |change| change.number == number, ChangeEnd::Ratified)?)
}

/// The vote on ratifying was against it. If the chain had asked, the change lapses at once.
pub(crate) fn refuse(
    view: &mut View,
    moment: &BlockMoment<'_>,
    proposal: u64,
) -> Result<Vec<Event>, Fault> {
    settle(view, moment, |change| change.proposal == Some(proposal), ChangeEnd::Lapsed)
}

/// Lets everything lapse whose time is over.
pub(super) fn lapse(view: &mut View, moment: &BlockMoment<'_>) -> Result<Vec<Event>, Fault> {
    settle(view, moment, |change| moment.is_reached(change.lapses), ChangeEnd::Lapsed)
}

/// Ends the changes that `over` picks.
fn settle(
    view: &mut View,
    moment: &BlockMoment<'_>,
    over: impl Fn(&Change) -> bool,
    how: ChangeEnd,
) -> Result<Vec<Event>, Fault> {
    let Changes { next, open } = store::load_changes(view)?;
    let (ended, kept): (Vec<Change>, Vec<Change>) = open.iter().partition(|change| over(change));
    let mut events = Vec::new();
    for change in &ended {
        let holds =
            how != ChangeEnd::Lapsed || orders::undo(view, moment, &change.before, &mut events)?;
        events.push(end(change, if holds { how } else { ChangeEnd::Replaced }));
    }
    if !ended.is_empty() {
        let open = List::new(kept).ok_or(corrupt("fewer changes are more"))?;
        store::save_changes(view, &Changes { next, open })?;
    }
    Ok(events)
}
