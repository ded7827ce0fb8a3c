use crate::prefix;
use althing_state::StateKey;
use althing_types::Address;

/// The key of an account's vesting schedule.
pub(crate) const fn key(address: &Address) -> StateKey {
    StateKey::fixed(prefix::VESTING, address.as_bytes())
}
