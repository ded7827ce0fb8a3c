use crate::prefix;
use althing_state::StateKey;

/// The key of the version of the rules that hold.
pub(crate) const PROTOCOL: StateKey = StateKey::fixed(prefix::PROTOCOL, &[]);
