//! What proposals do. The same check runs when something is proposed and when it is enacted.

use super::error::GovernanceError;
use crate::{
    error::Failure,
    modules::{accounts, bank, params, staking},
};
use althing_state::View;
use althing_types::{
    ChainParams, Event,
    governance::{Action, ParameterChange},
    params::Parameter,
};

/// Whether the action could happen now.
pub(super) fn check(
    view: &View,
    protocol: &bank::ProtocolAccounts,
    present: &ChainParams,
    action: &Action,
) -> Result<(), Failure> {
    match action {
        Action::Text {} => Ok(()),
        Action::Parameters { changes } => changed(view, protocol, present, changes).map(drop),
    }
}

/// Lets the action happen. Nothing has changed if it cannot.
pub(super) fn enact(
    view: &mut View,
    protocol: &bank::ProtocolAccounts,
    proposal: u64,
    action: &Action,
) -> Result<Vec<Event>, Failure> {
    match action {
        Action::Text {} => Ok(Vec::new()),
        Action::Parameters { changes } => {
            let present = params::load(view)?;
            let after = changed(view, protocol, &present, changes)?;
            params::save(view, &after)?;
            let event = |change: &ParameterChange| Event::ParameterChanged {
                proposal,
                change: change.clone(),
            };
            Ok(changes.iter().map(event).collect())
        }
    }
}

/// The parameters after the changes.
fn changed(
    view: &View,
    protocol: &bank::ProtocolAccounts,
    present: &ChainParams,
    changes: &[ParameterChange],
) -> Result<ChainParams, Failure> {
    let mut after = present.clone();
    for change in changes {
        let parameter = Parameter::find(&change.name).ok_or(GovernanceError::ParameterUnknown)?;
        let now = parameter.get(&after);
        if [change.from, change.to].iter().any(|value| value.tag() != now.tag()) {
            return Err(GovernanceError::ParameterType.into());
        }
        if change.from != now {
            return Err(GovernanceError::ParameterChanged.into());
        }
        if !parameter.set(&mut after, change.to) {
            return Err(GovernanceError::ParameterType.into());
        }
    }
    after.validate().map_err(|_| GovernanceError::ParameterBounds)?;
    let schedule = after.emission.schedule;
    if schedule != present.emission.schedule && schedule.needs_reserve() {
        check_reserve(view, protocol)?;
    }
    Ok(after)
}

/// A schedule that pays from the reserve needs one.
fn check_reserve(view: &View, protocol: &bank::ProtocolAccounts) -> Result<(), Failure> {
    staking::know(view, [accounts::key(&protocol.reserve)])?;
    let held = bank::balance_of(view, &protocol.reserve)?;
    if held.is_zero() { Err(GovernanceError::ReserveEmpty.into()) } else { Ok(()) }
}
