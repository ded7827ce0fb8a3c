//! Lets another account act for the sender's provider or oracle, or ends that.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        energy::{Grant, error::EnergyError, grant_key, oracle_key, provider_key, store},
        staking,
    },
};
use althing_state::StateKey;
use althing_types::{Address, Event, energy::EnergyRole, message::GrantEnergyRole};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 40_000;

/// The role is looked at when it runs.
pub(crate) const fn validate(_: &GrantEnergyRole) -> Result<(), Invalid> {
    Ok(())
}

/// The grant, and what the sender is.
pub(crate) fn keys(message: &GrantEnergyRole, sender: &Address, out: &mut Vec<StateKey>) {
    out.push(grant_key(sender, &message.account));
    out.push(match message.role {
        EnergyRole::Oracle => oracle_key(sender),
        EnergyRole::Provider | EnergyRole::Admin => provider_key(sender),
    });
}

pub(crate) fn execute(
    message: &GrantEnergyRole,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let sender = context.sender;
    let GrantEnergyRole { account, role, scopes, expires } = *message;
    staking::know(context.view, [grant_key(&sender, &account)])?;
    let has = match role {
        EnergyRole::Provider => {
            staking::know(context.view, [provider_key(&sender)])?;
            store::load_provider(context.view, &sender)?.is_some()
        }
        EnergyRole::Oracle => {
            staking::know(context.view, [oracle_key(&sender)])?;
            store::load_oracle(context.view, &sender)?.is_some()
        }
        EnergyRole::Admin => false,
    };
    if !has || account == sender {
        return Err(EnergyError::RoleInvalid.into());
    }
    if scopes.is_empty() {
        store::remove_grant(context.view, &sender, &account);
    } else {
        store::save_grant(context.view, &sender, &account, &Grant { role, scopes, expires })?;
    }
    let grantor = Some(sender);
    Ok(vec![Event::EnergyRoleGranted { grantor, account, role, scopes, expires }])
}
