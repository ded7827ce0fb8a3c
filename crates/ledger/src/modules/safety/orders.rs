//! What an order does, whoever gives it. Nothing has changed if it cannot happen.

use super::{Before, error::SafetyError};
use crate::{
    Invalid,
    error::{Failure, Fault},
    modules::{
        governance::{self, Proposal, Standing, Status},
        network,
        staking::{self, BlockMoment},
        treasury, upgrade,
    },
};
use althing_state::View;
use althing_types::{
    Event, Period, Ppm,
    governance::{Action, DisbursementReason, Order, UpgradeEnd},
};

/// It does something.
pub(crate) fn validate(order: &Order) -> Result<(), Invalid> {
    match order {
        Order::PauseTreasury { period } if *period == Period::default() => {
            Err(Invalid::NothingToDo)
        }
        Order::CancelProposal { .. }
        | Order::RollbackSpec { .. }
        | Order::SetSpec { .. }
        | Order::PauseTreasury { .. }
        | Order::RollbackDisbursement { .. }
        | Order::CancelUpgrade { .. } => Ok(()),
    }
}

/// Whether it could happen now.
pub(super) fn check(view: &View, moment: &BlockMoment<'_>, order: &Order) -> Result<(), Failure> {
    match order {
        Order::CancelProposal { proposal } => check_stop(view, *proposal),
        Order::RollbackSpec { version } => {
            let possible = network::check_take_back(view, *version)?;
            if possible { Ok(()) } else { Err(SafetyError::Nothing.into()) }
        }
        Order::SetSpec { base, spec } => network::check_set(view, *base, spec),
        Order::PauseTreasury { period } => {
            let Period { blocks, ms } = moment.params.safety.max_pause;
            if period.blocks > blocks || period.ms > ms {
                return Err(SafetyError::NotAllowed.into());
            }
            let longer = treasury::would_pause(view, moment, moment.after(*period))?;
            if longer { Ok(()) } else { Err(SafetyError::Nothing.into()) }
        }
        Order::RollbackDisbursement { disbursement } => {
            treasury::check_rollback(view, *disbursement)
        }
        Order::CancelUpgrade { version } => upgrade::check_cancel(view, *version),
    }
}

/// Whether a proposal is under way and of a kind that may be stopped.
fn check_stop(view: &View, number: u64) -> Result<(), Failure> {
    let (proposal, standing) = governance::under_way(view, number)?.ok_or(SafetyError::Nothing)?;
    let open = matches!(
        standing,
        Standing { status: Status::Waiting {} | Status::Voting { .. } | Status::Queued { .. }, .. }
    );
    if !open {
        return Err(SafetyError::Nothing.into());
    }
    if may_be_stopped(&proposal) { Ok(()) } else { Err(SafetyError::NotAllowed.into()) }
}

/// What could harm before anybody can vote again. Not the rules of the override, nor what it changed.
const fn may_be_stopped(proposal: &Proposal) -> bool {
    match &proposal.action {
        Action::Network { .. } | Action::Upgrade { .. } | Action::UpgradeCancel { .. } => true,
        // A large one.
        Action::Treasury { .. } => proposal.houses.validators,
        Action::Text {}
        | Action::Parameters { .. }
        | Action::TreasuryRollback { .. }
        | Action::Emergency { .. }
        | Action::SafetyRules { .. }
        | Action::Ratify { .. }
        | Action::ComputeWhitelist { .. }
        | Action::ComputePrices { .. }
        | Action::EnergySettlement { .. }
        | Action::EnergyOracle { .. }
        | Action::EnergyAdmin { .. } => false,
    }
}

/// Lets it happen, as `proposal` asks for, 0 if none does. Returns what was before, if that returns unless the
/// change is ratified.
pub(super) fn run(
    view: &mut View,
    moment: &BlockMoment<'_>,
    (order, proposal): (&Order, u64),
    events: &mut Vec<Event>,
) -> Result<Option<Before>, Failure> {
    check(view, moment, order)?;
    match order {
        Order::CancelProposal { proposal } => {
            events.extend(governance::stop(view, moment, *proposal)?);
            Ok(None)
        }
        Order::RollbackSpec { version } => {
            let replaced = network::take_back(view, moment.height, *version, events)?;
            Ok(replaced.map(Before::from))
        }
        Order::SetSpec { base, spec } => {
            let replaced = network::set(view, moment, (*base, proposal), spec, events)?;
            Ok(Some(replaced.into()))
        }
        Order::PauseTreasury { period } => {
            let until = treasury::pause(view, moment.after(*period))?;
            Ok(Some(Before::Pause { until }))
        }
        Order::RollbackDisbursement { disbursement } => {
            let mut keys = Vec::new();
            treasury::keys_of(view, moment, *disbursement, &mut keys)?;
            staking::know(view, keys)?;
            let why = (Ppm::ZERO, DisbursementReason::Overridden);
            events.extend(treasury::roll_back(view, moment, *disbursement, why)?);
            Ok(None)
        }
        Order::CancelUpgrade { version } => {
            events.extend(upgrade::cancel(view, *version, UpgradeEnd::Overridden)?);
            Ok(None)
        }
    }
}

/// Restores what was before. Returns whether it could: not if something else took the place of the change.
pub(super) fn undo(
    view: &mut View,
    moment: &BlockMoment<'_>,
    before: &Before,
    events: &mut Vec<Event>,
) -> Result<bool, Fault> {
    match before {
        Before::Pause { until } => {
            treasury::set_pause(view, *until)?;
            Ok(true)
        }
        Before::Spec { version, now } => {
            let holds = network::current(view)? == *now;
            if holds {
                network::put_back(view, moment.height, *version, events)?;
            }
            Ok(holds)
        }
    }
}
