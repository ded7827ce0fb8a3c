use super::{Agenda, Compute, SCHEDULE, Verifying, store, whitelist};
use crate::error::Fault;
use althing_state::View;

/// Writes that there is no worker and no task, and the first whitelist.
pub(crate) fn genesis(view: &mut View) -> Result<(), Fault> {
    store::save_compute(view, &Compute { next_task: 1, ..Compute::default() })?;
    SCHEDULE.save(view, &Agenda::default())?;
    store::save_verifying(view, &Verifying::default())?;
    whitelist::genesis(view)
}
