//! Gives a meter another key.

use super::{claim_key, known, own_meter, register_meter::extra_gas};
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        energy::{
            ENERGY, desk::Desk, error::EnergyError, meter_key, meter_of_key, meter_public_key,
            provider_key, store,
        },
        staking::{self, BlockMoment},
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Due, Event,
    energy::{MeterState, bind_bytes, rotate_bytes},
    message::RotateMeter,
};

/// Gas of the message itself, with two Ed25519 signatures.
pub(crate) const GAS: u64 = 70_000;

/// The meter is looked at when it runs.
pub(crate) const fn validate(_: &RotateMeter) -> Result<(), Invalid> {
    Ok(())
}

/// The meter and its provider.
pub(crate) fn keys(message: &RotateMeter, sender: &Address, out: &mut Vec<StateKey>) {
    let meter = &message.meter;
    out.extend([ENERGY, provider_key(sender), meter_key(meter), meter_public_key(meter)]);
    out.push(meter_of_key(&message.key));
}

/// Once a key is revoked its consent counts for nothing: a thief could give it.
pub(crate) fn execute(
    message: &RotateMeter,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (sender, moment) = (context.sender, BlockMoment::from(context.block));
    context.meter.charge(extra_gas(&message.key))?;
    let chain = context.block.chain_id;
    let mut desk = Desk::begin(context.view, &moment)?;
    let provider = known(&desk, &sender)?;
    let mut meter = own_meter(desk.view, (&sender, &provider), &message.meter)?;
    staking::know(desk.view, [meter_public_key(&message.meter)])?;
    let generation = meter.generation.checked_add(1).ok_or(EnergyError::Overflow)?;
    match (&message.consent, meter.state) {
        (Some(consent), MeterState::Active) => {
            let old = store::require_meter_key(desk.view, &message.meter)?;
            context.meter.charge(extra_gas(&old))?;
            let next = (generation, &message.key);
            let bytes = rotate_bytes(&chain, &message.meter, next, message.total_wh);
            old.verify(&bytes, consent).map_err(|_| EnergyError::SignatureInvalid)?;
        }
        (None, MeterState::Active) => return Err(EnergyError::KeyCooldown.into()),
        (_, MeterState::Revoked) if !moment.is_reached(meter.cooled) => {
            return Err(EnergyError::KeyCooldown.into());
        }
        (_, MeterState::Revoked) => {}
    }
    let bytes = bind_bytes(&chain, &sender);
    let signed = message.key.verify(&bytes, &message.signature);
    signed.map_err(|_| EnergyError::SignatureInvalid)?;
    claim_key(desk.view, &message.key, message.meter)?;
    (meter.generation, meter.keyed) = (generation, moment.height);
    (meter.state, meter.cooled) = (MeterState::Active, Due::default());
    (meter.sequence, meter.total_wh) = (0, message.total_wh);
    store::save_meter(desk.view, &message.meter, &meter)?;
    store::save_meter_key(desk.view, &message.meter, &message.key)?;
    desk.events.push(Event::MeterRotated { meter: message.meter, provider: sender, generation });
    Ok(desk.finish()?)
}
