use crate::prefix;
use althing_state::StateKey;
use althing_types::{Address, Epoch, ValidatorKey};

/// The key of a validator.
pub(crate) const fn validator_key(validator: &ValidatorKey) -> StateKey {
    StateKey::fixed(prefix::VALIDATOR, validator.as_bytes())
}

/// The key of a validator's profile.
pub(crate) const fn profile_key(validator: &ValidatorKey) -> StateKey {
    StateKey::fixed(prefix::PROFILE, validator.as_bytes())
}

/// The key of the validator that an account operates.
pub(crate) const fn operator_key(operator: &Address) -> StateKey {
    StateKey::fixed(prefix::OPERATOR, operator.as_bytes())
}

/// The key of the slashes of a validator.
pub(crate) const fn slashes_key(validator: &ValidatorKey) -> StateKey {
    StateKey::fixed(prefix::SLASHES, validator.as_bytes())
}

/// The key of the list of candidates.
pub(crate) const CANDIDATES: StateKey = StateKey::fixed(prefix::CANDIDATES, &[]);

/// The key of the sums over all validators.
pub(crate) const TOTALS: StateKey = StateKey::fixed(prefix::STAKING_TOTALS, &[]);

/// The key of the unbonding queue.
pub(crate) const QUEUE: StateKey = StateKey::fixed(prefix::UNBONDING_QUEUE, &[]);

/// The key of an entry of the unbonding queue.
pub(crate) const fn unbonding_key(number: u64) -> StateKey {
    StateKey::fixed(prefix::UNBONDING, &number.to_be_bytes())
}

/// The key of what an account delegates to a validator.
pub(crate) const fn delegation_key(delegator: &Address, validator: &ValidatorKey) -> StateKey {
    let (account, key) = (delegator.as_bytes(), validator.as_bytes());
    let mut bytes = [0; 52];
    let (left, right) = bytes.split_at_mut(20);
    left.copy_from_slice(account);
    right.copy_from_slice(key);
    StateKey::fixed(prefix::DELEGATION, &bytes)
}

/// The key of the list of an account's delegations.
pub(crate) const fn delegator_key(delegator: &Address) -> StateKey {
    StateKey::fixed(prefix::DELEGATOR, delegator.as_bytes())
}

/// The key of what the pending amounts of a validator and an epoch became.
pub(crate) const fn conversion_key(validator: &ValidatorKey, epoch: Epoch) -> StateKey {
    let mut bytes = [0; 40];
    let (left, right) = bytes.split_at_mut(32);
    left.copy_from_slice(validator.as_bytes());
    right.copy_from_slice(&epoch.get().to_be_bytes());
    StateKey::fixed(prefix::CONVERSION, &bytes)
}

/// The key of the epochs whose weights are in use.
pub(crate) const SNAPSHOTS: StateKey = StateKey::fixed(prefix::SNAPSHOTS, &[]);

/// The key of what an account owned when earlier epochs began.
pub(crate) const fn past_key(delegator: &Address) -> StateKey {
    StateKey::fixed(prefix::PAST, delegator.as_bytes())
}
