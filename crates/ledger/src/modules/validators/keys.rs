use crate::prefix;
use althing_state::StateKey;
use althing_types::Epoch;

/// The key of the validator set of an epoch.
pub(crate) const fn set_key(epoch: Epoch) -> StateKey {
    StateKey::fixed(prefix::VALIDATOR_SET, &epoch.get().to_be_bytes())
}
