//! What happens by itself at the end of an epoch.

use super::{OpenCall, SAFETY, Safety, changes, store};
use crate::{error::Fault, modules::staking::BlockMoment};
use althing_state::{StateKey, View};
use althing_types::{Event, List};

/// Lets lapse what was not ratified, and forgets calls that came too late.
///
/// # Errors
/// [`Fault`]: nothing is missing once [`missing_for_epoch_end`] is satisfied.
pub(crate) fn end_epoch(view: &mut View, moment: &BlockMoment<'_>) -> Result<Vec<Event>, Fault> {
    if let Some(mut safety) = store::load_safety(view)?
        && forget_late(view, moment, &mut safety)
    {
        store::save_safety(view, &safety)?;
    }
    changes::lapse(view, moment)
}

/// Removes the calls that nobody can approve any more. Returns whether there were any.
fn forget_late(view: &mut View, moment: &BlockMoment<'_>, safety: &mut Safety) -> bool {
    let late = |call: &&OpenCall| moment.is_reached(call.expires);
    let gone: Vec<OpenCall> = safety.open.iter().filter(late).copied().collect();
    gone.iter().for_each(|call| store::remove_call(view, &call.id));
    drop_calls(safety, |call| gone.contains(call));
    !gone.is_empty()
}

/// Takes calls off the list.
pub(super) fn drop_calls(safety: &mut Safety, which: impl Fn(&OpenCall) -> bool) {
    let left = safety.open.iter().filter(|call| !which(call)).copied().collect();
    // A part of a list fits where the list did.
    safety.open = List::new(left).unwrap_or_default();
}

/// Adds the keys that the end of an epoch touches here, as far as what the view knows tells: ask again once
/// they are there.
pub(crate) fn missing_for_epoch_end(view: &View, out: &mut Vec<StateKey>) -> Result<(), Fault> {
    out.push(SAFETY);
    changes::keys(view, out)
}
