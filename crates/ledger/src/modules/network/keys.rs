use crate::prefix;
use althing_state::StateKey;
use althing_types::ValidatorKey;

/// The key of what is in force, what is tried, and what is offered.
pub(crate) const NETWORK: StateKey = StateKey::fixed(prefix::NETWORK, &[]);

/// The key of a version of the configuration.
pub(crate) const fn spec_key(version: u64) -> StateKey {
    StateKey::fixed(prefix::SPEC, &version.to_be_bytes())
}

/// The key of what a validator chose.
pub(crate) const fn adoption_key(validator: &ValidatorKey) -> StateKey {
    StateKey::fixed(prefix::ADOPTION, validator.as_bytes())
}

/// The key of those who run a version first, and of those whom they are compared with.
pub(crate) const fn cohort_key(version: u64) -> StateKey {
    StateKey::fixed(prefix::COHORT, &version.to_be_bytes())
}
