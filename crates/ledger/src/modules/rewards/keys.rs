use crate::prefix;
use althing_state::StateKey;

/// The key of what was emitted.
pub(crate) const EMISSION: StateKey = StateKey::fixed(prefix::EMISSION, &[]);
