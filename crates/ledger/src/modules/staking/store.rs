use super::{
    CANDIDATES, Candidates, Conversion, Delegation, Delegator, MAX_CANDIDATES, Past, Profile,
    QUEUE, Queue, SNAPSHOTS, Slashes, Snapshots, TOTALS, Totals, Unbonding, Validator,
    conversion_key, delegation_key, delegator_key, operator_key, past_key, profile_key,
    slashes_key, unbonding_key, validator_key,
};
use crate::{error::Fault, store};
use althing_state::{Missing, StateKey, View};
use althing_types::{Address, Epoch, ValidatorKey};

/// Makes sure that all of these keys can be read.
///
/// # Errors
/// [`Fault::Missing`] with all that cannot.
pub(crate) fn know(view: &View, keys: impl IntoIterator<Item = StateKey>) -> Result<(), Fault> {
    let missing: Vec<StateKey> = keys.into_iter().filter(|key| !view.knows(key)).collect();
    if missing.is_empty() { Ok(()) } else { Err(Missing(missing).into()) }
}

/// A validator; `None` if nobody registered the key.
pub(crate) fn load_validator(view: &View, key: &ValidatorKey) -> Result<Option<Validator>, Fault> {
    store::load(view, &validator_key(key), "the validator record does not decode")
}

/// A validator that must exist.
pub(crate) fn require_validator(view: &View, key: &ValidatorKey) -> Result<Validator, Fault> {
    store::require(view, &validator_key(key), "the validator record is absent or does not decode")
}

/// Writes a validator.
pub(crate) fn save_validator(
    view: &mut View,
    key: &ValidatorKey,
    validator: &Validator,
) -> Result<(), Fault> {
    store::save(view, validator_key(key), validator)
}

pub(super) fn remove_validator(view: &mut View, key: &ValidatorKey) {
    view.set(validator_key(key), None);
    view.set(profile_key(key), None);
}

/// What a validator says about itself. Every validator has a profile.
pub(crate) fn load_profile(view: &View, key: &ValidatorKey) -> Result<Profile, Fault> {
    store::require(view, &profile_key(key), "the profile is absent or does not decode")
}

pub(super) fn save_profile(
    view: &mut View,
    key: &ValidatorKey,
    profile: &Profile,
) -> Result<(), Fault> {
    store::save(view, profile_key(key), profile)
}

/// The validator that an account operates.
pub(crate) fn operated_by(view: &View, operator: &Address) -> Result<Option<ValidatorKey>, Fault> {
    store::load(view, &operator_key(operator), "the record of an operator does not decode")
}

pub(super) fn save_operator(
    view: &mut View,
    operator: &Address,
    key: &ValidatorKey,
) -> Result<(), Fault> {
    store::save(view, operator_key(operator), key)
}

pub(super) fn remove_operator(view: &mut View, operator: &Address) {
    view.set(operator_key(operator), None);
}

/// All slashes of a validator.
pub(crate) fn load_slashes(view: &View, key: &ValidatorKey) -> Result<Slashes, Fault> {
    let slashes = store::load(view, &slashes_key(key), "the list of slashes does not decode")?;
    Ok(slashes.unwrap_or_default())
}

pub(super) fn save_slashes(
    view: &mut View,
    key: &ValidatorKey,
    slashes: &Slashes,
) -> Result<(), Fault> {
    store::save(view, slashes_key(key), slashes)
}

/// All validators that may be chosen, ordered by key.
pub(crate) fn load_candidates(view: &View) -> Result<Candidates, Fault> {
    store::require(view, &CANDIDATES, "the list of candidates is absent or does not decode")
}

pub(super) fn save_candidates(view: &mut View, candidates: &Candidates) -> Result<(), Fault> {
    store::save(view, CANDIDATES, candidates)
}

/// Puts a validator that was not ejected on the list of candidates, if it is not there. Returns
/// whether it is now: not if there are `most` others.
pub(super) fn list_candidate(
    view: &mut View,
    key: &ValidatorKey,
    most: u64,
) -> Result<bool, Fault> {
    know(view, [CANDIDATES])?;
    let Candidates(mut candidates) = load_candidates(view)?;
    let Err(at) = candidates.binary_search(key) else { return Ok(true) };
    let most = most.min(MAX_CANDIDATES);
    if u64::try_from(candidates.len()).is_ok_and(|count| count >= most) {
        return Ok(false);
    }
    candidates.insert(at, *key);
    save_candidates(view, &Candidates(candidates))?;
    Ok(true)
}

/// The sums over all validators.
pub(crate) fn load_totals(view: &View) -> Result<Totals, Fault> {
    store::require(view, &TOTALS, "the totals of stake are absent or do not decode")
}

pub(crate) fn save_totals(view: &mut View, totals: &Totals) -> Result<(), Fault> {
    store::save(view, TOTALS, totals)
}

pub(super) fn load_queue(view: &View) -> Result<Queue, Fault> {
    store::require(view, &QUEUE, "the unbonding queue is absent or does not decode")
}

pub(super) fn save_queue(view: &mut View, queue: &Queue) -> Result<(), Fault> {
    store::save(view, QUEUE, queue)
}

pub(super) fn require_unbonding(view: &View, number: u64) -> Result<Unbonding, Fault> {
    let what = "an entry of the unbonding queue is absent or does not decode";
    store::require(view, &unbonding_key(number), what)
}

pub(super) fn save_unbonding(view: &mut View, number: u64, entry: &Unbonding) -> Result<(), Fault> {
    store::save(view, unbonding_key(number), entry)
}

pub(super) fn remove_unbonding(view: &mut View, number: u64) {
    view.set(unbonding_key(number), None);
}

pub(super) fn load_delegation(
    view: &View,
    delegator: &Address,
    key: &ValidatorKey,
) -> Result<Option<Delegation>, Fault> {
    store::load(view, &delegation_key(delegator, key), "the delegation does not decode")
}

/// Writes a delegation, or removes it.
pub(super) fn save_delegation(
    view: &mut View,
    delegator: &Address,
    key: &ValidatorKey,
    delegation: Option<&Delegation>,
) -> Result<(), Fault> {
    let at = delegation_key(delegator, key);
    match delegation {
        Some(delegation) => store::save(view, at, delegation),
        None => {
            view.set(at, None);
            Ok(())
        }
    }
}

/// The lists of an account; empty if it has no record.
pub(super) fn load_delegator(view: &View, delegator: &Address) -> Result<Delegator, Fault> {
    let lists =
        store::load(view, &delegator_key(delegator), "the record of a delegator does not decode")?;
    Ok(lists.unwrap_or_default())
}

/// Writes the lists of an account; empty ones have no record.
pub(super) fn save_delegator(
    view: &mut View,
    delegator: &Address,
    lists: &Delegator,
) -> Result<(), Fault> {
    let at = delegator_key(delegator);
    if lists.validators.is_empty() && lists.unbonding.is_empty() {
        view.set(at, None);
        return Ok(());
    }
    store::save(view, at, lists)
}

pub(super) fn load_conversion(
    view: &View,
    key: &ValidatorKey,
    epoch: Epoch,
) -> Result<Option<Conversion>, Fault> {
    store::load(view, &conversion_key(key, epoch), "a conversion does not decode")
}

/// Writes a conversion, or removes it.
pub(super) fn save_conversion(
    view: &mut View,
    key: &ValidatorKey,
    epoch: Epoch,
    conversion: Option<&Conversion>,
) -> Result<(), Fault> {
    let at = conversion_key(key, epoch);
    match conversion {
        Some(conversion) => store::save(view, at, conversion),
        None => {
            view.set(at, None);
            Ok(())
        }
    }
}

/// The epochs whose weights are in use. None before the first vote.
pub(super) fn load_snapshots(view: &View) -> Result<Snapshots, Fault> {
    let what = "the list of epochs whose weights are in use does not decode";
    Ok(store::load(view, &SNAPSHOTS, what)?.unwrap_or_default())
}

pub(super) fn save_snapshots(view: &mut View, snapshots: &Snapshots) -> Result<(), Fault> {
    store::save(view, SNAPSHOTS, snapshots)
}

/// What an account owned when earlier epochs began; empty if nothing was noted.
pub(super) fn load_past(view: &View, delegator: &Address) -> Result<Past, Fault> {
    let past = store::load(view, &past_key(delegator), "what an account owned does not decode")?;
    Ok(past.unwrap_or_default())
}

pub(super) fn save_past(view: &mut View, delegator: &Address, past: &Past) -> Result<(), Fault> {
    store::save(view, past_key(delegator), past)
}
