//! The end of an epoch: who begins the next one, and who is chosen for the one after it.

use super::{
    set_key,
    store::{load_set, remove_set, save_set},
};
use crate::{
    error::Fault,
    modules::staking::{self, BlockMoment, Validator},
};
use althing_state::View;
use althing_types::{
    Amount, Epoch, ValidatorEntry, ValidatorKey, ValidatorSet, params::StakingParams,
};
use core::cmp::Reverse;

/// Freezes the set of the next epoch, without members that are in jail or ejected by now, and
/// chooses that of the epoch after it. Returns both.
///
/// # Errors
/// [`Fault`]: nothing is missing once [`staking::missing_for_epoch_end`] is satisfied.
pub(crate) fn choose(
    view: &mut View,
    moment: &BlockMoment<'_>,
) -> Result<(ValidatorSet, ValidatorSet), Fault> {
    let last = || Fault::Corrupt { key: set_key(moment.epoch), what: "there are no epochs left" };
    let next = moment.epoch.next().ok_or_else(last)?;
    let after = next.next().ok_or_else(last)?;
    let frozen = freeze(view, moment.epoch, next)?;
    save_set(view, next, &frozen)?;
    let chosen = chosen(view, &moment.params.staking, after)?.unwrap_or_else(|| frozen.clone());
    save_set(view, after, &chosen)?;
    for entry in chosen.entries() {
        change(view, &entry.key, |validator| validator.chosen_until = Some(after))?;
    }
    let mut totals = staking::load_totals(view)?;
    totals.active = u32::try_from(chosen.entries().len()).unwrap_or(u32::MAX);
    staking::save_totals(view, &totals)?;
    // Evidence about this epoch itself is accepted for `evidence_epochs` more.
    let kept = moment.params.slashing.evidence_epochs;
    if let Some(old) = moment.epoch.get().checked_sub(kept) {
        remove_set(view, Epoch::new(old));
    }
    Ok((frozen, chosen))
}

/// The set of the next epoch without those that may not take part any more; the whole set if
/// nobody else would be left.
fn freeze(view: &mut View, epoch: Epoch, next: Epoch) -> Result<ValidatorSet, Fault> {
    let set = load_set(view, next)?;
    let mut kept = Vec::with_capacity(set.entries().len());
    let mut dropped = Vec::new();
    for entry in set.entries() {
        let Validator { jailed_until, ejected, .. } = staking::require_validator(view, &entry.key)?;
        if jailed_until.is_some() || ejected {
            dropped.push(entry.key);
        } else {
            kept.push(entry.clone());
        }
    }
    if kept.is_empty() || dropped.is_empty() {
        return Ok(set);
    }
    for key in dropped {
        change(view, &key, |validator| validator.chosen_until = Some(epoch))?;
    }
    legal_set(kept, next)
}

/// The candidates with the most stake, most first, then by key; `None` if nobody is eligible.
fn chosen(
    view: &View,
    params: &StakingParams,
    epoch: Epoch,
) -> Result<Option<ValidatorSet>, Fault> {
    let mut ranked: Vec<(Reverse<Amount>, ValidatorKey)> = Vec::new();
    for key in staking::load_candidates(view)?.0 {
        let validator = staking::require_validator(view, &key)?;
        if validator.is_eligible() && validator.tokens >= params.min_validator_stake {
            ranked.push((Reverse(validator.tokens), key));
        }
    }
    ranked.sort_unstable();
    ranked.truncate(usize::try_from(params.max_validators).unwrap_or(usize::MAX));
    if ranked.is_empty() {
        return Ok(None);
    }
    let stakes: Vec<(ValidatorKey, Amount)> =
        ranked.into_iter().map(|(Reverse(tokens), key)| (key, tokens)).collect();
    let counted = staking::counted_stakes(&stakes, params);
    let mut entries = Vec::with_capacity(stakes.len());
    for ((key, _), stake) in stakes.into_iter().zip(counted) {
        let endpoint = staking::load_profile(view, &key)?.endpoint.to_string();
        entries.push(ValidatorEntry { key, endpoint, stake });
    }
    legal_set(entries, epoch).map(Some)
}

fn legal_set(entries: Vec<ValidatorEntry>, epoch: Epoch) -> Result<ValidatorSet, Fault> {
    let what = "the chosen validators are no validator set";
    ValidatorSet::new(entries).map_err(|_| Fault::Corrupt { key: set_key(epoch), what })
}

fn change(
    view: &mut View,
    key: &ValidatorKey,
    change: impl FnOnce(&mut Validator),
) -> Result<(), Fault> {
    let mut validator = staking::require_validator(view, key)?;
    change(&mut validator);
    staking::save_validator(view, key, &validator)
}
