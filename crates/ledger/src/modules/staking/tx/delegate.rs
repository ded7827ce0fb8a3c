//! Gives stake to a validator. It earns from the next epoch on.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        bank,
        staking::{BlockMoment, error::StakingError, load_validator, position::Position},
    },
};
use althing_state::StateKey;
use althing_types::{Address, Event, message::Delegate};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 35_000;

/// The amount must be more than nothing.
pub(crate) fn validate(message: &Delegate) -> Result<(), Invalid> {
    if message.amount.is_zero() { Err(Invalid::ZeroAmount) } else { Ok(()) }
}

/// The validator, the delegation and what sums them up.
pub(crate) fn keys(message: &Delegate, sender: &Address, out: &mut Vec<StateKey>) {
    out.extend(Position::keys(sender, &message.validator));
}

pub(crate) fn execute(
    message: &Delegate,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let Delegate { validator: key, amount } = *message;
    let moment = BlockMoment::from(context.block);
    let (view, delegator) = (&mut *context.view, context.sender);
    let validator = load_validator(view, &key)?.ok_or(StakingError::UnknownValidator)?;
    if amount < moment.params.staking.min_delegation {
        return Err(StakingError::DelegationTooLow.into());
    }
    let mut events = Vec::new();
    let mut position = Position::open(view, &moment, delegator, key, validator, &mut events)?;
    if position.validator.leaving && !position.validator.ejected {
        // Its operator comes back by `Stake`.
        return Err(StakingError::ValidatorClosed.into());
    }
    position.deposit(&moment, amount)?;
    bank::take_for_stake(view, moment.protocol, &delegator, amount, moment.time)?;
    position.close(view, &moment)?;
    events.push(Event::Delegated { validator: key, delegator, amount });
    Ok(events)
}
