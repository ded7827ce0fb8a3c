use crate::prefix;
use althing_state::StateKey;
use althing_types::ValidatorKey;

/// The key of what a validator proposed and missed.
pub(crate) const fn performance_key(validator: &ValidatorKey) -> StateKey {
    StateKey::fixed(prefix::PERFORMANCE, validator.as_bytes())
}
