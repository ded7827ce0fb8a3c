//! Revokes the key of a meter at once: whoever stole it can sign nothing that counts any more.

use super::{known, own_meter};
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        energy::{ENERGY, desk::Desk, error::EnergyError, meter_key, provider_key, store},
        staking::BlockMoment,
    },
};
use althing_state::StateKey;
use althing_types::{Address, Event, energy::MeterState, message::RevokeMeter};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 30_000;

/// The meter is looked at when it runs.
pub(crate) const fn validate(_: &RevokeMeter) -> Result<(), Invalid> {
    Ok(())
}

/// The meter and its provider.
pub(crate) fn keys(message: &RevokeMeter, sender: &Address, out: &mut Vec<StateKey>) {
    out.extend([ENERGY, provider_key(sender), meter_key(&message.meter)]);
}

pub(crate) fn execute(
    message: &RevokeMeter,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (sender, moment) = (context.sender, BlockMoment::from(context.block));
    let mut desk = Desk::begin(context.view, &moment)?;
    let provider = known(&desk, &sender)?;
    let mut meter = own_meter(desk.view, (&sender, &provider), &message.meter)?;
    if meter.state == MeterState::Revoked {
        return Err(EnergyError::MeterRevoked.into());
    }
    meter.state = MeterState::Revoked;
    meter.cooled = moment.after(desk.params().key_cooldown);
    store::save_meter(desk.view, &message.meter, &meter)?;
    desk.events.push(Event::MeterRevoked { meter: message.meter, provider: sender });
    Ok(desk.finish()?)
}
