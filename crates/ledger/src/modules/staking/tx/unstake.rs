//! PLACEHOLDER of the work branch: replaced before it reaches main.

use crate::{Invalid, error::Failure, execute::Context};
use althing_state::StateKey;
use althing_types::{Address, Event, message::Unstake};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 40000;

pub(crate) fn validate(_: &Unstake) -> Result<(), Invalid> {
    Ok(())
}

pub(crate) fn keys(_: &Unstake, _: &Address, _: &mut Vec<StateKey>) {}

pub(crate) fn execute(_: &Unstake, _: &mut Context<'_>) -> Result<Vec<Event>, Failure> {
    Err(Failure::Rule(crate::codes::UNKNOWN_VALIDATOR))
}
