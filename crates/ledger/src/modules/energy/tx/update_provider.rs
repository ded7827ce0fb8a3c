//! Changes what the sender's provider says about itself, or adds to its stake.

use super::known;
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        accounts, bank,
        energy::{
            ENERGY,
            desk::{Desk, add},
            error::EnergyError,
            provider_key, required_stake, store,
        },
        staking::BlockMoment,
    },
};
use althing_state::StateKey;
use althing_types::{Address, Event, energy::ProviderState, message::UpdateProvider};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 40_000;

/// Something changes, and nothing to nothing.
pub(crate) fn validate(message: &UpdateProvider) -> Result<(), Invalid> {
    let UpdateProvider { name, capacity_w, add_stake } = message;
    if name.as_ref().is_some_and(|name| name.is_empty()) {
        return Err(Invalid::NameMissing);
    }
    let idle = name.is_none() && capacity_w.is_none() && add_stake.is_zero();
    if idle || *capacity_w == Some(0) { Err(Invalid::NothingToDo) } else { Ok(()) }
}

/// The provider, and where its stake goes.
pub(crate) fn keys(_: &UpdateProvider, sender: &Address, out: &mut Vec<StateKey>) {
    out.extend([ENERGY, provider_key(sender), accounts::key(bank::energy_account())]);
}

/// More capacity asks for the stake that goes with it; a suspended provider comes back with it.
pub(crate) fn execute(
    message: &UpdateProvider,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (sender, moment) = (context.sender, BlockMoment::from(context.block));
    let mut desk = Desk::begin(context.view, &moment)?;
    let mut provider = known(&desk, &sender)?;
    if provider.state == ProviderState::Leaving {
        return Err(EnergyError::ProviderNotActive.into());
    }
    desk.take_stake(&sender, message.add_stake)?;
    add(&mut provider.stake, message.add_stake)?;
    if let Some(name) = &message.name {
        provider.name = name.clone();
    }
    let before = provider.capacity_w;
    provider.capacity_w = message.capacity_w.unwrap_or(before);
    if provider.capacity_w < provider.metered_w {
        return Err(EnergyError::CapacityTooLow.into());
    }
    let score = provider.reputation.score(desk.params());
    let least = required_stake(desk.params(), provider.capacity_w, score);
    let enough = least.is_some_and(|least| provider.stake >= least);
    if provider.capacity_w > before && !enough {
        return Err(EnergyError::StakeTooLow.into());
    }
    if enough {
        provider.state = ProviderState::Active;
    }
    store::save_provider(desk.view, &sender, &provider)?;
    desk.events.push(Event::ProviderUpdated {
        provider: sender,
        state: provider.state,
        capacity_w: provider.capacity_w,
        stake: provider.stake,
    });
    Ok(desk.finish()?)
}
