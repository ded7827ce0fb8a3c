//! Moves money from the sender to another account.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    gas,
    modules::{
        accounts,
        bank::{self, Transferred, error::BankError},
    },
};
use althing_state::StateKey;
use althing_types::{Address, Event, message::Transfer};

/// Gas between existing accounts.
pub(crate) const GAS: u64 = gas::TRANSFER;

/// The amount must be more than nothing.
pub(crate) fn validate(message: &Transfer) -> Result<(), Invalid> {
    if message.amount.is_zero() { Err(Invalid::ZeroAmount) } else { Ok(()) }
}

/// The recipient's account.
pub(crate) fn keys(message: &Transfer, _: &Address, out: &mut Vec<StateKey>) {
    out.push(accounts::key(&message.to));
}

pub(crate) fn execute(
    message: &Transfer,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let Transfer { to, amount } = *message;
    let from = context.sender;
    if context.block.protocol.is_closed(&to) {
        return Err(BankError::RecipientClosed.into());
    }
    if bank::transfer(context.view, &from, &to, amount, context.block.time)? == Transferred::ToNew {
        context.meter.charge(gas::NEW_ACCOUNT)?;
    }
    Ok(vec![Event::Transferred { from, to, amount }])
}
