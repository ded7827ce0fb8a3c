//! Weights, fixed when an epoch begins.

use super::{Electorate, Power, power_key, store};
use crate::{
    error::{Failure, Fault},
    gas::Meter,
    modules::{
        performance, registry,
        staking::{self, BlockMoment, Validator},
        validators,
    },
};
use althing_state::{StateKey, View};
use althing_types::{Amount, Epoch, Ppm, Shares, ValidatorKey, params::GovernanceParams};

/// Weights that were fixed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Snapshot {
    /// The epoch that begins.
    pub(super) epoch: Epoch,
    /// All stake, in base units.
    pub(super) stake: Amount,
    /// Validators that may vote in their house.
    pub(super) validators: u32,
}

/// Fixes the weights of all candidates for the epoch that begins. To be called once what was
/// delegated in the epoch that ends counts, and before anything leaves.
pub(super) fn take(
    view: &mut View,
    moment: &BlockMoment<'_>,
    params: &GovernanceParams,
    epoch: Epoch,
) -> Result<Snapshot, Fault> {
    let candidates = staking::load_candidates(view)?.0;
    let members = validators::load_set(view, epoch)?;
    let (mut stake, mut heads) = (Amount::ZERO, 0u32);
    for key in &candidates {
        let Validator { tokens, shares, jailed_until, ejected, .. } =
            staking::require_validator(view, key)?;
        let member = members.position(key).is_some() && jailed_until.is_none() && !ejected;
        let head = member && uptime(view, moment, key, epoch)? >= params.min_uptime;
        heads = heads.saturating_add(head.into());
        stake = stake.checked_add(tokens).map_err(|_| Fault::Corrupt {
            key: staking::TOTALS,
            what: "the stakes add up to too much",
        })?;
        store::save_power(view, epoch, key, &Power { tokens, shares, head })?;
    }
    store::save_electorate(view, epoch, &Electorate(candidates))?;
    Ok(Snapshot { epoch, stake, validators: heads })
}

/// Gas for each member of the validator set that is asked for its state.
const GAS_PER_MEMBER: u64 = 2_000;

/// Fixes who may vote in the house of validators in the epoch that runs, unless that was fixed when it
/// began. Nobody's stake counts.
pub(super) fn take_heads(
    view: &mut View,
    meter: &mut Meter,
    moment: &BlockMoment<'_>,
) -> Result<Snapshot, Failure> {
    let epoch = moment.epoch;
    staking::know(view, [staking::SNAPSHOTS, validators::set_key(epoch)])?;
    let members: Vec<ValidatorKey> =
        validators::load_set(view, epoch)?.entries().iter().map(|entry| entry.key).collect();
    let count = u64::try_from(members.len()).unwrap_or(u64::MAX);
    meter.charge(count.saturating_mul(GAS_PER_MEMBER))?;
    let mut snapshots = staking::load_snapshots(view)?;
    let known = snapshots.contains(&epoch);
    staking::know(
        view,
        members.iter().flat_map(|key| {
            let live = [
                staking::validator_key(key),
                performance::performance_key(key),
                registry::key(key),
            ];
            let fixed = known.then(|| power_key(epoch, key));
            live.into_iter().filter(move |_| !known).chain(fixed)
        }),
    )?;
    let mut heads = 0u32;
    for key in &members {
        let head = if known {
            store::load_power(view, epoch, key)?.is_some_and(|power| power.head)
        } else {
            let head = may_vote(view, moment, key)?;
            let (tokens, shares) = (Amount::ZERO, Shares::ZERO);
            store::save_power(view, epoch, key, &Power { tokens, shares, head })?;
            head
        };
        heads = heads.saturating_add(head.into());
    }
    if !known {
        store::save_electorate(view, epoch, &Electorate(members))?;
        snapshots.push(epoch);
        staking::save_snapshots(view, snapshots)?;
    }
    Ok(Snapshot { epoch, stake: Amount::ZERO, validators: heads })
}

/// Whether a member of the set of the epoch that runs may vote in the house of validators now.
fn may_vote(view: &View, moment: &BlockMoment<'_>, key: &ValidatorKey) -> Result<bool, Fault> {
    let validator = staking::require_validator(view, key)?;
    let free = validator.jailed_until.is_none() && !validator.ejected;
    let least = moment.params.governance.min_uptime;
    Ok(free && uptime(view, moment, key, moment.epoch)? >= least)
}

/// The lower of how much of its turns a validator used and how often its node was heard.
fn uptime(
    view: &View,
    moment: &BlockMoment<'_>,
    key: &ValidatorKey,
    epoch: Epoch,
) -> Result<Ppm, Fault> {
    let window = moment.params.slashing.score_window;
    let used = performance::consensus_score(view, key, epoch, window)?;
    Ok(used.min(registry::uptime(view, key, moment.time)?))
}

/// Keys that fixing weights touches besides those of all candidates, as far as what the view knows
/// tells.
pub(super) fn keys(view: &View, epoch: Epoch, out: &mut Vec<StateKey>) -> Result<(), Fault> {
    let set = validators::set_key(epoch);
    out.push(set);
    if view.knows(&set) {
        for entry in validators::load_set(view, epoch)?.entries() {
            out.extend([performance::performance_key(&entry.key), registry::key(&entry.key)]);
        }
    }
    Ok(())
}
