//! The one place that tells messages apart. A new message adds one arm to each function here.

use crate::{Invalid, error::Failure, execute::Context, modules::bank::tx::transfer};
use althing_state::StateKey;
use althing_types::{Event, Payload};

/// Gas of the message itself.
pub(crate) const fn gas(payload: &Payload) -> u64 {
    match payload {
        Payload::Transfer(_) => transfer::GAS,
    }
}

/// Checks the fields of the message.
pub(crate) fn validate(payload: &Payload) -> Result<(), Invalid> {
    match payload {
        Payload::Transfer(message) => transfer::validate(message),
    }
}

/// Adds the keys that the message surely touches, besides the sender's account.
pub(crate) fn keys(payload: &Payload, out: &mut Vec<StateKey>) {
    match payload {
        Payload::Transfer(message) => transfer::keys(message, out),
    }
}

/// Runs the message. Its writes are dropped if it fails.
pub(crate) fn execute(payload: &Payload, context: &mut Context<'_>) -> Result<Vec<Event>, Failure> {
    match payload {
        Payload::Transfer(message) => transfer::execute(message, context),
    }
}
