//! Says what the sender's validator leaves to its node.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        governance::{error::GovernanceError, store},
        staking::{self, operator_key},
    },
};
use althing_state::StateKey;
use althing_types::{Address, Event, message::SetPreferences};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 30_000;

/// Nothing can be wrong with it.
pub(crate) const fn validate(_: &SetPreferences) -> Result<(), Invalid> {
    Ok(())
}

/// Who operates what.
pub(crate) fn keys(_: &SetPreferences, sender: &Address, out: &mut Vec<StateKey>) {
    out.push(operator_key(sender));
}

pub(crate) fn execute(
    message: &SetPreferences,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let validator = staking::operated_by(context.view, &context.sender)?;
    let validator = validator.ok_or(GovernanceError::NotOperator)?;
    let preferences = message.preferences;
    store::save_preferences(context.view, &validator, preferences.as_ref())?;
    Ok(vec![Event::PreferencesSet { validator, preferences }])
}
