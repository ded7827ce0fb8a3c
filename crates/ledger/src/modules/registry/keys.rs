use crate::prefix;
use althing_state::StateKey;
use althing_types::ValidatorKey;

/// The key of what a validator's node said.
pub(crate) const fn key(validator: &ValidatorKey) -> StateKey {
    StateKey::fixed(prefix::NODE, validator.as_bytes())
}
