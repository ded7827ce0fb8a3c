//! PLACEHOLDER of the work branch: replaced before it reaches main.

use crate::{Invalid, error::Failure, execute::Context};
use althing_state::StateKey;
use althing_types::{Address, Event, message::Stake};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 40000;

pub(crate) fn validate(_: &Stake) -> Result<(), Invalid> {
    Ok(())
}

pub(crate) fn keys(_: &Stake, _: &Address, _: &mut Vec<StateKey>) {}

pub(crate) fn execute(_: &Stake, _: &mut Context<'_>) -> Result<Vec<Event>, Failure> {
    Err(Failure::Rule(crate::codes::UNKNOWN_VALIDATOR))
}
