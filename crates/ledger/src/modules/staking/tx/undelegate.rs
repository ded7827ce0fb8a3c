//! Takes stake back from a validator. It is paid after the unbonding period.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::staking::{
        BlockMoment, QUEUE,
        error::StakingError,
        load_validator,
        position::{Position, Want},
    },
};
use althing_state::StateKey;
use althing_types::{Address, Amount, Event, message::Undelegate};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 35_000;

/// An amount, if there is one, must be more than nothing.
pub(crate) fn validate(message: &Undelegate) -> Result<(), Invalid> {
    if message.amount.is_some_and(Amount::is_zero) { Err(Invalid::ZeroAmount) } else { Ok(()) }
}

/// The validator, the delegation, the queue and what sums them up.
pub(crate) fn keys(message: &Undelegate, sender: &Address, out: &mut Vec<StateKey>) {
    out.extend(Position::keys(sender, &message.validator));
    out.push(QUEUE);
}

pub(crate) fn execute(
    message: &Undelegate,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let Undelegate { validator: key, amount } = *message;
    let moment = BlockMoment::from(context.block);
    let (view, delegator) = (&mut *context.view, context.sender);
    let validator = load_validator(view, &key)?.ok_or(StakingError::UnknownValidator)?;
    let mut events = Vec::new();
    let mut position = Position::open(view, &moment, delegator, key, validator, &mut events)?;
    let taken = position.take(view, &moment, amount.map_or(Want::All, Want::Exactly))?;
    events.push(position.unbond(view, &moment, taken)?);
    position.close(view, &moment)?;
    Ok(events)
}
