//! The turn of the epoch: those who run a version first are looked at.

use super::{NETWORK, Rollout, api::activate, cohort_key, rollout, spec_key, store};
use crate::{error::Fault, modules::staking::BlockMoment};
use althing_state::{StateKey, View};
use althing_types::{Event, network::SpecStatus};

/// Rolls a version back that does harm, and puts it in force when it has been watched for long
/// enough.
///
/// # Errors
/// [`Fault`]: nothing is missing once [`missing_for_epoch_end`] is satisfied.
pub(crate) fn end_epoch(view: &mut View, moment: &BlockMoment<'_>) -> Result<Vec<Event>, Fault> {
    let mut network = store::load_network(view)?;
    let Some(Rollout { version, plan, until }) = network.staged else { return Ok(Vec::new()) };
    let cohort = store::require_cohort(view, version)?;
    let health = rollout::health(view, version, &cohort)?;
    let over = moment.is_reached(until);
    let mut spec = store::require_spec(view, version)?;
    spec.health = Some(health);
    let mut events = vec![Event::SpecWatched { version, health }];
    match plan.judge(&health, over) {
        Some(reason) => {
            spec.reason = Some(reason);
            spec.enter(SpecStatus::RolledBack, moment.height);
            store::save_spec(view, version, &spec)?;
            events.push(Event::SpecRolledBack { version, proposal: spec.proposal, reason });
        }
        None if over => {
            activate(view, &mut network, (version, spec), moment.height, &mut events)?;
        }
        None => {
            store::save_spec(view, version, &spec)?;
            return Ok(events);
        }
    }
    network.staged = None;
    store::remove_cohort(view, version);
    store::save_network(view, &network)?;
    Ok(events)
}

/// Adds the keys that the turn of the epoch touches here, as far as what the view knows tells: ask
/// again once they are there.
pub(crate) fn missing_for_epoch_end(view: &View, out: &mut Vec<StateKey>) -> Result<(), Fault> {
    out.push(NETWORK);
    if !view.knows(&NETWORK) {
        return Ok(());
    }
    let network = store::load_network(view)?;
    let Some(Rollout { version, .. }) = network.staged else { return Ok(()) };
    out.extend([spec_key(version), spec_key(network.current), cohort_key(version)]);
    out.extend(network.offered.iter().map(|offered| spec_key(*offered)));
    if view.knows(&cohort_key(version)) {
        rollout::watched_keys(&store::require_cohort(view, version)?, out);
    }
    Ok(())
}
