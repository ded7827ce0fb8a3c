use crate::prefix;
use althing_state::StateKey;
use althing_types::{Height, ValidatorKey};

/// Heights whose values are kept, the newest ones.
pub const RING: u64 = 16_384;

/// The key of the chain of hashes of a validator.
pub(crate) const fn randomness_key(validator: &ValidatorKey) -> StateKey {
    StateKey::fixed(prefix::RANDOMNESS, validator.as_bytes())
}

/// The key of the place in the ring of a height.
pub(crate) const fn mark_key(height: Height) -> StateKey {
    let slot = (height.get() % RING) as u16;
    StateKey::fixed(prefix::MARK, &slot.to_be_bytes())
}
