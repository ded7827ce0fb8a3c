use crate::prefix;
use althing_state::StateKey;

/// The key of the sums over all disbursements.
pub(crate) const TREASURY: StateKey = StateKey::fixed(prefix::TREASURY, &[]);

/// The key of the disbursements that are accepted and not over.
pub(crate) const PENDING: StateKey = StateKey::fixed(prefix::PENDING, &[]);

/// The key of a disbursement. Its number is that of its proposal.
pub(crate) const fn disbursement_key(number: u64) -> StateKey {
    StateKey::fixed(prefix::DISBURSEMENT, &number.to_be_bytes())
}

/// The key of the disbursements that depend on one.
pub(crate) const fn dependents_key(number: u64) -> StateKey {
    StateKey::fixed(prefix::DEPENDENTS, &number.to_be_bytes())
}
