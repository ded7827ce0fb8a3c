use crate::prefix;
use althing_state::StateKey;

/// The key of the supply record.
pub(crate) const SUPPLY: StateKey = StateKey::fixed(prefix::SUPPLY, &[]);
