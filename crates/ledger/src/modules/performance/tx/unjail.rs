//! Lets the sender's validator out of jail.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        bank,
        performance::{error::PerformanceError, store},
        staking,
    },
};
use althing_state::StateKey;
use althing_types::{Address, Amount, Event, message::Unjail};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 50_000;

/// Nothing can be wrong with it.
pub(crate) const fn validate(_: &Unjail) -> Result<(), Invalid> {
    Ok(())
}

/// The validator that the sender operates; its own records follow from that.
pub(crate) fn keys(_: &Unjail, sender: &Address, out: &mut Vec<StateKey>) {
    out.push(staking::operator_key(sender));
}

pub(crate) fn execute(_: &Unjail, context: &mut Context<'_>) -> Result<Vec<Event>, Failure> {
    let block = context.block;
    let key = staking::operated_by(context.view, &context.sender)?
        .ok_or(PerformanceError::NotOperator)?;
    let validator = staking::require_validator(context.view, &key)?;
    if validator.ejected {
        return Err(PerformanceError::Ejected.into());
    }
    let until = validator.jailed_until.ok_or(PerformanceError::NotJailed)?;
    let params = block.params;
    let stake = validator.tokens.checked_add(validator.pending).unwrap_or(Amount::MAX);
    if stake < params.staking.min_validator_stake {
        return Err(PerformanceError::StakeTooLow.into());
    }
    let early = !until.is_reached(block.height, block.time);
    let fee = if early { params.slashing.unjail_fee } else { Amount::ZERO };
    let penalty = (fee, params.treasury.penalty_share);
    bank::pay_penalty(context.view, block.protocol, &context.sender, penalty, block.time)?;
    let mut record = store::load(context.view, &key)?;
    record.clear(block.epoch);
    store::save(context.view, &key, &record)?;
    staking::unjail(context.view, &key)?;
    Ok(vec![Event::Unjailed { validator: key, fee }])
}
