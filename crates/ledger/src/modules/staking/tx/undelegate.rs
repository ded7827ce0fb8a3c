//! PLACEHOLDER of the work branch: replaced before it reaches main.

use crate::{Invalid, error::Failure, execute::Context};
use althing_state::StateKey;
use althing_types::{Address, Event, message::Undelegate};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 35000;

pub(crate) fn validate(_: &Undelegate) -> Result<(), Invalid> {
    Ok(())
}

pub(crate) fn keys(_: &Undelegate, _: &Address, _: &mut Vec<StateKey>) {}

pub(crate) fn execute(_: &Undelegate, _: &mut Context<'_>) -> Result<Vec<Event>, Failure> {
    Err(Failure::Rule(crate::codes::UNKNOWN_VALIDATOR))
}
