//! Binds a meter to the sender's provider.

use super::{active, claim_key};
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    gas,
    modules::{
        energy::{
            ENERGY, Meter, Provider,
            desk::{Desk, grow},
            error::EnergyError,
            meter_key, meter_of_key, meter_public_key, provider_key, store,
        },
        staking::{self, BlockMoment},
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Due, Event, Hash, KeyScheme,
    energy::{MeterKey, MeterState, bind_bytes, meter_id},
    hash,
    message::RegisterMeter,
};

/// Gas of the message itself, with an Ed25519 signature.
pub(crate) const GAS: u64 = 60_000;

/// It can measure something.
pub(crate) const fn validate(message: &RegisterMeter) -> Result<(), Invalid> {
    if message.max_w == 0 { Err(Invalid::NothingToDo) } else { Ok(()) }
}

/// The meter and its provider.
pub(crate) fn keys(message: &RegisterMeter, sender: &Address, out: &mut Vec<StateKey>) {
    let meter = meter_id(&message.key, sender);
    out.extend([ENERGY, provider_key(sender), meter_key(&meter), meter_public_key(&meter)]);
    out.push(meter_of_key(&message.key));
}

/// What it costs to check a signature of this key, beyond one of Ed25519.
pub(super) fn extra_gas(key: &MeterKey) -> u64 {
    if key.scheme() == KeyScheme::MlDsa65 { gas::ML_DSA_65 } else { 0 }
}

pub(crate) fn execute(
    message: &RegisterMeter,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (sender, moment) = (context.sender, BlockMoment::from(context.block));
    context.meter.charge(extra_gas(&message.key))?;
    let chain = context.block.chain_id;
    let meter = meter_id(&message.key, &sender);
    let mut desk = Desk::begin(context.view, &moment)?;
    let mut provider = active(&desk, &sender)?;
    let before = returning(&desk, &provider, (&meter, &message.key))?;
    let bytes = bind_bytes(&chain, &sender);
    let signed = message.key.verify(&bytes, &message.signature);
    signed.map_err(|_| EnergyError::SignatureInvalid)?;
    if u64::from(provider.meters) >= desk.params().max_meters {
        return Err(EnergyError::TooManyMeters.into());
    }
    grow(&mut provider.metered_w, message.max_w).map_err(|_| EnergyError::CapacityTooLow)?;
    if provider.metered_w > provider.capacity_w {
        return Err(EnergyError::CapacityTooLow.into());
    }
    provider.meters = provider.meters.saturating_add(1);
    let fresh = Meter {
        provider: sender,
        state: MeterState::Active,
        generation: 0,
        keyed: moment.height,
        cooled: Due::default(),
        sequence: 0,
        total_wh: message.total_wh,
        last_end: 0,
        signed_at: 0,
        max_w: message.max_w,
        attested_wh: 0,
        root: hash::zero(),
        absorbed: 0,
    };
    if before.is_none() {
        claim_key(desk.view, &message.key, meter)?;
    }
    let record = match before {
        // Whoever comes back goes on where it was: what it signed before does not count again.
        Some(old) => Meter {
            state: MeterState::Active,
            keyed: moment.height,
            total_wh: message.total_wh,
            max_w: message.max_w,
            ..old
        },
        None => fresh,
    };
    store::save_meter(desk.view, &meter, &record)?;
    store::save_meter_key(desk.view, &meter, &message.key)?;
    store::save_provider(desk.view, &sender, &provider)?;
    let max_w = message.max_w;
    desk.events.push(Event::MeterRegistered { meter, provider: sender, max_w });
    Ok(desk.finish()?)
}

/// The record of a meter that the sender had with the same key before it left; `None` for a new one.
fn returning(
    desk: &Desk<'_>,
    provider: &Provider,
    (meter, key): (&Hash, &MeterKey),
) -> Result<Option<Meter>, Failure> {
    staking::know(desk.view, [meter_key(meter), meter_public_key(meter)])?;
    let Some(old) = store::load_meter(desk.view, meter)? else { return Ok(None) };
    let present = store::require_meter_key(desk.view, meter)?;
    let usable = old.keyed < provider.registered && old.state == MeterState::Active;
    if usable && present == *key { Ok(Some(old)) } else { Err(EnergyError::MeterExists.into()) }
}
