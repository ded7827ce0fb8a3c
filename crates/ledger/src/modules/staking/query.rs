//! Read-only views of stake: keys, records, and what a delegation is worth.

use super::{
    Candidates, Conversion, Delegation, Delegator, Past, Profile, Queue, Slashes, Snapshots, Totals,
};
use althing_state::StateKey;
use althing_types::{Address, Epoch, ValidatorKey, params::StakingParams};

pub use super::{
    Contradiction, Now, Unbonding, Validator,
    settle::{Settled, Worth, conversion_needed, settle, slashes_needed, worth},
};

crate::records::records! {
    /// The key of a validator.
    validator_key(validator: ValidatorKey) decode_validator -> Validator =
        super::validator_key(&validator);
    /// The key of what a validator says about itself.
    profile_key(validator: ValidatorKey) decode_profile -> Profile = super::profile_key(&validator);
    /// The key of the validator that an account operates.
    operator_key(operator: Address) decode_operator -> ValidatorKey =
        super::operator_key(&operator);
    /// The key of the slashes of a validator. A validator without slashes has no such record.
    slashes_key(validator: ValidatorKey) decode_slashes -> Slashes = super::slashes_key(&validator);
    /// The key of the list of candidates.
    candidates_key() decode_candidates -> Candidates = super::CANDIDATES;
    /// The key of the sums over all validators.
    totals_key() decode_totals -> Totals = super::TOTALS;
    /// The key of the unbonding queue.
    queue_key() decode_queue -> Queue = super::QUEUE;
    /// The key of an entry of the unbonding queue.
    unbonding_key(number: u64) decode_unbonding -> Unbonding = super::unbonding_key(number);
    /// The key of what an account delegates to a validator.
    delegation_key(delegator: Address, validator: ValidatorKey) decode_delegation -> Delegation =
        super::delegation_key(&delegator, &validator);
    /// The key of the list of an account's delegations.
    delegator_key(delegator: Address) decode_delegator -> Delegator =
        super::delegator_key(&delegator);
    /// The key of what the pending amounts of a validator and an epoch became.
    conversion_key(validator: ValidatorKey, epoch: Epoch) decode_conversion -> Conversion =
        super::conversion_key(&validator, epoch);
    /// The key of the epochs whose weights are in use; absent before the first vote.
    snapshots_key() decode_snapshots -> Snapshots = super::SNAPSHOTS;
    /// The key of what an account owned when epochs began; absent if nothing was noted.
    past_key(delegator: Address) decode_past -> Past = super::past_key(&delegator);
}

/// Keys that [`settle`] needs besides the validator and the delegation, once `now.epoch` runs.
pub fn settle_keys(
    validator: ValidatorKey,
    delegation: &Delegation,
    epoch: Epoch,
) -> Vec<StateKey> {
    super::position::settle_keys(&validator, delegation, epoch)
}

/// What an account owns of a validator now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owned {
    /// The delegation, brought up to date.
    pub delegation: Delegation,
    /// What it is worth, in base units.
    pub worth: Worth,
}

/// What a delegation is at the moment `now`, from the records as they are stored: `conversion` is
/// that of [`conversion_needed`], `slashes` are those of [`slashes_needed`]. `now.epoch` must be the
/// epoch of the block that follows the state, so that an epoch that has just ended counts.
///
/// # Errors
/// [`Contradiction`] if the records do not fit together, or one that is needed is not given.
pub fn owned(
    validator: Validator,
    delegation: Delegation,
    now: Now,
    conversion: Option<Conversion>,
    slashes: &[(ValidatorKey, Slashes)],
) -> Result<Owned, Contradiction> {
    let settled = settle(validator, delegation, now, conversion, slashes)?;
    let worth = worth(&settled.validator, &settled.delegation)?;
    Ok(Owned { delegation: settled.delegation, worth })
}

/// What an entry of the unbonding queue pays if nothing else happens, in base units. `slashes` are
/// those of its validator.
pub fn unbonding_worth(entry: &Unbonding, slashes: &Slashes) -> althing_types::Amount {
    super::settle::after_slashes(entry.amount, slashes, entry.slashes, entry.began)
}

/// How much a validator may still be given before it holds more of all stake than the power cap
/// allows, in base units; `None` if there is no cap. This is the room for new money. What moves here
/// from another validator is part of all stake already, so of that a little less fits.
pub fn room(
    validator: &Validator,
    totals: &Totals,
    params: &StakingParams,
) -> Option<althing_types::Amount> {
    let stake = validator.tokens.checked_add(validator.pending).ok()?;
    super::cap::room(stake, totals.bonded, totals.active, params)
}
