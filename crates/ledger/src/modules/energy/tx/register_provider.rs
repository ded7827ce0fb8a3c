//! Makes the sender a provider of energy.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        accounts, bank,
        energy::{
            ENERGY, Provider, ProviderCounters, Reputation, desk::Desk, error::EnergyError,
            provider_key, required_stake, store,
        },
        staking::{self, BlockMoment},
    },
};
use althing_state::StateKey;
use althing_types::{Address, Due, Event, energy::ProviderState, message::RegisterProvider};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 60_000;

/// It has a name, a zone, a capacity and a stake.
pub(crate) fn validate(message: &RegisterProvider) -> Result<(), Invalid> {
    if message.name.is_empty() {
        return Err(Invalid::NameMissing);
    }
    if message.zone.is_empty() || message.capacity_w == 0 {
        return Err(Invalid::NothingToDo);
    }
    if message.stake.is_zero() { Err(Invalid::ZeroAmount) } else { Ok(()) }
}

/// The provider, and where its stake goes.
pub(crate) fn keys(_: &RegisterProvider, sender: &Address, out: &mut Vec<StateKey>) {
    out.extend([ENERGY, provider_key(sender), accounts::key(bank::energy_account())]);
}

pub(crate) fn execute(
    message: &RegisterProvider,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (sender, moment) = (context.sender, BlockMoment::from(context.block));
    let mut desk = Desk::begin(context.view, &moment)?;
    staking::know(desk.view, [provider_key(&sender)])?;
    if store::load_provider(desk.view, &sender)?.is_some() {
        return Err(EnergyError::ProviderExists.into());
    }
    let reputation = Reputation { epoch: moment.epoch, ..Reputation::default() };
    let score = reputation.score(desk.params());
    let least = required_stake(desk.params(), message.capacity_w, score);
    if least.is_none_or(|least| message.stake < least) {
        return Err(EnergyError::StakeTooLow.into());
    }
    desk.take_stake(&sender, message.stake)?;
    let providers = desk.totals.providers.checked_add(1).ok_or(EnergyError::Overflow)?;
    desk.totals.providers = providers;
    let provider = Provider {
        name: message.name.clone(),
        zone: message.zone.clone(),
        capacity_w: message.capacity_w,
        metered_w: 0,
        stake: message.stake,
        state: ProviderState::Active,
        registered: moment.height,
        meters: 0,
        pending: 0,
        batches: 0,
        unpaid: 0,
        disputes: 0,
        unbonds: Due::default(),
        reputation,
        counters: ProviderCounters::default(),
    };
    store::save_provider(desk.view, &sender, &provider)?;
    desk.events.push(Event::ProviderRegistered {
        provider: sender,
        zone: message.zone.clone(),
        capacity_w: message.capacity_w,
        stake: message.stake,
    });
    Ok(desk.finish()?)
}
