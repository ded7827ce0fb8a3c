use crate::prefix;
use althing_state::StateKey;
use althing_types::Hash;

/// The key of who holds the safety override; absent if nobody does.
pub(crate) const SAFETY: StateKey = StateKey::fixed(prefix::SAFETY, &[]);

/// The key of what holds until it lapses.
pub(crate) const CHANGES: StateKey = StateKey::fixed(prefix::CHANGES, &[]);

/// The key of a call that waits for approvals. [`super::Call::id`] makes the hash.
pub(crate) const fn call_key(id: &Hash) -> StateKey {
    StateKey::fixed(prefix::CALL, &id.0)
}
