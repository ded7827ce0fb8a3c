//! PLACEHOLDER of the work branch: replaced before it reaches main.

use crate::{Invalid, error::Failure, execute::Context};
use althing_state::StateKey;
use althing_types::{Address, Event, message::SubmitEvidence};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 100000;

pub(crate) fn validate(_: &SubmitEvidence) -> Result<(), Invalid> {
    Ok(())
}

pub(crate) fn keys(_: &SubmitEvidence, _: &Address, _: &mut Vec<StateKey>) {}

pub(crate) fn execute(_: &SubmitEvidence, _: &mut Context<'_>) -> Result<Vec<Event>, Failure> {
    Err(Failure::Rule(crate::codes::UNKNOWN_VALIDATOR))
}
