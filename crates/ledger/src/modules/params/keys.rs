use crate::prefix;
use althing_state::StateKey;

/// The key of the parameters.
pub(crate) const PARAMS: StateKey = StateKey::fixed(prefix::PARAMS, &[]);
