//! Who may do what for whom, and how often.

use super::{error::EnergyError, grant_key, rate_key, store};
use crate::{
    error::Failure,
    execute::Context,
    modules::{
        bank,
        staking::{self, BlockMoment},
    },
};
use althing_state::{StateKey, View};
use althing_types::{
    Address,
    energy::{EnergyRole, EnergyScope},
};

/// Adds what [`authorize`] and [`count`] read if `sender` sends a message about `subject`.
pub(super) fn keys(
    sender: &Address,
    (subject, role): (&Address, EnergyRole),
    out: &mut Vec<StateKey>,
) {
    out.push(rate_key(subject, role));
    if sender != subject {
        out.push(grant_key(subject, sender));
    }
}

/// Whether the sender may act for `subject` in this role. An account may do everything for itself.
pub(super) fn authorize(
    context: &Context<'_>,
    subject: &Address,
    (role, scope): (EnergyRole, EnergyScope),
) -> Result<(), Failure> {
    let sender = &context.sender;
    if sender == subject || holds(context, subject, (role, scope))? {
        Ok(())
    } else {
        Err(EnergyError::ScopeMissing.into())
    }
}

/// Whether the sender looks after the market for the chain, with this scope.
pub(super) fn is_admin(context: &Context<'_>, scope: EnergyScope) -> Result<bool, Failure> {
    holds(context, bank::governance_account(), (EnergyRole::Admin, scope))
}

fn holds(
    context: &Context<'_>,
    grantor: &Address,
    (role, scope): (EnergyRole, EnergyScope),
) -> Result<bool, Failure> {
    staking::know(context.view, [grant_key(grantor, &context.sender)])?;
    let grant = store::load_grant(context.view, grantor, &context.sender)?;
    Ok(grant.is_some_and(|grant| {
        grant.role == role && grant.scopes.has(scope) && context.block.height < grant.expires
    }))
}

/// Counts a message of `subject`, its delegates' included.
pub(super) fn count(
    view: &mut View,
    moment: &BlockMoment<'_>,
    (subject, role): (&Address, EnergyRole),
) -> Result<(), Failure> {
    let params = &moment.params.energy;
    let most = match role {
        EnergyRole::Provider => params.provider_rate,
        EnergyRole::Oracle => params.oracle_rate,
        EnergyRole::Admin => params.admin_rate,
    };
    staking::know(view, [rate_key(subject, role)])?;
    let mut rate = store::load_rate(view, subject, role)?.unwrap_or_default();
    let window = moment.height.get().checked_div(params.rate_window).unwrap_or(0);
    if rate.window != window {
        (rate.window, rate.count) = (window, 0);
    }
    if rate.count >= most {
        return Err(EnergyError::RateLimited.into());
    }
    rate.count = rate.count.saturating_add(1);
    Ok(store::save_rate(view, subject, role, &rate)?)
}
