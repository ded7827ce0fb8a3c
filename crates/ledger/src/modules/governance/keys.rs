use crate::prefix;
use althing_state::StateKey;
use althing_types::{Address, Epoch, ValidatorKey};

/// The key of the list of proposals that something will happen to.
pub(crate) const AGENDA: StateKey = StateKey::fixed(prefix::AGENDA, &[]);

/// The key of what was proposed.
pub(crate) const fn proposal_key(number: u64) -> StateKey {
    StateKey::fixed(prefix::PROPOSAL, &number.to_be_bytes())
}

/// The key of how a proposal stands.
pub(crate) const fn standing_key(number: u64) -> StateKey {
    StateKey::fixed(prefix::STANDING, &number.to_be_bytes())
}

/// The key of who could vote when an epoch began.
pub(crate) const fn electorate_key(epoch: Epoch) -> StateKey {
    StateKey::fixed(prefix::ELECTORATE, &epoch.get().to_be_bytes())
}

/// The key of the weight of a validator when an epoch began.
pub(crate) const fn power_key(epoch: Epoch, validator: &ValidatorKey) -> StateKey {
    numbered(prefix::POWER, epoch.get(), validator)
}

/// The key of the vote of a validator.
pub(crate) const fn validator_vote_key(number: u64, validator: &ValidatorKey) -> StateKey {
    numbered(prefix::VALIDATOR_VOTE, number, validator)
}

/// The key of what a validator leaves to its node.
pub(crate) const fn preferences_key(validator: &ValidatorKey) -> StateKey {
    StateKey::fixed(prefix::PREFERENCES, validator.as_bytes())
}

/// The key of the vote of an account.
pub(crate) const fn account_vote_key(number: u64, voter: &Address) -> StateKey {
    let mut bytes = [0; 28];
    let (left, right) = bytes.split_at_mut(8);
    left.copy_from_slice(&number.to_be_bytes());
    right.copy_from_slice(voter.as_bytes());
    StateKey::fixed(prefix::ACCOUNT_VOTE, &bytes)
}

const fn numbered(table: u8, number: u64, validator: &ValidatorKey) -> StateKey {
    let mut bytes = [0; 40];
    let (left, right) = bytes.split_at_mut(8);
    left.copy_from_slice(&number.to_be_bytes());
    right.copy_from_slice(validator.as_bytes());
    StateKey::fixed(table, &bytes)
}
