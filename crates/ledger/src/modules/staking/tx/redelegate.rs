//! Moves stake from one validator to another without unbonding. It stays liable for the first one
//! as long as unbonding would have taken.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::staking::{
        BlockMoment,
        error::StakingError,
        load_validator,
        position::{Position, Taken, Want},
    },
};
use althing_state::StateKey;
use althing_types::{Address, Amount, Event, message::Redelegate};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 50_000;

/// An amount, if there is one, must be more than nothing.
pub(crate) fn validate(message: &Redelegate) -> Result<(), Invalid> {
    if message.amount.is_some_and(Amount::is_zero) { Err(Invalid::ZeroAmount) } else { Ok(()) }
}

/// Both validators, both delegations and what sums them up.
pub(crate) fn keys(message: &Redelegate, sender: &Address, out: &mut Vec<StateKey>) {
    out.extend(Position::keys(sender, &message.from));
    out.extend(Position::keys(sender, &message.to));
}

pub(crate) fn execute(
    message: &Redelegate,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let Redelegate { from, to, amount } = *message;
    if from == to {
        return Err(StakingError::SameValidator.into());
    }
    let moment = BlockMoment::from(context.block);
    let (view, delegator) = (&mut *context.view, context.sender);
    let source = load_validator(view, &from)?.ok_or(StakingError::UnknownValidator)?;
    let target = load_validator(view, &to)?.ok_or(StakingError::UnknownValidator)?;
    let mut events = Vec::new();
    let slashes = source.slashes;
    let mut position = Position::open(view, &moment, delegator, from, source, &mut events)?;
    let taken = position.take(view, &moment, amount.map_or(Want::All, Want::Exactly))?;
    position.close(view, &moment)?;
    if taken.amount < moment.params.staking.min_delegation {
        return Err(StakingError::DelegationTooLow.into());
    }
    let mut position = Position::open(view, &moment, delegator, to, target, &mut events)?;
    if position.validator.leaving {
        return Err(StakingError::ValidatorClosed.into());
    }
    let nominal = position.deposit(&moment, taken.amount)?;
    position.bind(&moment, from, slashes, nominal)?;
    position.close(view, &moment)?;
    let Taken { amount, penalty } = taken;
    events.push(Event::Redelegated { from, to, delegator, amount, penalty });
    Ok(events)
}
