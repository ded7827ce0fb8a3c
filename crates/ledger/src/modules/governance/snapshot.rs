//! Weights, fixed when an epoch begins.

use super::{Electorate, Power, store};
use crate::{
    error::Fault,
    modules::{
        performance, registry,
        staking::{self, BlockMoment, Validator},
        validators,
    },
};
use althing_state::{StateKey, View};
use althing_types::{Amount, Epoch, Ppm, ValidatorKey, params::GovernanceParams};

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
