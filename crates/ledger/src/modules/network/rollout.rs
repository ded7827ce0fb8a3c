//! Who runs a version first, and how they do.

use super::{Cohort, Watched, store};
use crate::{
    error::Fault,
    modules::{
        performance, registry,
        staking::{self, BlockMoment, TOTALS},
        validators,
    },
};
use althing_state::{StateKey, View};
use althing_types::{
    Epoch, ValidatorKey,
    hash::sha256,
    network::{RolloutHealth, RolloutPlan},
};
use std::collections::BTreeSet;

/// Chooses who runs the version first, of the members of the epoch that begins who are not in jail:
/// those whose hash of the version and their key is the least. Returns how many.
pub(super) fn begin(
    view: &mut View,
    moment: &BlockMoment<'_>,
    (version, plan): (u64, &RolloutPlan),
) -> Result<u32, Fault> {
    let mut members = Vec::new();
    for entry in validators::load_set(view, next(moment)?)?.entries() {
        let validator = staking::load_validator(view, &entry.key)?;
        if validator.is_some_and(|it| it.jailed_until.is_none() && !it.ejected) {
            members.push(entry.key);
        }
    }
    let mut order: Vec<_> = members.iter().map(|key| (place(version, key), *key)).collect();
    order.sort_unstable();
    let first: BTreeSet<ValidatorKey> =
        order.iter().take(plan.cohort(members.len())).map(|(_, key)| *key).collect();
    members.sort_unstable();
    let mut watched = Vec::with_capacity(members.len());
    for validator in members {
        let (made, missed) = performance::totals(view, &validator)?;
        watched.push(Watched { validator, first: first.contains(&validator), made, missed });
    }
    let what = "an epoch has more members than can be";
    let cohort = Cohort::new(watched).ok_or(Fault::Corrupt { key: TOTALS, what })?;
    store::save_cohort(view, version, &cohort)?;
    Ok(u32::try_from(first.len()).unwrap_or(u32::MAX))
}

fn place(version: u64, key: &ValidatorKey) -> [u8; 32] {
    sha256(&[&version.to_be_bytes(), key.as_bytes()]).0
}

fn next(moment: &BlockMoment<'_>) -> Result<Epoch, Fault> {
    let what = "there are no epochs left";
    moment.epoch.next().ok_or(Fault::Corrupt { key: TOTALS, what })
}

/// How those do who run a version first, and the others.
pub(super) fn health(view: &View, version: u64, cohort: &Cohort) -> Result<RolloutHealth, Fault> {
    let mut health = RolloutHealth::default();
    for watched in cohort.iter() {
        let (made, missed) = performance::totals(view, &watched.validator)?;
        let made = made.saturating_sub(watched.made);
        let missed = missed.saturating_sub(watched.missed);
        let turns = made.saturating_add(missed);
        if !watched.first {
            health.other_turns = health.other_turns.saturating_add(turns);
            health.other_missed = health.other_missed.saturating_add(missed);
            continue;
        }
        health.cohort = health.cohort.saturating_add(1);
        health.turns = health.turns.saturating_add(turns);
        health.missed = health.missed.saturating_add(missed);
        let said = registry::health(view, &watched.validator)?;
        if said.is_some_and(|said| said.spec == version) {
            health.applied = health.applied.saturating_add(1);
        }
    }
    Ok(health)
}

/// Keys that choosing who runs a version first touches, as far as what the view knows tells.
pub(super) fn keys(
    view: &View,
    moment: &BlockMoment<'_>,
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    let epoch = next(moment)?;
    let set = validators::set_key(epoch);
    out.push(set);
    if view.knows(&set) {
        for entry in validators::load_set(view, epoch)?.entries() {
            out.push(staking::validator_key(&entry.key));
            out.push(performance::performance_key(&entry.key));
        }
    }
    Ok(())
}

/// Keys that looking at those who are watched touches.
pub(super) fn watched_keys(cohort: &Cohort, out: &mut Vec<StateKey>) {
    for Watched { validator, .. } in cohort.iter() {
        out.extend([performance::performance_key(validator), registry::key(validator)]);
    }
}
