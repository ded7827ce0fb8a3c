use crate::prefix;
use althing_state::StateKey;

/// The key of the supply record.
pub(crate) const SUPPLY: StateKey = StateKey::fixed(prefix::SUPPLY, &[]);

/// The key of what the treasury has earned in the running epoch; absent if nothing.
pub(crate) const INCOME: StateKey = StateKey::fixed(prefix::INCOME, &[]);
