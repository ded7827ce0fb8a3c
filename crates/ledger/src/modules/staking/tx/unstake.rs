//! Takes own stake out of the sender's validator, in part or to leave.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::staking::{
        BlockMoment, QUEUE, TOTALS,
        block::unbond_own,
        delegator_key,
        error::StakingError,
        operated_by, operator_key,
        position::{Position, Want},
        require_validator,
    },
};
use althing_state::StateKey;
use althing_types::{Address, Amount, Event, message::Unstake};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 40_000;

/// An amount, if there is one, must be more than nothing.
pub(crate) fn validate(message: &Unstake) -> Result<(), Invalid> {
    if message.amount.is_some_and(Amount::is_zero) { Err(Invalid::ZeroAmount) } else { Ok(()) }
}

/// Which validator the sender operates is in the state: its keys come in a second round.
pub(crate) fn keys(_: &Unstake, sender: &Address, out: &mut Vec<StateKey>) {
    out.extend([operator_key(sender), delegator_key(sender), TOTALS, QUEUE]);
}

pub(crate) fn execute(message: &Unstake, context: &mut Context<'_>) -> Result<Vec<Event>, Failure> {
    let moment = BlockMoment::from(context.block);
    let (view, operator) = (&mut *context.view, context.sender);
    let key = operated_by(view, &operator)?.ok_or(StakingError::NotOperator)?;
    crate::modules::staking::know(view, Position::keys(&operator, &key))?;
    let validator = require_validator(view, &key)?;
    let mut events = Vec::new();
    let mut own = Position::open(view, &moment, operator, key, validator, &mut events)?;
    if let Some(amount) = message.amount {
        let taken = own.take(view, &moment, Want::Exactly(amount))?;
        events.push(own.unbond(view, &moment, taken)?);
        own.close(view, &moment)?;
        return Ok(events);
    }
    if !own.is_known() {
        return Err(StakingError::InsufficientDelegation.into());
    }
    own.validator.leaving = true;
    events.push(Event::ValidatorLeaving { validator: key });
    if own.validator.is_active(moment.epoch) {
        own.close(view, &moment)?;
    } else {
        unbond_own(view, &moment, own, &mut events)?;
    }
    Ok(events)
}
