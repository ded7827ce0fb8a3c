//! Offers energy of a slot, in mode `batch`. Nothing is locked: what its provider does not have when
//! the slot is cleared is not sold.

use super::{active, in_mode, open_book};
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        energy::{
            AGENDA, ENERGY, Offer,
            desk::{Desk, grow},
            error::EnergyError,
            grants, provider_key, store,
        },
        staking::BlockMoment,
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Amount, Event, List,
    energy::{EnergyRole, EnergyScope, SettlementMode, capacity_wh},
    limits::MAX_BOOK_ENTRIES,
    message::OfferEnergy,
};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 60_000;

/// It offers something.
pub(crate) const fn validate(message: &OfferEnergy) -> Result<(), Invalid> {
    if message.wh == 0 { Err(Invalid::ZeroAmount) } else { Ok(()) }
}

/// The provider; its zone says which book.
pub(crate) fn keys(message: &OfferEnergy, sender: &Address, out: &mut Vec<StateKey>) {
    grants::keys(sender, (&message.provider, EnergyRole::Provider), out);
    out.extend([ENERGY, AGENDA, provider_key(&message.provider)]);
}

/// Nobody offers more than its capacity makes in a slot.
pub(crate) fn execute(
    message: &OfferEnergy,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (address, moment) = (message.provider, BlockMoment::from(context.block));
    grants::authorize(context, &address, (EnergyRole::Provider, EnergyScope::Settle))?;
    grants::count(context.view, &moment, (&address, EnergyRole::Provider))?;
    let mut desk = Desk::begin(context.view, &moment)?;
    in_mode(&desk, SettlementMode::Batch)?;
    let provider = active(&desk, &address)?;
    if message.wh < desk.params().min_trade_wh {
        return Err(EnergyError::TradeTooSmall.into());
    }
    let length = u32::try_from(desk.params().slot_s).unwrap_or(u32::MAX);
    if message.wh > capacity_wh(provider.capacity_w, length) {
        return Err(EnergyError::CapacityExceeded.into());
    }
    let (zone, slot) = (provider.zone, message.slot);
    let mut book = open_book(&mut desk, &zone, slot)?;
    let number = desk.totals.next_order;
    grow(&mut desk.totals.next_order, 1)?;
    let (wh, min_price) = (message.wh, message.min_price);
    let mut offers = book.offers.to_vec();
    if offers.len() == MAX_BOOK_ENTRIES {
        displace(&mut desk, &mut offers, message.min_price)?;
    }
    offers.push(Offer { number, provider: address, wh, min_price });
    book.offers = List::new(offers).ok_or(EnergyError::BookFull)?;
    store::save_book(desk.view, &zone, slot, &book)?;
    let provider = address;
    desk.events.push(Event::EnergyOffered { provider, zone, slot, number, wh, min_price });
    Ok(desk.finish()?)
}

/// In a full book a cheaper offer takes the place of the dearest one, of equals the latest.
fn displace(
    desk: &mut Desk<'_>,
    offers: &mut Vec<Offer>,
    min_price: Amount,
) -> Result<(), EnergyError> {
    let ranks = offers.iter().enumerate();
    let worst = ranks.max_by_key(|(_, offer)| (offer.min_price, offer.number));
    let (place, worst) = worst.ok_or(EnergyError::BookFull)?;
    if min_price >= worst.min_price {
        return Err(EnergyError::BookFull);
    }
    let (account, number, refund) = (worst.provider, worst.number, Amount::ZERO);
    offers.remove(place);
    desk.events.push(Event::EnergyOrderCancelled { account, number, refund });
    Ok(())
}
