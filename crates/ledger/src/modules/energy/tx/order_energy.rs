//! Orders energy of a slot, in mode `batch`. The money is set aside until the slot is cleared.

use super::{in_mode, open_book};
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        accounts, bank,
        energy::{
            AGENDA, ENERGY, Order, book_key,
            desk::{Desk, add, grow},
            error::EnergyError,
            store,
        },
        staking::BlockMoment,
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Amount, Event, List,
    energy::{SettlementMode, cost_up},
    limits::MAX_BOOK_ENTRIES,
    message::OrderEnergy,
};
use core::cmp::Reverse;

/// Gas of the message itself.
pub(crate) const GAS: u64 = 60_000;

/// It orders something, somewhere.
pub(crate) fn validate(message: &OrderEnergy) -> Result<(), Invalid> {
    if message.zone.is_empty() {
        return Err(Invalid::NothingToDo);
    }
    if message.wh == 0 || message.max_price.is_zero() { Err(Invalid::ZeroAmount) } else { Ok(()) }
}

/// The book, and where the money goes.
pub(crate) fn keys(message: &OrderEnergy, _: &Address, out: &mut Vec<StateKey>) {
    let book = book_key(&message.zone, message.slot);
    out.extend([ENERGY, AGENDA, book, accounts::key(bank::energy_account())]);
}

pub(crate) fn execute(
    message: &OrderEnergy,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (buyer, moment) = (context.sender, BlockMoment::from(context.block));
    let mut desk = Desk::begin(context.view, &moment)?;
    in_mode(&desk, SettlementMode::Batch)?;
    if message.wh < desk.params().min_trade_wh {
        return Err(EnergyError::TradeTooSmall.into());
    }
    let OrderEnergy { zone, slot, wh, max_price } = message.clone();
    let mut book = open_book(&mut desk, &zone, slot)?;
    let escrow = cost_up(wh, max_price).map_err(|_| EnergyError::Overflow)?;
    let number = desk.totals.next_order;
    grow(&mut desk.totals.next_order, 1)?;
    let mut orders = book.orders.to_vec();
    if orders.len() == MAX_BOOK_ENTRIES {
        displace(&mut desk, &mut orders, max_price)?;
    }
    orders.push(Order { number, buyer, wh, max_price, escrow });
    book.orders = List::new(orders).ok_or(EnergyError::BookFull)?;
    desk.take(&buyer, escrow)?;
    add(&mut desk.totals.escrow, escrow)?;
    store::save_book(desk.view, &zone, slot, &book)?;
    desk.events.push(Event::EnergyOrdered { buyer, zone, slot, number, wh, max_price });
    Ok(desk.finish()?)
}

/// In a full book an order that pays more takes the place of the one that pays least, of equals the
/// latest, which gets back what it had set aside.
fn displace(
    desk: &mut Desk<'_>,
    orders: &mut Vec<Order>,
    max_price: Amount,
) -> Result<(), Failure> {
    let ranks = orders.iter().enumerate();
    let worst = ranks.min_by_key(|(_, order)| (order.max_price, Reverse(order.number)));
    let (place, worst) = worst.ok_or(EnergyError::BookFull)?;
    if max_price <= worst.max_price {
        return Err(EnergyError::BookFull.into());
    }
    let worst = worst.clone();
    orders.remove(place);
    desk.release_escrow(&worst)?;
    let (account, number, refund) = (worst.buyer, worst.number, worst.escrow);
    desk.events.push(Event::EnergyOrderCancelled { account, number, refund });
    Ok(())
}
