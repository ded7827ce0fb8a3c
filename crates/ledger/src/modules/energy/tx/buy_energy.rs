//! Buys attested energy at a tariff, in mode `real-time`: at once, as much as there is.

use super::{active, in_mode};
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        accounts, bank,
        energy::{
            AGENDA, ENERGY, Tariff, desk::Desk, error::EnergyError, provider_key, sales::Sale,
            store, tariff_key,
        },
        staking::{self, BlockMoment},
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Event,
    energy::{SettlementMode, cost_up},
    limits::MAX_SLOT_SALES,
    message::BuyEnergy,
};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 80_000;

/// It buys something.
pub(crate) const fn validate(message: &BuyEnergy) -> Result<(), Invalid> {
    if message.wh == 0 { Err(Invalid::ZeroAmount) } else { Ok(()) }
}

/// The provider and its tariff, and where the money goes.
pub(crate) fn keys(message: &BuyEnergy, _: &Address, out: &mut Vec<StateKey>) {
    let provider = &message.provider;
    out.extend([ENERGY, AGENDA, provider_key(provider), tariff_key(provider)]);
    out.push(accounts::key(bank::energy_account()));
}

/// The buyer pays the price rounded up: nobody gets energy in parts that cost nothing.
pub(crate) fn execute(
    message: &BuyEnergy,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (buyer, moment) = (context.sender, BlockMoment::from(context.block));
    let BuyEnergy { provider: address, slot, wh, max_price } = *message;
    let mut desk = Desk::begin(context.view, &moment)?;
    in_mode(&desk, SettlementMode::RealTime)?;
    let zone = active(&desk, &address)?.zone;
    let sold = desk.sold_keys((&address, &zone, slot));
    staking::know(desk.view, sold.into_iter().chain([tariff_key(&address)]))?;
    let tariff = store::load_tariff(desk.view, &address)?.ok_or(EnergyError::NoTariff)?;
    if tariff.price > max_price {
        return Err(EnergyError::PriceTooHigh.into());
    }
    let credit = store::load_credit(desk.view, &zone, slot, &address)?;
    let credit = credit.filter(|credit| credit.available > 0).ok_or(EnergyError::NothingForSale)?;
    if credit.unpaid.len() == MAX_SLOT_SALES {
        return Err(EnergyError::BookFull.into());
    }
    let wh = wh.min(tariff.wh).min(credit.available);
    let price = tariff.price;
    let paid = cost_up(wh, price).map_err(|_| EnergyError::Overflow)?;
    desk.take(&buyer, paid)?;
    let left = tariff.wh.saturating_sub(wh);
    if left == 0 {
        store::remove_tariff(desk.view, &address);
    } else {
        store::save_tariff(desk.view, &address, &Tariff { price, wh: left })?;
    }
    desk.sell(&Sale { provider: address, buyer, zone: &zone, slot, wh, price, paid })?;
    Ok(desk.finish()?)
}
