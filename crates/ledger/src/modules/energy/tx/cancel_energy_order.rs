//! Takes an offer or an order back, before its slot is cleared.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        accounts, bank,
        energy::{
            AGENDA, Book, ENERGY, Order, book_key, desk::Desk, error::EnergyError, grants, store,
        },
        staking::{self, BlockMoment},
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Amount, Event, List,
    energy::{EnergyRole, EnergyScope},
    message::CancelEnergyOrder,
};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 50_000;

/// The book is looked at when it runs.
pub(crate) const fn validate(_: &CancelEnergyOrder) -> Result<(), Invalid> {
    Ok(())
}

/// The book, and where the money lies.
pub(crate) fn keys(message: &CancelEnergyOrder, _: &Address, out: &mut Vec<StateKey>) {
    let book = book_key(&message.zone, message.slot);
    out.extend([ENERGY, AGENDA, book, accounts::key(bank::energy_account())]);
}

/// Its owner may, who its owner granted the scope `settle`, and an admin with that scope.
pub(crate) fn execute(
    message: &CancelEnergyOrder,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let moment = BlockMoment::from(context.block);
    let CancelEnergyOrder { zone, slot, number } = message;
    staking::know(context.view, [book_key(zone, *slot)])?;
    let mut book = store::load_book(context.view, zone, *slot)?.ok_or(EnergyError::UnknownOrder)?;
    let (account, order) = remove(&mut book, *number)?;
    let owner = grants::authorize(context, &account, (EnergyRole::Provider, EnergyScope::Settle));
    match owner {
        Ok(()) => {}
        Err(Failure::Fault(fault)) => return Err(fault.into()),
        Err(Failure::Rule(_)) if grants::is_admin(context, EnergyScope::Settle)? => {
            let admin = (&context.sender.clone(), EnergyRole::Admin);
            grants::count(context.view, &moment, admin)?;
        }
        Err(Failure::Rule(_)) => return Err(EnergyError::NotOrderOwner.into()),
    }
    let mut desk = Desk::begin(context.view, &moment)?;
    let mut refund = Amount::ZERO;
    if let Some(order) = order {
        refund = order.escrow;
        desk.release_escrow(&order)?;
    }
    store::save_book(desk.view, zone, *slot, &book)?;
    desk.events.push(Event::EnergyOrderCancelled { account, number: *number, refund });
    Ok(desk.finish()?)
}

/// Takes an offer or an order out of its book: whose it was, and the order if it was one.
fn remove(book: &mut Book, number: u64) -> Result<(Address, Option<Order>), EnergyError> {
    if let Some(offer) = book.offers.iter().find(|offer| offer.number == number).cloned() {
        let rest = book.offers.iter().filter(|offer| offer.number != number).cloned();
        book.offers = List::new(rest.collect()).unwrap_or_default();
        return Ok((offer.provider, None));
    }
    let order = book.orders.iter().find(|order| order.number == number).cloned();
    let order = order.ok_or(EnergyError::UnknownOrder)?;
    let rest = book.orders.iter().filter(|order| order.number != number).cloned();
    book.orders = List::new(rest.collect()).unwrap_or_default();
    Ok((order.buyer, Some(order)))
}
