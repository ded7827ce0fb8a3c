//! What proposals do: when they are made, while they are voted on, and when they are enacted. What is
//! checked when something is proposed is checked again when it happens.

use super::{Proposal, error::GovernanceError};
use crate::{
    error::{Failure, Fault},
    gas::Meter,
    modules::{
        accounts, bank, compute, energy, network, params, safety,
        staking::{self, BlockMoment},
        treasury, upgrade,
    },
    versions::V1_1,
};
use althing_state::{StateKey, View};
use althing_types::{
    ChainParams, Due, Event, Period,
    governance::{Action, Criticality, DisbursementReason, ParameterChange, UpgradeEnd},
    params::Parameter,
};

/// Checks whether the action could happen now, and writes what it needs to begin with. It is that of
/// proposal `number`, while `open` others are on the agenda.
pub(super) fn submit(
    view: &mut View,
    meter: &mut Meter,
    moment: &BlockMoment<'_>,
    (number, open): (u64, usize),
    action: &Action,
) -> Result<Vec<Event>, Failure> {
    match action {
        Action::Text {} => Ok(Vec::new()),
        Action::Parameters { changes } => {
            changed(view, moment, moment.params, changes)?;
            Ok(Vec::new())
        }
        Action::Network { base, spec, rollout } => {
            let change = network::Change { base: *base, spec, rollout: rollout.as_ref() };
            network::check(view, &change)?;
            Ok(Vec::new())
        }
        Action::Treasury { payments, deps, .. } => {
            let plan = treasury::Plan { payments, deps };
            treasury::draft(view, meter, moment, (number, open), &plan)
        }
        Action::TreasuryRollback { disbursement, .. } => {
            treasury::check_rollback(view, *disbursement)?;
            Ok(Vec::new())
        }
        Action::Upgrade { version, height, .. } => {
            upgrade::check_plan(view, moment, *version, *height)?;
            Ok(Vec::new())
        }
        Action::UpgradeCancel { version } => {
            upgrade::check_cancel(view, *version)?;
            Ok(Vec::new())
        }
        Action::Emergency { order } => {
            safety::check_emergency(view, moment, order)?;
            Ok(Vec::new())
        }
        Action::SafetyRules { rules } => {
            safety::check_rules(view, rules.as_ref())?;
            Ok(Vec::new())
        }
        Action::Ratify { change, order } => {
            safety::check_ratify(view, *change, *order)?;
            Ok(Vec::new())
        }
        Action::ComputeWhitelist { change } => {
            compute::check_whitelist(view, change)?;
            Ok(Vec::new())
        }
        Action::ComputePrices { prices } => {
            compute::check_prices(moment.params, prices)?;
            Ok(Vec::new())
        }
        Action::EnergySettlement { settlement } => {
            energy::check_settlement(settlement)?;
            Ok(Vec::new())
        }
        Action::EnergyOracle { oracle, change } => {
            energy::check_oracle(view, moment, oracle, change)?;
            Ok(Vec::new())
        }
        Action::EnergyAdmin { .. } => Ok(Vec::new()),
    }
}

/// The vote begins.
pub(super) fn open(
    view: &mut View,
    moment: &BlockMoment<'_>,
    number: u64,
    action: &Action,
) -> Result<Option<Event>, Fault> {
    match action {
        Action::Treasury { .. } => treasury::open(view, moment, number).map(Some),
        Action::Text {}
        | Action::Parameters { .. }
        | Action::Network { .. }
        | Action::TreasuryRollback { .. }
        | Action::Upgrade { .. }
        | Action::UpgradeCancel { .. }
        | Action::Emergency { .. }
        | Action::SafetyRules { .. }
        | Action::Ratify { .. }
        | Action::ComputeWhitelist { .. }
        | Action::ComputePrices { .. }
        | Action::EnergySettlement { .. }
        | Action::EnergyOracle { .. }
        | Action::EnergyAdmin { .. } => Ok(None),
    }
}

/// When the vote on it ends that begins now, if that is not for its criticality to say.
pub(super) fn closes(view: &View, action: &Action) -> Result<Option<Due>, Fault> {
    match action {
        Action::Ratify { change, order } => safety::closes(view, *change, *order),
        _ => Ok(None),
    }
}

/// The proposal passed. Returns whether it is enacted with that: somebody else looks after it from now
/// on, its delay included, or there is nothing to wait for.
pub(super) fn pass(
    view: &mut View,
    moment: &BlockMoment<'_>,
    number: u64,
    (action, delay): (&Action, Period),
    events: &mut Vec<Event>,
) -> Result<bool, Fault> {
    match action {
        Action::Treasury { .. } => {
            events.extend(treasury::accept(view, moment, number, delay)?);
            Ok(true)
        }
        Action::Text {} => Ok(moment.version >= V1_1),
        // It holds already, so there is nothing to wait for. One that does not hold any more fails.
        Action::Ratify { change, order } => match safety::ratify(view, moment, (*change, *order)) {
            Ok(ratified) => {
                events.extend(ratified);
                Ok(true)
            }
            Err(Failure::Rule(_)) => Ok(false),
            Err(Failure::Fault(fault)) => Err(fault),
        },
        Action::Parameters { .. }
        | Action::Network { .. }
        | Action::TreasuryRollback { .. }
        | Action::Upgrade { .. }
        | Action::UpgradeCancel { .. }
        | Action::Emergency { .. }
        | Action::SafetyRules { .. }
        | Action::ComputeWhitelist { .. }
        | Action::ComputePrices { .. }
        | Action::EnergySettlement { .. }
        | Action::EnergyOracle { .. }
        | Action::EnergyAdmin { .. } => Ok(false),
    }
}

/// The proposal was rejected or taken back.
pub(super) fn give_up(
    view: &mut View,
    moment: &BlockMoment<'_>,
    number: u64,
    (action, reason): (&Action, DisbursementReason),
) -> Result<Vec<Event>, Fault> {
    match action {
        Action::Treasury { .. } => treasury::drop_one(view, moment, number, reason),
        Action::Ratify { .. } if reason == DisbursementReason::Rejected => {
            safety::refuse(view, moment, number)
        }
        Action::Text {}
        | Action::Parameters { .. }
        | Action::Network { .. }
        | Action::TreasuryRollback { .. }
        | Action::Upgrade { .. }
        | Action::UpgradeCancel { .. }
        | Action::Emergency { .. }
        | Action::SafetyRules { .. }
        | Action::Ratify { .. }
        | Action::ComputeWhitelist { .. }
        | Action::ComputePrices { .. }
        | Action::EnergySettlement { .. }
        | Action::EnergyOracle { .. }
        | Action::EnergyAdmin { .. } => Ok(Vec::new()),
    }
}

/// Lets the action happen. Nothing has changed if it cannot.
pub(super) fn enact(
    view: &mut View,
    moment: &BlockMoment<'_>,
    (proposal, criticality): (u64, Criticality),
    action: &Action,
) -> Result<Vec<Event>, Failure> {
    match action {
        // A disbursement was handed over when it passed.
        Action::Text {} | Action::Treasury { .. } => Ok(Vec::new()),
        Action::Parameters { changes } => {
            let present = params::load(view)?;
            let after = changed(view, moment, &present, changes)?;
            params::save(view, &after)?;
            let event = |change: &ParameterChange| Event::ParameterChanged {
                proposal,
                change: change.clone(),
            };
            Ok(changes.iter().map(event).collect())
        }
        Action::Network { base, spec, rollout } => {
            let change = network::Change { base: *base, spec, rollout: rollout.as_ref() };
            network::enact(view, moment, (proposal, criticality), &change)
        }
        Action::TreasuryRollback { disbursement, compensation } => {
            let how = (*compensation, DisbursementReason::Decided);
            treasury::roll_back(view, moment, *disbursement, how)
        }
        Action::Upgrade { version, height, .. } => {
            upgrade::plan(view, moment, proposal, (*version, *height))
        }
        Action::UpgradeCancel { version } => upgrade::cancel(view, *version, UpgradeEnd::Decided),
        Action::Emergency { order } => safety::emergency(view, moment, proposal, order),
        Action::SafetyRules { rules } => safety::set_rules(view, proposal, rules.as_ref()),
        Action::Ratify { change, order } => safety::ratify(view, moment, (*change, *order)),
        Action::ComputeWhitelist { change } => compute::change_whitelist(view, proposal, change),
        Action::ComputePrices { prices } => compute::set_prices(view, proposal, prices),
        Action::EnergySettlement { settlement } => {
            energy::set_settlement(view, moment, proposal, settlement)
        }
        Action::EnergyOracle { oracle, change } => {
            energy::change_oracle(view, moment, oracle, change)
        }
        Action::EnergyAdmin { account, scopes, expires } => {
            energy::set_admin(view, account, *scopes, *expires)
        }
    }
}

/// Keys that any of these touches, as far as what the view knows tells.
pub(super) fn keys(
    view: &View,
    moment: &BlockMoment<'_>,
    (number, proposal): (u64, &Proposal),
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    match &proposal.action {
        Action::Text {} => Ok(()),
        Action::Parameters { .. } => {
            out.extend([params::PARAMS, accounts::key(&moment.protocol.reserve)]);
            Ok(())
        }
        Action::Network { .. } => network::keys(view, moment, out),
        Action::Treasury { .. } => treasury::keys_of(view, moment, number, out),
        Action::TreasuryRollback { disbursement, .. } => {
            treasury::keys_of(view, moment, *disbursement, out)
        }
        Action::Upgrade { .. } | Action::UpgradeCancel { .. } => {
            out.push(upgrade::PROTOCOL);
            Ok(())
        }
        // An emergency is enacted with a vote, never by the turn of an epoch.
        Action::Emergency { .. } => Ok(()),
        Action::SafetyRules { .. } => {
            out.push(safety::SAFETY);
            Ok(())
        }
        Action::Ratify { .. } => safety::change_keys(view, out),
        Action::ComputeWhitelist { .. } => {
            out.extend([compute::DRIVERS, compute::MODELS]);
            Ok(())
        }
        Action::ComputePrices { .. } => {
            out.push(params::PARAMS);
            Ok(())
        }
        Action::EnergySettlement { .. } => energy::settlement_keys(view, out),
        Action::EnergyOracle { oracle, .. } => energy::oracle_keys(view, moment, oracle, out),
        Action::EnergyAdmin { account, .. } => {
            out.push(energy::admin_key(account));
            Ok(())
        }
    }
}

/// The parameters after the changes.
fn changed(
    view: &View,
    moment: &BlockMoment<'_>,
    present: &ChainParams,
    changes: &[ParameterChange],
) -> Result<ChainParams, Failure> {
    let after = params_after(present, changes)?;
    if after.staking.max_validators > moment.validator_ceiling {
        return Err(GovernanceError::ParameterBounds.into());
    }
    let schedule = after.emission.schedule;
    if schedule != present.emission.schedule && schedule.needs_reserve() {
        check_reserve(view, moment.protocol)?;
    }
    Ok(after)
}

/// The parameters after the changes, as far as nothing but parameters is asked.
pub(super) fn params_after(
    present: &ChainParams,
    changes: &[ParameterChange],
) -> Result<ChainParams, GovernanceError> {
    let mut after = present.clone();
    for change in changes {
        let parameter = Parameter::find(&change.name).ok_or(GovernanceError::ParameterUnknown)?;
        let now = parameter.get(&after);
        if [change.from, change.to].iter().any(|value| value.tag() != now.tag()) {
            return Err(GovernanceError::ParameterType);
        }
        if change.from != now {
            return Err(GovernanceError::ParameterChanged);
        }
        if !parameter.set(&mut after, change.to) {
            return Err(GovernanceError::ParameterType);
        }
    }
    after.validate().map_err(|_| GovernanceError::ParameterBounds)?;
    Ok(after)
}

/// A schedule that pays from the reserve needs one.
fn check_reserve(view: &View, protocol: &bank::ProtocolAccounts) -> Result<(), Failure> {
    staking::know(view, [accounts::key(&protocol.reserve)])?;
    let held = bank::balance_of(view, &protocol.reserve)?;
    if held.is_zero() { Err(GovernanceError::ReserveEmpty.into()) } else { Ok(()) }
}
