//! Lets the sender's provider leave. Its stake is paid once it has unbonded and all is settled.

use super::known;
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        energy::{AGENDA, ENERGY, desk::Desk, error::EnergyError, provider_key, store},
        staking::BlockMoment,
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Event,
    energy::{EnergyRole, ProviderState},
    message::LeaveProvider,
};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 40_000;

/// It has no fields.
pub(crate) const fn validate(_: &LeaveProvider) -> Result<(), Invalid> {
    Ok(())
}

/// The provider.
pub(crate) fn keys(_: &LeaveProvider, sender: &Address, out: &mut Vec<StateKey>) {
    out.extend([ENERGY, AGENDA, provider_key(sender)]);
}

pub(crate) fn execute(_: &LeaveProvider, context: &mut Context<'_>) -> Result<Vec<Event>, Failure> {
    let (sender, moment) = (context.sender, BlockMoment::from(context.block));
    let mut desk = Desk::begin(context.view, &moment)?;
    let mut provider = known(&desk, &sender)?;
    if provider.state == ProviderState::Leaving {
        return Err(EnergyError::ProviderNotActive.into());
    }
    provider.state = ProviderState::Leaving;
    provider.unbonds = desk.unbond(&sender, EnergyRole::Provider)?;
    store::save_provider(desk.view, &sender, &provider)?;
    desk.events.push(Event::ProviderUpdated {
        provider: sender,
        state: provider.state,
        capacity_w: provider.capacity_w,
        stake: provider.stake,
    });
    Ok(desk.finish()?)
}
