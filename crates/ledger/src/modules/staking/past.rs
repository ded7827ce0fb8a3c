//! Who owned which shares when an epoch began, for votes whose weights were fixed then.
//!
//! Most delegations have not changed since, and say so themselves. Whatever is about to change while
//! weights of some epoch are in use notes first what it was when the present epoch began.

use super::{
    Conversion, Delegation, MAX_PAST, PastShares, SNAPSHOTS, Snapshots, conversion_key,
    delegation_key, delegator_key, past_key, settle, store,
};
use crate::error::Fault;
use althing_state::{StateKey, View};
use althing_types::{Address, Epoch, Shares, ValidatorKey};
use std::collections::BTreeSet;

/// Keys that noting touches.
pub(super) fn keys(delegator: &Address) -> [StateKey; 2] {
    [SNAPSHOTS, past_key(delegator)]
}

/// The epochs at whose beginning weights that are still in use were fixed, ordered.
pub(crate) fn load_snapshots(view: &View) -> Result<Vec<Epoch>, Fault> {
    Ok(store::load_snapshots(view)?.0)
}

/// Sets the epochs whose weights are in use.
pub(crate) fn save_snapshots(view: &mut View, epochs: Vec<Epoch>) -> Result<(), Fault> {
    store::save_snapshots(view, &Snapshots(epochs))
}

/// Notes that `delegator` owned `shares` of `validator` when `epoch` began, if anybody may ask and
/// nobody has noted it yet. To be called before they change for the first time in the epoch, and
/// harmless after that.
pub(super) fn note(
    view: &mut View,
    delegator: &Address,
    validator: &ValidatorKey,
    epoch: Epoch,
    shares: Shares,
) -> Result<(), Fault> {
    let open = load_snapshots(view)?;
    let Some(oldest) = open.first() else { return Ok(()) };
    let mut past = store::load_past(view, delegator)?;
    let noted = |entry: &PastShares| entry.epoch == epoch && entry.validator == *validator;
    if past.entries.iter().any(noted) {
        return Ok(());
    }
    past.entries.retain(|entry| entry.epoch >= *oldest);
    if past.entries.len() >= MAX_PAST {
        // They are ordered by epoch, so the first one is the oldest.
        let lost = past.entries.remove(0);
        past.lost = past.lost.max(Some(lost.epoch));
    }
    past.entries.push(PastShares { epoch, validator: *validator, shares });
    store::save_past(view, delegator, &past)
}

/// The shares that an account owned of each validator when `epoch` began, ordered by validator,
/// without what it did not own. `epoch` must be one of [`load_snapshots`], or the present one.
/// Nothing if it has changed its delegations so often since that it is not known any more.
pub(crate) fn shares_at(
    view: &View,
    delegator: &Address,
    epoch: Epoch,
) -> Result<Vec<(ValidatorKey, Shares)>, Fault> {
    store::know(view, [delegator_key(delegator), past_key(delegator)])?;
    let past = store::load_past(view, delegator)?;
    if past.lost.is_some_and(|lost| lost >= epoch) {
        return Ok(Vec::new());
    }
    let mut noted: Vec<&PastShares> = Vec::new();
    for entry in past.entries.iter().filter(|entry| entry.epoch >= epoch) {
        if !noted.iter().any(|known| known.validator == entry.validator) {
            noted.push(entry);
        }
    }
    let changed: BTreeSet<ValidatorKey> = noted.iter().map(|entry| entry.validator).collect();
    let listed = store::load_delegator(view, delegator)?.validators;
    let unchanged: Vec<ValidatorKey> =
        listed.into_iter().filter(|validator| !changed.contains(validator)).collect();
    let mut owned: Vec<(ValidatorKey, Shares)> =
        noted.iter().map(|entry| (entry.validator, entry.shares)).collect();
    owned.extend(unchanged_since(view, delegator, epoch, unchanged)?);
    owned.retain(|(_, shares)| !shares.is_zero());
    owned.sort_unstable();
    Ok(owned)
}

/// The same of delegations that have not changed since.
fn unchanged_since(
    view: &View,
    delegator: &Address,
    epoch: Epoch,
    validators: Vec<ValidatorKey>,
) -> Result<Vec<(ValidatorKey, Shares)>, Fault> {
    let key = |validator: &ValidatorKey| delegation_key(delegator, validator);
    store::know(view, validators.iter().map(key))?;
    let mut delegations: Vec<(ValidatorKey, Delegation)> = Vec::with_capacity(validators.len());
    for validator in validators {
        let record = store::load_delegation(view, delegator, &validator)?;
        let what = "a delegation that its owner lists is absent";
        let absent = Fault::Corrupt { key: key(&validator), what };
        delegations.push((validator, record.ok_or(absent)?));
    }
    let needed = |delegation: &Delegation| settle::conversion_needed(delegation, epoch);
    store::know(
        view,
        delegations.iter().filter_map(|(validator, delegation)| {
            needed(delegation).map(|pending| conversion_key(validator, pending))
        }),
    )?;
    let mut owned = Vec::with_capacity(delegations.len());
    for (validator, delegation) in delegations {
        let conversion = match needed(&delegation) {
            Some(pending) => store::load_conversion(view, &validator, pending)?,
            None => None,
        };
        let shares = with_pending(&delegation, epoch, conversion)
            .map_err(|contradiction| contradiction.at(key(&validator)))?;
        owned.push((validator, shares));
    }
    Ok(owned)
}

/// The shares of a delegation with those that its pending amount had become when `epoch` began.
fn with_pending(
    delegation: &Delegation,
    epoch: Epoch,
    conversion: Option<Conversion>,
) -> Result<Shares, super::Contradiction> {
    let Some(pending) = delegation.pending.filter(|pending| pending.epoch < epoch) else {
        return Ok(delegation.shares);
    };
    let what = "a pending amount of an earlier epoch has no conversion";
    let conversion = conversion.ok_or(super::Contradiction(what))?;
    Ok(delegation.shares.checked_add(conversion.shares_of(pending.amount)?)?)
}
