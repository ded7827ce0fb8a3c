//! Posts the tariff at which a provider sells in mode `real-time`.

use super::{active, in_mode};
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        energy::{
            ENERGY, Tariff, desk::Desk, error::EnergyError, grants, provider_key, store, tariff_key,
        },
        staking::{self, BlockMoment},
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Event,
    energy::{EnergyRole, EnergyScope, SettlementMode},
    message::PostTariff,
};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 40_000;

/// Energy for nothing is given away by transfers of certificates.
pub(crate) const fn validate(message: &PostTariff) -> Result<(), Invalid> {
    if message.wh > 0 && message.price.is_zero() { Err(Invalid::ZeroAmount) } else { Ok(()) }
}

/// The provider and its tariff.
pub(crate) fn keys(message: &PostTariff, sender: &Address, out: &mut Vec<StateKey>) {
    grants::keys(sender, (&message.provider, EnergyRole::Provider), out);
    out.extend([ENERGY, provider_key(&message.provider), tariff_key(&message.provider)]);
}

pub(crate) fn execute(
    message: &PostTariff,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (provider, moment) = (message.provider, BlockMoment::from(context.block));
    grants::authorize(context, &provider, (EnergyRole::Provider, EnergyScope::Settle))?;
    grants::count(context.view, &moment, (&provider, EnergyRole::Provider))?;
    let mut desk = Desk::begin(context.view, &moment)?;
    in_mode(&desk, SettlementMode::RealTime)?;
    active(&desk, &provider)?;
    let (price, wh) = (message.price, message.wh);
    if wh > 0 && wh < desk.params().min_trade_wh {
        return Err(EnergyError::TradeTooSmall.into());
    }
    staking::know(desk.view, [tariff_key(&provider)])?;
    if wh == 0 {
        store::remove_tariff(desk.view, &provider);
    } else {
        store::save_tariff(desk.view, &provider, &Tariff { price, wh })?;
    }
    desk.events.push(Event::TariffPosted { provider, price, wh });
    Ok(desk.finish()?)
}
